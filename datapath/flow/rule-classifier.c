#include "flow/rule-classifier.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "flow/rule-relax.h"
#include "flow/rule-set.h"

#define COLLISION_LIMIT 48
#define ALIKE_SHARE     4    /* one in so many of them may be beyond the lanes */
#define SORT_INTERVAL   1024 /* insertions for which bounds may stay out of order */

static void rule_gone(struct retired *item, void *ctx)
{
	struct rule *rule = (struct rule *)((char *)item - offsetof(struct rule, retired));
	struct classifier *cls = ctx;

	if (cls->options.released)
		cls->options.released(rule->data, cls->options.ctx);
	rule_free(&rule, &cls->pool);
}

static void set_gone(struct retired *item, void *ctx)
{
	free((char *)item - offsetof(struct rule_set, retired));
}

static void table_free(struct classifier *cls, struct rule_table *table)
{
	rule_table_fini(table);
	rule_mask_put(&cls->pool, &table->mask);
	free(table);
}

static void table_gone(struct retired *item, void *ctx)
{
	table_free(ctx, (struct rule_table *)((char *)item - offsetof(struct rule_table, retired)));
}

/* ---- the set of tables ---- */

static int by_priority(const void *a, const void *b)
{
	uint32_t x = (*(struct rule_table *const *)a)->max_priority;
	uint32_t y = (*(struct rule_table *const *)b)->max_priority;

	return (x < y) - (x > y);
}

static int by_bits(const void *a, const void *b)
{
	return (*(struct rule_table *const *)b)->mask->n_bits -
	       (*(struct rule_table *const *)a)->mask->n_bits;
}

static void set_publish(struct classifier *cls, struct rule_set *set)
{
	struct rule_set *old = cls->set;
	uint32_t bound = 0;

	qsort(set->table, set->n_tables, sizeof(set->table[0]), by_priority);
	for (unsigned i = set->n_tables; i--; set->bound[i] = bound)
		if (set->table[i]->max_priority > bound)
			bound = set->table[i]->max_priority;
	memcpy(cls->by_bits, set->table, sizeof(cls->by_bits));
	qsort(cls->by_bits, set->n_tables, sizeof(cls->by_bits[0]), by_bits);
	cls->n_unsorted = 0;
	__atomic_store_n(&cls->set, set, __ATOMIC_RELEASE);
	if (old)
		retire(cls->retired, &old->retired, set_gone);
}

/* A copy of the set to change and publish. NULL: no memory. */
static struct rule_set *set_copy(const struct classifier *cls)
{
	struct rule_set *set = malloc(sizeof(*set));

	if (set)
		*set = *cls->set;
	return set;
}

static int table_add(struct classifier *cls, const uint64_t *mask, struct rule_table **out)
{
	own(mem_free) struct rule_set *set = set_copy(cls);
	own(mem_free) struct rule_table *table = calloc(1, sizeof(*table));
	struct rule_mask *interned;

	if (!set || !table)
		return -ENOMEM;
	interned = rule_mask_get(&cls->pool, mask, cls->layout->n_words);
	if (!interned)
		return -ENOMEM;
	if (rule_table_init(table, interned, true)) {
		rule_mask_put(&cls->pool, &interned);
		return -ENOMEM;
	}
	table->slot_bit = ~cls->slots & -~cls->slots;
	cls->slots |= table->slot_bit;
	cls->generation++;
	set->table[set->n_tables++] = table;
	set_publish(cls, take_ptr(set));
	*out = take_ptr(table);
	return 0;
}

/* Without memory an empty table stays: it costs a probe, no more. */
static void table_del(struct classifier *cls, struct rule_table *table)
{
	struct rule_set *set = set_copy(cls);
	unsigned at = 0;

	if (!set)
		return;
	while (set->table[at] != table)
		at++;
	memmove(&set->table[at], &set->table[at + 1],
		(--set->n_tables - at) * sizeof(set->table[0]));
	cls->slots &= ~table->slot_bit;
	cls->generation++;
	set_publish(cls, set);
	retire(cls->retired, &table->retired, table_gone);
}

/* No rule of this priority may be seen before the bounds allow for it. */
static void raise_bounds(struct classifier *cls, struct rule_table *table, uint32_t priority)
{
	struct rule_set *set = cls->set;

	if (priority <= table->max_priority)
		return;
	table->max_priority = priority;
	for (unsigned i = 0; i < set->n_tables; i++) {
		if (set->bound[i] < priority)
			__atomic_store_n(&set->bound[i], priority, __ATOMIC_RELAXED);
		if (set->table[i] == table)
			break;
		if (set->table[i]->max_priority < priority)
			cls->n_unsorted++;
	}
	if (cls->n_unsorted > SORT_INTERVAL && (set = set_copy(cls)))
		set_publish(cls, set);
}

