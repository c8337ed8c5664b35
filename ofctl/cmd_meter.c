/* Commands about meters. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "base/slice.h"
#include "flow/meter.h"
#include "job.h"
#include "need.h"

/* ---- changing ---- */

static int change(struct job *job, const struct cli_invocation *inv, const char *command,
		  const char *meter, struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	struct json_object *params = job_params(inv->args[0]);

	job_param(params, "command", command);
	job_param(params, "meter", meter);
	return job_call(job, "meter-mod", params, &result, err);
}

static int run_add_meter(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	return change(job, inv, "add", inv->args[1], err);
}

static int run_mod_meter(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	return change(job, inv, "modify", inv->args[1], err);
}

/* The meter that the second argument means. */
static int read_meter(const struct cli_invocation *inv, uint32_t *meter, struct err *err)
{
	return meter_filter_parse(slice_of(job_arg(inv, 1)), meter, err);
}

static int run_del_meters(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	char text[64] = "meter=all";
	uint32_t meter;
	int ret = read_meter(inv, &meter, err);

	if (ret)
		return ret;
	if (meter != METER_EVERY)
		snprintf(text, sizeof(text), "meter=%" PRIu32, meter);
	return change(job, inv, "delete", text, err);
}

/* ---- listing ---- */

static int call(struct job *job, const struct cli_invocation *inv, const char *method,
		struct json_object **result, struct err *err)
{
	struct json_object *params;
	uint32_t meter;
	int ret = read_meter(inv, &meter, err);

	if (ret)
		return ret;
	params = job_params(inv->args[0]);
	if (meter != METER_EVERY)
		json_object_object_add(params, "meter", json_object_new_int64(meter));
	return job_call(job, method, params, result, err);
}

static int run_dump_meters(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	own(json_free) struct json_object *page = NULL;
	int ret = call(job, inv, "meter-dump", &page, err);

	if (ret)
		return ret;
	if (job->is_json)
		job_print_json(json_object_object_get(page, "meters"));
	else
		fputs(json_object_get_string(json_object_object_get(page, "meters")), stdout);
	return 0;
}

static void print_stats(struct json_object *row)
{
	struct json_object *bands = json_object_object_get(row, "bands");
	const uint64_t ms = json_uint(row, "milliseconds");

	printf("meter:%" PRIu64 " flow_count:%" PRIu64 " packet_in_count:%" PRIu64
	       " byte_in_count:%" PRIu64 " duration:%" PRIu64 ".%03us bands:\n",
	       json_uint(row, "meter"), json_uint(row, "flows"), json_uint(row, "packets"),
	       json_uint(row, "bytes"), ms / 1000, (unsigned)(ms % 1000));
	for (size_t i = 0; i < json_array_size(bands); i++) {
		struct json_object *band = json_array_at(bands, i);

		printf("%zu: packet_count:%" PRIu64 " byte_count:%" PRIu64 "\n", i,
		       json_uint(band, "packets"), json_uint(band, "bytes"));
	}
}

static int run_meter_stats(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	own(json_free) struct json_object *rows = NULL;
	int ret = call(job, inv, "meter-stats", &rows, err);

	if (ret)
		return ret;
	if (job->is_json)
		job_print_json(rows);
	for (size_t i = 0; !job->is_json && i < json_array_size(rows); i++)
		print_stats(json_array_at(rows, i));
	return 0;
}

static int run_meter_features(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	own(json_free) struct json_object *features = NULL;
	int ret = job_call(job, "meter-features", job_params(inv->args[0]), &features, err);

	if (ret)
		return ret;
	if (job->is_json)
		job_print_json(features);
	else
		printf("max_meter:%" PRIu64 " max_bands:%" PRIu64
		       " max_color:0\nband_types: drop dscp_remark\n"
		       "capabilities: kbps pktps burst stats\n",
		       json_uint(features, "max-meters"), json_uint(features, "max-bands"));
	return 0;
}

/* ---- the table ---- */

static const struct cli_action add_meter = {run_add_meter};
static const struct cli_action mod_meter = {run_mod_meter};
static const struct cli_action del_meters = {run_del_meters};
static const struct cli_action dump_meters = {run_dump_meters};
static const struct cli_action meter_stats = {run_meter_stats};
static const struct cli_action meter_features = {run_meter_features};

const struct cli_command meter_commands[] = {
	{"add-meter", "BRIDGE DESCRIPTION", "add a meter", 0, &add_meter},
	{"mod-meter", "BRIDGE DESCRIPTION", "make a meter another one", 0, &mod_meter},
	{"del-meters", "BRIDGE [METER]", "delete all meters, or one, with the flows that use them",
	 0, &del_meters},
	{"del-meter", "BRIDGE METER", "delete a meter", 0, &del_meters},
	{"dump-meters", "BRIDGE [METER]", "list all meters, or one", 0, &dump_meters},
	{"dump-meter", "BRIDGE METER", "list a meter", 0, &dump_meters},
	{"meter-stats", "BRIDGE [METER]", "show what meters counted", 0, &meter_stats},
	{"meter-features", "BRIDGE", "show what meters there may be", 0, &meter_features},
	{},
};
