#pragma once
/* A UMEM: a worker's frame pool, registered with the kernel, and who holds which of its chunks.
 *
 * All AF_XDP sockets of a worker share its UMEM, so that a frame goes from one port to another
 * without a copy. A port that cannot share (zero-copy binds a UMEM to a driver), or for which there
 * are not enough chunks left, has a UMEM with a pool of its own.
 *
 * While a chunk is with the kernel, `holder` names the socket that gave it. So a chunk that comes
 * back twice is noticed, and closing a socket tells which chunks it takes to the grave. The pool
 * belongs to the worker, so the control thread does not put them back: it hands over a list
 * (`returned`), which the worker takes at its next burst.
 *
 * Threads: made and freed by control while no worker uses it; the rest as noted.
 */
#include <stdbool.h>
#include <stdint.h>
#include <xdp/xsk.h>

#include "packet/frame.h"

#define UMEM_CHUNK_SIZE 4096

/* What one socket may hold: its fill and rx rings, and its tx ring. */
#define XSK_RX_SIZE 1024
#define XSK_RX_HELD (2 * XSK_RX_SIZE) /* chunks for receiving: those in both rings together */
#define XSK_TX_SIZE 512

struct umem_return;

struct umem {
	/* fixed after create */
	struct frame_pool *pool;
	struct frame_pool *own_pool; /* the same, if it is freed with the UMEM */
	struct frame_pool *jumbo;    /* of the worker, for packets that came in pieces; or NULL */
	struct xsk_umem *umem;
	/* control only */
	unsigned n_sockets;
	bool has_pieces; /* a packet may be in several chunks: its first socket is bound so, and all follow */
	uint32_t last_id;
	struct umem_return *returns; /* all that were made and not yet freed */
	/* The first socket's; libxdp asks for them at both calls. */
	struct xsk_ring_prod fill;
	struct xsk_ring_cons comp;
	/* control pushes, the worker takes all; atomic */
	struct umem_return *returned;
	/* owning worker only */
	uint32_t *holder; /* by chunk: id of the socket, 0: nobody */
};

/* `pool` is borrowed. `has_pieces`: see xsk_has_pieces(). 0, -ENOMEM or the errno of registering it. */
int umem_new(struct umem **out, struct frame_pool *pool, bool has_pieces);
/* With a pool of its own for `n_sockets` sockets of the worker whose UMEM is `shared`. */
int umem_new_own(struct umem **out, unsigned n_sockets, const struct umem *shared);
/* All its sockets must be gone. */
void umem_free(struct umem **umem);
/* Takes it from the kernel, and gives it back: between, its first socket may be another. */
void umem_close(struct umem *umem);
int umem_open(struct umem *umem);
/* True if one more socket finds enough chunks. */
bool umem_has_room(const struct umem *umem);

/* Control: gives the chunks that socket `id` held to the worker. The socket must be closed. */
void umem_reclaim(struct umem *umem, uint32_t id);

void umem_take_returned(struct umem *umem);

/* Worker: puts chunks in the pool that closed sockets had held. */
static inline void umem_collect(struct umem *umem)
{
	if (__builtin_expect(__atomic_load_n(&umem->returned, __ATOMIC_RELAXED) != NULL, 0))
		umem_take_returned(umem);
}
