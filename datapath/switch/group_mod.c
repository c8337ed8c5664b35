/* What a group mod means: OpenFlow 1.3.5 section 6.5, 1.5.1 section 6.7. Counters of a group go on when it is modified,
 * those of its buckets begin anew; buckets that an insertion or removal leaves alone count on. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "flow/port_text.h"
#include "switch/bridge.h"
#include "switch/flow_change.h"
#include "switch/group_store.h"
#include "switch/translate.h"

static struct group_entry *entry_of(const struct flow_change *change, uint32_t id)
{
	const struct group_slot *slot = group_slot_find(change->tables, id);

	return slot ? slot->entry : NULL;
}

static int check_actions(const struct group_desc *desc, struct err *err)
{
	int rc = 0;

	for (uint32_t i = 0; !rc && i < desc->n_buckets; i++)
		rc = translate_check(&desc->bucket[i].actions, err);
	return rc;
}

static int put(struct flow_change *change, const struct group_desc *desc,
	       const struct group_entry *old, bool keeps_buckets, struct err *err)
{
	struct group_entry *entry;
	int rc = group_desc_check(desc, err) ? -EINVAL : check_actions(desc, err);

	if (rc)
		return rc;
	entry = group_entry_new(change, desc, old, keeps_buckets);
	rc = entry ? group_change_put(change, desc->id, entry) : -ENOMEM;
	return rc == -ENOSPC ? err_set(err, ENOSPC, "a bridge has at most %d groups", GROUPS_MAX)
			     : rc;
}

static int missing(const struct group_mod *mod, struct err *err)
{
	return err_set(err, ENOENT, "group %u: there is no such group", mod->desc.id);
}

static int add(struct flow_change *change, const struct group_mod *mod, struct err *err)
{
	if (entry_of(change, mod->desc.id))
		return err_set(err, EEXIST, "group %u: there is one of that number already",
			       mod->desc.id);
	return put(change, &mod->desc, NULL, false, err);
}

static int modify(struct flow_change *change, const struct group_mod *mod, struct err *err)
{
	const struct group_entry *old = entry_of(change, mod->desc.id);

	if (!old && mod->command == GROUP_MODIFY)
		return missing(mod, err);
	return put(change, &mod->desc, old, false, err);
}

/* ---- buckets ---- */

/* Where the buckets are to be; n_buckets: there is no such place. */
static uint32_t place_of(const struct group_desc *desc, uint32_t bucket)
{
	if (bucket == (uint32_t)BUCKET_FIRST)
		return 0;
	return bucket == (uint32_t)BUCKET_LAST ? desc->n_buckets - 1
					       : group_bucket_find(desc, bucket);
}

static int no_bucket(const struct group_mod *mod, struct err *err)
{
	return err_set(err, ENODATA, "group %u: there is no bucket %u", mod->desc.id, mod->bucket);
}

static int insert_one(struct group_desc *desc, uint32_t at, const struct group_bucket *bucket,
		      struct err *err)
{
	struct group_bucket copy = *bucket;
	int rc;

	if (bucket->id != (uint32_t)BUCKET_EVERY &&
	    group_bucket_find(desc, bucket->id) < desc->n_buckets)
		return err_set(err, ENOTUNIQ, "group %u: there is a bucket %u already", desc->id,
			       bucket->id);
	rc = ofactions_copy(&copy.actions, &bucket->actions);
	if (!rc)
		rc = group_bucket_insert(desc, at, &copy);
	return rc == -ENOSPC ? err_set(err, ENOBUFS, "group %u: it has room for %d buckets",
				       desc->id, GROUP_BUCKETS_MAX)
			     : rc;
}

/* In front of the first one, behind the last, or behind the one that is named. */
static int insert(struct flow_change *change, const struct group_mod *mod, struct err *err)
{
	const struct group_entry *old = entry_of(change, mod->desc.id);
	own(group_desc_fini) struct group_desc desc = {0};
	uint32_t at;
	int rc;

	if (!old)
		return missing(mod, err);
	at = place_of(&old->group.desc, mod->bucket);
	if (mod->bucket != (uint32_t)BUCKET_LAST && mod->bucket != (uint32_t)BUCKET_FIRST &&
	    at == old->group.desc.n_buckets)
		return no_bucket(mod, err);
	rc = group_desc_copy(&desc, &old->group.desc);
	at += mod->bucket != (uint32_t)BUCKET_FIRST;
	for (uint32_t i = 0; !rc && i < mod->desc.n_buckets; i++)
		rc = insert_one(&desc, at + i, &mod->desc.bucket[i], err);
	return rc ? rc : put(change, &desc, old, true, err);
}

