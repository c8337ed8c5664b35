#pragma once
/* The inside of a database, for the files of this room. */
#include <stddef.h>
#include <urcu/list.h>

#include "db/history.h"

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
