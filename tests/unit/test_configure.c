#include <event2/event.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "path/worker.h"
#include "port/port_fake.h"
#include "support/house.h"
#include "support/rows.h"
#include "switch/bridge.h"

static int setup_two_ports(void **state)
{
	house_setup(state);
	house_configure(*state, TWO_PORTS);
	return 0;
}

static int visit_count(struct bridge_port *port, void *ctx)
{
	++*(unsigned *)ctx;
	return 0;
}

static unsigned n_ports(struct house *house, const char *name)
{
	struct bridge *bridge = bridge_lookup(house->sw, name);
	unsigned n = 0;

	assert_non_null(bridge);
	bridge_for_each_port(bridge, visit_count, &n);
	return n;
}

static struct bridge_port *port_of(struct house *house, const char *bridge, const char *port)
{
	struct bridge *b = bridge_lookup(house->sw, bridge);

	return b ? bridge_port_lookup(b, port) : NULL;
}

static unsigned ofport_of(struct house *house, const char *bridge, const char *port)
{
	struct bridge_port_status status;

	assert_non_null(port_of(house, bridge, port));
	bridge_port_status(port_of(house, bridge, port), &status);
	return status.ofport;
}

static void test_new_database_gets_its_row(void **state)
{
	struct house *house = *state;
	struct json_object *row;
	const char *text;

	house_configure(house, "{\"op\":\"comment\",\"comment\":\"nothing\"}");
	row = house_call(house, "transact",
			 "[\"Open_vSwitch\",{\"op\":\"select\",\"table\":\"Open_vSwitch\","
			 "\"where\":[],\"columns\":[\"iface_types\",\"db_version\"]}]");
	text = json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN);
	assert_non_null(strstr(text, "\"db_version\":\"8.3.1\""));
	assert_non_null(strstr(text, "[\"afxdp\",\"internal\",\"system\"]"));
}

static void test_ports_are_made_and_told(void **state)
{
	struct house *house = *state;

	assert_int_equal(n_ports(house, "br0"), 2);
	assert_string_equal(house_get(house, "Interface", "a", "error"), "[\"set\",[]]");
	assert_int_equal(atoi(house_get(house, "Interface", "a", "ofport")),
			 ofport_of(house, "br0", "a"));
	assert_string_equal(house_get(house, "Interface", "a", "link_state"), "\"up\"");
	assert_non_null(strstr(house_get(house, "Interface", "a", "statistics"), "rx_packets"));
}

static void test_ports_go(void **state)
{
	struct house *house = *state;

	house_configure(house, UPDATE("Bridge", "br0", "\"ports\":[\"set\",[]]"));
	assert_int_equal(n_ports(house, "br0"), 0);
	house_configure(house, "{\"op\":\"update\",\"table\":\"Open_vSwitch\",\"where\":[],"
			       "\"row\":{\"bridges\":[\"set\",[]]}}");
	assert_null(bridge_lookup(house->sw, "br0"));
}

static void test_port_moves_to_another_bridge(void **state)
{
	struct house *house = *state;

	house_configure(house, UPDATE("Bridge", "br0", "\"ports\":[\"set\",[]]") "," PORT(
				       "a", "", FAKE) "," BRIDGE("br1", NAMED("a")));
	assert_int_equal(n_ports(house, "br0"), 0);
	assert_int_equal(n_ports(house, "br1"), 1);
	assert_non_null(port_of(house, "br1", "a"));
}

