#include "config/replica.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "stream/connection.h"
#include "config/external.h"
#include "config/replica_requests.h"
#include "config/replica_rows.h"
#include "config/replica_schema.h"
#include "config/replica_server.h"

#define RETRY_SECONDS     1
#define RETRY_MAX_SECONDS 8
#define MONITOR_ID        0 /* transactions have 1 and up */
#define SCHEMA_ID         (-1)
#define AWARE_ID          (-2)
/* Of an external server: to let it be silent, to let it answer something else than it was asked, and before the next one
 * is tried. */
#define PROBE_MS       5000
#define ANSWER_SECONDS 20
#define NEXT_USEC      100000

struct replica {
	/* fixed after create */
	struct replica_options options;
	struct event *retry;
	struct event *patience; /* with an external server */
	/* control thread */
	struct connection *conn;      /* NULL: not connected */
	struct replica_server server; /* of an external one */
	bool is_ready;
	const char *asked; /* the method whose answer gets us further; NULL: none */
	unsigned pause;    /* seconds until the next attempt */
	size_t n_buffered; /* bytes in the connection when patience began */
	struct replica_schema schema;
	struct replica_rows rows;
	struct replica_requests requests;
};

/* ---- rows ---- */

struct row *replica_row(const struct replica *replica, unsigned table, const char *uuid)
{
	return replica_rows_find(&replica->rows, table, uuid);
}

struct row *replica_next(const struct replica *replica, unsigned table, const struct row *row)
{
	return row ? row->hh.next : replica->rows.by_table[table];
}

bool replica_has(const struct replica *replica, const char *table, const char *column)
{
	return replica_schema_has(&replica->schema, table, column);
}

const char *replica_version(const struct replica *replica)
{
	return replica->schema.version;
}

static void rows_limit(struct replica *replica)
{
	const size_t most = replica->options.rows_cost_max;
	struct err err = ERR_INIT;

	if (replica->rows.cost <= most)
		return;
	err_set(&err, E2BIG, "its rows take more than %zu bytes of memory: delete some", most);
	connection_cut(replica->conn, err.text);
}

static bool rows_update(struct replica *replica, struct json_object *updates)
{
	bool is_changed = replica_rows_update(&replica->rows, updates);

	rows_limit(replica);
	return is_changed;
}

/* ---- requests ---- */

/* What an external server has not answered; NULL: nothing. */
static const char *unanswered(const struct replica *replica)
{
	const char *question = NULL;

	if (!replica->conn || !replica->options.external)
		return NULL;
	question = replica_server_unanswered(&replica->server);
	if (!question)
		question = replica->asked;
	return question || replica_requests_empty(&replica->requests) ? question : "transact";
}

/* Whenever something was asked or answered. */
static void patience_renew(struct replica *replica)
{
	static const struct timeval wait = {.tv_sec = ANSWER_SECONDS};

	if (!unanswered(replica)) {
		event_del(replica->patience);
		return;
	}
	replica->n_buffered = connection_n_buffered(replica->conn);
	event_add(replica->patience, &wait);
}

static void patience_cb(evutil_socket_t unused, short what, void *ctx)
{
	struct replica *replica = ctx;
	const char *question = unanswered(replica);
	struct err err = ERR_INIT;

	if (!question)
		return;
	if (connection_n_buffered(replica->conn) > replica->n_buffered) {
		patience_renew(replica); /* an answer is on its way */
		return;
	}
	err_set(&err, ETIMEDOUT, "it has not answered %s for %d s", question, ANSWER_SECONDS);
	connection_cut(replica->conn, err.text);
}

/* Takes over `params`. */
static void request_send(struct replica *replica, const char *method, struct json_object *params,
			 int64_t id)
{
	own(json_free) struct json_object *message = json_object_new_object();

	json_object_object_add(message, "id", json_object_new_int64(id));
	json_object_object_add(message, "method", json_object_new_string(method));
	json_object_object_add(message, "params", params);
	connection_send(replica->conn, message);
}

static struct json_object *params_begin(const struct replica *replica)
{
	struct json_object *params = json_object_new_array();

	json_object_array_add(params, json_object_new_string(replica->options.database));
	return params;
}

/* Which columns are there to be asked for? */
static void schema_ask(struct replica *replica)
{
	replica->asked = "get_schema";
	request_send(replica, replica->asked, params_begin(replica), SCHEMA_ID);
}

static void monitor_ask(struct replica *replica)
{
	struct json_object *params = params_begin(replica);

	json_object_array_add(params, NULL);
	json_object_array_add(params, replica_schema_requests(&replica->schema));
	replica->asked = "monitor";
	request_send(replica, replica->asked, params, MONITOR_ID);
}

