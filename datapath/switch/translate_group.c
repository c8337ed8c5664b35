/* Groups: which of its buckets a packet gets. A bucket is an action set that is done to a copy. */
#include <math.h>
#include <stdio.h>

#include "base/hash.h"
#include "flow/action.h"
#include "flow/credit.h"
#include "flow/port_text.h"
#include "switch/flow_table.h"
#include "switch/group_store.h"
#include "switch/snapshot.h"
#include "switch/translate_state.h"
#include "switch/translate_trace.h"

static void credit(struct translate_state *state, struct tally *tally)
{
	if (!credit_list_add(&state->out->credits, tally))
		translate_fail(state, DROP_ACTION_LIMIT);
}

static const struct group *find(const struct translate_state *state, uint32_t id)
{
	return flow_tables_group(state->bridge->tables, state->version, id);
}

/* ---- life ---- */

static bool port_is_alive(const struct translate_state *state, uint16_t ofport)
{
	const struct port_view *port = bridge_view_port(state->bridge, ofport);

	return port && port->is_live;
}

static bool group_is_alive(struct translate_state *state, uint32_t id, unsigned depth);

/* What watches nothing is always alive; of what it watches one is enough. Each group that is asked counts as a
 * resubmit: groups that watch groups may be many. */
static bool is_alive(struct translate_state *state, const struct group_bucket *bucket,
		     unsigned depth)
{
	if (bucket->watch_port == OFPORT_NONE && bucket->watch_group == GROUP_NONE)
		return true;
	if (bucket->watch_port != OFPORT_NONE && port_is_alive(state, bucket->watch_port))
		return true;
	return bucket->watch_group != GROUP_NONE && depth < GROUP_CHAIN_MAX &&
	       state->n_resubmits++ < TRANSLATE_MAX_RESUBMITS &&
	       group_is_alive(state, bucket->watch_group, depth + 1);
}

static bool group_is_alive(struct translate_state *state, uint32_t id, unsigned depth)
{
	const struct group *group = find(state, id);

	for (uint32_t i = 0; group && i < group->desc.n_buckets; i++)
		if (is_alive(state, &group->desc.bucket[i], depth))
			return true;
	return false;
}

/* ---- choice ---- */

/* The lowest wins. A bucket gets its share of the weights, and one that comes or goes moves no other packets than its
 * own: each packet draws a number for each bucket, exponentially distributed by its weight. */
static double draw(uint64_t hash, const struct group_bucket *bucket)
{
	const uint64_t bits = XXH3_64bits_withSeed(&bucket->id, sizeof(bucket->id), hash);
	const double uniform = ((double)(bits >> 11) + 0.5) / (double)(1ull << 53);

	return -log(uniform) / bucket->weight;
}

/* n_buckets: none. */
static uint32_t select_bucket(struct translate_state *state, const struct group *group)
{
	const uint64_t hash = group_hash(&group->desc, &state->work.key);
	uint32_t best = group->desc.n_buckets;
	double lowest = INFINITY;

	for (uint32_t i = 0; i < group->desc.n_buckets; i++) {
		const struct group_bucket *bucket = &group->desc.bucket[i];
		double number;

		if (!bucket->weight || !is_alive(state, bucket, 0))
			continue;
		number = draw(hash, bucket);
		if (number < lowest) {
			lowest = number;
			best = i;
		}
	}
	return best;
}

static uint32_t first_bucket(struct translate_state *state, const struct group *group)
{
	uint32_t i = 0;

	while (i < group->desc.n_buckets && !is_alive(state, &group->desc.bucket[i], 0))
		i++;
	return i;
}

/* ---- buckets ---- */

static void note(const struct translate_state *state, const struct group *group, uint32_t bucket)
{
	char text[64];

	if (!state->trace)
		return;
	if (bucket < group->desc.n_buckets)
		snprintf(text, sizeof(text), "group %u bucket %u", group->desc.id,
			 group->desc.bucket[bucket].id);
	else
		snprintf(text, sizeof(text), "group %u: no bucket is alive", group->desc.id);
	trace_note(state->trace, state->level, text);
}

/* Many buckets of many groups may be as much work as many resubmits. */
static bool is_within_limits(struct translate_state *state)
{
	if (state->depth >= TRANSLATE_MAX_DEPTH)
		translate_fail(state, DROP_RESUBMIT_DEPTH);
	else if (state->n_resubmits++ >= TRANSLATE_MAX_RESUBMITS)
		translate_fail(state, DROP_RESUBMIT_LIMIT);
	return !state->is_over;
}

static void run_bucket(struct translate_state *state, const struct group *group, uint32_t i)
{
	const struct ofactions *actions = &group->desc.bucket[i].actions;
	const uint8_t outer_reason = state->reason;
	struct translate_work outer;
	uint32_t at;

	if (!is_within_limits(state))
		return;
	note(state, group, i);
	credit(state, group->bucket_tally[i]);
	if (outer_reason != REASON_PACKET_OUT)
		state->reason = REASON_GROUP;
	state->depth++;
	state->level++;
	at = translate_copy_begin(state, &outer);
	translate_set_clear(state);
	for (uint32_t k = 0; k < actions->n; k = ofactions_next(actions, k))
		translate_set_write(state, actions, k);
	translate_set_execute(state);
	translate_copy_end(state, at, &outer);
	state->level--;
	state->depth--;
	state->reason = outer_reason;
}

void translate_group(struct translate_state *state, uint32_t id)
{
	const struct group *group = find(state, id);
	uint32_t chosen = 0;

	if (!group || !translate_look(state, BARE_NOTHING))
		return;
	credit(state, group->tally);
	switch (group->desc.type) {
	case GROUP_ALL:
		for (uint32_t i = 0; i < group->desc.n_buckets && !state->is_over; i++)
			run_bucket(state, group, i);
		return;
	case GROUP_SELECT:
		chosen = select_bucket(state, group);
		break;
	case GROUP_FF:
		chosen = first_bucket(state, group);
		break;
	}
	if (chosen < group->desc.n_buckets) {
		run_bucket(state, group, chosen);
		return;
	}
	note(state, group, chosen);
	translate_blame(state, DROP_NO_BUCKET);
}
