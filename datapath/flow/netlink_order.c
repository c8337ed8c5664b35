#include "flow/netlink_order.h"

#include <errno.h>

#include "base/err.h"
#include "flow/flow_netlink.h"
#include "flow/netlink_abi.h"

#define NAME_MAX_LEN 64
#define VLAN_MAX     4095

#define O(name, size, kind) [SHUNT_ORDER_##name] = {"SHUNT_ORDER_" #name, size, kind, false}

static const struct attr_policy policy[N_SHUNT_ORDER] = {
	[SHUNT_NL_TOKEN] = {"SHUNT_NL_TOKEN", SHUNT_NL_TOKEN_SIZE, ATTR_FIXED, false},
	[SHUNT_NL_BRIDGE] = {"SHUNT_NL_BRIDGE", NAME_MAX_LEN, ATTR_STRING, false},
	O(KEY, 0, ATTR_NESTED),
	O(MASK, 0, ATTR_NESTED),
	[SHUNT_ORDER_NAME] = {"SHUNT_ORDER_NAME", NAME_MAX_LEN, ATTR_STRING, true},
	O(PORT, NAME_MAX_LEN, ATTR_STRING),
	O(VLAN, 2, ATTR_FIXED),
	O(SECONDS, 4, ATTR_FIXED),
	O(NUMBER, 4, ATTR_FIXED),
	O(N_PACKETS, 8, ATTR_FIXED),
	O(N_BYTES, 8, ATTR_FIXED),
	O(AGE, 8, ATTR_FIXED),
	O(LEFT, 8, ATTR_FIXED),
};

static const struct attr_table table = ATTR_TABLE(policy);

enum {
	ADD = 1 << ORDER_NETLINK_ADD,
	NAME = 1 << ORDER_NETLINK_NAME,
	LIST = 1 << ORDER_NETLINK_ALL,
	ROW = 1 << ORDER_NETLINK_ROW,
};

/* Which uses take it. */
static const uint8_t uses[N_SHUNT_ORDER] = {
	[SHUNT_NL_TOKEN] = ADD | NAME | LIST,
	[SHUNT_NL_BRIDGE] = ADD | NAME | LIST | ROW,
	[SHUNT_ORDER_KEY] = ADD | ROW,
	[SHUNT_ORDER_MASK] = ADD | ROW,
	[SHUNT_ORDER_NAME] = ADD | NAME | ROW,
	[SHUNT_ORDER_PORT] = ADD | ROW,
	[SHUNT_ORDER_VLAN] = ADD | ROW,
	[SHUNT_ORDER_SECONDS] = ADD,
	[SHUNT_ORDER_NUMBER] = ROW,
	[SHUNT_ORDER_N_PACKETS] = ROW,
	[SHUNT_ORDER_N_BYTES] = ROW,
	[SHUNT_ORDER_AGE] = ROW,
	[SHUNT_ORDER_LEFT] = ROW,
};

/* ---- reading ---- */

static int check_known(const struct nlattr **there, enum order_netlink_use use,
		       struct attr_fault *fault)
{
	for (unsigned i = 0; i < N_SHUNT_ORDER; i++)
		if (there[i] && !(uses[i] >> use & 1))
			return attr_fault_set(fault, there[i], EINVAL,
					      "%s does not stand in this command", policy[i].name);
	return 0;
}

static int check_needed(const struct nlattr **there, enum order_netlink_use use,
			struct attr_fault *fault)
{
	if (use != ORDER_NETLINK_ALL && !there[SHUNT_NL_BRIDGE])
		return attr_fault_set(fault, NULL, EINVAL, "SHUNT_NL_BRIDGE is missing");
	if ((use == ORDER_NETLINK_NAME || use == ORDER_NETLINK_ROW) && !there[SHUNT_ORDER_NAME])
		return attr_fault_set(fault, NULL, EINVAL, "SHUNT_ORDER_NAME is missing");
	return 0;
}

