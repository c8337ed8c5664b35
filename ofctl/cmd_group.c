/* Commands about groups. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "base/slice.h"
#include "flow/group_text.h"
#include "input.h"
#include "job.h"
#include "need.h"

/* ---- changing ---- */

static int change(struct job *job, const char *bridge, const char *command, struct slice text,
		  struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	struct json_object *params = job_params(bridge);
	int ret;

	json_object_object_add(params, "groups",
			       need(json_object_new_string_len(text.at, (int)text.len)));
	job_param(params, "command", command);
	ret = job_call(job, "group-mod", params, &result, err);
	if (!ret && job->is_json)
		job_print_json(result);
	return ret;
}

static int change_by_file(struct job *job, const char *bridge, const char *command,
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

/* One group from the command line, however many lines it was written on; "-": a file of them. */
static int change_by_word(struct job *job, const struct cli_invocation *inv, const char *command,
			  struct err *err)
{
	own(mem_free) char *group = need(strdup(job_arg(inv, 1)));

	if (!strcmp(group, "-"))
		return change_by_file(job, inv->args[0], command, group, err);
	for (char *c = group; *c; c++)
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	return change(job, inv->args[0], command, slice_of(group), err);
}

static int run_add_group(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	return change_by_word(job, inv, "add", err);
}

static int run_add_groups(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	return change_by_file(job, inv->args[0], "by-word", inv->args[1], err);
}

static int run_mod_group(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	return change_by_word(job, inv,
			      option_is_given(inv, OPTION_MAY_CREATE) ? "modify-or-add" : "modify",
			      err);
}

static int run_insert_buckets(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	return change_by_word(job, inv, "insert-buckets", err);
}

static int run_remove_buckets(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	return change_by_word(job, inv, "remove-buckets", err);
}

/* The group that the second argument means. */
static int read_group(const struct cli_invocation *inv, uint32_t *group, struct err *err)
{
	return group_filter_parse(slice_of(job_arg(inv, 1)), group, err);
}

static int run_del_groups(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	char text[64] = "group_id=all";
	uint32_t group;
	int ret;

	if (!strcmp(job_arg(inv, 1), "-"))
		return change_by_file(job, inv->args[0], "delete", "-", err);
	ret = read_group(inv, &group, err);
	if (ret)
		return ret;
	if (group != GROUP_EVERY)
		snprintf(text, sizeof(text), "group_id=%" PRIu32, group);
	return change(job, inv->args[0], "delete", slice_of(text), err);
}

/* ---- listing ---- */

/* Calls the method until there is no page left; takes each. */
static int for_each_page(struct job *job, const struct cli_invocation *inv, const char *method,
			 void (*take)(struct json_object *page, struct json_object *all),
			 struct json_object *all, struct err *err)
{
	own(json_free) struct json_object *page = NULL;
	struct json_object *after = NULL;
	uint32_t group;
	int ret = read_group(inv, &group, err);

	while (!ret) {
		struct json_object *params = job_params(inv->args[0]);

		if (group != GROUP_EVERY)
			json_object_object_add(params, "group", json_object_new_int64(group));
		if (job->has_names && !strcmp(method, "group-dump"))
			json_object_object_add(params, "names", json_object_new_boolean(true));
		if (after)
			json_object_object_add(params, "after", json_object_get(after));
		json_object_put(page);
		page = NULL;
		ret = job_call(job, method, params, &page, err);
		if (ret)
			return ret;
		take(page, all);
		after = json_object_object_get(page, "after");
		if (!after)
			break;
	}
	return ret;
}

/* Each line; as a string of its own in JSON. */
static void take_lines(struct json_object *page, struct json_object *all)
{
	struct slice text =
		slice_of(json_object_get_string(json_object_object_get(page, "groups")));

	while (text.len) {
		const size_t end = slice_find(text, '\n');

		if (all)
			json_object_array_add(all, json_object_new_string_len(text.at, (int)end));
		else
			printf(" %.*s\n", (int)end, text.at);
		text = slice_skip(text, end < text.len ? end + 1 : end);
	}
}

static void print_stats(struct json_object *row)
{
	struct json_object *buckets = json_object_object_get(row, "buckets");
	const uint64_t ms = json_uint(row, "milliseconds");

	printf(" group_id=%" PRIu64 ",duration=%" PRIu64 ".%03us,ref_count=%" PRIu64
	       ",packet_count=%" PRIu64 ",byte_count=%" PRIu64,
	       json_uint(row, "group"), ms / 1000, (unsigned)(ms % 1000),
	       json_uint(row, "references"), json_uint(row, "packets"), json_uint(row, "bytes"));
	for (size_t i = 0; i < json_array_size(buckets); i++) {
		struct json_object *bucket = json_array_at(buckets, i);

		printf(",bucket%zu:packet_count=%" PRIu64 ",byte_count=%" PRIu64, i,
		       json_uint(bucket, "packets"), json_uint(bucket, "bytes"));
	}
	putchar('\n');
}

static void take_rows(struct json_object *page, struct json_object *all)
{
	struct json_object *rows = json_object_object_get(page, "groups");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		struct json_object *row = json_array_at(rows, i);

		if (all)
			json_object_array_add(all, json_object_get(row));
		else
			print_stats(row);
	}
}

