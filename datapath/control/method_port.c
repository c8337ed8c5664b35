/* port-show, drops: where ports are attached, what passed, and what was dropped and why. */
#include <errno.h>
#include <json-c/json.h>

#include "base/err.h"
#include "base/own.h"
#include "packet/mac.h"
#include "control/method.h"
#include "switch/vswitch.h"

struct visit {
	struct json_object *rows;
	const char *bridge;
	int (*port)(struct bridge_port *, void *ctx);
};

static int visit_bridge(struct bridge *bridge, void *ctx)
{
	struct visit *visit = ctx;

	visit->bridge = bridge_name(bridge);
	return bridge_for_each_port(bridge, visit->port, visit);
}

/* Calls `port` for each port of the bridge in `params`, or of all. */
static int visit_ports(struct method_context *context, struct json_object *params,
		       int (*port)(struct bridge_port *, void *ctx), struct json_object **result,
		       struct err *err)
{
	const char *name = param_string(params, "bridge");
	struct bridge *bridge = name ? bridge_lookup(context->sw, name) : NULL;
	struct visit visit = {.port = port};

	if (name && !bridge)
		return err_set(err, ENOENT, "no bridge named %s", name);
	*result = visit.rows = json_object_new_array();
	return bridge ? visit_bridge(bridge, &visit)
		      : vswitch_for_each_bridge(context->sw, visit_bridge, &visit);
}

static struct json_object *switched_counters(const struct bridge_port_status *status)
{
	struct json_object *object = json_object_new_object();

	result_integer(object, "rx_packets", status->rx_packets);
	result_integer(object, "rx_bytes", status->rx_bytes);
	result_integer(object, "tx_packets", status->tx_packets);
	result_integer(object, "tx_bytes", status->tx_bytes);
	return object;
}

static struct json_object *device_counters(const struct bridge_port *port)
{
	struct json_object *object = json_object_new_object();
	struct port_counters c;

	if (bridge_port_counters(port, &c))
		return object;
	result_integer(object, "rx_packets", c.rx_packets);
	result_integer(object, "rx_bytes", c.rx_bytes);
	result_integer(object, "rx_dropped", c.rx_dropped);
	result_integer(object, "rx_errors", c.rx_errors);
	result_integer(object, "tx_packets", c.tx_packets);
	result_integer(object, "tx_bytes", c.tx_bytes);
	result_integer(object, "tx_dropped", c.tx_dropped);
	result_integer(object, "tx_errors", c.tx_errors);
	result_integer(object, "xsk_rx_dropped", c.xsk_rx_dropped);
	result_integer(object, "xsk_rx_invalid", c.xsk_rx_invalid);
	result_integer(object, "xsk_tx_invalid", c.xsk_tx_invalid);
	result_integer(object, "xsk_rx_ring_full", c.xsk_rx_ring_full);
	result_integer(object, "xsk_fill_empty", c.xsk_fill_empty);
	result_integer(object, "xsk_tx_empty", c.xsk_tx_empty);
	return object;
}

static struct json_object *drop_counters(const struct bridge_port_status *status)
{
	struct json_object *object = json_object_new_object();

	for (unsigned i = DROP_NONE + 1; i < N_DROP_REASONS; i++) {
		if (status->drops[i])
			result_integer(object, drop_name(i), status->drops[i]);
	}
	return object;
}

static const char *hook_name(const struct port_status *status)
{
	if (!status->is_attached)
		return "";
	switch (status->hook) {
	case HOOK_XDP:
		return "xdp";
	case HOOK_SKB:
		return "skb";
	default:
		return "none";
	}
}

static void device_show(struct json_object *object, const struct port_status *status)
{
	char mac[MAC_TEXT_SIZE];

	mac_print(status->mac, mac);
	result_boolean(object, "attached", status->is_attached);
	result_string(object, "error", status->error);
	result_string(object, "note", status->note);
	result_string(object, "hook", hook_name(status));
	result_string(object, "mode", status->mode);
	result_string(object, "driver", status->driver);
	result_integer(object, "ifindex", status->ifindex);
	result_string(object, "mac", mac);
	result_integer(object, "mtu", status->mtu);
	result_string(object, "admin", status->is_admin_up ? "up" : "down");
	result_string(object, "link", status->is_link_up ? "up" : "down");
	result_integer(object, "speed", status->link_speed);
	result_integer(object, "queues", status->n_rxq);
}

static int show_port(struct bridge_port *port, void *ctx)
{
	struct visit *visit = ctx;
	struct json_object *object = json_object_new_object();
	struct bridge_port_status status;

	bridge_port_status(port, &status);
	result_string(object, "name", bridge_port_name(port));
	result_string(object, "bridge", visit->bridge);
	result_integer(object, "port", status.id);
	result_integer(object, "ofport", status.ofport);
	device_show(object, &status.port);
	json_object_object_add(object, "config", port_config_show(port));
	json_object_object_add(object, "switched", switched_counters(&status));
	json_object_object_add(object, "device", device_counters(port));
	json_object_object_add(object, "drops", drop_counters(&status));
	json_object_array_add(visit->rows, object);
	return 0;
}

/* `port` is NULL where none is known. */
static void add_drops(const struct visit *visit, const struct bridge_port *port,
		      const uint64_t drops[N_DROP_REASONS])
{
	for (unsigned i = DROP_NONE + 1; i < N_DROP_REASONS; i++) {
		struct json_object *object;

		if (!drops[i])
			continue;
		object = json_object_new_object();
		if (port) {
			result_string(object, "bridge", visit->bridge);
			result_string(object, "port", bridge_port_name(port));
		}
		result_string(object, "reason", drop_name(i));
		result_string(object, "help", drop_help(i));
		result_integer(object, "packets", drops[i]);
		json_object_array_add(visit->rows, object);
	}
}

static int show_drops(struct bridge_port *port, void *ctx)
{
	struct bridge_port_status status;

	bridge_port_status(port, &status);
	add_drops(ctx, port, status.drops);
	return 0;
}

int method_port_show(struct method_context *context, struct json_object *params,
		     struct json_object **result, struct err *err)
{
	return visit_ports(context, params, show_port, result, err);
}

int method_drops(struct method_context *context, struct json_object *params,
		 struct json_object **result, struct err *err)
{
	uint64_t drops[N_DROP_REASONS];
	int rc = visit_ports(context, params, show_drops, result, err);

	if (rc || param_string(params, "bridge"))
		return rc;
	vswitch_drops(context->sw, drops);
	add_drops(&(struct visit){.rows = *result}, NULL, drops);
	return 0;
}
