/* order-add, order-del, order-list: standing orders of bridges. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "control/method.h"
#include "flow/match_text.h"
#include "flow/port_text.h"
#include "switch/flows.h"
#include "switch/order.h"
#include "switch/vswitch.h"

static const char *const kinds[] = {[ORDER_DROP] = "drop", [ORDER_MIRROR] = "mirror"};

/* ---- adding ---- */

static enum order_kind param_kind(struct json_object *params)
{
	return strcmp(param_string(params, "kind"), kinds[ORDER_DROP]) ? ORDER_MIRROR : ORDER_DROP;
}

static int read_config(struct bridge *bridge, struct json_object *params,
		       struct order_config *config, struct err *err)
{
	const char *match = param_string(params, "match"), *port = param_string(params, "port");
	const struct flow_names names = bridge_flow_names(bridge);
	int rc = 0;

	*config = (struct order_config){
		.name = param_string(params, "name"),
		.kind = param_kind(params),
		.vlan = (uint16_t)param_integer(params, "vlan", 0),
		.lifetime = (uint64_t)param_integer(params, "seconds", 0) * CLOCK_NS_PER_SEC,
	};
	if (config->kind == ORDER_DROP && (port || config->vlan))
		return err_set(err, EINVAL, "%s: a drop order sends nowhere",
			       port ? "port" : "vlan");
	if (match)
		rc = match_parse(slice_of(match), &names, &config->match, err);
	if (!rc && port)
		rc = order_port_find(bridge, port, &config->port, err);
	return rc;
}

int method_order_add(struct method_context *context, struct json_object *params,
		     struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	struct order_config config;
	const char *name;
	int rc = bridge ? read_config(bridge, params, &config, err) : -ENOENT;

	if (!rc)
		rc = bridge_order_add(bridge, &config, &name, err);
	if (rc)
		return rc;
	*result = json_object_new_object();
	result_string(*result, "name", name);
	return 0;
}

/* ---- undoing ---- */

int method_order_del(struct method_context *context, struct json_object *params,
		     struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	struct json_object *list = json_object_object_get(params, "names");
	const size_t n = json_object_array_length(list);
	own(mem_free) const char **names = calloc(n + 1, sizeof(*names));

	if (!bridge)
		return -ENOENT;
	if (!names)
		return err_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		names[i] = json_object_get_string(json_object_array_get_idx(list, i));
	return bridge_orders_del(bridge, names, n, err);
}

/* ---- listing ---- */

struct listing {
	struct json_object *rows;
	struct bridge *bridge;
	bool has_names;
};

static void add_match(struct json_object *row, const struct listing *listing,
		      const struct match *match)
{
	const struct flow_names names = bridge_flow_names(listing->bridge);
	own(print_fini) struct print text = {0};

	match_print(&text, match, listing->has_names ? &names : NULL);
	result_string(row, "match", print_text(&text));
}

static int list_row(const struct order_row *order, void *ctx)
{
	const struct listing *listing = ctx;
	struct json_object *row = json_object_new_object();

	result_string(row, "bridge", bridge_name(listing->bridge));
	result_string(row, "name", order->name);
	result_integer(row, "number", order->number);
	result_string(row, "kind", kinds[order->kind]);
	add_match(row, listing, order->match);
	if (order->port)
		result_string(row, "port", order->port);
	if (order->vlan)
		result_integer(row, "vlan", order->vlan);
	result_integer(row, "packets", order->n_packets);
	result_integer(row, "bytes", order->n_bytes);
	result_integer(row, "age", order->age / CLOCK_NS_PER_SEC);
	if (order->left != UINT64_MAX)
		result_integer(row, "left",
			       (order->left + CLOCK_NS_PER_SEC - 1) / CLOCK_NS_PER_SEC);
	json_object_array_add(listing->rows, row);
	return 0;
}

static int list_bridge(struct bridge *bridge, void *ctx)
{
	struct listing *listing = ctx;

	listing->bridge = bridge;
	return bridge_orders_for_each(bridge, list_row, listing);
}

int method_order_list(struct method_context *context, struct json_object *params,
		      struct json_object **result, struct err *err)
{
	struct listing listing = {.has_names = param_boolean(params, "names")};
	struct bridge *bridge = NULL;

	if (param_string(params, "bridge")) {
		bridge = param_bridge(context, params, err);
		if (!bridge)
			return -ENOENT;
	}
	listing.rows = *result = json_object_new_array();
	return bridge ? list_bridge(bridge, &listing)
		      : vswitch_for_each_bridge(context->sw, list_bridge, &listing);
}
