#include "flow/mask-union.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/own.h"

/* How many pairs want each bit of a word. */
struct counts {
	uint32_t bit[64];
};

struct pair {
	uint32_t n_rules;
	UT_hash_handle hh;
	uint64_t key[]; /* classes, then the mask */
};

struct class
{
	uint64_t *bits;         /* n_words */
	struct counts **counts; /* n_words; NULL: no bit of the word was ever wanted */
};

struct mask_union {
	unsigned n_words, n_classes; /* fixed */
	uint64_t generation;
	struct pair *pairs;
	struct class class[MASK_UNION_CLASSES];
};

int mask_union_new(struct mask_union **out, unsigned n_words, unsigned n_classes)
{
	own(mask_union_free) struct mask_union *set = calloc(1, sizeof(*set));

	assert(n_words <= MASK_UNION_WORDS && n_classes <= MASK_UNION_CLASSES);
	if (!set)
		return -ENOMEM;
	set->n_words = n_words;
	set->n_classes = n_classes;
	for (unsigned i = 0; i < n_classes; i++) {
		set->class[i].bits = calloc(n_words, sizeof(uint64_t));
		set->class[i].counts = calloc(n_words, sizeof(struct counts *));
		if (!set->class[i].bits || !set->class[i].counts)
			return -ENOMEM;
	}
	*out = take_ptr(set);
	return 0;
}

void mask_union_free(struct mask_union **setp)
{
	struct mask_union *set = *setp;
	struct pair *pair, *next;

	if (!set)
		return;
	HASH_ITER (hh, set->pairs, pair, next) {
		HASH_DEL(set->pairs, pair);
		free(pair);
	}
	for (unsigned i = 0; i < set->n_classes; i++) {
		for (unsigned word = 0; set->class[i].counts && word < set->n_words; word++)
			free(set->class[i].counts[word]);
		free(set->class[i].counts);
		free(set->class[i].bits);
	}
	free(set);
	*setp = NULL;
}

static size_t key_size(const struct mask_union *set)
{
	return (1 + set->n_words) * sizeof(uint64_t);
}

static struct pair *pair_find(const struct mask_union *set, const uint64_t *mask, uint32_t classes)
{
	uint64_t key[1 + MASK_UNION_WORDS];
	struct pair *pair;

	key[0] = classes;
	memcpy(key + 1, mask, set->n_words * sizeof(uint64_t));
	HASH_FIND(hh, set->pairs, key, key_size(set), pair);
	return pair;
}

/* Makes room to count all the mask's bits. Room that is not used does no harm. */
static int reserve(struct mask_union *set, const uint64_t *mask, uint32_t classes)
{
	for (unsigned i = 0; i < set->n_classes; i++) {
		for (unsigned word = 0; (classes >> i & 1) && word < set->n_words; word++) {
			struct counts **counts = &set->class[i].counts[word];

			if (mask[word] && !*counts && !(*counts = calloc(1, sizeof(**counts))))
				return -ENOMEM;
		}
	}
	return 0;
}

static bool count(struct class *class, unsigned word, uint64_t mask, int step)
{
	uint64_t before = class->bits[word];

	for (uint64_t left = mask; left; left &= left - 1) {
		uint32_t *n = &class->counts[word]->bit[__builtin_ctzll(left)];

		*n += (uint32_t)step;
		if (*n)
			class->bits[word] |= left & -left;
		else
			class->bits[word] &= ~(left & -left);
	}
	return class->bits[word] != before;
}

static void count_pair(struct mask_union *set, const struct pair *pair, int step)
{
	bool has_changed = false;

	for (unsigned i = 0; i < set->n_classes; i++)
		for (unsigned word = 0; (pair->key[0] >> i & 1) && word < set->n_words; word++)
			has_changed |= count(&set->class[i], word, pair -> key[1 + word], step);
	set->generation += has_changed;
}

int mask_union_add(struct mask_union *set, const uint64_t *mask, uint32_t classes)
{
	struct pair *pair = pair_find(set, mask, classes);
	int r;

	if (pair) {
		pair->n_rules++;
		return 0;
	}
	r = reserve(set, mask, classes);
	if (r)
		return r;
	pair = calloc(1, sizeof(*pair) + key_size(set));
	if (!pair)
		return -ENOMEM;
	pair->n_rules = 1;
	pair->key[0] = classes;
	memcpy(pair->key + 1, mask, set->n_words * sizeof(uint64_t));
	HASH_ADD_KEYPTR(hh, set->pairs, pair->key, key_size(set), pair);
	count_pair(set, pair, 1);
	return 0;
}

void mask_union_remove(struct mask_union *set, const uint64_t *mask, uint32_t classes)
{
	struct pair *pair = pair_find(set, mask, classes);

	assert(pair);
	if (--pair->n_rules)
		return;
	count_pair(set, pair, -1);
	HASH_DEL(set->pairs, pair);
	free(pair);
}

const uint64_t *mask_union_bits(const struct mask_union *set, unsigned class)
{
	return set->class[class].bits;
}

uint64_t mask_union_generation(const struct mask_union *set)
{
	return set->generation;
}
