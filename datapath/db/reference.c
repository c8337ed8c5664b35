#include "db/reference.h"

#include <errno.h>
#include <stdlib.h>

#include "base/own.h"
#include "db/alloc.h"
#include "db/core.h"
#include "db/datum.h"
#include "db/error.h"
#include "db/schema.h"
#include "db/table.h"
#include "db/transaction.h"

/* Visits the references of one kind that a row loses or gains. */
struct visitor {
	struct transaction *transaction;
	bool is_weak;
	/* `delta` is 1 for a reference that is new, -1 for one that is gone. */
	int (*visit)(struct visitor *visitor, struct row *from, const struct base_type *type,
		     const struct uuid *to, int delta);
	struct db_error *error;
	const char *column; /* where the walk is */
	/* Rows that may have lost their last reference, found on the way. */
	struct row **garbage;
	size_t n_garbage, garbage_size;
};

static struct table *target_table(const struct visitor *visitor, const struct base_type *type)
{
	return visitor->transaction->db->tables[type->ref_table];
}

static int visit_atom(struct visitor *visitor, struct row *from, const struct base_type *type,
		      const union atom *atom, int delta)
{
	/* A row that held itself could never go. (Clients choose UUIDs: one of another table may have
	 * the same.) */
	if (uuid_equals(&from->uuid, &atom->uuid) && from->table == target_table(visitor, type))
		return 0;
	return visitor->visit(visitor, from, type, &atom->uuid, delta);
}

/* Keys are in order: what both have is skipped. */
static int visit_keys(struct visitor *visitor, struct row *from, const struct base_type *type,
		      const struct datum *old, const struct datum *new)
{
	unsigned n_old = old ? old->n : 0, n_new = new ? new->n : 0;
	unsigned i = 0, j = 0;
	int r = 0;

	while (!r && (i < n_old || j < n_new)) {
		int order = i == n_old   ? 1
			    : j == n_new ? -1
					 : uuid_compare(&old->atoms[i].uuid, &new->atoms[j].uuid);

		if (order < 0)
			r = visit_atom(visitor, from, type, &old->atoms[i], -1);
		else if (order > 0)
			r = visit_atom(visitor, from, type, &new->atoms[j], 1);
		i += order <= 0;
		j += order >= 0;
	}
	return r;
}

static int visit_values(struct visitor *visitor, struct row *from, const struct base_type *type,
			const struct datum *datum, int delta)
{
	int r = 0;

	for (unsigned i = 0; datum && i < datum->n && !r; i++)
		r = visit_atom(visitor, from, type, datum_value(datum, i), delta);
	return r;
}

/* What changes if the row's columns, `old`, become `new` (NULL: the row is not there). */
static int visit_row(struct visitor *visitor, struct row *row, struct datum *const *old,
		     struct datum *const *new)
{
	const struct table_schema *schema = row->table->schema;
	int r = 0;

	if (!(visitor->is_weak ? schema->has_weak_refs : schema->has_strong_refs))
		return 0;
	for (unsigned c = COLUMN_N_HIDDEN; c < schema->n_columns && !r; c++) {
		const struct column_type *type = &schema->columns[c]->type;
		const struct datum *old_datum = old ? old[c] : NULL;
		const struct datum *new_datum = new ? new[c] : NULL;

		if (old_datum == new_datum)
			continue;
		visitor->column = schema->columns[c]->name;
		if (base_type_is_ref(&type->key, visitor->is_weak))
			r = visit_keys(visitor, row, &type->key, old_datum, new_datum);
		if (!r && base_type_is_ref(&type->value, visitor->is_weak))
			r = visit_values(visitor, row, &type->value, new_datum, 1);
		if (!r && base_type_is_ref(&type->value, visitor->is_weak))
			r = visit_values(visitor, row, &type->value, old_datum, -1);
	}
	return r;
}

