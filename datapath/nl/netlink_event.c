/* What happens to flows and standing orders of all bridges, told to a multicast group.
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
#include "nl/netlink_server.h"
#include "flow/flow_netlink.h"
#include "flow/netlink_order.h"
#include "switch/flows.h"
#include "switch/order.h"
#include "switch/vswitch.h"

struct watch {
	struct cds_list_head node;
	struct flow_watcher flows;
	struct order_watcher orders;
	struct netlink *netlink;
	struct bridge *bridge;
	bool is_there; /* while bridges are looked through */
};

static void tell(struct netlink *netlink)
{
	const struct sockaddr_nl to = {.nl_family = AF_NETLINK,
				       .nl_groups = 1 << (SHUNT_NL_GROUP_EVENT - 1)};

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

static void write_flow(struct netlink *netlink, const char *bridge, const struct flow_event *event,
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

/* There is something to tell. */
static void tell_soon(struct netlink *netlink)
{
	const struct timeval now = {0};

	if (netlink->events.len >= DATAGRAM_SIZE)
		tell(netlink);
	if (!event_pending(netlink->tell_events, EV_TIMEOUT, NULL))
		event_add(netlink->tell_events, &now);
}

static void flow_seen(struct flow_watcher *watcher, struct bridge *bridge,
		      const struct flow_event *event)
{
	struct watch *watch = (struct watch *)((char *)watcher - offsetof(struct watch, flows));
	struct netlink *netlink = watch->netlink;

	write_flow(netlink, bridge_name(bridge), event, true);
	if (netlink->events.is_full) {
		tell(netlink);
		write_flow(netlink, bridge_name(bridge), event, true);
	}
	if (netlink->events.is_full) { /* longer than all that can be sent */
		tell(netlink);
		write_flow(netlink, bridge_name(bridge), event, false);
	}
	tell_soon(netlink);
}

/* It fits: tell_soon() leaves room for the longest. */
static void order_seen(struct order_watcher *watcher, struct bridge *bridge, enum order_event event,
		       const struct order_row *row)
{
	struct watch *watch = (struct watch *)((char *)watcher - offsetof(struct watch, orders));
	const uint8_t command = event == ORDER_ADDED ? SHUNT_NL_NEW : SHUNT_NL_DEL;
	const struct order_netlink order = netlink_order_of(bridge, row);
	struct attr_writer *w = &watch->netlink->events;
	size_t begin =
		message_begin(w, order.is_mirror ? SHUNT_NL_MIRROR : SHUNT_NL_DROP, command, 0);

	order_netlink_write(w, &order, ORDER_NETLINK_ROW);
	message_end(w, begin, watch->netlink, NULL);
	tell_soon(watch->netlink);
}

/* Of how many events it is quicker to tell nobody than to ask whether anybody listens. */
#define ASK_FROM 64

/* What the kernel tells of the netlink sockets in this network namespace: a line each. */
#define SOCKETS "/proc/self/net/netlink"

static bool is_listener(const char *line)
{
	unsigned protocol, groups;

	return sscanf(line, "%*s %u %*s %x", &protocol, &groups) == 2 &&
	       protocol == NETLINK_USERSOCK && groups & 1 << (SHUNT_NL_GROUP_EVENT - 1);
}

static bool is_heard(void)
{
	FILE *file = fopen(SOCKETS, "re");
	bool is_heard = false;
	char line[256];

	if (!file)
		return true;
	while (!is_heard && fgets(line, sizeof(line), file))
		is_heard = is_listener(line);
	fclose(file);
	return is_heard;
}

static bool flows_wanted(struct flow_watcher *watcher, size_t n_events, size_t n_removed)
{
	return n_events < ASK_FROM || is_heard();
}

static bool orders_wanted(struct order_watcher *watcher)
{
	return is_heard();
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

static void unwatch(struct bridge *bridge, struct watch *watch)
{
	bridge_flow_unwatch(bridge, &watch->flows);
	bridge_order_unwatch(bridge, &watch->orders);
}

static int see_bridge(struct bridge *bridge, void *ctx)
{
	struct netlink *netlink = ctx;
	struct watch *watch = watch_of(netlink, bridge);

	if (!watch) {
		watch = calloc(1, sizeof(*watch));
		if (!watch)
			return -ENOMEM;
		watch->flows = (struct flow_watcher){.seen = flow_seen, .wants = flows_wanted};
		watch->orders = (struct order_watcher){.seen = order_seen, .wants = orders_wanted};
		watch->netlink = netlink;
		watch->bridge = bridge;
		cds_list_add_tail(&watch->node, &netlink->watches);
	}
	watch->is_there = true;
	/* it may be another one in the same place */
	unwatch(bridge, watch);
	bridge_flow_watch(bridge, &watch->flows);
	bridge_order_watch(bridge, &watch->orders);
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

static int unwatch_bridge(struct bridge *bridge, void *ctx)
{
	struct watch *watch = watch_of(ctx, bridge);

	if (watch)
		unwatch(bridge, watch);
	return 0;
}

void netlink_events_fini(struct netlink *netlink)
{
	struct watch *watch, *next;

	vswitch_for_each_bridge(netlink->sw, unwatch_bridge, netlink);
	cds_list_for_each_entry_safe (watch, next, &netlink->watches, node)
		watch_free(watch);
	if (netlink->tell_events)
		event_free(netlink->tell_events);
	free(netlink->events.at);
}
