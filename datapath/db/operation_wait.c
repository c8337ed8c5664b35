/* The operation wait (RFC 7047 section 5.2.6): goes on when rows are, or are not, as expected. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "base/own.h"
#include "db/alloc.h"
#include "db/condition.h"
#include "db/datum.h"
#include "db/execute.h"
#include "db/members.h"
#include "db/row_set.h"
#include "db/schema.h"
#include "db/table.h"

/* The rows that the client expects, owned here. */
struct expected {
	const struct table_schema *schema;
	struct datum ***rows;
	size_t n;
};

static void expected_fini(struct expected *expected)
{
	for (size_t i = 0; i < expected->n; i++)
		columns_free(expected->schema, &expected->rows[i]);
	free(expected->rows);
}

static int parse_expected(struct execution *execution, const struct table *table,
			  struct json_object *json, struct expected *expected)
{
	const struct table_schema *schema = table->schema;
	own(mem_free) bool *is_named = alloc(schema->n_columns, sizeof(bool));
	size_t n = json_object_array_length(json);

	expected->schema = schema;
	expected->rows = alloc(n, sizeof(*expected->rows));
	for (size_t i = 0; i < n; i++) {
		struct json_object *row = json_object_array_get_idx(json, i);
		struct datum **columns = alloc(schema->n_columns, sizeof(struct datum *));

		for (unsigned c = 0; c < schema->n_columns; c++)
			columns[c] = datum_get(schema->columns[c]->default_datum);
		expected->rows[expected->n++] = columns;
		if (!json_object_is_type(row, json_type_object))
			return db_error_set(&execution->error, ERROR_SYNTAX,
					    "wait: a row must be an object, not %s",
					    json_object_to_json_string(row));
		if (operation_row(execution, table, row, columns, is_named))
			return -EINVAL;
	}
	return 0;
}

static int parse_until(struct execution *execution, struct json_object *json, bool *is_equal)
{
	const char *text = json_object_get_string(json);

	*is_equal = !strcmp(text, "==");
	if (*is_equal || !strcmp(text, "!="))
		return 0;
	return db_error_set(&execution->error, ERROR_SYNTAX,
			    "wait: \"until\" must be \"==\" or \"!=\", not \"%s\"", text);
}

static bool rows_are_as_expected(const struct table *table, const struct condition *condition,
				 const struct column_list *columns, const struct expected *expected)
{
	own(row_set_fini) struct row_set actual_set = {.columns = columns};
	own(row_set_fini) struct row_set expected_set = {.columns = columns};
	own(mem_free) struct row **rows = NULL;
	size_t n = condition_select(condition, table, &rows);

	for (size_t i = 0; i < n; i++)
		row_set_add(&actual_set, rows[i]->columns);
	for (size_t i = 0; i < expected->n; i++)
		row_set_add(&expected_set, expected->rows[i]);
	row_set_normalize(&actual_set);
	row_set_normalize(&expected_set);
	return row_set_equals(&actual_set, &expected_set);
}

static int wait_or_time_out(struct execution *execution, struct json_object *timeout)
{
	int64_t limit = 0;

	if (!timeout)
		return -EAGAIN;
	json_integer(timeout, &limit);
	if (execution->elapsed_ms >= (uint64_t)limit)
		return db_error_set(&execution->error, ERROR_TIMED_OUT,
				    "wait: the rows were not as expected within %" PRId64 " ms",
				    limit);
	execution->timeout_ms = (uint64_t)limit;
	return -EAGAIN;
}

int operation_wait(struct execution *execution, struct members *members, struct json_object *result)
{
	struct table *table = operation_table(execution, members);
	struct json_object *timeout =
		members_get(members, "timeout", MEMBER_INTEGER | MEMBER_OPTIONAL);
	struct json_object *where = members_get(members, "where", MEMBER_ARRAY);
	struct json_object *names = members_get(members, "columns", MEMBER_ARRAY | MEMBER_OPTIONAL);
	struct json_object *until = members_get(members, "until", MEMBER_STRING);
	struct json_object *rows = members_get(members, "rows", MEMBER_ARRAY);
	own(column_list_fini) struct column_list columns = COLUMN_LIST_INIT;
	own(condition_fini) struct condition condition = CONDITION_INIT;
	own(expected_fini) struct expected expected = {0};
	bool is_equal;

	if (members_end(members))
		return -EINVAL;
	if (timeout && json_object_get_int64(timeout) < 0)
		return db_error_set(&execution->error, ERROR_SYNTAX,
				    "wait: \"timeout\" must not be negative");
	if (parse_until(execution, until, &is_equal) ||
	    column_list_parse(&columns, table->schema, names, &execution->error) ||
	    condition_parse(&condition, table->schema, where, &execution->symbols,
			    &execution->error) ||
	    parse_expected(execution, table, rows, &expected))
		return -EINVAL;
	if (rows_are_as_expected(table, &condition, &columns, &expected) == is_equal)
		return 0;
	return wait_or_time_out(execution, timeout);
}
