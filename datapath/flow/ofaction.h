#pragma once
/* What a rule says is to be done: OpenFlow's actions and instructions, as the user wrote them.
 *
 * (What workers execute is another thing: flow/action.h. Translation makes that from this.)
 *
 * A flat list of elements of one size. Some own elements that stand right behind them
 * (`n_inside`, all levels counted): the actions in clone() and write_actions(), what learn() puts
 * into its flows, the bytes of a note. Lists have no pointers and no undefined bytes, so they are
 * copied and compared as memory:
 *
 *	output:1,write_actions(pop_vlan,output:2),goto_table:3
 *	OUTPUT | WRITE_ACTIONS n_inside=2 | POP_VLAN | OUTPUT | GOTO_TABLE
 *
 * Instructions stand in the order in which they take effect: METER, actions, CLEAR_ACTIONS,
 * WRITE_ACTIONS, WRITE_METADATA, GOTO_TABLE. A list without elements drops.
 *
 * A list belongs to whoever holds it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/field.h"
#include "flow/subfield.h"

struct err;
struct match;

enum ofaction_type {
	OFACTION_OUTPUT,     /* output.port; max_len: cut to so many bytes, 0: whole */
	OFACTION_OUTPUT_REG, /* move.from holds the port */
	OFACTION_CONTROLLER, /* controller; BYTES inside are its userdata */
	OFACTION_MIRROR,     /* a copy as received: output.port, or output.vlan if port is NONE */
	OFACTION_GROUP,      /* number */
	OFACTION_ENQUEUE,    /* output.port, output.queue */
	OFACTION_SET_QUEUE,  /* number */
	OFACTION_POP_QUEUE,

	OFACTION_SET,          /* set: bits of a field; `how`: enum ofaction_set */
	OFACTION_MOVE,         /* move: from one part of a field to another of equal width */
	OFACTION_SET_VLAN_VID, /* number; `how` 1: pushes a tag if there is none */
	OFACTION_SET_VLAN_PCP, /* the same */
	OFACTION_PUSH_VLAN,    /* number: Ethernet type. A second push copies VID and PCP */
	OFACTION_POP_VLAN,     /* `how` 1: written as strip_vlan */
	OFACTION_PUSH_MPLS,    /* number: Ethernet type */
	OFACTION_POP_MPLS,     /* number: Ethernet type of what is behind */
	OFACTION_PUSH_PBB,     /* number: Ethernet type */
	OFACTION_POP_PBB,
	OFACTION_COPY_TTL_IN,
	OFACTION_COPY_TTL_OUT,
	OFACTION_DEC_TTL, /* CONTROLLER_ID inside, at least one: who hears of expired packets */
	OFACTION_DEC_MPLS_TTL,

	OFACTION_RESUBMIT,    /* resubmit */
	OFACTION_LEARN,       /* learn; inside: the LEARN_ elements */
	OFACTION_FIN_TIMEOUT, /* timeouts: to these its flow's own shrink when TCP ends */
	OFACTION_CONJUNCTION,
	OFACTION_NOTE,  /* BYTES inside */
	OFACTION_CLONE, /* actions inside */

	OFACTION_METER, /* number */
	OFACTION_CLEAR_ACTIONS,
	OFACTION_WRITE_ACTIONS,  /* actions inside */
	OFACTION_WRITE_METADATA, /* set.value, set.mask */
	OFACTION_GOTO_TABLE,     /* number */

	/* parts of others */
	OFACTION_BYTES,             /* the first `how` of bytes */
	OFACTION_CONTROLLER_ID,     /* number */
	OFACTION_LEARN_MATCH,       /* the new flow matches move.to = the packet's move.from */
	OFACTION_LEARN_MATCH_VALUE, /* ... set.to = set.value */
	OFACTION_LEARN_LOAD,        /* the new flow loads the packet's move.from into move.to */
	OFACTION_LEARN_LOAD_VALUE,  /* ... set.value into set.to */
	OFACTION_LEARN_OUTPUT,      /* the new flow outputs to the packet's move.from */
};

/* How a SET was written, and is printed. */
enum ofaction_set {
	SET_AS_FIELD, /* set_field */
	SET_AS_LOAD,
	/* mod_dl_src, set_mpls_label ...: nothing happens to packets without the field, and tcp_src
	 * and tcp_dst stand for the ports of UDP and SCTP too, and for ICMP's type and code */
	SET_AS_MOD,
	SET_AS_TUNNEL64,
};

/* Why a controller gets a packet: numbers of OpenFlow 1.4's OFPR_, and one that only its reader knows to tell apart. An
 * action may say one of the first three. */
