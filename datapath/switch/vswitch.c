#include "switch/vswitch.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/counter.h"
#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "base/rcu.h"
#include "flow/cache.h"
#include "flow/ledger.h"
#include "packet/frame.h"
#include "path/worker.h"
#include "port/bpf_programs.h"
#include "port/flow_maps.h"
#include "port/pins.h"
#include "switch/adopt.h"
#include "switch/bridge.h"
#include "switch/capture.h"
#include "switch/flow_store.h"
#include "switch/learn.h"
#include "switch/offload.h"
#include "switch/order.h"
#include "switch/packet_in.h"
#include "switch/packet_out.h"
#include "switch/revalidator.h"
#include "switch/snapshot.h"
#include "switch/translate.h"

#define POOL_CHUNKS         8192 /* AF_XDP pins all of it: 32 MiB a worker */
#define POOL_CHUNK_SIZE     4096
#define JUMBO_CHUNKS        256 /* a burst, and copies of it */
#define WORKERS_DEFAULT_MAX 4

static unsigned workers_default(void)
{
	long n_cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (n_cores <= 2)
		return 1;
	return n_cores / 2 < WORKERS_DEFAULT_MAX ? (unsigned)n_cores / 2 : WORKERS_DEFAULT_MAX;
}

/* ---- the floor that port/ stands under ---- */

static struct frame_pool *host_pool(void *ctx, unsigned worker)
{
	struct vswitch *sw = ctx;

	return sw->pools[worker];
}

static int host_rxq_add(void *ctx, unsigned worker, struct rxq *rxq)
{
	struct vswitch *sw = ctx;

	return worker_rxq_add(sw->workers[worker], rxq);
}

static void host_rxq_del(void *ctx, unsigned worker, struct rxq *rxq)
{
	struct vswitch *sw = ctx;

	worker_rxq_del(sw->workers[worker], rxq);
}

static void host_out_set(void *ctx, unsigned worker, uint16_t port, struct txq *txq)
{
	struct vswitch *sw = ctx;
	uint32_t max_len = sw->ports[port]->max_len;
	int rc = worker_output_set(sw->workers[worker], port, txq, max_len ? max_len : UINT32_MAX);

	if (rc)
		log_error("switch", "port number %u: no transmit queue for worker %u: %s", port,
			  worker, strerror(-rc));
}

static void host_changed(void *ctx, struct port *device)
{
	struct vswitch *sw = ctx;
	struct bridge_port *port = sw->ports[port_id(device)];

	if (!port)
		return;
	bridge_port_changed(port);
	if (sw->options.changed)
		sw->options.changed(sw->options.ctx, port);
}

/* ---- life ---- */

static int workers_new(struct vswitch *sw)
{
	for (unsigned i = 0; i < sw->n_workers; i++) {
		int rc = frame_pool_new(&sw->pools[i], POOL_CHUNKS, POOL_CHUNK_SIZE);

		if (!rc)
			rc = frame_pool_add_jumbo(sw->pools[i], JUMBO_CHUNKS);
		if (!rc)
			rc = worker_new(&sw->workers[i], &sw->path_host, sw->options.clock,
					sw->pools[i]);
		if (rc)
			return rc;
	}
	return 0;
}

static int threads_start(struct vswitch *sw)
{
	int rc = revalidator_start(sw->revalidator);

	for (unsigned i = 0; !rc && i < sw->n_workers; i++) {
		char name[16];

		snprintf(name, sizeof(name), "worker%hhu", (uint8_t)i);
		rc = worker_start(sw->workers[i], name);
	}
	return rc;
}

static int pins_take(struct vswitch *sw, struct err *err)
{
	char build[BPF_BUILD_NAME_SIZE];
	int rc;

	bpf_build_name(build, sw->options.n_kernel_flows);
	rc = pins_open(&sw->pins, sw->options.instance, build, err);
	if (!rc && sw->options.run_dir)
		pins_home_set(sw->pins, sw->options.run_dir);
	/* Should we fail to start, what is there goes on. */
	sw->is_left = !rc && (pins_has_set(sw->pins) || pins_has_others(sw->pins));
	return rc;
}

