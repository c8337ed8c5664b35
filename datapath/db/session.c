#include "db/session.h"

#include <errno.h>
#include <json-c/json.h>

#include "base/own.h"
#include "db/alloc.h"
#include "db/database.h"

int db_session_new(struct db_session **out, struct db_server *server, db_send_fn *send,
		   db_end_fn *end, void *context)
{
	struct db_session *session = alloc(1, sizeof(*session));

	session->server = server;
	session->send = send;
	session->end = end;
	session->context = context;
	CDS_INIT_LIST_HEAD(&session->monitors);
	CDS_INIT_LIST_HEAD(&session->pending);
	CDS_INIT_LIST_HEAD(&session->claims);
	cds_list_add_tail(&session->node, &server->sessions);
	*out = session;
	return 0;
}

void db_session_free(struct db_session **session)
{
	if (!*session)
		return;
	session_cancel_all(*session);
	session_drop_monitors(*session);
	session_drop_locks(*session);
	cds_list_del(&(*session)->node);
	mem_free(session);
}

int session_keep(struct db_session *session, size_t size, struct db_error *error)
{
	if (size > SESSION_KEPT_MAX - session->n_kept)
		return db_error_set(error, ERROR_RESOURCES,
				    "this client's monitors, locks and waiting transactions would "
				    "take more than %zu bytes",
				    SESSION_KEPT_MAX);
	if (size > SERVER_KEPT_MAX - session->server->n_kept)
		return db_error_set(error, ERROR_RESOURCES,
				    "the monitors, locks and waiting transactions of all clients "
				    "would take more than %zu bytes",
				    SERVER_KEPT_MAX);
	session->n_kept += size;
	session->server->n_kept += size;
	return 0;
}

void session_unkeep(struct db_session *session, size_t size)
{
	session->n_kept -= size;
	session->server->n_kept -= size;
}

static void send_and_put(struct db_session *session, struct json_object *message)
{
	session->send(session->context, message);
	json_object_put(message);
}

static void reply(struct db_session *session, struct json_object *id, struct json_object *result,
		  struct json_object *error)
{
	struct json_object *message;

	if (!id) {
		json_object_put(result);
		json_object_put(error);
		return;
	}
	message = json_object_new_object();
	json_object_object_add(message, "id", json_object_get(id));
	json_object_object_add(message, "result", result);
	json_object_object_add(message, "error", error);
	send_and_put(session, message);
}

void session_reply(struct db_session *session, struct json_object *id, struct json_object *result)
{
	reply(session, id, result, NULL);
}

void session_fail(struct db_session *session, struct json_object *id, struct json_object *error)
{
	reply(session, id, NULL, error);
}

void session_notify(struct db_session *session, const char *method, struct json_object *params)
{
	struct json_object *message = json_object_new_object();

	json_object_object_add(message, "id", NULL);
	json_object_object_add(message, "method", json_object_new_string(method));
	json_object_object_add(message, "params", params);
	send_and_put(session, message);
}

struct json_object *call_param(const struct session_call *call, size_t index)
{
	return json_object_array_get_idx(call->params, index);
}

struct database *call_database(struct session_call *call)
{
	struct json_object *name = call_param(call, 0);
	struct database *db;

	if (!json_object_is_type(name, json_type_string)) {
		db_error_set(&call->error, ERROR_SYNTAX,
			     "%s: the first parameter must be the name of a database",
			     call->method);
		return NULL;
	}
	db = db_server_lookup(call->session->server, json_object_get_string(name));
	if (!db && call->session->server->where)
		db_error_set(&call->error, ERROR_UNKNOWN_DATABASE,
			     "there is no database \"%s\" here: this switch %s %s, which ovs-vsctl "
			     "--db changes",
			     json_object_get_string(name),
			     call->session->server->is_awaited ? "waits for the database server at"
							       : "follows the one at",
			     call->session->server->where);
	else if (!db)
		db_error_set(&call->error, ERROR_UNKNOWN_DATABASE,
			     "there is no database \"%s\": list_dbs tells which there are",
			     json_object_get_string(name));
	return db;
}

static int method_list_dbs(struct session_call *call)
{
	const struct served_database *served;

	call->result = json_object_new_array();
	cds_list_for_each_entry (served, &call->session->server->databases, node)
		json_object_array_add(call->result,
				      json_object_new_string(database_name(served->db)));
	return 0;
}

static int method_get_schema(struct session_call *call)
{
	const struct database *db = call_database(call);

	if (!db)
		return -EINVAL;
	call->result = json_object_get(database_schema(db));
	return 0;
}

static int method_get_server_id(struct session_call *call)
{
	char text[UUID_LEN + 1];

	uuid_print(&call->session->server->id, text);
	call->result = json_object_new_string(text);
	return 0;
}

static int method_echo(struct session_call *call)
{
	call->result = json_object_get(call->params);
	return 0;
}

static int method_set_db_change_aware(struct session_call *call)
{
	struct json_object *is_aware = call_param(call, 0);

	if (json_object_array_length(call->params) != 1 ||
	    !json_object_is_type(is_aware, json_type_boolean))
		return db_error_set(&call->error, ERROR_SYNTAX,
				    "set_db_change_aware: the parameter must be true or false");
	call->session->is_change_aware = json_object_get_boolean(is_aware);
	call->result = json_object_new_object();
	return 0;
}

static const struct method {
	const char *name;
	session_method_fn *run;
} methods[] = {
	{"transact", method_transact},
	{"cancel", method_cancel},
	{"monitor", method_monitor},
	{"monitor_cond", method_monitor_cond},
	{"monitor_cond_since", method_monitor_cond_since},
	{"monitor_cond_change", method_monitor_cond_change},
	{"monitor_cancel", method_monitor_cancel},
	{"lock", method_lock},
	{"steal", method_steal},
	{"unlock", method_unlock},
	{"list_dbs", method_list_dbs},
	{"convert", method_convert},
	{"get_schema", method_get_schema},
	{"get_server_id", method_get_server_id},
	{"echo", method_echo},
	{"set_db_change_aware", method_set_db_change_aware},
};

static const struct method *find_method(const char *name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (!strcmp(methods[i].name, name))
			return &methods[i];
	return NULL;
}

int db_session_request(struct db_session *session, struct json_object *request, uint64_t now)
{
	struct session_call call = {.session = session, .now = now};
	struct json_object *name;
	const struct method *method;
	int r;

	if (!json_object_is_type(request, json_type_object) ||
	    !json_object_object_get_ex(request, "method", &name) ||
	    !json_object_is_type(name, json_type_string) ||
	    !json_object_object_get_ex(request, "params", &call.params) ||
	    !json_object_is_type(call.params, json_type_array))
		return -EINVAL;
	json_object_object_get_ex(request, "id", &call.id);
	method = find_method(json_object_get_string(name));
	session->is_elsewhere |= !method;
	session->is_here |= method != NULL;
	if (!method)
		return -ENOSYS;
	/* Whose result nobody waits for, and who would be surprised by it: RFC 7047 has one notification. */
	if (!call.id && method->run != method_cancel)
		return 0;
	call.method = method->name;
	r = method->run(&call);
	if (!r)
		session_reply(session, call.id, call.result);
	else if (r < 0)
		session_fail(session, call.id, db_error_json(&call.error));
	return 0;
}
