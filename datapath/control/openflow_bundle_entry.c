#include "control/openflow_bundle_entry.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "control/openflow_session.h"
#include "openflow/flow.h"
#include "openflow/group.h"
#include "openflow/meter.h"
#include "openflow/packet.h"
#include "switch/group.h"
#include "switch/meters.h"
#include "switch/packet_out.h"
#include "switch/port_mod.h"

struct bundle_packet {
	struct of_packet_out out; /* its data are behind it */
	uint8_t data[];
};

/* ---- reading ---- */

static enum of_error read_group(const struct of_message *inside, struct bundle_entry *entry)
{
	entry->id = OFM_GROUP_MOD;
	entry->group = calloc(1, sizeof(*entry->group));
	return entry->group ? of_group_mod_read(inside, entry->group) : OF_BFC_MSG_TOO_MANY;
}

static enum of_error read_meter(const struct of_message *inside, struct bundle_entry *entry)
{
	entry->meter = calloc(1, sizeof(*entry->meter));
	return entry->meter ? of_meter_mod_read(inside, entry->meter) : OF_BFC_MSG_TOO_MANY;
}

static enum of_error read_port(const struct of_message *inside, struct bundle_entry *entry)
{
	entry->port = calloc(1, sizeof(*entry->port));
	return entry->port ? of_port_mod_read(inside, entry->port) : OF_BFC_MSG_TOO_MANY;
}

static enum of_error read_packet(const struct of_message *inside, struct bundle_entry *entry)
{
	own(ofactions_fini) struct ofactions actions = {0};
	struct bundle_packet *packet;
	struct of_packet_out out;
	enum of_error error = of_packet_out_read(inside, &out);

	if (error)
		return error;
	actions = out.actions;
	error = openflow_packet_check(&out);
	if (error)
		return error;
	packet = malloc(sizeof(*packet) + out.data.len);
	if (!packet)
		return OF_BFC_MSG_TOO_MANY;
	packet->out = out;
	memcpy(packet->data, out.data.at, out.data.len);
	packet->out.data.at = packet->data;
	actions = (struct ofactions){0};
	entry->packet = packet;
	return OF_OK;
}

enum of_error bundle_entry_read(struct openflow_session *session, const struct of_message *inside,
				struct bundle_entry *out)
{
	struct bundle_entry entry = {.id = inside->form->id};
	enum of_error error = OF_BFC_MSG_UNSUP;

	switch (inside->form->id) {
	case OFM_FLOW_MOD:
		error = of_flow_mod_read(inside, session->has_table_id, &entry.flow);
		break;
	case OFM_GROUP_MOD:
	case OFM_NX_GROUP_MOD:
		error = read_group(inside, &entry);
		break;
	case OFM_METER_MOD:
		error = read_meter(inside, &entry);
		break;
	case OFM_PORT_MOD:
		error = read_port(inside, &entry);
		break;
	case OFM_PACKET_OUT:
		error = read_packet(inside, &entry);
	}
	if (error)
		bundle_entry_fini(&entry);
	else
		*out = entry;
	return error;
}

void bundle_entry_fini(struct bundle_entry *entry)
{
	switch (entry->id) {
	case OFM_FLOW_MOD:
		flow_mod_fini(&entry->flow);
		return;
	case OFM_GROUP_MOD:
		if (entry->group)
			group_mod_fini(entry->group);
		free(entry->group);
		return;
	case OFM_PACKET_OUT:
		if (entry->packet)
			ofactions_fini(&entry->packet->out.actions);
		free(entry->packet);
		return;
	case OFM_METER_MOD:
		free(entry->meter);
		return;
	case OFM_PORT_MOD:
		free(entry->port);
	}
}

/* ---- what can be undone ---- */

/* What a meter or a port was. */
struct past {
	struct meter_mod meter; /* that makes it so again; of an entry that is none: nothing */
	struct bridge_port *port;
	uint8_t flags;
};

struct change {
	struct openflow_session *session;
	const struct bundle_entry *entries;
	uint32_t n;
	struct past *past; /* of each of the first n_done; NULL: there are flows and groups alone */
	uint32_t n_done;
};

static int take_desc(const struct meter_row *row, void *ctx)
{
	struct meter_mod *mod = ctx;

	mod->command = METER_MODIFY;
	mod->desc = *row->desc;
	return 1;
}

static enum of_error set_meter(struct change *change, const struct meter_mod *mod,
			       struct past *past)
{
	struct bridge *bridge = change->session->bridge;
	struct err err = ERR_INIT;

	if (mod->command == METER_DELETE)
		return OF_OK;
	past->meter = (struct meter_mod){.command = METER_DELETE, .desc.id = mod->desc.id};
	bridge_meters_for_each(bridge, mod->desc.id, take_desc, &past->meter);
	return openflow_meter_error(bridge_meter_mod(bridge, mod, &err));
}

