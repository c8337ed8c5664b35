#include "switch/offload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/mailbox.h"
#include "base/own.h"
#include "base/rcu.h"
#include "flow/action.h"
#include "flow/credit.h"
#include "flow/version.h"
#include "port/xdp_sets.h"
#include "switch/offload-state.h"

#define MAILBOX_SLOTS 4096
#define RENEW_MAX     16384  /* entries that a change may be kept waiting for: some 10 ms */
#define RENEW_RATE    400000 /* and so many a second, for many changes in a row */

int offload_new(struct offload **out, struct flow_maps *maps, const struct path_host *host,
		struct credit_book *book, const struct clock *clock)
{
	own(offload_free) struct offload *offload = calloc(1, sizeof(*offload));
	int rc;

	if (!offload)
		return -ENOMEM;
	pthread_mutex_init(&offload->lock, NULL);
	offload->maps = maps;
	offload->host = host;
	offload->book = book;
	offload->clock = clock;
	offload->budget = RENEW_MAX;
	rc = places_init(&offload->places, maps->n_flows, maps->n_places);
	if (!rc)
		rc = op_lists_new(&offload->lists, maps->ops, book);
	if (!rc)
		rc = mailbox_new(&offload->mailbox, sizeof(struct path_offer), MAILBOX_SLOTS);
	if (rc)
		return rc;
	*out = take_ptr(offload);
	return 0;
}

void offload_free(struct offload **p)
{
	struct offload *offload = *p;

	if (!offload)
		return;
	mailbox_free(&offload->mailbox);
	op_lists_free(&offload->lists);
	places_fini(&offload->places);
	pthread_mutex_destroy(&offload->lock);
	mem_free(p);
}

struct mailbox *offload_mailbox(const struct offload *offload)
{
	return offload->mailbox;
}

void offload_stats(const struct offload *offload, struct offload_stats *out)
{
	out->n_entries = counter_get(&offload->stats.n_entries);
	out->n_standby = counter_get(&offload->stats.n_standby);
	out->n_full = counter_get(&offload->stats.n_full);
	out->n_evicted = counter_get(&offload->stats.n_evicted);
}

void offload_lock(struct offload *offload)
{
	pthread_mutex_lock(&offload->lock);
	offload->now = clock_now(offload->clock);
}

void offload_begin(struct offload *offload)
{
	offload_lock(offload);
	rcu_sleep_end();
}

void offload_end(struct offload *offload)
{
	struct offload_stats *stats = &offload->stats;

	counter_add(&stats->n_entries, offload->places.n_live - stats->n_entries);
	counter_add(&stats->n_standby, offload->places.n_standby - stats->n_standby);
	rcu_sleep_begin();
	pthread_mutex_unlock(&offload->lock);
}

/* ---- what translation says of a key ---- */

static void key_pack(const struct masked *masked, struct kernel_key *out)
{
	*out = (struct kernel_key){.mask = masked->mask->id};
	memcpy(out->word, masked->key.word, sizeof(out->word));
}

const struct flow_mask *offload_mask_for(const struct path_view *view, uint16_t in_port,
					 uint8_t packet_class)
{
	const struct path_masks *masks = view->masks[in_port % PORT_ID_MAX];

	if (!masks)
		return NULL;
	return packet_class == CLASS_STANDBY ? masks->standby : masks->by_class[packet_class];
}

/* Those that stand by are renewed later than a change is confirmed. So they rest on it. */
static void deps_begin(struct offload *offload, uint16_t packet_class)
{
	struct version_deps *deps = &offload->translation.deps;

	version_deps_begin_on(deps, offload->host->versions, VERSION_KERNEL);
	if (packet_class == CLASS_STANDBY)
		version_deps_add(deps, VERSION_CONFIG);
}

