/* Fields of ARP (RFC 826) and of neighbour discovery (RFC 4861), which is ARP for IPv6. */
#include "packet/checksum.h"
#include "packet/edit_field.h"

/* ARP and RARP for IPv4 over Ethernet. */
static bool is_arp(const struct edit *edit)
{
	const struct arp_header *arp = (const struct arp_header *)edit_l3(edit);

	return edit->packet_class == CLASS_ARP && edit->layout.l3 &&
	       edit->layout.l3_size >= sizeof(*arp) + sizeof(struct arp_body) &&
	       from_be16(arp->hardware) == 1 && from_be16(arp->protocol) == ETH_TYPE_IPV4 &&
	       arp->hardware_size == 6 && arp->protocol_size == 4;
}

void edit_set_arp(struct edit *edit, enum packet_field field, struct edit_bits bits)
{
	struct arp_header *arp = (struct arp_header *)edit_l3(edit);
	struct arp_body *body = (struct arp_body *)(arp + 1);

	if (!is_arp(edit))
		return;
	switch (field) {
	case SET_ARP_OP:
		edit_write((uint8_t *)&arp->operation, 0, bits, sizeof(arp->operation));
		break;
	case SET_ARP_SPA:
		edit_write((uint8_t *)body->sender_ip, 0, bits, sizeof(body->sender_ip));
		break;
	case SET_ARP_TPA:
		edit_write((uint8_t *)body->target_ip, 0, bits, sizeof(body->target_ip));
		break;
	case SET_ARP_SHA:
		edit_write(body->sender_mac.byte, 0, bits, sizeof(body->sender_mac));
		break;
	case SET_ARP_THA:
		edit_write(body->target_mac.byte, 0, bits, sizeof(body->target_mac));
		break;
	default:
		break;
	}
}

/* ---- neighbour discovery ---- */

/* One behind the last byte of the IP packet. */
static uint8_t *end_of(const struct edit *edit)
{
	return edit_l3(edit) + edit->layout.l3_size;
}

static bool option_is_whole(const uint8_t *at, const uint8_t *end)
{
	return end - at >= (ptrdiff_t)sizeof(struct nd_option) && at[1] && end - at >= at[1] * 8;
}

/* A solicitation or an advertisement without broken options, as the parser wants it. */
static bool is_nd(const struct edit *edit)
{
	const struct icmp_header *icmp = (const struct icmp_header *)edit_l4(edit);
	const uint8_t *at = (const uint8_t *)(icmp + 1) + sizeof(struct nd_header);
	const uint8_t *end = end_of(edit);

	if (edit->packet_class != CLASS_IPV6_ICMP || !edit->layout.l4 || at > end || icmp->code ||
	    (icmp->type != ICMPV6_ND_SOLICIT && icmp->type != ICMPV6_ND_ADVERT))
		return false;
	for (; at < end; at += at[1] * 8)
		if (!option_is_whole(at, end))
			return false;
	return true;
}

/* Options of that type that hold an Ethernet address. */
static int32_t set_option(const struct edit *edit, uint8_t *at, uint8_t type, struct edit_bits bits)
{
	int32_t delta = 0;

	for (const uint8_t *end = end_of(edit); at < end; at += at[1] * 8) {
		struct nd_option *option = (struct nd_option *)at;

		if (option->type == type && option->len == 1)
			delta += edit_write(option->mac.byte, 0, bits, sizeof(option->mac));
	}
	return delta;
}

void edit_set_nd(struct edit *edit, enum packet_field field, struct edit_bits bits)
{
	struct icmp_header *icmp = (struct icmp_header *)edit_l4(edit);
	struct nd_header *nd = (struct nd_header *)(icmp + 1);
	int32_t delta = 0;

	if (!is_nd(edit))
		return;
	switch (field) {
	case SET_ND_TARGET:
		delta = edit_write(nd->target.byte, 0, bits, sizeof(nd->target));
		break;
	case SET_ND_SLL:
		delta = set_option(edit, (uint8_t *)(nd + 1), 1, bits);
		break;
	case SET_ND_TLL:
		delta = set_option(edit, (uint8_t *)(nd + 1), 2, bits);
		break;
	default:
		break;
	}
	checksum_adjust(&icmp->checksum, delta);
}
