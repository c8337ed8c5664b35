#include "commit.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "client.h"
#include "need.h"
#include "replica.h"

#define SYMBOL_SIZE (UUID_LEN + 4)

struct insertion {
	struct record *record;
	size_t at; /* which operation */
};

/* What is being sent, and which operations' results matter. */
struct transaction {
	struct replica *replica;
	struct json_object *params; /* ["Open_vSwitch", op, op, ...] */
	struct insertion *insertions;
	size_t n_insertions;
	size_t select_at; /* the operation that reads next_cfg */
};

/* ---- JSON ---- */

/* The name of a new row within the transaction. */
static void print_symbol(const struct uuid *uuid, char symbol[SYMBOL_SIZE])
{
	memcpy(symbol, "row", 3);
	uuid_print(uuid, symbol + 3);
	for (char *c = symbol; *c; c++)
		if (*c == '-')
			*c = '_';
}

static struct json_object *make_pair(const char *kind, const char *text)
{
	struct json_object *pair = need(json_object_new_array());

	json_object_array_add(pair, json_object_new_string(kind));
	json_object_array_add(pair, json_object_new_string(text));
	return pair;
}

/* A reference to a record: by name if it does not exist yet. */
static struct json_object *make_reference(const struct replica *replica,
					  const struct table_schema *table, const struct uuid *uuid)
{
	struct record *record = record_lookup(replica, table, uuid);
	char text[SYMBOL_SIZE];

	if (record && record->is_new) {
		print_symbol(uuid, text);
		return make_pair("named-uuid", text);
	}
	uuid_print(uuid, text);
	return make_pair("uuid", text);
}

static struct json_object *make_atom(const struct replica *replica, const struct base_type *type,
				     const union atom *atom)
{
	if (!type->ref_table_name)
		return atom_json(type->type, atom);
	return make_reference(replica, replica_schema(replica)->tables[type->ref_table],
			      &atom->uuid);
}

/* As datum_json(), with names for rows that are not there yet. */
static struct json_object *make_datum(const struct replica *replica, const struct column_type *type,
				      const struct datum *datum)
{
	struct json_object *outer, *items;

	if (!type->key.ref_table_name && !type->value.ref_table_name)
		return datum_json(datum);
	outer = need(json_object_new_array());
	items = need(json_object_new_array());
	for (unsigned i = 0; i < datum->n; i++) {
		struct json_object *item = make_atom(replica, &type->key, &datum->atoms[i]);

		if (type_is_map(type)) {
			struct json_object *pair = need(json_object_new_array());

			json_object_array_add(pair, item);
			json_object_array_add(
				pair, make_atom(replica, &type->value, datum_value(datum, i)));
			item = pair;
		}
		json_object_array_add(items, item);
	}
	json_object_array_add(outer, json_object_new_string(type_is_map(type) ? "map" : "set"));
	json_object_array_add(outer, items);
	return outer;
}

/* [["_uuid", "==", record]] */
static struct json_object *make_where(const struct record *record)
{
	struct json_object *where = need(json_object_new_array());
	struct json_object *condition = need(json_object_new_array());

	json_object_array_add(condition, json_object_new_string("_uuid"));
	json_object_array_add(condition, json_object_new_string("=="));
	json_object_array_add(condition,
			      make_reference(record->replica, record->table, &record->uuid));
	json_object_array_add(where, condition);
	return where;
}

static struct json_object *add_operation(struct transaction *t, const char *op,
					 const struct table_schema *table)
{
	struct json_object *operation = need(json_object_new_object());

	json_object_object_add(operation, "op", json_object_new_string(op));
	if (table)
		json_object_object_add(operation, "table", json_object_new_string(table->name));
	json_object_array_add(t->params, operation);
	return operation;
}

/* ---- operations ---- */

static struct json_object *add_wait(struct transaction *t, const struct table_schema *table,
				    struct json_object *where)
{
	struct json_object *wait = add_operation(t, "wait", table);

	json_object_object_add(wait, "timeout", json_object_new_int(0));
	json_object_object_add(wait, "until", json_object_new_string("=="));
	json_object_object_add(wait, "where", where);
	return wait;
}

