/* cache-dump: the flows that are cached, floor by floor. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "control/method.h"
#include "control/op_print.h"
#include "flow/match_text.h"
#include "flow/port_text.h"
#include "switch/cache_dump.h"
#include "switch/flows.h"
#include "switch/order.h"
#include "switch/vswitch.h"

struct dump {
	struct vswitch *sw;
	const struct bridge *only; /* NULL: all bridges */
	struct json_object *rows;
};

static void add_text(struct json_object *object, const char *name, struct print *text)
{
	result_string(object, name, print_text(text));
	print_clear(text);
}

static void add_order(void *ctx, const char *name)
{
	json_object_array_add(ctx, json_object_new_string(name));
}

/* The masked bits are all that orders look at. */
static void add_orders(struct json_object *object, struct bridge *bridge,
		       const struct flow_key *key)
{
	struct json_object *names = json_object_new_array();

	bridge_orders_hit(bridge, key, add_order, names);
	if (json_object_array_length(names))
		json_object_object_add(object, "orders", names);
	else
		json_object_put(names);
}

static void show_row(void *ctx, const struct cache_row *row)
{
	struct dump *dump = ctx;
	struct match match = {row->key, row->mask};
	struct bridge *bridge = key_localise(dump->sw, &match.key, &match.mask);
	own(print_fini) struct print text = {0};
	struct flow_names names;
	struct json_object *object;

	if (!bridge || (dump->only && dump->only != bridge))
		return;
	names = bridge_flow_names(bridge);
	object = json_object_new_object();
	result_string(object, "floor", row->floor == FLOOR_KERNEL ? "kernel" : "user");
	result_string(object, "bridge", bridge_name(bridge));
	match_print(&text, &match, &names);
	add_text(object, "match", &text);
	if (bridge_n_orders(bridge))
		add_orders(object, bridge, &match.key);
	op_print(&text, dump->sw, row->ops, row->n_ops);
	if (row->is_cut)
		print_add(&text, row->n_ops ? ",..." : "...");
	add_text(object, "actions", &text);
	result_integer(object, "packets", row->n_packets);
	result_integer(object, "bytes", row->n_bytes);
	result_integer(object, "idle", row->idle / CLOCK_NS_PER_SEC);
	if (row->why)
		result_string(object, "why", row->why);
	json_object_array_add(dump->rows, object);
}

static int place_read(struct json_object *params, struct cache_place *place, struct err *err)
{
	const char *text = param_string(params, "after");
	char end;

	if (text && sscanf(text, "%u/%u%c", &place->stage, &place->cursor, &end) != 2)
		return err_set(err, EINVAL, "after must not be \"%s\": use what the last page said",
			       text);
	return 0;
}

int method_cache_dump(struct method_context *context, struct json_object *params,
		      struct json_object **result, struct err *err)
{
	struct dump dump = {.sw = context->sw};
	struct cache_place place = {0};
	char after[32];
	int rc = place_read(params, &place, err);

	if (!rc && param_string(params, "bridge")) {
		dump.only = param_bridge(context, params, err);
		rc = dump.only ? 0 : -ENOENT;
	}
	if (rc)
		return rc;
	*result = json_object_new_object();
	dump.rows = json_object_new_array();
	json_object_object_add(*result, "entries", dump.rows);
	if (!vswitch_cache_visit(context->sw, &place, show_row, &dump))
		return 0;
	snprintf(after, sizeof(after), "%u/%u", place.stage, place.cursor);
	result_string(*result, "after", after);
	return 0;
}
