/* What forwarding a packet costs by itself: parse, key, cache, execute. No kernel, no sockets: the
 * rx queue writes addresses into packets that lie in memory, the tx queue gives the buffers back.
 * Prints nanoseconds per packet, the median of several runs, for several numbers of flows.
 *
 *	bench_forward [PACKETS-PER-RUN]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mailbox.h"
#include "packet/frame.h"
#include "path/worker.h"
#include "port/queue.h"
#include "switch/bridge.h"
#include "switch/revalidator.h"

#define N_RUNS 7

/* 64 bytes on the wire: Ethernet, IPv4, TCP, padding; without the checksum at the end. */
static const uint8_t template[60] = {
	[12] = 0x08, [14] = 0x45, [17] = 40,   [22] = 64,   [23] = 6,
	[26] = 10,   [29] = 1,    [30] = 10,   [33] = 2,    [34] = 0x80,
	[36] = 0x01, [37] = 0xbb, [46] = 0x50, [47] = 0x10, [48] = 0xff,
};

struct addresses {
	uint8_t dst[6];
	uint8_t src[6];
};

struct source {
	struct rxq rxq;
	const struct addresses *flows;
	uint32_t n_flows;
	uint32_t next;
};

static unsigned source_burst(struct rxq *rxq, struct frame *frames, unsigned max)
{
	struct source *source = (struct source *)rxq;

	for (unsigned i = 0; i < max; i++) {
		if (frame_alloc(rxq->pool, &frames[i]))
			return i;
		memcpy(frames[i].data, &source->flows[source->next], sizeof(struct addresses));
		frames[i].len = sizeof(template);
		frames[i].in_port = rxq->port;
		if (++source->next == source->n_flows)
			source->next = 0;
	}
	return max;
}

static bool source_arm(struct rxq *rxq)
{
	return true;
}

static unsigned sink_send(struct txq *txq, uint16_t port, const struct frame *frames, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		frame_free(&frames[i]);
	return n;
}

static void sink_flush(struct txq *txq)
{
}

static const struct rxq_ops source_ops = {.burst = source_burst, .arm = source_arm};
static const struct txq_ops sink_ops = {.send = sink_send, .flush = sink_flush};

static void check(int rc, const struct err *err)
{
	if (!rc)
		return;
	fprintf(stderr, "bench_forward: %s\n", err->text);
	exit(1);
}

static void mac_set(uint8_t mac[6], uint8_t side, uint32_t number)
{
	memcpy(mac,
	       (uint8_t[]){2, side, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
			   (uint8_t)(number >> 8), (uint8_t)number},
	       6);
}

/* `n` flows between about sqrt(n) hosts on each side, in an order that is no order. */
static struct addresses *flows_new(uint32_t n)
{
	struct addresses *flows = calloc(n, sizeof(*flows));
	uint32_t n_hosts = 1;

	if (!flows)
		abort();
	while (n_hosts * n_hosts < n)
		n_hosts++;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t flow = (uint32_t)((uint64_t)i * 2654435761u % n);

		mac_set(flows[i].src, 1, flow / n_hosts);
		mac_set(flows[i].dst, 2, flow % n_hosts);
	}
	return flows;
}

/* The switch's clock is a manual one that follows the real one, but ahead of it by what the
 * warm-up has skipped. */
struct bench {
	struct clock clock;
	uint64_t ahead_ns;
	struct vswitch *sw;
	struct bridge_port *port[2];
	struct source source;
	struct txq sink;
};

static void bench_init(struct bench *bench)
{
	const struct bridge_config config = {.mac_table_size = 1 << 16, .mac_aging_s = 300};
	const struct vswitch_options options = {
		.instance = "bench",
		.n_workers = 1,
		.clock = &bench->clock,
		.no_devices = true,
		.no_threads = true,
	};
	struct err err = ERR_INIT;
	struct bridge *bridge;
	struct frame frame;

	check(vswitch_new(&bench->sw, &options, NULL, &err), &err);
	check(bridge_add(bench->sw, "br", &config, &bridge, &err), &err);
	for (unsigned i = 0; i < 2; i++) {
		struct bridge_port_config port = {
			.port = {.type = PORT_FAKE, .mtu_request = 1500},
			.tag = VLAN_NONE,
		};

		snprintf(port.port.name, sizeof(port.port.name), "p%u", i);
		check(bridge_port_add(bridge, &port, &bench->port[i], &err), &err);
	}
	for (struct frame_pool *pool = bench->sw->pools[0]; !frame_alloc(pool, &frame);)
		memcpy(frame.data, template, sizeof(template));
	bench->sw->pools[0]->n_free = bench->sw->pools[0]->n_chunks;
	bench->source.rxq = (struct rxq){
		.ops = &source_ops,
		.pool = bench->sw->pools[0],
		.fd = -1,
		.port = bench->port[0]->id,
	};
	bench->sink = (struct txq){.ops = &sink_ops, .pool = bench->sw->pools[0]};
	worker_output_set(bench->sw->workers[0], bench->port[1]->id, &bench->sink, 1518);
}

