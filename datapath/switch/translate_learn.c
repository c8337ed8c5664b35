/* learn(): what a flow to be would look like. Whether it is there already is for those to find out who
 * keep the tables; here nothing is looked up, so that translation stays a function of packet and rules.
 * Hence `result_dst` tells that the flow is there, also where a limit then keeps it out. */
#include <string.h>

#include "switch/flow_table.h"
#include "switch/snapshot.h"
#include "switch/translate_state.h"

/* NULL: there are too many. */
static struct ofaction *action_add(struct translate_state *state, struct path_learned_flow *flow)
{
	struct ofaction *action;

	if (flow->n_actions == LEARNED_ACTIONS_MAX) {
		translate_fail(state, DROP_ACTION_LIMIT);
		return NULL;
	}
	action = &flow->actions[flow->n_actions++];
	memset(action, 0, sizeof(*action));
	return action;
}

static void add_load(struct translate_state *state, struct path_learned_flow *flow,
		     struct subfield to, field_bits value)
{
	struct ofaction *action = action_add(state, flow);

	if (!action)
		return;
	action->type = OFACTION_SET;
	action->how = SET_AS_LOAD;
	action->set.to = to;
	ofaction_set_bits(action, value << to.low, field_ones(to.n_bits) << to.low);
}

static void add_output(struct translate_state *state, struct path_learned_flow *flow,
		       field_bits port)
{
	struct ofaction *action = action_add(state, flow);

	if (!action)
		return;
	action->type = OFACTION_OUTPUT;
	action->output.port = (uint16_t)port;
}

static void add(struct translate_state *state, struct path_learned_flow *flow,
		const struct ofaction *part)
{
	const struct subfield to = part->move.to;
	struct ofaction *action;
	field_bits value;

	switch (part->type) {
	case OFACTION_LEARN_MATCH_VALUE:
		match_set(&flow->match, field_of(part->set.to.field), ofaction_value(part),
			  ofaction_mask(part));
		return;
	case OFACTION_LEARN_LOAD_VALUE:
		action = action_add(state, flow);
		if (action) {
			*action = *part;
			action->type = OFACTION_SET;
			action->how = SET_AS_LOAD;
		}
		return;
	}
	if (!translate_read_part(state, part->move.from, &value))
		return;
	if (part->type == OFACTION_LEARN_MATCH)
		match_set(&flow->match, field_of(to.field), value << to.low,
			  field_ones(to.n_bits) << to.low);
	else if (part->type == OFACTION_LEARN_LOAD)
		add_load(state, flow, to, value);
	else if (part->type == OFACTION_LEARN_OUTPUT)
		add_output(state, flow, value);
}

static void add_fin_timeout(struct translate_state *state, struct path_learned_flow *flow,
			    const struct ofaction *learn)
{
	struct ofaction *action;

	if (!learn->learn.fin_idle_timeout && !learn->learn.fin_hard_timeout)
		return;
	action = action_add(state, flow);
	if (!action)
		return;
	action->type = OFACTION_FIN_TIMEOUT;
	action->timeouts.idle = learn->learn.fin_idle_timeout;
	action->timeouts.hard = learn->learn.fin_hard_timeout;
}

/* NULL: there are too many. */
static struct path_learned_flow *flow_add(struct translate_state *state)
{
	struct translation *out = state->out;
	struct path_learned_flow *flow = &out->flows[out->n_flows];

	if (out->n_flows == TRANSLATION_FLOWS_MAX) {
		translate_fail(state, DROP_ACTION_LIMIT);
		return NULL;
	}
	memset(flow, 0, offsetof(struct path_learned_flow, actions));
	flow->bridge = state->bridge->number;
	return flow;
}

void translate_fin_timeout(struct translate_state *state, const struct ofaction *action)
{
	const struct packet_key *key = &state->work.key.packet;
	const struct flow *rule = state->rule;
	struct path_learned_flow *flow;

	if (!rule || key->ip_proto != IP_PROTO_TCP ||
	    !(from_be16(key->tcp_flags) & (TCP_FIN | TCP_RST)))
		return;
	flow = flow_add(state);
	if (!flow)
		return;
	flow->is_ending = true;
	flow->priority = rule->priority;
	flow->table = rule->table;
	flow_match(rule, &flow->match);
	flow->idle_timeout = action->timeouts.idle;
	flow->hard_timeout = action->timeouts.hard;
	state->out->n_flows++;
}

void translate_learn(struct translate_state *state, const struct ofactions *list, uint32_t at)
{
	const struct ofaction *learn = &list->item[at];
	struct path_learned_flow *flow = flow_add(state);

	if (!flow)
		return;
	flow->limit = learn->learn.limit;
	flow->cookie = learn->learn.cookie;
	flow->priority = learn->learn.priority;
	flow->idle_timeout = learn->learn.idle_timeout;
	flow->hard_timeout = learn->learn.hard_timeout;
	flow->table = learn->learn.table;
	flow->flags = learn->learn.flags;
	add_fin_timeout(state, flow, learn);
	for (uint32_t i = at + 1; i <= at + learn->n_inside && !state->is_over; i++)
		add(state, flow, &list->item[i]);
	if (state->is_over)
		return;
	state->out->n_flows++;
	if (learn->learn.flags & LEARN_WRITE_RESULT)
		translate_write_part(state, learn->learn.result_dst, 1);
}
