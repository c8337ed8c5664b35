/* Commands that change records: set, add, remove, clear, create, destroy; and comment. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "argument.h"
#include "base/err.h"
#include "base/own.h"
#include "db/schema.h"
#include "ids.h"
#include "lookup.h"
#include "need.h"
#include "output.h"
#include "replica.h"
#include "session.h"
#include "value.h"

static int check_mutable(const struct record *record, const struct column_schema *column,
			 struct err *err)
{
	if (column->index >= COLUMN_N_HIDDEN && (column->is_mutable || record->is_new))
		return 0;
	return err_set(err, EINVAL, "column %s of table %s cannot be changed", column->name,
		       record->table->name);
}

/* The command's arguments are a table, perhaps a record, and from `first` on settings or columns. */
static int prepare_arguments(struct command *command, unsigned first, enum argument_kind kind,
			     struct err *err)
{
	const struct table_schema *table;
	int ret = command_prepare_table(command, &table, err);

	return ret ? ret : command_prepare_arguments(command, table, first, kind, err);
}

/* NULL, with 0: there is none, and that is fine. */
static int find_record(struct command *command, struct record **record, struct err *err)
{
	const struct table_schema *table;
	int ret = command_table(command, &table, err);

	return ret ? ret : command_record(command, table, 1, record, err);
}

/* ---- set and create ---- */

static int prepare_set(struct command *command, struct err *err)
{
	return prepare_arguments(command, 2, ARGUMENT_SETTING, err);
}

static int run_set(struct command *command, struct err *err)
{
	struct record *record;
	int ret = find_record(command, &record, err);

	if (ret || !record)
		return ret;
	return command_apply_settings(command, record, 2, err);
}

static int prepare_create(struct command *command, struct err *err)
{
	return prepare_arguments(command, 1, ARGUMENT_SETTING, err);
}

static int run_create(struct command *command, struct err *err)
{
	const char *name = command_option(command, OPTION_ID);
	const struct table_schema *table;
	bool is_uuid = name && *name != '@';
	struct id *id = NULL;
	struct uuid uuid;
	int ret = command_table(command, &table, err);

	if (!ret && is_uuid && uuid_parse(name, strlen(name), &uuid))
		ret = err_set(err, EINVAL, "--id=%s: use @NAME or a UUID", name);
	if (!ret && name && !is_uuid)
		ret = id_define(command->ids, name, &id, err);
	if (ret)
		return ret;
	if (id) {
		id->is_new = !table->is_root;
		uuid = id->uuid;
	}
	command->record = record_insert(command->replica, table, name ? &uuid : NULL);
	command->record->keeps_uuid = is_uuid;
	return command_apply_settings(command, command->record, 1, err);
}

static void finish_create(struct command *command)
{
	const struct record *record = command->record;
	char text[UUID_LEN + 1];

	if (!record->table->is_root && !command_option(command, OPTION_ID))
		fprintf(stderr,
			"warning: the new record does not stay in table %s: nothing refers to it: "
			"use --id=@NAME create ..., and @NAME in another record\n",
			record->table->name);
	uuid_print(&record->real_uuid, text);
	output_line(command->output, "%s", text);
}

/* ---- add, remove, clear ---- */

static int prepare_column(struct command *command, struct err *err)
{
	const struct column_schema *column;
	const struct table_schema *table;
	int ret = command_prepare_table(command, &table, err);

	if (!ret)
		ret = lookup_column(table, command_arg(command, 2), &column, err);
	if (!ret)
		replica_want(command->replica, table, column->name);
	return ret;
}

/* Finds record and column of "TABLE RECORD COLUMN"; *record is NULL if it may be missing and is. */
static int find_column(struct command *command, struct record **record,
		       const struct column_schema **column, struct err *err)
{
	const struct table_schema *table;
	int ret = command_table(command, &table, err);

	if (!ret)
		ret = command_record(command, table, 1, record, err);
	if (!ret)
		ret = lookup_column(table, command_arg(command, 2), column, err);
	if (!ret && *record)
		ret = check_mutable(*record, *column, err);
	return ret;
}

static int set_checked(struct record *record, const struct column_schema *column,
		       struct datum *datum, struct err *err)
{
	own(datum_drop) struct datum *mine = datum;
	const struct column_type *type = &column->type;

	if (mine->n < type->min || mine->n > type->max)
		return err_set(err, EINVAL, "column %s of table %s would have %u elements: %s %u",
			       column->name, record->table->name, mine->n,
			       mine->n < type->min ? "it must have at least" : "it takes at most",
			       mine->n < type->min ? type->min : type->max);
	record_verify(record, column);
	record_set(record, column, take_ptr(mine));
	return 0;
}

static int run_add(struct command *command, struct err *err)
{
	const struct column_schema *column;
	own(datum_drop) struct datum *sum = NULL;
	struct column_type type;
	struct record *record;
	int ret = find_column(command, &record, &column, err);

	if (ret || !record)
		return ret;
	type = column->type;
	type.min = 1;
	type.max = TYPE_UNLIMITED;
	sum = datum_get(record_get(record, column));
	for (unsigned i = 3; i < command->invocation->n_args; i++) {
		own(datum_drop) struct datum *before = sum;
		own(datum_drop) struct datum *more = NULL;

		sum = NULL;
		ret = value_parse(&type, command_arg(command, i), command->ids, &more, err);
		if (ret) {
			err_prefix(err, "column %s of table %s", column->name, record->table->name);
			return ret;
		}
		sum = datum_union(more, before);
	}
	return set_checked(record, column, take_ptr(sum), err);
}

