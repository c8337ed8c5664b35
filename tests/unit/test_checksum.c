#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "packet/checksum.h"
#include "packet/parse.h"
#include "support/packet.h"

static struct frame_pool *pool;

struct parsed {
	struct packet_key key;
	struct packet_extra extra;
	struct packet_layout layout;
};

static void build_sctp(struct packet_builder *b)
{
	static const uint8_t ports[] = {0x12, 0x34, 0x56, 0x78};

	build_bytes(b, ports, sizeof(ports));
	build_zeros(b, sizeof(struct sctp_header) - sizeof(ports));
}

/* A packet with `size` bytes of payload, the checksum right; that of SCTP is zero. */
static struct packet_builder packet(bool is_ipv6, uint8_t proto, size_t size)
{
	struct packet_builder b;

	build_start(&b, pool);
	build_eth(&b, 2, 1, is_ipv6 ? ETH_TYPE_IPV6 : ETH_TYPE_IPV4);
	if (is_ipv6)
		build_ipv6(&b, proto, 1, 2);
	else
		build_ipv4(&b, proto, 0x0a000001, 0xc0a80102);
	if (proto == IP_PROTO_TCP)
		build_tcp(&b, 1000, 80, 2);
	else if (proto == IP_PROTO_SCTP)
		build_sctp(&b);
	else
		build_udp(&b, 1000, 80);
	for (size_t i = 0; i < size; i++)
		build_bytes(&b, &(uint8_t){(uint8_t)(i * 31 + 7)}, 1);
	build_finish(&b);
	return b;
}

static bool is_partial(const struct packet_builder *b, struct parsed *p)
{
	assert_int_equal(packet_parse(&b->frame, &p->key, &p->extra, &p->layout), PARSE_OK);
	return checksum_is_partial(&b->frame, &p->key, &p->layout);
}

/* Every protocol, odd and even sizes. */
static void partial_sums_are_completed(void **state)
{
	for (unsigned i = 0; i < 4 * 70; i++) {
		struct packet_builder b = packet(i & 1, i & 2 ? IP_PROTO_TCP : IP_PROTO_UDP, i / 4);
		be16 *field = build_l4_checksum_field(&b);
		const uint16_t right = from_be16(*field);
		struct parsed p;

		assert_false(is_partial(&b, &p));
		*field = to_be16(build_pseudo_sum(&b));
		assert_true(is_partial(&b, &p));
		checksum_complete(&b.frame, &p.key, &p.layout);
		assert_int_equal(from_be16(*field), right);
		frame_free(&b.frame);
	}
}

/* Make a valid packet's checksum equal the pseudo-header's sum, by choosing two payload bytes: it
 * is taken for partial, and comes out unchanged. */
static void false_alarms_do_no_harm(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct packet_builder b = packet(i & 1, i & 2 ? IP_PROTO_TCP : IP_PROTO_UDP, 0);
		be16 *field = build_l4_checksum_field(&b), free_bytes = {0};
		const uint8_t *bytes;
		struct parsed p;
		uint16_t wanted;

		build_bytes(&b, &free_bytes, sizeof(free_bytes));
		build_finish(&b);
		wanted = build_pseudo_sum(&b);
		bytes = b.frame.data + b.frame.len - 2;
		/* ~(S + x) = wanted  =>  x = ~S - wanted, in ones' complement */
		for (uint32_t x = 0; x < 0x10000 && from_be16(*field) != wanted; x++) {
			free_bytes = to_be16((uint16_t)x);
			memcpy((uint8_t *)bytes, &free_bytes, 2);
			*field = to_be16(build_l4_checksum(&b));
		}
		assert_int_equal(from_be16(*field), wanted);
		assert_true(is_partial(&b, &p));
		checksum_complete(&b.frame, &p.key, &p.layout);
		assert_int_equal(from_be16(*field), wanted);
		frame_free(&b.frame);
	}
}

