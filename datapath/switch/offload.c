#include "switch/offload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/mailbox.h"
#include "base/own.h"
#include "base/rcu.h"
#include "flow/key.h"
#include "flow/mask.h"
#include "flow/version.h"
#include "path/host.h"
#include "port/flow_maps.h"
#include "switch/snapshot.h"

#define MAILBOX_SLOTS 1024
#define IDLE_NS       (10 * CLOCK_NS_PER_SEC) /* as in the workers' caches */
#define SWEEP_BATCH   256                     /* entries between two rests */
#define NONE          UINT32_MAX

/* A place in flow_maps.flows: unused, live, or resting (so that no program reads it any more). */
struct place {
	uint64_t n_packets; /* of a live one, when last looked at */
	uint64_t since;     /* live: last used; resting: since then */
	uint32_t next;      /* of the resting ones */
	bool is_live;
};

struct offload {
	/* fixed after create */
	struct flow_maps *maps;
	const struct path_host *host;
	struct mailbox *mailbox;
	/* revalidator only */
	struct place *places; /* KERNEL_FLOWS */
	uint32_t n_made;      /* places used so far: 0 to n_made - 1 */
	uint32_t rest_first;  /* the longest at rest; NONE */
	uint32_t rest_last;
	/* counters: revalidator writes */
	struct offload_stats stats;
};

int offload_new(struct offload **out, struct flow_maps *maps, const struct path_host *host)
{
	own(offload_free) struct offload *offload = calloc(1, sizeof(*offload));
	int rc;

	if (!offload)
		return -ENOMEM;
	offload->maps = maps;
	offload->host = host;
	offload->rest_first = NONE;
	offload->places = calloc(KERNEL_FLOWS, sizeof(*offload->places));
	if (!offload->places)
		return -ENOMEM;
	rc = mailbox_new(&offload->mailbox, sizeof(struct path_offer), MAILBOX_SLOTS);
	if (rc)
		return rc;
	*out = take_ptr(offload);
	return 0;
}

void offload_free(struct offload **p)
{
	if (!*p)
		return;
	mailbox_free(&(*p)->mailbox);
	free((*p)->places);
	mem_free(p);
}

struct mailbox *offload_mailbox(const struct offload *offload)
{
	return offload->mailbox;
}

void offload_stats(const struct offload *offload, struct offload_stats *out)
{
	out->n_entries = counter_get(&offload->stats.n_entries);
	out->n_full = counter_get(&offload->stats.n_full);
}

/* ---- places ---- */

static void place_rest(struct offload *offload, uint32_t i, uint64_t now)
{
	offload->places[i] = (struct place){.since = now, .next = NONE};
	if (offload->rest_first == NONE)
		offload->rest_first = i;
	else
		offload->places[offload->rest_last].next = i;
	offload->rest_last = i;
}

/* A place that no program reads, NONE if there is none. */
static uint32_t place_take(struct offload *offload, uint64_t now)
{
	uint32_t i = offload->rest_first;

	if (i != NONE && now - offload->places[i].since > FLOW_MAPS_REST_NS) {
		offload->rest_first = offload->places[i].next;
		return i;
	}
	return offload->n_made < KERNEL_FLOWS ? offload->n_made++ : NONE;
}

static void entry_leave(struct offload *offload, uint32_t i, uint64_t now)
{
	place_rest(offload, i, now);
	counter_add(&offload->stats.n_entries, -1ull);
}

/* ---- offers ---- */

static int entry_write(struct offload *offload, uint32_t i, const struct path_offer *offer)
{
	struct kernel_flow *flow = &offload->maps->flows[i];

	flow->key = offer->key;
	flow->stamp = offer->stamp;
	flow->n_ops = offer->n_ops;
	memcpy(flow->op, offer->op, offer->n_ops * sizeof(offer->op[0]));
	flow_maps_count_reset(offload->maps, i);
	return flow_maps_put(offload->maps, i);
}

