#include "flow/rule-table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REBUILD_AHEAD 2 /* buckets whose rules are prefetched */

#define OVERFLOW_ONE (1ull << 56)
#define OVERFLOW_MAX 255 /* stays there until the array is rebuilt */

/* Full at four rules per bucket of seven: the rest is for chance and for rules of equal hash. */
static uint32_t capacity(const struct rule_buckets *buckets)
{
	return (buckets->last + 1) * 5;
}

static int buckets_new(struct rule_buckets **out, uint32_t n)
{
	size_t size = sizeof(struct rule_buckets) + n * sizeof(struct rule_bucket);
	struct rule_buckets *buckets = aligned_alloc(_Alignof(struct rule_buckets), size);

	if (!buckets)
		return -ENOMEM;
	memset(buckets, 0, size);
	buckets->last = n - 1;
	*out = buckets;
	return 0;
}

static void buckets_gone(struct retired *item, void *ctx)
{
	free((char *)item - offsetof(struct rule_buckets, retired));
}

static unsigned free_slot(uint64_t tags)
{
	unsigned slot = 0;

	while (slot < RULE_BUCKET_SLOTS && (tags >> (slot * 8) & 0xff))
		slot++;
	return slot;
}

static void add_overflow(struct rule_bucket *bucket, bool up)
{
	uint64_t tags = bucket->tags;

	if (tags >> 56 == OVERFLOW_MAX)
		return;
	__atomic_store_n(&bucket->tags, up ? tags + OVERFLOW_ONE : tags - OVERFLOW_ONE,
			 __ATOMIC_RELEASE);
}

struct lane_bits {
	uint16_t value, mask;
};

static struct lane_bits lane_get(const struct rule *rule, unsigned lane)
{
	const uint8_t *index = rule_mask_index(rule->mask);

	for (unsigned i = 0; i < rule->mask->n_words && index[i] <= lane / 64; i++)
		if (index[i] == lane / 64)
			return (struct lane_bits){(uint16_t)(rule->value[i] >> lane % 64),
						  (uint16_t)(rule->mask->word[i] >> lane % 64)};
	return (struct lane_bits){0};
}

static void set_wide(union rule_wide_row *row, unsigned slot, uint32_t bits)
{
	__atomic_store_n(&row->slot[slot], (uint16_t)bits, __ATOMIC_RELAXED);
}

static void set_narrow(union rule_narrow_row *row, unsigned slot, uint16_t bits)
{
	__atomic_store_n(&row->slot[slot], (uint8_t)bits, __ATOMIC_RELAXED);
}

static void set_priority(struct rule_bucket *bucket, unsigned slot, uint32_t priority)
{
	set_wide(&bucket->priority, slot, priority < UINT16_MAX ? priority : UINT16_MAX);
}

static void raise_home(struct rule_bucket *home, uint32_t priority)
{
	if (home->priority.slot[RULE_BUCKET_SLOTS] < priority)
		set_priority(home, RULE_BUCKET_SLOTS, priority);
}

static void set_lanes(const struct rule_buckets *buckets, struct rule_bucket *bucket, unsigned slot,
		      const struct rule *rule)
{
	struct lane_bits wide = lane_get(rule, buckets->lane[RULE_LANE_WIDE]);
	struct lane_bits narrow = lane_get(rule, buckets->lane[RULE_LANE_NARROW]);

	set_wide(&bucket->value, slot, wide.value);
	set_wide(&bucket->mask, slot, wide.mask);
	set_narrow(&bucket->narrow_value, slot, narrow.value);
	set_narrow(&bucket->narrow_mask, slot, narrow.mask);
	set_priority(bucket, slot, rule->priority);
}

static void put(const struct rule_table *table, struct rule_buckets *buckets, struct rule *rule)
{
	uint32_t hash = rule_table_hash(table, rule), home = hash & buckets->last, at = home;
	struct rule_bucket *bucket;
	unsigned slot;

	while ((slot = free_slot(buckets->bucket[at].tags)) == RULE_BUCKET_SLOTS)
		at = (at + 1) & buckets->last;
	bucket = &buckets->bucket[at];
	if (table->has_lanes) {
		set_lanes(buckets, bucket, slot, rule);
		raise_home(&buckets->bucket[home], rule->priority);
	}
	__atomic_store_n(&bucket->rule[slot], rule, __ATOMIC_RELAXED);
	__atomic_store_n(&bucket->tags, bucket->tags | (uint64_t)rule_tag(hash) << (slot * 8),
			 __ATOMIC_RELEASE);
	for (; home != at; home = (home + 1) & buckets->last)
		add_overflow(&buckets->bucket[home], true);
	buckets->n_rules++;
}

/* ---- which lanes ---- */

#define MAX_SAMPLE 64 /* pairs of neighbours */

struct sample {
	unsigned n;
	const struct rule *rule[MAX_SAMPLE + 1];
	bool is_told_apart[MAX_SAMPLE]; /* rule[i] from rule[i + 1], by the lanes chosen so far */
};

