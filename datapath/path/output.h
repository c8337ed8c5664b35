#pragma once
/* How a worker sends: outputs (one per port) on top of links (one per txq).
 *
 * Frames are staged per output port and handed over in bursts; each txq is flushed once per turn,
 * however many ports share it (all skb ports share the upcall device's).
 *
 * Threads: the control thread makes and publishes them; the worker alone stages.
 */
#include <stdbool.h>
#include <stdint.h>

#include "packet/frame.h"
#include "port/queue.h"

struct flow_op;
struct worker;

struct tx_link {
	/* fixed after create */
	struct txq *txq;
	/* control only */
	unsigned n_outputs;
	/* control writes, atomic */
	uint16_t port; /* that its errors are charged to; PORT_ID_NONE: it has had several */
	/* this worker only */
	uint64_t n_error; /* of the txq's, those that are counted on a port */
	bool is_dirty;    /* frames were handed over since the last flush */
};

struct output {
	/* fixed after create */
	struct tx_link *link;
	uint16_t port;
	/* control writes, atomic */
	uint32_t max_len; /* longest frame that the device takes */
	/* this worker only; empty between turns */
	uint32_t n;
	bool is_staged; /* in worker->staged */
	struct output *next_staged;
	struct frame frames[QUEUE_BURST];
};

/* Takes the frame and sends it out of the port and queue of an OP_OUTPUT by the end of the turn, or drops it,
 * counted. */
void tx_stage(struct worker *worker, const struct flow_op *output, const struct frame *frame);
/* Sends all that is staged and makes the kernel work: at the end of a turn, and in the middle of
 * one when packet buffers have run out. */
void tx_flush(struct worker *worker);
