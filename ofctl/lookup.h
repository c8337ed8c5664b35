#pragma once
/* Tables, columns and records by what people call them. Names of tables and columns may be short
 * for just one, in either case, with - for _. A record is named by its UUID (or the first four and
 * more digits of it), by its name, by @NAME, or by the name of the bridge or port it belongs to. */
#include <stdbool.h>

struct column_schema;
struct err;
struct ids;
struct record;
struct replica;
struct schema;
struct table_schema;

/* -EINVAL: none or several of that name. */
int lookup_table(const struct schema *schema, const char *name, const struct table_schema **out,
		 struct err *err);
int lookup_column(const struct table_schema *table, const char *name,
		  const struct column_schema **out, struct err *err);

/* Asks the replica for the columns that lookup_record() reads. */
void lookup_prepare(struct replica *replica, const struct table_schema *table);
/* -ENOENT: there is none. -EINVAL: the name fits several. */
int lookup_record(struct replica *replica, const struct table_schema *table, const char *name,
		  struct ids *ids, struct record **out, struct err *err);

/* The column that names a table's records; NULL if they have no names. */
const struct column_schema *lookup_name_column(const struct table_schema *table);
