/* tx: the last step. Outcomes: sent, DROP_PORT_DOWN, DROP_TOO_BIG, DROP_TX_FULL, DROP_TX_ERROR. */
#include "path/output.h"

#include "base/counter.h"
#include "base/rcu.h"
#include "path/drop.h"
#include "path/worker.h"

static void output_send(struct worker *worker, struct output *output)
{
	struct txq *txq = output->link->txq;
	struct port_counts *counts = &worker->port_counts[output->port];
	uint64_t n_full = txq->n_full;
	unsigned n = output->n, n_taken;
	uint64_t bytes = 0;

	output->n = 0;
	n_taken = txq->ops->send(txq, output->port, output->frames, n);
	output->link->is_dirty = true;
	/* A full ring refuses the last ones. */
	for (unsigned i = 0; i < n_taken; i++)
		bytes += output->frames[i].len;
	counter_add(&counts->tx_packets, n_taken);
	counter_add(&counts->tx_bytes, bytes);
	if (n_taken < n) {
		unsigned full = (unsigned)(txq->n_full - n_full);

		drop_count(worker, output->port, DROP_TX_FULL, full);
		drop_count(worker, output->port, DROP_TX_ERROR, n - n_taken - full);
		output->link->n_error += n - n_taken - full;
	}
}

void tx_stage(struct worker *worker, const struct flow_op *op, const struct frame *frame)
{
	struct output *output = rcu_load(worker->outputs[op->port]);

	if (!output) {
		drop_frame(worker, op->port, DROP_PORT_DOWN, frame);
		return;
	}
	if (frame->len > __atomic_load_n(&output->max_len, __ATOMIC_RELAXED)) {
		drop_frame(worker, op->port, DROP_TOO_BIG, frame);
		return;
	}
	if (!output->is_staged) {
		output->is_staged = true;
		output->next_staged = worker->staged;
		worker->staged = output;
	}
	output->frames[output->n] = *frame;
	output->frames[output->n++].queue = op->queue;
	if (output->n == QUEUE_BURST)
		output_send(worker, output);
}

static void send_staged(struct worker *worker)
{
	struct output *output = worker->staged;

	worker->staged = NULL;
	for (; output; output = output->next_staged) {
		output->is_staged = false;
		if (output->n)
			output_send(worker, output);
	}
}

/* What the kernel refuses later is counted as sent already, and not known whose it was where
 * ports share a txq. */
static void errors_count(struct worker *worker, struct tx_link *link)
{
	unsigned n = (unsigned)(link->txq->n_error - link->n_error);

	if (!n)
		return;
	link->n_error += n;
	drop_count(worker, __atomic_load_n(&link->port, __ATOMIC_RELAXED), DROP_TX_ERROR, n);
}

void tx_flush(struct worker *worker)
{
	unsigned n = __atomic_load_n(&worker->n_links, __ATOMIC_ACQUIRE);
	bool is_pending = false;

	send_staged(worker);
	for (unsigned i = 0; i < n; i++) {
		struct tx_link *link = rcu_load(worker->links[i]);

		if (!link)
			continue;
		if (link->is_dirty || link->txq->n_pending)
			link->txq->ops->flush(link->txq);
		errors_count(worker, link);
		link->is_dirty = false;
		is_pending |= link->txq->n_pending != 0;
	}
	worker->is_tx_pending = is_pending;
}
