#include "flow/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "flow/port_text.h"

/* ---- life ---- */

void group_desc_fini(struct group_desc *desc)
{
	for (uint32_t i = 0; i < desc->n_buckets; i++)
		ofactions_fini(&desc->bucket[i].actions);
	mem_free(&desc->bucket);
	desc->n_buckets = 0;
}

void group_mod_fini(struct group_mod *mod)
{
	group_desc_fini(&mod->desc);
}

int group_desc_copy(struct group_desc *out, const struct group_desc *desc)
{
	own(group_desc_fini) struct group_desc copy = *desc;

	copy.bucket = desc->n_buckets ? calloc(desc->n_buckets, sizeof(*copy.bucket)) : NULL;
	copy.n_buckets = 0;
	if (desc->n_buckets && !copy.bucket)
		return -ENOMEM;
	for (uint32_t i = 0; i < desc->n_buckets; i++) {
		copy.bucket[i] = desc->bucket[i];
		if (ofactions_copy(&copy.bucket[i].actions, &desc->bucket[i].actions))
			return -ENOMEM;
		copy.n_buckets++;
	}
	*out = copy;
	copy = (struct group_desc){0};
	return 0;
}

/* ---- buckets ---- */

int group_bucket_insert(struct group_desc *desc, uint32_t at, struct group_bucket *bucket)
{
	const uint32_t n = desc->n_buckets;
	struct group_bucket *more = NULL;

	if (n < GROUP_BUCKETS_MAX)
		more = realloc(desc->bucket, (n + 1) * sizeof(*more));
	if (!more) {
		ofactions_fini(&bucket->actions);
		return n < GROUP_BUCKETS_MAX ? -ENOMEM : -ENOSPC;
	}
	memmove(&more[at + 1], &more[at], (n - at) * sizeof(*more));
	more[at] = *bucket;
	bucket->actions = (struct ofactions){0};
	desc->bucket = more;
	desc->n_buckets = n + 1;
	return 0;
}

void group_bucket_remove(struct group_desc *desc, uint32_t at)
{
	ofactions_fini(&desc->bucket[at].actions);
	desc->n_buckets--;
	memmove(&desc->bucket[at], &desc->bucket[at + 1],
		(desc->n_buckets - at) * sizeof(*desc->bucket));
}

uint32_t group_bucket_find(const struct group_desc *desc, uint32_t id)
{
	uint32_t i = 0;

	while (i < desc->n_buckets && desc->bucket[i].id != id)
		i++;
	return i;
}

void group_buckets_settle(struct group_desc *desc)
{
	uint32_t id = 0;

	for (uint32_t i = 0; i < desc->n_buckets; i++) {
		struct group_bucket *bucket = &desc->bucket[i];

		if (!bucket->has_weight)
			bucket->weight = desc->type == GROUP_SELECT;
		bucket->has_weight = true;
		if (bucket->id != (uint32_t)BUCKET_EVERY)
			continue;
		while (group_bucket_find(desc, id) < desc->n_buckets)
			id++;
		bucket->id = id;
	}
}

int group_field_add(struct group_desc *desc, const struct field *field, field_bits mask)
{
	const uint8_t id = (uint8_t)field_id(field);
	unsigned at = 0;

	while (at < desc->n_fields && desc->field[at].field < id)
		at++;
	if (at == desc->n_fields || desc->field[at].field != id) {
		if (desc->n_fields == GROUP_FIELDS_MAX)
			return -ENOSPC;
		memmove(&desc->field[at + 1], &desc->field[at],
			(desc->n_fields - at) * sizeof(desc->field[0]));
		desc->n_fields++;
	}
	desc->field[at] = (struct group_field){id, mask};
	return 0;
}

/* ---- what is wrong ---- */

const char *group_type_name(enum group_type type)
{
	static const char *const names[] = {
		[GROUP_ALL] = "all",
		[GROUP_SELECT] = "select",
		[GROUP_INDIRECT] = "indirect",
		[GROUP_FF] = "ff",
	};

	return names[type];
}

static enum group_fault fault(enum group_fault fault, struct err *err, const char *text)
{
	err_set(err, EINVAL, "%s", text);
	return fault;
}

static enum group_fault check_actions(const struct ofactions *list, struct err *err)
{
	for (uint32_t i = 0; i < list->n; i = ofactions_next(list, i)) {
		if (ofaction_may_be_in_set(&list->item[i]))
			continue;
		err_set(err, EINVAL,
			"%s cannot be in a bucket, which is an action set: output, group, "
			"set_field, push, pop, TTL and the like can",
			ofaction_name(&list->item[i]));
		return GROUP_BAD_ACTION;
	}
	return GROUP_FINE;
}

static enum group_fault check_bucket(const struct group_desc *desc, uint32_t at, struct err *err)
{
	const struct group_bucket *bucket = &desc->bucket[at];

	if (bucket->id != (uint32_t)BUCKET_EVERY &&
	    (bucket->id > BUCKET_NUMBER_MAX || group_bucket_find(desc, bucket->id) != at)) {
		err_set(err, EINVAL,
			"bucket_id %u: use numbers up to %u, each of them once in a group",
			bucket->id, BUCKET_NUMBER_MAX);
		return GROUP_BAD_BUCKET;
	}
	if (desc->type != GROUP_SELECT && bucket->has_weight && bucket->weight)
		return fault(GROUP_BAD_WEIGHT, err, "only buckets of select groups have a weight");
	if (desc->type == GROUP_FF && bucket->watch_port == OFPORT_NONE &&
	    bucket->watch_group == GROUP_NONE)
		return fault(GROUP_BAD_WATCH, err,
			     "a bucket of a fast failover group needs watch_port or watch_group");
	return check_actions(&bucket->actions, err);
}

static enum group_fault check_buckets(const struct group_desc *desc, struct err *err)
{
	enum group_fault rc = GROUP_FINE;

	for (uint32_t i = 0; !rc && i < desc->n_buckets; i++)
		rc = check_bucket(desc, i, err);
	return rc;
}

enum group_fault group_desc_check(const struct group_desc *desc, struct err *err)
{
	if (desc->id > GROUP_NUMBER_MAX) {
		err_set(err, EINVAL, "group_id %u: use 0 to %u", desc->id, GROUP_NUMBER_MAX);
		return GROUP_BAD_NUMBER;
	}
	if (desc->type >= N_GROUP_TYPES)
		return fault(GROUP_BAD_TYPE, err, "a group is all, select, indirect or ff");
	if (desc->type == GROUP_INDIRECT && desc->n_buckets != 1)
		return fault(GROUP_BAD_COUNT, err, "an indirect group has one bucket");
	if (desc->type != GROUP_SELECT && desc->method != GROUP_BY_DEFAULT)
		return fault(GROUP_BAD_METHOD, err, "only select groups have a selection_method");
	if (desc->method != GROUP_BY_HASH && desc->n_fields)
		return fault(GROUP_BAD_METHOD, err,
			     "fields are for select groups with selection_method=hash");
	return check_buckets(desc, err);
}

void ofactions_for_each_group(const struct ofactions *list,
			      void (*visit)(void *ctx, uint32_t group), void *ctx)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (list->item[i].type == OFACTION_GROUP)
			visit(ctx, list->item[i].number);
}
