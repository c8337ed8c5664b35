/* What happens to flows of all bridges, told to a multicast group.
 *
 * What one turn of the loop sees goes out in few datagrams. The kernel drops what a listener has no room
 * for and tells it so (ENOBUFS when it reads): nobody waits for it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "control/netlink_server.h"
#include "flow/flow_netlink.h"
#include "switch/flows.h"
#include "switch/vswitch.h"

struct watch {
	struct cds_list_head node;
	struct flow_watcher watcher;
	struct netlink *netlink;
	struct bridge *bridge;
	bool is_there; /* while bridges are looked through */
};

static void tell(struct netlink *netlink)
{
	const struct sockaddr_nl to = {.nl_family = AF_NETLINK,
				       .nl_groups = 1 << (SHUNT_NL_GROUP_FLOW - 1)};

	/* always -ECONNREFUSED: the kernel sends it to port 0 as well, where nobody is */
	if (netlink->events.len)
		sendto(netlink->fd, netlink->events.at, netlink->events.len, MSG_DONTWAIT,
		       (const struct sockaddr *)&to, sizeof(to));
	netlink->events.len = 0;
	netlink->events.is_full = false;
}

static void tell_cb(evutil_socket_t fd, short what, void *ctx)
{
	tell(ctx);
}

static void write_event(struct netlink *netlink, const char *bridge, const struct flow_event *event,
			bool has_actions)
{
	static const uint8_t commands[] = {
		[FLOW_ADDED] = SHUNT_NL_NEW,
		[FLOW_MODIFIED] = SHUNT_NL_SET,
		[FLOW_REMOVED] = SHUNT_NL_DEL,
	};
	struct attr_writer *w = &netlink->events;
	bool is_gone = event->type == FLOW_REMOVED;
	struct flow_mod flow = *event->row.flow;
	size_t begin = message_begin(w, SHUNT_NL_FLOW, commands[event->type], 0);

	if (!has_actions)
		flow.actions = (struct ofactions){0};
	attr_put_string(w, SHUNT_NL_BRIDGE, bridge);
	if (is_gone)
		attr_put_u8(w, SHUNT_FLOW_REASON, (uint8_t)event->reason);
	if (!has_actions)
		attr_put_flag(w, SHUNT_FLOW_INCOMPLETE);
	flow_netlink_write(w, &flow, is_gone ? &event->row.stats : NULL);
	message_end(w, begin, netlink, NULL);
	if (w->is_full)
		w->len = begin;
}

static void seen(struct flow_watcher *watcher, struct bridge *bridge,
		 const struct flow_event *event)
{
	struct watch *watch = (struct watch *)((char *)watcher - offsetof(struct watch, watcher));
	struct netlink *netlink = watch->netlink;
	const struct timeval now = {0};

	write_event(netlink, bridge_name(bridge), event, true);
	if (netlink->events.is_full) {
		tell(netlink);
		write_event(netlink, bridge_name(bridge), event, true);
	}
	if (netlink->events.is_full) { /* longer than all that can be sent */
		tell(netlink);
		write_event(netlink, bridge_name(bridge), event, false);
	}
	if (netlink->events.len >= DATAGRAM_SIZE)
		tell(netlink);
	if (!event_pending(netlink->tell_events, EV_TIMEOUT, NULL))
		event_add(netlink->tell_events, &now);
}

/* Of how many events it is quicker to tell nobody than to ask whether anybody listens. */
#define ASK_FROM 64

/* What the kernel tells of the netlink sockets in this network namespace: a line each. */
#define SOCKETS "/proc/self/net/netlink"

static bool is_listener(const char *line)
{
	unsigned protocol, groups;

	return sscanf(line, "%*s %u %*s %x", &protocol, &groups) == 2 &&
	       protocol == NETLINK_USERSOCK && groups & 1 << (SHUNT_NL_GROUP_FLOW - 1);
}

static bool wants(struct flow_watcher *watcher, size_t n_events, size_t n_removed)
{
	bool is_heard = false;
	char line[256];
	FILE *file;

	if (n_events < ASK_FROM)
		return true;
	file = fopen(SOCKETS, "re");
	if (!file)
		return true;
	while (!is_heard && fgets(line, sizeof(line), file))
		is_heard = is_listener(line);
	fclose(file);
	return is_heard;
}

/* ---- which bridges there are ---- */

static struct watch *watch_of(struct netlink *netlink, const struct bridge *bridge)
{
	struct watch *watch;

	cds_list_for_each_entry (watch, &netlink->watches, node)
		if (watch->bridge == bridge)
			return watch;
	return NULL;
}

static int see_bridge(struct bridge *bridge, void *ctx)
{
	struct netlink *netlink = ctx;
	struct watch *watch = watch_of(netlink, bridge);

	if (!watch) {
		watch = calloc(1, sizeof(*watch));
		if (!watch)
			return -ENOMEM;
		watch->watcher.seen = seen;
		watch->watcher.wants = wants;
		watch->netlink = netlink;
		watch->bridge = bridge;
		cds_list_add_tail(&watch->node, &netlink->watches);
	}
	watch->is_there = true;
	/* it may be another one in the same place */
	bridge_flow_unwatch(bridge, &watch->watcher);
	bridge_flow_watch(bridge, &watch->watcher);
	return 0;
}

static void watch_free(struct watch *watch)
{
	cds_list_del(&watch->node);
	free(watch);
}

void netlink_bridges_changed(struct netlink *netlink)
{
	struct watch *watch, *next;

	if (!netlink)
		return;
	cds_list_for_each_entry (watch, &netlink->watches, node)
		watch->is_there = false;
	if (vswitch_for_each_bridge(netlink->sw, see_bridge, netlink))
		log_warn("netlink", "no memory to watch all bridges: some events are not told");
	cds_list_for_each_entry_safe (watch, next, &netlink->watches, node)
		if (!watch->is_there)
			watch_free(watch);
}

int netlink_events_init(struct netlink *netlink)
{
	netlink->events = (struct attr_writer){.at = malloc(FLOW_SIZE), .size = FLOW_SIZE};
	netlink->tell_events = evtimer_new(netlink->base, tell_cb, netlink);
	return netlink->events.at && netlink->tell_events ? 0 : -ENOMEM;
}

static int unwatch(struct bridge *bridge, void *ctx)
{
	struct watch *watch = watch_of(ctx, bridge);

	if (watch)
		bridge_flow_unwatch(bridge, &watch->watcher);
	return 0;
}

void netlink_events_fini(struct netlink *netlink)
{
	struct watch *watch, *next;

	vswitch_for_each_bridge(netlink->sw, unwatch, netlink);
	cds_list_for_each_entry_safe (watch, next, &netlink->watches, node)
		watch_free(watch);
	if (netlink->tell_events)
		event_free(netlink->tell_events);
	free(netlink->events.at);
}
