/* Ports: what they are, what went through them, and what controllers make of them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "agent/openflow_handler.h"
#include "agent/openflow_parts.h"
#include "switch/port_statistics.h"
#include "flow/port_text.h"
#include "openflow/port.h"
#include "switch/port_mod.h"
#include "switch/vswitch.h"

void openflow_port_describe(const struct bridge_port *port, const struct bridge_port_status *status,
			    struct of_port *out)
{
	*out = (struct of_port){
		.number = of_port_number(status->ofport),
		.config = bridge_port_flags(port),
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
	openflow_port_describe(bridge_port, &status, &port);
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

/* ---- statistics ---- */

struct counting {
	struct openflow_parts parts;
	uint16_t only; /* OFPORT_NONE: all */
	bool is_found;
};

static int add_statistics(struct bridge_port *port, void *ctx)
{
	struct counting *c = ctx;
	struct wire_writer *w = &c->parts.session->reply;
	struct bridge_port_status status;
	struct port_statistics sums;
	size_t entry = w->len;

	bridge_port_status(port, &status);
	if (!status.ofport || (c->only != OFPORT_NONE && c->only != status.ofport))
		return 0;
	c->is_found = true;
	port_statistics_read(port, &status, &sums);
	of_port_stats_write(w, c->parts.request->version,
			    &(struct of_port_stats){
				    .number = of_port_number(status.ofport),
				    .duration = status.age,
				    .rx_packets = sums.rx_packets,
				    .rx_bytes = sums.rx_bytes,
				    .rx_dropped = sums.rx_dropped,
				    .rx_errors = sums.rx_errors,
				    .tx_packets = sums.tx_packets,
				    .tx_bytes = sums.tx_bytes,
				    .tx_dropped = sums.tx_dropped,
				    .tx_errors = sums.tx_errors,
			    });
	openflow_parts_added(&c->parts, entry);
	return 0;
}

enum of_error handle_port_stats(struct openflow_session *session, const struct of_message *message)
{
	struct counting c = {.is_found = false};

	if (!of_port_request_read(message, &c.only))
		return OF_BRC_BAD_PORT;
	openflow_parts_begin(&c.parts, session, message, OFM_PORT_STATS_REPLY);
	bridge_for_each_port(session->bridge, add_statistics, &c);
	openflow_parts_end(&c.parts);
	return c.only == OFPORT_NONE || c.is_found ? OF_OK : OF_BRC_BAD_PORT;
}

/* ---- changes ---- */

struct search {
	uint16_t ofport;
	struct bridge_port *port; /* NULL: there is none */
	struct of_port *is;
};

static int find(struct bridge_port *port, void *ctx)
{
	struct search *search = ctx;
	struct bridge_port_status status;

	bridge_port_status(port, &status);
	if (status.ofport != search->ofport)
		return 0;
	openflow_port_describe(port, &status, search->is);
	search->port = port;
	return 1;
}

/* By its number, and what it is; NULL: there is none. */
static struct bridge_port *port_lookup(struct openflow_session *session, uint16_t ofport,
				       struct of_port *is)
{
	struct search search = {.ofport = ofport, .is = is};

	bridge_for_each_port(session->bridge, find, &search);
	return search.port;
}

enum of_error openflow_port_set(struct openflow_session *session, struct bridge_port *port,
				const struct of_port_mod *mod)
{
	struct openflow_peers *peers = session->options.peers;
	struct err err = ERR_INIT;
	int rc = bridge_port_mod(port, (uint8_t)mod->config, (uint8_t)mod->mask, &err);

	if (rc) {
		log_debug("openflow", "%s: %s", session->name, err.text);
		return rc == -ENODEV ? OF_PMFC_BAD_CONFIG : OF_BRC_EPERM;
	}
	if (peers->ports_changed)
		peers->ports_changed(peers);
	return OF_OK;
}

enum of_error openflow_port_find(struct openflow_session *session, const struct of_port_mod *mod,
				 struct bridge_port **out)
{
	struct of_port is;

	*out = port_lookup(session, mod->port, &is);
	if (!*out)
		return OF_PMFC_BAD_PORT;
	return memcmp(is.mac, mod->mac, sizeof(mod->mac)) ? OF_PMFC_BAD_HW_ADDR : OF_OK;
}

enum of_error handle_port_mod(struct openflow_session *session, const struct of_message *message)
{
	struct of_port_mod mod;
	struct bridge_port *port;
	enum of_error error = of_port_mod_read(message, &mod);

	if (!error)
		error = openflow_port_find(session, &mod, &port);
	return error ? error : openflow_port_set(session, port, &mod);
}
