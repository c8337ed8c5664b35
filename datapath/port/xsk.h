#pragma once
/* An AF_XDP socket on one queue of a device: an rxq and a txq of the same worker.
 *
 * Receiving: the kernel takes empty chunks from the fill ring and puts packets in the rx ring.
 * Before each burst the fill ring is topped up, so that both together hold XSK_RX_HELD chunks.
 * Sending: descriptors go to the tx ring; flush() has the kernel send them, which in copy mode it
 * does inside the system call, 32 at a time; chunks come back through the completion ring, when the
 * receiver lets go of the packet. No more than XSK_TX_SIZE are out at a time, so one slow receiver
 * cannot hold all of a worker's chunks.
 *
 * A packet that is longer than a chunk comes and goes in pieces, one descriptor each, if the kernel can do that
 * (xsk_has_pieces()); here it is one jumbo frame.
 *
 * An AF_XDP socket does not tell when its device goes away: it only has an error pending, and a
 * send says ENXIO, which `is_dead` keeps for the control thread.
 */
#include <stdbool.h>
#include <stdint.h>
#include <xdp/xsk.h>

#include "port/queue.h"

struct err;
struct frame;
struct umem;

struct xsk {
	struct rxq rxq;
	struct txq txq;
	/* fixed after create */
	struct umem *umem;
	struct xsk_socket *socket;
	int fd;
	uint32_t id;      /* in umem->holder */
	uint8_t rx_flags; /* enum frame_flag of what it receives */
	bool is_zerocopy;
	/* owning worker only */
	struct xsk_ring_prod fill, tx;
	struct xsk_ring_cons comp, rx;
	uint32_t n_rx_held; /* chunks in the fill and rx rings */
	/* the worker writes, atomic */
	bool is_dead;
	uint64_t n_rx_lost; /* packets in pieces that there was no room for */
};

struct xsk_config {
	const char *device;
	uint16_t queue, port;
	uint8_t rx_flags;
	bool zerocopy;
};

/* From <linux/if_xdp.h> of Linux 6.6: a socket that takes packets in pieces, and all pieces but the last. */
#define XSK_USE_SG    (1 << 4)
#define XSK_PKT_CONTD (1 << 0)

/* True if this kernel takes packets in pieces: XDP programs that say so, and AF_XDP (Linux 6.6). Control. */
bool xsk_has_pieces(void);

/* Binds a socket of `umem` to a queue. Waits some milliseconds for a queue that was in use a moment ago.
 * 0 or -errno. Control. */
int xsk_new(struct xsk **out, struct umem *umem, const struct xsk_config *config);
/* No worker may use it any more. Control. */
void xsk_free(struct xsk **xsk);

/* The rxq's and txq's functions, without a port's framing. */
unsigned xsk_receive(struct xsk *xsk, struct frame *frames, unsigned max);
unsigned xsk_transmit(struct xsk *xsk, const struct frame *frames, unsigned n);
void xsk_flush(struct txq *txq);
bool xsk_arm(struct rxq *rxq);

/* True if the kernel has taken it from its device. Control. */
bool xsk_is_dead(const struct xsk *xsk);

/* Packets in pieces that no buffer was there for. Any thread. */
uint64_t xsk_n_rx_lost(const struct xsk *xsk);

struct port_counters;
/* Adds the socket's XDP_STATISTICS. Control. */
void xsk_counters_add(const struct xsk *xsk, struct port_counters *counters);

static inline struct xsk *xsk_of_rxq(struct rxq *rxq)
{
	return (struct xsk *)((char *)rxq - offsetof(struct xsk, rxq));
}

static inline struct xsk *xsk_of_txq(struct txq *txq)
{
	return (struct xsk *)((char *)txq - offsetof(struct xsk, txq));
}
