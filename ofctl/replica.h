#pragma once
/* The tool's copy of the part of the database that its commands look at, and what they would like
 * to have changed in it.
 *
 * A command line is one transaction. First each command says which columns it will read; these are
 * fetched with `monitor`, so the copy follows the server. Then the commands run on the copy: they
 * see their own changes, the server sees none of them. What a decision was based on is marked by
 * record_verify(). commit.h sends the changes, guarded by `wait` operations on all that was marked:
 * if somebody else changed any of it meanwhile, nothing happens, and the commands run again on the
 * newer copy, from replica_reset() on.
 */
#include <stdbool.h>

#include "base/hash.h"
#include "db/datum.h"
#include "db/schema.h"
#include "db/uuid.h"

struct client;
struct err;
struct json_object;
struct replica;

#define DATABASE_NAME "Open_vSwitch"

/* ---- the copy ---- */

/* Fetches the schema. `client` is borrowed. Errors as client_call(), -EINVAL for a bad schema. */
int replica_new(struct replica **out, struct client *client, struct err *err);
void replica_free(struct replica **replica);
const struct schema *replica_schema(const struct replica *replica);
struct client *replica_client(const struct replica *replica);
/* A table that every schema we can work with has; ends the program if this one has not. */
const struct table_schema *replica_table(const struct replica *replica, const char *name);

/* Asks for a table's rows; for a column of them. Before replica_open(). */
void replica_want_table(struct replica *replica, const struct table_schema *table);
void replica_want(struct replica *replica, const struct table_schema *table, const char *column);

/* Fetches what was asked for. */
int replica_open(struct replica *replica, struct err *err);
/* Waits until something of it has changed. No changes may be pending. */
int replica_update(struct replica *replica, struct err *err);

/* ---- records: rows as the commands see them ---- */

struct record {
	UT_hash_handle hh;
	struct uuid uuid;      /* of a new one: our own */
	struct uuid real_uuid; /* of a new one, once it is committed: the server's */
	struct replica *replica;
	const struct table_schema *table;
	struct datum **now;  /* per column what the server has; NULL: not asked for, or new */
	struct datum **next; /* per column what it shall be; NULL: the same */
	bool *is_verified;   /* per column */
	bool is_new;
	bool keeps_uuid; /* a new one: the server shall use our UUID */
	bool is_deleted;
};

/* The first row, deleted ones included, in no order; hh.next leads on. NULL: none. */
struct record *replica_first(const struct replica *replica, const struct table_schema *table);

/* NULL: there is none. Borrowed until replica_reset() (new ones) or replica_update(). */
struct record *record_lookup(const struct replica *replica, const struct table_schema *table,
			     const struct uuid *uuid);
/* The one after `previous` (NULL: the first), deleted ones skipped. NULL: there is none. */
struct record *record_next(const struct replica *replica, const struct table_schema *table,
			   const struct record *previous);
#define record_for_each(replica, table, row) \
	for (struct record *row = record_next(replica, table, NULL); row; \
	     row = record_next(replica, table, row))

/* Borrowed. A column that nobody asked for has its default. */
struct datum *record_get(const struct record *record, const struct column_schema *column);

/* ---- changes ---- */

/* A new row, known by `uuid` until it is committed (NULL: one is drawn). */
struct record *record_insert(struct replica *replica, const struct table_schema *table,
			     const struct uuid *uuid);
/* Takes over `datum`. */
void record_set(struct record *record, const struct column_schema *column, struct datum *datum);
void record_delete(struct record *record);
/* What happens depends on this column: it must still have this value then. */
void record_verify(struct record *record, const struct column_schema *column);

/* Forgets all changes. */
void replica_reset(struct replica *replica);

/* ---- columns of known tables, for commands that know what they want ---- */

struct column_schema *record_column(const struct record *record, const char *column);
/* The text of a column of at most one string; "" if it has none. Borrowed. */
const char *record_text(const struct record *record, const char *column);
/* What the datum of a column of references holds. */
struct record *record_reference(const struct record *record, const struct column_schema *column,
				unsigned i);
void record_set_text(struct record *record, const char *column, const char *text);
void record_set_uuid(struct record *record, const char *column, const struct uuid *uuid);
void record_clear(struct record *record, const char *column);
/* Adds to, or removes from, a set of references; marks it for verification. */
void record_add_uuid(struct record *record, const char *column, const struct uuid *uuid);
void record_remove_uuid(struct record *record, const char *column, const struct uuid *uuid);
