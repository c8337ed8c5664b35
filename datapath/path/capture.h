#pragma once
/* Packets that somebody captures: copies as received, by mailbox, to the control thread.
 *
 * The box is bounded, and a packet that does not fit is only missing from the capture: who wants to know how
 * many those are compares what the order counted with what came. */
#include <stdint.h>

struct flow_op;
struct frame;
struct worker;

#define CAPTURE_SLOTS    1024  /* that wait, of all captures */
#define CAPTURE_DATA_MAX 16384 /* no frame is longer */

/* The words of OP_CAPTURE. */
struct capture_words {
	uint32_t bridge; /* struct bridge.number */
	uint32_t order;  /* struct order.number */
};

/* Message. */
struct captured {
	struct capture_words who;
	uint64_t time;      /* clock ns of the worker's turn */
	uint32_t total_len; /* of the packet */
	uint32_t len;       /* of it in `data`; what is behind does not count */
	uint16_t port;      /* switch-wide number of where it came in */
	uint8_t data[CAPTURE_DATA_MAX];
};

/* Sends a copy of the frame, as OP_CAPTURE `op` says, if there is room. This worker's thread. */
void capture(struct worker *worker, const struct frame *frame, const struct flow_op *op);
