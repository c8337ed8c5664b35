/* Copies for mirrors: those that a flow's action asks for, and those of the bridge (switch/mirror.h). */
#include <stdio.h>
#include <string.h>

#include "flow/port_text.h"
#include "packet/header.h"
#include "switch/normal.h"
#include "switch/snapshot.h"
#include "switch/translate_state.h"
#include "switch/translate_trace.h"

/* ---- of the bridge ---- */

static bool has_vlan(const struct vlan_bitmap *vlans, uint16_t vlan)
{
	return vlans->bits[vlan / 64] >> (vlan % 64) & 1;
}

/* A packet where it is chosen: which VLAN it is in, and the tag it has. */
struct chosen {
	struct packet_vlan tag;
	uint16_t vlan;
	uint16_t max_len; /* of what leaves; 0: whole */
};

static uint16_t shorter(uint16_t a, uint16_t b)
{
	return !a || (b && b < a) ? b : a;
}

/* False: it is of no use there. */
static bool send_copy(struct translate_state *state, const struct mirror_view *mirror,
		      const struct chosen *chosen)
{
	struct flow_op_list *ops = &state->out->ops;
	struct normal_copy copy = {
		.tag = chosen->tag,
		.vlan = chosen->vlan,
		.max_len = shorter(mirror->snaplen, chosen->max_len),
	};
	const uint32_t n_before = ops->n_ops;

	if (mirror->output) {
		if (port_view_forwards(mirror->output))
			normal_send_copy(mirror->output, &copy, ops);
		return ops->n_ops > n_before;
	}
	if (chosen->vlan == mirror->output_vlan ||
	    address_is_reserved(state->work.key.packet.eth_dst))
		return false;
	copy.vlan = mirror->output_vlan;
	for (unsigned i = 0; i < state->bridge->n_ports; i++) {
		const struct port_view *port = &state->bridge->ports[i];

		if (!port->is_mirror_only && port_view_forwards(port) &&
		    normal_carries(port, copy.vlan))
			normal_send_copy(port, &copy, ops);
	}
	return ops->n_ops > n_before;
}

static void note(const struct translate_state *state, const char *name)
{
	char text[MIRROR_NAME_SIZE + sizeof("mirror ")];

	if (!state->trace)
		return;
	snprintf(text, sizeof(text), "mirror %s", name);
	trace_note(state->trace, state->level, text);
}

/* To those of `mirrors` that the packet has not gone to yet, and that choose its VLAN. */
static void choose(struct translate_state *state, uint32_t mirrors, const struct chosen *chosen)
{
	for (mirrors &= ~state->mirrored; mirrors; mirrors &= ~state->mirrored) {
		const unsigned i = (unsigned)__builtin_ctz(mirrors);
		const struct mirror_view *mirror = &state->bridge->mirrors[i];

		mirrors &= mirrors - 1;
		if (mirror->has_vlans && !has_vlan(&mirror->vlans, chosen->vlan))
			continue;
		note(state, mirror->name);
		state->mirrored |= mirror->same;
		if (!send_copy(state, mirror, chosen))
			continue;
		state->mirrors_used |= 1u << i;
	}
}

void translate_mirror_received(struct translate_state *state, const struct port_view *port)
{
	struct chosen chosen = {.tag = state->work.key.packet.vlan};

	if (!port->mirror_in || !normal_vlan(port, chosen.tag, &chosen.vlan))
		return;
	choose(state, port->mirror_in, &chosen);
	if (state->mirrors_used)
		state->n_useful = state->out->ops.n_ops;
}

void translate_mirror_outgoing(struct translate_state *state, const struct port_view *port,
			       uint16_t max_len)
{
	struct chosen chosen = {.max_len = max_len};

	if (!(port->mirror_out & ~state->mirrored) || !translate_look(state, BARE_L3))
		return;
	chosen.tag = state->work.key.packet.vlan;
	if (normal_vlan(port, chosen.tag, &chosen.vlan))
		choose(state, port->mirror_out, &chosen);
}

/* The outer tag behind an op of NORMAL; what is under one that was taken off belongs to the payload. */
static void follow_tag(struct packet_vlan *tag, const struct flow_op *op)
{
	uint16_t tci = from_be16(tag->tci);

	switch (op->type) {
	case OP_PUSH_VLAN:
		*tag = (struct packet_vlan){.tci = to_be16(op->tci | VLAN_PRESENT),
					    .tpid = to_be16(op->tpid)};
		break;
	case OP_POP_VLAN:
		*tag = (struct packet_vlan){.tci = to_be16(0)};
		break;
	case OP_SET_VLAN:
		tag->tci = to_be16((uint16_t)((tci & ~op->mask) | op->tci));
		break;
	}
}