static int list(struct job *job, const struct cli_invocation *inv, const char *method,
		void (*take)(struct json_object *page, struct json_object *all), struct err *err)
{
	own(json_free) struct json_object *all =
		job->is_json ? need(json_object_new_array()) : NULL;
	int ret = for_each_page(job, inv, method, take, all, err);

	if (!ret && all)
		job_print_json(all);
	return ret;
}

static int run_dump_groups(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	return list(job, inv, "group-dump", take_lines, err);
}

static int run_dump_group_stats(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	return list(job, inv, "group-stats", take_rows, err);
}

static void print_words(const char *title, struct json_object *words)
{
	printf("%s:", title);
	for (size_t i = 0; i < json_array_size(words); i++)
		printf(" %s", json_object_get_string(json_array_at(words, i)));
	putchar('\n');
}

static int run_dump_group_features(struct job *job, const struct cli_invocation *inv,
				   struct err *err)
{
	own(json_free) struct json_object *features = NULL;
	int ret = job_call(job, "group-features", job_params(inv->args[0]), &features, err);

	if (ret)
		return ret;
	if (job->is_json) {
		job_print_json(features);
		return 0;
	}
	print_words("types", json_object_object_get(features, "types"));
	print_words("capabilities", json_object_object_get(features, "capabilities"));
	printf("max_groups: %" PRIu64 "\nmax_buckets: %" PRIu64 " in each\n",
	       json_uint(features, "max-groups"), json_uint(features, "max-buckets"));
	return 0;
}

/* ---- the table ---- */

#define BUNDLE 1u << OPTION_BUNDLE

static const struct cli_action add_group = {run_add_group};
static const struct cli_action add_groups = {run_add_groups};
static const struct cli_action mod_group = {run_mod_group};
static const struct cli_action del_groups = {run_del_groups};
static const struct cli_action insert_buckets = {run_insert_buckets};
static const struct cli_action remove_buckets = {run_remove_buckets};
static const struct cli_action dump_groups = {run_dump_groups};
static const struct cli_action dump_group_stats = {run_dump_group_stats};
static const struct cli_action dump_group_features = {run_dump_group_features};

const struct cli_command group_commands[] = {
	{"add-group", "BRIDGE DESCRIPTION", "add a group", BUNDLE, &add_group},
	{"add-groups", "BRIDGE FILE",
	 "do what the lines of FILE (-: standard input) say, or nothing", BUNDLE, &add_groups},
	{"mod-group", "BRIDGE DESCRIPTION", "make a group another one",
	 BUNDLE | 1u << OPTION_MAY_CREATE, &mod_group},
	{"del-groups", "BRIDGE [GROUP]", "delete all groups, or one, with the flows that use them",
	 BUNDLE, &del_groups},
	{"insert-buckets", "BRIDGE DESCRIPTION",
	 "insert buckets behind, or in front of, those of a group", BUNDLE, &insert_buckets},
	{"remove-buckets", "BRIDGE DESCRIPTION", "remove one bucket of a group, or all", BUNDLE,
	 &remove_buckets},
	{"dump-groups", "BRIDGE [GROUP]", "list all groups, or one", 0, &dump_groups},
	{"dump-group-stats", "BRIDGE [GROUP]", "show what groups and their buckets counted", 0,
	 &dump_group_stats},
	{"dump-group-features", "BRIDGE", "show what groups there may be", 0, &dump_group_features},
	{},
};