static enum of_error set_port(struct change *change, const struct of_port_mod *mod,
			      struct past *past)
{
	struct bridge_port *port;
	enum of_error error = openflow_port_find(change->session, mod, &port);

	if (error)
		return error;
	past->flags = bridge_port_flags(port);
	error = openflow_port_set(change->session, port, mod);
	if (!error)
		past->port = port;
	return error;
}

static enum of_error set_one(struct change *change, const struct bundle_entry *entry,
			     struct past *past)
{
	if (entry->id == OFM_METER_MOD)
		return set_meter(change, entry->meter, past);
	return entry->id == OFM_PORT_MOD ? set_port(change, entry->port, past) : OF_OK;
}

static void undo(struct change *change)
{
	struct openflow_peers *peers = change->session->options.peers;
	struct err err = ERR_INIT;

	while (change->n_done) {
		const struct past *past = &change->past[--change->n_done];

		if (past->meter.desc.id)
			bridge_meter_mod(change->session->bridge, &past->meter, &err);
		if (past->port)
			bridge_port_mod(past->port, past->flags, PORT_MOD_FLAGS, &err);
	}
	if (peers->ports_changed)
		peers->ports_changed(peers);
}

static enum of_error set_all(struct change *change, size_t *which)
{
	enum of_error error = OF_OK;
	bool is_needed = false;

	for (uint32_t i = 0; i < change->n; i++)
		is_needed |= change->entries[i].id == OFM_METER_MOD ||
			     change->entries[i].id == OFM_PORT_MOD;
	if (!is_needed)
		return OF_OK;
	change->past = calloc(change->n, sizeof(*change->past));
	if (!change->past)
		return OF_BFC_MSG_TOO_MANY;
	while (!error && change->n_done < change->n) {
		const uint32_t i = change->n_done;

		*which = i;
		error = set_one(change, &change->entries[i], &change->past[i]);
		change->n_done += !error;
	}
	return error;
}

/* ---- flows and groups ---- */

static enum of_error error_of(int rc, const struct bundle_entry *entry)
{
	switch (entry->id) {
	case OFM_GROUP_MOD:
		return openflow_group_error(rc);
	case OFM_PACKET_OUT:
		return openflow_actions_error(rc);
	}
	return openflow_flow_error(rc);
}

static enum of_error mods_apply(const struct change *change, size_t *which)
{
	own(mem_free) struct bridge_mod *mods = calloc(change->n, sizeof(*mods));
	struct err err = ERR_INIT;
	int rc;

	if (!mods)
		return OF_FMFC_TABLE_FULL;
	for (uint32_t i = 0; i < change->n; i++) {
		const struct bundle_entry *entry = &change->entries[i];

		if (entry->id == OFM_FLOW_MOD)
			mods[i].flow = &entry->flow;
		else if (entry->id == OFM_GROUP_MOD)
			mods[i].group = entry->group;
		else if (entry->id == OFM_PACKET_OUT)
			mods[i].actions = &entry->packet->out.actions;
	}
	rc = bridge_mods(change->session->bridge, mods, change->n, which, &err);
	if (!rc)
		return OF_OK;
	log_debug("openflow", "%s: %s", change->session->name, err.text);
	return error_of(rc, &change->entries[*which]);
}

/* ---- what cannot ---- */

static void finish_one(struct openflow_session *session, const struct bundle_entry *entry)
{
	const struct of_packet_out *out;
	struct err err = ERR_INIT;

	switch (entry->id) {
	case OFM_GROUP_MOD:
		openflow_forward_group(session, entry->group);
		return;
	case OFM_METER_MOD:
		if (entry->meter->command == METER_DELETE)
			bridge_meter_mod(session->bridge, entry->meter, &err);
		openflow_forward_meter(session, entry->meter);
		return;
	case OFM_PACKET_OUT:
		out = &entry->packet->out;
		if (bridge_packet_out(session->bridge, out->in_port, &out->actions, out->data.at,
				      out->data.len, &err))
			log_debug("openflow", "%s: a packet of a bundle is lost: %s", session->name,
				  err.text);
	}
}

enum of_error bundle_entries_apply(struct openflow_session *session,
				   const struct bundle_entry *entries, uint32_t n, size_t *which)
{
	struct change change = {.session = session, .entries = entries, .n = n};
	enum of_error error = set_all(&change, which);

	if (!error)
		error = mods_apply(&change, which);
	if (error)
		undo(&change);
	mem_free(&change.past);
	for (uint32_t i = 0; !error && i < n; i++)
		finish_one(session, &entries[i]);
	return error;
}
