/* Whether two schemas, however they are written, mean the same. */
#include <errno.h>

#include "db/datum.h"
#include "db/error.h"
#include "db/schema.h"

static bool range_equals(const struct base_type *a, const struct base_type *b)
{
	switch (a->type) {
	case ATOM_INTEGER:
		return a->integer.min == b->integer.min && a->integer.max == b->integer.max;
	case ATOM_REAL:
		return a->real.min == b->real.min && a->real.max == b->real.max;
	case ATOM_STRING:
		return a->len.min == b->len.min && a->len.max == b->len.max;
	case ATOM_VOID:
	case ATOM_BOOLEAN:
	case ATOM_UUID:
		break;
	}
	return true;
}

static bool base_type_equals(const struct base_type *a, const struct base_type *b)
{
	if (a->type != b->type || !a->options != !b->options ||
	    !a->ref_table_name != !b->ref_table_name)
		return false;
	if (a->options && !datum_equals(a->options, b->options))
		return false;
	if (a->ref_table_name &&
	    (strcmp(a->ref_table_name, b->ref_table_name) || a->is_weak != b->is_weak))
		return false;
	return range_equals(a, b);
}

static bool column_equals(const struct column_schema *a, const struct column_schema *b)
{
	return base_type_equals(&a->type.key, &b->type.key) &&
	       base_type_equals(&a->type.value, &b->type.value) && a->type.min == b->type.min &&
	       a->type.max == b->type.max && a->is_mutable == b->is_mutable &&
	       a->is_persistent == b->is_persistent;
}

static bool index_equals(const struct table_schema *table, const struct index_schema *a,
			 const struct table_schema *wanted, const struct index_schema *b)
{
	if (a->n_columns != b->n_columns)
		return false;
	for (unsigned i = 0; i < a->n_columns; i++)
		if (strcmp(table->columns[a->columns[i]]->name,
			   wanted->columns[b->columns[i]]->name))
			return false;
	return true;
}

static bool indexes_equal(const struct table_schema *table, const struct table_schema *wanted)
{
	if (table->n_indexes != wanted->n_indexes)
		return false;
	for (unsigned i = 0; i < table->n_indexes; i++)
		if (!index_equals(table, &table->indexes[i], wanted, &wanted->indexes[i]))
			return false;
	return true;
}

static int table_compare(const struct table_schema *table, const struct table_schema *wanted,
			 struct db_error *error)
{
	for (unsigned i = 0; i < wanted->n_columns; i++) {
		const struct column_schema *column = table_column(table, wanted->columns[i]->name);

		if (!column || !column_equals(column, wanted->columns[i]))
			return db_error_set(error, ERROR_SYNTAX, "column %s of table %s %s",
					    wanted->columns[i]->name, wanted->name,
					    column ? "has another type" : "is missing");
	}
	if (table->n_columns != wanted->n_columns)
		return db_error_set(error, ERROR_SYNTAX, "table %s has more columns", table->name);
	if (table->is_root != wanted->is_root || table->max_rows != wanted->max_rows ||
	    !indexes_equal(table, wanted))
		return db_error_set(error, ERROR_SYNTAX,
				    "table %s has another isRoot, maxRows or indexes", table->name);
	return 0;
}

int schema_compare(const struct schema *schema, const struct schema *wanted, struct db_error *error)
{
	for (unsigned i = 0; i < wanted->n_tables; i++) {
		const struct table_schema *table = schema_table(schema, wanted->tables[i]->name);

		if (!table)
			return db_error_set(error, ERROR_SYNTAX, "table %s is missing",
					    wanted->tables[i]->name);
		if (table_compare(table, wanted->tables[i], error))
			return -EINVAL;
	}
	if (schema->n_tables != wanted->n_tables)
		return db_error_set(error, ERROR_SYNTAX, "it has more tables");
	return 0;
}
