#pragma once
/* Transactions: changes to rows that all happen or all do not (RFC 7047 section 4.1.3).
 *
 * Changes are made in place, so that later operations see them; the transaction keeps what was
 * there before. It ends, within the same call, in a commit, which checks what RFC 7047 defers until
 * then, writes the log and tells the monitors, or in an abort, which puts everything back. A commit
 * that fails aborts.
 */
#include <stdbool.h>
#include <stddef.h>
#include <urcu/list.h>

struct database;
struct datum;
struct db_error;
struct row;
struct table;
struct uuid;

/* What the running transaction did to one row. */
struct row_change {
	struct cds_list_head node; /* in transaction.changes */
	struct row *row;
	struct datum **old; /* its columns before; NULL: the row was inserted */
	bool is_counted;    /* row->columns, rather than `old`, are in the strong counts */
	bool is_clean;      /* its weak references were looked at */
};

struct transaction {
	struct database *db;
	struct cds_list_head changes; /* struct row_change.node, in the order of first change */
	size_t n_deleted;
	char *comment; /* lines of "comment" operations, or NULL */
	bool is_durable;
};

/* No other transaction may be running on `db`. End it with transaction_commit() or _abort(). */
void transaction_begin(struct transaction *transaction, struct database *db);
/* Returns 0, or -errno after an abort: -EINVAL for a constraint or a reference, the file's errno if
 * it could not be written (error: "I/O error"). */
int transaction_commit(struct transaction *transaction, struct db_error *error);
void transaction_abort(struct transaction *transaction);

/* A new row with default values. The UUID must be free in its table, deleted rows included. */
struct row *transaction_insert(struct transaction *transaction, struct table *table,
			       const struct uuid *uuid);
/* A row that this transaction inserted is freed at once. */
void transaction_delete(struct transaction *transaction, struct row *row);
/* Sets a column; takes over the caller's reference to `datum`. */
void transaction_set(struct transaction *transaction, struct row *row, unsigned column,
		     struct datum *datum);
/* Remembers a comment for the log. */
void transaction_comment(struct transaction *transaction, const char *text);

/* The columns of a changed row now; NULL if it was deleted. */
struct datum *const *change_new(const struct row_change *change);
