/* What the model (tests/model/model_cache.c) does not look at: borders, memory, numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "flow/action.h"
#include "flow/cache.h"
#include "packet/header.h"

static struct versions versions;
static struct mask_table *masks;
static const struct flow_mask *mask;
static struct flow_actions *const actions = (struct flow_actions *)&versions; /* any address */
static unsigned n_released;

static void release(void *ctx, struct cache_entry *entry)
{
	assert_ptr_equal(entry->actions, actions);
	n_released++;
}

static struct cache *cache_of(uint32_t max_entries)
{
	const struct cache_config config = {
		.max_entries = max_entries,
		.max_idle = 10 * CACHE_TICKS_PER_SEC,
		.versions = &versions,
		.release = release,
	};
	struct cache *cache = NULL;

	assert_int_equal(cache_new(&cache, &config), 0);
	return cache;
}

static struct flow_key key_of(uint16_t port, uint64_t mac)
{
	struct flow_key key = {0};

	key.packet.in_port = port;
	key.packet.eth_src = eth_addr_from_u64(mac);
	return key;
}

static bool look_up(struct cache *cache, uint16_t port, uint64_t mac)
{
	const struct flow_key key = key_of(port, mac);
	struct cache_query query = {.key = &key, .mask = mask};

	cache_lookup(cache, &query, 1);
	return query.entry;
}

static struct cache_entry *insert(struct cache *cache, uint16_t port, uint64_t mac, uint32_t now)
{
	const struct flow_key key = key_of(port, mac);
	struct cache_query query = {.key = &key, .mask = mask};
	struct version_deps deps;

	version_deps_begin(&deps, &versions);
	cache_lookup(cache, &query, 1);
	return cache_insert(cache, &query, version_deps_stamp(&deps), actions, now);
}

static void wrong_sizes_are_refused(void **state)
{
	struct cache_config config = {
		.max_entries = CACHE_MAX_ENTRIES + 1, .versions = &versions, .release = release};
	struct cache *cache = NULL;

	assert_int_equal(cache_new(&cache, &config), -EINVAL);
	config.max_entries = 0;
	assert_int_equal(cache_new(&cache, &config), -EINVAL);
	assert_null(cache);
}

static long resident_kib(void)
{
	long size = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld %ld", &size, &resident), 2);
	fclose(file);
	return resident * sysconf(_SC_PAGESIZE) / 1024;
}

static void memory_follows_use(void **state)
{
	const long before = resident_kib();
	struct cache *cache = cache_of(1 << 20);

	for (unsigned i = 0; i < 1000; i++)
		insert(cache, 1, i, 0);
	assert_true(resident_kib() - before < 1024);
	cache_free(&cache);
	assert_int_equal(n_released, 1000);
}

static void one_entry_is_enough(void **state)
{
	struct cache *cache = cache_of(1);

	insert(cache, 1, 1, 0);
	insert(cache, 2, 1, 0);
	assert_false(look_up(cache, 1, 1));
	assert_true(look_up(cache, 2, 1));
	cache_free(&cache);
}

/* A thousand one-packet flows on one port leave the others' entries, and its own busy one. */
static void flood_pushes_out_itself(void **state)
{
	struct cache *cache = cache_of(64);
	struct cache_counters counters;
	struct cache_entry *busy;

	for (uint16_t port = 2; port < 10; port++)
		insert(cache, port, port, 0);
	busy = insert(cache, 1, 1, 0);
	for (uint32_t i = 0; i < 1000; i++) {
		insert(cache, 1, 100 + i, 10 + i);
		cache_hit(busy, 1, 64, 10 + i);
	}
	for (uint16_t port = 2; port < 10; port++)
		assert_true(look_up(cache, port, port));
	assert_true(look_up(cache, 1, 1));
	cache_counters_read(cache, &counters);
	assert_int_equal(counters.n_entries, 64);
	assert_int_equal(counters.n_evicted, 1000 + 9 - 64);
	cache_free(&cache);
}

