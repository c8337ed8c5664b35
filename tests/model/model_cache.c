/* The flow cache against a plain array, under random operations with a moving clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "flow/action.h"
#include "flow/cache.h"
#include "packet/header.h"
#include "support/random.h"

#define MAX_ENTRIES 300
#define MAX_IDLE    5000
#define N_KEYS      700
#define N_PORTS     6
#define N_MASKS     4
#define N_STEPS     200000
#define N_COUNTERS  20 /* version counters that are used */

/* One row per key that the test may use. */
struct row {
	struct flow_key key;
	const struct flow_mask *mask;
	/* what the cache should hold */
	bool is_there;
	struct flow_actions *actions;
	struct version_stamp stamp;
	uint32_t last_used;
	uint64_t n_packets, n_bytes;
};

struct world {
	uint64_t random;
	uint32_t now;
	struct versions versions;
	struct mask_table *masks;
	const struct flow_mask *mask[N_MASKS];
	struct action_table *actions;
	struct cache *cache;
	struct row row[N_KEYS];
	struct row *expected; /* whose release is due; NULL: an eviction chooses */
	uint64_t n_released;
	unsigned n_port[N_PORTS];
	unsigned n_there;
	uint16_t inserting; /* port whose insert is under way, 0: none */
};

static struct row *row_of(struct world *w, const struct cache_entry *entry)
{
	uint64_t words[FLOW_KEY_PACKET_WORDS], own[FLOW_KEY_PACKET_WORDS];
	const unsigned n = cache_entry_words(w->cache, entry, words);

	for (unsigned i = 0; i < N_KEYS; i++) {
		struct row *row = &w->row[i];

		if (row->mask->id != cache_entry_mask(entry) || row->mask->n_words != n)
			continue;
		flow_mask_apply(row->mask, &row->key, own);
		if (!memcmp(words, own, n * sizeof(*words)))
			return row;
	}
	fail_msg("the cache has an entry that was never put in");
	return NULL;
}

/* An eviction may only hit the inserting port if it has its share, else one that has more. */
static void check_victim(struct world *w, const struct row *row)
{
	const unsigned own_n = w->n_port[w->inserting];
	unsigned n_ports = !own_n, share;

	assert_int_not_equal(w->inserting, 0);
	assert_int_equal(w->n_there, MAX_ENTRIES);
	for (unsigned i = 0; i < N_PORTS; i++)
		n_ports += !!w->n_port[i];
	share = MAX_ENTRIES / n_ports;
	if (own_n && own_n >= share)
		assert_int_equal(row->key.packet.in_port, w->inserting);
	else
		assert_true(w->n_port[row->key.packet.in_port] > share);
}

static void release(void *ctx, struct cache_entry *entry)
{
	struct world *w = ctx;
	struct row *row = row_of(w, entry);

	assert_true(row->is_there);
	assert_ptr_equal(row->actions, entry->actions);
	assert_int_equal(row->n_packets, entry->n_packets);
	assert_int_equal(row->n_bytes, entry->n_bytes);
	if (w->expected)
		assert_ptr_equal(row, w->expected);
	else if (w->inserting)
		check_victim(w, row);
	actions_put(w->actions, &row->actions);
	row->is_there = false;
	w->n_port[row->key.packet.in_port]--;
	w->n_there--;
	w->n_released++;
}

static void world_init(struct world *w)
{
	const struct cache_config config = {
		.max_entries = MAX_ENTRIES,
		.max_idle = MAX_IDLE,
		.versions = &w->versions,
		.release = release,
		.ctx = w,
	};
	struct flow_key bits = {0};

	memset(w, 0, sizeof(*w));
	random_init(&w->random);
	hash_seed = random_u64(&w->random);
	w->now = (uint32_t)-20000; /* it comes round during the test */
	assert_int_equal(mask_table_new(&w->masks), 0);
	assert_int_equal(action_table_new(&w->actions, NULL), 0);
	assert_int_equal(cache_new(&w->cache, &config), 0);
	bits.packet.in_port = 0xffff;
	memset(&bits.packet.eth_dst, 0xff, 2 * sizeof(struct eth_addr));
	assert_int_equal(mask_get(w->masks, &bits, &w->mask[0]), 0);
	memset(bits.word, 0xff, 8 * CACHE_ENTRY_WORDS);
	assert_int_equal(mask_get(w->masks, &bits, &w->mask[1]), 0);
	memset(bits.word, 0xff, 8 * (CACHE_ENTRY_WORDS + 1));
	assert_int_equal(mask_get(w->masks, &bits, &w->mask[2]), 0);
	memset(bits.word, 0xff, 8 * FLOW_KEY_PACKET_WORDS);
	assert_int_equal(mask_get(w->masks, &bits, &w->mask[3]), 0);
	for (unsigned i = 0; i < N_KEYS; i++) {
		struct row *row = &w->row[i];

		for (unsigned j = 0; j < FLOW_KEY_PACKET_WORDS; j++) /* differ in few bits */
			row->key.word[j] = 1ull << random_below(&w->random, 64);
		row->key.packet.eth_dst = eth_addr_from_u64(i / 2 * 0x0101);
		/* port 1 has half of the keys: more than its share */
		row->key.packet.in_port =
			random_below(&w->random, 2) ? 1 : 1 + random_below(&w->random, N_PORTS - 1);
		row->mask = w->mask[i % N_MASKS];
	}
}

static void query_init(struct cache_query *query, const struct row *row)
{
	memset(query, 0xa5, sizeof(*query));
	query->key = &row->key;
	query->mask = row->mask;
}

