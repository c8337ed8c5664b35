/* execute: does what the cache entries say.
 * Outcomes: those of act.c; of packets that are translated each by itself also DROP_MISS_LIMIT and
 * DROP_CACHE_FULL.
 *
 * Known flows go before misses, because what a miss puts into the cache may push out an entry that
 * another packet of the burst was found by. Packets of one flow stay in order: a burst has either
 * found them all or none. */
#include "base/counter.h"
#include "flow/action.h"
#include "packet/checksum.h"
#include "packet/edit.h"
#include "path/drop.h"
#include "path/host.h"
#include "path/miss.h"
#include "path/output.h"
#include "path/steps.h"
#include "path/worker.h"

static void credit(const struct worker *worker, const struct flow_actions *actions,
		   const struct frame *frame)
{
	if (actions->credit)
		credit_count(actions->credit, 1, frame->len, worker->now);
}

/* Keeps the last decisions, so that nothing is allocated for packets about which the same is decided again:
 * equal ones are one list with one credit. Takes over the reference. */
static void keep(struct worker *worker, struct flow_actions *actions)
{
	struct flow_actions **place =
		&worker->by_packet[worker->by_packet_next++ % WORKER_BY_PACKET];

	actions_put(worker->actions, place);
	*place = actions;
}

/* A flow that cannot be decided by keys: each of its packets is asked about with its bytes at hand. */
static void execute_by_packet(struct worker *worker, struct burst *burst, unsigned i)
{
	struct frame *frame = &burst->frames[i];
	struct flow_actions *actions;
	struct edit edit;

	if (!miss_take(worker, frame->in_port)) {
		drop_frame(worker, frame->in_port, DROP_MISS_LIMIT, frame);
		return;
	}
	actions = miss_translate(worker, burst, &burst->keys[i], frame);
	if (!actions) {
		drop_frame(worker, frame->in_port, DROP_CACHE_FULL, frame);
		return;
	}
	credit(worker, actions, frame);
	edit = edit_begin(frame, &burst->keys[i].packet, &burst->layouts[i]);
	act(worker, burst, &edit, actions->op, actions->n_ops);
	keep(worker, actions);
}

static void execute_list(struct worker *worker, struct burst *burst, unsigned i,
			 const struct flow_actions *actions)
{
	struct edit edit =
		edit_begin(&burst->frames[i], &burst->keys[i].packet, &burst->layouts[i]);

	if (actions->op[0].type == OP_TRANSLATE)
		execute_by_packet(worker, burst, i);
	else
		act(worker, burst, &edit, actions->op, actions->n_ops);
}

void execute(struct worker *worker, struct burst *burst, unsigned i,
	     const struct flow_actions *actions)
{
	struct frame *frame = &burst->frames[i];
	const struct packet_key *key = &burst->keys[i].packet;

	credit(worker, actions, frame);
	if (frame->flags & FRAME_CSUM_PARTIAL) {
		frame->flags &= (uint8_t)~FRAME_CSUM_PARTIAL;
		if (checksum_is_partial(frame, key, &burst->layouts[i]))
			checksum_complete(frame, key, &burst->layouts[i]);
	}
	if (actions->n_ops == 1 && actions->op[0].type == OP_OUTPUT)
		tx_stage(worker, &actions->op[0], frame);
	else
		execute_list(worker, burst, i, actions);
}

static void refresh(struct worker *worker, const struct burst *burst, const struct flow_key *key)
{
	struct translation *scratch = &worker->translation;

	scratch->deps = burst->deps;
	worker->host->refresh(burst->view, key, worker->now, scratch);
	learn(worker->host, &worker->learned, worker->now, scratch);
}

/* See offer.c. */
static bool is_offer_due(uint64_t n_packets)
{
	return n_packets && !(n_packets & (n_packets - 1));
}

/* Moves packet `from` to the place `to` below it. */
static void move(struct burst *burst, unsigned to, unsigned from)
{
	if (to == from)
		return;
	burst->frames[to] = burst->frames[from];
	burst->keys[to] = burst->keys[from];
	burst->layouts[to] = burst->layouts[from];
	burst->queries[to] = burst->queries[from];
	burst->queries[to].key = &burst->keys[to];
}

void step_execute(struct worker *worker, struct burst *burst)
{
	uint32_t tick = cache_tick(worker->now);
	unsigned n_missed = 0;

	burst->is_dry = false;
	for (unsigned i = 0; i < burst->n; i++) {
		struct cache_entry *entry = burst->queries[i].entry;

		if (!entry) {
			move(burst, n_missed++, i);
			continue;
		}
		if (worker->host->offers && is_offer_due(entry->n_packets))
			offer(worker, &burst->keys[i]);
		if (cache_hit(entry, 1, burst->frames[i].len, tick))
			refresh(worker, burst, &burst->keys[i]);
		execute(worker, burst, i, entry->actions);
	}
	counter_add(&worker->counts.n_hit, burst->n - n_missed);
	burst->n = n_missed;
}
