#include "control/rpc.h"

#include <errno.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <urcu/list.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "base/print.h"
#include "control/appctl.h"
#include "control/caller.h"
#include "stream/connection.h"
#include "control/method.h"
#include "stream/server.h"
#include "control/shape.h"
#include "db/server.h"

/* A method with its description read. */
struct entry {
	const struct method *method;
	struct json_object *description;
	struct json_object *shape; /* of the params; borrowed from the description */
	bool changes, is_early;
	UT_hash_handle hh;
};

/* What a connection's data is. */
struct client {
	struct cds_list_head node; /* in rpc.clients */
	struct db_session *session;
	struct caller *caller;
};

struct rpc {
	/* fixed after create */
	struct rpc_options options;
	struct entry *entries;  /* uthash by name */
	struct event *deadline; /* of the database's waiting transactions */
	struct clock clock;
	/* control thread */
	struct cds_list_head clients;
};

static const struct {
	int code;
	const char *name;
} error_names[] = {
	{EINVAL, "invalid"},        {ENOENT, "not found"},
	{EEXIST, "exists"},         {EPERM, "not permitted"},
	{ENOSYS, "unknown method"}, {ENOSPC, "full"},
	{ENODEV, "no device"},      {ENOMEM, "resources exhausted"},
	{ENOTSUP, "not supported"}, {EOPNOTSUPP, "not supported"},
	{E2BIG, "too big"},         {EAGAIN, "not ready"},
};

static const char *error_name(int code)
{
	for (size_t i = 0; i < sizeof(error_names) / sizeof(*error_names); i++) {
		if (error_names[i].code == code)
			return error_names[i].name;
	}
	return "failed";
}

static struct json_object *error_object(const struct err *err)
{
	struct json_object *error = json_object_new_object();

	json_object_object_add(error, "error", json_object_new_string(error_name(err->code)));
	json_object_object_add(error, "details", json_object_new_string(err->text));
	return error;
}

/* ---- runtime methods ---- */

static int params_unwrap(struct json_object *params, struct json_object **out, struct err *err)
{
	size_t n = json_object_array_length(params);
	struct json_object *only = n ? json_object_array_get_idx(params, 0) : NULL;

	if (n > 1 || (n && !json_object_is_type(only, json_type_object)))
		return err_set(err, EINVAL, "params must be an array of one object");
	*out = only ? json_object_get(only) : json_object_new_object();
	return 0;
}

int rpc_run(struct rpc *rpc, const char *method, struct json_object *params, uid_t uid,
	    struct json_object **result, struct err *err)
{
	own(json_free) struct json_object *object = NULL, *answer = NULL;
	struct entry *entry;
	int rc;

	HASH_FIND_STR(rpc->entries, method, entry);
	if (!entry)
		return err_set(err, ENOSYS, "unknown method \"%s\"", method);
	if (entry->changes && uid != 0 && uid != geteuid())
		return err_set(err, EPERM, "%s changes the switch: only root may do that", method);
	if (rpc->options.context->waits_for && !entry->is_early)
		return method_refuse_early(rpc->options.context, err);
	rc = params_unwrap(params, &object, err);
	if (!rc)
		rc = shape_check(entry->shape, object, "params", err);
	if (!rc)
		rc = entry->method->run(rpc->options.context, object, &answer, err);
	if (rc)
		return rc;
	*result = answer ? take_ptr(answer) : json_object_new_object();
	return 0;
}

/* `result` and `error` are taken over, `id` is borrowed. */
static void reply(struct connection *conn, struct json_object *id, struct json_object *result,
		  struct json_object *error)
{
	own(json_free) struct json_object *message = json_object_new_object();

	json_object_object_add(message, "id", json_object_get(id));
	json_object_object_add(message, "result", result);
	json_object_object_add(message, "error", error);
	connection_send(conn, message);
}

