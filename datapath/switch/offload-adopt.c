/* What an earlier daemon left in the maps: its entries become ours, and what they counted is counted. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/rcu.h"
#include "flow/credit.h"
#include "flow/version.h"
#include "port/xdp_sets.h"
#include "switch/offload-state.h"

/* An entry in this slot that a program may still find, and that holds. */
static bool is_adoptable(const struct offload *offload, uint32_t slot, uint32_t i)
{
	const struct kernel_flow *flow = &offload->maps->flows[i];
	struct kernel_key key;

	flow_maps_key(offload->maps, i, &key);
	return flow->packet_class <= CLASS_STANDBY && offload_is_fresh(offload, i) &&
	       flow_index_find(offload->maps, &key) == slot;
}

static int entry_adopt(struct offload *offload, uint32_t slot, uint32_t i)
{
	const struct kernel_flow *flow = &offload->maps->flows[i];
	struct masked masked;
	uint16_t in_port;
	int rc;

	if (i >= offload->maps->n_places || !is_adoptable(offload, slot, i))
		return -EINVAL;
	offload_masked_of(offload, i, NULL, &masked);
	in_port = masked.key.packet.in_port;
	if (!offload_is_port(in_port))
		return -EINVAL;
	rc = op_lists_reserve(offload->lists, flow->list, flow->n_ops);
	if (rc)
		return rc;
	if (!places_adopt(&offload->places, i, in_port, flow->packet_class == CLASS_STANDBY,
			  offload->now))
		return -EINVAL;
	offload->places.place[i].slot = slot;
	flow_maps_set_home(offload->maps, i, i < KERNEL_HOMES);
	return 0;
}

/* What was given to flows last is seen, if nobody came to that. */
static void undone_see(struct offload *offload)
{
	struct kernel_count count, *seen;
	uint32_t i;

	if (!credit_is_undone(offload->book, &i, &count))
		return;
	if (i < offload->maps->n_places) {
		seen = &offload->maps->seen[i];
		if (seen->n_packets <= count.n_packets && seen->n_bytes <= count.n_bytes)
			*seen = count;
	}
	credit_undone_done(offload->book);
}

/* Places that count for nobody that is in the index: their entries were given up, and programs that had found
 * them counted on; or they are stale. */
static void leftovers_know(struct offload *offload)
{
	struct kernel_count count;
	uint32_t i;

	undone_see(offload);
	for (i = 1; i < offload->maps->n_places; i++)
		if (offload_count_read(offload, i, &count))
			places_know(&offload->places, i);
}

/* Nobody is to find what is there, unless another slot has it. */
static void slot_reject(struct offload *offload, uint32_t slot, uint32_t i)
{
	if (i < offload->maps->n_places && offload->places.place[i].state == PLACE_UNUSED)
		flow_maps_set_home(offload->maps, i, false);
	flow_index_clear(offload->maps, slot);
}

void offload_adopt(struct offload *offload)
{
	offload_begin(offload);
	for (uint32_t slot = 0; slot < offload->maps->index_size->n_buckets * INDEX_BUCKET_SLOTS;
	     slot++) {
		const uint32_t i = flow_index_place(offload->maps, slot);

		if (i && entry_adopt(offload, slot, i))
			slot_reject(offload, slot, i);
	}
	op_lists_reserved(offload->lists);
	leftovers_know(offload);
	places_adopted(&offload->places, offload->now);
	offload_end(offload);
}

void offload_past_keep(struct offload *offload, uint32_t i)
{
	const struct translation *decision = &offload->translation;

	op_list_get(offload->lists, decision->ops.op, decision->ops.n_ops, &decision->credits,
		    &offload->places.place[i].list);
}

void offload_past_settle(struct offload *offload, uint32_t i, const struct flow_mask *mask)
{
	struct masked masked;

	offload_masked_of(offload, i, mask, &masked);
	version_deps_begin_on(&offload->translation.deps, offload->host->versions, VERSION_KERNEL);
	offload_decide(offload, rcu_load(offload->host->view), &masked);
	offload_count_settle(offload, i);
	offload_past_keep(offload, i);
}

/* A resting place of an earlier daemon's. */
static void leftover_settle(struct offload *offload, uint32_t i)
{
	const struct kernel_flow *flow = &offload->maps->flows[i];
	const struct path_view *view = rcu_load(offload->host->view);
	const struct kernel_count *seen = &offload->maps->seen[i];
	const struct flow_mask *mask = NULL;
	struct kernel_count count;
	struct masked masked;

	if (!offload_count_read(offload, i, &count) || count.n_packets < seen->n_packets ||
	    count.n_bytes < seen->n_bytes)
		return;
	offload_masked_of(offload, i, NULL, &masked);
	if (flow->packet_class <= CLASS_STANDBY && offload_is_port(masked.key.packet.in_port))
		mask = offload_mask_for(view, masked.key.packet.in_port,
					(uint8_t)flow->packet_class);
	if (mask)
		offload_past_settle(offload, i, mask);
}

void offload_learn(struct offload *offload,
		   void (*learned)(void *ctx, const struct path_learned *learned), void *ctx)
{
	const struct path_host *host = offload->host;
	const struct path_view *view = rcu_load(host->view);
	struct translation *scratch = &offload->translation;

	offload_lock(offload);
	for (uint32_t i = 1; i <= offload->places.n_made; i++) {
		struct masked masked;

		if (offload->places.place[i].state != PLACE_LIVE)
			continue;
		offload_masked_of(offload, i, NULL, &masked);
		if (!view->masks[masked.key.packet.in_port])
			continue;
		version_deps_begin_on(&scratch->deps, host->versions, VERSION_KERNEL);
		host->refresh(view, &masked.key, offload->now, scratch);
		for (uint32_t n = 0; n < scratch->n_learned; n++)
			learned(ctx, &scratch->learned[n]);
	}
	pthread_mutex_unlock(&offload->lock);
}

void offload_confirm(struct offload *offload)
{
	offload_begin(offload);
	xdp_sets_open(offload->maps->xdp_sets);
	offload_renew_all(offload, PLACE_LIVE);
	offload_renew_all(offload, PLACE_STANDBY);
	__atomic_store_n(&offload->is_standby_due, true, __ATOMIC_RELEASE);
	for (uint32_t i = 1; i <= offload->places.n_made; i++)
		if (offload->places.place[i].state == PLACE_RESTING &&
		    !offload->places.place[i].list)
			leftover_settle(offload, i);
	offload->confirmed_at = clock_now(offload->clock);
	offload_end(offload);
}
