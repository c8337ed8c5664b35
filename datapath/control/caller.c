#include "control/caller.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "stream/connection.h"

#define WATCHES_MAX 64 /* of one kind */

struct caller {
	/* fixed after create */
	struct connection *conn;
	/* control thread */
	struct caller_hold *holds; /* newest first */
};

int caller_new(struct caller **out, struct connection *conn)
{
	struct caller *caller = calloc(1, sizeof(*caller));

	if (!caller)
		return -ENOMEM;
	caller->conn = conn;
	*out = caller;
	return 0;
}

void caller_let_go(struct caller *caller)
{
	while (caller->holds)
		caller_drop(caller, caller->holds);
}

void caller_free(struct caller **caller)
{
	if (!*caller)
		return;
	caller_let_go(*caller);
	mem_free(caller);
}

void caller_keep(struct caller *caller, struct caller_hold *hold)
{
	hold->next = caller->holds;
	caller->holds = hold;
}

struct caller_hold *caller_held(const struct caller *caller, caller_free_fn *kind)
{
	struct caller_hold *hold = caller->holds;

	while (hold && hold->free != kind)
		hold = hold->next;
	return hold;
}

int caller_may_watch(const struct caller *caller, caller_free_fn *kind, const char *what,
		     struct err *err)
{
	unsigned n = 0;

	if (!caller)
		return err_set(err, EINVAL, "only a client that stays can watch");
	for (const struct caller_hold *hold = caller->holds; hold; hold = hold->next)
		n += hold->free == kind;
	return n < WATCHES_MAX
		       ? 0
		       : err_set(err, ENOSPC, "this client watches %s %u times already", what, n);
}

void caller_drop(struct caller *caller, struct caller_hold *hold)
{
	struct caller_hold **at = &caller->holds;

	while (*at != hold)
		at = &(*at)->next;
	*at = hold->next;
	hold->free(hold);
}

void caller_notify(struct caller *caller, const char *method, struct json_object *params)
{
	own(json_free) struct json_object *message = json_object_new_object();
	struct json_object *array = json_object_new_array();

	json_object_array_add(array, params);
	json_object_object_add(message, "method", json_object_new_string(method));
	json_object_object_add(message, "params", array);
	json_object_object_add(message, "id", NULL);
	connection_send(caller->conn, message);
}

size_t caller_n_waiting(const struct caller *caller)
{
	return connection_n_buffered(caller->conn);
}
