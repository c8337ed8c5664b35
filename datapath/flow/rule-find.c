/* Questions to the classifier that only its writer asks: which rules are there? */
#include "flow/rule-set.h"

struct rule *classifier_find(const struct classifier *cls, const struct rule_match *match,
			     uint32_t priority)
{
	struct rule_mask *mask = rule_mask_lookup(cls->pool, match->mask, cls->layout->n_words);
	struct rule_probe probe;
	struct rule *rule;

	if (!mask)
		return NULL;
	rule_probe_begin(&probe, cls->index.buckets, rule_match_hash(mask, match->value));
	while ((rule = rule_probe_next(&probe)) && !rule_has_match(rule, mask, match->value))
		;
	while (rule && (rule->priority > priority || rule->removed != RULE_NEVER))
		rule = rule->lower;
	return rule && rule->priority == priority ? rule : NULL;
}

struct visitor {
	int (*visit)(struct rule *rule, void *ctx);
	void *ctx;
};

static int visit_chain(struct rule *rule, void *ctx)
{
	const struct visitor *visitor = ctx;
	struct rule *lower;
	int r = 0;

	for (; rule && !r; rule = lower) {
		lower = rule->lower;
		if (rule->removed == RULE_NEVER)
			r = visitor->visit(rule, visitor->ctx);
	}
	return r;
}

int classifier_for_each(const struct classifier *cls, int (*visit)(struct rule *rule, void *ctx),
			void *ctx)
{
	struct visitor visitor = {visit, ctx};

	return rule_table_for_each(&cls->index, visit_chain, &visitor);
}

struct overlap {
	const struct rule_match *match;
	uint32_t priority;
	struct rule *found;
};

static int check_overlap(struct rule *head, void *ctx)
{
	struct overlap *overlap = ctx;

	if (!rule_overlaps(head, overlap->match))
		return 0;
	while (head && (head->priority > overlap->priority || head->removed != RULE_NEVER))
		head = head->lower;
	if (!head || head->priority != overlap->priority)
		return 0;
	overlap->found = head;
	return 1;
}

/* Rules of a table that agree with the match share its hash, if the match has all the mask's bits. */
static void check_table(const struct classifier *cls, const struct rule_table *table,
			struct overlap *overlap)
{
	const uint8_t *index = rule_mask_index(table->mask);
	struct rule_probe probe;
	struct rule *head;

	for (unsigned i = 0; i < table->mask->n_words; i++) {
		if (table->mask->word[i] & ~overlap->match->mask[index[i]]) {
			rule_table_for_each(table, check_overlap, overlap);
			return;
		}
	}
	rule_probe_begin(&probe, table->buckets,
			 rule_mask_hash(table->mask, overlap->match->value));
	while (!overlap->found && (head = rule_probe_next(&probe)))
		check_overlap(head, overlap);
}

struct rule *classifier_find_overlap(const struct classifier *cls, const struct rule_match *match,
				     uint32_t priority)
{
	struct overlap overlap = {match, priority, NULL};

	for (unsigned i = 0; i < cls->set->n_tables && !overlap.found; i++)
		if (cls->set->table[i]->max_priority >= priority)
			check_table(cls, cls->set->table[i], &overlap);
	if (!overlap.found)
		rule_tree_for_each(&cls->tree, check_overlap, &overlap);
	return overlap.found;
}
