#include "flow/rule-tree.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEAF_SIZE 32
#define MAX_DEPTH 512 /* below it leaves grow instead of splitting */

enum branch { BRANCH_ZERO, BRANCH_ONE, BRANCH_ANY, N_BRANCHES };

struct rule_node {
	bool is_leaf;   /* fixed */
	uint8_t word;   /* fixed; of a fork: where the bit is that it tests */
	uint32_t bound; /* RCU: no rule below has a higher priority */
	uint64_t bit;
	struct retired retired;
};

struct fork {
	struct rule_node node;
	struct rule_node *child[N_BRANCHES]; /* RCU */
};

/* The rule's value and mask in the leaf's word are here too: most rules of a leaf are passed over
 * without touching them. */
struct slot {
	struct rule *rule; /* RCU; NULL: free */
	uint64_t value, mask;
};

struct leaf {
	struct rule_node node; /* node.word: the word that slots tell of */
	unsigned n_slots;      /* fixed */
	unsigned n_rules;      /* writer only */
	struct slot slot[];
};

static struct fork *fork_of(const struct rule_node *node)
{
	return (struct fork *)node;
}

static struct leaf *leaf_of(const struct rule_node *node)
{
	return (struct leaf *)node;
}

static void node_gone(struct retired *item, void *ctx)
{
	free((char *)item - offsetof(struct rule_node, retired));
}

static void publish(struct rule_node **place, struct rule_node *node)
{
	__atomic_store_n(place, node, __ATOMIC_RELEASE);
}

static const struct rule_node *node_load(struct rule_node *const *place)
{
	return __atomic_load_n(place, __ATOMIC_ACQUIRE);
}

static enum branch branch_of(const struct rule *rule, unsigned word, uint64_t bit)
{
	const uint8_t *index = rule_mask_index(rule->mask);

	for (unsigned i = 0; i < rule->mask->n_words && index[i] <= word; i++)
		if (index[i] == word && (rule->mask->word[i] & bit))
			return rule->value[i] & bit ? BRANCH_ONE : BRANCH_ZERO;
	return BRANCH_ANY;
}

/* The word in which the rules have the most mask bits. */
static unsigned choose_word(struct rule *const *rules, unsigned n)
{
	unsigned bits[RULE_MAX_WORDS] = {0}, best = 0;

	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; j < rules[i]->mask->n_words; j++)
			bits[rule_mask_index(rules[i]->mask)[j]] +=
				(unsigned)__builtin_popcountll(rules[i]->mask->word[j]);
	for (unsigned word = 1; word < RULE_MAX_WORDS; word++)
		if (bits[word] > bits[best])
			best = word;
	return best;
}

static void leaf_put(struct leaf *leaf, struct rule *rule)
{
	const uint8_t *index = rule_mask_index(rule->mask);
	struct slot *slot = leaf->slot;
	uint64_t value = 0, mask = 0;

	while (slot->rule)
		slot++;
	for (unsigned i = 0; i < rule->mask->n_words; i++) {
		if (index[i] == leaf->node.word) {
			value = rule->value[i];
			mask = rule->mask->word[i];
		}
	}
	if (leaf->node.bound < rule->priority)
		__atomic_store_n(&leaf->node.bound, rule->priority, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->value, value, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->mask, mask, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->rule, rule, __ATOMIC_RELEASE);
	leaf->n_rules++;
}

/* A leaf with these rules and room for more. NULL: no memory. */
static struct leaf *leaf_new(unsigned n_slots, struct rule *const *rules, unsigned n_rules)
{
	struct leaf *leaf = calloc(1, sizeof(*leaf) + n_slots * sizeof(leaf->slot[0]));

	if (!leaf)
		return NULL;
	leaf->node.is_leaf = true;
	leaf->node.word = (uint8_t)choose_word(rules, n_rules);
	leaf->n_slots = n_slots;
	for (unsigned i = 0; i < n_rules; i++)
		leaf_put(leaf, rules[i]);
	return leaf;
}

/* What a look-up has to do below a fork on this bit, about. UINT_MAX: the bit splits nothing. */
static unsigned fork_cost(struct rule *const *rules, unsigned n_rules, unsigned word, uint64_t bit)
{
	unsigned n[N_BRANCHES] = {0}, larger;

	for (unsigned i = 0; i < n_rules; i++)
		n[branch_of(rules[i], word, bit)]++;
	larger = n[BRANCH_ZERO] > n[BRANCH_ONE] ? n[BRANCH_ZERO] : n[BRANCH_ONE];
	if (larger == n_rules || n[BRANCH_ANY] == n_rules)
		return ~0u;
	return 2 * n[BRANCH_ANY] + larger;
}

