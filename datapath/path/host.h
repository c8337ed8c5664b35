#pragma once
/* The floor above, as the path sees it: what packets are looked up by, and who decides on a miss.
 *
 * The configuration comes as one view, published under RCU, and counted by VERSION_CONFIG after it
 * has been published. So a worker first notes the version and then loads the view: a decision
 * made by an older view carries an older version, and holds for no later packet.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/abi.h"
#include "flow/action.h"
#include "flow/credit.h"
#include "flow/match.h"
#include "flow/ofaction.h"
#include "flow/version.h"
#include "packet/header.h"

struct flow_key;
struct flow_mask;
struct frame;
struct mailbox;

/* What the packets of a port are looked up by. */
struct path_masks {
	const struct flow_mask *by_class[N_PACKET_CLASSES];
	const struct flow_mask
		*standby; /* for the kernel; NULL: none. See switch/offload-standby.c */
};

struct path_view {
	const struct path_masks *masks[PORT_ID_MAX]; /* by port; NULL: nobody wants its packets */
};

/* Message: `mac` was seen on `port` in `vlan`. */
struct path_learned {
	uint16_t port;
	uint16_t vlan;
	struct eth_addr mac;
};

/* Message: a flow that learn() makes of packets, or one that is there, and whose timeouts are to shrink because a
 * TCP connection ends. */
#define LEARNED_ACTIONS_MAX 32

struct path_learned_flow {
	uint32_t bridge; /* struct bridge.number */
	uint32_t limit;  /* 0: none */
	uint64_t cookie;
	uint16_t priority, idle_timeout, hard_timeout;
	uint8_t table;
	uint8_t flags;     /* enum learn_flag */
	uint8_t is_ending; /* then nothing counts but bridge, table, priority, timeouts and match */
	uint8_t pad[3];
	uint32_t n_actions;
	struct match match;
	struct ofaction actions[LEARNED_ACTIONS_MAX];
};

/* Message: a packet of a flow that lasts. */
struct path_offer {
	struct packet_key key;
};

#define TRANSLATION_LEARNED_MAX 4
#define TRANSLATION_FLOWS_MAX   8

struct translation {
	/* in and out: what the decision rests on */
	struct version_deps deps;
	/* in: the packet itself, with room to edit a copy of its headers; NULL: decide by the key alone, or
	 * say OP_TRANSLATE */
	const struct frame *frame;
	/* out */
	struct flow_op_list ops;    /* at least one */
	struct credit_list credits; /* whose packets these are */
	/* out: worth sending on */
	uint32_t n_learned, n_flows;
	struct path_learned learned[TRANSLATION_LEARNED_MAX];
	struct path_learned_flow flows[TRANSLATION_FLOWS_MAX];
};

/* Before the first look at anything. `frame` is left alone. */
static inline void translation_begin(struct translation *translation)
{
	flow_op_list_clear(&translation->ops);
	translation->credits.n = 0;
	translation->n_learned = translation->n_flows = 0;
}

struct path_host {
	/* fixed after create */
	const struct versions *versions;
	struct credit_book *credits;
	struct mailbox *learned; /* of struct path_learned, to the FDB's writer */
	struct mailbox
		*flows; /* of struct path_learned_flow, to the tables' writer; NULL: nobody */
	struct mailbox
		*offers; /* of struct path_offer, to the kernel's cache; NULL: there is none */
	struct mailbox *packet_ins; /* of struct packet_in, to the control thread */
	struct mailbox *captures;   /* of struct captured, to the control thread */
	/* Decides what happens to all packets that agree with `key` under the view's mask for it.
	 * A function of its arguments and the tables that `deps` takes note of. Worker. */
	void (*translate)(const struct path_view *view, const struct flow_key *key, uint64_t now,
			  struct translation *out);
	/* A cached flow is still in use: does what its translation did beyond deciding. `scratch` says
	 * what of it is worth sending on (learned, flows); its deps are set. Worker, revalidator. */
	void (*refresh)(const struct path_view *view, const struct flow_key *key, uint64_t now,
			struct translation *scratch);
	/* slots, and the rows that these name (path/meter.h) */
	struct meter *meters;
	struct meter_bands *meter_bands;
	uint32_t packet_in_rate; /* atomic: packets a second that a port may send to controllers */
	/* RCU: control writes, workers read */
	const struct path_view *view;
};
