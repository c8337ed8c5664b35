/* NAMES: what a bridge's ports and tables are called, so that a tool can read and write names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nl/netlink_peer.h"
#include "nl/netlink_server.h"
#include "flow/flow_text.h"
#include "flow/port_text.h"
#include "switch/flows.h"
#include "switch/vswitch.h"

#define NAME_MAX_LEN 64

static const struct attr_policy policy[] = {
	[SHUNT_NL_TOKEN] = {"SHUNT_NL_TOKEN", SHUNT_NL_TOKEN_SIZE, ATTR_FIXED, false},
	[SHUNT_NL_BRIDGE] = {"SHUNT_NL_BRIDGE", NAME_MAX_LEN, ATTR_STRING, false},
};

static const struct attr_table table = ATTR_TABLE(policy);

/* What is told in datagrams, as there is room; a port's place is its number. */
struct list {
	struct netlink_source source;
	struct netlink *netlink;
	uint32_t port, seq;
	char bridge[NAME_MAX_LEN + 1];
	unsigned next_port, next_table;
	struct attr_writer *w; /* while it is filled */
};

/* False: the datagram is full. */
static bool add(struct list *list, const char *name, unsigned type, uint32_t number)
{
	struct attr_writer *w = list->w;
	size_t begin = w->len;
	struct nlmsghdr *head = (void *)(w->at + begin);

	message_begin(w, SHUNT_NL_NAMES, SHUNT_NL_NEW, NLM_F_MULTI);
	attr_put_string(w, SHUNT_NAMES_NAME, name);
	if (type == SHUNT_NAMES_PORT)
		attr_put_u32(w, type, number);
	else
		attr_put_u8(w, type, (uint8_t)number);
	message_end(w, begin, list->netlink, NULL);
	if (w->len > DATAGRAM_SIZE) {
		w->len = begin;
		return false;
	}
	head->nlmsg_pid = list->port;
	head->nlmsg_seq = list->seq;
	return true;
}

static int add_port(struct bridge_port *port, void *ctx)
{
	struct bridge_port_status status;
	struct list *list = ctx;

	bridge_port_status(port, &status);
	if (!status.ofport || status.ofport < list->next_port)
		return 0;
	if (!add(list, bridge_port_name(port), SHUNT_NAMES_PORT, ofport_wide(status.ofport)))
		return 1;
	list->next_port = status.ofport + 1u;
	return 0;
}

/* False: the datagram is full. */
static bool add_tables(struct list *list, struct bridge *bridge)
{
	const struct flow_names names = bridge_flow_names(bridge);

	for (; names.table_name && list->next_table < FLOW_TABLE_ANY; list->next_table++) {
		const char *name = names.table_name(names.ctx, (uint8_t)list->next_table);

		if (name && !add(list, name, SHUNT_NAMES_TABLE, list->next_table))
			return false;
	}
	return true;
}

static int list_fill(struct netlink_source *source, struct attr_writer *w)
{
	struct list *list = (struct list *)source;
	struct bridge *bridge = bridge_lookup(list->netlink->sw, list->bridge);

	list->w = w;
	if (bridge && (bridge_for_each_port(bridge, add_port, list) || !add_tables(list, bridge)))
		return 1;
	message_done(w, list->port, list->seq, bridge ? 0 : -ENODEV, 0);
	return 0;
}

static void list_free(struct netlink_source *source)
{
	free(source);
}

static int begin(struct netlink_request *request, const char *bridge)
{
	struct list *list = calloc(1, sizeof(*list));
	int rc;

	if (!list)
		return -ENOMEM;
	list->source = (struct netlink_source){list_fill, list_free};
	list->netlink = request->netlink;
	list->port = request->port;
	list->seq = request->head->nlmsg_seq;
	strcpy(list->bridge, bridge);
	rc = peer_stream(request->netlink, request->port, &list->source);
	if (!rc)
		return NETLINK_ANSWERED;
	free(list);
	return rc == -EBUSY ? request_refuse(request, EBUSY, "a dump is under way already") : rc;
}

int netlink_names(struct netlink_request *request)
{
	const struct nlattr *there[sizeof(policy) / sizeof(policy[0])];
	int rc = attr_parse(request->attrs, &table, there, &request->fault);

	if (rc)
		return rc;
	if (!there[SHUNT_NL_BRIDGE])
		return request_refuse(request, EINVAL, "SHUNT_NL_BRIDGE is missing");
	if (!request_bridge(request, attr_data(there[SHUNT_NL_BRIDGE])))
		return -ENOENT;
	return begin(request, attr_data(there[SHUNT_NL_BRIDGE]));
}
