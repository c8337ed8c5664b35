#pragma once
/* Writes results into the database, and only what has changed since they were last written.
 *
 * A pass names values: publish_begin(), publish_set()..., publish_send(), which sends one
 * transaction with an update per row. Only one is on its way at a time; a caller that finds it busy
 * makes its pass when it is done. What a transaction could not write is written again by the
 * next pass, and so is what somebody else has written over. Rows that a pass does not name are
 * forgotten: they are gone. Control thread only.
 */
#include <stdbool.h>

struct json_object;
struct publish;
struct replica;

/* `done` is called when a transaction was answered: NULL, or what went wrong. */
int publish_new(struct publish **out, struct replica *replica,
		void (*done)(void *ctx, const char *error), void *ctx);
void publish_free(struct publish **publish);

bool publish_is_busy(const struct publish *publish);
/* Not while it is busy. */
void publish_begin(struct publish *publish);
/* `table` and `column` are borrowed for good, `uuid` is copied, `value` is taken over. */
void publish_set(struct publish *publish, const char *table, const char *uuid, const char *column,
		 struct json_object *value);
/* Names the row `uuid` without any values: they are what they were. False: not all of what was set
 * is written, or the row is new: name everything. */
bool publish_keep(struct publish *publish, const char *uuid);
/* Returns 1 if a transaction is on its way, 0 if there is nothing to write, or -ENOTCONN. */
int publish_send(struct publish *publish);
/* The database says that a column has changed. True if that was not us: the next pass writes it
 * again. */
bool publish_is_overwritten(struct publish *publish, const char *uuid, const char *column);
/* Believes nothing of what was written before: the database is another one. */
void publish_forget(struct publish *publish);