/* Elements to remove; of a map, pairs or keys alone. */
static int parse_removal(const struct column_type *type, const char *text, struct ids *ids,
			 struct datum **out, struct err *err)
{
	struct column_type elements = *type;
	struct err second = ERR_INIT;
	int ret;

	elements.min = 1;
	elements.max = TYPE_UNLIMITED;
	ret = value_parse(&elements, text, ids, out, err);
	if (!ret || !type_is_map(type))
		return ret;
	elements.value = (struct base_type){.type = ATOM_VOID};
	return value_parse(&elements, text, ids, out, &second) ? ret : 0;
}

static int run_remove(struct command *command, struct err *err)
{
	const struct column_schema *column;
	own(datum_drop) struct datum *rest = NULL;
	struct record *record;
	int ret = find_column(command, &record, &column, err);

	if (ret || !record)
		return ret;
	rest = datum_get(record_get(record, column));
	for (unsigned i = 3; i < command->invocation->n_args; i++) {
		own(datum_drop) struct datum *before = rest;
		own(datum_drop) struct datum *gone = NULL;

		rest = NULL;
		ret = parse_removal(&column->type, command_arg(command, i), command->ids, &gone,
				    err);
		if (ret) {
			err_prefix(err, "column %s of table %s", column->name, record->table->name);
			return ret;
		}
		rest = datum_subtract(before, gone);
	}
	return set_checked(record, column, take_ptr(rest), err);
}

static int prepare_clear(struct command *command, struct err *err)
{
	return prepare_arguments(command, 2, ARGUMENT_COLUMN, err);
}

static int run_clear(struct command *command, struct err *err)
{
	struct record *record;
	int ret = find_record(command, &record, err);

	if (ret || !record)
		return ret;
	for (unsigned i = 2; i < command->invocation->n_args && !ret; i++) {
		const struct column_schema *column;

		ret = lookup_column(record->table, command_arg(command, i), &column, err);
		if (!ret)
			ret = check_mutable(record, column, err);
		if (!ret && column->type.min)
			ret = err_set(err, EINVAL, "column %s of table %s cannot be empty",
				      column->name, record->table->name);
		if (!ret)
			record_set(record, column, datum_get(column->default_datum));
	}
	return ret;
}

/* ---- destroy ---- */

static int prepare_destroy(struct command *command, struct err *err)
{
	const struct table_schema *table;

	return command_prepare_table(command, &table, err);
}

static int run_destroy(struct command *command, struct err *err)
{
	bool all = command_option(command, OPTION_ALL);
	const struct table_schema *table;
	int ret = command_table(command, &table, err);

	if (!ret && all && command->invocation->n_args > 1)
		ret = err_set(err, EINVAL, "destroy: use --all or name records, not both");
	if (!ret && all && command_option(command, OPTION_IF_EXISTS))
		ret = err_set(err, EINVAL, "destroy: --all and --if-exists exclude each other");
	for (unsigned i = 1; i < command->invocation->n_args && !ret; i++) {
		struct record *record;

		ret = command_record(command, table, i, &record, err);
		if (!ret && record)
			record_delete(record);
	}
	if (!ret && all)
		record_for_each (command->replica, table, record)
			record_delete(record);
	return ret;
}

/* ---- comment ---- */

static int prepare_comment(struct command *command, struct err *err)
{
	return 0;
}

/* The whole command line goes into the database's log anyway. */
static int run_comment(struct command *command, struct err *err)
{
	return 0;
}

static const struct cli_action set = {.prepare = prepare_set, .run = run_set};
static const struct cli_action add = {.prepare = prepare_column, .run = run_add};
static const struct cli_action remove_values = {.prepare = prepare_column, .run = run_remove};
static const struct cli_action clear = {.prepare = prepare_clear, .run = run_clear};
static const struct cli_action create = {
	.prepare = prepare_create, .run = run_create, .finish = finish_create};
static const struct cli_action destroy = {.prepare = prepare_destroy, .run = run_destroy};
static const struct cli_action comment = {.prepare = prepare_comment, .run = run_comment};

const struct cli_command edit_commands[] = {
	{"set", "TABLE RECORD COLUMN[:KEY]=VALUE...", "set values of a record",
	 1u << OPTION_IF_EXISTS, &set},
	{"add", "TABLE RECORD COLUMN [KEY=]VALUE...", "add elements to a set or map",
	 1u << OPTION_IF_EXISTS, &add},
	{"remove", "TABLE RECORD COLUMN KEY|VALUE|KEY=VALUE...", "remove elements of a set or map",
	 1u << OPTION_IF_EXISTS, &remove_values},
	{"clear", "TABLE RECORD COLUMN...", "make sets and maps empty", 1u << OPTION_IF_EXISTS,
	 &clear},
	{"create", "TABLE COLUMN[:KEY]=VALUE...", "make a record, print its UUID", 1u << OPTION_ID,
	 &create},
	{"destroy", "TABLE [RECORD]...", "delete records of a table that holds its own",
	 1u << OPTION_IF_EXISTS | 1u << OPTION_ALL, &destroy},
	{"comment", "[WORD]...", "a note for the database's log", 0, &comment},
	{},
};
