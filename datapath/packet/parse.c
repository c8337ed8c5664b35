#include "packet/parse.h"

#include <string.h>

#include "packet/frame.h"

/* 24 of the longest headers fill less than the 64 KiB that packet_layout can address. */
#define PARSE_MAX_EXTENSIONS  24
#define PARSE_NOTE_EXTENSIONS 1
#include "../bpf/parse.h"

/* What is still unread of the packet behind offset `at`, as a cursor. */
static struct parse_cursor cursor_at(const struct frame *frame, const struct packet_layout *layout,
				     uint16_t at)
{
	uint32_t end = layout->l3 + layout->l3_size;

	return (struct parse_cursor){
		.start = frame->data,
		.pos = frame->data + at,
		.end = frame->data + end,
		.left = end - at,
	};
}

static void parse_arp_hardware(struct parse_cursor *cursor, struct packet_extra *extra)
{
	uint8_t ignored;
	const struct arp_header *arp = parse_take(cursor, sizeof(*arp), &ignored);
	const struct arp_body *body;

	if (!arp || from_be16(arp->hardware) != 1 || from_be16(arp->protocol) != ETH_TYPE_IPV4 ||
	    arp->hardware_size != 6 || arp->protocol_size != 4)
		return;
	body = parse_take(cursor, sizeof(*body), &ignored);
	if (!body)
		return;
	extra->arp_sha = body->sender_mac;
	extra->arp_tha = body->target_mac;
}

/* Neighbour discovery: all of it, or nothing where an option is broken (RFC 4861 section 4.6). */
static void parse_nd(struct parse_cursor *cursor, struct packet_extra *extra)
{
	uint8_t ignored;
	const struct icmp_header *icmp = parse_take(cursor, sizeof(*icmp), &ignored);
	const struct nd_header *nd = parse_take(cursor, sizeof(*nd), &ignored);
	struct packet_extra found = {0};

	if (!icmp || !nd || icmp->code)
		return;
	found.nd_target = nd->target;
	while (cursor->left) {
		const struct nd_option *option = parse_take(cursor, sizeof(*option), &ignored);

		if (!option || !option->len)
			return;
		if (option->type == 1 && option->len == 1)
			found.nd_sll = option->mac;
		if (option->type == 2 && option->len == 1)
			found.nd_tll = option->mac;
		if (!parse_take(cursor, (option->len - 1) * 8u, &ignored))
			return;
	}
	found.ipv6_extensions = extra->ipv6_extensions;
	*extra = found;
}

static void parse_mpls(struct parse_cursor *cursor, struct packet_extra *extra, uint8_t *verdict)
{
	for (unsigned i = 0; i < PACKET_MPLS_LABELS; i++) {
		const be32 *entry = parse_take(cursor, sizeof(*entry), verdict);

		if (!entry)
			return;
		extra->mpls[i] = *entry;
		if (from_be32(*entry) & MPLS_BOTTOM)
			return;
	}
}

static void parse_pbb(struct parse_cursor *cursor, struct packet_extra *extra, uint8_t *verdict)
{
	const be32 *tag = parse_take(cursor, sizeof(*tag), verdict);

	if (tag)
		extra->pbb = to_be32(from_be32(*tag) & (PBB_UCA | PBB_ISID_MASK));
}

static void parse_extra(const struct frame *frame, const struct packet_key *key,
			struct packet_extra *extra, struct packet_layout *layout)
{
	struct parse_cursor cursor = cursor_at(frame, layout, layout->l3);
	uint16_t type;

	extra->ipv6_extensions = layout->ipv6_extensions;
	switch (key->packet_class) {
	case CLASS_ARP:
		parse_arp_hardware(&cursor, extra);
		break;
	case CLASS_IPV6_ICMP:
		type = from_be16(key->l4_src);
		if (!layout->l4 || (type != ICMPV6_ND_SOLICIT && type != ICMPV6_ND_ADVERT))
			break;
		cursor = cursor_at(frame, layout, layout->l4);
		parse_nd(&cursor, extra);
		break;
	case CLASS_MPLS:
		parse_mpls(&cursor, extra, &layout->verdict);
		break;
	case CLASS_OTHER:
		if (from_be16(key->eth_type) == ETH_TYPE_PBB)
			parse_pbb(&cursor, extra, &layout->verdict);
		break;
	}
}

enum parse_verdict packet_parse(const struct frame *frame, struct packet_key *key,
				struct packet_extra *extra, struct packet_layout *layout)
{
	memset(key, 0, sizeof(*key));
	memset(extra, 0, sizeof(*extra));
	memset(layout, 0, sizeof(*layout));
	key->in_port = frame->in_port;
	if (parse_packet(frame->data, frame->data + frame->len, frame->len, key, layout) ==
	    PARSE_OK)
		parse_extra(frame, key, extra, layout);
	return layout->verdict;
}

enum packet_class packet_class_of(uint16_t eth_type, uint8_t ip_proto)
{
	return parse_class(eth_type, ip_proto);
}
