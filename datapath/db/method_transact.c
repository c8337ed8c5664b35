/* transact and cancel (RFC 7047 sections 4.1.3 and 4.1.4), and transactions that wait. */
#include <errno.h>
#include <json-c/json.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/own.h"
#include "db/alloc.h"
#include "db/execute.h"
#include "db/session.h"
#include "db/storage.h"

/* A request whose "wait" is not satisfied. It is tried again from its beginning when something was
 * committed, and when its time is up. */
struct pending {
	struct cds_list_head server_node;
	struct cds_list_head session_node;
	struct db_session *session;
	struct database *db;
	struct json_object *params;
	struct json_object *id;
	size_t size;         /* bytes, as the session counts them */
	uint64_t started_at; /* nanoseconds */
	uint64_t deadline;   /* UINT64_MAX: waits for ever */
};

static bool owns_lock(void *context, const char *name)
{
	return lock_is_owned(context, name);
}

/* Tries a request. Returns true when it was answered; *has_changed is set if it changed something.
 */
static bool try(struct pending *pending, uint64_t now, bool *has_changed)
{
	uint64_t elapsed = now - pending->started_at;
	struct execution execution = {
		.db = pending->db,
		.elapsed_ms = elapsed / CLOCK_NS_PER_MS,
		.owns_lock = owns_lock,
		.context = pending->session,
	};
	struct json_object *result;

	if (execution_run(&execution, pending->params, &result)) {
		pending->deadline = UINT64_MAX;
		if (execution.timeout_ms < (UINT64_MAX - pending->started_at) / CLOCK_NS_PER_MS)
			pending->deadline =
				pending->started_at + execution.timeout_ms * CLOCK_NS_PER_MS;
		return false;
	}
	session_reply(pending->session, pending->id, result);
	if (execution.has_changed) {
		*has_changed = true;
		storage_compact_if_due(pending->db);
	}
	return true;
}

static void pending_free(struct pending **pending)
{
	if (!*pending)
		return;
	json_object_put((*pending)->params);
	json_object_put((*pending)->id);
	mem_free(pending);
}

static void forget(struct pending *pending)
{
	cds_list_del(&pending->server_node);
	cds_list_del(&pending->session_node);
	pending->session->n_pending--;
	session_unkeep(pending->session, pending->size);
	pending_free(&pending);
}

/* Tries what waits until nothing changes any more. Each round answers at least one request. */
static void retry_all(struct db_server *server, uint64_t now)
{
	struct pending *pending, *next;
	bool has_changed;

	do {
		has_changed = false;
		cds_list_for_each_entry_safe (pending, next, &server->pending, server_node)
			if (try(pending, now, &has_changed))
				forget(pending);
	} while (has_changed);
}

static struct pending *find_pending(const struct db_session *session, struct json_object *id)
{
	struct pending *pending;

	cds_list_for_each_entry (pending, &session->pending, session_node)
		if (json_object_equal(pending->id, id))
			return pending;
	return NULL;
}

int method_transact(struct session_call *call)
{
	struct db_session *session = call->session;
	struct database *db = call_database(call);
	own(pending_free) struct pending *pending = NULL;
	bool has_changed = false;

	if (!db)
		return -EINVAL;
	if (find_pending(session, call->id))
		return db_error_set(&call->error, ERROR_SYNTAX,
				    "transact: a request of that id is waiting already");
	pending = alloc(1, sizeof(*pending));
	pending->session = session;
	pending->db = db;
	pending->params = json_object_get(call->params);
	pending->id = json_object_get(call->id);
	pending->started_at = call->now;
	if (try(pending, call->now, &has_changed)) {
		if (has_changed)
			retry_all(session->server, call->now);
		return SESSION_ANSWERED;
	}
	if (session->n_pending == SESSION_PENDING_MAX)
		return db_error_set(&call->error, ERROR_RESOURCES,
				    "this client has %u transactions waiting already",
				    session->n_pending);
	pending->size = sizeof(*pending) + json_cost(pending->params) + json_cost(pending->id);
	if (session_keep(session, pending->size, &call->error))
		return -EINVAL;
	session->n_pending++;
	cds_list_add_tail(&pending->session_node, &session->pending);
	cds_list_add_tail(&pending->server_node, &session->server->pending);
	pending = NULL;
	return SESSION_ANSWERED;
}

int method_cancel(struct session_call *call)
{
	struct pending *pending;

	if (json_object_array_length(call->params) != 1)
		return db_error_set(&call->error, ERROR_SYNTAX,
				    "cancel: the parameter must be the id of a request");
	call->result = json_object_new_object();
	pending = find_pending(call->session, call_param(call, 0));
	if (pending) {
		session_fail(call->session, pending->id, json_object_new_string(ERROR_CANCELED));
		forget(pending);
	}
	return 0;
}

void session_cancel_database(struct db_session *session, const struct database *db)
{
	struct pending *pending, *next;

	cds_list_for_each_entry_safe (pending, next, &session->pending, session_node) {
		if (pending->db != db)
			continue;
		if (session->is_change_aware)
			session_fail(session, pending->id, json_object_new_string(ERROR_CANCELED));
		forget(pending);
	}
}

void server_retry(struct db_server *server, uint64_t now)
{
	retry_all(server, now);
}

void session_cancel_all(struct db_session *session)
{
	struct pending *pending, *next;

	cds_list_for_each_entry_safe (pending, next, &session->pending, session_node)
		forget(pending);
}

uint64_t db_server_deadline(const struct db_server *server)
{
	const struct pending *pending;
	uint64_t deadline = UINT64_MAX;

	cds_list_for_each_entry (pending, &server->pending, server_node)
		if (pending->deadline < deadline)
			deadline = pending->deadline;
	return deadline;
}

void db_server_run(struct db_server *server, uint64_t now)
{
	struct pending *pending, *next;
	bool has_changed = false;

	cds_list_for_each_entry_safe (pending, next, &server->pending, server_node)
		if (pending->deadline <= now && try(pending, now, &has_changed))
			forget(pending);
	if (has_changed)
		retry_all(server, now);
}
