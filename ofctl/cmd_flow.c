/* Commands that change flows, and those that list and count them. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "bridge_names.h"
#include "flow_list.h"
#include "input.h"
#include "job.h"
#include "need.h"
#include "report.h"
#include "transport.h"

/* ---- changing ---- */

/* Says how much was done, for programs only. */
static void say_done(const struct job *job, uint32_t n)
{
	if (job->is_json)
		printf("{\"flows\":%" PRIu32 "}\n", n);
}

static int change(struct job *job, const char *bridge, enum flow_command command, struct slice text,
		  struct err *err)
{
	struct transport *transport;
	uint32_t n = 0;
	int ret = job_transport(job, &transport, err);

	if (!ret)
		ret = transport->ops->change(transport, bridge, command, text, &n, err);
	if (!ret)
		say_done(job, n);
	return ret;
}

static int change_by_file(struct job *job, const char *bridge, enum flow_command command,
			  const char *file, struct err *err)
{
	struct slice text;
	int ret = input_read_text(file, &text, err);

	if (ret)
		return ret;
	ret = change(job, bridge, command, text, err);
	if (ret == -EREMOTEIO || ret == -EINVAL)
		err_prefix(err, "%s", input_name(file));
	free((char *)text.at);
	return ret;
}

/* One flow from the command line, however many lines it was written on; "-": a file of them. */
static bool has_flow(const char *text)
{
	struct slice rest = slice_of(text), line;
	unsigned n_line = 0;

	return flow_line_next(&rest, &line, &n_line);
}

static int change_by_word(struct job *job, const struct cli_invocation *inv,
			  enum flow_command command, struct err *err)
{
	own(mem_free) char *flow = need(strdup(job_arg(inv, 1)));

	if (!strcmp(flow, "-"))
		return change_by_file(job, inv->args[0],
				      command == FLOW_ADD ? FLOW_BY_WORD : command, flow, err);
	for (char *c = flow; *c; c++)
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	/* An empty line is no flow, but an empty word is: it means all flows, or lacks its actions. */
	if (!*flow || (command != FLOW_DELETE && !has_flow(flow)))
		return change(job, inv->args[0], command, slice_of(","), err);
	return change(job, inv->args[0], command, slice_of(flow), err);
}

static int run_add_flow(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	return change_by_word(job, inv, FLOW_ADD, err);
}

static int run_add_flows(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	return change_by_file(job, inv->args[0], FLOW_BY_WORD, inv->args[1], err);
}

static int run_mod_flows(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	bool is_strict = option_is_given(inv, OPTION_STRICT);

	return change_by_word(job, inv, is_strict ? FLOW_MODIFY_STRICT : FLOW_MODIFY, err);
}

static int run_del_flows(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	bool is_strict = option_is_given(inv, OPTION_STRICT);

	if (is_strict && inv->n_args < 2)
		return err_set(err, EOPNOTSUPP, "del-flows --strict needs the flow that is meant");
	return change_by_word(job, inv, is_strict ? FLOW_DELETE_STRICT : FLOW_DELETE, err);
}

static int run_del_all(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	return change(job, inv->args[0], FLOW_DELETE, slice_of(","), err);
}

/* ---- listing ---- */

static struct flow_query query_of(const struct job *job, const struct cli_invocation *inv)
{
	return (struct flow_query){
		.bridge = inv->args[0],
		.filter = job_arg(inv, 1),
		.is_strict = option_is_given(inv, OPTION_STRICT),
		.no_stats = option_is_given(inv, OPTION_NO_STATS),
		.has_names = job->has_names,
	};
}

static int print_flow(struct slice flow, void *ctx)
{
	putchar(' ');
	fwrite(flow.at, 1, flow.len, stdout);
	putchar('\n');
	return 0;
}

/* Flows on their way into a list. */
struct reading {
	struct flow_list list;
	struct flow_names names;
	struct err *err;
};

static int read_flow(struct slice flow, void *ctx)
{
	struct reading *reading = ctx;

	return flow_list_add(&reading->list, flow, &reading->names, reading->err);
}

static void print_list(const struct job *job, const struct reading *reading, bool is_json)
{
	struct json_object *rows = need(json_object_new_array());

	for (size_t i = 0; i < reading->list.n; i++) {
		const struct flow_item *item = &reading->list.item[i];

		if (is_json)
			json_object_array_add(
				rows,
				flow_item_json(item, job->has_names ? &reading->names : NULL));
		else
			print_flow(slice_of(item->text), NULL);
	}
	if (is_json)
		job_print_json(rows);
	json_object_put(rows);
}

/* The field that --sort or --rsort names; NULL: neither was given. */
static const char *sort_field(const struct cli_invocation *inv)
{
	const char *field = inv->options.value[OPTION_SORT];

	if (!field)
		field = inv->options.value[OPTION_RSORT];
	return field && !*field ? "priority" : field;
}

/* What needs all flows at once, understood. */
static int dump_list(struct job *job, const struct cli_invocation *inv, struct flow_query query,
		     struct err *err)
{
	own(bridge_names_free) struct bridge_names *names = NULL;
	bool is_descending = option_is_given(inv, OPTION_RSORT);
	struct reading reading = {.err = err};
	const char *field = sort_field(inv);
	struct transport *transport;
	int ret = job_transport(job, &transport, err);

