#include "openflow/monitor.h"

#include "flow/port_text.h"
#include "openflow/action.h"
#include "openflow/port.h"

enum { KNOWN_FLAGS_10 = 0x3f, KNOWN_FLAGS_14 = 0x7f };

/* ---- requests ---- */

static enum of_error read_nicira(struct wire_bytes *rest, struct of_monitor *out)
{
	const uint8_t *at = rest->at;
	const size_t len = wire_get16(at + 8);
	enum of_error error;

	*rest = wire_skip(*rest, 16);
	out->flags = wire_get16(at + 4);
	out->filter.out_port = wire_get16(at + 6);
	out->filter.table = at[10];
	if (!wire_is_zero(at + 11, 5))
		return OF_BRC_MUST_BE_ZERO;
	if (wire_padded(len) > rest->len)
		return OF_BMC_BAD_LEN;
	error = of_fields_read(wire_first(*rest, len), &out->filter.match, NULL);
	*rest = wire_skip(*rest, wire_padded(len));
	return error;
}

/* (The length of the match stands in the match, too.) */
static enum of_error read_onf(struct wire_bytes *rest, struct of_monitor *out)
{
	const uint8_t *at = rest->at;

	*rest = wire_skip(*rest, 16);
	out->flags = wire_get16(at + 4);
	out->filter.table = at[12];
	if (!of_port_ofport(wire_get32(at + 8), &out->filter.out_port))
		return OF_BRC_BAD_PORT;
	return of_match_read(OF13, rest, &out->filter.match);
}

static enum of_error read14(uint8_t version, struct wire_bytes *rest, struct of_monitor *out)
{
	const uint8_t *at = rest->at;

	*rest = wire_skip(*rest, 16);
	out->filter.out_group = wire_get32(at + 8);
	out->flags = wire_get16(at + 12);
	out->filter.table = at[14];
	out->command = at[15];
	if (out->command > OF_MONITOR_DELETE)
		return OF_MOFC_BAD_COMMAND;
	if (!of_port_ofport(wire_get32(at + 4), &out->filter.out_port))
		return OF_MOFC_BAD_OUT;
	return of_match_read(version, rest, &out->filter.match);
}

enum of_error of_monitor_read(const struct of_message *message, struct wire_bytes *rest,
			      struct of_monitor *out)
{
	struct of_monitor monitor = {
		.command = OF_MONITOR_NEW,
		.filter = {.command = FLOW_DELETE, .out_group = FLOW_GROUP_ANY},
	};
	uint16_t known = message->version >= OF14 ? KNOWN_FLAGS_14 : KNOWN_FLAGS_10;
	enum of_error error;

	if (rest->len < 16)
		return OF_BRC_BAD_LEN;
	monitor.id = wire_get32(rest->at);
	if (message->version >= OF14)
		error = read14(message->version, rest, &monitor);
	else if (message->version == OF13)
		error = read_onf(rest, &monitor);
	else
		error = read_nicira(rest, &monitor);
	if (!error && monitor.flags & ~known)
		error = OF_MOFC_BAD_FLAGS;
	if (!error)
		*out = monitor;
	return error;
}

/* ---- what is told ---- */

enum of_message_id of_update_message(uint8_t version)
{
	return version >= OF14   ? OFM_FLOW_MONITOR_REPLY
	       : version == OF13 ? OFM_ONF_FLOW_MONITOR_REPLY
				 : OFM_NX_FLOW_MONITOR_REPLY;
}

/* The extensions have ADDED for INITIAL, and count from there. */
static uint16_t event_number(uint8_t version, uint8_t event)
{
	static const uint8_t numbers[] = {
		[OF_UPDATE_INITIAL] = 0,
		[OF_UPDATE_ADDED] = 0,
		[OF_UPDATE_REMOVED] = 1,
		[OF_UPDATE_MODIFIED] = 2,
	};

	return version >= OF14 ? event : numbers[event];
}

static void write14(struct wire_writer *w, uint8_t version, const struct of_update *update)
{
	const struct flow_mod *flow = update->flow;

	wire_put8(w, flow->table);
	wire_put8(w, update->reason);
	wire_put16(w, flow->idle_timeout);
	wire_put16(w, flow->hard_timeout);
	wire_put16(w, flow->priority);
	wire_put32(w, 0);
	wire_put64(w, flow->cookie);
	of_match_write(w, version, &flow->match);
	if (update->has_actions)
		of_instructions_write(w, version, &flow->actions, &flow->match);
}

static void write10(struct wire_writer *w, uint8_t version, const struct of_update *update)
{
	const struct flow_mod *flow = update->flow;
	size_t len_at, match;

	wire_put16(w, update->reason);
	wire_put16(w, flow->priority);
	wire_put16(w, flow->idle_timeout);
	wire_put16(w, flow->hard_timeout);
	len_at = w->len;
	wire_put16(w, 0);
	wire_put8(w, flow->table);
	wire_put8(w, 0);
	wire_put64(w, flow->cookie);
	match = w->len;
	if (version == OF10) {
		of_fields_write(w, &flow->match, OF_NXM);
		wire_patch16(w, len_at, (uint16_t)(w->len - match));
		wire_pad(w, match);
		if (update->has_actions)
			of_actions_write(w, version, &flow->actions, &flow->match);
		return;
	}
	of_match_write(w, version, &flow->match);
	if (!w->is_lost)
		wire_patch16(w, len_at, wire_get16(w->at + match + 2));
	if (update->has_actions)
		of_instructions_write(w, version, &flow->actions, &flow->match);
}

void of_update_write(struct wire_writer *w, uint8_t version, const struct of_update *update)
{
	size_t start = w->len;

	wire_put16(w, 0);
	wire_put16(w, event_number(version, update->event));
	if (version >= OF14)
		write14(w, version, update);
	else
		write10(w, version, update);
	wire_patch16(w, start, (uint16_t)(w->len - start));
}

void of_update_abbrev_write(struct wire_writer *w, uint8_t version, uint32_t xid)
{
	enum { ABBREV_10 = 3, ABBREV_14 };

	wire_put16(w, 8);
	wire_put16(w, version >= OF14 ? ABBREV_14 : ABBREV_10);
	wire_put32(w, xid);
}

/* OpenFlow 1.4 has events for it, the extensions that came before have messages. */
void of_update_pause_write(struct wire_writer *w, uint8_t version, bool is_paused)
{
	enum { PAUSED_14 = 5, RESUMED_14 };
	const enum of_message_id id = version >= OF14 ? OFM_FLOW_MONITOR_REPLY
				      : is_paused     ? OFM_NX_FLOW_MONITOR_PAUSED
						      : OFM_NX_FLOW_MONITOR_RESUMED;
	const size_t start = of_message_begin(w, id, version, 0);

	if (version >= OF14) {
		wire_put16(w, 8);
		wire_put16(w, is_paused ? PAUSED_14 : RESUMED_14);
		wire_put32(w, 0);
	}
	of_message_end(w, start);
}
