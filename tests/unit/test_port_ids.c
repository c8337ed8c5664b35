#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "switch/port_ids.h"

static struct port_ids ids;

static int setup(void **state)
{
	memset(&ids, 0, sizeof(ids));
	return 0;
}

static void the_lowest_free_number_is_taken(void **state)
{
	assert_int_equal(port_ids_take(&ids, 0), 1);
	assert_int_equal(port_ids_take(&ids, 0), 2);
}

static void a_number_rests_before_it_is_taken_again(void **state)
{
	port_ids_take(&ids, 0);
	port_ids_give(&ids, 1, 1000);

	assert_int_equal(port_ids_take(&ids, 1000 + PORT_ID_REST_NS - 1), 2);
	assert_int_equal(port_ids_take(&ids, 1000 + PORT_ID_REST_NS), 1);
}

static void there_are_no_more_than_the_kernel_side_has_room_for(void **state)
{
	for (int i = 1; i < PORT_ID_MAX; i++)
		assert_int_equal(port_ids_take(&ids, 0), i);

	assert_int_equal(port_ids_take(&ids, 0), -ENOSPC);
}

static void a_reserved_number_is_only_for_who_asks_for_it(void **state)
{
	port_ids_reserve(&ids, 1);
	port_ids_reserve(&ids, 2);

	assert_int_equal(port_ids_take(&ids, 0), 3);
	assert_true(port_ids_claim(&ids, 1));
	assert_false(port_ids_claim(&ids, 1));
	assert_false(port_ids_claim(&ids, 3));
	assert_false(port_ids_claim(&ids, 4));
	port_ids_unreserve(&ids, 1000);
	assert_false(port_ids_claim(&ids, 2));
	assert_int_equal(port_ids_take(&ids, 1000), 4);
	assert_int_equal(port_ids_take(&ids, 1000 + PORT_ID_REST_NS), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_lowest_free_number_is_taken, setup),
		cmocka_unit_test_setup(a_number_rests_before_it_is_taken_again, setup),
		cmocka_unit_test_setup(there_are_no_more_than_the_kernel_side_has_room_for, setup),
		cmocka_unit_test_setup(a_reserved_number_is_only_for_who_asks_for_it, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
