/* Do groups fit together? None is to be missing, none sent to that goes, and no chain too long or a circle. */
#include <errno.h>

#include "base/err.h"
#include "switch/flow_change.h"
#include "switch/group_store.h"

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

struct search {
	struct flow_tables *tables;
	struct err *err;
	struct group_slot *from; /* who looks */
	unsigned depth;
	int rc;
};

static void search(struct search *search, struct group_slot *slot);

struct sends {
	uint32_t id;
	bool does;
};

static void is_it(void *ctx, uint32_t id)
{
	struct sends *sends = ctx;

	sends->does |= id == sends->id;
}

/* Does it send to that group, or only watch it? */
static bool sends_to(const struct group_desc *desc, uint32_t id)
{
	struct sends sends = {.id = id};

	for (uint32_t i = 0; i < desc->n_buckets; i++)
		ofactions_for_each_group(&desc->bucket[i].actions, is_it, &sends);
	return sends.does;
}

static int is_missing(const struct group_slot *from, uint32_t id, struct err *err)
{
	const bool sends = sends_to(&from->entry->group.desc, id);

	return err_set(err, sends ? ENXIO : ENOLINK, "group %u %s group %u, which is not there",
		       from->id, sends ? "sends to" : "watches", id);
}

static void search_next(void *ctx, uint32_t id)
{
	struct search *at = ctx;
	struct group_slot *from = at->from, *next = group_slot_find(at->tables, id);

	if (at->rc)
		return;
	if (!next->entry)
		at->rc = is_missing(from, id, at->err);
	else if (next->mark == MARK_OPEN)
		at->rc = err_set(at->err, ELOOP,
				 "group %u would send to itself again, by way of group %u", id,
				 from->id);
	else if (next->mark == MARK_NEW)
		search(at, next);
	if (!at->rc && from->height <= next->height)
		from->height = next->height + 1;
}

static void search(struct search *search, struct group_slot *slot)
{
	struct group_slot *from = search->from;

	slot->mark = MARK_OPEN;
	slot->height = 1;
	search->from = slot;
	if (++search->depth <= GROUP_CHAIN_MAX)
		group_for_each_next(&slot->entry->group.desc, search_next, search);
	if (!search->rc && (search->depth > GROUP_CHAIN_MAX || slot->height > GROUP_CHAIN_MAX))
		search->rc = err_set(search->err, ELOOP,
				     "group %u would be one of a chain of more than %d", slot->id,
				     GROUP_CHAIN_MAX);
	search->depth--;
	search->from = from;
	slot->mark = MARK_DONE;
}

/* What a change did not touch may have become part of a longer chain. */
static int check_chains(struct flow_tables *tables, struct err *err)
{
	struct search begin = {.tables = tables, .err = err};
	struct group_slot *slot, *next;

	HASH_ITER (hh, tables->group_slots, slot, next)
		slot->mark = MARK_NEW;
	HASH_ITER (hh, tables->group_slots, slot, next)
		if (!begin.rc && slot->entry && slot->mark == MARK_NEW)
			search(&begin, slot);
	return begin.rc;
}

static void note_next(void *ctx, uint32_t id)
{
	*(bool *)ctx = true;
}

int group_change_check(struct flow_change *change, size_t *which, struct err *err)
{
	bool has_chains = false;

	for (size_t i = 0; i < change->n_groups; i++) {
		const struct group_delta *delta = &change->group[i];
		const struct group_slot *slot = group_slot_find(change->tables, delta->id);

		if (delta->new)
			group_for_each_next(&delta->new->group.desc, note_next, &has_chains);
		if (has_chains || !slot->entry)
			*which = delta->mod;
		if (!slot->entry && slot->n_groups)
			return err_set(err, EBUSY,
				       "group %u: another group sends to it: delete that before",
				       delta->id);
	}
	return has_chains ? check_chains(change->tables, err) : 0;
}

struct there {
	const struct flow_tables *tables;
	struct err *err;
	int rc;
};

static void look(void *ctx, uint32_t id)
{
	struct there *there = ctx;
	const struct group_slot *slot = group_slot_find(there->tables, id);

	if (!slot || !slot->entry)
		there->rc = err_set(there->err, ENXIO, "group:%u: there is no such group", id);
}

int groups_are_there(const struct flow_tables *tables, const struct ofactions *actions,
		     struct err *err)
{
	struct there there = {tables, err, 0};

	ofactions_for_each_group(actions, look, &there);
	return there.rc;
}
