/* table-dump, table-mod: flow tables as a whole. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "control/method.h"
#include "flow/port_text.h"
#include "switch/flow_table.h"

static const char *const miss_names[] = {
	[TABLE_MISS_DEFAULT] = "default",
	[TABLE_MISS_CONTROLLER] = "controller",
	[TABLE_MISS_CONTINUE] = "continue",
	[TABLE_MISS_DROP] = "drop",
};

#define N_MISSES (sizeof(miss_names) / sizeof(miss_names[0]))

/* ---- showing ---- */

/* Tables that nothing was said or asked of are left out, but for the first. */
static struct json_object *show_table(struct bridge *bridge, uint8_t table)
{
	const char *name = bridge_flow_names(bridge).table_name(bridge, table);
	struct flow_table_config config;
	struct flow_table_stats stats;
	struct flow_table_mod mod;
	struct json_object *object;
	bool evicts;

	bridge_table_get(bridge, table, &config, &mod);
	bridge_table_stats(bridge, table, &stats);
	evicts = config.eviction == FLOW_EVICT || mod.eviction == FLOW_EVICT;
	if (table && !stats.n_flows && !stats.n_matched && !stats.n_missed && !name &&
	    !config.is_limited && !evicts && mod.miss == TABLE_MISS_DEFAULT)
		return NULL;
	object = json_object_new_object();
	result_integer(object, "table", table);
	result_string(object, "name", name ? name : "");
	result_integer(object, "flows", stats.n_flows);
	result_integer(object, "looked-up", stats.n_matched + stats.n_missed);
	result_integer(object, "matched", stats.n_matched);
	if (config.is_limited)
		result_integer(object, "max-flows", config.max_flows);
	result_boolean(object, "evicts", evicts);
	result_string(object, "miss", miss_names[mod.miss]);
	return object;
}

int method_table_dump(struct method_context *context, struct json_object *params,
		      struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);

	if (!bridge)
		return -ENOENT;
	*result = json_object_new_array();
	for (unsigned table = 0; table < FLOW_TABLES; table++) {
		struct json_object *object = show_table(bridge, (uint8_t)table);

		if (object)
			json_object_array_add(*result, object);
	}
	return 0;
}

/* ---- changing ---- */

static int read_name(const char *name, struct flow_table_mod *mod, struct err *err)
{
	if (strlen(name) >= sizeof(mod->name))
		return err_set(err, EINVAL,
			       "\"%.64s\" is too long for a table's name: use at most "
			       "%zu characters",
			       name, sizeof(mod->name) - 1);
	snprintf(mod->name, sizeof(mod->name), "%s", name);
	return 0;
}

/* Changes what the word says. */
static int read_setting(const char *word, struct flow_table_mod *mod, struct err *err)
{
	static const char name[] = "name:";

	for (unsigned i = 0; i < N_MISSES; i++) {
		if (strcasecmp(word, miss_names[i]))
			continue;
		mod->miss = (enum table_miss)i;
		return 0;
	}
	if (!strncmp(word, name, strlen(name)))
		return read_name(word + strlen(name), mod, err);
	if (strcasecmp(word, "evict") && strcasecmp(word, "noevict"))
		return err_set(err, EINVAL,
			       "\"%.64s\" is nothing that a table can do: use drop, continue, "
			       "controller, default, evict, noevict or name:NAME",
			       word);
	mod->eviction = strcasecmp(word, "evict") ? FLOW_REFUSE : FLOW_EVICT;
	return 0;
}

static int modify(struct bridge *bridge, unsigned table, const char *setting, struct err *err)
{
	struct flow_table_mod mod;
	int rc;

	bridge_table_get(bridge, (uint8_t)table, NULL, &mod);
	rc = read_setting(setting, &mod, err);
	return rc ? rc : bridge_table_mod(bridge, (uint8_t)table, &mod, err);
}

static int modify_all(struct bridge *bridge, const char *setting, struct err *err)
{
	int rc = 0;

	for (unsigned table = 0; !rc && table < FLOW_TABLES; table++)
		rc = modify(bridge, table, setting, err);
	return rc;
}

int method_table_mod(struct method_context *context, struct json_object *params,
		     struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	const char *table = param_string(params, "table"),
		   *setting = param_string(params, "setting");
	struct flow_names names;
	uint8_t number;
	int rc;

	if (!bridge)
		return -ENOENT;
	if (!strcasecmp(table, "all"))
		return modify_all(bridge, setting, err);
	names = bridge_flow_names(bridge);
	rc = table_parse(slice_of(table), &names, &number, err);
	return rc ? rc : modify(bridge, number, setting, err);
}