bool offload_decide(struct offload *offload, const struct path_view *view,
		    const struct masked *masked)
{
	struct translation *out = &offload->translation;
	struct flow_key key = masked->key;

	/* Nobody is known by such an address, and nothing is learned from it. */
	if (masked->packet_class == CLASS_STANDBY) {
		memset(&key.packet.eth_dst, 0xff, sizeof(key.packet.eth_dst));
		memset(&key.packet.eth_src, 0xff, sizeof(key.packet.eth_src));
		key.packet.packet_class = CLASS_OTHER;
	}
	out->frame = NULL;
	translation_begin(out);
	offload->host->translate(view, &key, offload->now, out);
	return !out->ops.is_full &&
	       !offload_refusal(masked->mask, &masked->key.packet, out->ops.op, out->ops.n_ops);
}

/* ---- entries ---- */

const struct flow_op *offload_ops_of(const struct offload *offload, uint32_t i)
{
	return &offload->maps->ops[offload->maps->flows[i].list];
}

/* Whether it does and counts what has been decided. */
static bool does_so(const struct offload *offload, uint32_t i)
{
	const struct translation *decision = &offload->translation;

	return offload->places.place[i].list == op_list_find(offload->lists, decision->ops.op,
							     decision->ops.n_ops,
							     &decision->credits);
}

static void stamp_write(struct kernel_flow *flow, struct version_stamp stamp)
{
	uint64_t word;

	memcpy(&word, &stamp, sizeof(word));
	__atomic_store_n((uint64_t *)&flow->stamp, word, __ATOMIC_RELEASE);
}

/* Writes what was decided to a place that nobody can find. */
static void entry_write(struct offload *offload, uint32_t i, const struct masked *masked,
			const struct kernel_key *key, const struct op_list *list)
{
	const struct translation *decision = &offload->translation;
	struct kernel_flow *flow = &offload->maps->flows[i];

	*flow = (struct kernel_flow){
		.n_ops = (uint16_t)decision->ops.n_ops,
		.list = op_list_first(list),
		.packet_class = masked->packet_class,
		.xdp_port =
			masked->packet_class == CLASS_STANDBY
				? PORT_ID_NONE /* it is for tc alone */
				: offload_xdp_port(offload, decision->ops.op, decision->ops.n_ops),
		.stamp = version_deps_stamp(&decision->deps),
	};
	flow_maps_key_write(offload->maps, i, key);
	flow_maps_count_reset(offload->maps, i);
}

/* PLACE_NONE: what does such things has none. */
static uint32_t home_for(const struct offload *offload, const struct masked *masked,
			 const struct kernel_key *key)
{
	const struct flow_op_list *ops = &offload->translation.ops;

	return masked->packet_class != CLASS_STANDBY && ops->n_ops && ops->op[0].type == OP_DROP
		       ? flow_maps_home(offload->maps, key)
		       : PLACE_NONE;
}

/* An entry of what was decided, that nobody can find yet. PLACE_NONE: no room. */
static uint32_t entry_new(struct offload *offload, const struct masked *masked)
{
	const struct translation *decision = &offload->translation;
	const bool is_standby = masked->packet_class == CLASS_STANDBY;
	struct op_list *list;
	struct kernel_key key;
	uint32_t home, i;

	key_pack(masked, &key);
	home = home_for(offload, masked, &key);
	if (!places_have_room(&offload->places, home) ||
	    op_list_get(offload->lists, decision->ops.op, decision->ops.n_ops, &decision->credits,
			&list))
		return PLACE_NONE;
	i = places_take(&offload->places, home);
	entry_write(offload, i, masked, &key, list);
	if (is_standby)
		places_stand_by(&offload->places, i, masked->key.packet.in_port, offload->now);
	else
		places_join(&offload->places, i, masked->key.packet.in_port, offload->now);
	offload->places.place[i].list = list;
	return i;
}

bool offload_count_read(const struct offload *offload, uint32_t i, struct kernel_count *count)
{
	const struct kernel_count *seen = &offload->maps->seen[i];

	flow_maps_count(offload->maps, i, count);
	return count->n_packets != seen->n_packets || count->n_bytes != seen->n_bytes;
}

