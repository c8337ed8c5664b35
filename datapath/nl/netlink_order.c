/* DROP and MIRROR: standing orders. */
#include <errno.h>
#include <linux/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/own.h"
#include "nl/netlink_peer.h"
#include "nl/netlink_server.h"
#include "flow/netlink_order.h"
#include "switch/order.h"
#include "switch/vswitch.h"

static bool is_mirror(const struct netlink_request *request)
{
	return request->head->nlmsg_type == SHUNT_NL_MIRROR;
}

struct order_netlink netlink_order_of(struct bridge *bridge, const struct order_row *row)
{
	return (struct order_netlink){
		.is_mirror = row->kind == ORDER_MIRROR,
		.bridge = bridge_name(bridge),
		.name = row->name,
		.match = *row->match,
		.port = row->port,
		.vlan = row->vlan,
		.number = row->number,
		.n_packets = row->n_packets,
		.n_bytes = row->n_bytes,
		.age = row->age,
		.left = row->left,
	};
}

/* ---- one of them ---- */

struct wanted {
	struct netlink_request *request;
	struct bridge *bridge;
	const char *name;
};

static int answer_row(const struct order_row *row, void *ctx)
{
	const struct wanted *wanted = ctx;
	struct netlink *netlink = wanted->request->netlink;
	struct attr_writer w = message_writer(netlink);
	const uint16_t type = row->kind == ORDER_MIRROR ? SHUNT_NL_MIRROR : SHUNT_NL_DROP;
	const struct order_netlink order = netlink_order_of(wanted->bridge, row);
	size_t begin;

	if (strcmp(row->name, wanted->name))
		return 0;
	begin = message_begin(&w, type, SHUNT_NL_NEW, 0);
	order_netlink_write(&w, &order, ORDER_NETLINK_ROW);
	message_end(&w, begin, netlink, wanted->request);
	peer_send(netlink, wanted->request->port, w.at, w.len);
	return NETLINK_ANSWERED;
}

static int answer_order(struct netlink_request *request, struct bridge *bridge, const char *name)
{
	struct wanted wanted = {request, bridge, name};

	if (bridge_orders_for_each(bridge, answer_row, &wanted))
		return NETLINK_ANSWERED;
	return request_refuse(request, ENOENT, "bridge %s has no order named %.40s",
			      bridge_name(bridge), name);
}

/* ---- changes ---- */

int netlink_order_new(struct netlink_request *request)
{
	struct order_config config = {.kind = is_mirror(request) ? ORDER_MIRROR : ORDER_DROP};
	struct order_netlink order;
	struct bridge *bridge;
	const char *name;
	int rc = order_netlink_read(request->attrs, is_mirror(request), ORDER_NETLINK_ADD, &order,
				    &request->fault);

	if (rc)
		return rc;
	bridge = request_bridge(request, order.bridge);
	if (!bridge)
		return -ENOENT;
	config.name = order.name;
	config.match = order.match;
	config.vlan = order.vlan;
	config.lifetime = order.seconds * CLOCK_NS_PER_SEC;
	if (order.port)
		rc = order_port_find(bridge, order.port, &config.port, &request->err);
	if (!rc)
		rc = bridge_order_add(bridge, &config, &name, &request->err);
	if (rc || !(request->head->nlmsg_flags & NLM_F_ECHO))
		return rc;
	return answer_order(request, bridge, name);
}

int netlink_order_del(struct netlink_request *request)
{
	struct attr_bytes rest = request->attrs;
	const char *names[ORDERS_MAX];
	struct order_netlink order;
	struct bridge *bridge;
	size_t n = 0;
	int rc = order_netlink_read(request->attrs, is_mirror(request), ORDER_NETLINK_NAME, &order,
				    &request->fault);

	if (rc)
		return rc;
	bridge = request_bridge(request, order.bridge);
	if (!bridge)
		return -ENOENT;
	while ((order.name = order_netlink_next_name(&rest))) {
		if (n == ORDERS_MAX)
			return request_refuse(request, E2BIG, "a bridge has %d orders at most",
					      ORDERS_MAX);
		names[n++] = order.name;
	}
	return bridge_orders_del(bridge, names, n, &request->err);
}

/* ---- reading ---- */