	if (!ret)
		ret = bridge_names_new(&names, job, query.bridge, err);
	if (ret)
		return ret;
	reading.names = bridge_names_of(names);
	ret = transport->ops->dump(transport, &query, read_flow, &reading, err);
	if (!ret && field)
		ret = flow_list_sort(&reading.list, field, is_descending, err);
	if (!ret)
		print_list(job, &reading, job->is_json);
	flow_list_fini(&reading.list);
	return ret;
}

static int run_dump_flows(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	const struct flow_query query = query_of(job, inv);
	struct transport *transport;
	int ret;

	if (option_is_given(inv, OPTION_SORT) && option_is_given(inv, OPTION_RSORT))
		return err_set(err, EOPNOTSUPP, "--sort and --rsort exclude each other");
	if (job->is_json || sort_field(inv))
		return dump_list(job, inv, query, err);
	ret = job_transport(job, &transport, err);
	return ret ? ret : transport->ops->dump(transport, &query, print_flow, NULL, err);
}

static int run_dump_aggregate(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	const struct flow_query query = query_of(job, inv);
	struct transport *transport;
	struct flow_totals sum;
	int ret = job_transport(job, &transport, err);

	if (!ret)
		ret = transport->ops->count(transport, &query, &sum, err);
	if (!ret)
		printf(job->is_json ? "{\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64
				      ",\"flows\":%" PRIu32 "}\n"
				    : "packet_count=%" PRIu64 " byte_count=%" PRIu64
				      " flow_count=%" PRIu32 "\n",
		       sum.n_packets, sum.n_bytes, sum.n_flows);
	return ret;
}

static void show_eviction(struct grid *grid, struct json_object *row, struct json_object *value)
{
	grid_add_text(grid, json_object_get_boolean(value) ? "evicts" : "");
}

static int run_dump_tables(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	static const struct report_column columns[] = {
		{"table", "table", GRID_RIGHT, NULL},
		{"name", "name", GRID_LEFT, NULL},
		{"flows", "flows", GRID_RIGHT, NULL},
		{"looked up", "looked-up", GRID_RIGHT, NULL},
		{"matched", "matched", GRID_RIGHT, NULL},
		{"max flows", "max-flows", GRID_RIGHT, NULL},
		{"if full", "evicts", GRID_LEFT, show_eviction},
		{"miss", "miss", GRID_LEFT, NULL},
		{},
	};
	own(json_free) struct json_object *tables = NULL;
	int ret = job_call(job, "table-dump", job_params(inv->args[0]), &tables, err);

	if (ret)
		return ret;
	if (job->is_json)
		job_print_json(tables);
	else
		report_rows(tables, &(struct report){.columns = columns, .keeps_order = true},
			    &(struct grid_style){.format = GRID_TABLE});
	return 0;
}

static int run_mod_table(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	struct json_object *params = job_params(inv->args[0]);

	job_param(params, "table", inv->args[1]);
	job_param(params, "setting", inv->args[2]);
	return job_call(job, "table-mod", params, &result, err);
}

/* ---- the table ---- */

#define STRICT 1u << OPTION_STRICT
#define BUNDLE 1u << OPTION_BUNDLE

static const struct cli_action add_flow = {run_add_flow};
static const struct cli_action add_flows = {run_add_flows};
static const struct cli_action mod_flows = {run_mod_flows};
static const struct cli_action del_flows = {run_del_flows};
static const struct cli_action del_all = {run_del_all};
static const struct cli_action dump_flows = {run_dump_flows};
static const struct cli_action dump_aggregate = {run_dump_aggregate};
static const struct cli_action dump_tables = {run_dump_tables};
static const struct cli_action mod_table = {run_mod_table};

const struct cli_command flow_commands[] = {
	{"add-flow", "BRIDGE FLOW", "add a flow, or change the actions of the one like it", BUNDLE,
	 &add_flow},
	{"add-flows", "BRIDGE FILE",
	 "do what the lines of FILE (-: standard input) say, or nothing", BUNDLE, &add_flows},
	{"mod-flows", "BRIDGE FLOW", "change the actions of all flows that FLOW covers",
	 STRICT | BUNDLE, &mod_flows},
	{"del-flows", "BRIDGE [FLOW]", "delete all flows, or those that FLOW covers",
	 STRICT | BUNDLE, &del_flows},
	{"del-all", "BRIDGE", "delete all flows", 0, &del_all},
	{"replace-flows", "BRIDGE FILE", "make the flows those of FILE; equal ones stay untouched",
	 BUNDLE | 1u << OPTION_FORCE, &replace_flows},
	{"diff-flows", "SOURCE SOURCE", "compare two of BRIDGE and FILE (which has a / or .)", 0,
	 &diff_flows},
	{"dump-flows", "BRIDGE [FLOW]", "list all flows, or those that FLOW covers",
	 STRICT | 1u << OPTION_NO_STATS | 1u << OPTION_SORT | 1u << OPTION_RSORT, &dump_flows},
	{"dump-aggregate", "BRIDGE [FLOW]", "sum up what flows counted", STRICT, &dump_aggregate},
	{"dump-tables", "BRIDGE", "show the flow tables and what they counted", 0, &dump_tables},
	{"mod-table", "BRIDGE TABLE DOES",
	 "let a table (or all) drop, continue, controller, default; evict, noevict; name:NAME", 0,
	 &mod_table},
	{},
};
