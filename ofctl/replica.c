#include "replica.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "client.h"
#include "db/error.h"
#include "need.h"

#define MONITOR_ID "switchctl"

struct replica_table {
	struct record *records; /* by UUID */
	bool is_wanted;
	bool *is_column_wanted;
};

struct replica {
	struct client *client;
	struct schema *schema;
	struct replica_table *tables; /* as the schema's */
};

int replica_new(struct replica **out, struct client *client, struct err *err)
{
	own(replica_free) struct replica *replica = need(calloc(1, sizeof(*replica)));
	own(json_free) struct json_object *json = NULL;
	struct json_object *params = need(json_object_new_array());
	struct db_error why = {};
	int ret;

	replica->client = client;
	json_object_array_add(params, json_object_new_string(DATABASE_NAME));
	ret = client_call(client, "get_schema", params, &json, err);
	if (ret)
		return ret;
	if (schema_parse(&replica->schema, json, &why))
		return err_set(err, EINVAL, "the server's schema is wrong: %s", why.details);
	replica->tables = need(calloc(replica->schema->n_tables + 1, sizeof(*replica->tables)));
	for (unsigned i = 0; i < replica->schema->n_tables; i++)
		replica->tables[i].is_column_wanted =
			need(calloc(replica->schema->tables[i]->n_columns, sizeof(bool)));
	*out = take_ptr(replica);
	return 0;
}

static void free_datums(struct datum ***datums, unsigned n)
{
	if (*datums)
		for (unsigned i = 0; i < n; i++)
			datum_put((*datums)[i]);
	free(*datums);
	*datums = NULL;
}

static void remove_record(struct replica_table *table, struct record *record)
{
	HASH_DEL(table->records, record);
	free_datums(&record->now, record->table->n_columns);
	free_datums(&record->next, record->table->n_columns);
	free(record->is_verified);
	free(record);
}

void replica_free(struct replica **replica)
{
	struct replica *r = *replica;
	struct record *record, *next;

	if (!r)
		return;
	for (unsigned i = 0; r->tables && i < r->schema->n_tables; i++) {
		HASH_ITER (hh, r->tables[i].records, record, next)
			remove_record(&r->tables[i], record);
		free(r->tables[i].is_column_wanted);
	}
	free(r->tables);
	schema_free(&r->schema);
	free(r);
	*replica = NULL;
}

const struct schema *replica_schema(const struct replica *replica)
{
	return replica->schema;
}

struct client *replica_client(const struct replica *replica)
{
	return replica->client;
}

const struct table_schema *replica_table(const struct replica *replica, const char *name)
{
	const struct table_schema *table = schema_table(replica->schema, name);

	if (table)
		return table;
	fprintf(stderr, "the server's schema has no table %s\n", name);
	exit(EXIT_FAILURE);
}

/* ---- what to fetch ---- */

void replica_want_table(struct replica *replica, const struct table_schema *table)
{
	replica->tables[table->index].is_wanted = true;
}

static void want_column(struct replica *replica, const struct table_schema *table, unsigned column)
{
	replica->tables[table->index].is_wanted = true;
	replica->tables[table->index].is_column_wanted[column] = column >= COLUMN_N_HIDDEN;
}

void replica_want(struct replica *replica, const struct table_schema *table, const char *column)
{
	const struct column_schema *schema = table_column(table, column);

	if (schema)
		want_column(replica, table, schema->index);
}

/* ---- what the server says ---- */

static struct record *add_record(struct replica *replica, const struct table_schema *table,
				 const struct uuid *uuid)
{
	struct record *record = need(calloc(1, sizeof(*record)));

	record->uuid = *uuid;
	record->replica = replica;
	record->table = table;
	record->now = need(calloc(table->n_columns, sizeof(*record->now)));
	record->next = need(calloc(table->n_columns, sizeof(*record->next)));
	record->is_verified = need(calloc(table->n_columns, sizeof(bool)));
	HASH_ADD(hh, replica->tables[table->index].records, uuid, sizeof(record->uuid), record);
	return record;
}

static struct record *find_record(const struct replica *replica, const struct table_schema *table,
				  const struct uuid *uuid)
{
	struct record *record;

	HASH_FIND(hh, replica->tables[table->index].records, uuid, sizeof(*uuid), record);
	return record;
}

static int set_now(struct record *record, unsigned column, struct datum *datum)
{
	datum_put(record->now[column]);
	record->now[column] = datum;
	return 0;
}

/* One row of a <table-update>: {"old": ..., "new": {column: value, ...}}. */
static int apply_row(struct replica *replica, const struct table_schema *table, const char *name,
		     struct json_object *change, struct err *err)
{
	struct json_object *row = json_object_object_get(change, "new");
	struct record *record;
	struct db_error why = {};
	struct uuid uuid;

