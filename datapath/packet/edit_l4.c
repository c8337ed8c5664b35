/* Fields of TCP, UDP, SCTP and ICMP headers, and the checksums in them. */
#include "packet/checksum.h"
#include "packet/crc32c.h"
#include "packet/edit_field.h"

static void adjust_udp(struct udp_header *udp, int32_t delta)
{
	if (!udp->checksum.be) /* there is none (RFC 768, RFC 6935) */
		return;
	checksum_adjust(&udp->checksum, delta);
	if (!udp->checksum.be)
		udp->checksum.be = 0xffff;
}

void edit_adjust_l4(struct edit *edit, int32_t delta)
{
	uint8_t *l4 = edit_l4(edit);

	if (!edit->layout.l4)
		return;
	switch (edit->packet_class) {
	case CLASS_IPV4_TCP:
	case CLASS_IPV6_TCP:
		checksum_adjust(&((struct tcp_header *)l4)->checksum, delta);
		break;
	case CLASS_IPV4_UDP:
	case CLASS_IPV6_UDP:
		adjust_udp((struct udp_header *)l4, delta);
		break;
	case CLASS_IPV6_ICMP:
		checksum_adjust(&((struct icmp_header *)l4)->checksum, delta);
		break;
	}
}

/* SCTP's checksum covers the whole datagram, of which a fragment does not know the length: what becomes of
 * it then is dropped by its receiver. */
static void set_sctp_port(struct edit *edit, uint8_t *port, struct edit_bits bits)
{
	const struct packet_layout *layout = &edit->layout;
	struct sctp_header *sctp = (struct sctp_header *)edit_l4(edit);
	uint8_t difference[2] = {port[0], port[1]};
	uint32_t change;

	edit_write(port, 0, bits, sizeof(difference));
	if (edit->ip_frag)
		return;
	difference[0] ^= port[0];
	difference[1] ^= port[1];
	change = crc32c_difference(difference, sizeof(difference),
				   (size_t)(edit_l3(edit) + layout->l3_size - port) -
					   sizeof(difference));
	/* The one field on the wire that begins with its least significant byte. */
	sctp->checksum.be ^= to_be32(__builtin_bswap32(change)).be;
}

static void set_port(struct edit *edit, unsigned offset, struct edit_bits bits)
{
	uint8_t *port = edit_l4(edit) + offset;

	switch (edit->packet_class) {
	case CLASS_IPV4_TCP:
	case CLASS_IPV6_TCP:
	case CLASS_IPV4_UDP:
	case CLASS_IPV6_UDP:
		edit_adjust_l4(edit, edit_write(port, 0, bits, sizeof(be16)));
		break;
	case CLASS_IPV4_SCTP:
	case CLASS_IPV6_SCTP:
		set_sctp_port(edit, port, bits);
		break;
	}
}

static void set_icmp(struct edit *edit, unsigned offset, struct edit_bits bits)
{
	struct icmp_header *icmp = (struct icmp_header *)edit_l4(edit);

	if (edit->packet_class == CLASS_IPV4_ICMP || edit->packet_class == CLASS_IPV6_ICMP)
		checksum_adjust(&icmp->checksum,
				edit_write((uint8_t *)icmp + offset, offset, bits, 1));
}

void edit_set_l4(struct edit *edit, enum packet_field field, struct edit_bits bits)
{
	if (!edit->layout.l4)
		return;
	switch (field) {
	case SET_L4_SRC:
		set_port(edit, offsetof(struct udp_header, src), bits);
		break;
	case SET_L4_DST:
		set_port(edit, offsetof(struct udp_header, dst), bits);
		break;
	case SET_ICMP_TYPE:
		set_icmp(edit, offsetof(struct icmp_header, type), bits);
		break;
	case SET_ICMP_CODE:
		set_icmp(edit, offsetof(struct icmp_header, code), bits);
		break;
	default:
		break;
	}
}
