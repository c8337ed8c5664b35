/* The switch as a whole: show and init. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "lookup.h"
#include "natural.h"
#include "need.h"
#include "output.h"
#include "replica.h"
#include "session.h"
#include "value.h"

#define INDENT   4
#define CELL_MAX 32
#define NOWHERE  (-1) /* an indentation: nothing is printed */

/* What to show of a table's records: what is left out is the default. References to records of
 * tables that are listed here are shown as trees below. */
static const struct shown {
	const char *table;
	const char *name; /* the column that stands in the headline; NULL: the UUID does */
	const char *columns[6];
} shown[] = {
	{DATABASE_NAME, NULL, {"manager_options", "bridges", "ovs_version"}},
	{"Bridge", "name", {"status", "controller", "fail_mode", "datapath_type", "ports"}},
	{"Port", "name", {"tag", "trunks", "interfaces"}},
	{"Interface", "name", {"type", "options", "error"}}, /* and NOTE */
	{"Controller", "target", {"is_connected"}},
	{"Manager", "target", {"is_connected"}},
};

static const struct shown *find_shown(const char *table)
{
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		if (!strcmp(shown[i].table, table))
			return &shown[i];
	return NULL;
}

static int prepare_show(struct command *command, struct err *err)
{
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		const struct table_schema *table = replica_table(command->replica, shown[i].table);

		if (shown[i].name)
			replica_want(command->replica, table, shown[i].name);
		for (const char *const *column = shown[i].columns; *column; column++)
			replica_want(command->replica, table, *column);
	}
	replica_want(command->replica, replica_table(command->replica, "Interface"), "status");
	return 0;
}

static struct json_object *show_record(struct command *command, const struct record *record,
				       int indent);

static int compare_headlines(const void *a, const void *b)
{
	const struct record *left = *(struct record *const *)a, *right = *(struct record *const *)b;
	const char *name = find_shown(left->table->name)->name;

	return natural_compare(record_text(left, name), record_text(right, name));
}

/* ---- a port as a line ---- */

/* A key of Interface.status: why a port is not as it is asked for, though it works. */
#define NOTE "note"

/* What stands behind the port's name: of the port, then of its interface. */
static const char *const line_columns[] = {"tag", "trunks", "type", "options", "error", NOTE};

#define N_LINE_COLUMNS (sizeof(line_columns) / sizeof(line_columns[0]))

struct port_line {
	char *name;
	char *cells[N_LINE_COLUMNS]; /* "KEY: VALUE"; "": the default */
};

/* The only interface of a port, if it has the port's name; else NULL. */
static const struct record *only_interface(const struct record *port)
{
	const struct column_schema *column = record_column(port, "interfaces");
	const struct record *interface;

	if (record_get(port, column)->n != 1)
		return NULL;
	interface = record_reference(port, column, 0);
	if (!interface || strcmp(record_text(port, "name"), record_text(interface, "name")))
		return NULL;
	return interface;
}

static bool has_column(const char *table, const char *name)
{
	const char *const *column = find_shown(table)->columns;

	while (*column && strcmp(*column, name))
		column++;
	return *column;
}

static char *print_cell(const struct record *record, const char *name)
{
	const struct column_schema *column = record_column(record, name);
	own(mem_free) char *text = NULL;
	char *cell;

	if (datum_equals(record_get(record, column), column->default_datum))
		return need(strdup(""));
	text = value_print(&column->type, record_get(record, column), VALUE_STRING);
	if (asprintf(&cell, "%s: %s", name, text) < 0)
		cell = need(NULL);
	return cell;
}

static char *print_note(const struct record *interface)
{
	union atom key = {.string = text_new(NOTE, strlen(NOTE))};
	const struct datum *status = record_get(interface, record_column(interface, "status"));
	const unsigned at = datum_find(status, &key);
	char *cell = NULL;

	text_put(key.string);
	if (at == DATUM_NONE)
		return need(strdup(""));
	if (asprintf(&cell, NOTE ": %s", datum_value(status, at)->string->bytes) < 0)
		cell = need(NULL);
	return cell;
}

static char *print_line_cell(const struct record *port, const struct record *interface,
			     const char *name)
{
	if (!strcmp(name, NOTE))
		return print_note(interface);
	return print_cell(has_column("Port", name) ? port : interface, name);
}

static void line_make(struct port_line *line, const struct record *port)
{
	const struct record *interface = only_interface(port);
	const struct column_schema *name = record_column(port, "name");

	line->name = value_print(&name->type, record_get(port, name), VALUE_STRING);
	for (size_t i = 0; i < N_LINE_COLUMNS; i++)
		line->cells[i] = print_line_cell(port, interface, line_columns[i]);
}

static void line_free(struct port_line *line)
{
	free(line->name);
	for (size_t i = 0; i < N_LINE_COLUMNS; i++)
		free(line->cells[i]);
}

/* One long list shall not push everybody's columns aside. */
static int widest(int width, const char *text)
{
	int len = (int)strlen(text);

	return len > width && len <= CELL_MAX ? len : width;
}