static void count_move(struct offload *offload, uint32_t i, struct tally *const tallies[],
		       uint32_t n_tallies)
{
	const struct credit_source source = {.number = i, .seen = &offload->maps->seen[i]};
	struct kernel_count count;

	if (!offload_count_read(offload, i, &count))
		return;
	credit_book_lock(offload->book);
	credit_move(offload->book, tallies, n_tallies, &source, &count, offload->now);
	credit_book_unlock(offload->book);
}

/* Those of an entry that is not confirmed are known by what is decided about it. */
bool offload_entry_count(struct offload *offload, uint32_t i)
{
	const struct op_list *list = offload->places.place[i].list;
	const struct credit *credit;
	struct kernel_count count;

	if (!list || !offload_count_read(offload, i, &count))
		return false;
	credit = op_list_credit(list);
	count_move(offload, i, credit ? credit->tally : NULL, credit ? credit->n_tallies : 0);
	return true;
}

/* A place begins to rest: now, however long the lock has been held. */
static void place_leave(struct offload *offload, uint32_t i)
{
	places_leave(&offload->places, i, clock_now(offload->clock));
}

/* The place is a while yet where programs count that have found it, but what was counted before is told
 * now: should we be killed, the next daemon knows but by the key whose packets these were. */
static void entry_leave(struct offload *offload, uint32_t i)
{
	offload_entry_count(offload, i);
	place_leave(offload, i);
}

void offload_entry_remove(struct offload *offload, uint32_t i)
{
	flow_maps_set_home(offload->maps, i, false);
	flow_index_clear(offload->maps, offload->places.place[i].slot);
	entry_leave(offload, i);
}

void offload_ripen(struct offload *offload)
{
	uint32_t i;

	if (offload->confirmed_at && offload->now - offload->confirmed_at > FLOW_MAPS_REST_NS) {
		op_lists_release(offload->lists);
		offload->confirmed_at = 0;
	}
	while ((i = places_ripe(&offload->places, offload->now)) != PLACE_NONE) {
		offload_entry_count(offload, i);
		op_list_put(offload->lists, &offload->places.place[i].list);
	}
}

static void slot_moved(void *ctx, uint32_t place, uint32_t slot)
{
	struct offload *offload = ctx;

	offload->places.place[place].slot = slot;
}

struct slot_listener offload_slot_listener(struct offload *offload)
{
	return (struct slot_listener){slot_moved, offload};
}

static int index_put(struct offload *offload, const struct masked *masked, uint32_t i)
{
	const struct slot_listener listener = offload_slot_listener(offload);
	struct kernel_key key;
	int rc;

	key_pack(masked, &key);
	rc = flow_index_put(offload->maps, &key, i, &listener);
	if (!rc)
		flow_maps_set_home(offload->maps, i, i < KERNEL_HOMES);
	return rc;
}

static void entry_add(struct offload *offload, const struct masked *masked)
{
	const bool is_standby = masked->packet_class == CLASS_STANDBY;
	const uint32_t victim =
		is_standby ? PLACE_NONE
			   : places_victim(&offload->places, masked->key.packet.in_port);
	const uint32_t i = offload->places.max_live ? entry_new(offload, masked) : PLACE_NONE;

	if (i && victim) {
		offload_entry_remove(offload, victim);
		counter_add(&offload->stats.n_evicted, 1);
	}
	if (i && index_put(offload, masked, i)) {
		place_leave(offload, i);
		counter_add(&offload->stats.n_full, 1);
	}
	if (!i)
		counter_add(&offload->stats.n_full, 1);
}

/* Another entry takes the place of this one, between two packets. */
static void entry_replace(struct offload *offload, uint32_t old, const struct masked *masked)
{
	const uint32_t slot = offload->places.place[old].slot;
	const uint64_t since = offload->places.place[old].since;
	const uint32_t i = entry_new(offload, masked);

	if (!i) {
		counter_add(&offload->stats.n_full, 1);
		offload_entry_remove(offload, old);
		return;
	}
	offload->places.place[i].slot = slot;
	offload->places.place[i].since = since;
	flow_maps_set_home(offload->maps, old, false);
	flow_index_set(offload->maps, slot, i);
	flow_maps_set_home(offload->maps, i, i < KERNEL_HOMES);
	entry_leave(offload, old);
}

