#pragma once
/* A binary heap of things that carry their node: the one with the least key is on top.
 *
 * Room is reserved beforehand, so that putting in cannot fail. One thread at a time.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
	uint64_t key;
	uint32_t place; /* 1 on; 0: in no heap */
};

struct heap {
	struct heap_node **node; /* places 1 to n */
	uint32_t n, n_room;
};

/* An all-zero heap is empty. */
void heap_fini(struct heap *heap);
/* Makes sure that `n` nodes fit. 0 or -ENOMEM. */
int heap_reserve(struct heap *heap, uint32_t n);
void heap_put(struct heap *heap, struct heap_node *node, uint64_t key);
/* It may be in no heap. */
void heap_remove(struct heap *heap, struct heap_node *node);
void heap_change(struct heap *heap, struct heap_node *node, uint64_t key);

/* NULL: it is empty. */
static inline struct heap_node *heap_top(const struct heap *heap)
{
	return heap->n ? heap->node[1] : NULL;
}
