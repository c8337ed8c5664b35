/* Reading and changing columns of records. */
#include <assert.h>
#include <string.h>

#include "base/own.h"
#include "replica.h"

struct datum *record_get(const struct record *record, const struct column_schema *column)
{
	if (record->next[column->index])
		return record->next[column->index];
	if (record->now[column->index])
		return record->now[column->index];
	return column->default_datum;
}

void record_set(struct record *record, const struct column_schema *column, struct datum *datum)
{
	datum_put(record->next[column->index]);
	record->next[column->index] = datum;
}

void record_verify(struct record *record, const struct column_schema *column)
{
	record->is_verified[column->index] = true;
}

struct column_schema *record_column(const struct record *record, const char *column)
{
	struct column_schema *schema = table_column(record->table, column);

	assert(schema);
	return schema;
}

const char *record_text(const struct record *record, const char *column)
{
	const struct datum *datum = record_get(record, record_column(record, column));

	return datum->n ? datum->atoms[0].string->bytes : "";
}

struct record *record_reference(const struct record *record, const struct column_schema *column,
				unsigned i)
{
	const struct datum *datum = record_get(record, column);
	const struct schema *schema = replica_schema(record->replica);

	return record_lookup(record->replica, schema->tables[column->type.key.ref_table],
			     &datum->atoms[i].uuid);
}

void record_set_text(struct record *record, const char *column, const char *text)
{
	union atom atom = {.string = text_new(text, strlen(text))};

	record_set(record, record_column(record, column), datum_new_atom(ATOM_STRING, atom));
}

void record_set_uuid(struct record *record, const char *column, const struct uuid *uuid)
{
	record_set(record, record_column(record, column),
		   datum_new_atom(ATOM_UUID, (union atom){.uuid = *uuid}));
}

void record_clear(struct record *record, const char *column)
{
	struct column_schema *schema = record_column(record, column);

	record_set(record, schema, datum_get(schema->default_datum));
}

/* The set of references changed by `change`, datum_union() or datum_subtract(). */
static void change_uuids(struct record *record, const char *column, const struct uuid *uuid,
			 struct datum *(*change)(const struct datum *, const struct datum *))
{
	struct column_schema *schema = record_column(record, column);
	own(datum_drop) struct datum *one = datum_new_atom(ATOM_UUID, (union atom){.uuid = *uuid});

	record_verify(record, schema);
	record_set(record, schema, change(record_get(record, schema), one));
}

void record_add_uuid(struct record *record, const char *column, const struct uuid *uuid)
{
	change_uuids(record, column, uuid, datum_union);
}

void record_remove_uuid(struct record *record, const char *column, const struct uuid *uuid)
{
	change_uuids(record, column, uuid, datum_subtract);
}
