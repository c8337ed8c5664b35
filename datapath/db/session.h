#pragma once
/* The inside of a server and its sessions, for the files of this room. See server.h. */
#include <stdbool.h>
#include <stdint.h>
#include <urcu/list.h>

#include "db/error.h"
#include "db/lock.h"
#include "db/server.h"
#include "db/uuid.h"

/* What one client may have at a time; past that it is told "resources exhausted". */
#define SESSION_MONITORS_MAX 1024
#define SESSION_PENDING_MAX  1024
#define SESSION_LOCKS_MAX    1024
/* Bytes that its monitors, locks and waiting transactions may keep, and those of all clients. */
#define SESSION_KEPT_MAX ((size_t)16 << 20)
#define SERVER_KEPT_MAX  ((size_t)128 << 20)

struct served_database {
	struct cds_list_head node;
	struct database *db;
};

struct db_server {
	struct uuid id;                 /* fixed after create */
	const char *where;              /* other databases are; NULL: nobody knows */
	bool is_awaited;                /* who serves them has not answered yet */
	struct cds_list_head databases; /* struct served_database.node */
	struct cds_list_head sessions;  /* struct db_session.node */
	struct cds_list_head pending;   /* struct pending.server_node, oldest first */
	struct locks locks;
	size_t n_kept; /* bytes, of all sessions */
};

struct db_session {
	struct cds_list_head node;
	struct db_server *server;      /* fixed after create */
	db_send_fn *send;              /* fixed after create */
	db_end_fn *end;                /* fixed after create */
	void *context;                 /* fixed after create */
	struct cds_list_head monitors; /* struct monitor.session_node */
	struct cds_list_head pending;  /* struct pending.session_node */
	struct cds_list_head claims;   /* struct lock_claim.session_node */
	unsigned n_monitors, n_pending, n_claims;
	size_t n_kept;        /* bytes */
	bool is_change_aware; /* it is told when a database becomes another one */
	bool is_here;         /* it has called methods of the database */
	bool is_elsewhere;    /* it has called others */
};

/* Sends a reply; takes over `result`. Nobody waits for one if `id` is null. */
void session_reply(struct db_session *session, struct json_object *id, struct json_object *result);
/* The same for an error; takes over `error`. */
void session_fail(struct db_session *session, struct json_object *id, struct json_object *error);
/* Sends a notification; takes over `params`. */
void session_notify(struct db_session *session, const char *method, struct json_object *params);

/* A method fills in `result`, or returns -EINVAL with `error`. One that has answered by itself, or
 * will, returns SESSION_ANSWERED. */
#define SESSION_ANSWERED 1

struct session_call {
	struct db_session *session;
	const char *method;
	struct json_object *params; /* an array */
	struct json_object *id;
	uint64_t now;
	struct json_object *result;
	struct db_error error;
};

typedef int session_method_fn(struct session_call *call);

session_method_fn method_transact, method_cancel;
session_method_fn method_monitor, method_monitor_cond, method_monitor_cond_since,
	method_monitor_cond_change, method_monitor_cancel;
session_method_fn method_lock, method_steal, method_unlock;
session_method_fn method_convert;

/* The parameter at `index`; NULL (also what JSON null is) if there is none. */
struct json_object *call_param(const struct session_call *call, size_t index);
/* The database that the first parameter names; NULL after an error in call->error. */
struct database *call_database(struct session_call *call);

/* Counts bytes that a request leaves behind it; -EINVAL with `error`: too many. */
int session_keep(struct db_session *session, size_t size, struct db_error *error);
void session_unkeep(struct db_session *session, size_t size);

/* method_transact.c: forgets what the session waits for. */
void session_cancel_all(struct db_session *session);
/* The same in `db`, and answers, to a client that knows of such things, that it is canceled. */
void session_cancel_database(struct db_session *session, const struct database *db);
/* Tries what waits, after something was committed elsewhere than in a transaction of a client. */
void server_retry(struct db_server *server, uint64_t now);
/* method_monitor.c, method_lock.c: forget its monitors and locks. */
void session_drop_monitors(struct db_session *session);
void session_drop_locks(struct db_session *session);
/* Ends the monitors of `db`, and says so to a client that knows of such things. */
void session_end_monitors(struct db_session *session, const struct database *db);

/* server.c: enters the schema that `db` has now into table Database of _Server. */
void server_tell_schema(struct db_server *server, const struct database *db);
