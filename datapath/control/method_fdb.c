/* fdb-show, fdb-flush, fdb-add, fdb-del, fdb-stats: what a bridge has learned. */
#include <errno.h>
#include <json-c/json.h>

#include "base/err.h"
#include "base/own.h"
#include "control/mac.h"
#include "control/method.h"
#include "switch/vswitch.h"

/* NULL, with the text in `err`, if there is none. */
static struct bridge *param_bridge(struct method_context *context, struct json_object *params,
				   struct err *err)
{
	const char *name = param_string(params, "bridge");
	struct bridge *bridge = bridge_lookup(context->sw, name);

	if (!bridge)
		err_set(err, ENOENT, "no bridge named %s", name);
	return bridge;
}

static int check_port(struct bridge *bridge, const char *port, struct err *err)
{
	if (port && !bridge_port_lookup(bridge, port))
		return err_set(err, ENOENT, "no port named %s on bridge %s", port,
			       bridge_name(bridge));
	return 0;
}

static uint16_t param_vlan(struct json_object *params)
{
	return (uint16_t)param_integer(params, "vlan", 0);
}

static int show_row(const struct fdb_row *row, void *ctx)
{
	struct json_object *rows = ctx, *object = json_object_new_object();
	char mac[MAC_TEXT_SIZE];

	mac_print(row->mac, mac);
	result_string(object, "mac", mac);
	result_integer(object, "vlan", row->vlan);
	result_string(object, "port", row->port_name);
	result_integer(object, "ofport", row->ofport);
	result_boolean(object, "static", row->is_static);
	result_integer(object, "age", row->age_s);
	json_object_array_add(rows, object);
	return 0;
}

int method_fdb_show(struct method_context *context, struct json_object *params,
		    struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);

	if (!bridge)
		return -ENOENT;
	*result = json_object_new_array();
	return bridge_fdb_for_each(bridge, show_row, *result);
}

int method_fdb_flush(struct method_context *context, struct json_object *params,
		     struct json_object **result, struct err *err)
{
	const char *port = param_string(params, "port");
	struct bridge *bridge = param_bridge(context, params, err);
	int rc = bridge ? check_port(bridge, port, err) : -ENOENT;

	if (rc)
		return rc;
	*result = json_object_new_object();
	result_integer(*result, "flushed", bridge_fdb_flush(bridge, port));
	return 0;
}

int method_fdb_add(struct method_context *context, struct json_object *params,
		   struct json_object **result, struct err *err)
{
	const char *port = param_string(params, "port");
	struct bridge *bridge = param_bridge(context, params, err);
	struct eth_addr mac;
	int rc = bridge ? check_port(bridge, port, err) : -ENOENT;

	if (!rc)
		rc = mac_parse(param_string(params, "mac"), &mac, err);
	if (!rc)
		rc = bridge_fdb_add(bridge, mac, param_vlan(params), port, err);
	return rc;
}

int method_fdb_del(struct method_context *context, struct json_object *params,
		   struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	struct eth_addr mac;
	int rc = bridge ? mac_parse(param_string(params, "mac"), &mac, err) : -ENOENT;

	if (!rc)
		rc = bridge_fdb_del(bridge, mac, param_vlan(params), err);
	return rc;
}

int method_fdb_stats(struct method_context *context, struct json_object *params,
		     struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	struct fdb_stats stats;

	if (!bridge)
		return -ENOENT;
	bridge_fdb_stats(bridge, &stats);
	*result = json_object_new_object();
	result_integer(*result, "entries", stats.n_entries);
	result_integer(*result, "static", stats.n_static);
	result_integer(*result, "max-entries", stats.max_entries);
	result_integer(*result, "learned", stats.n_learned);
	result_integer(*result, "expired", stats.n_expired);
	result_integer(*result, "moved", stats.n_moved);
	result_integer(*result, "evicted", stats.n_evicted);
	return 0;
}
