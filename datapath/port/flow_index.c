/* The index of the kernel's flow cache (bpf/index.h), and who is at home. */
#include "port/flow_maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t *slot_at(const struct flow_maps *maps, uint32_t slot)
{
	return &maps->index[slot / INDEX_BUCKET_SLOTS].slot[slot % INDEX_BUCKET_SLOTS];
}

static bool has_key(const struct flow_maps *maps, uint32_t place, const struct kernel_key *key)
{
	const struct kernel_flow *flow = &maps->flows[place];
	const struct kernel_tail *tail = &maps->tails[place];

	return flow->mask == key->mask && !memcmp(flow->word, key->word, sizeof(flow->word)) &&
	       !memcmp(tail->word, key->word + PACKET_KEY_IPV4_WORDS, sizeof(tail->word));
}

uint32_t flow_index_place(const struct flow_maps *maps, uint32_t slot)
{
	return *slot_at(maps, slot) % (1 << INDEX_PLACE_BITS);
}

static struct index_spot spot_for(const struct flow_maps *maps, const struct kernel_key *key)
{
	const struct kernel_mask *mask = &maps->masks[key->mask];

	return index_spot_for(mask, key, mask->n_words, *maps->index_size);
}

/* Of the place's entry, in an index of that size. */
static struct index_spot spot_of(const struct flow_maps *maps, uint32_t place,
				 struct index_size size)
{
	const struct kernel_mask *mask = &maps->masks[maps->flows[place].mask % FLOW_MASK_IDS];
	struct kernel_key key;

	flow_maps_key(maps, place, &key);
	return index_spot_for(mask, &key, mask->n_words, size);
}

static uint32_t spot_slot(const struct index_spot *spot, unsigned i)
{
	return spot->bucket[i / INDEX_BUCKET_SLOTS] * INDEX_BUCKET_SLOTS + i % INDEX_BUCKET_SLOTS;
}

uint32_t flow_index_find(const struct flow_maps *maps, const struct kernel_key *key)
{
	const struct index_spot spot = spot_for(maps, key);

	for (unsigned i = 0; i < 2 * INDEX_BUCKET_SLOTS; i++) {
		const uint32_t slot = spot_slot(&spot, i);
		const uint32_t place = flow_index_place(maps, slot);

		if (place && has_key(maps, place, key))
			return slot;
	}
	return FLOW_SLOT_NONE;
}

/* FLOW_SLOT_NONE: it is full. */
static uint32_t free_slot(const struct flow_maps *maps, uint32_t bucket)
{
	for (unsigned i = 0; i < INDEX_BUCKET_SLOTS; i++)
		if (!maps->index[bucket].slot[i])
			return bucket * INDEX_BUCKET_SLOTS + i;
	return FLOW_SLOT_NONE;
}

/* What was written before is seen by whoever finds it. */
static void slot_write(struct flow_maps *maps, uint32_t slot, uint32_t value)
{
	__atomic_store_n(slot_at(maps, slot), value, __ATOMIC_RELEASE);
}

/* ---- its size ---- */

/* The bucket that a slot's key belongs into, if there are twice as many. Its own: also where its mask's row
 * is another one by now, and nobody finds it. */
static uint32_t bucket_of_twice(const struct flow_maps *maps, uint32_t bucket, uint32_t place)
{
	struct index_size size = *maps->index_size;
	struct index_spot spot;

	size.n_buckets *= 2;
	spot = spot_of(maps, place, size);
	for (unsigned i = 0; i < 2; i++)
		if (spot.bucket[i] % (size.n_buckets / 2) == bucket)
			return spot.bucket[i];
	return bucket;
}

/* Writes to the upper half what belongs there: it stays in the lower one as long as that is read. */
static void upper_half_fill(struct flow_maps *maps)
{
	const uint32_t size = maps->index_size->n_buckets;

	for (uint32_t bucket = 0; bucket < size; bucket++) {
		struct index_bucket *upper = &maps->index[bucket + size];

		*upper = (struct index_bucket){0};
		for (unsigned i = 0; i < INDEX_BUCKET_SLOTS; i++) {
			const uint32_t slot = bucket * INDEX_BUCKET_SLOTS + i;
			const uint32_t place = flow_index_place(maps, slot);

			if (place && place < maps->n_places &&
			    bucket_of_twice(maps, bucket, place) != bucket)
				upper->slot[i] = *slot_at(maps, slot);
		}
	}
}

