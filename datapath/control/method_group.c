/* group-mod, group-dump, group-stats, group-features: a bridge's groups, as text (flow/group_text.h). */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "control/method.h"
#include "flow/flow_text.h"
#include "flow/group_text.h"
#include "flow/port_text.h"
#include "switch/flows.h"
#include "switch/group.h"

/* Bytes of groups in one answer, and groups whose counters are in one. */
#define PAGE_SIZE   (512 << 10)
#define PAGE_GROUPS 2048

/* ---- changing ---- */

struct change {
	struct bridge_mod *mods; /* each owns its group_mod */
	unsigned *lines;
	size_t n, size;
	unsigned n_lines;
};

static void change_fini(struct change *change)
{
	for (size_t i = 0; i < change->n; i++) {
		struct group_mod *mod = (struct group_mod *)change->mods[i].group;

		group_mod_fini(mod);
		free(mod);
	}
	free(change->mods);
	free(change->lines);
}

static int change_grow(struct change *change)
{
	const size_t size = change->size ? change->size * 2 : 4;
	void *mods, *lines;

	if (change->n < change->size)
		return 0;
	mods = realloc(change->mods, size * sizeof(*change->mods));
	if (mods)
		change->mods = mods;
	lines = realloc(change->lines, size * sizeof(*change->lines));
	if (lines)
		change->lines = lines;
	if (!mods || !lines)
		return -ENOMEM;
	change->size = size;
	return 0;
}

static int change_add(struct change *change, struct slice line, enum group_command command,
		      const struct flow_names *names, struct err *err)
{
	struct group_mod *mod = change_grow(change) ? NULL : calloc(1, sizeof(*mod));
	int rc;

	if (!mod)
		return err_set(err, ENOMEM, "out of memory");
	rc = group_mod_parse(line, command, names, mod, err);
	if (rc) {
		free(mod);
		return rc;
	}
	change->mods[change->n++] = (struct bridge_mod){.group = mod};
	return 0;
}

/* Says which line is to blame, where there are several. */
static int blame(const struct change *change, unsigned line, int rc, struct err *err)
{
	if (rc && change->n_lines > 1)
		err_prefix(err, "line %u", line);
	return rc;
}

static int change_read(struct change *change, struct slice text, enum group_command command,
		       const struct flow_names *names, struct err *err)
{
	unsigned n_line = 0;
	struct slice line, rest = text;

	while (flow_line_next(&rest, &line, &change->n_lines))
		continue;
	while (flow_line_next(&text, &line, &n_line)) {
		int rc = change_add(change, line, command, names, err);

		if (rc)
			return blame(change, n_line, rc, err);
		change->lines[change->n - 1] = n_line;
	}
	return 0;
}

static enum group_command param_command(struct json_object *params)
{
	static const char *const names[] = {
		[GROUP_ADD] = "add",
		[GROUP_MODIFY] = "modify",
		[GROUP_MODIFY_OR_ADD] = "modify-or-add",
		[GROUP_DELETE] = "delete",
		[GROUP_INSERT_BUCKETS] = "insert-buckets",
		[GROUP_REMOVE_BUCKETS] = "remove-buckets",
	};
	const unsigned i = param_choice(params, "command", names, N_GROUP_COMMANDS);

	return i < N_GROUP_COMMANDS ? i : GROUP_BY_WORD;
}

int method_group_mod(struct method_context *context, struct json_object *params,
		     struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	own(change_fini) struct change change = {0};
	struct flow_names names;
	size_t which = 0;
	int rc;

	if (!bridge)
		return -ENOENT;
	names = bridge_flow_names(bridge);
	rc = change_read(&change, slice_of(param_string(params, "groups")), param_command(params),
			 &names, err);
	if (rc)
		return rc;
	rc = change.n ? bridge_mods(bridge, change.mods, change.n, &which, err) : 0;
	if (rc)
		return blame(&change, change.lines[which], rc, err);
	*result = json_object_new_object();
	result_integer(*result, "groups", change.n);
	return 0;
}

/* ---- reading ---- */

