/* Commands that read records: list, find, get. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "argument.h"
#include "base/err.h"
#include "base/own.h"
#include "db/schema.h"
#include "grid.h"
#include "ids.h"
#include "lookup.h"
#include "natural.h"
#include "need.h"
#include "output.h"
#include "replica.h"
#include "session.h"

/* Which columns to show, in which order, and what to show of them. */
struct selection {
	const struct table_schema *table;
	const struct column_schema **columns;
	unsigned n;
};

static void selection_fini(struct selection *selection)
{
	free(selection->columns);
}

static int compare_columns(const void *a, const void *b)
{
	const struct column_schema *const *left = a, *const *right = b;

	/* _uuid comes first, and does so by itself in ASCII. */
	return strcmp((*left)->name, (*right)->name);
}

static int select_named(struct selection *selection, const char *names, struct err *err)
{
	own(mem_free) char *copy = need(strdup(names));
	char *save = NULL;
	int ret = 0;

	for (char *name = strtok_r(copy, ", ", &save); name && !ret;
	     name = strtok_r(NULL, ", ", &save)) {
		selection->columns = need(reallocarray(selection->columns, selection->n + 1,
						       sizeof(*selection->columns)));
		ret = lookup_column(selection->table, name, &selection->columns[selection->n++],
				    err);
	}
	if (!ret && !selection->n)
		ret = err_set(err, EINVAL, "--columns names no column");
	return ret;
}

static int select_columns(struct command *command, struct selection *selection, struct err *err)
{
	const char *names = command_option(command, OPTION_COLUMNS);
	int ret = command_table(command, &selection->table, err);

	if (ret)
		return ret;
	if (names)
		return select_named(selection, names, err);
	selection->columns = need(calloc(selection->table->n_columns, sizeof(*selection->columns)));
	for (unsigned i = 0; i < selection->table->n_columns; i++)
		if (i != COLUMN_VERSION)
			selection->columns[selection->n++] = selection->table->columns[i];
	qsort(selection->columns, selection->n, sizeof(*selection->columns), compare_columns);
	return 0;
}

/* ---- list and find ---- */

static int prepare_list(struct command *command, struct err *err)
{
	own(selection_fini) struct selection selection = {};
	int ret = select_columns(command, &selection, err);

	if (ret)
		return ret;
	lookup_prepare(command->replica, selection.table);
	for (unsigned i = 0; i < selection.n; i++)
		replica_want(command->replica, selection.table, selection.columns[i]->name);
	return 0;
}

static struct grid *make_grid(const struct selection *selection)
{
	struct grid *grid = grid_new();

	for (unsigned i = 0; i < selection->n; i++)
		grid_add_column(grid, selection->columns[i]->name, GRID_LEFT);
	return grid;
}

static void add_record(const struct command *command, const struct selection *selection,
		       struct grid *grid, const struct record *record)
{
	for (unsigned i = 0; i < selection->n; i++) {
		const struct column_schema *column = selection->columns[i];
		const struct datum *datum = record_get(record, column);

		if (command->session->style.format == GRID_JSON) {
			grid_add_json(grid, datum_json(datum));
		} else {
			own(mem_free) char *text =
				value_print(&column->type, datum, command->session->cells);

			grid_add_text(grid, text);
		}
	}
}

static int compare_records(const void *a, const void *b)
{
	const struct record *left = *(struct record *const *)a, *right = *(struct record *const *)b;
	const struct column_schema *name = lookup_name_column(left->table);
	int order = 0;

	if (name) {
		own(mem_free) char *l =
			value_print(&name->type, record_get(left, name), VALUE_BARE);
		own(mem_free) char *r =
			value_print(&name->type, record_get(right, name), VALUE_BARE);

		order = natural_compare(l, r);
	}
	return order ? order : uuid_compare(&left->uuid, &right->uuid);
}

/* All records of a table, ordered by name. The caller frees the array. */
static struct record **sort_records(struct replica *replica, const struct table_schema *table,
				    size_t *n)
{
	struct record **records = NULL;

	*n = 0;
	record_for_each (replica, table, record) {
		records = need(reallocarray(records, *n + 1, sizeof(*records)));
		records[(*n)++] = record;
	}
	if (records)
		qsort(records, *n, sizeof(*records), compare_records);
	return records;
}

static int run_list(struct command *command, struct err *err)
{
	own(selection_fini) struct selection selection = {};
	own(grid_free) struct grid *grid = NULL;
	own(mem_free) struct record **records = NULL;
	size_t n = 0;
	int ret = select_columns(command, &selection, err);

	if (ret)
		return ret;
	grid = make_grid(&selection);
	for (unsigned i = 1; i < command->invocation->n_args; i++) {
		struct record *record;

		ret = command_record(command, selection.table, i, &record, err);
		if (ret)
			return ret;
		if (record)
			add_record(command, &selection, grid, record);
	}
	if (command->invocation->n_args == 1)
		records = sort_records(command->replica, selection.table, &n);
	for (size_t i = 0; i < n; i++)
		add_record(command, &selection, grid, records[i]);
	output_grid(command->output, take_ptr(grid));
	return 0;
}

/* Do all conditions, which are the arguments from `first` on, hold? */
static int all_hold(struct command *command, const struct record *record, unsigned first,
		    bool *holds, struct err *err)
{
	int ret = 0;

	*holds = true;
	for (unsigned i = first; i < command->invocation->n_args && *holds && !ret; i++) {
		struct argument condition;

		ret = argument_parse(record->table, command_arg(command, i), ARGUMENT_CONDITION,
				     &condition, err);
		if (ret)
			return ret;
		ret = argument_holds(&condition, record, command->ids, holds, err);
		argument_fini(&condition);
	}
	return ret;
}

