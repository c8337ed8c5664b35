#pragma once
/* Packets that flows send to controllers: copies, by mailbox, to the control thread. They are whole, whatever max_len
 * the action says: there are no buffers to fetch the rest from (OpenFlow 1.3.5 section 7.4.1).
 *
 * A controller is slow and its flows are many, so each input port has a bucket of tokens for them, as it has
 * for misses: a port that floods leaves room for the others. Whoever lets a controller have more
 * (controller_rate_limit) lets each port send more. */
#include <stdint.h>

#include "flow/action.h"

struct flow_op;
struct frame;
struct worker;

#define PACKET_IN_RATE  5000 /* per second, port and worker, if nobody wants more */
#define PACKET_IN_BURST 128  /* at once, with that */
#define PACKET_IN_SLOTS 512  /* that wait, of all ports */

#define PACKET_IN_DATA_MAX 16384 /* no frame is longer */

/* Message: a packet as it was when a flow said "controller". */
struct packet_in {
	struct packet_in_context context; /* n_userdata: of the bytes */
	uint16_t port; /* switch-wide number of where it came from; PORT_ID_NONE: the switch */
	uint16_t pad;
	uint32_t total_len; /* of the packet */
	uint32_t len;       /* of it here: all that there is room for */
	uint32_t pad2;
	uint8_t bytes[PACKET_IN_USERDATA_MAX +
		      PACKET_IN_DATA_MAX]; /* the userdata, then the packet */
};

static inline const uint8_t *packet_in_userdata(const struct packet_in *message)
{
	return message->bytes;
}

static inline const uint8_t *packet_in_data(const struct packet_in *message)
{
	return message->bytes + message->context.n_userdata;
}

/* Sends a copy of the frame, as OP_CONTROLLER `op` says. Outcomes: sent, DROP_METER (that of the controllers),
 * DROP_PACKET_IN_LIMIT, DROP_PACKET_IN_FULL; all charge the port that it came from. This worker's thread. */
void packet_in(struct worker *worker, const struct frame *frame, const struct flow_op *op);
