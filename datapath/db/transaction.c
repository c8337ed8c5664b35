#include "db/transaction.h"

#include <assert.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "db/alloc.h"
#include "db/core.h"
#include "db/datum.h"
#include "db/error.h"
#include "db/monitor.h"
#include "db/reference.h"
#include "db/schema.h"
#include "db/storage.h"
#include "db/table.h"

void transaction_begin(struct transaction *transaction, struct database *db)
{
	assert(!db->running);
	*transaction = (struct transaction){.db = db};
	CDS_INIT_LIST_HEAD(&transaction->changes);
	db->running = transaction;
}

static void transaction_end(struct transaction *transaction)
{
	assert(cds_list_empty(&transaction->changes));
	transaction->db->running = NULL;
	mem_free(&transaction->comment);
}

struct datum *const *change_new(const struct row_change *change)
{
	return change->row->is_deleted ? NULL : change->row->columns;
}

static struct row_change *change_add(struct transaction *transaction, struct row *row)
{
	struct row_change *change = alloc(1, sizeof(*change));

	change->row = row;
	row->change = change;
	cds_list_add_tail(&change->node, &transaction->changes);
	return change;
}

static void renew_version(struct row *row)
{
	union atom atom;

	uuid_make(&atom.uuid);
	datum_put(row->columns[COLUMN_VERSION]);
	row->columns[COLUMN_VERSION] = datum_new_atom(ATOM_UUID, atom);
}

static void change_row(struct transaction *transaction, struct row *row)
{
	if (row->change)
		return;
	change_add(transaction, row)->old = row->columns;
	row->columns = columns_copy(row->table->schema, row->columns);
	renew_version(row);
}

static void change_free(struct row_change *change)
{
	columns_free(change->row->table->schema, &change->old);
	change->row->change = NULL;
	cds_list_del(&change->node);
	free(change);
}

struct row *transaction_insert(struct transaction *transaction, struct table *table,
			       const struct uuid *uuid)
{
	struct row *row = table_insert(table, uuid);

	change_add(transaction, row);
	renew_version(row);
	return row;
}

void transaction_set(struct transaction *transaction, struct row *row, unsigned column,
		     struct datum *datum)
{
	if (datum_equals(row->columns[column], datum)) {
		datum_put(datum);
		return;
	}
	change_row(transaction, row);
	datum_put(row->columns[column]);
	row->columns[column] = datum;
	if (row->table->schema->columns[column]->is_indexed)
		row_reindex(row, column);
}

void transaction_comment(struct transaction *transaction, const char *text)
{
	size_t old_len = transaction->comment ? strlen(transaction->comment) : 0;
	char *comment = alloc(1, old_len + strlen(text) + 2);

	if (old_len) {
		memcpy(comment, transaction->comment, old_len);
		comment[old_len++] = '\n';
	}
	strcpy(comment + old_len, text);
	free(transaction->comment);
	transaction->comment = comment;
}

static void change_undo(struct row_change *change)
{
	struct row *row = change->row;
	bool is_inserted = !change->old;

	if (!is_inserted) {
		columns_free(row->table->schema, &row->columns);
		row->columns = take_ptr(change->old);
		if (row->is_deleted)
			row_unhide(row);
		else
			row_reindex(row, TABLE_ALL_COLUMNS);
	}
	change_free(change);
	if (is_inserted)
		table_remove(row);
}

void transaction_delete(struct transaction *transaction, struct row *row)
{
	transaction->n_deleted++;
	change_row(transaction, row);
	if (row->change->old)
		row_hide(row);
	else
		change_undo(row->change);
}

void transaction_abort(struct transaction *transaction)
{
	struct row_change *change, *next;

	reference_undo(transaction);
	cds_list_for_each_entry_safe (change, next, &transaction->changes, node)
		change_undo(change);
	transaction_end(transaction);
}

static bool change_is_real(const struct row_change *change)
{
	const struct row *row = change->row;

	if (!change->old || row->is_deleted)
		return true;
	for (unsigned i = COLUMN_N_HIDDEN; i < row->table->schema->n_columns; i++)
		if (!datum_equals(change->old[i], row->columns[i]))
			return true;
	return false;
}

/* Takes back what came to nothing, so that nobody hears of it. Its counts are those of before. */
static void drop_unreal_changes(struct transaction *transaction)
{
	struct row_change *change, *next;

	cds_list_for_each_entry_safe (change, next, &transaction->changes, node)
		if (!change_is_real(change))
			change_undo(change);
}

static int check_max_rows(const struct transaction *transaction, struct db_error *error)
{
	const struct row_change *change;

	cds_list_for_each_entry (change, &transaction->changes, node) {
		const struct table *table = change->row->table;

		if (!change->old && table->n_rows > table->schema->max_rows)
			return db_error_set(
				error, ERROR_CONSTRAINT,
				"table %s would have %zu rows: it may have at most %llu",
				table->schema->name, table->n_rows,
				(unsigned long long)table->schema->max_rows);
	}
	return 0;
}

static void print_index(const struct row *row, const struct index_schema *index, char *text,
			size_t size)
{
	size_t len = 0;

	for (unsigned i = 0; i < index->n_columns && len + 1 < size; i++) {
		unsigned column = index->columns[i];
		struct json_object *json = datum_json(row->columns[column]);
		int n = snprintf(text + len, size - len, "%s%s %s", i ? ", " : "",
				 row->table->schema->columns[column]->name,
				 json_object_to_json_string(json));

		json_object_put(json);
		len += n > 0 ? (size_t)n : 0;
	}
}

static int check_indexes(const struct transaction *transaction, struct db_error *error)
{
	const struct row_change *change;
	char key[256] = "";

	cds_list_for_each_entry (change, &transaction->changes, node) {
		const struct row *row = change->row;
		const struct table_schema *schema = row->table->schema;

		for (unsigned i = 0; i < schema->n_indexes && !row->is_deleted; i++) {
			if (row->links[i].group->n_rows == 1)
				continue;
			print_index(row, &schema->indexes[i], key, sizeof(key));
			return db_error_set(
				error, ERROR_CONSTRAINT,
				"table %s would have %zu rows with %s: it must be unique",
				schema->name, row->links[i].group->n_rows, key);
		}
	}
	return 0;
}

static void finish_changes(struct transaction *transaction)
{
	struct row_change *change, *next;

	reference_count_weak(transaction);
	if (!cds_list_empty(&transaction->changes)) {
		history_begin(&transaction->db->history);
		monitor_notify_all(transaction);
		history_add(&transaction->db->history, transaction);
	}
	cds_list_for_each_entry_safe (change, next, &transaction->changes, node) {
		struct row *row = change->row;

		change_free(change);
		if (row->is_deleted)
			table_remove(row);
	}
}

int transaction_commit(struct transaction *transaction, struct db_error *error)
{
	int r = reference_count_strong(transaction, error);

	if (!r)
		r = check_max_rows(transaction, error);
	if (!r)
		r = reference_clean_weak(transaction, error);
	if (!r)
		r = check_indexes(transaction, error);
	if (!r) {
		drop_unreal_changes(transaction);
		r = storage_append(transaction->db, transaction, error);
	}
	if (r) {
		transaction_abort(transaction);
		return r;
	}
	finish_changes(transaction);
	transaction_end(transaction);
	return 0;
}
