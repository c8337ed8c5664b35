#pragma once
/* Schemas (RFC 7047 section 3.2): which tables a database has, which columns a table, and what they
 * may hold. Fixed once parsed. */
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "db/type.h"

struct db_error;
struct json_object;

/* Every table has these two columns first; the schema does not name them. */
#define COLUMN_UUID     0
#define COLUMN_VERSION  1
#define COLUMN_N_HIDDEN 2

struct column_schema {
	UT_hash_handle hh;
	char *name;
	unsigned index; /* in the table's columns, and of the datum in a row */
	struct column_type type;
	bool is_mutable;
	bool is_persistent; /* not "ephemeral": it is written to the file */
	bool is_indexed;    /* part of one of the table's indexes */
	struct datum *default_datum;
	struct json_object *default_json;
};

struct index_schema {
	unsigned *columns; /* their indexes in the table, in order */
	unsigned n_columns;
};

struct table_schema {
	UT_hash_handle hh;
	char *name;
	unsigned index; /* in the schema's tables */
	struct column_schema **columns;
	unsigned n_columns;
	struct column_schema *columns_by_name;
	struct index_schema *indexes;
	unsigned n_indexes;
	uint64_t max_rows;
	bool is_root;         /* rows stay without anybody referring to them */
	bool has_strong_refs; /* some column refers to rows and keeps them */
	bool has_weak_refs;
};

struct schema {
	char *name;
	char *version;
	struct json_object *json; /* as it was read */
	struct table_schema **tables;
	unsigned n_tables;
	struct table_schema *tables_by_name;
};

/* Reads a schema. It keeps a reference to `json`. Returns 0 or -EINVAL. */
int schema_parse(struct schema **out, struct json_object *json, struct db_error *error);
void schema_free(struct schema **schema);

/* Borrowed; NULL if there is none of that name. */
struct table_schema *schema_table(const struct schema *schema, const char *name);
/* Knows "_uuid" and "_version" too. */
struct column_schema *table_column(const struct table_schema *table, const char *name);
/* The same for a name as a client gave it: NULL after an error. */
struct column_schema *table_column_named(const struct table_schema *table, struct json_object *name,
					 struct db_error *error);
/* The JSON form of a datum of that column; the caller puts it. */
struct json_object *column_json(const struct column_schema *column, const struct datum *datum);
