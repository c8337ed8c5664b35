#include "netlink_orders.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "flow/match_text.h"
#include "flow/netlink_abi.h"
#include "flow/netlink_order.h"
#include "need.h"
#include "netlink_client.h"
#include "netlink_names.h"
#include "transport.h"

static uint16_t type_of(bool is_mirror)
{
	return is_mirror ? SHUNT_NL_MIRROR : SHUNT_NL_DROP;
}

static int read_row(const struct netlink_answer *answer, struct order_netlink *row, struct err *err)
{
	struct attr_fault fault = {err, NULL};
	int ret = order_netlink_read(answer->attrs, answer->type == SHUNT_NL_MIRROR,
				     ORDER_NETLINK_ROW, row, &fault);

	if (ret)
		err_prefix(err, "switchd sent an order that cannot be read");
	return ret;
}

int netlink_order_add(struct netlink_client *client, const struct order_request *request,
		      char *name, struct err *err)
{
	own(netlink_names_free) struct netlink_names *known =
		netlink_names_new(client, request->bridge);
	const struct flow_names names = netlink_names_of(known);
	struct order_netlink order = {
		.bridge = request->bridge,
		.name = request->name,
		.port = request->port,
		.vlan = request->vlan,
		.seconds = request->seconds,
	};
	struct netlink_answer answer = {0};
	struct attr_writer *w;
	uint32_t seq;
	int ret = match_parse(slice_of(request->match), &names, &order.match, err);

	if (ret)
		return ret;
	w = netlink_request_begin(client, type_of(request->is_mirror), SHUNT_NL_NEW, NLM_F_ECHO);
	order_netlink_write(w, &order, ORDER_NETLINK_ADD);
	seq = netlink_request_end(client);
	ret = netlink_client_send(client, err);
	if (!ret)
		ret = netlink_client_answer(client, seq, &answer, err);
	if (!ret)
		ret = read_row(&answer, &order, err);
	if (!ret)
		snprintf(name, ORDER_NAME_SIZE, "%s", order.name);
	return ret;
}

int netlink_order_del(struct netlink_client *client, const char *bridge, char *const *names,
		      unsigned n, struct err *err)
{
	struct attr_writer *w =
		netlink_request_begin(client, SHUNT_NL_DROP, SHUNT_NL_DEL, NLM_F_ACK);
	struct netlink_answer answer = {0};
	uint32_t seq;
	int ret;

	attr_put_string(w, SHUNT_NL_BRIDGE, bridge);
	for (unsigned i = 0; i < n; i++)
		attr_put_string(w, SHUNT_ORDER_NAME, names[i]);
	seq = netlink_request_end(client);
	ret = netlink_client_send(client, err);
	return ret ? ret : netlink_client_answer(client, seq, &answer, err);
}

/* ---- listing ---- */

static void add_text(struct json_object *row, const char *name, const char *text)
{
	json_object_object_add(row, name, need(json_object_new_string(text)));
}

static void add_number(struct json_object *row, const char *name, uint64_t number)
{
	json_object_object_add(row, name, json_object_new_int64((int64_t)number));
}

/* Rows whose matches are not written yet: names come by a dump of their own. */
struct found {
	struct json_object *row;
	struct match match;
};

struct listing {
	struct found *found;
	size_t n;
};

static void add_row(struct listing *listing, const struct order_netlink *order)
{
	struct json_object *row = need(json_object_new_object());

	add_text(row, "bridge", order->bridge);
	add_text(row, "name", order->name);
	add_number(row, "number", order->number);
	add_text(row, "kind", order->is_mirror ? "mirror" : "drop");
	json_object_object_add(row, "match", NULL); /* its place */
	if (order->port)
		add_text(row, "port", order->port);
	if (order->vlan)
		add_number(row, "vlan", order->vlan);
	add_number(row, "packets", order->n_packets);
	add_number(row, "bytes", order->n_bytes);
	add_number(row, "age", order->age / CLOCK_NS_PER_SEC);
	if (order->left != UINT64_MAX)
		add_number(row, "left", (order->left + CLOCK_NS_PER_SEC - 1) / CLOCK_NS_PER_SEC);
	listing->found =
		need(realloc(listing->found, (listing->n + 1) * sizeof(listing->found[0])));
	listing->found[listing->n++] = (struct found){row, order->match};
}

static int dump(struct netlink_client *client, const char *bridge, bool is_mirror,
		struct listing *listing, struct err *err)
{
	struct attr_writer *w =
		netlink_request_begin(client, type_of(is_mirror), SHUNT_NL_GET, NLM_F_DUMP);
	struct netlink_answer answer = {0};
	uint32_t seq;
	int ret;

	if (bridge)
		attr_put_string(w, SHUNT_NL_BRIDGE, bridge);
	seq = netlink_request_end(client);
	ret = netlink_client_send(client, err);
	while (!ret) {
		struct order_netlink order;

		ret = netlink_client_answer(client, seq, &answer, err);
		if (ret || answer.is_end)
			break;
		ret = read_row(&answer, &order, err);
		if (!ret)
			add_row(listing, &order);
	}
	return ret;
}

static const char *bridge_of(const struct found *found)
{
	return json_object_get_string(json_object_object_get(found->row, "bridge"));
}

static void write_matches(struct netlink_client *client, struct listing *listing, bool has_names)
{
	own(netlink_names_free) struct netlink_names *known = NULL;
	own(print_fini) struct print text = {0};

	for (size_t i = 0; i < listing->n; i++) {
		struct found *found = &listing->found[i];
		struct flow_names names;

		if (!i || strcmp(bridge_of(found), bridge_of(found - 1))) {
			netlink_names_free(&known);
			known = netlink_names_new(client, bridge_of(found));
		}
		names = netlink_names_of(known);
		match_print(&text, &found->match, has_names ? &names : NULL);
		add_text(found->row, "match", print_text(&text));
		print_clear(&text);
	}
}

int netlink_order_list(struct netlink_client *client, const char *bridge, bool has_names,
		       struct json_object *rows, struct err *err)
{
	struct listing listing = {0};
	int ret = dump(client, bridge, false, &listing, err);

	if (!ret)
		ret = dump(client, bridge, true, &listing, err);
	if (!ret)
		write_matches(client, &listing, has_names);
	for (size_t i = 0; i < listing.n; i++)
		json_object_array_add(rows, listing.found[i].row);
	free(listing.found);
	return ret;
}
