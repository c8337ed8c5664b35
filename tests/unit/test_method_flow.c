/* flow-mod, flow-dump and flow-watch over the wire, as a client sees them. */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/own.h"
#include "base/print.h"
#include "stream/connection.h"
#include "support/house.h"

#define BRIDGES \
	"{\"op\":\"insert\",\"table\":\"Bridge\",\"uuid-name\":\"b\",\"row\":{\"name\":\"br0\"," \
	"\"fail_mode\":\"secure\"}},{\"op\":\"insert\",\"table\":\"Bridge\",\"uuid-name\":\"c\"," \
	"\"row\":{\"name\":\"br1\",\"fail_mode\":\"secure\"}},{\"op\":\"mutate\",\"table\":" \
	"\"Open_vSwitch\",\"where\":[],\"mutations\":[[\"bridges\",\"insert\",[\"set\",[[" \
	"\"named-uuid\",\"b\"],[\"named-uuid\",\"c\"]]]]]}"

static int setup(void **state)
{
	house_setup(state);
	house_configure(*state, BRIDGES);
	return 0;
}

/* Calls a method; its error for people, NULL: none. The result is in house->reply. */
static const char *call(struct house *house, const char *method, const char *params)
{
	struct json_object *reply = house_call(house, method, params);
	struct json_object *error = json_object_object_get(reply, "error");

	return error ? json_object_get_string(json_object_object_get(error, "details")) : NULL;
}

static struct json_object *result(struct house *house)
{
	return json_object_object_get(house->reply, "result");
}

static const char *dumped(struct house *house, const char *filter)
{
	char params[256];

	snprintf(params, sizeof(params),
		 "[{\"bridge\":\"br0\",\"no-stats\":true,\"filter\":\"%s\"}]", filter);
	assert_null(call(house, "flow-dump", params));
	return json_object_get_string(json_object_object_get(result(house), "flows"));
}

#define MOD(flows)  "[{\"bridge\":\"br0\",\"flows\":\"" flows "\"}]"
#define PART(flows) "[{\"bridge\":\"br0\",\"more\":true,\"flows\":\"" flows "\"}]"

static void test_all_lines_or_none(void **state)
{
	struct house *house = *state;

	assert_string_equal(call(house, "flow-mod", MOD("arp,actions=1\\n# no\\nip,actions=x\\n")),
			    "line 3: \"x\" is neither an action (see ovs-actions(7)) nor a port");
	assert_string_equal(dumped(house, ""), "");
	assert_null(call(house, "flow-mod", MOD("arp,actions=1\\n\\nip,actions=drop # yes")));
	assert_int_equal(json_object_get_int(json_object_object_get(result(house), "flows")), 2);
	assert_string_equal(dumped(house, ""), "arp actions=output:1\nip actions=drop\n");
}

static void test_commands(void **state)
{
	struct house *house = *state;

	assert_null(call(house, "flow-mod", MOD("ip,actions=1\\ntcp,actions=2\\ndelete tcp")));
	assert_string_equal(dumped(house, ""), "ip actions=output:1\n");
	assert_null(call(house, "flow-mod",
			 "[{\"bridge\":\"br0\",\"flows\":\"actions=3\",\"command\":\"modify\"}]"));
	assert_string_equal(dumped(house, ""), "ip actions=output:3\n");
	assert_null(call(house, "flow-mod",
			 "[{\"bridge\":\"br0\",\"flows\":\"tcp\",\"command\":\"delete-strict\"}]"));
	assert_string_equal(dumped(house, "ip"), "ip actions=output:3\n");
	assert_null(call(house, "flow-mod",
			 "[{\"bridge\":\"br0\",\"flows\":\"ip\",\"command\":\"delete\"}]"));
	assert_string_equal(dumped(house, ""), "");
}

static void test_parts_are_one_change(void **state)
{
	struct house *house = *state;

	assert_null(call(house, "flow-mod", PART("arp,actions=1\\n")));
	assert_string_equal(dumped(house, ""), "");
	assert_null(call(house, "flow-mod", PART("ip,actions=1\\n")));
	assert_string_equal(dumped(house, ""), "");
	assert_null(call(house, "flow-mod", MOD("rarp,actions=1\\n")));
	assert_int_equal(json_object_get_int(json_object_object_get(result(house), "flows")), 3);
	assert_string_equal(dumped(house, ""),
			    "arp actions=output:1\nip actions=output:1\nrarp actions=output:1\n");
}

