#include "flow/rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A mask in its sparse form, on the stack. */
struct sparse {
	unsigned n, n_bits;
	uint64_t bytes[RULE_MAX_WORDS + RULE_MAX_WORDS / 8]; /* as in struct rule_mask */
};

static size_t mask_size(unsigned n)
{
	return n * (sizeof(uint64_t) + sizeof(uint8_t));
}

static void squeeze(struct sparse *sparse, const uint64_t *words, unsigned n_words)
{
	uint8_t index[RULE_MAX_WORDS];

	sparse->n = 0;
	sparse->n_bits = 0;
	for (unsigned i = 0; i < n_words; i++) {
		if (!words[i])
			continue;
		sparse->bytes[sparse->n] = words[i];
		index[sparse->n++] = (uint8_t)i;
		sparse->n_bits += (unsigned)__builtin_popcountll(words[i]);
	}
	memcpy(sparse->bytes + sparse->n, index, sparse->n);
}

static struct rule_mask *find(struct rule_mask *pool, const struct sparse *sparse)
{
	struct rule_mask *mask;

	HASH_FIND(hh, pool, sparse->bytes, mask_size(sparse->n), mask);
	return mask;
}

struct rule_mask *rule_mask_lookup(struct rule_mask *pool, const uint64_t *words, unsigned n_words)
{
	struct sparse sparse;

	squeeze(&sparse, words, n_words);
	return find(pool, &sparse);
}

struct rule_mask *rule_mask_get(struct rule_mask **pool, const uint64_t *words, unsigned n_words)
{
	struct sparse sparse;
	struct rule_mask *mask;

	squeeze(&sparse, words, n_words);
	mask = find(*pool, &sparse);
	if (!mask) {
		mask = calloc(1, sizeof(*mask) + mask_size(sparse.n));
		if (!mask)
			return NULL;
		mask->n_words = (uint16_t)sparse.n;
		mask->n_bits = (uint16_t)sparse.n_bits;
		memcpy(mask->word, sparse.bytes, mask_size(sparse.n));
		HASH_ADD_KEYPTR(hh, *pool, mask->word, mask_size(sparse.n), mask);
	}
	mask->n_users++;
	return mask;
}

void rule_mask_put(struct rule_mask **pool, struct rule_mask **maskp)
{
	struct rule_mask *mask = *maskp;

	*maskp = NULL;
	if (!mask || --mask->n_users)
		return;
	HASH_DEL(*pool, mask);
	free(mask);
}

bool rule_mask_is_part(const struct rule_mask *part, const struct rule_mask *whole)
{
	const uint8_t *part_index = rule_mask_index(part), *whole_index = rule_mask_index(whole);
	unsigned j = 0;

	for (unsigned i = 0; i < part->n_words; i++) {
		while (j < whole->n_words && whole_index[j] < part_index[i])
			j++;
		if (j == whole->n_words || whole_index[j] != part_index[i] ||
		    (part->word[i] & ~whole->word[j]))
			return false;
	}
	return true;
}

bool rule_mask_has(const struct rule_mask *mask, const uint64_t *words, unsigned n_words)
{
	const uint8_t *index = rule_mask_index(mask);
	unsigned i = 0;

	for (unsigned word = 0; word < n_words; word++) {
		bool has = i < mask->n_words && index[i] == word;

		if (words[word] & ~(has ? mask->word[i] : 0))
			return false;
		i += has;
	}
	return true;
}

uint32_t rule_match_hash(const struct rule_mask *mask, const uint64_t *value)
{
	const uint8_t *index = rule_mask_index(mask);
	uint64_t hash = hash_word(hash_seed, (uintptr_t)mask);

	for (unsigned i = 0; i < mask->n_words; i++)
		hash = hash_word(hash, value[index[i]] & mask->word[i]);
	return hash_finish(hash);
}

bool rule_has_match(const struct rule *rule, const struct rule_mask *mask, const uint64_t *value)
{
	return rule->mask == mask && rule_matches(rule, value);
}

bool rule_is_equal(const struct rule *a, const struct rule *b)
{
	return a->mask == b->mask &&
	       !memcmp(a->value, b->value, a->mask->n_words * sizeof(a->value[0]));
}

int rule_new(struct rule **out, struct rule_mask **pool, const struct rule_match *match,
	     unsigned n_words)
{
	struct rule_mask *mask = rule_mask_get(pool, match->mask, n_words);
	struct rule *rule;

	if (!mask)
		return -ENOMEM;
	rule = calloc(1, sizeof(*rule) + mask->n_words * sizeof(uint64_t));
	if (!rule) {
		rule_mask_put(pool, &mask);
		return -ENOMEM;
	}
	rule->mask = mask;
	rule->hash = rule_match_hash(mask, match->value);
	rule->added = RULE_NEVER;
	rule->removed = RULE_NEVER;
	for (unsigned i = 0; i < mask->n_words; i++)
		rule->value[i] = match->value[rule_mask_index(mask)[i]] & mask->word[i];
	*out = rule;
	return 0;
}

void rule_free(struct rule **rulep, struct rule_mask **pool)
{
	struct rule_mask *mask;

	if (!*rulep)
		return;
	mask = (struct rule_mask *)(*rulep)->mask;
	rule_mask_put(pool, &mask);
	free(*rulep);
	*rulep = NULL;
}

bool rule_overlaps(const struct rule *rule, const struct rule_match *match)
{
	const uint8_t *index = rule_mask_index(rule->mask);

	for (unsigned i = 0; i < rule->mask->n_words; i++) {
		uint64_t both = rule->mask->word[i] & match->mask[index[i]];

		if ((rule->value[i] ^ match->value[index[i]]) & both)
			return false;
	}
	return true;
}

bool rule_is_within(const struct rule *rule, const struct rule_match *match, unsigned n_words)
{
	return rule_mask_has(rule->mask, match->mask, n_words) && rule_overlaps(rule, match);
}

void rule_unpack(const struct rule *rule, uint64_t *value, uint64_t *mask, unsigned n_words)
{
	const uint8_t *index = rule_mask_index(rule->mask);

	memset(value, 0, n_words * sizeof(*value));
	memset(mask, 0, n_words * sizeof(*mask));
	for (unsigned i = 0; i < rule->mask->n_words; i++) {
		value[index[i]] = rule->value[i];
		mask[index[i]] = rule->mask->word[i];
	}
}
