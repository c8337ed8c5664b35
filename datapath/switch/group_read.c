/* Groups and what they have counted, for the outside; and from an earlier daemon. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/own.h"
#include "flow/credit.h"
#include "switch/bridge.h"
#include "switch/flow_store.h"
#include "switch/group_store.h"

static struct group_count count_of(const struct tally *tally)
{
	struct group_count count = {
		.n_packets = counter_get(&tally->n_packets),
		.n_bytes = counter_get(&tally->n_bytes),
	};

	count.past = (struct ledger_row){
		.number = tally->row ? tally->row->number : 0,
		.n_packets = count.n_packets,
		.n_bytes = count.n_bytes,
		.used_at = counter_get(&tally->used_at),
	};
	return count;
}

static int compare_slots(const void *a, const void *b)
{
	const struct group_slot *const *left = a, *const *right = b;

	return (*left)->id < (*right)->id ? -1 : (*left)->id > (*right)->id;
}

static int visit_slot(const struct group_slot *slot, uint64_t now,
		      int (*visit)(const struct group_row *row, void *ctx), void *ctx)
{
	const struct group *group = &slot->entry->group;
	const uint32_t n = group->desc.n_buckets;
	own(mem_free) struct group_count *bucket = calloc(n ? n : 1, sizeof(*bucket));
	const struct group_row row = {
		.desc = &group->desc,
		.created_at = group->created_at,
		.duration = now - group->created_at,
		.n_refs = slot->n_flows + slot->n_groups,
		.count = count_of(group->tally),
		.bucket = bucket,
	};

	if (!bucket)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		bucket[i] = count_of(group->bucket_tally[i]);
	return visit(&row, ctx);
}

int bridge_groups_for_each(struct bridge *bridge, uint32_t id,
			   int (*visit)(const struct group_row *row, void *ctx), void *ctx)
{
	const struct flow_tables *tables = bridge->tables;
	const uint64_t now = clock_now(bridge->sw->options.clock);
	own(mem_free) struct group_slot **slots = NULL;
	struct group_slot *slot, *next;
	size_t n = 0;
	int rc = 0;

	if (!tables->n_groups)
		return 0;
	flows_harvest(bridge);
	slots = calloc(tables->n_groups, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	HASH_ITER (hh, tables->group_slots, slot, next)
		if (slot->entry && (id == GROUP_EVERY || id == slot->id))
			slots[n++] = slot;
	qsort(slots, n, sizeof(slots[0]), compare_slots);
	for (size_t i = 0; !rc && i < n; i++)
		rc = visit_slot(slots[i], now, visit, ctx);
	return rc;
}

uint64_t bridge_group_changes(const struct bridge *bridge)
{
	return bridge->tables->group_changes;
}

void bridge_group_restore(struct bridge *bridge, uint32_t id, const struct group_past *past)
{
	const struct group_slot *slot = group_slot_find(bridge->tables, id);
	struct group *group = slot && slot->entry ? &slot->entry->group : NULL;

	if (!group || group->desc.n_buckets != past->n_buckets)
		return;
	group->created_at = past->created_at;
	credit_restore(bridge->sw->credits, group->tally, &past->counted);
	for (uint32_t i = 0; i < past->n_buckets; i++)
		credit_restore(bridge->sw->credits, group->bucket_tally[i], &past->bucket[i]);
}
