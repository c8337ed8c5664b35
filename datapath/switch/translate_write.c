/* Writing fields of the working key. */
#include "switch/translate_state.h"

#define PACKET_WORDS (PACKET_KEY_WORDS + PACKET_EXTRA_WORDS) /* what lies in the frame */

/* Can ops write it? Registers, and what travels beside the frame, they cannot. */
static bool is_in_frame(const struct field *field)
{
	return field->offset < 8 * PACKET_WORDS &&
	       field->offset != offsetof(struct flow_key, packet.in_port);
}

static bool is_vlan(enum field_id id)
{
	return id == FIELD_VLAN_TCI || id == FIELD_VLAN_VID || id == FIELD_VLAN_PCP;
}

/* How much of the packet must be known to read or write it. */
static enum bare limit_of(const struct field *field)
{
	if (!is_in_frame(field))
		return BARE_L2;
	return field->need == NEED_NONE && field_id(field) != FIELD_ETH_TYPE ? BARE_L3
									     : BARE_NOTHING;
}

static void write_bits(struct translate_state *state, const struct field *field, field_bits value,
		       field_bits mask)
{
	field_bits old = field_read(field, &state->work.key);
	field_bits wanted = (old & ~mask) | (value & mask);
	field_bits said, unsaid;

	field_write(field, &state->work.key, wanted);
	if (!is_in_frame(field))
		return;
	said = field_read(field, &state->work.said);
	if (old == wanted && !(mask & ~said))
		return;
	unsaid = field_read(field, &state->work.unsaid);
	field_write(field, &state->work.said, said & ~mask);
	field_write(field, &state->work.unsaid, unsaid | mask);
}

/* What the bits of the tag's place would be then decides whether there is to be a tag. */
static void write_vlan(struct translate_state *state, const struct field *field, field_bits value,
		       field_bits mask)
{
	struct flow_key wanted = state->work.key;
	bool had_tag = from_be16(state->work.key.packet.vlan.tci) & VLAN_PRESENT;
	field_bits old = field_read(field, &wanted);
	uint16_t tci;

	field_write(field, &wanted, (old & ~mask) | (value & mask));
	tci = from_be16(wanted.packet.vlan.tci);
	if (!had_tag && tci & VLAN_PRESENT)
		translate_push_vlan(state, ETH_TYPE_VLAN, tci);
	else if (had_tag && !(tci & VLAN_PRESENT))
		translate_pop_vlan(state);
	else if (had_tag)
		write_bits(state, field, value, mask);
}

void translate_write(struct translate_state *state, enum field_id id, field_bits value,
		     field_bits mask)
{
	const struct field *field = field_of(id);

	if (!translate_look(state, limit_of(field)))
		return;
	if (is_vlan(id))
		write_vlan(state, field, value, mask);
	else
		write_bits(state, field, value, mask);
}

void translate_write_part(struct translate_state *state, struct subfield to, field_bits value)
{
	translate_write(state, to.field, value << to.low, field_ones(to.n_bits) << to.low);
}

bool translate_read_part(struct translate_state *state, struct subfield from, field_bits *out)
{
	const struct field *field = field_of(from.field);

	if (!translate_look(state, limit_of(field)))
		return false;
	*out = field_read(field, &state->work.key) >> from.low & field_ones(from.n_bits);
	return true;
}

void translate_move(struct translate_state *state, const struct ofaction *action)
{
	field_bits value;

	if (translate_read_part(state, action->move.from, &value))
		translate_write_part(state, action->move.to, value);
}

/* ---- mod_*: nothing happens where the field is not ---- */

static bool has_field(const struct translate_state *state, enum field_id id)
{
	const struct flow_key *key = &state->work.key;

	switch (id) {
	case FIELD_TCP_SRC:
	case FIELD_TCP_DST:
		return field_need_is_met(NEED_TCP, key, NULL) ||
		       field_need_is_met(NEED_UDP, key, NULL) ||
		       field_need_is_met(NEED_SCTP, key, NULL);
	default:
		return field_need_is_met(field_of(id)->need, key, NULL);
	}
}

void translate_set_field(struct translate_state *state, const struct ofaction *action)
{
	if (action->how == SET_AS_MOD &&
	    (!translate_look(state, limit_of(field_of(action->set.to.field))) ||
	     !has_field(state, action->set.to.field)))
		return;
	translate_write(state, action->set.to.field, ofaction_value(action), ofaction_mask(action));
}

void translate_set_vlan(struct translate_state *state, const struct ofaction *action)
{
	bool is_vid = action->type == OFACTION_SET_VLAN_VID;
	uint16_t bits = (uint16_t)(is_vid ? action->number & VLAN_VID_MASK
					  : action->number << VLAN_PCP_SHIFT);

	if (!translate_look(state, BARE_L3))
		return;
	if (from_be16(state->work.key.packet.vlan.tci) & VLAN_PRESENT)
		translate_write(state, FIELD_VLAN_TCI, bits,
				is_vid ? VLAN_VID_MASK : 7u << VLAN_PCP_SHIFT);
	else if (action->how)
		translate_push_vlan(state, ETH_TYPE_VLAN, bits);
}
