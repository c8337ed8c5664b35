/* What a controller says of ports (ovs-ofctl(8), mod-port), and what becomes of packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

#include "port/port_fake.h"
#include "support/ether.h"
#include "support/flows.h"
#include "support/rig.h"
#include "switch/flows.h"
#include "switch/port_mod.h"

#define A         0x020000000001
#define B         0x020000000002
#define BROADCAST 0xffffffffffff
#define STP       0x0180c2000000

static struct rig rig;
static struct bridge_port *port[4]; /* by OpenFlow number */
static uint8_t bytes[PORT_FAKE_FRAME_MAX];

static int setup(void **state)
{
	rig_init(&rig, &RIG_BRIDGE);
	rig_ports(&rig, 3, port);
	return 0;
}

static int teardown(void **state)
{
	rig_fini(&rig);
	return 0;
}

static void set(unsigned i, uint8_t flag)
{
	assert_int_equal(bridge_port_mod(port[i], flag, flag, NULL), 0);
}

static void clear(unsigned i, uint8_t flag)
{
	assert_int_equal(bridge_port_mod(port[i], 0, flag, NULL), 0);
}

/* A frame comes in by port 1; the ports that it leaves by, one decimal digit each. */
static unsigned outputs_of(uint64_t dst)
{
	unsigned outputs = 0;

	rig_put(port[1], bytes, ether_frame(bytes, dst, A, ETHER_UNTAGGED));
	rig_turn(&rig);
	for (unsigned i = 1; i <= 3; i++)
		if (rig_take(port[i], bytes))
			outputs = outputs * 10 + i;
	return outputs;
}

static void flows(const char *line)
{
	flows_do(rig.bridge, FLOW_DELETE, "");
	flows_add(rig.bridge, line);
}

static void flags_are_set_one_by_one(void **state)
{
	assert_int_equal(bridge_port_flags(port[2]), 0);
	set(2, PORT_MOD_NO_FLOOD);
	set(2, PORT_MOD_NO_STP);
	assert_int_equal(bridge_port_flags(port[2]), PORT_MOD_NO_FLOOD | PORT_MOD_NO_STP);
	clear(2, PORT_MOD_NO_FLOOD);
	assert_int_equal(bridge_port_flags(port[2]), PORT_MOD_NO_STP);
	assert_int_equal(bridge_port_flags(port[1]), 0);
}

static void down_is_what_the_device_is(void **state)
{
	struct bridge_port_status status;

	set(2, PORT_MOD_DOWN);
	bridge_port_status(port[2], &status);
	assert_false(status.port.is_admin_up);
	assert_int_equal(bridge_port_flags(port[2]), PORT_MOD_DOWN);
	clear(2, PORT_MOD_DOWN);
	assert_int_equal(bridge_port_flags(port[2]), 0);
}

static void no_flood_is_for_what_is_flooded(void **state)
{
	set(2, PORT_MOD_NO_FLOOD);
	assert_int_equal(outputs_of(BROADCAST), 3);
	flows("actions=flood");
	assert_int_equal(outputs_of(BROADCAST), 3);
	flows("actions=all");
	assert_int_equal(outputs_of(BROADCAST), 23);
	flows("actions=output:2");
	assert_int_equal(outputs_of(BROADCAST), 2);
}

static void an_address_is_found_behind_a_port_that_is_not_flooded_to(void **state)
{
	set(2, PORT_MOD_NO_FLOOD);
	rig_put(port[2], bytes, ether_frame(bytes, A, B, ETHER_UNTAGGED));
	rig_turn(&rig);
	for (unsigned i = 1; i <= 3; i++)
		rig_take(port[i], bytes);
	assert_int_equal(outputs_of(B), 2);
}

static void no_forward_is_for_all(void **state)
{
	static const char *const lines[] = {"actions=normal", "actions=flood", "actions=all"};

	set(2, PORT_MOD_NO_FWD);
	for (unsigned i = 0; i < 3; i++) {
		flows(lines[i]);
		assert_int_equal(outputs_of(BROADCAST), 3);
	}
	flows("actions=output:2");
	assert_int_equal(outputs_of(BROADCAST), 0);
	assert_int_equal(rig_drops(port[1], DROP_NOT_FORWARDED), 1);
	flows("actions=mirror:2,output:3");
	assert_int_equal(outputs_of(BROADCAST), 3);
	set(1, PORT_MOD_NO_FWD);
	flows("actions=in_port");
	assert_int_equal(outputs_of(BROADCAST), 0);
	clear(1, PORT_MOD_NO_FWD);
	assert_int_equal(outputs_of(BROADCAST), 1);
}

static void no_receive_drops_and_counts(void **state)
{
	flows("actions=output:2");
	set(1, PORT_MOD_NO_RECV);
	assert_int_equal(outputs_of(B), 0);
	assert_int_equal(rig_drops(port[1], DROP_NOT_FORWARDED), 1);
	clear(1, PORT_MOD_NO_RECV);
	assert_int_equal(outputs_of(B), 2);
}

/* Both are in the cache at a time, so its mask must tell them apart. */
static void spanning_tree_packets_have_a_flag_of_their_own(void **state)
{
	flows("actions=output:2");
	set(1, PORT_MOD_NO_RECV);
	assert_int_equal(outputs_of(STP), 2);
	assert_int_equal(outputs_of(B), 0);
	clear(1, PORT_MOD_NO_RECV);
	set(1, PORT_MOD_NO_RECV_STP);
	assert_int_equal(outputs_of(STP), 0);
	assert_int_equal(outputs_of(B), 2);
}

static void no_packet_in_is_for_misses(void **state)
{
	const struct flow_table_mod config = {.miss = TABLE_MISS_CONTROLLER};

	flows_do(rig.bridge, FLOW_DELETE, "");
	assert_int_equal(bridge_table_mod(rig.bridge, 0, &config, NULL), 0);
	outputs_of(B);
	vswitch_tick(rig.sw);
	set(1, PORT_MOD_NO_PACKET_IN);
	outputs_of(B);
	outputs_of(B);
	assert_int_equal(rig_drops(port[1], DROP_TABLE_MISS), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(flags_are_set_one_by_one),
		TEST(down_is_what_the_device_is),
		TEST(no_flood_is_for_what_is_flooded),
		TEST(an_address_is_found_behind_a_port_that_is_not_flooded_to),
		TEST(no_forward_is_for_all),
		TEST(no_receive_drops_and_counts),
		TEST(spanning_tree_packets_have_a_flag_of_their_own),
		TEST(no_packet_in_is_for_misses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
