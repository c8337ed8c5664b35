/* The replica against a server that answers as the test says. */
#include <errno.h>
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

#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "stream/connection.h"
#include "config/replica.h"
#include "stream/server.h"

#define UUID_A "00000000-0000-0000-0000-00000000000a"
#define UUID_B "00000000-0000-0000-0000-00000000000b"

#define ROWS_COST_MAX ((size_t)1 << 20)

struct fixture {
	struct event_base *base;
	struct server *server;
	struct replica *replica;
	struct connection *conn; /* the server's end */
	char request[2048];      /* the last one */
	unsigned n_requests, n_connects, n_changes, n_done;
	char error[128];    /* of the last transaction */
	const char *schema; /* the tables in the server's; NULL: it has nothing to say of it */
	unsigned n_rereads;
	char results[256];
};

static const char *const columns[] = {"name", "tag", "options", NULL};
static const char *const results[] = {"tag", "status", NULL};
static const struct replica_table tables[] = {{"Port", columns, results}};

static int opened(void *ctx, struct connection *conn)
{
	((struct fixture *)ctx)->conn = conn;
	return 0;
}

static void closed(void *ctx, struct connection *conn)
{
	((struct fixture *)ctx)->conn = NULL;
}

static void answer(struct fixture *f, const char *text)
{
	own(json_free) struct json_object *json = json_tokener_parse(text);

	assert_non_null(json);
	connection_send(f->conn, json);
}

static void schema_answer(struct fixture *f)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "{\"id\":-1,\"error\":null,\"result\":{\"name\":\"Open_vSwitch\","
		 "\"version\":\"7.6.5\",\"tables\":%s}}",
		 f->schema ? f->schema : "null");
	answer(f, text);
}

static void message(void *ctx, struct connection *conn, struct json_object *json)
{
	struct fixture *f = ctx;
	const char *method = json_object_get_string(json_object_object_get(json, "method"));

	if (method && !strcmp(method, "get_schema"))
		schema_answer(f);
	if (method && (!strcmp(method, "get_schema") || !strcmp(method, "set_db_change_aware")))
		return;
	snprintf(f->request, sizeof(f->request), "%s",
		 json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));
	f->n_requests++;
}

static int connect_cb(void *ctx, struct err *err)
{
	struct fixture *f = ctx;
	int fds[2];

	f->n_connects++;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(server_adopt(f->server, fds[0], "test"), 0);
	return fds[1];
}

static void reread(void *ctx)
{
	((struct fixture *)ctx)->n_rereads++;
}

static void changed(void *ctx)
{
	((struct fixture *)ctx)->n_changes++;
}

static void result_changed(void *ctx, const char *uuid, const char *column)
{
	struct fixture *f = ctx;

	snprintf(f->results + strlen(f->results), sizeof(f->results) - strlen(f->results), "%s %s,",
		 uuid, column);
}

static void done(void *ctx, const char *error)
{
	struct fixture *f = ctx;

	f->n_done++;
	snprintf(f->error, sizeof(f->error), "%s", error ? error : "");
}

/* Turns until *counter is `n`. */
static void wait_for(struct fixture *f, const unsigned *counter, unsigned n)
{
	const struct timespec nap = {.tv_nsec = 1000000};

	for (unsigned i = 0; *counter < n; i++) {
		assert_true(i < 5000);
		event_base_loop(f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		nanosleep(&nap, NULL);
	}
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct server_handler handler = {f, opened, message, closed};

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_ERROR);
	f->base = event_base_new();
	assert_int_equal(server_new(&f->server, f->base, &handler), 0);
	const struct replica_options options = {
		.base = f->base,
		.database = "Open_vSwitch",
		.tables = tables,
		.n_tables = 1,
		.rows_cost_max = ROWS_COST_MAX,
		.connect = connect_cb,
		.reread = reread,
		.changed = changed,
		.result_changed = result_changed,
		.ctx = f,
	};
	assert_int_equal(replica_new(&f->replica, &options), 0);
	*state = f;
	wait_for(f, &f->n_requests, 1);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	replica_free(&f->replica);
	server_free(&f->server);
	event_base_free(f->base);
	free(f);
	return 0;
}

