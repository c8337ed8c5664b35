#pragma once
/* What the writer's and the readers' side of the classifier share: see rule-classifier.h. */
#include "flow/rule-classifier.h"
#include "flow/rule-table.h"
#include "flow/rule-tree.h"

/* The tables in the order in which a look-up probes them. Fixed, but for the bounds. */
struct rule_set {
	struct retired retired;
	unsigned n_tables;
	uint32_t bound[CLASSIFIER_MAX_TABLES]; /* RCU: no rule in this or a later table is higher */
	struct rule_table *table[CLASSIFIER_MAX_TABLES];
};

struct classifier {
	/* fixed after create */
	const struct rule_layout *layout;
	struct classifier_options options;
	/* RCU */
	struct rule_set *set;
	struct rule_tree tree;
	/* writer only */
	struct rule_mask *pool;
	struct rule_table index; /* heads of chains, by match */
	struct retire_list *retired;
	uint64_t generation;                               /* of the set, for rule_mask.fits */
	uint64_t slots;                                    /* of rule_table.slot_bit: taken */
	struct rule_table *by_bits[CLASSIFIER_MAX_TABLES]; /* most special first */
	unsigned n_unsorted; /* insertions since the bounds went out of order */
	size_t n_rules;
};