/* Adds the cells, and blanks where others have some; no blanks at the end. */
static void line_print(struct output *output, const struct port_line *line, const int *widths,
		       int name_width, int indent)
{
	own(mem_free) char *text = NULL;
	size_t size = 0;
	FILE *to = need(open_memstream(&text, &size));

	fprintf(to, "%*sPort %-*s", indent, "", name_width, line->name);
	for (size_t i = 0; i < N_LINE_COLUMNS; i++)
		if (widths[i] || line->cells[i][0])
			fprintf(to, "  %-*s", widths[i], line->cells[i]);
	fclose(to);
	while (size && text[size - 1] == ' ')
		text[--size] = '\0';
	output_line(output, "%s", text);
}

/* Ports of one interface each, which is nearly all of them, in a line each; the others as trees. */
static void show_ports(struct command *command, struct record *const *ports, unsigned n, int indent)
{
	own(mem_free) struct port_line *lines = need(calloc(n + 1, sizeof(*lines)));
	int widths[N_LINE_COLUMNS] = {0}, name_width = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!only_interface(ports[i]))
			continue;
		line_make(&lines[i], ports[i]);
		name_width = widest(name_width, lines[i].name);
		for (size_t c = 0; c < N_LINE_COLUMNS; c++)
			widths[c] = widest(widths[c], lines[i].cells[c]);
	}
	for (unsigned i = 0; i < n; i++) {
		if (lines[i].name)
			line_print(command->output, &lines[i], widths, name_width, indent);
		else
			json_object_put(show_record(command, ports[i], indent));
		line_free(&lines[i]);
	}
}

/* ---- records as trees ---- */

/* The records that a column refers to, in the order of their names. */
static struct json_object *show_references(struct command *command, const struct record *record,
					   const struct column_schema *column, int indent)
{
	bool is_lines = indent != NOWHERE && !command_option(command, OPTION_TREE) &&
			!strcmp(column->type.key.ref_table_name, "Port");
	struct json_object *array = need(json_object_new_array());
	unsigned n = record_get(record, column)->n, n_found = 0;
	own(mem_free) struct record **found = need(calloc(n + 1, sizeof(*found)));

	for (unsigned i = 0; i < n; i++) {
		found[n_found] = record_reference(record, column, i);
		n_found += found[n_found] != NULL;
	}
	qsort(found, n_found, sizeof(*found), compare_headlines);
	for (unsigned i = 0; i < n_found; i++)
		json_object_array_add(array,
				      show_record(command, found[i], is_lines ? NOWHERE : indent));
	if (is_lines)
		show_ports(command, found, n_found, indent);
	return array;
}

static struct json_object *show_column(struct command *command, const struct record *record,
				       const struct column_schema *column, int indent)
{
	const struct datum *datum = record_get(record, column);
	own(mem_free) char *text = NULL;

	if (column->type.key.ref_table_name && find_shown(column->type.key.ref_table_name))
		return show_references(command, record, column, indent);
	if (datum_equals(datum, column->default_datum))
		return NULL;
	text = value_print(&column->type, datum, VALUE_STRING);
	if (indent != NOWHERE)
		output_line(command->output, "%*s%s: %s", indent, "", column->name, text);
	return datum_json(datum);
}

/* Adds the lines and returns the same as JSON. */
static struct json_object *show_record(struct command *command, const struct record *record,
				       int indent)
{
	const struct shown *what = find_shown(record->table->name);
	struct json_object *object = need(json_object_new_object());
	own(mem_free) char *name = NULL;

	if (what->name) {
		const struct column_schema *column = record_column(record, what->name);

		name = value_print(&column->type, record_get(record, column), VALUE_STRING);
		if (indent != NOWHERE)
			output_line(command->output, "%*s%s %s", indent, "", record->table->name,
				    name);
		json_object_object_add(object, what->name, datum_json(record_get(record, column)));
	} else {
		name = need(malloc(UUID_LEN + 1));
		uuid_print(&record->uuid, name);
		output_line(command->output, "%*s%s", indent, "", name);
		json_object_object_add(object, "_uuid", json_object_new_string(name));
	}
	for (const char *const *column = what->columns; *column; column++) {
		struct json_object *value =
			show_column(command, record, record_column(record, *column),
				    indent == NOWHERE ? NOWHERE : indent + INDENT);

		if (value)
			json_object_object_add(object, *column, value);
	}
	return object;
}

static int run_show(struct command *command, struct err *err)
{
	record_for_each (command->replica, replica_table(command->replica, DATABASE_NAME), record)
		output_json(command->output, show_record(command, record, 0));
	return 0;
}

/* Every command makes the root record if it is not there. */
static int prepare_init(struct command *command, struct err *err)
{
	return 0;
}

static int run_init(struct command *command, struct err *err)
{
	return 0;
}

static const struct cli_action show = {.prepare = prepare_show, .run = run_show};
static const struct cli_action init = {.prepare = prepare_init, .run = run_init};

const struct cli_command switch_commands[] = {
	{"show", "", "print an overview: bridges, ports, what is wrong", 1u << OPTION_TREE, &show},
	{"init", "", "make the database's first record, as every command does", 0, &init},
	{},
};
