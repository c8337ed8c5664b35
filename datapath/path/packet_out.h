#pragma once
/* Packets that come from above: with ops that have been decided on already. */
#include <stdint.h>

#include "flow/action.h"

struct worker;

#define PACKET_OUT_SLOTS    256
#define PACKET_OUT_DATA_MAX 16128 /* a jumbo frame's: FRAME_JUMBO_LEN_MAX */

/* Message: what is behind the packet need not be defined. */
struct packet_out {
	uint16_t port; /* switch-wide number of where it is said to have come from; PORT_ID_NONE */
	uint16_t pad;
	uint32_t len;
	uint32_t n_ops; /* at least 1 */
	/* these, and behind them the packet */
	struct flow_op op[FLOW_OPS_MAX + PACKET_OUT_DATA_MAX / sizeof(struct flow_op)];
};

static inline uint8_t *packet_out_data(struct packet_out *message)
{
	return (uint8_t *)(message->op + message->n_ops);
}

/* Has a worker act on the packet in its next turn. False: too many wait. Any thread. */
bool packet_out_send(struct worker *worker, struct packet_out *message);

/* Acts on those that wait; true if there were some. The worker's thread. */
bool packet_out(struct worker *worker);
