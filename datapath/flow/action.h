#pragma once
/* What happens to the packets of a flow: a compiled list of small steps.
 *
 * Translation (switch/) makes it, path/ executes it from first to last; an output sends the packet
 * as it is at that point. An op may own words that stand right behind it in the list (op.n_words), so a
 * walk goes `i += 1 + op[i].n_words`. Equal lists with equal credits are one object: a bridge with a
 * million cached flows has little more lists than ports and rules, and they stay in the processor's cache.
 *
 * A table and its lists belong to one worker: nothing here is shared between threads.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../bpf/abi.h"
#include "flow/credit.h"

/* What a controller is told beside the packet: the words of OP_CONTROLLER, and behind them userdata.
 * The working fields are as they were at that point. */
struct packet_in_context {
	uint64_t cookie; /* of the flow that says so */
	uint64_t metadata;
	uint32_t reg[16];
	uint32_t bridge;     /* struct bridge.number: whose controllers are meant */
	uint16_t controller; /* id; 0: those that asked for none */
	uint16_t in_port;    /* OpenFlow number */
	uint16_t meter;      /* a slot, from 1, that the copy goes through; 0: none */
	uint16_t n_userdata;
	uint8_t reason; /* numbers of OpenFlow's OFPR_ */
	uint8_t table;
	uint16_t pad;
};

_Static_assert(sizeof(struct packet_in_context) % sizeof(struct flow_op) == 0, "whole words");
_Static_assert(sizeof(struct packet_in_context) == 96, "no gaps");

#define PACKET_IN_USERDATA_MAX 512

static inline struct flow_op flow_op_drop(uint16_t reason)
{
	return (struct flow_op){.type = OP_DROP, .reason = reason};
}

static inline struct flow_op flow_op_output(uint16_t port)
{
	return (struct flow_op){.type = OP_OUTPUT, .port = port};
}

/* `queue`: see struct flow_op. */
static inline struct flow_op flow_op_enqueue(uint16_t port, uint16_t queue)
{
	return (struct flow_op){.type = OP_OUTPUT, .port = port, .queue = queue};
}

static inline struct flow_op flow_op_push_vlan(uint16_t tpid, uint16_t tci)
{
	return (struct flow_op){.type = OP_PUSH_VLAN, .tpid = tpid, .tci = tci};
}

static inline struct flow_op flow_op_pop_vlan(void)
{
	return (struct flow_op){.type = OP_POP_VLAN};
}

/* Changes those bits of the outermost tag that are 1 in `mask`. */
static inline struct flow_op flow_op_set_vlan(uint16_t tci, uint16_t mask)
{
	return (struct flow_op){.type = OP_SET_VLAN, .mask = mask, .tci = tci & mask};
}

/* ---- collecting ops ---- */

#define FLOW_OPS_MAX         4096 /* words included */
#define FLOW_CLONE_DEPTH_MAX 64   /* clones in clones */

/* Where translation collects them; scratch of the caller. The functions below append an op with its
 * words, or nothing; once something did not fit, nothing follows. */
struct flow_op_list {
	uint32_t n_ops;   /* words included */
	uint32_t is_full; /* something was left out */
	uint32_t n_open;  /* clones that are begun and not ended */
	uint32_t pad;
	struct flow_op op[FLOW_OPS_MAX];
};

static inline void flow_op_list_clear(struct flow_op_list *list)
{
	list->n_ops = list->is_full = list->n_open = 0;
}

static inline void flow_op_add(struct flow_op_list *list, struct flow_op op)
{
	if (list->n_ops < FLOW_OPS_MAX && !list->is_full)
		list->op[list->n_ops++] = op;
	else
		list->is_full = 1;
}

/* Writes the bits of `field` that are 1 in `mask`. Both are as in the packet, packet_field_size()
 * bytes; bits that the field does not have are ignored. */
void flow_op_set(struct flow_op_list *list, enum packet_field field, const void *value,
		 const void *mask);
