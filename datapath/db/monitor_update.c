/* What monitors say of one row: <row-update> of RFC 7047 section 4.1.6, and <row-update2> of
 * ovsdb-server(7). */
#include <json-c/json.h>

#include "db/datum.h"
#include "db/monitor.h"
#include "db/schema.h"

/* `name` must live as long as the database: literals and names of columns. */
static void add(struct json_object *object, const char *name, struct json_object *value)
{
	json_object_object_add_ex(object, name, value,
				  JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_KEY_IS_CONSTANT);
}

static bool is_changed(const struct monitor_column *column, struct datum *const *old,
		       struct datum *const *new)
{
	return (column->events & MONITOR_MODIFY) &&
	       !datum_equals(old[column->index], new[column->index]);
}

static bool has_change(const struct monitor_table *table, struct datum *const *old,
		       struct datum *const *new)
{
	for (unsigned i = 0; i < table->n_columns; i++)
		if (is_changed(&table->columns[i], old, new))
			return true;
	return false;
}

/* All columns that are sent with `event`; unless `with_defaults`, only those not at their default.
 */
static struct json_object *whole_row(const struct monitor_table *table,
				     struct datum *const *columns, enum monitor_event event,
				     bool with_defaults)
{
	struct json_object *object = json_object_new_object();

	for (unsigned i = 0; i < table->n_columns; i++) {
		const struct monitor_column *wanted = &table->columns[i];
		const struct column_schema *column = table->schema->columns[wanted->index];
		const struct datum *datum = columns[wanted->index];

		if (!(wanted->events & event) ||
		    (!with_defaults && datum_equals(datum, column->default_datum)))
			continue;
		add(object, column->name, column_json(column, datum));
	}
	return object;
}

static struct json_object *old_values(const struct monitor_table *table, struct datum *const *old,
				      struct datum *const *new)
{
	struct json_object *object = json_object_new_object();

	for (unsigned i = 0; i < table->n_columns; i++) {
		unsigned index = table->columns[i].index;
		const struct column_schema *column = table->schema->columns[index];

		if (is_changed(&table->columns[i], old, new))
			add(object, column->name, column_json(column, old[index]));
	}
	return object;
}

static struct json_object *difference_json(const struct column_schema *column,
					   const struct datum *old, const struct datum *new)
{
	struct datum *difference;
	struct json_object *json;

	if (column->type.max == 1)
		return column_json(column, new);
	difference = datum_xor(old, new);
	json = datum_json(difference);
	datum_put(difference);
	return json;
}

static struct json_object *differences(const struct monitor_table *table, struct datum *const *old,
				       struct datum *const *new)
{
	struct json_object *object = json_object_new_object();

	for (unsigned i = 0; i < table->n_columns; i++) {
		unsigned index = table->columns[i].index;
		const struct column_schema *column = table->schema->columns[index];

		if (is_changed(&table->columns[i], old, new))
			add(object, column->name, difference_json(column, old[index], new[index]));
	}
	return object;
}

static struct json_object *update_rfc(const struct monitor_table *table, struct datum *const *old,
				      struct datum *const *new, enum monitor_event event)
{
	struct json_object *update = json_object_new_object();

	if (event == MONITOR_MODIFY)
		add(update, "old", old_values(table, old, new));
	else if (event == MONITOR_DELETE)
		add(update, "old", whole_row(table, old, event, true));
	if (new)
		add(update, "new", whole_row(table, new, event, true));
	return update;
}

static struct json_object *update_cond(const struct monitor_table *table, struct datum *const *old,
				       struct datum *const *new, enum monitor_event event)
{
	struct json_object *update = json_object_new_object();

	if (event == MONITOR_MODIFY)
		add(update, "modify", differences(table, old, new));
	else if (event == MONITOR_DELETE)
		add(update, "delete", NULL);
	else
		add(update, event == MONITOR_INITIAL ? "initial" : "insert",
		    whole_row(table, new, event, false));
	return update;
}

struct json_object *monitor_row_update(const struct monitor *monitor,
				       const struct monitor_table *table, struct datum *const *old,
				       struct datum *const *new, enum monitor_event appearance)
{
	enum monitor_event event = old && new ? MONITOR_MODIFY : old ? MONITOR_DELETE : appearance;

	if ((!old && !new) || !(table->events & event) ||
	    (event == MONITOR_MODIFY && !has_change(table, old, new)))
		return NULL;
	return monitor->version == MONITOR_RFC ? update_rfc(table, old, new, event)
					       : update_cond(table, old, new, event);
}

void monitor_update_add(struct json_object **updates, struct datum *const *columns,
			const char *table, struct json_object *row_update)
{
	struct json_object *rows;
	char uuid[UUID_LEN + 1];

	if (!row_update)
		return;
	if (!*updates)
		*updates = json_object_new_object();
	if (!json_object_object_get_ex(*updates, table, &rows)) {
		rows = json_object_new_object();
		json_object_object_add(*updates, table, rows);
	}
	uuid_print(&columns[COLUMN_UUID]->atoms[0].uuid, uuid);
	json_object_object_add_ex(rows, uuid, row_update, JSON_C_OBJECT_ADD_KEY_IS_NEW);
}
