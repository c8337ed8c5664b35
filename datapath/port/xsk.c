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

/* What the kernel makes of one packet: 64 KiB in pages, and one more, would be 17. */
#define RX_PIECES_MAX 32

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

static void chunk_put(struct xsk *xsk, uint64_t addr)
{
	struct frame_pool *pool = xsk->umem->pool;

	pool->free[pool->n_free++] = (uint32_t)(addr / UMEM_CHUNK_SIZE);
}

/* How many of `n` descriptors hold the packet that begins at the first; 0: its end is not among them. */
static uint32_t pieces_count(const struct xsk *xsk, uint32_t at, uint32_t n, uint32_t *len)
{
	*len = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct xdp_desc *desc = xsk_ring_cons__rx_desc(&xsk->rx, at + i);

		*len += desc->len;
		if (!(desc->options & XSK_PKT_CONTD))
			return i + 1;
	}
	return 0;
}

/* One packet of `n` pieces. False: it is lost, for want of a buffer that is large enough. */
static bool gather(struct xsk *xsk, uint32_t at, uint32_t n, uint32_t len, struct frame *frame)
{
	struct frame_pool *pool = xsk->umem->pool, *jumbo = xsk->umem->jumbo;
	const bool has_room = jumbo && len <= FRAME_JUMBO_LEN_MAX && !frame_alloc(jumbo, frame);

	for (uint32_t i = 0; i < n; i++) {
		const struct xdp_desc *desc = xsk_ring_cons__rx_desc(&xsk->rx, at + i);

		if (has_room) {
			memcpy(frame->data + frame->len, pool->base + desc->addr, desc->len);
			frame->len += desc->len;
		}
		xsk->umem->holder[desc->addr / UMEM_CHUNK_SIZE] = 0;
		chunk_put(xsk, desc->addr);
	}
	if (!has_room) {
		__atomic_store_n(&xsk->n_rx_lost, xsk->n_rx_lost + 1, __ATOMIC_RELAXED);
		return false;
	}
	frame->in_port = xsk->rxq.port;
	frame->flags = xsk->rx_flags;
	return true;
}

/* The packet that begins at the first of `n` descriptors. Returns how many it takes; 0: there are more to come.
 * One that is lost takes some, too. */
static uint32_t packet_take(struct xsk *xsk, uint32_t at, uint32_t n, struct frame *frame,
			    bool *is_lost)
{
	const struct xdp_desc *desc = xsk_ring_cons__rx_desc(&xsk->rx, at);
	struct frame_pool *pool = xsk->umem->pool;
	uint32_t len, n_pieces;

	*is_lost = false;
	if (__builtin_expect(desc->options & XSK_PKT_CONTD, 0)) {
		n_pieces = pieces_count(xsk, at, n, &len);
		*is_lost = n_pieces && !gather(xsk, at, n_pieces, len, frame);
		return n_pieces;
	}
	*frame = (struct frame){
		.data = pool->base + desc->addr,
		.len = desc->len,
		.in_port = xsk->rxq.port,
		.flags = xsk->rx_flags,
		.pool = pool,
	};
	xsk->umem->holder[desc->addr / UMEM_CHUNK_SIZE] = 0;
	return 1;
}