/* The same for all bits. */
void flow_op_set_all(struct flow_op_list *list, enum packet_field field, const void *value);
/* The next output, and no other, sends at most `size` bytes (at least an Ethernet header). */
void flow_op_truncate(struct flow_op_list *list, uint16_t size);
/* Behind the Ethernet header and its tags; `type` is the Ethernet type (ETH_TYPE_MPLS or _MULTICAST),
 * `entry` the whole label stack entry. */
void flow_op_push_mpls(struct flow_op_list *list, uint16_t type, be32 entry);
/* `type`: of what is behind, by the one who knows. */
void flow_op_pop_mpls(struct flow_op_list *list, uint16_t type);
/* In front of all tags. `itag` is the I-TAG's TCI: PCP, DEI, UCA, I-SID. The backbone addresses
 * begin as copies of the customer's. */
void flow_op_push_pbb(struct flow_op_list *list, uint16_t type, be32 itag);
void flow_op_pop_pbb(struct flow_op_list *list);

/* With `context`, and `n_userdata` bytes (PACKET_IN_USERDATA_MAX at most, else it does not fit) that
 * go with it. */
void flow_op_controller(struct flow_op_list *list, const struct packet_in_context *context,
			const void *userdata, uint16_t n_userdata);

/* A copy for whoever captures: `size` bytes at most (0: all), with a word that says for whom. */
void flow_op_capture(struct flow_op_list *list, uint16_t size, uint64_t who);

/* Ends for packets that are too many. `slot`: see path/meter.h; `number` is what people call it. */
void flow_op_meter(struct flow_op_list *list, uint16_t slot, uint64_t number);

/* What is added between the two is done to a copy of the packet. `at` is what the first returned. A
 * clone of nothing leaves no trace. */
uint32_t flow_op_clone_begin(struct flow_op_list *list);
void flow_op_clone_end(struct flow_op_list *list, uint32_t at);

/* ---- reading ops ---- */

/* for (op = list; op < list + n_ops; op = flow_op_next(op)) */
static inline const struct flow_op *flow_op_next(const struct flow_op *op)
{
	return op + 1 + op->n_words;
}

/* The op's words, as bytes. */
static inline const void *flow_op_words(const struct flow_op *op)
{
	return op + 1;
}

/* Bytes of a field's value. */
unsigned packet_field_size(enum packet_field field);

/* Of OP_SET: where the value and the mask are; packet_field_size() bytes each. */
static inline const uint8_t *flow_op_value(const struct flow_op *op)
{
	return flow_op_words(op);
}

static inline const uint8_t *flow_op_mask(const struct flow_op *op)
{
	return flow_op_value(op) + op->n_words / 2 * sizeof(*op);
}

/* Of OP_CONTROLLER: context->n_userdata bytes. */
static inline struct packet_in_context flow_op_context(const struct flow_op *op)
{
	struct packet_in_context context;

	memcpy(&context, flow_op_words(op), sizeof(context)); /* ops are not aligned for it */
	return context;
}

static inline const uint8_t *flow_op_userdata(const struct flow_op *op)
{
	return (const uint8_t *)flow_op_words(op) + sizeof(struct packet_in_context);
}

/* ---- lists that are shared ---- */

/* Never changes; shared by all flows that do the same. */
struct flow_actions {
	struct credit *credit; /* whose packets these are; NULL: nobody counts */
	uint32_t n_refs;
	uint32_t n_ops; /* at least 1 */
	struct flow_op op[];
};

struct action_table;

/* `book` is borrowed and gets the lists' credits. 0 or -ENOMEM. Freeing a table frees its lists,
 * referenced or not. */
int action_table_new(struct action_table **out, struct credit_book *book);
void action_table_free(struct action_table **table);

/* The list of these steps for these tallies (in their order; NULL: none), made if there is none; each
 * call takes a reference. 0, -EINVAL: no step or more than FLOW_OPS_MAX, -ENOMEM. */
int actions_get(struct action_table *table, const struct flow_op *op, uint32_t n_ops,
		const struct credit_list *credits, struct flow_actions **out);
/* Gives a reference back and sets *actions to NULL. NULL-safe. */
void actions_put(struct action_table *table, struct flow_actions **actions);

uint32_t action_table_n_lists(const struct action_table *table);
