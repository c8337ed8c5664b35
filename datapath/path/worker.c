#include "path/worker.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/own.h"
#include "base/rcu.h"
#include "path/output.h"
#include "path/capture.h"
#include "path/packet_in.h"
#include "path/packet_out.h"
#include "path/steps.h"
#include "port/queue.h"

#define TX_WAIT_MIN_MS 1    /* first sleep while frames await completion, doubled up to */
#define TX_WAIT_MAX_MS 1000 /* this */
#define SWEEP_WAIT_MS  500  /* longest sleep while the cache has entries to age */
#define SWEEP_RETRY_MS 1    /* where a sweep is overdue */
#define SLEEP_END_US   50   /* how often control looks whether a sleep is over */

bool worker_turn(struct worker *worker)
{
	struct burst *burst = &worker->burst;
	bool had_packets;

	worker->now = clock_now(worker->clock);
	had_packets = packet_out(worker);
	rx_begin(worker);
	for (step_rx(worker, burst); burst->n; step_rx(worker, burst)) {
		had_packets = true;
		step_lookup(worker, burst);
		step_execute(worker, burst);
		step_miss(worker, burst);
	}
	tx_flush(worker);
	sweep(worker);
	return had_packets;
}

/* Asks every queue to wake us: true if one has packets after all. */
static bool arm(struct worker *worker)
{
	unsigned n = __atomic_load_n(&worker->n_rxqs, __ATOMIC_ACQUIRE);
	bool has_packets = false;

	for (unsigned i = 0; i < n; i++) {
		struct rxq *rxq = rcu_load(worker->rxqs[i]);

		if (rxq)
			has_packets |= rxq->ops->arm(rxq);
	}
	return has_packets;
}

/* How long nothing needs doing unless packets come; -1: for ever. */
static int sleep_ms(struct worker *worker)
{
	struct cache_counters cache;

	if (!worker->is_tx_pending) {
		worker->tx_wait_ms = TX_WAIT_MIN_MS;
		cache_counters_read(worker->cache, &cache);
		if (!cache.n_entries)
			return -1;
		return worker->is_sweep_due ? SWEEP_RETRY_MS : SWEEP_WAIT_MS;
	}
	if (worker->tx_wait_ms < TX_WAIT_MAX_MS)
		worker->tx_wait_ms *= 2;
	return (int)worker->tx_wait_ms;
}

/* What to sleep on: the wake-up call, packets from above and the queues. Returns how many. */
static unsigned list_fds(struct worker *worker)
{
	unsigned n_rxqs = __atomic_load_n(&worker->n_rxqs, __ATOMIC_ACQUIRE), n = 2;

	worker->fds[0] = (struct pollfd){.fd = worker->wake_fd, .events = POLLIN};
	worker->fds[1] = (struct pollfd){.fd = mailbox_fd(worker->packet_outs), .events = POLLIN};
	for (unsigned i = 0; i < n_rxqs; i++) {
		struct rxq *rxq = rcu_load(worker->rxqs[i]);

		if (rxq && rxq->fd >= 0)
			worker->fds[n++] = (struct pollfd){.fd = rxq->fd, .events = POLLIN};
	}
	return n;
}

static void calls_ack(struct worker *worker)
{
	eventfd_t n_calls;

	if (worker->fds[0].revents)
		eventfd_read(worker->wake_fd, &n_calls);
	if (worker->fds[1].revents)
		mailbox_wake_ack(worker->packet_outs);
}

/* poll(2) and not epoll(7): a socket in an epoll set takes a lock for each packet that it has sent,
 * because that wakes who waits for room to write. */
static void sleep_until_packets(struct worker *worker)
{
	unsigned n;

	if (arm(worker))
		return;
	n = list_fds(worker);
	__atomic_add_fetch(&worker->sleep_seq, 1, __ATOMIC_SEQ_CST);
	rcu_sleep_begin();
	if (poll(worker->fds, n, sleep_ms(worker)) > 0)
		calls_ack(worker);
	rcu_sleep_end();
	__atomic_add_fetch(&worker->sleep_seq, 1, __ATOMIC_SEQ_CST);
}

/* On the stack of who waits for it. */
struct worker_call {
	void (*run)(struct worker *worker, void *ctx);
	void *ctx;
};

static void call_answer(struct worker *worker)
{
	const struct worker_call *call = __atomic_load_n(&worker->call, __ATOMIC_ACQUIRE);

	if (!call)
		return;
	call->run(worker, call->ctx);
	__atomic_store_n(&worker->call, NULL, __ATOMIC_RELEASE);
}

void worker_call(struct worker *worker, void (*run)(struct worker *worker, void *ctx), void *ctx)
{
	struct worker_call call = {run, ctx};

	if (!worker->is_started) {
		run(worker, ctx);
		return;
	}
	__atomic_store_n(&worker->call, &call, __ATOMIC_RELEASE);
	worker_wake(worker);
	while (__atomic_load_n(&worker->call, __ATOMIC_ACQUIRE))
		usleep(SLEEP_END_US);
}

static void limits_set(struct worker *worker, void *ctx)
{
	const struct worker_cache_limits *limits = ctx;
	const uint64_t ticks = (uint64_t)limits->max_idle_ms * CACHE_TICKS_PER_SEC / 1000;

	cache_set_limits(worker->cache, limits->max_entries, (uint32_t)ticks);
}