static void lower_half_clear(struct flow_maps *maps, const struct slot_listener *listener)
{
	const uint32_t n_slots = maps->index_size->n_buckets / 2 * INDEX_BUCKET_SLOTS;

	for (uint32_t slot = 0; slot < n_slots; slot++) {
		const uint32_t place = flow_index_place(maps, slot + n_slots);

		if (!place)
			continue;
		slot_write(maps, slot, 0);
		listener->moved(listener->ctx, place, slot + n_slots);
	}
}

struct slot_move {
	uint32_t from, to;
};

/* From a second bucket to a first one that has room now: whoever has looked there too early finds it where it was. Returns how
 * many are in both. */
static uint32_t seconds_copy(struct flow_maps *maps, struct slot_move *moves, uint32_t n_max)
{
	const uint32_t n_slots = maps->index_size->n_buckets * INDEX_BUCKET_SLOTS;
	uint32_t n = 0;

	for (uint32_t slot = 0; slot < n_slots && n < n_max; slot++) {
		const uint32_t place = flow_index_place(maps, slot);
		struct index_spot spot;

		if (!place || place >= maps->n_places)
			continue;
		spot = spot_of(maps, place, *maps->index_size);
		if (spot.bucket[0] == slot / INDEX_BUCKET_SLOTS ||
		    spot.bucket[1] != slot / INDEX_BUCKET_SLOTS)
			continue;
		moves[n] = (struct slot_move){slot, free_slot(maps, spot.bucket[0])};
		if (moves[n].to != FLOW_SLOT_NONE)
			slot_write(maps, moves[n++].to, *slot_at(maps, slot));
	}
	return n;
}

/* Without memory they stay where they are. */
static void seconds_return(struct flow_maps *maps, const struct slot_listener *listener)
{
	const uint32_t n_max = maps->index_size->n_buckets;
	struct slot_move *moves = malloc(n_max * sizeof(*moves));
	const uint32_t n = moves ? seconds_copy(maps, moves, n_max) : 0;

	if (n)
		flow_maps_wait();
	for (uint32_t i = 0; i < n; i++) {
		listener->moved(listener->ctx, flow_index_place(maps, moves[i].to), moves[i].to);
		slot_write(maps, moves[i].from, 0);
	}
	free(moves);
}

/* False: it is as large as it can be. */
static bool index_grow(struct flow_maps *maps, const struct slot_listener *listener)
{
	const uint32_t size = maps->index_size->n_buckets;

	if (size == maps->n_buckets)
		return false;
	upper_half_fill(maps);
	__atomic_store_n(&maps->index_size->n_buckets, size * 2, __ATOMIC_RELEASE);
	flow_maps_wait();
	lower_half_clear(maps, listener);
	seconds_return(maps, listener);
	return true;
}

/* Writes to the lower half what is in the upper one. Returns how many; if there is not room for all of them, n_slots, and
 * none. */
static uint32_t lower_half_fill(struct flow_maps *maps, struct slot_move *moves, uint32_t n_slots)
{
	uint32_t n = 0;

	for (uint32_t slot = n_slots; slot < 2 * n_slots; slot++) {
		if (!flow_index_place(maps, slot))
			continue;
		moves[n] = (struct slot_move){
			slot, free_slot(maps, (slot - n_slots) / INDEX_BUCKET_SLOTS)};
		if (moves[n].to == FLOW_SLOT_NONE) {
			while (n)
				slot_write(maps, moves[--n].to, 0);
			return n_slots;
		}
		slot_write(maps, moves[n++].to, *slot_at(maps, slot));
	}
	return n;
}

void flow_index_shrink(struct flow_maps *maps, const struct slot_listener *listener)
{
	const uint32_t half = maps->index_size->n_buckets / 2, n_slots = half * INDEX_BUCKET_SLOTS;
	struct slot_move *moves;
	uint32_t n;

	if (half < INDEX_BUCKETS_BEGIN)
		return;
	moves = malloc(n_slots * sizeof(*moves));
	n = moves ? lower_half_fill(maps, moves, n_slots) : n_slots;
	if (n < n_slots) {
		__atomic_store_n(&maps->index_size->n_buckets, half, __ATOMIC_RELEASE);
		flow_maps_wait();
		for (uint32_t i = 0; i < n; i++)
			listener->moved(listener->ctx, flow_index_place(maps, moves[i].to),
					moves[i].to);
	}
	free(moves);
}