/* The record's verified columns must be as they are in the copy. */
static void add_verification(struct transaction *t, const struct record *record)
{
	struct json_object *columns = need(json_object_new_array());
	struct json_object *rows = need(json_object_new_array());
	struct json_object *row = need(json_object_new_object());
	struct json_object *wait;

	for (unsigned i = COLUMN_N_HIDDEN; i < record->table->n_columns; i++) {
		const struct column_schema *column = record->table->columns[i];

		if (!record->is_verified[i] || !record->now[i])
			continue;
		json_object_array_add(columns, json_object_new_string(column->name));
		json_object_object_add(row, column->name, datum_json(record->now[i]));
	}
	if (!json_array_size(columns)) {
		json_object_put(columns);
		json_object_put(rows);
		json_object_put(row);
		return;
	}
	json_object_array_add(rows, row);
	wait = add_wait(t, record->table, make_where(record));
	json_object_object_add(wait, "columns", columns);
	json_object_object_add(wait, "rows", rows);
}

/* Somebody else may be initializing the database at the same time. */
static void add_verification_empty(struct transaction *t, const struct table_schema *table)
{
	struct json_object *wait = add_wait(t, table, need(json_object_new_array()));

	json_object_object_add(wait, "columns", need(json_object_new_array()));
	json_object_object_add(wait, "rows", need(json_object_new_array()));
}

/* The columns that change; all but defaults of a new record. */
static struct json_object *make_row(const struct record *record)
{
	struct json_object *row = need(json_object_new_object());

	for (unsigned i = COLUMN_N_HIDDEN; i < record->table->n_columns; i++) {
		const struct column_schema *column = record->table->columns[i];
		const struct datum *now = record->is_new ? column->default_datum : record->now[i];

		if (record->next[i] && !(now && datum_equals(now, record->next[i])))
			json_object_object_add(
				row, column->name,
				make_datum(record->replica, &column->type, record->next[i]));
	}
	return row;
}

static void add_insert(struct transaction *t, struct record *record)
{
	size_t at = json_array_size(t->params);
	struct json_object *insert = add_operation(t, "insert", record->table);
	char uuid[UUID_LEN + 1];
	char symbol[SYMBOL_SIZE];

	print_symbol(&record->uuid, symbol);
	json_object_object_add(insert, "uuid-name", json_object_new_string(symbol));
	json_object_object_add(insert, "row", make_row(record));
	if (record->keeps_uuid) {
		uuid_print(&record->uuid, uuid);
		json_object_object_add(insert, "uuid", json_object_new_string(uuid));
	}
	t->insertions =
		need(reallocarray(t->insertions, t->n_insertions + 1, sizeof(*t->insertions)));
	t->insertions[t->n_insertions++] = (struct insertion){.record = record, .at = at};
}

/* Rows of tables that are not roots go by themselves, with the last reference to them. */
static void add_change(struct transaction *t, struct record *record)
{
	struct json_object *row, *update;

	if (record->is_deleted) {
		if (!record->is_new && record->table->is_root)
			json_object_object_add(add_operation(t, "delete", record->table), "where",
					       make_where(record));
		return;
	}
	if (record->is_new) {
		add_insert(t, record);
		return;
	}
	row = make_row(record);
	if (!json_object_object_length(row)) {
		json_object_put(row);
		return;
	}
	update = add_operation(t, "update", record->table);
	json_object_object_add(update, "where", make_where(record));
	json_object_object_add(update, "row", row);
}

/* next_cfg += 1, and what it is then. */
static void add_increment(struct transaction *t, const struct record *root)
{
	struct json_object *mutate = add_operation(t, "mutate", root->table);
	struct json_object *mutations = need(json_object_new_array());
	struct json_object *mutation = need(json_object_new_array());
	struct json_object *columns = need(json_object_new_array());
	struct json_object *select;

	json_object_array_add(mutation, json_object_new_string("next_cfg"));
	json_object_array_add(mutation, json_object_new_string("+="));
	json_object_array_add(mutation, json_object_new_int(1));
	json_object_array_add(mutations, mutation);
	json_object_object_add(mutate, "where", make_where(root));
	json_object_object_add(mutate, "mutations", mutations);
	t->select_at = json_array_size(t->params);
	select = add_operation(t, "select", root->table);
	json_object_array_add(columns, json_object_new_string("next_cfg"));
	json_object_object_add(select, "where", make_where(root));
	json_object_object_add(select, "columns", columns);
}