static void monitored(struct fixture *f)
{
	answer(f, "{\"id\":0,\"error\":null,\"result\":{\"Port\":{\"" UUID_A "\":{\"new\":{"
		  "\"name\":\"a\",\"tag\":7,\"options\":[\"map\",[[\"k\",\"v\"]]]}},"
		  "\"" UUID_B "\":{\"new\":{\"name\":\"b\",\"tag\":[\"set\",[]],"
		  "\"options\":[\"map\",[]]}}}}}");
	wait_for(f, &f->n_changes, f->n_changes + 1);
}

static void test_it_asks_for_its_columns(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(f->request, "{\"id\":0,\"method\":\"monitor\",\"params\":["
					"\"Open_vSwitch\",null,{\"Port\":{\"columns\":[\"name\","
					"\"tag\",\"options\",\"status\"]}}]}");
	assert_false(replica_is_ready(f->replica));
}

#define COLUMN "{\"type\":\"string\"}"

static void read_anew(struct fixture *f, const char *schema)
{
	f->schema = schema;
	answer(f, "{\"id\":null,\"method\":\"monitor_canceled\",\"params\":[null]}");
	wait_for(f, &f->n_requests, f->n_requests + 1);
}

static void test_converted_it_is_read_anew(void **state)
{
	struct fixture *f = *state;

	monitored(f);
	read_anew(f, "{\"Port\":{\"columns\":{\"status\":" COLUMN ",\"other\":" COLUMN
		     ",\"name\":" COLUMN "}},\"Other\":{\"columns\":{\"x\":" COLUMN "}}}");
	assert_string_equal(f->request, "{\"id\":0,\"method\":\"monitor\",\"params\":["
					"\"Open_vSwitch\",null,{\"Port\":{\"columns\":[\"name\","
					"\"status\"]}}]}");
	assert_false(replica_is_ready(f->replica));
	/* meanwhile the switch is what it was */
	assert_non_null(replica_row(f->replica, 0, UUID_A));
	monitored(f);
	assert_int_equal(f->n_rereads, 2);
	assert_string_equal(replica_version(f->replica), "7.6.5");
	assert_true(replica_has(f->replica, "Port", "status"));
	assert_false(replica_has(f->replica, "Port", "tag"));
	assert_false(replica_has(f->replica, "Port", "other"));
	assert_false(replica_has(f->replica, "Other", NULL));
}

static void test_without_its_table_there_are_no_rows(void **state)
{
	struct fixture *f = *state;

	monitored(f);
	read_anew(f, "{\"Port\":7,\"Other\":{\"columns\":{}}}");
	assert_string_equal(f->request, "{\"id\":0,\"method\":\"monitor\",\"params\":["
					"\"Open_vSwitch\",null,{}]}");
	answer(f, "{\"id\":0,\"error\":null,\"result\":{}}");
	wait_for(f, &f->n_changes, f->n_changes + 1);
	assert_true(replica_is_ready(f->replica));
	assert_null(replica_next(f->replica, 0, NULL));
	assert_false(replica_has(f->replica, "Port", NULL));
}

static void test_rows_are_read(void **state)
{
	struct fixture *f = *state;
	const struct row *a, *b;

	monitored(f);
	assert_true(replica_is_ready(f->replica));
	a = replica_row(f->replica, 0, UUID_A);
	b = replica_row(f->replica, 0, UUID_B);
	assert_string_equal(row_string(a, "name"), "a");
	assert_int_equal(row_integer(a, "tag", -1), 7);
	assert_int_equal(row_integer(b, "tag", -1), -1);
	assert_string_equal(row_map_get(a, "options", "k"), "v");
	assert_null(row_map_get(b, "options", "k"));
	assert_null(row_string(a, "no such column"));
	assert_int_equal(row_size(b, "tag"), 0);
	assert_null(replica_row(f->replica, 0, "nobody"));
}