static int check_target(struct visitor *visitor, struct row *from, const struct base_type *type,
			const struct uuid *to, int delta)
{
	char from_text[UUID_LEN + 1], to_text[UUID_LEN + 1];

	if (delta < 0 || table_lookup_any(target_table(visitor, type), to))
		return 0;
	uuid_print(&from->uuid, from_text);
	uuid_print(to, to_text);
	return db_error_set(visitor->error, ERROR_REFERENCE,
			    "table %s row %s column %s refers to row %s of table %s: there is none",
			    from->table->schema->name, from_text, visitor->column, to_text,
			    type->ref_table_name);
}

static void garbage_add(struct visitor *visitor, struct row *row)
{
	if (row->table->schema->is_root || row->is_deleted || row->is_garbage_candidate)
		return;
	row->is_garbage_candidate = true;
	visitor->garbage = alloc_grow(visitor->garbage, visitor->n_garbage, &visitor->garbage_size,
				      sizeof(*visitor->garbage));
	visitor->garbage[visitor->n_garbage++] = row;
}

static int count_strong(struct visitor *visitor, struct row *from, const struct base_type *type,
			const struct uuid *to, int delta)
{
	struct row *target = table_lookup_any(target_table(visitor, type), to);

	target->n_strong_refs += (size_t)delta;
	if (!target->n_strong_refs)
		garbage_add(visitor, target);
	return 0;
}

static void collect_garbage(struct visitor *visitor)
{
	while (visitor->n_garbage) {
		struct row *row = visitor->garbage[--visitor->n_garbage];
		bool is_new;

		row->is_garbage_candidate = false;
		if (row->n_strong_refs || row->is_deleted)
			continue;
		is_new = row->change && !row->change->old;
		visit_row(visitor, row, row->columns, NULL);
		transaction_delete(visitor->transaction, row);
		if (!is_new)
			row->change->is_counted = true;
	}
}

static int check_deleted(const struct transaction *transaction, struct db_error *error)
{
	const struct row_change *change;

	cds_list_for_each_entry (change, &transaction->changes, node) {
		const struct row *row = change->row;
		char text[UUID_LEN + 1];

		if (!row->is_deleted || !row->n_strong_refs)
			continue;
		uuid_print(&row->uuid, text);
		return db_error_set(
			error, ERROR_REFERENCE,
			"table %s row %s cannot be deleted: references to it remain: %zu",
			row->table->schema->name, text, row->n_strong_refs);
	}
	return 0;
}

static void count_changes(struct visitor *visitor)
{
	struct row_change *change;

	cds_list_for_each_entry (change, &visitor->transaction->changes, node) {
		visit_row(visitor, change->row, change->old, change_new(change));
		change->is_counted = true;
		if (!change->row->n_strong_refs)
			garbage_add(visitor, change->row);
	}
}

int reference_count_strong(struct transaction *transaction, struct db_error *error)
{
	struct visitor check = {.transaction = transaction, .visit = check_target, .error = error};
	struct visitor count = {.transaction = transaction, .visit = count_strong};
	const struct row_change *change;
	int r;

	cds_list_for_each_entry (change, &transaction->changes, node) {
		r = visit_row(&check, change->row, change->old, change_new(change));
		if (r)
			return r;
	}
	count_changes(&count);
	r = check_deleted(transaction, error);
	if (!r)
		collect_garbage(&count);
	while (count.n_garbage)
		count.garbage[--count.n_garbage]->is_garbage_candidate = false;
	free(count.garbage);
	return r;
}

static int uncount_strong(struct visitor *visitor, struct row *from, const struct base_type *type,
			  const struct uuid *to, int delta)
{
	table_lookup_any(target_table(visitor, type), to)->n_strong_refs += (size_t)delta;
	return 0;
}

void reference_undo(struct transaction *transaction)
{
	struct visitor undo = {.transaction = transaction, .visit = uncount_strong};
	struct row_change *change;

	cds_list_for_each_entry (change, &transaction->changes, node) {
		if (change->is_counted)
			visit_row(&undo, change->row, change_new(change), change->old);
		change->is_counted = false;
	}
}

