#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "port/flow_maps.h"

#define N_FLOWS 4096

static struct flow_maps maps;
static uint32_t slots[N_FLOWS + 1]; /* by place */
static unsigned n_moved;

static void (*on_wait)(void);

/* Instead of flow_maps_wait(): when growing gives programs the time to end. */
void __wrap_flow_maps_wait(void);
void __wrap_flow_maps_wait(void)
{
	if (on_wait)
		on_wait();
}

/* Memory that outlives who writes it, as that of maps does. */
static void *shared_memory(size_t n)
{
	void *memory = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(memory != MAP_FAILED);
	return memory;
}

static int setup(void **state)
{
	memset(&maps, 0, sizeof(maps));
	n_moved = 0;
	on_wait = NULL;
	flow_maps_size(&maps, N_FLOWS);
	maps.masks = shared_memory(FLOW_MASK_IDS * sizeof(*maps.masks));
	maps.flows = shared_memory(maps.n_places * sizeof(*maps.flows));
	maps.tails = shared_memory(maps.n_places * sizeof(*maps.tails));
	maps.index = shared_memory(maps.n_buckets * sizeof(*maps.index));
	maps.index_size = shared_memory(sizeof(*maps.index_size));
	maps.masks[1] = (struct kernel_mask){.seed = 7, .n_words = PACKET_KEY_IPV4_WORDS};
	for (unsigned i = 0; i < PACKET_KEY_WORDS; i++)
		maps.masks[1].word[i].factor = (i + 1) * 0x9e3779b97f4a7c15;
	flow_index_begin(&maps);
	return 0;
}

static int teardown(void **state)
{
	munmap(maps.masks, FLOW_MASK_IDS * sizeof(*maps.masks));
	munmap(maps.flows, KERNEL_PLACES(N_FLOWS) * sizeof(*maps.flows));
	munmap(maps.tails, KERNEL_PLACES(N_FLOWS) * sizeof(*maps.tails));
	munmap(maps.index, INDEX_BUCKETS(N_FLOWS) * sizeof(*maps.index));
	munmap(maps.index_size, sizeof(*maps.index_size));
	return 0;
}

static struct kernel_key key_of(uint32_t place)
{
	return (struct kernel_key){.mask = 1, .word = {place, 3 * place, 5}};
}

static void moved(void *ctx, uint32_t place, uint32_t slot)
{
	slots[place] = slot;
	n_moved++;
}

/* Returns what flow_index_put() says. */
static int put(uint32_t place)
{
	const struct slot_listener listener = {moved, NULL};
	const struct kernel_key key = key_of(place);

	flow_maps_key_write(&maps, place, &key);
	return flow_index_put(&maps, &key, place, &listener);
}

/* The last place, after which the index has another size. */
static uint32_t fill_until_it_grows(void)
{
	const uint32_t size = maps.index_size->n_buckets;
	uint32_t place = 0;

	while (maps.index_size->n_buckets == size) {
		n_moved = 0;
		assert_int_equal(put(++place), 0);
	}
	return place;
}

static uint32_t n_in_second_buckets(uint32_t last)
{
	uint32_t n = 0;

	for (uint32_t place = 1; place <= last; place++) {
		const struct kernel_key key = key_of(place);
		const struct index_spot spot = index_spot_for(
			&maps.masks[1], &key, maps.masks[1].n_words, *maps.index_size);

		n += slots[place] / INDEX_BUCKET_SLOTS != spot.bucket[0];
	}
	return n;
}

static void expect_found(uint32_t first, uint32_t last)
{
	for (uint32_t place = first; place <= last; place++) {
		const struct kernel_key key = key_of(place);

		assert_int_equal(flow_index_find(&maps, &key), slots[place]);
		assert_int_equal(flow_index_place(&maps, slots[place]), place);
	}
}

static uint32_t n_slots_used(void)
{
	uint32_t n = 0;

	for (uint32_t slot = 0; slot < maps.index_size->n_buckets * INDEX_BUCKET_SLOTS; slot++)
		n += flow_index_place(&maps, slot) != 0;
	return n;
}

