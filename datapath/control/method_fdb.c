/* fdb-show, fdb-flush, fdb-add, fdb-del, fdb-stats: what a bridge has learned. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/own.h"
#include "packet/mac.h"
#include "control/method.h"
#include "switch/vswitch.h"

/* Rows in one answer: these fit in what a connection holds for a client, and those take little time
 * and memory. */
#define ROWS_MAX  200000
#define ROWS_GOOD 50000

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

/* The rows of one answer: those whose hash falls into `part` of `parts`. The same address is always in
 * the same part, whatever else comes and goes between two answers. */
struct shown {
	struct json_object *rows;
	uint64_t part, parts;
};

static bool is_shown(const struct shown *shown, const struct fdb_row *row)
{
	uint64_t key = (uint64_t)row->vlan << 48 | eth_addr_u64(row->mac);

	return shown->parts == 1 || XXH3_64bits(&key, sizeof(key)) % shown->parts == shown->part;
}

static int show_row(const struct fdb_row *row, void *ctx)
{
	const struct shown *shown = ctx;
	struct json_object *object;
	char mac[MAC_TEXT_SIZE];

	if (!is_shown(shown, row))
		return 0;
	object = json_object_new_object();
	mac_print(row->mac, mac);
	result_string(object, "mac", mac);
	result_integer(object, "vlan", row->vlan);
	result_string(object, "port", row->port_name);
	result_integer(object, "ofport", row->ofport);
	result_boolean(object, "static", row->is_static);
	result_integer(object, "age", row->age_s);
	json_object_array_add(shown->rows, object);
	return 0;
}

int method_fdb_show(struct method_context *context, struct json_object *params,
		    struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	struct shown shown = {
		.part = (uint64_t)param_integer(params, "part", 0),
		.parts = (uint64_t)param_integer(params, "parts", 1),
	};
	struct fdb_stats stats;

	if (!bridge)
		return -ENOENT;
	if (shown.part >= shown.parts)
		return err_set(err, EINVAL,
			       "there is no part %" PRIu64 " of %" PRIu64
			       ": they are counted from 0",
			       shown.part, shown.parts);
	bridge_fdb_stats(bridge, &stats);
	if (stats.n_entries / shown.parts > ROWS_MAX)
		return err_set(err, E2BIG,
			       "%u addresses are too many for one answer: ask for each of %u parts",
			       stats.n_entries, stats.n_entries / ROWS_GOOD + 1);
	shown.rows = *result = json_object_new_array();
	return bridge_fdb_for_each(bridge, show_row, &shown);
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
