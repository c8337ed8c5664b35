/* What the model (tests/model/model_fdb.c) does not look at: readers beside the writer, floods. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>

#include "../bpf/abi.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/rcu.h"
#include "flow/fdb.h"

#define SECOND CLOCK_NS_PER_SEC

static struct versions versions;

static struct fdb *fdb_of(uint32_t max_entries, uint32_t aging_s)
{
	const struct fdb_config config = {max_entries, aging_s};
	struct fdb *fdb = NULL;

	assert_int_equal(fdb_new(&fdb, &config, &versions), 0);
	return fdb;
}

static struct eth_addr mac_of(uint64_t n)
{
	return eth_addr_from_u64(0x020000000000 + n);
}

static void no_entries_is_refused(void **state)
{
	const struct fdb_config config = {0, 300};
	struct fdb *fdb = NULL;

	assert_int_equal(fdb_new(&fdb, &config, &versions), -EINVAL);
	assert_null(fdb);
}

static void multicast_is_not_learned(void **state)
{
	const struct eth_addr mac = eth_addr_from_u64(0x01005e000001);
	struct fdb *fdb = fdb_of(8, 300);

	assert_int_equal(fdb_learn(fdb, 0, mac, 1, 0), FDB_REFUSED);
	assert_int_equal(fdb_add_static(fdb, 0, mac, 1, 0), -EINVAL);
	assert_int_equal(fdb_lookup(fdb, 0, mac, NULL), PORT_ID_NONE);
	fdb_free(&fdb);
}

static void vlans_are_apart(void **state)
{
	struct fdb *fdb = fdb_of(8, 300);

	assert_int_equal(fdb_learn(fdb, 1, mac_of(1), 1, 0), FDB_LEARNED);
	assert_int_equal(fdb_learn(fdb, 2, mac_of(1), 2, 0), FDB_LEARNED);
	assert_int_equal(fdb_lookup(fdb, 1, mac_of(1), NULL), 1);
	assert_int_equal(fdb_lookup(fdb, 2, mac_of(1), NULL), 2);
	assert_int_equal(fdb_lookup(fdb, 3, mac_of(1), NULL), PORT_ID_NONE);
	fdb_free(&fdb);
}

static void seen_addresses_stay(void **state)
{
	struct fdb *fdb = fdb_of(8, 300);

	fdb_learn(fdb, 0, mac_of(1), 1, 0);
	fdb_learn(fdb, 0, mac_of(2), 1, 0);
	assert_true(fdb_refresh(fdb, 0, mac_of(1), 1, 200 * SECOND, NULL));
	assert_int_equal(fdb_sweep(fdb, 300 * SECOND, 100), 0);
	assert_int_equal(fdb_sweep(fdb, 301 * SECOND, 100), 1);
	assert_int_equal(fdb_lookup(fdb, 0, mac_of(1), NULL), 1);
	assert_int_equal(fdb_lookup(fdb, 0, mac_of(2), NULL), PORT_ID_NONE);
	fdb_free(&fdb);
}

/* A port that makes up addresses fills what is free, and then loses its own. */
static void flood_pushes_out_itself(void **state)
{
	struct fdb *fdb = fdb_of(100, 300);
	struct fdb_counters counters;

	for (uint16_t port = 2; port < 12; port++)
		fdb_learn(fdb, 0, mac_of(port), port, 0);
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(fdb_learn(fdb, 0, mac_of(1000 + i), 1, SECOND), FDB_LEARNED);
	for (uint16_t port = 2; port < 12; port++)
		assert_int_equal(fdb_lookup(fdb, 0, mac_of(port), NULL), port);
	fdb_counters_read(fdb, &counters);
	assert_int_equal(counters.n_entries, 100);
	assert_int_equal(counters.n_evicted, 5010 - 100);
	fdb_free(&fdb);
}

static void bridges_do_not_share(void **state)
{
	struct fdb *a = fdb_of(8, 300), *b = fdb_of(8, 300);

	fdb_learn(a, 0, mac_of(1), 1, 0);
	assert_int_equal(fdb_lookup(b, 0, mac_of(1), NULL), PORT_ID_NONE);
	fdb_free(&a);
	fdb_free(&b);
}

/* ---- readers beside the writer ---- */

#define N_MACS 64

struct race {
	struct fdb *fdb;
	bool is_over;
	unsigned n_wrong;
};

/* Address n is only ever behind ports 1 + n % 7 and 101 + n % 7. */
static void *read_all(void *ctx)
{
	struct race *race = ctx;
	struct version_deps deps;

	rcu_reader_begin();
	while (!__atomic_load_n(&race->is_over, __ATOMIC_RELAXED)) {
		version_deps_begin(&deps, &versions);
		for (unsigned n = 0; n < N_MACS; n++) {
			uint16_t port = fdb_lookup(race->fdb, 0, mac_of(n), &deps);

			if (port != PORT_ID_NONE && port % 100 != 1 + n % 7)
				__atomic_fetch_add(&race->n_wrong, 1, __ATOMIC_RELAXED);
			fdb_refresh(race->fdb, 0, mac_of(n), port, n * SECOND, &deps);
		}
		rcu_rest();
	}
	rcu_reader_end();
	return NULL;
}

static void readers_see_whole_entries(void **state)
{
	struct race race = {.fdb = fdb_of(N_MACS / 2, 300)};
	pthread_t readers[2];

	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_all, &race), 0);
	for (unsigned i = 0; i < 20000; i++) {
		const unsigned n = i * 31 % N_MACS;
		const uint16_t port = (uint16_t)(1 + n % 7 + (i & 64 ? 100 : 0));

		fdb_learn(race.fdb, 0, mac_of(n), port, i * SECOND / 100);
		if (i % 100 == 0)
			fdb_sweep(race.fdb, i * SECOND / 100, 100);
	}
	__atomic_store_n(&race.is_over, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(readers[i], NULL);
	assert_int_equal(race.n_wrong, 0);
	fdb_free(&race.fdb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_entries_is_refused),
		cmocka_unit_test(multicast_is_not_learned),
		cmocka_unit_test(vlans_are_apart),
		cmocka_unit_test(seen_addresses_stay),
		cmocka_unit_test(flood_pushes_out_itself),
		cmocka_unit_test(bridges_do_not_share),
		cmocka_unit_test(readers_see_whole_entries),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