/* A UDP checksum that comes out as zero goes as 0xffff; no checksum at all stays zero. */
static void udp_zero_means_none(void **state)
{
	struct packet_builder b = packet(false, IP_PROTO_UDP, 2);
	be16 *field = build_l4_checksum_field(&b), payload;
	struct parsed p;

	field->be = 0;
	assert_false(is_partial(&b, &p));
	payload = to_be16((uint16_t)(from_be16(*(be16 *)(b.frame.data + b.frame.len - 2))));
	/* raising the payload by the checksum lowers the checksum to zero */
	*field = to_be16(build_l4_checksum(&b));
	payload = to_be16((uint16_t)((from_be16(payload) + from_be16(*field)) % 0xffff));
	memcpy(b.frame.data + b.frame.len - 2, &payload, 2);
	*field = to_be16(build_pseudo_sum(&b));
	assert_true(is_partial(&b, &p));
	checksum_complete(&b.frame, &p.key, &p.layout);
	assert_int_equal(from_be16(*field), 0xffff);
	assert_int_equal(build_l4_checksum(&b), 0xffff);
	frame_free(&b.frame);
}

/* The plainest possible. */
static uint32_t crc32c_of(const uint8_t *data, size_t size)
{
	uint32_t rest = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		rest ^= data[i];
		for (unsigned bit = 0; bit < 8; bit++)
			rest = rest >> 1 ^ (rest & 1 ? 0x82f63b78 : 0);
	}
	return ~rest;
}

/* Which a sender leaves to its card as zero. */
static void sctp_checksums_are_made(void **state)
{
	assert_int_equal(crc32c_of((const uint8_t *)"123456789", 9), 0xe3069283);
	for (unsigned size = 0; size < 70; size++) {
		struct packet_builder b = packet(size & 1, IP_PROTO_SCTP, size);
		uint8_t *l4 = b.frame.data + b.frame.len - size - 12, *field = l4 + 8;
		const uint32_t right = crc32c_of(l4, size + 12);
		struct parsed p;

		assert_true(is_partial(&b, &p));
		checksum_complete(&b.frame, &p.key, &p.layout);
		assert_int_equal(field[0] | field[1] << 8 | field[2] << 16 |
					 (uint32_t)field[3] << 24,
				 right);
		assert_false(is_partial(&b, &p));
		frame_free(&b.frame);
	}
}

static void padding_does_not_count(void **state)
{
	struct packet_builder b = packet(false, IP_PROTO_TCP, 0), longer;
	be16 *field = build_l4_checksum_field(&b);
	const uint16_t right = from_be16(*field);
	static const uint8_t padding[6] = {1, 2, 3, 4, 5, 6};
	struct parsed p;

	*field = to_be16(build_pseudo_sum(&b));
	longer = b;
	build_bytes(&longer, padding, sizeof(padding));
	assert_true(is_partial(&longer, &p));
	checksum_complete(&longer.frame, &p.key, &p.layout);
	assert_int_equal(from_be16(*field), right);
	assert_memory_equal(longer.frame.data + b.frame.len, padding, sizeof(padding));
	frame_free(&b.frame);
}

static void fragments_and_icmp_have_none(void **state)
{
	struct packet_builder b = packet(false, IP_PROTO_UDP, 10);
	be16 *field = build_l4_checksum_field(&b);
	struct parsed p;

	*field = to_be16(build_pseudo_sum(&b));
	((struct ipv4_header *)(b.frame.data + b.l3))->frag = to_be16(IPV4_MORE_FRAGMENTS);
	assert_false(is_partial(&b, &p));
	frame_free(&b.frame);

	build_start(&b, pool);
	build_eth(&b, 2, 1, ETH_TYPE_IPV4);
	build_ipv4(&b, IP_PROTO_ICMP, 1, 2);
	build_icmp(&b, IP_PROTO_ICMP, 8, 0);
	build_finish(&b);
	assert_false(is_partial(&b, &p));
	frame_free(&b.frame);
}

static int pool_up(void **state)
{
	return frame_pool_new(&pool, 4, 4096);
}

static int pool_down(void **state)
{
	const uint32_t n_lost = pool->n_chunks - pool->n_free;

	frame_pool_free(&pool);
	return (int)n_lost;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(partial_sums_are_completed),
		cmocka_unit_test(false_alarms_do_no_harm),
		cmocka_unit_test(udp_zero_means_none),
		cmocka_unit_test(sctp_checksums_are_made),
		cmocka_unit_test(padding_does_not_count),
		cmocka_unit_test(fragments_and_icmp_have_none),
	};

	return cmocka_run_group_tests(tests, pool_up, pool_down);
}