/* The hosts on the other side answer once, so that they are known. */
static void learn_answers(struct bench *bench)
{
	struct source *source = &bench->source;
	struct vswitch *sw = bench->sw;

	for (uint32_t i = 0; i < source->n_flows; i++) {
		struct path_learned learned = {.port = bench->port[1]->id};

		memcpy(&learned.mac, source->flows[i].dst, 6);
		mailbox_send(revalidator_mailbox(sw->revalidator), &learned);
		learned.port = bench->port[0]->id;
		memcpy(&learned.mac, source->flows[i].src, 6);
		mailbox_send(revalidator_mailbox(sw->revalidator), &learned);
		revalidator_turn(sw->revalidator);
	}
}

static double turn_ns(struct bench *bench, uint64_t n_packets)
{
	const struct clock real = {.is_manual = false};
	uint64_t before = clock_now(&real);

	for (uint64_t i = 0; i < n_packets; i += QUEUE_BURST) {
		bench->clock.manual_ns = bench->ahead_ns + clock_now(&real);
		worker_turn(bench->sw->workers[0]);
	}
	return (double)(clock_now(&real) - before) / (double)n_packets;
}

/* What source and sink cost without a switch between them. */
static double bare_ns(struct bench *bench, uint64_t n_packets)
{
	const struct clock real = {.is_manual = false};
	uint64_t before = clock_now(&real);
	struct frame frames[QUEUE_BURST];

	for (uint64_t i = 0; i < n_packets; i += QUEUE_BURST) {
		unsigned n = source_burst(&bench->source.rxq, frames, QUEUE_BURST);

		sink_send(&bench->sink, bench->port[1]->id, frames, n);
	}
	return (double)(clock_now(&real) - before) / (double)n_packets;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void run(struct bench *bench, uint32_t n_flows, uint64_t n_packets)
{
	struct addresses *flows = flows_new(n_flows);
	double turn[N_RUNS], bare[N_RUNS];
	struct bridge_port_status status;

	bench->source.flows = flows;
	bench->source.n_flows = n_flows;
	bench->source.next = 0;
	learn_answers(bench);
	worker_rxq_add(bench->sw->workers[0], &bench->source.rxq);
	/* Misses are limited by time, which goes by here. */
	for (uint32_t i = 0; i < 2 * n_flows; i += QUEUE_BURST) {
		bench->ahead_ns += CLOCK_NS_PER_MS;
		turn_ns(bench, QUEUE_BURST);
	}
	for (unsigned i = 0; i < N_RUNS; i++) {
		turn[i] = turn_ns(bench, n_packets);
		bare[i] = bare_ns(bench, n_packets);
	}
	worker_rxq_del(bench->sw->workers[0], &bench->source.rxq);
	qsort(turn, N_RUNS, sizeof(double), compare);
	qsort(bare, N_RUNS, sizeof(double), compare);
	bridge_port_status(bench->port[1], &status);
	printf("%8u %14.1f %14.1f %14.1f %14" PRIu64 "\n", n_flows,
	       turn[N_RUNS / 2] - bare[N_RUNS / 2], turn[N_RUNS / 2], bare[N_RUNS / 2],
	       status.tx_packets);
	free(flows);
}

int main(int argc, char **argv)
{
	uint64_t n_packets = argc > 1 ? strtoull(argv[1], NULL, 0) : 4000000;
	struct bench bench = {.clock = {.is_manual = true, .manual_ns = CLOCK_NS_PER_SEC}};

	hash_init();
	bench_init(&bench);
	printf("%8s %14s %14s %14s %14s\n", "flows", "forwarding ns", "all ns", "bare ns",
	       "forwarded");
	run(&bench, 1, n_packets);
	run(&bench, 1000, n_packets);
	run(&bench, 100000, n_packets);
	run(&bench, 1000000, n_packets);
	vswitch_free(&bench.sw);
	return 0;
}
