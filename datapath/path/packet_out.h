#pragma once
/* Packets that come from above: with ops that have been decided on already. */
#include <stdint.h>

#include "flow/action.h"

struct worker;

#define PACKET_OUT_SLOTS    64
#define PACKET_OUT_DATA_MAX 16128 /* a jumbo frame's: FRAME_JUMBO_LEN_MAX */

/* Message. Those bytes of op and data that do not count need not be defined. */
struct packet_out {
	uint16_t port; /* switch-wide number of where it is said to have come from; PORT_ID_NONE */
	uint16_t pad;
	uint32_t len;
	uint32_t n_ops; /* at least 1 */
	struct flow_op op[FLOW_OPS_MAX];
	uint8_t data[PACKET_OUT_DATA_MAX];
};

/* Has a worker act on the packet in its next turn. False: too many wait. Any thread. */
bool packet_out_send(struct worker *worker, const struct packet_out *message);

/* Acts on those that wait; true if there were some. The worker's thread. */
bool packet_out(struct worker *worker);
