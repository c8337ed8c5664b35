#include "agent/openflow_bundle_entry.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "agent/openflow_handler.h"
#include "openflow/flow.h"
#include "openflow/group.h"
#include "openflow/meter.h"
#include "openflow/packet.h"
#include "switch/group.h"
#include "switch/meters.h"
#include "switch/packet_out.h"
#include "switch/port_mod.h"

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
	enum of_error error;

	entry->id = OFM_PACKET_OUT;
	entry->packet = calloc(1, sizeof(*entry->packet));
	if (!entry->packet)
		return OF_BFC_MSG_TOO_MANY;
	error = of_packet_out_read(inside, entry->packet);
	return error ? error : openflow_packet_check(entry->packet);
}

/* Whether it can be: it is read once more when its turn has come. */
static enum of_error check_flow(const struct of_message *inside, bool has_table_id)
{
	own(flow_mod_fini) struct flow_mod mod = {0};

	return of_flow_mod_read(inside, has_table_id, &mod);
}

enum of_error bundle_entry_read(struct openflow_session *session, const struct of_message *inside,
				struct bundle_entry *out)
{
	struct bundle_entry entry = {.message = inside->all, .id = inside->form->id};
	enum of_error error = OF_BFC_MSG_UNSUP;

	switch (inside->form->id) {
	case OFM_FLOW_MOD:
		error = check_flow(inside, session->has_table_id);
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

void bundle_entry_move(struct bundle_entry *entry, const uint8_t *message)
{
	if (entry->id == OFM_PACKET_OUT)
		entry->packet->data.at = message + (entry->packet->data.at - entry->message.at);
	entry->message.at = message;
}

static size_t size_of_group(const struct group_mod *mod)
{
	size_t size = sizeof(*mod) + mod->desc.n_buckets * sizeof(*mod->desc.bucket);

	for (uint32_t i = 0; i < mod->desc.n_buckets; i++)
		size += mod->desc.bucket[i].actions.size * sizeof(struct ofaction);
	return size;
}

size_t bundle_entry_size(const struct bundle_entry *entry)
{
	const size_t size = entry->message.len;

	switch (entry->id) {
	case OFM_GROUP_MOD:
		return size + size_of_group(entry->group);
	case OFM_PACKET_OUT:
		return size + sizeof(*entry->packet) +
		       entry->packet->actions.size * sizeof(struct ofaction);
	case OFM_METER_MOD:
		return size + sizeof(*entry->meter);
	case OFM_PORT_MOD:
		return size + sizeof(*entry->port);
	}
	return size;
}

void bundle_entry_fini(struct bundle_entry *entry)
{
	switch (entry->id) {
	case OFM_GROUP_MOD:
		if (entry->group)
			group_mod_fini(entry->group);
		free(entry->group);
		return;
	case OFM_PACKET_OUT:
		if (entry->packet)
			ofactions_fini(&entry->packet->actions);
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

/* All that the switch does as one change. */
struct mods {
	struct bridge_mod_source source;
	const struct change *change;
	uint32_t at;
	struct flow_mod flow; /* that was read last */
};

static enum of_error read_flow(const struct change *change, const struct bundle_entry *entry,
			       struct flow_mod *out)
{
	struct of_message message;
	enum of_error error = of_message_read(entry->message, &message);

	return error ? error : of_flow_mod_read(&message, change->session->has_table_id, out);
}

static int mods_next(struct bridge_mod_source *source, struct bridge_mod *mod, struct err *err)
{
	struct mods *mods = (struct mods *)source;
	const struct change *change = mods->change;
	const struct bundle_entry *entry = &change->entries[mods->at];

	flow_mod_fini(&mods->flow);
	if (mods->at++ == change->n)
		return 0;
	switch (entry->id) {
	case OFM_FLOW_MOD:
		if (read_flow(change, entry, &mods->flow)) /* it could be read before */
			return err_set(err, ENOMEM, "out of memory");
		mod->flow = &mods->flow;
		break;
	case OFM_GROUP_MOD:
		mod->group = entry->group;
		break;
	case OFM_PACKET_OUT:
		mod->actions = &entry->packet->actions;
		break;
	case OFM_METER_MOD:
		if (entry->meter->command == METER_DELETE)
			bridge_meters_leave(change->session->bridge, entry->meter->desc.id);
	}
	return 1;
}

static enum of_error mods_apply(const struct change *change, size_t *which)
{
	struct mods mods = {.source.next = mods_next, .change = change};
	struct err err = ERR_INIT;
	int rc = bridge_mods_from(change->session->bridge, &mods.source, which, &err);

	flow_mod_fini(&mods.flow);
	bridge_meters_stay(change->session->bridge);
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
		out = entry->packet;
		if (out->actions.n && bridge_packet_out(session->bridge, &out->from, &out->actions,
							out->data.at, out->data.len, &err))
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
