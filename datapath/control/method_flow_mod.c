/* flow-mod: changes flows. A change may come in parts: the caller keeps those until the last one, and all
 * of them become one change, or nothing. They are kept as they came: each line is read when its flow is made.
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
#include "switch/group.h"
#include "switch/vswitch.h"

#define CHANGE_FLOWS_MAX 1000000u
#define CHANGE_MIB_MAX   256u
#define PART_COST        128 /* bytes that a part takes besides */

struct part {
	struct json_object *flows;
	enum flow_command command;
};

struct change {
	struct caller_hold hold;
	struct part *parts;
	uint32_t n_parts;
	size_t n_bytes;
	char bridge[32];
};

static void change_fini(struct change *change)
{
	for (uint32_t i = 0; i < change->n_parts; i++)
		json_object_put(change->parts[i].flows);
	free(change->parts);
}

static void change_free(struct caller_hold *hold)
{
	struct change *change = (struct change *)hold;

	change_fini(change);
	free(change);
}

static struct slice text_of(const struct part *part)
{
	return (struct slice){json_object_get_string(part->flows),
			      (size_t)json_object_get_string_len(part->flows)};
}

static int change_add(struct change *change, struct json_object *flows, enum flow_command command,
		      struct err *err)
{
	struct part *parts;

	change->n_bytes += PART_COST + (size_t)json_object_get_string_len(flows);
	if (change->n_bytes > (size_t)CHANGE_MIB_MAX << 20)
		return err_set(err, ENOSPC,
			       "more than %u MiB of flows in one change: send them in several",
			       CHANGE_MIB_MAX);
	parts = realloc(change->parts, (change->n_parts + 1) * sizeof(*parts));
	if (!parts)
		return err_set(err, ENOMEM, "out of memory");
	change->parts = parts;
	parts[change->n_parts++] = (struct part){json_object_get(flows), command};
	return 0;
}

/* ---- reading it, line by line ---- */

struct reader {
	struct bridge_mod_source source;
	const struct change *change;
	struct flow_names names;
	uint32_t n_parts;  /* begun */
	struct slice text; /* of the last of them: what is not read yet */
	unsigned n_line;   /* in it, the one that was read last */
	uint32_t n_flows;
	struct flow_mod flow; /* that was read last */
};

static bool line_next(struct reader *reader, struct slice *line)
{
	while (!flow_line_next(&reader->text, line, &reader->n_line)) {
		if (reader->n_parts == reader->change->n_parts)
			return false;
		reader->text = text_of(&reader->change->parts[reader->n_parts++]);
		reader->n_line = 0;
	}
	return true;
}

static int read_next(struct bridge_mod_source *source, struct bridge_mod *mod, struct err *err)
{
	struct reader *reader = (struct reader *)source;
	struct slice line;
	int rc;

	flow_mod_fini(&reader->flow);
	if (!line_next(reader, &line))
		return 0;
	if (reader->n_flows == CHANGE_FLOWS_MAX)
		return err_set(err, ENOSPC,
			       "more than %u flows in one change: send them in several",
			       CHANGE_FLOWS_MAX);
	rc = flow_mod_parse(line, reader->change->parts[reader->n_parts - 1].command,
			    &reader->names, &reader->flow, err);
	if (rc)
		return rc;
	reader->n_flows++;
	mod->flow = &reader->flow;
	return 1;
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

/* Says which line is to blame, where there are several. */
static void blame(const struct reader *reader, struct err *err)
{
	const struct change *change = reader->change;
	unsigned n_lines = 0, line = 0;

	for (uint32_t i = 0; i < change->n_parts; i++) {
		if (i + 1 == reader->n_parts)
			line = n_lines + reader->n_line;
		n_lines += count_lines(text_of(&change->parts[i]));
	}
	if (n_lines > 1)
		err_prefix(err, "line %u", line);
}

static int change_apply(const struct change *change, struct bridge *bridge,
			struct json_object **result, struct err *err)
{
	struct reader reader = {
		.source.next = read_next, .change = change, .names = bridge_flow_names(bridge)};
	int rc = bridge_mods_from(bridge, &reader.source, NULL, err);

	flow_mod_fini(&reader.flow);
	if (rc) {
		blame(&reader, err);
		return rc;
	}
	*result = json_object_new_object();
	result_integer(*result, "flows", reader.n_flows);
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

/* Takes this part into `change`, and if it is the last one, does what all of them say. */
static int change_go_on(struct change *change, struct bridge *bridge, struct json_object *params,
			struct json_object **result, struct err *err)
{
	int rc = change_add(change, json_object_object_get(params, "flows"), param_command(params),
			    err);

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
