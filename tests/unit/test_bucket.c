#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "path/bucket.h"

#define NOW (1000 * CLOCK_NS_PER_SEC)

static unsigned n_taken(struct bucket *bucket, uint64_t now, uint32_t rate, uint32_t size)
{
	unsigned n = 0;

	while (n < 100 && bucket_take(bucket, now, rate, size))
		n++;
	return n;
}

static void a_bucket_is_full_at_first_and_fills_again(void **state)
{
	struct bucket bucket = {0};

	assert_int_equal(n_taken(&bucket, NOW, 10, 5), 5);
	assert_int_equal(n_taken(&bucket, NOW + CLOCK_NS_PER_SEC / 10, 10, 5), 1);
	assert_int_equal(n_taken(&bucket, NOW + CLOCK_NS_PER_SEC * 9, 10, 5), 5);
}

/* A clock has no more than so many ticks: any rate is served that can be asked for. */
static void more_than_one_token_a_nanosecond_is_one(void **state)
{
	struct bucket bucket = {0};

	assert_int_equal(n_taken(&bucket, NOW, UINT32_MAX, 5), 5);
	assert_int_equal(n_taken(&bucket, NOW + 2, UINT32_MAX, 5), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_is_full_at_first_and_fills_again),
		cmocka_unit_test(more_than_one_token_a_nanosecond_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
