#include "switch/translate.h"

#include <string.h>

#include "flow/key.h"
#include "flow/port_text.h"
#include "switch/flow_table.h"
#include "switch/snapshot.h"
#include "switch/translate_state.h"
#include "switch/translate_trace.h"

static void begin(struct translate_state *state, const struct translate_job *job,
		  struct translation *out)
{
	const struct bridge_view *bridge = job->bridge;

	state->snapshot = snapshot_of(job->path);
	state->bridge = bridge;
	state->now = job->now;
	state->version = flow_tables_version(bridge->tables);
	state->received = job->key;
	state->trace = job->trace;
	state->out = out;
	state->work.key = *job->key;
	state->work.key.packet.in_port = job->in_port;
	state->work.key.in_phy_port =
		(uint32_t)field_read(field_of(FIELD_IN_PORT_OXM), &state->work.key);
	state->work.unsaid = state->work.said = (struct flow_key){0};
	state->work.bare = BARE_NOTHING;
	state->work.n_hidden = 0;
	state->work.queue = 0;
	state->work.ttl_behind = -1;
	state->n_useful = 0;
	translate_set_clear(state);
	state->rule = NULL;
	state->table = 0;
	state->reason = job->actions ? REASON_PACKET_OUT : REASON_ACTION;
	state->depth = state->level = 0;
	state->n_resubmits = state->n_mirrors = state->n_ordered = state->n_captures = 0;
	state->mirrored = state->mirrors_used = 0;
	state->is_over = state->needs_packet = false;
	state->why = DROP_NONE;
}

/* Nothing leaves, not even what the bridge's mirrors got. */
static void drop(struct translate_state *state, enum drop_reason why)
{
	struct flow_op_list *ops = &state->out->ops;

	state->mirrors_used = 0;
	flow_op_list_clear(ops);
	flow_op_add(ops, flow_op_drop(why));
}

/* What meters let through must go somewhere. */
static bool sends(const struct flow_op_list *ops)
{
	const struct flow_op *end = ops->op + ops->n_ops;

	for (const struct flow_op *op = ops->op; op < end; op = flow_op_next(op))
		if (op->type == OP_OUTPUT || op->type == OP_CONTROLLER || op->type == OP_CLONE ||
		    op->type == OP_DROP)
			return true;
	return false;
}

static void finish(struct translate_state *state)
{
	struct translation *out = state->out;

	if (state->needs_packet) {
		/* each packet has its own way, and counts for that */
		translation_begin(out);
		flow_op_add(&out->ops, (struct flow_op){.type = OP_TRANSLATE});
		return;
	}
	if (!state->is_over)
		translate_finish(state);
	if (!state->is_over && out->ops.is_full)
		translate_fail(state, DROP_ACTION_LIMIT);
	if (state->is_over)
		drop(state, state->why);
	else if (!out->ops.n_ops)
		drop(state, state->why == DROP_NONE ? DROP_BY_RULE : state->why);
	else if (!sends(&out->ops))
		flow_op_add(&out->ops,
			    flow_op_drop(state->why == DROP_NONE ? DROP_BY_RULE : state->why));
	translate_order_copies(state);
	if (out->ops.is_full)
		drop(state, DROP_ACTION_LIMIT);
}

static bool is_refused(const struct translate_state *state)
{
	return state->work.key.packet.ip_frag & FRAG_ANY && state->bridge->frags == FLOW_FRAGS_DROP;
}

/* Spanning tree packets have a flag of their own; see also flow_masks.c. */
static bool receives(const struct port_view *port, struct eth_addr dst)
{
	static const struct eth_addr stp = {{0x01, 0x80, 0xc2, 0x00, 0x00, 0x00}};
	const bool is_stp = !memcmp(&dst, &stp, sizeof(stp));

	return !(port->flags & (is_stp ? PORT_MOD_NO_RECV_STP : PORT_MOD_NO_RECV));
}

/* A packet that came in by a port. */
static void receive(struct translate_state *state)
{
	const struct port_view *port =
		bridge_view_port(state->bridge, state->work.key.packet.in_port);

	if (port && !receives(port, state->work.key.packet.eth_dst)) {
		translate_blame(state, DROP_NOT_FORWARDED);
		return;
	}
	if (!translate_orders(state))
		return;
	if (port)
		translate_mirror_received(state, port);
	if (is_refused(state)) {
		translate_blame(state, DROP_FRAGMENT);
	} else if (state->bridge->stands_in) {
		trace_note(state->trace, state->level, "no controller for long: NORMAL stands in");
		translate_output(state, OFPORT_NORMAL, 0);
	} else {
		translate_table(state, 0, state->work.key.packet.in_port, TRANSLATE_MISS_COUNTS);
	}
}

void translate_run(const struct translate_job *job, struct translation *out)
{
	struct translate_state state;

	begin(&state, job, out);
	if (job->actions)
		translate_list(&state, job->actions, 0, job->actions->n);
	else
		receive(&state);
	state.reason = REASON_ACTION_SET;
	translate_set_execute(&state);
	finish(&state);
	trace_result(state.trace, &state.work.key, out);
}

void translate(const struct path_view *path, const struct flow_key *key, uint64_t now,
	       struct translation *out)
{
	const struct port_view *port = snapshot_port(snapshot_of(path), key->packet.in_port);
	const struct translate_job job = {
		.path = path,
		.bridge = port->bridge,
		.key = key,
		.in_port = port->ofport,
		.now = now,
	};

	translate_run(&job, out);
}

void translate_refresh(const struct path_view *path, const struct flow_key *key, uint64_t now,
		       struct translation *scratch)
{
	const struct port_view *port = snapshot_port(snapshot_of(path), key->packet.in_port);

	scratch->frame = NULL;
	translation_begin(scratch);
	if (port->bridge->stands_in || flow_tables_teach(port->bridge->tables))
		translate(path, key, now, scratch);
}
