#include "db/schema.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "base/own.h"
#include "db/alloc.h"
#include "db/datum.h"
#include "db/error.h"
#include "db/members.h"

static void column_free(struct column_schema *column)
{
	type_fini(&column->type);
	datum_put(column->default_datum);
	json_object_put(column->default_json);
	free(column->name);
	free(column);
}

static void table_free(struct table_schema **table)
{
	if (!*table)
		return;
	HASH_CLEAR(hh, (*table)->columns_by_name);
	for (unsigned i = 0; i < (*table)->n_columns; i++)
		column_free((*table)->columns[i]);
	for (unsigned i = 0; i < (*table)->n_indexes; i++)
		free((*table)->indexes[i].columns);
	free((*table)->indexes);
	free((*table)->columns);
	free((*table)->name);
	mem_free(table);
}

void schema_free(struct schema **schema)
{
	if (!*schema)
		return;
	HASH_CLEAR(hh, (*schema)->tables_by_name);
	for (unsigned i = 0; i < (*schema)->n_tables; i++)
		table_free(&(*schema)->tables[i]);
	free((*schema)->tables);
	json_object_put((*schema)->json);
	free((*schema)->version);
	free((*schema)->name);
	mem_free(schema);
}

static void column_add(struct table_schema *table, struct column_schema *column, const char *name)
{
	column->name = alloc_text(name);
	column->index = table->n_columns++;
	table->columns[column->index] = column;
	HASH_ADD_KEYPTR(hh, table->columns_by_name, column->name, strlen(name), column);
}

static void column_finish(struct table_schema *table, struct column_schema *column)
{
	const struct column_type *type = &column->type;

	column->default_datum = datum_new_default(type);
	column->default_json = datum_json(column->default_datum);
	table->has_strong_refs |=
		base_type_is_ref(&type->key, false) || base_type_is_ref(&type->value, false);
	table->has_weak_refs |=
		base_type_is_ref(&type->key, true) || base_type_is_ref(&type->value, true);
}

static void add_hidden_column(struct table_schema *table, const char *name)
{
	struct column_schema *column = alloc(1, sizeof(*column));

	column->type = (struct column_type){.key = {.type = ATOM_UUID}, .min = 1, .max = 1};
	column_add(table, column, name);
	column_finish(table, column);
}

static int parse_column(struct table_schema *table, const char *name, struct json_object *json,
			struct db_error *error)
{
	struct members members = MEMBERS_INIT(json, "column", error);
	struct column_schema *column = alloc(1, sizeof(*column));
	struct json_object *type, *is_mutable, *is_ephemeral;

	column_add(table, column, name);
	if (!is_identifier(name) || name[0] == '_')
		return db_error_set(error, ERROR_SYNTAX, "the name is no identifier, or reserved");
	type = members_get(&members, "type", MEMBER_STRING | MEMBER_OBJECT);
	is_mutable = members_get(&members, "mutable", MEMBER_BOOLEAN | MEMBER_OPTIONAL);
	is_ephemeral = members_get(&members, "ephemeral", MEMBER_BOOLEAN | MEMBER_OPTIONAL);
	if (members_end(&members) || type_parse(&column->type, type, error))
		return -EINVAL;
	column->is_mutable = !is_mutable || json_object_get_boolean(is_mutable);
	column->is_persistent = !is_ephemeral || !json_object_get_boolean(is_ephemeral);
	column_finish(table, column);
	return 0;
}

static int parse_columns(struct table_schema *table, struct json_object *json,
			 struct db_error *error)
{
	size_t n = (size_t)json_object_object_length(json) + COLUMN_N_HIDDEN;

	if (n == COLUMN_N_HIDDEN)
		return db_error_set(error, ERROR_SYNTAX, "a table must have a column");
	table->columns = alloc(n, sizeof(struct column_schema *));
	add_hidden_column(table, "_uuid");
	add_hidden_column(table, "_version");
	json_object_object_foreach(json, name, column)
	{
		if (parse_column(table, name, column, error)) {
			db_error_prefix(error, "column %s", name);
			return -EINVAL;
		}
	}
	return 0;
}

