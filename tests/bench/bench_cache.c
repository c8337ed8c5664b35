/* What parse + key + hash + look-up cost per packet, and inserts: prints nanoseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/hash.h"
#include "flow/action.h"
#include "flow/cache.h"
#include "packet/frame.h"
#include "packet/header.h"

#define N_FRAMES 64
#define BURST    32
#define ROUNDS   7

static struct versions versions;
static struct action_table *action_table;
static struct flow_actions *drop;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts); /* others may want the core */
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void release(void *ctx, struct cache_entry *entry)
{
	(void)ctx;
	entry->actions = NULL;
}

static void check(int rc, const char *what)
{
	if (!rc)
		return;
	fprintf(stderr, "bench_cache: %s: error %d\n", what, -rc);
	exit(1);
}

/* 64-byte UDP; flow n differs in source MAC and port. */
static void packet_init(struct frame *frame, uint32_t flow)
{
	struct {
		struct eth_header eth;
		struct ipv4_header ip;
		struct udp_header udp;
	} WIRE *p = (void *)frame->data;

	frame->len = 60;
	frame->in_port = 1 + flow % 8;
	memset(p, 0, frame->len);
	p->eth.dst = eth_addr_from_u64(0x020000000001);
	p->eth.src = eth_addr_from_u64(0x040000000000 + flow);
	p->eth.type = to_be16(ETH_TYPE_IPV4);
	p->ip.version_ihl = 0x45;
	p->ip.total_len = to_be16(46);
	p->ip.ttl = 64;
	p->ip.proto = IP_PROTO_UDP;
	p->ip.src = to_be32(0x0a000000 + flow);
	p->ip.dst = to_be32(0x0b000001);
	p->udp.src = to_be16((uint16_t)flow);
	p->udp.dst = to_be16(53);
	p->udp.len = to_be16(26);
}

static const struct flow_mask *mask_make(struct mask_table *masks, unsigned n_words)
{
	const struct flow_mask *mask = NULL;
	struct flow_key bits = {0};

	memset(bits.word, 0xff, n_words * sizeof(uint64_t));
	check(mask_get(masks, &bits, &mask), "mask");
	return mask;
}

static void insert(struct cache *cache, struct flow_key *key, const struct flow_mask *mask)
{
	struct cache_query query = {.key = key, .mask = mask};
	struct version_deps deps;

	version_deps_begin(&deps, &versions);
	version_deps_add(&deps, version_index(key->word[1]));
	version_deps_add(&deps, version_index(key->word[2]));
	cache_lookup(cache, &query, 1);
	if (!query.entry)
		cache_insert(cache, &query, version_deps_stamp(&deps), drop, 0);
}

struct run {
	struct frame_pool *pool;
	struct cache *cache;
	const struct flow_mask *mask;
	uint32_t n_flows;
	struct flow_key key[BURST];
	struct cache_query query[BURST];
	struct packet_layout layout;
};

static void fill(struct run *run)
{
	static struct flow_key key;
	struct frame frame = {0};
	const uint64_t start = now_ns();

	check(frame_alloc(run->pool, &frame), "frame");
	for (uint32_t i = 0; i < run->n_flows; i++) {
		packet_init(&frame, i);
		packet_parse(&frame, &key.packet, &key.extra, &run->layout);
		insert(run->cache, &key, run->mask);
	}
	frame_free(&frame);
	printf("  fill      %7.1f ns\n", (double)(now_ns() - start) / run->n_flows);
}

/* Looks up each burst of packets; flows in an order that no prefetcher guesses. Returns ns. */
static uint64_t look_up(struct run *run, struct frame *frame, uint32_t n_packets, bool with_parse)
{
	uint32_t flow = 1, n_missed = 0;
	const uint64_t start = now_ns();

	for (uint32_t done = 0; done < n_packets; done += BURST) {
		for (unsigned i = 0; i < BURST; i++) {
			struct frame *f = &frame[(done + i) % N_FRAMES];

			if (!with_parse || run->n_flows > 1) { /* make the frame of another flow */
				flow = flow * 1664525 + 1013904223;
				const uint32_t n = (uint32_t)((uint64_t)flow * run->n_flows >> 32);
				f->data[11] = (uint8_t)n, f->data[10] = (uint8_t)(n >> 8);
				f->data[9] = (uint8_t)(n >> 16);
				f->data[29] = f->data[11], f->data[28] = f->data[10];
				f->data[27] = f->data[9];
				f->data[34] = (uint8_t)(n >> 8), f->data[35] = (uint8_t)n;
				f->in_port = 1 + n % 8;
			}
			packet_parse(f, &run->key[i].packet, &run->key[i].extra, &run->layout);
			run->query[i].key = &run->key[i];
			run->query[i].mask = run->mask;
		}
		if (!with_parse)
			continue;
		cache_lookup(run->cache, run->query, BURST);
		for (unsigned i = 0; i < BURST; i++) {
			if (run->query[i].entry)
				cache_hit(run->query[i].entry, 1, 60, 1);
			else
				n_missed++;
		}
	}
	if (n_missed)
		printf("  %u missed\n", n_missed);
	return now_ns() - start;
}

static int ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(struct run *run)
{
	const uint32_t n_packets = 1 << 20;
	struct frame frame[N_FRAMES] = {0};
	double all[ROUNDS], parse_only[ROUNDS];

	for (uint32_t i = 0; i < N_FRAMES; i++) {
		check(frame_alloc(run->pool, &frame[i]), "frame");
		packet_init(&frame[i], 0);
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		parse_only[i] = (double)look_up(run, frame, n_packets, false) / n_packets;
		all[i] = (double)look_up(run, frame, n_packets, true) / n_packets;
	}
	qsort(all, ROUNDS, sizeof(*all), ascending);
	qsort(parse_only, ROUNDS, sizeof(*parse_only), ascending);
	printf("  parse     %7.1f ns\n", parse_only[ROUNDS / 2]);
	printf("  parse + look-up + count %7.1f ns (%.1f to %.1f)\n", all[ROUNDS / 2], all[0],
	       all[ROUNDS - 1]);
	for (uint32_t i = 0; i < N_FRAMES; i++)
		frame_free(&frame[i]);
}

int main(void)
{
	static const uint32_t n_flows[] = {1, 1000, 100000, 1000000};
	static const unsigned n_words[] = {3, PACKET_KEY_IPV4_WORDS};
	const struct cache_config config = {.max_entries = 1 << 20,
					    .max_idle = 10000,
					    .versions = &versions,
					    .release = release};
	const struct flow_op op = flow_op_drop(1);
	struct mask_table *masks = NULL;
	static struct run run;

	hash_init();
	check(mask_table_new(&masks), "masks");
	check(action_table_new(&action_table, NULL), "actions");
	check(actions_get(action_table, &op, 1, NULL, &drop), "actions");
	check(frame_pool_new(&run.pool, 2 * N_FRAMES, 2048), "pool");
	for (unsigned w = 0; w < 2; w++) {
		run.mask = mask_make(masks, n_words[w]);
		for (unsigned i = 0; i < sizeof(n_flows) / sizeof(*n_flows); i++) {
			check(cache_new(&run.cache, &config), "cache");
			run.n_flows = n_flows[i];
			printf("%u words, %u flows\n", n_words[w], run.n_flows);
			fill(&run);
			measure(&run);
			cache_free(&run.cache);
		}
	}
	frame_pool_free(&run.pool);
	action_table_free(&action_table);
	mask_table_free(&masks);
	return 0;
}
