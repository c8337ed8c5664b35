#include "flow/match.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

/* ---- places ---- */

/* The bits of all fields that share a prerequisite. */
static struct flow_key need_bits[N_FIELD_NEEDS];
static uint32_t needs_of_word[FLOW_KEY_WORDS]; /* those that have bits in the word, one bit each */
static pthread_once_t need_bits_once = PTHREAD_ONCE_INIT;

_Static_assert(N_FIELD_NEEDS <= 32, "a bit for each");

static void need_bits_fill(void)
{
	for (unsigned i = 0; i < N_FIELDS; i++) {
		const struct field *field = field_of(i);
		struct flow_key *bits = &need_bits[field->need];

		field_write(field, bits, field_all(field));
	}
	/* bits of the place that are no field by themselves */
	need_bits[NEED_NONE].tunnel.flags = UINT16_MAX;
	for (unsigned need = 0; need < N_FIELD_NEEDS; need++)
		for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
			if (need_bits[need].word[i])
				needs_of_word[i] |= 1u << need;
}

/* The bits of a word whose prerequisite is not met. */
static uint64_t unmet_bits(const struct match *match, unsigned word)
{
	uint64_t rest = match->mask.word[word];

	for (uint32_t needs = needs_of_word[word]; rest && needs; needs &= needs - 1) {
		unsigned need = (unsigned)__builtin_ctz(needs);

		if (field_need_is_met(need, &match->key, &match->mask))
			rest &= ~need_bits[need].word[word];
	}
	return rest;
}

const struct field *match_unmet(const struct match *match)
{
	struct flow_key rest;
	uint64_t any = 0;

	pthread_once(&need_bits_once, need_bits_fill);
	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
		any |= rest.word[i] = match->mask.word[i] ? unmet_bits(match, i) : 0;
	for (unsigned i = 0; any && i < N_FIELDS; i++)
		if (field_read(field_of(i), &rest))
			return field_of(i);
	return NULL;
}

/* ---- setting ---- */

/* 16 bits at a place in the key, as they lie there. */
struct implied {
	size_t offset;
	uint16_t value, mask;
};

/* What a field's bits mean besides themselves: a mask of zero, nothing. */
static struct implied implied_by(const struct field *field)
{
	const uint16_t present = to_be16(VLAN_PRESENT).be;

	switch (field_id(field)) {
	case FIELD_DL_VLAN:
	case FIELD_DL_VLAN_PCP:
	case FIELD_VLAN_PCP:
		return (struct implied){offsetof(struct flow_key, packet.vlan.tci), present,
					present};
	case FIELD_DL_VLAN1:
	case FIELD_DL_VLAN_PCP1:
		return (struct implied){offsetof(struct flow_key, packet.vlan_inner.tci), present,
					present};
	case FIELD_TUN_IPV6_SRC:
	case FIELD_TUN_IPV6_DST:
		return (struct implied){offsetof(struct flow_key, tunnel.flags), FLOW_TUNNEL_IPV6,
					FLOW_TUNNEL_IPV6};
	case FIELD_TUN_SRC:
	case FIELD_TUN_DST:
		return (struct implied){offsetof(struct flow_key, tunnel.flags), 0,
					FLOW_TUNNEL_IPV6};
	default:
		return (struct implied){0};
	}
}

static uint16_t *bits_at(struct flow_key *key, size_t offset)
{
	return (uint16_t *)(void *)((uint8_t *)key + offset);
}

void match_replace(struct match *match, const struct field *field, field_bits value,
		   field_bits mask)
{
	field_write(field, &match->key, value & mask);
	field_write(field, &match->mask, mask);
}

int match_set(struct match *match, const struct field *field, field_bits value, field_bits mask)
{
	const field_bits old_value = field_read(field, &match->key);
	const field_bits old_mask = field_read(field, &match->mask);
	const struct implied implied = implied_by(field);
	uint16_t *implied_value = bits_at(&match->key, implied.offset);
	uint16_t *implied_mask = bits_at(&match->mask, implied.offset);

	if (!mask)
		return 0;
	if ((value ^ old_value) & mask & old_mask ||
	    (*implied_value ^ implied.value) & *implied_mask & implied.mask)
		return -EEXIST;
	match_replace(match, field, old_value | (value & mask), old_mask | mask);
	*implied_value |= implied.value;
	*implied_mask |= implied.mask;
	return 0;
}

/* ---- comparing ---- */

bool match_is_equal(const struct match *a, const struct match *b)
{
	return !memcmp(&a->key, &b->key, sizeof(a->key)) &&
	       !memcmp(&a->mask, &b->mask, sizeof(a->mask));
}

bool match_is_within(const struct match *narrow, const struct match *wide)
{
	uint64_t outside = 0;

	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
		outside |= (wide->mask.word[i] & ~narrow->mask.word[i]) |
			   ((wide->key.word[i] ^ narrow->key.word[i]) & wide->mask.word[i]);
	return !outside;
}

bool match_overlaps(const struct match *a, const struct match *b)
{
	uint64_t differ = 0;

	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
		differ |= (a->key.word[i] ^ b->key.word[i]) & a->mask.word[i] & b->mask.word[i];
	return !differ;
}
