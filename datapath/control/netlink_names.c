/* NAMES: what a bridge's ports and tables are called, so that a tool can read and write names. */
#include <errno.h>

#include "control/netlink_peer.h"
#include "control/netlink_server.h"
#include "flow/flow_text.h"
#include "flow/port_text.h"
#include "switch/flows.h"
#include "switch/vswitch.h"

static const struct attr_policy policy[] = {
	[SHUNT_NL_TOKEN] = {"SHUNT_NL_TOKEN", SHUNT_NL_TOKEN_SIZE, ATTR_FIXED, false},
	[SHUNT_NL_BRIDGE] = {"SHUNT_NL_BRIDGE", 64, ATTR_STRING, false},
};

static const struct attr_table table = ATTR_TABLE(policy);

struct list {
	struct netlink_request *request;
	struct attr_writer w;
};

static void add(struct list *list, const char *name, unsigned type, uint32_t number)
{
	struct attr_writer *w = &list->w;
	size_t begin = message_begin(w, SHUNT_NL_NAMES, SHUNT_NL_NEW, NLM_F_MULTI);

	attr_put_string(w, SHUNT_NAMES_NAME, name);
	if (type == SHUNT_NAMES_PORT)
		attr_put_u32(w, type, number);
	else
		attr_put_u8(w, type, (uint8_t)number);
	message_end(w, begin, list->request->netlink, list->request);
}

static int add_port(struct bridge_port *port, void *ctx)
{
	struct bridge_port_status status;

	bridge_port_status(port, &status);
	if (status.ofport)
		add(ctx, bridge_port_name(port), SHUNT_NAMES_PORT,
		    status.ofport >= OFPORT_MAX ? status.ofport | 0xffff0000u : status.ofport);
	return 0;
}

static void add_tables(struct list *list, struct bridge *bridge)
{
	const struct flow_names names = bridge_flow_names(bridge);

	for (unsigned i = 0; names.table_name && i < FLOW_TABLE_ANY; i++) {
		const char *name = names.table_name(names.ctx, (uint8_t)i);

		if (name)
			add(list, name, SHUNT_NAMES_TABLE, i);
	}
}

int netlink_names(struct netlink_request *request)
{
	const struct nlattr *there[sizeof(policy) / sizeof(policy[0])];
	struct list list = {request, message_writer(request->netlink)};
	struct bridge *bridge;
	int rc = attr_parse(request->attrs, &table, there, &request->fault);

	if (rc)
		return rc;
	if (!there[SHUNT_NL_BRIDGE])
		return request_refuse(request, EINVAL, "SHUNT_NL_BRIDGE is missing");
	bridge = request_bridge(request, attr_data(there[SHUNT_NL_BRIDGE]));
	if (!bridge)
		return -ENOENT;
	bridge_for_each_port(bridge, add_port, &list);
	add_tables(&list, bridge);
	message_done(&list.w, request->port, request->head->nlmsg_seq, 0, 0);
	if (list.w.is_full)
		return request_refuse(request, EMSGSIZE, "more names than fit into a message");
	peer_send(request->netlink, request->port, list.w.at, list.w.len);
	return NETLINK_ANSWERED;
}
