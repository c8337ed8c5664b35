#pragma once
/* set: which bytes of a packet OP_SET changes, and which checksums have to follow. For both hooks.
 *
 * A checksum is changed by the difference of what it covers, so whatever was wrong with it stays
 * wrong, and the first fragment's, which covers all of them, comes out right. */
#include "lookup.h"

enum patch_sum {
	SUM_IPV4 = 1 << 0,   /* the IPv4 header's */
	SUM_PSEUDO = 1 << 1, /* the L4 header's, which covers it by the pseudo-header */
	SUM_L4 = 1 << 2,     /* the L4 header's, which covers it as payload */
};

/* `size` bytes at `at`: those bits that are 1 in `mask`. */
struct patch {
	union {
		__u64 value[2];
		__u16 value_pair[8];
		__u8 value_byte[16];
	};
	union {
		__u64 mask[2];
		__u16 mask_pair[8];
		__u8 mask_byte[16];
	};
	__u16 at;
	__u8 size; /* 2, 4, 6 or 16; 0: the packet has no such field */
	__u8 sums; /* enum patch_sum */
};

/* Where a packet's headers are by now: tags that come and go move them. */
struct header_places {
	__u16 l3;
	__u16 l4;
	__u8 packet_class;
};

static __always_inline bool is_ipv4(__u8 packet_class)
{
	return packet_class >= CLASS_IPV4 && packet_class <= CLASS_IPV4_ICMP;
}

static __always_inline bool is_ipv6(__u8 packet_class)
{
	return packet_class >= CLASS_IPV6 && packet_class <= CLASS_IPV6_ICMP;
}

/* Of the L4 checksum; 0: there is none, or not in this fragment. SCTP's is of another kind: what it
 * covers is set by the daemon. */
static __always_inline __u16 sum_place(const struct header_places *places)
{
	if (!places->l4)
		return 0;
	switch (places->packet_class) {
	case CLASS_IPV4_TCP:
	case CLASS_IPV6_TCP:
		return places->l4 + 16;
	case CLASS_IPV4_UDP:
	case CLASS_IPV6_UDP:
		return places->l4 + 6;
	case CLASS_IPV6_ICMP:
		return places->l4 + 2;
	}
	return 0;
}

static __always_inline bool is_udp(__u8 packet_class)
{
	return packet_class == CLASS_IPV4_UDP || packet_class == CLASS_IPV6_UDP;
}

static __always_inline bool is_sctp(__u8 packet_class)
{
	return packet_class == CLASS_IPV4_SCTP || packet_class == CLASS_IPV6_SCTP;
}

static __always_inline void patch_place(struct patch *patch, __u16 at, __u8 size, __u8 sums)
{
	patch->at = at;
	patch->size = size;
	patch->sums = sums;
}

/* Moves a single byte to the place in its 16-bit word that checksums are made of. */
static __always_inline void patch_second_byte(struct patch *patch)
{
	patch->value_byte[1] = patch->value_byte[0];
	patch->mask_byte[1] = patch->mask_byte[0];
	patch->value_byte[0] = patch->mask_byte[0] = 0;
}

/* IPv6 has the traffic class in the middle of its first two bytes. */
static __always_inline void patch_traffic_class(struct patch *patch)
{
	__u8 value = patch->value_byte[0], mask = patch->mask_byte[0];

	patch->value_byte[0] = value >> 4;
	patch->value_byte[1] = value << 4;
	patch->mask_byte[0] = mask >> 4;
	patch->mask_byte[1] = mask << 4;
}

static __always_inline void patch_tos(struct patch *patch, const struct header_places *places)
{
	if (is_ipv4(places->packet_class)) {
		patch_second_byte(patch);
		patch_place(patch, places->l3, 2, SUM_IPV4);
	} else if (is_ipv6(places->packet_class)) {
		patch_traffic_class(patch);
		patch_place(patch, places->l3, 2, 0);
	}
}

/* Of what the first two bytes of an IP header are. */
static __always_inline __u8 tos_in(const __u8 pair[2], const struct header_places *places)
{
	return is_ipv4(places->packet_class) ? pair[1] : (__u8)(pair[0] << 4 | pair[1] >> 4);
}

/* As OP_SET of SET_IP_TOS would: `tos`, but for ECN. */
static __always_inline void patch_dscp(struct patch *patch, const struct header_places *places,
				       __u8 tos)
{
	patch->mask_byte[0] = 0xfc;
	patch->value_byte[0] = tos & 0xfc;
	patch_tos(patch, places);
}

static __always_inline void patch_ttl(struct patch *patch, const struct header_places *places)
{
	if (is_ipv4(places->packet_class)) {
		patch_place(patch, places->l3 + 8, 2, SUM_IPV4);
	} else if (is_ipv6(places->packet_class)) {
		patch_second_byte(patch);
		patch_place(patch, places->l3 + 6, 2, 0);
	}
}

static __always_inline void patch_address(struct patch *patch, const struct header_places *places,
					  __u8 field)
{
	bool is_source = field == SET_IPV4_SRC || field == SET_IPV6_SRC;

	if (field == SET_IPV4_SRC || field == SET_IPV4_DST) {
		if (is_ipv4(places->packet_class))
			patch_place(patch, places->l3 + (is_source ? 12 : 16), 4,
				    SUM_IPV4 | SUM_PSEUDO);
	} else if (is_ipv6(places->packet_class)) {
		patch_place(patch, places->l3 + (is_source ? 8 : 24), 16, SUM_PSEUDO);
	}
}

/* The caller has filled in value and mask and zeroed the rest. */
static __always_inline void patch_make(struct patch *patch, const struct header_places *places,
				       __u8 field)
{
	switch (field) {
	case SET_ETH_DST:
	case SET_ETH_SRC:
		patch_place(patch, field == SET_ETH_DST ? 0 : 6, 6, 0);
		break;
	case SET_IPV4_SRC:
	case SET_IPV4_DST:
	case SET_IPV6_SRC:
	case SET_IPV6_DST:
		patch_address(patch, places, field);
		break;
	case SET_IP_TOS:
		patch_tos(patch, places);
		break;
	case SET_IP_TTL:
		patch_ttl(patch, places);
		break;
	case SET_L4_SRC:
	case SET_L4_DST:
		if (places->packet_class != CLASS_IPV6_ICMP && sum_place(places))
			patch_place(patch, places->l4 + (field == SET_L4_SRC ? 0 : 2), 2, SUM_L4);
		break;
	}
}

static __always_inline __u64 op_word(__u32 i)
{
	const __u64 *word = bpf_map_lookup_elem(&flow_ops, &i);

	return word ? *word : 0;
}

/* Reads the words of the OP_SET at `i`: value, then mask, of one word each, or of two. */
static __always_inline void patch_read(struct patch *patch, __u32 i, __u16 n_words)
{
	if (n_words == 2) {
		patch->value[0] = op_word(i + 1);
		patch->mask[0] = op_word(i + 2);
	} else {
		patch->value[0] = op_word(i + 1);
		patch->value[1] = op_word(i + 2);
		patch->mask[0] = op_word(i + 3);
		patch->mask[1] = op_word(i + 4);
	}
}
