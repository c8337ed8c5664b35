#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "packet/edit.h"
#include "packet/parse.h"
#include "support/packet.h"

static struct frame_pool *pool;

static struct packet_builder untagged(void)
{
	struct packet_builder b;

	build_start(&b, pool);
	build_eth(&b, 0x020000000002, 0x020000000001, ETH_TYPE_IPV4);
	build_ipv4(&b, IP_PROTO_UDP, 1, 2);
	build_udp(&b, 3, 4);
	build_finish(&b);
	return b;
}

static struct packet_key key_of(const struct frame *frame)
{
	struct packet_layout layout;
	struct packet_extra extra;
	struct packet_key key;

	assert_int_equal(packet_parse(frame, &key, &extra, &layout), PARSE_OK);
	return key;
}

static void pop_undoes_push(void **state)
{
	struct packet_builder b = untagged();
	uint8_t before[128];
	const uint32_t len = b.frame.len;
	struct packet_key key;

	memcpy(before, b.frame.data, len);
	assert_int_equal(edit_push_vlan(&b.frame, ETH_TYPE_VLAN, 0x600a), 0);
	assert_int_equal(edit_push_vlan(&b.frame, ETH_TYPE_SVLAN, 0x0014), 0);
	key = key_of(&b.frame);
	assert_int_equal(from_be16(key.vlan.tpid), ETH_TYPE_SVLAN);
	assert_int_equal(from_be16(key.vlan.tci), VLAN_PRESENT | 0x0014);
	assert_int_equal(from_be16(key.vlan_inner.tci), VLAN_PRESENT | 0x600a);
	assert_int_equal(from_be16(key.l4_dst), 4);
	assert_int_equal(edit_pop_vlan(&b.frame), 0);
	assert_int_equal(from_be16(key_of(&b.frame).vlan.tci), VLAN_PRESENT | 0x600a);
	assert_int_equal(edit_pop_vlan(&b.frame), 0);
	assert_int_equal(b.frame.len, len);
	assert_memory_equal(b.frame.data, before, len);
	assert_int_equal(edit_pop_vlan(&b.frame), -EINVAL);
	frame_free(&b.frame);
}

static void set_changes_only_the_mask(void **state)
{
	struct packet_builder b = untagged();
	const be16 *tci;

	assert_int_equal(edit_set_vlan(&b.frame, 1, VLAN_VID_MASK), -EINVAL);
	assert_int_equal(edit_push_vlan(&b.frame, ETH_TYPE_VLAN, 0xb00a), 0);
	assert_int_equal(edit_set_vlan(&b.frame, 0xf123, VLAN_VID_MASK), 0);
	tci = (const be16 *)(b.frame.data + 14);
	assert_int_equal(from_be16(*tci), 0xb123);
	assert_int_equal(edit_set_vlan(&b.frame, 0x4fff, 7 << VLAN_PCP_SHIFT), 0);
	assert_int_equal(from_be16(*tci), 0x5123);
	frame_free(&b.frame);
}

static void push_needs_headroom(void **state)
{
	struct packet_builder b = untagged();
	unsigned n = 0;
	uint8_t before[14];

	while (!edit_push_vlan(&b.frame, ETH_TYPE_VLAN, 1))
		n++;
	assert_int_equal(n, FRAME_HEADROOM / 4);
	memcpy(before, b.frame.data, sizeof(before));
	assert_int_equal(edit_push_vlan(&b.frame, ETH_TYPE_VLAN, 1), -ENOBUFS);
	assert_memory_equal(before, b.frame.data, sizeof(before));
	frame_free(&b.frame);
}

static void stumps_are_refused(void **state)
{
	struct packet_builder b = untagged();

	b.frame.len = 13;
	assert_int_equal(edit_push_vlan(&b.frame, ETH_TYPE_VLAN, 1), -EINVAL);
	b.frame.len = 14;
	assert_int_equal(edit_push_vlan(&b.frame, ETH_TYPE_VLAN, 1), 0);
	b.frame.len = 17; /* the tag is cut */
	assert_int_equal(edit_pop_vlan(&b.frame), -EINVAL);
	assert_int_equal(edit_set_vlan(&b.frame, 1, 1), -EINVAL);
	frame_free(&b.frame);
}

/* ---- fields ---- */

