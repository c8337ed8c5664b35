#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "port/flow_maps.h"

#define N_FLOWS 4096

static struct flow_maps maps;
static uint32_t slots[N_FLOWS + 1]; /* by place */
static unsigned n_moved;

static int setup(void **state)
{
	memset(&maps, 0, sizeof(maps));
	n_moved = 0;
	flow_maps_size(&maps, N_FLOWS);
	maps.masks = calloc(FLOW_MASK_IDS, sizeof(*maps.masks));
	maps.flows = calloc(maps.n_places, sizeof(*maps.flows));
	maps.tails = calloc(maps.n_places, sizeof(*maps.tails));
	maps.index = calloc(maps.n_buckets, sizeof(*maps.index));
	maps.index_size = calloc(1, sizeof(*maps.index_size));
	assert_non_null(maps.masks);
	assert_non_null(maps.flows);
	assert_non_null(maps.tails);
	assert_non_null(maps.index);
	assert_non_null(maps.index_size);
	maps.masks[1] = (struct kernel_mask){.seed = 7, .n_words = PACKET_KEY_IPV4_WORDS};
	for (unsigned i = 0; i < PACKET_KEY_WORDS; i++)
		maps.masks[1].word[i].factor = (i + 1) * 0x9e3779b97f4a7c15;
	flow_index_begin(&maps);
	return 0;
}

static int teardown(void **state)
{
	free(maps.masks);
	free(maps.flows);
	free(maps.tails);
	free(maps.index);
	free(maps.index_size);
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
	const struct kernel_key key = key_of(place);

	flow_maps_key_write(&maps, place, &key);
	return flow_index_put(&maps, &key, place, &slots[place]);
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

static void test_grows_when_a_key_has_no_room(void **state)
{
	unsigned n_grown = 0;

	for (uint32_t place = 1; place <= N_FLOWS; place++) {
		if (put(place) == 0)
			continue;
		assert_true(place > maps.index_size->n_buckets * 2); /* half full, at least */
		assert_int_equal(flow_index_grow(&maps, moved, NULL), 0);
		n_grown++;
		assert_true(n_moved > 0);
		expect_found(1, place - 1);
		assert_int_equal(n_slots_used(), place - 1); /* no copy stays */
		assert_int_equal(put(place), 0);
	}
	assert_true(n_grown > 0);
	expect_found(1, N_FLOWS);
}

static void test_is_full_at_its_size(void **state)
{
	while (maps.index_size->n_buckets < maps.n_buckets)
		assert_int_equal(flow_index_grow(&maps, moved, NULL), 0);
	assert_int_equal(flow_index_grow(&maps, moved, NULL), -ENOSPC);
	assert_int_equal(n_moved, 0);
}

/* What a daemon that was killed in the middle has left of it. */
static void test_what_a_killed_one_left_is_overwritten(void **state)
{
	assert_int_equal(put(1), 0);
	memset(&maps.index[maps.index_size->n_buckets], 0xff,
	       maps.index_size->n_buckets * sizeof(*maps.index));
	assert_int_equal(flow_index_grow(&maps, moved, NULL), 0);
	expect_found(1, 1);
	assert_int_equal(n_slots_used(), 1);
}

static void test_a_key_whose_mask_is_another_one_stays(void **state)
{
	uint32_t slot;

	assert_int_equal(put(1), 0);
	slot = slots[1];
	maps.masks[1].seed++;
	assert_int_equal(flow_index_grow(&maps, moved, NULL), 0);
	assert_int_equal(n_slots_used(), 1);
	assert_int_equal(flow_index_place(&maps, slots[1]), 1);
	assert_true(slots[1] == slot || n_moved == 1);
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
		cmocka_unit_test_setup_teardown(test_grows_when_a_key_has_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_is_full_at_its_size, setup, teardown),
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
