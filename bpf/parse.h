#pragma once
/* The parser of both floors: one source, compiled as BPF (Linux 5.15 and later) and as plain C.
 *
 * A cursor walks the packet. Each parse_* function checks that its header is there whole, writes
 * its fields into the key, advances the cursor and says what comes next. It stops at the first
 * header that is cut off or too short and never guesses: what it has not read stays zero, and the
 * verdict says why it stopped.
 *
 * A length inside the packet (IPv4 total length, IPv6 payload length) shrinks `left`, so padding
 * behind the IP packet is never taken for a header. `left` may reach beyond `end`: then the kernel
 * holds the rest of the packet elsewhere (paged skb, multi-buffer XDP), and needing it is "too
 * deep", not "malformed".
 *
 * A BPF program should wrap parse_packet() in a function that is not static: see
 * tests/bpf/parse.bpf.c.
 */
#include "abi.h"

/* The daemon, which has no verifier to please, reads deeper than the kernel. */
#ifndef PARSE_MAX_EXTENSIONS
#define PARSE_MAX_EXTENSIONS 8
#endif

/* Whether packet_layout.ipv6_extensions is filled in: the kernel has no use for it, and its
 * verifier would try every order of headers. */
#ifndef PARSE_NOTE_EXTENSIONS
#define PARSE_NOTE_EXTENSIONS 0
#endif

/* Whether packets are read that have stops left in a routing header: their checksums cover another address
 * than the IPv6 header's, which whoever changes that one must know (datapath/packet/edit_ip.c). */
#ifndef PARSE_ROUTES
#define PARSE_ROUTES 1
#endif

#define PARSE_INLINE static inline __attribute__((always_inline))

struct parse_cursor {
	const __u8 *start; /* the Ethernet header */
	const __u8 *pos;
	const __u8 *end; /* of what can be read */
	__u32 left;      /* bytes from pos to the end of the innermost header's payload */
};

/* The next `size` bytes, or NULL: then *verdict says why. */
PARSE_INLINE const void *parse_take(struct parse_cursor *cursor, __u32 size, __u8 *verdict)
{
	const __u8 *header = cursor->pos;

	if (size > cursor->left) {
		*verdict = PARSE_MALFORMED;
		return 0;
	}
	if (header + size > cursor->end) {
		*verdict = PARSE_TOO_DEEP;
		return 0;
	}
	cursor->pos += size;
	cursor->left -= size;
	return header;
}

PARSE_INLINE __u16 parse_offset(const struct parse_cursor *cursor)
{
	return (__u16)(cursor->pos - cursor->start);
}

/* Enters a tag into the key. The kernel calls it before parse_packet() for a tag that it keeps
 * beside the packet (skb->vlan_tci). No more than two. */
PARSE_INLINE void parse_tag(struct packet_key *key, struct packet_layout *layout, be16 tpid,
			    be16 tci)
{
	struct packet_vlan vlan = {to_be16(from_be16(tci) | VLAN_PRESENT), tpid};

	if (layout->n_vlans++)
		key->vlan_inner = vlan;
	else
		key->vlan = vlan;
}

PARSE_INLINE int parse_is_vlan(__u16 type)
{
	return type == ETH_TYPE_VLAN || type == ETH_TYPE_SVLAN;
}

/* Both addresses, which lie in the key as in the packet, by as few and as wide accesses as there can be: a processor
 * that has just written pieces is slow to read them as one. The rest of that word may hold a tag. */
PARSE_INLINE void parse_addresses(struct packet_key *key, const struct eth_header *eth)
{
	struct {
		__u64 front;
		__u32 rear;
	} both;

	__builtin_memcpy(&both, WIRE_ALIGNED(8, eth), 12);
	key->word[1] = both.front;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	key->word[2] |= both.rear;
#else
	key->word[2] |= (__u64)both.rear << 32;
#endif
}

