#pragma once
/* The daemon as a client of its configuration database (RFC 7047): a copy of the rows it needs,
 * kept up to date by a monitor, and transactions to write back. Tables and columns that the database lacks are not asked for
 * (replica_schema.h); if it is converted to another schema, all is read anew.
 *
 * The database may be the daemon's own, to which a function opens a connection, or an external server's, who must
 * be the right one (replica_server.h) before anything is asked of it. A lost connection is opened again after a pause; the copy
 * stays as it was until the new one has been read, so that a restart of the server changes
 * nothing in the switch. Control thread only.
 */
#include <stdbool.h>

#include "config/row.h"

struct err;
struct event_base;
struct external;
struct json_object;
struct replica;

/* What to copy. */
struct replica_table {
	const char *name;
	const char *const *columns; /* ends with NULL */
	const char *const
		*results; /* that we write and others should not; ends with NULL; NULL: none */
};

struct replica_options {
	struct event_base *base;
	const char *database; /* its name: "Open_vSwitch" */
	const struct replica_table *tables;
	unsigned n_tables;
	/* Bytes that its rows may take; 0: as many as the answer to a monitor may. */
	size_t rows_cost_max;
	/* Where it is; borrowed. NULL: ours. */
	struct external *external;
	/* Opens a stream socket to ours, or is told that the external one is about to be connected to. Returns it, or
	 * -errno with a text. */
	int (*connect)(void *ctx, struct err *err);
	/* All rows are read anew, of a database that may be another one: nobody knows what was written to it. */
	void (*reread)(void *ctx);
	/* Rows have changed, or are there for the first time. */
	void (*changed)(void *ctx);
	/* One of the results was changed, by us or by somebody else: their values are not kept.
	 * What we write is told before the answer to the transaction. */
	void (*result_changed)(void *ctx, const char *uuid, const char *column);
	void *ctx;
};

/* Connects from the event loop on. `options` is copied, what it points to borrowed.
 * Returns 0 or -ENOMEM. */
int replica_new(struct replica **out, const struct replica_options *options);
void replica_free(struct replica **replica);

/* True once the rows are there, and while the server answers. */
bool replica_is_ready(const struct replica *replica);

/* Does the database have that column, of those to copy? `column` NULL: any of that table. */
bool replica_has(const struct replica *replica, const char *table, const char *column);
/* The version of its schema; "": not known. */
const char *replica_version(const struct replica *replica);

/* Rows by uuid (NULL: none), or all of table number `table`: start with NULL, ends with NULL.
 * Borrowed until changed() is called. */
struct row *replica_row(const struct replica *replica, unsigned table, const char *uuid);
struct row *replica_next(const struct replica *replica, unsigned table, const struct row *row);

/* Sends the operations (an array, RFC 7047 section 5.2; borrowed). `done` is called with NULL if
 * all were done, else with what went wrong; also when the connection breaks or the replica is
 * freed. Returns 0 or -ENOTCONN (then `done` is not called). */
typedef void replica_done_fn(void *ctx, const char *error);
int replica_transact(struct replica *replica, struct json_object *operations, replica_done_fn *done,
		     void *ctx);
