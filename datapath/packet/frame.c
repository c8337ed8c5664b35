#include "packet/frame.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/own.h"

static size_t pool_size(const struct frame_pool *pool)
{
	return (size_t)pool->n_chunks * pool->chunk_size;
}

int frame_pool_new(struct frame_pool **out, uint32_t n_chunks, uint32_t chunk_size)
{
	own(frame_pool_free) struct frame_pool *pool = NULL;
	void *base;

	if (!n_chunks || chunk_size < 2048 || (chunk_size & (chunk_size - 1)))
		return -EINVAL;
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	pool->n_chunks = n_chunks;
	pool->chunk_size = chunk_size;
	pool->free = malloc(n_chunks * sizeof(*pool->free));
	if (!pool->free)
		return -ENOMEM;
	base = mmap(NULL, pool_size(pool), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	if (base == MAP_FAILED)
		return -ENOMEM;
	pool->base = base;
	while (pool->n_free < n_chunks) {
		pool->free[pool->n_free] = n_chunks - 1 - pool->n_free;
		pool->n_free++;
	}
	*out = take_ptr(pool);
	return 0;
}

int frame_pool_add_jumbo(struct frame_pool *pool, uint32_t n_chunks)
{
	return frame_pool_new(&pool->jumbo, n_chunks, FRAME_JUMBO_SIZE);
}

void frame_pool_free(struct frame_pool **pool)
{
	if (!*pool)
		return;
	frame_pool_free(&(*pool)->jumbo);
	if ((*pool)->base)
		munmap((*pool)->base, pool_size(*pool));
	free((*pool)->free);
	mem_free(pool);
}

int frame_copy(struct frame *out, const struct frame *frame, struct frame_pool *pool)
{
	struct frame copy;

	if (frame_alloc_for(pool, frame->len, &copy))
		return -ENOBUFS;
	memcpy(copy.data, frame->data, frame->len);
	copy.len = frame->len;
	copy.in_port = frame->in_port;
	copy.reason = frame->reason;
	copy.flags = frame->flags;
	*out = copy;
	return 0;
}
