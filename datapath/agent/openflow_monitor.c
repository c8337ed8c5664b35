/* Flow monitors: a session is told of flows that come, go and change. What it changes itself it hears of in short, by
 * the number of the message, unless it asks for more.
 *
 * A session that leaves too much unread is told PAUSED, and from then on only of flows that go and that it knows. When it
 * has read all, it is told what has come and changed meanwhile, and RESUMED (OpenFlow 1.4.1 section 7.3.5.18). */
#include <stdlib.h>
#include <urcu/list.h>

#include "base/clock.h"
#include "base/own.h"
#include "agent/openflow_handler.h"
#include "agent/openflow_parts.h"
#include "stream/stream.h"
#include "flow/port_text.h"
#include "openflow/monitor.h"

#define MONITORS_MAX  1024
#define PAUSE_BACKLOG ((size_t)128 << 10)

struct monitor {
	struct cds_list_head node; /* session's */
	struct of_monitor is;
};

static struct monitor *lookup(struct openflow_session *session, uint32_t id)
{
	struct monitor *monitor;

	cds_list_for_each_entry (monitor, &session->monitors, node)
		if (monitor->is.id == id)
			return monitor;
	return NULL;
}

static void monitor_free(struct openflow_session *session, struct monitor *monitor)
{
	cds_list_del(&monitor->node);
	session->n_monitors--;
	free(monitor);
}

void openflow_monitors_free(struct openflow_session *session)
{
	struct monitor *monitor, *next;

	cds_list_for_each_entry_safe (monitor, next, &session->monitors, node)
		monitor_free(session, monitor);
}

/* ---- what is told ---- */

/* A flow may have more actions than a message has room for: it is told without them. */
static void put(struct wire_writer *w, uint8_t version, const struct of_update *update)
{
	struct flow_mod bare = *update->flow;
	struct of_update shorter = *update;
	size_t entry = w->len;

	of_update_write(w, version, update);
	if (w->is_lost || w->len - entry <= OPENFLOW_ENTRY_MAX)
		return;
	w->len = entry;
	bare.actions = (struct ofactions){0};
	shorter.flow = &bare;
	of_update_write(w, version, &shorter);
}

static void tell(struct openflow_session *session, const struct of_update *update)
{
	own(wire_fini) struct wire_writer w = {.at = NULL};
	size_t start =
		of_message_begin(&w, of_update_message(session->version), session->version, 0);

	if (update)
		put(&w, session->version, update);
	else
		of_update_abbrev_write(&w, session->version, session->handling->xid);
	of_message_end(&w, start);
	openflow_session_tell(session, &w);
}

static bool wants(const struct openflow_session *session, const struct monitor *monitor,
		  const struct flow_event *event)
{
	static const uint16_t flags[] = {
		[FLOW_ADDED] = OF_MONITOR_ADD,
		[FLOW_MODIFIED] = OF_MONITOR_MODIFY,
		[FLOW_REMOVED] = OF_MONITOR_REMOVED,
	};

	return monitor->is.flags & flags[event->type] &&
	       (session->handling || !(monitor->is.flags & OF_MONITOR_ONLY_OWN)) &&
	       flow_mod_covers(&monitor->is.filter, event->row.flow);
}

/* One message may make many changes, and is told of once: the number of the last one is kept. */
static void tell_in_short(struct openflow_session *session)
{
	if (session->is_abbreviated)
		return;
	session->is_abbreviated = true;
	tell(session, NULL);
}

static void see(struct openflow_session *session, const struct flow_event *event)
{
	static const uint8_t events[] = {
		[FLOW_ADDED] = OF_UPDATE_ADDED,
		[FLOW_MODIFIED] = OF_UPDATE_MODIFIED,
		[FLOW_REMOVED] = OF_UPDATE_REMOVED,
	};
	struct of_update update = {
		.event = events[event->type],
		.reason = event->type == FLOW_REMOVED ? (uint8_t)event->reason : 0,
		.flow = event->row.flow,
	};
	bool is_wanted = false, is_short = session->handling;
	struct monitor *monitor;

	cds_list_for_each_entry (monitor, &session->monitors, node) {
		if (!wants(session, monitor, event))
			continue;
		is_wanted = true;
		update.has_actions |= monitor->is.flags & OF_MONITOR_ACTIONS;
		is_short &= !(monitor->is.flags & OF_MONITOR_OWN);
	}
	if (is_wanted && is_short)
		tell_in_short(session);
	else if (is_wanted)
		tell(session, &update);
}

/* ---- pauses ---- */

static uint64_t now(void)
{
	static const struct clock clock = {.is_manual = false};

	return clock_now(&clock);
}

static void say_pause(struct openflow_session *session, bool is_paused)
{
	own(wire_fini) struct wire_writer w = {.at = NULL};

	session->is_paused = is_paused;
	of_update_pause_write(&w, session->version, is_paused);
	openflow_session_tell(session, &w);
}

/* It will hear what is there when it goes on. What is no more it hears now: it may know of the flow, or of one that
 * this one took the place of. */
