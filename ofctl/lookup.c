#include "lookup.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/own.h"
#include "db/schema.h"
#include "ids.h"
#include "replica.h"
#include "suggest.h"
#include "value.h"

#define UUID_PREFIX_MIN 4

/* How the records of a table are named: by a column of their own; by the name of the record in
 * `owner` whose column `reference` holds them; or, if there is only one of them, by a dot. */
static const struct record_name {
	const char *table;
	const char *column; /* of the table, or else of the owner; NULL: the dot */
	const char *owner;  /* NULL: the table itself */
	const char *reference;
} record_names[] = {
	{"AutoAttach", "name", "Bridge", "auto_attach"},
	{"Bridge", "name", NULL, NULL},
	{"Controller", "name", "Bridge", "controller"},
	{"Flow_Sample_Collector_Set", "id", NULL, NULL},
	{"Flow_Table", "name", NULL, NULL},
	{"IPFIX", "name", "Bridge", "ipfix"},
	{"Interface", "name", NULL, NULL},
	{"Manager", "target", NULL, NULL},
	{"Mirror", "name", NULL, NULL},
	{"NetFlow", "name", "Bridge", "netflow"},
	{"Open_vSwitch", NULL, NULL, NULL},
	{"Port", "name", NULL, NULL},
	{"QoS", "name", "Port", "qos"},
	{"SSL", NULL, NULL, NULL},
	{"sFlow", "name", "Bridge", "sflow"},
};

/* NULL: only by UUID. */
static const struct record_name *name_of(const struct table_schema *table)
{
	for (size_t i = 0; i < sizeof(record_names) / sizeof(record_names[0]); i++)
		if (!strcmp(record_names[i].table, table->name))
			return &record_names[i];
	return NULL;
}

const struct column_schema *lookup_name_column(const struct table_schema *table)
{
	const struct record_name *name = name_of(table);

	return name && name->column && !name->owner ? table_column(table, name->column) : NULL;
}

/* ---- tables and columns ---- */

enum match { MATCH_NONE, MATCH_PREFIX, MATCH_CASELESS, MATCH_EXACT };

static char fold(char c)
{
	return c == '-' ? '_' : (char)tolower((unsigned char)c);
}

static enum match match(const char *name, const char *word)
{
	size_t i;

	if (!strcmp(name, word))
		return MATCH_EXACT;
	for (i = 0; word[i]; i++)
		if (fold(name[i]) != fold(word[i]))
			return MATCH_NONE;
	return name[i] ? MATCH_PREFIX : MATCH_CASELESS;
}

/* The best of several names so far. */
struct matching {
	const char *word;
	enum match best;
	const void *thing;
	const char *name, *other; /* other: one that fits as well; NULL: none does */
	struct suggestion near;
};

#define MATCHING_INIT(text) \
	{ \
		.word = (text), .near = SUGGESTION_INIT(text) \
	}

static void matching_try(struct matching *m, const char *name, const void *thing)
{
	enum match how = match(name, m->word);

	suggestion_try(&m->near, name);
	if (how == MATCH_NONE || how < m->best)
		return;
	m->other = how == m->best ? m->name : NULL;
	m->best = how;
	m->name = name;
	m->thing = thing;
}

/* `where`: "the database", "table Port"; `what`: "table", "column". */
static int matching_finish(const struct matching *m, const char *where, const char *what,
			   struct err *err)
{
	if (m->other)
		return err_set(err, EINVAL, "%s: '%s' is short for %s and %s: write more", where,
			       m->word, m->other, m->name);
	if (m->best != MATCH_NONE)
		return 0;
	if (m->near.name)
		return err_set(err, EINVAL, "%s has no %s '%s': did you mean '%s'?", where, what,
			       m->word, m->near.name);
	return err_set(err, EINVAL, "%s has no %s '%s'", where, what, m->word);
}

int lookup_table(const struct schema *schema, const char *name, const struct table_schema **out,
		 struct err *err)
{
	struct matching m = MATCHING_INIT(name);
	int ret;

	for (unsigned i = 0; i < schema->n_tables; i++)
		matching_try(&m, schema->tables[i]->name, schema->tables[i]);
	ret = matching_finish(&m, "the database", "table", err);
	if (!ret)
		*out = m.thing;
	return ret;
}

int lookup_column(const struct table_schema *table, const char *name,
		  const struct column_schema **out, struct err *err)
{
	struct matching m = MATCHING_INIT(name);
	char where[64];
	int ret;

	for (unsigned i = 0; i < table->n_columns; i++)
		if (i != COLUMN_VERSION)
			matching_try(&m, table->columns[i]->name, table->columns[i]);
	snprintf(where, sizeof(where), "table %s", table->name);
	ret = matching_finish(&m, where, "column", err);
	if (!ret)
		*out = m.thing;
	return ret;
}