static void test_grows_when_it_is_dense(void **state)
{
	for (uint32_t place = 1; place <= N_FLOWS; place++) {
		const uint32_t size = maps.index_size->n_buckets;

		n_moved = 0;
		assert_int_equal(put(place), 0);
		if (maps.index_size->n_buckets == size)
			continue;
		assert_int_equal(maps.index_size->n_buckets, 2 * size);
		assert_true(place > size * INDEX_BUCKET_SLOTS * 2 / 3);
		assert_true(n_moved > place / 4);
		expect_found(1, place);
		assert_int_equal(n_slots_used(), place); /* no copy stays */
	}
	assert_true(maps.index_size->n_buckets * INDEX_BUCKET_SLOTS <= 2 * N_FLOWS);
	expect_found(1, N_FLOWS);
}

/* A packet whose entry is in its second bucket has waited for the first, too. */
static void test_few_are_in_their_second_bucket(void **state)
{
	for (uint32_t place = 1; place <= N_FLOWS; place++) {
		const uint32_t size = maps.index_size->n_buckets;

		assert_int_equal(put(place), 0);
		assert_true(n_in_second_buckets(place) <= 10 + place / 4);
		if (maps.index_size->n_buckets > size) /* and found room in their first */
			assert_true(n_in_second_buckets(place) <= 10 + place / 40);
	}
}

/* A reader takes the first bucket first: what it has seen neither there nor in the second may not be in the index. */
static void entry_moved(void *ctx, uint32_t place, uint32_t slot)
{
	const uint32_t last = *(const uint32_t *)ctx, from = slots[place];

	slots[place] = slot;
	if (place == last)
		return;
	assert_int_equal(flow_index_place(&maps, slot), place);
	assert_int_equal(flow_index_place(&maps, from), place); /* still */
}

static void test_an_entry_that_moves_is_always_found(void **state)
{
	uint32_t place = 0;
	const struct slot_listener listener = {entry_moved, &place};
	struct kernel_key key;

	maps.n_buckets = INDEX_BUCKETS_BEGIN; /* nowhere else to go */
	do {
		key = key_of(++place);
		flow_maps_key_write(&maps, place, &key);
	} while (flow_index_put(&maps, &key, place, &listener) == 0);
	assert_true(n_in_second_buckets(place - 1) > place / 10);
	expect_found(1, place - 1);
}

static void test_is_full_at_its_size(void **state)
{
	uint32_t place = 1;

	maps.n_buckets = INDEX_BUCKETS_BEGIN;
	while (put(place) == 0)
		place++;
	assert_int_equal(put(place), -ENOSPC);
	assert_true(place > maps.n_buckets * INDEX_BUCKET_SLOTS * 3 / 4);
	expect_found(1, place - 1);
	flow_index_clear(&maps, slots[1]);
	assert_int_equal(n_slots_used(), place - 2);
}

static void shrink(void)
{
	const struct slot_listener listener = {moved, NULL};

	flow_index_shrink(&maps, &listener);
}

static void test_shrinks_while_there_is_room(void **state)
{
	enum { LEFT = 1000 };
	uint32_t size;

	for (uint32_t place = 1; place <= N_FLOWS; place++)
		assert_int_equal(put(place), 0);
	size = maps.index_size->n_buckets;
	shrink(); /* too many */
	assert_int_equal(maps.index_size->n_buckets, size);
	expect_found(1, N_FLOWS);
	assert_int_equal(n_slots_used(), N_FLOWS);
	for (uint32_t place = LEFT + 1; place <= N_FLOWS; place++)
		flow_index_clear(&maps, slots[place]);
	shrink();
	assert_int_equal(maps.index_size->n_buckets, size / 2);
	expect_found(1, LEFT);
	assert_int_equal(n_slots_used(), LEFT);
	for (uint32_t place = 1; place <= LEFT; place++)
		flow_index_clear(&maps, slots[place]);
	for (unsigned i = 0; i < 32; i++)
		shrink();
	assert_int_equal(maps.index_size->n_buckets, INDEX_BUCKETS_BEGIN);
	for (uint32_t place = 1; place <= N_FLOWS; place++)
		assert_int_equal(put(place), 0);
	expect_found(1, N_FLOWS);
}

