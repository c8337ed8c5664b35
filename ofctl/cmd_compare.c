/* replace-flows and diff-flows: two sets of flows side by side. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/own.h"
#include "base/print.h"
#include "bridge_names.h"
#include "flow/match_text.h"
#include "flow_list.h"
#include "input.h"
#include "job.h"
#include "need.h"
#include "transport.h"

/* What makes two flows the same one. */
struct identity {
	struct match match;
	uint16_t priority;
	uint8_t table;
	uint8_t pad[5];
};

/* One flow in either set, or in both. */
struct pair {
	UT_hash_handle hh;
	struct identity identity;
	const struct flow_mod *side[2]; /* NULL: not there */
};

struct comparison {
	struct flow_list list[2];
	struct pair *pairs; /* uthash; in the order in which they were first seen */
};

static void comparison_fini(struct comparison *comparison)
{
	struct pair *pair, *next;

	HASH_ITER (hh, comparison->pairs, pair, next) {
		HASH_DEL(comparison->pairs, pair);
		free(pair);
	}
	flow_list_fini(&comparison->list[0]);
	flow_list_fini(&comparison->list[1]);
}

/* The last one of a side wins, as it would in a switch. */
static void pair_up(struct comparison *comparison, unsigned side)
{
	const struct flow_list *list = &comparison->list[side];

	for (size_t i = 0; i < list->n; i++) {
		const struct flow_mod *flow = &list->item[i].flow;
		struct identity identity;
		struct pair *pair;

		memset(&identity, 0, sizeof(identity));
		identity.match = flow->match;
		identity.priority = flow->priority;
		identity.table = flow->table;
		HASH_FIND(hh, comparison->pairs, &identity, sizeof(identity), pair);
		if (!pair) {
			pair = need(calloc(1, sizeof(*pair)));
			pair->identity = identity;
			HASH_ADD(hh, comparison->pairs, identity, sizeof(identity), pair);
		}
		pair->side[side] = flow;
	}
}

#define SHOWN_FLAGS (FLOW_SEND_FLOW_REM | FLOW_NO_PACKET_COUNTS | FLOW_NO_BYTE_COUNTS)

static bool is_same(const struct pair *pair)
{
	const struct flow_mod *a = pair->side[0], *b = pair->side[1];

	return a && b && a->cookie == b->cookie && a->idle_timeout == b->idle_timeout &&
	       a->hard_timeout == b->hard_timeout && a->importance == b->importance &&
	       (a->flags & SHOWN_FLAGS) == (b->flags & SHOWN_FLAGS) &&
	       ofactions_are_equal(&a->actions, &b->actions);
}

/* ---- reading a side ---- */

struct reading {
	struct flow_list *list;
	struct flow_names names;
	struct err *err;
};

static int read_flow(struct slice flow, void *ctx)
{
	struct reading *reading = ctx;

	return flow_list_add(reading->list, flow, &reading->names, reading->err);
}

static int read_bridge(struct job *job, const char *bridge, struct bridge_names *names,
		       struct flow_list *list, struct err *err)
{
	const struct flow_query query = {.bridge = bridge, .no_stats = true};
	struct reading reading = {list, bridge_names_of(names), err};
	struct transport *transport;
	int ret = job_transport(job, &transport, err);

	return ret ? ret : transport->ops->dump(transport, &query, read_flow, &reading, err);
}

static int read_file(const char *file, struct bridge_names *names, struct flow_list *list,
		     struct err *err)
{
	const struct flow_names flow_names = bridge_names_of(names);
	struct slice text;
	int ret = input_read_text(file, &text, err);

	if (ret)
		return ret;
	ret = flow_list_read(list, input_name(file), text, &flow_names, err);
	free((char *)text.at);
	return ret;
}

/* ---- diff-flows ---- */

static bool is_file(const char *source)
{
	return strpbrk(source, "/.") || !strcmp(source, "-");
}