static uint64_t tables_that_fit(struct classifier *cls, const struct rule *rule)
{
	struct rule_mask *mask = (struct rule_mask *)rule->mask;

	if (mask->fits_generation == cls->generation)
		return mask->fits;
	mask->fits = 0;
	for (unsigned i = 0; i < cls->set->n_tables; i++)
		if (rule_mask_is_part(cls->set->table[i]->mask, mask))
			mask->fits |= cls->set->table[i]->slot_bit;
	mask->fits_generation = cls->generation;
	return mask->fits;
}

/* ---- placing a rule ---- */

static int table_new_for(struct classifier *cls, const struct rule *rule,
			 const struct rule_table *full, struct rule_table **out)
{
	struct rule *crowded[CLASSIFIER_MAX_COLLISIONS];
	struct rule_crowd crowd = {.rules = crowded, .limit = cls->options.collision_limit};
	uint64_t mask[RULE_MAX_WORDS];
	struct rule_probe probe;
	struct rule *found;

	if (full) {
		rule_probe_begin(&probe, full->buckets, rule_table_hash(full, rule));
		while (crowd.n_rules < crowd.limit && (found = rule_probe_next(&probe)))
			crowded[crowd.n_rules++] = found;
	}
	rule_relax(cls->layout, rule, &crowd, mask);
	return table_add(cls, mask, out);
}

static bool has_room(const struct classifier *cls, const struct rule_table *table,
		     const struct rule *rule)
{
	const uint32_t hash = rule_table_hash(table, rule);
	const unsigned limit = cls->options.collision_limit, n = rule_table_count(table, hash);

	return n * ALIKE_SHARE < limit ||
	       (n < limit && rule_table_count_alike(table, hash, rule) * ALIKE_SHARE < limit);
}

/* The table for a rule; NULL: the tree. */
static int choose_table(struct classifier *cls, const struct rule *rule, struct rule_table **out)
{
	uint64_t fits = tables_that_fit(cls, rule);
	struct rule_table *full = NULL;

	for (unsigned i = 0; i < cls->set->n_tables; i++) {
		struct rule_table *table = cls->by_bits[i];

		if (!(table->slot_bit & fits))
			continue;
		if (has_room(cls, table, rule)) {
			*out = table;
			return 0;
		}
		if (!full)
			full = table;
	}
	*out = NULL;
	if (cls->set->n_tables == cls->options.max_tables)
		return 0;
	return table_new_for(cls, rule, full, out);
}

static int place(struct classifier *cls, struct rule *rule)
{
	int r = choose_table(cls, rule, &rule->table);

	if (r)
		return r;
	if (!rule->table)
		return rule_tree_insert(&cls->tree, rule, cls->retired);
	raise_bounds(cls, rule->table, rule->priority);
	return rule_table_insert(rule->table, rule, cls->retired);
}

/* Puts another head in the place of one; NULL: none. */
static void head_replace(struct classifier *cls, struct rule *head, struct rule *other)
{
	struct rule_table *table = head->table;

	if (other) {
		other->table = table;
		if (table)
			raise_bounds(cls, table, other->priority);
	}
	if (!table) {
		rule_tree_replace(&cls->tree, head, other, cls->retired);
		return;
	}
	rule_table_replace(table, head, other);
	if (other)
		return;
	rule_table_shrink(table, cls->retired);
	if (!table->buckets->n_rules)
		table_del(cls, table);
}

/* The head of the rules with the same match; NULL: there are none. */
static struct rule *head_of(const struct classifier *cls, const struct rule *like)
{
	struct rule_probe probe;
	struct rule *rule;

	rule_probe_begin(&probe, cls->index.buckets, like->hash);
	while ((rule = rule_probe_next(&probe)) && !rule_is_equal(rule, like))
		;
	return rule;
}

static void chain_insert(struct classifier *cls, struct rule *head, struct rule *rule)
{
	if (head->priority <= rule->priority) {
		rule->lower = head;
		head_replace(cls, head, rule);
		rule_table_replace(&cls->index, head, rule);
		return;
	}
	while (head->lower && head->lower->priority > rule->priority)
		head = head->lower;
	rule->lower = head->lower;
	__atomic_store_n(&head->lower, rule, __ATOMIC_RELEASE);
}