static void test_a_port_is_on_one_bridge(void **state)
{
	struct house *house = *state;
	static const char both[] =
		"\"on two bridges, br0 and br1: it stays on br0: remove it from one\"";
	static const char add[] =
		"{\"op\":\"mutate\",\"table\":\"Bridge\",\"where\":[[\"name\",\"==\","
		"\"br1\"]],\"mutations\":[[\"ports\",\"insert\",[\"uuid\",\"%s\"]]]}";
	char operation[256], uuid[64];

	sscanf(house_get(house, "Port", "a", "_uuid"), "[\"uuid\",\"%36s", uuid);
	snprintf(operation, sizeof(operation), add, uuid);
	house_configure(house, BRIDGE("br1", ""));
	house_configure(house, operation);
	assert_non_null(port_of(house, "br0", "a"));
	assert_null(port_of(house, "br1", "a"));
	assert_string_equal(house_get(house, "Interface", "a", "error"), both);
	/* the same after a restart */
	house_restart(house);
	house_configure(house, "{\"op\":\"comment\",\"comment\":\"nothing\"}");
	assert_non_null(port_of(house, "br0", "a"));
	assert_string_equal(house_get(house, "Interface", "a", "error"), both);
	house_configure(house, UPDATE("Bridge", "br0", "\"ports\":[\"set\",[]]"));
	assert_non_null(port_of(house, "br1", "a"));
	assert_string_equal(house_get(house, "Interface", "a", "error"), "[\"set\",[]]");
	/* where it is counts more than the name */
	operation[strstr(operation, "br1") - operation + 2] = '0';
	house_configure(house, operation);
	assert_non_null(port_of(house, "br1", "a"));
	assert_string_equal(house_get(house, "Interface", "a", "error"),
			    "\"on two bridges, br1 and br0: it stays on br1: remove it from one\"");
}

static void test_an_interface_is_in_one_port(void **state)
{
	struct house *house = *state;
	char operation[512], uuid[64];

	sscanf(house_get(house, "Port", "a", "interfaces"), "[\"uuid\",\"%36s", uuid);
	snprintf(operation, sizeof(operation),
		 UPDATE("Port", "b", "\"interfaces\":[\"uuid\",\"%s\"]"), uuid);
	house_configure(house, operation);
	assert_non_null(port_of(house, "br0", "a"));
	assert_string_equal(house_get(house, "Interface", "a", "error"),
			    "\"in two ports, a and b: remove it from one\"");
}

static void test_results_that_others_overwrite_are_corrected(void **state)
{
	static const struct {
		const char *table, *name, *column, *wrong;
	} rows[] = {
		{"Interface", "a", "error", "\"nonsense\""},
		{"Interface", "a", "ofport", "77"},
		{"Interface", "a", "ofport", "[\"set\",[]]"},
		{"Interface", "a", "link_state", "\"down\""},
		{"Interface", "a", "link_state", "[\"set\",[]]"},
		{"Interface", "a", "link_resets", "9"},
		{"Interface", "a", "ifindex", "9"},
		{"Interface", "a", "status", "[\"map\",[[\"mode\",\"wrong\"]]]"},
		{"Bridge", "br0", "status", "[\"map\",[[\"error\",\"wrong\"]]]"},
		{"Bridge", "br0", "datapath_id", "\"wrong\""},
	};
	struct house *house = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		own(mem_free) char *right =
			strdup(house_get(house, rows[i].table, rows[i].name, rows[i].column));
		char operation[256];

		snprintf(operation, sizeof(operation), UPDATE("%s", "%s", "\"%s\":%s"),
			 rows[i].table, rows[i].name, rows[i].column, rows[i].wrong);
		house_configure(house, operation);
		assert_string_equal(house_get(house, rows[i].table, rows[i].name, rows[i].column),
				    right);
	}
}

