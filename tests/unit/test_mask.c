#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/hash.h"
#include "flow/mask.h"

static struct mask_table *table;

static struct flow_key bits_of(unsigned n)
{
	struct flow_key bits = {0};

	bits.packet.in_port = 0xffff;
	bits.word[3] = n;
	return bits;
}

static void only_words_with_bits_are_listed(void **state)
{
	struct flow_key bits = {0}, key;
	const struct flow_mask *mask = NULL;
	uint64_t words[FLOW_KEY_PACKET_WORDS];

	bits.packet.in_port = 0xffff;
	memset(&bits.packet.eth_dst, 0xff, sizeof(bits.packet.eth_dst));
	bits.pkt_mark = 0xff;
	assert_int_equal(mask_get(table, &bits, &mask), 0);
	assert_int_equal(mask->n_words, 3);
	assert_int_equal(mask->word[0], 0);
	assert_int_equal(mask->word[1], 1);
	assert_int_equal(mask->word[2], FLOW_KEY_PACKET_WORDS - 1);
	memset(&key, 0xee, sizeof(key));
	flow_mask_apply(mask, &key, words);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(words[i], key.word[mask->word[i]] & bits.word[mask->word[i]]);
	mask_put(table, &mask);
	assert_null(mask);
}

static void equal_masks_are_one(void **state)
{
	const struct flow_key bits = bits_of(7), other = bits_of(8);
	const struct flow_mask *a = NULL, *b = NULL, *c = NULL;

	assert_int_equal(mask_get(table, &bits, &a), 0);
	assert_int_equal(mask_get(table, &bits, &b), 0);
	assert_int_equal(mask_get(table, &other, &c), 0);
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_int_not_equal(a->id, c->id);
	assert_int_equal(mask_table_n_used(table), 2);
	assert_ptr_equal(mask_lookup(table, c->id), c);
	mask_put(table, &b);
	assert_int_equal(mask_table_n_used(table), 2);
	mask_put(table, &a);
	mask_put(table, &c);
	assert_int_equal(mask_table_n_used(table), 0);
}

static void empty_mask_is_fine(void **state)
{
	const struct flow_key bits = {0};
	const struct flow_mask *mask = NULL;

	assert_int_equal(mask_get(table, &bits, &mask), 0);
	assert_int_equal(mask->n_words, 0);
	mask_put(table, &mask);
}

static void pipeline_words_are_refused(void **state)
{
	struct flow_key bits = bits_of(1);
	const struct flow_mask *mask = NULL;

	bits.reg[3] = 1;
	assert_int_equal(mask_get(table, &bits, &mask), -EINVAL);
	assert_null(mask);
}

/* A mask that comes back soon has its old id; ids are reused only when all are taken. */
static void ids_are_reused_late(void **state)
{
	static const struct flow_mask *mask[FLOW_MASK_IDS];
	struct flow_key bits = bits_of(1);
	const struct flow_mask *extra = NULL;
	uint16_t id;

	for (unsigned i = 0; i < FLOW_MASK_IDS; i++) {
		bits = bits_of(i + 1);
		assert_int_equal(mask_get(table, &bits, &mask[i]), 0);
	}
	bits = bits_of(FLOW_MASK_IDS + 1);
	assert_int_equal(mask_get(table, &bits, &extra), -ENOSPC);
	id = mask[5]->id;
	mask_put(table, &mask[5]);
	mask_put(table, &mask[9]);
	bits = bits_of(9 + 1);
	assert_int_equal(mask_get(table, &bits, &mask[9]), 0);
	bits = bits_of(FLOW_MASK_IDS + 1);
	assert_int_equal(mask_get(table, &bits, &extra), 0);
	assert_int_equal(extra->id, id);
	assert_int_equal(extra->bits[1], FLOW_MASK_IDS + 1);
	bits = bits_of(5 + 1); /* it lost its place */
	assert_int_equal(mask_get(table, &bits, &mask[5]), -ENOSPC);
	mask_put(table, &extra);
	for (unsigned i = 0; i < FLOW_MASK_IDS; i++)
		mask_put(table, &mask[i]);
	assert_int_equal(mask_table_n_used(table), 0);
}

static int table_up(void **state)
{
	hash_init();
	return mask_table_new(&table);
}

static int table_down(void **state)
{
	mask_table_free(&table);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, table_up, table_down)

static void what_was_kept_under_an_id_is_found_again(void **state)
{
	const struct flow_mask *kept = NULL, *again = NULL, *other = NULL;
	struct flow_key bits = bits_of(7);

	assert_int_equal(mask_adopt(table, 5, &bits, &kept), 0);
	assert_int_equal(kept->id, 5);
	assert_int_equal(mask_get(table, &bits, &again), 0);
	assert_ptr_equal(again, kept);

	/* Neither the id nor the bits are there twice; ids that were passed over are of use. */
	bits = bits_of(8);
	assert_int_equal(mask_adopt(table, 5, &bits, &other), -EEXIST);
	assert_int_equal(mask_adopt(table, 2, &bits, &other), 0);
	assert_int_equal(other->id, 2);
	bits = bits_of(7);
	assert_int_equal(mask_adopt(table, 6, &bits, &other), -EEXIST);
	assert_int_equal(mask_adopt(table, FLOW_MASK_IDS, &bits, &other), -EINVAL);
	assert_int_equal(mask_table_n_used(table), 2);
}

static void ids_that_were_passed_over_are_used_last(void **state)
{
	const struct flow_mask *mask = NULL;
	struct flow_key bits = bits_of(1);
	bool seen[FLOW_MASK_IDS] = {false};

	assert_int_equal(mask_adopt(table, 5, &bits, &mask), 0);
	for (unsigned n = 2; n <= FLOW_MASK_IDS; n++) {
		bits = bits_of(n);
		assert_int_equal(mask_get(table, &bits, &mask), 0);
		assert_false(seen[mask->id]);
		seen[mask->id] = true;
	}
	assert_false(seen[5]);
	bits = bits_of(FLOW_MASK_IDS + 1);
	assert_int_equal(mask_get(table, &bits, &mask), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_words_with_bits_are_listed),
		TEST(equal_masks_are_one),
		TEST(empty_mask_is_fine),
		TEST(pipeline_words_are_refused),
		TEST(ids_are_reused_late),
		TEST(what_was_kept_under_an_id_is_found_again),
		TEST(ids_that_were_passed_over_are_used_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