/* They live with the flow maps, for the programs to see; without those, by themselves. */
static int versions_new(struct vswitch *sw)
{
	int rc = sw->pins ? flow_maps_new(&sw->flow_maps, sw->pins, sw->options.n_kernel_flows)
			  : -ENOTSUP;

	if (rc && rc != -ENOTSUP)
		log_warn("switch", "no flow cache in the kernel: %s", strerror(-rc));
	sw->versions = rc ? calloc(1, sizeof(*sw->versions)) : sw->flow_maps->versions;
	return sw->versions ? 0 : -ENOMEM;
}

/* Without it the switch works, but what flows have counted when it is killed is as old as the state file. */
static void ledger_start(struct vswitch *sw)
{
	const char *path = sw->options.ledger;
	int rc = path ? ledger_open(&sw->ledger, path) : 0;

	if (rc)
		log_warn("switch", "%s: %s: flows will not count exactly over a kill", path,
			 strerror(-rc));
	sw->options.ledger = NULL;
}

/* What is looked up and counted. */
static int tables_new(struct vswitch *sw)
{
	int rc;

	sw->snapshot = calloc(1, sizeof(*sw->snapshot));
	sw->spare = calloc(1, sizeof(*sw->spare));
	rc = versions_new(sw);
	if (rc)
		return rc;
	if (!sw->snapshot || !sw->spare || meter_rows_init(&sw->meter_rows, sw->flow_maps))
		return -ENOMEM;
	rc = learn_start(sw);
	if (rc)
		return rc;
	ledger_start(sw);
	rc = credit_book_new(&sw->credits, sw->ledger);
	if (rc)
		return rc;
	return mask_table_new(&sw->masks);
}

/* What takes from the workers what is not theirs to do. */
static int helpers_new(struct vswitch *sw, struct event_base *base)
{
	int rc = revalidator_new(&sw->revalidator, sw);

	if (!rc)
		rc = packet_ins_new(&sw->packet_ins, sw, base);
	if (!rc)
		rc = captures_new(&sw->captures, sw, base);
	if (!rc)
		rc = packet_outs_new(&sw->packet_outs);
	return rc;
}

/* The kernel's cache, with what an earlier daemon has left in it. */
static int fast_path_new(struct vswitch *sw)
{
	int rc = 0;

	if (sw->flow_maps && !sw->options.no_fast_path)
		rc = offload_new(&sw->offload, sw->flow_maps, &sw->path_host, sw->credits,
				 sw->options.clock);
	if (rc)
		return rc;
	offload_set_limits(sw->offload, VSWITCH_FLOW_LIMIT, VSWITCH_MAX_IDLE_MS * CLOCK_NS_PER_MS);
	return adopt_begin(sw);
}

static void hosts_fill(struct vswitch *sw)
{
	sw->path_host = (struct path_host){
		.versions = sw->versions,
		.credits = sw->credits,
		.learned = revalidator_mailbox(sw->revalidator),
		.flows = sw->learned_flows,
		.offers = sw->offload ? offload_mailbox(sw->offload) : NULL,
		.packet_ins = packet_ins_mailbox(sw->packet_ins),
		.packet_in_rate = PACKET_IN_RATE,
		.captures = captures_mailbox(sw->captures),
		.translate = translate,
		.refresh = translate_refresh,
		.meters = sw->meter_rows.meters,
		.meter_bands = sw->meter_rows.bands,
		.view = &sw->snapshot->path,
	};
	sw->port_host = (struct port_host){
		.ctx = sw,
		.n_workers = sw->n_workers,
		.pool = host_pool,
		.rxq_add = host_rxq_add,
		.rxq_del = host_rxq_del,
		.out_set = host_out_set,
		.changed = host_changed,
	};
}

static int parts_new(struct vswitch *sw, struct event_base *base)
{
	int rc = tables_new(sw);

	if (!rc)
		rc = helpers_new(sw, base);
	if (!rc)
		rc = fast_path_new(sw);
	if (rc)
		return rc;
	hosts_fill(sw);
	rc = workers_new(sw);
	if (rc)
		return rc;
	return sw->options.no_threads ? 0 : threads_start(sw);
}

