#include "port/port_fake.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "../bpf/abi.h"
#include "base/counter.h"
#include "base/own.h"
#include "packet/frame.h"
#include "port/queue.h"

struct slot {
	uint32_t len;
	uint8_t flags;
	uint8_t data[PORT_FAKE_FRAME_MAX];
};

/* Frames on their way between the test and one worker: one thread writes, one reads. */
struct ring {
	_Atomic uint32_t head; /* writer */
	_Atomic uint32_t tail; /* reader */
	struct slot slots[PORT_FAKE_DEPTH];
};

struct fake_rxq {
	struct rxq rxq;
	unsigned worker; /* fixed after create */
	struct ring ring;
};

struct fake_txq {
	struct txq txq;
	struct ring ring;
};

/* Threads: the test writes the rx rings and reads the tx rings, each worker the other ends of its
 * own. Everything else is fixed after create or belongs to the control thread. */
struct port_fake {
	/* fixed after create */
	uint16_t id;
	struct port_config config;
	const struct port_host *host;
	unsigned n_rxq;
	struct fake_rxq **rxqs;
	struct fake_txq **txqs; /* by worker */
	/* control only */
	unsigned n_rxq_added;
	bool is_attached;
	bool is_down;
};

static bool ring_push(struct ring *ring, const void *data, uint32_t len, uint8_t flags)
{
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	struct slot *slot = &ring->slots[head % PORT_FAKE_DEPTH];

	if (head - atomic_load_explicit(&ring->tail, memory_order_acquire) == PORT_FAKE_DEPTH)
		return false;
	memcpy(slot->data, data, len);
	slot->len = len;
	slot->flags = flags;
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	return true;
}

/* The oldest slot, NULL if there is none. It stays the reader's until ring_pop(). */
static const struct slot *ring_peek(struct ring *ring)
{
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	if (atomic_load_explicit(&ring->head, memory_order_acquire) == tail)
		return NULL;
	return &ring->slots[tail % PORT_FAKE_DEPTH];
}

static void ring_pop(struct ring *ring)
{
	atomic_fetch_add_explicit(&ring->tail, 1, memory_order_release);
}

static unsigned rx_burst(struct rxq *rxq, struct frame *frames, unsigned max)
{
	struct fake_rxq *fake = (struct fake_rxq *)rxq;
	const struct slot *slot;
	unsigned n = 0;

	while (n < max && (slot = ring_peek(&fake->ring))) {
		struct frame *frame = &frames[n];

		if (frame_alloc(rxq->pool, frame))
			break;
		memcpy(frame->data, slot->data, slot->len);
		frame->len = slot->len;
		frame->in_port = rxq->port;
		frame->reason = UPCALL_MISS;
		frame->flags = slot->flags;
		ring_pop(&fake->ring);
		n++;
	}
	return n;
}

static bool rx_arm(struct rxq *rxq)
{
	eventfd_t ignored;

	/* In this order: a frame that comes after the look makes the eventfd readable again. */
	eventfd_read(rxq->fd, &ignored);
	return ring_peek(&((struct fake_rxq *)rxq)->ring);
}

static const struct rxq_ops rx_ops = {.burst = rx_burst, .arm = rx_arm};

static unsigned tx_send(struct txq *txq, uint16_t port, const struct frame *frames, unsigned n)
{
	struct fake_txq *fake = (struct fake_txq *)txq;
	unsigned n_sent = 0;

	for (unsigned i = 0; i < n; i++) {
		if (frames[i].len > PORT_FAKE_FRAME_MAX)
			counter_add(&txq->n_error, 1);
		else if (!ring_push(&fake->ring, frames[i].data, frames[i].len, frames[i].flags))
			counter_add(&txq->n_full, 1);
		else
			n_sent++;
		frame_free(&frames[i]);
	}
	return n_sent;
}

static void tx_flush(struct txq *txq)
{
}

static const struct txq_ops tx_ops = {.send = tx_send, .flush = tx_flush};

static int rxq_new(struct port_fake *port, unsigned i)
{
	const struct port_host *host = port->host;
	struct fake_rxq *fake = calloc(1, sizeof(*fake));

	if (!fake)
		return -ENOMEM;
	port->rxqs[i] = fake;
	fake->worker = i % host->n_workers;
	fake->rxq = (struct rxq){
		.ops = &rx_ops,
		.pool = host->pool(host->ctx, fake->worker),
		.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.port = port->id,
		.queue = (uint16_t)i,
	};
	return fake->rxq.fd < 0 ? -errno : 0;
}

