#pragma once
/* The two ends of a port that a worker sees: rx queues and tx queues.
 *
 * A queue belongs to one worker, which alone calls it. port/ makes queues and hands them to the
 * worker through `struct port_host` (port/port.h); after the host's del function has returned, no
 * worker touches the queue any more and port/ frees it.
 *
 * port_xsk.c: an AF_XDP socket on a device's queue. port_skb.c: the worker's socket on the upcall
 * device, which carries all skb ports. port_fake.c: memory, for tests.
 */
#include <stdbool.h>
#include <stdint.h>

struct frame;
struct frame_pool;

#define QUEUE_BURST 64 /* frames per call at most */

struct rxq;
struct txq;

struct rxq_ops {
	/* Fills up to `max` frames (at most QUEUE_BURST), in_port and reason set. Returns how many.
	 * Gives used buffers back to the kernel (fill ring) by itself. */
	unsigned (*burst)(struct rxq *rxq, struct frame *frames, unsigned max);
	/* Tells the kernel that the worker is going to sleep; true if packets wait after all. */
	bool (*arm)(struct rxq *rxq);
};

struct rxq {
	/* fixed after create */
	const struct rxq_ops *ops;
	struct frame_pool *pool; /* where its frames come from */
	int fd;                  /* readable when packets wait (poll); -1: only by polling */
	uint16_t port;           /* its port; PORT_ID_NONE for the upcall device */
	uint16_t queue;          /* the device's queue number */
};

struct txq_ops {
	/* Takes `n` frames (at most QUEUE_BURST) for output port `port`, in order. Those it cannot
	 * take it frees and counts by itself in txq->n_full (ring full) or txq->n_error. Frames of
	 * another pool than the txq's are copied. Returns how many it took. */
	unsigned (*send)(struct txq *txq, uint16_t port, const struct frame *frames, unsigned n);
	/* Makes the kernel send what was taken, and collects completed buffers. Called once at the
	 * end of each turn of the worker's loop, and again while `n_pending` is not 0. */
	void (*flush)(struct txq *txq);
};

struct txq {
	/* fixed after create */
	const struct txq_ops *ops;
	struct frame_pool *pool;
	/* counters: one writer, the worker */
	uint64_t n_full;  /* frames freed because the ring was full */
	uint64_t n_error; /* frames that the kernel refused */
	/* owning worker only */
	uint32_t n_pending; /* frames handed to the kernel and not yet completed */
};
