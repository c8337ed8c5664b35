/* Groups as readers find them, and as a change puts them. */
#include "switch/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/rcu.h"
#include "flow/credit.h"
#include "flow/match.h"
#include "flow/port_text.h"
#include "flow/rule-layout.h"
#include "switch/bridge.h"
#include "switch/flow_change.h"
#include "switch/group_store.h"

/* A group's number stands in a register, where no packet's key has any business. */
static struct match match_of(uint32_t id)
{
	struct match match = {.key.reg[0] = id};

	match.mask.reg[0] = UINT32_MAX;
	return match;
}

/* ---- readers ---- */

const struct group *flow_tables_group(const struct flow_tables *tables, uint64_t version,
				      uint32_t id)
{
	const struct classifier *cls = rcu_load(tables->groups);
	const struct flow_key key = {.reg[0] = id};
	const uint64_t *const keys[] = {key.word};
	const struct rule *rule = NULL;

	if (cls)
		classifier_lookup(cls, version, keys, 1, &rule);
	return rule ? &((const struct group_entry *)rule->data)->group : NULL;
}

/* ---- entries ---- */

static void entry_free(struct group_entry *entry)
{
	struct group *group = &entry->group;

	for (uint32_t i = 0; group->bucket_tally && i < group->desc.n_buckets; i++)
		if (group->bucket_tally[i])
			tally_put(group->bucket_tally[i]);
	if (group->tally)
		tally_put(group->tally);
	free(group->bucket_tally);
	group_desc_fini(&group->desc);
	free(entry);
}

static void entry_released(void *data, void *ctx)
{
	entry_free(data);
}

/* NULL: no memory. */
static struct tally *bucket_tally(const struct bridge *bridge, const struct group_entry *old,
				  uint32_t id)
{
	const uint32_t at = old ? group_bucket_find(&old->group.desc, id) : 0;

	return old && at < old->group.desc.n_buckets ? tally_get(old->group.bucket_tally[at])
						     : flow_tally_new(bridge);
}

static bool tallies_make(const struct bridge *bridge, struct group *group,
			 const struct group_entry *old, bool keeps_buckets)
{
	const uint32_t n = group->desc.n_buckets;

	group->tally = old ? tally_get(old->group.tally) : flow_tally_new(bridge);
	group->bucket_tally = calloc(n ? n : 1, sizeof(struct tally *));
	if (!group->tally || !group->bucket_tally)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		group->bucket_tally[i] =
			bucket_tally(bridge, keeps_buckets ? old : NULL, group->desc.bucket[i].id);
		if (!group->bucket_tally[i])
			return false;
	}
	return true;
}

struct group_entry *group_entry_new(const struct flow_change *change, const struct group_desc *desc,
				    const struct group_entry *old, bool keeps_buckets)
{
	struct group_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->group.created_at = old ? old->group.created_at : change->now;
	if (group_desc_copy(&entry->group.desc, desc)) {
		free(entry);
		return NULL;
	}
	group_buckets_settle(&entry->group.desc);
	if (tallies_make(change->tables->bridge, &entry->group, old, keeps_buckets))
		return entry;
	entry_free(entry);
	return NULL;
}

/* ---- numbers ---- */

struct group_slot *group_slot_find(const struct flow_tables *tables, uint32_t id)
{
	struct group_slot *slot;

	HASH_FIND(hh, tables->group_slots, &id, sizeof(id), slot);
	return slot;
}

/* NULL: no memory. */
static struct group_slot *slot_get(struct flow_tables *tables, uint32_t id)
{
	struct group_slot *slot = group_slot_find(tables, id);

	if (slot)
		return slot;
	slot = calloc(1, sizeof(*slot));
	if (!slot)
		return NULL;
	slot->id = id;
	HASH_ADD(hh, tables->group_slots, id, sizeof(id), slot);
	return slot;
}

static void slot_tidy(struct flow_tables *tables, struct group_slot *slot)
{
	if (!slot || slot->entry || slot->n_flows || slot->n_groups)
		return;
	HASH_DEL(tables->group_slots, slot);
	free(slot);
}

struct refer {
	struct flow_tables *tables;
	int by;
};

static void refer_flow(void *ctx, uint32_t id)
{
	const struct refer *refer = ctx;

	group_slot_find(refer->tables, id)->n_flows += (uint32_t)refer->by;
}

void groups_refer(struct flow_tables *tables, const struct ofactions *actions, int by)
{
	struct refer refer = {tables, by};

	ofactions_for_each_group(actions, refer_flow, &refer);
}

static void refer_group(void *ctx, uint32_t id)
{
	const struct refer *refer = ctx;

	group_slot_find(refer->tables, id)->n_groups += (uint32_t)refer->by;
}

void group_for_each_next(const struct group_desc *desc, void (*visit)(void *ctx, uint32_t id),
			 void *ctx)
{
	for (uint32_t i = 0; i < desc->n_buckets; i++) {
		const struct group_bucket *bucket = &desc->bucket[i];

		ofactions_for_each_group(&bucket->actions, visit, ctx);
		if (bucket->watch_group != GROUP_NONE)
			visit(ctx, bucket->watch_group);
	}
}

struct slots_make {
	struct flow_tables *tables;
	bool is_failed;
};

static void slot_make(void *ctx, uint32_t id)
{
	struct slots_make *make = ctx;

	make->is_failed |= !slot_get(make->tables, id);
}

