#include "config/publish.h"

#include <assert.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/own.h"
#include "config/replica.h"

struct target {
	char uuid[UUID_LEN + 1];
	const char *table;
	struct json_object *written; /* columns as the database has them */
	struct json_object *pending; /* columns that differ, or are on their way; or NULL */
	bool is_named;               /* by this pass */
	bool is_written;             /* all that was set */
	UT_hash_handle hh;
};

struct publish {
	/* fixed after create */
	struct replica *replica;
	void (*done)(void *ctx, const char *error);
	void *ctx;
	/* control thread */
	struct target *targets; /* uthash by uuid */
	bool is_busy;
};

int publish_new(struct publish **out, struct replica *replica,
		void (*done)(void *ctx, const char *error), void *ctx)
{
	struct publish *publish = calloc(1, sizeof(*publish));

	if (!publish)
		return -ENOMEM;
	*publish = (struct publish){.replica = replica, .done = done, .ctx = ctx};
	*out = publish;
	return 0;
}

static void target_drop(struct publish *publish, struct target *target)
{
	HASH_DEL(publish->targets, target);
	json_object_put(target->written);
	json_object_put(target->pending);
	free(target);
}

void publish_forget(struct publish *publish)
{
	struct target *target, *next;

	HASH_ITER (hh, publish->targets, target, next)
		target_drop(publish, target);
}

void publish_free(struct publish **publish)
{
	if (!*publish)
		return;
	assert(!(*publish)->is_busy);
	publish_forget(*publish);
	mem_free(publish);
}

bool publish_is_busy(const struct publish *publish)
{
	return publish->is_busy;
}

void publish_begin(struct publish *publish)
{
	assert(!publish->is_busy);
	for (struct target *target = publish->targets; target; target = target->hh.next)
		target->is_named = false;
}

static struct target *target_get(struct publish *publish, const char *table, const char *uuid)
{
	struct target *target;

	HASH_FIND_STR(publish->targets, uuid, target);
	if (target)
		return target;
	target = calloc(1, sizeof(*target));
	if (!target)
		return NULL;
	snprintf(target->uuid, sizeof(target->uuid), "%s", uuid);
	target->table = table;
	target->written = json_object_new_object();
	HASH_ADD_STR(publish->targets, uuid, target);
	return target;
}

void publish_set(struct publish *publish, const char *table, const char *uuid, const char *column,
		 struct json_object *value)
{
	struct target *target = target_get(publish, table, uuid);
	struct json_object *written = NULL;

	/* What an older schema has no place for, nobody reads. */
	if (!target || !replica_has(publish->replica, table, column)) {
		json_object_put(value);
		return;
	}
	target->is_named = true;
	if (json_object_object_get_ex(target->written, column, &written) &&
	    json_object_equal(written, value)) {
		json_object_put(value);
		return;
	}
	if (!target->pending)
		target->pending = json_object_new_object();
	target->is_written = false;
	json_object_object_add(target->pending, column, value);
}

bool publish_is_overwritten(struct publish *publish, const char *uuid, const char *column)
{
	struct target *target;

	HASH_FIND_STR(publish->targets, uuid, target);
	if (!target)
		return false;
	/* Ours, or somebody's that ours is about to replace: it is answered after this. */
	if (target->pending && json_object_object_get_ex(target->pending, column, NULL))
		return false;
	if (!json_object_object_get_ex(target->written, column, NULL))
		return false;
	json_object_object_del(target->written, column);
	target->is_written = false;
	return true;
}

bool publish_keep(struct publish *publish, const char *uuid)
{
	struct target *target;

	HASH_FIND_STR(publish->targets, uuid, target);
	if (!target || !target->is_written)
		return false;
	target->is_named = true;
	return true;
}

/* {"op": "update", "table": T, "where": [["_uuid", "==", ["uuid", U]]], "row": {...}} */
static struct json_object *update_operation(const struct target *target)
{
	struct json_object *operation = json_object_new_object();
	struct json_object *where = json_object_new_array();
	struct json_object *condition = json_object_new_array();

	json_object_array_add(condition, json_object_new_string("_uuid"));
	json_object_array_add(condition, json_object_new_string("=="));
	json_object_array_add(condition, value_uuid(target->uuid));
	json_object_array_add(where, condition);
	json_object_object_add(operation, "op", json_object_new_string("update"));
	json_object_object_add(operation, "table", json_object_new_string(target->table));
	json_object_object_add(operation, "where", where);
	json_object_object_add(operation, "row", json_object_get(target->pending));
	return operation;
}

static void pending_settle(struct target *target, bool is_written)
{
	if (is_written) {
		json_object_object_foreach(target->pending, column, value)
		{
			json_object_object_add(target->written, column, json_object_get(value));
		}
	}
	json_object_put(target->pending);
	target->pending = NULL;
	target->is_written = is_written;
}

static void transact_done(void *ctx, const char *error)
{
	struct publish *publish = ctx;

	publish->is_busy = false;
	for (struct target *target = publish->targets; target; target = target->hh.next) {
		if (target->pending)
			pending_settle(target, !error);
	}
	publish->done(publish->ctx, error);
}

int publish_send(struct publish *publish)
{
	own(json_free) struct json_object *operations = json_object_new_array();
	struct target *target, *next;
	int rc = 0;

	HASH_ITER (hh, publish->targets, target, next) {
		if (!target->is_named)
			target_drop(publish, target);
		else if (target->pending)
			json_object_array_add(operations, update_operation(target));
	}
	if (!json_object_array_length(operations))
		return 0;
	publish->is_busy = true;
	rc = replica_transact(publish->replica, operations, transact_done, publish);
	if (!rc)
		return 1;
	publish->is_busy = false;
	for (target = publish->targets; target; target = target->hh.next)
		if (target->pending)
			pending_settle(target, false);
	return rc;
}
