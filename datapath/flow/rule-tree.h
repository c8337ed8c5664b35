#pragma once
/* Where rules go that fit into no table: a tree that tests one bit of the key at a time.
 *
 * A fork has three children: rules that want the bit 0, that want it 1, and that do not care. Each
 * rule is in exactly one leaf. A look-up follows the key's bit and the don't-care child, and skips
 * what cannot beat the best rule so far. Where every fork splits its rules evenly that visits
 * n^0.63 of n; prefixes and exact values do far better. (No structure of linear size is known that
 * answers arbitrary masks in less than some power of n: this is the partial match problem, Rivest
 * 1976.) Insertion and removal touch one leaf, however the masks look.
 *
 * A full leaf is split by the bit that leaves a look-up the least to do. Removal frees empty
 * leaves and forks; nothing else is ever moved.
 *
 * Threads: one writer; readers under RCU.
 */
#include "flow/rule.h"

struct rule_node;

struct rule_tree {
	struct rule_node *root; /* RCU; NULL: empty */
	size_t n_rules;         /* writer only: heads of chains */
};

/* Links the head of a chain. Returns 0 or -ENOMEM (then nothing has changed). */
int rule_tree_insert(struct rule_tree *tree, struct rule *rule, struct retire_list *retired);
/* Puts another head in the place of `rule`, which is there; NULL: unlinks it. */
void rule_tree_replace(struct rule_tree *tree, struct rule *rule, struct rule *other,
		       struct retire_list *retired);
/* No reader may be left. */
void rule_tree_fini(struct rule_tree *tree);

/* The best visible rule that matches the key, if it beats `best` (NULL: none so far); else `best`.
 * Any thread. */
const struct rule *rule_tree_lookup(const struct rule_tree *tree, uint64_t version,
				    const uint64_t *key, const struct rule *best);
/* Calls `visit` for each visible rule that matches the key. Any thread. */
void rule_tree_for_each_match(const struct rule_tree *tree, uint64_t version, const uint64_t *key,
			      void (*visit)(const struct rule *rule, void *ctx), void *ctx);
/* Calls `visit` for each head until one returns non-zero, and returns that. Writer only. */
int rule_tree_for_each(const struct rule_tree *tree, int (*visit)(struct rule *head, void *ctx),
		       void *ctx);