/* When the database is converted, its schema is another one. */
static void aware_send(struct replica *replica)
{
	struct json_object *params = json_object_new_array();

	json_object_array_add(params, json_object_new_boolean(true));
	request_send(replica, "set_db_change_aware", params, AWARE_ID);
}

int replica_transact(struct replica *replica, struct json_object *operations, replica_done_fn *done,
		     void *ctx)
{
	struct json_object *params;
	int64_t id;

	if (!replica->is_ready)
		return -ENOTCONN;
	id = replica_requests_add(&replica->requests, done, ctx);
	if (id < 0)
		return (int)id;
	params = params_begin(replica);
	for (size_t i = 0; i < json_object_array_length(operations); i++)
		json_object_array_add(params,
				      json_object_get(json_object_array_get_idx(operations, i)));
	request_send(replica, "transact", params, id);
	patience_renew(replica);
	return 0;
}

/* ---- messages ---- */

/* The columns that it names, or if it does not say so, all. */
static void schema_reply(struct replica *replica, struct json_object *message)
{
	if (!replica->asked || replica->schema.columns)
		return;
	replica_schema_read(&replica->schema, replica->options.tables, replica->options.n_tables,
			    json_object_object_get(message, "result"));
	monitor_ask(replica);
}

static void monitor_reply(struct replica *replica, struct json_object *message)
{
	const char *error = replica_error(json_object_object_get(message, "error"));
	struct json_object *tables = json_object_object_get(message, "result");

	if (!replica->asked || !replica->schema.columns)
		return;
	replica->asked = NULL;
	if (error || !json_object_is_type(tables, json_type_object)) {
		connection_close(replica->conn, error ? error : "its answer to monitor is wrong");
		return;
	}
	replica->is_ready = true;
	replica->pause = RETRY_SECONDS;
	replica_rows_clear(&replica->rows);
	rows_update(replica, tables);
	replica->options.reread(replica->options.ctx);
	replica->options.changed(replica->options.ctx);
}

/* The rows stay what they are until they are read by the new schema. */
static void converted(struct replica *replica)
{
	log_info("replica", "the database was converted: its rows are read anew");
	replica->is_ready = false;
	replica_schema_fini(&replica->schema);
	schema_ask(replica);
}

/* The server asks whether we are there. */
static void echo_reply(struct replica *replica, struct json_object *message)
{
	own(json_free) struct json_object *reply = json_object_new_object();

	json_object_object_add(reply, "id", json_object_get(json_object_object_get(message, "id")));
	json_object_object_add(reply, "result",
			       json_object_get(json_object_object_get(message, "params")));
	json_object_object_add(reply, "error", NULL);
	connection_send(replica->conn, reply);
}

static void reply(struct replica *replica, int64_t id, struct json_object *message)
{
	if (id == SCHEMA_ID)
		schema_reply(replica, message);
	else if (id == MONITOR_ID)
		monitor_reply(replica, message);
	else
		replica_requests_answer(&replica->requests, id, message);
	patience_renew(replica);
}

static void notification(struct replica *replica, const char *method, struct json_object *message)
{
	struct json_object *params = json_object_object_get(message, "params");

	if (!strcmp(method, "update") && replica->is_ready &&
	    json_object_is_type(params, json_type_array)) {
		if (rows_update(replica, json_object_array_get_idx(params, 1)))
			replica->options.changed(replica->options.ctx);
	} else if (!strcmp(method, "monitor_canceled") && replica->is_ready) {
		converted(replica);
		patience_renew(replica);
	} else if (!strcmp(method, "echo")) {
		echo_reply(replica, message);
	}
}

/* An answer to echo gets nobody further. */
static bool server_message(struct replica *replica, struct json_object *message)
{
	const char *question = unanswered(replica);
	bool is_its = replica_server_message(&replica->server, replica->conn, message);

	if (unanswered(replica) != question)
		patience_renew(replica);
	return is_its;
}

static void message_cb(void *ctx, struct connection *conn, struct json_object *message)
{
	struct replica *replica = ctx;
	struct json_object *id = json_object_object_get(message, "id");
	const char *method = json_object_get_string(json_object_object_get(message, "method"));

	if (replica->options.external && server_message(replica, message))
		return;
	if (!method && json_object_is_type(id, json_type_int))
		reply(replica, json_object_get_int64(id), message);
	else if (method)
		notification(replica, method, message);
}

/* ---- life ---- */

