/* What rows ask for in vain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/house.h"
#include "support/rows.h"
#include "switch/bridge.h"

static int setup_two_ports(void **state)
{
	house_setup(state);
	house_configure(*state, TWO_PORTS);
	return 0;
}

static void test_what_a_bridge_cannot_do_is_told(void **state)
{
	struct house *house = *state;

	house_configure(house, UPDATE("Bridge", "br0",
				      "\"stp_enable\":true,\"mcast_snooping_enable\":true"));
	assert_string_equal(house_get(house, "Bridge", "br0", "status"),
			    "[\"map\",[[\"error\",\"stp_enable: there is no spanning tree: keep "
			    "the network free of loops; mcast_snooping_enable: there is no "
			    "multicast snooping: multicast is flooded\"]]]");
	assert_non_null(bridge_port_lookup(bridge_lookup(house->sw, "br0"), "a"));
	house_configure(house, UPDATE("Bridge", "br0",
				      "\"stp_enable\":false,\"mcast_snooping_enable\":false,"
				      "\"flood_vlans\":[\"set\",[0,8]]"));
	assert_string_equal(house_get(house, "Bridge", "br0", "status"),
			    "[\"map\",[[\"error\",\"flood_vlans: addresses are learned in all "
			    "VLANs, these too\"]]]");
	house_configure(house, UPDATE("Bridge", "br0", "\"flood_vlans\":[\"set\",[]]"));
	assert_string_equal(house_get(house, "Bridge", "br0", "status"), "[\"map\",[]]");
}

static void test_what_a_controller_cannot_have_is_told(void **state)
{
	struct house *house = *state;

	house_configure(house,
			"{\"op\":\"insert\",\"table\":\"Controller\",\"uuid-name\":\"c\",\"row\":{"
			"\"target\":\"tcp:127.0.0.1:1\",\"connection_mode\":\"in-band\"}}," UPDATE(
				"Bridge", "br0", "\"controller\":[\"named-uuid\",\"c\"]"));
	assert_string_equal(
		house_get(house, "Bridge", "br0", "status"),
		"[\"map\",[[\"error\",\"controller tcp:127.0.0.1:1: connection_mode=in-band: "
		"there is no in-band control: let flows carry what it says "
		"(actions=normal)\"]]]");
	house_configure(house, "{\"op\":\"update\",\"table\":\"Controller\",\"where\":[],\"row\":{"
			       "\"connection_mode\":\"out-of-band\"}}");
	assert_string_equal(house_get(house, "Bridge", "br0", "status"), "[\"map\",[]]");
}

/* What Open vSwitch would do and the switch does not, and what nobody knows. The port works all the same. */
static void test_what_a_port_cannot_do_is_told(void **state)
{
	static const struct {
		const char *update;
		const char *error;
	} rows[] = {
		{UPDATE("Port", "a", "\"lacp\":\"active\""),
		 "\"lacp=active: there is no LACP: turn it off at the other end, too\""},
		{UPDATE("Port", "a", "\"bond_mode\":\"balance-slb\",\"bond_fake_iface\":true"),
		 "\"bond_mode=balance-slb: there are no bonds: a port has one interface; bond_fake_iface: "
		 "there are no bonds: a port has one interface\""},
		{UPDATE("Interface", "a", "\"bfd\":[\"map\",[[\"enable\",\"true\"]]]"),
		 "\"bfd:enable=true: there is no BFD: link_state alone tells that a link is down\""},
		{UPDATE("Interface", "a", "\"lldp\":[\"map\",[[\"enable\",\"true\"]]]"),
		 "\"lldp:enable=true: there is no LLDP: neighbours are not told, nor heard of\""},
		{UPDATE("Interface", "a", "\"cfm_mpid\":7"),
		 "\"cfm_mpid: there is no CFM: link_state alone tells that a link is down\""},
		{UPDATE("Interface", "a",
			"\"options\":[\"map\",[[\"hok\",\"xdp\"],[\"n_rxq\",\"1\"]]]"),
		 "\"options:hok is not known: use hook, n_rxq or zerocopy\""},
	};
	static const char *const nothing[] = {
		UPDATE("Port", "a",
		       "\"lacp\":\"off\",\"bond_mode\":[\"set\",[]],\"bond_fake_iface\":false"),
		UPDATE("Interface", "a",
		       "\"bfd\":[\"map\",[[\"enable\",\"false\"],[\"min_rx\",\"100\"]]],"
		       "\"lldp\":[\"map\",[]],\"cfm_mpid\":[\"set\",[]],\"options\":[\"map\",[]]"),
		UPDATE("Interface", "a",
		       "\"external_ids\":[\"map\",[[\"iface-id\",\"x\"]]],"
		       "\"other_config\":[\"map\",[[\"of-somebody\",\"x\"]]]"),
	};
	struct house *house = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		house_configure(house, rows[i].update);
		assert_string_equal(house_get(house, "Interface", "a", "error"), rows[i].error);
		assert_int_not_equal(atoi(house_get(house, "Interface", "a", "ofport")), -1);
		for (size_t j = 0; j < sizeof(nothing) / sizeof(*nothing); j++)
			house_configure(house, nothing[j]);
		assert_string_equal(house_get(house, "Interface", "a", "error"), "[\"set\",[]]");
	}
}

static void test_a_new_port_works_without_what_is_missing(void **state)
{
	struct house *house = *state;

	house_configure(
		house,
		PORT("c", ",\"lacp\":\"passive\"",
		     FAKE
		     ",\"options\":[\"map\",[[\"peer\",\"b\"]]]") "," BRIDGE("br1", NAMED("c")));
	assert_non_null(bridge_port_lookup(bridge_lookup(house->sw, "br1"), "c"));
	assert_string_equal(house_get(house, "Interface", "c", "error"),
			    "\"lacp=passive: there is no LACP: turn it off at the other end, too; "
			    "options:peer is not known: use hook, n_rxq or zerocopy\"");
}

/* Of a type that there is not, the type is what is wrong. */
static void test_options_of_a_type_that_is_missing(void **state)
{
	struct house *house = *state;

	house_configure(house, UPDATE("Interface", "a",
				      "\"type\":\"patch\","
				      "\"options\":[\"map\",[[\"peer\",\"b\"]]]"));
	assert_string_equal(house_get(house, "Interface", "a", "error"),
			    "\"type patch is not supported: use system, internal or afxdp\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_two_ports, house_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_a_bridge_cannot_do_is_told),
		TEST(test_what_a_controller_cannot_have_is_told),
		TEST(test_what_a_port_cannot_do_is_told),
		TEST(test_a_new_port_works_without_what_is_missing),
		TEST(test_options_of_a_type_that_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
