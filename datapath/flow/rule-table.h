#pragma once
/* A hash table of rules under one mask: every rule in it looks at least at the mask's bits, and
 * is filed under the hash of its value there. So one probe finds all its rules that agree with a
 * key under the mask; a full comparison then tells which of them match.
 *
 * A bucket is two cache lines. The first: eight bytes of tags and seven rules. A tag is eight bits
 * of the hash, 0 if the slot is free; all seven are compared at once, as one 64-bit word. Most
 * probes of a look-up find nothing, and cost this one line. The eighth tag byte counts the entries
 * that found this bucket full and went on to the next one: a reader goes on while it is not zero
 * (F14's overflow counter).
 *
 * The second line is for the rules under one hash, which may be many: per slot the priority, and
 * 16 and 8 bits of value and mask from two lanes of the key outside the table's mask. Seven rules
 * are sifted by a few vector instructions, without touching them. Which lanes is decided anew
 * whenever the array is rebuilt, by what tells neighbours apart best: in an access list on
 * destinations, say, the destination port and the end of the source address.
 *
 * No entry is ever moved within an array; growing and shrinking builds a new array aside, publishes
 * it and retires the old one.
 *
 * Threads: one writer; readers under RCU. A reader sees each rule that was linked before it
 * loaded its version; a rule that is being linked or unlinked meanwhile it may see or miss.
 */
#include "flow/rule.h"

#define RULE_BUCKET_SLOTS 7

/* A few bits of the key that a bucket looks at before it looks at rules. */
enum { RULE_LANE_WIDE, RULE_LANE_NARROW, N_RULE_LANES };

typedef uint16_t rule_wide __attribute__((vector_size(16)));
typedef uint8_t rule_narrow __attribute__((vector_size(8)));

/* The eighth of each row belongs to no slot. */
union rule_wide_row {
	rule_wide all;
	uint16_t slot[8];
};

union rule_narrow_row {
	rule_narrow all;
	uint8_t slot[8];
};

struct rule_bucket {
	uint64_t tags; /* byte 0-6: tag of the slot; byte 7: how many went on */
	struct rule *rule[RULE_BUCKET_SLOTS];
	union rule_wide_row value, mask;                 /* of the wide lane, 16 bits */
	union rule_wide_row priority;                    /* at most 0xffff: that, or higher */
	union rule_narrow_row narrow_value, narrow_mask; /* of the narrow lane, 8 bits */
} __attribute__((aligned(128))); /* lines that the machine fetches as a pair */

struct rule_buckets {
	/* fixed */
	uint32_t last;               /* number of buckets - 1; a power of two - 1 */
	uint16_t lane[N_RULE_LANES]; /* where in the key: word * 64 + bit in the word */
	/* writer only */
	uint32_t n_rules; /* heads of chains */
	struct retired retired;
	struct rule_bucket bucket[];
};

struct rule_table {
	struct rule_buckets *buckets; /* RCU */
	struct rule_mask *mask;       /* fixed; NULL: filed under rule->hash */
	bool has_lanes;               /* fixed: it can be probed with a key */
	/* writer only */
	uint32_t max_priority; /* of its rules, or higher */
	uint64_t slot_bit;     /* its bit in rule_mask.fits */
	struct retired retired;
};

int rule_table_init(struct rule_table *table, struct rule_mask *mask, bool has_lanes);
/* No reader may be left. */
void rule_table_fini(struct rule_table *table);

/* A cursor over the rules whose hash may be `hash`. */
struct rule_probe {
	const struct rule_buckets *buckets;
	const uint64_t *key; /* NULL: no key, all rules */
	uint16_t floor;
	uint32_t at, n_left; /* the bucket at hand, and how many may follow */
	uint64_t tags;       /* of the bucket at hand */
	uint64_t matches;    /* the top bit of each byte that is left */
	uint64_t pattern;
	unsigned slot; /* of the rule at hand */
};

#define RULE_TAG_ONES 0x0001010101010101ull
#define RULE_TAG_LOWS 0x7f7f7f7f7f7f7f7full

static inline const struct rule_buckets *rule_table_buckets(const struct rule_table *table)
{
	return __atomic_load_n(&table->buckets, __ATOMIC_ACQUIRE);
}

static inline uint8_t rule_tag(uint32_t hash)
{
	return (uint8_t)(1 + ((hash >> 24) * 255 >> 8));
}

static inline uint32_t rule_mask_hash(const struct rule_mask *mask, const uint64_t *key)
{
	const uint8_t *index = rule_mask_index(mask);
	uint64_t hash = hash_seed;

	for (unsigned i = 0; i < mask->n_words; i++)
		hash = hash_word(hash, key[index[i]] & mask->word[i]);
	return hash_finish(hash);
}

static inline uint16_t rule_lane_of(const uint64_t *key, unsigned lane)
{
	return (uint16_t)(key[lane / 64] >> lane % 64);
}

/* A slot's bits never straddle what the machine loads at once, so the writer may be at work on
 * another slot; only ThreadSanitizer wants it spelt out. */
static inline rule_wide rule_wide_load(const union rule_wide_row *row)
{
#ifdef __SANITIZE_THREAD__
	union rule_wide_row copy;

	for (unsigned i = 0; i < 8; i++)
		copy.slot[i] = __atomic_load_n(&row->slot[i], __ATOMIC_RELAXED);
	return copy.all;
#else
	return *(const volatile rule_wide *)&row->all;
#endif
}

static inline rule_narrow rule_narrow_load(const union rule_narrow_row *row)
{
#ifdef __SANITIZE_THREAD__
	union rule_narrow_row copy;

	for (unsigned i = 0; i < 8; i++)
		copy.slot[i] = __atomic_load_n(&row->slot[i], __ATOMIC_RELAXED);
	return copy.all;
#else
	return *(const volatile rule_narrow *)&row->all;
#endif
}