/* Where a mirror sends to; a drop sends nowhere. */
static int check_place(const struct nlattr **there, bool is_mirror, struct attr_fault *fault)
{
	const struct nlattr *port = there[SHUNT_ORDER_PORT], *vlan = there[SHUNT_ORDER_VLAN];

	if (!is_mirror && (port || vlan))
		return attr_fault_set(fault, port ? port : vlan, EINVAL,
				      "%s: a drop order sends nowhere",
				      port ? "SHUNT_ORDER_PORT" : "SHUNT_ORDER_VLAN");
	if (is_mirror && !port == !vlan)
		return attr_fault_set(fault, vlan, EINVAL,
				      "a mirror order has SHUNT_ORDER_PORT or SHUNT_ORDER_VLAN");
	if (vlan && (!attr_number(vlan) || attr_number(vlan) > VLAN_MAX))
		return attr_fault_set(fault, vlan, EINVAL, "VLAN %u is not 1 to %d",
				      (unsigned)attr_number(vlan), VLAN_MAX);
	return 0;
}

static uint64_t number_of(const struct nlattr *attr, uint64_t fallback)
{
	return attr ? attr_number(attr) : fallback;
}

static const char *text_of(const struct nlattr *attr)
{
	return attr ? attr_data(attr) : NULL;
}

int order_netlink_read(struct attr_bytes attrs, bool is_mirror, enum order_netlink_use use,
		       struct order_netlink *out, struct attr_fault *fault)
{
	const struct nlattr *there[N_SHUNT_ORDER];
	struct match match = {0};
	int rc = attr_parse(attrs, &table, there, fault);

	if (!rc)
		rc = check_known(there, use, fault);
	if (!rc)
		rc = check_needed(there, use, fault);
	if (!rc && (use == ORDER_NETLINK_ADD || use == ORDER_NETLINK_ROW))
		rc = check_place(there, is_mirror, fault);
	if (!rc)
		rc = match_netlink_read(there[SHUNT_ORDER_KEY], there[SHUNT_ORDER_MASK], &match,
					fault);
	if (rc)
		return rc;
	*out = (struct order_netlink){
		.is_mirror = is_mirror,
		.bridge = text_of(there[SHUNT_NL_BRIDGE]),
		.name = text_of(there[SHUNT_ORDER_NAME]),
		.match = match,
		.port = text_of(there[SHUNT_ORDER_PORT]),
		.vlan = (uint16_t)number_of(there[SHUNT_ORDER_VLAN], 0),
		.seconds = (uint32_t)number_of(there[SHUNT_ORDER_SECONDS], 0),
		.number = (uint32_t)number_of(there[SHUNT_ORDER_NUMBER], 0),
		.n_packets = number_of(there[SHUNT_ORDER_N_PACKETS], 0),
		.n_bytes = number_of(there[SHUNT_ORDER_N_BYTES], 0),
		.age = number_of(there[SHUNT_ORDER_AGE], 0),
		.left = number_of(there[SHUNT_ORDER_LEFT], UINT64_MAX),
	};
	return 0;
}

const char *order_netlink_next_name(struct attr_bytes *rest)
{
	struct attr_fault fault = {NULL, NULL};
	const struct nlattr *attr;

	while (attr_next(rest, &table, &attr, &fault) > 0)
		if (attr_type(attr) == SHUNT_ORDER_NAME)
			return attr_data(attr);
	return NULL;
}

/* ---- writing ---- */

void order_netlink_write(struct attr_writer *w, const struct order_netlink *order,
			 enum order_netlink_use use)
{
	if (order->bridge)
		attr_put_string(w, SHUNT_NL_BRIDGE, order->bridge);
	match_netlink_write(w, &order->match);
	if (order->name)
		attr_put_string(w, SHUNT_ORDER_NAME, order->name);
	if (order->port)
		attr_put_string(w, SHUNT_ORDER_PORT, order->port);
	if (order->vlan)
		attr_put_u16(w, SHUNT_ORDER_VLAN, order->vlan);
	if (use != ORDER_NETLINK_ROW) {
		if (order->seconds)
			attr_put_u32(w, SHUNT_ORDER_SECONDS, order->seconds);
		return;
	}
	attr_put_u32(w, SHUNT_ORDER_NUMBER, order->number);
	attr_put_u64(w, SHUNT_ORDER_N_PACKETS, order->n_packets);
	attr_put_u64(w, SHUNT_ORDER_N_BYTES, order->n_bytes);
	attr_put_u64(w, SHUNT_ORDER_AGE, order->age);
	if (order->left != UINT64_MAX)
		attr_put_u64(w, SHUNT_ORDER_LEFT, order->left);
}
