#include "db/convert.h"

#include <assert.h>
#include <errno.h>
#include <json-c/json.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "db/core.h"
#include "db/database.h"
#include "db/datum.h"
#include "db/error.h"
#include "db/schema.h"
#include "db/storage.h"
#include "db/table.h"
#include "db/transaction.h"

/* A value becomes what its JSON form is in the other type. */
static int convert_datum(const struct column_schema *column, const struct datum *old,
			 struct datum **out, struct db_error *error)
{
	own(json_free) struct json_object *json = datum_json(old);

	/* 3.0 is written as 3, and is no integer all the same. */
	if (old->n && ((old->key_type == ATOM_REAL && column->type.key.type == ATOM_INTEGER) ||
		       (old->value_type == ATOM_REAL && column->type.value.type == ATOM_INTEGER)))
		return db_error_set(error, ERROR_SYNTAX, "expected an integer, not the real %s",
				    json_object_to_json_string(json));
	return datum_parse(&column->type, json, NULL, out, error);
}

static int convert_row(struct transaction *transaction, const struct row *old, struct table *table,
		       struct db_error *error)
{
	const struct table_schema *schema = old->table->schema;
	struct row *row = transaction_insert(transaction, table, &old->uuid);

	for (unsigned i = COLUMN_N_HIDDEN; i < schema->n_columns; i++) {
		const struct column_schema *column =
			table_column(table->schema, schema->columns[i]->name);
		struct datum *datum;

		if (!column)
			continue;
		if (convert_datum(column, old->columns[i], &datum, error)) {
			db_error_prefix(error, "table %s column %s", schema->name, column->name);
			return -EINVAL;
		}
		transaction_set(transaction, row, column->index, datum);
	}
	return 0;
}

static int convert_rows(struct transaction *transaction, const struct database *db,
			struct db_error *error)
{
	for (unsigned i = 0; i < db->schema->n_tables; i++) {
		const struct table_schema *schema =
			schema_table(transaction->db->schema, db->schema->tables[i]->name);
		const struct row *row;

		if (!schema)
			continue;
		table_for_each(db->tables[i], row)
		{
			if (convert_row(transaction, row, transaction->db->tables[schema->index],
					error))
				return -EINVAL;
		}
	}
	return 0;
}

static int fill(struct database *converted, const struct database *db, struct db_error *error)
{
	struct transaction transaction;
	int r;

	transaction_begin(&transaction, converted);
	r = convert_rows(&transaction, db, error);
	if (!r)
		return transaction_commit(&transaction, error);
	transaction_abort(&transaction);
	return r;
}

int convert_prepare(struct database **converted, struct database *db, struct json_object *schema,
		    struct db_error *error)
{
	own(database_free) struct database *new = NULL;
	struct err err = ERR_INIT;
	int r = database_new_parsed(&new, schema, error);

	if (!r && strcmp(database_name(new), database_name(db)))
		r = db_error_set(error, ERROR_PARAMETERS, "the schema is one of %s, not of %s",
				 database_name(new), database_name(db));
	if (!r)
		r = fill(new, db, error);
	if (r)
		return r;
	r = storage_replace(db, new, "converted", &err);
	if (r) {
		db_error_set(error, ERROR_IO, "%s", err.text);
		return r;
	}
	*converted = take_ptr(new);
	return 0;
}

void convert_finish(struct database *db, struct database **converted)
{
	struct database *new = *converted;
	struct schema *schema = db->schema;
	struct table **tables = db->tables;

	assert(cds_list_empty(&db->monitors));
	history_fini(&db->history);
	history_init(&db->history);
	history_fini(&new->history);
	history_init(&new->history);
	db->schema = new->schema;
	db->tables = new->tables;
	new->schema = schema;
	new->tables = tables;
	database_free(converted);
}