static void test_wrong_settings_are_told(void **state)
{
	static const struct {
		const char *update;
		const char *error;
	} rows[] = {
		{UPDATE("Interface", "a", "\"type\":\"vxlan\""),
		 "\"type vxlan is not supported: use system, internal or afxdp\""},
		{UPDATE("Interface", "a", "\"options\":[\"map\",[[\"hook\",\"tc\"]]]"),
		 "\"options:hook tc is not supported: use auto, xdp, skb\""},
		{UPDATE("Interface", "a", "\"options\":[\"map\",[[\"n_rxq\",\"65\"]]]"),
		 "\"options:n_rxq=65 is not a number from 0 to 64\""},
		{UPDATE("Interface", "a", "\"options\":[\"map\",[[\"n_rxq\",\"-1\"]]]"),
		 "\"options:n_rxq=-1 is not a number from 0 to 64\""},
		{UPDATE("Interface", "a", "\"options\":[\"map\",[[\"zerocopy\",\"yes\"]]]"),
		 "\"options:zerocopy=yes is neither true nor false\""},
		{UPDATE("Port", "a", "\"vlan_mode\":\"dot1q-tunnel\""),
		 "\"vlan_mode dot1q-tunnel is not supported: use trunk, access, native-tagged, "
		 "native-untagged\""},
		{UPDATE("Port", "a", "\"other_config\":[\"map\",[[\"priority-tags\",\"x\"]]]"),
		 "\"other_config:priority-tags x is not supported: use never, false, if-nonzero, "
		 "true, always\""},
		{UPDATE("Interface", "a", "\"mtu_request\":65536"),
		 "\"mtu_request 65536 is more than 65535 bytes\""},
		{UPDATE("Interface", "a", "\"type\":\"internal\",\"mac\":\"01:00:00:00:00:01\""),
		 "\"mac 01:00:00:00:00:01 is no device's address: use one whose first byte is even, "
		 "such as 02:00:00:00:00:01\""},
		{UPDATE("Interface", "a", "\"type\":\"internal\",\"mac\":\"00:00:00:00:00:00\""),
		 "\"mac 00:00:00:00:00:00 is no device's address: use one whose first byte is even, "
		 "such as 02:00:00:00:00:01\""},
		{UPDATE("Interface", "a",
			"\"mtu_request\":65536,\"options\":[\"map\",[[\"hook\",\"tc\"],[\"n_rxq\",\"x\"]]]"),
		 "\"options:hook tc is not supported: use auto, xdp, skb; options:n_rxq=x is not a number "
		 "from 0 to 64; mtu_request 65536 is more than 65535 bytes\""},
		{UPDATE("Interface", "a", "\"type\":\"internal\",\"mac\":\"02:00:00:00:00\""),
		 "\"mac: \\\"02:00:00:00:00\\\" is not a MAC address: write it as 02:00:00:00:00:01\""},
	};
	static const char good_interface[] =
		UPDATE("Interface", "a",
		       "\"type\":\"fake\",\"options\":[\"map\",[]],"
		       "\"mtu_request\":[\"set\",[]],\"mac\":[\"set\",[]]");
	static const char good_port[] = UPDATE("Port", "a",
					       "\"vlan_mode\":[\"set\",[]],"
					       "\"other_config\":[\"map\",[]]");
	struct house *house = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		house_configure(house, rows[i].update);
		assert_string_equal(house_get(house, "Interface", "a", "error"), rows[i].error);
		/* what there was goes on */
		assert_non_null(port_of(house, "br0", "a"));
		house_configure(house, good_interface);
		house_configure(house, good_port);
		assert_string_equal(house_get(house, "Interface", "a", "error"), "[\"set\",[]]");
	}
}

static void test_wrong_new_port_is_not_made(void **state)
{
	struct house *house = *state;

	house_configure(house,
			PORT("c", "", ",\"type\":\"gre\"") "," PORT(
				"much_too_long_a_name", "",
				FAKE) "," BRIDGE("br1", NAMED("c") "," NAMED("much_too_long_a_"
									     "name")));
	assert_int_equal(n_ports(house, "br1"), 0);
	assert_string_equal(house_get(house, "Interface", "c", "ofport"), "-1");
	assert_string_equal(house_get(house, "Interface", "much_too_long_a_name", "error"),
			    "\"much_too_long_a_name is longer than a device's name: at most 15 "
			    "characters\"");
	house_configure(house, UPDATE("Interface", "c", "\"type\":\"fake\""));
	assert_int_equal(n_ports(house, "br1"), 1);
	assert_int_not_equal(atoi(house_get(house, "Interface", "c", "ofport")), -1);
	assert_string_equal(house_get(house, "Interface", "c", "error"), "[\"set\",[]]");
}