static bool watches_ports(const struct group_desc *desc)
{
	for (uint32_t i = 0; i < desc->n_buckets; i++)
		if (desc->bucket[i].watch_port != OFPORT_NONE)
			return true;
	return false;
}

/* It is under its number now. */
static void entry_link(struct flow_tables *tables, struct group_slot *slot,
		       struct group_entry *entry)
{
	struct refer refer = {tables, 1};

	slot->entry = entry;
	if (!entry)
		return;
	group_for_each_next(&entry->group.desc, refer_group, &refer);
	tables->n_groups++;
	tables->n_watching += watches_ports(&entry->group.desc);
}

static void entry_unlink(struct flow_tables *tables, struct group_slot *slot)
{
	struct refer refer = {tables, -1};
	struct group_entry *entry = slot->entry;

	slot->entry = NULL;
	if (!entry)
		return;
	group_for_each_next(&entry->group.desc, refer_group, &refer);
	tables->n_groups--;
	tables->n_watching -= watches_ports(&entry->group.desc);
}

/* ---- a change ---- */

static struct classifier *classifier_of(struct flow_tables *tables)
{
	const struct classifier_options options = {.released = entry_released};
	struct classifier *made;

	if (!tables->groups && !classifier_new(&made, &rule_layout_flow, &options))
		rcu_publish(tables->groups, made);
	return tables->groups;
}

static int reserve(struct flow_change *change)
{
	const size_t n_room = change->n_group_room ? change->n_group_room * 2 : 4;
	struct group_delta *more;

	if (change->n_groups < change->n_group_room)
		return 0;
	more = realloc(change->group, n_room * sizeof(*more));
	if (!more)
		return -ENOMEM;
	change->group = more;
	change->n_group_room = n_room;
	return 0;
}

/* The rule of a new one; takes it over if it succeeds. */
static int rule_add(struct flow_change *change, uint32_t id, struct group_entry *new)
{
	struct flow_tables *tables = change->tables;
	const struct match match = match_of(id);
	const struct rule_spec spec = {match_to_rule(&match), 0, new};
	struct slots_make make = {tables, false};
	int rc = classifier_of(tables) ? 0 : -ENOMEM;

	group_for_each_next(&new->group.desc, slot_make, &make);
	if (!rc && make.is_failed)
		rc = -ENOMEM;
	if (!rc)
		rc = flow_masks_add_group(tables, &new->group.desc);
	if (rc)
		return rc;
	rc = bundle_add(change->bundle, tables->groups, &spec, &new->rule);
	if (rc)
		flow_masks_remove_group(tables, &new->group.desc);
	return rc;
}

static int put(struct flow_change *change, struct group_slot *slot, struct group_entry *new)
{
	struct group_entry *old = slot->entry;
	int rc = reserve(change);

	if (!rc && new && !old && change->tables->n_groups >= GROUPS_MAX)
		rc = -ENOSPC;
	if (!rc && old)
		rc = bundle_remove(change->bundle, change->tables->groups, old->rule);
	if (rc)
		return rc;
	if (new)
		rc = rule_add(change, slot->id, new);
	if (rc)
		return rc;
	entry_unlink(change->tables, slot);
	entry_link(change->tables, slot, new);
	change->group[change->n_groups++] = (struct group_delta){slot->id, old, new, change->mod};
	return 0;
}

int group_change_put(struct flow_change *change, uint32_t id, struct group_entry *new)
{
	struct group_slot *slot = slot_get(change->tables, id);
	const bool had_watchers = change->tables->n_watching;
	int rc = slot ? put(change, slot, new) : -ENOMEM;

	if (rc && new)
		entry_free(new);
	if (rc && slot)
		slot_tidy(change->tables, slot);
	change->needs_view |= !had_watchers && change->tables->n_watching;
	return rc;
}

static void end(struct flow_change *change)
{
	mem_free(&change->group);
	change->n_groups = change->n_group_room = 0;
}

/* It may be that groups were spoken of that never came. */
void group_change_undo(struct flow_change *change)
{
	struct flow_tables *tables = change->tables;
	struct group_slot *slot, *next;

	if (!change->n_groups)
		return;
	for (size_t i = change->n_groups; i--;) {
		const struct group_delta *delta = &change->group[i];

		slot = group_slot_find(tables, delta->id);
		entry_unlink(tables, slot);
		entry_link(tables, slot, delta->old);
		if (delta->new)
			flow_masks_remove_group(tables, &delta->new->group.desc);
	}
	HASH_ITER (hh, tables->group_slots, slot, next)
		slot_tidy(tables, slot);
	end(change);
}

void group_change_done(struct flow_change *change)
{
	change->tables->group_changes += change->n_groups;
	for (size_t i = 0; i < change->n_groups; i++) {
		const struct group_delta *delta = &change->group[i];

		if (delta->old)
			flow_masks_remove_group(change->tables, &delta->old->group.desc);
		slot_tidy(change->tables, group_slot_find(change->tables, delta->id));
	}
	end(change);
}

void groups_free(struct flow_tables *tables)
{
	struct group_slot *slot, *next;

	HASH_ITER (hh, tables->group_slots, slot, next) {
		HASH_DEL(tables->group_slots, slot);
		free(slot);
	}
	classifier_free(&tables->groups);
}
