#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "flow/action.h"
#include "flow/credit.h"
#include "switch/offload-ops.h"

static struct flow_op *ops; /* the map: it outlives who writes it */
static struct op_lists *lists;
static struct credit_book *book;
static const struct credit_list nobody = {.n = 0};

static int setup(void **state)
{
	ops = calloc(KERNEL_OPS, sizeof(*ops));
	return !ops || credit_book_new(&book, NULL) || op_lists_new(&lists, ops, book);
}

static int teardown(void **state)
{
	op_lists_free(&lists);
	credit_book_free(&book);
	free(ops);
	return 0;
}

/* `n` outputs, the first to port `first`. */
static struct op_list *get(uint16_t first, uint32_t n)
{
	struct flow_op list[KERNEL_FLOW_OPS];
	struct op_list *out = NULL;

	for (uint32_t i = 0; i < n; i++)
		list[i] = flow_op_output((uint16_t)(first + i));
	assert_int_equal(op_list_get(lists, list, n, &nobody, &out), 0);
	return out;
}

/* Another daemon comes. */
static void begin_anew(void)
{
	op_lists_free(&lists);
	assert_int_equal(op_lists_new(&lists, ops, book), 0);
}

static void equal_lists_are_one(void **state)
{
	struct op_list *a = get(1, 3), *b = get(1, 3), *c = get(2, 3);

	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_int_equal(ops[op_list_first(a)].port, 1);
	op_list_put(lists, &a);
	op_list_put(lists, &b);
	op_list_put(lists, &c);
}

static void assert_outputs(uint32_t first, uint16_t port, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(ops[first + i].port, port + i);
}

static void what_entries_refer_to_is_not_written_to(void **state)
{
	uint32_t kept[2];

	/* Given lists of an earlier daemon, of which entries refer to two, to one of them twice */
	kept[0] = op_list_first(get(100, 5));
	get(200, 64);
	get(300, 7);
	kept[1] = op_list_first(get(400, 300));
	get(500, 2);
	begin_anew();
	assert_int_equal(op_lists_reserve(lists, kept[1], 300), 0);
	assert_int_equal(op_lists_reserve(lists, kept[0], 5), 0);
	assert_int_equal(op_lists_reserve(lists, kept[1], 300), 0);
	op_lists_reserved(lists);

	/* when new ones are made, also of the same ops, and in what is free between */
	assert_int_not_equal(op_list_first(get(100, 5)), kept[0]);
	assert_true(op_list_first(get(1000, 64)) < kept[1]);
	assert_true(op_list_first(get(3000, 512)) > kept[1]);

	/* then both are as they were, until they are released. */
	assert_outputs(kept[0], 100, 5);
	assert_outputs(kept[1], 400, 300);
	op_lists_release(lists);
	op_lists_release(lists);
	assert_int_equal(op_list_first(get(4000, 300)), kept[1]);
}

static void all_of_the_map_can_be_used_whatever_was_taken_over(void **state)
{
	struct op_list *list;
	uint32_t n = 0;

	assert_int_equal(op_lists_reserve(lists, KERNEL_OPS - 2, 2), 0);
	op_lists_reserved(lists);
	for (; n < KERNEL_OPS; n++) {
		const struct flow_op pair[2] = {
			flow_op_output((uint16_t)n),
			flow_op_push_vlan((uint16_t)(n >> 16), 0),
		};

		if (op_list_get(lists, pair, 2, &nobody, &list))
			break;
	}
	/* But what is not used anyway, and the one that was taken over. */
	assert_int_equal(n, (KERNEL_OPS - KERNEL_OPS_LIST) / 2 - 1);
}

static void what_can_be_no_list_is_refused(void **state)
{
	assert_int_equal(op_lists_reserve(lists, 0, 2), -EINVAL);
	assert_int_equal(op_lists_reserve(lists, KERNEL_OPS_LIST - 1, 2), -EINVAL);
	assert_int_equal(op_lists_reserve(lists, KERNEL_OPS_DROP + N_DROP_REASONS, 1), -EINVAL);
	assert_int_equal(op_lists_reserve(lists, KERNEL_OPS_LIST, 0), -EINVAL);
	assert_int_equal(op_lists_reserve(lists, KERNEL_OPS_LIST, KERNEL_FLOW_OPS + 1), -EINVAL);
	assert_int_equal(op_lists_reserve(lists, KERNEL_OPS - 1, 2), -EINVAL);
	assert_int_equal(op_lists_reserve(lists, UINT32_MAX, 2), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(equal_lists_are_one),
		TEST(what_entries_refer_to_is_not_written_to),
		TEST(all_of_the_map_can_be_used_whatever_was_taken_over),
		TEST(what_can_be_no_list_is_refused),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
