#include "db/execute.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "base/json.h"
#include "base/own.h"
#include "db/core.h"
#include "db/datum.h"
#include "db/members.h"
#include "db/schema.h"
#include "db/table.h"

static int operation_commit(struct execution *execution, struct members *members,
			    struct json_object *result)
{
	struct json_object *durable = members_get(members, "durable", MEMBER_BOOLEAN);

	if (members_end(members))
		return -EINVAL;
	execution->transaction.is_durable |= json_object_get_boolean(durable);
	return 0;
}

static int operation_abort(struct execution *execution, struct members *members,
			   struct json_object *result)
{
	if (members_end(members))
		return -EINVAL;
	return db_error_set(&execution->error, ERROR_ABORTED, "aborted by request");
}

static int operation_comment(struct execution *execution, struct members *members,
			     struct json_object *result)
{
	struct json_object *comment = members_get(members, "comment", MEMBER_STRING);

	if (members_end(members))
		return -EINVAL;
	transaction_comment(&execution->transaction, json_object_get_string(comment));
	return 0;
}

static int operation_assert(struct execution *execution, struct members *members,
			    struct json_object *result)
{
	struct json_object *lock = members_get(members, "lock", MEMBER_ID);
	const char *name;

	if (members_end(members))
		return -EINVAL;
	name = json_object_get_string(lock);
	if (execution->owns_lock && execution->owns_lock(execution->context, name))
		return 0;
	return db_error_set(&execution->error, ERROR_NOT_OWNER, "this client does not own lock %s",
			    name);
}

static const struct operation {
	const char *name;
	operation_fn *run;
	bool writes; /* as ovsdb-server sees it: not in a database that can only be read */
} operations[] = {
	{"insert", operation_insert, true},    {"select", operation_select, false},
	{"update", operation_update, true},    {"mutate", operation_mutate, true},
	{"delete", operation_delete, true},    {"wait", operation_wait, false},
	{"commit", operation_commit, true},    {"abort", operation_abort, false},
	{"comment", operation_comment, false}, {"assert", operation_assert, false},
};

static const struct operation *find_operation(const char *name)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	return NULL;
}

struct table *operation_table(struct execution *execution, struct members *members)
{
	struct json_object *name = members_get(members, "table", MEMBER_STRING);
	const struct table_schema *schema;

	if (!name)
		return NULL;
	schema = schema_table(execution->db->schema, json_object_get_string(name));
	if (schema)
		return execution->db->tables[schema->index];
	members->is_bad = true;
	db_error_set(&execution->error, ERROR_SYNTAX, "database %s has no table \"%s\"",
		     execution->db->schema->name, json_object_get_string(name));
	return NULL;
}

int operation_row(struct execution *execution, const struct table *table, struct json_object *json,
		  struct datum **columns, bool *is_named)
{
	const struct table_schema *schema = table->schema;

	json_object_object_foreach(json, name, value)
	{
		const struct column_schema *column = table_column(schema, name);
		struct datum *datum;

		if (!column)
			return db_error_set(&execution->error, ERROR_UNKNOWN_COLUMN,
					    "table %s has no column \"%s\"", schema->name, name);
		if (datum_parse(&column->type, value, &execution->symbols, &datum,
				&execution->error)) {
			db_error_prefix(&execution->error, "table %s column %s", schema->name,
					name);
			return -EINVAL;
		}
		datum_put(columns[column->index]);
		columns[column->index] = datum;
		is_named[column->index] = true;
	}
	return 0;
}

static int run_operation(struct execution *execution, struct json_object *json,
			 struct json_object *result)
{
	struct members members = MEMBERS_INIT(json, "operation", &execution->error);
	struct json_object *op = members_get(&members, "op", MEMBER_STRING);
	const struct operation *operation;

	if (!op)
		return -EINVAL;
	operation = find_operation(json_object_get_string(op));
	if (!operation)
		return db_error_set(&execution->error, ERROR_SYNTAX,
				    "\"%s\" is no operation: use insert, select, update, mutate, "
				    "delete, wait, commit, abort, comment or assert",
				    json_object_get_string(op));
	if (operation->writes && execution->db->is_read_only)
		return db_error_set(&execution->error, ERROR_NOT_ALLOWED,
				    "%s: database %s can only be read", operation->name,
				    execution->db->schema->name);
	members.what = operation->name;
	return operation->run(execution, &members, result);
}

/* Results of operations that were not reached are null. */
static int run_operations(struct execution *execution, struct json_object *params,
			  struct json_object *results)
{
	size_t n = json_object_array_length(params);
	int r = 0;

	for (size_t i = 1; i < n; i++) {
		struct json_object *result = NULL;

		if (!r) {
			result = json_object_new_object();
			r = run_operation(execution, json_object_array_get_idx(params, i), result);
			if (r) {
				json_object_put(result);
				result = r == -EAGAIN ? NULL : db_error_json(&execution->error);
			}
		}
		json_object_array_add(results, result);
	}
	return r;
}

int execution_run(struct execution *execution, struct json_object *params,
		  struct json_object **result)
{
	size_t n = json_object_array_length(params);
	own(json_free) struct json_object *results = json_object_new_array_ext((int)n);
	int r;

	execution->timeout_ms = EXECUTE_NO_TIMEOUT;
	transaction_begin(&execution->transaction, execution->db);
	r = run_operations(execution, params, results);
	if (r) {
		transaction_abort(&execution->transaction);
	} else {
		execution->has_changed = !cds_list_empty(&execution->transaction.changes);
		r = transaction_commit(&execution->transaction, &execution->error);
		if (r) {
			json_object_array_add(results, db_error_json(&execution->error));
			execution->has_changed = false;
		}
	}
	symbols_fini(&execution->symbols);
	if (r == -EAGAIN)
		return r;
	*result = take_ptr(results);
	return 0;
}
