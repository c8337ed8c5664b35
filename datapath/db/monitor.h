#pragma once
/* Monitors: a client's replica of some columns of some tables, kept up to date by notifications.
 *
 * Three dialects: "monitor" of RFC 7047 section 4.1.5, whose "update" says what a row was and is;
 * and of ovsdb-server(7) "monitor_cond", whose "update2" says the difference, and whose rows can be
 * chosen by a condition, and "monitor_cond_since", whose "update3" adds the id of the transaction.
 * A client that comes back and names the last id it heard of gets only what has changed since, if history.h
 * still knows.
 *
 * A monitor remembers nothing of the rows: whether the client has a row follows from the condition
 * and the row's columns before the transaction.
 */
#include <stdbool.h>
#include <urcu/list.h>

#include "db/condition.h"
#include "db/error.h"

struct database;
struct datum;
struct json_object;
struct table_schema;
struct transaction;
struct uuid;

enum monitor_version {
	MONITOR_RFC = 1, /* update */
	MONITOR_COND,    /* update2 */
	MONITOR_SINCE,   /* update3 */
};

/* What a client wants to hear of. */
enum monitor_event {
	MONITOR_INITIAL = 1 << 0,
	MONITOR_INSERT = 1 << 1,
	MONITOR_DELETE = 1 << 2,
	MONITOR_MODIFY = 1 << 3,
	MONITOR_ALL = 15,
};

struct monitor_column {
	unsigned index;  /* in the table */
	unsigned events; /* with which the column is sent */
};

struct monitor_table {
	const struct table_schema *schema;
	struct monitor_column *columns; /* NULL: the table is not monitored */
	unsigned n_columns;
	unsigned events;
	bool has_condition; /* else all rows */
	struct condition condition;
	size_t condition_size; /* bytes, about */
};

typedef void monitor_send_fn(void *context, struct json_object *message);

struct monitor {
	struct cds_list_head database_node;
	struct cds_list_head session_node; /* for the owner */
	struct database *db;
	enum monitor_version version;
	struct json_object *id;       /* the client's name for it */
	struct monitor_table *tables; /* in the order of the schema */
	monitor_send_fn *send;
	void *context;
};

/* Makes a monitor from <monitor-requests>; its owner then fills in send and context and initializes
 * session_node. Returns 0 or -EINVAL. */
int monitor_new(struct monitor **out, struct database *db, enum monitor_version version,
		struct json_object *id, struct json_object *requests, struct db_error *error);
void monitor_free(struct monitor **monitor);
/* About how many bytes it keeps. */
size_t monitor_size(const struct monitor *monitor);

/* The reply to the request: what there is now, or what has changed since `since` (NULL: nothing is known of
 * the client). The caller puts it. */
struct json_object *monitor_initial(const struct monitor *monitor, const struct uuid *since);
/* Gives the monitor a new name and new conditions, and sends what they change in the client's
 * replica. Returns 0 or -EINVAL, then nothing has changed. */
int monitor_change(struct monitor *monitor, struct json_object *id, struct json_object *requests,
		   struct db_error *error);
/* Sends to each monitor of the database what the transaction changed. */
void monitor_notify_all(const struct transaction *transaction);

/* Inside the module: what to tell of a row whose columns were `old` and are `new` (NULL: the client
 * has, or shall have, no such row). `appearance` is MONITOR_INITIAL or MONITOR_INSERT. Returns the
 * <row-update>, or NULL if there is nothing to tell. */
struct json_object *monitor_row_update(const struct monitor *monitor,
				       const struct monitor_table *table, struct datum *const *old,
				       struct datum *const *new, enum monitor_event appearance);
/* The same: the <table-updates> being made, table by table. */
void monitor_update_add(struct json_object **updates, struct datum *const *columns,
			const char *table, struct json_object *row_update);
