#include "packet/checksum.h"

#include <string.h>

#include "packet/crc32c.h"
#include "packet/frame.h"
#include "packet/parse.h"

/* Ones' complement sums (RFC 1071) do not care for byte order: everything here is summed as it
 * stands in memory. */
static uint16_t fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Adds `size` bytes in steps of 4: a 64-bit sum cannot overflow below 16 GiB. */
static uint64_t sum_bytes(const uint8_t *data, size_t size)
{
	uint64_t sum = 0;
	uint32_t rest = 0, four;

	for (; size >= sizeof(four); data += sizeof(four), size -= sizeof(four)) {
		memcpy(&four, data, sizeof(four));
		sum += four;
	}
	memcpy(&rest, data, size);
	return sum + rest;
}

static uint32_t l4_size(const struct packet_layout *layout)
{
	return layout->l3 + layout->l3_size - layout->l4;
}

static bool is_ipv6(const struct packet_key *key)
{
	return from_be16(key->eth_type) == ETH_TYPE_IPV6;
}

/* The folded sum of the pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1). */
static uint16_t pseudo_sum(const struct packet_key *key, const struct packet_layout *layout)
{
	uint64_t sum = to_be32(l4_size(layout)).be + (uint64_t)to_be32(key->ip_proto).be;

	if (is_ipv6(key))
		sum += sum_bytes((const uint8_t *)&key->ipv6_src, 2 * sizeof(struct ipv6_addr));
	else
		sum += sum_bytes((const uint8_t *)&key->ipv4_src, 2 * sizeof(be32));
	return fold(sum);
}

/* The checksum's place, or NULL if there is none to complete. */
static be16 *field_of(const struct frame *frame, const struct packet_key *key,
		      const struct packet_layout *layout)
{
	uint8_t *l4 = frame->data + layout->l4;

	if (!layout->l4 || key->ip_frag)
		return NULL;
	if (key->ip_proto == IP_PROTO_TCP)
		return &((struct tcp_header *)l4)->checksum;
	if (key->ip_proto == IP_PROTO_UDP)
		return &((struct udp_header *)l4)->checksum;
	return NULL;
}

/* NULL: it is of another protocol, or has no checksum of its own. */
static struct sctp_header *sctp_of(const struct frame *frame, const struct packet_key *key,
				   const struct packet_layout *layout)
{
	if (!layout->l4 || key->ip_frag || key->ip_proto != IP_PROTO_SCTP)
		return NULL;
	return (struct sctp_header *)(frame->data + layout->l4);
}

bool checksum_is_partial(const struct frame *frame, const struct packet_key *key,
			 const struct packet_layout *layout)
{
	const struct sctp_header *sctp = sctp_of(frame, key, layout);
	const be16 *field = field_of(frame, key, layout);

	if (sctp)
		return !sctp->checksum.be;
	return field && field->be == pseudo_sum(key, layout);
}

void checksum_complete(struct frame *frame, const struct packet_key *key,
		       const struct packet_layout *layout)
{
	struct sctp_header *sctp = sctp_of(frame, key, layout);
	be16 *field = field_of(frame, key, layout);
	uint16_t sum;

	if (sctp) {
		const uint32_t crc = crc32c((const uint8_t *)sctp, l4_size(layout));

		/* The one field on the wire that begins with its least significant byte. */
		sctp->checksum = to_be32(__builtin_bswap32(crc));
		return;
	}
	/* The field holds the pseudo header's sum already. */
	sum = (uint16_t)~fold(sum_bytes(frame->data + layout->l4, l4_size(layout)));
	if (!sum && key->ip_proto == IP_PROTO_UDP) /* zero says "no checksum" (RFC 768) */
		sum = 0xffff;
	field->be = sum;
}
