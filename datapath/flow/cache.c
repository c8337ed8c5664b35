#include "flow/cache.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/hash.h"
#include "base/own.h"

/* Entries are named by their place in one array; place 0 stays empty and means "none".
 *
 * Buckets are chains. Their number grows by one with every entry past it (linear hashing): the
 * next bucket in turn is split, so no insert ever pays for a whole rehash. Bucket b, of the lowest
 * bits of the hash, is split into b and b + 2^level.
 *
 * All memory is mapped for max_entries and touched in order from the front: a small cache needs few pages, and
 * a large one has huge ones, without which most accesses would also miss the TLB.
 */
#define NONE          0
#define REST_WORDS    (FLOW_KEY_PACKET_WORDS - CACHE_ENTRY_WORDS)
#define FIRST_BUCKETS 64 /* 2^6 */
#define FIRST_LEVEL   6
#define EVICT_SAMPLES 4
#define SPLIT_AHEAD   8 /* fewer than FIRST_BUCKETS */
#define HUGE_PAGE     ((size_t)2 << 20)

struct rest {
	uint64_t word[REST_WORDS];
};

/* The entries that a port pays for, in a ring: the first one is the next to be looked at when room
 * is needed. */
struct port_ring {
	uint32_t first;
	uint32_t n;
};

struct cache {
	/* fixed after create */
	struct cache_config config;
	struct cache_entry *entry; /* max_entries + 1 */
	struct rest *rest;         /* parallel to entry: words past CACHE_ENTRY_WORDS */
	uint32_t *bucket;          /* max_entries, at least FIRST_BUCKETS */
	struct port_ring *port;    /* PORT_ID_MAX */
	/* this worker only */
	uint32_t max_entries; /* at most config.max_entries */
	uint32_t max_idle;
	uint32_t n_buckets; /* 2^level to 2^(level + 1) - 1 */
	unsigned level;
	uint32_t n_made; /* places used so far: 1 to n_made */
	uint32_t free;   /* chain of those given back */
	uint32_t n_ports;
	uint16_t next_victim; /* port to look at first when one has too much */
	uint32_t swept;       /* place that the sweep came to */
	struct cache_counters counters;
};

static size_t bucket_max(const struct cache_config *config)
{
	return config->max_entries < FIRST_BUCKETS ? FIRST_BUCKETS : config->max_entries;
}

