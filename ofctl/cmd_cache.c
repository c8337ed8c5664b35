/* dump-cache: what is cached, on which floor, and why not in the kernel. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "base/json.h"
#include "base/own.h"
#include "job.h"
#include "need.h"

static void print_orders(struct json_object *names)
{
	for (size_t i = 0; names && i < json_array_size(names); i++)
		printf("%s%s",
		       i ? "," : ", orders:", json_object_get_string(json_array_at(names, i)));
}

static void print_entry(struct json_object *row)
{
	printf("%s: %s, packets:%" PRId64 ", bytes:%" PRId64 ", idle:%" PRId64 "s",
	       json_text(row, "floor"), json_text(row, "match"), json_int(row, "packets"),
	       json_int(row, "bytes"), json_int(row, "idle"));
	print_orders(json_object_object_get(row, "orders"));
	printf(", actions:%s\n", json_text(row, "actions"));
	if (*json_text(row, "why"))
		printf("    not in the kernel: %s\n", json_text(row, "why"));
}

/* One page; `all` gets its entries, or they are printed at once. */
static void take_page(struct json_object *page, struct json_object *all)
{
	struct json_object *entries = json_object_object_get(page, "entries");

	for (size_t i = 0; i < json_array_size(entries); i++) {
		struct json_object *row = json_array_at(entries, i);

		if (all)
			json_object_array_add(all, json_object_get(row));
		else
			print_entry(row);
	}
}

static int run_dump_cache(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	own(json_free) struct json_object *all = job->is_json ? json_object_new_array() : NULL;
	own(json_free) struct json_object *page = NULL;
	struct json_object *after = NULL;
	int ret;

	do {
		struct json_object *params = job_params(inv->args[0]);

		if (after)
			json_object_object_add(params, "after", json_object_get(after));
		json_free(&page);
		ret = job_call(job, "cache-dump", params, &page, err);
		if (ret)
			return ret;
		take_page(page, all);
		after = json_object_object_get(page, "after");
	} while (after);
	if (all)
		job_print_json(all);
	return 0;
}

const struct cli_action dump_cache = {run_dump_cache};