/* Returns the type of what comes next, in host order. */
PARSE_INLINE __u16 parse_ethernet(struct parse_cursor *cursor, struct packet_key *key,
				  struct packet_layout *layout)
{
	const struct eth_header *eth = parse_take(cursor, sizeof(*eth), &layout->verdict);
	__u16 type;

	if (!eth) {
		layout->verdict = PARSE_TOO_SHORT;
		return 0;
	}
	parse_addresses(key, eth);
	type = from_be16(eth->type);
#pragma GCC unroll 2
	for (int i = 0; i < 2; i++) {
		const struct vlan_header *tag;

		if (!parse_is_vlan(type) || layout->n_vlans == 2)
			break;
		tag = parse_take(cursor, sizeof(*tag), &layout->verdict);
		if (!tag)
			return type;
		parse_tag(key, layout, to_be16(type), tag->tci);
		type = from_be16(tag->type);
	}
	layout->l3 = parse_offset(cursor);
	layout->l3_size = cursor->left;
	return type;
}

/* 802.2: the type is in the SNAP header if there is one. */
PARSE_INLINE __u16 parse_snap(struct parse_cursor *cursor, struct packet_layout *layout)
{
	const struct snap_header *snap;
	__u8 verdict = PARSE_OK;
	__u16 type;

	snap = parse_take(cursor, sizeof(*snap), &verdict);
	if (verdict == PARSE_TOO_DEEP) {
		layout->verdict = PARSE_TOO_DEEP;
		return 0;
	}
	if (!snap || snap->dsap != 0xaa || snap->ssap != 0xaa || snap->control != 3 ||
	    snap->oui[0] || snap->oui[1] || snap->oui[2])
		return ETH_TYPE_NONE;
	type = from_be16(snap->type);
	if (type < ETH_TYPE_MIN)
		return ETH_TYPE_NONE;
	layout->l3 = parse_offset(cursor);
	layout->l3_size = cursor->left;
	return type;
}

/* ARP for IPv4 over Ethernet; of any other kind no field is set. */
PARSE_INLINE void parse_arp(struct parse_cursor *cursor, struct packet_key *key,
			    struct packet_layout *layout)
{
	const struct arp_header *arp = parse_take(cursor, sizeof(*arp), &layout->verdict);
	const struct arp_body *body;
	__u16 operation;

	if (!arp || from_be16(arp->hardware) != 1 || from_be16(arp->protocol) != ETH_TYPE_IPV4 ||
	    arp->hardware_size != 6 || arp->protocol_size != 4)
		return;
	operation = from_be16(arp->operation);
	body = parse_take(cursor, sizeof(*body), &layout->verdict);
	if (!body)
		return;
	if (operation < 256)
		key->ip_proto = (__u8)operation;
	key->ipv4_src.be =
		to_be32((__u32)from_be16(body->sender_ip[0]) << 16 | from_be16(body->sender_ip[1]))
			.be;
	key->ipv4_dst.be =
		to_be32((__u32)from_be16(body->target_ip[0]) << 16 | from_be16(body->target_ip[1]))
			.be;
}

/* True if an L4 header comes next: key->ip_proto says which. */
PARSE_INLINE int parse_ipv4(struct parse_cursor *cursor, struct packet_key *key,
			    struct packet_layout *layout)
{
	const __u32 there = cursor->left;
	const struct ipv4_header *ip = parse_take(cursor, sizeof(*ip), &layout->verdict);
	__u32 total, options;
	__u16 frag;

	if (!ip)
		return 0;
	total = from_be16(ip->total_len);
	if (!total && there > 0xffff) /* a GSO packet of more than 64 KiB */
		total = there;
	options = (ip->version_ihl & 15) * 4;
	if (ip->version_ihl >> 4 != 4 || options < sizeof(*ip) || options > total ||
	    total > there) {
		layout->verdict = PARSE_MALFORMED;
		return 0;
	}
	options -= sizeof(*ip);
	frag = from_be16(ip->frag);
	key->ip_proto = ip->proto;
	key->ip_tos = ip->tos;
	key->ip_ttl = ip->ttl;
	key->ipv4_src = ip->src;
	key->ipv4_dst = ip->dst;
	if (frag & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK))
		key->ip_frag = FRAG_ANY | (frag & IPV4_OFFSET_MASK ? FRAG_LATER : 0);
	layout->l3_size = total;
	cursor->left = total - sizeof(*ip);
	return parse_take(cursor, options, &layout->verdict) && !(key->ip_frag & FRAG_LATER);
}

