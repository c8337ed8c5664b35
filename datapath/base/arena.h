#pragma once
/* Bytes that are kept together and go together: many small pieces, few allocations. Belongs to one thread at a time. */
#include <stddef.h>

struct arena_block;

/* All zero: empty. */
struct arena {
	struct arena_block *last; /* the others hang behind it */
};

/* A copy of `n` bytes, of no particular alignment, that is valid until arena_fini(). NULL: no memory. */
void *arena_copy(struct arena *arena, const void *bytes, size_t n);
/* Gives all of it back; it is empty again. */
void arena_fini(struct arena *arena);