static void test_updates_follow(void **state)
{
	struct fixture *f = *state;

	monitored(f);
	answer(f, "{\"id\":null,\"method\":\"update\",\"params\":[null,{\"Port\":{"
		  "\"" UUID_A "\":{\"old\":{\"tag\":7},\"new\":{\"name\":\"a\",\"tag\":8}},"
		  "\"" UUID_B "\":{\"old\":{\"name\":\"b\"}}}}]}");
	wait_for(f, &f->n_changes, 2);
	assert_int_equal(row_integer(replica_row(f->replica, 0, UUID_A), "tag", -1), 8);
	assert_null(replica_row(f->replica, 0, UUID_B));
}

static void test_results_are_told_and_not_kept(void **state)
{
	struct fixture *f = *state;
	uint64_t version;

	monitored(f);
	version = row_version(replica_row(f->replica, 0, UUID_A));
	answer(f, "{\"id\":null,\"method\":\"update\",\"params\":[null,{\"Port\":{"
		  "\"" UUID_A "\":{\"old\":{\"status\":1},\"new\":{\"name\":\"a\",\"tag\":7}}}}]}");
	answer(f, "{\"id\":null,\"method\":\"update\",\"params\":[null,{\"Port\":{"
		  "\"" UUID_B "\":{\"old\":{\"tag\":7},\"new\":{\"name\":\"b\",\"tag\":9}}}}]}");
	wait_for(f, &f->n_changes, 2);
	assert_string_equal(f->results, UUID_A " status," UUID_B " tag,");
	assert_int_equal(f->n_changes, 2);
	assert_int_equal(row_version(replica_row(f->replica, 0, UUID_A)), version);
	assert_int_equal(row_integer(replica_row(f->replica, 0, UUID_B), "tag", -1), 9);
}

static void test_what_is_no_row_does_no_harm(void **state)
{
	static const char *const texts[] = {
		"{\"id\":null,\"method\":\"update\",\"params\":[null,{\"Port\":{\"short\":{\"new\":{}}}}]}",
		"{\"id\":null,\"method\":\"update\",\"params\":[null,{\"Port\":[]}]}",
		"{\"id\":null,\"method\":\"update\",\"params\":{}}",
		"{\"id\":null,\"method\":\"update\",\"params\":[null,7]}",
		"{\"id\":99,\"result\":null,\"error\":\"who asked\"}",
		"{\"id\":null,\"method\":\"update\",\"params\":[null,{\"Port\":{\"" UUID_B
		"\":{\"new\":{\"name\":[\"set\",7],\"tag\":\"x\",\"options\":[\"map\",3]}}}}]}",
	};
	struct fixture *f = *state;
	const struct row *b;

	monitored(f);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		answer(f, texts[i]);
	wait_for(f, &f->n_changes, 3);
	b = replica_row(f->replica, 0, UUID_B);
	assert_null(row_string(b, "name"));
	assert_int_equal(row_integer(b, "tag", -1), -1);
	assert_null(row_map_get(b, "options", "k"));
	assert_null(row_uuid_at(b, "options", 0));
}

static void test_only_what_was_asked_for_is_all_rows(void **state)
{
	struct fixture *f = *state;

	monitored(f);
	answer(f, "{\"id\":0,\"error\":null,\"result\":{}}");
	answer(f, "{\"id\":null,\"method\":\"update\",\"params\":[null,{\"Port\":{"
		  "\"" UUID_B "\":{\"old\":{\"name\":\"b\"}}}}]}");
	wait_for(f, &f->n_changes, 2);
	assert_non_null(replica_row(f->replica, 0, UUID_A));
	assert_null(replica_row(f->replica, 0, UUID_B));
}

/* Each of them is small. */
static void test_a_server_without_end_is_hung_up_on(void **state)
{
	struct fixture *f = *state;
	char text[256];

	monitored(f);
	for (unsigned i = 0; f->n_connects == 1; i++) {
		assert_true(i < ROWS_COST_MAX / sizeof(text));
		snprintf(text, sizeof(text),
			 "{\"id\":null,\"method\":\"update\",\"params\":[null,{\"Port\":{"
			 "\"%036u\":{\"new\":{\"name\":\"x\"}}}}]}",
			 i);
		if (f->conn)
			answer(f, text);
		event_base_loop(f->base, f->conn ? EVLOOP_ONCE | EVLOOP_NONBLOCK : EVLOOP_ONCE);
	}
	wait_for(f, &f->n_requests, 2);
	assert_false(replica_is_ready(f->replica));
	monitored(f);
	assert_non_null(replica_row(f->replica, 0, UUID_A));
	assert_true(replica_is_ready(f->replica));
}