static uint32_t last; /* place that is in the index for certain */
static unsigned n_waits;

/* Programs that have begun before are under way: what they know must be true still, and also what is said now. */
static void expect_both_ways(void)
{
	const uint32_t size = maps.index_size->n_buckets;

	n_waits++;
	for (uint32_t place = 1; place <= last; place++) {
		const struct kernel_key key = key_of(place);

		assert_int_equal(flow_index_place(&maps, slots[place]), place);
		assert_int_not_equal(flow_index_find(&maps, &key), FLOW_SLOT_NONE);
		maps.index_size->n_buckets = size / 2;
		assert_true(n_waits % 2 == 0 || flow_index_find(&maps, &key) != FLOW_SLOT_NONE);
		maps.index_size->n_buckets = size;
	}
}

static void test_nothing_is_missed_while_it_grows(void **state)
{
	on_wait = expect_both_ways;
	n_waits = last = 0;
	for (uint32_t place = 1; place <= N_FLOWS; place++, last++)
		assert_int_equal(put(place), 0);
	assert_int_equal(n_waits, 2 * 2); /* doubled twice, and some returned both times */
	on_wait = NULL;
}

/* What another daemon does with an index that is found in whatever state. */
static void adopt(uint32_t last_known)
{
	uint32_t n = 0;

	flow_index_begin(&maps);
	for (uint32_t slot = 0; slot < maps.index_size->n_buckets * INDEX_BUCKET_SLOTS; slot++) {
		const uint32_t place = flow_index_place(&maps, slot);
		const struct kernel_key key = key_of(place);

		if (!place)
			continue;
		if (flow_index_find(&maps, &key) != slot) {
			flow_index_clear(&maps, slot);
			continue;
		}
		slots[place] = slot;
		n += place <= last_known;
	}
	assert_int_equal(n, last_known);
	expect_found(1, last_known);
}

static unsigned n_until_killed;

static void be_killed(void)
{
	if (!--n_until_killed)
		kill(getpid(), SIGKILL);
}

