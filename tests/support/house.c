#include "support/house.h"

#include <event2/event.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "config/configure.h"
#include "stream/connection.h"
#include "control/rpc.h"
#include "stream/server.h"
#include "db/server.h"
#include "switch/vswitch.h"

#define WAIT_NS (60 * CLOCK_NS_PER_SEC) /* a busy machine is no failure */

static const struct clock clock_real = {.is_manual = false};

/* ---- the client ---- */

static void client_message(void *ctx, struct connection *conn, struct json_object *message)
{
	struct house *house = ctx;

	json_object_put(house->reply);
	house->reply = json_object_get(message);
	house->n_replies++;
}

static void client_closed(void *ctx, struct connection *conn, const char *why)
{
	struct house *house = ctx;

	house->client = NULL;
}

static const struct connection_ops client_ops = {
	.message = client_message,
	.closed = client_closed,
};

static void client_connect(struct house *house)
{
	const struct connection_options options = {
		.base = house->base,
		.name = "server",
		.limits = {1 << 24, 1 << 24},
		.ops = &client_ops,
		.ctx = house,
	};
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(server_adopt(house->server, fds[0], "test"), 0);
	assert_int_equal(connection_new(&house->client, fds[1], &options, NULL), 0);
}

/* ---- the house ---- */

static void port_changed(void *ctx, struct bridge_port *port)
{
	configure_port_changed(((struct house *)ctx)->configure);
}

static int database_connect(void *ctx, struct err *err)
{
	struct house *house = ctx;
	int fds[2];

	house->n_connects++;
	if (house->is_refusing)
		return err_set(err, ECONNREFUSED, "refused");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(server_adopt(house->server, fds[0], "configure"), 0);
	return fds[1];
}

static void switch_ready(void *ctx)
{
	((struct house *)ctx)->is_ready = true;
}

static bool is_ready(void *ctx)
{
	return ((struct house *)ctx)->is_ready;
}

static void switch_start(struct house *house)
{
	const struct vswitch_options sw = {
		.instance = "test",
		.n_workers = 1,
		.clock = &clock_real,
		.no_devices = true,
		.no_threads = true,
		.changed = port_changed,
		.ctx = house,
	};
	const struct configure_options configure = {
		.base = house->base,
		.with_fake = true,
		.connect = database_connect,
		.ready = switch_ready,
		.ctx = house,
	};
	struct configure_options options = configure;
	struct err err = ERR_INIT;

	assert_int_equal(vswitch_new(&house->sw, &sw, house->base, &err), 0);
	options.sw = house->sw;
	assert_int_equal(configure_new(&house->configure, &options), 0);
	house->context.sw = house->sw;
}

int house_setup(void **state)
{
	struct house *house = calloc(1, sizeof(*house));
	struct rpc_options options = {.methods = methods, .n_methods = n_methods};
	struct database *database = NULL;
	struct server_handler handler;
	struct err err = ERR_INIT;

	log_set_level(LOG_ERROR);
	signal(SIGPIPE, SIG_IGN);
	house->base = event_base_new();
	assert_int_equal(database_new(&database, switch_schema, &err), 0);
	assert_int_equal(db_server_new(&house->db), 0);
	assert_int_equal(db_server_add(house->db, &database), 0);
	options.base = house->base;
	options.db = house->db;
	options.context = &house->context;
	if (rpc_new(&house->rpc, &options, &err))
		fail_msg("%s", err.text);
	handler = rpc_handler(house->rpc);
	assert_int_equal(server_new(&house->server, house->base, &handler), 0);
	house->context = (struct method_context){
		.base = house->base,
		.server = house->server,
		.instance = "test",
		.run_dir = "/run/test",
		.database = "none",
	};
	switch_start(house);
	house_wait(house, is_ready, house);
	client_connect(house);
	*state = house;
	return 0;
}

int house_teardown(void **state)
{
	struct house *house = *state;

	connection_free(&house->client);
	configure_free(&house->configure);
	rpc_let_go(house->rpc);
	vswitch_free(&house->sw);
	server_free(&house->server);
	rpc_free(&house->rpc);
	db_server_free(&house->db);
	event_base_free(house->base);
	json_object_put(house->reply);
	free(house);
	return 0;
}

