#pragma once
/* Sets of rows cut down to some columns: what "select" returns and "wait" compares. */
#include <stdbool.h>
#include <stddef.h>

struct datum;
struct db_error;
struct json_object;
struct table_schema;

struct column_list {
	unsigned *indexes; /* in the table, all different */
	unsigned n;
};

#define COLUMN_LIST_INIT \
	{ \
		.indexes = NULL, .n = 0 \
	}

/* Reads an array of column names; NULL means all columns. Returns 0 or -EINVAL. */
int column_list_parse(struct column_list *columns, const struct table_schema *table,
		      struct json_object *json, struct db_error *error);
void column_list_fini(struct column_list *columns);
bool column_list_has(const struct column_list *columns, unsigned index);

struct row_set {
	const struct column_list *columns; /* borrowed; the others do not count */
	struct datum *const **rows;        /* borrowed column arrays, as in struct row */
	size_t n, size;
};

void row_set_add(struct row_set *set, struct datum *const *row);
/* Puts the rows into order and leaves one of each that are alike. */
void row_set_normalize(struct row_set *set);
/* Puts the rows into order of these columns. */
void row_set_sort(struct row_set *set, const struct column_list *by);
/* Both must be normalized. */
bool row_set_equals(const struct row_set *a, const struct row_set *b);
void row_set_fini(struct row_set *set);
