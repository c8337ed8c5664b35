/* From what was written in the working key to ops that write it into packets. */
#include <string.h>

#include "switch/translate_state.h"

/* Where in the key the bytes of an op's field lie. Places that fields share are told apart by what the
 * packet is at that point. */
struct place {
	uint8_t offset, size;
	uint8_t field; /* enum packet_field */
	uint8_t need;  /* enum field_need */
};

#define PLACE(member, size_, field_, need_) \
	{ \
		offsetof(struct flow_key, member), size_, SET_##field_, NEED_##need_ \
	}
/* One byte of a member that has more. */
#define BYTE(member, i, field_, need_) \
	{ \
		offsetof(struct flow_key, member) + (i), 1, SET_##field_, NEED_##need_ \
	}

static const struct place places[] = {
	PLACE(packet.eth_dst, 6, ETH_DST, NONE),       PLACE(packet.eth_src, 6, ETH_SRC, NONE),
	PLACE(packet.ipv4_src, 4, IPV4_SRC, IPV4),     PLACE(packet.ipv4_dst, 4, IPV4_DST, IPV4),
	PLACE(packet.ipv6_src, 16, IPV6_SRC, IPV6),    PLACE(packet.ipv6_dst, 16, IPV6_DST, IPV6),
	PLACE(packet.ipv6_label, 4, IPV6_LABEL, IPV6), PLACE(packet.ip_tos, 1, IP_TOS, IP),
	PLACE(packet.ip_ttl, 1, IP_TTL, IP),           PLACE(packet.l4_src, 2, L4_SRC, TCP),
	PLACE(packet.l4_dst, 2, L4_DST, TCP),          PLACE(packet.l4_src, 2, L4_SRC, UDP),
	PLACE(packet.l4_dst, 2, L4_DST, UDP),          PLACE(packet.l4_src, 2, L4_SRC, SCTP),
	PLACE(packet.l4_dst, 2, L4_DST, SCTP),         BYTE(packet.l4_src, 1, ICMP_TYPE, ICMPV4),
	BYTE(packet.l4_dst, 1, ICMP_CODE, ICMPV4),     BYTE(packet.l4_src, 1, ICMP_TYPE, ICMPV6),
	BYTE(packet.l4_dst, 1, ICMP_CODE, ICMPV6),     PLACE(packet.ipv4_src, 4, ARP_SPA, ARP),
	PLACE(packet.ipv4_dst, 4, ARP_TPA, ARP),       PLACE(extra.arp_sha, 6, ARP_SHA, ARP),
	PLACE(extra.arp_tha, 6, ARP_THA, ARP),         PLACE(extra.nd_target, 16, ND_TARGET, ND),
	PLACE(extra.nd_sll, 6, ND_SLL, ND_SOLICIT),    PLACE(extra.nd_tll, 6, ND_TLL, ND_ADVERT),
	PLACE(extra.mpls[0], 4, MPLS_ENTRY, MPLS),     BYTE(extra.mpls[1], 3, MPLS_INNER_TTL, MPLS),
};

static bool is_zero(const uint8_t *bytes, unsigned size)
{
	uint8_t any = 0;

	for (unsigned i = 0; i < size; i++)
		any |= bytes[i];
	return !any;
}

/* Only what is there is said: a packet may get the field later. */
static void say_place(struct translate_state *state, const struct place *place)
{
	const uint8_t *bits = (const uint8_t *)&state->work.unsaid + place->offset;
	uint8_t *said = (uint8_t *)&state->work.said + place->offset;

	if (is_zero(bits, place->size) || !field_need_is_met(place->need, &state->work.key, NULL))
		return;
	flow_op_set(&state->out->ops, place->field,
		    (const uint8_t *)&state->work.key + place->offset, bits);
	for (unsigned i = 0; i < place->size; i++)
		said[i] |= bits[i];
}

/* The operation has two bytes in the packet, of which the key has the lower one. */
static void say_arp_op(struct translate_state *state)
{
	const uint8_t bits = state->work.unsaid.packet.ip_proto;
	const uint8_t value[] = {0, state->work.key.packet.ip_proto};
	const uint8_t mask[] = {bits == UINT8_MAX ? UINT8_MAX : 0, bits};

	if (!bits || !field_need_is_met(NEED_ARP, &state->work.key, NULL))
		return;
	flow_op_set(&state->out->ops, SET_ARP_OP, value, mask);
	state->work.said.packet.ip_proto |= bits;
}

/* I-SID: the lower three bytes. */
static void say_pbb(struct translate_state *state)
{
	const be32 *pbb = &state->work.key.extra.pbb, *bits = &state->work.unsaid.extra.pbb;
	const uint8_t uca = !!(from_be32(*pbb) & PBB_UCA);

	if (!bits->be || !field_need_is_met(NEED_PBB, &state->work.key, NULL))
		return;
	if (from_be32(*bits) & PBB_ISID_MASK)
		flow_op_set(&state->out->ops, SET_PBB_ISID, (const uint8_t *)pbb + 1,
			    (const uint8_t *)bits + 1);
	if (from_be32(*bits) & PBB_UCA)
		flow_op_set_all(&state->out->ops, SET_PBB_UCA, &uca);
	state->work.said.extra.pbb.be |= bits->be;
}

static void say_tag(struct translate_state *state)
{
	uint16_t bits = from_be16(state->work.unsaid.packet.vlan.tci) & (uint16_t)~VLAN_PRESENT;

	if (!bits)
		return;
	flow_op_add(&state->out->ops,
		    flow_op_set_vlan(from_be16(state->work.key.packet.vlan.tci), bits));
	state->work.said.packet.vlan.tci.be |= to_be16(bits).be;
}

void translate_commit(struct translate_state *state)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < PACKET_KEY_WORDS + PACKET_EXTRA_WORDS; i++)
		any |= state->work.unsaid.word[i];
	if (!any)
		return;
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		say_place(state, &places[i]);
	say_arp_op(state);
	say_pbb(state);
	say_tag(state);
	memset(&state->work.unsaid, 0, sizeof(state->work.unsaid));
}

void translate_forget(struct translate_state *state, unsigned begin, unsigned end)
{
	const size_t size = (end - begin) * sizeof(uint64_t);

	memset(&state->work.said.word[begin], 0, size);
	memset(&state->work.unsaid.word[begin], 0, size);
}