/* All ones in each byte whose slot may matter: it agrees with the key in both lanes, and its
 * priority is `floor` or higher. */
static inline uint64_t rule_slots_agree(const struct rule_buckets *buckets,
					const struct rule_bucket *bucket, const uint64_t *key,
					uint16_t floor)
{
	rule_wide differ = (rule_wide_load(&bucket->value) ^
			    rule_lane_of(key, buckets->lane[RULE_LANE_WIDE])) &
			   rule_wide_load(&bucket->mask);
	rule_narrow narrow = (rule_narrow_load(&bucket->narrow_value) ^
			      (uint8_t)rule_lane_of(key, buckets->lane[RULE_LANE_NARROW])) &
			     rule_narrow_load(&bucket->narrow_mask);
	rule_wide wanted =
		(rule_wide)((differ == 0) & (rule_wide_load(&bucket->priority) >= floor));

	return (uint64_t)(__builtin_convertvector(wanted, rule_narrow) &
			  (rule_narrow)(narrow == 0));
}

/* The first line alone: which tags agree. */
static inline void rule_probe_load_tags(struct rule_probe *probe)
{
	const struct rule_bucket *bucket = &probe->buckets->bucket[probe->at];
	uint64_t differ;

	probe->tags = __atomic_load_n(&bucket->tags, __ATOMIC_ACQUIRE);
	differ = probe->tags ^ probe->pattern;
	/* The top bit of each zero byte, and of no other: a free slot may hold a dead pointer. */
	probe->matches = ~(((differ & RULE_TAG_LOWS) + RULE_TAG_LOWS) | differ | RULE_TAG_LOWS) &
			 ~(0xffull << 56);
}

static inline void rule_probe_load(struct rule_probe *probe)
{
	const struct rule_bucket *bucket = &probe->buckets->bucket[probe->at];

	rule_probe_load_tags(probe);
	if (probe->key && probe->matches)
		probe->matches &=
			rule_slots_agree(probe->buckets, bucket, probe->key, probe->floor);
}

/* All rules under the hash. */
static inline void rule_probe_begin(struct rule_probe *probe, const struct rule_buckets *buckets,
				    uint32_t hash)
{
	probe->buckets = buckets;
	probe->key = NULL;
	probe->floor = 0;
	probe->at = hash & buckets->last;
	probe->n_left = buckets->last;
	probe->pattern = rule_tag(hash) * RULE_TAG_ONES;
	rule_probe_load(probe);
}

/* Those that may match the key, and have priority `floor` or higher: nearly all others are skipped
 * without touching them. */
static inline void rule_probe_begin_key(struct rule_probe *probe,
					const struct rule_buckets *buckets, uint32_t hash,
					const uint64_t *key, uint64_t floor)
{
	const struct rule_bucket *home = &buckets->bucket[hash & buckets->last];

	probe->buckets = buckets;
	probe->key = key;
	probe->floor = floor < UINT16_MAX ? (uint16_t)floor : UINT16_MAX;
	probe->at = hash & buckets->last;
	probe->n_left = buckets->last;
	probe->pattern = rule_tag(hash) * RULE_TAG_ONES;
	rule_probe_load_tags(probe);
	if (!probe->matches && !(probe->tags >> 56))
		return;
	if (__atomic_load_n(&home->priority.slot[RULE_BUCKET_SLOTS], __ATOMIC_RELAXED) <
	    probe->floor) {
		probe->tags = 0;
		probe->matches = 0;
	} else if (probe->matches) {
		probe->matches &= rule_slots_agree(buckets, home, key, probe->floor);
	}
}

/* On to the next bucket; false: there is none. */
static inline bool rule_probe_advance(struct rule_probe *probe)
{
	if (!(probe->tags >> 56) || !probe->n_left--)
		return false;
	probe->at = (probe->at + 1) & probe->buckets->last;
	rule_probe_load(probe);
	return true;
}

/* The next rule to compare, NULL at the end. */
static inline struct rule *rule_probe_next(struct rule_probe *probe)
{
	while (!probe->matches)
		if (!rule_probe_advance(probe))
			return NULL;
	probe->slot = (unsigned)__builtin_ctzll(probe->matches) / 8;
	probe->matches &= probe->matches - 1;
	return __atomic_load_n(&probe->buckets->bucket[probe->at].rule[probe->slot],
			       __ATOMIC_ACQUIRE);
}

/* ---- writer only ---- */

uint32_t rule_table_hash(const struct rule_table *table, const struct rule *rule);
/* Links the head of a chain. Returns 0 or -ENOMEM (then nothing has changed). */
int rule_table_insert(struct rule_table *table, struct rule *rule, struct retire_list *retired);
/* Puts another head in the place of `rule`; NULL: unlinks it. False: it is not there. */
bool rule_table_replace(struct rule_table *table, struct rule *rule, struct rule *other);
/* How many heads have this hash, or nearly: it compares tags. Never too few. */
unsigned rule_table_count(const struct rule_table *table, uint32_t hash);
/* Those of them that the lanes do not tell from `rule`: a look-up that comes for it may have to
 * compare them all. */
unsigned rule_table_count_alike(const struct rule_table *table, uint32_t hash,
				const struct rule *rule);
/* Halves the array when it is nearly empty. Not being able to is no harm. */
void rule_table_shrink(struct rule_table *table, struct retire_list *retired);
/* Calls `visit` for each head until one returns non-zero, and returns that. The table must not
 * change meanwhile. */
int rule_table_for_each(const struct rule_table *table, int (*visit)(struct rule *head, void *ctx),
			void *ctx);
