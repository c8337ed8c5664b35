/* Commands about ports as OpenFlow sees them: numbers, state, counters; and what was learned on them. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "bridge_names.h"
#include "job.h"
#include "need.h"
#include "report.h"

#define OFPORT_LOCAL_NAME "LOCAL"

static void print_number(struct json_object *row)
{
	int64_t ofport = json_int(row, "ofport");

	if (ofport == OFPORT_LOCAL)
		printf(OFPORT_LOCAL_NAME);
	else
		printf("%" PRId64, ofport);
}

/* ---- show, dump-ports-desc ---- */

static void print_config(struct json_object *flags)
{
	const size_t n = json_array_size(flags);

	printf("     config:    ");
	for (size_t i = 0; i < n; i++)
		printf(" %s", json_object_get_string(json_array_at(flags, i)));
	puts(n ? "" : " 0");
}

static void print_description(struct json_object *row)
{
	bool has_no_link = strcmp(json_text(row, "link"), "up");

	putchar(' ');
	print_number(row);
	printf("(%s): addr:%s\n", json_text(row, "name"), json_text(row, "mac"));
	print_config(json_object_object_get(row, "config"));
	printf("     state:      %s\n", has_no_link ? "LINK_DOWN" : "0");
	printf("     speed: %" PRId64 " Mbps now, 0 Mbps max\n", json_int(row, "speed") / 1000000);
	if (*json_text(row, "error"))
		printf("     error: %s\n", json_text(row, "error"));
}

/* The ports of the bridge that `which` (a number or a name; "": all) means; the caller puts *rows. */
static int fetch_ports(struct job *job, const char *bridge, const char *which,
		       struct json_object **rows, struct err *err)
{
	own(bridge_names_free) struct bridge_names *names = NULL;
	own(json_free) struct json_object *all = NULL;
	uint16_t port;
	int ret = job_call(job, "port-show", job_params(bridge), &all, err);

	if (ret || !*which) {
		*rows = take_ptr(all);
		return ret;
	}
	ret = bridge_names_new(&names, job, bridge, err);
	if (!ret)
		ret = bridge_names_port(names, which, &port, err);
	if (ret)
		return ret;
	*rows = need(json_object_new_array());
	for (size_t i = 0; i < json_array_size(all); i++) {
		struct json_object *row = json_array_at(all, i);

		if (json_int(row, "ofport") == port)
			json_object_array_add(*rows, json_object_get(row));
	}
	if (json_array_size(*rows))
		return 0;
	json_free(rows);
	return err_set(err, ENOENT, "bridge %s has no port %s", bridge, which);
}

/* Prints each port by `print`, or all as JSON. */
static int run_ports(struct job *job, const struct cli_invocation *inv,
		     void (*print)(struct json_object *row), struct err *err)
{
	own(json_free) struct json_object *rows = NULL;
	int ret = fetch_ports(job, inv->args[0], job_arg(inv, 1), &rows, err);

	if (ret)
		return ret;
	if (job->is_json)
		job_print_json(rows);
	for (size_t i = 0; i < json_array_size(rows) && !job->is_json; i++)
		print(json_array_at(rows, i));
	return 0;
}

static int run_dump_ports_desc(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	return run_ports(job, inv, print_description, err);
}

static int run_show(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	own(json_free) struct json_object *tables = NULL, *frags = NULL;
	int64_t n_flows = 0;
	int ret = job_call(job, "table-dump", job_params(inv->args[0]), &tables, err);

	if (!ret)
		ret = job_call(job, "frags-show", job_params(inv->args[0]), &frags, err);
	if (ret)
		return ret;
	for (size_t i = 0; i < json_array_size(tables); i++)
		n_flows += json_int(json_array_at(tables, i), "flows");
	if (!job->is_json)
		printf("bridge %s: n_tables:255, n_flows:%" PRId64 ", frags:%s\n", inv->args[0],
		       n_flows, json_text(frags, "frags"));
	return run_ports(job, inv, print_description, err);
}