static int remove_one(struct group_desc *desc, const struct group_mod *mod, struct err *err)
{
	const uint32_t at = desc->n_buckets ? place_of(desc, mod->bucket) : 0;

	if (at < desc->n_buckets)
		group_bucket_remove(desc, at);
	else if (mod->bucket != (uint32_t)BUCKET_FIRST && mod->bucket != (uint32_t)BUCKET_LAST)
		return no_bucket(mod, err);
	return 0;
}

static int remove_buckets(struct flow_change *change, const struct group_mod *mod, struct err *err)
{
	const struct group_entry *old = entry_of(change, mod->desc.id);
	own(group_desc_fini) struct group_desc desc = {0};
	int rc;

	if (!old)
		return missing(mod, err);
	rc = group_desc_copy(&desc, &old->group.desc);
	if (!rc && mod->bucket == (uint32_t)BUCKET_EVERY)
		while (desc.n_buckets)
			group_bucket_remove(&desc, desc.n_buckets - 1);
	else if (!rc)
		rc = remove_one(&desc, mod, err);
	return rc ? rc : put(change, &desc, old, true, err);
}

/* ---- deletion ---- */

struct gone {
	const struct flow_tables *tables;
	bool is_gone;
};

static void look(void *ctx, uint32_t id)
{
	struct gone *gone = ctx;

	gone->is_gone |= !group_slot_find(gone->tables, id)->entry;
}

/* Flows that send to a group that is there no more. */
static int flows_delete(struct flow_change *change, uint32_t group)
{
	const struct flow_mod filter = {
		.command = FLOW_DELETE,
		.table = FLOW_TABLE_ANY,
		.out_port = OFPORT_NONE,
		.out_group = group == GROUP_EVERY ? FLOW_GROUP_ANY : group,
	};
	struct flow_list list = {0};
	int rc = flow_list_select(&list, change->tables, &filter);

	for (size_t i = 0; !rc && i < list.n; i++) {
		struct gone gone = {change->tables, false};

		ofactions_for_each_group(&list.entry[i]->flow.actions, look, &gone);
		if (gone.is_gone)
			rc = flow_change_put(change,
					     (struct flow_delta){.old = list.entry[i],
								 .type = FLOW_REMOVED,
								 .reason = FLOW_REMOVED_GROUP},
					     NULL);
	}
	flow_list_fini(&list);
	return rc;
}

static int delete_all(struct flow_change *change, bool *has_flows)
{
	struct group_slot *slot, *next;
	int rc = 0;

	HASH_ITER (hh, change->tables->group_slots, slot, next) {
		if (!slot->entry)
			continue;
		*has_flows |= slot->n_flows;
		rc = group_change_put(change, slot->id, NULL);
		if (rc)
			break;
	}
	return rc;
}

/* What is not there is no error. */
static int delete (struct flow_change *change, const struct group_mod *mod, struct err *err)
{
	bool has_flows = false;
	int rc = 0;

	if (mod->desc.id == GROUP_EVERY) {
		rc = delete_all(change, &has_flows);
	} else if (mod->desc.id > GROUP_NUMBER_MAX) {
		return err_set(err, EINVAL, "group_id %u: use 0 to %u, or all", mod->desc.id,
			       GROUP_NUMBER_MAX);
	} else if (entry_of(change, mod->desc.id)) {
		has_flows = group_slot_find(change->tables, mod->desc.id)->n_flows;
		rc = group_change_put(change, mod->desc.id, NULL);
	}
	return rc || !has_flows ? rc : flows_delete(change, mod->desc.id);
}

int group_mod_apply(struct flow_change *change, const struct group_mod *mod, struct err *err)
{
	switch (mod->command) {
	case GROUP_ADD:
		return add(change, mod, err);
	case GROUP_MODIFY:
	case GROUP_MODIFY_OR_ADD:
		return modify(change, mod, err);
	case GROUP_DELETE:
		return delete (change, mod, err);
	case GROUP_INSERT_BUCKETS:
		return insert(change, mod, err);
	case GROUP_REMOVE_BUCKETS:
		return remove_buckets(change, mod, err);
	}
	return err_set(err, EINVAL, "%u is no command of a group mod", mod->command);
}
