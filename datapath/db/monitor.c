#include "db/monitor.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/own.h"
#include "db/alloc.h"
#include "db/core.h"
#include "db/datum.h"
#include "db/members.h"
#include "db/schema.h"
#include "db/table.h"
#include "db/transaction.h"

static int parse_select(struct json_object *json, unsigned *events, struct db_error *error)
{
	static const struct {
		const char *name;
		unsigned event;
	} names[] = {
		{"initial", MONITOR_INITIAL},
		{"insert", MONITOR_INSERT},
		{"delete", MONITOR_DELETE},
		{"modify", MONITOR_MODIFY},
	};
	struct members members = MEMBERS_INIT(json, "select", error);

	*events = MONITOR_ALL;
	if (!json)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct json_object *member =
			members_get(&members, names[i].name, MEMBER_BOOLEAN | MEMBER_OPTIONAL);

		if (member && !json_object_get_boolean(member))
			*events &= ~names[i].event;
	}
	return members_end(&members);
}

static bool has_column(const struct monitor_table *table, unsigned index)
{
	for (unsigned i = 0; i < table->n_columns; i++)
		if (table->columns[i].index == index)
			return true;
	return false;
}

static int add_column(struct monitor_table *table, const struct column_schema *column,
		      unsigned events, struct db_error *error)
{
	if (has_column(table, column->index))
		return db_error_set(error, ERROR_SYNTAX, "column %s is monitored twice",
				    column->name);
	table->columns[table->n_columns++] =
		(struct monitor_column){.index = column->index, .events = events};
	return 0;
}

static int add_columns(struct monitor_table *table, struct json_object *names, unsigned events,
		       struct db_error *error)
{
	const struct table_schema *schema = table->schema;
	size_t n = names ? json_object_array_length(names) : 0;

	/* All columns, unless they are named; _uuid is in every update already. */
	for (unsigned i = COLUMN_VERSION; !names && i < schema->n_columns; i++)
		if (add_column(table, schema->columns[i], events, error))
			return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		struct json_object *name = json_object_array_get_idx(names, i);
		const struct column_schema *column =
			json_object_is_type(name, json_type_string)
				? table_column(schema, json_object_get_string(name))
				: NULL;

		if (!column)
			return db_error_set(error, ERROR_SYNTAX, "there is no column %s",
					    json_object_to_json_string(name));
		if (add_column(table, column, events, error))
			return -EINVAL;
	}
	return 0;
}

/* Each request may add clauses; any one of them chooses a row. One request without makes it all. */
static int add_where(struct monitor_table *table, struct json_object *where, bool is_first,
		     struct db_error *error)
{
	struct condition more = CONDITION_INIT;
	struct condition *all = &table->condition;

	if (!where || !json_object_array_length(where)) {
		table->has_condition = false;
		return 0;
	}
	if (condition_parse(&more, table->schema, where, NULL, error))
		return -EINVAL;
	table->condition_size += json_cost(where);
	if (is_first)
		table->has_condition = true;
	if (more.n_clauses) {
		struct clause *clauses = alloc(all->n_clauses + more.n_clauses, sizeof(*clauses));

		if (all->n_clauses)
			memcpy(clauses, all->clauses, all->n_clauses * sizeof(*clauses));
		memcpy(clauses + all->n_clauses, more.clauses, more.n_clauses * sizeof(*clauses));
		free(all->clauses);
		free(more.clauses);
		all->clauses = clauses;
		all->n_clauses += more.n_clauses;
	}
	return 0;
}

static int parse_request(struct monitor_table *table, enum monitor_version version,
			 struct json_object *json, bool is_first, struct db_error *error)
{
	struct members members = MEMBERS_INIT(json, "monitor request", error);
	struct json_object *names, *select;
	struct json_object *where = NULL;
	unsigned events;

	names = members_get(&members, "columns", MEMBER_ARRAY | MEMBER_OPTIONAL);
	select = members_get(&members, "select", MEMBER_OBJECT | MEMBER_OPTIONAL);
	if (version != MONITOR_RFC)
		where = members_get(&members, "where", MEMBER_ARRAY | MEMBER_OPTIONAL);
	if (members_end(&members) || parse_select(select, &events, error) ||
	    add_columns(table, names, events, error) || add_where(table, where, is_first, error))
		return -EINVAL;
	table->events |= events;
	return 0;
}

/* A request, or an array of them. */
static int parse_table(struct monitor_table *table, enum monitor_version version,
		       struct json_object *json, struct db_error *error)
{
	size_t n;

	table->columns = alloc(table->schema->n_columns, sizeof(*table->columns));
	if (!json_object_is_type(json, json_type_array))
		return parse_request(table, version, json, true, error);
	n = json_object_array_length(json);
	for (size_t i = 0; i < n; i++)
		if (parse_request(table, version, json_object_array_get_idx(json, i), !i, error))
			return -EINVAL;
	return 0;
}