static void test_transactions_are_answered(void **state)
{
	struct fixture *f = *state;
	own(json_free) struct json_object *operations =
		json_tokener_parse("[{\"op\":\"comment\",\"comment\":\"x\"}]");

	assert_int_equal(replica_transact(f->replica, operations, done, f), -ENOTCONN);
	monitored(f);
	assert_int_equal(replica_transact(f->replica, operations, done, f), 0);
	assert_int_equal(replica_transact(f->replica, operations, done, f), 0);
	wait_for(f, &f->n_requests, 3);
	assert_string_equal(f->request,
			    "{\"id\":2,\"method\":\"transact\",\"params\":[\"Open_vSwitch\","
			    "{\"op\":\"comment\",\"comment\":\"x\"}]}");
	answer(f, "{\"id\":2,\"error\":null,\"result\":[{},null,{\"error\":\"e\",\"details\":"
		  "\"it failed\"}]}");
	wait_for(f, &f->n_done, 1);
	assert_string_equal(f->error, "it failed");
	answer(f, "{\"id\":1,\"error\":null,\"result\":[{}]}");
	wait_for(f, &f->n_done, 2);
	assert_string_equal(f->error, "");
}

static void test_echo_is_answered(void **state)
{
	struct fixture *f = *state;

	answer(f, "{\"id\":\"echo\",\"method\":\"echo\",\"params\":[1]}");
	wait_for(f, &f->n_requests, 2);
	assert_string_equal(f->request, "{\"id\":\"echo\",\"result\":[1],\"error\":null}");
}

static void test_lost_connection_is_made_again(void **state)
{
	struct fixture *f = *state;
	own(json_free) struct json_object *operations = json_object_new_array();

	monitored(f);
	assert_int_equal(replica_transact(f->replica, operations, done, f), 0);
	connection_cut(f->conn, "test");
	wait_for(f, &f->n_done, 1);
	assert_string_equal(f->error, "the connection broke");
	assert_false(replica_is_ready(f->replica));
	/* the rows stay until there are new ones */
	assert_non_null(replica_row(f->replica, 0, UUID_A));
	wait_for(f, &f->n_connects, 2);
	wait_for(f, &f->n_requests, f->n_requests + 1);
	answer(f, "{\"id\":0,\"error\":null,\"result\":{}}");
	wait_for(f, &f->n_changes, 2);
	assert_true(replica_is_ready(f->replica));
	assert_null(replica_next(f->replica, 0, NULL));
}

static void test_refused_monitor_is_tried_again(void **state)
{
	struct fixture *f = *state;

	answer(f, "{\"id\":0,\"result\":null,\"error\":{\"error\":\"unknown database\"}}");
	wait_for(f, &f->n_connects, 2);
	assert_false(replica_is_ready(f->replica));
	assert_int_equal(f->n_changes, 0);
}

static void test_free_ends_what_waits(void **state)
{
	struct fixture *f = *state;
	own(json_free) struct json_object *operations = json_object_new_array();

	monitored(f);
	assert_int_equal(replica_transact(f->replica, operations, done, f), 0);
	replica_free(&f->replica);
	assert_int_equal(f->n_done, 1);
	assert_string_equal(f->error, "the daemon stops");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_it_asks_for_its_columns),
		TEST(test_converted_it_is_read_anew),
		TEST(test_without_its_table_there_are_no_rows),
		TEST(test_rows_are_read),
		TEST(test_updates_follow),
		TEST(test_results_are_told_and_not_kept),
		TEST(test_what_is_no_row_does_no_harm),
		TEST(test_only_what_was_asked_for_is_all_rows),
		TEST(test_a_server_without_end_is_hung_up_on),
		TEST(test_transactions_are_answered),
		TEST(test_echo_is_answered),
		TEST(test_lost_connection_is_made_again),
		TEST(test_refused_monitor_is_tried_again),
		TEST(test_free_ends_what_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
