#pragma once
/* Conditions: which rows of a table are meant (RFC 7047 section 5.1, <condition>, "where"). */
#include <stdbool.h>
#include <stddef.h>

struct column_schema;
struct datum;
struct db_error;
struct json_object;
struct row;
struct symbols;
struct table;
struct table_schema;

enum condition_function {
	CONDITION_LT,
	CONDITION_LE,
	CONDITION_EQ,
	CONDITION_NE,
	CONDITION_GE,
	CONDITION_GT,
	CONDITION_INCLUDES,
	CONDITION_EXCLUDES,
	CONDITION_TRUE, /* a bare true or false, which ovsdb-server(7) adds */
	CONDITION_FALSE,
};

struct clause {
	const struct column_schema *column; /* NULL for TRUE and FALSE */
	enum condition_function function;
	struct datum *argument; /* owned */
};

struct condition {
	struct clause *clauses;
	size_t n_clauses;
};

#define CONDITION_INIT \
	{ \
		.clauses = NULL, .n_clauses = 0 \
	}

/* Reads an array of clauses. Returns 0 or -EINVAL, then `condition` is empty. */
int condition_parse(struct condition *condition, const struct table_schema *table,
		    struct json_object *json, struct symbols *symbols, struct db_error *error);
void condition_fini(struct condition *condition);

/* Do the columns of a row satisfy at least one clause? False if there are none. */
bool condition_any(const struct condition *condition, struct datum *const *columns);

/* The rows of `table` that satisfy all clauses, in an array that the caller frees; *rows is NULL if
 * there are none. Clauses with == on _uuid or on an index are looked up, else all rows are tried.
 */
size_t condition_select(const struct condition *condition, const struct table *table,
			struct row ***rows);
