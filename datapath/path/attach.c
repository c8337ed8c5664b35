/* The control thread's hand on a worker's queues: publish the change, wait until the worker has
 * rested, and only then give back or free what was taken away. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/own.h"
#include "base/rcu.h"
#include "path/output.h"
#include "path/worker.h"
#include "port/queue.h"

/* Slots of pointers, `*n` of which are looked at. Returns the first that holds `what`
 * (NULL: that is free), -ENOENT if there is none. */
static int slot_find(void *const *slots, unsigned n, const void *what)
{
	for (unsigned i = 0; i < n; i++)
		if (slots[i] == what)
			return (int)i;
	return -ENOENT;
}

static int slot_put(void **slots, unsigned *n, void *what)
{
	int i = slot_find(slots, WORKER_MAX_QUEUES, NULL);

	if (i < 0)
		return -ENOSPC;
	rcu_publish(slots[i], what);
	if ((unsigned)i >= *n)
		__atomic_store_n(n, (unsigned)i + 1, __ATOMIC_RELEASE);
	return 0;
}

/* After return no worker uses it. */
static void slot_clear(void **slots, unsigned *n, const void *what)
{
	int i = slot_find(slots, *n, what);
	unsigned last = *n;

	assert(i >= 0);
	rcu_publish(slots[i], NULL);
	while (last && !slots[last - 1])
		last--;
	__atomic_store_n(n, last, __ATOMIC_RELEASE);
	rcu_wait_readers();
}

int worker_rxq_add(struct worker *worker, struct rxq *rxq)
{
	int rc = slot_put((void **)worker->rxqs, &worker->n_rxqs, rxq);

	if (!rc)
		worker_wake(worker); /* to arm the queue: no packet arrives before */
	return rc;
}

void worker_rxq_del(struct worker *worker, struct rxq *rxq)
{
	slot_clear((void **)worker->rxqs, &worker->n_rxqs, rxq);
	worker_end_sleep(worker); /* in which it holds the socket */
}

static int link_get(struct worker *worker, uint16_t port, struct txq *txq, struct tx_link **out)
{
	struct tx_link *link;
	int rc;

	for (unsigned i = 0; i < worker->n_links; i++) {
		link = worker->links[i];
		if (link && link->txq == txq) {
			link->n_outputs++;
			if (link->port != port)
				__atomic_store_n(&link->port, PORT_ID_NONE, __ATOMIC_RELAXED);
			*out = link;
			return 0;
		}
	}
	link = calloc(1, sizeof(*link));
	if (!link)
		return -ENOMEM;
	link->txq = txq;
	link->port = port;
	link->n_error = txq->n_error;
	link->n_outputs = 1;
	rc = slot_put((void **)worker->links, &worker->n_links, link);
	if (rc) {
		free(link);
		return rc;
	}
	*out = link;
	return 0;
}

static void link_put(struct worker *worker, struct tx_link *link)
{
	if (--link->n_outputs)
		return;
	slot_clear((void **)worker->links, &worker->n_links, link);
	free(link);
}

static int output_new(struct worker *worker, struct output **out, uint16_t port, struct txq *txq)
{
	own(mem_free) struct output *output = calloc(1, sizeof(*output));
	int rc;

	if (!output)
		return -ENOMEM;
	rc = link_get(worker, port, txq, &output->link);
	if (rc)
		return rc;
	output->port = port;
	*out = take_ptr(output);
	return 0;
}

int worker_output_set(struct worker *worker, uint16_t port, struct txq *txq, uint32_t max_len)
{
	struct output *old = worker->outputs[port], *output = NULL;
	int rc = 0;

	if (txq)
		rc = output_new(worker, &output, port, txq);
	if (output)
		output->max_len = max_len;
	rcu_publish(worker->outputs[port], output);
	if (!old)
		return rc;
	rcu_wait_readers();
	link_put(worker, old->link);
	free(old);
	return rc;
}

void worker_output_set_max_len(struct worker *worker, uint16_t port, uint32_t max_len)
{
	struct output *output = worker->outputs[port];

	if (output)
		__atomic_store_n(&output->max_len, max_len, __ATOMIC_RELAXED);
}
