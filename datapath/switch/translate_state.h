#pragma once
/* A translation under way, for the files that share the work:
 *
 *	translate_table.c	tables, resubmit, goto_table, misses
 *	translate_action.c	which action does what
 *	translate_write.c	writing fields of the working key
 *	translate_header.c	tags, labels and TTLs: what changes a packet's shape
 *	translate_commit.c	what was written becomes ops
 *	translate_output.c	ports, controllers, NORMAL, clones
 *	translate_mirror.c	mirrors: the action, and those of the bridge
 *	translate_order.c	standing orders, before all tables
 *	translate_set.c		the action set
 *	translate_group.c	groups and their buckets
 *	translate_meter.c	meters
 *	translate_learn.c	flows to be learned
 *	translate_frame.c	when a packet must be looked at again
 *
 * Ops come late. Writing a field changes the working key and notes the bits in `unsaid`; only before
 * something leaves the switch (or the packet changes its shape) do ops say so. They are said even where
 * this packet has the value already: another one under the same mask may not. Only what an earlier op
 * has made sure of (`said`) is not said again.
 *
 * On the stack of the worker that translates.
 */
#include <stdbool.h>
#include <stdint.h>

#include "flow/key.h"
#include "flow/ofaction.h"
#include "path/host.h"
#include "switch/order.h"

struct bridge_view;
struct flow;
struct port_view;
struct snapshot;
struct translate_trace;

/* As Open vSwitch has them: nesting counts where a resubmit goes to the same table or back. */
#define TRANSLATE_MAX_DEPTH     64
#define TRANSLATE_MAX_RESUBMITS 4096

/* Clones in clones; a list of ops has room for fewer. Each takes some 3 KiB of the stack. */
#define TRANSLATE_MAX_CLONES (2 * FLOW_CLONE_DEPTH_MAX)

#define TRANSLATE_MAX_TAGS    8   /* that were pushed on top of the two that the key holds */
#define TRANSLATE_MAX_SET     128 /* actions in the action set */
#define TRANSLATE_MAX_MIRRORS 32

/* What the key does not know of the packet any more. */
enum bare {
	BARE_NOTHING,
	BARE_L3, /* what is behind the tags: a label was taken off */
	BARE_L2, /* everything */
};

struct translate_set {
	unsigned n;
	struct {
		const struct ofactions *list;
		uint32_t at;
	} item[TRANSLATE_MAX_SET];
};

/* A copy of the packet as it was received. */
struct translate_mirror {
	uint16_t port; /* switch-wide; PORT_ID_NONE: to the ports of a VLAN */
	uint16_t vlan;
	uint16_t max_len; /* 0: whole */
};

/* The packet at this point. A clone has its own. */
struct translate_work {
	struct flow_key key;    /* in_port is the OpenFlow number */
	struct flow_key unsaid; /* bits that were written, and that no op says yet */
	struct flow_key said;   /* bits that ops have given the value that the key has */
	enum bare bare;
	unsigned n_hidden; /* tags below those in the key, the outermost last */
	struct packet_vlan hidden[TRANSLATE_MAX_TAGS];
	uint16_t queue;     /* for what is output: flow_op.queue */
	int16_t ttl_behind; /* of the IP packet behind labels that were pushed; -1: not known */
	struct translate_set set;
};

struct translate_state {
	/* fixed */
	const struct snapshot *snapshot;
	const struct bridge_view *bridge;
	uint64_t now;
	uint64_t version; /* of the rules */
	const struct flow_key *received;
	const struct translate_trace *trace; /* NULL: nobody watches */
	struct translation *out;
	struct translate_work work;
	uint32_t n_useful; /* ops up to and with the last that sends */
	/* where we are */
	const struct flow *rule; /* NULL: in no table's */
	uint8_t table;
	uint8_t reason; /* enum ofaction_reason, for whom packets are output to */
	unsigned depth; /* nesting that counts */
	unsigned level; /* for the trace */
	/* over all */
	unsigned n_resubmits;
	uint32_t mirrored;     /* mirrors of the bridge that need no copy any more, as bits */
	uint32_t mirrors_used; /* ... that got one */
	unsigned n_mirrors;    /* of the action */
	struct translate_mirror mirror[TRANSLATE_MAX_MIRRORS];
	unsigned n_ordered; /* copies that orders ask for */
	struct translate_mirror ordered[ORDER_PLACES_MAX];
	unsigned n_captures;
	const struct order *capture[CAPTURES_MAX];
	bool is_over;      /* a limit, or the packet itself is needed: nothing counts but `why` */
	bool needs_packet; /* ... which is why it is over */
	enum drop_reason why; /* if nothing leaves: the first thing that was in the way */
};

/* Nothing that was done counts: the packet is dropped. */
static inline void translate_fail(struct translate_state *state, enum drop_reason why)
{
	if (!state->is_over)
		state->why = why;
	state->is_over = true;
}

/* Something was not sent. */
static inline void translate_blame(struct translate_state *state, enum drop_reason why)
{
	if (state->why == DROP_NONE)
		state->why = why;
}

/* ---- tables ---- */

enum translate_miss {
	TRANSLATE_MISS_COUNTS,  /* the table's configuration says what happens */
	TRANSLATE_MISS_IGNORED, /* nothing happens */
};

/* Do flows see no ports of it, because it is a fragment? */
bool translate_hides_ports(const struct translate_state *state);
/* Looks the packet up as if it came by `in_port` (an OpenFlow number), and does what the flow says. */
void translate_table(struct translate_state *state, uint8_t table, uint16_t in_port,
		     enum translate_miss miss);

/* May a packet of this port that no flow wants go to a controller? */
bool translate_may_tell(const struct translate_state *state, uint16_t in_port);

