#include "flow/match.h"
#include "flow/ofaction.h"

#include <errno.h>
#include <stdio.h>

#include "base/err.h"

/* What the packet is known to be at some point of the list: the match, changed by the actions. */
struct known {
	struct match match;
	uint8_t table;
	bool is_in_set; /* inside write_actions */
	bool is_in_clone;
	struct err *err;
};

static bool has_tag(const struct known *known)
{
	return from_be16(known->match.key.packet.vlan.tci) & VLAN_PRESENT;
}

static void learn_type(struct known *known, uint16_t eth_type)
{
	match_replace(&known->match, field_of(FIELD_ETH_TYPE), eth_type, UINT16_MAX);
	match_replace(&known->match, field_of(FIELD_IP_PROTO), 0, 0);
}

struct title {
	char text[40];
};

/* By both names: a list of actions does not keep how its words were written. */
static struct title title_of(const struct field *field)
{
	struct title title;

	snprintf(title.text, sizeof(title.text), "%s%s%s%s", field->name, field->alias ? " (" : "",
		 field->alias ?: "", field->alias ? ")" : "");
	return title;
}

static int check_field(const struct known *known, const struct field *field, bool is_written)
{
	enum field_id id = field_id(field);

	if (is_written && !(field->flags & FIELD_WRITABLE))
		return err_set(known->err, EINVAL, "%s cannot be changed", title_of(field).text);
	if (!field->nxm.name && !field->oxm.name)
		return err_set(known->err, EINVAL, "%s can be matched, but not used in actions",
			       title_of(field).text);
	if ((id == FIELD_VLAN_VID || id == FIELD_VLAN_PCP) && !has_tag(known))
		return err_set(known->err, EINVAL,
			       "%s: the packet may have no tag: match on dl_vlan or "
			       "vlan_tci=0x1000/0x1000, or push_vlan before",
			       field->name);
	if (!field_need_is_met(field->need, &known->match.key, &known->match.mask))
		return err_set(known->err, EINVAL, "%s: the flow must match on %s to use it",
			       title_of(field).text, field_need_text(field->need));
	return 0;
}

static int check_sub(const struct known *known, struct subfield sub, bool is_written)
{
	return check_field(known, field_of(sub.field), is_written);
}

/* The new flow's fields are asked for against what the new flow itself matches. */
static int check_learn(const struct known *known, const struct ofactions *list, uint32_t at)
{
	const struct ofaction *learn = &list->item[at];
	struct known flow = {.err = known->err};
	int rc = 0;

	if (learn->learn.flags & LEARN_WRITE_RESULT)
		rc = check_sub(known, learn->learn.result_dst, true);
	for (uint32_t i = at + 1; !rc && i <= at + learn->n_inside; i++) {
		const struct ofaction *a = &list->item[i];
		bool is_value = a->type == OFACTION_LEARN_MATCH_VALUE ||
				a->type == OFACTION_LEARN_LOAD_VALUE;

		if (!is_value)
			rc = check_sub(known, a->move.from, false);
		if (rc || a->type == OFACTION_LEARN_OUTPUT)
			continue;
		if (is_value)
			rc = check_sub(&flow, a->set.to, a->type == OFACTION_LEARN_LOAD_VALUE);
		else
			rc = check_sub(&flow, a->move.to, a->type == OFACTION_LEARN_LOAD);
		if (!rc && a->type == OFACTION_LEARN_MATCH_VALUE &&
		    match_set(&flow.match, field_of(a->set.to.field), ofaction_value(a),
			      ofaction_mask(a)))
			rc = err_set(known->err, EINVAL, "learn: %s contradicts an earlier word",
				     field_of(a->set.to.field)->name);
		if (!rc && a->type == OFACTION_LEARN_MATCH && a->move.to.field == FIELD_VLAN_VID)
			flow.match.key.packet.vlan.tci = to_be16(VLAN_PRESENT);
	}
	return rc;
}

/* An output that goes to a controller instead of a port, and no more. */
static bool is_plain_controller(const struct ofaction *action)
{
	return !action->controller.id && action->controller.reason == REASON_ACTION &&
	       !action->controller.pause && !action->controller.meter && !action->n_inside;
}

