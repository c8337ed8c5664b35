/* drop, mirror, orders, undo: standing orders of a bridge. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "job.h"
#include "need.h"
#include "order_time.h"
#include "report.h"
#include "transport.h"

#define VLAN_MAX 4095

static void print_time(struct grid *grid, struct json_object *row, struct json_object *value)
{
	char text[64] = "";

	if (value)
		order_time_print(json_object_get_uint64(value), text, sizeof(text));
	grid_add_text(grid, text);
}

/* ---- giving one ---- */

static int add(struct job *job, const struct cli_invocation *inv, struct order_request *order,
	       struct err *err)
{
	char name[ORDER_NAME_SIZE];
	struct transport *transport;
	int ret = order_time_read(inv->options.value[OPTION_FOR], &order->seconds, err);

	order->bridge = inv->args[0];
	order->match = inv->args[1];
	order->name = inv->options.value[OPTION_NAME];
	if (!ret)
		ret = job_transport(job, &transport, err);
	if (!ret)
		ret = transport->ops->order_add(transport, order, name, err);
	if (!ret)
		printf(job->is_json ? "{\"name\":\"%s\"}\n" : "%s\n", name);
	return ret;
}

static int run_drop(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	struct order_request order = {.is_mirror = false};

	return add(job, inv, &order, err);
}

/* "to PORT", or "to vlan N". */
static int read_place(const struct cli_invocation *inv, struct order_request *order,
		      struct err *err)
{
	const char *number = job_arg(inv, 4);
	char *end;
	long vlan = strtol(number, &end, 10);

	if (strcmp(inv->args[2], "to"))
		return err_set(err, EINVAL, "'%s' must be 'to', as in: to span0; to vlan 9",
			       inv->args[2]);
	if (inv->n_args < 5) {
		order->port = inv->args[3];
		return 0;
	}
	if (strcmp(inv->args[3], "vlan"))
		return err_set(err, EINVAL, "'%s' is one word too many behind 'to %s'", number,
			       inv->args[3]);
	if (!*number || *end || vlan < 1 || vlan > VLAN_MAX)
		return err_set(err, EINVAL, "vlan '%s' is not a number from 1 to %d", number,
			       VLAN_MAX);
	order->vlan = (uint16_t)vlan;
	return 0;
}

static int run_mirror(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	struct order_request order = {.is_mirror = true};
	int ret = read_place(inv, &order, err);

	return ret ? ret : add(job, inv, &order, err);
}

/* ---- undoing ---- */

static int run_undo(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	struct transport *transport;
	int ret = job_transport(job, &transport, err);

	return ret ? ret
		   : transport->ops->order_del(transport, inv->args[0], inv->args + 1,
					       inv->n_args - 1, err);
}

/* ---- listing ---- */

static int by_age(const void *a, const void *b)
{
	struct json_object *x = *(struct json_object *const *)a;
	struct json_object *y = *(struct json_object *const *)b;
	int order = strcmp(json_text(x, "bridge"), json_text(y, "bridge"));
	int64_t elder = json_int(x, "number");
	int64_t younger = json_int(y, "number");

	return order ? order : (elder > younger) - (elder < younger);
}

static void print_what(struct grid *grid, struct json_object *row, struct json_object *value)
{
	const char *kind = json_object_get_string(value);

	if (*json_text(row, "port"))
		grid_add_format(grid, "%s to %s", kind, json_text(row, "port"));
	else if (*json_text(row, "vlan"))
		grid_add_format(grid, "%s to vlan %s", kind, json_text(row, "vlan"));
	else
		grid_add_text(grid, kind);
}

static void print_match(struct grid *grid, struct json_object *row, struct json_object *value)
{
	const char *match = json_text(row, "match");

	grid_add_text(grid, *match ? match : "all packets");
}

static int run_orders(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	static const struct report_column columns[] = {
		{"bridge", "bridge", GRID_LEFT, NULL},
		{"name", "name", GRID_LEFT, NULL},
		{"order", "kind", GRID_LEFT, print_what},
		{"match", "name", GRID_LEFT, print_match}, /* shown even if it is empty */
		{"packets", "packets", GRID_RIGHT, NULL},
		{"bytes", "bytes", GRID_RIGHT, NULL},
		{"ends in", "left", GRID_RIGHT, print_time},
		{},
	};
	own(json_free) struct json_object *rows = need(json_object_new_array());
	struct transport *transport;
	int ret = job_transport(job, &transport, err);

	if (!ret)
		ret = transport->ops->order_list(transport, inv->n_args ? inv->args[0] : NULL,
						 job->has_names, rows, err);
	if (ret)
		return ret;
	json_object_array_sort(rows, by_age);
	if (job->is_json)
		job_print_json(rows);
	else if (json_array_size(rows))
		report_rows(rows,
			    &(struct report){.columns = columns + inv->n_args, .keeps_order = true},
			    &(struct grid_style){.format = GRID_TABLE});
	return 0;
}

static const struct cli_action drop = {run_drop};
static const struct cli_action mirror = {run_mirror};
static const struct cli_action orders = {run_orders};
static const struct cli_action undo = {run_undo};

#define GIVING 1u << OPTION_FOR | 1u << OPTION_NAME

const struct cli_command order_commands[] = {
	{"drop", "BRIDGE MATCH", "drop these packets before any flow sees them", GIVING, &drop},
	{"mirror", "BRIDGE MATCH to PORT|vlan [N]",
	 "send a copy of these packets, as received, to a port or into VLAN N", GIVING, &mirror},
	{"orders", "[BRIDGE]", "list standing orders and what they counted", 0, &orders},
	{"undo", "BRIDGE NAME...", "end orders", 0, &undo},
	{},
};