static void test_wrong_bridge_settings_are_told(void **state)
{
	struct house *house = *state;

	house_configure(house,
			UPDATE("Bridge", "br0",
			       "\"other_config\":[\"map\",[[\"mac-table-size\",\"many\"]]]"));
	assert_string_equal(house_get(house, "Bridge", "br0", "status"),
			    "[\"map\",[[\"error\",\"other_config:mac-table-size=many is not a "
			    "number from 0 to 1000000\"]]]");
	assert_int_equal(n_ports(house, "br0"), 2);
	house_configure(house, UPDATE("Bridge", "br0",
				      "\"other_config\":[\"map\",[[\"mac-aging-time\",\"x\"],"
				      "[\"datapath-id\",\"zz\"]]]"));
	assert_string_equal(
		house_get(house, "Bridge", "br0", "status"),
		"[\"map\",[[\"error\",\"other_config:mac-aging-time=x is not a number from 0 "
		"to 3600; other_config:datapath-id=zz is not 16 hexadecimal digits, or all "
		"are 0\"]]]");
}

/* What is wrong stays as it was; the rest is done. */
static void test_right_settings_beside_wrong_ones(void **state)
{
	struct house *house = *state;

	house_configure(house, UPDATE("Port", "a", "\"vlan_mode\":\"access\",\"tag\":5"));
	house_configure(house, UPDATE("Port", "a", "\"vlan_mode\":\"dot1q-tunnel\",\"tag\":6"));
	house_configure(house, UPDATE("Interface", "a", "\"ofport_request\":99"));
	assert_int_equal(ofport_of(house, "br0", "a"), 99);
	assert_int_equal(port_of(house, "br0", "a")->config.tag, 5);
}

static void test_another_type_is_another_port(void **state)
{
	struct house *house = *state;
	unsigned before = ofport_of(house, "br0", "a");

	house_configure(house, UPDATE("Interface", "a", "\"type\":\"system\""));
	assert_null(port_of(house, "br0", "a"));
	assert_string_equal(house_get(house, "Interface", "a", "error"),
			    "\"port a: this switch runs without devices\"");
	house_configure(house, UPDATE("Interface", "a", "\"type\":\"fake\""));
	assert_int_equal(ofport_of(house, "br0", "a"), before);
	assert_string_equal(house_get(house, "Interface", "a", "error"), "[\"set\",[]]");
}

static void test_bonds_are_refused(void **state)
{
	struct house *house = *state;

	house_configure(
		house,
		"{\"op\":\"insert\",\"table\":\"Interface\",\"uuid-name\":\"x\",\"row\":{"
		"\"name\":\"x\",\"type\":\"fake\"}},"
		"{\"op\":\"mutate\",\"table\":\"Port\",\"where\":[[\"name\",\"==\",\"a\"]],"
		"\"mutations\":[[\"interfaces\",\"insert\",[\"set\",[[\"named-uuid\",\"x\"]]]]]}");
	assert_string_equal(house_get(house, "Interface", "x", "error"),
			    "\"port a has 2 interfaces: bonds are not supported, use one\"");
}

static void test_numbers_are_asked_for_and_kept(void **state)
{
	struct house *house = *state;
	unsigned before;

	house_configure(house, UPDATE("Bridge", "br0", "\"ports\":[\"set\",[]]"));
	house_configure(house, PORT("c", "", FAKE ",\"ofport_request\":77") "," PORT(
				       "d", "", FAKE) "," BRIDGE("br1", NAMED("d") "," NAMED("c")));
	assert_string_equal(house_get(house, "Interface", "c", "ofport"), "77");
	house_configure(house, UPDATE("Bridge", "br1", "\"fail_mode\":\"secure\""));
	house_configure(house, PORT("e", "", FAKE) "," BRIDGE("br2", NAMED("e")));
	before = ofport_of(house, "br1", "d");
	/* when the daemon starts again, with a row before it that has no number yet */
	house_restart(house);
	house_configure(house, "{\"op\":\"comment\",\"comment\":\"wait\"}");
	assert_int_equal(ofport_of(house, "br1", "c"), 77);
	assert_int_equal(ofport_of(house, "br1", "d"), before);
}

