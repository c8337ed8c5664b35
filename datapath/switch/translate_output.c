/* What leaves the switch: to ports and controllers, by NORMAL, and copies that are changed. */
#include <string.h>

#include "flow/port_text.h"
#include "switch/flow_table.h"
#include "switch/meters.h"
#include "switch/normal.h"
#include "switch/snapshot.h"
#include "switch/translate_state.h"
#include "switch/translate_trace.h"

/* ---- ports ---- */

/* NULL: the bridge has no such port. */
static const struct port_view *port_of(const struct translate_state *state, uint16_t ofport)
{
	return bridge_view_port(state->bridge, ofport);
}

static void send_to(struct translate_state *state, const struct port_view *port, uint16_t max_len)
{
	struct flow_op_list *ops = &state->out->ops;

	if (!port_view_forwards(port)) {
		translate_blame(state, DROP_NOT_FORWARDED);
		return;
	}
	translate_commit(state);
	translate_mirror_outgoing(state, port, max_len);
	if (max_len)
		flow_op_truncate(ops, max_len);
	flow_op_add(ops, flow_op_enqueue(port->id, state->work.queue));
	state->n_useful = ops->n_ops;
}

/* But to ports with one of these flags. */
static void send_all(struct translate_state *state, uint16_t max_len, uint8_t excluded)
{
	const struct bridge_view *bridge = state->bridge;
	const struct port_view *from = port_of(state, state->work.key.packet.in_port);

	if (from && from->is_mirror_only) {
		translate_blame(state, DROP_MIRROR_ONLY);
		return;
	}
	for (unsigned i = 0; i < bridge->n_ports; i++) {
		const struct port_view *port = &bridge->ports[i];

		if (port != from && !port->is_mirror_only && !(port->flags & excluded))
			send_to(state, port, max_len);
	}
}

static void send_one(struct translate_state *state, uint16_t ofport, uint16_t max_len)
{
	const struct port_view *port = port_of(state, ofport);

	if (!port)
		translate_blame(state, DROP_NO_OUTPUT);
	else if (ofport == state->work.key.packet.in_port)
		translate_blame(state, DROP_HAIRPIN);
	else
		send_to(state, port, max_len);
}

static void send_back(struct translate_state *state, uint16_t max_len)
{
	const struct port_view *port = port_of(state, state->work.key.packet.in_port);

	if (port)
		send_to(state, port, max_len);
	else
		translate_blame(state, DROP_NO_OUTPUT);
}

/* ---- copies ---- */

static void reverse(struct flow_op *op, uint32_t n)
{
	for (uint32_t i = 0; i < n / 2; i++) {
		struct flow_op swap = op[i];

		op[i] = op[n - 1 - i];
		op[n - 1 - i] = swap;
	}
}

static bool changes_packet(const struct flow_op *op)
{
	return op->type != OP_OUTPUT && op->type != OP_TRUNCATE && op->type != OP_CONTROLLER;
}

static bool change_packet(const struct flow_op *op, const struct flow_op *end)
{
	for (; op < end; op = flow_op_next(op))
		if (changes_packet(op))
			return true;
	return false;
}

void translate_move_ops(struct flow_op_list *list, uint32_t from, uint32_t to)
{
	const uint32_t end = list->n_ops;

	reverse(list->op + to, from - to);
	reverse(list->op + from, end - from);
	reverse(list->op + to, end - to);
}

/* Takes the OP_CLONE at `at`, but not what is in it, out of the list. */
static void unwrap(struct flow_op_list *list, uint32_t at)
{
	memmove(&list->op[at], &list->op[at + 1], (list->n_ops - at - 1) * sizeof(list->op[0]));
	list->n_ops--;
}

void translate_clone_end(struct flow_op_list *list, uint32_t at)
{
	flow_op_clone_end(list, at);
	if (list->is_full) /* then there may be no clone to end, and nothing of it counts */
		return;
	if (list->n_ops > at && !change_packet(&list->op[at + 1], &list->op[list->n_ops]))
		unwrap(list, at);
}

/* Without what comes behind the last op that sends. A copy that nothing changes needs not be one. */
static void clone_end(struct translate_state *state, uint32_t at)
{
	struct flow_op_list *list = &state->out->ops;
	bool sends = state->n_useful > at;

	list->n_ops = sends ? state->n_useful : at + 1;
	translate_clone_end(list, at);
	if (sends && !list->is_full)
		state->n_useful = list->n_ops;
}

uint32_t translate_copy_begin(struct translate_state *state, struct translate_work *outer)
{
	uint32_t at;

	translate_commit(state);
	*outer = state->work;
	at = flow_op_clone_begin(&state->out->ops);
	if (state->out->ops.n_open > TRANSLATE_MAX_CLONES)
		translate_fail(state, DROP_ACTION_LIMIT);
	return at;
}