void translate_mirror_normal(struct translate_state *state, uint32_t begin)
{
	struct flow_op_list *ops = &state->out->ops;
	struct chosen chosen = {.tag = state->work.key.packet.vlan};

	for (uint32_t i = begin; state->bridge->n_mirrors && i < ops->n_ops; i++) {
		const struct flow_op op = ops->op[i];
		const uint32_t n_before = ops->n_ops;
		const struct port_view *port;

		follow_tag(&chosen.tag, &op);
		if (op.type != OP_OUTPUT)
			continue;
		port = snapshot_port(state->snapshot, op.port);
		if (!normal_vlan(port, chosen.tag, &chosen.vlan))
			continue;
		choose(state, port->mirror_out, &chosen);
		translate_move_ops(ops, n_before, i);
		i += ops->n_ops - n_before;
	}
}

/* ---- of the action ---- */

static uint16_t longer(uint16_t a, uint16_t b)
{
	return !a || !b ? 0 : a > b ? a : b;
}

static void mirror_add(struct translate_state *state, struct translate_mirror mirror)
{
	for (unsigned i = 0; i < state->n_mirrors; i++) {
		struct translate_mirror *other = &state->mirror[i];

		if (other->port != mirror.port || other->vlan != mirror.vlan)
			continue;
		other->max_len = longer(other->max_len, mirror.max_len);
		return;
	}
	if (translate_order_has(state, &mirror))
		return;
	if (state->n_mirrors == TRANSLATE_MAX_MIRRORS)
		translate_fail(state, DROP_ACTION_LIMIT);
	else
		state->mirror[state->n_mirrors++] = mirror;
}

/* Each destination gets one copy, however often it is named: the longest. */
void translate_mirror(struct translate_state *state, const struct ofaction *action)
{
	const struct port_view *port;

	if (action->output.port == OFPORT_NONE) {
		mirror_add(state, (struct translate_mirror){.vlan = action->output.vlan,
							    .max_len = action->output.max_len});
		return;
	}
	port = bridge_view_port(state->bridge, action->output.port);
	if (port && !port_view_forwards(port))
		translate_blame(state, DROP_NOT_FORWARDED);
	else if (port)
		mirror_add(state, (struct translate_mirror){.port = port->id,
							    .max_len = action->output.max_len});
	else
		translate_blame(state, DROP_NO_OUTPUT);
}

void translate_mirror_say(struct translate_state *state, const struct translate_mirror *mirror)
{
	struct flow_op_list *ops = &state->out->ops;

	if (mirror->port == PORT_ID_NONE) {
		uint32_t at = flow_op_clone_begin(ops);

		normal_mirror(state->bridge, state->received, mirror->vlan, mirror->max_len, ops);
		translate_clone_end(ops, at);
		return;
	}
	if (mirror->max_len)
		flow_op_truncate(ops, mirror->max_len);
	flow_op_add(ops, flow_op_output(mirror->port));
}

bool translate_mirror_has(const struct translate_state *state,
			  const struct translate_mirror *mirror)
{
	for (uint32_t used = state->mirrors_used; used; used &= used - 1) {
		const struct mirror_view *other = &state->bridge->mirrors[__builtin_ctz(used)];

		if (mirror->port == PORT_ID_NONE
			    ? !other->output && other->output_vlan == mirror->vlan
			    : other->output && other->output->id == mirror->port)
			return true;
	}
	return false;
}

static void credit(struct translate_state *state)
{
	for (uint32_t used = state->mirrors_used; used; used &= used - 1)
		if (!credit_list_add(&state->out->credits,
				     state->bridge->mirrors[__builtin_ctz(used)].tally))
			translate_fail(state, DROP_ACTION_LIMIT);
}

void translate_mirror_actions(struct translate_state *state)
{
	struct flow_op_list *ops = &state->out->ops;
	const uint32_t n_own = ops->n_ops;

	for (unsigned i = 0; i < state->n_mirrors; i++)
		if (!translate_mirror_has(state, &state->mirror[i]))
			translate_mirror_say(state, &state->mirror[i]);
	translate_move_ops(ops, n_own, 0);
	credit(state);
}
