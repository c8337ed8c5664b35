#include "db/server.h"

#include <assert.h>
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "base/own.h"
#include "db/alloc.h"
#include "db/core.h"
#include "db/database.h"
#include "db/datum.h"
#include "db/schema.h"
#include "db/session.h"
#include "db/table.h"
#include "db/transaction.h"

/* The database about databases that ovsdb-server(7) has: clients look there before they use one. */
static const char server_schema[] =
	"{\"name\": \"_Server\", \"version\": \"1.2.0\", \"tables\": {\"Database\": {\"columns\": {"
	"\"name\": {\"type\": \"string\"},"
	"\"model\": {\"type\": {\"key\": {\"type\": \"string\", \"enum\": "
	"[\"set\", [\"standalone\", \"clustered\", \"relay\"]]}}},"
	"\"connected\": {\"type\": \"boolean\"},"
	"\"leader\": {\"type\": \"boolean\"},"
	"\"schema\": {\"type\": {\"key\": \"string\", \"min\": 0, \"max\": 1}},"
	"\"cid\": {\"type\": {\"key\": \"uuid\", \"min\": 0, \"max\": 1}},"
	"\"sid\": {\"type\": {\"key\": \"uuid\", \"min\": 0, \"max\": 1}},"
	"\"index\": {\"type\": {\"key\": \"integer\", \"min\": 0, \"max\": 1}}}}}}";

struct database *db_server_lookup(const struct db_server *server, const char *name)
{
	const struct served_database *served;

	cds_list_for_each_entry (served, &server->databases, node)
		if (!strcmp(database_name(served->db), name))
			return served->db;
	return NULL;
}

struct database *db_server_at(const struct db_server *server, unsigned i)
{
	const struct served_database *served;

	cds_list_for_each_entry (served, &server->databases, node)
		if (!i--)
			return served->db;
	return NULL;
}

static void set_column(struct transaction *transaction, struct row *row, const char *name,
		       struct json_object *json)
{
	const struct column_schema *column = table_column(row->table->schema, name);
	struct datum *datum;

	if (datum_parse(&column->type, json, NULL, &datum, NULL))
		abort();
	transaction_set(transaction, row, column->index, datum);
	json_object_put(json);
}

static void set_schema(struct transaction *transaction, struct row *row, const struct database *db)
{
	const char *text = json_object_to_json_string_ext(
		db->schema->json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	set_column(transaction, row, "schema", json_object_new_string(text));
}

/* Enters `db` into table Database of _Server. */
static void announce(struct db_server *server, const struct database *db)
{
	struct database *meta = db_server_lookup(server, "_Server");
	struct transaction transaction;
	struct uuid uuid;
	struct row *row;

	uuid_make(&uuid);
	transaction_begin(&transaction, meta);
	row = transaction_insert(&transaction, meta->tables[0], &uuid);
	set_column(&transaction, row, "name", json_object_new_string(database_name(db)));
	set_column(&transaction, row, "model", json_object_new_string("standalone"));
	set_column(&transaction, row, "connected", json_object_new_boolean(true));
	set_column(&transaction, row, "leader", json_object_new_boolean(true));
	set_schema(&transaction, row, db);
	if (transaction_commit(&transaction, NULL))
		abort();
}

static struct row *announcement(const struct database *meta, const struct database *db)
{
	const struct column_schema *column = table_column(meta->tables[0]->schema, "name");
	struct row *row;

	table_for_each(meta->tables[0], row)
	{
		const union atom *name = &row->columns[column->index]->atoms[0];

		if (!strcmp(name->string->bytes, database_name(db)))
			return row;
	}
	return NULL;
}

void server_tell_schema(struct db_server *server, const struct database *db)
{
	struct database *meta = db_server_lookup(server, "_Server");
	struct transaction transaction;

	transaction_begin(&transaction, meta);
	set_schema(&transaction, announcement(meta, db), db);
	if (transaction_commit(&transaction, NULL))
		abort();
}

int db_server_add(struct db_server *server, struct database **db)
{
	struct served_database *served;

	if (db_server_lookup(server, database_name(*db)))
		return -EEXIST;
	served = alloc(1, sizeof(*served));
	served->db = take_ptr(*db);
	cds_list_add_tail(&served->node, &server->databases);
	announce(server, served->db);
	return 0;
}

void db_server_refer(struct db_server *server, const char *where, bool is_awaited)
{
	server->where = where;
	server->is_awaited = is_awaited;
}

int db_server_new(struct db_server **out)
{
	own(db_server_free) struct db_server *server = alloc(1, sizeof(*server));
	own(database_free) struct database *meta = NULL;
	int r;

	uuid_make(&server->id);
	CDS_INIT_LIST_HEAD(&server->databases);
	CDS_INIT_LIST_HEAD(&server->sessions);
	CDS_INIT_LIST_HEAD(&server->pending);
	r = database_new(&meta, server_schema, NULL);
	if (!r) {
		meta->is_read_only = true;
		r = db_server_add(server, &meta);
	}
	if (r)
		return r;
	*out = take_ptr(server);
	return 0;
}

void db_server_free(struct db_server **server)
{
	struct served_database *served, *next;

	if (!*server)
		return;
	assert(cds_list_empty(&(*server)->sessions));
	cds_list_for_each_entry_safe (served, next, &(*server)->databases, node) {
		cds_list_del(&served->node);
		database_free(&served->db);
		free(served);
	}
	mem_free(server);
}