void house_restart(struct house *house)
{
	configure_free(&house->configure);
	rpc_let_go(house->rpc);
	vswitch_free(&house->sw);
	switch_start(house);
}

/* ---- turning it ---- */

void house_turn(struct house *house)
{
	event_base_loop(house->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

void house_wait(struct house *house, bool (*is_done)(void *ctx), void *ctx)
{
	uint64_t end = clock_now(&clock_real) + WAIT_NS;
	const struct timespec nap = {.tv_nsec = 100000};

	while (!is_done(ctx)) {
		if (clock_now(&clock_real) > end)
			fail_msg("nothing happened within a minute");
		house_turn(house);
		nanosleep(&nap, NULL);
	}
}

static bool has_reply(void *ctx)
{
	return ((struct house *)ctx)->n_replies || !((struct house *)ctx)->client;
}

struct json_object *house_call(struct house *house, const char *method, const char *params)
{
	own(json_free) struct json_object *message = json_object_new_object();
	struct err err = ERR_INIT;
	struct json_object *json = NULL;

	if (json_parse(params, strlen(params), JSON_DEPTH_MAX, &json, &err))
		fail_msg("%s: %s", params, err.text);
	json_object_object_add(message, "method", json_object_new_string(method));
	json_object_object_add(message, "params", json);
	json_object_object_add(message, "id", json_object_new_int(7));
	house->n_replies = 0;
	connection_send(house->client, message);
	house_wait(house, has_reply, house);
	return house->reply;
}

static struct json_object *transact(struct house *house, const char *operations)
{
	own(mem_free) char *params = NULL;
	struct json_object *results, *reply;

	assert_true(asprintf(&params, "[\"Open_vSwitch\",%s]", operations) > 0);
	reply = house_call(house, "transact", params);
	results = json_object_object_get(reply, "result");
	assert_non_null(results);
	for (size_t i = 0; i < json_object_array_length(results); i++) {
		struct json_object *result = json_object_array_get_idx(results, i);

		if (!result || json_object_object_get_ex(result, "error", NULL))
			fail_msg("%s\n%s", operations, json_object_to_json_string(reply));
	}
	return results;
}

/* Member `key` of the first row of the only result. */
static struct json_object *selected(struct json_object *results, const char *key)
{
	struct json_object *result = json_object_array_get_idx(results, 0);
	struct json_object *rows = json_object_object_get(result, "rows");

	return json_object_object_get(json_object_array_get_idx(rows, 0), key);
}

static int64_t cfg(struct house *house, const char *column)
{
	char text[128];

	snprintf(text, sizeof(text),
		 "{\"op\":\"select\",\"table\":\"Open_vSwitch\",\"where\":[],\"columns\":[\"%s\"]}",
		 column);
	return json_object_get_int64(selected(transact(house, text), column));
}

struct json_object *house_configure(struct house *house, const char *operations)
{
	static const char count[] = "{\"op\":\"mutate\",\"table\":\"Open_vSwitch\",\"where\":[],"
				    "\"mutations\":[[\"next_cfg\",\"+=\",1]]}";
	own(mem_free) char *text = NULL;
	own(json_free) struct json_object *results = NULL;
	uint64_t end = clock_now(&clock_real) + WAIT_NS;
	int64_t next;

	assert_true(asprintf(&text, "%s,%s", operations, count) > 0);
	results = json_object_get(transact(house, text));
	next = cfg(house, "next_cfg");
	while (cfg(house, "cur_cfg") < next)
		assert_true(clock_now(&clock_real) < end);
	json_object_put(house->reply);
	house->reply = take_ptr(results);
	return house->reply;
}

const char *house_get(struct house *house, const char *table, const char *name, const char *column)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"op\":\"select\",\"table\":\"%s\",\"where\":[[\"name\",\"==\",\"%s\"]],"
		 "\"columns\":[\"%s\"]}",
		 table, name, column);
	return json_object_to_json_string_ext(selected(transact(house, text), column),
					      JSON_C_TO_STRING_PLAIN |
						      JSON_C_TO_STRING_NOSLASHESCAPE);
}