static void test_a_wrong_part_ends_it(void **state)
{
	struct house *house = *state;

	assert_null(call(house, "flow-mod", PART("arp,actions=1\\nip,actions=1\\n")));
	assert_string_equal(call(house, "flow-mod",
				 "[{\"bridge\":\"br1\",\"flows\":\"ip,actions=1\",\"more\":true}]"),
			    "bridge must be br0, like that of the parts before");
	assert_null(call(house, "flow-mod", PART("arp,actions=1\\nip,actions=1\\n")));
	assert_null(call(house, "flow-mod", PART("\\nip,actions\\n")));
	assert_string_equal(call(house, "flow-mod", MOD("tcp,actions=drop")),
			    "line 4: \"actions\": write actions=ACTIONS");
	assert_null(call(house, "flow-mod", MOD("tcp,actions=drop")));
	assert_string_equal(dumped(house, ""), "tcp actions=drop\n");
}

#define NUMBERED(part, flows) \
	"[{\"bridge\":\"br0\",\"more\":true,\"part\":" #part ",\"flows\":\"" flows "\"}]"

static void test_what_follows_a_wrong_part_is_refused(void **state)
{
	struct house *house = *state;

	assert_non_null(call(house, "flow-mod",
			     "[{\"bridge\":\"br9\",\"more\":true,\"part\":0,\"flows\":\"arp\"}]"));
	assert_string_equal(call(house, "flow-mod", NUMBERED(1, "ip,actions=1\\n")),
			    "part must be 0, not 1: parts before it were refused, or never came");
	assert_non_null(call(house, "flow-mod",
			     "[{\"bridge\":\"br0\",\"part\":2,\"flows\":\"ip,actions=1\"}]"));
	assert_string_equal(dumped(house, ""), "");
	assert_null(call(house, "flow-mod", NUMBERED(0, "arp,actions=1\\n")));
	assert_string_equal(call(house, "flow-mod", NUMBERED(2, "ip,actions=1\\n")),
			    "part must be 1, not 2: parts before it were different ones");
	assert_non_null(call(house, "flow-mod", NUMBERED(1, "ip,actions=1\\n")));
	assert_string_equal(dumped(house, ""), "");
}

/* Sends the flow-mod whose lines are "table=T,priority=P,..." for all of n numbers. */
static void add_many(struct house *house, unsigned n)
{
	own(print_fini) struct print text = {0};

	print_add(&text, "[{\"bridge\":\"br0\",\"flows\":\"");
	for (unsigned i = 0; i < n; i++)
		print_fmt(&text, "table=%u,priority=%u,ip,nw_src=10.0.%u.%u,actions=drop\\n", i % 3,
			  i % 7, i >> 8, i & 255);
	print_add(&text, "\"}]");
	assert_null(call(house, "flow-mod", print_text(&text)));
}

/* Counts the flows of all pages, checks that they stand in order. `between` runs after the first. */
static unsigned dump_pages(struct house *house, unsigned *n_pages,
			   void (*between)(struct house *house))
{
	unsigned n = 0, before = 0;
	int after = 0;

	for (*n_pages = 0; !*n_pages || after; ++*n_pages) {
		own(json_free) struct json_object *page = NULL;
		const char *at;
		char params[128];

		snprintf(params, sizeof(params),
			 after ? "[{\"bridge\":\"br0\",\"after\":%d}]" : "[{\"bridge\":\"br0\"}]",
			 after);
		assert_null(call(house, "flow-dump", params));
		page = json_object_get(result(house));
		after = json_object_get_int(json_object_object_get(page, "after"));
		at = json_object_get_string(json_object_object_get(page, "flows"));
		for (; *at; at = strchr(at, '\n') + 1, n++) {
			unsigned table = (unsigned)atoi(strstr(at, "table=") + 6);
			unsigned priority = (unsigned)atoi(strstr(at, "priority=") + 9);
			unsigned rank = table << 16 | (65535 - priority);

			assert_true(rank >= before);
			before = rank;
		}
		if (between && !*n_pages)
			between(house);
	}
	return n;
}

static void test_pages_have_every_flow_once(void **state)
{
	struct house *house = *state;
	unsigned n_pages;

	add_many(house, 20000);
	assert_int_equal(dump_pages(house, &n_pages, NULL), 20000);
	assert_in_range(n_pages, 3, 100);
}

static void change_between(struct house *house)
{
	/* one that was shown goes, one that was not; one comes at the very front */
	assert_null(call(house, "flow-mod",
			 MOD("delete table=0,ip,nw_src=10.0.0.6\\ndelete table=2,ip,nw_src=10.0.0.2"
			     "\\ntable=0,priority=999,tcp,actions=drop")));
}

