/* Which bits of a packet decide what an action list does: the part of the masks that comes from
 * actions. Asked by type alone, never by value, so it holds for whatever tables come before. */
#include <string.h>

#include "flow/key.h"
#include "flow/ofaction.h"
#include "flow/port_text.h"
#include "switch/translate.h"

static void read_field(struct flow_key *bits, enum field_id id)
{
	const struct field *field = field_of(id);

	field_write(field, bits, field_all(field));
	field_need_bits(field->need, bits);
}

static void read_subfield(struct flow_key *bits, struct subfield sub)
{
	const struct field *field = field_of(sub.field);
	field_bits part = field_ones(sub.n_bits) << sub.low;

	field_write(field, bits, field_read(field, bits) | (part & field_all(field)));
	field_need_bits(field->need, bits);
}

/* What becomes visible once the outer tag is off; the Ethernet type tells whether there is a third. */
static void read_pop_vlan(struct flow_key *bits)
{
	bits->packet.vlan.tci.be |= to_be16(VLAN_PRESENT).be;
	memset(&bits->packet.vlan_inner, 0xff, sizeof(bits->packet.vlan_inner));
	bits->packet.eth_type = to_be16(UINT16_MAX);
}

/* Whether the field is there; writing a tag may put one on or take one off. */
static void read_for_write(struct flow_key *bits, enum field_id id)
{
	field_need_bits(field_of(id)->need, bits);
	if (id == FIELD_VLAN_TCI || id == FIELD_VLAN_VID || id == FIELD_VLAN_PCP)
		read_pop_vlan(bits);
}

/* mod_tp_src and the like stand for the ports of whatever protocol it is. */
static void read_for_mod(struct flow_key *bits, enum field_id id)
{
	read_for_write(bits, id);
	if (field_of(id)->need >= NEED_TCP)
		bits->packet.ip_proto = UINT8_MAX;
}

static void read_labels(struct flow_key *bits)
{
	bits->packet.eth_type = to_be16(UINT16_MAX);
	memset(bits->extra.mpls, 0xff, sizeof(bits->extra.mpls));
}

static void read_ttl(struct flow_key *bits)
{
	bits->packet.eth_type = to_be16(UINT16_MAX);
	bits->packet.ip_ttl = UINT8_MAX;
}

/* A new backbone header holds the packet's priority and I-SID (OpenFlow 1.3.5 section 5.12); what it
 * holds besides, the op copies. Bared, the packet shows what the key does not have. */
static void read_pbb(struct flow_key *bits)
{
	memset(&bits->packet.vlan, 0xff, sizeof(bits->packet.vlan));
	bits->packet.eth_type = to_be16(UINT16_MAX);
	bits->extra.pbb = to_be32(UINT32_MAX);
}

static void read_push_vlan(struct flow_key *bits)
{
	memset(&bits->packet.vlan, 0xff, sizeof(bits->packet.vlan));
	memset(&bits->packet.vlan_inner, 0xff, sizeof(bits->packet.vlan_inner));
}

static void read_mpls_or_ip(struct flow_key *bits)
{
	read_labels(bits);
	read_ttl(bits);
	bits->packet.ip_tos = UINT8_MAX;
}

/* Of TCP, whether the packet ends the connection. */
static void read_fin(struct flow_key *bits)
{
	field_need_bits(NEED_TCP, bits);
	bits->packet.tcp_flags.be |= to_be16(TCP_FIN | TCP_RST).be;
}

static void read_set(struct flow_key *bits, const struct ofaction *action)
{
	if (action->how == SET_AS_MOD)
		read_for_mod(bits, action->set.to.field);
	else
		read_for_write(bits, action->set.to.field);
}

static void read_action(struct flow_key *bits, const struct ofaction *action)
{
	switch (action->type) {
	case OFACTION_OUTPUT_REG:
	case OFACTION_LEARN_MATCH:
	case OFACTION_LEARN_LOAD:
	case OFACTION_LEARN_OUTPUT:
		read_subfield(bits, action->move.from);
		break;
	case OFACTION_LEARN:
		if (action->learn.flags & LEARN_WRITE_RESULT)
			read_for_write(bits, action->learn.result_dst.field);
		break;
	case OFACTION_MOVE:
		read_subfield(bits, action->move.from);
		read_for_write(bits, action->move.to.field);
		break;
	case OFACTION_SET:
		read_set(bits, action);
		break;
	case OFACTION_SET_VLAN_VID:
	case OFACTION_SET_VLAN_PCP:
	case OFACTION_POP_VLAN:
		read_pop_vlan(bits);
		break;
	case OFACTION_MIRROR:
		if (action->output.port == OFPORT_NONE)
			read_field(bits, FIELD_VLAN_TCI);
		break;
	case OFACTION_PUSH_VLAN:
		read_push_vlan(bits);
		break;
	case OFACTION_PUSH_MPLS:
	case OFACTION_POP_MPLS:
	case OFACTION_COPY_TTL_IN:
	case OFACTION_COPY_TTL_OUT:
		read_mpls_or_ip(bits);
		break;
	case OFACTION_DEC_MPLS_TTL:
		read_labels(bits);
		break;
	case OFACTION_DEC_TTL:
		read_ttl(bits);
		break;
	case OFACTION_FIN_TIMEOUT:
		read_fin(bits);
		break;
	case OFACTION_PUSH_PBB:
	case OFACTION_POP_PBB:
		read_pbb(bits);
		break;
	}
}

/* A register of 16 bits may hold the number of NORMAL. */
static bool may_be_normal(const struct ofaction *action)
{
	if (action->type == OFACTION_OUTPUT)
		return action->output.port == OFPORT_NORMAL;
	return (action->type == OFACTION_OUTPUT_REG || action->type == OFACTION_LEARN_OUTPUT) &&
	       action->move.from.n_bits >= 16;
}

bool translate_reads(const struct ofactions *actions, struct flow_key *bits)
{
	bool has_normal = false;

	for (uint32_t i = 0; i < actions->n; i++) {
		read_action(bits, &actions->item[i]);
		has_normal |= may_be_normal(&actions->item[i]);
	}
	memset(&bits->word[FLOW_KEY_PACKET_WORDS], 0,
	       sizeof(*bits) - FLOW_KEY_PACKET_WORDS * sizeof(bits->word[0]));
	return has_normal;
}

bool translate_teaches(const struct ofactions *actions)
{
	for (uint32_t i = 0; i < actions->n; i++)
		if (actions->item[i].type == OFACTION_LEARN || may_be_normal(&actions->item[i]))
			return true;
	return false;
}