/* The servers of a cluster come one after the other; there is a pause after each round. */
static void retry_later(struct replica *replica)
{
	const struct external *external = replica->options.external;
	struct timeval pause = {.tv_sec = replica->pause};

	if (external && !external_was_last(external))
		pause = (struct timeval){.tv_usec = NEXT_USEC};
	else
		replica->pause *= 2;
	if (replica->pause > RETRY_MAX_SECONDS)
		replica->pause = RETRY_MAX_SECONDS;
	event_add(replica->retry, &pause);
}

static void connect_failed(struct replica *replica, const char *why)
{
	log_warn("replica", "%s: trying again", why);
	retry_later(replica);
}

static void closed_cb(void *ctx, struct connection *conn, const char *why)
{
	struct replica *replica = ctx;

	log_warn("replica", "lost the database%s%s: %s: trying again",
		 replica->options.external ? " at " : "",
		 replica->options.external ? external_name(replica->options.external) : "",
		 why[0] ? why : "it hung up");
	replica->conn = NULL;
	replica->is_ready = false;
	replica->asked = NULL;
	replica_schema_fini(&replica->schema);
	replica_requests_fail(&replica->requests, "the connection broke");
	patience_renew(replica);
	retry_later(replica);
}

static void server_good(void *ctx)
{
	struct replica *replica = ctx;

	log_info("replica", "connected to the database at %s",
		 external_name(replica->options.external));
	schema_ask(replica);
}

/* Takes over `fd`, a connected socket. */
static void connection_begin(struct replica *replica, int fd, struct tls *tls)
{
	static const struct connection_ops ops = {.message = message_cb, .closed = closed_cb};
	const struct connection_options options = {
		.base = replica->options.base,
		.name = "database",
		.tls = tls,
		.limits = {CONNECTION_MESSAGE_MAX, CONNECTION_BACKLOG_MAX},
		.ops = &ops,
		.ctx = replica,
	};
	struct err err = ERR_INIT;

	if (connection_new(&replica->conn, fd, &options, &err)) {
		connect_failed(replica, err.text);
	} else if (replica->options.external) {
		if (connection_probe(replica->conn, PROBE_MS))
			log_warn("replica", "out of memory: a silent server will not be noticed");
		replica_server_ask(&replica->server, replica->conn);
		patience_renew(replica);
	} else {
		aware_send(replica);
		schema_ask(replica);
	}
}

static void dialed(void *ctx, int fd, struct tls *tls, const char *why)
{
	if (fd < 0)
		connect_failed(ctx, why);
	else
		connection_begin(ctx, fd, tls);
}

static void connect_cb(evutil_socket_t unused, short what, void *ctx)
{
	struct replica *replica = ctx;
	struct err err = ERR_INIT;
	int fd = replica->options.connect(replica->options.ctx, &err);

	if (fd < 0)
		connect_failed(replica, err.text);
	else if (replica->options.external)
		external_dial(replica->options.external, dialed, replica);
	else
		connection_begin(replica, fd, NULL);
}

int replica_new(struct replica **out, const struct replica_options *options)
{
	own(replica_free) struct replica *replica = calloc(1, sizeof(*replica));

	if (!replica)
		return -ENOMEM;
	replica->options = *options;
	if (!options->rows_cost_max)
		replica->options.rows_cost_max = JSON_MEMORY_MAX;
	replica->pause = RETRY_SECONDS;
	replica->server = (struct replica_server){
		.database = options->database, .good = server_good, .ctx = replica};
	replica_requests_init(&replica->requests);
	replica->rows = (struct replica_rows){.tables = options->tables,
					      .n_tables = options->n_tables,
					      .result_changed = options->result_changed,
					      .ctx = options->ctx};
	replica->retry = evtimer_new(options->base, connect_cb, replica);
	replica->patience = evtimer_new(options->base, patience_cb, replica);
	if (replica_rows_init(&replica->rows) || !replica->retry || !replica->patience)
		return -ENOMEM;
	event_active(replica->retry, 0, 0);
	*out = take_ptr(replica);
	return 0;
}

void replica_free(struct replica **replica)
{
	struct replica *r = *replica;

	if (!r)
		return;
	r->is_ready = false;
	connection_free(&r->conn);
	replica_requests_fail(&r->requests, "the daemon stops");
	replica_rows_fini(&r->rows);
	replica_schema_fini(&r->schema);
	if (r->retry)
		event_free(r->retry);
	if (r->patience)
		event_free(r->patience);
	mem_free(replica);
}

bool replica_is_ready(const struct replica *replica)
{
	return replica->is_ready;
}