static int prepare_find(struct command *command, struct err *err)
{
	const struct table_schema *table;
	int ret = prepare_list(command, err);

	if (!ret)
		ret = command_table(command, &table, err);
	return ret ? ret : command_prepare_arguments(command, table, 1, ARGUMENT_CONDITION, err);
}

static int run_find(struct command *command, struct err *err)
{
	own(selection_fini) struct selection selection = {};
	own(grid_free) struct grid *grid = NULL;
	own(mem_free) struct record **records = NULL;
	size_t n;
	int ret = select_columns(command, &selection, err);

	if (ret)
		return ret;
	grid = make_grid(&selection);
	records = sort_records(command->replica, selection.table, &n);
	for (size_t i = 0; i < n; i++) {
		bool holds;

		ret = all_hold(command, records[i], 1, &holds, err);
		if (ret)
			return ret;
		if (holds)
			add_record(command, &selection, grid, records[i]);
	}
	output_grid(command->output, take_ptr(grid));
	return 0;
}

/* ---- get ---- */

static int prepare_get(struct command *command, struct err *err)
{
	const struct table_schema *table;
	int ret = command_prepare_table(command, &table, err);

	return ret ? ret : command_prepare_arguments(command, table, 2, ARGUMENT_COLUMN, err);
}

static void print_value(struct command *command, const struct column_type *type,
			const struct datum *datum)
{
	own(mem_free) char *text = value_print(type, datum, VALUE_STRING);

	output_line(command->output, "%s", text);
	output_json_add(command->output, datum_json(datum));
}

static int get_value(struct command *command, const struct record *record,
		     const struct argument *argument, struct err *err)
{
	struct column_type type = argument->column->type;
	own(datum_drop) struct datum *value = NULL;
	int ret;

	if (!argument->key) {
		print_value(command, &type, record_get(record, argument->column));
		return 0;
	}
	ret = argument_get_key(argument, record, command->ids, &value, err);
	if (ret)
		return ret;
	if (!value->n && !command_option(command, OPTION_IF_EXISTS))
		return err_set(err, ENOENT, "column %s of %s '%s' has no key %s",
			       argument->column->name, record->table->name, command_arg(command, 1),
			       argument->key);
	type = (struct column_type){.key = type.value, .min = 0, .max = 1};
	if (value->n)
		print_value(command, &type, value);
	else
		output_line(command->output, "%s", "");
	return 0;
}

static int run_get(struct command *command, struct err *err)
{
	const char *name = command_option(command, OPTION_ID);
	const struct table_schema *table;
	struct record *record;
	struct id *id;
	int ret = command_table(command, &table, err);

	if (!ret && name && command_option(command, OPTION_IF_EXISTS))
		ret = err_set(err, EINVAL, "get: --id and --if-exists exclude each other");
	if (!ret)
		ret = command_record(command, table, 1, &record, err);
	if (ret || !record)
		return ret;
	if (name) {
		ret = id_define(command->ids, name, &id, err);
		if (!ret && (id->is_referred || id->is_weakly_referred))
			ret = err_set(err, EINVAL, "%s is used before --id=%s get ... defines it",
				      name, name);
		if (ret)
			return ret;
		id->uuid = record->uuid;
	}
	for (unsigned i = 2; i < command->invocation->n_args && !ret; i++) {
		struct argument argument;

		ret = argument_parse(table, command_arg(command, i), ARGUMENT_COLUMN, &argument,
				     err);
		if (ret)
			return ret;
		record_verify(record, argument.column);
		ret = get_value(command, record, &argument, err);
		argument_fini(&argument);
	}
	return ret;
}

/* ---- wait-until ---- */

static int prepare_wait_until(struct command *command, struct err *err)
{
	const struct table_schema *table;
	int ret = command_prepare_table(command, &table, err);

	return ret ? ret : command_prepare_arguments(command, table, 2, ARGUMENT_CONDITION, err);
}

static int run_wait_until(struct command *command, struct err *err)
{
	const struct table_schema *table;
	struct record *record;
	bool holds = false;
	int ret = command_table(command, &table, err);

	if (ret)
		return ret;
	ret = lookup_record(command->replica, table, command_arg(command, 1), command->ids, &record,
			    err);
	if (!ret)
		ret = all_hold(command, record, 2, &holds, err);
	else if (ret == -ENOENT)
		ret = 0;
	command->must_retry = !holds;
	return ret;
}

static const struct cli_action list = {.prepare = prepare_list, .run = run_list};
static const struct cli_action find = {.prepare = prepare_find, .run = run_find};
static const struct cli_action get = {.prepare = prepare_get, .run = run_get};
static const struct cli_action wait_until = {.prepare = prepare_wait_until, .run = run_wait_until};

const struct cli_command query_commands[] = {
	{"list", "TABLE [RECORD]...", "print records, or all of a table",
	 1u << OPTION_IF_EXISTS | 1u << OPTION_COLUMNS, &list},
	{"find", "TABLE [COLUMN[:KEY]=VALUE]...", "print records that meet all conditions",
	 1u << OPTION_COLUMNS, &find},
	{"get", "TABLE RECORD [COLUMN[:KEY]]...", "print values of a record",
	 1u << OPTION_IF_EXISTS | 1u << OPTION_ID, &get},
	{"wait-until", "TABLE RECORD [COLUMN[:KEY]=VALUE]...",
	 "wait until a record is there and meets all conditions", 0, &wait_until},
	{},
};
