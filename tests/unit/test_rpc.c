#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "control/caller.h"
#include "stream/connection.h"
#include "control/rpc.h"
#include "control/shape.h"
#include "packet/header.h"
#include "support/house.h"
#include "switch/vswitch.h"

#define TWO_PORTS \
	"{\"op\":\"insert\",\"table\":\"Interface\",\"uuid-name\":\"i\",\"row\":{\"name\":\"a\"," \
	"\"type\":\"fake\"}},{\"op\":\"insert\",\"table\":\"Port\",\"uuid-name\":\"p\",\"row\":{" \
	"\"name\":\"a\",\"interfaces\":[\"named-uuid\",\"i\"]}},{\"op\":\"insert\",\"table\":" \
	"\"Bridge\",\"uuid-name\":\"b\",\"row\":{\"name\":\"br0\",\"ports\":[\"named-uuid\",\"p\"]}" \
	"},{\"op\":\"mutate\",\"table\":\"Open_vSwitch\",\"where\":[],\"mutations\":[[\"bridges\"," \
	"\"insert\",[\"set\",[[\"named-uuid\",\"b\"]]]]]}"

/* Who calls, where no request comes over the wire. */
static struct caller *caller;

static int setup(void **state)
{
	struct house *house;

	house_setup(state);
	house = *state;
	house_configure(house, TWO_PORTS);
	assert_int_equal(caller_new(&caller, house->client), 0);
	return 0;
}

static int teardown(void **state)
{
	caller_free(&caller);
	return house_teardown(state);
}

/* Runs `method` with one object of params; the text of the error, NULL: none. */
static const char *run(struct house *house, const char *method, const char *params, uid_t uid,
		       struct json_object **result)
{
	static struct err err;
	own(json_free) struct json_object *array = json_object_new_array();
	struct json_object *object = json_tokener_parse(params);

	assert_non_null(object);
	json_object_array_add(array, object);
	err = (struct err)ERR_INIT;
	house->context.caller = caller;
	return rpc_run(house->rpc, method, array, uid, result, &err) ? err.text : NULL;
}

