#include "port/xsk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <linux/if_xdp.h>

#include "base/own.h"
#include "packet/frame.h"
#include "port/port.h"
#include "port/umem.h"

#define BIND_TRIES   20
#define BIND_WAIT_NS 2000000 /* the kernel gives a closed socket's queue back a moment later */
#define TX_PER_CALL  32      /* what copy mode sends in one system call */
#define KICKS_MAX    (XSK_TX_SIZE / TX_PER_CALL + 4)
#define SEND_BUFFER  (4 << 20) /* bytes of packets that may be on their way */

/* From <linux/if_xdp.h> of Linux 6.17: how many packets copy mode sends in one system call. */
#define XDP_MAX_TX_SKB_BUDGET 9

/* ---- receive ---- */

static void refill(struct xsk *xsk)
{
	struct frame_pool *pool = xsk->umem->pool;
	uint32_t n = XSK_RX_HELD - xsk->n_rx_held, at;

	if (n > pool->n_free)
		n = pool->n_free;
	n = n < QUEUE_BURST && xsk->n_rx_held > XSK_RX_SIZE ? 0 : n;
	if (!n || !xsk_ring_prod__reserve(&xsk->fill, n, &at))
		return;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t chunk = pool->free[--pool->n_free];

		xsk->umem->holder[chunk] = xsk->id;
		*xsk_ring_prod__fill_addr(&xsk->fill, at + i) = (uint64_t)chunk * pool->chunk_size;
	}
	xsk_ring_prod__submit(&xsk->fill, n);
	xsk->n_rx_held += n;
}

unsigned xsk_receive(struct xsk *xsk, struct frame *frames, unsigned max)
{
	struct frame_pool *pool = xsk->umem->pool;
	uint32_t at;
	unsigned n;

	umem_collect(xsk->umem);
	refill(xsk);
	n = xsk_ring_cons__peek(&xsk->rx, max, &at);
	if (!n)
		return 0;
	for (unsigned i = 0; i < n; i++) {
		const struct xdp_desc *desc = xsk_ring_cons__rx_desc(&xsk->rx, at + i);

		frames[i] = (struct frame){
			.data = pool->base + desc->addr,
			.len = desc->len,
			.in_port = xsk->rxq.port,
			.flags = xsk->rx_flags,
			.pool = pool,
		};
		xsk->umem->holder[desc->addr / UMEM_CHUNK_SIZE] = 0;
	}
	xsk_ring_cons__release(&xsk->rx, n);
	xsk->n_rx_held -= n;
	return n;
}

static unsigned burst(struct rxq *rxq, struct frame *frames, unsigned max)
{
	return xsk_receive(xsk_of_rxq(rxq), frames, max);
}

bool xsk_arm(struct rxq *rxq)
{
	struct xsk *xsk = xsk_of_rxq(rxq);

	umem_collect(xsk->umem);
	refill(xsk);
	if (xsk_ring_prod__needs_wakeup(&xsk->fill))
		recvfrom(xsk->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
	return xsk_cons_nb_avail(&xsk->rx, 1) > 0;
}

/* ---- transmit ---- */

/* Takes back the chunks of frames that are sent. */
static void complete(struct xsk *xsk)
{
	struct frame_pool *pool = xsk->umem->pool;
	uint32_t at, n = xsk_ring_cons__peek(&xsk->comp, XSK_TX_SIZE, &at);

	if (!n)
		return;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t chunk =
			(uint32_t)(*xsk_ring_cons__comp_addr(&xsk->comp, at + i) / UMEM_CHUNK_SIZE);

		/* Old kernels have been seen to complete one twice. */
		if (xsk->umem->holder[chunk] != xsk->id)
			continue;
		xsk->umem->holder[chunk] = 0;
		pool->free[pool->n_free++] = chunk;
		xsk->txq.n_pending--;
	}
	xsk_ring_cons__release(&xsk->comp, n);
}

/* False: the kernel takes no more now. */
static bool kick_again(struct xsk *xsk, int error)
{
	switch (error) {
	case EAGAIN: /* more than it takes in one call, or no room in the completion ring */
		complete(xsk);
		return true;
	case EBUSY: /* the device dropped one packet */
		xsk->txq.n_error++;
		return true;
	case ENXIO:
	case EBADF:
		__atomic_store_n(&xsk->is_dead, true, __ATOMIC_RELAXED);
		return false;
	default: /* ENETDOWN, ENOBUFS: perhaps next time */
		return false;
	}
}

static void kick(struct xsk *xsk)
{
	if (!xsk_ring_prod__needs_wakeup(&xsk->tx))
		return;
	for (unsigned i = 0; i < KICKS_MAX; i++) {
		if (__atomic_load_n(xsk->tx.consumer, __ATOMIC_ACQUIRE) == xsk->tx.cached_prod)
			return;
		if (!sendto(xsk->fd, NULL, 0, MSG_DONTWAIT, NULL, 0))
			return;
		if (!kick_again(xsk, errno))
			return;
	}
}

void xsk_flush(struct txq *txq)
{
	struct xsk *xsk = xsk_of_txq(txq);

	kick(xsk);
	complete(xsk);
}

/* How many of `n` frames may be handed over. */
static unsigned room(struct xsk *xsk, unsigned n)
{
	uint32_t left = XSK_TX_SIZE - xsk->txq.n_pending;

	if (left < n) {
		xsk_flush(&xsk->txq);
		left = XSK_TX_SIZE - xsk->txq.n_pending;
	}
	return left < n ? left : n;
}