static bool is_dangling(const struct transaction *transaction, const struct base_type *type,
			const union atom *atom)
{
	return base_type_is_ref(type, true) &&
	       !table_lookup(transaction->db->tables[type->ref_table], &atom->uuid);
}

/* What stays of `datum`; NULL if all of it does. */
static struct datum *without_dangling(const struct transaction *transaction,
				      const struct column_type *type, const struct datum *datum)
{
	own(mem_free) bool *is_gone = alloc(datum->n, sizeof(bool));
	struct datum *kept;
	unsigned n_gone = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < datum->n; i++) {
		is_gone[i] = is_dangling(transaction, &type->key, &datum->atoms[i]) ||
			     (type_is_map(type) &&
			      is_dangling(transaction, &type->value, datum_value(datum, i)));
		n_gone += is_gone[i];
	}
	if (!n_gone)
		return NULL;
	kept = datum_alloc(datum->key_type, datum->value_type, datum->n - n_gone);
	for (unsigned i = 0; i < datum->n; i++) {
		if (is_gone[i])
			continue;
		kept->atoms[n] = atom_copy(kept->key_type, &datum->atoms[i]);
		if (type_is_map(type))
			kept->atoms[kept->n + n] =
				atom_copy(kept->value_type, datum_value(datum, i));
		n++;
	}
	return kept;
}

static int clean_row(struct transaction *transaction, struct row *row, struct db_error *error)
{
	const struct table_schema *schema = row->table->schema;

	if (row->is_deleted || !schema->has_weak_refs || (row->change && row->change->is_clean))
		return 0;
	for (unsigned c = COLUMN_N_HIDDEN; c < schema->n_columns; c++) {
		const struct column_schema *column = schema->columns[c];
		struct datum *datum = row->columns[c];
		struct datum *kept;

		if (!base_type_is_ref(&column->type.key, true) &&
		    !base_type_is_ref(&column->type.value, true))
			continue;
		if (!transaction->n_deleted && row->change->old && row->change->old[c] == datum)
			continue;
		kept = without_dangling(transaction, &column->type, datum);
		if (!kept)
			continue;
		transaction_set(transaction, row, c, kept);
		if (datum_check_size(row->columns[c], &column->type, error)) {
			db_error_prefix(error, "table %s column %s, after weak references went",
					schema->name, column->name);
			return -EINVAL;
		}
	}
	if (row->change)
		row->change->is_clean = true;
	return 0;
}

int reference_clean_weak(struct transaction *transaction, struct db_error *error)
{
	struct row_change *change;
	int r = 0;

	/* Cleaning a row may append it to the list that is walked; that is harmless. */
	cds_list_for_each_entry (change, &transaction->changes, node) {
		struct weak_source *source, *next;

		r = clean_row(transaction, change->row, error);
		if (r)
			return r;
		if (!change->row->is_deleted)
			continue;
		HASH_ITER (hh, change->row->weak_sources, source, next) {
			r = clean_row(transaction, source->row, error);
			if (r)
				return r;
		}
	}
	return 0;
}

static int count_weak(struct visitor *visitor, struct row *from, const struct base_type *type,
		      const struct uuid *to, int delta)
{
	struct row *target = table_lookup_any(target_table(visitor, type), to);
	struct weak_source *source;

	HASH_FIND_PTR(target->weak_sources, &from, source);
	if (!source) {
		source = alloc(1, sizeof(*source));
		source->row = from;
		HASH_ADD_PTR(target->weak_sources, row, source);
	}
	source->n_refs += (size_t)delta;
	if (!source->n_refs) {
		HASH_DEL(target->weak_sources, source);
		free(source);
	}
	return 0;
}

void reference_count_weak(struct transaction *transaction)
{
	struct visitor count = {.transaction = transaction, .is_weak = true, .visit = count_weak};
	struct row_change *change;

	cds_list_for_each_entry (change, &transaction->changes, node)
		visit_row(&count, change->row, change->old, change_new(change));
}