bool ofaction_may_be_in_set(const struct ofaction *action)
{
	switch (action->type) {
	case OFACTION_CONTROLLER:
		return is_plain_controller(action);
	case OFACTION_OUTPUT:
	case OFACTION_GROUP:
	case OFACTION_SET_QUEUE:
	case OFACTION_SET:
	case OFACTION_MOVE:
	case OFACTION_SET_VLAN_VID:
	case OFACTION_SET_VLAN_PCP:
	case OFACTION_PUSH_VLAN:
	case OFACTION_POP_VLAN:
	case OFACTION_PUSH_MPLS:
	case OFACTION_POP_MPLS:
	case OFACTION_PUSH_PBB:
	case OFACTION_POP_PBB:
	case OFACTION_COPY_TTL_IN:
	case OFACTION_COPY_TTL_OUT:
	case OFACTION_DEC_TTL:
	case OFACTION_DEC_MPLS_TTL:
	case OFACTION_RESUBMIT:
		return true;
	}
	return false;
}

static bool is_instruction(uint8_t type)
{
	return type >= OFACTION_METER && type <= OFACTION_GOTO_TABLE;
}

static int check_list(struct known *known, const struct ofactions *list, uint32_t begin,
		      uint32_t end);

/* In which order the tag and the labels of a packet change by its action set; what writes fields comes behind it. */
static unsigned rank_in_set(uint8_t type)
{
	switch (type) {
	case OFACTION_POP_VLAN:
	case OFACTION_POP_MPLS:
	case OFACTION_POP_PBB:
		return 0;
	case OFACTION_PUSH_MPLS:
		return 1;
	case OFACTION_PUSH_PBB:
		return 2;
	case OFACTION_PUSH_VLAN:
		return 3;
	}
	return 4;
}

static int check_action(struct known *known, const struct ofactions *list, uint32_t at);

/* As the set is carried out, however it is written (OpenFlow 1.3.5 section 5.10). */
static bool is_right_as_set(struct known known, const struct ofactions *list, uint32_t begin,
			    uint32_t end)
{
	known.err = NULL;
	for (unsigned rank = 0; rank <= 4; rank++)
		for (uint32_t i = begin; i < end; i = ofactions_next(list, i))
			if (rank_in_set(list->item[i].type) == rank &&
			    (!ofaction_may_be_in_set(&list->item[i]) ||
			     check_action(&known, list, i)))
				return false;
	return true;
}

static int check_inside(struct known *known, const struct ofactions *list, uint32_t at)
{
	const struct ofaction *action = &list->item[at];
	struct known inside = *known;

	inside.is_in_set |= action->type == OFACTION_WRITE_ACTIONS;
	inside.is_in_clone |= action->type == OFACTION_CLONE;
	if (action->type == OFACTION_WRITE_ACTIONS &&
	    is_right_as_set(inside, list, at + 1, at + 1 + action->n_inside))
		return 0;
	return check_list(&inside, list, at + 1, at + 1 + action->n_inside);
}

static int check_goto(const struct known *known, const struct ofaction *action)
{
	if (action->number > known->table)
		return 0;
	return err_set(known->err, EINVAL,
		       "goto_table:%u: from table %u it can only go to a later one (resubmit goes "
		       "anywhere)",
		       action->number, known->table);
}