/* ---- records ---- */

void lookup_prepare(struct replica *replica, const struct table_schema *table)
{
	const struct record_name *name = name_of(table);

	replica_want_table(replica, table);
	if (!name || !name->column)
		return;
	if (name->owner) {
		const struct table_schema *owner =
			schema_table(replica_schema(replica), name->owner);

		if (!owner)
			return;
		replica_want(replica, owner, name->column);
		replica_want(replica, owner, name->reference);
	} else {
		replica_want(replica, table, name->column);
	}
}

/* Keeps the one record that was found; a second one is an error. */
static int keep_one(struct record **found, struct record *record, const char *table,
		    const char *name, struct err *err)
{
	if (*found && *found != record)
		return err_set(err, EINVAL, "table %s has several records '%s': use the UUID",
			       table, name);
	*found = record;
	return 0;
}

static bool has_name(const struct record *record, const struct column_schema *column,
		     const char *name)
{
	const struct datum *datum = record_get(record, column);
	own(mem_free) char *text = value_print(&column->type, datum, VALUE_BARE);

	return datum->n && !strcmp(text, name);
}

/* By the table's own column. */
static int find_by_name(struct replica *replica, const struct table_schema *table,
			const struct column_schema *column, const char *name, struct record **found,
			struct err *err)
{
	int ret = 0;

	record_for_each (replica, table, record)
		if (!ret && has_name(record, column, name))
			ret = keep_one(found, record, table->name, name, err);
	return ret;
}

/* By the owner's name and its reference. */
static int find_by_owner(struct replica *replica, const struct table_schema *table,
			 const struct record_name *how, const char *name, struct record **found,
			 struct err *err)
{
	const struct table_schema *owner = schema_table(replica_schema(replica), how->owner);
	const struct column_schema *reference;
	struct record *holder = NULL;
	int ret;

	if (!owner)
		return 0;
	ret = find_by_name(replica, owner, table_column(owner, how->column), name, &holder, err);
	if (ret || !holder)
		return ret;
	reference = table_column(owner, how->reference);
	for (unsigned i = 0; i < record_get(holder, reference)->n && !ret; i++) {
		struct record *record = record_reference(holder, reference, i);

		if (record)
			ret = keep_one(found, record, table->name, name, err);
	}
	return ret;
}

static int find_by_prefix(struct replica *replica, const struct table_schema *table,
			  const char *name, struct record **found, struct err *err)
{
	size_t len = strlen(name);
	int ret = 0;

	if (len < UUID_PREFIX_MIN || strspn(name, "0123456789abcdefABCDEF-") != len)
		return 0;
	record_for_each (replica, table, record) {
		char text[UUID_LEN + 1];

		uuid_print(&record->uuid, text);
		if (!ret && !strncasecmp(text, name, len))
			ret = keep_one(found, record, table->name, name, err);
	}
	return ret;
}

static int find_by_dot(struct replica *replica, const struct table_schema *table, const char *name,
		       struct record **found, struct err *err)
{
	int ret = 0;

	record_for_each (replica, table, record)
		if (!ret)
			ret = keep_one(found, record, table->name, name, err);
	return ret;
}

int lookup_record(struct replica *replica, const struct table_schema *table, const char *name,
		  struct ids *ids, struct record **out, struct err *err)
{
	const struct record_name *how = name_of(table);
	struct record *found = NULL;
	struct uuid uuid;
	int ret = 0;

	if (*name == '@')
		found = record_lookup(replica, table, &id_use(ids, name)->uuid);
	else if (!uuid_parse(name, strlen(name), &uuid))
		found = record_lookup(replica, table, &uuid);
	if (!found && how && how->owner)
		ret = find_by_owner(replica, table, how, name, &found, err);
	else if (!found && how && how->column)
		ret = find_by_name(replica, table, table_column(table, how->column), name, &found,
				   err);
	else if (!found && how && !strcmp(name, "."))
		ret = find_by_dot(replica, table, name, &found, err);
	if (!found && !ret)
		ret = find_by_prefix(replica, table, name, &found, err);
	if (ret)
		return ret;
	if (!found && !strcmp(name, ".") && !(how && !how->owner && !how->column))
		return err_set(err, ENOENT,
			       "'.' is for tables that have only one record, such as Open_vSwitch: "
			       "name one of table %s",
			       table->name);
	if (!found)
		return err_set(err, ENOENT, "table %s has no record '%s'", table->name, name);
	*out = found;
	return 0;
}