static const struct {
	const char *name;
	const char *params;
} calls[] = {
	{"fdb-add", "{\"bridge\":\"br0\",\"port\":\"a\",\"mac\":\"02:00:00:00:00:01\",\"vlan\":7}"},
	{"fdb-show", "{\"bridge\":\"br0\"}"},
	{"fdb-stats", "{\"bridge\":\"br0\"}"},
	{"fdb-flush", "{\"bridge\":\"br0\",\"port\":\"a\"}"},
	{"fdb-del", "{\"bridge\":\"br0\",\"mac\":\"02:0:00:00:00:1\",\"vlan\":7}"},
	{"port-show", "{\"bridge\":\"br0\"}"},
	{"port-show", "{}"},
	{"drops", "{}"},
	{"cache-stats", "{}"},
	{"cache-dump", "{\"bridge\":\"br0\"}"},
	{"flow-mod",
	 "{\"bridge\":\"br0\",\"flows\":\"in_port=a,actions=drop\\narp,actions=normal\"}"},
	{"flow-mod", "{\"bridge\":\"br0\",\"flows\":\"table=7,ip\",\"command\":\"delete\"}"},
	{"flow-dump", "{\"bridge\":\"br0\",\"filter\":\"in_port=a\",\"names\":true}"},
	{"flow-aggregate", "{\"bridge\":\"br0\"}"},
	{"flow-watch", "{\"bridge\":\"br0\",\"filter\":\"ip\"}"},
	{"group-mod", "{\"bridge\":\"br0\",\"groups\":\"group_id=1,type=all,bucket=a\"}"},
	{"group-dump", "{\"bridge\":\"br0\",\"names\":true}"},
	{"group-stats", "{\"bridge\":\"br0\",\"group\":1}"},
	{"group-features", "{\"bridge\":\"br0\"}"},
	{"meter-mod",
	 "{\"bridge\":\"br0\",\"meter\":\"meter=1,kbps,bands=type=drop,rate=9\",\"command\":\"add\"}"},
	{"meter-dump", "{\"bridge\":\"br0\"}"},
	{"meter-stats", "{\"bridge\":\"br0\",\"meter\":1}"},
	{"meter-features", "{\"bridge\":\"br0\"}"},
	{"order-add", "{\"bridge\":\"br0\",\"kind\":\"drop\",\"match\":\"arp\",\"seconds\":600}"},
	{"order-add", "{\"bridge\":\"br0\",\"kind\":\"mirror\",\"port\":\"a\",\"name\":\"m\"}"},
	{"order-add", "{\"bridge\":\"br0\",\"kind\":\"mirror\",\"vlan\":5}"},
	{"order-list", "{\"bridge\":\"br0\",\"names\":true}"},
	{"order-list", "{}"},
	{"capture", "{\"bridge\":\"br0\",\"match\":\"arp\",\"snaplen\":64}"},
	{"order-del", "{\"bridge\":\"br0\",\"names\":[\"m\",\"drop1\"]}"},
	{"trace", "{\"bridge\":\"br0\",\"flow\":\"in_port=a,ip,nw_dst=10.0.0.1\"}"},
	{"trace", "{\"bridge\":\"br0\",\"packet\":\"0200000000010200000000020806\"}"},
	{"packet-out",
	 "{\"bridge\":\"br0\",\"packet\":\"0200000000010200000000020806\",\"actions\":\"output:1\"}"},
	{"packet-watch", "{\"bridge\":\"br0\"}"},
	{"port-mod", "{\"bridge\":\"br0\",\"port\":\"a\",\"setting\":\"no-flood\"}"},
	{"frags-set", "{\"bridge\":\"br0\",\"frags\":\"nx-match\"}"},
	{"frags-show", "{\"bridge\":\"br0\"}"},
	{"table-mod", "{\"bridge\":\"br0\",\"table\":\"all\",\"setting\":\"evict\"}"},
	{"table-dump", "{\"bridge\":\"br0\"}"},
	{"status", "{}"},
	{"log-set", "{\"level\":\"error\"}"},
	{"doctor", "{}"},
	{"restart", "{}"},
	{"stop", "{}"},
};

static const struct method *method_of(const char *name)
{
	for (unsigned i = 0; i < n_methods; i++)
		if (!strcmp(methods[i].name, name))
			return &methods[i];
	fail_msg("no method %s", name);
	return NULL;
}

static void test_results_are_what_their_descriptions_say(void **state)
{
	struct house *house = *state;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		own(json_free) struct json_object *result = NULL, *description = NULL;
		struct err err = ERR_INIT;
		const char *error;

		if (!strcmp(calls[i].name, "doctor") && geteuid())
			continue; /* it makes devices */
		error = run(house, calls[i].name, calls[i].params, 0, &result);
		if (error)
			fail_msg("%s: %s", calls[i].name, error);
		description = json_tokener_parse(method_of(calls[i].name)->description);
		if (shape_check(json_object_object_get(description, "result"), result,
				calls[i].name, &err))
			fail_msg("%s: %s", calls[i].name, err.text);
	}
}

static void test_every_method_was_called(void **state)
{
	for (unsigned m = 0; m < n_methods; m++) {
		bool is_called = false;

		for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
			is_called |= !strcmp(calls[i].name, methods[m].name);
		if (!is_called)
			fail_msg("%s is not tested", methods[m].name);
	}
}

static void test_fdb_is_what_was_said(void **state)
{
	struct house *house = *state;
	own(json_free) struct json_object *nothing = NULL, *rows = NULL;

	assert_null(run(house, "fdb-add",
			"{\"bridge\":\"br0\",\"port\":\"a\",\"mac\":\"02:00:00:00:00:0A\"}", 0,
			&nothing));
	assert_null(run(house, "fdb-show", "{\"bridge\":\"br0\"}", 0, &rows));
	assert_string_equal(json_object_to_json_string_ext(rows, JSON_C_TO_STRING_PLAIN),
			    "[{\"mac\":\"02:00:00:00:00:0a\",\"vlan\":0,\"port\":\"a\","
			    "\"ofport\":1,\"static\":true,\"age\":0}]");
}