static bool is_put_off(const struct openflow_session *session, const struct flow_event *event)
{
	return session->is_paused && event->type != FLOW_REMOVED;
}

/* In whole seconds, a change may be told that was made just before the pause: it says what holds. */
static int tell_missed(const struct flow_row *row, void *ctx)
{
	struct openflow_session *session = ctx;
	const uint64_t pause = now() - session->paused_at;
	const bool is_new = row->stats.duration <= pause;
	struct flow_event event = {.type = is_new ? FLOW_ADDED : FLOW_MODIFIED, .row = *row};

	if (is_new || (uint64_t)row->stats.hard_age * CLOCK_NS_PER_SEC <= pause)
		see(session, &event);
	return 0;
}

void openflow_monitors_resume(struct openflow_session *session)
{
	static const struct flow_mod all = {
		.command = FLOW_DELETE,
		.table = FLOW_TABLE_ANY,
		.out_port = OFPORT_NONE,
		.out_group = FLOW_GROUP_ANY,
	};

	if (!session->is_paused)
		return;
	session->is_resuming = true;
	if (bridge_flows_for_each(session->bridge, &all, tell_missed, session))
		stream_cut(session->stream, "out of memory");
	else
		say_pause(session, false);
	session->is_resuming = false;
}

void openflow_monitors_see(struct openflow_session *session, const struct flow_event *event)
{
	if (is_put_off(session, event))
		return;
	see(session, event);
	if (session->n_monitors && !session->is_paused && !session->handling &&
	    stream_backlog(session->stream) > PAUSE_BACKLOG) {
		session->paused_at = event->at; /* the rest of this change is put off, too */
		say_pause(session, true);
	}
}

/* ---- requests ---- */

struct listing {
	struct openflow_parts parts;
	const struct of_monitor *monitor;
};

static int add_flow(const struct flow_row *row, void *ctx)
{
	struct listing *listing = ctx;
	struct wire_writer *w = &listing->parts.session->reply;
	size_t entry = w->len;

	put(w, listing->parts.request->version,
	    &(struct of_update){
		    .event = OF_UPDATE_INITIAL,
		    .has_actions = listing->monitor->flags & OF_MONITOR_ACTIONS,
		    .flow = row->flow,
	    });
	openflow_parts_added(&listing->parts, entry);
	return 0;
}

static enum of_error make(struct openflow_session *session, const struct of_monitor *wanted)
{
	struct monitor *monitor = lookup(session, wanted->id);

	if (wanted->command == OF_MONITOR_NEW ? monitor != NULL : monitor == NULL)
		return monitor ? OF_MOFC_MONITOR_EXISTS : OF_MOFC_UNKNOWN_MONITOR;
	if (wanted->command == OF_MONITOR_DELETE) {
		monitor_free(session, monitor);
		return OF_OK;
	}
	if (!monitor) {
		monitor = session->n_monitors < MONITORS_MAX ? calloc(1, sizeof(*monitor)) : NULL;
		if (!monitor)
			return OF_BRC_EPERM;
		cds_list_add_tail(&monitor->node, &session->monitors);
		session->n_monitors++;
	}
	monitor->is = *wanted;
	return OF_OK;
}

/* What is made by the first `n` of a request that failed goes again. */
static void unmake(struct openflow_session *session, const struct of_message *message, unsigned n)
{
	struct wire_bytes rest = message->body;

	for (struct of_monitor wanted; n && !of_monitor_read(message, &rest, &wanted); n--) {
		struct monitor *monitor = lookup(session, wanted.id);

		if (monitor && wanted.command == OF_MONITOR_NEW)
			monitor_free(session, monitor);
	}
}

static enum of_error make_all(struct openflow_session *session, const struct of_message *message)
{
	struct wire_bytes rest = message->body;
	enum of_error error = OF_OK;
	unsigned n = 0;

	while (!error && rest.len) {
		struct of_monitor wanted;

		error = of_monitor_read(message, &rest, &wanted);
		if (!error)
			error = make(session, &wanted);
		n += !error;
	}
	if (error)
		unmake(session, message, n);
	return error;
}

enum of_error handle_monitor(struct openflow_session *session, const struct of_message *message)
{
	struct wire_bytes rest = message->body;
	struct listing listing;
	struct of_monitor wanted;
	enum of_error error = make_all(session, message);

	if (error)
		return error;
	openflow_parts_begin(&listing.parts, session, message, message->form->id + 1);
	listing.monitor = &wanted;
	while (rest.len && !of_monitor_read(message, &rest, &wanted))
		if (wanted.command != OF_MONITOR_DELETE && wanted.flags & OF_MONITOR_INITIAL &&
		    bridge_flows_for_each(session->bridge, &wanted.filter, add_flow, &listing))
			session->reply.is_lost = true;
	openflow_parts_end(&listing.parts);
	return OF_OK;
}

enum of_error handle_monitor_cancel(struct openflow_session *session,
				    const struct of_message *message)
{
	struct monitor *monitor = lookup(session, wire_get32(message->body.at));

	if (!monitor)
		return OF_MOFC_UNKNOWN_MONITOR;
	monitor_free(session, monitor);
	return OF_OK;
}