/* In a process of its own. Returns the place that it was about to put when it was killed. */
static uint32_t put_until_killed(unsigned n_waits_until)
{
	uint32_t *place = shared_memory(sizeof(*place)), last_place;
	const pid_t pid = fork();
	int status;

	if (!pid) {
		on_wait = be_killed;
		n_until_killed = n_waits_until;
		while (++*place < N_FLOWS)
			put(*place);
		_exit(1);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	last_place = *place;
	munmap(place, sizeof(*place));
	return last_place;
}

static void test_a_kill_while_it_grows_loses_nothing(void **state)
{
	for (unsigned n = 1; n <= 2; n++) {
		uint32_t place;

		teardown(state);
		setup(state);
		place = put_until_killed(n);
		adopt(place - 1);
		assert_int_equal(n_slots_used(), place - 1);
		for (; place <= N_FLOWS; place++)
			assert_int_equal(put(place), 0);
		expect_found(1, N_FLOWS);
	}
}

/* Fills and empties it for ever. Up to *n_certain the index must know all. */
static void fill_and_empty(uint32_t *n_certain)
{
	const struct slot_listener listener = {moved, NULL};

	for (;;) {
		for (uint32_t place = *n_certain + 1; place <= N_FLOWS; place++) {
			put(place);
			__atomic_store_n(n_certain, place, __ATOMIC_RELEASE);
		}
		for (uint32_t place = N_FLOWS; place > N_FLOWS / 16; place--) {
			__atomic_store_n(n_certain, place - 1, __ATOMIC_RELEASE);
			flow_index_clear(&maps, slots[place]);
		}
		flow_index_shrink(&maps, &listener);
		flow_index_shrink(&maps, &listener);
	}
}

/* In a process of its own. Returns up to where the index must know all. */
static uint32_t fill_and_empty_until_killed(unsigned us)
{
	uint32_t *n_certain = shared_memory(sizeof(*n_certain)), n;
	const pid_t pid = fork();

	if (!pid)
		fill_and_empty(n_certain);
	assert_true(pid > 0);
	usleep(us);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	n = *n_certain;
	munmap(n_certain, sizeof(*n_certain));
	return n;
}

static void test_a_kill_at_any_moment_loses_nothing(void **state)
{
	for (unsigned n = 0; n < 50; n++) {
		teardown(state);
		setup(state);
		adopt(fill_and_empty_until_killed(200 + n * 337 % 5000));
		for (uint32_t place = 1; place <= N_FLOWS; place++) {
			const struct kernel_key key = key_of(place);

			if (flow_index_find(&maps, &key) == FLOW_SLOT_NONE)
				assert_int_equal(put(place), 0);
		}
		adopt(N_FLOWS);
		assert_int_equal(n_slots_used(), N_FLOWS);
	}
}

/* What a daemon that was killed in the middle has left of it. */
static void test_what_a_killed_one_left_is_overwritten(void **state)
{
	memset(&maps.index[maps.index_size->n_buckets], 0xff,
	       maps.index_size->n_buckets * sizeof(*maps.index));
	last = fill_until_it_grows();
	expect_found(1, last);
	assert_int_equal(n_slots_used(), last);
}

static void test_a_key_whose_mask_is_another_one_stays(void **state)
{
	maps.masks[2] = maps.masks[1];
	maps.masks[2].seed++;
	assert_int_equal(put(1), 0);
	maps.flows[1].mask = 2; /* as if its row had changed */
	assert_int_equal(n_slots_used(), 1);
	for (uint32_t place = 2; maps.index_size->n_buckets == INDEX_BUCKETS_BEGIN; place++)
		assert_int_equal(put(place), 0);
	assert_int_equal(flow_index_place(&maps, slots[1]), 1);
}

static void test_a_size_that_cannot_be_is_not_believed(void **state)
{
	maps.index_size->n_buckets = maps.n_buckets * 2;
	flow_index_begin(&maps);
	assert_int_equal(maps.index_size->n_buckets, INDEX_BUCKETS_BEGIN);
	maps.index_size->n_buckets = INDEX_BUCKETS_BEGIN + 1;
	flow_index_begin(&maps);
	assert_int_equal(maps.index_size->n_buckets, INDEX_BUCKETS_BEGIN);
	maps.index_size->n_buckets = maps.n_buckets;
	flow_index_begin(&maps);
	assert_int_equal(maps.index_size->n_buckets, maps.n_buckets);
}

/* Hosts of two networks that differ in the last bytes of their addresses. */
static void test_keys_of_neighbours_lie_apart(void **state)
{
	enum { SIDE = 256, BITS = 24 };
	uint8_t *seen = calloc(1u << BITS, 1);
	struct kernel_key key = {.mask = 1};
	uint32_t n_seen = 0;

	assert_non_null(seen);
	for (uint64_t i = 0; i < (uint64_t)SIDE * SIDE; i++) {
		struct index_spot spot;
		uint32_t all;

		key.word[6] = i % SIDE << 56;
		key.word[8] = i / SIDE << 56;
		spot = index_spot_for(&maps.masks[1], &key, PACKET_KEY_WORDS,
				      (struct index_size){.n_buckets = 1u << 20});
		all = (spot.bucket[0] ^ spot.tag << 13) % (1u << BITS);
		n_seen += !seen[all];
		seen[all] = 1;
	}
	free(seen);
	assert_true(n_seen > SIDE * SIDE * 99 / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_grows_when_it_is_dense, setup, teardown),
		cmocka_unit_test_setup_teardown(test_few_are_in_their_second_bucket, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_an_entry_that_moves_is_always_found, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_nothing_is_missed_while_it_grows, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_kill_while_it_grows_loses_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_is_full_at_its_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shrinks_while_there_is_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_kill_at_any_moment_loses_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_what_a_killed_one_left_is_overwritten, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_key_whose_mask_is_another_one_stays, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_keys_of_neighbours_lie_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_size_that_cannot_be_is_not_believed, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
