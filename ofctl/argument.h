#pragma once
/* Arguments of database commands: COLUMN, COLUMN:KEY, COLUMN=VALUE, COLUMN:KEY=VALUE, and in
 * conditions one of thirteen more operators instead of the "=". */
#include <stdbool.h>

struct column_schema;
struct datum;
struct err;
struct ids;
struct record;
struct table_schema;

enum relation {
	RELATION_NONE,
	RELATION_EQ,
	RELATION_NE,
	RELATION_LT,
	RELATION_GT,
	RELATION_LE,
	RELATION_GE,
	RELATION_SET_EQ,
	RELATION_SET_NE,
	RELATION_SUBSET,
	RELATION_PROPER_SUBSET,
	RELATION_SUPERSET,
	RELATION_PROPER_SUPERSET,
	RELATION_IN,
	RELATION_NOT_IN,
};

enum argument_kind { ARGUMENT_COLUMN, ARGUMENT_SETTING, ARGUMENT_CONDITION };

struct argument {
	const struct column_schema *column;
	char *key; /* NULL: none. As written, with its quotes */
	enum relation relation;
	const char
		*value; /* what follows the operator, borrowed from the text; NULL: no operator */
};

/* Reads `text`. Returns 0 or -EINVAL. */
int argument_parse(const struct table_schema *table, const char *text, enum argument_kind kind,
		   struct argument *argument, struct err *err);
void argument_fini(struct argument *argument);

/* Does what `record` has stand in the relation to the value? Returns 0 or -EINVAL. */
int argument_holds(const struct argument *argument, const struct record *record, struct ids *ids,
		   bool *holds, struct err *err);
/* The value under the argument's key, as a set of one, or of none if it is not there. Returns 0 or
 * -EINVAL. */
int argument_get_key(const struct argument *argument, const struct record *record, struct ids *ids,
		     struct datum **out, struct err *err);
/* Sets the column, or its key, to the value. Returns 0 or -EINVAL. */
int argument_apply(const struct argument *argument, struct record *record, struct ids *ids,
		   struct err *err);
