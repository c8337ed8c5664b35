#include "db/condition.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "base/own.h"
#include "db/alloc.h"
#include "db/datum.h"
#include "db/error.h"
#include "db/schema.h"
#include "db/table.h"

static const char *const function_names[] = {
	[CONDITION_LT] = "<",
	[CONDITION_LE] = "<=",
	[CONDITION_EQ] = "==",
	[CONDITION_NE] = "!=",
	[CONDITION_GE] = ">=",
	[CONDITION_GT] = ">",
	[CONDITION_INCLUDES] = "includes",
	[CONDITION_EXCLUDES] = "excludes",
};

static int parse_function(struct json_object *json, enum condition_function *function,
			  struct db_error *error)
{
	const char *name = json_object_get_string(json);

	for (unsigned i = 0; i < sizeof(function_names) / sizeof(function_names[0]); i++) {
		if (!strcmp(function_names[i], name)) {
			*function = i;
			return 0;
		}
	}
	return db_error_set(error, ERROR_UNKNOWN_FUNCTION,
			    "%s is no function: use <, <=, ==, !=, >=, >, includes or excludes",
			    json_object_to_json_string(json));
}

static bool is_order(enum condition_function function)
{
	return function == CONDITION_LT || function == CONDITION_LE || function == CONDITION_GE ||
	       function == CONDITION_GT;
}

/* The type that the argument must have; -EINVAL if the function cannot be used on the column. */
static int argument_type(const struct clause *clause, struct column_type *type,
			 struct db_error *error)
{
	*type = clause->column->type;
	if (is_order(clause->function)) {
		bool is_number = type->key.type == ATOM_INTEGER || type->key.type == ATOM_REAL;

		/* A column that may be empty, as ovsdb-server has it: an empty one compares false.
		 */
		if (type_is_map(type) || type->max != 1 || !is_number)
			return db_error_set(error, ERROR_SYNTAX,
					    "%s cannot be used on column %s: it is not one number",
					    function_names[clause->function], clause->column->name);
		type->min = 1;
	}
	if (type_is_scalar(type))
		return 0;
	if (clause->function == CONDITION_INCLUDES)
		type->min = 0;
	if (clause->function == CONDITION_EXCLUDES) {
		type->min = 0;
		type->max = TYPE_UNLIMITED;
	}
	return 0;
}

static int parse_clause(struct clause *clause, const struct table_schema *table,
			struct json_object *json, struct symbols *symbols, struct db_error *error)
{
	struct column_type type;
	struct json_object *name;

	if (json_object_is_type(json, json_type_boolean)) {
		clause->function = json_object_get_boolean(json) ? CONDITION_TRUE : CONDITION_FALSE;
		return 0;
	}
	if (!json_object_is_type(json, json_type_array) || json_object_array_length(json) != 3 ||
	    !json_object_is_type(json_object_array_get_idx(json, 1), json_type_string))
		return db_error_set(error, ERROR_SYNTAX,
				    "a condition must be [COLUMN, FUNCTION, VALUE], not %s",
				    json_object_to_json_string(json));
	name = json_object_array_get_idx(json, 0);
	clause->column = table_column_named(table, name, error);
	if (!clause->column)
		return -EINVAL;
	if (parse_function(json_object_array_get_idx(json, 1), &clause->function, error) ||
	    argument_type(clause, &type, error))
		return -EINVAL;
	if (!datum_parse(&type, json_object_array_get_idx(json, 2), symbols, &clause->argument,
			 error))
		return 0;
	db_error_prefix(error, "column %s", clause->column->name);
	return -EINVAL;
}

int condition_parse(struct condition *condition, const struct table_schema *table,
		    struct json_object *json, struct symbols *symbols, struct db_error *error)
{
	size_t n = json_object_array_length(json);

	condition->clauses = alloc(n, sizeof(*condition->clauses));
	condition->n_clauses = n;
	for (size_t i = 0; i < n; i++) {
		if (parse_clause(&condition->clauses[i], table, json_object_array_get_idx(json, i),
				 symbols, error)) {
			condition_fini(condition);
			return -EINVAL;
		}
	}
	return 0;
}