/* One action; what it changes is known afterwards. */
static int check_action(struct known *known, const struct ofactions *list, uint32_t at)
{
	const struct ofaction *a = &list->item[at];
	int rc;

	switch (a->type) {
	case OFACTION_OUTPUT_REG:
		return check_sub(known, a->move.from, false);
	case OFACTION_SET:
		/* mod_* and set_tunnel do nothing where there is no such field */
		if (a->how == SET_AS_MOD || a->how == SET_AS_TUNNEL64)
			return 0;
		rc = check_sub(known, a->set.to, true);
		if (!rc && a->set.to.field == FIELD_VLAN_TCI)
			match_replace(&known->match, field_of(FIELD_VLAN_TCI), ofaction_value(a),
				      ofaction_mask(a));
		return rc;
	case OFACTION_MOVE:
		rc = check_sub(known, a->move.from, false);
		return rc ? rc : check_sub(known, a->move.to, true);
	case OFACTION_SET_VLAN_VID:
	case OFACTION_SET_VLAN_PCP:
		if (a->how)
			known->match.key.packet.vlan.tci = to_be16(VLAN_PRESENT);
		return 0;
	case OFACTION_PUSH_VLAN:
		known->match.key.packet.vlan.tci = to_be16(VLAN_PRESENT);
		return 0;
	case OFACTION_POP_VLAN:
		known->match.key.packet.vlan = (struct packet_vlan){0};
		return 0;
	case OFACTION_PUSH_MPLS:
	case OFACTION_POP_MPLS:
	case OFACTION_PUSH_PBB:
		learn_type(known, (uint16_t)a->number);
		return 0;
	case OFACTION_POP_PBB:
		learn_type(known, 0);
		return 0;
	case OFACTION_LEARN:
		return check_learn(known, list, at);
	case OFACTION_CLONE:
	case OFACTION_WRITE_ACTIONS:
		return check_inside(known, list, at);
	case OFACTION_GOTO_TABLE:
		return check_goto(known, a);
	}
	return 0;
}

static int check_list(struct known *known, const struct ofactions *list, uint32_t begin,
		      uint32_t end)
{
	for (uint32_t i = begin; i < end; i = ofactions_next(list, i)) {
		const struct ofaction *action = &list->item[i];
		int rc;

		if (known->is_in_set && !ofaction_may_be_in_set(action))
			return err_set(known->err, EINVAL,
				       "%s cannot be in write_actions(): the action set is for "
				       "output, group, set_field, push, pop and TTL actions",
				       ofaction_name(action));
		if (known->is_in_clone && is_instruction(action->type))
			return err_set(known->err, EINVAL, "%s cannot be in clone()",
				       ofaction_name(action));
		rc = check_action(known, list, i);
		if (rc)
			return rc;
	}
	return 0;
}

/* METER, actions, CLEAR_ACTIONS ...: the order that OpenFlow gives instructions. */
static unsigned instruction_rank(uint8_t type)
{
	return type == OFACTION_METER ? 0 : is_instruction(type) ? 1u + type - OFACTION_METER : 1;
}

static int check_order(const struct ofactions *list, struct err *err)
{
	const struct ofaction *last = NULL;

	for (uint32_t i = 0; i < list->n; i = ofactions_next(list, i)) {
		const struct ofaction *action = &list->item[i];

		if (last && is_instruction(action->type) && action->type == last->type)
			return err_set(err, EINVAL, "%s stands there twice", ofaction_name(action));
		if (last && instruction_rank(action->type) < instruction_rank(last->type))
			return err_set(err, EINVAL,
				       "%s cannot come behind %s: the order is meter, actions, "
				       "clear_actions, write_actions, write_metadata, goto_table",
				       ofaction_name(action), ofaction_name(last));
		last = action;
	}
	return 0;
}

static int check_conjunction(const struct ofactions *list, struct err *err)
{
	const struct ofaction *other = NULL;
	bool has_one = false;

	for (uint32_t i = 0; i < list->n; i = ofactions_next(list, i)) {
		if (list->item[i].type == OFACTION_CONJUNCTION)
			has_one = true;
		else if (list->item[i].type != OFACTION_NOTE)
			other = &list->item[i];
	}
	if (!has_one || !other)
		return 0;
	return err_set(err, EINVAL, "conjunction can stand beside note only, not beside %s",
		       ofaction_name(other));
}

int ofactions_check(const struct ofactions *list, const struct match *match, uint8_t table,
		    struct err *err)
{
	struct known known = {.match = *match, .table = table, .err = err};
	int rc = check_order(list, err);

	if (!rc)
		rc = check_conjunction(list, err);
	return rc ? rc : check_list(&known, list, 0, list->n);
}