static void for_each_record(struct transaction *t,
			    void (*visit)(struct transaction *t, struct record *record))
{
	const struct schema *schema = replica_schema(t->replica);

	for (unsigned i = 0; i < schema->n_tables; i++)
		for (struct record *record = replica_first(t->replica, schema->tables[i]); record;
		     record = record->hh.next)
			visit(t, record);
}

static void add_verification_of_record(struct transaction *t, struct record *record)
{
	if (!record->is_new)
		add_verification(t, record);
	else if (record->table->is_root && record->table->max_rows == 1)
		add_verification_empty(t, record->table);
}

/* Returns false if there is nothing to change. */
static bool add_operations(struct transaction *t, const struct commit_request *request)
{
	const struct table_schema *root = replica_table(t->replica, DATABASE_NAME);
	size_t n_waits;

	json_object_array_add(t->params, json_object_new_string(DATABASE_NAME));
	for_each_record(t, add_verification_of_record);
	n_waits = json_array_size(t->params);
	for_each_record(t, add_change);
	if (json_array_size(t->params) == n_waits)
		return false;
	if (request->waits)
		record_for_each (t->replica, root, record)
			add_increment(t, record);
	json_object_object_add(add_operation(t, "comment", NULL), "comment",
			       json_object_new_string(request->comment));
	if (request->is_dry_run)
		add_operation(t, "abort", NULL);
	return true;
}

/* ---- results ---- */

/* What the database found wrong; 0 if nothing. */
static int check_results(struct json_object *results, const struct commit_request *request,
			 enum commit_status *status, struct err *err)
{
	for (size_t i = 0; i < json_array_size(results); i++) {
		struct json_object *result = json_array_at(results, i);
		struct json_object *error = json_object_object_get(result, "error");
		struct json_object *details = json_object_object_get(result, "details");

		if (!error)
			continue;
		if (!strcmp(json_object_get_string(error), "timed out"))
			*status = COMMIT_RETRY;
		else if (!request->is_dry_run || strcmp(json_object_get_string(error), "aborted"))
			return err_set(err, EREMOTEIO, "the database refused this: %s: %s",
				       json_object_get_string(error),
				       details ? json_object_get_string(details) : "no details");
		break;
	}
	return 0;
}

static void read_uuids(struct transaction *t, struct json_object *results)
{
	for (size_t i = 0; i < t->n_insertions; i++) {
		/* The parameters have the name of the database in front. */
		struct json_object *result = json_array_at(results, t->insertions[i].at - 1);
		struct json_object *uuid = json_object_object_get(result, "uuid");
		const char *text = uuid ? json_object_get_string(json_array_at(uuid, 1)) : NULL;

		if (text)
			uuid_parse(text, strlen(text), &t->insertions[i].record->real_uuid);
	}
}

static int64_t read_next_cfg(const struct transaction *t, struct json_object *results)
{
	struct json_object *select = json_array_at(results, t->select_at - 1);
	struct json_object *rows = json_object_object_get(select, "rows");
	struct json_object *row = rows ? json_array_at(rows, 0) : NULL;

	return json_int(row, "next_cfg");
}

int replica_commit(struct replica *replica, const struct commit_request *request,
		   struct commit_result *result, struct err *err)
{
	struct transaction t = {.replica = replica, .params = need(json_object_new_array())};
	own(json_free) struct json_object *results = NULL;
	struct commit_result done = {.status = COMMIT_DONE};
	int ret = 0;

	if (!add_operations(&t, request)) {
		json_object_put(t.params);
		done.status = COMMIT_UNCHANGED;
	} else {
		ret = client_call(replica_client(replica), "transact", t.params, &results, err);
		if (!ret)
			ret = check_results(results, request, &done.status, err);
	}
	if (!ret && done.status == COMMIT_DONE && !request->is_dry_run) {
		read_uuids(&t, results);
		if (t.select_at)
			done.next_cfg = read_next_cfg(&t, results);
	}
	free(t.insertions);
	if (!ret)
		*result = done;
	return ret;
}