static void test_flows_change_between_pages(void **state)
{
	struct house *house = *state;
	unsigned n_pages;

	add_many(house, 20000);
	assert_int_equal(dump_pages(house, &n_pages, change_between), 19999);
}

static void delete_all(struct house *house)
{
	assert_null(call(house, "flow-mod",
			 "[{\"bridge\":\"br0\",\"flows\":\",\",\"command\":\"delete\"}]"));
}

static void test_all_flows_go_between_pages(void **state)
{
	struct house *house = *state;
	unsigned n_pages;

	add_many(house, 20000);
	assert_in_range(dump_pages(house, &n_pages, delete_all), 1000, 10000);
	assert_int_equal(n_pages, 2);
	assert_string_equal(call(house, "flow-dump", "[{\"bridge\":\"br0\",\"after\":1}]"),
			    "after: use what the last page said, on the same connection, before "
			    "another flow-dump begins");
}

static bool has_three_replies(void *ctx)
{
	return ((struct house *)ctx)->n_replies >= 3;
}

/* Sends without waiting. */
static void send(struct house *house, const char *method, const char *params)
{
	own(json_free) struct json_object *message = json_object_new_object();

	json_object_object_add(message, "method", json_object_new_string(method));
	json_object_object_add(message, "params", json_tokener_parse(params));
	json_object_object_add(message, "id", json_object_new_int(1));
	connection_send(house->client, message);
}

static void test_watchers_are_told(void **state)
{
	struct house *house = *state;

	assert_null(call(house, "flow-watch", "[{\"bridge\":\"br0\",\"filter\":\"table=2\"}]"));
	assert_null(call(house, "flow-watch", "[{\"bridge\":\"br0\",\"filter\":\"out_group=7\"}]"));
	house->n_replies = 0;
	send(house, "flow-mod",
	     MOD("table=1,ip,actions=1\\ntable=2,cookie=5,ip,actions=1\\ndelete table=2"));
	house_wait(house, has_three_replies, house);
	/* the reply comes last: the news were queued before the change was confirmed */
	assert_int_equal(json_object_get_int(json_object_object_get(result(house), "flows")), 3);
	assert_int_equal(house->n_replies, 3);
}

static void test_bridge_that_is_watched_may_go(void **state)
{
	struct house *house = *state;

	assert_null(call(house, "flow-watch", "[{\"bridge\":\"br0\"}]"));
	house_configure(house, "{\"op\":\"mutate\",\"table\":\"Open_vSwitch\",\"where\":[],"
			       "\"mutations\":[[\"bridges\",\"delete\",[\"set\",[]]]]},"
			       "{\"op\":\"update\",\"table\":\"Open_vSwitch\",\"where\":[],"
			       "\"row\":{\"bridges\":[\"set\",[]]}}");
	assert_string_equal(call(house, "flow-dump", "[{\"bridge\":\"br0\"}]"),
			    "no bridge named br0");
}

static void test_watches_of_a_client_are_bounded(void **state)
{
	struct house *house = *state;

	for (unsigned i = 0; i < 64; i++) {
		assert_null(call(house, "flow-watch", "[{\"bridge\":\"br0\"}]"));
		assert_null(call(house, "packet-watch", "[{\"bridge\":\"br0\"}]"));
	}
	assert_string_equal(call(house, "flow-watch", "[{\"bridge\":\"br0\"}]"),
			    "this client watches flows 64 times already");
	assert_string_equal(call(house, "packet-watch", "[{\"bridge\":\"br0\"}]"),
			    "this client watches packets 64 times already");
}

static void test_a_bridge_without_ports_traces_nothing(void **state)
{
	struct house *house = *state;

	assert_string_equal(call(house, "trace", "[{\"bridge\":\"br0\",\"flow\":\"icmp\"}]"),
			    "bridge br0 has no ports: no packet comes to it");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, house_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_lines_or_none),
		TEST(test_commands),
		TEST(test_parts_are_one_change),
		TEST(test_a_wrong_part_ends_it),
		TEST(test_what_follows_a_wrong_part_is_refused),
		TEST(test_pages_have_every_flow_once),
		TEST(test_flows_change_between_pages),
		TEST(test_all_flows_go_between_pages),
		TEST(test_watchers_are_told),
		TEST(test_bridge_that_is_watched_may_go),
		TEST(test_watches_of_a_client_are_bounded),
		TEST(test_a_bridge_without_ports_traces_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
