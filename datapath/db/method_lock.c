/* lock, steal and unlock (RFC 7047 sections 4.1.8 to 4.1.10). */
#include <errno.h>
#include <json-c/json.h>

#include "db/members.h"
#include "db/session.h"

static const char *lock_name(struct session_call *call)
{
	struct json_object *name = call_param(call, 0);

	if (json_object_array_length(call->params) == 1 &&
	    json_object_is_type(name, json_type_string) &&
	    is_identifier(json_object_get_string(name)))
		return json_object_get_string(name);
	db_error_set(&call->error, ERROR_SYNTAX,
		     "%s: the parameter must be the name of a lock, an identifier", call->method);
	return NULL;
}

static void notify(struct db_session *session, const char *method, const char *name)
{
	struct json_object *params = json_object_new_array_ext(1);

	json_object_array_add(params, json_object_new_string(name));
	session_notify(session, method, params);
}

static size_t claim_size(const char *name)
{
	return sizeof(struct lock_claim) + sizeof(struct lock) + strlen(name);
}

static int claim(struct session_call *call, bool is_stolen)
{
	struct db_session *session = call->session;
	const char *name = lock_name(call);
	struct db_session *owner;

	if (!name)
		return -EINVAL;
	if (lock_find(session, name))
		return db_error_set(&call->error, ERROR_SYNTAX,
				    "%s: this client must unlock %s before", call->method, name);
	if (session->n_claims == SESSION_LOCKS_MAX)
		return db_error_set(&call->error, ERROR_RESOURCES,
				    "this client has %u locks already", session->n_claims);
	if (session_keep(session, claim_size(name), &call->error))
		return -EINVAL;
	owner = lock_claim(&session->server->locks, session, name, is_stolen);
	if (owner && is_stolen)
		notify(owner, "stolen", name);
	call->result = json_object_new_object();
	json_object_object_add(call->result, "locked",
			       json_object_new_boolean(is_stolen || !owner));
	return 0;
}

int method_lock(struct session_call *call)
{
	return claim(call, false);
}

int method_steal(struct session_call *call)
{
	return claim(call, true);
}

static void release(struct lock_claim *old)
{
	struct db_session *session = old->session;
	char *name = strdup(old->lock->name);
	struct db_session *owner;

	session_unkeep(session, claim_size(old->lock->name));
	owner = lock_release(&session->server->locks, old);

	if (owner && name)
		notify(owner, "locked", name);
	free(name);
}

int method_unlock(struct session_call *call)
{
	const char *name = lock_name(call);
	struct lock_claim *old;

	if (!name)
		return -EINVAL;
	old = lock_find(call->session, name);
	if (!old)
		return db_error_set(&call->error, ERROR_SYNTAX,
				    "unlock: this client neither has nor wants lock %s", name);
	release(old);
	call->result = json_object_new_object();
	return 0;
}

void session_drop_locks(struct db_session *session)
{
	struct lock_claim *old, *next;

	cds_list_for_each_entry_safe (old, next, &session->claims, session_node)
		release(old);
}