static void stale_entry_is_replaced_in_place(void **state)
{
	struct cache *cache = cache_of(64);
	struct cache_entry *entry = insert(cache, 1, 1, 0);
	struct cache_counters counters;

	cache_hit(entry, 5, 500, 1);
	version_bump(&versions, VERSION_CONFIG);
	assert_false(look_up(cache, 1, 1));
	assert_ptr_equal(insert(cache, 1, 1, 2), entry);
	assert_int_equal(entry->n_packets, 0);
	assert_true(look_up(cache, 1, 1));
	assert_int_equal(n_released, 1);
	cache_counters_read(cache, &counters);
	assert_int_equal(counters.n_stale, 2);
	assert_int_equal(counters.n_entries, 1);
	cache_free(&cache);
}

/* A port that has more than the others gives first. */
static void limits_change_as_it_goes(void **state)
{
	struct cache *cache = cache_of(64);
	struct cache_counters counters;
	unsigned n_left = 0;

	for (unsigned i = 1; i <= 30; i++)
		insert(cache, 1, i, 1);
	for (unsigned i = 1; i <= 4; i++)
		insert(cache, 2, i, 1);
	cache_set_limits(cache, 10, 2 * CACHE_TICKS_PER_SEC);
	cache_sweep(cache, 2, 64);
	cache_counters_read(cache, &counters);
	assert_int_equal(counters.n_entries, 10);
	assert_int_equal(counters.n_evicted, 24);
	for (unsigned i = 1; i <= 4; i++)
		n_left += look_up(cache, 2, i);
	assert_int_equal(n_left, 4);
	insert(cache, 2, 5, 3);
	cache_counters_read(cache, &counters);
	assert_int_equal(counters.n_entries, 10);
	cache_sweep(cache, 4 + 2 * CACHE_TICKS_PER_SEC, 64);
	cache_counters_read(cache, &counters);
	assert_int_equal(counters.n_entries, 0);
	cache_set_limits(cache, 64, CACHE_TICKS_PER_SEC);
	for (unsigned i = 1; i <= 64; i++)
		insert(cache, 1, i, 1);
	cache_counters_read(cache, &counters);
	assert_int_equal(counters.n_entries, 64);
	cache_free(&cache);
}

static void hit_tells_of_a_new_second(void **state)
{
	struct cache *cache = cache_of(64);
	struct cache_entry *entry = insert(cache, 1, 1, 1000);

	assert_false(cache_hit(entry, 1, 60, 1023));
	assert_true(cache_hit(entry, 1, 60, 1024));
	assert_false(cache_hit(entry, 1, 60, 1024));
	assert_int_equal(entry->n_packets, 3);
	assert_int_equal(entry->n_bytes, 180);
	cache_free(&cache);
}

/* Three things looked up fit into two counters and a sum only by falling back to "any". */
static void too_many_dependencies_rest_on_all(void **state)
{
	struct version_deps deps;
	struct version_stamp two, three;

	version_deps_begin(&deps, &versions);
	version_deps_add(&deps, 10);
	version_deps_add(&deps, 10);
	version_deps_add(&deps, 11);
	two = version_deps_stamp(&deps);
	version_deps_add(&deps, 12);
	three = version_deps_stamp(&deps);
	assert_true(version_is_fresh(&versions, two) && version_is_fresh(&versions, three));
	version_bump(&versions, 13);
	assert_true(version_is_fresh(&versions, two));
	assert_false(version_is_fresh(&versions, three));
	version_bump(&versions, 11);
	assert_false(version_is_fresh(&versions, two));
}

static int up(void **state)
{
	struct flow_key bits = {0};

	n_released = 0;
	bits.packet.in_port = 0xffff;
	memset(&bits.packet.eth_src, 0xff, sizeof(bits.packet.eth_src));
	return mask_table_new(&masks) ?: mask_get(masks, &bits, &mask);
}

static int down(void **state)
{
	mask_table_free(&masks);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wrong_sizes_are_refused),
		TEST(memory_follows_use),
		TEST(one_entry_is_enough),
		TEST(flood_pushes_out_itself),
		TEST(stale_entry_is_replaced_in_place),
		TEST(limits_change_as_it_goes),
		TEST(hit_tells_of_a_new_second),
		TEST(too_many_dependencies_rest_on_all),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