/* ---- translating again ---- */

void offload_masked_of(const struct offload *offload, uint32_t i, const struct flow_mask *mask,
		       struct masked *out)
{
	struct kernel_key key;

	flow_maps_key(offload->maps, i, &key);
	*out = (struct masked){.mask = mask,
			       .packet_class = (uint8_t)offload->maps->flows[i].packet_class};
	memcpy(out->key.word, key.word, sizeof(key.word));
}

/* An earlier daemon's entry that does what has been decided is ours from here on. */
static bool entry_confirm(struct offload *offload, uint32_t i)
{
	const struct translation *decision = &offload->translation;
	struct kernel_flow *flow = &offload->maps->flows[i];
	struct op_list **list = &offload->places.place[i].list;
	struct kernel_flow next = *flow;

	if (flow->n_ops != decision->ops.n_ops ||
	    memcmp(offload_ops_of(offload, i), decision->ops.op,
		   decision->ops.n_ops * sizeof(decision->ops.op[0])) != 0 ||
	    op_list_get(offload->lists, decision->ops.op, decision->ops.n_ops, &decision->credits,
			list))
		return false;
	next.list = op_list_first(*list);
	__atomic_store_n(&flow->ops, next.ops, __ATOMIC_RELEASE);
	return true;
}

void offload_count_settle(struct offload *offload, uint32_t i)
{
	const struct credit_list *credits = &offload->translation.credits;

	count_move(offload, i, credits->tally, credits->n);
}

void offload_entry_renew(struct offload *offload, uint32_t i)
{
	struct kernel_flow *flow = &offload->maps->flows[i];
	struct version_deps *deps = &offload->translation.deps;
	const bool is_past = !offload->places.place[i].list;
	struct masked masked;
	const struct path_view *view;
	const struct flow_mask *mask;
	bool can;

	/* In this order: see path/host.h. */
	deps_begin(offload, flow->packet_class);
	view = rcu_load(offload->host->view);
	mask = offload_mask_for(view, offload->places.place[i].in_port,
				(uint8_t)flow->packet_class);
	if (!mask || mask->id != flow->mask) {
		if (mask && is_past)
			offload_past_settle(offload, i, mask);
		offload_entry_remove(offload, i);
		return;
	}
	offload_masked_of(offload, i, mask, &masked);
	can = offload_decide(offload, view, &masked);
	if (is_past)
		offload_count_settle(offload, i);
	if (can && (is_past ? entry_confirm(offload, i) : does_so(offload, i))) {
		stamp_write(flow, version_deps_stamp(deps));
		return;
	}
	if (is_past)
		offload_past_keep(offload, i);
	if (can)
		entry_replace(offload, i, &masked);
	else
		offload_entry_remove(offload, i);
}

bool offload_is_fresh(const struct offload *offload, uint32_t i)
{
	return version_is_fresh_on(offload->maps->versions, offload->maps->flows[i].stamp,
				   VERSION_KERNEL);
}

uint32_t offload_count_stale(struct offload *offload)
{
	uint32_t n = 0;

	offload_begin(offload);
	for (uint32_t i = 1; i <= offload->places.n_made; i++)
		n += offload->places.place[i].state == PLACE_LIVE && !offload_is_fresh(offload, i);
	offload_end(offload);
	return n;
}

void offload_renew_all(struct offload *offload, enum place_state state)
{
	for (uint32_t i = 1; i <= offload->places.n_made; i++)
		if (offload->places.place[i].state == state)
			offload_entry_renew(offload, i);
}

/* Whether the control thread has the time for it. */
static bool is_affordable(struct offload *offload)
{
	const uint64_t n = offload->places.n_live, ns = offload->now - offload->budget_at;

	offload->budget_at = offload->now;
	offload->budget += ns < CLOCK_NS_PER_SEC ? ns * RENEW_RATE / CLOCK_NS_PER_SEC : RENEW_RATE;
	if (offload->budget > 4 * RENEW_MAX)
		offload->budget = 4 * RENEW_MAX;
	if (n > RENEW_MAX || n > offload->budget)
		return false;
	offload->budget -= n;
	return true;
}

