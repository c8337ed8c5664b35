/* Which flow goes when a table is full. As in Open vSwitch: only flows with a timeout; of these one of the largest
 * group, there one of the least importance, among them the one that expires the soonest. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "flow/field.h"
#include "switch/flow_store.h"

#define EXPIRY_BITS 48 /* of milliseconds: 8900 years */

/* Flows with the same values in the fields that make groups: as good as that, with the same hash. Empty ones
 * stay for a while: a flow that was taken out may come back, and that must not fail. */
struct flow_evict_group {
	uint64_t hash;
	struct heap flows;
	struct heap_node size; /* in flow_table.groups_by_size */
	UT_hash_handle hh;
};

static uint64_t size_key(const struct flow_evict_group *group)
{
	return UINT64_MAX - group->flows.n;
}

static uint64_t rank_of(const struct flow *flow)
{
	enum flow_removed_reason reason;
	uint64_t at = flow_expires_at(flow, &reason) / CLOCK_NS_PER_MS;

	return (uint64_t)flow->importance << EXPIRY_BITS | at;
}

static bool may_go(const struct flow_table *table, const struct flow *flow)
{
	return flow_table_evicts(table) && (flow->idle_timeout || flow->hard_timeout);
}

/* ---- groups ---- */

/* A field that the flow does not match on counts as 0. */
static uint64_t hash_of(const struct flow_table *table, const struct match *match)
{
	uint64_t hash = hash_seed;

	for (unsigned i = 0; i < table->config.n_group_parts; i++) {
		const struct subfield part = table->config.group_part[i];
		const field_bits bits = field_read(field_of(part.field), &match->key) &
					field_read(field_of(part.field), &match->mask);
		const field_bits value = bits >> part.low & field_ones(part.n_bits);

		hash = hash_word(hash_word(hash, (uint64_t)value), (uint64_t)(value >> 64));
	}
	return hash;
}

static struct flow_evict_group *group_of(const struct flow_table *table, const struct match *match)
{
	const uint64_t hash = hash_of(table, match);
	struct flow_evict_group *group;

	HASH_FIND(hh, table->groups, &hash, sizeof(hash), group);
	return group;
}

static void group_free(struct flow_table *table, struct flow_evict_group *group)
{
	heap_remove(&table->groups_by_size, &group->size);
	HASH_DEL(table->groups, group);
	heap_fini(&group->flows);
	free(group);
}

static struct flow_evict_group *group_make(struct flow_table *table, const struct match *match)
{
	struct flow_evict_group *group;

	if (heap_reserve(&table->groups_by_size, HASH_COUNT(table->groups) + 1))
		return NULL;
	group = calloc(1, sizeof(*group));
	if (!group)
		return NULL;
	group->hash = hash_of(table, match);
	HASH_ADD(hh, table->groups, hash, sizeof(group->hash), group);
	heap_put(&table->groups_by_size, &group->size, size_key(group));
	table->has_empty_groups = true;
	return group;
}

void flow_evict_tidy(struct flow_table *table)
{
	struct flow_evict_group *group, *next;

	if (!table->has_empty_groups)
		return;
	HASH_ITER (hh, table->groups, group, next)
		if (!group->flows.n)
			group_free(table, group);
	table->has_empty_groups = false;
}

void flow_evict_fini(struct flow_table *table)
{
	struct flow_evict_group *group, *next;

	HASH_ITER (hh, table->groups, group, next)
		group_free(table, group);
	heap_fini(&table->groups_by_size);
}

/* ---- flows ---- */

int flow_evict_reserve(struct flow_table *table, const struct flow *flow, const struct match *match)
{
	struct flow_evict_group *group;

	if (!may_go(table, flow))
		return 0;
	group = group_of(table, match);
	if (!group)
		group = group_make(table, match);
	return group ? heap_reserve(&group->flows, group->flows.n + 1) : -ENOMEM;
}

void flow_evict_add(struct flow_table *table, struct flow_entry *entry)
{
	struct flow_evict_group *group;
	struct match match;

	if (!may_go(table, &entry->flow))
		return;
	flow_match(&entry->flow, &match);
	group = entry->group = group_of(table, &match);
	heap_put(&group->flows, &entry->rank, rank_of(&entry->flow));
	heap_change(&table->groups_by_size, &group->size, size_key(group));
}

void flow_evict_remove(struct flow_table *table, struct flow_entry *entry)
{
	struct flow_evict_group *group = entry->group;

	if (!group)
		return;
	heap_remove(&group->flows, &entry->rank);
	heap_change(&table->groups_by_size, &group->size, size_key(group));
	entry->group = NULL;
	table->has_empty_groups |= !group->flows.n;
}

/* A flow's rank only grows, with each of its packets: it is looked at again when it is the least. */
static struct flow_entry *choose(struct flow_evict_group *group)
{
	struct heap_node *top;

	while ((top = heap_top(&group->flows))) {
		struct flow_entry *entry =
			(struct flow_entry *)((char *)top - offsetof(struct flow_entry, rank));
		uint64_t rank = rank_of(&entry->flow);

		if (rank <= top->key)
			return entry;
		heap_change(&group->flows, top, rank);
	}
	return NULL;
}

struct flow_entry *flow_evict_choose(struct flow_table *table)
{
	struct heap_node *top = heap_top(&table->groups_by_size);

	if (!top)
		return NULL;
	return choose(
		(struct flow_evict_group *)((char *)top - offsetof(struct flow_evict_group, size)));
}
