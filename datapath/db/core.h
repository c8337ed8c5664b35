#pragma once
/* The inside of a database, for the files of this room. */
#include <stddef.h>
#include <urcu/list.h>

#include "db/history.h"

struct db_error;
struct json_object;
struct schema;
struct storage;
struct table;
struct transaction;

struct database {
	struct schema *schema;         /* fixed after create */
	struct table **tables;         /* in the order of the schema */
	bool is_read_only;             /* for clients */
	struct storage *storage;       /* NULL: in memory only */
	struct cds_list_head monitors; /* struct monitor.database_node */
	struct history history;        /* of transactions */
	struct transaction *running;   /* one at a time, never across calls */
};

/* A database without a file, from a schema that is JSON already. Returns 0 or -EINVAL. */
int database_new_parsed(struct database **out, struct json_object *schema, struct db_error *error);
