/* The forwarding database against a plain array, under random operations with a moving clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "../bpf/abi.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/rcu.h"
#include "flow/fdb.h"
#include "support/random.h"

#define N_KEYS  400
#define N_PORTS 7 /* 1 to 6 */
#define N_STEPS 300000

struct row {
	uint16_t vlan;
	struct eth_addr mac;
	uint16_t port; /* PORT_ID_NONE: not there */
	bool is_static;
	uint32_t seen_s;
};

struct world {
	uint64_t random;
	uint64_t now;
	struct versions versions;
	struct fdb_config config;
	struct fdb *fdb;
	struct row row[N_KEYS];
	struct fdb_counters counters;
};

static uint32_t now_s(const struct world *w)
{
	return (uint32_t)(w->now / CLOCK_NS_PER_SEC);
}

static unsigned n_learned_on(const struct world *w, uint16_t port)
{
	unsigned n = 0;

	for (unsigned i = 0; i < N_KEYS; i++)
		n += w->row[i].port == port && !w->row[i].is_static;
	return n;
}

static uint16_t look_up(struct world *w, const struct row *row)
{
	return fdb_lookup(w->fdb, row->vlan, row->mac, NULL);
}

/* Takes out of the model what the table has evicted; returns how many of each port. */
static void take_evicted(struct world *w, unsigned n, unsigned n_gone[N_PORTS])
{
	memset(n_gone, 0, N_PORTS * sizeof(*n_gone));
	for (unsigned i = 0; i < N_KEYS; i++) {
		struct row *row = &w->row[i];

		if (row->port == PORT_ID_NONE || look_up(w, row) != PORT_ID_NONE)
			continue;
		assert_false(row->is_static);
		assert_true(n--);
		n_gone[row->port]++;
		row->port = PORT_ID_NONE;
		w->counters.n_evicted++;
		w->counters.n_entries--;
	}
	assert_int_equal(n, 0);
}

/* `n` were evicted to make room for an entry of `port` (or of none): of the right ports? */
static void check_evicted(struct world *w, uint16_t port, unsigned n)
{
	const unsigned room = w->config.max_entries - (unsigned)w->counters.n_static;
	const unsigned own_n = port ? n_learned_on(w, port) : 0;
	unsigned n_gone[N_PORTS], n_ports = 0;

	for (uint16_t p = 1; p < N_PORTS; p++)
		n_ports += n_learned_on(w, p) || p == port;
	take_evicted(w, n, n_gone);
	if (own_n && own_n >= room / n_ports) {
		assert_int_equal(n_gone[port], n);
		return;
	}
	for (uint16_t e = 1; e < N_PORTS; e++)
		for (uint16_t p = 1; n_gone[e] && p < N_PORTS; p++)
			assert_true(n_learned_on(w, e) + 1 >= n_learned_on(w, p));
}

/* What the counters of a cached flow say, before and after a change. */
static struct version_stamp note(struct world *w, const struct row *row)
{
	struct version_deps deps;

	version_deps_begin(&deps, &w->versions);
	fdb_lookup(w->fdb, row->vlan, row->mac, &deps);
	return version_deps_stamp(&deps);
}

static void check_stamp(struct world *w, struct version_stamp stamp, bool has_changed)
{
	assert_int_equal(version_is_fresh(&w->versions, stamp), !has_changed);
}

static bool is_full(const struct world *w)
{
	return w->counters.n_entries == w->config.max_entries;
}

static void learn(struct world *w, struct row *row)
{
	const uint16_t port = 1 + (uint16_t)random_below(&w->random, N_PORTS - 1);
	const struct version_stamp stamp = note(w, row);
	const bool was_full = is_full(w);
	const enum fdb_result result = fdb_learn(w->fdb, row->vlan, row->mac, port, w->now);

	if (row->port == PORT_ID_NONE) {
		if (was_full && w->counters.n_static == w->config.max_entries) {
			assert_int_equal(result, FDB_REFUSED);
			return;
		}
		assert_int_equal(result, FDB_LEARNED);
		if (was_full)
			check_evicted(w, port, 1);
		w->counters.n_learned++;
		w->counters.n_entries++;
	} else if (row->is_static) {
		assert_int_equal(result, FDB_KNOWN);
		check_stamp(w, stamp, false);
		return;
	} else {
		assert_int_equal(result, row->port == port ? FDB_KNOWN : FDB_MOVED);
		w->counters.n_moved += row->port != port;
	}
	check_stamp(w, stamp, row->port != port);
	row->port = port;
	row->is_static = false;
	row->seen_s = now_s(w);
}

static void refresh(struct world *w, struct row *row)
{
	const uint16_t port = (uint16_t)random_below(&w->random, N_PORTS);
	const struct version_stamp stamp = note(w, row);
	const bool is_right = row->port && (row->is_static || row->port == port);

	assert_int_equal(fdb_refresh(w->fdb, row->vlan, row->mac, port, w->now, NULL), is_right);
	if (is_right && !row->is_static)
		row->seen_s = now_s(w);
	check_stamp(w, stamp, false);
}