void offload_renew(struct offload *offload)
{
	static const struct path_offer nothing;

	/* While the maps are held, what is published is no whole switch: see switch/adopt.c. */
	if (!offload || offload->maps->is_held)
		return;
	offload_begin(offload);
	xdp_sets_open(offload->maps->xdp_sets);
	offload_ripen(offload);
	if (is_affordable(offload)) {
		offload_renew_all(offload, PLACE_LIVE);
	} else {
		version_bump(offload->maps->versions, VERSION_KERNEL);
		__atomic_store_n(&offload->is_renewal_due, true, __ATOMIC_RELEASE);
	}
	offload_end(offload);
	if (!__atomic_exchange_n(&offload->is_standby_due, true, __ATOMIC_RELEASE) ||
	    __atomic_load_n(&offload->is_renewal_due, __ATOMIC_RELAXED))
		mailbox_send(offload->mailbox, &nothing); /* wakes the revalidator */
}

void offload_renew_stale(struct offload *offload, enum place_state state)
{
	for (uint32_t first = 1, n_made = 1; first <= n_made; first += OFFLOAD_BATCH) {
		offload_begin(offload);
		n_made = offload->places.n_made;
		for (uint32_t i = first; i < first + OFFLOAD_BATCH && i <= n_made; i++)
			if (offload->places.place[i].state == state &&
			    !offload_is_fresh(offload, i))
				offload_entry_renew(offload, i);
		offload_end(offload);
	}
}

/* ---- offers ---- */

/* False: nobody wants such packets, or the kernel cannot look them up. */
static bool masked_make(const struct path_view *view, const struct packet_key *packet,
			struct masked *out)
{
	const struct flow_mask *mask =
		offload_mask_for(view, packet->in_port, packet->packet_class);

	if (!mask || (mask->n_words && mask->word[mask->n_words - 1] >= PACKET_KEY_WORDS))
		return false;
	*out = (struct masked){.mask = mask, .packet_class = packet->packet_class};
	for (unsigned i = 0; i < mask->n_words; i++)
		out->key.word[mask->word[i]] = packet->word[mask->word[i]] & mask->bits[i];
	return true;
}

void offload_take(struct offload *offload, const struct packet_key *packet)
{
	const struct path_view *view;
	struct kernel_key key;
	struct masked masked;
	uint32_t slot;

	deps_begin(offload, packet->packet_class);
	view = rcu_load(offload->host->view);
	if (!masked_make(view, packet, &masked))
		return;
	key_pack(&masked, &key);
	slot = flow_index_find(offload->maps, &key);
	if (slot != FLOW_SLOT_NONE) {
		const uint32_t i = flow_index_place(offload->maps, slot);

		/* Else it is from another worker, or the same one again. */
		if (!offload_is_fresh(offload, i))
			offload_entry_renew(offload, i);
	} else if (offload_decide(offload, view, &masked)) {
		entry_add(offload, &masked);
	}
}

/* True if there may be more. */
static bool receive_batch(struct offload *offload)
{
	struct path_offer offer;
	unsigned n = 0;

	offload_begin(offload);
	offload_ripen(offload);
	for (; n < OFFLOAD_BATCH && mailbox_receive(offload->mailbox, &offer); n++)
		if (offload_is_port(offer.key.in_port))
			offload_take(offload, &offer.key);
	offload_end(offload);
	return n == OFFLOAD_BATCH;
}

void offload_receive(struct offload *offload)
{
	mailbox_wake_ack(offload->mailbox);
	if (__atomic_exchange_n(&offload->is_renewal_due, false, __ATOMIC_ACQUIRE))
		offload_renew_stale(offload, PLACE_LIVE);
	/* A flood of offers fills the box as fast as it is emptied: the rest is the next turn's. */
	for (unsigned i = 0; i < MAILBOX_SLOTS / OFFLOAD_BATCH; i++)
		if (!receive_batch(offload))
			return;
}
