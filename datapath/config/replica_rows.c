#include "config/replica_rows.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "config/replica.h"

int replica_rows_init(struct replica_rows *rows)
{
	rows->by_table = calloc(rows->n_tables, sizeof(struct row *));
	return rows->by_table ? 0 : -ENOMEM;
}

void replica_rows_fini(struct replica_rows *rows)
{
	if (rows->by_table)
		replica_rows_clear(rows);
	free(rows->by_table);
	rows->by_table = NULL;
}

struct row *replica_rows_find(const struct replica_rows *rows, unsigned table, const char *uuid)
{
	struct row *row = NULL;

	if (uuid)
		HASH_FIND_STR(rows->by_table[table], uuid, row);
	return row;
}

static void row_drop(struct replica_rows *rows, unsigned table, struct row *row)
{
	HASH_DEL(rows->by_table[table], row);
	rows->cost -= row->cost;
	json_object_put(row->columns);
	free(row);
}

void replica_rows_clear(struct replica_rows *rows)
{
	for (unsigned i = 0; i < rows->n_tables; i++) {
		struct row *row, *next;

		HASH_ITER (hh, rows->by_table[i], row, next)
			row_drop(rows, i, row);
	}
}

/* `columns` are all monitored columns of the row: in RFC 7047 "new" is always whole. */
static void row_put(struct replica_rows *rows, unsigned table, const char *uuid,
		    struct json_object *columns)
{
	struct row *row = replica_rows_find(rows, table, uuid);

	if (!row) {
		row = calloc(1, sizeof(*row));
		if (!row || strlen(uuid) != UUID_LEN) {
			free(row);
			return;
		}
		strcpy(row->uuid, uuid);
		HASH_ADD_STR(rows->by_table[table], uuid, row);
	}
	json_object_put(row->columns);
	row->columns = json_object_get(columns);
	rows->cost -= row->cost;
	row->cost = sizeof(*row) + json_cost(columns);
	rows->cost += row->cost;
	row->version = ++rows->last_version;
}

static bool is_among(const char *const *columns, const char *column)
{
	for (; columns && *columns; columns++)
		if (!strcmp(*columns, column))
			return true;
	return false;
}

/* `old` are the columns that changed. True if one of them is more than a result. */
static bool row_update(struct replica_rows *rows, const struct replica_table *table,
		       const char *uuid, struct json_object *old)
{
	bool is_config = false;

	json_object_object_foreach(old, column, value)
	{
		if (is_among(table->results, column))
			rows->result_changed(rows->ctx, uuid, column);
		is_config |= is_among(table->columns, column);
	}
	return is_config;
}

/* RFC 7047 section 4.1.6: {TABLE: {UUID: {"old": ROW, "new": ROW}}}. */
static bool table_update(struct replica_rows *rows, unsigned number, struct json_object *updates)
{
	const struct replica_table *table = &rows->tables[number];
	bool is_changed = false;

	json_object_object_foreach(updates, uuid, update)
	{
		struct json_object *columns = json_object_object_get(update, "new");
		struct json_object *old = json_object_object_get(update, "old");
		struct row *row = replica_rows_find(rows, number, uuid);
		bool is_row = json_object_is_type(columns, json_type_object);

		if (row && is_row && json_object_is_type(old, json_type_object) &&
		    !row_update(rows, table, uuid, old))
			continue;
		is_changed = true;
		if (is_row)
			row_put(rows, number, uuid, columns);
		else if (row)
			row_drop(rows, number, row);
	}
	return is_changed;
}

bool replica_rows_update(struct replica_rows *rows, struct json_object *updates)
{
	bool is_changed = false;

	for (unsigned i = 0; i < rows->n_tables; i++) {
		struct json_object *table = json_object_object_get(updates, rows->tables[i].name);

		if (json_object_is_type(table, json_type_object))
			is_changed |= table_update(rows, i, table);
	}
	return is_changed;
}
