/* monitor, monitor_cancel (RFC 7047 section 4.1.5), monitor_cond, monitor_cond_since and
 * monitor_cond_change (ovsdb-server(7)). */
#include <errno.h>
#include <json-c/json.h>

#include "base/json.h"
#include "db/monitor.h"
#include "db/session.h"

static struct monitor *find_monitor(const struct db_session *session, struct json_object *id)
{
	struct monitor *monitor;

	cds_list_for_each_entry (monitor, &session->monitors, session_node)
		if (json_object_equal(monitor->id, id))
			return monitor;
	return NULL;
}

static void monitor_send(void *context, struct json_object *message)
{
	struct db_session *session = context;

	session->send(session->context, message);
}

static void drop(struct monitor *monitor)
{
	struct db_session *session = monitor->context;

	cds_list_del(&monitor->session_node);
	session->n_monitors--;
	session_unkeep(session, monitor_size(monitor));
	monitor_free(&monitor);
}

/* What a client that comes back knows: the id in the fourth parameter. */
static int read_since(struct session_call *call, struct uuid *since)
{
	struct json_object *id = call_param(call, 3);

	if (json_object_is_type(id, json_type_string) &&
	    !uuid_parse(json_object_get_string(id), (size_t)json_object_get_string_len(id), since))
		return 0;
	return db_error_set(&call->error, ERROR_SYNTAX,
			    "%s: the fourth parameter must be the id of a transaction, a UUID",
			    call->method);
}

static int start(struct session_call *call, enum monitor_version version, size_t n_params)
{
	struct db_session *session = call->session;
	struct database *db = call_database(call);
	struct monitor *monitor;
	struct uuid since;
	size_t n;

	if (!db)
		return -EINVAL;
	/* ovsdb-server takes no notice of more in the one of RFC 7047. */
	n = json_object_array_length(call->params);
	if (n < n_params || (n > n_params && version != MONITOR_RFC))
		return db_error_set(&call->error, ERROR_SYNTAX, "%s: %zu parameters are due",
				    call->method, n_params);
	if (version == MONITOR_SINCE && read_since(call, &since))
		return -EINVAL;
	if (find_monitor(session, call_param(call, 1)))
		return db_error_set(&call->error, ERROR_SYNTAX,
				    "%s: this client has a monitor of that id already",
				    call->method);
	if (session->n_monitors == SESSION_MONITORS_MAX)
		return db_error_set(&call->error, ERROR_RESOURCES,
				    "this client has %u monitors already", session->n_monitors);
	if (monitor_new(&monitor, db, version, call_param(call, 1), call_param(call, 2),
			&call->error))
		return -EINVAL;
	if (session_keep(session, monitor_size(monitor), &call->error)) {
		monitor_free(&monitor);
		return -EINVAL;
	}
	monitor->send = monitor_send;
	monitor->context = session;
	session->n_monitors++;
	cds_list_add_tail(&monitor->session_node, &session->monitors);
	call->result = monitor_initial(monitor, version == MONITOR_SINCE ? &since : NULL);
	return 0;
}

int method_monitor(struct session_call *call)
{
	return start(call, MONITOR_RFC, 3);
}

int method_monitor_cond(struct session_call *call)
{
	return start(call, MONITOR_COND, 3);
}

int method_monitor_cond_since(struct session_call *call)
{
	return start(call, MONITOR_SINCE, 4);
}

/* Both what the monitor keeps and what it shall keep must have room for a moment. */
static int change(struct session_call *call, struct monitor *monitor)
{
	struct json_object *id = call_param(call, 1), *requests = call_param(call, 2);
	size_t size = monitor_size(monitor), more = json_cost(id) + json_cost(requests);
	int r = session_keep(call->session, more, &call->error);

	if (r)
		return r;
	r = monitor_change(monitor, id, requests, &call->error);
	session_unkeep(call->session, size + more - monitor_size(monitor));
	return r;
}

int method_monitor_cond_change(struct session_call *call)
{
	struct monitor *monitor, *other;

	if (json_object_array_length(call->params) != 3)
		return db_error_set(&call->error, ERROR_SYNTAX,
				    "monitor_cond_change: 3 parameters are due");
	monitor = find_monitor(call->session, call_param(call, 0));
	if (!monitor || monitor->version == MONITOR_RFC)
		return db_error_set(&call->error, ERROR_SYNTAX,
				    "this client has no conditional monitor of that id");
	other = find_monitor(call->session, call_param(call, 1));
	if (other && other != monitor)
		return db_error_set(&call->error, ERROR_SYNTAX,
				    "this client has a monitor of the new id already");
	if (change(call, monitor))
		return -EINVAL;
	call->result = json_object_new_object();
	return 0;
}

int method_monitor_cancel(struct session_call *call)
{
	struct monitor *monitor = find_monitor(call->session, call_param(call, 0));
	const char *error = json_object_array_length(call->params) != 1 ? ERROR_PARAMETERS
			    : !monitor                                  ? ERROR_UNKNOWN_MONITOR
									: NULL;

	if (error) { /* the whole error, says RFC 7047 section 4.1.7 */
		session_fail(call->session, call->id, json_object_new_string(error));
		return SESSION_ANSWERED;
	}
	drop(monitor);
	call->result = json_object_new_object();
	return 0;
}

void session_end_monitors(struct db_session *session, const struct database *db)
{
	struct monitor *monitor, *next;

	cds_list_for_each_entry_safe (monitor, next, &session->monitors, session_node) {
		struct json_object *params;

		if (monitor->db != db)
			continue;
		params = json_object_new_array_ext(1);
		json_object_array_add(params, json_object_get(monitor->id));
		drop(monitor);
		if (session->is_change_aware)
			session_notify(session, "monitor_canceled", params);
		else
			json_object_put(params);
	}
}

void session_drop_monitors(struct db_session *session)
{
	struct monitor *monitor, *next;

	cds_list_for_each_entry_safe (monitor, next, &session->monitors, session_node)
		drop(monitor);
}