/* ---- dump-ports ---- */

static void print_counters(struct json_object *row)
{
	struct json_object *switched = json_object_object_get(row, "switched");
	struct json_object *device = json_object_object_get(row, "device");
	int64_t n_drops = json_sum(json_object_object_get(row, "drops"));

	printf("  port ");
	print_number(row);
	printf("(%s): rx pkts=%" PRId64 ", bytes=%" PRId64 ", drop=%" PRId64 ", errs=%" PRId64 "\n",
	       json_text(row, "name"), json_int(switched, "rx_packets"),
	       json_int(switched, "rx_bytes"), n_drops, json_int(device, "rx_errors"));
	printf("           tx pkts=%" PRId64 ", bytes=%" PRId64 ", drop=%" PRId64 ", errs=%" PRId64
	       "\n",
	       json_int(switched, "tx_packets"), json_int(switched, "tx_bytes"),
	       json_int(device, "tx_dropped"), json_int(device, "tx_errors"));
}

static int run_dump_ports(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	return run_ports(job, inv, print_counters, err);
}

/* ---- mod-port, get-frags, set-frags ---- */

static int run_mod_port(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	struct json_object *params = job_params(inv->args[0]);

	job_param(params, "port", inv->args[1]);
	job_param(params, "setting", inv->args[2]);
	return job_call(job, "port-mod", params, &result, err);
}

static int run_get_frags(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	int ret = job_call(job, "frags-show", job_params(inv->args[0]), &result, err);

	if (ret)
		return ret;
	if (job->is_json)
		job_print_json(result);
	else
		puts(json_text(result, "frags"));
	return 0;
}

static int run_set_frags(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	struct json_object *params = job_params(inv->args[0]);

	job_param(params, "frags", inv->args[1]);
	return job_call(job, "frags-set", params, &result, err);
}

/* ---- fdb ---- */

static int run_fdb(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	static const struct report_column columns[] = {
		{"port", "port", GRID_LEFT, NULL},
		{"VLAN", "vlan", GRID_RIGHT, NULL},
		{"MAC", "mac", GRID_LEFT, NULL},
		{"age", "age", GRID_RIGHT, report_fdb_age},
		{},
	};
	own(json_free) struct json_object *rows = NULL;
	int ret = job_call(job, "fdb-show", job_params(inv->args[0]), &rows, err);

	if (ret)
		return ret;
	if (job->is_json)
		job_print_json(rows);
	else
		report_rows(rows, &(struct report){.columns = columns},
			    &(struct grid_style){.format = GRID_TABLE});
	return 0;
}

static const struct cli_action show = {run_show};
static const struct cli_action dump_ports = {run_dump_ports};
static const struct cli_action dump_ports_desc = {run_dump_ports_desc};
static const struct cli_action mod_port = {run_mod_port};
static const struct cli_action get_frags = {run_get_frags};
static const struct cli_action set_frags = {run_set_frags};
static const struct cli_action fdb = {run_fdb};

const struct cli_command port_commands[] = {
	{"show", "BRIDGE", "show the bridge: how many flows, and its ports", 0, &show},
	{"dump-ports", "BRIDGE [PORT]", "show what ports counted", 0, &dump_ports},
	{"dump-ports-desc", "BRIDGE [PORT]", "show ports: number, address, state, speed", 0,
	 &dump_ports_desc},
	{"mod-port", "BRIDGE PORT SETTING",
	 "let a port be up, down, [no-]receive, [no-]forward, [no-]flood, [no-]packet-in ...", 0,
	 &mod_port},
	{"get-frags", "BRIDGE", "show what flows see of IP fragments", 0, &get_frags},
	{"set-frags", "BRIDGE MODE", "let fragments be normal, drop or nx-match", 0, &set_frags},
	{"fdb", "BRIDGE", "list the MAC addresses that the bridge knows", 0, &fdb},
	{},
};