/* What a dump keeps between its datagrams: bridges by name, orders by number. */
struct dump {
	struct netlink_source source;
	struct netlink *netlink;
	uint32_t port, seq;
	bool is_mirror;
	char (*bridges)[IFNAMSIZ];
	unsigned n_bridges, next_bridge;
	struct bridge *bridge; /* while it is told of */
	uint32_t last;         /* number of the last that was told of this bridge */
	struct attr_writer *w; /* while it is filled */
};

static void dump_free(struct netlink_source *source)
{
	struct dump *dump = (struct dump *)source;

	free(dump->bridges);
	free(dump);
}

/* 1: the datagram is full. */
static int dump_row(const struct order_row *row, void *ctx)
{
	struct dump *dump = ctx;
	struct attr_writer *w = dump->w;
	const struct order_netlink order = netlink_order_of(dump->bridge, row);
	const size_t begin = w->len;
	struct nlmsghdr *head;

	if (row->number <= dump->last || order.is_mirror != dump->is_mirror)
		return 0;
	message_begin(w, dump->is_mirror ? SHUNT_NL_MIRROR : SHUNT_NL_DROP, SHUNT_NL_NEW,
		      NLM_F_MULTI);
	order_netlink_write(w, &order, ORDER_NETLINK_ROW);
	message_end(w, begin, dump->netlink, NULL);
	if (begin && w->len > DATAGRAM_SIZE) {
		w->len = begin;
		return 1;
	}
	head = (void *)(w->at + begin);
	head->nlmsg_pid = dump->port;
	head->nlmsg_seq = dump->seq;
	dump->last = row->number;
	return w->len > DATAGRAM_SIZE;
}

static int dump_fill(struct netlink_source *source, struct attr_writer *w)
{
	struct dump *dump = (struct dump *)source;

	dump->w = w;
	for (; dump->next_bridge < dump->n_bridges; dump->next_bridge++, dump->last = 0) {
		dump->bridge = bridge_lookup(dump->netlink->sw, dump->bridges[dump->next_bridge]);
		if (dump->bridge && bridge_orders_for_each(dump->bridge, dump_row, dump))
			return 1;
	}
	message_done(w, dump->port, dump->seq, 0, 0);
	return 0;
}

static int add_bridge(struct bridge *bridge, void *ctx)
{
	struct dump *dump = ctx;
	void *more = realloc(dump->bridges, (dump->n_bridges + 1) * sizeof(dump->bridges[0]));

	if (!more)
		return -ENOMEM;
	dump->bridges = more;
	snprintf(dump->bridges[dump->n_bridges++], IFNAMSIZ, "%s", bridge_name(bridge));
	return 0;
}

static int dump_begin(struct netlink_request *request, struct bridge *bridge)
{
	struct dump *dump = calloc(1, sizeof(*dump));
	int rc;

	if (!dump)
		return -ENOMEM;
	dump->source = (struct netlink_source){dump_fill, dump_free};
	dump->netlink = request->netlink;
	dump->port = request->port;
	dump->seq = request->head->nlmsg_seq;
	dump->is_mirror = is_mirror(request);
	rc = bridge ? add_bridge(bridge, dump)
		    : vswitch_for_each_bridge(request->netlink->sw, add_bridge, dump);
	if (!rc)
		rc = peer_stream(request->netlink, request->port, &dump->source);
	if (!rc)
		return NETLINK_ANSWERED;
	dump_free(&dump->source);
	return rc == -EBUSY ? request_refuse(request, EBUSY, "a dump is under way already") : rc;
}

int netlink_order_get(struct netlink_request *request)
{
	const bool is_dump = request->head->nlmsg_flags & NLM_F_DUMP;
	struct bridge *bridge = NULL;
	struct order_netlink order;
	int rc = order_netlink_read(request->attrs, is_mirror(request),
				    is_dump ? ORDER_NETLINK_ALL : ORDER_NETLINK_NAME, &order,
				    &request->fault);

	if (rc)
		return rc;
	if (order.bridge) {
		bridge = request_bridge(request, order.bridge);
		if (!bridge)
			return -ENOENT;
	}
	return is_dump ? dump_begin(request, bridge) : answer_order(request, bridge, order.name);
}
