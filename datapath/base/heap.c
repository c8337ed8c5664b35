#include "base/heap.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

void heap_fini(struct heap *heap)
{
	free(heap->node);
	*heap = (struct heap){0};
}

int heap_reserve(struct heap *heap, uint32_t n)
{
	uint32_t n_room = heap->n_room ? heap->n_room : 16;
	struct heap_node **node;

	if (n < heap->n_room)
		return 0;
	while (n_room <= n)
		n_room *= 2;
	node = realloc(heap->node, n_room * sizeof(struct heap_node *));
	if (!node)
		return -ENOMEM;
	heap->node = node;
	heap->n_room = n_room;
	return 0;
}

static void place(struct heap *heap, struct heap_node *node, uint32_t at)
{
	heap->node[at] = node;
	node->place = at;
}

static void sift_up(struct heap *heap, struct heap_node *node, uint32_t at)
{
	for (; at > 1 && heap->node[at / 2]->key > node->key; at /= 2)
		place(heap, heap->node[at / 2], at);
	place(heap, node, at);
}

static void sift_down(struct heap *heap, struct heap_node *node, uint32_t at)
{
	for (uint32_t child; (child = 2 * at) <= heap->n; at = child) {
		if (child < heap->n && heap->node[child + 1]->key < heap->node[child]->key)
			child++;
		if (heap->node[child]->key >= node->key)
			break;
		place(heap, heap->node[child], at);
	}
	place(heap, node, at);
}

static void sift(struct heap *heap, struct heap_node *node, uint32_t at)
{
	if (at > 1 && heap->node[at / 2]->key > node->key)
		sift_up(heap, node, at);
	else
		sift_down(heap, node, at);
}

void heap_put(struct heap *heap, struct heap_node *node, uint64_t key)
{
	assert(!node->place && heap->n + 1 < heap->n_room);
	node->key = key;
	sift_up(heap, node, ++heap->n);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	uint32_t at = node->place;
	struct heap_node *last;

	if (!at)
		return;
	node->place = 0;
	last = heap->node[heap->n--];
	if (last != node)
		sift(heap, last, at);
}

void heap_change(struct heap *heap, struct heap_node *node, uint64_t key)
{
	node->key = key;
	sift(heap, node, node->place);
}
