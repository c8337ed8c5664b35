/* What happens to flows as time goes by. */
#include "switch/flow_change.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/rcu.h"
#include "switch/bridge.h"
#include "switch/learn.h"
#include "switch/snapshot.h"

static struct flow_entry *entry_due(const struct heap_node *node)
{
	return (struct flow_entry *)((char *)node - offsetof(struct flow_entry, due));
}

static void reduce(uint16_t *timeout, uint16_t to)
{
	if (to && (!*timeout || *timeout > to))
		*timeout = to;
}

int flow_timeouts_reduce(struct flow_tables *tables, struct flow_entry *entry, uint16_t idle,
			 uint16_t hard)
{
	struct flow_table *table = &tables->table[entry->flow.table];
	struct flow changed = entry->flow;
	enum flow_removed_reason reason;
	struct match match;
	int rc;

	reduce(&changed.idle_timeout, idle);
	reduce(&changed.hard_timeout, hard);
	if (changed.idle_timeout == entry->flow.idle_timeout &&
	    changed.hard_timeout == entry->flow.hard_timeout)
		return 0;
	flow_match(&entry->flow, &match);
	rc = heap_reserve(&tables->timed, tables->n_flows + 1);
	if (!rc)
		rc = flow_evict_reserve(table, &changed, &match);
	if (rc)
		return rc;
	heap_remove(&tables->timed, &entry->due);
	flow_evict_remove(table, entry);
	entry->flow.idle_timeout = changed.idle_timeout;
	entry->flow.hard_timeout = changed.hard_timeout;
	heap_put(&tables->timed, &entry->due, flow_expires_at(&entry->flow, &reason));
	flow_evict_add(table, entry);
	return 0;
}

/* The next flow that has expired; those that have been used since move on. NULL: none. */
static struct flow_entry *next_expired(struct flow_tables *tables, uint64_t now,
				       enum flow_removed_reason *reason)
{
	struct heap_node *top;

	while ((top = heap_top(&tables->timed)) && top->key <= now) {
		struct flow_entry *entry = entry_due(top);
		uint64_t due = flow_expires_at(&entry->flow, reason);

		if (due <= now)
			return entry;
		heap_change(&tables->timed, top, due);
	}
	return NULL;
}

static int expire_all(struct flow_change *change, uint64_t now)
{
	struct flow_delta delta = {.type = FLOW_REMOVED};
	int rc = 0;

	while (!rc && (delta.old = next_expired(change->tables, now, &delta.reason)))
		rc = flow_change_put(change, delta, NULL);
	return rc;
}

/* All that have, or, without memory, none. */
static int expire(struct flow_tables *tables, uint64_t now)
{
	struct err err = ERR_INIT;
	struct flow_change change;
	int rc;

	flows_harvest(tables->bridge);
	rc = flow_change_begin(&change, tables, now);
	if (!rc) {
		rc = expire_all(&change, now);
		if (rc)
			flow_change_undo(&change);
		else
			rc = flow_change_commit(&change, &err);
	}
	if (rc)
		log_warn("switch", "bridge %s: flows that expired are still there: %s",
			 tables->bridge->name, strerror(-rc));
	return rc;
}

static uint64_t next_due(struct flow_tables *tables)
{
	const struct heap_node *top = heap_top(&tables->timed);

	return top ? top->key : UINT64_MAX;
}

uint64_t flows_expire(struct bridge *bridge, uint64_t now)
{
	if (next_due(bridge->tables) <= now && expire(bridge->tables, now))
		return UINT64_MAX;
	return next_due(bridge->tables);
}

static void poll_readers(struct flow_tables *tables)
{
	rcu_sleep_end();
	for (unsigned i = 0; i < FLOW_TABLES; i++)
		for (unsigned kind = 0; kind < N_FLOW_KINDS; kind++)
			if (tables->table[i].of_kind[kind])
				classifier_poll(tables->table[i].of_kind[kind]);
	if (tables->groups)
		classifier_poll(tables->groups);
	rcu_sleep_begin();
}

void flows_tick(struct bridge *bridge)
{
	learn_forget(bridge);
	for (unsigned i = 0; i < FLOW_TABLES; i++)
		flow_evict_tidy(&bridge->tables->table[i]);
	poll_readers(bridge->tables);
	snapshot_narrow(bridge);
}
