#pragma once
/* A packet in memory, and the pools that its memory comes from.
 *
 * A pool is one stretch of memory cut into chunks of equal size. AF_XDP registers a pool's memory
 * as a UMEM; a fake port just uses it. A pool belongs to one worker: only that thread takes and
 * gives back chunks, so there are no locks.
 *
 * The memory is mapped, not touched: a chunk costs memory from its first use on, and chunks that
 * were used last are used first.
 *
 * A packet that is longer than what a chunk holds (a jumbo frame) is in a chunk of the pool's second pool, which
 * the kernel does not know: on its way from and to the kernel it is in pieces (port/xsk.c).
 *
 * A frame is a value of a few words that owns one chunk. Whoever holds it either passes it on
 * (then it must not be used again) or frees it. Copying the struct does not copy the packet.
 *
 *	chunk:   | headroom                | data, len bytes      | tailroom |
 *	         ^ pool->base + n * size   ^ frame->data
 */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADROOM 256 /* bytes before the data of a fresh frame */

/* Chunks of jumbo frames, and the longest packet that there is room for. */
#define FRAME_JUMBO_SIZE    16384
#define FRAME_JUMBO_LEN_MAX (FRAME_JUMBO_SIZE - FRAME_HEADROOM)

struct frame_pool {
	/* fixed after create */
	uint8_t *base;
	uint32_t chunk_size; /* a power of two */
	uint32_t n_chunks;
	struct frame_pool *jumbo; /* for what does not fit into its chunks; NULL: nowhere */
	/* owning worker only */
	uint32_t n_free;
	uint32_t *free; /* stack of chunk numbers */
};

struct frame {
	uint8_t *data; /* first byte of the Ethernet header */
	uint32_t len;  /* bytes from data */
	union {
		uint16_t
			in_port; /* switch-wide number of where it came from; PORT_ID_NONE: the switch */
		uint16_t queue; /* of one that goes out: flow_op.queue of its output */
	};
	uint8_t reason; /* enum upcall_reason */
	uint8_t flags;  /* enum frame_flag */
	struct frame_pool *pool;
};

enum frame_flag {
	FRAME_CSUM_PARTIAL = 1 << 0, /* its L4 checksum may hold only the pseudo-header's sum */
};

/* Makes a pool of `n_chunks` chunks of `chunk_size` bytes (a power of two, at least 2048), page
 * aligned. Returns 0, -EINVAL or -ENOMEM. frame_pool_free() gives the memory back, whoever holds
 * frames of it. */
int frame_pool_new(struct frame_pool **out, uint32_t n_chunks, uint32_t chunk_size);
void frame_pool_free(struct frame_pool **pool);
/* Gives it a second pool, of `n_chunks` chunks for jumbo frames, which is freed with it. 0 or -ENOMEM. */
int frame_pool_add_jumbo(struct frame_pool *pool, uint32_t n_chunks);

/* Takes a chunk; the frame is empty with FRAME_HEADROOM before it. 0 or -ENOBUFS. */
static inline int frame_alloc(struct frame_pool *pool, struct frame *out)
{
	if (!pool->n_free)
		return -ENOBUFS;
	*out = (struct frame){
		.data = pool->base + (size_t)pool->free[--pool->n_free] * pool->chunk_size +
			FRAME_HEADROOM,
		.pool = pool,
	};
	return 0;
}

/* The same for a packet of that length. -ENOBUFS, too, where it is longer than what a chunk holds. */
static inline int frame_alloc_for(struct frame_pool *pool, uint32_t len, struct frame *out)
{
	if (len > pool->chunk_size - FRAME_HEADROOM)
		pool = pool->jumbo;
	if (!pool || len > pool->chunk_size - FRAME_HEADROOM)
		return -ENOBUFS;
	return frame_alloc(pool, out);
}

static inline uint32_t frame_chunk(const struct frame *frame)
{
	return (uint32_t)((size_t)(frame->data - frame->pool->base) / frame->pool->chunk_size);
}

static inline void frame_free(const struct frame *frame)
{
	struct frame_pool *pool = frame->pool;

	assert(pool->n_free < pool->n_chunks);
	pool->free[pool->n_free++] = frame_chunk(frame);
}

/* Bytes that may be written before data, and after data + len. */
static inline uint32_t frame_headroom(const struct frame *frame)
{
	return (uint32_t)((size_t)(frame->data - frame->pool->base) &
			  (frame->pool->chunk_size - 1));
}

static inline uint32_t frame_tailroom(const struct frame *frame)
{
	return frame->pool->chunk_size - frame_headroom(frame) - frame->len;
}

/* A copy in a chunk of `pool`, with the same headroom rules as a fresh frame. 0 or -ENOBUFS, as
 * frame_alloc_for(). */
int frame_copy(struct frame *out, const struct frame *frame, struct frame_pool *pool);