static int parse_requests(struct monitor *monitor, struct json_object *requests,
			  struct db_error *error)
{
	if (!json_object_is_type(requests, json_type_object))
		return db_error_set(error, ERROR_SYNTAX,
				    "monitor requests must be an object, not %s",
				    json_object_to_json_string(requests));
	json_object_object_foreach(requests, name, json)
	{
		const struct table_schema *schema = schema_table(monitor->db->schema, name);
		struct monitor_table *table;

		if (!schema)
			return db_error_set(error, ERROR_SYNTAX, "there is no table \"%s\"", name);
		table = &monitor->tables[schema->index];
		table->schema = schema;
		if (parse_table(table, monitor->version, json, error)) {
			db_error_prefix(error, "table %s", name);
			return -EINVAL;
		}
	}
	return 0;
}

int monitor_new(struct monitor **out, struct database *db, enum monitor_version version,
		struct json_object *id, struct json_object *requests, struct db_error *error)
{
	own(monitor_free) struct monitor *monitor = alloc(1, sizeof(*monitor));

	monitor->db = db;
	monitor->version = version;
	monitor->id = json_object_get(id);
	monitor->tables = alloc(db->schema->n_tables, sizeof(*monitor->tables));
	cds_list_add_tail(&monitor->database_node, &db->monitors);
	if (parse_requests(monitor, requests, error))
		return -EINVAL;
	*out = take_ptr(monitor);
	return 0;
}

void monitor_free(struct monitor **monitor)
{
	struct monitor *m = *monitor;

	if (!m)
		return;
	cds_list_del(&m->database_node);
	for (unsigned i = 0; i < m->db->schema->n_tables; i++) {
		condition_fini(&m->tables[i].condition);
		free(m->tables[i].columns);
	}
	free(m->tables);
	json_object_put(m->id);
	mem_free(monitor);
}

size_t monitor_size(const struct monitor *monitor)
{
	const struct schema *schema = monitor->db->schema;
	size_t size = sizeof(*monitor) + json_cost(monitor->id);

	for (unsigned i = 0; i < schema->n_tables; i++) {
		const struct monitor_table *table = &monitor->tables[i];

		size += sizeof(*table) + table->condition_size;
		if (table->columns)
			size += schema->tables[i]->n_columns * sizeof(*table->columns);
	}
	return size;
}

static struct datum *const *if_chosen(const struct monitor_table *table,
				      struct datum *const *columns)
{
	if (columns && table->has_condition && !condition_any(&table->condition, columns))
		return NULL;
	return columns;
}

/* Of the state that the client knows when it has read this. */
static struct json_object *last_id(const struct monitor *monitor)
{
	char text[UUID_LEN + 1];

	uuid_print(&monitor->db->history.last_id, text);
	return json_object_new_string(text);
}

static struct json_object *updates_of_all(const struct monitor *monitor)
{
	struct json_object *updates = NULL;

	for (unsigned i = 0; i < monitor->db->schema->n_tables; i++) {
		const struct monitor_table *table = &monitor->tables[i];
		const struct row *row;

		if (!(table->events & MONITOR_INITIAL))
			continue;
		table_for_each(monitor->db->tables[i], row) monitor_update_add(
			&updates, row->columns, table->schema->name,
			monitor_row_update(monitor, table, NULL, if_chosen(table, row->columns),
					   MONITOR_INITIAL));
	}
	return updates;
}

/* The client has said what it wants with the condition of then: that is taken to be the one of now. */
static struct json_object *updates_since(const struct monitor *monitor, const struct uuid *since)
{
	size_t n;
	own(mem_free) const struct past_row **rows =
		history_since(&monitor->db->history, since, &n);
	struct json_object *updates = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct monitor_table *table = &monitor->tables[rows[i]->schema->index];
		const struct row *row =
			table_lookup(monitor->db->tables[rows[i]->schema->index], &rows[i]->uuid);
		struct datum *const *old, *const *new;

		if (!table->events)
			continue;
		old = if_chosen(table, rows[i]->columns);
		new = if_chosen(table, row ? row->columns : NULL);
		monitor_update_add(&updates, old ? old : new, table->schema->name,
				   monitor_row_update(monitor, table, old, new, MONITOR_INSERT));
	}
	return updates;
}

struct json_object *monitor_initial(const struct monitor *monitor, const struct uuid *since)
{
	bool is_known = since && history_has(&monitor->db->history, since);
	struct json_object *updates =
		is_known ? updates_since(monitor, since) : updates_of_all(monitor);
	struct json_object *reply;

	if (!updates)
		updates = json_object_new_object();
	if (monitor->version != MONITOR_SINCE)
		return updates;
	reply = json_object_new_array_ext(3);
	json_object_array_add(reply, json_object_new_boolean(is_known));
	json_object_array_add(reply, last_id(monitor));
	json_object_array_add(reply, updates);
	return reply;
}