static void choose_bit(struct rule *const *rules, unsigned n, unsigned *word, uint64_t *bit)
{
	unsigned best = ~0u;

	for (unsigned i = 0; i < n; i++) {
		const struct rule_mask *mask = rules[i]->mask;

		for (unsigned j = 0; j < mask->n_words; j++) {
			for (uint64_t left = mask->word[j]; left; left &= left - 1) {
				unsigned at = rule_mask_index(mask)[j];
				unsigned cost = fork_cost(rules, n, at, left & -left);

				if (cost < best) {
					best = cost;
					*word = at;
					*bit = left & -left;
				}
			}
		}
	}
	assert(best != ~0u); /* different matches differ in some bit */
}

static void fork_free(struct fork *fork)
{
	for (unsigned i = 0; fork && i < N_BRANCHES; i++)
		free(fork->child[i]);
	free(fork);
}

/* A fork with leaves that hold the rules of a full leaf and one more. */
static struct fork *split(const struct leaf *full, struct rule *rule)
{
	struct fork *fork = calloc(1, sizeof(*fork));
	struct rule *rules[LEAF_SIZE + 1], *part[N_BRANCHES][LEAF_SIZE + 1];
	unsigned word = 0, n[N_BRANCHES] = {0};

	if (!fork)
		return NULL;
	for (unsigned i = 0; i < LEAF_SIZE; i++)
		rules[i] = full->slot[i].rule;
	rules[LEAF_SIZE] = rule;
	choose_bit(rules, LEAF_SIZE + 1, &word, &fork->node.bit);
	fork->node.word = (uint8_t)word;
	fork->node.bound = full->node.bound > rule->priority ? full->node.bound : rule->priority;
	for (unsigned i = 0; i < LEAF_SIZE + 1; i++) {
		enum branch branch = branch_of(rules[i], word, fork->node.bit);

		part[branch][n[branch]++] = rules[i];
	}
	for (unsigned i = 0; i < N_BRANCHES; i++) {
		if (!n[i])
			continue;
		fork->child[i] = (struct rule_node *)leaf_new(LEAF_SIZE, part[i], n[i]);
		if (!fork->child[i]) {
			fork_free(fork);
			return NULL;
		}
	}
	return fork;
}

static struct leaf *grow(const struct leaf *full, struct rule *rule)
{
	struct leaf *leaf = leaf_new(full->n_slots * 2, &rule, 1);

	for (unsigned i = 0; leaf && i < full->n_slots; i++)
		leaf_put(leaf, full->slot[i].rule);
	return leaf;
}

int rule_tree_insert(struct rule_tree *tree, struct rule *rule, struct retire_list *retired)
{
	struct rule_node **place = &tree->root, *node, *made;
	struct rule_node *path[MAX_DEPTH];
	unsigned depth = 0;

	for (; (node = *place) && !node->is_leaf; path[depth++] = node)
		place = &fork_of(node)->child[branch_of(rule, node->word, node->bit)];
	if (node && leaf_of(node)->n_rules < leaf_of(node)->n_slots) {
		leaf_put(leaf_of(node), rule);
	} else {
		if (!node)
			made = (struct rule_node *)leaf_new(LEAF_SIZE, &rule, 1);
		else if (depth < MAX_DEPTH)
			made = (struct rule_node *)split(leaf_of(node), rule);
		else
			made = (struct rule_node *)grow(leaf_of(node), rule);
		if (!made)
			return -ENOMEM;
		publish(place, made);
		if (node)
			retire(retired, &node->retired, node_gone);
	}
	while (depth--)
		if (path[depth]->bound < rule->priority)
			__atomic_store_n(&path[depth]->bound, rule->priority, __ATOMIC_RELAXED);
	tree->n_rules++;
	return 0;
}

static bool fork_is_empty(const struct rule_node *node)
{
	const struct fork *fork = fork_of(node);

	return !fork->child[BRANCH_ZERO] && !fork->child[BRANCH_ONE] && !fork->child[BRANCH_ANY];
}

void rule_tree_replace(struct rule_tree *tree, struct rule *rule, struct rule *other,
		       struct retire_list *retired)
{
	struct rule_node **path[MAX_DEPTH + 1] = {&tree->root};
	struct leaf *leaf;
	unsigned depth = 0, slot = 0;

	for (struct rule_node *node; !(node = *path[depth])->is_leaf; depth++)
		path[depth + 1] = &fork_of(node)->child[branch_of(rule, node->word, node->bit)];
	leaf = leaf_of(*path[depth]);
	while (leaf->slot[slot].rule != rule)
		slot++;
	for (unsigned i = 0; other && i <= depth; i++)
		if ((*path[i])->bound < other->priority)
			__atomic_store_n(&(*path[i])->bound, other->priority, __ATOMIC_RELAXED);
	__atomic_store_n(&leaf->slot[slot].rule, other, __ATOMIC_RELEASE);
	if (other)
		return;
	tree->n_rules--;
	if (--leaf->n_rules)
		return;
	do {
		struct rule_node *empty = *path[depth];

		publish(path[depth], NULL);
		retire(retired, &empty->retired, node_gone);
	} while (depth-- && fork_is_empty(*path[depth]));
}

