#include "db/row_set.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "db/alloc.h"
#include "db/datum.h"
#include "db/error.h"
#include "db/schema.h"

static int add_column(struct column_list *columns, const struct table_schema *table,
		      struct json_object *name, struct db_error *error)
{
	const struct column_schema *column = NULL;

	if (json_object_is_type(name, json_type_string))
		column = table_column(table, json_object_get_string(name));
	if (!column)
		return db_error_set(error, ERROR_SYNTAX, "table %s has no column %s", table->name,
				    json_object_to_json_string(name));
	if (column_list_has(columns, column->index))
		return db_error_set(error, ERROR_SYNTAX, "column %s is named twice", column->name);
	columns->indexes[columns->n++] = column->index;
	return 0;
}

int column_list_parse(struct column_list *columns, const struct table_schema *table,
		      struct json_object *json, struct db_error *error)
{
	size_t n = json ? json_object_array_length(json) : 0;

	columns->n = 0;
	columns->indexes = alloc(table->n_columns, sizeof(unsigned));
	for (unsigned i = 0; !json && i < table->n_columns; i++)
		columns->indexes[columns->n++] = i;
	for (size_t i = 0; i < n; i++) {
		if (add_column(columns, table, json_object_array_get_idx(json, i), error)) {
			column_list_fini(columns);
			return -EINVAL;
		}
	}
	return 0;
}

void column_list_fini(struct column_list *columns)
{
	free(columns->indexes);
	*columns = (struct column_list)COLUMN_LIST_INIT;
}

bool column_list_has(const struct column_list *columns, unsigned index)
{
	for (unsigned i = 0; i < columns->n; i++)
		if (columns->indexes[i] == index)
			return true;
	return false;
}

void row_set_add(struct row_set *set, struct datum *const *row)
{
	set->rows = alloc_grow(set->rows, set->n, &set->size, sizeof(*set->rows));
	set->rows[set->n++] = row;
}

static int compare_columns(const struct column_list *columns, struct datum *const *a,
			   struct datum *const *b)
{
	int order = 0;

	for (unsigned i = 0; i < columns->n && !order; i++)
		order = datum_compare(a[columns->indexes[i]], b[columns->indexes[i]]);
	return order;
}

static int compare_rows(const void *a, const void *b, void *columns)
{
	return compare_columns(columns, *(struct datum *const *const *)a,
			       *(struct datum *const *const *)b);
}

void row_set_sort(struct row_set *set, const struct column_list *by)
{
	if (set->n && by->n)
		qsort_r(set->rows, set->n, sizeof(*set->rows), compare_rows, (void *)by);
}

void row_set_normalize(struct row_set *set)
{
	size_t n = 0;

	if (!set->n)
		return;
	row_set_sort(set, set->columns);
	for (size_t i = 1; i < set->n; i++)
		if (compare_columns(set->columns, set->rows[n], set->rows[i]))
			set->rows[++n] = set->rows[i];
	set->n = n + 1;
}

bool row_set_equals(const struct row_set *a, const struct row_set *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (compare_columns(a->columns, a->rows[i], b->rows[i]))
			return false;
	return true;
}

void row_set_fini(struct row_set *set)
{
	free(set->rows);
	*set = (struct row_set){.columns = set->columns};
}
