#pragma once
/* Tables and their rows, in memory.
 *
 * A row is one object from its insertion to its end; what changes is its array of datums, one for
 * each column of the table, _uuid and _version included. A running transaction keeps the array that
 * was there before it (struct row_change), so it can put everything back. A row that it deletes
 * stays in the table, marked, until it commits.
 *
 * References are counted as they come and go, at commit (reference.h): a row knows how many other
 * rows hold it, and which rows refer to it weakly. Nothing is ever counted by looking at all rows.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "db/index.h"
#include "db/uuid.h"

struct datum;
struct row_change;
struct schema;
struct table_schema;

/* A row that refers to another one weakly, in the other one's table of such rows. */
struct weak_source {
	UT_hash_handle hh;
	struct row *row;
	size_t n_refs; /* it may do so more than once */
};

struct row {
	UT_hash_handle hh;
	struct uuid uuid;
	struct table *table;
	struct datum **columns;    /* owned; of the running transaction, if it changed the row */
	struct row_change *change; /* what the running transaction did to it, or NULL */
	size_t n_strong_refs;      /* from other rows; a row cannot hold itself */
	struct weak_source *weak_sources;
	bool is_deleted;           /* by the running transaction */
	bool is_garbage_candidate; /* see reference.c */
	struct index_link links[]; /* one for each index of the table */
};

struct table {
	const struct table_schema *schema;
	struct row *rows; /* by UUID, those marked deleted included */
	size_t n_rows;    /* those that are not */
	struct index *indexes;
};

/* All rows that are there, for the running transaction. The loop may not remove rows. */
#define table_for_each(table, row) \
	for ((row) = (table)->rows; (row); (row) = (row)->hh.next) \
		if (!(row)->is_deleted)

struct table *table_new(const struct table_schema *schema);
void table_free(struct table **table);

/* The row, unless the running transaction deleted it. Borrowed; NULL if it is not there. */
struct row *table_lookup(const struct table *table, const struct uuid *uuid);
/* The same, but finds a row that the running transaction deleted, too. */
struct row *table_lookup_any(const struct table *table, const struct uuid *uuid);

/* Puts a new row into the table, all columns at their defaults. The UUID must be free. */
struct row *table_insert(struct table *table, const struct uuid *uuid);
/* Takes the row out of the table and frees it. */
void table_remove(struct row *row);

/* Marks the row deleted and takes it out of the indexes, or undoes that. */
void row_hide(struct row *row);
void row_unhide(struct row *row);

/* Files the row anew in every index that has column `column` (all, if it is TABLE_ALL_COLUMNS). */
#define TABLE_ALL_COLUMNS UINT_MAX
void row_reindex(struct row *row, unsigned column);

/* A copy of an array of datums, each with one reference more; and its end. */
struct datum **columns_copy(const struct table_schema *schema, struct datum *const *columns);
void columns_free(const struct table_schema *schema, struct datum ***columns);
