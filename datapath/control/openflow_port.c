/* Ports: what they are. */
#include <stdio.h>
#include <string.h>

#include "control/openflow_session.h"
#include "flow/port_text.h"
#include "openflow/port.h"
#include "switch/vswitch.h"

static void describe(const struct bridge_port *port, const struct bridge_port_status *status,
		     struct of_port *out)
{
	*out = (struct of_port){
		.number = of_port_number(status->ofport),
		.config = status->port.is_admin_up ? 0 : OF_PORT_DOWN,
		.is_link_up = status->port.is_link_up,
		.bits_per_s = status->port.link_speed,
		.is_full_duplex = status->port.is_full_duplex,
	};
	memcpy(out->mac, &status->port.mac, sizeof(out->mac));
	snprintf(out->name, sizeof(out->name), "%s", bridge_port_name(port));
}

/* ---- all of them ---- */

struct description {
	struct wire_writer *w;
	struct openflow_parts *parts; /* NULL: there is only one message */
	size_t start;                 /* of that */
	uint8_t version;
	uint16_t only; /* OFPORT_NONE: all */
	bool is_found;
};

static int add_description(struct bridge_port *bridge_port, void *ctx)
{
	struct description *d = ctx;
	struct bridge_port_status status;
	struct of_port port;
	size_t entry = d->w->len;

	bridge_port_status(bridge_port, &status);
	if (!status.ofport || (d->only != OFPORT_NONE && d->only != status.ofport))
		return 0;
	d->is_found = true;
	describe(bridge_port, &status, &port);
	of_port_write(d->w, d->version, &port);
	if (d->parts)
		openflow_parts_added(d->parts, entry);
	if (d->w->len - d->start <= OF_MESSAGE_MAX || d->parts)
		return 0;
	/* the rest PORT_DESC tells, in OpenFlow 1.0, too */
	d->w->len = entry;
	return 1;
}

void openflow_ports_write(struct openflow_session *session, size_t start)
{
	struct description d = {
		.w = &session->reply,
		.start = start,
		.version = session->version,
		.only = OFPORT_NONE,
	};

	bridge_for_each_port(session->bridge, add_description, &d);
}

enum of_error handle_port_desc(struct openflow_session *session, const struct of_message *message)
{
	struct openflow_parts parts;
	struct description d = {
		.w = &session->reply,
		.parts = &parts,
		.version = message->version,
		.only = OFPORT_NONE,
	};

	if (message->version >= OF15 && !of_port_ofport(wire_get32(message->body.at), &d.only))
		return OF_BRC_BAD_PORT;
	openflow_parts_begin(&parts, session, message, OFM_PORT_DESC_REPLY);
	bridge_for_each_port(session->bridge, add_description, &d);
	openflow_parts_end(&parts);
	return d.only == OFPORT_NONE || d.is_found ? OF_OK : OF_BRC_BAD_PORT;
}
