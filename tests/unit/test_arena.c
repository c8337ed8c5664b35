/* Many small pieces that go together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/arena.h"

enum { N = 3000, LONG = 200000 };

static void pieces_stay_where_they_are(void **state)
{
	static char bytes[256], *piece[N];
	struct arena arena = {0};

	for (unsigned i = 0; i < N; i++) {
		memset(bytes, (int)i, sizeof(bytes));
		piece[i] = arena_copy(&arena, bytes, i % sizeof(bytes));
		assert_non_null(piece[i]);
	}
	for (unsigned i = 0; i < N; i++) {
		memset(bytes, (int)i, sizeof(bytes));
		assert_memory_equal(piece[i], bytes, i % sizeof(bytes));
	}
	arena_fini(&arena);
}

static void a_piece_may_be_longer_than_a_block(void **state)
{
	static char bytes[LONG];
	struct arena arena = {0};
	char *small, *large;

	memset(bytes, 7, sizeof(bytes));
	small = arena_copy(&arena, "small", 6);
	large = arena_copy(&arena, bytes, sizeof(bytes));
	assert_string_equal(small, "small");
	assert_memory_equal(large, bytes, sizeof(bytes));
	arena_fini(&arena);
}

static void it_begins_anew(void **state)
{
	struct arena arena = {0};

	arena_fini(&arena);
	assert_string_equal(arena_copy(&arena, "once", 5), "once");
	arena_fini(&arena);
	assert_string_equal(arena_copy(&arena, "more", 5), "more");
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_stay_where_they_are),
		cmocka_unit_test(a_piece_may_be_longer_than_a_block),
		cmocka_unit_test(it_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