/* ---- actions ---- */

/* Elements `begin` to `end` of a list. False: one of them stopped it. */
bool translate_list(struct translate_state *state, const struct ofactions *list, uint32_t begin,
		    uint32_t end);

/* ---- fields ---- */

/* Writes the bits of a field that are 1 in `mask`, in their place in the field. A VLAN field may put a
 * tag on or take one off. */
void translate_write(struct translate_state *state, enum field_id field, field_bits value,
		     field_bits mask);
/* The same for a part of a field. */
void translate_write_part(struct translate_state *state, struct subfield to, field_bits value);
/* False: the translation is over. */
bool translate_read_part(struct translate_state *state, struct subfield from, field_bits *out);
/* SET, MOVE, SET_VLAN_*. */
void translate_set_field(struct translate_state *state, const struct ofaction *action);
void translate_move(struct translate_state *state, const struct ofaction *action);
void translate_set_vlan(struct translate_state *state, const struct ofaction *action);

/* ---- headers. False: what follows in this list is not done ---- */

void translate_push_vlan(struct translate_state *state, uint16_t tpid, uint16_t tci);
void translate_pop_vlan(struct translate_state *state);
void translate_push_mpls(struct translate_state *state, uint16_t type);
void translate_pop_mpls(struct translate_state *state, uint16_t type);
void translate_push_pbb(struct translate_state *state, uint16_t type);
void translate_pop_pbb(struct translate_state *state);
void translate_copy_ttl_in(struct translate_state *state);
void translate_copy_ttl_out(struct translate_state *state);
bool translate_dec_ttl(struct translate_state *state, const struct ofactions *list, uint32_t at);
bool translate_dec_mpls_ttl(struct translate_state *state);

/* ---- ops ---- */

/* Says what was written. */
void translate_commit(struct translate_state *state);
/* Bits of the key that no op has made sure of from now on: words [begin, end). */
void translate_forget(struct translate_state *state, unsigned begin, unsigned end);

/* ---- what leaves ---- */

/* To an OpenFlow port, reserved ones included; max_len 0: whole. */
void translate_output(struct translate_state *state, uint16_t port, uint16_t max_len);

struct translate_packet_in {
	uint16_t controller; /* id */
	uint8_t reason;      /* enum ofaction_reason */
	const uint8_t *userdata;
	uint16_t n_userdata;
};
void translate_controller(struct translate_state *state, const struct translate_packet_in *what);
/* Actions `begin` to `end` with a copy of the packet. */
void translate_clone(struct translate_state *state, const struct ofactions *list, uint32_t begin,
		     uint32_t end);
/* What is done between the two is done to a copy. `outer` is room for the packet as it is at the first;
 * `at` is what that returned. */
uint32_t translate_copy_begin(struct translate_state *state, struct translate_work *outer);
void translate_copy_end(struct translate_state *state, uint32_t at,
			const struct translate_work *outer);
/* Puts the mirrors' copies in front of everything, and takes away what has no effect. */
void translate_finish(struct translate_state *state);

/* Ends a clone, which is none if nothing in it changes the packet. */
void translate_clone_end(struct flow_op_list *list, uint32_t at);
/* Moves the ops [from, end) in front of those [to, from). */
void translate_move_ops(struct flow_op_list *list, uint32_t from, uint32_t to);

/* ---- mirrors ---- */

void translate_mirror(struct translate_state *state, const struct ofaction *action);
/* In front of everything else: the mirrors that choose a packet that was received by `port`. */
void translate_mirror_received(struct translate_state *state, const struct port_view *port);
/* Right in front of an output, when all is said: the mirrors that choose what leaves by `port`. */
void translate_mirror_outgoing(struct translate_state *state, const struct port_view *port,
			       uint16_t max_len);
/* The same for what NORMAL has made of the packet: the ops from `begin` on. */
void translate_mirror_normal(struct translate_state *state, uint32_t begin);
/* Puts the copies that actions asked for in front of everything, and credits the bridge's mirrors. */
void translate_mirror_actions(struct translate_state *state);
/* The op for one copy. */
void translate_mirror_say(struct translate_state *state, const struct translate_mirror *mirror);
/* Does the bridge have a mirror there that got the packet? */
bool translate_mirror_has(const struct translate_state *state,
			  const struct translate_mirror *mirror);

/* ---- orders ---- */

/* A packet as it was received. False: an order drops it. */
bool translate_orders(struct translate_state *state);
/* Does one of them send a copy there? */
bool translate_order_has(const struct translate_state *state,
			 const struct translate_mirror *mirror);
/* The answer is there: puts the copies in front of it. */
void translate_order_copies(struct translate_state *state);

/* ---- the action set ---- */

void translate_set_write(struct translate_state *state, const struct ofactions *list, uint32_t at);
void translate_set_clear(struct translate_state *state);
void translate_set_execute(struct translate_state *state);

/* ---- groups ---- */

/* Nothing of what its buckets do to the packet is left behind it. */
void translate_group(struct translate_state *state, uint32_t id);

/* ---- meters ---- */

void translate_meter(struct translate_state *state, uint32_t id);

/* ---- learning ---- */

void translate_learn(struct translate_state *state, const struct ofactions *list, uint32_t at);

/* Shrinks the timeouts of the flow that says so if the packet ends a TCP connection. */
void translate_fin_timeout(struct translate_state *state, const struct ofaction *action);

/* ---- the packet itself ---- */

/* Sees to it that the key knows the packet again, up to `limit`: parses it anew if it is at hand. False:
 * it is not, and the translation is over. */
bool translate_look(struct translate_state *state, enum bare limit);
/* TTL of the IP packet right behind the labels; -1: there is none, or the translation is over. */
int translate_look_ttl(struct translate_state *state);