/* ovs-appctl(8) asks one thing only, and counts its requests from 0. */
static bool is_from_appctl(struct json_object *id)
{
	return json_object_is_type(id, json_type_int) && !json_object_get_int64(id);
}

/* What ovs-appctl(8) sends: words, and an answer that is text, as is what went wrong. A client of the database is told
 * what ovsdb-server tells it of a method that nobody knows. */
static void text_request(struct rpc *rpc, struct connection *conn, struct json_object *message)
{
	struct json_object *id = json_object_object_get(message, "id");
	const char *name = json_object_get_string(json_object_object_get(message, "method"));
	uid_t uid = connection_uid(conn);
	own(print_fini) struct print text = {0};
	struct err err = ERR_INIT;
	int rc = appctl_run(rpc->options.context, name, json_object_object_get(message, "params"),
			    !uid || uid == geteuid(), &text, &err);

	if (rc) {
		print_clear(&text);
		if (rc == -ENOSYS && !is_from_appctl(id))
			print_fmt(&text, "unknown method");
		else
			print_fmt(&text, "%s\n", err.text);
	}
	reply(conn, id, rc ? NULL : json_object_new_string(print_text(&text)),
	      rc ? json_object_new_string(print_text(&text)) : NULL);
}

/* Runtime methods have one object. */
static bool is_text_request(const struct rpc *rpc, struct json_object *message)
{
	struct json_object *params = json_object_object_get(message, "params");
	const char *name = json_object_get_string(json_object_object_get(message, "method"));
	const struct entry *entry;

	HASH_FIND_STR(rpc->entries, name, entry);
	return !entry &&
	       !json_object_is_type(json_object_array_get_idx(params, 0), json_type_object);
}

static void method_request(struct rpc *rpc, struct connection *conn, struct json_object *message)
{
	struct json_object *id = json_object_object_get(message, "id");
	const char *method = json_object_get_string(json_object_object_get(message, "method"));
	struct json_object *result = NULL;
	const struct client *client = connection_data(conn);
	struct err err = ERR_INIT;
	int rc;

	rpc->options.context->caller = client->caller;
	rc = rpc_run(rpc, method, json_object_object_get(message, "params"), connection_uid(conn),
		     &result, &err);
	rpc->options.context->caller = NULL;
	if (id)
		reply(conn, id, result, rc ? error_object(&err) : NULL);
	else
		json_object_put(result);
}

/* ---- clients ---- */

static void deadline_set(struct rpc *rpc)
{
	uint64_t at = db_server_deadline(rpc->options.db), now = clock_now(&rpc->clock);
	uint64_t us = at > now ? (at - now + CLOCK_NS_PER_US - 1) / CLOCK_NS_PER_US : 0;
	const struct timeval wait = {.tv_sec = (time_t)(us / 1000000),
				     .tv_usec = (suseconds_t)(us % 1000000)};

	if (at == UINT64_MAX)
		event_del(rpc->deadline);
	else
		event_add(rpc->deadline, &wait);
}

static void deadline_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct rpc *rpc = ctx;

	db_server_run(rpc->options.db, clock_now(&rpc->clock));
	deadline_set(rpc);
}

static void session_send(void *ctx, struct json_object *message)
{
	connection_send(ctx, message);
}

static void session_end(void *ctx)
{
	connection_close(ctx, "");
}

static void client_free(struct client **client)
{
	if (!*client)
		return;
	caller_free(&(*client)->caller);
	db_session_free(&(*client)->session);
	mem_free(client);
}

static int client_opened(void *ctx, struct connection *conn)
{
	struct rpc *rpc = ctx;
	own(client_free) struct client *client = calloc(1, sizeof(*client));
	int rc = client ? db_session_new(&client->session, rpc->options.db, session_send,
					 session_end, conn)
			: -ENOMEM;

	if (!rc)
		rc = caller_new(&client->caller, conn);
	if (rc)
		return rc;
	cds_list_add(&client->node, &rpc->clients);
	connection_set_data(conn, take_ptr(client));
	return 0;
}

