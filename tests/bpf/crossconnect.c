/* The smallest thing that a port can be plugged into: whatever enters by one port leaves by the
 *other.
 *
 *	crossconnect INSTANCE DEVICE[:xdp|:skb|:internal] DEVICE[:...] [N-WORKERS]
 *
 * One thread is both the control thread and all workers in turn. Prints a line for each change of a
 * port's status, and on SIGTERM or SIGINT the counters.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <event2/event.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "packet/checksum.h"
#include "packet/frame.h"
#include "packet/parse.h"
#include "port/bpf_programs.h"
#include "port/pins.h"
#include "port/port.h"
#include "port/queue.h"

#define N_CHUNKS    8192
#define CHUNK_SIZE  4096
#define MAX_RXQS    256
#define MAX_TURNS   64
#define MAX_WORKERS 4

struct worker {
	struct frame_pool *pool;
	struct rxq *rxqs[MAX_RXQS];
	struct event *events[MAX_RXQS];
	struct txq *txqs[3]; /* by port: 1 and 2 */
	uint64_t n_received[3], n_unsent;
};

struct bench {
	struct event_base *base;
	struct event *flush;
	unsigned n_workers;
	struct worker workers[MAX_WORKERS];
};

static void checksums(struct frame *frames, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct packet_key key;
		struct packet_extra extra;
		struct packet_layout layout;

		if (!(frames[i].flags & FRAME_CSUM_PARTIAL))
			continue;
		packet_parse(&frames[i], &key, &extra, &layout);
		if (checksum_is_partial(&frames[i], &key, &layout))
			checksum_complete(&frames[i], &key, &layout);
	}
}

static void forward(struct worker *worker, struct frame *frame)
{
	unsigned to = 3u - frame->in_port;
	struct txq *txq = worker->txqs[to];

	worker->n_received[frame->in_port]++;
	if (txq) {
		txq->ops->send(txq, (uint16_t)to, frame, 1);
	} else {
		frame_free(frame);
		worker->n_unsent++;
	}
}

static void flush(struct bench *bench)
{
	const struct timeval soon = {.tv_usec = 1000};
	bool is_pending = false;

	for (unsigned i = 0; i < bench->n_workers * 2; i++) {
		struct txq *txq = bench->workers[i / 2].txqs[1 + i % 2];

		if (!txq)
			continue;
		txq->ops->flush(txq);
		is_pending |= txq->n_pending != 0;
	}
	if (is_pending)
		event_add(bench->flush, &soon);
}

static bool worker_turn(struct worker *worker)
{
	struct frame frames[QUEUE_BURST];
	bool had_packets = false;

	for (unsigned i = 0; i < MAX_RXQS; i++) {
		struct rxq *rxq = worker->rxqs[i];
		unsigned n = rxq ? rxq->ops->burst(rxq, frames, QUEUE_BURST) : 0;

		checksums(frames, n);
		for (unsigned f = 0; f < n; f++)
			forward(worker, &frames[f]);
		had_packets |= n > 0;
	}
	return had_packets;
}

static bool turn(struct bench *bench)
{
	bool had_packets = false;

	for (unsigned w = 0; w < bench->n_workers; w++)
		had_packets |= worker_turn(&bench->workers[w]);
	flush(bench);
	return had_packets;
}

static void ready(evutil_socket_t fd, short what, void *arg)
{
	struct bench *bench = arg;

	for (unsigned i = 0; i < MAX_TURNS && turn(bench); i++)
		;
	for (unsigned i = 0; i < bench->n_workers * MAX_RXQS; i++) {
		struct rxq *rxq = bench->workers[i / MAX_RXQS].rxqs[i % MAX_RXQS];

		if (rxq)
			rxq->ops->arm(rxq);
	}
}

static struct frame_pool *host_pool(void *ctx, unsigned worker)
{
	return ((struct bench *)ctx)->workers[worker].pool;
}

static int host_rxq_add(void *ctx, unsigned worker, struct rxq *rxq)
{
	struct bench *bench = ctx;
	struct worker *to = &bench->workers[worker];

	for (unsigned i = 0; i < MAX_RXQS; i++) {
		if (to->rxqs[i])
			continue;
		to->rxqs[i] = rxq;
		to->events[i] = event_new(bench->base, rxq->fd, EV_READ | EV_PERSIST, ready, bench);
		event_add(to->events[i], NULL);
		rxq->ops->arm(rxq);
		return 0;
	}
	return -ENOSPC;
}

static void host_rxq_del(void *ctx, unsigned worker, struct rxq *rxq)
{
	struct worker *from = &((struct bench *)ctx)->workers[worker];

	for (unsigned i = 0; i < MAX_RXQS; i++) {
		if (from->rxqs[i] != rxq)
			continue;
		event_free(from->events[i]);
		from->rxqs[i] = NULL;
	}
}

static void host_out_set(void *ctx, unsigned worker, uint16_t port, struct txq *txq)
{
	((struct bench *)ctx)->workers[worker].txqs[port] = txq;
}

