/* The operations on rows: insert, select, update, mutate, delete (RFC 7047 section 5.2). */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/own.h"
#include "db/alloc.h"
#include "db/condition.h"
#include "db/core.h"
#include "db/datum.h"
#include "db/execute.h"
#include "db/members.h"
#include "db/mutation.h"
#include "db/row_set.h"
#include "db/schema.h"
#include "db/table.h"

/* The columns of a <row>. */
struct row_values {
	const struct table_schema *schema;
	struct datum **columns; /* NULL where the row names none */
	bool *is_named;
};

static void row_values_fini(struct row_values *values)
{
	columns_free(values->schema, &values->columns);
	free(values->is_named);
}

static int parse_row(struct execution *execution, const struct table *table,
		     struct json_object *json, struct row_values *values)
{
	values->schema = table->schema;
	values->columns = alloc(table->schema->n_columns, sizeof(struct datum *));
	values->is_named = alloc(table->schema->n_columns, sizeof(bool));
	return operation_row(execution, table, json, values->columns, values->is_named);
}

static int check_default(const struct column_schema *column, struct db_error *error)
{
	const struct datum *datum = column->default_datum;

	if (!datum->n || (!base_type_check(&column->type.key, &datum->atoms[0], error) &&
			  (!type_is_map(&column->type) ||
			   !base_type_check(&column->type.value, &datum->atoms[1], error))))
		return 0;
	db_error_prefix(error, "column %s was not given, and its default", column->name);
	return -EINVAL;
}

/* The UUID that the row will have: that of its name, that which the client wants, or any. */
static int choose_uuid(struct execution *execution, const struct table *table,
		       struct json_object *name, struct json_object *wanted, struct uuid *uuid)
{
	struct symbol *symbol;

	uuid_make(uuid);
	if (wanted && uuid_parse(json_object_get_string(wanted),
				 (size_t)json_object_get_string_len(wanted), uuid))
		return db_error_set(&execution->error, ERROR_SYNTAX,
				    "insert: member \"uuid\" must be a UUID");
	if (name) {
		symbol = symbol_use(&execution->symbols, json_object_get_string(name));
		if (symbol->is_inserted)
			return db_error_set(&execution->error, ERROR_DUPLICATE_NAME,
					    "an earlier insert has uuid-name \"%s\"", symbol->name);
		symbol->is_inserted = true;
		if (wanted)
			symbol->uuid = *uuid;
		*uuid = symbol->uuid;
	}
	if (wanted && table_lookup_any(table, uuid))
		return db_error_set(&execution->error, ERROR_DUPLICATE_UUID,
				    "table %s has a row of that UUID", table->schema->name);
	return 0;
}

int operation_insert(struct execution *execution, struct members *members,
		     struct json_object *result)
{
	struct table *table = operation_table(execution, members);
	struct json_object *json = members_get(members, "row", MEMBER_OBJECT);
	struct json_object *name = members_get(members, "uuid-name", MEMBER_ID | MEMBER_OPTIONAL);
	struct json_object *wanted = members_get(members, "uuid", MEMBER_STRING | MEMBER_OPTIONAL);
	own(row_values_fini) struct row_values values = {0};
	struct uuid uuid;
	struct row *row;

	if (members_end(members) || choose_uuid(execution, table, name, wanted, &uuid) ||
	    parse_row(execution, table, json, &values))
		return -EINVAL;
	row = transaction_insert(&execution->transaction, table, &uuid);
	for (unsigned i = COLUMN_N_HIDDEN; i < table->schema->n_columns; i++) {
		if (values.is_named[i])
			transaction_set(&execution->transaction, row, i,
					datum_get(values.columns[i]));
		else if (check_default(table->schema->columns[i], &execution->error))
			return -EINVAL;
	}
	json_object_object_add(result, "uuid", datum_json(row->columns[COLUMN_UUID]));
	return 0;
}

/* The rows that "where" means, in an array that the caller frees. */
static int select_rows(struct execution *execution, const struct table *table,
		       struct json_object *where, struct row ***rows, size_t *n)
{
	own(condition_fini) struct condition condition = CONDITION_INIT;

	if (condition_parse(&condition, table->schema, where, &execution->symbols,
			    &execution->error))
		return -EINVAL;
	*n = condition_select(&condition, table, rows);
	return 0;
}

static struct json_object *row_json(const struct table_schema *schema, struct datum *const *columns,
				    const struct column_list *list)
{
	struct json_object *object = json_object_new_object();

	for (unsigned i = 0; i < list->n; i++) {
		const struct column_schema *column = schema->columns[list->indexes[i]];

		json_object_object_add_ex(object, column->name,
					  column_json(column, columns[column->index]),
					  JSON_C_OBJECT_ADD_KEY_IS_NEW);
	}
	return object;
}

