#pragma once
/* A database with one client, for tests. JSON in requests is written with ' for ". */
#include <stddef.h>
#include <stdint.h>

#include "db/database.h"
#include "db/server.h"

struct json_object;

struct db_client {
	struct db_server *server;
	struct db_session *session;
	uint64_t now;                 /* nanoseconds; tests move it */
	int last_id;                  /* of requests: 1, 2 ... */
	struct json_object *heard;    /* an array: notifications, in order */
	struct json_object *answer;   /* the last reply, or NULL */
	size_t n_heard_before_answer; /* how many notifications waited when it came */
	char *text;                   /* what client_call() returned last */
	unsigned n_ended;             /* how often the server has hung up */
};

/* Two tables: A is root, has unique "name", an integer set "s", a map "m", strong references "b" and
 * a weak set "w" to B, an optional integer "o"; B has "x" (1 to 10), "e" ("red" or "blue") and real
 * "r", and a strong reference "next" to B. */
extern const char client_schema[];

/* `file` NULL: in memory. The test fails if it cannot be opened. */
void client_open(struct db_client *client, const char *schema, const char *file);
void client_close(struct db_client *client);

/* Sends a request; returns the text of its result, or "error: TAG", or "" if it is not answered
 * yet. Valid until the next call. */
const char *client_call(struct db_client *client, const char *method, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for "transact" on database T; `fmt` is the operations, without brackets. A failed
 * operation or commit gives "error: TAG", that of the first failure. */
const char *client_transact(struct db_client *client, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The notifications so far, as text, and forgets them. Valid until the next call. */
const char *client_heard(struct db_client *client);
/* The text of the last answer. */
const char *client_answer(struct db_client *client);