/* What there is to know of an extension header, by its type: a table instead of a switch, so that
 * the verifier has one way through each of them to follow, not one for every type. */
enum {
	PARSE_EXT = 0x80,          /* it is one, and another header follows */
	PARSE_EXT_FRAGMENT = 0x40, /* it says which fragment this is */
	PARSE_EXT_ROUTING = 0x20,  /* it says how many stops are left */
	PARSE_EXT_UNIT = 0x0f,     /* bytes per unit of its length field */
};

static const __u8 parse_extensions[256] = {
	[IP_PROTO_HOP_BY_HOP] = PARSE_EXT | 8,
	[IP_PROTO_ROUTING] = PARSE_EXT | PARSE_EXT_ROUTING | 8,
	[IP_PROTO_FRAGMENT] = PARSE_EXT | PARSE_EXT_FRAGMENT,
	[IP_PROTO_AUTH] = PARSE_EXT | 4,
	[IP_PROTO_DESTINATION] = PARSE_EXT | 8,
};

/* Notes an extension header for OXM_OF_IPV6_EXTHDR. *last_rank is the place of the one before it
 * in the order of RFC 8200 section 4.1. */
PARSE_INLINE void parse_note_extension(struct packet_layout *layout, __u8 type, __u8 *last_rank)
{
	static const struct {
		__u8 rank;
		__u16 bit;
	} table[256] = {
		[IP_PROTO_HOP_BY_HOP] = {1, IPV6_EXT_HOP_BY_HOP},
		[IP_PROTO_ROUTING] = {3, IPV6_EXT_ROUTING},
		[IP_PROTO_FRAGMENT] = {4, IPV6_EXT_FRAGMENT},
		[IP_PROTO_AUTH] = {5, IPV6_EXT_AUTH},
		[IP_PROTO_ESP] = {6, IPV6_EXT_ESP},
		[IP_PROTO_DESTINATION] = {7, IPV6_EXT_DESTINATION},
		[IP_PROTO_NONE] = {8, IPV6_EXT_NONEXT},
	};
	const __u16 bit = table[type].bit, seen = layout->ipv6_extensions;
	__u8 rank = table[type].rank;

	if (bit == IPV6_EXT_DESTINATION) { /* may come twice: before routing, and last */
		if (*last_rank == rank)
			layout->ipv6_extensions |= IPV6_EXT_REPEATED;
		else if (*last_rank <= 1 && !(seen & bit))
			rank = 2;
	} else if (seen & bit) {
		layout->ipv6_extensions |= IPV6_EXT_REPEATED;
	} else if (bit && rank < *last_rank) {
		layout->ipv6_extensions |= IPV6_EXT_DISORDERED;
	}
	layout->ipv6_extensions |= bit;
	*last_rank = rank;
}

/* Steps over one extension header. True if it was one and another header comes next; then
 * key->ip_proto is the type of that one. */
PARSE_INLINE int parse_extension(struct parse_cursor *cursor, struct packet_key *key,
				 struct packet_layout *layout)
{
	const __u8 kind = parse_extensions[key->ip_proto];
	const struct ipv6_extension *ext;
	__u16 fragment;
	__u32 more;

