#include "db/storage.h"

#include <errno.h>
#include <json-c/json.h>
#include <time.h>

#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "db/alloc.h"
#include "db/core.h"
#include "db/datum.h"
#include "db/error.h"
#include "db/log_file.h"
#include "db/replay.h"
#include "db/schema.h"
#include "db/table.h"
#include "db/transaction.h"

/* A file is written anew when it is this large and has grown by this factor: so the work is a
 * constant share of what was written, and a small database is left alone. */
#define COMPACT_SIZE_MIN (1u << 20)
#define COMPACT_FACTOR   4

struct storage {
	struct log_file *file;
	size_t compact_at; /* bytes */
	bool is_read;      /* the tables are what the file says */
};

/* Can what a change makes of a column be written as a difference? ovsdb-tool reads one as if it were
 * a value of the column, so it must have a size that the column's type allows. */
static bool fits_difference(const struct column_schema *column, const struct datum *old,
			    const struct datum *new)
{
	struct datum *difference;
	bool fits;

	if (!column->is_persistent || column->type.max == 1 || old == new ||
	    (column->type.max == TYPE_UNLIMITED && !column->type.min))
		return true;
	difference = datum_xor(old, new);
	fits = !column->type.min && difference->n <= column->type.max;
	datum_put(difference);
	return fits;
}

static bool all_fit_difference(const struct transaction *transaction)
{
	const struct row_change *change;

	cds_list_for_each_entry (change, &transaction->changes, node) {
		const struct table_schema *schema = change->row->table->schema;
		struct datum *const *new = change_new(change);

		if (!change->old || !new)
			continue;
		for (unsigned i = COLUMN_N_HIDDEN; i < schema->n_columns; i++)
			if (!fits_difference(schema->columns[i], change->old[i], new[i]))
				return false;
	}
	return true;
}

static struct json_object *column_difference(const struct column_schema *column,
					     const struct datum *old, const struct datum *new)
{
	struct datum *difference;
	struct json_object *json;

	if (!old || column->type.max == 1)
		return column_json(column, new);
	difference = datum_xor(old, new);
	json = datum_json(difference);
	datum_put(difference);
	return json;
}

/* The columns that are to be written; NULL if there are none. */
static struct json_object *row_json(const struct table_schema *schema, struct datum *const *old,
				    struct datum *const *new, bool is_diff)
{
	struct json_object *object = old ? NULL : json_object_new_object();

	for (unsigned i = COLUMN_N_HIDDEN; i < schema->n_columns; i++) {
		const struct column_schema *column = schema->columns[i];
		const struct datum *before = old ? old[i] : column->default_datum;

		if (!column->is_persistent || datum_equals(before, new[i]))
			continue;
		if (!object)
			object = json_object_new_object();
		json_object_object_add_ex(
			object, column->name,
			column_difference(column, old && is_diff ? before : NULL, new[i]),
			JSON_C_OBJECT_ADD_KEY_IS_NEW);
	}
	return object;
}

/* record[table][uuid] = row */
static void record_add(struct json_object *record, const struct row *row, struct json_object *json)
{
	const char *name = row->table->schema->name;
	struct json_object *table;
	char uuid[UUID_LEN + 1];

	if (!json_object_object_get_ex(record, name, &table)) {
		table = json_object_new_object();
		json_object_object_add(record, name, table);
	}
	uuid_print(&row->uuid, uuid);
	json_object_object_add(table, uuid, json);
}