/* Returns when to look again. */
static uint64_t expire(struct vswitch *sw, uint64_t now)
{
	struct bridge *bridge, *next;
	uint64_t due = UINT64_MAX;

	HASH_ITER (hh, sw->bridges, bridge, next) {
		const uint64_t next_due = flows_expire(bridge, now);

		if (next_due < due)
			due = next_due;
	}
	return due;
}

/* Timeouts are seconds: a flow that is added before the next tick is not due before that. Between two looks there is
 * ten times as long as one takes. */
static void expire_cb(evutil_socket_t fd, short what, void *ctx)
{
	enum { PAUSE_MIN = 10000000 };
	struct vswitch *sw = ctx;
	const uint64_t begin = clock_now(sw->options.clock), due = expire(sw, begin);
	const uint64_t now = clock_now(sw->options.clock), took = 10 * (now - begin);
	const uint64_t pause = took > PAUSE_MIN ? took : PAUSE_MIN;
	const uint64_t wait = due > now + pause ? due - now : pause;
	const struct timeval after = {.tv_usec = (suseconds_t)(wait / 1000 + 1)};

	if (due != UINT64_MAX && wait < CLOCK_NS_PER_SEC - 1000)
		event_add(sw->expiry, &after);
}

static void tick(struct vswitch *sw)
{
	const uint64_t now = clock_now(sw->options.clock);
	struct bridge *bridge, *next;

	HASH_ITER (hh, sw->bridges, bridge, next) {
		bridge_orders_tick(bridge, now);
		flows_tick(bridge);
	}
}

void vswitch_tick(struct vswitch *sw)
{
	expire(sw, clock_now(sw->options.clock));
	tick(sw);
}

static void tick_cb(evutil_socket_t fd, short what, void *ctx)
{
	expire_cb(fd, what, ctx);
	tick(ctx);
}

static int ticker_new(struct vswitch *sw, struct event_base *base)
{
	const struct timeval second = {.tv_sec = 1};

	if (!base)
		return 0;
	sw->expiry = evtimer_new(base, expire_cb, sw);
	sw->ticker = event_new(base, -1, EV_PERSIST, tick_cb, sw);
	if (!sw->expiry || !sw->ticker || event_add(sw->ticker, &second))
		return -ENOMEM;
	return 0;
}

int vswitch_new(struct vswitch **out, const struct vswitch_options *options,
		struct event_base *base, struct err *err)
{
	own(vswitch_free) struct vswitch *sw = calloc(1, sizeof(*sw));
	int rc;

	if (!sw)
		return err_set(err, ENOMEM, "switch: out of memory");
	rcu_reader_begin();
	rcu_sleep_begin();
	pthread_mutex_init(&sw->fdb_lock, NULL);
	sw->options = *options;
	sw->options.n_kernel_flows = options->n_kernel_flows ?: KERNEL_FLOWS_DEFAULT;
	if (options->n_workers > WORKERS_MAX)
		return err_set(err, EINVAL, "switch: %u workers are too many: use 1 to %d",
			       options->n_workers, WORKERS_MAX);
	sw->n_workers = options->n_workers ? options->n_workers : workers_default();
	if (!options->no_devices) {
		rc = pins_take(sw, err);
		if (rc)
			return rc;
	}
	rc = parts_new(sw, base);
	if (!rc)
		rc = ticker_new(sw, base);
	if (!rc)
		rc = learn_listen(sw, base);
	if (rc)
		return err_set(err, -rc, "switch: cannot start its workers: %s", strerror(-rc));
	if (!options->no_devices)
		rc = port_table_new(&sw->port_table, base, sw->pins, &sw->port_host, err);
	if (rc)
		return rc;
	if (sw->port_table)
		adopt_numbers(sw);
	*out = take_ptr(sw);
	return 0;
}

