/* OpenFlow 1.0.1 section 5.3.3, 1.3.5 section 7.3.4.1, 1.5.1 section 7.3.4.2. */
#include "flow/port_text.h"
#include "openflow/action.h"
#include "openflow/flow.h"
#include "openflow/port.h"

enum { EMERGENCY = 1 << 2 }; /* a flag of OpenFlow 1.0 */

/* ---- flags, ports, tables ---- */

static uint16_t known_flags(uint8_t version)
{
	if (version < OF12)
		return FLOW_SEND_FLOW_REM | FLOW_CHECK_OVERLAP;
	if (version < OF13)
		return FLOW_SEND_FLOW_REM | FLOW_CHECK_OVERLAP | FLOW_RESET_COUNTS;
	return FLOW_SEND_FLOW_REM | FLOW_CHECK_OVERLAP | FLOW_RESET_COUNTS | FLOW_NO_PACKET_COUNTS |
	       FLOW_NO_BYTE_COUNTS;
}

static enum of_error read_flags(uint8_t version, uint16_t flags, uint8_t *out)
{
	if (flags & ~known_flags(version))
		return OF_FMFC_BAD_FLAGS;
	*out = (uint8_t)(flags | (version >= OF12 ? FLOW_SINCE_12 : 0));
	return OF_OK;
}

static enum of_error read_buffer(const struct flow_mod *mod, uint32_t buffer)
{
	return buffer != OF_NO_BUFFER && mod->command < FLOW_DELETE ? OF_BRC_BUFFER_UNKNOWN : OF_OK;
}

static bool is_deletion(const struct flow_mod *mod)
{
	return mod->command == FLOW_DELETE || mod->command == FLOW_DELETE_STRICT;
}

static const struct flow_mod blank = {
	.table = FLOW_TABLE_ANY,
	.out_port = OFPORT_NONE,
	.out_group = FLOW_GROUP_ANY,
};

/* ---- reading ---- */

/* OpenFlow 1.0's, from the cookie on: both forms have them in this order. */
struct head10 {
	uint64_t cookie;
	uint16_t command, idle, hard, priority, out_port, flags;
	uint32_t buffer;
};

#define HEAD10_SIZE 24

static struct head10 head10_get(const uint8_t *at)
{
	return (struct head10){
		.cookie = wire_get64(at),
		.command = wire_get16(at + 8),
		.idle = wire_get16(at + 10),
		.hard = wire_get16(at + 12),
		.priority = wire_get16(at + 14),
		.buffer = wire_get32(at + 16),
		.out_port = wire_get16(at + 20),
		.flags = wire_get16(at + 22),
	};
}

static enum of_error read_head10(const struct head10 *head, const struct of_message *message,
				 bool has_table, struct flow_mod *mod)
{
	enum of_error error;

	/* the table of emergency flows has no room at all */
	if (head->flags & EMERGENCY)
		return head->idle || head->hard ? OF_FMFC_BAD_EMERG_TIMEOUT : OF_FMFC_TABLE_FULL;
	error = read_flags(message->version, head->flags, &mod->flags);
	if (error)
		return error;
	mod->command = (uint8_t)(has_table ? head->command & 0xff : head->command);
	if (has_table)
		mod->table = (uint8_t)(head->command >> 8);
	if ((has_table ? head->command & 0xff : head->command) > FLOW_DELETE_STRICT)
		return OF_FMFC_BAD_COMMAND;
	mod->idle_timeout = head->idle;
	mod->hard_timeout = head->hard;
	mod->priority = head->priority;
	if (!is_deletion(mod)) {
		mod->cookie = head->cookie;
		mod->has_cookie = head->cookie != UINT64_MAX;
	} else {
		mod->out_port = head->out_port;
	}
	return read_buffer(mod, head->buffer);
}

static enum of_error read10(const struct of_message *message, bool has_table, struct flow_mod *mod)
{
	const uint8_t *at = message->body.at;
	const struct head10 head = head10_get(at + OF_MATCH10_SIZE);
	enum of_error error = read_head10(&head, message, has_table, mod);

	if (error)
		return error;
	of_match10_read(at, &mod->match);
	/* a flow without wildcards comes first: section 3.4 */
	if (!(wire_get32(at) & OF_WILDCARDS10))
		mod->priority = UINT16_MAX;
	return of_actions_read(message->version,
			       wire_skip(message->body, OF_MATCH10_SIZE + HEAD10_SIZE),
			       &mod->actions);
}

/* The cookie to look for hides in the match; of a flow that is added there is none. */
static enum of_error read_nxm(const struct of_message *message, bool has_table,
			      struct flow_mod *mod)
{
	struct wire_bytes rest = wire_skip(message->body, HEAD10_SIZE + 8);
	const struct head10 head = head10_get(message->body.at);
	size_t len = wire_get16(message->body.at + HEAD10_SIZE);
	struct of_cookie cookie = {0, 0};
	enum of_error error = read_head10(&head, message, has_table, mod);

	if (error)
		return error;
	if (wire_padded(len) > rest.len)
		return OF_BMC_BAD_LEN;
	error = of_fields_read(wire_first(rest, len), &mod->match, &cookie);
	if (error)
		return error;
	if (mod->command == FLOW_ADD && cookie.mask)
		return OF_BRC_NXM_INVALID;
	mod->cookie_value = cookie.value;
	mod->cookie_mask = cookie.mask;
	return of_actions_read(message->version, wire_skip(rest, wire_padded(len)), &mod->actions);
}

