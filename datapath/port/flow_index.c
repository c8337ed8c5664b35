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

/* An entry that is in its second bucket, and its first; then where it is in that. */
struct slot_move {
	uint32_t from, first, to;
};

/* What growing is about. */
struct slot_moves {
	struct slot_move *move; /* NULL: they stay where they are */
	uint32_t n, n_max;
};

/* Where a slot's entry belongs, if there are twice as many buckets: in its own bucket, or as far up as there are now. */
static uint32_t slot_of_twice(const struct flow_maps *maps, uint32_t slot,
			      struct slot_moves *seconds)
{
	const uint32_t place = flow_index_place(maps, slot), bucket = slot / INDEX_BUCKET_SLOTS;
	struct index_size size = *maps->index_size;
	struct index_spot spot;
	uint32_t to = slot;

	if (!place || place >= maps->n_places)
		return slot;
	size.n_buckets *= 2;
	spot = spot_of(maps, place, size);
	if (spot.bucket[0] % (size.n_buckets / 2) == bucket)
		return spot.bucket[0] * INDEX_BUCKET_SLOTS + slot % INDEX_BUCKET_SLOTS;
	if (spot.bucket[1] % (size.n_buckets / 2) != bucket)
		return slot; /* its mask's row is another one by now, and nobody finds it */
	to = spot.bucket[1] * INDEX_BUCKET_SLOTS + slot % INDEX_BUCKET_SLOTS;
	if (seconds->n < seconds->n_max)
		seconds->move[seconds->n++] =
			(struct slot_move){.from = to, .first = spot.bucket[0]};
	return to;
}

/* Writes to the upper half what belongs there: it stays in the lower one as long as that is read. */
static void upper_half_fill(struct flow_maps *maps, struct slot_moves *seconds)
{
	const uint32_t n_slots = maps->index_size->n_buckets * INDEX_BUCKET_SLOTS;

	for (uint32_t slot = 0; slot < n_slots; slot++)
		*slot_at(maps, slot + n_slots) =
			slot_of_twice(maps, slot, seconds) == slot ? 0 : *slot_at(maps, slot);
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

/* To their first buckets, where those have room now. Whoever has looked there too early finds them where they were. */
static void seconds_return(struct flow_maps *maps, struct slot_moves *seconds,
			   const struct slot_listener *listener)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < seconds->n; i++) {
		struct slot_move *move = &seconds->move[i];

		move->to = free_slot(maps, move->first);
		n += move->to != FLOW_SLOT_NONE;
		if (move->to != FLOW_SLOT_NONE)
			slot_write(maps, move->to, *slot_at(maps, move->from));
	}
	if (n)
		flow_maps_wait();
	for (uint32_t i = 0; i < seconds->n; i++) {
		const struct slot_move *move = &seconds->move[i];

		if (move->to == FLOW_SLOT_NONE)
			continue;
		listener->moved(listener->ctx, flow_index_place(maps, move->to), move->to);
		slot_write(maps, move->from, 0);
	}
}

/* Nobody looks where entries were before it shrank. */
static void shrinking_end(struct flow_maps *maps)
{
	if (maps->is_shrunk)
		flow_maps_wait();
	maps->is_shrunk = false;
}

/* False: it is as large as it can be. */
static bool index_grow(struct flow_maps *maps, const struct slot_listener *listener)
{
	const uint32_t size = maps->index_size->n_buckets;
	struct slot_moves seconds = {.n_max = 2 * size};

	if (size == maps->n_buckets)
		return false;
	seconds.move = malloc(seconds.n_max * sizeof(*seconds.move));
	if (!seconds.move)
		seconds.n_max = 0;
	shrinking_end(maps);
	upper_half_fill(maps, &seconds);
	__atomic_store_n(&maps->index_size->n_buckets, size * 2, __ATOMIC_RELEASE);
	flow_maps_wait();
	lower_half_clear(maps, listener);
	seconds_return(maps, &seconds, listener);
	free(seconds.move);
	return true;
}

static bool can_shrink(const struct flow_maps *maps)
{
	const uint32_t half = maps->index_size->n_buckets / 2;

	if (half < INDEX_BUCKETS_BEGIN)
		return false;
	for (uint32_t bucket = 0; bucket < half; bucket++) {
		unsigned n = 0;

		for (unsigned i = 0; i < INDEX_BUCKET_SLOTS; i++)
			n += (maps->index[bucket].slot[i] != 0) +
			     (maps->index[bucket + half].slot[i] != 0);
		if (n > INDEX_BUCKET_SLOTS)
			return false;
	}
	return true;
}

/* Where an entry was in the upper half, it stays for those who know of that. */
void flow_index_shrink(struct flow_maps *maps, const struct slot_listener *listener)
{
	const uint32_t half = maps->index_size->n_buckets / 2, n_slots = half * INDEX_BUCKET_SLOTS;

	if (!can_shrink(maps))
		return;
	for (uint32_t slot = n_slots; slot < 2 * n_slots; slot++) {
		const uint32_t place = flow_index_place(maps, slot);
		uint32_t to;

		if (!place)
			continue;
		to = free_slot(maps, slot / INDEX_BUCKET_SLOTS - half);
		slot_write(maps, to, *slot_at(maps, slot));
		listener->moved(listener->ctx, place, to);
	}
	maps->is_shrunk = true;
	__atomic_store_n(&maps->index_size->n_buckets, half, __ATOMIC_RELEASE);
}

/* ---- putting ---- */

/* A key is in its second bucket if its first was full. To make room, an entry is moved from its first to its second: whoever
 * has come to the first too late has the second still to look at. */
static bool slot_vacate(struct flow_maps *maps, uint32_t slot, const struct slot_listener *listener)
{
	const uint32_t place = flow_index_place(maps, slot);
	struct index_spot spot;
	uint32_t other;

	if (!place || place >= maps->n_places)
		return false;
	spot = spot_of(maps, place, *maps->index_size);
	if (spot.bucket[0] != slot / INDEX_BUCKET_SLOTS || spot.bucket[1] == spot.bucket[0])
		return false;
	other = free_slot(maps, spot.bucket[1]);
	if (other == FLOW_SLOT_NONE)
		return false;
	shrinking_end(maps);
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
