/* The entries over time: what they counted, those that nobody uses, and showing them. */
#include "base/counter.h"
#include "base/rcu.h"
#include "port/xdp_sets.h"
#include "switch/offload-state.h"

#define SWEEP_STRETCH 4096 /* places: some milliseconds */

/* Its packets are seen by nobody else: what they teach is taught here. */
static void refresh(struct offload *offload, uint32_t i)
{
	const struct path_host *host = offload->host;
	const struct path_view *view = rcu_load(host->view);
	struct translation *scratch = &offload->translation;
	struct version_deps deps;
	struct masked masked;

	offload_masked_of(offload, i, NULL, &masked);
	if (!view->masks[masked.key.packet.in_port])
		return;
	deps = scratch->deps;
	host->refresh(view, &masked.key, offload->now, scratch);
	learn(host, &offload->learned, offload->now, scratch);
	scratch->deps = deps; /* those of the entries that are decided about */
}

/* It keeps its set, or has found one by now. */
static void xdp_follow(struct offload *offload, uint32_t i)
{
	struct kernel_flow *flow = &offload->maps->flows[i];
	const uint16_t port = offload_xdp_port(offload, offload_ops_of(offload, i), flow->n_ops);

	if (flow->xdp_port != port)
		__atomic_store_n(&flow->xdp_port, port, __ATOMIC_RELAXED);
}

static void place_sweep(struct offload *offload, uint32_t i)
{
	struct place *place = &offload->places.place[i];
	const bool is_used = offload_entry_count(offload, i);

	if (place->state != PLACE_LIVE)
		return;
	if (is_used)
		place->since = offload->now;
	xdp_follow(offload, i);
	if (offload->now - place->since > offload->max_idle)
		offload_entry_remove(offload, i);
	else if (!offload_is_fresh(offload, i))
		offload_entry_renew(offload, i);
	else if (is_used)
		refresh(offload, i);
}

/* No more than there may be, if there were more before. */
static void evict(struct offload *offload)
{
	for (unsigned i = 0; i < OFFLOAD_BATCH && offload->places.n_live > offload->places.max_live;
	     i++) {
		offload_entry_remove(offload, places_victim(&offload->places, PORT_ID_NONE));
		counter_add(&offload->stats.n_evicted, 1);
	}
}

void offload_set_limits(struct offload *offload, uint32_t max_entries, uint64_t max_idle)
{
	if (!offload)
		return;
	offload_lock(offload);
	offload->places.max_live =
		max_entries < offload->places.n_max ? max_entries : offload->places.n_max;
	offload->max_idle = max_idle;
	pthread_mutex_unlock(&offload->lock);
}

/* It grows when it is nearly full, with at least a third of its slots in use. */
static void index_shrink(struct offload *offload)
{
	const struct slot_listener listener = offload_slot_listener(offload);
	const uint32_t n_slots = offload->maps->index_size->n_buckets * INDEX_BUCKET_SLOTS;

	if (offload->places.n_live + offload->places.n_standby < n_slots / 16)
		flow_index_shrink(offload->maps, &listener);
}

/* True: those were the last. */
static bool sweep_batch(struct offload *offload)
{
	const uint32_t first = offload->sweep_at + 1;
	bool is_last;

	offload_begin(offload);
	offload_ripen(offload);
	evict(offload);
	for (uint32_t i = first; i < first + OFFLOAD_BATCH && i <= offload->places.n_made; i++)
		if (offload->places.place[i].state != PLACE_UNUSED)
			place_sweep(offload, i);
	offload->sweep_at += OFFLOAD_BATCH;
	is_last = offload->sweep_at >= offload->places.n_made;
	offload_end(offload);
	return is_last;
}

bool offload_sweep(struct offload *offload)
{
	bool is_last = false;

	for (uint32_t n = 0; n < SWEEP_STRETCH && !is_last; n += OFFLOAD_BATCH)
		is_last = sweep_batch(offload);
	if (!is_last)
		return true;
	offload->sweep_at = 0;
	offload_lock(offload);
	index_shrink(offload);
	xdp_sets_turn(offload->maps->xdp_sets);
	pthread_mutex_unlock(&offload->lock);
	return false;
}

void offload_harvest(struct offload *offload)
{
	if (!offload)
		return;
	offload_lock(offload);
	for (uint32_t i = 1; i <= offload->places.n_made; i++) {
		struct place *place = &offload->places.place[i];

		if (place->state != PLACE_UNUSED && offload_entry_count(offload, i) &&
		    place->state == PLACE_LIVE)
			place->since = offload->now;
	}
	pthread_mutex_unlock(&offload->lock);
}

/* ---- showing ---- */

static void entry_show(struct offload *offload, uint32_t i,
		       void (*visit)(void *ctx, const struct offload_entry *entry), void *ctx)
{
	const struct place *place = &offload->places.place[i];
	const struct kernel_flow *flow = &offload->maps->flows[i];
	struct kernel_count count;
	struct kernel_key key;

	flow_maps_key(offload->maps, i, &key);
	flow_maps_count(offload->maps, i, &count);
	visit(ctx, &(struct offload_entry){
			   .key = &key,
			   .ops = offload_ops_of(offload, i),
			   .n_ops = flow->n_ops,
			   .n_packets = count.n_packets,
			   .n_bytes = count.n_bytes,
			   .age = offload->now - place->made_at,
			   .idle = offload->now - place->since,
		   });
}

bool offload_visit(struct offload *offload, uint32_t *cursor, uint32_t budget,
		   void (*visit)(void *ctx, const struct offload_entry *entry), void *ctx)
{
	uint32_t first = *cursor + 1;
	bool has_more;

	offload_lock(offload);
	for (uint32_t i = first; i < first + budget && i <= offload->places.n_made; i++)
		if (offload->places.place[i].state == PLACE_LIVE)
			entry_show(offload, i, visit, ctx);
	has_more = first + budget <= offload->places.n_made;
	pthread_mutex_unlock(&offload->lock);
	*cursor += budget;
	return has_more;
}

bool offload_is_full_without(struct offload *offload, uint16_t mask, const struct packet_key *key)
{
	struct kernel_key packed = {.mask = mask};
	bool is_without;

	memcpy(packed.word, key->word, sizeof(packed.word));
	offload_lock(offload);
	is_without = offload->places.n_live >= offload->places.max_live &&
		     flow_index_find(offload->maps, &packed) == FLOW_SLOT_NONE;
	pthread_mutex_unlock(&offload->lock);
	return is_without;
}
