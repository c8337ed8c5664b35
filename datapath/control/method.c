#include "control/method.h"

#include <errno.h>
#include <json-c/json.h>

#include "base/err.h"
#include "control/rpc_schemas.h"
#include "switch/vswitch.h"

const struct method methods[] = {
	{"cache-dump", method_cache_dump, rpc_schema_cache_dump},
	{"cache-stats", method_cache_stats, rpc_schema_cache_stats},
	{"capture", method_capture, rpc_schema_capture},
	{"doctor", method_doctor, rpc_schema_doctor},
	{"drops", method_drops, rpc_schema_drops},
	{"fdb-add", method_fdb_add, rpc_schema_fdb_add},
	{"fdb-del", method_fdb_del, rpc_schema_fdb_del},
	{"fdb-flush", method_fdb_flush, rpc_schema_fdb_flush},
	{"fdb-show", method_fdb_show, rpc_schema_fdb_show},
	{"fdb-stats", method_fdb_stats, rpc_schema_fdb_stats},
	{"flow-aggregate", method_flow_aggregate, rpc_schema_flow_aggregate},
	{"flow-dump", method_flow_dump, rpc_schema_flow_dump},
	{"flow-mod", method_flow_mod, rpc_schema_flow_mod},
	{"flow-watch", method_flow_watch, rpc_schema_flow_watch},
	{"frags-set", method_frags_set, rpc_schema_frags_set},
	{"frags-show", method_frags_show, rpc_schema_frags_show},
	{"group-dump", method_group_dump, rpc_schema_group_dump},
	{"group-features", method_group_features, rpc_schema_group_features},
	{"group-mod", method_group_mod, rpc_schema_group_mod},
	{"group-stats", method_group_stats, rpc_schema_group_stats},
	{"log-set", method_log_set, rpc_schema_log_set},
	{"meter-dump", method_meter_dump, rpc_schema_meter_dump},
	{"meter-features", method_meter_features, rpc_schema_meter_features},
	{"meter-mod", method_meter_mod, rpc_schema_meter_mod},
	{"meter-stats", method_meter_stats, rpc_schema_meter_stats},
	{"order-add", method_order_add, rpc_schema_order_add},
	{"order-del", method_order_del, rpc_schema_order_del},
	{"order-list", method_order_list, rpc_schema_order_list},
	{"packet-out", method_packet_out, rpc_schema_packet_out},
	{"packet-watch", method_packet_watch, rpc_schema_packet_watch},
	{"port-mod", method_port_mod, rpc_schema_port_mod},
	{"port-show", method_port_show, rpc_schema_port_show},
	{"restart", method_restart, rpc_schema_restart},
	{"status", method_status, rpc_schema_status},
	{"stop", method_stop, rpc_schema_stop},
	{"table-dump", method_table_dump, rpc_schema_table_dump},
	{"table-mod", method_table_mod, rpc_schema_table_mod},
	{"trace", method_trace, rpc_schema_trace},
};
const unsigned n_methods = sizeof(methods) / sizeof(*methods);

int method_refuse_early(const struct method_context *context, struct err *err)
{
	return err_set(err, EAGAIN,
		       "there are no bridges yet: switchd waits for the database server at %s",
		       context->waits_for);
}

const char *param_string(struct json_object *params, const char *name)
{
	return json_object_get_string(json_object_object_get(params, name));
}

int64_t param_integer(struct json_object *params, const char *name, int64_t fallback)
{
	struct json_object *value = json_object_object_get(params, name);

	return value ? json_object_get_int64(value) : fallback;
}

struct bridge *param_bridge(struct method_context *context, struct json_object *params,
			    struct err *err)
{
	const char *name = param_string(params, "bridge");
	struct bridge *bridge = bridge_lookup(context->sw, name);

	if (!bridge)
		err_set(err, ENOENT, "no bridge named %s", name);
	return bridge;
}

bool param_boolean(struct json_object *params, const char *name)
{
	return json_object_get_boolean(json_object_object_get(params, name));
}

unsigned param_choice(struct json_object *params, const char *name, const char *const *words,
		      unsigned n)
{
	const char *word = param_string(params, name);
	unsigned i = 0;

	while (i < n && (!word || strcmp(word, words[i]) != 0))
		i++;
	return i;
}

void result_string(struct json_object *object, const char *name, const char *value)
{
	json_object_object_add(object, name, json_object_new_string(value));
}

void result_integer(struct json_object *object, const char *name, uint64_t value)
{
	json_object_object_add(object, name, json_object_new_int64((int64_t)value));
}

void result_boolean(struct json_object *object, const char *name, bool value)
{
	json_object_object_add(object, name, json_object_new_boolean(value));
}
