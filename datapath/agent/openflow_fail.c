#include "agent/openflow_fail.h"

#include <event2/event.h>

#include "base/log.h"
#include "agent/openflow_session.h"
#include "switch/flows.h"
#include "switch/vswitch.h"

static void stand_in(struct openflow_fail *fail, bool stands_in)
{
	if (bridge_stands_in(fail->bridge) == stands_in)
		return;
	if (bridge_stand_in(fail->bridge, stands_in)) {
		log_error("openflow", "bridge %s: out of memory: its fail_mode does nothing",
			  bridge_name(fail->bridge));
		return;
	}
	if (stands_in)
		log_info("openflow",
			 "bridge %s: no controller for %.1f s: NORMAL stands in for its flows",
			 bridge_name(fail->bridge), fail->patience_ms / 1000.0);
	else
		log_info("openflow", "bridge %s: its flows hold again", bridge_name(fail->bridge));
}

static void timer_cb(evutil_socket_t fd, short what, void *ctx)
{
	stand_in(ctx, true);
}

static void timer_start(struct openflow_fail *fail)
{
	const struct timeval wait = {.tv_sec = fail->patience_ms / 1000,
				     .tv_usec = fail->patience_ms % 1000 * 1000};

	if (!fail->timer)
		fail->timer = evtimer_new(fail->base, timer_cb, fail);
	if (!fail->timer || (!evtimer_pending(fail->timer, NULL) && event_add(fail->timer, &wait)))
		log_error("openflow", "bridge %s: out of memory: its fail_mode does nothing",
			  bridge_name(fail->bridge));
}

/* A controller that answers for the flows, and whose version is agreed upon. */
static bool has_controller(const struct openflow_peers *peers)
{
	const struct openflow_session *session;

	cds_list_for_each_entry (session, &peers->sessions, node)
		if (session->version && !session->options.is_service)
			return true;
	return false;
}

/* Until OpenFlow 1.2 what no flow matches goes to the controllers; of services, to those who listen. */
static bool wants_misses(const struct openflow_peers *peers)
{
	const struct openflow_session *session;

	cds_list_for_each_entry (session, &peers->sessions, node)
		if (session->version && session->version < OF13 && !session->controller_id &&
		    (!session->options.is_service || session->miss_send_len))
			return true;
	return false;
}

void openflow_fail_look(struct openflow_fail *fail)
{
	bool may_fail = fail->is_controlled && fail->is_standalone && !has_controller(fail->peers);

	if (bridge_miss_set(fail->bridge,
			    wants_misses(fail->peers) ? TABLE_MISS_CONTROLLER : TABLE_MISS_DROP))
		log_error("openflow", "bridge %s: out of memory: its misses are as they were",
			  bridge_name(fail->bridge));
	if (may_fail && !bridge_stands_in(fail->bridge)) {
		timer_start(fail);
		return;
	}
	if (fail->timer)
		evtimer_del(fail->timer);
	if (!may_fail)
		stand_in(fail, false);
}

void openflow_fail_fini(struct openflow_fail *fail)
{
	if (fail->timer)
		event_free(fail->timer);
	fail->timer = NULL;
}