void vswitch_free(struct vswitch **p)
{
	struct vswitch *sw = *p;
	struct bridge *bridge, *next;

	if (!sw)
		return;
	if (sw->expiry)
		event_free(sw->expiry);
	if (sw->ticker)
		event_free(sw->ticker);
	if (sw->is_left)
		ledger_keep(sw->ledger);
	HASH_ITER (hh, sw->bridges, bridge, next) {
		struct bridge *gone = bridge;

		bridge_del(&gone);
	}
	if (sw->port_table)
		port_table_free(&sw->port_table);
	for (unsigned i = 0; i < sw->n_workers; i++) {
		worker_free(&sw->workers[i]);
		frame_pool_free(&sw->pools[i]);
	}
	revalidator_free(&sw->revalidator);
	packet_ins_free(&sw->packet_ins);
	captures_free(&sw->captures);
	packet_outs_free(&sw->packet_outs);
	free(sw->snapshot);
	free(sw->spare);
	if (!sw->flow_maps)
		free(sw->versions);
	mask_table_free(&sw->masks);
	offload_free(&sw->offload);
	meter_rows_fini(&sw->meter_rows);
	flow_maps_free(&sw->flow_maps);
	credit_book_free(&sw->credits);
	ledger_close(&sw->ledger);
	mem_free(&sw->adopted_masks);
	if (sw->pins && !sw->is_left)
		pins_clear(sw->pins);
	pins_close(&sw->pins);
	learn_stop(sw);
	pthread_mutex_destroy(&sw->fdb_lock);
	rcu_reader_end();
	mem_free(p);
}

void vswitch_set(struct vswitch *sw, const struct vswitch_config *config)
{
	const uint32_t most = config->flow_limit ? config->flow_limit : 1;
	const struct worker_cache_limits limits = {
		.max_entries = most > WORKER_CACHE_ENTRIES ? WORKER_CACHE_ENTRIES : most,
		.max_idle_ms = config->max_idle_ms,
	};

	for (unsigned i = 0; i < sw->n_workers; i++)
		worker_cache_set_limits(sw->workers[i], &limits);
	offload_set_limits(sw->offload, config->flow_limit, config->max_idle_ms * CLOCK_NS_PER_MS);
}

void vswitch_packet_in_rate(struct vswitch *sw, uint32_t rate)
{
	__atomic_store_n(&sw->path_host.packet_in_rate,
			 rate > PACKET_IN_RATE ? rate : PACKET_IN_RATE, __ATOMIC_RELAXED);
}

static void kernel_cache_stats(const struct vswitch *sw, struct cache_stats *out)
{
	struct offload_stats stats;

	offload_stats(sw->offload, &stats);
	out->n_kernel_entries = (uint32_t)stats.n_entries;
	out->n_kernel_standby = (uint32_t)stats.n_standby;
	out->n_kernel_full = stats.n_full;
	out->n_kernel_stale = offload_count_stale(sw->offload);
	for (unsigned port = 0; port < PORT_ID_MAX; port++) {
		struct kernel_port_count count;

		flow_maps_port_count(sw->flow_maps, (uint16_t)port, &count);
		out->n_kernel_packets += count.rx_packets;
	}
}

void vswitch_cache_stats(const struct vswitch *sw, struct cache_stats *out)
{
	*out = (struct cache_stats){.n_masks = mask_table_n_used(sw->masks)};
	for (unsigned i = 0; i < sw->n_workers; i++) {
		const struct worker *worker = sw->workers[i];
		struct cache_counters cache;

		cache_counters_read(worker->cache, &cache);
		out->n_hit += counter_get(&worker->counts.n_hit);
		out->n_miss += counter_get(&worker->counts.n_miss);
		out->n_stale += counter_get(&worker->counts.n_stale);
		out->n_full += counter_get(&worker->counts.n_full);
		out->n_evicted += cache.n_evicted;
		out->n_expired += cache.n_expired;
		out->n_entries += (uint32_t)cache.n_entries;
	}
	if (sw->offload)
		kernel_cache_stats(sw, out);
}

unsigned vswitch_n_workers(const struct vswitch *sw)
{
	return sw->n_workers;
}
