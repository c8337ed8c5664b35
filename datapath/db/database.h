#pragma once
/* A database: tables of rows, as a schema describes them (RFC 7047 section 3), kept in memory and,
 * unless it was made without a file, in an append-only log that ovsdb-tool can read.
 *
 * Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>

struct database;
struct err;
struct json_object;

/* The schema of the switch's own database, schemas/switch.ovsschema, built into the program. */
extern const char switch_schema[];

/* Opens the database in file `path`, which must hold one of the same name as the JSON text `schema` says (NULL:
 * whatever the file holds), of that schema or another, or creates the file with that schema if it is missing or
 * empty. The file stays locked against other writers until database_free().
 * A torn last record, left by a crash, is cut off and reported in the log. Returns 0; -EBUSY if
 * somebody else has the file open; -EINVAL for another name or a bad schema; -EBADMSG if the file is
 * damaged elsewhere than at its end (it is left as it was); or the errno of the file operation. */
int database_open(struct database **out, const char *path, const char *schema, struct err *err);

/* The same without a file. */
int database_new(struct database **out, const char *schema, struct err *err);
void database_free(struct database **db);

const char *database_name(const struct database *db);
const char *database_version(const struct database *db);
/* The schema as JSON (RFC 7047 section 3.2). Borrowed until the database is converted. */
struct json_object *database_schema(const struct database *db);
/* How many rows `table` has; 0 if there is no such table. */
uint64_t database_n_rows(const struct database *db, const char *table);

bool database_has_file(const struct database *db);
/* Writes the file anew without its history. Happens by itself as the file grows; the old file is
 * in place until the new one is on disk. Returns 0 or -errno (the old file stays in use). */
int database_compact(struct database *db, struct err *err);