static int head_insert(struct classifier *cls, struct rule *rule)
{
	int r = rule_table_insert(&cls->index, rule, cls->retired);

	if (r)
		return r;
	r = place(cls, rule);
	if (r)
		rule_table_replace(&cls->index, rule, NULL);
	return r;
}

int classifier_add(struct classifier *cls, const struct rule_spec *spec, uint64_t version,
		   struct rule **out)
{
	struct rule *rule, *head;
	int r;

	retire_poll(cls->retired);
	r = rule_new(&rule, &cls->pool, &spec->match, cls->layout->n_words);
	if (r)
		return r;
	rule->priority = spec->priority;
	rule->data = spec->data;
	rule->added = version;
	head = head_of(cls, rule);
	if (head)
		chain_insert(cls, head, rule);
	else
		r = head_insert(cls, rule);
	if (r) {
		rule_free(&rule, &cls->pool);
		return r;
	}
	cls->n_rules++;
	*out = rule;
	return 0;
}

static void unlink_rule(struct classifier *cls, struct rule *rule)
{
	struct rule *head;

	if (rule_table_replace(&cls->index, rule, rule->lower)) {
		head_replace(cls, rule, rule->lower);
		rule_table_shrink(&cls->index, cls->retired);
	} else {
		head = head_of(cls, rule);
		while (head->lower != rule)
			head = head->lower;
		__atomic_store_n(&head->lower, rule->lower, __ATOMIC_RELEASE);
	}
	cls->n_rules--;
	retire(cls->retired, &rule->retired, rule_gone);
}

void classifier_remove(struct classifier *cls, struct rule *rule)
{
	retire_poll(cls->retired);
	unlink_rule(cls, rule);
}

static void unlink_due(struct retired *item, void *ctx)
{
	unlink_rule(ctx, (struct rule *)((char *)item - offsetof(struct rule, retired)));
}

void classifier_remove_later(struct classifier *cls, struct rule *rule)
{
	assert(rule->removed != RULE_NEVER);
	retire(cls->retired, &rule->retired, unlink_due);
}

size_t classifier_poll(struct classifier *cls)
{
	return retire_poll(cls->retired);
}

void classifier_stats(const struct classifier *cls, struct classifier_stats *out)
{
	*out = (struct classifier_stats){
		.n_rules = cls->n_rules,
		.n_in_tree = cls->tree.n_rules,
		.n_tables = cls->set->n_tables,
		.n_masks = HASH_COUNT(cls->pool),
	};
}

int classifier_new(struct classifier **out, const struct rule_layout *layout,
		   const struct classifier_options *options)
{
	own(classifier_free) struct classifier *cls = calloc(1, sizeof(*cls));

	assert(layout->n_words <= RULE_MAX_WORDS);
	assert(options->max_tables <= CLASSIFIER_MAX_TABLES);
	assert(options->collision_limit <= CLASSIFIER_MAX_COLLISIONS);
	if (!cls)
		return -ENOMEM;
	cls->layout = layout;
	cls->options = *options;
	cls->generation = 1;
	if (!options->max_tables)
		cls->options.max_tables = CLASSIFIER_MAX_TABLES;
	if (!options->collision_limit)
		cls->options.collision_limit = COLLISION_LIMIT;
	cls->set = calloc(1, sizeof(*cls->set));
	if (!cls->set || rule_table_init(&cls->index, NULL, false) ||
	    retire_list_new(&cls->retired, cls))
		return -ENOMEM;
	*out = take_ptr(cls);
	return 0;
}

static int release_chain(struct rule *rule, void *ctx)
{
	struct rule *lower = rule->lower;

	for (; rule; rule = lower) {
		lower = rule->lower;
		rule_gone(&rule->retired, ctx);
	}
	return 0;
}

void classifier_free(struct classifier **clsp)
{
	struct classifier *cls = *clsp;

	if (!cls)
		return;
	retire_list_free(&cls->retired);
	if (cls->index.buckets)
		rule_table_for_each(&cls->index, release_chain, cls);
	for (unsigned i = 0; cls->set && i < cls->set->n_tables; i++)
		table_free(cls, cls->set->table[i]);
	rule_tree_fini(&cls->tree);
	rule_table_fini(&cls->index);
	free(cls->set);
	free(cls);
	*clsp = NULL;
}