static int parse_index(struct table_schema *table, struct json_object *json, struct db_error *error)
{
	struct index_schema *index = &table->indexes[table->n_indexes++];
	size_t n = json_object_is_type(json, json_type_array) ? json_object_array_length(json) : 0;

	if (!n)
		return db_error_set(error, ERROR_SYNTAX, "an index must be an array of columns");
	index->columns = alloc(n, sizeof(unsigned));
	for (size_t i = 0; i < n; i++) {
		struct json_object *name = json_object_array_get_idx(json, i);
		struct column_schema *column =
			json_object_is_type(name, json_type_string)
				? table_column(table, json_object_get_string(name))
				: NULL;

		if (!column || column->index == COLUMN_VERSION)
			return db_error_set(error, ERROR_SYNTAX, "index: %s is no column",
					    json_object_to_json_string(name));
		if (!column->is_persistent && column->index != COLUMN_UUID)
			return db_error_set(error, ERROR_SYNTAX, "index: column %s is ephemeral",
					    column->name);
		for (unsigned j = 0; j < index->n_columns; j++)
			if (index->columns[j] == column->index)
				return db_error_set(error, ERROR_SYNTAX,
						    "index: column %s is there twice",
						    column->name);
		column->is_indexed = true;
		index->columns[index->n_columns++] = column->index;
	}
	return 0;
}

static int parse_indexes(struct table_schema *table, struct json_object *json,
			 struct db_error *error)
{
	size_t n = json ? json_object_array_length(json) : 0;

	table->indexes = alloc(n, sizeof(*table->indexes));
	for (size_t i = 0; i < n; i++)
		if (parse_index(table, json_object_array_get_idx(json, i), error))
			return -EINVAL;
	return 0;
}

static int parse_table(struct table_schema *table, struct json_object *json, bool *has_root,
		       struct db_error *error)
{
	struct members members = MEMBERS_INIT(json, "table", error);
	struct json_object *columns, *indexes, *is_root, *max_rows;
	int64_t n;

	columns = members_get(&members, "columns", MEMBER_OBJECT);
	indexes = members_get(&members, "indexes", MEMBER_ARRAY | MEMBER_OPTIONAL);
	is_root = members_get(&members, "isRoot", MEMBER_BOOLEAN | MEMBER_OPTIONAL);
	max_rows = members_get(&members, "maxRows", MEMBER_INTEGER | MEMBER_OPTIONAL);
	/* Of ovsdb-server, to which it means nothing either. */
	members_get(&members, "mutable", MEMBER_BOOLEAN | MEMBER_OPTIONAL);
	if (members_end(&members))
		return -EINVAL;
	table->max_rows = UINT64_MAX;
	if (max_rows) {
		if (json_integer(max_rows, &n) || n < 1)
			return db_error_set(error, ERROR_SYNTAX, "maxRows must be at least 1");
		table->max_rows = (uint64_t)n;
	}
	table->is_root = is_root && json_object_get_boolean(is_root);
	*has_root |= table->is_root;
	if (parse_columns(table, columns, error))
		return -EINVAL;
	return parse_indexes(table, indexes, error);
}

static int parse_tables(struct schema *schema, struct json_object *json, struct db_error *error)
{
	bool has_root = false;

	schema->tables =
		alloc((size_t)json_object_object_length(json), sizeof(struct table_schema *));
	json_object_object_foreach(json, name, value)
	{
		struct table_schema *table = alloc(1, sizeof(*table));

		table->name = alloc_text(name);
		table->index = schema->n_tables++;
		schema->tables[table->index] = table;
		HASH_ADD_KEYPTR(hh, schema->tables_by_name, table->name, strlen(name), table);
		if (!is_identifier(name) || name[0] == '_')
			return db_error_set(error, ERROR_SYNTAX,
					    "table \"%s\": the name is no identifier, or reserved",
					    name);
		if (parse_table(table, value, &has_root, error)) {
			db_error_prefix(error, "table %s", name);
			return -EINVAL;
		}
	}
	/* RFC 7047 section 3.2, "isRoot": a schema from before it existed collects nothing. */
	for (unsigned i = 0; i < schema->n_tables && !has_root; i++)
		schema->tables[i]->is_root = true;
	return 0;
}