static struct edit edit_of(struct frame *frame)
{
	struct packet_layout layout;
	struct packet_extra extra;
	struct packet_key key;

	packet_parse(frame, &key, &extra, &layout);
	return edit_begin(frame, &key, &layout);
}

static void set(struct frame *frame, enum packet_field field, const void *value)
{
	struct edit edit = edit_of(frame);
	uint8_t all[16];

	memset(all, 0xff, sizeof(all));
	edit_set(&edit, field, value, all);
}

static void tag(struct edit *edit, uint8_t type)
{
	const struct flow_op op = {.type = type, .tpid = ETH_TYPE_VLAN, .tci = 9};

	assert_int_equal(edit_op(edit, &op), 0);
}

static void set_source(struct edit *edit, uint8_t last)
{
	const uint8_t addr[4] = {192, 0, 2, last};

	edit_set(edit, SET_IPV4_SRC, addr, (const uint8_t *)"\xff\xff\xff\xff");
}

/* A packet of two tags that gets a third and a fourth: the parser would not find its headers. */
static void headers_are_found_behind_any_number_of_tags(void **state)
{
	struct packet_builder b = untagged();
	struct edit edit;

	assert_int_equal(edit_push_vlan(&b.frame, ETH_TYPE_VLAN, 1), 0);
	assert_int_equal(edit_push_vlan(&b.frame, ETH_TYPE_SVLAN, 2), 0);
	edit = edit_of(&b.frame);
	tag(&edit, OP_PUSH_VLAN);
	set_source(&edit, 1);
	assert_memory_equal(b.frame.data + 12 + 3 * 4 + 2 + 12, "\xc0\0\x02\x01", 4);
	tag(&edit, OP_PUSH_VLAN);
	tag(&edit, OP_POP_VLAN);
	set_source(&edit, 2);
	assert_memory_equal(b.frame.data + 12 + 3 * 4 + 2 + 12, "\xc0\0\x02\x02", 4);
	for (unsigned i = 0; i < 3; i++)
		tag(&edit, OP_POP_VLAN);
	assert_int_equal(key_of(&b.frame).ipv4_src.be, to_be32(0xc0000202).be);
	assert_int_equal(build_l4_checksum_field(&b)->be, to_be16(build_l4_checksum(&b)).be);
	frame_free(&b.frame);
}

/* A packet that came with three: what is behind them is in reach when one is gone. */
static void what_a_popped_tag_uncovers_is_found(void **state)
{
	struct packet_builder b = untagged();
	struct edit edit;

	for (uint16_t i = 1; i <= 3; i++)
		assert_int_equal(edit_push_vlan(&b.frame, ETH_TYPE_VLAN, i), 0);
	edit = edit_of(&b.frame);
	tag(&edit, OP_PUSH_VLAN);
	tag(&edit, OP_POP_VLAN);
	tag(&edit, OP_POP_VLAN);
	set_source(&edit, 3);
	assert_int_equal(key_of(&b.frame).ipv4_src.be, to_be32(0xc0000203).be);
	frame_free(&b.frame);
}

static void no_udp_checksum_stays_none(void **state)
{
	struct packet_builder b = untagged();
	const uint8_t addr[4] = {192, 0, 2, 1}, port[2] = {0x12, 0x34};

	build_l4_checksum_field(&b)->be = 0;
	set(&b.frame, SET_IPV4_DST, addr);
	set(&b.frame, SET_L4_SRC, port);
	assert_int_equal(build_l4_checksum_field(&b)->be, 0);
	assert_int_equal(from_be16(key_of(&b.frame).l4_src), 0x1234);
	frame_free(&b.frame);
}

/* Every port there is: one of them makes the sum 0xffff, whose complement says "none". */
static void a_udp_checksum_of_zero_is_sent_as_ones(void **state)
{
	struct packet_builder b = untagged();
	unsigned n_ones = 0;

	for (unsigned port = 0; port <= 0xffff; port++) {
		const be16 value = to_be16((uint16_t)port);

		set(&b.frame, SET_L4_DST, &value);
		assert_int_not_equal(build_l4_checksum_field(&b)->be, 0);
		assert_int_equal(build_l4_checksum_field(&b)->be,
				 to_be16(build_l4_checksum(&b)).be);
		n_ones += build_l4_checksum_field(&b)->be == 0xffff;
	}
	assert_int_equal(n_ones, 1);
	frame_free(&b.frame);
}

