/* What the shell may offer as arguments of switchctl's commands: names from the live database. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "client.h"
#include "complete.h"
#include "lookup.h"
#include "need.h"
#include "replica.h"
#include "session.h"
#include "value.h"

/* Nobody waits longer for a key. */
#define TIMEOUT_S 1

/* The table that the command's COLUMN and RECORD are about. */
static const struct table_schema *find_table(const struct completion *c, struct replica *replica)
{
	const struct table_schema *table = NULL;

	if (!strcmp(c->command->name, "add-port"))
		return replica_table(replica, "Port");
	if (c->n_args)
		lookup_table(replica_schema(replica), c->args[0], &table, NULL);
	return table;
}

static void print_devices(const char *word)
{
	DIR *dir = opendir("/sys/class/net");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "lo"))
			complete_print(word, entry->d_name, "");
	if (dir)
		closedir(dir);
}

static void print_names(const char *word, struct replica *replica, const struct table_schema *table)
{
	const struct column_schema *name = lookup_name_column(table);

	if (!name) {
		complete_print(word, ".", "");
		return;
	}
	record_for_each (replica, table, record) {
		own(mem_free) char *text =
			value_print(&name->type, record_get(record, name), VALUE_BARE);

		complete_print(word, text, "");
	}
}

/* Fetches the names of all tables that have some. */
static int open_names(struct replica *replica)
{
	const struct schema *schema = replica_schema(replica);

	for (unsigned i = 0; i < schema->n_tables; i++)
		lookup_prepare(replica, schema->tables[i]);
	return replica_open(replica, NULL);
}

/* "vlan_mode=ac": what may stand there, if the schema lists it, with what stands before it. */
static void print_values(const char *word, const struct table_schema *table)
{
	const char *value = strchr(word, '=') + 1;
	own(mem_free) char *name = need(strndup(word, (size_t)(value - 1 - word)));
	const struct column_schema *column = table_column(table, name);
	const struct datum *options = column ? column->type.key.options : NULL;

	if (!options || column->type.key.type != ATOM_STRING)
		return;
	for (unsigned i = 0; i < options->n; i++) {
		const char *option = options->atoms[i].string->bytes;

		if (!strncmp(option, value, strlen(value)))
			printf("%.*s%s\n", (int)(value - word), word, option);
	}
}

static void print_columns(const struct completion *c, const struct table_schema *table)
{
	bool has_value = strchr(c->kind, '=');

	for (unsigned i = COLUMN_N_HIDDEN; i < table->n_columns; i++) {
		const struct column_schema *column = table->columns[i];
		bool is_map = type_is_map(&column->type);

		complete_print(c->word, column->name, !has_value ? "" : is_map ? ":" : "=");
	}
}

/* "select-src=c1,c": ports, with what stands before them. */
static void print_mirror_setting(const char *word, struct replica *replica)
{
	const char *value = strchr(word, '='), *comma = strrchr(word, ',');

	if (!value) {
		complete_print_choices(word, "select-all|select-src=|select-dst=|select-vlan=|"
					     "output=|snaplen=");
		return;
	}
	if (strncmp(word, "select-src=", 11) && strncmp(word, "select-dst=", 11) &&
	    strncmp(word, "output=", 7))
		return;
	value = comma ? comma + 1 : value + 1;
	record_for_each (replica, replica_table(replica, "Port"), port)
		if (!strncmp(record_text(port, "name"), value, strlen(value)))
			printf("%.*s%s\n", (int)(value - word), word, record_text(port, "name"));
}

static void print_from_database(const struct completion *c, struct replica *replica)
{
	static const char *const tables[][2] = {{"BRIDGE", "Bridge"},
						{"PORT", "Port"},
						{"INTERFACE", "Interface"},
						{"MIRROR", "Mirror"}};
	const struct schema *schema = replica_schema(replica);
	const struct table_schema *table;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (!strcmp(c->kind, tables[i][0]))
			print_names(c->word, replica, replica_table(replica, tables[i][1]));
	/* The port may come first. */
	if (!strcmp(c->command->syntax, "[BRIDGE] PORT") && !c->n_args)
		print_names(c->word, replica, replica_table(replica, "Port"));
	if (!strcmp(c->kind, "SETTING"))
		print_mirror_setting(c->word, replica);
	if (!strcmp(c->kind, "TABLE"))
		for (unsigned i = 0; i < schema->n_tables; i++)
			complete_print(c->word, schema->tables[i]->name, "");
	table = find_table(c, replica);
	if (table && !strcmp(c->kind, "RECORD"))
		print_names(c->word, replica, table);
	else if (table && !strncmp(c->kind, "COLUMN", strlen("COLUMN")) && strchr(c->word, '='))
		print_values(c->word, table);
	else if (table && !strncmp(c->kind, "COLUMN", strlen("COLUMN")))
		print_columns(c, table);
}

void switchctl_complete(const struct completion *completion, const char *address)
{
	own(client_free) struct client *client = NULL;
	own(replica_free) struct replica *replica = NULL;

	if (!strcmp(completion->kind, "DEVICE"))
		print_devices(completion->word);
	else if (!strcmp(completion->kind, "MODE"))
		complete_print_choices(completion->word, "standalone|secure");
	else if (!strcmp(completion->kind, "LEVEL"))
		complete_print_choices(completion->word, "error|warn|info|debug");
	else if (!client_open(&client, address, TIMEOUT_S, NULL) &&
		 !replica_new(&replica, client, NULL) && !open_names(replica))
		print_from_database(completion, replica);
}
