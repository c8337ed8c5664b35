#include "switch/flow_change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/rcu.h"
#include "flow/ledger.h"
#include "flow/rule-layout.h"
#include "flow/version.h"
#include "switch/bridge.h"
#include "switch/conjunction.h"
#include "switch/group_store.h"
#include "switch/offload.h"
#include "switch/snapshot.h"

#define KEPT_FLAGS ((uint8_t)~FLOW_SINCE_12)

/* ---- entries ---- */

struct flow_tally {
	struct tally tally;
	struct ledger *ledger;
};

static void tally_free(struct tally *tally)
{
	ledger_put(((struct flow_tally *)tally)->ledger, tally->row);
	free(tally);
}

struct tally *flow_tally_new(const struct bridge *bridge)
{
	struct flow_tally *flow = calloc(1, sizeof(*flow));

	if (!flow)
		return NULL;
	flow->ledger = bridge->sw->ledger;
	flow->tally =
		(struct tally){.gone = tally_free, .n_refs = 1, .row = ledger_add(flow->ledger)};
	return &flow->tally;
}

void flow_entry_free(struct flow_entry *entry)
{
	ofactions_fini(&entry->flow.actions);
	if (entry->flow.tally)
		tally_put(entry->flow.tally);
	free(entry);
}

static void entry_released(void *data, void *ctx)
{
	flow_entry_free(data);
}

/* Takes over the tally, also if it fails. */
static struct flow_entry *entry_new(uint64_t id, const struct flow *like,
				    const struct ofactions *actions, struct tally *tally)
{
	struct flow_entry *entry = calloc(1, sizeof(*entry));

	if (entry) {
		entry->flow = *like;
		entry->flow.actions = (struct ofactions){0};
		entry->flow.tally = tally;
		entry->id = id;
		if (tally && !ofactions_copy(&entry->flow.actions, actions))
			return entry;
		flow_entry_free(entry);
	} else if (tally) {
		tally_put(tally);
	}
	return NULL;
}

struct flow_entry *flow_entry_new(const struct flow_change *change, const struct flow_mod *mod)
{
	static const struct flow_key any;
	const struct flow flow = {
		.cookie = mod->cookie,
		.created_at = change->now,
		.modified_at = change->now,
		.priority = mod->priority,
		.idle_timeout = mod->idle_timeout,
		.hard_timeout = mod->hard_timeout,
		.importance = mod->importance,
		.table = mod->table == FLOW_TABLE_ANY ? 0 : mod->table,
		.flags = mod->flags & KEPT_FLAGS,
		.is_miss = !mod->priority && !memcmp(&mod->match.mask, &any, sizeof(any)),
	};

	return entry_new(++change->tables->last_id, &flow, &mod->actions,
			 flow_tally_new(change->tables->bridge));
}

struct flow_entry *flow_entry_modified(const struct flow_change *change,
				       const struct flow_entry *old, const struct flow_mod *mod)
{
	bool is_reset = mod->flags & FLOW_RESET_COUNTS;
	struct flow flow = old->flow;

	flow.modified_at = change->now;
	if (mod->has_cookie)
		flow.cookie = mod->cookie;
	return entry_new(old->id, &flow, &mod->actions,
			 is_reset ? flow_tally_new(change->tables->bridge)
				  : tally_get(old->flow.tally));
}

/* ---- what the control thread keeps beside the classifiers ---- */

static void entry_link(struct flow_tables *tables, struct flow_entry *entry)
{
	struct flow_table *table = &tables->table[entry->flow.table];
	enum flow_removed_reason reason;
	uint64_t due = flow_expires_at(&entry->flow, &reason);

	if (due != UINT64_MAX)
		heap_put(&tables->timed, &entry->due, due);
	flow_evict_add(table, entry);
	groups_refer(tables, &entry->flow.actions, 1);
	meters_refer(tables->bridge, &entry->flow.actions, 1);
	flow_count_follow(table, entry->flow.cookie, 1);
	table->n_flows++;
	tables->n_flows++;
}

static void entry_unlink(struct flow_tables *tables, struct flow_entry *entry)
{
	struct flow_table *table = &tables->table[entry->flow.table];

	heap_remove(&tables->timed, &entry->due);
	flow_evict_remove(table, entry);
	groups_refer(tables, &entry->flow.actions, -1);
	meters_refer(tables->bridge, &entry->flow.actions, -1);
	flow_count_follow(table, entry->flow.cookie, -1);
	table->n_flows--;
	tables->n_flows--;
}