static int queues_new(struct port_fake *port)
{
	const struct port_host *host = port->host;

	port->rxqs = calloc(port->n_rxq, sizeof(struct fake_rxq *));
	port->txqs = calloc(host->n_workers, sizeof(struct fake_txq *));
	if (!port->rxqs || !port->txqs)
		return -ENOMEM;
	for (unsigned i = 0; i < host->n_workers; i++) {
		port->txqs[i] = calloc(1, sizeof(struct fake_txq));
		if (!port->txqs[i])
			return -ENOMEM;
		port->txqs[i]->txq = (struct txq){
			.ops = &tx_ops,
			.pool = host->pool(host->ctx, i),
		};
	}
	for (unsigned i = 0; i < port->n_rxq; i++) {
		int rc = rxq_new(port, i);

		if (rc)
			return rc;
	}
	return 0;
}

int port_fake_new(struct port_fake **out, uint16_t id, const struct port_config *config,
		  const struct port_host *host)
{
	own(port_fake_free) struct port_fake *port = calloc(1, sizeof(*port));
	int rc;

	if (!port)
		return -ENOMEM;
	port->id = id;
	port->config = *config;
	port->host = host;
	port->n_rxq = config->n_rxq ? config->n_rxq : host->n_workers;
	rc = queues_new(port);
	if (rc)
		return rc;
	port_fake_set_attached(port, true);
	for (; port->n_rxq_added < port->n_rxq; port->n_rxq_added++) {
		struct fake_rxq *fake = port->rxqs[port->n_rxq_added];

		rc = host->rxq_add(host->ctx, fake->worker, &fake->rxq);
		if (rc)
			return rc;
	}
	*out = take_ptr(port);
	return 0;
}

void port_fake_free(struct port_fake **p)
{
	struct port_fake *port = *p;

	if (!port)
		return;
	while (port->n_rxq_added) {
		struct fake_rxq *fake = port->rxqs[--port->n_rxq_added];

		port->host->rxq_del(port->host->ctx, fake->worker, &fake->rxq);
	}
	port_fake_set_attached(port, false);
	for (unsigned i = 0; port->rxqs && i < port->n_rxq; i++) {
		if (port->rxqs[i])
			fd_close(&port->rxqs[i]->rxq.fd);
		free(port->rxqs[i]);
	}
	for (unsigned i = 0; port->txqs && i < port->host->n_workers; i++)
		free(port->txqs[i]);
	free(port->rxqs);
	free(port->txqs);
	mem_free(p);
}

void port_fake_set_attached(struct port_fake *port, bool is_attached)
{
	const struct port_host *host = port->host;

	if (port->is_attached == is_attached)
		return;
	for (unsigned i = 0; i < host->n_workers; i++)
		host->out_set(host->ctx, i, port->id, is_attached ? &port->txqs[i]->txq : NULL);
	port->is_attached = is_attached;
}

void port_fake_set_up(struct port_fake *port, bool is_up)
{
	port->is_down = !is_up;
}

void port_fake_status(const struct port_fake *port, struct port_status *out)
{
	*out = (struct port_status){
		.is_attached = port->is_attached,
		.mode = "fake",
		.mtu = port->config.mtu_request ? port->config.mtu_request : 1500,
		.mac = port->config.mac,
		.is_admin_up = !port->is_down,
		.is_link_up = port->is_attached,
		.driver = "fake",
		.n_rxq = port->n_rxq,
	};
	if (!port->is_attached)
		snprintf(out->error, sizeof(out->error), "detached");
}

bool port_fake_put_flags(struct port_fake *port, unsigned queue, const void *data, size_t len,
			 uint8_t flags)
{
	struct fake_rxq *fake = port->rxqs[queue];

	if (len > PORT_FAKE_FRAME_MAX || !ring_push(&fake->ring, data, (uint32_t)len, flags))
		return false;
	eventfd_write(fake->rxq.fd, 1);
	return true;
}

size_t port_fake_take(struct port_fake *port, void *data)
{
	for (unsigned i = 0; i < port->host->n_workers; i++) {
		struct ring *ring = &port->txqs[i]->ring;
		const struct slot *slot = ring_peek(ring);
		size_t len;

		if (!slot)
			continue;
		len = slot->len;
		memcpy(data, slot->data, len);
		ring_pop(ring);
		return len;
	}
	return 0;
}