/* Visits every node, a parent after its children. */
static int walk(struct rule_node *node, int (*visit)(struct rule_node *, void *), void *ctx)
{
	int r = 0;

	if (!node)
		return 0;
	for (unsigned i = 0; !node->is_leaf && i < N_BRANCHES && !r; i++)
		r = walk(fork_of(node)->child[i], visit, ctx);
	return r ? r : visit(node, ctx);
}

static int node_free(struct rule_node *node, void *ctx)
{
	free(node);
	return 0;
}

void rule_tree_fini(struct rule_tree *tree)
{
	walk(tree->root, node_free, NULL);
	*tree = (struct rule_tree){0};
}

struct visitor {
	int (*visit)(struct rule *head, void *ctx);
	void *ctx;
};

static int node_visit(struct rule_node *node, void *ctx)
{
	const struct visitor *visitor = ctx;
	int r = 0;

	for (unsigned i = 0; node->is_leaf && i < leaf_of(node)->n_slots && !r; i++)
		if (leaf_of(node)->slot[i].rule)
			r = visitor->visit(leaf_of(node)->slot[i].rule, visitor->ctx);
	return r;
}

int rule_tree_for_each(const struct rule_tree *tree, int (*visit)(struct rule *head, void *ctx),
		       void *ctx)
{
	return walk(tree->root, node_visit, &(struct visitor){visit, ctx});
}

static const struct rule *leaf_lookup(const struct leaf *leaf, uint64_t version,
				      const uint64_t *key, const struct rule *best)
{
	uint64_t word = key[leaf->node.word];

	for (unsigned i = 0; i < leaf->n_slots; i++) {
		const struct slot *slot = &leaf->slot[i];
		const struct rule *rule = __atomic_load_n(&slot->rule, __ATOMIC_ACQUIRE);

		if (!rule || ((word ^ __atomic_load_n(&slot->value, __ATOMIC_RELAXED)) &
			      __atomic_load_n(&slot->mask, __ATOMIC_RELAXED)))
			continue;
		if ((best && rule->priority <= best->priority) || !rule_matches(rule, key))
			continue;
		rule = rule_chain_visible(rule, version);
		if (rule && (!best || rule->priority > best->priority))
			best = rule;
	}
	return best;
}

const struct rule *rule_tree_lookup(const struct rule_tree *tree, uint64_t version,
				    const uint64_t *key, const struct rule *best)
{
	const struct rule_node *todo[MAX_DEPTH + 2], *node;
	unsigned n = 0;

	node = node_load(&tree->root);
	if (node)
		todo[n++] = node;
	while (n) {
		node = todo[--n];
		if (best && __atomic_load_n(&node->bound, __ATOMIC_RELAXED) <= best->priority)
			continue;
		if (node->is_leaf) {
			best = leaf_lookup(leaf_of(node), version, key, best);
		} else {
			const struct fork *fork = fork_of(node);
			enum branch branch = key[node->word] & node->bit ? BRANCH_ONE : BRANCH_ZERO;
			const struct rule_node *exact = node_load(&fork->child[branch]);
			const struct rule_node *any = node_load(&fork->child[BRANCH_ANY]);

			if (any) {
				__builtin_prefetch(any);
				todo[n++] = any;
			}
			if (exact)
				todo[n++] = exact;
		}
	}
	return best;
}

static void leaf_for_each_match(const struct leaf *leaf, uint64_t version, const uint64_t *key,
				void (*visit)(const struct rule *rule, void *ctx), void *ctx)
{
	for (unsigned i = 0; i < leaf->n_slots; i++) {
		const struct rule *rule = __atomic_load_n(&leaf->slot[i].rule, __ATOMIC_ACQUIRE);

		if (rule && rule_matches(rule, key))
			rule_chain_for_each(rule, version, visit, ctx);
	}
}

void rule_tree_for_each_match(const struct rule_tree *tree, uint64_t version, const uint64_t *key,
			      void (*visit)(const struct rule *rule, void *ctx), void *ctx)
{
	const struct rule_node *todo[MAX_DEPTH + 2], *node = node_load(&tree->root);
	unsigned n = 0;

	if (node)
		todo[n++] = node;
	while (n) {
		node = todo[--n];
		if (node->is_leaf) {
			leaf_for_each_match(leaf_of(node), version, key, visit, ctx);
			continue;
		}
		for (unsigned branch = 0; branch < N_BRANCHES; branch++) {
			const struct rule_node *child = node_load(&fork_of(node)->child[branch]);
			bool is_one = key[node->word] & node->bit;

			if (child && (branch == BRANCH_ANY || (branch == BRANCH_ONE) == is_one))
				todo[n++] = child;
		}
	}
}
