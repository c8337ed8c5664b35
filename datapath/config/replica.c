#include "config/replica.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <urcu/list.h>

#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "stream/connection.h"
#include "config/external.h"
#include "config/replica_server.h"
#include "config/replica_row.h"

#define RETRY_SECONDS     1
#define RETRY_MAX_SECONDS 8
#define MONITOR_ID        0
/* Of an external server: to let it be silent, and before the next one is tried. */
#define PROBE_MS  5000
#define NEXT_USEC 100000

/* A transaction that was sent and not answered yet. */
struct request {
	struct cds_list_head node;
	int64_t id;
	replica_done_fn *done;
	void *ctx;
};

struct replica {
	/* fixed after create */
	struct replica_options options;
	struct event *retry;
	/* control thread */
	struct connection *conn;      /* NULL: not connected */
	struct replica_server server; /* of an external one */
	bool is_ready;
	bool is_asked;         /* the server, for all rows */
	unsigned pause;        /* seconds until the next attempt */
	int64_t last_id;       /* of a request */
	uint64_t last_version; /* of a row */
	struct row **rows;     /* by table: uthash by uuid */
	size_t rows_cost;      /* bytes */
	struct cds_list_head requests;
};

/* ---- rows ---- */

struct row *replica_row(const struct replica *replica, unsigned table, const char *uuid)
{
	struct row *row = NULL;

	if (uuid)
		HASH_FIND_STR(replica->rows[table], uuid, row);
	return row;
}

struct row *replica_next(const struct replica *replica, unsigned table, const struct row *row)
{
	return row ? row->hh.next : replica->rows[table];
}

static void row_drop(struct replica *replica, unsigned table, struct row *row)
{
	HASH_DEL(replica->rows[table], row);
	replica->rows_cost -= row->cost;
	json_object_put(row->columns);
	free(row);
}

static void rows_clear(struct replica *replica)
{
	for (unsigned i = 0; i < replica->options.n_tables; i++) {
		struct row *row, *next;

		HASH_ITER (hh, replica->rows[i], row, next)
			row_drop(replica, i, row);
	}
}

/* `columns` are all monitored columns of the row: in RFC 7047 "new" is always whole. */
static void row_put(struct replica *replica, unsigned table, const char *uuid,
		    struct json_object *columns)
{
	struct row *row = replica_row(replica, table, uuid);

	if (!row) {
		row = calloc(1, sizeof(*row));
		if (!row || strlen(uuid) != UUID_LEN) {
			free(row);
			return;
		}
		strcpy(row->uuid, uuid);
		HASH_ADD_STR(replica->rows[table], uuid, row);
	}
	json_object_put(row->columns);
	row->columns = json_object_get(columns);
	replica->rows_cost -= row->cost;
	row->cost = sizeof(*row) + json_cost(columns);
	replica->rows_cost += row->cost;
	row->version = ++replica->last_version;
}

static bool is_among(const char *const *columns, const char *column)
{
	for (; columns && *columns; columns++)
		if (!strcmp(*columns, column))
			return true;
	return false;
}

/* `old` are the columns that changed. True if one of them is more than a result. */
static bool row_update(struct replica *replica, const struct replica_table *table, const char *uuid,
		       struct json_object *old)
{
	bool is_config = false;

	json_object_object_foreach(old, column, value)
	{
		if (is_among(table->results, column))
			replica->options.result_changed(replica->options.ctx, uuid, column);
		is_config |= is_among(table->columns, column);
	}
	return is_config;
}

/* RFC 7047 section 4.1.6: {TABLE: {UUID: {"old": ROW, "new": ROW}}}. True if there is something new
 * in it for changed(). */
static bool table_update(struct replica *replica, unsigned number, struct json_object *updates)
{
	const struct replica_table *table = &replica->options.tables[number];
	bool is_changed = false;

	json_object_object_foreach(updates, uuid, update)
	{
		struct json_object *columns = json_object_object_get(update, "new");
		struct json_object *old = json_object_object_get(update, "old");
		struct row *row = replica_row(replica, number, uuid);
		bool is_row = json_object_is_type(columns, json_type_object);

		if (row && is_row && json_object_is_type(old, json_type_object) &&
		    !row_update(replica, table, uuid, old))
			continue;
		is_changed = true;
		if (is_row)
			row_put(replica, number, uuid, columns);
		else if (row)
			row_drop(replica, number, row);
	}
	return is_changed;
}

static void rows_limit(struct replica *replica)
{
	const size_t most = replica->options.rows_cost_max;
	struct err err = ERR_INIT;

	if (replica->rows_cost <= most)
		return;
	err_set(&err, E2BIG, "its rows take more than %zu bytes of memory: delete some", most);
	connection_cut(replica->conn, err.text);
}

static bool tables_update(struct replica *replica, struct json_object *updates)
{
	bool is_changed = false;

	for (unsigned i = 0; i < replica->options.n_tables; i++) {
		struct json_object *table =
			json_object_object_get(updates, replica->options.tables[i].name);

		if (json_object_is_type(table, json_type_object))
			is_changed |= table_update(replica, i, table);
	}
	rows_limit(replica);
	return is_changed;
}

/* ---- requests ---- */

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