static void sample_take(struct sample *sample, const struct rule_buckets *buckets)
{
	uint32_t step = buckets->n_rules / (MAX_SAMPLE * 2) + 1;

	sample->n = 0;
	for (uint32_t i = 0; i <= buckets->last; i += step)
		for (unsigned slot = 0; slot < RULE_BUCKET_SLOTS; slot++)
			if ((buckets->bucket[i].tags >> (slot * 8) & 0xff) &&
			    sample->n <= MAX_SAMPLE)
				sample->rule[sample->n++] = buckets->bucket[i].rule[slot];
}

/* Would a packet of the second rule be kept from the first one by this lane? Likely, if bits that
 * the first one looks at differ, or are none of the second's business. */
static bool tells_apart(const struct rule *a, const struct rule *b, unsigned lane, uint16_t bits)
{
	struct lane_bits x = lane_get(a, lane), y = lane_get(b, lane);

	return (((x.value ^ y.value) & x.mask & y.mask) | (x.mask & ~y.mask)) & bits;
}

static unsigned lane_score(const struct sample *sample, unsigned lane, uint16_t bits)
{
	unsigned score = 0;

	for (unsigned i = 0; i + 1 < sample->n; i++)
		score += !sample->is_told_apart[i] &&
			 tells_apart(sample->rule[i], sample->rule[i + 1], lane, bits);
	return score;
}

/* The lane of `n_bits` bits that tells the most neighbours apart; `lane` if none is better. */
static unsigned lane_best(const struct sample *sample, unsigned lane, unsigned n_bits)
{
	uint16_t bits = (uint16_t)((1u << n_bits) - 1);
	unsigned best = lane_score(sample, lane, bits);

	for (unsigned i = 0; i < sample->n; i++) {
		const struct rule_mask *mask = sample->rule[i]->mask;

		/* Masks repeat: often the one before was the same. */
		if (i && sample->rule[i - 1]->mask == mask)
			continue;
		for (unsigned bit = 0; bit < mask->n_words * 64u; bit += n_bits) {
			unsigned at = rule_mask_index(mask)[bit / 64] * 64u + bit % 64, score;

			if (!(mask->word[bit / 64] >> bit % 64 & bits))
				continue;
			score = lane_score(sample, at, bits);
			if (score > best) {
				best = score;
				lane = at;
			}
		}
	}
	return lane;
}

/* The lanes that tell neighbours apart: in a bucket, that is rules of one hash. */
static void lanes_choose(struct rule_buckets *buckets, const struct rule_buckets *old)
{
	static const uint8_t n_bits[N_RULE_LANES] = {16, 8};
	struct sample sample = {0};

	sample_take(&sample, old);
	for (unsigned i = 0; i < N_RULE_LANES; i++) {
		unsigned lane = lane_best(&sample, old->lane[i], n_bits[i]);
		uint16_t bits = (uint16_t)((1u << n_bits[i]) - 1);

		buckets->lane[i] = (uint16_t)lane;
		for (unsigned j = 0; j + 1 < sample.n; j++)
			sample.is_told_apart[j] |=
				tells_apart(sample.rule[j], sample.rule[j + 1], lane, bits);
	}
}

/* Each rule is touched for its hash: memory is asked for it while others are put. */
static void prefetch_rules(const struct rule_bucket *bucket)
{
	for (unsigned slot = 0; slot < RULE_BUCKET_SLOTS; slot++) {
		const struct rule *rule = bucket->rule[slot];

		if (!rule)
			continue;
		__builtin_prefetch(&rule->mask);
		__builtin_prefetch(rule->value);
	}
}

static int rebuild(struct rule_table *table, uint32_t n, struct retire_list *retired)
{
	struct rule_buckets *old = table->buckets, *buckets;
	int r = buckets_new(&buckets, n);

	if (r)
		return r;
	if (table->has_lanes)
		lanes_choose(buckets, old);
	for (uint32_t i = 0; i <= old->last; i++) {
		const struct rule_bucket *bucket = &old->bucket[i];

		if (i + REBUILD_AHEAD <= old->last)
			prefetch_rules(&old->bucket[i + REBUILD_AHEAD]);
		for (unsigned slot = 0; slot < RULE_BUCKET_SLOTS; slot++)
			if (bucket->tags >> (slot * 8) & 0xff)
				put(table, buckets, bucket->rule[slot]);
	}
	__atomic_store_n(&table->buckets, buckets, __ATOMIC_RELEASE);
	retire(retired, &old->retired, buckets_gone);
	return 0;
}

int rule_table_init(struct rule_table *table, struct rule_mask *mask, bool has_lanes)
{
	struct rule_buckets *buckets;
	int r = buckets_new(&buckets, 1);

	if (r)
		return r;
	*table = (struct rule_table){.buckets = buckets, .mask = mask, .has_lanes = has_lanes};
	return 0;
}

void rule_table_fini(struct rule_table *table)
{
	free(table->buckets);
	table->buckets = NULL;
}

