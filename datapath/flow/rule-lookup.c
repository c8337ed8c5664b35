/* The readers' side of the classifier: bursts of keys against the tables in order. */
#include "flow/rule-set.h"

#define MAX_CANDIDATES 128
#define MIN_PROBES     6 /* in flight at a time, so that memory latencies overlap */

/* One key against one table. */
struct probe {
	const struct rule_buckets *buckets;
	uint32_t hash, bound;
	unsigned key;
};

struct candidate {
	const struct rule *rule;
	unsigned key;
};

struct burst {
	const uint64_t *const *keys;
	const struct rule **rules; /* best so far */
	uint64_t version;
	uint64_t floor[CLASSIFIER_BURST]; /* only priorities from here on are of interest */
	uint8_t live[CLASSIFIER_BURST];   /* keys that may still find a better rule */
	unsigned n_live;
	unsigned n_probes;
	struct probe probe[CLASSIFIER_BURST + MIN_PROBES];
	unsigned n_candidates;
	struct candidate candidate[MAX_CANDIDATES];
};

static void retain_live(struct burst *burst, uint32_t bound)
{
	unsigned n = 0;

	for (unsigned i = 0; i < burst->n_live; i++) {
		burst->live[n] = burst->live[i];
		n += burst->floor[burst->live[i]] <= bound;
	}
	burst->n_live = n;
}

static void aim(struct burst *burst, const struct rule_table *table, uint32_t bound)
{
	const struct rule_buckets *buckets = rule_table_buckets(table);
	const struct rule_mask *mask = table->mask;

	for (unsigned i = 0; i < burst->n_live; i++) {
		unsigned key = burst->live[i];
		uint32_t hash = rule_mask_hash(mask, burst->keys[key]);

		__builtin_prefetch(&buckets->bucket[hash & buckets->last].tags);
		burst->probe[burst->n_probes++] = (struct probe){
			.buckets = buckets, .hash = hash, .bound = bound, .key = key};
	}
}

static void judge(struct burst *burst, const struct candidate *candidate)
{
	unsigned key = candidate->key;
	const struct rule *rule = candidate->rule;

	if (rule->priority < burst->floor[key] || !rule_matches(rule, burst->keys[key]))
		return;
	rule = rule_chain_visible(rule, burst->version);
	if (!rule || rule->priority < burst->floor[key])
		return;
	burst->rules[key] = rule;
	burst->floor[key] = (uint64_t)rule->priority + 1;
}

static void judge_all(struct burst *burst)
{
	for (unsigned i = 0; i < burst->n_candidates; i++)
		judge(burst, &burst->candidate[i]);
	burst->n_candidates = 0;
}

static void shoot(struct burst *burst)
{
	for (unsigned i = 0; i < burst->n_probes; i++) {
		const struct probe *probe = &burst->probe[i];
		struct rule_probe cursor;
		const struct rule *rule;

		if (burst->floor[probe->key] > probe->bound)
			continue;
		rule_probe_begin_key(&cursor, probe->buckets, probe->hash, burst->keys[probe->key],
				     burst->floor[probe->key]);
		while ((rule = rule_probe_next(&cursor))) {
			__builtin_prefetch(&rule->priority);
			__builtin_prefetch(&rule->value[3]);
			burst->candidate[burst->n_candidates++] =
				(struct candidate){rule, probe->key};
			if (burst->n_candidates == MAX_CANDIDATES)
				judge_all(burst);
		}
	}
	burst->n_probes = 0;
	judge_all(burst);
}

/* Every key: what the tables leave no hope for, the tree may still have. */
static void search_tree(struct burst *burst, const struct classifier *cls, unsigned n)
{
	for (unsigned key = 0; key < n; key++)
		burst->rules[key] = rule_tree_lookup(&cls->tree, burst->version, burst->keys[key],
						     burst->rules[key]);
}

void classifier_lookup(const struct classifier *cls, uint64_t version, const uint64_t *const *keys,
		       unsigned n, const struct rule **rules)
{
	const struct rule_set *set = __atomic_load_n(&cls->set, __ATOMIC_ACQUIRE);
	struct burst burst;
	unsigned i = 0;

	burst.keys = keys;
	burst.rules = rules;
	burst.version = version;
	burst.n_probes = 0;
	burst.n_candidates = 0;
	burst.n_live = n;
	for (unsigned k = 0; k < n; k++) {
		burst.live[k] = (uint8_t)k;
		burst.floor[k] = 0;
		rules[k] = NULL;
	}
	while (i < set->n_tables && burst.n_live) {
		do {
			uint32_t bound = __atomic_load_n(&set->bound[i], __ATOMIC_RELAXED);

			retain_live(&burst, bound);
			aim(&burst, set->table[i], bound);
		} while (++i < set->n_tables && burst.n_live && burst.n_probes < MIN_PROBES);
		shoot(&burst);
	}
	search_tree(&burst, cls, n);
}

void classifier_for_each_match(const struct classifier *cls, uint64_t version, const uint64_t *key,
			       void (*visit)(const struct rule *rule, void *ctx), void *ctx)
{
	const struct rule_set *set = __atomic_load_n(&cls->set, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < set->n_tables; i++) {
		const struct rule_buckets *buckets = rule_table_buckets(set->table[i]);
		struct rule_probe cursor;
		const struct rule *rule;

		rule_probe_begin_key(&cursor, buckets, rule_mask_hash(set->table[i]->mask, key),
				     key, 0);
		while ((rule = rule_probe_next(&cursor)))
			if (rule_matches(rule, key))
				rule_chain_for_each(rule, version, visit, ctx);
	}
	rule_tree_for_each_match(&cls->tree, version, key, visit, ctx);
}
