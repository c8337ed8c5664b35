/* The action set: what is done when no table follows, in an order of its own (OpenFlow 1.3.5 section
 * 5.10). An action replaces an earlier one of its kind; of set_field and move all are kept, in the order in
 * which they came, as in Open vSwitch. */
#include "flow/port_text.h"
#include "switch/translate_state.h"

/* In the order of execution. */
enum rank {
	RANK_COPY_TTL_IN,
	RANK_POP_VLAN,
	RANK_POP_PBB,
	RANK_POP_MPLS,
	RANK_PUSH_MPLS,
	RANK_PUSH_PBB,
	RANK_PUSH_VLAN,
	RANK_COPY_TTL_OUT,
	RANK_DEC_TTL,
	RANK_DEC_MPLS_TTL,
	RANK_SET,
	RANK_QUEUE,
	RANK_GROUP,
	RANK_OUTPUT,   /* only if there is no group */
	RANK_RESUBMIT, /* only if there is neither */
	N_RANKS
};

static enum rank rank_of(const struct ofaction *action)
{
	switch (action->type) {
	case OFACTION_COPY_TTL_IN:
		return RANK_COPY_TTL_IN;
	case OFACTION_POP_VLAN:
		return RANK_POP_VLAN;
	case OFACTION_POP_PBB:
		return RANK_POP_PBB;
	case OFACTION_POP_MPLS:
		return RANK_POP_MPLS;
	case OFACTION_PUSH_MPLS:
		return RANK_PUSH_MPLS;
	case OFACTION_PUSH_PBB:
		return RANK_PUSH_PBB;
	case OFACTION_PUSH_VLAN:
		return RANK_PUSH_VLAN;
	case OFACTION_COPY_TTL_OUT:
		return RANK_COPY_TTL_OUT;
	case OFACTION_DEC_TTL:
		return RANK_DEC_TTL;
	case OFACTION_DEC_MPLS_TTL:
		return RANK_DEC_MPLS_TTL;
	case OFACTION_SET_QUEUE:
		return RANK_QUEUE;
	case OFACTION_GROUP:
		return RANK_GROUP;
	case OFACTION_OUTPUT:
	case OFACTION_CONTROLLER:
		return RANK_OUTPUT;
	case OFACTION_RESUBMIT:
		return RANK_RESUBMIT;
	}
	return RANK_SET;
}

static const struct ofaction *action_at(const struct translate_set *set, unsigned i)
{
	return &set->item[i].list->item[set->item[i].at];
}

/* A set_field that one of the same bits follows has no effect. */
static bool replaces(const struct ofaction *action, const struct ofaction *old)
{
	if (rank_of(action) != rank_of(old))
		return false;
	if (rank_of(action) != RANK_SET)
		return true;
	return action->type == OFACTION_SET && old->type == OFACTION_SET &&
	       action->set.to.field == old->set.to.field &&
	       !(ofaction_mask(old) & ~ofaction_mask(action));
}

static void remove_at(struct translate_set *set, unsigned i)
{
	for (set->n--; i < set->n; i++)
		set->item[i] = set->item[i + 1];
}

/* Moves may read what a set_field has written: it stays where it is then. */
static bool is_behind_move(const struct translate_set *set, unsigned i)
{
	for (i++; i < set->n; i++)
		if (action_at(set, i)->type == OFACTION_MOVE)
			return true;
	return false;
}

static bool has_rank(const struct translate_set *set, enum rank rank)
{
	for (unsigned i = 0; i < set->n; i++)
		if (rank_of(action_at(set, i)) == rank)
			return true;
	return false;
}

/* What flows see as actset_output. */
static uint32_t output_of(const struct translate_set *set)
{
	for (unsigned i = 0; i < set->n && !has_rank(set, RANK_GROUP); i++) {
		const struct ofaction *action = action_at(set, i);

		if (rank_of(action) == RANK_OUTPUT)
			return ofport_wide(action->type == OFACTION_OUTPUT ? action->output.port
									   : OFPORT_CONTROLLER);
	}
	return ofport_wide(OFPORT_UNSET);
}

void translate_set_write(struct translate_state *state, const struct ofactions *list, uint32_t at)
{
	struct translate_set *set = &state->work.set;
	const struct ofaction *action = &list->item[at];

	for (unsigned i = 0; i < set->n; i++) {
		const struct ofaction *old = action_at(set, i);

		if (!replaces(action, old) || (rank_of(old) == RANK_SET && is_behind_move(set, i)))
			continue;
		remove_at(set, i);
		break;
	}
	if (set->n == TRANSLATE_MAX_SET) {
		translate_fail(state, DROP_ACTION_LIMIT);
		return;
	}
	set->item[set->n].list = list;
	set->item[set->n++].at = at;
	state->work.key.actset_output = output_of(set);
}

void translate_set_clear(struct translate_state *state)
{
	state->work.set.n = 0;
	state->work.key.actset_output = ofport_wide(OFPORT_UNSET);
}

/* What stands behind another that sends is left out. */
static bool is_left_out(const struct translate_set *set, enum rank rank)
{
	return (rank == RANK_OUTPUT && has_rank(set, RANK_GROUP)) ||
	       (rank == RANK_RESUBMIT && (has_rank(set, RANK_GROUP) || has_rank(set, RANK_OUTPUT)));
}

void translate_set_execute(struct translate_state *state)
{
	struct translate_set set = state->work.set;

	state->work.set.n = 0;
	if (!has_rank(&set, RANK_GROUP) && !has_rank(&set, RANK_OUTPUT) &&
	    !has_rank(&set, RANK_RESUBMIT))
		return;
	for (enum rank rank = 0; rank < N_RANKS; rank++) {
		if (is_left_out(&set, rank))
			continue;
		for (unsigned i = 0; i < set.n && !state->is_over; i++) {
			const uint32_t at = set.item[i].at;

			if (rank_of(action_at(&set, i)) != rank)
				continue;
			if (!translate_list(state, set.item[i].list, at,
					    ofactions_next(set.item[i].list, at)))
				return;
		}
	}
}