static void check_answer(struct world *w, const struct cache_query *query, const struct row *row)
{
	const bool is_fresh = row->is_there && version_is_fresh(&w->versions, row->stamp);

	assert_int_equal(!!query->entry, is_fresh);
	assert_int_equal(query->is_stale, row->is_there && !is_fresh);
	if (!query->entry)
		return;
	assert_ptr_equal(query->entry->actions, row->actions);
	assert_int_equal(query->entry->n_packets, row->n_packets);
	assert_int_equal(query->entry->last_used, row->last_used);
}

static void look_up_burst(struct world *w)
{
	struct cache_query query[CACHE_BURST];
	struct row *row[CACHE_BURST];
	const unsigned n = random_below(&w->random, CACHE_BURST + 1);

	for (unsigned i = 0; i < n; i++) {
		row[i] = &w->row[random_below(&w->random, N_KEYS)];
		query_init(&query[i], row[i]);
	}
	cache_lookup(w->cache, query, n);
	for (unsigned i = 0; i < n; i++) {
		const uint32_t size = random_below(&w->random, 1500);

		check_answer(w, &query[i], row[i]);
		if (!query[i].entry)
			continue;
		assert_int_equal(cache_hit(query[i].entry, 2, size, w->now),
				 row[i]->last_used >> 10 != w->now >> 10);
		row[i]->n_packets += 2;
		row[i]->n_bytes += size;
		row[i]->last_used = w->now;
	}
}

static void insert(struct world *w, struct row *row)
{
	const struct flow_op op = flow_op_output((uint16_t)random_below(&w->random, 4) + 1);
	struct flow_actions *actions = NULL;
	struct version_deps deps;
	struct cache_query query;

	query_init(&query, row);
	cache_lookup(w->cache, &query, 1);
	check_answer(w, &query, row);
	if (query.entry)
		return;
	version_deps_begin(&deps, &w->versions);
	for (unsigned i = random_below(&w->random, 4); i; i--)
		version_deps_add(&deps, VERSION_FIRST + random_below(&w->random, N_COUNTERS));
	assert_int_equal(actions_get(w->actions, &op, 1, NULL, &actions), 0);
	w->inserting = row->key.packet.in_port;
	w->expected = row->is_there ? row : NULL;
	query.entry = cache_insert(w->cache, &query, version_deps_stamp(&deps), actions, w->now);
	w->inserting = 0;
	w->expected = NULL;
	assert_int_equal(query.entry->in_port, row->key.packet.in_port);
	*row = (struct row){.key = row->key,
			    .mask = row->mask,
			    .is_there = true,
			    .actions = actions,
			    .stamp = version_deps_stamp(&deps),
			    .last_used = w->now};
	w->n_port[row->key.packet.in_port]++;
	w->n_there++;
}

static void remove_one(struct world *w, struct row *row)
{
	struct cache_query query;

	query_init(&query, row);
	cache_lookup(w->cache, &query, 1);
	if (!query.entry)
		return;
	w->expected = row;
	cache_remove(w->cache, query.entry);
	w->expected = NULL;
	assert_false(row->is_there);
}

/* A whole round leaves exactly what is fresh and was used lately. */
static void sweep(struct world *w)
{
	const uint32_t n_places = cache_n_places(w->cache), budget = 64;
	const unsigned n_before = w->n_there;
	uint32_t n_swept = 0;

	for (uint32_t i = 0; i < n_places; i += budget)
		n_swept += cache_sweep(w->cache, w->now, budget);
	assert_int_equal(n_before - n_swept, w->n_there);
	for (unsigned i = 0; i < N_KEYS; i++) {
		const struct row *row = &w->row[i];

		if (row->is_there)
			assert_true(w->now - row->last_used <= MAX_IDLE &&
				    version_is_fresh(&w->versions, row->stamp));
	}
}

static void count(void *ctx, const struct cache_entry *entry)
{
	struct world *w = ctx;

	assert_true(row_of(w, entry)->is_there);
	w->n_there--;
}

static void check_all(struct world *w)
{
	const unsigned n_there = w->n_there;
	struct cache_counters counters;
	uint32_t cursor = 0;

	while (cache_visit(w->cache, &cursor, 100, count, w))
		;
	assert_int_equal(w->n_there, 0);
	w->n_there = n_there;
	cache_counters_read(w->cache, &counters);
	assert_int_equal(counters.n_entries, n_there);
}

static void behaves_like_an_array(void **state)
{
	static struct world w;
	struct cache_counters counters;

	world_init(&w);
	for (unsigned i = 0; i < N_STEPS; i++) {
		const unsigned choice = random_below(&w.random, 1000);
		struct row *row = &w.row[random_below(&w.random, N_KEYS)];

		if (choice < 150)
			look_up_burst(&w);
		else if (choice < 900)
			insert(&w, row);
		else if (choice < 960)
			remove_one(&w, row);
		else if (choice < 985)
			version_bump(&w.versions,
				     VERSION_FIRST + random_below(&w.random, N_COUNTERS));
		else if (choice < 987)
			version_bump(&w.versions, VERSION_CONFIG);
		else if (choice < 989)
			sweep(&w);
		else if (choice < 990)
			check_all(&w);
		w.now += random_below(&w.random, 20);
	}
	cache_counters_read(w.cache, &counters);
	assert_true(counters.n_evicted > 100 && counters.n_stale > 100 && counters.n_expired > 100);
	cache_free(&w.cache);
	assert_int_equal(w.n_there, 0);
	assert_int_equal(action_table_n_lists(w.actions), 0);
	action_table_free(&w.actions);
	mask_table_free(&w.masks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(behaves_like_an_array)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
