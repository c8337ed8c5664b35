#include "config/replica_schema.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "base/print.h"
#include "config/replica.h"

#define MISSING_MAX 8 /* that are named in the log */

/* The columns of a table in a <database-schema>; NULL: it has no such table. */
static struct json_object *columns_in(struct json_object *tables, const char *table)
{
	return json_object_object_get(json_object_object_get(tables, table), "columns");
}

static void missing_add(struct print *missing, unsigned *n, const char *table, const char *column)
{
	if (++*n <= MISSING_MAX)
		print_fmt(missing, "%s%s%s%s", *n > 1 ? ", " : "", table, column ? "." : "",
			  column ? column : "");
}

struct reading {
	struct json_object *there; /* tables of the schema; NULL: take all to be there */
	struct json_object *found; /* columns of the table that is read */
	const char *table;
	struct print missing;
	unsigned n_missing;
};

static void read_columns(struct reading *reading, const char *const *columns)
{
	struct json_object *there = columns_in(reading->there, reading->table);

	for (; columns && *columns; columns++) {
		if (json_object_object_get_ex(reading->found, *columns, NULL))
			continue;
		if (!reading->there || json_object_object_get_ex(there, *columns, NULL))
			json_object_object_add(reading->found, *columns,
					       json_object_new_boolean(true));
		else
			missing_add(&reading->missing, &reading->n_missing, reading->table,
				    *columns);
	}
}

static void read_table(struct reading *reading, struct json_object *tables,
		       const struct replica_table *table)
{
	if (reading->there && !columns_in(reading->there, table->name)) {
		missing_add(&reading->missing, &reading->n_missing, table->name, NULL);
		return;
	}
	reading->table = table->name;
	reading->found = json_object_new_object();
	read_columns(reading, table->columns);
	read_columns(reading, table->results);
	json_object_object_add(tables, table->name, reading->found);
}

static void tell_missing(const struct replica_schema *schema, const struct reading *reading)
{
	if (!reading->n_missing)
		return;
	log_warn("replica", "the database's schema, version %s, lacks %s%s: taken to be empty",
		 schema->version, print_text(&reading->missing),
		 reading->n_missing > MISSING_MAX ? " and more" : "");
}

void replica_schema_read(struct replica_schema *schema, const struct replica_table *tables,
			 unsigned n_tables, struct json_object *json)
{
	struct json_object *there = json_object_object_get(json, "tables");
	const char *version = json_object_get_string(json_object_object_get(json, "version"));
	struct reading reading = {.there = json_object_is_type(there, json_type_object) ? there
											: NULL};

	replica_schema_fini(schema);
	schema->columns = json_object_new_object();
	snprintf(schema->version, sizeof(schema->version), "%s", version ? version : "");
	for (unsigned i = 0; i < n_tables; i++)
		read_table(&reading, schema->columns, &tables[i]);
	tell_missing(schema, &reading);
	print_fini(&reading.missing);
}

void replica_schema_fini(struct replica_schema *schema)
{
	json_free(&schema->columns);
	schema->version[0] = '\0';
}

bool replica_schema_has(const struct replica_schema *schema, const char *table, const char *column)
{
	struct json_object *columns = json_object_object_get(schema->columns, table);

	return columns && (!column || json_object_object_get_ex(columns, column, NULL));
}

struct json_object *replica_schema_requests(const struct replica_schema *schema)
{
	struct json_object *requests = json_object_new_object();

	json_object_object_foreach(schema->columns, table, columns)
	{
		struct json_object *request = json_object_new_object();
		struct json_object *names = json_object_new_array();

		json_object_object_foreach(columns, name, unused)
		{
			(void)unused;
			json_object_array_add(names, json_object_new_string(name));
		}
		json_object_object_add(request, "columns", names);
		json_object_object_add(requests, table, request);
	}
	return requests;
}