/* What entry_link() needs, for one more (NULL: none). */
static int reserve(struct flow_change *change, const struct flow_entry *entry,
		   const struct match *match)
{
	struct flow_tables *tables = change->tables;
	size_t n_room = change->n_room ? change->n_room * 2 : 16;
	struct flow_delta *delta;
	int rc = heap_reserve(&tables->timed, tables->n_flows + 1);

	if (!rc && entry)
		rc = flow_evict_reserve(&tables->table[entry->flow.table], &entry->flow, match);
	if (rc || change->n_deltas < change->n_room)
		return rc;
	delta = realloc(change->delta, n_room * sizeof(*delta));
	if (!delta)
		return -ENOMEM;
	change->delta = delta;
	change->n_room = n_room;
	return 0;
}

/* ---- putting ---- */

static struct classifier *classifier_of(struct flow_tables *tables, const struct flow_entry *entry)
{
	const struct classifier_options options = {.released = entry_released};
	struct flow_table *table = &tables->table[entry->flow.table];
	struct classifier **place =
		&table->of_kind[conjunction_is(&entry->flow.actions) ? FLOW_SOFT : FLOW_PLAIN];
	struct classifier *made;

	if (!*place && !classifier_new(&made, &rule_layout_flow, &options))
		rcu_publish(*place, made);
	return *place;
}

static int put_new(struct flow_change *change, struct flow_entry *entry, const struct match *match)
{
	struct flow_tables *tables = change->tables;
	struct classifier *cls = classifier_of(tables, entry);
	const struct rule_spec spec = {match_to_rule(match), entry->flow.priority, entry};
	int rc;

	if (!cls)
		return -ENOMEM;
	rc = flow_masks_add(tables, match, &entry->flow.actions);
	if (rc)
		return rc;
	rc = bundle_add(change->bundle, cls, &spec, &entry->rule);
	if (rc) {
		flow_masks_remove(tables, match, &entry->flow.actions);
		return rc;
	}
	entry_link(tables, entry);
	return 0;
}

static int put_old(struct flow_change *change, struct flow_entry *entry)
{
	int rc = bundle_remove(change->bundle, classifier_of(change->tables, entry), entry->rule);

	if (!rc)
		entry_unlink(change->tables, entry);
	return rc;
}

int flow_change_put(struct flow_change *change, struct flow_delta delta, const struct match *match)
{
	int rc = reserve(change, delta.new, match);

	if (!rc && delta.old)
		rc = put_old(change, delta.old);
	if (rc)
		goto fail;
	if (delta.new)
		rc = put_new(change, delta.new, match);
	if (rc && delta.old)
		entry_link(change->tables, delta.old);
	if (rc)
		goto fail;
	change->delta[change->n_deltas++] = delta;
	return 0;
fail:
	if (delta.new)
		flow_entry_free(delta.new);
	return rc;
}

/* ---- a change's life ---- */

int flow_change_begin(struct flow_change *change, struct flow_tables *tables, uint64_t now)
{
	int rc;

	*change = (struct flow_change){.tables = tables, .now = now};
	rc = bundle_new(&change->bundle, &tables->clock);
	if (!rc)
		rcu_sleep_end();
	return rc;
}

static void end(struct flow_change *change)
{
	bundle_free(&change->bundle);
	mem_free(&change->delta);
	change->n_deltas = 0;
}

/* Those that the bundle frees are freed by the classifier, a grace period later. */
void flow_change_undo(struct flow_change *change)
{
	struct match match;

	while (change->n_deltas) {
		const struct flow_delta *delta = &change->delta[--change->n_deltas];

		if (delta->new) {
			entry_unlink(change->tables, delta->new);
			flow_match(&delta->new->flow, &match);
			flow_masks_remove(change->tables, &match, &delta->new->flow.actions);
		}
		if (delta->old)
			entry_link(change->tables, delta->old);
	}
	group_change_undo(change);
	end(change);
	rcu_sleep_begin();
}

/* ---- flows that are alone ---- */

static struct flow_table *table_of(const struct flow_change *change, size_t i)
{
	const struct flow_delta *delta = &change->delta[i];

	return &change->tables->table[(delta->new ? delta->new : delta->old)->flow.table];
}

static int take_first(struct rule *rule, void *ctx)
{
	*(struct flow_entry **)ctx = rule->data;
	return 1;
}

/* Nobody who sees what this change makes visible takes a flow for the only one that is not. */
static void alone_forget(const struct flow_change *change)
{
	for (size_t i = 0; i < change->n_deltas; i++)
		rcu_publish(table_of(change, i)->alone, NULL);
}

