#pragma once
/* Which of the columns that the daemon knows its database has: that may be of an older schema than the daemon, or of a newer
 * one, or have been converted (ovsdb-client(1)). What it lacks is neither asked for nor written. Control thread only.
 */
#include <stdbool.h>

struct json_object;
struct replica_table;

struct replica_schema {
	struct json_object
		*columns; /* {TABLE: {COLUMN: true}}: those that are there. NULL: not known yet */
	char version[32]; /* of the database's schema; "": not known */
};

/* Reads <database-schema> `json` of a server, be it what it may: NULL, or nonsense, lets all columns of `tables` be
 * there. One line in the log says what is missing. */
void replica_schema_read(struct replica_schema *schema, const struct replica_table *tables,
			 unsigned n_tables, struct json_object *json);
void replica_schema_fini(struct replica_schema *schema);
/* `column` NULL: any. */
bool replica_schema_has(const struct replica_schema *schema, const char *table, const char *column);
/* <monitor-requests> for all that is there (RFC 7047 section 4.1.5). The caller puts it. */
struct json_object *replica_schema_requests(const struct replica_schema *schema);
