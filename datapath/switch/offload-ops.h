#pragma once
/* What entries of the kernel's cache do, and whose packets they are: equal ones are there once.
 *
 * A list of one output or one drop is where the map `flow_ops` has it for all. Another one has a stretch of that
 * map, which may be written again as soon as nobody holds the list: entries hold it until they have rested
 * (switch/offload-places.h). A list holds the tallies that its entries count for. Under the lock of
 * switch/offload.c.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/abi.h"

struct credit;
struct credit_book;
struct credit_list;
struct op_list;
struct op_lists;

/* `ops` is the map: KERNEL_OPS, of which the first KERNEL_OPS_LIST are written now. Both are borrowed. 0 or
 * -ENOMEM. */
int op_lists_new(struct op_lists **out, struct flow_op *ops, struct credit_book *book);
void op_lists_free(struct op_lists **lists);

/* 1 to KERNEL_FLOW_OPS ops, words included, for these tallies in their order. NULL: there is no such
 * list. */
struct op_list *op_list_find(const struct op_lists *lists, const struct flow_op *ops,
			     uint32_t n_ops, const struct credit_list *credits);
/* The same, made if there is none; takes a reference. 0, -ENOMEM, -ENOSPC: the map is full. */
int op_list_get(struct op_lists *lists, const struct flow_op *ops, uint32_t n_ops,
		const struct credit_list *credits, struct op_list **out);
/* ---- stretches of the map that entries of an earlier daemon refer to. Before any list is made ---- */

/* Keeps this one from being written to. 0, -ENOMEM, -EINVAL: it cannot be one. */
int op_lists_reserve(struct op_lists *lists, uint32_t first, uint32_t n_ops);
/* All have been reserved: what lies between them is free. */
void op_lists_reserved(struct op_lists *lists);
/* Nobody reads them any more. Idempotent. */
void op_lists_release(struct op_lists *lists);

/* Gives a reference back and sets *list to NULL. NULL-safe. */
void op_list_put(struct op_lists *lists, struct op_list **list);
/* Whether so much of the map is taken that what only stands by does without. */
bool op_lists_are_enough(const struct op_lists *lists);

/* Where it is in the map. */
uint32_t op_list_first(const struct op_list *list);
/* Borrowed; NULL: nobody counts. */
struct credit *op_list_credit(const struct op_list *list);
