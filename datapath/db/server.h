#pragma once
/* Databases and their clients: the methods of RFC 7047 section 4, without the sockets.
 *
 * A server holds databases; each client has a session. Requests come in as parsed JSON, replies and
 * notifications leave through the session's callback, in the order in which the client must see
 * them: what a transaction changed is told to monitors before the transaction is answered.
 *
 * Methods: list_dbs, get_schema, get_server_id, transact, cancel, monitor, monitor_cond,
 * monitor_cond_since, monitor_cond_change, monitor_cancel, lock, steal, unlock, echo,
 * set_db_change_aware, convert.
 *
 * Time comes in as arguments, nanoseconds of clock_now(). Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>

struct database;
struct db_server;
struct db_session;
struct json_object;

int db_server_new(struct db_server **out);
/* All sessions must be gone. Frees the databases too. */
void db_server_free(struct db_server **server);

/* Serves `*db` under its name and takes it over (*db becomes NULL). -EEXIST: the name is taken. */
int db_server_add(struct db_server *server, struct database **db);
/* Where clients that miss a database are sent; borrowed. `is_awaited`: nobody has answered there yet. */
void db_server_refer(struct db_server *server, const char *where, bool is_awaited);
/* Borrowed; NULL if there is no such database. */
struct database *db_server_lookup(const struct db_server *server, const char *name);

/* The i-th, in the order in which they were added; NULL: there are no more. */
struct database *db_server_at(const struct db_server *server, unsigned i);
/* When db_server_run() must be called, at the latest: a transaction that waits times out then.
 * UINT64_MAX if nothing waits. Ask again after every request. */
uint64_t db_server_deadline(const struct db_server *server);
void db_server_run(struct db_server *server, uint64_t now);

/* Delivers one JSON-RPC message (a reply or a notification) to a client. `message` is borrowed:
 * json_object_get() it to keep it, no longer than the server lives, and never change it. It must
 * not call the functions of this header: a client that cannot be written to any more is marked, and
 * its session freed later. */
typedef void db_send_fn(void *context, struct json_object *message);

/* Hangs up on a client, once it has got what was delivered. Nothing of it is handled any more, and its session is freed
 * later; the same rules as for db_send_fn. */
typedef void db_end_fn(void *context);

int db_session_new(struct db_session **out, struct db_server *server, db_send_fn *send,
		   db_end_fn *end, void *context);
/* Cancels what the client waits for, its monitors and its locks. Nothing is sent to it any more. */
void db_session_free(struct db_session **session);

/* Handles one request or notification, the whole JSON object ("method", "params", "id"), borrowed.
 * Returns 0 if it was for the database: it was or will be answered, be it with an error.
 * -ENOSYS: no method of the database, nothing was sent.
 * -EINVAL: no JSON-RPC request at all ("method" no string, or "params" no array); nothing sent. */
int db_session_request(struct db_session *session, struct json_object *request, uint64_t now);
