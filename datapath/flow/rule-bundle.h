#pragma once
/* Many changes that readers see at once, or never.
 *
 * All classifiers that a packet may pass share one clock. A reader takes the clock's version
 * when it begins with a packet (or a burst) and passes it to every look-up, so that it sees all of
 * a bundle or nothing of it, however many tables the bundle touches. Added rules begin with the
 * next version, removed ones end with it; commit makes it the current one, by a single store.
 *
 *	own(bundle_free) struct bundle *bundle = NULL;
 *	if (bundle_new(&bundle, clock) ||
 *	    bundle_remove(bundle, cls, old) ||
 *	    bundle_add(bundle, cls, &spec, &rule))
 *		return ...;			(freeing it undoes what was prepared)
 *	bundle_commit(bundle);
 *
 * What commit made visible holds for every reader that takes its version afterwards. One bundle at a
 * time per clock. Thread: the writer.
 */
#include "flow/rule-classifier.h"

struct rule_clock {
	uint64_t now; /* RCU: the current version; begins at 0 */
};

/* The version to look things up at. Any thread. */
static inline uint64_t rule_clock_now(const struct rule_clock *clock)
{
	return __atomic_load_n(&clock->now, __ATOMIC_ACQUIRE);
}

struct bundle;

int bundle_new(struct bundle **out, struct rule_clock *clock);
/* Undoes everything unless it was committed. NULL-safe. */
void bundle_free(struct bundle **bundle);

/* 0 or -ENOMEM; then the bundle is as it was before. *out: see classifier_add(). */
int bundle_add(struct bundle *bundle, struct classifier *cls, const struct rule_spec *spec,
	       struct rule **out);
/* The rule may be one that this bundle added, but not one that it removed. 0 or -ENOMEM. */
int bundle_remove(struct bundle *bundle, struct classifier *cls, struct rule *rule);

/* Cannot fail. Rules that were removed are gone from now on, and released after two grace periods.
 * The bundle may only be freed then. */
void bundle_commit(struct bundle *bundle);