	if (!kind)
		return 0;
	ext = parse_take(cursor, sizeof(*ext), &layout->verdict);
	if (!ext)
		return 0;
	fragment = from_be16(ext->fragment) & (IPV6_MORE_FRAGMENTS | IPV6_OFFSET_MASK);
	if (kind & PARSE_EXT_FRAGMENT && fragment)
		key->ip_frag = FRAG_ANY | (fragment & IPV6_OFFSET_MASK ? FRAG_LATER : 0);
	/* The number of stops lies where another header has the lower half of that. */
	if (!PARSE_ROUTES && kind & PARSE_EXT_ROUTING && from_be16(ext->fragment) & 0xff) {
		layout->verdict = PARSE_TOO_DEEP;
		return 0;
	}
	more = ext->len * (kind & PARSE_EXT_UNIT);
	/* Linux 6.1 forgets the bounds of a product, and clang knows better than to mask it. */
	asm volatile("" : "+r"(more));
	if (!parse_take(cursor, more & 0xfff, &layout->verdict))
		return 0;
	key->ip_proto = ext->next;
	return !(key->ip_frag & FRAG_LATER);
}

/* True if an L4 header comes next: key->ip_proto says which. */
PARSE_INLINE int parse_ipv6(struct parse_cursor *cursor, struct packet_key *key,
			    struct packet_layout *layout)
{
	const struct ipv6_header *ip = parse_take(cursor, sizeof(*ip), &layout->verdict);
	__u32 payload, label;
	__u8 rank = 0;

	if (!ip)
		return 0;
	label = from_be32(ip->version_class_label);
	payload = from_be16(ip->payload_len);
	if (!payload && cursor->left > 0xffff) /* a GSO packet of more than 64 KiB */
		payload = cursor->left;
	if (label >> 28 != 6 || payload > cursor->left) {
		layout->verdict = PARSE_MALFORMED;
		return 0;
	}
	key->ip_proto = ip->next;
	key->ip_tos = (__u8)(label >> 20);
	key->ip_ttl = ip->hop_limit;
	key->ipv6_label = to_be32(label & 0xfffff);
	key->ipv6_src = ip->src;
	key->ipv6_dst = ip->dst;
	layout->l3_size = payload + sizeof(*ip);
	cursor->left = payload;
	for (int i = 0; i <= PARSE_MAX_EXTENSIONS; i++) {
		if (i == PARSE_MAX_EXTENSIONS) {
			layout->verdict = PARSE_TOO_DEEP;
			return 0;
		}
		if (PARSE_NOTE_EXTENSIONS)
			parse_note_extension(layout, key->ip_proto, &rank);
		if (!parse_extension(cursor, key, layout))
			break;
	}
	return layout->verdict == PARSE_OK && !(key->ip_frag & FRAG_LATER);
}

PARSE_INLINE __u8 parse_class(__u16 eth_type, __u8 ip_proto)
{
	static const __u8 ipv4[256] = {
		[IP_PROTO_TCP] = CLASS_IPV4_TCP,
		[IP_PROTO_UDP] = CLASS_IPV4_UDP,
		[IP_PROTO_SCTP] = CLASS_IPV4_SCTP,
		[IP_PROTO_ICMP] = CLASS_IPV4_ICMP,
	};
	static const __u8 ipv6[256] = {
		[IP_PROTO_TCP] = CLASS_IPV6_TCP,
		[IP_PROTO_UDP] = CLASS_IPV6_UDP,
		[IP_PROTO_SCTP] = CLASS_IPV6_SCTP,
		[IP_PROTO_ICMPV6] = CLASS_IPV6_ICMP,
	};

	switch (eth_type) {
	case ETH_TYPE_IPV4:
		return ipv4[ip_proto] ?: CLASS_IPV4;
	case ETH_TYPE_IPV6:
		return ipv6[ip_proto] ?: CLASS_IPV6;
	case ETH_TYPE_ARP:
	case ETH_TYPE_RARP:
		return CLASS_ARP;
	case ETH_TYPE_MPLS:
	case ETH_TYPE_MPLS_MULTICAST:
		return CLASS_MPLS;
	default:
		return CLASS_OTHER;
	}
}