uint32_t rule_table_hash(const struct rule_table *table, const struct rule *rule)
{
	const struct rule_mask *mask = table->mask;
	const uint8_t *index, *rule_index;
	uint64_t hash = hash_seed;
	unsigned j = 0;

	if (!mask)
		return rule->hash;
	index = rule_mask_index(mask);
	rule_index = rule_mask_index(rule->mask);
	for (unsigned i = 0; i < mask->n_words; i++) {
		while (rule_index[j] != index[i])
			j++;
		hash = hash_word(hash, rule->value[j] & mask->word[i]);
	}
	return hash_finish(hash);
}

int rule_table_insert(struct rule_table *table, struct rule *rule, struct retire_list *retired)
{
	if (table->buckets->n_rules >= capacity(table->buckets)) {
		int r = rebuild(table, (table->buckets->last + 1) * 2, retired);

		if (r)
			return r;
	}
	put(table, table->buckets, rule);
	return 0;
}

static void take_out(struct rule_buckets *buckets, uint32_t home, uint32_t at, unsigned slot)
{
	struct rule_bucket *bucket = &buckets->bucket[at];

	__atomic_store_n(&bucket->tags, bucket->tags & ~(0xffull << (slot * 8)), __ATOMIC_RELEASE);
	for (; home != at; home = (home + 1) & buckets->last)
		add_overflow(&buckets->bucket[home], false);
	buckets->n_rules--;
}

bool rule_table_replace(struct rule_table *table, struct rule *rule, struct rule *other)
{
	struct rule_buckets *buckets = table->buckets;
	uint32_t hash = rule_table_hash(table, rule);
	struct rule_probe probe;
	struct rule *found;

	rule_probe_begin(&probe, buckets, hash);
	do
		found = rule_probe_next(&probe);
	while (found && found != rule);
	if (!found)
		return false;
	if (!other) {
		take_out(buckets, hash & buckets->last, probe.at, probe.slot);
		return true;
	}
	if (table->has_lanes && other->priority > rule->priority) {
		set_priority(&buckets->bucket[probe.at], probe.slot, other->priority);
		raise_home(&buckets->bucket[hash & buckets->last], other->priority);
	}
	__atomic_store_n(&buckets->bucket[probe.at].rule[probe.slot], other, __ATOMIC_RELEASE);
	return true;
}

/* All ones in each byte whose slot the lanes do not tell from a rule: some key agrees with both. */
static uint64_t slots_alike(const struct rule_bucket *bucket, struct lane_bits wide,
			    struct lane_bits narrow)
{
	rule_wide differ = (rule_wide_load(&bucket->value) ^ wide.value) &
			   rule_wide_load(&bucket->mask) & wide.mask;
	rule_narrow narrow_differ =
		(rule_narrow_load(&bucket->narrow_value) ^ (uint8_t)narrow.value) &
		rule_narrow_load(&bucket->narrow_mask) & (uint8_t)narrow.mask;

	return (uint64_t)(__builtin_convertvector((rule_wide)(differ == 0), rule_narrow) &
			  (rule_narrow)(narrow_differ == 0));
}

/* Of the rules under a hash, those that are like `rule` by the lanes; NULL: all. */
static unsigned count(const struct rule_buckets *buckets, uint32_t hash, const struct rule *rule)
{
	struct lane_bits wide = {0}, narrow = {0};
	struct rule_probe probe;
	unsigned n = 0;

	if (rule) {
		wide = lane_get(rule, buckets->lane[RULE_LANE_WIDE]);
		narrow = lane_get(rule, buckets->lane[RULE_LANE_NARROW]);
	}
	rule_probe_begin(&probe, buckets, hash);
	for (;;) {
		uint64_t slots = probe.matches;

		if (rule && slots)
			slots &= slots_alike(&buckets->bucket[probe.at], wide, narrow);
		n += (unsigned)((slots >> 7) * 0x0101010101010101ull >> 56); /* top bits */
		if (!rule_probe_advance(&probe))
			return n;
	}
}

unsigned rule_table_count(const struct rule_table *table, uint32_t hash)
{
	return count(table->buckets, hash, NULL);
}

unsigned rule_table_count_alike(const struct rule_table *table, uint32_t hash,
				const struct rule *rule)
{
	return count(table->buckets, hash, rule);
}

void rule_table_shrink(struct rule_table *table, struct retire_list *retired)
{
	if (table->buckets->last && table->buckets->n_rules < capacity(table->buckets) / 8)
		(void)rebuild(table, (table->buckets->last + 1) / 2, retired);
}

int rule_table_for_each(const struct rule_table *table, int (*visit)(struct rule *head, void *ctx),
			void *ctx)
{
	const struct rule_buckets *buckets = table->buckets;
	int r = 0;

	for (uint32_t i = 0; i <= buckets->last; i++) {
		uint64_t tags = buckets->bucket[i].tags;

		for (unsigned slot = 0; slot < RULE_BUCKET_SLOTS && !r; slot++)
			if (tags >> (slot * 8) & 0xff)
				r = visit(buckets->bucket[i].rule[slot], ctx);
	}
	return r;
}
