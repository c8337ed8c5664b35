/* Fields of IPv4 and IPv6 headers. */
#include "packet/checksum.h"
#include "packet/edit_field.h"

static bool is_ipv6(const struct edit *edit)
{
	return edit->packet_class >= CLASS_IPV6;
}

/* A packet that its parser stumbled over: did it come to the end of this header? The class alone only
 * says what the header claims to be. */
static bool is_whole(const struct edit *edit)
{
	const uint32_t there = edit->frame->len - edit->layout.l3;
	const struct ipv4_header *ip4 = (const struct ipv4_header *)edit_l3(edit);
	const struct ipv6_header *ip6 = (const struct ipv6_header *)edit_l3(edit);

	if (edit->layout.verdict == PARSE_OK)
		return true;
	if (is_ipv6(edit))
		return there >= sizeof(*ip6) && from_be32(ip6->version_class_label) >> 28 == 6 &&
		       from_be16(ip6->payload_len) <= there - sizeof(*ip6);
	return there >= sizeof(*ip4) && ip4->version_ihl >> 4 == 4 &&
	       (ip4->version_ihl & 15) * 4u >= sizeof(*ip4) &&
	       (ip4->version_ihl & 15) * 4u <= from_be16(ip4->total_len) &&
	       from_be16(ip4->total_len) <= there;
}

/* The address in the IPv6 header is only the next stop where a routing header has more of them: then the
 * pseudo-header has the last one instead (RFC 8200 section 8.1). */
static bool has_stops(const struct edit *edit)
{
	const uint8_t *at = edit_l3(edit), *end = at + edit->layout.l3_size;
	uint8_t type = ((const struct ipv6_header *)at)->next;

	if (!(edit->layout.ipv6_extensions & IPV6_EXT_ROUTING))
		return false;
	at += sizeof(struct ipv6_header);
	while (at + sizeof(struct ipv6_extension) <= end) {
		const struct ipv6_extension *ext = (const struct ipv6_extension *)at;
		const unsigned unit = type == IP_PROTO_AUTH ? 4 : 8;

		if (type == IP_PROTO_ROUTING && at[3]) /* segments left */
			return true;
		if (type == IP_PROTO_ROUTING)
			return false;
		type = ext->next;
		at += sizeof(*ext) + ext->len * unit;
	}
	return false;
}

static void set_ipv4(struct edit *edit, enum packet_field field, struct edit_bits bits)
{
	struct ipv4_header *ip = (struct ipv4_header *)edit_l3(edit);
	int32_t delta;

	switch (field) {
	case SET_IP_TOS:
		delta = edit_write(&ip->tos, offsetof(struct ipv4_header, tos), bits, 1);
		break;
	case SET_IP_TTL:
		delta = edit_write(&ip->ttl, offsetof(struct ipv4_header, ttl), bits, 1);
		break;
	case SET_IPV4_SRC:
	case SET_IPV4_DST:
		delta = edit_write((uint8_t *)(field == SET_IPV4_SRC ? &ip->src : &ip->dst), 0,
				   bits, sizeof(ip->src));
		edit_adjust_l4(edit, delta);
		break;
	default:
		return;
	}
	checksum_adjust(&ip->checksum, delta);
}

/* The traffic class lies across two bytes. */
static void set_traffic_class(struct ipv6_header *ip, struct edit_bits bits)
{
	const uint32_t mask = (uint32_t)*bits.mask << 20, value = (uint32_t)*bits.value << 20;
	const uint32_t word = from_be32(ip->version_class_label);

	ip->version_class_label = to_be32((word & ~mask) | (value & mask));
}

static void set_ipv6(struct edit *edit, enum packet_field field, struct edit_bits bits)
{
	struct ipv6_header *ip = (struct ipv6_header *)edit_l3(edit);
	int32_t delta;

	switch (field) {
	case SET_IP_TOS:
		set_traffic_class(ip, bits);
		break;
	case SET_IP_TTL:
		edit_write(&ip->hop_limit, 0, bits, 1);
		break;
	case SET_IPV6_LABEL:
		edit_write((uint8_t *)&ip->version_class_label, 0, bits, sizeof(be32));
		break;
	case SET_IPV6_SRC:
		edit_adjust_l4(edit, edit_write(ip->src.byte, 0, bits, sizeof(ip->src)));
		break;
	case SET_IPV6_DST:
		delta = edit_write(ip->dst.byte, 0, bits, sizeof(ip->dst));
		if (!has_stops(edit))
			edit_adjust_l4(edit, delta);
		break;
	default:
		break;
	}
}

void edit_set_ip(struct edit *edit, enum packet_field field, struct edit_bits bits)
{
	if (edit->packet_class < CLASS_IPV4 || !edit->layout.l3 || !is_whole(edit))
		return;
	if (is_ipv6(edit))
		set_ipv6(edit, field, bits);
	else
		set_ipv4(edit, field, bits);
}

int edit_ip_tos(struct edit *edit)
{
	const struct ipv4_header *ip4;
	const struct ipv6_header *ip6;

	edit_parse(edit);
	if (edit->packet_class < CLASS_IPV4 || !is_whole(edit))
		return -1;
	ip4 = (const struct ipv4_header *)edit_l3(edit);
	ip6 = (const struct ipv6_header *)edit_l3(edit);
	return is_ipv6(edit) ? (int)(from_be32(ip6->version_class_label) >> 20 & 0xff) : ip4->tos;
}