static void print_status(struct port *port)
{
	struct port_status status;

	port_status(port, &status);
	printf("%s: %s%s%s%s%s%s link %s mtu %u\n", port_config(port)->name,
	       status.is_attached ? "attached " : "waiting", status.mode,
	       status.error[0] ? ": " : "", status.error, status.note[0] ? ": " : "", status.note,
	       status.is_link_up ? "up" : "down", status.mtu);
	fflush(stdout);
}

static void host_changed(void *ctx, struct port *port)
{
	print_status(port);
}

static void print_worker(const struct worker *worker, unsigned number)
{
	printf("worker %u: received %lu and %lu, unsent %lu, free chunks %u\n", number,
	       worker->n_received[1], worker->n_received[2], worker->n_unsent,
	       worker->pool->n_free);
}

static void print_counters(struct port_table *table, struct bench *bench)
{
	for (uint16_t id = 0; id <= 2; id++) {
		struct port_counters c = {0};
		struct drop_counters drops;
		struct port *port = port_by_id(table, id);

		if (port)
			port_counters(port, &c);
		port_drops(table, id, &drops);
		printf("port %u: device rx %lu tx %lu (dropped %lu), xsk dropped %lu full %lu empty "
		       "%lu",
		       id, c.rx_packets, c.tx_packets, c.tx_dropped, c.xsk_rx_dropped,
		       c.xsk_rx_ring_full, c.xsk_fill_empty);
		for (unsigned i = 0; i < N_DROP_REASONS; i++)
			if (drops.n[i])
				printf(", drop %u: %llu", i, drops.n[i]);
		printf("\n");
	}
	for (unsigned w = 0; w < bench->n_workers; w++)
		print_worker(&bench->workers[w], w);
}

static int plug(struct port_table *table, uint16_t id, char *arg)
{
	struct port_config config = {.type = PORT_SYSTEM};
	char *hook = strchr(arg, ':');
	struct err err = ERR_INIT;
	struct port *port;

	if (hook) {
		*hook++ = '\0';
		config.hook = !strcmp(hook, "xdp")   ? HOOK_XDP
			      : !strcmp(hook, "skb") ? HOOK_SKB
						     : HOOK_AUTO;
		config.type = !strcmp(hook, "internal") ? PORT_INTERNAL : PORT_SYSTEM;
	}
	snprintf(config.name, sizeof(config.name), "%s", arg);
	if (port_add(table, id, &config, &port, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	print_status(port);
	return 0;
}

static void stop(evutil_socket_t fd, short what, void *arg)
{
	event_base_loopbreak(((struct bench *)arg)->base);
}

static void flush_ready(evutil_socket_t fd, short what, void *arg)
{
	flush(arg);
}

static int run(struct bench *bench, char **argv)
{
	const struct port_host host = {
		.ctx = bench,
		.n_workers = bench->n_workers,
		.pool = host_pool,
		.rxq_add = host_rxq_add,
		.rxq_del = host_rxq_del,
		.out_set = host_out_set,
		.changed = host_changed,
	};
	struct event *term = evsignal_new(bench->base, SIGTERM, stop, bench);
	struct event *interrupt = evsignal_new(bench->base, SIGINT, stop, bench);
	struct port_table *table = NULL;
	char build[BPF_BUILD_NAME_SIZE];
	struct pins *pins = NULL;
	struct err err = ERR_INIT;
	int rc = 1;

	event_add(term, NULL);
	event_add(interrupt, NULL);
	bench->flush = event_new(bench->base, -1, 0, flush_ready, bench);
	bpf_build_name(build, KERNEL_FLOWS_DEFAULT);
	if (pins_open(&pins, argv[1], build, &err) ||
	    port_table_new(&table, bench->base, pins, &host, &err))
		fprintf(stderr, "%s\n", err.text);
	else
		rc = plug(table, 1, argv[2]) || plug(table, 2, argv[3]);
	if (!rc) {
		port_table_settle(table);
		event_base_dispatch(bench->base);
		print_counters(table, bench);
	}
	port_table_free(&table);
	if (pins)
		pins_clear(pins);
	pins_close(&pins);
	event_free(bench->flush);
	event_free(term);
	event_free(interrupt);
	return rc;
}

int main(int argc, char **argv)
{
	struct bench bench = {.n_workers = argc > 4 ? (unsigned)atoi(argv[4]) : 1};
	int rc;

	if (argc < 4 || !bench.n_workers || bench.n_workers > MAX_WORKERS) {
		fprintf(stderr, "usage: %s INSTANCE DEVICE[:HOOK] DEVICE[:HOOK] [N-WORKERS]\n",
			argv[0]);
		return 2;
	}
	hash_init();
	log_open(NULL);
	for (unsigned w = 0; w < bench.n_workers; w++)
		if (frame_pool_new(&bench.workers[w].pool, N_CHUNKS, CHUNK_SIZE))
			return 1;
	bench.base = event_base_new();
	rc = run(&bench, argv);
	event_base_free(bench.base);
	for (unsigned w = 0; w < bench.n_workers; w++)
		frame_pool_free(&bench.workers[w].pool);
	return rc;
}
