/* Tables: where a packet is looked up, and what that costs. */
#include "flow/port_text.h"
#include "switch/flow_table.h"
#include "switch/snapshot.h"
#include "switch/translate_state.h"
#include "switch/translate_trace.h"

static void credit(struct translate_state *state, struct tally *tally)
{
	if (tally && !credit_list_add(&state->out->credits, tally))
		translate_fail(state, DROP_RESUBMIT_LIMIT);
}

bool translate_hides_ports(const struct translate_state *state)
{
	return state->work.key.packet.ip_frag & FRAG_ANY &&
	       state->bridge->frags == FLOW_FRAGS_NORMAL;
}

/* Only for the look-up, the packet came by another port, as a resubmit has it, and a fragment has no
 * ports. */
static const struct flow *lookup(struct translate_state *state, uint8_t table, uint16_t in_port)
{
	const struct flow_tables *tables = state->bridge->tables;
	struct packet_key *key = &state->work.key.packet;
	const uint16_t real_port = key->in_port;
	const be16 src = key->l4_src, dst = key->l4_dst;
	const struct flow *rule;

	key->in_port = in_port;
	if (translate_hides_ports(state))
		key->l4_src = key->l4_dst = to_be16(0);
	rule = flow_tables_lookup(tables, state->version, table, &state->work.key);
	key->in_port = real_port;
	key->l4_src = src;
	key->l4_dst = dst;
	credit(state,
	       rule ? flow_tables_matched(tables, table) : flow_tables_missed(tables, table));
	if (rule)
		credit(state, rule->tally);
	return rule;
}

static void follow(struct translate_state *state, uint8_t table, const struct flow *rule)
{
	const struct flow *outer_rule = state->rule;
	const uint8_t outer_table = state->table, outer_reason = state->reason;
	const unsigned deeper = outer_rule && table <= outer_table;

	state->rule = rule;
	state->table = table;
	if (outer_reason == REASON_PACKET_OUT)
		state->reason = REASON_ACTION;
	state->depth += deeper;
	state->level++;
	translate_list(state, &rule->actions, 0, rule->actions.n);
	state->level--;
	state->depth -= deeper;
	state->reason = outer_reason;
	state->table = outer_table;
	state->rule = outer_rule;
}

static void tell_controller(struct translate_state *state, uint8_t table)
{
	const uint8_t outer = state->table;
	const struct flow *outer_rule = state->rule;

	state->table = table;
	state->rule = NULL;
	translate_controller(state, &(struct translate_packet_in){.reason = REASON_NO_MATCH});
	state->table = outer;
	state->rule = outer_rule;
}

bool translate_may_tell(const struct translate_state *state, uint16_t in_port)
{
	const struct port_view *port = bridge_view_port(state->bridge, in_port);

	return !port || !(port->flags & PORT_MOD_NO_PACKET_IN);
}

/* False: the packet goes on to the next table. Else that is the end of the pipeline, and what flows wrote into its action
 * set is done, as in Open vSwitch. */
static bool missed(struct translate_state *state, uint8_t table, uint16_t in_port)
{
	enum table_miss miss = flow_tables_miss(state->bridge->tables, table);

	if (miss == TABLE_MISS_DEFAULT)
		miss = state->bridge->miss;
	switch (miss) {
	case TABLE_MISS_CONTROLLER:
		if (!translate_may_tell(state, in_port))
			break;
		tell_controller(state, table);
		return true;
	case TABLE_MISS_CONTINUE:
		return false;
	case TABLE_MISS_DEFAULT:
	case TABLE_MISS_DROP:
		break;
	}
	translate_blame(state, state->bridge->fail_mode == FAIL_SECURE ? DROP_FAIL_SECURE
								       : DROP_TABLE_MISS);
	return true;
}

static bool is_within_limits(struct translate_state *state, uint8_t table)
{
	if (state->rule && table <= state->table && state->depth >= TRANSLATE_MAX_DEPTH)
		translate_fail(state, DROP_RESUBMIT_DEPTH);
	else if (state->n_resubmits++ >= TRANSLATE_MAX_RESUBMITS)
		translate_fail(state, DROP_RESUBMIT_LIMIT);
	return !state->is_over;
}

void translate_table(struct translate_state *state, uint8_t table, uint16_t in_port,
		     enum translate_miss miss)
{
	const struct flow *rule = NULL;

	if (!translate_look(state, BARE_NOTHING))
		return;
	for (; table < FLOW_TABLES; table++) {
		if (!is_within_limits(state, table))
			return;
		rule = lookup(state, table, in_port);
		trace_table(state->trace, state->level, table, rule, &state->work.key);
		if (rule || miss == TRANSLATE_MISS_IGNORED || missed(state, table, in_port))
			break;
	}
	if (rule && !state->is_over)
		follow(state, table, rule);
}