static void print_side(char sign, const struct flow_mod *flow, const struct flow_names *names)
{
	own(print_fini) struct print out = {0};

	flow_print(&out, flow, NULL, names);
	printf("%c%s\n", sign, print_text(&out));
}

/* Prints what one side has and the other has not. Returns how many flows differ. */
static unsigned print_differences(const struct comparison *comparison,
				  const struct flow_names *names)
{
	unsigned n = 0;

	for (const struct pair *pair = comparison->pairs; pair; pair = pair->hh.next) {
		if (is_same(pair))
			continue;
		n++;
		if (pair->side[0])
			print_side('-', pair->side[0], names);
		if (pair->side[1])
			print_side('+', pair->side[1], names);
	}
	return n;
}

static int run_diff_flows(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	own(comparison_fini) struct comparison comparison = {0};
	own(bridge_names_free) struct bridge_names *names = NULL;
	struct flow_names flow_names;
	int ret = 0;

	/* A port's name in a file is that of the bridge on the other side. */
	for (int side = 0; side < 2 && !names && !ret; side++)
		if (!is_file(inv->args[side]))
			ret = bridge_names_new(&names, job, inv->args[side], err);
	for (int side = 0; side < 2 && !ret; side++) {
		const char *source = inv->args[side];

		ret = is_file(source)
			      ? read_file(source, names, &comparison.list[side], err)
			      : read_bridge(job, source, names, &comparison.list[side], err);
		pair_up(&comparison, (unsigned)side);
	}
	if (ret)
		return ret;
	flow_names = bridge_names_of(names);
	return print_differences(&comparison, job->has_names ? &flow_names : NULL) ? EXIT_DIFFERENT
										   : 0;
}

const struct cli_action diff_flows = {run_diff_flows};

/* ---- replace-flows ---- */

static void print_deletion(struct print *out, const struct flow_mod *flow)
{
	print_fmt(out, "delete_strict table=%u,priority=%u,", flow->table, flow->priority);
	match_print(out, &flow->match, NULL);
	print_char(out, '\n');
}

static void print_addition(struct print *out, const struct flow_mod *flow)
{
	print_add(out, "add ");
	flow_print(out, flow, NULL, NULL);
	print_char(out, '\n');
}

/* The change that makes the first side the second: lines that begin with their command. */
static uint32_t print_change(const struct comparison *comparison, bool all, struct print *out)
{
	uint32_t n = 0;

	for (const struct pair *pair = comparison->pairs; pair; pair = pair->hh.next) {
		if (!pair->side[1])
			print_deletion(out, pair->side[0]);
		else if (all || !is_same(pair))
			print_addition(out, pair->side[1]);
		else
			continue;
		n++;
	}
	if (out->is_failed)
		need(NULL);
	return n;
}

static int run_replace_flows(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	own(comparison_fini) struct comparison comparison = {0};
	own(bridge_names_free) struct bridge_names *names = NULL;
	own(print_fini) struct print text = {0};
	struct transport *transport;
	uint32_t n = 0, n_done = 0;
	int ret = bridge_names_new(&names, job, inv->args[0], err);

	if (!ret)
		ret = read_file(inv->args[1], names, &comparison.list[1], err);
	if (!ret)
		ret = read_bridge(job, inv->args[0], names, &comparison.list[0], err);
	if (!ret)
		ret = job_transport(job, &transport, err);
	if (ret)
		return ret;
	pair_up(&comparison, 0);
	pair_up(&comparison, 1);
	n = print_change(&comparison, option_is_given(inv, OPTION_FORCE), &text);
	if (n)
		ret = transport->ops->change(transport, inv->args[0], FLOW_BY_WORD,
					     (struct slice){text.text, text.len}, &n_done, err);
	if (!ret && job->is_json)
		printf("{\"flows\":%" PRIu32 "}\n", n);
	return ret;
}

const struct cli_action replace_flows = {run_replace_flows};
