#include "db/database.h"

#include <assert.h>
#include <errno.h>
#include <json-c/json.h>

#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "db/alloc.h"
#include "db/core.h"
#include "db/error.h"
#include "db/schema.h"
#include "db/storage.h"
#include "db/table.h"

static int use_schema(struct database *db, struct json_object *json, struct db_error *error)
{
	if (schema_parse(&db->schema, json, error))
		return -EINVAL;
	db->tables = alloc(db->schema->n_tables, sizeof(struct table *));
	for (unsigned i = 0; i < db->schema->n_tables; i++)
		db->tables[i] = table_new(db->schema->tables[i]);
	return 0;
}

static const char *member_text(struct json_object *json, const char *name)
{
	struct json_object *member;

	if (!json_object_object_get_ex(json, name, &member) ||
	    !json_object_is_type(member, json_type_string))
		return "";
	return json_object_get_string(member);
}

/* The schema in the file against the one that is wanted. It may be another one of the same name: a client has converted
 * the database, or it is somebody else's. */
static int use_file_schema(struct database *db, struct json_object *json,
			   struct json_object *expected, struct err *err)
{
	const char *name = member_text(json, "name");
	const char *version = member_text(json, "version");
	struct db_error error = {0};

	if (expected && strcmp(name, member_text(expected, "name")))
		return err_set(err, EINVAL, "it holds database \"%s\", not %s", name,
			       member_text(expected, "name"));
	if (use_schema(db, json, &error))
		return err_set(err, EINVAL, "%s", error.details);
	if (expected && strcmp(version, member_text(expected, "version")))
		log_info("db", "the schema of %s in the file is of version %s, not %s", name,
			 version, member_text(expected, "version"));
	return 0;
}

static int parse_schema(const char *text, struct json_object **json, struct err *err)
{
	own(schema_free) struct schema *schema = NULL;
	struct db_error error = {0};
	int r;

	if (!text)
		return 0;
	r = json_parse(text, strlen(text), JSON_DEPTH_MAX, json, err);
	if (!r && schema_parse(&schema, *json, &error))
		r = err_set(err, EINVAL, "%s", error.details);
	if (r)
		err_prefix(err, "schema");
	return r;
}

static struct database *database_alloc(void)
{
	struct database *db = alloc(1, sizeof(*db));

	CDS_INIT_LIST_HEAD(&db->monitors);
	history_init(&db->history);
	return db;
}

int database_open(struct database **out, const char *path, const char *schema, struct err *err)
{
	own(database_free) struct database *db = database_alloc();
	own(json_free) struct json_object *json = NULL;
	int r = parse_schema(schema, &json, err);

	if (!r)
		r = storage_open(db, path, json, use_file_schema, err);
	if (r)
		return r;
	*out = take_ptr(db);
	return 0;
}

int database_new_parsed(struct database **out, struct json_object *schema, struct db_error *error)
{
	own(database_free) struct database *db = database_alloc();

	if (use_schema(db, schema, error))
		return -EINVAL;
	*out = take_ptr(db);
	return 0;
}

int database_new(struct database **out, const char *schema, struct err *err)
{
	own(json_free) struct json_object *json = NULL;
	struct db_error error = {0};
	int r = parse_schema(schema, &json, err);

	if (r)
		return r;
	return database_new_parsed(out, json, &error) ? err_set(err, EINVAL, "%s", error.details)
						      : 0;
}

void database_free(struct database **db)
{
	if (!*db)
		return;
	assert(cds_list_empty(&(*db)->monitors));
	storage_close(*db);
	history_fini(&(*db)->history);
	for (unsigned i = 0; (*db)->tables && i < (*db)->schema->n_tables; i++)
		table_free(&(*db)->tables[i]);
	free((*db)->tables);
	schema_free(&(*db)->schema);
	mem_free(db);
}

const char *database_name(const struct database *db)
{
	return db->schema->name;
}

const char *database_version(const struct database *db)
{
	return db->schema->version;
}

struct json_object *database_schema(const struct database *db)
{
	return db->schema->json;
}

uint64_t database_n_rows(const struct database *db, const char *table)
{
	const struct table_schema *schema = schema_table(db->schema, table);

	return schema ? db->tables[schema->index]->n_rows : 0;
}

bool database_has_file(const struct database *db)
{
	return db->storage;
}

int database_compact(struct database *db, struct err *err)
{
	return storage_compact(db, err);
}
