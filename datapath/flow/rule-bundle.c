#include "flow/rule-bundle.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct change {
	struct classifier *cls;
	struct rule *rule;
	bool is_removal;
};

struct bundle {
	struct rule_clock *clock;
	uint64_t version; /* the one that it makes */
	size_t n_changes, n_room;
	struct change *changes;
};

int bundle_new(struct bundle **out, struct rule_clock *clock)
{
	struct bundle *bundle = calloc(1, sizeof(*bundle));

	if (!bundle)
		return -ENOMEM;
	bundle->clock = clock;
	bundle->version = clock->now + 1;
	*out = bundle;
	return 0;
}

static int reserve(struct bundle *bundle)
{
	size_t n_room = bundle->n_room ? bundle->n_room * 2 : 16;
	struct change *changes;

	if (bundle->n_changes < bundle->n_room)
		return 0;
	changes = realloc(bundle->changes, n_room * sizeof(*changes));
	if (!changes)
		return -ENOMEM;
	bundle->changes = changes;
	bundle->n_room = n_room;
	return 0;
}

int bundle_add(struct bundle *bundle, struct classifier *cls, const struct rule_spec *spec,
	       struct rule **out)
{
	int r = reserve(bundle);

	if (!r)
		r = classifier_add(cls, spec, bundle->version, out);
	if (!r)
		bundle->changes[bundle->n_changes++] = (struct change){cls, *out, false};
	return r;
}

int bundle_remove(struct bundle *bundle, struct classifier *cls, struct rule *rule)
{
	int r = reserve(bundle);

	if (r)
		return r;
	assert(rule->removed == RULE_NEVER);
	__atomic_store_n(&rule->removed, bundle->version, __ATOMIC_RELAXED);
	bundle->changes[bundle->n_changes++] = (struct change){cls, rule, true};
	return 0;
}

void bundle_commit(struct bundle *bundle)
{
	assert(bundle->version == bundle->clock->now + 1);
	__atomic_store_n(&bundle->clock->now, bundle->version, __ATOMIC_RELEASE);
	for (size_t i = 0; i < bundle->n_changes; i++)
		if (bundle->changes[i].is_removal)
			classifier_remove_later(bundle->changes[i].cls, bundle->changes[i].rule);
	bundle->n_changes = 0;
}

/* Nobody has seen the added rules; the last change is undone first. */
static void undo(struct bundle *bundle)
{
	while (bundle->n_changes) {
		const struct change *change = &bundle->changes[--bundle->n_changes];

		if (change->is_removal)
			__atomic_store_n(&change->rule->removed, RULE_NEVER, __ATOMIC_RELAXED);
		else
			classifier_remove(change->cls, change->rule);
	}
}

void bundle_free(struct bundle **bundlep)
{
	if (!*bundlep)
		return;
	undo(*bundlep);
	free((*bundlep)->changes);
	free(*bundlep);
	*bundlep = NULL;
}
