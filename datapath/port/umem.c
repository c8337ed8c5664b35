#include "port/umem.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/own.h"

struct umem_return {
	/* fixed after create */
	struct umem_return *next; /* in `returns` */
	uint32_t n;
	/* control, then the worker */
	struct umem_return *next_returned;
	/* the worker writes, atomic */
	bool is_taken;
	uint32_t chunks[];
};

int umem_open(struct umem *umem)
{
	const struct frame_pool *pool = umem->pool;
	const struct xsk_umem_config config = {
		.fill_size = XSK_RX_HELD,
		.comp_size = XSK_TX_SIZE,
		.frame_size = pool->chunk_size,
	};

	return xsk_umem__create(&umem->umem, pool->base,
				(uint64_t)pool->n_chunks * pool->chunk_size, &umem->fill,
				&umem->comp, &config);
}

void umem_close(struct umem *umem)
{
	if (umem->umem && xsk_umem__delete(umem->umem))
		log_error("port", "a UMEM is still in use");
	umem->umem = NULL;
}

int umem_new(struct umem **out, struct frame_pool *pool, bool has_pieces)
{
	own(umem_free) struct umem *umem = calloc(1, sizeof(*umem));
	int rc;

	if (!umem)
		return -ENOMEM;
	umem->pool = pool;
	umem->jumbo = pool->jumbo;
	umem->has_pieces = has_pieces;
	umem->holder = calloc(pool->n_chunks, sizeof(*umem->holder));
	if (!umem->holder)
		return -ENOMEM;
	rc = umem_open(umem);
	if (rc)
		return rc;
	*out = take_ptr(umem);
	return 0;
}

int umem_new_own(struct umem **out, unsigned n_sockets, const struct umem *shared)
{
	own(frame_pool_free) struct frame_pool *pool = NULL;
	int rc = frame_pool_new(&pool, n_sockets * (XSK_RX_HELD + XSK_TX_SIZE) + XSK_RX_SIZE,
				UMEM_CHUNK_SIZE);

	if (!rc)
		rc = umem_new(out, pool, shared->has_pieces);
	if (rc)
		return rc;
	(*out)->own_pool = take_ptr(pool);
	(*out)->jumbo = shared->jumbo;
	return 0;
}

/* Frees the lists that the worker is done with; all of them, if there is no worker any more. */
static void returns_free(struct umem *umem, bool all)
{
	struct umem_return **p = &umem->returns;

	while (*p) {
		struct umem_return *list = *p;

		if (!all && !__atomic_load_n(&list->is_taken, __ATOMIC_ACQUIRE)) {
			p = &list->next;
			continue;
		}
		*p = list->next;
		free(list);
	}
}

void umem_free(struct umem **p)
{
	struct umem *umem = *p;

	if (!umem)
		return;
	umem_close(umem);
	returns_free(umem, true);
	frame_pool_free(&umem->own_pool);
	free(umem->holder);
	mem_free(p);
}

bool umem_has_room(const struct umem *umem)
{
	return (umem->n_sockets + 1) * XSK_RX_HELD <= umem->pool->n_chunks / 4 * 3;
}

void umem_reclaim(struct umem *umem, uint32_t id)
{
	struct umem_return *list, *head;
	uint32_t n = 0;

	returns_free(umem, false);
	for (uint32_t chunk = 0; chunk < umem->pool->n_chunks; chunk++)
		n += umem->holder[chunk] == id;
	list = malloc(sizeof(*list) + n * sizeof(list->chunks[0]));
	if (!list) {
		log_error("port", "out of memory: %u packet buffers are lost", n);
		return;
	}
	list->is_taken = false;
	list->n = 0;
	for (uint32_t chunk = 0; chunk < umem->pool->n_chunks; chunk++)
		if (umem->holder[chunk] == id)
			list->chunks[list->n++] = chunk;
	list->next = umem->returns;
	umem->returns = list;
	head = __atomic_load_n(&umem->returned, __ATOMIC_RELAXED);
	do {
		list->next_returned = head;
	} while (!__atomic_compare_exchange_n(&umem->returned, &head, list, false, __ATOMIC_RELEASE,
					      __ATOMIC_RELAXED));
}

void umem_take_returned(struct umem *umem)
{
	struct umem_return *list = __atomic_exchange_n(&umem->returned, NULL, __ATOMIC_ACQUIRE);

	while (list) {
		struct umem_return *next = list->next_returned;

		for (uint32_t i = 0; i < list->n; i++) {
			umem->holder[list->chunks[i]] = 0;
			umem->pool->free[umem->pool->n_free++] = list->chunks[i];
		}
		__atomic_store_n(&list->is_taken, true, __ATOMIC_RELEASE);
		list = next;
	}
}