/* More than one answer can hold. */
#define N_ADDRESSES 210000

static void test_a_large_fdb_is_shown_in_parts(void **state)
{
	struct house *house = *state;
	own(mem_free) uint8_t *n_seen = calloc(N_ADDRESSES, 1);
	own(json_free) struct json_object *nothing = NULL;
	struct bridge *bridge;

	house_configure(house, "{\"op\":\"update\",\"table\":\"Bridge\",\"where\":[],\"row\":{"
			       "\"other_config\":[\"map\",[[\"mac-table-size\",\"300000\"]]]}}");
	bridge = bridge_lookup(house->sw, "br0");
	for (uint32_t i = 0; i < N_ADDRESSES; i++) {
		const struct eth_addr mac = {{2, 0, (uint8_t)(i >> 24), (uint8_t)(i >> 16),
					      (uint8_t)(i >> 8), (uint8_t)i}};

		assert_int_equal(bridge_fdb_add(bridge, mac, 7, "a", NULL), 0);
	}
	assert_string_equal(
		run(house, "fdb-show", "{\"bridge\":\"br0\"}", 0, &nothing),
		"210000 addresses are too many for one answer: ask for each of 5 parts");
	assert_string_equal(
		run(house, "fdb-show", "{\"bridge\":\"br0\",\"part\":5,\"parts\":5}", 0, &nothing),
		"there is no part 5 of 5: they are counted from 0");
	for (unsigned part = 0; part < 5; part++) {
		struct json_object *rows;
		char params[64];

		snprintf(params, sizeof(params), "[{\"bridge\":\"br0\",\"part\":%u,\"parts\":5}]",
			 part);
		rows = json_object_object_get(house_call(house, "fdb-show", params), "result");
		assert_in_range(json_object_array_length(rows), 41000, 43000);
		for (size_t i = 0; i < json_object_array_length(rows); i++) {
			struct json_object *row = json_object_array_get_idx(rows, i);
			unsigned a, b, c;

			sscanf(json_object_get_string(json_object_object_get(row, "mac")),
			       "02:00:00:%x:%x:%x", &a, &b, &c);
			n_seen[a << 16 | b << 8 | c]++;
		}
	}
	for (size_t i = 0; i < N_ADDRESSES; i++)
		assert_int_equal(n_seen[i], 1);
}

static void test_errors_are_for_people(void **state)
{
	static const struct {
		const char *method, *params, *error;
	} rows[] = {
		{"fdb-shwo", "{}", "unknown method \"fdb-shwo\""},
		{"fdb-show", "{}", "params lacks \"bridge\""},
		{"fdb-show", "{\"bridge\":\"br7\"}", "no bridge named br7"},
		{"fdb-flush", "{\"bridge\":\"br0\",\"port\":\"z\"}",
		 "no port named z on bridge br0"},
		{"fdb-add", "{\"bridge\":\"br0\",\"port\":\"a\",\"mac\":\"02:00:00:00:00:001\"}",
		 "\"02:00:00:00:00:001\" is not a MAC address: write it as 02:00:00:00:00:01"},
		{"fdb-add",
		 "{\"bridge\":\"br0\",\"port\":\"a\",\"mac\":\"02:00:00:00:00:01\",\"vlan\":4096}",
		 "vlan must be at most 4095, not 4096"},
		{"port-show", "{\"brigde\":\"br0\"}", "params has no \"brigde\": it has bridge"},
		{"log-set", "{\"level\":\"loud\"}",
		 "level must not be \"loud\": use one of error, warn, info, debug"},
	};
	struct house *house = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct json_object *result = NULL;
		const char *error = run(house, rows[i].method, rows[i].params, 0, &result);

		assert_non_null(error);
		assert_string_equal(error, rows[i].error);
		assert_null(result);
	}
}

