/* What a controller may do, and what it is told without having asked: roles, asynchronous messages, removed flows and
 * changed ports. */
#include <stddef.h>
#include <string.h>

#include "base/own.h"
#include "agent/openflow_handler.h"
#include "stream/stream.h"
#include "openflow/flow.h"
#include "openflow/group.h"
#include "openflow/meter.h"
#include "openflow/port.h"
#include "openflow/role.h"
#include "switch/flows.h"

enum forward_reason { FORWARD_GROUP_MOD, FORWARD_METER_MOD };

/* Who only came to ask (a service, like ovs-ofctl) is told nothing until it says how much of packets it wants. */
bool openflow_session_wants(const struct openflow_session *session, enum of_async_type type,
			    unsigned reason)
{
	bool is_slave = session->role == OF_ROLE_SLAVE;

	return session->version && (!session->options.is_service || session->miss_send_len) &&
	       session->async.reasons[type][is_slave] >> reason & 1;
}

void openflow_session_tell(struct openflow_session *session, const struct wire_writer *w)
{
	enum { BACKLOG_MAX = 32 << 20 };

	if (w->is_lost || !stream_is_open(session->stream))
		return;
	openflow_session_send(session, w->at, w->len);
	if (!session->is_resuming && stream_backlog(session->stream) > BACKLOG_MAX)
		stream_cut(session->stream, "it does not read what it is told");
}

/* ---- roles ---- */

static void role_set(struct openflow_session *session, uint32_t role)
{
	session->role = (uint8_t)role;
	if (role == OF_ROLE_SLAVE)
		openflow_table_features_refuse(session, OF_BRC_IS_SLAVE);
}

/* There is one master: who was it is a slave now, and told so if its version can. */
static void masters_demote(struct openflow_session *session)
{
	struct openflow_peers *peers = session->options.peers;
	struct openflow_session *other;

	cds_list_for_each_entry (other, &peers->sessions, node) {
		own(wire_fini) struct wire_writer w = {.at = NULL};

		if (other == session || other->role != OF_ROLE_MASTER)
			continue;
		if (other->version >= OF14 &&
		    openflow_session_wants(other, OF_ASYNC_ROLE_STATUS, 0)) {
			of_role_status_write(&w, other->version, OF_ROLE_SLAVE, peers->generation);
			openflow_session_tell(other, &w);
		}
		role_set(other, OF_ROLE_SLAVE);
	}
}

enum of_error handle_role(struct openflow_session *session, const struct of_message *message)
{
	struct openflow_peers *peers = session->options.peers;
	struct of_role_request request;

	of_role_read(message, &request);
	if (request.role > OF_ROLE_SLAVE)
		return OF_RRFC_BAD_ROLE;
	if (request.role >= OF_ROLE_MASTER && request.has_generation) {
		/* a distance on a circle: what is "older" may have a higher number */
		if (peers->has_generation && (int64_t)(request.generation - peers->generation) < 0)
			return OF_RRFC_STALE;
		peers->has_generation = true;
		peers->generation = request.generation;
	}
	if (request.role == OF_ROLE_MASTER)
		masters_demote(session);
	if (request.role != OF_ROLE_NOCHANGE)
		role_set(session, request.role);
	of_role_reply_write(&session->reply, message, session->role,
			    peers->has_generation ? peers->generation : UINT64_MAX);
	return OF_OK;
}

/* ---- what is told ---- */

enum of_error handle_get_async(struct openflow_session *session, const struct of_message *message)
{
	of_async_write(&session->reply, message, &session->async);
	return OF_OK;
}

enum of_error handle_set_async(struct openflow_session *session, const struct of_message *message)
{
	enum { DEFAULT_MISS_SEND_LEN = 128 };
	enum of_error error = of_async_read(message, &session->async);

	/* who asks to be told is told, a service, too */
	if (!error && !session->miss_send_len) {
		session->miss_send_len = DEFAULT_MISS_SEND_LEN;
		openflow_session_changed(session);
	}
	return error;
}

/* Reasons that a version does not have are what comes next to them: deleted. */
static uint8_t removed_reason(uint8_t version, enum flow_removed_reason reason)
{
	bool is_known = version >= OF14 || reason <= FLOW_REMOVED_DELETE ||
			(version >= OF11 && reason == FLOW_REMOVED_GROUP);

	return is_known ? (uint8_t)reason : FLOW_REMOVED_DELETE;
}

static struct openflow_session *session_of(struct flow_watcher *watcher)
{
	return (struct openflow_session *)((char *)watcher -
					   offsetof(struct openflow_session, flows));
}

bool openflow_flow_wants(struct flow_watcher *watcher, size_t n_events, size_t n_removed)
{
	const struct openflow_session *session = session_of(watcher);

	return n_removed || session->n_monitors || session->options.peers->n_vacancies;
}

void openflow_flow_seen(struct flow_watcher *watcher, struct bridge *bridge,
			const struct flow_event *event)
{
	struct openflow_session *session = session_of(watcher);
	own(wire_fini) struct wire_writer w = {.at = NULL};
	uint8_t reason = removed_reason(session->version, event->reason);

	openflow_monitors_see(session, event);
	openflow_vacancy_look(session, event->row.flow->table);
	if (event->type != FLOW_REMOVED || !(event->row.flow->flags & FLOW_SEND_FLOW_REM) ||
	    !openflow_session_wants(session, OF_ASYNC_FLOW_REMOVED, reason))
		return;
	of_flow_removed_write(&w, session->version, session->is_nxm, reason, event->row.flow,
			      &event->row.stats);
	openflow_session_tell(session, &w);
}

/* What was changed: one of the two. */
struct forward {
	const struct group_mod *group;
	const struct meter_mod *meter;
};

static bool wants_forward(const struct openflow_session *other, const struct forward *forward)
{
	return other->version >= OF14 &&
	       openflow_session_wants(other, OF_ASYNC_REQUESTFORWARD,
				      forward->group ? FORWARD_GROUP_MOD : FORWARD_METER_MOD);
}

/* In the words of each. What has no room in the message is not told. */
static void forward_to_all(struct openflow_session *session, const struct forward *forward)
{
	const uint32_t xid = session->handling ? session->handling->xid : 0;
	struct openflow_session *other;

	cds_list_for_each_entry (other, &session->options.peers->sessions, node) {
		own(wire_fini) struct wire_writer w = {.at = NULL};
		size_t start;

		if (other == session || !wants_forward(other, forward))
			continue;
		start = of_message_begin(&w, OFM_REQUESTFORWARD, other->version, 0);
		if (forward->group)
			of_group_mod_write(&w, other->version, xid, forward->group);
		else
			of_meter_mod_write(&w, other->version, xid, forward->meter);
		if (w.len - start > OF_MESSAGE_MAX)
			continue;
		of_message_end(&w, start);
		openflow_session_tell(other, &w);
	}
}

void openflow_forward_group(struct openflow_session *session, const struct group_mod *mod)
{
	forward_to_all(session, &(struct forward){.group = mod});
}

void openflow_forward_meter(struct openflow_session *session, const struct meter_mod *mod)
{
	forward_to_all(session, &(struct forward){.meter = mod});
}

void openflow_port_status(struct openflow_session *session, const struct of_port *port,
			  enum of_port_reason reason)
{
	own(wire_fini) struct wire_writer w = {.at = NULL};

	if (!openflow_session_wants(session, OF_ASYNC_PORT_STATUS, reason))
		return;
	of_port_status_write(&w, session->version, port, reason);
	openflow_session_tell(session, &w);
}
