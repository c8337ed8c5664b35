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
#include <stdint.h>

#include "../bpf/abi.h"

static inline struct flow_op flow_op_drop(uint16_t reason)
{
	return (struct flow_op){.type = OP_DROP, .reason = reason};
}

static inline struct flow_op flow_op_output(uint16_t port)
{
	return (struct flow_op){.type = OP_OUTPUT, .port = port};
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

#define FLOW_OPS_MAX 4096

/* Where translation collects them; scratch of the caller. */
struct flow_op_list {
	uint32_t n_ops;
	uint32_t is_full; /* one was left out */
	struct flow_op op[FLOW_OPS_MAX];
};

static inline void flow_op_add(struct flow_op_list *list, struct flow_op op)
{
	if (list->n_ops < FLOW_OPS_MAX)
		list->op[list->n_ops++] = op;
	else
		list->is_full = 1;
}

/* Never changes; shared by all flows that do the same. */
struct flow_actions {
	uint32_t n_ops; /* at least 1 */
	uint32_t n_refs;
	struct flow_op op[];
};

struct action_table;

/* 0 or -ENOMEM. Freeing a table frees its lists, referenced or not. */
int action_table_new(struct action_table **out);
void action_table_free(struct action_table **table);

/* The list of these steps, made if there is none; each call takes a reference.
 * 0, -EINVAL: no step or more than FLOW_OPS_MAX, -ENOMEM. */
int actions_get(struct action_table *table, const struct flow_op *op, uint32_t n_ops,
		struct flow_actions **out);
/* Gives a reference back and sets *actions to NULL. NULL-safe. */
void actions_put(struct action_table *table, struct flow_actions **actions);

uint32_t action_table_n_lists(const struct action_table *table);