PARSE_INLINE void parse_tcp(struct parse_cursor *cursor, struct packet_key *key,
			    struct packet_layout *layout)
{
	const __u32 there = cursor->left;
	const struct tcp_header *tcp = parse_take(cursor, sizeof(*tcp), &layout->verdict);
	__u32 size;

	if (!tcp)
		return;
	size = (from_be16(tcp->offset_flags) >> TCP_OFFSET_SHIFT) * 4u;
	if (size < sizeof(*tcp) || size > there) {
		layout->verdict = PARSE_MALFORMED;
		return;
	}
	key->l4_src = tcp->src;
	key->l4_dst = tcp->dst;
	key->tcp_flags.be = tcp->offset_flags.be & to_be16(TCP_FLAGS_MASK).be;
}

/* `size`: what must be there of the header. Both begin with the ports. */
PARSE_INLINE void parse_ports(struct parse_cursor *cursor, struct packet_key *key,
			      struct packet_layout *layout, __u32 size)
{
	const struct udp_header *l4 = parse_take(cursor, size, &layout->verdict);

	if (!l4)
		return;
	key->l4_src = l4->src;
	key->l4_dst = l4->dst;
}

PARSE_INLINE void parse_icmp(struct parse_cursor *cursor, struct packet_key *key,
			     struct packet_layout *layout)
{
	const struct icmp_header *icmp = parse_take(cursor, sizeof(*icmp), &layout->verdict);

	if (!icmp)
		return;
	key->l4_src = to_be16(icmp->type);
	key->l4_dst = to_be16(icmp->code);
}

PARSE_INLINE void parse_l4(struct parse_cursor *cursor, struct packet_key *key,
			   struct packet_layout *layout)
{
	const __u16 l4 = parse_offset(cursor);

	switch (key->packet_class) {
	case CLASS_IPV4_TCP:
	case CLASS_IPV6_TCP:
		parse_tcp(cursor, key, layout);
		break;
	case CLASS_IPV4_UDP:
	case CLASS_IPV6_UDP:
		parse_ports(cursor, key, layout, sizeof(struct udp_header));
		break;
	case CLASS_IPV4_SCTP:
	case CLASS_IPV6_SCTP:
		parse_ports(cursor, key, layout, sizeof(struct sctp_header));
		break;
	case CLASS_IPV4_ICMP:
	case CLASS_IPV6_ICMP:
		parse_icmp(cursor, key, layout);
		break;
	default:
		return;
	}
	if (layout->verdict == PARSE_OK)
		layout->l4 = l4;
}

/* Parses the packet at `start`, of which the bytes up to `end` can be read and `size` are there
 * altogether (the same, but for paged skbs and multi-buffer XDP). The caller has zeroed *key and
 * *layout, set key->in_port, and entered a tag kept beside the packet. Returns layout->verdict. */
PARSE_INLINE int parse_packet(const void *start, const void *end, __u32 size,
			      struct packet_key *key, struct packet_layout *layout)
{
	struct parse_cursor cursor = {start, start, end, size};
	__u16 type = parse_ethernet(&cursor, key, layout);
	int has_l4 = 0;

	if (layout->verdict == PARSE_TOO_SHORT)
		return PARSE_TOO_SHORT;
	if (type < ETH_TYPE_MIN)
		type = parse_snap(&cursor, layout);
	key->eth_type = to_be16(type);
	if (layout->verdict == PARSE_OK) {
		if (type == ETH_TYPE_IPV4)
			has_l4 = parse_ipv4(&cursor, key, layout);
		else if (type == ETH_TYPE_IPV6)
			has_l4 = parse_ipv6(&cursor, key, layout);
		else if (type == ETH_TYPE_ARP || type == ETH_TYPE_RARP)
			parse_arp(&cursor, key, layout);
	}
	key->word[0] |= PACKET_KEY_FRONT(0, parse_class(type, key->ip_proto));
	if (has_l4)
		parse_l4(&cursor, key, layout);
	return layout->verdict;
}