/* ---- putting ---- */

/* A key is in its second bucket if its first was full. To make room, an entry is moved from its first to its second: whoever
 * has come to the first too late has the second still to look at. */
static bool slot_vacate(struct flow_maps *maps, uint32_t slot, const struct slot_listener *listener)
{
	const uint32_t place = flow_index_place(maps, slot);
	const struct index_spot spot = spot_of(maps, place, *maps->index_size);
	uint32_t other;

	if (spot.bucket[0] != slot / INDEX_BUCKET_SLOTS || spot.bucket[1] == spot.bucket[0])
		return false;
	other = free_slot(maps, spot.bucket[1]);
	if (other == FLOW_SLOT_NONE)
		return false;
	slot_write(maps, other, *slot_at(maps, slot));
	listener->moved(listener->ctx, place, other);
	return true;
}

/* One that is free, or whose entry is in another one by now. FLOW_SLOT_NONE: there is no room. */
static uint32_t slot_for(struct flow_maps *maps, const struct index_spot *spot,
			 const struct slot_listener *listener)
{
	for (unsigned i = 0; i < 2; i++) {
		const uint32_t slot = free_slot(maps, spot->bucket[i]);

		if (slot != FLOW_SLOT_NONE)
			return slot;
	}
	for (unsigned i = 0; i < 2 * INDEX_BUCKET_SLOTS; i++)
		if (slot_vacate(maps, spot_slot(spot, i), listener))
			return spot_slot(spot, i);
	return FLOW_SLOT_NONE;
}

int flow_index_put(struct flow_maps *maps, const struct kernel_key *key, uint32_t place,
		   const struct slot_listener *listener)
{
	struct index_spot spot;
	uint32_t slot;

	do {
		spot = spot_for(maps, key);
		slot = slot_for(maps, &spot, listener);
	} while (slot == FLOW_SLOT_NONE && index_grow(maps, listener));
	if (slot == FLOW_SLOT_NONE)
		return -ENOSPC;
	slot_write(maps, slot, spot.tag << INDEX_PLACE_BITS | place);
	listener->moved(listener->ctx, place, slot);
	return 0;
}

static bool is_power(uint32_t n)
{
	return n && !(n & (n - 1));
}

void flow_index_begin(struct flow_maps *maps)
{
	struct index_size *size = maps->index_size;

	if (!is_power(size->n_buckets) || size->n_buckets > maps->n_buckets)
		size->n_buckets = INDEX_BUCKETS_BEGIN;
	size->n_homes = 0;
	for (uint32_t place = 1; place < KERNEL_HOMES; place++)
		size->n_homes += maps->flows[place].is_home;
}

/* ---- homes ---- */

uint32_t flow_maps_home(const struct flow_maps *maps, const struct kernel_key *key)
{
	return spot_for(maps, key).home;
}

static void homes_count(struct flow_maps *maps, int n)
{
	__atomic_store_n(&maps->index_size->n_homes, maps->index_size->n_homes + (uint32_t)n,
			 __ATOMIC_RELAXED);
}

void flow_maps_set_home(struct flow_maps *maps, uint32_t place, bool is_home)
{
	struct kernel_flow flow = maps->flows[place];

	if (flow.is_home == is_home)
		return;
	flow.is_home = is_home;
	__atomic_store_n(&maps->flows[place].front, flow.front, __ATOMIC_RELEASE);
	homes_count(maps, is_home ? 1 : -1);
}

/* ---- slots ---- */

void flow_index_set(struct flow_maps *maps, uint32_t slot, uint32_t place)
{
	const uint32_t tag = *slot_at(maps, slot) >> INDEX_PLACE_BITS;

	slot_write(maps, slot, tag << INDEX_PLACE_BITS | place);
}

void flow_index_clear(struct flow_maps *maps, uint32_t slot)
{
	slot_write(maps, slot, 0);
}
