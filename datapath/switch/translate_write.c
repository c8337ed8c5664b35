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

/* A flow matches on what it writes, or it is refused; of the packets that a bucket gets nobody knows. There
 * nothing happens where the field is not, as by mod_*. */
static bool is_met(const struct translate_state *state, enum field_need need)
{
	return field_need_is_met(need, &state->work.key, NULL);
}

static bool is_there(struct translate_state *state, enum field_id id)
{
	return translate_look(state, limit_of(field_of(id))) && is_met(state, field_of(id)->need);
}

void translate_move(struct translate_state *state, const struct ofaction *action)
{
	field_bits value;

	if (!is_there(state, action->move.from.field) || !is_there(state, action->move.to.field))
		return;
	if (translate_read_part(state, action->move.from, &value))
		translate_write_part(state, action->move.to, value);
}

/* The field that the action means in this packet: tcp_src and tcp_dst stand for the ports of UDP and SCTP,
 * and for ICMP's type and code, as in Open vSwitch. N_FIELDS: the packet has none such. */
static enum field_id meant_by(const struct translate_state *state, enum field_id id)
{
	const bool is_src = id == FIELD_TCP_SRC;

	if (id != FIELD_TCP_SRC && id != FIELD_TCP_DST)
		return is_met(state, field_of(id)->need) ? id : N_FIELDS;
	if (is_met(state, NEED_TCP) || is_met(state, NEED_UDP) || is_met(state, NEED_SCTP))
		return id;
	if (is_met(state, NEED_ICMPV4))
		return is_src ? FIELD_ICMP_TYPE : FIELD_ICMP_CODE;
	if (is_met(state, NEED_ICMPV6))
		return is_src ? FIELD_ICMPV6_TYPE : FIELD_ICMPV6_CODE;
	return N_FIELDS;
}

void translate_set_field(struct translate_state *state, const struct ofaction *action)
{
	enum field_id id = action->set.to.field;

	if (action->how == SET_AS_MOD) {
		if (!translate_look(state, limit_of(field_of(id))))
			return;
		id = meant_by(state, id);
		if (id == N_FIELDS)
			return;
	} else if (!is_there(state, id)) {
		return;
	}
	translate_write(state, id, ofaction_value(action), ofaction_mask(action));
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
