/* Standing orders (switch/order.h): what is looked at before any table. */
#include <stdio.h>
#include <string.h>

#include "flow/action.h"
#include "flow/credit.h"
#include "path/capture.h"
#include "switch/snapshot.h"
#include "switch/translate_state.h"
#include "switch/translate_trace.h"

static void note(const struct translate_state *state, const struct order *order)
{
	char text[ORDER_NAME_SIZE + sizeof("order ")];

	if (!state->trace)
		return;
	snprintf(text, sizeof(text), "order %s", order->name);
	trace_note(state->trace, state->level, text);
}

static void credit(struct translate_state *state, const struct order *order)
{
	note(state, order);
	if (!credit_list_add(&state->out->credits, order->tally))
		translate_fail(state, DROP_ACTION_LIMIT);
}

static bool is_before(const struct translate_mirror *a, const struct translate_mirror *b)
{
	return a->port != b->port ? a->port < b->port : a->vlan < b->vlan;
}

/* Orders come as the classifier finds them; their copies leave in the same order each time. */
static void place_add(struct translate_state *state, struct translate_mirror place)
{
	unsigned at = state->n_ordered;

	if (translate_order_has(state, &place))
		return;
	for (; at && is_before(&place, &state->ordered[at - 1]); at--)
		state->ordered[at] = state->ordered[at - 1];
	state->ordered[at] = place;
	state->n_ordered++;
}

/* False: there is nowhere to send to, or it came from there. */
static bool find_place(const struct translate_state *state, const struct order *order,
		       struct translate_mirror *place)
{
	const uint16_t id = __atomic_load_n(&order->port_id, __ATOMIC_RELAXED);
	const struct port_view *port;

	*place = (struct translate_mirror){.vlan = order->vlan};
	if (order->vlan)
		return true;
	port = snapshot_port(state->snapshot, id);
	place->port = id;
	return port && port->bridge == state->bridge && port_view_forwards(port) &&
	       port->ofport != state->work.key.packet.in_port;
}

/* A reader may meet one that is on its way out beside one that is new. */
static void capture_add(struct translate_state *state, const struct order *order)
{
	unsigned at = state->n_captures;

	if (at == CAPTURES_MAX)
		return;
	for (; at && order->number < state->capture[at - 1]->number; at--)
		state->capture[at] = state->capture[at - 1];
	state->capture[at] = order;
	state->n_captures++;
	credit(state, order);
}

static void copy(const struct order *order, void *ctx)
{
	struct translate_state *state = ctx;
	struct translate_mirror place;

	if (order->kind == ORDER_CAPTURE)
		capture_add(state, order);
	if (order->kind == ORDER_CAPTURE || state->is_over)
		return;
	if (!find_place(state, order, &place))
		return;
	place_add(state, place);
	credit(state, order);
}

bool translate_orders(struct translate_state *state)
{
	const struct bridge_orders *orders = state->bridge->orders;
	struct flow_key key = state->work.key;
	const struct order *drop;

	if (translate_hides_ports(state))
		key.packet.l4_src = key.packet.l4_dst = to_be16(0);
	drop = orders_drop(orders, state->version, &key);
	if (drop) {
		credit(state, drop);
		translate_fail(state, DROP_BY_ORDER);
	}
	orders_for_each_copy(orders, state->version, &key, copy, state);
	return !state->is_over;
}

bool translate_order_has(const struct translate_state *state, const struct translate_mirror *mirror)
{
	for (unsigned i = 0; i < state->n_ordered; i++)
		if (state->ordered[i].port == mirror->port &&
		    state->ordered[i].vlan == mirror->vlan)
			return true;
	return false;
}

static uint64_t who(const struct bridge_view *bridge, const struct order *order)
{
	const struct capture_words words = {bridge->number, order->number};
	uint64_t word;

	memcpy(&word, &words, sizeof(word));
	return word;
}

void translate_order_copies(struct translate_state *state)
{
	struct flow_op_list *ops = &state->out->ops;
	const uint32_t n_own = ops->n_ops;

	for (unsigned i = 0; i < state->n_captures; i++)
		flow_op_capture(ops, state->capture[i]->snaplen,
				who(state->bridge, state->capture[i]));
	for (unsigned i = 0; i < state->n_ordered; i++)
		if (!translate_mirror_has(state, &state->ordered[i]))
			translate_mirror_say(state, &state->ordered[i]);
	translate_move_ops(ops, n_own, 0);
}
