/* rx: fills the burst from the rx queues, round-robin.
 *
 * In one turn each queue is asked once, for what still fits in the burst, and every turn begins
 * one queue further on, so that no queue is always asked last, with little room left. */
#include "base/counter.h"
#include "base/rcu.h"
#include "packet/frame.h"
#include "path/miss.h"
#include "path/steps.h"
#include "path/worker.h"
#include "port/queue.h"

void rx_begin(struct worker *worker)
{
	unsigned n = __atomic_load_n(&worker->n_rxqs, __ATOMIC_ACQUIRE);

	worker->rx_left = n;
	if (++worker->rx_next >= n)
		worker->rx_next = 0;
}

static void count(struct worker *worker, struct frame *frames, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct port_counts *counts;

		if (frames[i].in_port >= PORT_ID_MAX)
			frames[i].in_port = PORT_ID_NONE;
		if (frames[i].in_port != worker->rx_port) {
			worker->rx_port = frames[i].in_port;
			worker->shared_until = worker->now + MISS_ALONE;
		}
		counts = &worker->port_counts[frames[i].in_port];
		counter_add(&counts->rx_packets, 1);
		counter_add(&counts->rx_bytes, frames[i].len);
	}
}

/* Takes out those that are no packets but keys of packets, and offers these. Returns how many are left. */
static unsigned keys_offer(struct worker *worker, struct frame *frames, unsigned n)
{
	unsigned n_left = 0;

	for (unsigned i = 0; i < n; i++) {
		if (frames[i].reason == UPCALL_KEY)
			offer_lost(worker, &frames[i]);
		else
			frames[n_left++] = frames[i];
	}
	return n_left;
}

void step_rx(struct worker *worker, struct burst *burst)
{
	unsigned n_queues = __atomic_load_n(&worker->n_rxqs, __ATOMIC_ACQUIRE);

	burst->n = 0;
	while (worker->rx_left && burst->n < QUEUE_BURST) {
		struct rxq *rxq = rcu_load(worker->rxqs[worker->rx_next]);

		if (rxq)
			burst->n += rxq->ops->burst(rxq, burst->frames + burst->n,
						    QUEUE_BURST - burst->n);
		if (++worker->rx_next >= n_queues)
			worker->rx_next = 0;
		worker->rx_left--;
	}
	burst->n = keys_offer(worker, burst->frames, burst->n);
	count(worker, burst->frames, burst->n);
}
