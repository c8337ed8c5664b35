/* What flows see of IP fragments, as `set-frags` of ovs-ofctl(8) has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "support/flows.h"
#include "support/packet.h"
#include "support/rig.h"
#include "switch/flows.h"

#define MORE_FRAGMENTS 0x2000

static struct rig rig;
static struct bridge_port *from, *http, *others;
static struct frame_pool *pool;

static int setup(void **state)
{
	const struct bridge_config config = RIG_BRIDGE;

	rig_init(&rig, &config);
	from = rig_port(&rig, &RIG_PORT("p1"));
	http = rig_port(&rig, &RIG_PORT("p2"));
	others = rig_port(&rig, &RIG_PORT("p3"));
	flows_do(rig.bridge, FLOW_DELETE, "");
	flows_add(rig.bridge, "priority=2,tcp,tp_dst=80,actions=output:2");
	flows_add(rig.bridge, "priority=1,actions=output:3");
	return frame_pool_new(&pool, 4, 2048);
}

static int teardown(void **state)
{
	frame_pool_free(&pool);
	rig_fini(&rig);
	return 0;
}

/* TCP to port 80, with this in the header's fragment field. */
static void put(uint16_t fragment)
{
	struct packet_builder b;

	build_start(&b, pool);
	build_eth(&b, 0x020000000002, 0x020000000001, ETH_TYPE_IPV4);
	build_ipv4(&b, IP_PROTO_TCP, 0x0a000001, 0x0a000002);
	((struct ipv4_header *)(b.frame.data + b.l3))->frag = to_be16(fragment);
	build_tcp(&b, 1000, 80, 0x10);
	build_zeros(&b, 8);
	build_finish(&b);
	rig_put(from, b.frame.data, b.frame.len);
	frame_free(&b.frame);
	rig_turn(&rig);
}

static bool came(struct bridge_port *port)
{
	uint8_t frame[2048];

	return rig_take(port, frame) > 0;
}

static void by_default_no_fragment_has_ports(void **state)
{
	put(0);
	assert_true(came(http));
	put(MORE_FRAGMENTS);
	assert_false(came(http));
	assert_true(came(others));
	put(1);
	assert_true(came(others));
}

static void with_nx_match_the_first_one_has_them(void **state)
{
	assert_int_equal(bridge_frags_set(rig.bridge, FLOW_FRAGS_NX_MATCH), 0);
	put(MORE_FRAGMENTS);
	assert_true(came(http));
	put(1);
	assert_true(came(others));
	/* entries of the cache follow a change */
	assert_int_equal(bridge_frags_set(rig.bridge, FLOW_FRAGS_NORMAL), 0);
	put(MORE_FRAGMENTS);
	assert_true(came(others));
}

static void with_drop_they_are_dropped_and_counted(void **state)
{
	assert_int_equal(bridge_frags_set(rig.bridge, FLOW_FRAGS_DROP), 0);
	assert_int_equal(bridge_frags(rig.bridge), FLOW_FRAGS_DROP);
	put(MORE_FRAGMENTS);
	put(1);
	assert_false(came(http) || came(others));
	assert_int_equal(rig_drops(from, DROP_FRAGMENT), 2);
	put(0);
	assert_true(came(http));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(by_default_no_fragment_has_ports),
		TEST(with_nx_match_the_first_one_has_them),
		TEST(with_drop_they_are_dropped_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