static bool is_connected_again(void *ctx)
{
	return ((struct house *)ctx)->n_connects >= 2;
}

static void test_lost_database_changes_nothing(void **state)
{
	struct house *house = *state;

	house_restart(house);
	house->n_connects = 0;
	house->is_refusing = true;
	house_wait(house, is_connected_again, house);
	house->is_refusing = false;
	house_configure(house, "{\"op\":\"comment\",\"comment\":\"wait\"}");
	assert_int_equal(n_ports(house, "br0"), 2);
}

static void test_statistics_come_as_often_as_asked(void **state)
{
	struct house *house = *state;

	house_configure(house,
			"{\"op\":\"update\",\"table\":\"Open_vSwitch\",\"where\":[],\"row\":{"
			"\"other_config\":[\"map\",[[\"stats-update-interval\",\"100\"]]]}}");
	house_configure(house, PORT("c", "", FAKE) "," BRIDGE("br1", NAMED("c")));
	while (!strstr(house_get(house, "Interface", "c", "statistics"), "tx_packets"))
		house_turn(house);
}

struct awaited {
	struct house *house;
	const char *name, *one, *other;
};

static bool has_come(void *ctx)
{
	const struct awaited *awaited = ctx;
	const char *text = house_get(awaited->house, "Interface", awaited->name, "statistics");

	return strstr(text, awaited->one) && strstr(text, awaited->other);
}

/* Waits until the statistics of an interface have both texts. */
static void statistics_wait(struct house *house, const char *name, const char *one,
			    const char *other)
{
	struct awaited awaited = {.house = house, .name = name, .one = one, .other = other};

	house_wait(house, has_come, &awaited);
}

static void test_drops_are_told_where_they_happen(void **state)
{
	static const uint8_t broadcast[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2};
	struct house *house = *state;

	house_configure(house,
			"{\"op\":\"update\",\"table\":\"Open_vSwitch\",\"where\":[],\"row\":{"
			"\"other_config\":[\"map\",[[\"stats-update-interval\",\"100\"]]]}}");
	port_fake_set_attached(port_of(house, "br0", "b")->fake, false);
	assert_true(port_fake_put(port_of(house, "br0", "a")->fake, broadcast, 60));
	assert_true(port_fake_put(port_of(house, "br0", "a")->fake, broadcast, 60));
	assert_true(port_fake_put(port_of(house, "br0", "a")->fake, broadcast, 13));
	while (worker_turn(house->sw->workers[0]))
		;
	statistics_wait(house, "a", "[\"rx_dropped\",1]", "[\"tx_dropped\",0]");
	statistics_wait(house, "b", "[\"rx_dropped\",0]", "[\"tx_dropped\",2]");
}

/* ---- mirrors ---- */

static const char *uuid_of(struct house *house, const char *table, const char *name)
{
	static char text[64];
	char uuid[37];

	sscanf(house_get(house, table, name, "_uuid"), "[\"uuid\",\"%36s", uuid);
	snprintf(text, sizeof(text), "[\"uuid\",\"%s\"]", uuid);
	return text;
}

/* A Mirror of br0 whose only source is `source`, and whose output is `output`: a port. */
static void add_mirror(struct house *house, const char *name, const char *source,
		       const char *output)
{
	char row[512], operations[1024];
	int len = snprintf(row, sizeof(row), "\"select_src_port\":%s",
			   uuid_of(house, "Port", source));

	if (output)
		snprintf(row + len, sizeof(row) - (size_t)len, ",\"output_port\":%s",
			 uuid_of(house, "Port", output));
	snprintf(operations, sizeof(operations),
		 "{\"op\":\"insert\",\"table\":\"Mirror\",\"uuid-name\":\"m\",\"row\":{\"name\":"
		 "\"%s\",%s}},{\"op\":\"mutate\",\"table\":\"Bridge\",\"where\":[[\"name\",\"==\","
		 "\"br0\"]],\"mutations\":[[\"mirrors\",\"insert\",[\"named-uuid\",\"m\"]]]}",
		 name, row);
	house_configure(house, operations);
}

