#pragma once
/* Mutations: a column's new value as a function of its old one (RFC 7047 section 5.1, <mutation>).
 */
#include <stddef.h>

struct column_schema;
struct datum;
struct db_error;
struct json_object;
struct row;
struct symbols;
struct table_schema;
struct transaction;

enum mutator {
	MUTATE_ADD,
	MUTATE_SUBTRACT,
	MUTATE_MULTIPLY,
	MUTATE_DIVIDE,
	MUTATE_REMAINDER,
	MUTATE_INSERT,
	MUTATE_DELETE,
};

struct mutation {
	const struct column_schema *column;
	enum mutator mutator;
	struct datum *argument; /* owned */
};

struct mutations {
	struct mutation *list;
	size_t n;
};

#define MUTATIONS_INIT \
	{ \
		.list = NULL, .n = 0 \
	}

/* Reads an array of mutations. Returns 0 or -EINVAL, then `mutations` is empty. */
int mutations_parse(struct mutations *mutations, const struct table_schema *table,
		    struct json_object *json, struct symbols *symbols, struct db_error *error);
void mutations_fini(struct mutations *mutations);

/* Mutates the row, in the order given. Returns 0 or -EINVAL; then the transaction must abort. */
int mutations_apply(const struct mutations *mutations, struct transaction *transaction,
		    struct row *row, struct db_error *error);
