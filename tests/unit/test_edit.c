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
	};

	return cmocka_run_group_tests(tests, pool_up, pool_down);
}