/* Takes over `updates`; NULL: there is nothing to send. */
static void send_updates(const struct monitor *monitor, struct json_object *updates)
{
	static const char *const methods[] = {
		[MONITOR_RFC] = "update",
		[MONITOR_COND] = "update2",
		[MONITOR_SINCE] = "update3",
	};
	struct json_object *message, *params;

	if (!updates)
		return;
	message = json_object_new_object();
	params = json_object_new_array_ext(3);
	json_object_array_add(params, json_object_get(monitor->id));
	if (monitor->version == MONITOR_SINCE)
		json_object_array_add(params, last_id(monitor));
	json_object_array_add(params, updates);
	json_object_object_add(message, "id", NULL);
	json_object_object_add(message, "method",
			       json_object_new_string(methods[monitor->version]));
	json_object_object_add(message, "params", params);
	monitor->send(monitor->context, message);
	json_object_put(message);
}

static void notify(const struct monitor *monitor, const struct transaction *transaction)
{
	struct json_object *updates = NULL;
	const struct row_change *change;

	cds_list_for_each_entry (change, &transaction->changes, node) {
		const struct table_schema *schema = change->row->table->schema;
		const struct monitor_table *table = &monitor->tables[schema->index];

		if (!table->events)
			continue;
		monitor_update_add(&updates, change->row->columns, schema->name,
				   monitor_row_update(monitor, table, if_chosen(table, change->old),
						      if_chosen(table, change_new(change)),
						      MONITOR_INSERT));
	}
	send_updates(monitor, updates);
}

void monitor_notify_all(const struct transaction *transaction)
{
	const struct monitor *monitor;

	cds_list_for_each_entry (monitor, &transaction->db->monitors, database_node)
		notify(monitor, transaction);
}

/* Reads the new conditions into `tables`, which has a place for each table of the schema. */
static int parse_changes(const struct monitor *monitor, struct json_object *requests,
			 struct monitor_table *tables, struct db_error *error)
{
	if (!json_object_is_type(requests, json_type_object))
		return db_error_set(error, ERROR_SYNTAX, "monitor requests must be an object");
	json_object_object_foreach(requests, name, array)
	{
		const struct table_schema *schema = schema_table(monitor->db->schema, name);
		size_t n;

		if (!schema || !monitor->tables[schema->index].columns)
			return db_error_set(error, ERROR_SYNTAX, "table \"%s\" is not monitored",
					    name);
		if (!json_object_is_type(array, json_type_array))
			return db_error_set(error, ERROR_SYNTAX, "table %s: an array is due", name);
		n = json_object_array_length(array);
		for (size_t i = 0; i < n; i++) {
			struct members members =
				MEMBERS_INIT(json_object_array_get_idx(array, i), name, error);
			struct json_object *where = members_get(&members, "where", MEMBER_ARRAY);

			/* Of several the last one counts, as with ovsdb-server. */
			condition_fini(&tables[schema->index].condition);
			tables[schema->index] = (struct monitor_table){.schema = schema};
			if (members_end(&members) ||
			    add_where(&tables[schema->index], where, true, error))
				return -EINVAL;
		}
	}
	return 0;
}

static void change_table(const struct monitor *monitor, struct monitor_table *table,
			 struct monitor_table *wanted, struct json_object **updates)
{
	struct condition condition = table->condition;
	struct monitor_table before = *table;
	const struct row *row;

	table->has_condition = wanted->has_condition;
	table->condition = wanted->condition;
	wanted->condition = condition;
	table->condition_size = wanted->condition_size;
	table_for_each(monitor->db->tables[table->schema->index], row)
	{
		struct datum *const *old = if_chosen(&before, row->columns);
		struct datum *const *new = if_chosen(table, row->columns);

		if (!old != !new)
			monitor_update_add(
				updates, row->columns, table->schema->name,
				monitor_row_update(monitor, table, old, new, MONITOR_INSERT));
	}
}

int monitor_change(struct monitor *monitor, struct json_object *id, struct json_object *requests,
		   struct db_error *error)
{
	unsigned n_tables = monitor->db->schema->n_tables;
	own(mem_free) struct monitor_table *tables = alloc(n_tables, sizeof(*tables));
	struct json_object *updates = NULL;
	int r = parse_changes(monitor, requests, tables, error);

	if (!r) {
		json_object_put(monitor->id);
		monitor->id = json_object_get(id);
	}
	for (unsigned i = 0; i < n_tables; i++) {
		if (!r && tables[i].schema)
			change_table(monitor, &monitor->tables[i], &tables[i], &updates);
		condition_fini(&tables[i].condition);
	}
	send_updates(monitor, updates);
	return r;
}