void condition_fini(struct condition *condition)
{
	for (size_t i = 0; i < condition->n_clauses; i++)
		datum_put(condition->clauses[i].argument);
	free(condition->clauses);
	*condition = (struct condition)CONDITION_INIT;
}

static bool clause_holds(const struct clause *clause, struct datum *const *columns)
{
	const struct datum *datum = clause->column ? columns[clause->column->index] : NULL;
	int order;

	switch (clause->function) {
	case CONDITION_EQ:
		return datum_equals(datum, clause->argument);
	case CONDITION_NE:
		return !datum_equals(datum, clause->argument);
	case CONDITION_INCLUDES:
		return datum_includes(datum, clause->argument);
	case CONDITION_EXCLUDES:
		return datum_excludes(datum, clause->argument);
	case CONDITION_TRUE:
		return true;
	case CONDITION_FALSE:
		return false;
	case CONDITION_LT:
	case CONDITION_LE:
	case CONDITION_GE:
	case CONDITION_GT:
		break;
	}
	if (!datum->n)
		return false;
	order = atom_compare(datum->key_type, &datum->atoms[0], &clause->argument->atoms[0]);
	return clause->function == CONDITION_LT   ? order < 0
	       : clause->function == CONDITION_LE ? order <= 0
	       : clause->function == CONDITION_GE ? order >= 0
						  : order > 0;
}

static bool satisfies_all(const struct condition *condition, struct datum *const *columns)
{
	for (size_t i = 0; i < condition->n_clauses; i++)
		if (!clause_holds(&condition->clauses[i], columns))
			return false;
	return true;
}

bool condition_any(const struct condition *condition, struct datum *const *columns)
{
	for (size_t i = 0; i < condition->n_clauses; i++)
		if (clause_holds(&condition->clauses[i], columns))
			return true;
	return false;
}

/* What `column` must equal, if a clause says so. */
static struct datum *wanted(const struct condition *condition, unsigned column)
{
	for (size_t i = 0; i < condition->n_clauses; i++) {
		const struct clause *clause = &condition->clauses[i];

		if (clause->function == CONDITION_EQ && clause->column->index == column)
			return clause->argument;
	}
	return NULL;
}

/* An index all of whose columns are given, or NULL; `columns` becomes a key for index_find(). */
static const struct index *usable_index(const struct condition *condition,
					const struct table *table, struct datum **columns)
{
	for (unsigned i = 0; i < table->schema->n_indexes; i++) {
		const struct index_schema *schema = table->indexes[i].schema;
		unsigned n = 0;

		for (unsigned c = 0; c < schema->n_columns; c++) {
			columns[schema->columns[c]] = wanted(condition, schema->columns[c]);
			n += columns[schema->columns[c]] != NULL;
		}
		if (n == schema->n_columns)
			return &table->indexes[i];
	}
	return NULL;
}

struct selection {
	const struct condition *condition;
	struct row **rows;
	size_t n, size;
};

static void consider(struct selection *selection, struct row *row)
{
	if (!satisfies_all(selection->condition, row->columns))
		return;
	selection->rows = alloc_grow(selection->rows, selection->n, &selection->size,
				     sizeof(*selection->rows));
	selection->rows[selection->n++] = row;
}

size_t condition_select(const struct condition *condition, const struct table *table,
			struct row ***rows)
{
	own(mem_free) struct datum **columns =
		alloc(table->schema->n_columns, sizeof(struct datum *));
	const struct datum *uuid = wanted(condition, COLUMN_UUID);
	const struct index *index = usable_index(condition, table, columns);
	struct selection selection = {.condition = condition};
	struct row *row;

	if (uuid) {
		row = table_lookup(table, &uuid->atoms[0].uuid);
		if (row)
			consider(&selection, row);
	} else if (index) {
		struct index_group *group = index_find(index, columns);
		struct index_link *link;

		if (group)
			cds_list_for_each_entry (link, &group->links, node)
				consider(&selection, link->row);
	} else {
		table_for_each(table, row) consider(&selection, row);
	}
	*rows = selection.rows;
	return selection.n;
}
