/* trace: what would happen to a packet, table by table. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "control/dpctl_text.h"
#include "control/method.h"
#include "control/op_print.h"
#include "control/packet_text.h"
#include "flow/match_text.h"
#include "flow/ofaction_text.h"
#include "flow/port_text.h"
#include "path/host.h"
#include "switch/flow_table.h"
#include "switch/flows.h"
#include "switch/trace.h"
#include "switch/translate_trace.h"
#include "switch/vswitch.h"

/* A way through the tables may be longer than anybody reads; the answer has to fit into a client's backlog. */
#define STORY_MAX ((size_t)4 << 20)

/* What is written while the translation goes on. */
struct story {
	struct print out;
	struct flow_names names;
	struct flow_key last; /* whose working fields the reader knows */
	struct flow_key final;
};

static bool is_long_enough(const struct story *story)
{
	return story->out.len >= STORY_MAX;
}

static void indent(struct story *story, unsigned level)
{
	for (unsigned i = 0; i < level; i++)
		print_add(&story->out, "    ");
}

static void print_name(struct print *out, const char *name, uint64_t value)
{
	print_fmt(out, " %s=0x%" PRIx64, name, value);
}

/* Registers and metadata that were written since. */
static void tell_registers(struct story *story, unsigned level, const struct flow_key *key)
{
	struct flow_key *last = &story->last;
	bool is_first = true;

	for (unsigned i = 0; i < 17; i++) {
		bool is_metadata = i == 16;
		uint64_t now = is_metadata ? key->metadata : key->reg[i];
		char name[16];

		if (now == (is_metadata ? last->metadata : last->reg[i]))
			continue;
		if (is_first) {
			indent(story, level);
			print_add(&story->out, "=>");
		}
		is_first = false;
		snprintf(name, sizeof(name), is_metadata ? "metadata" : "reg%u", i);
		print_name(&story->out, name, now);
	}
	if (!is_first)
		print_char(&story->out, '\n');
	*last = *key;
}

static void tell_table(void *ctx, unsigned level, uint8_t table, const struct flow *flow,
		       const struct flow_key *key)
{
	struct story *story = ctx;
	struct print *out = &story->out;
	struct match match;
	size_t before;

	if (is_long_enough(story))
		return;
	tell_registers(story, level, key);
	indent(story, level);
	if (table < 100)
		print_fmt(out, "%2u. ", table);
	else
		print_fmt(out, "%u. ", table);
	if (!flow) {
		print_add(out, "no flow matches\n");
		return;
	}
	before = out->len;
	flow_match(flow, &match);
	match_print(out, &match, &story->names);
	if (out->len > before)
		print_add(out, ", ");
	print_fmt(out, "priority %u", flow->priority);
	if (flow->cookie)
		print_fmt(out, ", cookie 0x%" PRIx64, flow->cookie);
	print_char(out, '\n');
	if (!flow->actions.n) {
		indent(story, level + 1);
		print_add(out, "drop\n");
	}
}

static void tell_action(void *ctx, unsigned level, const struct ofactions *list, uint32_t at,
			const struct flow_key *key)
{
	struct story *story = ctx;
	const struct ofactions one = {
		.n = 1u + list->item[at].n_inside,
		.item = &list->item[at],
	};

	if (is_long_enough(story))
		return;
	tell_registers(story, level, key);
	indent(story, level);
	if (!level)
		print_add(&story->out, "action set: ");
	ofactions_print(&story->out, &one, &story->names);
	print_char(&story->out, '\n');
}

static void tell_note(void *ctx, unsigned level, const char *text)
{
	struct story *story = ctx;

	if (is_long_enough(story))
		return;
	indent(story, level);
	print_fmt(&story->out, "(%s)\n", text);
}

static void tell_result(void *ctx, const struct flow_key *key, const struct translation *out)
{
	struct story *story = ctx;

	if (is_long_enough(story))
		print_add(&story->out, "(and so on: the rest is left out)\n");
	tell_registers(story, 1, key);
	story->final = *key;
	story->final.actset_output = 0; /* nothing goes by it any more */
	story->final.in_phy_port = 0;   /* the same as in_port */
}

/* ---- the packet ---- */

