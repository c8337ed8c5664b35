#include "flow/rule-relax.h"

#include <string.h>

#define MAX_PARTS      8    /* fields of one rule that are tried; more are left out */
#define MAX_CANDIDATES 4096 /* masks that are tried for one table */
#define N_STEPS        8    /* a prefix is cut to a multiple of an eighth of its field */

/* One field of the rule's mask, and to what it is cut. */
struct part {
	unsigned offset, size;    /* of the field, in bytes */
	unsigned prefix_len;      /* 0: it is taken whole or not at all */
	unsigned level, n_levels; /* level 0: left out; n_levels - 1: whole */
};

struct choice {
	unsigned n_parts, n_words;
	struct part part[MAX_PARTS];
	uint64_t mask[RULE_MAX_WORDS]; /* the rule's own */
	uint64_t value[RULE_MAX_WORDS];
};

static bool bit_at(const uint8_t *bytes, unsigned i)
{
	return bytes[i / 8] >> (7 - i % 8) & 1;
}

/* The length of the prefix that the mask is; 0: it is none. */
static unsigned prefix_len(const uint8_t *mask, unsigned n_bits)
{
	unsigned len = 0;

	while (len < n_bits && bit_at(mask, len))
		len++;
	for (unsigned i = len; i < n_bits; i++)
		if (bit_at(mask, i))
			return 0;
	return len;
}

static bool is_zero(const uint8_t *bytes, unsigned size)
{
	while (size && !bytes[size - 1])
		size--;
	return !size;
}

static void choice_init(struct choice *choice, const struct rule_layout *layout,
			const struct rule *rule)
{
	choice->n_parts = 0;
	choice->n_words = layout->n_words;
	rule_unpack(rule, choice->value, choice->mask, layout->n_words);
	for (unsigned i = 0; i < layout->n_fields && choice->n_parts < MAX_PARTS; i++) {
		const struct rule_field *field = &layout->fields[i];
		const uint8_t *mask = (const uint8_t *)choice->mask + field->offset;
		struct part part = {.offset = field->offset, .size = field->size, .n_levels = 2};

		if (is_zero(mask, field->size))
			continue;
		if (field->is_prefix)
			part.prefix_len = prefix_len(mask, field->size * 8u);
		if (part.prefix_len)
			part.n_levels = 1 + (part.prefix_len + part.size - 1) / part.size;
		choice->part[choice->n_parts++] = part;
	}
}

/* The mask that the levels describe. */
static void build(const struct choice *choice, uint64_t *mask)
{
	memset(mask, 0, choice->n_words * sizeof(*mask));
	for (unsigned i = 0; i < choice->n_parts; i++) {
		const struct part *part = &choice->part[i];
		uint8_t *to = (uint8_t *)mask + part->offset;

		if (!part->level)
			continue;
		memcpy(to, (const uint8_t *)choice->mask + part->offset, part->size);
		if (part->prefix_len)
			for (unsigned bit = part->level * part->size * 8 / N_STEPS;
			     bit < part->prefix_len; bit++)
				to[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	}
}

/* The next combination of levels; false after the last. */
static bool advance(struct choice *choice)
{
	for (unsigned i = 0; i < choice->n_parts; i++) {
		if (++choice->part[i].level < choice->part[i].n_levels)
			return true;
		choice->part[i].level = 0;
	}
	return false;
}

struct score {
	unsigned n_same; /* of the crowd: would still be under one hash with the rule */
	unsigned n_fit;  /* of the crowd: could be in the new table */
	unsigned n_bits;
};

static struct score rate(const struct choice *choice, const struct rule_crowd *crowd,
			 const uint64_t *mask)
{
	struct rule_match match = {choice->value, mask};
	struct score score = {0};

	for (unsigned i = 0; i < choice->n_words; i++)
		score.n_bits += (unsigned)__builtin_popcountll(mask[i]);
	for (unsigned i = 0; i < crowd->n_rules; i++) {
		if (!rule_mask_has(crowd->rules[i]->mask, mask, choice->n_words))
			continue;
		score.n_fit++;
		score.n_same += rule_overlaps(crowd->rules[i], &match);
	}
	return score;
}

static bool is_better(const struct score *a, const struct score *b, unsigned limit)
{
	bool a_splits = a->n_same <= limit / 2, b_splits = b->n_same <= limit / 2;

	if (a_splits != b_splits)
		return a_splits;
	if (!a_splits && a->n_same != b->n_same)
		return a->n_same < b->n_same;
	if (a->n_fit != b->n_fit)
		return a->n_fit > b->n_fit;
	return a->n_bits < b->n_bits;
}

/* Nothing is known yet: addresses, cut to quarters of their field; without any, the rest. */
static bool guess(struct choice *choice, uint64_t *mask)
{
	bool has_prefix = false;

	for (unsigned i = 0; i < choice->n_parts; i++) {
		struct part *part = &choice->part[i];

		part->level = part->prefix_len / (part->size * 2) * 2;
		has_prefix |= part->level > 0;
	}
	for (unsigned i = 0; i < choice->n_parts; i++)
		if (!choice->part[i].prefix_len)
			choice->part[i].level = !has_prefix;
	build(choice, mask);
	return !is_zero((const uint8_t *)mask, choice->n_words * sizeof(*mask));
}

void rule_relax(const struct rule_layout *layout, const struct rule *rule,
		const struct rule_crowd *crowd, uint64_t *mask)
{
	uint64_t candidate[RULE_MAX_WORDS];
	struct score score, best;
	struct choice choice;

	choice_init(&choice, layout, rule);
	if (!crowd->n_rules) {
		if (!guess(&choice, mask))
			memcpy(mask, choice.mask, choice.n_words * sizeof(*mask));
		return;
	}
	memcpy(mask, choice.mask, choice.n_words * sizeof(*mask));
	best = rate(&choice, crowd, mask);
	for (unsigned i = 0; i < MAX_CANDIDATES && advance(&choice); i++) {
		build(&choice, candidate);
		score = rate(&choice, crowd, candidate);
		if (is_better(&score, &best, crowd->limit)) {
			best = score;
			memcpy(mask, candidate, choice.n_words * sizeof(*mask));
		}
	}
}