static void entry_add(struct offload *offload, const struct path_offer *offer, uint64_t now)
{
	struct flow_maps *maps = offload->maps;
	uint32_t old, i;
	bool has_old = flow_maps_find(maps, &offer->key, &old);

	/* Another worker, or the same one again. */
	if (has_old && version_is_fresh(maps->versions, maps->flows[old].stamp))
		return;
	i = place_take(offload, now);
	if (i == NONE) {
		counter_add(&offload->stats.n_full, 1);
		return;
	}
	if (entry_write(offload, i, offer)) {
		place_rest(offload, i, now);
		counter_add(&offload->stats.n_full, 1);
		return;
	}
	offload->places[i] = (struct place){.since = now, .is_live = true};
	counter_add(&offload->stats.n_entries, 1);
	if (has_old)
		entry_leave(offload, old, now);
}

void offload_receive(struct offload *offload, uint64_t now)
{
	struct path_offer offer;

	mailbox_wake_ack(offload->mailbox);
	while (mailbox_receive(offload->mailbox, &offer))
		if (version_is_fresh(offload->maps->versions, offer.stamp))
			entry_add(offload, &offer, now);
}

/* ---- ageing ---- */

/* Its packets are seen by nobody else: what they teach is taught here. */
static void refresh(struct offload *offload, const struct kernel_flow *flow, uint64_t now)
{
	const struct path_host *host = offload->host;
	const struct path_view *view = rcu_load(host->view);
	struct path_learned learned;
	struct flow_key key = {0};

	memcpy(key.word, flow->key.word, sizeof(flow->key.word));
	if (view->masks[key.packet.in_port] && host->refresh(view, &key, now, &learned))
		mailbox_send(host->learned, &learned);
}

static void place_sweep(struct offload *offload, uint32_t i, uint64_t now)
{
	const struct kernel_flow *flow = &offload->maps->flows[i];
	struct place *place = &offload->places[i];
	struct kernel_count count;
	bool is_used;

	flow_maps_count(offload->maps, i, &count);
	is_used = count.n_packets != place->n_packets;
	if (is_used) {
		place->n_packets = count.n_packets;
		place->since = now;
	}
	if (now - place->since > IDLE_NS ||
	    !version_is_fresh(offload->maps->versions, flow->stamp)) {
		flow_maps_del(offload->maps, &flow->key);
		entry_leave(offload, i, now);
	} else if (is_used) {
		refresh(offload, flow, now);
	}
}

void offload_sweep(struct offload *offload, uint64_t now)
{
	for (uint32_t first = 0; first < offload->n_made; first += SWEEP_BATCH) {
		rcu_sleep_end();
		for (uint32_t i = first; i < first + SWEEP_BATCH && i < offload->n_made; i++)
			if (offload->places[i].is_live)
				place_sweep(offload, i, now);
		rcu_sleep_begin();
	}
}

/* ---- masks ---- */

static bool is_for_kernel(const struct flow_mask *mask)
{
	return !mask->n_words || mask->word[mask->n_words - 1] < PACKET_KEY_IPV4_WORDS;
}

/* An id that goes to another mask was released by a change of VERSION_CONFIG, so no entry under it
 * is fresh while its bits are written. */
void offload_masks_write(struct flow_maps *maps, const struct bridge_view *view)
{
	for (unsigned c = 0; c < N_PACKET_CLASSES; c++) {
		const struct flow_mask *mask = view->masks.by_class[c];
		struct kernel_mask bits = {0};

		if (!is_for_kernel(mask))
			continue;
		for (unsigned i = 0; i < mask->n_words; i++)
			bits.bits[mask->word[i]] = mask->bits[i];
		if (memcmp(&maps->masks[mask->id], &bits, sizeof(bits)) != 0)
			maps->masks[mask->id] = bits;
	}
}

void offload_ports_write(struct flow_maps *maps, const struct bridge_view *old,
			 const struct bridge_view *view)
{
	struct port_masks row = {0};

	for (unsigned i = 0; old && i < old->n_ports; i++)
		maps->port_masks[old->ports[i].id] = row;
	for (unsigned c = 0; view && c < N_PACKET_CLASSES; c++)
		if (is_for_kernel(view->masks.by_class[c]))
			row.by_class[c] = view->masks.by_class[c]->id + 1;
	for (unsigned i = 0; view && i < view->n_ports; i++)
		maps->port_masks[view->ports[i].id] = row;
}