void translate_copy_end(struct translate_state *state, uint32_t at,
			const struct translate_work *outer)
{
	clone_end(state, at);
	state->work = *outer;
}

void translate_clone(struct translate_state *state, const struct ofactions *list, uint32_t begin,
		     uint32_t end)
{
	struct translate_work outer;
	uint32_t at = translate_copy_begin(state, &outer);

	translate_list(state, list, begin, end);
	translate_copy_end(state, at, &outer);
}

/* ---- NORMAL: changes tags for its own outputs only ---- */

/* The outputs from that place on. */
static void enqueue_all(struct translate_state *state, uint32_t begin)
{
	struct flow_op *op = state->out->ops.op;

	for (uint32_t i = begin; state->work.queue && i < state->out->ops.n_ops;
	     i += 1 + op[i].n_words)
		if (op[i].type == OP_OUTPUT)
			op[i].queue = state->work.queue;
}

static void send_normal(struct translate_state *state)
{
	const uint16_t in_port = state->work.key.packet.in_port;
	const struct normal_place place = {state->bridge, port_of(state, in_port)};
	enum drop_reason why = DROP_NO_OUTPUT;
	uint32_t at;

	if (!translate_look(state, BARE_L3))
		return;
	translate_commit(state);
	at = flow_op_clone_begin(&state->out->ops);
	if (place.port || in_port == OFPORT_CONTROLLER || in_port == OFPORT_NONE)
		why = normal(state->snapshot, &place, &state->work.key, state->now, state->out);
	if (why == DROP_NONE) {
		enqueue_all(state, at + 1);
		translate_mirror_normal(state, at + 1);
		state->n_useful = state->out->ops.n_ops;
	}
	if (why == DROP_FLOOD_LIMIT)
		translate_fail(state, why);
	else
		translate_blame(state, why);
	clone_end(state, at);
}

/* ---- controllers ---- */

/* An action says "action" whatever it is part of. */
static uint8_t reason_of(const struct translate_state *state, uint8_t said)
{
	if (said != REASON_ACTION || state->reason != REASON_ACTION)
		return said == REASON_ACTION ? state->reason : said;
	return state->rule && state->rule->is_miss ? REASON_TABLE_MISS : said;
}

void translate_controller(struct translate_state *state, const struct translate_packet_in *what)
{
	const uint8_t reason = reason_of(state, what->reason);
	const uint16_t in_port = state->work.key.packet.in_port;
	struct packet_in_context context = {
		.cookie = state->rule ? state->rule->cookie : UINT64_MAX,
		.metadata = state->work.key.metadata,
		.bridge = state->bridge->number,
		.controller = what->controller,
		.in_port = in_port,
		.reason = reason,
		.table = state->table,
		.meter = (uint16_t)(meter_slot(state->bridge, METER_CONTROLLER) + 1),
	};

	if (reason == REASON_TABLE_MISS && !translate_may_tell(state, in_port))
		return;
	memcpy(context.reg, state->work.key.reg, sizeof(context.reg));
	translate_commit(state);
	flow_op_controller(&state->out->ops, &context, what->userdata, what->n_userdata);
	state->n_useful = state->out->ops.n_ops;
}

void translate_output(struct translate_state *state, uint16_t port, uint16_t max_len)
{
	switch (port) {
	case OFPORT_IN_PORT:
		send_back(state, max_len);
		break;
	case OFPORT_TABLE:
		translate_table(state, 0, state->work.key.packet.in_port, TRANSLATE_MISS_COUNTS);
		break;
	case OFPORT_NORMAL:
		send_normal(state);
		break;
	case OFPORT_FLOOD:
		send_all(state, max_len, PORT_MOD_NO_FLOOD);
		break;
	case OFPORT_ALL:
		send_all(state, max_len, 0);
		break;
	case OFPORT_CONTROLLER:
		translate_controller(state, &(struct translate_packet_in){.reason = REASON_ACTION});
		break;
	case OFPORT_NONE:
		break;
	default:
		send_one(state, port, max_len);
	}
}

/* ---- the end ---- */

/* Behind the last op that sends nothing matters: a copy made there may as well be the packet itself. */
static void unwrap_last(struct flow_op_list *ops)
{
	const struct flow_op *end = ops->op + ops->n_ops, *last = NULL;

	for (const struct flow_op *op = ops->op; op < end; op = flow_op_next(op))
		last = op;
	if (last && last->type == OP_CLONE)
		unwrap(ops, (uint32_t)(last - ops->op));
}

void translate_finish(struct translate_state *state)
{
	struct flow_op_list *ops = &state->out->ops;

	if (ops->is_full) /* nothing of it counts */
		return;
	ops->n_ops = state->n_useful;
	translate_mirror_actions(state);
	if (!ops->is_full)
		unwrap_last(ops);
}