static enum of_error read_head11(const struct of_message *message, struct flow_mod *mod)
{
	const uint8_t *at = message->body.at;
	enum of_error error = read_flags(message->version, wire_get16(at + 36), &mod->flags);

	if (error)
		return error;
	mod->table = at[16];
	mod->command = at[17];
	if (mod->command > FLOW_DELETE_STRICT)
		return OF_FMFC_BAD_COMMAND;
	if (mod->table == FLOW_TABLE_ANY && !is_deletion(mod))
		return OF_FMFC_BAD_TABLE_ID;
	mod->idle_timeout = wire_get16(at + 18);
	mod->hard_timeout = wire_get16(at + 20);
	mod->priority = wire_get16(at + 22);
	if (mod->command == FLOW_ADD) {
		mod->cookie = wire_get64(at);
		mod->has_cookie = true;
	} else {
		mod->cookie_mask = wire_get64(at + 8);
		mod->cookie_value = wire_get64(at) & mod->cookie_mask;
	}
	/* OpenFlow 1.1: of the flow that is added if there is none to modify */
	if (!mod->cookie_mask && !is_deletion(mod))
		mod->cookie = wire_get64(at);
	if (is_deletion(mod)) {
		if (!of_port_ofport(wire_get32(at + 28), &mod->out_port))
			return OF_BRC_BAD_PORT;
		mod->out_group = wire_get32(at + 32);
	}
	if (message->version >= OF14 && mod->command == FLOW_ADD)
		mod->importance = wire_get16(at + 38);
	return read_buffer(mod, wire_get32(at + 24));
}

static enum of_error read11(const struct of_message *message, struct flow_mod *mod)
{
	struct wire_bytes rest = wire_skip(message->body, 40);
	enum of_error error = read_head11(message, mod);

	if (!error)
		error = of_match_read(message->version, &rest, &mod->match);
	if (!error)
		error = of_instructions_read(message->version, rest, &mod->actions);
	return error;
}

enum of_error of_flow_mod_read(const struct of_message *message, bool has_table,
			       struct flow_mod *out)
{
	struct flow_mod mod = blank;
	enum of_error error;

	if (message->form->kind == OF_NICIRA)
		error = read_nxm(message, has_table && message->version == OF10, &mod);
	else if (message->version == OF10)
		error = read10(message, has_table, &mod);
	else
		error = read11(message, &mod);
	/* actions of a deletion count for nothing, but must be actions */
	if (!error && is_deletion(&mod))
		ofactions_fini(&mod.actions);
	else if (!error)
		error = of_actions_check(&mod.actions, &mod.match,
					 mod.table == FLOW_TABLE_ANY ? 0 : mod.table);
	if (error) {
		flow_mod_fini(&mod);
		return error;
	}
	*out = mod;
	return OF_OK;
}

/* ---- writing ---- */

static void write_nxm(struct wire_writer *w, const struct flow_mod *mod)
{
	size_t start, match;

	wire_put64(w, mod->cookie);
	wire_put16(w, (uint16_t)(mod->table << 8 | mod->command));
	wire_put16(w, mod->idle_timeout);
	wire_put16(w, mod->hard_timeout);
	wire_put16(w, mod->priority);
	wire_put32(w, OF_NO_BUFFER);
	wire_put16(w, mod->out_port);
	wire_put16(w, mod->flags & known_flags(OF10));
	start = w->len;
	wire_put(w, 8);
	match = w->len;
	of_fields_write(w, &mod->match, OF_NXM);
	wire_patch16(w, start, (uint16_t)(w->len - match));
	wire_pad(w, match);
	of_actions_write(w, OF10, &mod->actions, &mod->match);
}

static void write11(struct wire_writer *w, uint8_t version, const struct flow_mod *mod)
{
	bool is_add = mod->command == FLOW_ADD;
	bool is_any = mod->table == FLOW_TABLE_ANY && !is_deletion(mod);

	wire_put64(w, is_add ? mod->cookie : mod->cookie_value);
	wire_put64(w, is_add ? 0 : mod->cookie_mask);
	wire_put8(w, is_any ? 0 : mod->table);
	wire_put8(w, mod->command);
	wire_put16(w, mod->idle_timeout);
	wire_put16(w, mod->hard_timeout);
	wire_put16(w, mod->priority);
	wire_put32(w, OF_NO_BUFFER);
	wire_put32(w, of_port_number(mod->out_port));
	wire_put32(w, mod->out_group);
	wire_put16(w, mod->flags & known_flags(version));
	wire_put16(w, version >= OF14 ? mod->importance : 0);
	of_match_write(w, version, &mod->match);
	of_instructions_write(w, version, &mod->actions, &mod->match);
}

void of_flow_mod_write(struct wire_writer *w, uint8_t version, uint32_t xid,
		       const struct flow_mod *mod)
{
	enum of_message_id id = version == OF10 ? OFM_NX_FLOW_MOD : OFM_FLOW_MOD;
	size_t start = of_message_begin(w, id, version, xid);

	if (version == OF10)
		write_nxm(w, mod);
	else
		write11(w, version, mod);
	of_message_end(w, start);
}
