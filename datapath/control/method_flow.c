/* flow-mod, flow-dump, flow-aggregate, table-dump: a bridge's flows, as text (flow/flow_text.h). */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "control/caller.h"
#include "control/method.h"
#include "flow/port_text.h"
#include "switch/flow_cursor.h"
#include "switch/flows.h"
#include "switch/vswitch.h"

/* Bytes of flows in one answer: as many as are written in some milliseconds. */
#define PAGE_SIZE (512 << 10)

/* ---- which flows ---- */

int param_filter(struct bridge *bridge, struct json_object *params, struct flow_mod *filter,
		 struct err *err)
{
	const char *text = param_string(params, "filter");
	const struct flow_names names = bridge_flow_names(bridge);
	bool is_strict = param_boolean(params, "strict");

	return flow_mod_parse(slice_trim(slice_of(text ? text : "")),
			      is_strict ? FLOW_DELETE_STRICT : FLOW_DELETE, &names, filter, err);
}

/* What a caller has not been shown yet. */
struct dump {
	struct caller_hold hold;
	struct flow_cursor *cursor;
	uint32_t number; /* names it: "after" */
	char bridge[32];
};

struct page {
	struct print text;
	const struct flow_names *names; /* NULL: numbers */
	bool has_stats;
};

static void dump_free(struct caller_hold *hold)
{
	struct dump *dump = (struct dump *)hold;

	flow_cursor_free(&dump->cursor);
	free(dump);
}

static int dump_new(struct dump **out, struct bridge *bridge, struct json_object *params,
		    struct err *err)
{
	static uint32_t n_dumps;
	own(flow_mod_fini) struct flow_mod filter = {0};
	struct dump *dump;
	int rc = param_filter(bridge, params, &filter, err);

	if (rc)
		return rc;
	dump = calloc(1, sizeof(*dump));
	if (!dump || flow_cursor_new(&dump->cursor, bridge, &filter)) {
		free(dump);
		return err_set(err, ENOMEM, "out of memory");
	}
	dump->hold.free = dump_free;
	dump->number = ++n_dumps;
	snprintf(dump->bridge, sizeof(dump->bridge), "%s", bridge_name(bridge));
	*out = dump;
	return 0;
}

/* The dump that "after" continues. */
static int dump_find(struct dump **out, struct method_context *context, struct bridge *bridge,
		     int64_t after, struct err *err)
{
	struct dump *dump = NULL;

	if (context->caller)
		dump = (struct dump *)caller_held(context->caller, dump_free);
	if (!dump || dump->number != after || strcmp(dump->bridge, bridge_name(bridge)))
		return err_set(err, EINVAL,
			       "after: use what the last page said, on the same connection, before "
			       "another flow-dump begins");
	*out = dump;
	return 0;
}

static int write_flow(const struct flow_row *row, void *ctx)
{
	struct page *page = ctx;

	if (page->text.len >= PAGE_SIZE)
		return 1;
	flow_print(&page->text, row->flow, page->has_stats ? &row->stats : NULL, page->names);
	print_char(&page->text, '\n');
	return 0;
}

/* Writes one page. Returns 1 if there is more, 0, -ENOMEM, or -ENODEV: that bridge is gone. */
static int page_write(struct dump *dump, struct bridge *bridge, struct json_object *params,
		      struct json_object **result)
{
	const struct flow_names names = bridge_flow_names(bridge);
	struct page page = {.has_stats = !param_boolean(params, "no-stats"),
			    .names = param_boolean(params, "names") ? &names : NULL};
	int rc = flow_cursor_next(dump->cursor, write_flow, &page);

	if (page.text.is_failed)
		rc = -ENOMEM;
	if (rc >= 0) {
		*result = json_object_new_object();
		json_object_object_add(
			*result, "flows",
			json_object_new_string_len(print_text(&page.text), (int)page.text.len));
	}
	print_fini(&page.text);
	return rc;
}

/* One at a time for each caller. */
static void dump_keep(struct caller *caller, struct dump *dump)
{
	struct caller_hold *old = caller_held(caller, dump_free);

	if (old)
		caller_drop(caller, old);
	caller_keep(caller, &dump->hold);
}

int method_flow_dump(struct method_context *context, struct json_object *params,
		     struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	int64_t after = param_integer(params, "after", 0);
	struct dump *dump = NULL;
	int rc;

	if (!bridge)
		return -ENOENT;
	rc = after ? dump_find(&dump, context, bridge, after, err)
		   : dump_new(&dump, bridge, params, err);
	if (rc)
		return rc;
	rc = page_write(dump, bridge, params, result);
	if (rc > 0)
		result_integer(*result, "after", dump->number);
	if (rc > 0 && !after && context->caller)
		dump_keep(context->caller, dump);
	else if (rc <= 0 && after)
		caller_drop(context->caller, &dump->hold);
	else if (!after)
		dump_free(&dump->hold);
	if (rc == -ENODEV)
		return err_set(err, ENODEV, "bridge %s was deleted meanwhile", bridge_name(bridge));
	return rc < 0 ? err_set(err, ENOMEM, "out of memory") : 0;
}

int method_flow_aggregate(struct method_context *context, struct json_object *params,
			  struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	own(flow_mod_fini) struct flow_mod filter = {0};
	struct flow_aggregate sum;
	int rc = bridge ? param_filter(bridge, params, &filter, err) : -ENOENT;

	if (rc)
		return rc;
	if (bridge_flows_aggregate(bridge, &filter, &sum))
		return err_set(err, ENOMEM, "out of memory");
	*result = json_object_new_object();
	result_integer(*result, "packets", sum.n_packets);
	result_integer(*result, "bytes", sum.n_bytes);
	result_integer(*result, "flows", sum.n_flows);
	return 0;
}
