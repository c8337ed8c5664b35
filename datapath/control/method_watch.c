/* flow-watch: tells a client of changes to flows, by notifications "flow-news".
 *
 * A client that does not read is not told of everything: beyond WAITING_MAX bytes changes are only counted,
 * and when it has read what waited it is told how many those were.
 */
#include <errno.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "control/caller.h"
#include "control/method.h"
#include "flow/port_text.h"
#include "switch/flows.h"
#include "switch/vswitch.h"

#define WAITING_MAX ((size_t)4 << 20)

struct watch {
	struct caller_hold hold;
	/* fixed after create */
	struct flow_watcher watcher;
	struct caller *caller;
	struct vswitch *sw;
	struct bridge *bridge; /* may be gone: see bridge_of() */
	char bridge_name[32];
	struct flow_mod filter;
	bool has_names;
	/* control thread */
	struct event *later; /* is it time to tell of n_lost? */
	uint64_t n_lost;
};

static const struct timeval later = {.tv_usec = 100000};

/* The bridge that is watched; NULL: it was deleted. */
static struct bridge *bridge_of(const struct watch *watch)
{
	struct bridge *bridge = bridge_lookup(watch->sw, watch->bridge_name);

	return bridge == watch->bridge ? bridge : NULL;
}

static void watch_free(struct caller_hold *hold)
{
	struct watch *watch = (struct watch *)hold;
	struct bridge *bridge = bridge_of(watch);

	if (bridge)
		bridge_flow_unwatch(bridge, &watch->watcher);
	if (watch->later)
		event_free(watch->later);
	flow_mod_fini(&watch->filter);
	free(watch);
}

static const char *event_name(enum flow_event_type type)
{
	static const char *const names[] = {
		[FLOW_ADDED] = "ADDED",
		[FLOW_MODIFIED] = "MODIFIED",
		[FLOW_REMOVED] = "DELETED",
	};

	return names[type];
}

static const char *reason_name(enum flow_removed_reason reason)
{
	static const char *const names[] = {
		[FLOW_REMOVED_IDLE] = "idle",     [FLOW_REMOVED_HARD] = "hard",
		[FLOW_REMOVED_DELETE] = "delete", [FLOW_REMOVED_GROUP] = "group",
		[FLOW_REMOVED_METER] = "meter",   [FLOW_REMOVED_EVICTION] = "eviction",
	};

	return names[reason];
}

static void tell(struct watch *watch, struct json_object *news)
{
	result_string(news, "bridge", watch->bridge_name);
	if (watch->n_lost)
		result_integer(news, "lost", watch->n_lost);
	watch->n_lost = 0;
	caller_notify(watch->caller, "flow-news", news);
}

static void later_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct watch *watch = ctx;

	if (!watch->n_lost)
		return;
	if (caller_n_waiting(watch->caller) < WAITING_MAX / 2)
		tell(watch, json_object_new_object());
	else
		event_add(watch->later, &later);
}

static void seen(struct flow_watcher *watcher, struct bridge *bridge,
		 const struct flow_event *event)
{
	struct watch *watch = (struct watch *)((char *)watcher - offsetof(struct watch, watcher));
	const struct flow_names names = bridge_flow_names(bridge);
	const bool is_gone = event->type == FLOW_REMOVED;
	own(print_fini) struct print text = {0};
	struct json_object *news;

	if (!flow_mod_covers(&watch->filter, event->row.flow))
		return;
	if (caller_n_waiting(watch->caller) > WAITING_MAX) {
		watch->n_lost++;
		event_add(watch->later, &later);
		return;
	}
	flow_print(&text, event->row.flow, is_gone ? &event->row.stats : NULL,
		   watch->has_names ? &names : NULL);
	news = json_object_new_object();
	result_string(news, "event", event_name(event->type));
	if (is_gone)
		result_string(news, "reason", reason_name(event->reason));
	result_string(news, "flow", print_text(&text));
	tell(watch, news);
}

int method_flow_watch(struct method_context *context, struct json_object *params,
		      struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	struct watch *watch;
	int rc;

	if (!bridge)
		return -ENOENT;
	rc = caller_may_watch(context->caller, watch_free, "flows", err);
	if (rc)
		return rc;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return err_set(err, ENOMEM, "out of memory");
	watch->hold.free = watch_free;
	watch->watcher.seen = seen;
	watch->caller = context->caller;
	watch->sw = context->sw;
	snprintf(watch->bridge_name, sizeof(watch->bridge_name), "%s", bridge_name(bridge));
	watch->has_names = param_boolean(params, "names");
	watch->later = evtimer_new(context->base, later_cb, watch);
	rc = watch->later ? param_filter(bridge, params, &watch->filter, err)
			  : err_set(err, ENOMEM, "out of memory");
	if (rc) {
		watch_free(&watch->hold);
		return rc;
	}
	watch->bridge = bridge;
	bridge_flow_watch(bridge, &watch->watcher);
	caller_keep(context->caller, &watch->hold);
	return 0;
}