/* The frame in a chunk of the socket's UMEM. False: no chunk; the frame is as it was. */
static bool frame_move(struct xsk *xsk, struct frame *frame)
{
	struct frame copy;

	if (frame->pool == xsk->umem->pool)
		return true;
	if (frame_copy(&copy, frame, xsk->umem->pool))
		return false;
	frame_free(frame);
	*frame = copy;
	return true;
}

unsigned xsk_transmit(struct xsk *xsk, const struct frame *frames, unsigned n)
{
	unsigned n_room = room(xsk, n), n_taken;
	uint8_t *base = xsk->umem->pool->base;

	for (n_taken = 0; n_taken < n_room; n_taken++) {
		struct frame frame = frames[n_taken];
		struct xdp_desc *desc;

		if (!frame_move(xsk, &frame))
			break;
		desc = xsk_ring_prod__tx_desc(&xsk->tx, xsk->tx.cached_prod + n_taken);
		desc->addr = (uint64_t)(frame.data - base);
		desc->len = frame.len;
		desc->options = 0;
		xsk->umem->holder[desc->addr / UMEM_CHUNK_SIZE] = xsk->id;
	}
	xsk->tx.cached_prod += n_taken;
	xsk_ring_prod__submit(&xsk->tx, n_taken);
	xsk->txq.n_pending += n_taken;
	for (unsigned i = n_taken; i < n; i++)
		frame_free(&frames[i]);
	xsk->txq.n_full += n - n_taken;
	return n_taken;
}

static unsigned send_frames(struct txq *txq, uint16_t port, const struct frame *frames, unsigned n)
{
	return xsk_transmit(xsk_of_txq(txq), frames, n);
}

/* ---- life ---- */

static const struct rxq_ops rx_ops = {.burst = burst, .arm = xsk_arm};
static const struct txq_ops tx_ops = {.send = send_frames, .flush = xsk_flush};

static void options_set(struct xsk *xsk)
{
	const int bytes = SEND_BUFFER, budget = XSK_TX_SIZE;
	struct xdp_options options = {0};
	socklen_t size = sizeof(options);

	setsockopt(xsk->fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	/* Older kernels do not know this: then it takes more calls. */
	setsockopt(xsk->fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, &budget, sizeof(budget));
	if (!getsockopt(xsk->fd, SOL_XDP, XDP_OPTIONS, &options, &size))
		xsk->is_zerocopy = options.flags & XDP_OPTIONS_ZEROCOPY;
}

static int socket_new(struct xsk *xsk, const struct xsk_config *config)
{
	struct umem *umem = xsk->umem;
	const struct xsk_socket_config socket_config = {
		.rx_size = XSK_RX_SIZE,
		.tx_size = XSK_TX_SIZE,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = (config->zerocopy ? XDP_ZEROCOPY : XDP_COPY) | XDP_USE_NEED_WAKEUP,
	};
	bool is_first = !umem->n_sockets;
	struct xsk_ring_prod *fill = is_first ? &umem->fill : &xsk->fill;
	struct xsk_ring_cons *comp = is_first ? &umem->comp : &xsk->comp;
	int rc = xsk_socket__create_shared(&xsk->socket, config->device, config->queue, umem->umem,
					   &xsk->rx, &xsk->tx, fill, comp, &socket_config);

	if (rc)
		return rc;
	xsk->fill = *fill;
	xsk->comp = *comp;
	return 0;
}

int xsk_new(struct xsk **out, struct umem *umem, const struct xsk_config *config)
{
	own(mem_free) struct xsk *xsk = calloc(1, sizeof(*xsk));
	int rc = -EBUSY;

	if (!xsk)
		return -ENOMEM;
	xsk->umem = umem;
	for (unsigned i = 0; i < BIND_TRIES && rc == -EBUSY; i++) {
		if (i)
			nanosleep(&(struct timespec){.tv_nsec = BIND_WAIT_NS}, NULL);
		rc = socket_new(xsk, config);
	}
	if (rc)
		return rc;
	umem->n_sockets++;
	xsk->id = ++umem->last_id;
	xsk->fd = xsk_socket__fd(xsk->socket);
	xsk->rx_flags = config->rx_flags;
	xsk->rxq = (struct rxq){
		.ops = &rx_ops,
		.pool = umem->pool,
		.fd = xsk->fd,
		.port = config->port,
		.queue = config->queue,
	};
	xsk->txq = (struct txq){.ops = &tx_ops, .pool = umem->pool};
	options_set(xsk);
	*out = take_ptr(xsk);
	return 0;
}

void xsk_free(struct xsk **p)
{
	struct xsk *xsk = *p;

	if (!xsk)
		return;
	xsk_socket__delete(xsk->socket);
	xsk->umem->n_sockets--;
	umem_reclaim(xsk->umem, xsk->id);
	mem_free(p);
}

bool xsk_is_dead(const struct xsk *xsk)
{
	int error = 0;
	socklen_t size = sizeof(error);

	return __atomic_load_n(&xsk->is_dead, __ATOMIC_RELAXED) ||
	       (!getsockopt(xsk->fd, SOL_SOCKET, SO_ERROR, &error, &size) && error == ENETDOWN);
}

void xsk_counters_add(const struct xsk *xsk, struct port_counters *counters)
{
	struct xdp_statistics s = {0};
	socklen_t size = sizeof(s);

	if (getsockopt(xsk->fd, SOL_XDP, XDP_STATISTICS, &s, &size))
		return;
	counters->xsk_rx_dropped += s.rx_dropped;
	counters->xsk_rx_invalid += s.rx_invalid_descs;
	counters->xsk_tx_invalid += s.tx_invalid_descs;
	counters->xsk_rx_ring_full += s.rx_ring_full;
	counters->xsk_fill_empty += s.rx_fill_ring_empty_descs;
	counters->xsk_tx_empty += s.tx_ring_empty_descs;
}
