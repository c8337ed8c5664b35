#pragma once
/* A database in its file: what transactions changed, as records of a log file (log_file.h).
 *
 * The first record is the schema, every other one a transaction:
 *
 *	{"_date": MS, "_comment": TEXT, "_is_diff": true,
 *	 TABLE: {UUID: {COLUMN: VALUE, ...}, UUID: null, ...}, ...}
 *
 * with null for a deleted row, all columns that are not at their default for a new one, and those
 * that differ for a changed one: the difference, if the column may have several elements and
 * "_is_diff" is there. Ephemeral columns are left out.
 */
#include <stdbool.h>

struct database;
struct db_error;
struct err;
struct json_object;
struct transaction;

/* Opens the file for `db`, whose schema and tables are not there yet, reads the schema from it, and
 * hands it to `use_schema`; before, if it is empty, writes `schema` (NULL: there is none) into it.
 * Then reads the rows. Returns 0, what `use_schema` returned, or an error of log_file.h. */
int storage_open(struct database *db, const char *path, struct json_object *schema,
		 int (*use_schema)(struct database *db, struct json_object *schema,
				   struct json_object *expected, struct err *err),
		 struct err *err);
void storage_close(struct database *db);

/* Writes what the running transaction changed; does nothing without a file. A durable one has all
 * of the file on disk when this returns, even if it changed nothing itself. Returns 0, or -errno
 * with `error` an "I/O error", then the file is as before. */
int storage_append(struct database *db, struct transaction *transaction, struct db_error *error);
/* Writes all rows into a new file if the old one has grown enough to make it worth it. */
void storage_compact_if_due(struct database *db);
/* The same in any case. Returns 0 or -errno. */
int storage_compact(struct database *db, struct err *err);
/* Writes the schema and the rows of `content`, with that comment, into a new file in the place of that of `db`. Returns 0
 * or -errno, then the old one is in use. */
int storage_replace(struct database *db, const struct database *content, const char *comment,
		    struct err *err);
