#include "tss.h"

#include <stdlib.h>
#include <string.h>

#define BURST 64

struct tuple {
	struct rule_table table; /* table.mask: borrowed from its rules */
	UT_hash_handle hh;       /* by mask */
};

struct tss {
	unsigned n_words;
	struct rule_mask *pool;
	struct tuple *tuples;
	struct retire_list *retired;
	unsigned n, n_room;
	struct rule_table **sorted; /* by max_priority, highest first */
};

void tss_new(struct tss **out, unsigned n_words)
{
	struct tss *tss = calloc(1, sizeof(*tss));

	if (!tss || retire_list_new(&tss->retired, tss))
		abort();
	tss->n_words = n_words;
	*out = tss;
}

void tss_free(struct tss **tssp)
{
	struct tss *tss = *tssp;

	retire_list_free(&tss->retired);
	free(tss->sorted);
	free(tss);
	*tssp = NULL;
}

unsigned tss_n_tables(const struct tss *tss)
{
	return tss->n;
}

/* Moves the table up to where its priority belongs. */
static void sift(struct tss *tss, unsigned at)
{
	struct rule_table *table = tss->sorted[at];

	for (; at && tss->sorted[at - 1]->max_priority < table->max_priority; at--)
		tss->sorted[at] = tss->sorted[at - 1];
	tss->sorted[at] = table;
}

static unsigned position(const struct tss *tss, const struct rule_table *table)
{
	unsigned at = 0;

	while (tss->sorted[at] != table)
		at++;
	return at;
}

static struct rule_table *tuple_of(struct tss *tss, struct rule *rule)
{
	const struct rule_mask *mask = rule->mask;
	struct tuple *tuple;

	HASH_FIND_PTR(tss->tuples, &mask, tuple);
	if (tuple)
		return &tuple->table;
	tuple = calloc(1, sizeof(*tuple));
	if (!tuple || rule_table_init(&tuple->table, (struct rule_mask *)mask, false))
		abort();
	HASH_ADD_PTR(tss->tuples, table.mask, tuple);
	if (tss->n == tss->n_room) {
		tss->n_room = tss->n_room ? tss->n_room * 2 : 64;
		tss->sorted = realloc(tss->sorted, tss->n_room * sizeof(*tss->sorted));
	}
	tss->sorted[tss->n++] = &tuple->table;
	return &tuple->table;
}

struct rule *tss_add(struct tss *tss, const struct rule_match *match, uint32_t priority)
{
	struct rule_table *table;
	struct rule *rule;

	if (rule_new(&rule, &tss->pool, match, tss->n_words))
		abort();
	rule->priority = priority;
	rule->added = 0;
	table = tuple_of(tss, rule);
	if (rule_table_insert(table, rule, tss->retired))
		abort();
	rule->table = table;
	if (priority > table->max_priority) {
		table->max_priority = priority;
		sift(tss, position(tss, table));
	}
	return rule;
}

static void gone(struct retired *item, void *ctx)
{
	struct rule *rule = (struct rule *)((char *)item - offsetof(struct rule, retired));
	struct tss *tss = ctx;

	rule_free(&rule, &tss->pool);
}

void tss_remove(struct tss *tss, struct rule *rule)
{
	struct tuple *tuple = (struct tuple *)rule->table;

	rule_table_replace(&tuple->table, rule, NULL);
	rule_table_shrink(&tuple->table, tss->retired);
	if (!tuple->table.buckets->n_rules) {
		unsigned at = position(tss, &tuple->table);

		memmove(&tss->sorted[at], &tss->sorted[at + 1],
			(--tss->n - at) * sizeof(*tss->sorted));
		HASH_DEL(tss->tuples, tuple);
		rule_table_fini(&tuple->table);
		free(tuple);
	}
	retire(tss->retired, &rule->retired, gone);
	retire_poll(tss->retired);
}

void tss_lookup(const struct tss *tss, const uint64_t *const *keys, unsigned n,
		const struct rule **rules)
{
	uint32_t hash[BURST];
	uint8_t live[BURST];
	unsigned n_live = n;

	for (unsigned k = 0; k < n; k++) {
		live[k] = (uint8_t)k;
		rules[k] = NULL;
	}
	for (unsigned i = 0; i < tss->n && n_live; i++) {
		const struct rule_table *table = tss->sorted[i];
		const struct rule_buckets *buckets = table->buckets;
		unsigned n_left = 0;

		for (unsigned k = 0; k < n_live; k++) {
			unsigned key = live[k];

			if (rules[key] && rules[key]->priority >= table->max_priority)
				continue;
			live[n_left] = (uint8_t)key;
			hash[n_left] = rule_mask_hash(table->mask, keys[key]);
			__builtin_prefetch(&buckets->bucket[hash[n_left++] & buckets->last]);
		}
		n_live = n_left;
		for (unsigned k = 0; k < n_live; k++) {
			const struct rule **best = &rules[live[k]];
			const struct rule *rule;
			struct rule_probe probe;

			rule_probe_begin(&probe, buckets, hash[k]);
			while ((rule = rule_probe_next(&probe)))
				if ((!*best || rule->priority > (*best)->priority) &&
				    rule_matches(rule, keys[live[k]]))
					*best = rule;
		}
	}
}