	if (uuid_parse(name, strlen(name), &uuid))
		return err_set(err, EINVAL, "the server sent a wrong UUID: %s", name);
	record = find_record(replica, table, &uuid);
	if (!row) {
		if (record)
			remove_record(&replica->tables[table->index], record);
		return 0;
	}
	if (!json_object_is_type(row, json_type_object))
		return err_set(err, EINVAL, "the server sent a row of %s that is none",
			       table->name);
	if (!record) {
		record = add_record(replica, table, &uuid);
		set_now(record, COLUMN_UUID, datum_new_atom(ATOM_UUID, (union atom){.uuid = uuid}));
	}
	json_object_object_foreach(row, column_name, json)
	{
		const struct column_schema *column = table_column(table, column_name);
		struct datum *datum;

		if (!column)
			continue;
		if (datum_parse(&column->type, json, NULL, &datum, &why))
			return err_set(err, EINVAL, "the server sent a wrong %s.%s: %s",
				       table->name, column_name, why.details);
		set_now(record, column->index, datum);
	}
	return 0;
}

static int apply_updates(struct replica *replica, struct json_object *updates, struct err *err)
{
	int ret = 0;

	if (!json_object_is_type(updates, json_type_object))
		return err_set(err, EINVAL, "the server sent rows that are none");
	json_object_object_foreach(updates, table_name, rows)
	{
		const struct table_schema *table = schema_table(replica->schema, table_name);

		if (!table || !json_object_is_type(rows, json_type_object))
			continue;
		json_object_object_foreach(rows, uuid, change)
		{
			ret = ret ? ret : apply_row(replica, table, uuid, change, err);
		}
	}
	return ret;
}

static struct json_object *monitor_request(const struct replica *replica,
					   const struct table_schema *table)
{
	const struct replica_table *wanted = &replica->tables[table->index];
	struct json_object *request = need(json_object_new_object());
	struct json_object *columns = need(json_object_new_array());

	for (unsigned i = COLUMN_N_HIDDEN; i < table->n_columns; i++)
		if (wanted->is_column_wanted[i])
			json_object_array_add(columns,
					      json_object_new_string(table->columns[i]->name));
	json_object_object_add(request, "columns", columns);
	return request;
}

int replica_open(struct replica *replica, struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	struct json_object *params = need(json_object_new_array());
	struct json_object *requests = need(json_object_new_object());
	int ret;

	for (unsigned i = 0; i < replica->schema->n_tables; i++) {
		const struct table_schema *table = replica->schema->tables[i];

		if (replica->tables[i].is_wanted)
			json_object_object_add(requests, table->name,
					       monitor_request(replica, table));
	}
	json_object_array_add(params, json_object_new_string(DATABASE_NAME));
	json_object_array_add(params, json_object_new_string(MONITOR_ID));
	json_object_array_add(params, requests);
	ret = client_call(replica->client, "monitor", params, &result, err);
	return ret ? ret : apply_updates(replica, result, err);
}

int replica_update(struct replica *replica, struct err *err)
{
	for (;;) {
		own(json_free) struct json_object *message = NULL;
		const char *method;
		int ret = client_receive(replica->client, &message, err);

		if (ret)
			return ret;
		method = json_object_get_string(json_object_object_get(message, "method"));
		if (method && !strcmp(method, "update"))
			return apply_updates(
				replica,
				json_array_at(json_object_object_get(message, "params"), 1), err);
	}
}

/* ---- records and changes ---- */

struct record *record_lookup(const struct replica *replica, const struct table_schema *table,
			     const struct uuid *uuid)
{
	struct record *record = find_record(replica, table, uuid);

	return record && !record->is_deleted ? record : NULL;
}

struct record *replica_first(const struct replica *replica, const struct table_schema *table)
{
	return replica->tables[table->index].records;
}

struct record *record_next(const struct replica *replica, const struct table_schema *table,
			   const struct record *previous)
{
	struct record *record =
		previous ? previous->hh.next : replica->tables[table->index].records;

	while (record && record->is_deleted)
		record = record->hh.next;
	return record;
}

struct record *record_insert(struct replica *replica, const struct table_schema *table,
			     const struct uuid *uuid)
{
	struct record *record;
	struct uuid drawn;

	if (!uuid) {
		uuid_make(&drawn);
		uuid = &drawn;
	}
	record = add_record(replica, table, uuid);
	record->is_new = true;
	record->next[COLUMN_UUID] = datum_new_atom(ATOM_UUID, (union atom){.uuid = *uuid});
	return record;
}

void record_delete(struct record *record)
{
	record->is_deleted = true;
}

void replica_reset(struct replica *replica)
{
	for (unsigned i = 0; i < replica->schema->n_tables; i++) {
		struct record *record, *next;

		HASH_ITER (hh, replica->tables[i].records, record, next) {
			if (record->is_new) {
				remove_record(&replica->tables[i], record);
				continue;
			}
			for (unsigned c = 0; c < record->table->n_columns; c++) {
				datum_drop(&record->next[c]);
				record->is_verified[c] = false;
			}
			record->is_deleted = false;
		}
	}
}