static int resolve(const struct schema *schema, const struct table_schema *table,
		   struct base_type *type, struct db_error *error)
{
	const struct table_schema *target;

	if (!type->ref_table_name)
		return 0;
	target = schema_table(schema, type->ref_table_name);
	if (!target)
		return db_error_set(error, ERROR_SYNTAX,
				    "table %s refers to table %s: there is none", table->name,
				    type->ref_table_name);
	type->ref_table = target->index;
	return 0;
}

static int resolve_references(const struct schema *schema, struct db_error *error)
{
	for (unsigned i = 0; i < schema->n_tables; i++) {
		struct table_schema *table = schema->tables[i];

		for (unsigned c = 0; c < table->n_columns; c++)
			if (resolve(schema, table, &table->columns[c]->type.key, error) ||
			    resolve(schema, table, &table->columns[c]->type.value, error))
				return -EINVAL;
	}
	return 0;
}

/* Three decimal numbers with dots between them. */
static bool is_version(const char *text)
{
	for (int i = 0; i < 3; i++) {
		size_t n = strspn(text, "0123456789");

		if (!n || text[n] != (i < 2 ? '.' : '\0'))
			return false;
		text += n + 1;
	}
	return true;
}

int schema_parse(struct schema **out, struct json_object *json, struct db_error *error)
{
	struct members members = MEMBERS_INIT(json, "schema", error);
	own(schema_free) struct schema *schema = NULL;
	struct json_object *name, *version, *tables;

	name = members_get(&members, "name", MEMBER_ID);
	/* RFC 7047 demands it, and ovsdb-tool(1) makes databases without. */
	version = members_get(&members, "version", MEMBER_STRING | MEMBER_OPTIONAL);
	members_get(&members, "cksum", MEMBER_STRING | MEMBER_OPTIONAL);
	tables = members_get(&members, "tables", MEMBER_OBJECT);
	if (members_end(&members))
		return -EINVAL;
	if (version && !is_version(json_object_get_string(version)))
		return db_error_set(error, ERROR_SYNTAX, "version \"%s\" must look like 1.2.3",
				    json_object_get_string(version));
	schema = alloc(1, sizeof(*schema));
	schema->name = alloc_text(json_object_get_string(name));
	schema->version = alloc_text(version ? json_object_get_string(version) : "");
	schema->json = json_object_get(json);
	if (parse_tables(schema, tables, error) || resolve_references(schema, error))
		return -EINVAL;
	*out = take_ptr(schema);
	return 0;
}

struct table_schema *schema_table(const struct schema *schema, const char *name)
{
	struct table_schema *table;

	HASH_FIND(hh, schema->tables_by_name, name, strlen(name), table);
	return table;
}

struct column_schema *table_column(const struct table_schema *table, const char *name)
{
	struct column_schema *column;

	HASH_FIND(hh, table->columns_by_name, name, strlen(name), column);
	return column;
}

struct column_schema *table_column_named(const struct table_schema *table, struct json_object *name,
					 struct db_error *error)
{
	struct column_schema *column;

	if (!json_object_is_type(name, json_type_string)) {
		db_error_set(error, ERROR_SYNTAX, "the name of a column must be a string, not %s",
			     json_object_to_json_string(name));
		return NULL;
	}
	column = table_column(table, json_object_get_string(name));
	if (!column)
		db_error_set(error, ERROR_UNKNOWN_COLUMN, "table %s has no column \"%s\"",
			     table->name, json_object_get_string(name));
	return column;
}

struct json_object *column_json(const struct column_schema *column, const struct datum *datum)
{
	/* Most columns of most rows hold the default: its JSON is made once and shared. */
	if (datum == column->default_datum)
		return json_object_get(column->default_json);
	return datum_json(datum);
}
