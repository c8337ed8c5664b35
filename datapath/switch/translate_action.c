/* Actions, in the order in which a flow says them. */
#include <string.h>

#include "flow/port_text.h"
#include "switch/translate_state.h"
#include "switch/translate_trace.h"

/* Queues of higher numbers there cannot be: their packets go where those go that choose none. */
static uint16_t queue_of(uint32_t number)
{
	return number < QUEUES_MAX ? (uint16_t)(number + 1) : 0;
}

static void enqueue(struct translate_state *state, const struct ofaction *action)
{
	const uint16_t before = state->work.queue;

	state->work.queue = queue_of(action->output.queue);
	translate_output(state, action->output.port, 0);
	state->work.queue = before;
}

static void output_register(struct translate_state *state, const struct ofaction *action)
{
	field_bits port;

	if (!translate_read_part(state, action->move.from, &port))
		return;
	/* reserved ports have 16 bits here, as in Open vSwitch */
	if (port <= UINT16_MAX)
		translate_output(state, (uint16_t)port, 0);
	else
		translate_blame(state, DROP_NO_OUTPUT);
}

static void controller(struct translate_state *state, const struct ofactions *list, uint32_t at)
{
	const struct ofaction *action = &list->item[at];
	uint8_t userdata[PACKET_IN_USERDATA_MAX];
	struct translate_packet_in what = {
		.controller = action->controller.id,
		.reason = action->controller.reason,
		.userdata = userdata,
	};

	for (uint32_t i = at + 1; i <= at + action->n_inside; i++) {
		const struct ofaction *part = &list->item[i];

		if (what.n_userdata + part->how > (int)sizeof(userdata)) {
			translate_fail(state, DROP_ACTION_LIMIT);
			return;
		}
		memcpy(userdata + what.n_userdata, part->bytes, part->how);
		what.n_userdata = (uint16_t)(what.n_userdata + part->how);
	}
	translate_controller(state, &what);
}

static void resubmit(struct translate_state *state, const struct ofaction *action)
{
	uint16_t port = action->resubmit.port;
	uint8_t table = action->resubmit.table;

	translate_table(state, table == RESUBMIT_NO_TABLE ? state->table : table,
			port == OFPORT_IN_PORT ? state->work.key.packet.in_port : port,
			TRANSLATE_MISS_IGNORED);
}

static void write_actions(struct translate_state *state, const struct ofactions *list, uint32_t at)
{
	const uint32_t end = at + 1 + list->item[at].n_inside;

	for (uint32_t i = at + 1; i < end; i = ofactions_next(list, i))
		translate_set_write(state, list, i);
}

static void write_metadata(struct translate_state *state, const struct ofaction *action)
{
	uint64_t mask = (uint64_t)ofaction_mask(action);
	uint64_t value = (uint64_t)ofaction_value(action);

	state->work.key.metadata = (state->work.key.metadata & ~mask) | (value & mask);
}

/* Those that change what a packet looks like; false: it is none of these. */
static bool change(struct translate_state *state, const struct ofaction *action)
{
	switch (action->type) {
	case OFACTION_SET:
		translate_set_field(state, action);
		return true;
	case OFACTION_MOVE:
		translate_move(state, action);
		return true;
	case OFACTION_SET_VLAN_VID:
	case OFACTION_SET_VLAN_PCP:
		translate_set_vlan(state, action);
		return true;
	case OFACTION_PUSH_VLAN:
		translate_push_vlan(state, (uint16_t)action->number,
				    from_be16(state->work.key.packet.vlan.tci));
		return true;
	case OFACTION_POP_VLAN:
		translate_pop_vlan(state);
		return true;
	case OFACTION_PUSH_MPLS:
		translate_push_mpls(state, (uint16_t)action->number);
		return true;
	case OFACTION_POP_MPLS:
		translate_pop_mpls(state, (uint16_t)action->number);
		return true;
	case OFACTION_PUSH_PBB:
		translate_push_pbb(state, (uint16_t)action->number);
		return true;
	case OFACTION_POP_PBB:
		translate_pop_pbb(state);
		return true;
	case OFACTION_COPY_TTL_IN:
		translate_copy_ttl_in(state);
		return true;
	case OFACTION_COPY_TTL_OUT:
		translate_copy_ttl_out(state);
		return true;
	}
	return false;
}

/* Those that send. False: it is none of these. */
static bool send_or_copy(struct translate_state *state, const struct ofactions *list, uint32_t at)
{
	const struct ofaction *action = &list->item[at];

	switch (action->type) {
	case OFACTION_OUTPUT:
		translate_output(state, action->output.port, action->output.max_len);
		return true;
	case OFACTION_ENQUEUE:
		enqueue(state, action);
		return true;
	case OFACTION_OUTPUT_REG:
		output_register(state, action);
		return true;
	case OFACTION_CONTROLLER:
		controller(state, list, at);
		return true;
	case OFACTION_MIRROR:
		translate_mirror(state, action);
		return true;
	case OFACTION_GROUP:
		translate_group(state, action->number);
		return true;
	case OFACTION_CLONE:
		translate_clone(state, list, at + 1, at + 1 + action->n_inside);
		return true;
	}
	return false;
}

/* False: what follows in the list is not done. */
static bool act(struct translate_state *state, const struct ofactions *list, uint32_t at)
{
	const struct ofaction *action = &list->item[at];

	if (send_or_copy(state, list, at) || change(state, action))
		return true;
	switch (action->type) {
	case OFACTION_DEC_TTL:
		return translate_dec_ttl(state, list, at);
	case OFACTION_DEC_MPLS_TTL:
		return translate_dec_mpls_ttl(state);
	case OFACTION_SET_QUEUE:
		state->work.queue = queue_of((uint32_t)action->number);
		break;
	case OFACTION_POP_QUEUE:
		state->work.queue = 0;
		break;
	case OFACTION_RESUBMIT:
		resubmit(state, action);
		break;
	case OFACTION_LEARN:
		translate_learn(state, list, at);
		break;
	case OFACTION_FIN_TIMEOUT:
		translate_fin_timeout(state, action);
		break;
	case OFACTION_METER:
		translate_meter(state, action->number);
		break;
	case OFACTION_CLEAR_ACTIONS:
		translate_set_clear(state);
		break;
	case OFACTION_WRITE_ACTIONS:
		write_actions(state, list, at);
		break;
	case OFACTION_WRITE_METADATA:
		write_metadata(state, action);
		break;
	case OFACTION_GOTO_TABLE:
		translate_table(state, (uint8_t)action->number, state->work.key.packet.in_port,
				TRANSLATE_MISS_COUNTS);
		break;
	}
	/* Notes and conjunctions do nothing. */
	return true;
}

bool translate_list(struct translate_state *state, const struct ofactions *list, uint32_t begin,
		    uint32_t end)
{
	for (uint32_t i = begin; i < end && !state->is_over; i = ofactions_next(list, i)) {
		trace_action(state->trace, state->level, list, i, &state->work.key);
		if (!act(state, list, i))
			return false;
	}
	return !state->is_over;
}