static void a_wrong_checksum_is_not_mended(void **state)
{
	struct packet_builder b = untagged();
	const uint8_t ttl = 1, port[2] = {0x12, 0x34};
	struct ipv4_header *ip = (struct ipv4_header *)(b.frame.data + b.l3);

	ip->checksum.be ^= 0x5a00;
	build_l4_checksum_field(&b)->be ^= 0x5a00;
	set(&b.frame, SET_IP_TTL, &ttl);
	set(&b.frame, SET_L4_SRC, port);
	assert_int_not_equal(build_l4_checksum_field(&b)->be, to_be16(build_l4_checksum(&b)).be);
	frame_free(&b.frame);
}

static void headers_that_are_not_whole_are_left_alone(void **state)
{
	static const uint8_t ones[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct packet_builder b = untagged();
	uint8_t before[128];

	for (b.frame.len--; b.frame.len >= 14; b.frame.len--) {
		memcpy(before, b.frame.data, sizeof(before));
		for (unsigned field = SET_IPV4_SRC; field < N_PACKET_FIELDS; field++)
			set(&b.frame, (enum packet_field)field, ones);
		assert_memory_equal(before, b.frame.data, sizeof(before));
	}
	frame_free(&b.frame);
}

/* A datagram that is cut, but says so: IPv4 is whole, UDP is not. */
static void what_is_whole_can_be_set(void **state)
{
	struct packet_builder b = untagged();
	const uint8_t addr[4] = {192, 0, 2, 1}, port[2] = {0x12, 0x34};
	struct ipv4_header *ip = (struct ipv4_header *)(b.frame.data + b.l3);
	uint8_t udp[8];

	ip->total_len = to_be16(24);
	memcpy(udp, ip + 1, sizeof(udp));
	set(&b.frame, SET_IPV4_SRC, addr);
	set(&b.frame, SET_L4_SRC, port);
	assert_memory_equal(&ip->src, addr, sizeof(addr));
	assert_memory_equal(ip + 1, udp, sizeof(udp));
	frame_free(&b.frame);
}

/* ---- MPLS and PBB ---- */

static void mpls_needs_mpls(void **state)
{
	struct packet_builder b = untagged();
	struct edit edit = edit_of(&b.frame);
	uint8_t before[128];
	const uint32_t len = b.frame.len;

	memcpy(before, b.frame.data, len);
	assert_int_equal(edit_pop_mpls(&edit, ETH_TYPE_IPV4), -EINVAL);
	assert_int_equal(edit_push_mpls(&edit, ETH_TYPE_MPLS, to_be32(0x00001140)), 0);
	assert_int_equal(from_be16(key_of(&b.frame).eth_type), ETH_TYPE_MPLS);
	assert_int_equal(edit_pop_mpls(&edit, ETH_TYPE_IPV4), 0);
	assert_int_equal(b.frame.len, len);
	assert_memory_equal(before, b.frame.data, len);
	frame_free(&b.frame);
}

/* Behind the last label it is the IP packet's, with its checksum. */
static void a_ttl_goes_into_what_is_below_the_label(void **state)
{
	struct packet_builder b = untagged();
	struct edit edit = edit_of(&b.frame);
	const uint8_t ttl = 9, old_ttl = key_of(&b.frame).ip_ttl;
	uint8_t before[128];

	memcpy(before, b.frame.data, b.frame.len);
	assert_int_equal(edit_push_mpls(&edit, ETH_TYPE_MPLS, to_be32(0x00001140)), 0);
	edit_set(&edit, SET_MPLS_INNER_TTL, &ttl, (const uint8_t[]){0xff});
	assert_int_equal(edit_push_mpls(&edit, ETH_TYPE_MPLS, to_be32(0x00002040)), 0);
	edit_set(&edit, SET_MPLS_INNER_TTL, &ttl, (const uint8_t[]){0xff});
	assert_int_equal(edit_pop_mpls(&edit, ETH_TYPE_MPLS), 0);
	assert_int_equal(b.frame.data[17], 9);
	assert_int_equal(edit_pop_mpls(&edit, ETH_TYPE_IPV4), 0);
	assert_int_equal(key_of(&b.frame).ip_ttl, 9);
	set(&b.frame, SET_IP_TTL, &old_ttl);
	assert_memory_equal(b.frame.data, before, b.frame.len);
	frame_free(&b.frame);
}

static void mpls_in_an_802_3_frame_counts_in_its_length(void **state)
{
	static const uint8_t snap[] = {0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00};
	struct packet_builder b;
	struct edit edit;

	build_start(&b, pool);
	build_eth(&b, 2, 1, 38);
	build_bytes(&b, snap, sizeof(snap));
	build_zeros(&b, 30);
	edit = edit_of(&b.frame);
	assert_int_equal(edit_push_mpls(&edit, ETH_TYPE_MPLS, to_be32(0x140)), 0);
	assert_int_equal(b.frame.data[13], 42);
	assert_int_equal(from_be16(key_of(&b.frame).eth_type), ETH_TYPE_MPLS);
	assert_int_equal(edit_pop_mpls(&edit, ETH_TYPE_IPV4), 0);
	assert_int_equal(b.frame.data[13], 38);
	frame_free(&b.frame);
}

static void pbb_wraps_the_whole_frame(void **state)
{
	struct packet_builder b = untagged();
	struct edit edit = edit_of(&b.frame);
	uint8_t before[128];
	const uint32_t len = b.frame.len;

	memcpy(before, b.frame.data, len);
	assert_int_equal(edit_pop_pbb(&edit), -EINVAL);
	assert_int_equal(edit_push_pbb(&edit, ETH_TYPE_PBB, to_be32(0x08123456)), 0);
	assert_memory_equal(b.frame.data, before, 12);
	assert_memory_equal(b.frame.data + 12, "\x88\xe7\x08\x12\x34\x56", 6);
	assert_memory_equal(b.frame.data + 18, before, len);
	/* A B-TAG in front is to be taken off first. */
	assert_int_equal(edit_push_vlan(&b.frame, ETH_TYPE_SVLAN, 1), 0);
	assert_int_equal(edit_pop_pbb(&edit), -EINVAL);
	assert_int_equal(edit_pop_vlan(&b.frame), 0);
	assert_int_equal(edit_pop_pbb(&edit), 0);
	assert_int_equal(b.frame.len, len);
	assert_memory_equal(before, b.frame.data, len);
	frame_free(&b.frame);
}

static void pushes_need_headroom(void **state)
{
	struct packet_builder b = untagged();
	struct edit edit = edit_of(&b.frame);
	const uint32_t len = b.frame.len;

	b.frame.data -= FRAME_HEADROOM - 3;
	memmove(b.frame.data, b.frame.data + FRAME_HEADROOM - 3, len);
	assert_int_equal(edit_push_mpls(&edit, ETH_TYPE_MPLS, to_be32(0)), -ENOBUFS);
	assert_int_equal(edit_push_pbb(&edit, ETH_TYPE_PBB, to_be32(0)), -ENOBUFS);
	assert_int_equal(from_be16(key_of(&b.frame).eth_type), ETH_TYPE_IPV4);
	assert_int_equal(b.frame.len, len);
	frame_free(&b.frame);
}

static int pool_up(void **state)
{
	return frame_pool_new(&pool, 4, 2048);
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
		cmocka_unit_test(pop_undoes_push),
		cmocka_unit_test(set_changes_only_the_mask),
		cmocka_unit_test(push_needs_headroom),
		cmocka_unit_test(stumps_are_refused),
		cmocka_unit_test(headers_are_found_behind_any_number_of_tags),
		cmocka_unit_test(what_a_popped_tag_uncovers_is_found),
		cmocka_unit_test(no_udp_checksum_stays_none),
		cmocka_unit_test(a_udp_checksum_of_zero_is_sent_as_ones),
		cmocka_unit_test(a_wrong_checksum_is_not_mended),
		cmocka_unit_test(headers_that_are_not_whole_are_left_alone),
		cmocka_unit_test(what_is_whole_can_be_set),
		cmocka_unit_test(mpls_needs_mpls),
		cmocka_unit_test(a_ttl_goes_into_what_is_below_the_label),
		cmocka_unit_test(mpls_in_an_802_3_frame_counts_in_its_length),
		cmocka_unit_test(pbb_wraps_the_whole_frame),
		cmocka_unit_test(pushes_need_headroom),
	};

	return cmocka_run_group_tests(tests, pool_up, pool_down);
}