void worker_cache_set_limits(struct worker *worker, const struct worker_cache_limits *limits)
{
	struct worker_cache_limits copy = *limits;

	worker_call(worker, limits_set, &copy);
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	uint64_t busy_at = 0;

	rcu_reader_begin();
	while (!__atomic_load_n(&worker->is_stopping, __ATOMIC_ACQUIRE)) {
		if (worker_turn(worker))
			busy_at = worker->now;
		else if (worker->now - busy_at > WORKER_SPIN_NS)
			sleep_until_packets(worker);
		call_answer(worker);
		rcu_rest();
	}
	rcu_reader_end();
	return NULL;
}

int worker_start(struct worker *worker, const char *name)
{
	sigset_t all, before;
	int rc;

	/* Signals are the control thread's business: a new thread inherits the mask. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = -pthread_create(&worker->thread, NULL, worker_main, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc)
		return rc;
	pthread_setname_np(worker->thread, name);
	worker->is_started = true;
	return 0;
}

void worker_wake(struct worker *worker)
{
	eventfd_write(worker->wake_fd, 1);
}

void worker_end_sleep(struct worker *worker)
{
	unsigned seq = __atomic_load_n(&worker->sleep_seq, __ATOMIC_SEQ_CST);

	if (seq % 2 == 0)
		return;
	worker_wake(worker);
	while (__atomic_load_n(&worker->sleep_seq, __ATOMIC_SEQ_CST) == seq)
		usleep(SLEEP_END_US);
}

void worker_stop(struct worker *worker)
{
	if (!worker->is_started)
		return;
	__atomic_store_n(&worker->is_stopping, true, __ATOMIC_RELEASE);
	worker_wake(worker);
	pthread_join(worker->thread, NULL);
	worker->is_started = false;
}

static void entry_release(void *ctx, struct cache_entry *entry)
{
	struct worker *worker = ctx;

	actions_put(worker->actions, &entry->actions);
}

static int tables_new(struct worker *worker)
{
	const struct cache_config config = {
		.max_entries = WORKER_CACHE_ENTRIES,
		.max_idle = WORKER_CACHE_IDLE_MS * CACHE_TICKS_PER_SEC / 1000,
		.versions = worker->host->versions,
		.release = entry_release,
		.ctx = worker,
	};
	int rc = action_table_new(&worker->actions, worker->host->credits);

	return rc ? rc : cache_new(&worker->cache, &config);
}

int worker_new(struct worker **out, const struct path_host *host, const struct clock *clock,
	       struct frame_pool *pool)
{
	own(worker_free) struct worker *worker = NULL;
	int rc;

	if (posix_memalign((void **)&worker, 64, sizeof(*worker)))
		return -ENOMEM;
	memset(worker, 0, sizeof(*worker));
	worker->host = host;
	worker->clock = clock;
	worker->pool = pool;
	worker->wake_fd = -1;
	worker->tx_wait_ms = TX_WAIT_MIN_MS;
	/* Most of these pages are never touched. */
	worker->fds = calloc(2 + WORKER_MAX_QUEUES, sizeof(struct pollfd));
	worker->rxqs = calloc(WORKER_MAX_QUEUES, sizeof(struct rxq *));
	worker->links = calloc(WORKER_MAX_QUEUES, sizeof(struct tx_link *));
	worker->outputs = calloc(PORT_ID_MAX, sizeof(struct output *));
	worker->miss_buckets = calloc(PORT_ID_MAX, sizeof(struct bucket));
	worker->packet_in_buckets = calloc(PORT_ID_MAX, sizeof(struct bucket));
	worker->packet_in = calloc(1, sizeof(struct packet_in));
	worker->captured = calloc(1, sizeof(struct captured));
	worker->packet_out = calloc(1, sizeof(struct packet_out));
	worker->port_counts = calloc(PORT_ID_MAX, sizeof(struct port_counts));
	if (!worker->fds || !worker->rxqs || !worker->links || !worker->outputs ||
	    !worker->miss_buckets || !worker->packet_in_buckets || !worker->packet_in ||
	    !worker->captured || !worker->packet_out || !worker->port_counts)
		return -ENOMEM;
	rc = mailbox_new(&worker->packet_outs, sizeof(struct packet_out), PACKET_OUT_SLOTS);
	if (!rc)
		rc = tables_new(worker);
	if (rc)
		return rc;
	worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->wake_fd < 0)
		return -errno;
	*out = take_ptr(worker);
	return 0;
}

void worker_free(struct worker **p)
{
	struct worker *worker = *p;

	if (!worker)
		return;
	worker_stop(worker);
	fd_close(&worker->wake_fd);
	cache_free(&worker->cache);
	action_table_free(&worker->actions);
	free(worker->fds);
	free(worker->rxqs);
	free(worker->links);
	free(worker->outputs);
	free(worker->miss_buckets);
	free(worker->packet_in_buckets);
	free(worker->packet_in);
	free(worker->captured);
	free(worker->packet_out);
	mailbox_free(&worker->packet_outs);
	free(worker->port_counts);
	mem_free(p);
}
