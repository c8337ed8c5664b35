/* convert (ovsdb-server(7) section 4.1.19): a database gets another schema, and its clients hear of it. */
#include <errno.h>
#include <json-c/json.h>

#include "base/log.h"
#include "db/convert.h"
#include "db/core.h"
#include "db/database.h"
#include "db/session.h"

/* Who does not say that it knows of such things is hung up on, and sees when it comes back. Who only drives the switch
 * is no client of the database. */
static void end_unaware(struct db_server *server)
{
	const struct db_session *session;

	cds_list_for_each_entry (session, &server->sessions, node)
		if (!session->is_change_aware && (session->is_here || !session->is_elsewhere))
			session->end(session->context);
}

/* NULL after an error in call->error. */
static struct database *database_to_convert(struct session_call *call)
{
	struct database *db = call_database(call);

	if (!db)
		return NULL;
	if (json_object_array_length(call->params) != 2)
		db_error_set(
			&call->error, ERROR_SYNTAX,
			"convert: two parameters are due, a database's name and its new schema");
	else if (db->is_read_only)
		db_error_set(&call->error, ERROR_NOT_ALLOWED,
			     "convert: database %s can only be read", database_name(db));
	else
		return db;
	return NULL;
}

int method_convert(struct session_call *call)
{
	struct db_server *server = call->session->server;
	struct database *db = database_to_convert(call);
	struct database *converted;
	struct db_session *session;

	if (!db || convert_prepare(&converted, db, call_param(call, 1), &call->error))
		return -EINVAL;
	cds_list_for_each_entry (session, &server->sessions, node)
		session_end_monitors(session, db);
	convert_finish(db, &converted);
	log_info("db", "%s: converted to version %s of its schema", database_name(db),
		 database_version(db));
	server_tell_schema(server, db);
	session_reply(call->session, call->id, json_object_new_object());
	cds_list_for_each_entry (session, &server->sessions, node)
		session_cancel_database(session, db);
	end_unaware(server);
	server_retry(server, call->now);
	return SESSION_ANSWERED;
}
