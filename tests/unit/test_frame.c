#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>

#include "packet/frame.h"

static void pool_refuses_wrong_sizes(void **state)
{
	struct frame_pool *pool = NULL;

	assert_int_equal(frame_pool_new(&pool, 0, 2048), -EINVAL);
	assert_int_equal(frame_pool_new(&pool, 8, 1024), -EINVAL);
	assert_int_equal(frame_pool_new(&pool, 8, 3000), -EINVAL);
	assert_null(pool);
}

static void pool_gives_every_chunk_once(void **state)
{
	struct frame_pool *pool = NULL;
	struct frame frame[8] = {0}, more;
	unsigned seen = 0;

	assert_int_equal(frame_pool_new(&pool, 8, 2048), 0);
	assert_int_equal((uintptr_t)pool->base % 4096, 0);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(frame_alloc(pool, &frame[i]), 0);
		assert_int_equal(frame_headroom(&frame[i]), FRAME_HEADROOM);
		assert_int_equal(frame_tailroom(&frame[i]), 2048 - FRAME_HEADROOM);
		seen |= 1u << frame_chunk(&frame[i]);
	}
	assert_int_equal(seen, 0xff);
	assert_int_equal(frame_alloc(pool, &more), -ENOBUFS);
	for (unsigned i = 0; i < 8; i++)
		frame_free(&frame[i]);
	assert_int_equal(pool->n_free, 8);
	frame_pool_free(&pool);
	assert_null(pool);
}

static void last_freed_is_used_first(void **state)
{
	struct frame_pool *pool = NULL;
	struct frame a = {0}, b = {0};

	assert_int_equal(frame_pool_new(&pool, 8, 2048), 0);
	assert_int_equal(frame_alloc(pool, &a), 0);
	frame_free(&a);
	assert_int_equal(frame_alloc(pool, &b), 0);
	assert_ptr_equal(a.data, b.data);
	frame_pool_free(&pool);
}

static void memory_is_not_touched_before_use(void **state)
{
	const uint32_t n_chunks = 1024, size = 4096;
	struct frame_pool *pool = NULL;
	unsigned char resident[1024];
	unsigned n = 0;

	assert_int_equal(frame_pool_new(&pool, n_chunks, size), 0);
	assert_int_equal(mincore(pool->base, (size_t)n_chunks * size, resident), 0);
	for (unsigned i = 0; i < n_chunks; i++)
		n += resident[i] & 1;
	assert_int_equal(n, 0);
	frame_pool_free(&pool);
}

static void copy_has_all_but_the_place(void **state)
{
	struct frame_pool *pool = NULL, *other = NULL;
	struct frame frame = {0}, copy = {0};

	assert_int_equal(frame_pool_new(&pool, 2, 4096), 0);
	assert_int_equal(frame_pool_new(&other, 1, 2048), 0);
	assert_int_equal(frame_alloc(pool, &frame), 0);
	frame.len = 2048 - FRAME_HEADROOM;
	frame.in_port = 3;
	frame.flags = FRAME_CSUM_PARTIAL;
	memset(frame.data, 0x5a, frame.len);
	assert_int_equal(frame_copy(&copy, &frame, other), 0);
	assert_ptr_equal(copy.pool, other);
	assert_int_equal(frame_headroom(&copy), FRAME_HEADROOM);
	assert_int_equal(copy.in_port, 3);
	assert_int_equal(copy.flags, FRAME_CSUM_PARTIAL);
	assert_int_equal(copy.len, frame.len);
	assert_memory_equal(copy.data, frame.data, frame.len);
	assert_int_equal(frame_copy(&copy, &frame, other), -ENOBUFS); /* none left */
	frame_free(&copy);
	frame.len++; /* too long for that pool */
	assert_int_equal(frame_copy(&copy, &frame, other), -ENOBUFS);
	assert_int_equal(other->n_free, 1);
	frame_pool_free(&pool);
	frame_pool_free(&other);
}

static void what_is_too_long_for_a_chunk_is_a_jumbo_frame(void **state)
{
	struct frame_pool *pool = NULL;
	struct frame frame = {0}, copy = {0};

	assert_int_equal(frame_pool_new(&pool, 2, 4096), 0);
	assert_int_equal(frame_alloc_for(pool, 4096 - FRAME_HEADROOM + 1, &frame), -ENOBUFS);
	assert_int_equal(frame_pool_add_jumbo(pool, 2), 0);
	assert_int_equal(frame_alloc_for(pool, 4096 - FRAME_HEADROOM, &frame), 0);
	assert_ptr_equal(frame.pool, pool);
	frame_free(&frame);
	assert_int_equal(frame_alloc_for(pool, FRAME_JUMBO_LEN_MAX + 1, &frame), -ENOBUFS);
	assert_int_equal(frame_alloc_for(pool, FRAME_JUMBO_LEN_MAX, &frame), 0);
	assert_ptr_equal(frame.pool, pool->jumbo);
	frame.len = FRAME_JUMBO_LEN_MAX;
	memset(frame.data, 0x5a, frame.len);
	assert_int_equal(frame_copy(&copy, &frame, pool), 0);
	assert_ptr_equal(copy.pool, pool->jumbo);
	assert_memory_equal(copy.data, frame.data, frame.len);
	frame_free(&copy);
	frame.len = 100; /* cut short, it fits again */
	assert_int_equal(frame_copy(&copy, &frame, pool), 0);
	assert_ptr_equal(copy.pool, pool);
	frame_pool_free(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pool_refuses_wrong_sizes),
		cmocka_unit_test(pool_gives_every_chunk_once),
		cmocka_unit_test(last_freed_is_used_first),
		cmocka_unit_test(memory_is_not_touched_before_use),
		cmocka_unit_test(copy_has_all_but_the_place),
		cmocka_unit_test(what_is_too_long_for_a_chunk_is_a_jumbo_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