/* A frame that comes in by `from`: how many leave by `to`? */
static unsigned pass(struct house *house, const char *from, const char *to)
{
	static const uint8_t broadcast[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2};
	uint8_t frame[PORT_FAKE_FRAME_MAX];
	unsigned n = 0;

	assert_true(port_fake_put(port_of(house, "br0", from)->fake, broadcast, 60));
	while (worker_turn(house->sw->workers[0]))
		;
	while (port_fake_take(port_of(house, "br0", to)->fake, frame))
		n++;
	return n;
}

static bool has_counted_two(void *ctx)
{
	return !strcmp(house_get(ctx, "Mirror", "m1", "statistics"),
		       "[\"map\",[[\"tx_bytes\",120],[\"tx_packets\",2]]]");
}

static void test_mirrors_are_made_and_counted(void **state)
{
	struct house *house = *state;

	house_configure(house,
			"{\"op\":\"update\",\"table\":\"Open_vSwitch\",\"where\":[],\"row\":{"
			"\"other_config\":[\"map\",[[\"stats-update-interval\",\"100\"]]]}}");
	assert_int_equal(pass(house, "a", "b"), 1);

	add_mirror(house, "m1", "a", "b");

	assert_int_equal(pass(house, "a", "b"), 1); /* the copy; nothing else goes there */
	assert_int_equal(pass(house, "b", "a"), 0);
	house_configure(house, UPDATE("Mirror", "m1", "\"snaplen\":64"));
	assert_int_equal(pass(house, "a", "b"), 1);
	house_wait(house, has_counted_two, house);

	house_configure(house, UPDATE("Bridge", "br0", "\"mirrors\":[\"set\",[]]"));
	assert_int_equal(pass(house, "b", "a"), 1);
}

static void test_wrong_mirrors_are_told(void **state)
{
	struct house *house = *state;

	add_mirror(house, "m1", "a", NULL);
	assert_string_equal(house_get(house, "Bridge", "br0", "status"),
			    "[\"map\",[[\"mirror_error\",\"mirror m1 of bridge br0 has no output: "
			    "give it a port or a VLAN\"]]]");

	house_configure(house, UPDATE("Mirror", "m1", "\"output_vlan\":7"));
	assert_string_equal(house_get(house, "Bridge", "br0", "status"), "[\"map\",[]]");

	house_configure(house, PORT("c", "", FAKE) "," BRIDGE("br1", NAMED("c")));
	add_mirror(house, "m2", "a", "c");
	assert_string_equal(house_get(house, "Bridge", "br0", "status"),
			    "[\"map\",[[\"mirror_error\",\"mirror m2: output_port c is not on its "
			    "bridge: choose a port that is\"]]]");
}

static void test_one_mirror_too_many_does_not_come(void **state)
{
	struct house *house = *state;

	for (int i = 0; i < 32; i++) {
		char name[8];

		snprintf(name, sizeof(name), "m%d", i);
		add_mirror(house, name, "a", "b");
	}
	assert_string_equal(house_get(house, "Bridge", "br0", "status"), "[\"map\",[]]");
	add_mirror(house, "a0", "a", "b");
	assert_string_equal(
		house_get(house, "Bridge", "br0", "status"),
		"[\"map\",[[\"mirror_error\",\"mirror a0 is one too many: bridge br0 has "
		"32, delete one\"]]]");
	assert_int_equal(pass(house, "a", "b"), 1);
}

/* ---- random changes against the stupid model: the rows themselves ---- */

#define N_NAMES   12
#define N_BRIDGES 3
#define N_STEPS   150