static void test_what_needs_bridges_waits_for_the_database(void **state)
{
	struct house *house = *state;
	own(json_free) struct json_object *status = NULL, *refused = NULL;

	house->context.waits_for = "tcp:10.0.0.1";
	assert_string_equal(run(house, "flow-dump", "{\"bridge\":\"br0\"}", 0, &refused),
			    "there are no bridges yet: switchd waits for the database server at "
			    "tcp:10.0.0.1");
	assert_null(run(house, "status", "{}", 0, &status));
	assert_string_equal(json_object_get_string(json_object_object_get(status, "waits-for")),
			    "tcp:10.0.0.1");
	house->context.waits_for = NULL;
	assert_null(run(house, "flow-dump", "{\"bridge\":\"br0\"}", 0, &refused));
}

static void test_changes_are_for_root_and_ourselves(void **state)
{
	struct house *house = *state;
	own(json_free) struct json_object *shown = NULL, *set = NULL;
	struct json_object *refused = NULL;

	assert_null(run(house, "port-show", "{}", 12345, &shown));
	assert_string_equal(run(house, "log-set", "{\"level\":\"error\"}", 12345, &refused),
			    "log-set changes the switch: only root may do that");
	assert_string_equal(run(house, "stop", "{}", (uid_t)-1, &refused),
			    "stop changes the switch: only root may do that");
	assert_null(run(house, "log-set", "{\"level\":\"error\"}", geteuid(), &set));
}

static void test_methods_over_the_wire(void **state)
{
	static const struct {
		const char *method, *params, *reply;
	} rows[] = {
		{"log-set", "[{\"level\":\"error\"}]", "{\"id\":7,\"result\":{},\"error\":null}"},
		{"drops", "[]", "{\"id\":7,\"result\":[],\"error\":null}"},
		{"drops", "[{},{}]",
		 "{\"id\":7,\"result\":null,\"error\":{\"error\":\"invalid\",\"details\":\"params "
		 "must be an array of one object\"}}"},
		{"fdb-show", "[{\"bridge\":\"x\"}]",
		 "{\"id\":7,\"result\":null,\"error\":{\"error\":\"not found\",\"details\":\"no "
		 "bridge named x\"}}"},
		{"nonsense", "[]", "{\"id\":7,\"result\":null,\"error\":\"unknown method\"}"},
		{"nonsense", "[{}]",
		 "{\"id\":7,\"result\":null,\"error\":{\"error\":\"unknown method\",\"details\":"
		 "\"unknown method \\\"nonsense\\\"\"}}"},
	};
	struct house *house = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct json_object *reply = house_call(house, rows[i].method, rows[i].params);

		assert_string_equal(json_object_to_json_string_ext(reply, JSON_C_TO_STRING_PLAIN),
				    rows[i].reply);
	}
}

static bool is_cut(void *ctx)
{
	return !((struct house *)ctx)->client;
}

static void test_what_is_no_request_ends_the_connection(void **state)
{
	struct house *house = *state;
	own(json_free) struct json_object *message = json_tokener_parse("{\"params\":[],\"id\":3}");

	house->n_replies = 0;
	connection_send(house->client, message);
	house_wait(house, is_cut, house);
	assert_int_equal(house->n_replies, 1);
	assert_string_equal(json_object_get_string(json_object_object_get(
				    json_object_object_get(house->reply, "error"), "error")),
			    "invalid");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_results_are_what_their_descriptions_say),
		cmocka_unit_test(test_every_method_was_called),
		TEST(test_fdb_is_what_was_said),
		TEST(test_a_large_fdb_is_shown_in_parts),
		TEST(test_errors_are_for_people),
		TEST(test_what_needs_bridges_waits_for_the_database),
		TEST(test_changes_are_for_root_and_ourselves),
		TEST(test_methods_over_the_wire),
		TEST(test_what_is_no_request_ends_the_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
