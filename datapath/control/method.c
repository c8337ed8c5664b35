#include "control/method.h"

#include <json-c/json.h>

#include "control/rpc_schemas.h"

const struct method methods[] = {
	{"cache-stats", method_cache_stats, rpc_schema_cache_stats},
	{"doctor", method_doctor, rpc_schema_doctor},
	{"drops", method_drops, rpc_schema_drops},
	{"fdb-add", method_fdb_add, rpc_schema_fdb_add},
	{"fdb-del", method_fdb_del, rpc_schema_fdb_del},
	{"fdb-flush", method_fdb_flush, rpc_schema_fdb_flush},
	{"fdb-show", method_fdb_show, rpc_schema_fdb_show},
	{"fdb-stats", method_fdb_stats, rpc_schema_fdb_stats},
	{"log-set", method_log_set, rpc_schema_log_set},
	{"port-show", method_port_show, rpc_schema_port_show},
	{"status", method_status, rpc_schema_status},
	{"stop", method_stop, rpc_schema_stop},
};
const unsigned n_methods = sizeof(methods) / sizeof(*methods);

const char *param_string(struct json_object *params, const char *name)
{
	return json_object_get_string(json_object_object_get(params, name));
}

int64_t param_integer(struct json_object *params, const char *name, int64_t fallback)
{
	struct json_object *value = json_object_object_get(params, name);

	return value ? json_object_get_int64(value) : fallback;
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
