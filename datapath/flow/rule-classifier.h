#pragma once
/* The classifier: of all rules that match a packet, the one with the highest priority.
 *
 * Rules have arbitrary masks over the words of a key. Tuple-space search keeps one hash table per
 * mask and asks each of them; real rule sets have thousands of masks, and that is its price.
 *
 * Tables (TupleMerge: Daly, Bruschi, Linguaglossa, Pontarelli, Rossi, Tollet, Torng, Yourtchenko,
 * IEEE/ACM Transactions on Networking 2019). A table's mask has some of the bits that its rules look
 * at, so one table serves rules of many masks, and rules of one masked value crowd under one hash.
 * A rule goes into the most special table that it fits in and that has fewer than
 * `collision_limit` rules under the rule's hash, a quarter of which may look like it to the buckets.
 * If all are full, a new table is made, whose mask the crowd decides (rule-relax.h). Unlike in the
 * original no rule ever moves to another table: readers need no protocol for rules that are in two
 * places or in none.
 *
 * Crowds would be slow to look through, so the buckets do it (rule-table.h): beside each rule's tag
 * they keep its priority and two small lanes of value and mask, chosen per table, which tell most
 * of a crowd apart from the key without touching the rules. This is what allows few tables.
 *
 * The tree. Tables are at most `max_tables`; rules that fit into none go into a decision tree
 * (rule-tree.h) that takes any mask. So a look-up costs at most that many probes of at most a few
 * lines each, plus a search that is sublinear for any rules that one can still call rules.
 *
 * Order. Tables are asked in order of their highest priority, the tree last; a key leaves when
 * nothing to come can beat what it has. Look-ups come in bursts: each table is asked for all keys,
 * in three passes (hash and prefetch buckets; filter and prefetch rules; compare), so that
 * memory latencies overlap. For few keys several tables are in flight instead.
 *
 * Rules of equal match hang in one chain by descending priority, and only the first one, the head,
 * is in a table. An index by exact match finds heads: strict modify and delete cost one probe.
 *
 * Versions. A look-up is at a version, and sees rules with added <= version < removed.
 * So a change becomes visible when the writer publishes the version that it belongs to, which
 * may be many rules in many tables at once: see rule-bundle.h.
 *
 * Threads: one writer at a time (see base/retire.h for its part in RCU). Readers under RCU (base/rcu.h), without
 * locks or allocation; rules that they find are theirs until they rest. Memory that readers may see
 * is freed in the writer's thread, after a grace period, while it makes later changes (base/retire.h).
 *
 * Numbers (tests/bench/bench_classifier.c) are in the commits.
 */
#include "flow/rule.h"

struct classifier;

#define CLASSIFIER_MAX_TABLES     64
#define CLASSIFIER_MAX_COLLISIONS 64
#define CLASSIFIER_BURST          64

struct classifier_options {
	unsigned max_tables;      /* up to CLASSIFIER_MAX_TABLES; 0: that */
	unsigned collision_limit; /* up to CLASSIFIER_MAX_COLLISIONS; 0: what serves best */
	/* Called in the writer's thread for the data of each rule that no reader can see any more,
	 * and for all rules by classifier_free(). NULL: nobody cares. */
	void (*released)(void *data, void *ctx);
	void *ctx;
};

/* A rule to be: see struct rule_match for the words. */
struct rule_spec {
	struct rule_match match;
	uint32_t priority;
	void *data; /* the caller's; also in struct rule */
};

/* `layout` is borrowed. Returns 0 or -ENOMEM. */
int classifier_new(struct classifier **out, const struct rule_layout *layout,
		   const struct classifier_options *options);
/* Waits for readers, then releases all rules. */
void classifier_free(struct classifier **cls);

/* ---- readers: any thread, under RCU ---- */

/* For each of n <= CLASSIFIER_BURST keys (n_words words each) the visible rule with the highest
 * priority that matches it, NULL if there is none, into rules[]. Of equal priorities any. */
void classifier_lookup(const struct classifier *cls, uint64_t version, const uint64_t *const *keys,
		       unsigned n, const struct rule **rules);

/* Calls `visit` for every visible rule that matches the key, in no order: a probe of each table, with
 * all that it finds. */
void classifier_for_each_match(const struct classifier *cls, uint64_t version, const uint64_t *key,
			       void (*visit)(const struct rule *rule, void *ctx), void *ctx);

/* ---- the writer ---- */

/* Adds a rule that is visible from `version` on. Rules of the same match and priority are not
 * noticed: the later one wins. *out is valid until the rule is removed. Returns 0 or -ENOMEM. */
int classifier_add(struct classifier *cls, const struct rule_spec *spec, uint64_t version,
		   struct rule **out);
/* Takes the rule away at once, at any version: for rules that nobody has seen, and for a removal
 * that is the only change. Else use a bundle. */
void classifier_remove(struct classifier *cls, struct rule *rule);
/* Takes away a rule whose `removed` is a version that has been published, when all readers are past
 * it. What bundle_commit() does. */
void classifier_remove_later(struct classifier *cls, struct rule *rule);
/* Frees what is due; see retire_poll(). */
size_t classifier_poll(struct classifier *cls);

/* The following see all rules that were added and not yet removed, published or not. */

/* The rule with exactly this match and priority. NULL: none. */
struct rule *classifier_find(const struct classifier *cls, const struct rule_match *match,
			     uint32_t priority);
/* A rule of this priority that some packet matches as well as `match`. NULL: none. */
struct rule *classifier_find_overlap(const struct classifier *cls, const struct rule_match *match,
				     uint32_t priority);
/* Calls `visit` for each rule, in no order, until one returns non-zero, and returns that. `visit`
 * must not add rules or remove them, except through a bundle that is not yet committed, and only
 * remove there. */
int classifier_for_each(const struct classifier *cls, int (*visit)(struct rule *rule, void *ctx),
			void *ctx);

struct classifier_stats {
	size_t n_rules;   /* all that are linked, on their way in and out too */
	size_t n_in_tree; /* of these: different matches that no table took */
	unsigned n_tables, n_masks;
};
void classifier_stats(const struct classifier *cls, struct classifier_stats *out);
