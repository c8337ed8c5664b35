#pragma once
/* The flow cache of one worker: {mask id, masked key words} -> actions.
 *
 * Exact match only, so a look-up is one hash and one comparison, whatever an attacker sends. The
 * hash is seeded. Memory is mapped for the largest size and touched as entries come.
 *
 * Fair: every input port has its own list of entries. When the cache is full, a port that has its
 * share or more makes room among its own entries, else the port that has too many does. Of the
 * victim's oldest entries the one goes that was idle for longest, so a flood of one-packet flows
 * pushes out itself.
 *
 * One thread, the worker, calls everything here. Others may read what is marked as a counter.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"
#include "flow/key.h"
#include "flow/mask.h"
#include "flow/version.h"

struct cache;
struct flow_actions;

#define CACHE_BURST 64

/* Time in a cache: ticks of 2^20 ns, about a millisecond; 1024 of them are a second. They come
 * round after 52 days, which matters to nobody who is idle for seconds. */
static inline uint32_t cache_tick(uint64_t ns)
{
	return (uint32_t)(ns >> 20);
}

#define CACHE_TICKS_PER_SEC 954

#define CACHE_MAX_ENTRIES (1 << 24)
#define CACHE_ENTRY_WORDS 9

/* Two cache lines; keys of more words, which are rare, go on elsewhere. */
struct cache_entry {
	uint32_t next; /* in its bucket */
	uint32_t hash;
	uint32_t port_next; /* in its port's list */
	uint32_t port_prev;
	uint32_t last_used; /* tick */
	uint16_t type;      /* mask id and number of words: cache_entry_mask() */
	uint16_t in_port;
	struct version_stamp stamp;
	struct flow_actions *actions;     /* the caller's reference */
	uint64_t n_packets;               /* counter */
	uint64_t n_bytes;                 /* counter */
	uint64_t word[CACHE_ENTRY_WORDS]; /* the first masked words: cache_entry_words() */
};

_Static_assert(sizeof(struct cache_entry) == 128, "cache entry");

/* One question of a burst. */
struct cache_query {
	/* in */
	const struct flow_key *key;
	const struct flow_mask *mask;
	/* out */
	struct cache_entry *entry; /* NULL: not there, or stale */
	bool is_stale;             /* there, but what it rests on has changed */
	/* kept for cache_insert() */
	uint32_t hash;
	uint64_t word[FLOW_KEY_PACKET_WORDS];
};

struct cache_config {
	uint32_t max_entries; /* 1 to CACHE_MAX_ENTRIES: what there is memory for */
	uint32_t max_idle;    /* ticks after which an entry is swept */
	const struct versions *versions;
	/* Called when an entry leaves or is given other actions: take its counters, put its
	 * actions. It must not call the cache. A packet of the same burst may still be about to use
	 * the actions. */
	void (*release)(void *ctx, struct cache_entry *entry);
	void *ctx;
};

struct cache_counters {
	uint64_t n_hit, n_miss, n_stale, n_evicted, n_expired;
	uint64_t n_entries;
};

/* 0, -EINVAL or -ENOMEM. *config is copied. */
int cache_new(struct cache **out, const struct cache_config *config);
/* Releases every entry first. */
void cache_free(struct cache **cache);
/* Other limits from now on: at least 1, and no more entries than it was made for. What is above is swept, the
 * least used first. */
void cache_set_limits(struct cache *cache, uint32_t max_entries, uint32_t max_idle);

/* Looks up `n` (at most CACHE_BURST) questions. The entries stay where they are until the next
 * cache_insert(), cache_sweep() or cache_remove(). */
void cache_lookup(struct cache *cache, struct cache_query *query, unsigned n);

/* Counts packets for an entry that was found. True if it is the first time in a second (of 1024
 * ticks): then look again at what its packets teach (fdb_refresh()). */
static inline bool cache_hit(struct cache_entry *entry, uint32_t n_packets, uint64_t n_bytes,
			     uint32_t now)
{
	const bool is_new_second = (entry->last_used ^ now) >> 10;

	counter_add(&entry->n_packets, n_packets);
	counter_add(&entry->n_bytes, n_bytes);
	entry->last_used = now;
	return is_new_second;
}

/* Puts in what translation made of a question that cache_lookup() had no answer to, with counters
 * at zero, and takes over the reference to `actions`. An entry with the same key is released and
 * replaced. May evict other entries, so first be done with those of the burst. It always succeeds;
 * the entry stays as with cache_lookup(). query->key->packet.in_port is the port that pays. */
struct cache_entry *cache_insert(struct cache *cache, const struct cache_query *query,
				 struct version_stamp stamp, struct flow_actions *actions,
				 uint32_t now);

void cache_remove(struct cache *cache, struct cache_entry *entry);

/* Looks at the next `budget` places and removes entries that are stale, idle for too long, or too many.
 * Returns how many. A whole round takes cache_n_places() / budget calls. */
uint32_t cache_sweep(struct cache *cache, uint32_t now, uint32_t budget);
/* How many places there are to sweep or visit: grows with the most entries there ever were. */
uint32_t cache_n_places(const struct cache *cache);

/* Calls `visit` for the entries among the next `budget` places from *cursor (start with 0) and
 * moves it on. True if there are more. Between calls entries may come and go. */
bool cache_visit(struct cache *cache, uint32_t *cursor, uint32_t budget,
		 void (*visit)(void *ctx, const struct cache_entry *entry), void *ctx);

static inline uint16_t cache_entry_mask(const struct cache_entry *entry)
{
	return entry->type % FLOW_MASK_IDS;
}

/* Copies the masked words out, in the order of the mask. Returns how many. */
unsigned cache_entry_words(const struct cache *cache, const struct cache_entry *entry,
			   uint64_t words[FLOW_KEY_PACKET_WORDS]);

/* Any thread. */
void cache_counters_read(const struct cache *cache, struct cache_counters *out);
