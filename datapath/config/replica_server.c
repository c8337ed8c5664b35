#include "config/replica_server.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "stream/connection.h"

#define LOCK "ovs_vswitchd" /* what Open vSwitch's daemon takes, too */

/* Requests of this file have their method's name for an id; the monitor is called "monitor". */
static void ask(struct connection *conn, const char *method, const char *params)
{
	own(json_free) struct json_object *message = json_object_new_object();

	json_object_object_add(message, "id", json_object_new_string(method));
	json_object_object_add(message, "method", json_object_new_string(method));
	json_object_object_add(message, "params", json_tokener_parse(params));
	connection_send(conn, message);
}

void replica_server_ask(struct replica_server *server, struct connection *conn)
{
	server->state = SERVER_ASKED;
	server->row[0] = '\0';
	server->is_told = false;
	ask(conn, "set_db_change_aware", "[true]");
	ask(conn, "monitor",
	    "[\"_Server\",\"monitor\",{\"Database\":{\"columns\":"
	    "[\"name\",\"model\",\"connected\",\"leader\"]}}]");
}

const char *replica_server_unanswered(const struct replica_server *server)
{
	if (server->state == SERVER_ASKED)
		return "monitor of _Server";
	return server->state == SERVER_LOCKING && !server->is_told ? "lock" : NULL;
}

/* NULL: it is good. */
static const char *fault_of(struct json_object *row)
{
	if (!strcmp(json_text(row, "model"), "standalone"))
		return NULL;
	if (!json_object_get_boolean(json_object_object_get(row, "connected")))
		return "it is not connected to its cluster";
	if (!json_object_get_boolean(json_object_object_get(row, "leader")))
		return "it does not lead its cluster";
	return NULL;
}

static void lock(struct replica_server *server, struct connection *conn)
{
	if (server->state != SERVER_ASKED)
		return;
	server->state = SERVER_LOCKING;
	ask(conn, "lock", "[\"" LOCK "\"]");
}

/* What table Database has, or what has changed in it. */
static void look(struct replica_server *server, struct connection *conn, struct json_object *tables)
{
	struct json_object *rows = json_object_object_get(tables, "Database");
	const char *fault = server->row[0] ? NULL : "it does not have the database";
	bool is_seen = false;

	if (!json_object_is_type(rows, json_type_object)) {
		if (fault)
			connection_cut(conn, fault);
		return;
	}
	json_object_object_foreach(rows, uuid, update)
	{
		struct json_object *new = json_object_object_get(update, "new");

		if (new &&strcmp(json_text(new, "name"), server->database))
			continue;
		if (!new &&strcmp(uuid, server->row))
			continue;
		snprintf(server->row, sizeof(server->row), "%s", uuid);
		fault = new ? fault_of(new) : "it has the database no more";
		is_seen = true;
	}
	if (fault)
		connection_cut(conn, fault);
	else if (is_seen)
		lock(server, conn);
}

static void locked(struct replica_server *server)
{
	if (server->state != SERVER_LOCKING)
		return;
	server->state = SERVER_GOOD;
	if (server->is_told)
		log_info("replica", "the other switch is gone");
	server->good(server->ctx);
}

static void lock_reply(struct replica_server *server, struct json_object *result)
{
	if (json_object_get_boolean(json_object_object_get(result, "locked"))) {
		locked(server);
		return;
	}
	if (server->is_told)
		return;
	server->is_told = true;
	log_warn("replica", "another switch is driven by this database (lock " LOCK
			    "): waiting for it to end");
}

static void reply(struct replica_server *server, struct connection *conn, const char *id,
		  struct json_object *message)
{
	struct json_object *result = json_object_object_get(message, "result");
	bool is_good = json_object_is_type(result, json_type_object);

	if (!strcmp(id, "monitor")) {
		if (is_good)
			look(server, conn, result);
		else /* an old server, without a database about databases */
			lock(server, conn);
	} else if (!strcmp(id, "lock") && is_good) {
		lock_reply(server, result);
	}
}

bool replica_server_message(struct replica_server *server, struct connection *conn,
			    struct json_object *message)
{
	struct json_object *id = json_object_object_get(message, "id");
	struct json_object *params = json_object_object_get(message, "params");
	const char *method = json_object_get_string(json_object_object_get(message, "method"));
	struct json_object *first = json_object_is_type(params, json_type_array)
					    ? json_object_array_get_idx(params, 0)
					    : NULL;

	if (!method && json_object_is_type(id, json_type_string)) {
		reply(server, conn, json_object_get_string(id), message);
		return true;
	}
	if (!method || !json_object_is_type(first, json_type_string))
		return false;
	if (!strcmp(method, "update"))
		look(server, conn, json_object_array_get_idx(params, 1));
	else if (!strcmp(method, "locked"))
		locked(server);
	else if (!strcmp(method, "stolen"))
		connection_cut(conn, "another switch took its lock");
	else
		return false;
	return true;
}