static void alone_set(struct flow_table *table, uint64_t version)
{
	struct flow_entry *entry = NULL;

	if (table->n_flows != 1 || !table->of_kind[FLOW_PLAIN])
		return;
	classifier_for_each(table->of_kind[FLOW_PLAIN], take_first, &entry);
	if (!entry || entry->rule->mask->n_words)
		return;
	__atomic_store_n(&entry->alone_since, version, __ATOMIC_RELAXED);
	rcu_publish(table->alone, entry);
}

static void alone_find(const struct flow_change *change)
{
	bool is_done[FLOW_TABLES] = {false};

	for (size_t i = 0; i < change->n_deltas; i++) {
		struct flow_table *table = table_of(change, i);
		size_t number = (size_t)(table - change->tables->table);

		if (!is_done[number])
			alone_set(table, rule_clock_now(&change->tables->clock));
		is_done[number] = true;
	}
}

/* ---- the end ---- */

static bool needs_exact_counts(const struct flow_change *change)
{
	for (size_t i = 0; i < change->n_deltas; i++)
		if (change->delta[i].type == FLOW_REMOVED &&
		    change->delta[i].old->flow.flags & FLOW_SEND_FLOW_REM)
			return true;
	return false;
}

static bool is_watched(const struct flow_change *change)
{
	struct flow_watcher *watcher = change->tables->watchers;
	bool is_watched = false;
	size_t n_removed = 0;

	for (size_t i = 0; i < change->n_deltas; i++)
		n_removed += change->delta[i].type == FLOW_REMOVED;
	for (; watcher; watcher = watcher->next) {
		watcher->is_passed_over =
			watcher->wants && !watcher->wants(watcher, change->n_deltas, n_removed);
		is_watched |= !watcher->is_passed_over;
	}
	return is_watched;
}

/* Those of this change are freed by a later one, at the earliest. */
static void tell(const struct flow_change *change)
{
	struct bridge *bridge = change->tables->bridge;
	struct flow_watcher *watcher, *next;

	if (!change->n_deltas || !is_watched(change))
		return;
	/* A packet may be on its way by the old flow. */
	if (needs_exact_counts(change)) {
		rcu_wait_readers();
		flows_harvest(bridge);
	}
	for (size_t i = 0; i < change->n_deltas; i++) {
		const struct flow_delta *delta = &change->delta[i];
		struct flow_event event = {
			.type = delta->type, .reason = delta->reason, .at = change->now};
		struct flow_mod mod;

		flow_row_of(delta->new ? delta->new : delta->old, change->now, &mod, &event.row);
		for (watcher = change->tables->watchers; watcher; watcher = next) {
			next = watcher->next;
			if (!watcher->is_passed_over)
				watcher->seen(watcher, bridge, &event);
		}
	}
}

/* Flows that expire or are evicted just happen to go together. */
static bool has_many(const struct flow_change *change)
{
	unsigned n = 0;

	for (size_t i = 0; i < change->n_deltas && n < 2; i++)
		n += change->delta[i].type != FLOW_REMOVED ||
		     change->delta[i].reason == FLOW_REMOVED_DELETE;
	return n > 1;
}

int flow_change_commit(struct flow_change *change, struct err *err)
{
	struct bridge *bridge = change->tables->bridge;
	const bool is_many = has_many(change), is_empty = !change->n_deltas && !change->n_groups;
	int rc = 0;

	if (!is_empty) {
		rcu_sleep_begin();
		rc = change->needs_view ? snapshot_publish(bridge) : snapshot_widen(bridge);
		rcu_sleep_end();
	}
	if (rc) {
		flow_change_undo(change);
		return rc == -ENOSPC
			       ? err_set(err, ENOSPC,
					 "bridge %s: with this there would be more than %d "
					 "different masks: match on the same fields more often",
					 bridge->name, FLOW_MASK_IDS)
			       : err_set(err, -rc, "bridge %s: %s", bridge->name, strerror(-rc));
	}
	if (!is_empty) {
		alone_forget(change);
		bundle_commit(change->bundle);
		alone_find(change);
		version_bump(bridge->sw->versions, VERSION_CONFIG);
	}
	for (size_t i = 0; i < change->n_deltas; i++) {
		const struct flow_delta *delta = &change->delta[i];
		struct match match;

		if (!delta->old)
			continue;
		flow_match(&delta->old->flow, &match);
		flow_masks_remove(change->tables, &match, &delta->old->flow.actions);
		flow_cursors_follow(change->tables, delta->old, delta->new, is_many);
	}
	group_change_done(change);
	rcu_sleep_begin();
	if (!is_empty)
		offload_renew(bridge->sw->offload);
	tell(change);
	end(change);
	return 0;
}