static struct json_object *record_new(const char *comment)
{
	struct json_object *record = json_object_new_object();
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	json_object_object_add(
		record, "_date",
		json_object_new_int64((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000));
	if (comment)
		json_object_object_add(record, "_comment", json_object_new_string(comment));
	return record;
}

static bool add_changes(struct json_object *record, const struct transaction *transaction)
{
	const struct row_change *change;
	bool is_diff = all_fit_difference(transaction);
	bool has_any = false;

	if (is_diff)
		json_object_object_add(record, "_is_diff", json_object_new_boolean(true));
	cds_list_for_each_entry (change, &transaction->changes, node) {
		struct datum *const *new = change_new(change);
		struct json_object *json = NULL;

		if (new)
			json = row_json(change->row->table->schema, change->old, new, is_diff);
		if (new && !json)
			continue;
		record_add(record, change->row, json);
		has_any = true;
	}
	return has_any;
}

static int append(struct log_file *file, const struct transaction *transaction, struct err *err)
{
	own(json_free) struct json_object *record = record_new(transaction->comment);

	if (add_changes(record, transaction))
		return log_file_append(file, record, transaction->is_durable, err);
	/* It found what it wanted: somebody's who did not ask for it to last. */
	return transaction->is_durable ? log_file_sync(file, err) : 0;
}

int storage_append(struct database *db, struct transaction *transaction, struct db_error *error)
{
	struct err err = ERR_INIT;
	int r;

	if (!db->storage || !db->storage->is_read ||
	    (cds_list_empty(&transaction->changes) && !transaction->is_durable))
		return 0;
	/* The tables are what they will be when this transaction is committed. */
	r = log_file_is_suspect(db->storage->file) ? storage_compact(db, &err)
						   : append(db->storage->file, transaction, &err);
	if (!r)
		return 0;
	db_error_set(error, ERROR_IO, "%s", err.text);
	return r;
}

int storage_replace(struct database *db, const struct database *content, const char *comment,
		    struct err *err)
{
	own(json_free) struct json_object *rows = record_new(comment);
	struct json_object *records[] = {content->schema->json, rows};
	int r;

	if (!db->storage)
		return 0;
	for (unsigned i = 0; i < content->schema->n_tables; i++) {
		const struct row *row;

		table_for_each(content->tables[i], row) record_add(
			rows, row, row_json(row->table->schema, NULL, row->columns, false));
	}
	r = log_file_replace(db->storage->file, records, 2, err);
	db->storage->compact_at = COMPACT_FACTOR * log_file_base_size(db->storage->file);
	if (r)
		db->storage->compact_at = COMPACT_FACTOR * log_file_size(db->storage->file);
	return r;
}

int storage_compact(struct database *db, struct err *err)
{
	return storage_replace(db, db, "compacted", err);
}

void storage_compact_if_due(struct database *db)
{
	struct err err = ERR_INIT;
	size_t size;

	if (!db->storage)
		return;
	size = log_file_size(db->storage->file);
	if (size < COMPACT_SIZE_MIN || size < db->storage->compact_at)
		return;
	if (storage_compact(db, &err))
		log_warn("db", "cannot be compacted, goes on growing: %s", err.text);
}

struct opening {
	struct database *db;
	struct json_object *expected;
	int (*use_schema)(struct database *db, struct json_object *schema,
			  struct json_object *expected, struct err *err);
	bool has_schema;
};

static int read_record(void *context, struct json_object *record, struct err *err)
{
	struct opening *opening = context;

	if (opening->has_schema)
		return replay_record(opening->db->running, record, err);
	opening->has_schema = true;
	return opening->use_schema(opening->db, record, opening->expected, err);
}

/* All records are read as one transaction: so what is in the file is checked like what a client
 * sends, and counted in one go. */
static int read_all(struct database *db, struct opening *opening, struct err *err)
{
	struct transaction transaction;
	struct db_error error = {0};
	int r;

	transaction_begin(&transaction, db);
	r = log_file_read(db->storage->file, read_record, opening, err);
	if (r) {
		transaction_abort(&transaction);
		return r;
	}
	if (!transaction_commit(&transaction, &error))
		return 0;
	return err_set(err, EBADMSG, "%s: %s: %s", log_file_path(db->storage->file), error.tag,
		       error.details);
}

int storage_open(struct database *db, const char *path, struct json_object *schema,
		 int (*use_schema)(struct database *db, struct json_object *schema,
				   struct json_object *expected, struct err *err),
		 struct err *err)
{
	struct opening opening = {.db = db, .expected = schema, .use_schema = use_schema};
	bool is_empty;
	int r;

	db->storage = alloc(1, sizeof(*db->storage));
	r = log_file_open(&db->storage->file, path, &is_empty, err);
	if (!r && is_empty && !schema)
		r = err_set(err, ENOENT, "%s: there is no such database", path);
	if (!r && is_empty) {
		r = log_file_replace(db->storage->file, &schema, 1, err);
		if (!r)
			log_info("db", "%s: made a new database", path);
	}
	if (!r)
		r = read_all(db, &opening, err);
	if (r)
		return r;
	db->storage->is_read = true;
	db->storage->compact_at = COMPACT_FACTOR * log_file_base_size(db->storage->file);
	return 0;
}

void storage_close(struct database *db)
{
	if (!db->storage)
		return;
	log_file_free(&db->storage->file);
	mem_free(&db->storage);
}