static void random_row(char *text, size_t size, const int *bridge_of, int bridge)
{
	size_t len =
		(size_t)snprintf(text, size,
				 "{\"op\":\"update\",\"table\":\"Bridge\",\"where\":[[\"name\","
				 "\"==\",\"br%d\"]],\"row\":{\"ports\":[\"set\",[",
				 bridge);
	const char *comma = "";

	for (int i = 0; i < N_NAMES; i++) {
		if (bridge_of[i] != bridge)
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s[\"named-uuid\",\"p%d\"]", comma,
					i);
		comma = ",";
	}
	snprintf(text + len, size - len, "]]}}");
}

/* All rows are written anew: what is the same by name must be the same port. */
static void random_configure(struct house *house, const int *bridge_of)
{
	char text[8192] = "", one[1024];
	const char *comma = "";

	for (int i = 0; i < N_NAMES; i++) {
		if (bridge_of[i] < 0)
			continue;
		snprintf(
			text + strlen(text), sizeof(text) - strlen(text),
			"%s{\"op\":\"insert\",\"table\":\"Interface\",\"uuid-name\":\"i%d\",\"row\":"
			"{\"name\":\"n%d\",\"type\":\"fake\"}},{\"op\":\"insert\",\"table\":\"Port\","
			"\"uuid-name\":\"p%d\",\"row\":{\"name\":\"n%d\",\"interfaces\":"
			"[\"named-uuid\",\"i%d\"]}}",
			comma, i, i, i, i, i);
		comma = ",";
	}
	for (int b = 0; b < N_BRIDGES; b++) {
		random_row(one, sizeof(one), bridge_of, b);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", comma, one);
		comma = ",";
	}
	house_configure(house, text);
}

static void test_the_switch_follows_random_changes(void **state)
{
	struct house *house = *state;
	const char *given = getenv("SEED");
	unsigned seed = given ? (unsigned)atoi(given) : (unsigned)time(NULL);
	int bridge_of[N_NAMES];

	print_message("SEED=%u\n", seed);
	srand(seed);
	house_configure(house, BRIDGE("br0", "") "," BRIDGE("br1", "") "," BRIDGE("br2", ""));
	for (int i = 0; i < N_NAMES; i++)
		bridge_of[i] = -1;
	for (int step = 0; step < N_STEPS; step++) {
		for (int n = rand() % 4; n >= 0; n--)
			bridge_of[rand() % N_NAMES] = rand() % (N_BRIDGES + 1) - 1;
		random_configure(house, bridge_of);
		for (int i = 0; i < N_NAMES; i++) {
			char port[16], bridge[16];

			snprintf(port, sizeof(port), "n%d", i);
			for (int b = 0; b < N_BRIDGES; b++) {
				snprintf(bridge, sizeof(bridge), "br%d", b);
				assert_int_equal(port_of(house, bridge, port) != NULL,
						 bridge_of[i] == b);
			}
		}
	}
}

#define TEST(name)     cmocka_unit_test_setup_teardown(name, setup_two_ports, house_teardown)
#define TEST_NEW(name) cmocka_unit_test_setup_teardown(name, house_setup, house_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_NEW(test_new_database_gets_its_row),
		TEST(test_ports_are_made_and_told),
		TEST(test_ports_go),
		TEST(test_port_moves_to_another_bridge),
		TEST(test_a_port_is_on_one_bridge),
		TEST(test_an_interface_is_in_one_port),
		TEST(test_results_that_others_overwrite_are_corrected),
		TEST(test_wrong_settings_are_told),
		TEST(test_wrong_new_port_is_not_made),
		TEST(test_wrong_bridge_settings_are_told),
		TEST(test_right_settings_beside_wrong_ones),
		TEST(test_another_type_is_another_port),
		TEST(test_bonds_are_refused),
		TEST(test_numbers_are_asked_for_and_kept),
		TEST(test_lost_database_changes_nothing),
		TEST(test_statistics_come_as_often_as_asked),
		TEST(test_drops_are_told_where_they_happen),
		TEST(test_mirrors_are_made_and_counted),
		TEST(test_wrong_mirrors_are_told),
		TEST(test_one_mirror_too_many_does_not_come),
		TEST_NEW(test_the_switch_follows_random_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