enum ofaction_reason {
	REASON_NO_MATCH,
	REASON_ACTION,
	REASON_INVALID_TTL,
	REASON_ACTION_SET,
	REASON_GROUP,
	REASON_PACKET_OUT,
	REASON_TABLE_MISS, /* the flow of priority 0 that all packets match says so */
};

enum learn_flag {
	LEARN_SEND_FLOW_REM = 1 << 0,
	LEARN_DELETE_LEARNED = 1 << 1,
	LEARN_WRITE_RESULT = 1 << 2,
};

#define OFACTION_BYTES_MAX 40
#define RESUBMIT_NO_TABLE  0xff /* this table */

struct ofaction {
	uint8_t type; /* enum ofaction_type */
	uint8_t how;
	uint16_t n_inside;
	uint32_t pad;
	union {
		struct {
			uint16_t port;
			uint16_t max_len;
			uint32_t queue;
			uint16_t vlan;
			uint16_t
				said_len; /* OpenFlow's max_len, which is for controllers: listed */
		} output;
		struct {
			uint16_t max_len;
			uint16_t id;
			uint8_t reason; /* enum ofaction_reason */
			uint8_t pause;
			uint32_t meter; /* 0: none */
		} controller;
		struct {
			struct subfield to;
			uint8_t pad;
			uint64_t value
				[2]; /* upper and lower half; bits in their place in the field */
			uint64_t mask[2];
		} set;
		struct {
			struct subfield from, to;
		} move;
		struct {
			uint16_t port; /* OFPORT_IN_PORT: as it is */
			uint8_t table; /* or RESUBMIT_NO_TABLE */
		} resubmit;
		struct {
			uint32_t id;
			uint8_t clause; /* from 1 */
			uint8_t n_clauses;
		} conjunction;
		struct {
			uint16_t idle_timeout, hard_timeout; /* seconds; 0: never */
			uint16_t fin_idle_timeout, fin_hard_timeout;
			uint16_t priority;
			uint8_t table;
			uint8_t flags;  /* enum learn_flag */
			uint32_t limit; /* 0: none */
			struct subfield result_dst;
			uint64_t cookie;
		} learn;
		struct {
			uint16_t idle, hard; /* seconds; 0: no other than it has */
		} timeouts;
		uint32_t number;
		uint8_t bytes[OFACTION_BYTES_MAX];
	};
};

_Static_assert(sizeof(struct ofaction) == 48, "ofaction");

#define OFACTIONS_MAX 4096 /* in one list */

struct ofactions {
	uint32_t n, size;
	struct ofaction *item;
};

void ofactions_fini(struct ofactions *list);
/* Appends a copy. 0, -E2BIG: there are OFACTIONS_MAX, or -ENOMEM. */
int ofactions_add(struct ofactions *list, const struct ofaction *action);
/* 0 or -ENOMEM; *out was empty. */
int ofactions_copy(struct ofactions *out, const struct ofactions *list);
bool ofactions_are_equal(const struct ofactions *a, const struct ofactions *b);

/* The bits of a SET or of a LEARN_ value. */
static inline field_bits ofaction_value(const struct ofaction *action)
{
	return (field_bits)action->set.value[0] << 64 | action->set.value[1];
}

static inline field_bits ofaction_mask(const struct ofaction *action)
{
	return (field_bits)action->set.mask[0] << 64 | action->set.mask[1];
}

void ofaction_set_bits(struct ofaction *action, field_bits value, field_bits mask);

/* The elements right below: `for (i = begin; i < end; i = ofactions_next(list, i))`. */
static inline uint32_t ofactions_next(const struct ofactions *list, uint32_t i)
{
	return i + 1 + list->item[i].n_inside;
}

/* Does it output to that port by itself (not by a register or a group), now or by the action set?
 * What the filter out_port asks for. */
bool ofactions_have_output(const struct ofactions *list, uint16_t port);
/* The same for a group. */
bool ofactions_have_group(const struct ofactions *list, uint32_t group);

/* May a rule with this match in this table have them? Asks for the order of instructions, for
 * what may stand in the action set and beside conjunction(), for prerequisites of the fields that
 * set_field, load, move and learn use (with what earlier actions have changed), for tables that are
 * further on. 0 or -EINVAL. */
int ofactions_check(const struct ofactions *list, const struct match *match, uint8_t table,
		    struct err *err);

/* May it be in an action set? Actions of which order says nothing may not, as in Open vSwitch. */
bool ofaction_may_be_in_set(const struct ofaction *action);

/* "push_vlan"; for messages. */
const char *ofaction_name(const struct ofaction *action);