struct page {
	struct print text;
	struct json_object *rows;
	const struct flow_names *names; /* NULL: numbers */
	int64_t after;                  /* groups up to this one were there before; -1: none */
	uint32_t last;
	unsigned n;
};

static uint32_t param_group(struct json_object *params)
{
	return (uint32_t)param_integer(params, "group", GROUP_EVERY);
}

static int write_group(const struct group_row *row, void *ctx)
{
	struct page *page = ctx;

	if (row->desc->id <= page->after)
		return 0;
	if (page->text.len >= PAGE_SIZE)
		return 1;
	group_print(&page->text, row->desc, page->names);
	print_char(&page->text, '\n');
	page->last = row->desc->id;
	return 0;
}

/* What a visit returned: 1 if there is more. */
static int page_end(const struct page *page, int rc, struct json_object *result, struct err *err)
{
	if (rc < 0 || page->text.is_failed)
		return err_set(err, ENOMEM, "out of memory");
	if (rc > 0)
		result_integer(result, "after", page->last);
	return 0;
}

int method_group_dump(struct method_context *context, struct json_object *params,
		      struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	struct page page = {.after = param_integer(params, "after", -1)};
	struct flow_names names;
	int rc;

	if (!bridge)
		return -ENOENT;
	names = bridge_flow_names(bridge);
	page.names = param_boolean(params, "names") ? &names : NULL;
	rc = bridge_groups_for_each(bridge, param_group(params), write_group, &page);
	*result = json_object_new_object();
	result_string(*result, "groups", print_text(&page.text));
	rc = page_end(&page, rc, *result, err);
	print_fini(&page.text);
	return rc;
}

static struct json_object *show_count(const struct group_count *count)
{
	struct json_object *object = json_object_new_object();

	result_integer(object, "packets", count->n_packets);
	result_integer(object, "bytes", count->n_bytes);
	return object;
}

static int show_group(const struct group_row *row, void *ctx)
{
	struct json_object *object, *buckets;
	struct page *page = ctx;

	if (row->desc->id <= page->after)
		return 0;
	if (page->n++ == PAGE_GROUPS)
		return 1;
	object = show_count(&row->count);
	buckets = json_object_new_array();
	result_integer(object, "group", row->desc->id);
	result_integer(object, "references", row->n_refs);
	result_integer(object, "milliseconds", row->duration / 1000000);
	for (uint32_t i = 0; i < row->desc->n_buckets; i++) {
		struct json_object *bucket = show_count(&row->bucket[i]);

		result_integer(bucket, "bucket", row->desc->bucket[i].id);
		json_object_array_add(buckets, bucket);
	}
	json_object_object_add(object, "buckets", buckets);
	json_object_array_add(page->rows, object);
	page->last = row->desc->id;
	return 0;
}

int method_group_stats(struct method_context *context, struct json_object *params,
		       struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	struct page page = {.after = param_integer(params, "after", -1)};
	int rc;

	if (!bridge)
		return -ENOENT;
	page.rows = json_object_new_array();
	*result = json_object_new_object();
	json_object_object_add(*result, "groups", page.rows);
	rc = bridge_groups_for_each(bridge, param_group(params), show_group, &page);
	return page_end(&page, rc, *result, err);
}

/* ---- what groups can do ---- */

int method_group_features(struct method_context *context, struct json_object *params,
			  struct json_object **result, struct err *err)
{
	static const char *const capabilities[] = {"select-weight", "select-liveness", "chaining",
						   "chaining-checks"};
	struct json_object *types, *words;

	if (!param_bridge(context, params, err))
		return -ENOENT;
	types = json_object_new_array();
	words = json_object_new_array();
	for (unsigned i = 0; i < N_GROUP_TYPES; i++)
		json_object_array_add(types, json_object_new_string(group_type_name(i)));
	for (unsigned i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
		json_object_array_add(words, json_object_new_string(capabilities[i]));
	*result = json_object_new_object();
	json_object_object_add(*result, "types", types);
	json_object_object_add(*result, "capabilities", words);
	result_integer(*result, "max-groups", GROUPS_MAX);
	result_integer(*result, "max-buckets", GROUP_BUCKETS_MAX);
	return 0;
}
