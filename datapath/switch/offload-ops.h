#pragma once
/* The lists of ops that kernel entries refer to, in the map `flow_ops`: equal ones are there once.
 *
 * A list's stretch of the map may be written again as soon as nobody holds it: entries hold it until
 * they have rested (switch/offload-places.h). Under the lock of switch/offload.c.
 */
#include <stdint.h>

#include "../bpf/abi.h"

struct op_list;
struct op_lists;

/* `ops` is the map: KERNEL_OPS. Borrowed. 0 or -ENOMEM. */
int op_lists_new(struct op_lists **out, struct flow_op *ops);
void op_lists_free(struct op_lists **lists);

/* 1 to KERNEL_FLOW_OPS ops, words included. Takes a reference. 0, -ENOMEM, -ENOSPC: the map is full. */
int op_list_get(struct op_lists *lists, const struct flow_op *ops, uint32_t n_ops,
		struct op_list **out);
/* Gives a reference back and sets *list to NULL. NULL-safe. */
void op_list_put(struct op_lists *lists, struct op_list **list);

/* Where it is in the map. */
uint32_t op_list_first(const struct op_list *list);
