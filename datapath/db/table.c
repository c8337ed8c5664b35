#include "db/table.h"

#include <assert.h>
#include <stdlib.h>

#include "base/own.h"
#include "db/alloc.h"
#include "db/datum.h"
#include "db/schema.h"

struct table *table_new(const struct table_schema *schema)
{
	struct table *table = alloc(1, sizeof(*table));

	table->schema = schema;
	table->indexes = alloc(schema->n_indexes, sizeof(*table->indexes));
	for (unsigned i = 0; i < schema->n_indexes; i++)
		table->indexes[i].schema = &schema->indexes[i];
	return table;
}

void table_free(struct table **table)
{
	struct row *row, *next;

	if (!*table)
		return;
	HASH_ITER (hh, (*table)->rows, row, next) {
		table_remove(row);
	}
	free((*table)->indexes);
	mem_free(table);
}

struct row *table_lookup_any(const struct table *table, const struct uuid *uuid)
{
	struct row *row;

	HASH_FIND(hh, table->rows, uuid, sizeof(*uuid), row);
	return row;
}

struct row *table_lookup(const struct table *table, const struct uuid *uuid)
{
	struct row *row = table_lookup_any(table, uuid);

	return row && !row->is_deleted ? row : NULL;
}

struct datum **columns_copy(const struct table_schema *schema, struct datum *const *columns)
{
	struct datum **copy = alloc(schema->n_columns, sizeof(struct datum *));

	for (unsigned i = 0; i < schema->n_columns; i++)
		copy[i] = datum_get(columns[i]);
	return copy;
}

void columns_free(const struct table_schema *schema, struct datum ***columns)
{
	if (!*columns)
		return;
	for (unsigned i = 0; i < schema->n_columns; i++)
		datum_put((*columns)[i]);
	mem_free(columns);
}

static struct datum **columns_default(const struct table_schema *schema)
{
	struct datum **columns = alloc(schema->n_columns, sizeof(struct datum *));

	for (unsigned i = 0; i < schema->n_columns; i++)
		columns[i] = datum_get(schema->columns[i]->default_datum);
	return columns;
}

struct row *table_insert(struct table *table, const struct uuid *uuid)
{
	const struct table_schema *schema = table->schema;
	struct row *row = alloc(1, sizeof(*row) + schema->n_indexes * sizeof(row->links[0]));

	row->uuid = *uuid;
	row->table = table;
	row->columns = columns_default(schema);
	datum_put(row->columns[COLUMN_UUID]);
	row->columns[COLUMN_UUID] = datum_new_atom(ATOM_UUID, (union atom){.uuid = *uuid});
	HASH_ADD(hh, table->rows, uuid, sizeof(row->uuid), row);
	table->n_rows++;
	for (unsigned i = 0; i < schema->n_indexes; i++)
		row->links[i].row = row;
	row_reindex(row, TABLE_ALL_COLUMNS);
	return row;
}

static void forget_weak_sources(struct row *row)
{
	struct weak_source *source, *next;

	HASH_ITER (hh, row->weak_sources, source, next) {
		HASH_DEL(row->weak_sources, source);
		free(source);
	}
}

void table_remove(struct row *row)
{
	struct table *table = row->table;

	assert(!row->change);
	if (!row->is_deleted)
		row_hide(row);
	HASH_DEL(table->rows, row);
	forget_weak_sources(row);
	columns_free(table->schema, &row->columns);
	free(row);
}

void row_hide(struct row *row)
{
	for (unsigned i = 0; i < row->table->schema->n_indexes; i++)
		index_remove(&row->table->indexes[i], &row->links[i]);
	row->is_deleted = true;
	row->table->n_rows--;
}

void row_unhide(struct row *row)
{
	row->is_deleted = false;
	row->table->n_rows++;
	row_reindex(row, TABLE_ALL_COLUMNS);
}

static bool index_has(const struct index_schema *schema, unsigned column)
{
	if (column == TABLE_ALL_COLUMNS)
		return true;
	for (unsigned i = 0; i < schema->n_columns; i++)
		if (schema->columns[i] == column)
			return true;
	return false;
}

void row_reindex(struct row *row, unsigned column)
{
	struct table *table = row->table;

	for (unsigned i = 0; i < table->schema->n_indexes; i++) {
		if (!index_has(table->indexes[i].schema, column))
			continue;
		index_remove(&table->indexes[i], &row->links[i]);
		index_add(&table->indexes[i], &row->links[i], row->columns);
	}
}