static void *map(size_t n, size_t size)
{
	void *p = mmap(NULL, n * size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (n * size > 2 * HUGE_PAGE) /* where there are none, it goes on without */
		madvise((char *)p + HUGE_PAGE, n * size - HUGE_PAGE, MADV_HUGEPAGE);
	return p;
}

static void unmap(void *p, size_t n, size_t size)
{
	if (p)
		munmap(p, n * size);
}

int cache_new(struct cache **out, const struct cache_config *config)
{
	const size_t places = (size_t)config->max_entries + 1;
	own(cache_free) struct cache *cache = NULL;

	if (!config->max_entries || config->max_entries > CACHE_MAX_ENTRIES || !config->versions ||
	    !config->release)
		return -EINVAL;
	cache = calloc(1, sizeof(*cache));
	if (!cache)
		return -ENOMEM;
	cache->config = *config;
	cache->max_entries = config->max_entries;
	cache->max_idle = config->max_idle;
	cache->n_buckets = FIRST_BUCKETS;
	cache->level = FIRST_LEVEL;
	cache->entry = map(places, sizeof(*cache->entry));
	cache->rest = map(places, sizeof(*cache->rest));
	cache->bucket = map(bucket_max(config), sizeof(*cache->bucket));
	cache->port = map(PORT_ID_MAX, sizeof(*cache->port));
	if (!cache->entry || !cache->rest || !cache->bucket || !cache->port)
		return -ENOMEM;
	*out = take_ptr(cache);
	return 0;
}

void cache_set_limits(struct cache *cache, uint32_t max_entries, uint32_t max_idle)
{
	assert(max_entries && max_entries <= cache->config.max_entries);
	cache->max_entries = max_entries;
	cache->max_idle = max_idle;
}

void cache_free(struct cache **cache)
{
	struct cache *c = *cache;
	size_t places;

	if (!c)
		return;
	for (uint32_t i = 1; i <= c->n_made; i++)
		if (c->entry[i].actions)
			c->config.release(c->config.ctx, &c->entry[i]);
	places = (size_t)c->config.max_entries + 1;
	unmap(c->entry, places, sizeof(*c->entry));
	unmap(c->rest, places, sizeof(*c->rest));
	unmap(c->bucket, bucket_max(&c->config), sizeof(*c->bucket));
	unmap(c->port, PORT_ID_MAX, sizeof(*c->port));
	mem_free(cache);
}

/* ---- buckets ---- */

static uint32_t *bucket_of(const struct cache *cache, uint32_t hash)
{
	const uint32_t low = (1u << cache->level) - 1;
	uint32_t b = hash & (low << 1 | 1);

	return &cache->bucket[b < cache->n_buckets ? b : b & low];
}

static void prefetch_entry(const struct cache *cache, uint32_t place)
{
	__builtin_prefetch(&cache->entry[place]);
	__builtin_prefetch(&cache->entry[place].word[CACHE_ENTRY_WORDS - 1]);
}

/* Splits the next bucket, so that there is one for every entry. */
static void bucket_split(struct cache *cache)
{
	const uint32_t bit = 1u << cache->level;
	uint32_t *from = &cache->bucket[cache->n_buckets - bit];
	const uint32_t *coming = from + SPLIT_AHEAD; /* there are more: the other half */
	uint32_t *to = &cache->bucket[cache->n_buckets];

	while (*from) {
		struct cache_entry *entry = &cache->entry[*from];

		if (!(entry->hash & bit)) {
			from = &entry->next;
			continue;
		}
		*to = *from;
		to = &entry->next;
		*from = entry->next;
	}
	*to = NONE;
	__builtin_prefetch(&cache->entry[*coming]);
	if (++cache->n_buckets == bit << 1)
		cache->level++;
}

static void bucket_unlink(struct cache *cache, const struct cache_entry *entry)
{
	const uint32_t place = (uint32_t)(entry - cache->entry);
	uint32_t *link = bucket_of(cache, entry->hash);

	while (*link != place)
		link = &cache->entry[*link].next;
	*link = entry->next;
}

/* ---- ports ---- */

static void ring_add(struct cache *cache, struct cache_entry *entry)
{
	const uint32_t place = (uint32_t)(entry - cache->entry);
	struct port_ring *ring = &cache->port[entry->in_port];
	struct cache_entry *first;

	if (!ring->n++) {
		ring->first = entry->port_next = entry->port_prev = place;
		cache->n_ports++;
		return;
	}
	first = &cache->entry[ring->first];
	entry->port_next = ring->first;
	entry->port_prev = first->port_prev;
	cache->entry[first->port_prev].port_next = place;
	first->port_prev = place;
}

static void ring_del(struct cache *cache, struct cache_entry *entry)
{
	struct port_ring *ring = &cache->port[entry->in_port];

	if (!--ring->n) {
		ring->first = NONE;
		cache->n_ports--;
		return;
	}
	cache->entry[entry->port_prev].port_next = entry->port_next;
	cache->entry[entry->port_next].port_prev = entry->port_prev;
	if (ring->first == (uint32_t)(entry - cache->entry))
		ring->first = entry->port_next;
}

/* The port that has to make room for an entry of `port`, in a full cache. */
static uint16_t victim_port(struct cache *cache, uint16_t port)
{
	const uint32_t own_n = cache->port[port].n;
	const uint32_t share = cache->max_entries / (cache->n_ports + !own_n);

	if (own_n && own_n >= share)
		return port;
	/* Not all have a share or less if this one has less: the search ends. */
	while (cache->port[cache->next_victim].n <= share)
		cache->next_victim = (cache->next_victim + 1) % PORT_ID_MAX;
	return cache->next_victim;
}

/* The one of a port's first entries that was idle for longest. The others had more use: they go to
 * the ring's end, so the ring turns like a clock's hand. */
static struct cache_entry *victim_entry(struct cache *cache, uint16_t port, uint32_t now)
{
	struct port_ring *ring = &cache->port[port];
	struct cache_entry *entry = &cache->entry[ring->first], *victim = entry;

	for (unsigned i = 0; i < EVICT_SAMPLES && i < ring->n; i++) {
		if (now - entry->last_used > now - victim->last_used)
			victim = entry;
		ring->first = entry->port_next;
		entry = &cache->entry[entry->port_next];
	}
	return victim;
}

/* ---- look-up ---- */

static uint16_t type_of(const struct flow_mask *mask)
{
	return mask->id + mask->n_words * FLOW_MASK_IDS;
}

static unsigned n_words_of(const struct cache_entry *entry)
{
	return entry->type / FLOW_MASK_IDS;
}

static void query_hash(struct cache_query *query)
{
	const struct flow_mask *mask = query->mask;

	flow_mask_apply(mask, query->key, query->word);
	query->hash = (uint32_t)XXH3_64bits_withSeed(query->word, mask->n_words * sizeof(uint64_t),
						     hash_seed + mask->id);
}

static bool is_match(const struct cache *cache, const struct cache_entry *entry,
		     const struct cache_query *query)
{
	const unsigned n = query->mask->n_words;
	uint64_t differs = 0;

	if (entry->hash != query->hash || entry->type != type_of(query->mask))
		return false;
	if (n > CACHE_ENTRY_WORDS)
		return !memcmp(entry->word, query->word, sizeof(entry->word)) &&
		       !memcmp(cache->rest[entry - cache->entry].word,
			       query->word + CACHE_ENTRY_WORDS,
			       (n - CACHE_ENTRY_WORDS) * sizeof(uint64_t));
	for (unsigned i = 0; i < n; i++)
		differs |= entry->word[i] ^ query->word[i];
	return !differs;
}

/* Where the walk through a query's chain has come to. */
struct walk {
	uint32_t place;
	uint8_t query;
};

/* Takes one step in each of `n` chains; the queries are answered as far as that goes. Returns how
 * many walks remain, moved to the front. */
static unsigned walk_step(struct cache *cache, struct cache_query *query, struct walk *walk,
			  unsigned n)
{
	unsigned n_left = 0;

	for (unsigned i = 0; i < n; i++) {
		struct cache_entry *entry = &cache->entry[walk[i].place];
		struct cache_query *q = &query[walk[i].query];

		if (is_match(cache, entry, q)) {
			q->is_stale = !version_is_fresh(cache->config.versions, entry->stamp);
			q->entry = q->is_stale ? NULL : entry;
		} else if (entry->next) {
			prefetch_entry(cache, entry->next);
			walk[n_left].place = entry->next;
			walk[n_left++].query = walk[i].query;
		}
	}
	return n_left;
}

void cache_lookup(struct cache *cache, struct cache_query *query, unsigned n)
{
	struct walk walk[CACHE_BURST];
	unsigned n_walks = 0, n_hit = 0, n_stale = 0;

	assert(n <= CACHE_BURST);
	for (unsigned i = 0; i < n; i++) {
		query_hash(&query[i]);
		__builtin_prefetch(bucket_of(cache, query[i].hash));
	}
	for (unsigned i = 0; i < n; i++) {
		const uint32_t place = *bucket_of(cache, query[i].hash);

		query[i].entry = NULL;
		query[i].is_stale = false;
		if (!place)
			continue;
		prefetch_entry(cache, place);
		walk[n_walks++] = (struct walk){place, (uint8_t)i};
	}
	while (n_walks)
		n_walks = walk_step(cache, query, walk, n_walks);
	for (unsigned i = 0; i < n; i++) {
		n_hit += !!query[i].entry;
		n_stale += query[i].is_stale;
	}
	counter_add(&cache->counters.n_hit, n_hit);
	counter_add(&cache->counters.n_stale, n_stale);
	counter_add(&cache->counters.n_miss, n - n_hit - n_stale);
}

/* ---- entries come and go ---- */

void cache_remove(struct cache *cache, struct cache_entry *entry)
{
	bucket_unlink(cache, entry);
	ring_del(cache, entry);
	cache->config.release(cache->config.ctx, entry);
	entry->actions = NULL;
	entry->next = cache->free;
	cache->free = (uint32_t)(entry - cache->entry);
	counter_add(&cache->counters.n_entries, -1ull);
}

static struct cache_entry *find(struct cache *cache, const struct cache_query *query)
{
	uint32_t place = *bucket_of(cache, query->hash);

	while (place && !is_match(cache, &cache->entry[place], query))
		place = cache->entry[place].next;
	return place ? &cache->entry[place] : NULL;
}

static struct cache_entry *take_place(struct cache *cache)
{
	struct cache_entry *entry = &cache->entry[cache->free];

	if (!cache->free)
		return &cache->entry[++cache->n_made];
	cache->free = entry->next;
	return entry;
}

static void store_words(struct cache *cache, struct cache_entry *entry,
			const struct cache_query *query)
{
	const unsigned n = query->mask->n_words;
	const unsigned n_here = n < CACHE_ENTRY_WORDS ? n : CACHE_ENTRY_WORDS;

	memcpy(entry->word, query->word, n_here * sizeof(uint64_t));
	memcpy(cache->rest[entry - cache->entry].word, query->word + n_here,
	       (n - n_here) * sizeof(uint64_t));
}

/* Where many have to go, memory is awaited once: by the next victim's chain, and the bucket of the one after it. */
static void victims_prefetch(const struct cache *cache, uint16_t port)
{
	const struct cache_entry *entry = &cache->entry[cache->port[port].first];

	prefetch_entry(cache, *bucket_of(cache, entry->hash));
	for (unsigned i = 0; i < EVICT_SAMPLES; i++)
		entry = &cache->entry[entry->port_next];
	__builtin_prefetch(bucket_of(cache, entry->hash));
}

/* Makes room for an entry of `port` (PORT_ID_NONE: nobody's). */
static void evict(struct cache *cache, uint16_t port, uint32_t now)
{
	const uint16_t from = victim_port(cache, port);

	cache_remove(cache, victim_entry(cache, from, now));
	victims_prefetch(cache, from);
	counter_add(&cache->counters.n_evicted, 1);
}

/* A new entry with the query's key, in its bucket and its port's ring. */
static struct cache_entry *add(struct cache *cache, const struct cache_query *query, uint32_t now)
{
	const uint16_t port = query->key->packet.in_port;
	struct cache_entry *entry;
	uint32_t *bucket;

	assert(port < PORT_ID_MAX);
	if (cache->counters.n_entries >= cache->max_entries)
		evict(cache, port, now);
	entry = take_place(cache);
	entry->hash = query->hash;
	entry->type = type_of(query->mask);
	entry->in_port = port;
	store_words(cache, entry, query);
	ring_add(cache, entry);
	counter_add(&cache->counters.n_entries, 1);
	if (cache->counters.n_entries > cache->n_buckets)
		bucket_split(cache);
	bucket = bucket_of(cache, query->hash);
	entry->next = *bucket;
	*bucket = (uint32_t)(entry - cache->entry);
	return entry;
}

struct cache_entry *cache_insert(struct cache *cache, const struct cache_query *query,
				 struct version_stamp stamp, struct flow_actions *actions,
				 uint32_t now)
{
	struct cache_entry *entry = find(cache, query);

	assert(actions);
	if (entry)
		cache->config.release(cache->config.ctx, entry);
	else
		entry = add(cache, query, now);
	entry->stamp = stamp;
	entry->actions = actions;
	entry->last_used = now;
	entry->n_packets = 0;
	entry->n_bytes = 0;
	return entry;
}

uint32_t cache_sweep(struct cache *cache, uint32_t now, uint32_t budget)
{
	uint32_t n_removed = 0;

	for (uint32_t i = 0; i < budget && cache->counters.n_entries > cache->max_entries; i++)
		evict(cache, PORT_ID_NONE, now);
	if (budget > cache->n_made)
		budget = cache->n_made;
	while (budget--) {
		struct cache_entry *entry;

		cache->swept = cache->swept % cache->n_made + 1;
		entry = &cache->entry[cache->swept];
		if (!entry->actions || (now - entry->last_used <= cache->max_idle &&
					version_is_fresh(cache->config.versions, entry->stamp)))
			continue;
		cache_remove(cache, entry);
		n_removed++;
	}
	counter_add(&cache->counters.n_expired, n_removed);
	return n_removed;
}

uint32_t cache_n_places(const struct cache *cache)
{
	return cache->n_made;
}

bool cache_visit(struct cache *cache, uint32_t *cursor, uint32_t budget,
		 void (*visit)(void *ctx, const struct cache_entry *entry), void *ctx)
{
	for (; budget && *cursor < cache->n_made; budget--) {
		const struct cache_entry *entry = &cache->entry[++*cursor];

		if (entry->actions)
			visit(ctx, entry);
	}
	return *cursor < cache->n_made;
}

unsigned cache_entry_words(const struct cache *cache, const struct cache_entry *entry,
			   uint64_t words[FLOW_KEY_PACKET_WORDS])
{
	const unsigned n = n_words_of(entry);

	for (unsigned i = 0; i < n; i++)
		words[i] = i < CACHE_ENTRY_WORDS
				   ? entry->word[i]
				   : cache->rest[entry - cache->entry].word[i - CACHE_ENTRY_WORDS];
	return n;
}

void cache_counters_read(const struct cache *cache, struct cache_counters *out)
{
	const struct cache_counters *counters = &cache->counters;

	out->n_hit = counter_get(&counters->n_hit);
	out->n_miss = counter_get(&counters->n_miss);
	out->n_stale = counter_get(&counters->n_stale);
	out->n_evicted = counter_get(&counters->n_evicted);
	out->n_expired = counter_get(&counters->n_expired);
	out->n_entries = counter_get(&counters->n_entries);
}