static void client_closed(void *ctx, struct connection *conn)
{
	struct rpc *rpc = ctx;
	struct client *client = connection_data(conn);

	cds_list_del(&client->node);
	client_free(&client);
	deadline_set(rpc);
}

static bool is_reply(struct json_object *message)
{
	return !json_object_object_get(message, "method") &&
	       (json_object_object_get_ex(message, "result", NULL) ||
		json_object_object_get_ex(message, "error", NULL));
}

static void client_message(void *ctx, struct connection *conn, struct json_object *message)
{
	struct rpc *rpc = ctx;
	const struct client *client = connection_data(conn);
	struct err err = ERR_INIT;
	int rc;

	if (is_reply(message)) /* we ask clients nothing */
		return;
	rc = db_session_request(client->session, message, clock_now(&rpc->clock));
	deadline_set(rpc);
	if (rc == -ENOSYS && is_text_request(rpc, message)) {
		if (!json_object_object_get(message, "id")) /* one that nobody knows */
			return;
		text_request(rpc, conn, message);
	} else if (rc == -ENOSYS) {
		method_request(rpc, conn, message);
	} else if (rc) {
		err_set(&err, EINVAL,
			"a request must have a \"method\" (a string), \"params\" (an array) and "
			"an \"id\"");
		reply(conn, json_object_object_get(message, "id"), NULL, error_object(&err));
		connection_close(conn, "it sent what is no JSON-RPC request");
	}
}

void rpc_let_go(struct rpc *rpc)
{
	struct client *client;

	cds_list_for_each_entry (client, &rpc->clients, node)
		caller_let_go(client->caller);
}

struct server_handler rpc_handler(struct rpc *rpc)
{
	return (struct server_handler){
		.ctx = rpc,
		.opened = client_opened,
		.message = client_message,
		.closed = client_closed,
	};
}

/* ---- life ---- */

static int entry_add(struct rpc *rpc, const struct method *method, struct err *err)
{
	struct entry *entry = calloc(1, sizeof(*entry));
	int rc;

	if (!entry)
		return err_set(err, ENOMEM, "out of memory");
	entry->method = method;
	HASH_ADD_KEYPTR(hh, rpc->entries, method->name, strlen(method->name), entry);
	rc = json_parse(method->description, strlen(method->description), JSON_DEPTH_MAX,
			&entry->description, err);
	if (rc)
		return rc;
	entry->shape = json_object_object_get(entry->description, "params");
	entry->changes =
		json_object_get_boolean(json_object_object_get(entry->description, "changes"));
	entry->is_early =
		json_object_get_boolean(json_object_object_get(entry->description, "early"));
	return shape_valid(entry->shape, method->name, err);
}

int rpc_new(struct rpc **out, const struct rpc_options *options, struct err *err)
{
	own(rpc_free) struct rpc *rpc = calloc(1, sizeof(*rpc));

	if (!rpc)
		return err_set(err, ENOMEM, "out of memory");
	rpc->options = *options;
	CDS_INIT_LIST_HEAD(&rpc->clients);
	rpc->deadline = evtimer_new(options->base, deadline_cb, rpc);
	if (!rpc->deadline)
		return err_set(err, ENOMEM, "out of memory");
	for (unsigned i = 0; i < options->n_methods; i++) {
		int rc = entry_add(rpc, &options->methods[i], err);

		if (rc)
			return rc;
	}
	*out = take_ptr(rpc);
	return 0;
}

void rpc_free(struct rpc **rpc)
{
	struct entry *entry, *next;

	if (!*rpc)
		return;
	HASH_ITER (hh, (*rpc)->entries, entry, next) {
		HASH_DEL((*rpc)->entries, entry);
		json_object_put(entry->description);
		free(entry);
	}
	if ((*rpc)->deadline)
		event_free((*rpc)->deadline);
	mem_free(rpc);
}
