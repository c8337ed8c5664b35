#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)64 << 10)

struct arena_block {
	struct arena_block *next;
	size_t size, n_used;
	char bytes[];
};

static struct arena_block *block_new(struct arena *arena, size_t n)
{
	const size_t room = BLOCK_SIZE - sizeof(struct arena_block), size = n > room ? n : room;
	struct arena_block *block = malloc(sizeof(*block) + size);

	if (!block)
		return NULL;
	block->next = arena->last;
	block->size = size;
	block->n_used = 0;
	arena->last = block;
	return block;
}

void *arena_copy(struct arena *arena, const void *bytes, size_t n)
{
	struct arena_block *block = arena->last;
	char *copy;

	if (!block || block->size - block->n_used < n)
		block = block_new(arena, n);
	if (!block)
		return NULL;
	copy = block->bytes + block->n_used;
	memcpy(copy, bytes, n);
	block->n_used += n;
	return copy;
}

void arena_fini(struct arena *arena)
{
	struct arena_block *block, *next;

	for (block = arena->last; block; block = next) {
		next = block->next;
		free(block);
	}
	arena->last = NULL;
}
