#include "db/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/own.h"
#include "db/alloc.h"
#include "db/datum.h"
#include "db/schema.h"
#include "db/table.h"
#include "db/transaction.h"

struct history_entry {
	struct cds_list_head node;
	struct uuid before; /* the state that it began in */
	size_t size;        /* bytes, about */
	size_t n_rows;
	struct past_row rows[];
};

static void entry_free(struct history *history, struct history_entry *entry)
{
	for (size_t i = 0; i < entry->n_rows; i++)
		columns_free(entry->rows[i].schema, &entry->rows[i].columns);
	cds_list_del(&entry->node);
	history->n_entries--;
	history->size -= entry->size;
	free(entry);
}

void history_init(struct history *history)
{
	*history = (struct history){0};
	uuid_make(&history->last_id);
	CDS_INIT_LIST_HEAD(&history->entries);
}

static void trim(struct history *history, unsigned n_max, size_t size_max)
{
	while (history->n_entries > n_max || history->size > size_max)
		entry_free(history,
			   cds_list_first_entry(&history->entries, struct history_entry, node));
}

void history_fini(struct history *history)
{
	trim(history, 0, 0);
}

/* Values that the row still has cost nothing. */
static size_t change_size(const struct row_change *change)
{
	const struct table_schema *schema = change->row->table->schema;
	size_t size = sizeof(struct past_row);

	if (!change->old)
		return size;
	size += schema->n_columns * sizeof(*change->old);
	for (unsigned i = 0; i < schema->n_columns; i++)
		if (change->row->is_deleted || change->old[i] != change->row->columns[i])
			size += datum_size(change->old[i]);
	return size;
}

void history_begin(struct history *history)
{
	history->earlier_id = history->last_id;
	uuid_make(&history->last_id);
}

void history_add(struct history *history, struct transaction *transaction)
{
	struct history_entry *entry;
	struct row_change *change;
	size_t n = 0;

	cds_list_for_each_entry (change, &transaction->changes, node)
		n++;
	entry = alloc(1, sizeof(*entry) + n * sizeof(*entry->rows));
	entry->before = history->earlier_id;
	entry->size = sizeof(*entry);
	history->n_added++;
	cds_list_for_each_entry (change, &transaction->changes, node) {
		entry->size += change_size(change);
		entry->rows[entry->n_rows++] = (struct past_row){
			.schema = change->row->table->schema,
			.uuid = change->row->uuid,
			.number = history->n_added,
			.columns = take_ptr(change->old),
		};
	}
	cds_list_add_tail(&entry->node, &history->entries);
	history->n_entries++;
	history->size += entry->size;
	trim(history, HISTORY_ENTRIES_MAX, HISTORY_SIZE_MAX);
}

static const struct history_entry *find(const struct history *history, const struct uuid *id)
{
	const struct history_entry *entry;

	cds_list_for_each_entry (entry, &history->entries, node)
		if (uuid_equals(&entry->before, id))
			return entry;
	return NULL;
}

static const struct history_entry *next_entry(const struct history *history,
					      const struct history_entry *entry)
{
	if (entry->node.next == &history->entries)
		return NULL;
	return cds_list_entry(entry->node.next, struct history_entry, node);
}

bool history_has(const struct history *history, const struct uuid *id)
{
	return uuid_equals(&history->last_id, id) || find(history, id);
}

static int compare_rows(const void *a, const void *b)
{
	const struct past_row *x = *(const struct past_row *const *)a;
	const struct past_row *y = *(const struct past_row *const *)b;
	int r = uuid_compare(&x->uuid, &y->uuid);

	if (!r)
		r = (x->schema->index > y->schema->index) - (x->schema->index < y->schema->index);
	return r ? r : (x->number > y->number) - (x->number < y->number);
}

static bool is_same_row(const struct past_row *a, const struct past_row *b)
{
	return a->schema == b->schema && uuid_equals(&a->uuid, &b->uuid);
}

/* Of each row the oldest, which comes first. Returns how many are left. */
static size_t drop_later(const struct past_row **rows, size_t n)
{
	size_t n_kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!n_kept || !is_same_row(rows[n_kept - 1], rows[i]))
			rows[n_kept++] = rows[i];
	return n_kept;
}

const struct past_row **history_since(const struct history *history, const struct uuid *id,
				      size_t *n)
{
	const struct history_entry *first = find(history, id), *entry;
	const struct past_row **rows;
	size_t n_rows = 0;

	for (entry = first; entry; entry = next_entry(history, entry))
		n_rows += entry->n_rows;
	rows = alloc(n_rows + 1, sizeof(struct past_row *));
	n_rows = 0;
	for (entry = first; entry; entry = next_entry(history, entry))
		for (size_t i = 0; i < entry->n_rows; i++)
			rows[n_rows++] = &entry->rows[i];
	qsort(rows, n_rows, sizeof(struct past_row *), compare_rows);
	*n = drop_later(rows, n_rows);
	return rows;
}
