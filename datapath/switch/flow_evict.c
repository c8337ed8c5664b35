/* Which flow goes when a table is full. As in Open vSwitch: only flows with a timeout; of these the one
 * of least importance, among them the one that expires the soonest. */
#include "switch/flow_store.h"

#include "base/clock.h"

#define EXPIRY_BITS 48 /* of milliseconds: 8900 years */

static uint64_t rank_of(const struct flow *flow)
{
	enum flow_removed_reason reason;
	uint64_t at = flow_expires_at(flow, &reason) / CLOCK_NS_PER_MS;

	return (uint64_t)flow->importance << EXPIRY_BITS | at;
}

int flow_evict_reserve(struct flow_table *table)
{
	return table->config.eviction == FLOW_EVICT
		       ? heap_reserve(&table->evictable, table->n_flows + 1)
		       : 0;
}

void flow_evict_add(struct flow_table *table, struct flow_entry *entry)
{
	if (table->config.eviction == FLOW_EVICT &&
	    (entry->flow.idle_timeout || entry->flow.hard_timeout))
		heap_put(&table->evictable, &entry->rank, rank_of(&entry->flow));
}

void flow_evict_remove(struct flow_table *table, struct flow_entry *entry)
{
	heap_remove(&table->evictable, &entry->rank);
}

/* A flow's rank only grows, with each of its packets: it is looked at again when it is the least. */
struct flow_entry *flow_evict_choose(struct flow_table *table)
{
	struct heap_node *top;

	while ((top = heap_top(&table->evictable))) {
		struct flow_entry *entry =
			(struct flow_entry *)((char *)top - offsetof(struct flow_entry, rank));
		uint64_t rank = rank_of(&entry->flow);

		if (rank <= top->key)
			return entry;
		heap_change(&table->evictable, top, rank);
	}
	return NULL;
}
