#pragma once
/* A rule: which keys it matches, how strongly, and from when to when.
 *
 * A key is an array of `n_words` 64-bit words (flow/key.h), of which a rule looks at few. A mask is
 * therefore kept sparse, as (index, word) pairs, and shared by all rules that have it: rule sets of
 * 100,000 rules have some hundred masks. A rule then is its values at the mask's words, and
 * comparing a key with it touches one or two cache lines of its own.
 *
 * Rules are visible by version (see rule-classifier.h): from `added` on and until before `removed`.
 *
 * Threads: the writer makes and frees rules and masks; readers see a rule between being linked and
 * a grace period after being unlinked. Fields say who writes them.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/retire.h"

#define RULE_MAX_WORDS 128
#define RULE_NEVER     UINT64_MAX /* a version that does not come */

/* One header field, for the choice of good tables: where it lies in the key, in bytes. A prefix
 * field is an address in network byte order whose masks mostly are its leading bits. */
struct rule_field {
	uint16_t offset, size;
	bool is_prefix;
};

/* What the classifier knows of keys. Fixed while any classifier uses it. */
struct rule_layout {
	unsigned n_words; /* at most RULE_MAX_WORDS */
	unsigned n_fields;
	const struct rule_field
		*fields; /* bits in no field are left alone, which is always right */
};

/* A match as the caller has it: `n_words` words each. Bits of value outside mask are ignored. */
struct rule_match {
	const uint64_t *value;
	const uint64_t *mask;
};

struct rule_mask {
	/* writer only */
	uint64_t fits;            /* tables that can hold its rules, one bit each */
	uint64_t fits_generation; /* of the set of tables that `fits` speaks of */
	uint32_t n_users;
	UT_hash_handle hh;
	/* fixed after create */
	uint16_t n_words;
	uint16_t n_bits; /* set in all words: how special it is */
	uint64_t word
		[]; /* n_words, none zero; then n_words bytes: their ascending places in a key */
};

struct rule_table;

/* What a look-up compares comes last, in a row. */
struct rule {
	/* writer only */
	struct retired retired;
	struct rule_table *table; /* where it is linked; NULL: in the tree */
	/* RCU: written by the writer, read by anyone */
	struct rule *lower; /* the same match at the same or a lower priority */
	uint64_t added, removed;
	/* fixed after create */
	void *data;    /* the caller's */
	uint32_t hash; /* of mask and value together */
	uint32_t priority;
	const struct rule_mask *mask;
	uint64_t value[]; /* mask->n_words words */
};

static inline const uint8_t *rule_mask_index(const struct rule_mask *mask)
{
	return (const uint8_t *)(mask->word + mask->n_words);
}

/* Does the key agree with the rule under its mask? Any thread. */
static inline bool rule_matches(const struct rule *rule, const uint64_t *key)
{
	const struct rule_mask *mask = rule->mask;
	const uint8_t *index = rule_mask_index(mask);
	uint64_t differ = 0;

	for (unsigned i = 0; i < mask->n_words; i++)
		differ |= (key[index[i]] & mask->word[i]) ^ rule->value[i];
	return !differ;
}

static inline bool rule_is_visible(const struct rule *rule, uint64_t version)
{
	return __atomic_load_n(&rule->added, __ATOMIC_RELAXED) <= version &&
	       version < __atomic_load_n(&rule->removed, __ATOMIC_RELAXED);
}

/* The first rule of a chain of equal matches that is visible: NULL: none. Any thread. */
static inline const struct rule *rule_chain_visible(const struct rule *rule, uint64_t version)
{
	while (rule && !rule_is_visible(rule, version))
		rule = __atomic_load_n(&rule->lower, __ATOMIC_ACQUIRE);
	return rule;
}

/* Calls `visit` for all of them. Any thread. */
static inline void rule_chain_for_each(const struct rule *rule, uint64_t version,
				       void (*visit)(const struct rule *rule, void *ctx), void *ctx)
{
	for (rule = rule_chain_visible(rule, version); rule;
	     rule = rule_chain_visible(__atomic_load_n(&rule->lower, __ATOMIC_ACQUIRE), version))
		visit(rule, ctx);
}

/* Is every bit of `part` in `whole`? */
bool rule_mask_is_part(const struct rule_mask *part, const struct rule_mask *whole);
/* Is every bit of `words` (n_words of them) in the mask? */
bool rule_mask_has(const struct rule_mask *mask, const uint64_t *words, unsigned n_words);
/* Is there a key that both match? Any thread. */
bool rule_overlaps(const struct rule *rule, const struct rule_match *match);
/* Does `match` cover every key that the rule matches (OpenFlow's loose matching)? Any thread. */
bool rule_is_within(const struct rule *rule, const struct rule_match *match, unsigned n_words);
/* Writes the rule's match out in full: n_words words each. Any thread. */
void rule_unpack(const struct rule *rule, uint64_t *value, uint64_t *mask, unsigned n_words);

/* ---- masks, interned in a pool (a uthash table, NULL at first). Writer only. ---- */

/* Finds or makes the shared mask and counts one user more. NULL: no memory. */
struct rule_mask *rule_mask_get(struct rule_mask **pool, const uint64_t *words, unsigned n_words);
/* The same, but neither makes nor counts. NULL: nobody has it. */
struct rule_mask *rule_mask_lookup(struct rule_mask *pool, const uint64_t *words, unsigned n_words);
/* Counts one user less and frees the mask with the last. Sets *mask to NULL. */
void rule_mask_put(struct rule_mask **pool, struct rule_mask **mask);

/* ---- rules, as the classifier makes them. Writer only. ---- */

/* Not visible at any version yet. Returns 0 or -ENOMEM. */
int rule_new(struct rule **out, struct rule_mask **pool, const struct rule_match *match,
	     unsigned n_words);
void rule_free(struct rule **rule, struct rule_mask **pool);
/* The hash of a match that rule_new() puts into rule->hash. */
uint32_t rule_match_hash(const struct rule_mask *mask, const uint64_t *value);
/* The same match, of the same pool. */
bool rule_is_equal(const struct rule *a, const struct rule *b);
bool rule_has_match(const struct rule *rule, const struct rule_mask *mask, const uint64_t *value);