static int read_request(struct bridge *bridge, struct json_object *params, struct trace *trace,
			uint8_t *bytes, struct err *err)
{
	const char *flow = param_string(params, "flow"), *packet = param_string(params, "packet");
	const struct flow_names names = bridge_flow_names(bridge);
	int rc = 0;

	if (flow)
		rc = match_parse(slice_of(flow), &names, &trace->fields, err);
	if (!rc && packet) {
		rc = packet_text_read(packet, bytes, &trace->n_bytes, err);
		trace->bytes = bytes;
	}
	if (!rc && !flow && !packet)
		rc = err_set(err, EINVAL, "params lacks \"flow\" or \"packet\"");
	return rc;
}

/* ---- the answer ---- */

static void print_key(struct print *out, const struct flow_key *key, const struct flow_key *mask,
		      const struct flow_names *names)
{
	struct match match = {.mask = *mask};
	size_t before = out->len;

	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
		match.key.word[i] = key->word[i] & mask->word[i];
	match.key.packet.packet_class = match.mask.packet.packet_class = 0;
	match_print(out, &match, names);
	if (out->len == before)
		print_add(out, "any");
}

/* Another view of the same bits. */
static bool is_alias(unsigned id)
{
	return id >= FIELD_XREG0 && id <= FIELD_XXREG3;
}

/* The fields that the packet has and that are not zero. */
static void print_packet(struct print *out, const struct flow_key *key,
			 const struct flow_names *names)
{
	struct flow_key mask;

	memset(&mask, 0, sizeof(mask));
	for (unsigned i = 0; i < N_FIELDS; i++) {
		const struct field *field = field_of(i);

		if (!is_alias(i) && field_read(field, key) &&
		    field_need_is_met(field->need, key, NULL))
			field_write(field, &mask, field_all(field));
	}
	print_key(out, key, &mask, names);
}

static void tell_end(struct story *story, struct vswitch *sw, const struct trace *trace)
{
	const struct flow_op_list *ops = &trace->translation->ops;
	struct print *out = &story->out;

	print_add(out, "\nFinal flow: ");
	print_packet(out, &story->final, &story->names);
	print_fmt(out, "\nAll packets alike: of class %s, ",
		  class_name(trace->key.packet.packet_class));
	print_key(out, &trace->key, &trace->mask, &story->names);
	print_add(out, "\nWhat happens: ");
	op_print(out, sw, ops->op, ops->n_ops);
	if (trace->why)
		print_fmt(out, "\nFloor: user, because %s\n", trace->why);
	else
		print_add(out, "\nFloor: kernel\n");
}

static void result_text(struct json_object *result, const char *name, struct print *text)
{
	result_string(result, name, print_text(text));
	print_clear(text);
}

static void result_fill(struct json_object *result, struct vswitch *sw, struct story *story,
			const struct trace *trace)
{
	const struct flow_op_list *ops = &trace->translation->ops;
	own(print_fini) struct print text = {0};

	result_string(result, "text", print_text(&story->out));
	op_print(&text, sw, ops->op, ops->n_ops);
	result_text(result, "actions", &text);
	dpctl_actions_print(&text, sw, ops->op, ops->n_ops, false);
	result_text(result, "datapath", &text);
	print_packet(&text, &trace->key, NULL);
	result_text(result, "flow", &text);
	print_packet(&text, &story->final, NULL);
	result_text(result, "final", &text);
	print_key(&text, &trace->key, &trace->mask, NULL);
	result_text(result, "alike", &text);
	result_string(result, "floor", trace->why ? "user" : "kernel");
	if (trace->why)
		result_string(result, "why", trace->why);
}

int method_trace(struct method_context *context, struct json_object *params,
		 struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	struct story story = {0};
	const struct translate_trace watch = {tell_table, tell_action, tell_note, tell_result,
					      &story};
	uint8_t bytes[TRACE_PACKET_MAX];
	struct trace trace = {.watch = &watch};
	int rc = bridge ? read_request(bridge, params, &trace, bytes, err) : -ENOENT;

	if (rc)
		return rc;
	story.names = bridge_flow_names(bridge);
	rc = bridge_trace(bridge, &trace, err);
	if (!rc) {
		*result = json_object_new_object();
		result_string(*result, "story", print_text(&story.out));
		tell_end(&story, context->sw, &trace);
		result_fill(*result, context->sw, &story, &trace);
	}
	free(trace.translation);
	print_fini(&story.out);
	return rc;
}
