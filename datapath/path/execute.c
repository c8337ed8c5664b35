/* execute: does what the cache entries say.
 * Outcomes: staged for sending, DROP_NO_BUFFER, DROP_MALFORMED, or the reason that the flow names.
 *
 * Known flows go before misses, because what a miss puts into the cache may push out an entry that
 * another packet of the burst was found by. Packets of one flow stay in order: a burst has either
 * found them all or none. */
#include <errno.h>

#include "base/counter.h"
#include "flow/action.h"
#include "packet/checksum.h"
#include "packet/edit.h"
#include "path/drop.h"
#include "path/host.h"
#include "path/output.h"
#include "path/steps.h"
#include "path/worker.h"

/* A copy of the frame, if need be in a buffer that flushing has given back. */
static int copy(struct worker *worker, struct burst *burst, struct frame *out,
		const struct frame *frame)
{
	if (!frame_copy(out, frame, worker->pool))
		return 0;
	if (burst->is_dry)
		return -ENOBUFS;
	tx_flush(worker);
	if (!frame_copy(out, frame, worker->pool))
		return 0;
	burst->is_dry = true;
	return -ENOBUFS;
}

static void output_copy(struct worker *worker, struct burst *burst, uint16_t port,
			const struct frame *frame)
{
	struct frame duplicate;

	if (copy(worker, burst, &duplicate, frame))
		drop_count(worker, port, DROP_NO_BUFFER, 1);
	else
		tx_stage(worker, port, &duplicate);
}

static int edit(struct frame *frame, struct flow_op op)
{
	switch (op.type) {
	case OP_PUSH_VLAN:
		return edit_push_vlan(frame, op.tpid, op.tci);
	case OP_POP_VLAN:
		return edit_pop_vlan(frame);
	case OP_SET_VLAN:
		return edit_set_vlan(frame, op.tci, op.mask);
	}
	return 0;
}

/* More than one step, or one that is no output. */
static void execute_list(struct worker *worker, struct burst *burst, struct frame *frame,
			 const struct flow_actions *actions)
{
	for (uint32_t i = 0; i < actions->n_ops; i++) {
		struct flow_op op = actions->op[i];

		if (op.type == OP_DROP) {
			drop_count(worker, frame->in_port, op.reason, 1);
		} else if (op.type == OP_OUTPUT) {
			if (i + 1 == actions->n_ops) {
				tx_stage(worker, op.port, frame);
				return;
			}
			output_copy(worker, burst, op.port, frame);
		} else if (edit(frame, op)) {
			drop_count(worker, frame->in_port, DROP_NO_BUFFER, 1);
			break;
		}
	}
	frame_free(frame);
}

void execute(struct worker *worker, struct burst *burst, unsigned i,
	     const struct flow_actions *actions)
{
	struct frame *frame = &burst->frames[i];
	const struct packet_key *key = &burst->keys[i].packet;

	if (frame->flags & FRAME_CSUM_PARTIAL) {
		frame->flags &= (uint8_t)~FRAME_CSUM_PARTIAL;
		if (checksum_is_partial(frame, key, &burst->layouts[i]))
			checksum_complete(frame, key, &burst->layouts[i]);
	}
	if (actions->n_ops == 1 && actions->op[0].type == OP_OUTPUT)
		tx_stage(worker, actions->op[0].port, frame);
	else
		execute_list(worker, burst, frame, actions);
}

static void refresh(struct worker *worker, const struct burst *burst, const struct flow_key *key)
{
	struct translation *scratch = &worker->translation;

	scratch->deps = burst->deps;
	worker->host->refresh(burst->view, key, worker->now, scratch);
	learn(worker->host, scratch);
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
