#include "touched.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "need.h"
#include "replica.h"

#define BETWEEN "; "

struct touched_row {
	const struct table_schema *table;
	struct uuid uuid;
	char *error; /* what was wrong with it before; NULL: it is new */
};

/* Where the switch tells what is wrong. */
static const struct told {
	const char *table, *name, *column;
	const char *keys[3]; /* of a map */
	const char *kind;    /* NULL: the text says whose it is */
} told[] = {
	{"Bridge", "name", "status", {"error", "mirror_error", "table_error"}, "bridge "},
	{"Interface", "name", "error", {NULL}, "port "},
	{"Controller", "target", "status", {"error"}, NULL},
	{"Manager", "target", "status", {"error"}, NULL},
};

#define N_TOLD (sizeof(told) / sizeof(told[0]))

static const struct told *told_of(const struct table_schema *table)
{
	for (size_t i = 0; i < N_TOLD; i++)
		if (!strcmp(told[i].table, table->name))
			return &told[i];
	return NULL;
}

void touched_prepare(struct replica *replica)
{
	for (size_t i = 0; i < N_TOLD; i++) {
		const struct table_schema *table = replica_table(replica, told[i].table);

		replica_want(replica, table, told[i].name);
		replica_want(replica, table, told[i].column);
	}
	replica_want(replica, replica_table(replica, "Interface"), "ofport");
	replica_want(replica, replica_table(replica, "Port"), "interfaces");
}

static const char *map_get(const struct datum *map, const char *key)
{
	union atom atom = {.string = text_new(key, strlen(key))};
	unsigned at = datum_find(map, &atom);

	text_put(atom.string);
	return at != DATUM_NONE ? datum_value(map, at)->string->bytes : NULL;
}

/* All of it, for the caller to free; "" if nothing is wrong. */
static char *error_of(const struct record *record)
{
	const struct told *where = told_of(record->table);
	const struct datum *datum = record_get(record, record_column(record, where->column));
	char *text = NULL;
	size_t size;
	FILE *to;

	if (!where->keys[0])
		return need(strdup(record_text(record, where->column)));
	to = need(open_memstream(&text, &size));
	for (size_t i = 0; i < 3 && where->keys[i]; i++) {
		const char *error = map_get(datum, where->keys[i]);

		if (error)
			fprintf(to, "%s%s", ftell(to) ? BETWEEN : "", error);
	}
	fclose(to);
	return need(text);
}

/* ---- before ---- */

static bool is_touched(const struct record *record)
{
	for (unsigned i = COLUMN_N_HIDDEN; i < record->table->n_columns; i++)
		if (record->next[i])
			return true;
	return record->is_new;
}

static bool is_table_touched(const struct replica *replica, const char *table)
{
	const struct table_schema *schema = schema_table(replica_schema(replica), table);

	if (!schema) /* a server of an older one */
		return false;
	record_for_each ((struct replica *)replica, schema, record)
		if (is_touched(record))
			return true;
	return false;
}

static void add(struct touched *touched, const struct record *record)
{
	touched->rows = need(reallocarray(touched->rows, touched->n + 1, sizeof(*touched->rows)));
	touched->rows[touched->n++] = (struct touched_row){
		.table = record->table,
		.uuid = record->is_new ? record->real_uuid : record->uuid,
		.error = record->is_new ? NULL : error_of(record),
	};
}

/* The interfaces of ports that are touched, but are not themselves. */
static void add_of_ports(struct touched *touched, struct replica *replica)
{
	record_for_each (replica, replica_table(replica, "Port"), port) {
		const struct column_schema *column = record_column(port, "interfaces");

		for (unsigned i = 0; is_touched(port) && i < record_get(port, column)->n; i++) {
			const struct record *interface = record_reference(port, column, i);

			if (interface && !is_touched(interface))
				add(touched, interface);
		}
	}
}

void touched_take(struct touched *touched, struct replica *replica)
{
	/* What is wrong with these is told elsewhere. */
	const bool of_bridges = is_table_touched(replica, "Mirror") ||
				is_table_touched(replica, "Flow_Table") ||
				is_table_touched(replica, "Controller");
	const bool of_ports =
		is_table_touched(replica, "QoS") || is_table_touched(replica, "Queue");

	for (size_t i = 0; i < N_TOLD; i++) {
		const bool is_all = (of_bridges && !strcmp(told[i].table, "Bridge")) ||
				    (of_ports && !strcmp(told[i].table, "Interface"));

		record_for_each (replica, replica_table(replica, told[i].table), record)
			if (is_all || is_touched(record))
				add(touched, record);
	}
	if (!of_ports)
		add_of_ports(touched, replica);
}

void touched_fini(struct touched *touched)
{
	for (size_t i = 0; i < touched->n; i++)
		free(touched->rows[i].error);
	free(touched->rows);
}

/* ---- after ---- */

/* Is anything wrong that was not? */
static bool says_more(const char *now, const char *before)
{
	while (*now) {
		const char *end = strstr(now, BETWEEN);
		own(mem_free) char *part =
			need(strndup(now, end ? (size_t)(end - now) : strlen(now)));

		if (!strstr(before, part))
			return true;
		now = end ? end + strlen(BETWEEN) : "";
	}
	return false;
}

static bool has_number(const struct record *record)
{
	const struct datum *ofport = record_get(record, record_column(record, "ofport"));

	return ofport->n && ofport->atoms[0].integer >= 0;
}

static bool check(const struct touched_row *row, const struct record *record)
{
	const struct told *where = told_of(row->table);
	own(mem_free) char *why = error_of(record);
	const char *kind = where->kind, *text = why;

	/* A new interface must have got a number. */
	if (!*why && !row->error && !strcmp(row->table->name, "Interface") && !has_number(record))
		text = "the switch gave it no number and does not say why";
	else if (!says_more(why, row->error ? row->error : ""))
		return true;
	fprintf(stderr, "switchctl: %s%s%s%s\n", kind ? kind : "",
		kind ? record_text(record, where->name) : "", kind ? ": " : "", text);
	return false;
}

int touched_check(const struct touched *touched, struct replica *replica)
{
	int status = EXIT_SUCCESS;

	for (size_t i = 0; i < touched->n; i++) {
		const struct touched_row *row = &touched->rows[i];
		const struct record *record = record_lookup(replica, row->table, &row->uuid);

		if (record && !check(row, record))
			status = EXIT_FAILURE;
	}
	return status;
}
