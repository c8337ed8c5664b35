#include "db/replay.h"

#include <errno.h>
#include <json-c/json.h>

#include "base/err.h"
#include "base/own.h"
#include "db/core.h"
#include "db/datum.h"
#include "db/error.h"
#include "db/schema.h"
#include "db/table.h"
#include "db/transaction.h"

struct replay {
	struct transaction *transaction;
	struct table *table;
	bool is_diff;
	struct err *err;
};

/* A difference has what went as well as what came: up to twice as much, or nothing. */
static int parse_difference(const struct column_schema *column, struct json_object *json,
			    const struct datum *old, struct datum **out, struct db_error *error)
{
	own(datum_drop) struct datum *difference = NULL;
	own(datum_drop) struct datum *new = NULL;
	struct column_type type = column->type;

	type.min = 0;
	type.max = TYPE_UNLIMITED;
	if (datum_parse(&type, json, NULL, &difference, error))
		return -EINVAL;
	new = datum_xor(old, difference);
	if (datum_check_size(new, &column->type, error))
		return -EINVAL;
	*out = take_ptr(new);
	return 0;
}

static int replay_column(const struct replay *replay, struct row *row, bool is_diff,
			 const char *name, struct json_object *json)
{
	const struct table_schema *schema = replay->table->schema;
	const struct column_schema *column = table_column(schema, name);
	struct db_error error = {0};
	struct datum *datum;
	int r;

	if (!column || column->index < COLUMN_N_HIDDEN)
		return err_set(replay->err, EBADMSG, "table %s has no column \"%s\"", schema->name,
			       name);
	r = is_diff && column->type.max > 1
		    ? parse_difference(column, json, row->columns[column->index], &datum, &error)
		    : datum_parse(&column->type, json, NULL, &datum, &error);
	if (r)
		return err_set(replay->err, EBADMSG, "table %s column %s: %s", schema->name, name,
			       error.details);
	transaction_set(replay->transaction, row, column->index, datum);
	return 0;
}

static int replay_row(const struct replay *replay, const char *name, struct json_object *json)
{
	bool is_diff = replay->is_diff;
	struct uuid uuid;
	struct row *row;

	if (uuid_parse(name, strlen(name), &uuid))
		return err_set(replay->err, EBADMSG, "table %s: \"%s\" is no UUID",
			       replay->table->schema->name, name);
	row = table_lookup(replay->table, &uuid);
	if (!json) {
		if (!row)
			return err_set(replay->err, EBADMSG,
				       "table %s: row %s is deleted but was not there",
				       replay->table->schema->name, name);
		transaction_delete(replay->transaction, row);
		return 0;
	}
	if (!json_object_is_type(json, json_type_object))
		return err_set(replay->err, EBADMSG, "table %s row %s: no object",
			       replay->table->schema->name, name);
	if (!row) {
		row = transaction_insert(replay->transaction, replay->table, &uuid);
		is_diff = false;
	}
	json_object_object_foreach(json, column, value)
	{
		int r = replay_column(replay, row, is_diff, column, value);

		if (r)
			return r;
	}
	return 0;
}

int replay_record(struct transaction *transaction, struct json_object *record, struct err *err)
{
	struct replay replay = {.transaction = transaction, .err = err};
	const struct database *db = transaction->db;
	struct json_object *is_diff;

	if (json_object_object_get_ex(record, "_is_diff", &is_diff))
		replay.is_diff = json_object_get_boolean(is_diff);
	json_object_object_foreach(record, name, rows)
	{
		const struct table_schema *schema = schema_table(db->schema, name);

		/* "_date", "_comment" and whatever else may come to be written. */
		if (name[0] == '_')
			continue;
		if (!schema || !json_object_is_type(rows, json_type_object))
			return err_set(err, EBADMSG, "there is no table \"%s\"", name);
		replay.table = db->tables[schema->index];
		json_object_object_foreach(rows, uuid, row)
		{
			int r = replay_row(&replay, uuid, row);

			if (r)
				return r;
		}
	}
	return 0;
}
