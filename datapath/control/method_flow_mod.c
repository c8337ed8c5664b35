/* flow-mod: changes flows. A change may come in parts: the caller keeps those until the last one, and all
 * of them become one change, or nothing.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "control/caller.h"
#include "control/method.h"
#include "flow/port_text.h"
#include "switch/flows.h"
#include "switch/vswitch.h"

#define CHANGE_FLOWS_MAX 1000000u

struct change {
	struct caller_hold hold;
	struct flow_mod *mods;
	uint32_t *lines; /* of each, from 1 */
	uint32_t n, size;
	uint32_t n_lines, n_parts;
	char bridge[32];
};

static void change_fini(struct change *change)
{
	for (uint32_t i = 0; i < change->n; i++)
		flow_mod_fini(&change->mods[i]);
	free(change->mods);
	free(change->lines);
}

static void change_free(struct caller_hold *hold)
{
	struct change *change = (struct change *)hold;

	change_fini(change);
	free(change);
}

static int change_grow(struct change *change, struct err *err)
{
	uint32_t size = change->size ? change->size * 2 : 1;
	void *mods, *lines;

	if (change->n < change->size)
		return 0;
	if (change->n >= CHANGE_FLOWS_MAX)
		return err_set(err, ENOSPC,
			       "more than %u flows in one change: send them in several",
			       CHANGE_FLOWS_MAX);
	mods = realloc(change->mods, size * sizeof(*change->mods));
	if (mods)
		change->mods = mods;
	lines = realloc(change->lines, size * sizeof(*change->lines));
	if (lines)
		change->lines = lines;
	if (!mods || !lines)
		return err_set(err, ENOMEM, "out of memory");
	change->size = size;
	return 0;
}

/* Says which line is to blame, where there are several. */
static int blame(const struct change *change, uint32_t line, int rc, struct err *err)
{
	if (rc && change->n_lines > 1)
		err_prefix(err, "line %u", line);
	return rc;
}

static unsigned count_lines(struct slice text)
{
	unsigned n = 0;

	while (text.len) {
		size_t end = slice_find(text, '\n');

		text = slice_skip(text, end < text.len ? end + 1 : end);
		n++;
	}
	return n;
}

/* Reads one more part. */
static int change_read(struct change *change, struct slice text, enum flow_command command,
		       const struct flow_names *names, struct err *err)
{
	unsigned n_before = change->n_lines, n_line = 0;
	struct slice line;

	change->n_lines += count_lines(text);
	while (flow_line_next(&text, &line, &n_line)) {
		int rc = change_grow(change, err);

		if (!rc)
			rc = flow_mod_parse(line, command, names, &change->mods[change->n], err);
		if (rc)
			return blame(change, n_before + n_line, rc, err);
		change->lines[change->n++] = n_before + n_line;
	}
	return 0;
}

static int change_apply(struct change *change, struct bridge *bridge, struct json_object **result,
			struct err *err)
{
	size_t which = SIZE_MAX;
	int rc = change->n ? bridge_flow_mods(bridge, change->mods, change->n, &which, err) : 0;

	if (rc)
		return which < change->n ? blame(change, change->lines[which], rc, err) : rc;
	*result = json_object_new_object();
	result_integer(*result, "flows", change->n);
	return 0;
}

static int change_begin(struct caller *caller, const char *bridge, struct change **out,
			struct err *err)
{
	struct change *change;

	if (!caller)
		return err_set(err, EINVAL, "more: only a client that stays can send parts");
	change = calloc(1, sizeof(*change));
	if (!change)
		return err_set(err, ENOMEM, "out of memory");
	change->hold.free = change_free;
	snprintf(change->bridge, sizeof(change->bridge), "%s", bridge);
	caller_keep(caller, &change->hold);
	*out = change;
	return 0;
}

static enum flow_command param_command(struct json_object *params)
{
	static const char *const names[] = {
		[FLOW_ADD] = "add",
		[FLOW_MODIFY] = "modify",
		[FLOW_MODIFY_STRICT] = "modify-strict",
		[FLOW_DELETE] = "delete",
		[FLOW_DELETE_STRICT] = "delete-strict",
	};
	const unsigned n = sizeof(names) / sizeof(*names);
	const unsigned i = param_choice(params, "command", names, n);

	return i < n ? i : FLOW_BY_WORD;
}

/* Reads this part into `change`, and if it is the last one, does what all of them say. */
static int change_go_on(struct change *change, struct bridge *bridge, struct json_object *params,
			struct json_object **result, struct err *err)
{
	struct json_object *flows = json_object_object_get(params, "flows");
	const struct slice text = {json_object_get_string(flows),
				   (size_t)json_object_get_string_len(flows)};
	const struct flow_names names = bridge_flow_names(bridge);
	int rc = change_read(change, text, param_command(params), &names, err);

	change->n_parts++;
	if (!rc && !param_boolean(params, "more"))
		rc = change_apply(change, bridge, result, err);
	return rc;
}

/* A part may be under way while the one before it is refused: it must not begin a change of its own. */
static int check_part(struct json_object *params, const struct change *kept, struct err *err)
{
	const uint32_t n_parts = kept ? kept->n_parts : 0;
	const int64_t part = param_integer(params, "part", n_parts);

	if (part == n_parts)
		return 0;
	return err_set(err, EINVAL, "part must be %u, not %" PRId64 ": parts before it were %s",
		       n_parts, part, kept ? "different ones" : "refused, or never came");
}

int method_flow_mod(struct method_context *context, struct json_object *params,
		    struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	bool has_more = param_boolean(params, "more");
	struct change alone = {0}, *kept = NULL;
	int rc = 0;

	if (context->caller)
		kept = (struct change *)caller_held(context->caller, change_free);
	if (!bridge)
		rc = -ENOENT;
	else if (kept && strcmp(kept->bridge, bridge_name(bridge)))
		rc = err_set(err, EINVAL, "bridge must be %s, like that of the parts before",
			     kept->bridge);
	else
		rc = check_part(params, kept, err);
	if (!rc && !kept && has_more)
		rc = change_begin(context->caller, bridge_name(bridge), &kept, err);
	if (!rc)
		rc = change_go_on(kept ? kept : &alone, bridge, params, result, err);
	if (kept && (rc || !has_more))
		caller_drop(context->caller, &kept->hold);
	change_fini(&alone);
	return rc;
}