/* One select returns a table at most, as a monitor does. Many could make of a small request an answer of any size. */
static int add_row(struct execution *execution, struct json_object *array, struct json_object *row)
{
	json_object_array_add(array, row);
	if (execution->n_selects == 1)
		return 0;
	execution->result_cost += json_cost(row);
	if (execution->result_cost <= JSON_MEMORY_MAX)
		return 0;
	return db_error_set(&execution->error, ERROR_RESOURCES,
			    "the selects of one transaction return too much");
}

int operation_select(struct execution *execution, struct members *members,
		     struct json_object *result)
{
	struct table *table = operation_table(execution, members);
	struct json_object *where = members_get(members, "where", MEMBER_ARRAY);
	struct json_object *names = members_get(members, "columns", MEMBER_ARRAY | MEMBER_OPTIONAL);
	/* Of ovsdb-server: in which order they are. */
	struct json_object *sort = members_get(members, "sort", MEMBER_ARRAY | MEMBER_OPTIONAL);
	own(column_list_fini) struct column_list columns = COLUMN_LIST_INIT;
	own(column_list_fini) struct column_list order = COLUMN_LIST_INIT;
	own(row_set_fini) struct row_set set = {.columns = &columns};
	own(mem_free) struct row **rows = NULL;
	struct json_object *array;
	size_t n;

	if (members_end(members) ||
	    column_list_parse(&columns, table->schema, names, &execution->error) ||
	    (sort && column_list_parse(&order, table->schema, sort, &execution->error)) ||
	    select_rows(execution, table, where, &rows, &n))
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		row_set_add(&set, rows[i]->columns);
	if (!column_list_has(&columns, COLUMN_UUID))
		row_set_normalize(&set);
	row_set_sort(&set, &order);
	execution->n_selects++;
	array = json_object_new_array_ext(set.n ? (int)set.n : 1);
	json_object_object_add(result, "rows", array);
	for (size_t i = 0; i < set.n; i++)
		if (add_row(execution, array, row_json(table->schema, set.rows[i], &columns)))
			return -EINVAL;
	return 0;
}

static int check_mutable(const struct row_values *values, struct db_error *error)
{
	for (unsigned i = 0; i < values->schema->n_columns; i++)
		if (values->is_named[i] && !values->schema->columns[i]->is_mutable)
			return db_error_set(error, ERROR_CONSTRAINT,
					    "column %s of table %s cannot be changed",
					    values->schema->columns[i]->name, values->schema->name);
	return 0;
}

int operation_update(struct execution *execution, struct members *members,
		     struct json_object *result)
{
	struct table *table = operation_table(execution, members);
	struct json_object *where = members_get(members, "where", MEMBER_ARRAY);
	struct json_object *json = members_get(members, "row", MEMBER_OBJECT);
	own(row_values_fini) struct row_values values = {0};
	own(mem_free) struct row **rows = NULL;
	size_t n;

	if (members_end(members) || parse_row(execution, table, json, &values) ||
	    check_mutable(&values, &execution->error) ||
	    select_rows(execution, table, where, &rows, &n))
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		for (unsigned c = 0; c < table->schema->n_columns; c++)
			if (values.is_named[c])
				transaction_set(&execution->transaction, rows[i], c,
						datum_get(values.columns[c]));
	json_object_object_add(result, "count", json_object_new_int64((int64_t)n));
	return 0;
}

int operation_mutate(struct execution *execution, struct members *members,
		     struct json_object *result)
{
	struct table *table = operation_table(execution, members);
	struct json_object *where = members_get(members, "where", MEMBER_ARRAY);
	struct json_object *json = members_get(members, "mutations", MEMBER_ARRAY);
	own(mutations_fini) struct mutations mutations = MUTATIONS_INIT;
	own(mem_free) struct row **rows = NULL;
	size_t n;

	if (members_end(members) ||
	    mutations_parse(&mutations, table->schema, json, &execution->symbols,
			    &execution->error) ||
	    select_rows(execution, table, where, &rows, &n))
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (mutations_apply(&mutations, &execution->transaction, rows[i],
				    &execution->error))
			return -EINVAL;
	json_object_object_add(result, "count", json_object_new_int64((int64_t)n));
	return 0;
}

int operation_delete(struct execution *execution, struct members *members,
		     struct json_object *result)
{
	struct table *table = operation_table(execution, members);
	struct json_object *where = members_get(members, "where", MEMBER_ARRAY);
	own(mem_free) struct row **rows = NULL;
	size_t n;

	if (members_end(members) || select_rows(execution, table, where, &rows, &n))
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		transaction_delete(&execution->transaction, rows[i]);
	json_object_object_add(result, "count", json_object_new_int64((int64_t)n));
	return 0;
}