unsigned xsk_receive(struct xsk *xsk, struct frame *frames, unsigned max)
{
	uint32_t at, n, n_taken = 0, n_more;
	unsigned n_frames = 0;
	bool is_lost;

	umem_collect(xsk->umem);
	refill(xsk);
	n = xsk_ring_cons__peek(&xsk->rx, max + RX_PIECES_MAX, &at);
	if (!n)
		return 0;
	while (n_frames < max && n_taken < n) {
		n_more = packet_take(xsk, at + n_taken, n - n_taken, &frames[n_frames], &is_lost);
		if (!n_more)
			break;
		n_taken += n_more;
		n_frames += !is_lost;
	}
	xsk_ring_cons__cancel(&xsk->rx, n - n_taken);
	xsk_ring_cons__release(&xsk->rx, n_taken);
	if (!n_taken) /* half a packet, and libxdp does not look for the rest while there is something */
		xsk->rx.cached_prod = __atomic_load_n(xsk->rx.producer, __ATOMIC_ACQUIRE);
	xsk->n_rx_held -= n_taken;
	return n_frames;
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

/* Room for descriptors, if need be after a flush. */
static uint32_t room(struct xsk *xsk, uint32_t n_wanted)
{
	if (XSK_TX_SIZE - xsk->txq.n_pending < n_wanted)
		xsk_flush(&xsk->txq);
	return XSK_TX_SIZE - xsk->txq.n_pending;
}

/* How many chunks a frame takes. */
static uint32_t pieces_of(const struct xsk *xsk, const struct frame *frame)
{
	const uint32_t size = UMEM_CHUNK_SIZE - FRAME_HEADROOM;

	return frame->pool == xsk->umem->pool || frame->len <= size
		       ? 1
		       : (frame->len + size - 1) / size;
}

static void piece_put(struct xsk *xsk, uint32_t place, const struct frame *frame, bool has_more)
{
	struct xdp_desc *desc = xsk_ring_prod__tx_desc(&xsk->tx, xsk->tx.cached_prod + place);

	desc->addr = (uint64_t)(frame->data - xsk->umem->pool->base);
	desc->len = frame->len;
	desc->options = has_more ? XSK_PKT_CONTD : 0;
	xsk->umem->holder[desc->addr / UMEM_CHUNK_SIZE] = xsk->id;
}

/* Puts a frame of another pool in `n` chunks of ours. False: that cannot be; the frame is as it was. */
static bool split(struct xsk *xsk, uint32_t place, const struct frame *frame, uint32_t n)
{
	struct frame_pool *pool = xsk->umem->pool;
	uint32_t done = 0;

	if (pool->n_free < n || (n > 1 && !xsk->umem->has_pieces))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		struct frame piece = {0};

		frame_alloc(pool, &piece);
		piece.len = UMEM_CHUNK_SIZE - FRAME_HEADROOM;
		if (piece.len > frame->len - done)
			piece.len = frame->len - done;
		memcpy(piece.data, frame->data + done, piece.len);
		done += piece.len;
		piece_put(xsk, place + i, &piece, done < frame->len);
	}
	frame_free(frame);
	return true;
}

unsigned xsk_transmit(struct xsk *xsk, const struct frame *frames, unsigned n)
{
	uint32_t n_wanted = 0, n_room, n_used = 0;
	unsigned n_taken;

	for (unsigned i = 0; i < n; i++)
		n_wanted += pieces_of(xsk, &frames[i]);
	n_room = room(xsk, n_wanted);
	for (n_taken = 0; n_taken < n; n_taken++) {
		const struct frame *frame = &frames[n_taken];
		const uint32_t n_pieces = pieces_of(xsk, frame);

		if (n_used + n_pieces > n_room)
			break;
		if (frame->pool == xsk->umem->pool)
			piece_put(xsk, n_used, frame, false);
		else if (!split(xsk, n_used, frame, n_pieces))
			break;
		n_used += n_pieces;
	}
	xsk->tx.cached_prod += n_used;
	xsk_ring_prod__submit(&xsk->tx, n_used);
	xsk->txq.n_pending += n_used;
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
		.rx_size = XSK_RX_HELD, /* so it is never full: a packet in pieces is there whole */
		.tx_size = XSK_TX_SIZE,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = (uint16_t)((config->zerocopy ? XDP_ZEROCOPY : XDP_COPY) |
					 (umem->has_pieces ? XSK_USE_SG : 0) | XDP_USE_NEED_WAKEUP),
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

uint64_t xsk_n_rx_lost(const struct xsk *xsk)
{
	return __atomic_load_n(&xsk->n_rx_lost, __ATOMIC_RELAXED);
}

void xsk_counters_add(const struct xsk *xsk, struct port_counters *counters)
{
	struct xdp_statistics s = {0};
	socklen_t size = sizeof(s);

	if (getsockopt(xsk->fd, SOL_XDP, XDP_STATISTICS, &s, &size))
		return;
	counters->xsk_rx_dropped += s.rx_dropped + xsk_n_rx_lost(xsk);
	counters->xsk_rx_invalid += s.rx_invalid_descs;
	counters->xsk_tx_invalid += s.tx_invalid_descs;
	counters->xsk_rx_ring_full += s.rx_ring_full;
	counters->xsk_fill_empty += s.rx_fill_ring_empty_descs;
	counters->xsk_tx_empty += s.tx_ring_empty_descs;
}