static void monitor_send(struct replica *replica)
{
	struct json_object *params = json_object_new_array();
	struct json_object *tables = json_object_new_object();

	for (unsigned i = 0; i < replica->options.n_tables; i++) {
		const struct replica_table *table = &replica->options.tables[i];
		struct json_object *columns = json_object_new_array();
		struct json_object *request = json_object_new_object();

		for (const char *const *column = table->columns; *column; column++)
			json_object_array_add(columns, json_object_new_string(*column));
		for (const char *const *column = table->results; column && *column; column++)
			if (!is_among(table->columns, *column))
				json_object_array_add(columns, json_object_new_string(*column));
		json_object_object_add(request, "columns", columns);
		json_object_object_add(tables, table->name, request);
	}
	json_object_array_add(params, json_object_new_string(replica->options.database));
	json_object_array_add(params, NULL);
	json_object_array_add(params, tables);
	request_send(replica, "monitor", params, MONITOR_ID);
	replica->is_asked = true;
}

int replica_transact(struct replica *replica, struct json_object *operations, replica_done_fn *done,
		     void *ctx)
{
	struct json_object *params;
	struct request *request;

	if (!replica->is_ready)
		return -ENOTCONN;
	request = calloc(1, sizeof(*request));
	if (!request)
		return -ENOMEM;
	*request = (struct request){.id = ++replica->last_id, .done = done, .ctx = ctx};
	cds_list_add_tail(&request->node, &replica->requests);
	params = json_object_new_array();
	json_object_array_add(params, json_object_new_string(replica->options.database));
	for (size_t i = 0; i < json_object_array_length(operations); i++)
		json_object_array_add(params,
				      json_object_get(json_object_array_get_idx(operations, i)));
	request_send(replica, "transact", params, request->id);
	return 0;
}

static void request_finish(struct request *request, const char *error)
{
	cds_list_del(&request->node);
	request->done(request->ctx, error);
	free(request);
}

static void requests_fail(struct replica *replica, const char *error)
{
	struct request *request, *next;

	cds_list_for_each_entry_safe (request, next, &replica->requests, node)
		request_finish(request, error);
}

/* ---- messages ---- */

/* What is wrong in a reply, for people; NULL: nothing. Borrowed from the message. */
static const char *error_text(struct json_object *error)
{
	struct json_object *details = NULL;

	if (!error)
		return NULL;
	if (json_object_is_type(error, json_type_object) &&
	    !json_object_object_get_ex(error, "details", &details))
		json_object_object_get_ex(error, "error", &details);
	return json_object_get_string(details ? details : error);
}

/* The first error among the results of a transaction (an error ends it, null follows). */
static const char *results_error(struct json_object *results)
{
	for (size_t i = 0; i < json_object_array_length(results); i++) {
		struct json_object *result = json_object_array_get_idx(results, i);

		if (json_object_object_get_ex(result, "error", NULL))
			return error_text(result);
	}
	return NULL;
}

static void transact_reply(struct replica *replica, int64_t id, struct json_object *message)
{
	const char *error = error_text(json_object_object_get(message, "error"));
	struct json_object *results = json_object_object_get(message, "result");
	struct request *request;

	if (!error && json_object_is_type(results, json_type_array))
		error = results_error(results);
	cds_list_for_each_entry (request, &replica->requests, node) {
		if (request->id == id) {
			request_finish(request, error);
			return;
		}
	}
}

static void monitor_reply(struct replica *replica, struct json_object *message)
{
	const char *error = error_text(json_object_object_get(message, "error"));
	struct json_object *tables = json_object_object_get(message, "result");

	if (!replica->is_asked)
		return;
	replica->is_asked = false;
	if (error || !json_object_is_type(tables, json_type_object)) {
		connection_close(replica->conn, error ? error : "its answer to monitor is wrong");
		return;
	}
	replica->is_ready = true;
	replica->pause = RETRY_SECONDS;
	rows_clear(replica);
	tables_update(replica, tables);
	replica->options.changed(replica->options.ctx);
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

static void message_cb(void *ctx, struct connection *conn, struct json_object *message)
{
	struct replica *replica = ctx;
	struct json_object *id = json_object_object_get(message, "id");
	const char *method = json_object_get_string(json_object_object_get(message, "method"));
	struct json_object *params = json_object_object_get(message, "params");

	if (replica->options.external && replica_server_message(&replica->server, conn, message))
		return;
	if (!method && json_object_is_type(id, json_type_int)) {
		if (json_object_get_int64(id) == MONITOR_ID)
			monitor_reply(replica, message);
		else
			transact_reply(replica, json_object_get_int64(id), message);
	} else if (method && !strcmp(method, "update") && replica->is_ready &&
		   json_object_is_type(params, json_type_array)) {
		if (tables_update(replica, json_object_array_get_idx(params, 1)))
			replica->options.changed(replica->options.ctx);
	} else if (method && !strcmp(method, "echo")) {
		echo_reply(replica, message);
	}
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
	replica->is_ready = replica->is_asked = false;
	requests_fail(replica, "the connection broke");
	retry_later(replica);
}

static void server_good(void *ctx)
{
	struct replica *replica = ctx;

	log_info("replica", "connected to the database at %s",
		 external_name(replica->options.external));
	monitor_send(replica);
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
	} else {
		monitor_send(replica);
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
	CDS_INIT_LIST_HEAD(&replica->requests);
	replica->rows = calloc(options->n_tables, sizeof(struct row *));
	replica->retry = evtimer_new(options->base, connect_cb, replica);
	if (!replica->rows || !replica->retry)
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
	requests_fail(r, "the daemon stops");
	if (r->rows)
		rows_clear(r);
	free(r->rows);
	if (r->retry)
		event_free(r->retry);
	mem_free(replica);
}

bool replica_is_ready(const struct replica *replica)
{
	return replica->is_ready;
}
