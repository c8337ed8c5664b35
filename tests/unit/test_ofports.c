#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "switch/ofports.h"

static int setup(void **state)
{
	return ofports_new((struct ofports **)state);
}

static int teardown(void **state)
{
	ofports_free((struct ofports **)state);
	return 0;
}

static void numbers_are_the_lowest_that_no_name_has(void **state)
{
	struct ofports *ofports = *state;

	assert_int_equal(ofports_take(ofports, "a", 0), 1);
	assert_int_equal(ofports_take(ofports, "b", 0), 2);
	ofports_give(ofports, "a");
	assert_int_equal(ofports_take(ofports, "c", 0), 3);
}

static void a_name_gets_its_number_back(void **state)
{
	struct ofports *ofports = *state;

	ofports_take(ofports, "a", 0);
	ofports_take(ofports, "b", 0);
	ofports_give(ofports, "a");
	ofports_give(ofports, "b");

	assert_int_equal(ofports_take(ofports, "b", 0), 2);
	assert_int_equal(ofports_take(ofports, "a", 0), 1);
}

static void a_request_is_honoured(void **state)
{
	struct ofports *ofports = *state;

	assert_int_equal(ofports_take(ofports, "a", 77), 77);
	assert_int_equal(ofports_take(ofports, "b", OFPORT_MAX), OFPORT_MAX);
}

static void a_request_for_a_live_port_s_number_is_not(void **state)
{
	struct ofports *ofports = *state;

	ofports_take(ofports, "a", 5);

	assert_int_equal(ofports_take(ofports, "b", 5), 1);
}

static void a_request_takes_the_number_of_an_absent_port(void **state)
{
	struct ofports *ofports = *state;

	ofports_take(ofports, "a", 0);
	ofports_give(ofports, "a");

	assert_int_equal(ofports_take(ofports, "b", 1), 1);
	assert_int_equal(ofports_take(ofports, "a", 0), 2);
}

static void a_request_moves_a_name_that_was_remembered(void **state)
{
	struct ofports *ofports = *state;

	ofports_take(ofports, "a", 0);
	ofports_give(ofports, "a");
	assert_int_equal(ofports_take(ofports, "a", 9), 9);

	assert_int_equal(ofports_take(ofports, "b", 0), 1);
}

static void when_all_are_remembered_an_absent_port_loses_its_number(void **state)
{
	struct ofports *ofports = *state;
	char name[16];

	for (int i = 1; i <= OFPORT_MAX; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		assert_int_equal(ofports_take(ofports, name, 0), i);
	}
	assert_int_equal(ofports_take(ofports, "late", 0), -ENOSPC);
	ofports_give(ofports, "p7");

	assert_int_equal(ofports_take(ofports, "late", 0), 7);
	assert_int_equal(ofports_take(ofports, "p7", 0), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(numbers_are_the_lowest_that_no_name_has),
		TEST(a_name_gets_its_number_back),
		TEST(a_request_is_honoured),
		TEST(a_request_for_a_live_port_s_number_is_not),
		TEST(a_request_takes_the_number_of_an_absent_port),
		TEST(a_request_moves_a_name_that_was_remembered),
		TEST(when_all_are_remembered_an_absent_port_loses_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