static void add_static(struct world *w, struct row *row)
{
	const uint16_t port = 1 + (uint16_t)random_below(&w->random, N_PORTS - 1);
	const struct version_stamp stamp = note(w, row);
	const bool was_full = is_full(w);
	const int rc = fdb_add_static(w->fdb, row->vlan, row->mac, port, w->now);

	if (row->port == PORT_ID_NONE && w->counters.n_static == w->config.max_entries) {
		assert_int_equal(rc, -ENOSPC);
		return;
	}
	assert_int_equal(rc, 0);
	if (row->port == PORT_ID_NONE) {
		if (was_full)
			check_evicted(w, PORT_ID_NONE, 1);
		w->counters.n_entries++;
	}
	check_stamp(w, stamp, row->port != port || !row->is_static);
	w->counters.n_static += row->port == PORT_ID_NONE || !row->is_static;
	row->port = port;
	row->is_static = true;
}

static void forget(struct world *w, struct row *row)
{
	w->counters.n_entries--;
	w->counters.n_static -= row->is_static;
	row->port = PORT_ID_NONE;
	row->is_static = false;
}

static void del(struct world *w, struct row *row)
{
	const struct version_stamp stamp = note(w, row);
	const int rc = fdb_del(w->fdb, row->vlan, row->mac);

	assert_int_equal(rc, row->port ? 0 : -ENOENT);
	check_stamp(w, stamp, !rc);
	if (!rc)
		forget(w, row);
}

static void flush(struct world *w)
{
	const uint16_t port = (uint16_t)random_below(&w->random, N_PORTS);
	const bool with_static = random_below(&w->random, 2);
	uint32_t n = 0;

	for (unsigned i = 0; i < N_KEYS; i++) {
		struct row *row = &w->row[i];

		if (!row->port || (port && row->port != port) || (row->is_static && !with_static))
			continue;
		forget(w, row);
		n++;
	}
	assert_int_equal(fdb_flush(w->fdb, port, with_static), n);
}

static void sweep(struct world *w)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < N_KEYS; i++) {
		struct row *row = &w->row[i];

		if (!row->port || row->is_static || !w->config.aging_s ||
		    now_s(w) - row->seen_s <= w->config.aging_s)
			continue;
		forget(w, row);
		n++;
	}
	w->counters.n_expired += n;
	assert_int_equal(fdb_sweep(w->fdb, w->now, UINT32_MAX), n);
}

static void set_config(struct world *w)
{
	const struct fdb_config config = {20 + random_below(&w->random, 200),
					  random_below(&w->random, 3) * 100};
	const uint64_t n = w->counters.n_entries;
	const int rc = fdb_set_config(w->fdb, &config);

	assert_int_equal(rc, config.max_entries < w->counters.n_static ? -EINVAL : 0);
	if (rc)
		return;
	if (n > config.max_entries)
		check_evicted(w, PORT_ID_NONE, (unsigned)n - config.max_entries);
	w->config = config;
}

static int count(void *ctx, const struct fdb_entry_info *info)
{
	struct world *w = ctx;

	for (unsigned i = 0; i < N_KEYS; i++) {
		const struct row *row = &w->row[i];

		if (row->vlan != info->vlan || !eth_addr_equal(row->mac, info->mac))
			continue;
		assert_int_equal(row->port, info->port);
		assert_int_equal(row->is_static, info->is_static);
		assert_int_equal(info->age_s, row->is_static ? 0 : now_s(w) - row->seen_s);
		w->counters.n_entries--;
		return 0;
	}
	return -1;
}

static void check_all(struct world *w)
{
	const uint64_t n = w->counters.n_entries;
	struct fdb_counters counters;

	fdb_counters_read(w->fdb, &counters);
	assert_memory_equal(&counters, &w->counters, sizeof(counters));
	assert_int_equal(fdb_visit(w->fdb, w->now, count, w), 0);
	assert_int_equal(w->counters.n_entries, 0);
	w->counters.n_entries = n;
}

static void world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	random_init(&w->random);
	hash_seed = random_u64(&w->random);
	w->now = 1000 * CLOCK_NS_PER_SEC;
	w->config = (struct fdb_config){100, 300};
	assert_int_equal(fdb_new(&w->fdb, &w->config, &w->versions), 0);
	for (unsigned i = 0; i < N_KEYS; i++) {
		w->row[i].vlan = (uint16_t)(i % 3);
		w->row[i].mac = eth_addr_from_u64(0x020000000000 + i / 3);
	}
}

static void behaves_like_an_array(void **state)
{
	static struct world w;

	world_init(&w);
	for (unsigned i = 0; i < N_STEPS; i++) {
		const unsigned choice = random_below(&w.random, 1000);
		struct row *row = &w.row[random_below(&w.random, N_KEYS)];

		if (choice < 200)
			assert_int_equal(look_up(&w, row), row->port);
		else if (choice < 700)
			learn(&w, row);
		else if (choice < 880)
			refresh(&w, row);
		else if (choice < 900)
			add_static(&w, row);
		else if (choice < 980)
			del(&w, row);
		else if (choice < 982)
			flush(&w);
		else if (choice < 985)
			sweep(&w);
		else if (choice < 987)
			set_config(&w);
		else if (choice < 990)
			check_all(&w);
		w.now += random_below(&w.random, CLOCK_NS_PER_SEC);
	}
	assert_true(w.counters.n_evicted > 100 && w.counters.n_moved > 100 &&
		    w.counters.n_expired > 100);
	fdb_free(&w.fdb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(behaves_like_an_array)};
	int rc;

	rcu_reader_begin();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rcu_reader_end();
	return rc;
}
