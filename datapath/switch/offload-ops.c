#include "switch/offload-ops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/own.h"

/* Stretches are 1 << size ops long. */
#define SIZE_SMALLEST 1
#define SIZE_LARGEST  9

_Static_assert(1 << SIZE_LARGEST == KERNEL_FLOW_OPS,
	       "the longest list fits into the largest stretch");

struct op_list {
	UT_hash_handle hh;
	uint32_t first;
	uint32_t size; /* of its stretch: a logarithm */
	uint32_t n_refs;
	uint32_t n_ops;
	struct flow_op op[];
};

struct op_lists {
	/* fixed after create */
	struct flow_op *ops;
	/* under the lock */
	struct op_list *by_ops;
	uint32_t n_used; /* of the map, from its beginning; 0 is not used */
	/* By size: stretches that nobody has. The first word of each is the number of the next; 0: none */
	uint32_t free[SIZE_LARGEST + 1];
};

int op_lists_new(struct op_lists **out, struct flow_op *ops)
{
	struct op_lists *lists = calloc(1, sizeof(*lists));

	if (!lists)
		return -ENOMEM;
	lists->ops = ops;
	lists->n_used = KERNEL_FLOW_OPS;
	*out = lists;
	return 0;
}

void op_lists_free(struct op_lists **lists)
{
	struct op_list *list, *next;

	if (!*lists)
		return;
	HASH_ITER (hh, (*lists)->by_ops, list, next) {
		HASH_DEL((*lists)->by_ops, list);
		free(list);
	}
	mem_free(lists);
}

static uint32_t size_for(uint32_t n_ops)
{
	uint32_t size = SIZE_SMALLEST;

	while (1u << size < n_ops)
		size++;
	return size;
}

/* 0: there is none. */
static uint32_t stretch_take(struct op_lists *lists, uint32_t size)
{
	uint32_t first = lists->free[size];

	if (first) {
		memcpy(&lists->free[size], &lists->ops[first], sizeof(lists->free[size]));
	} else if (lists->n_used + (1u << size) <= KERNEL_OPS) {
		first = lists->n_used;
		lists->n_used += 1u << size;
	}
	return first;
}

static void stretch_give(struct op_lists *lists, uint32_t first, uint32_t size)
{
	memcpy(&lists->ops[first], &lists->free[size], sizeof(lists->free[size]));
	lists->free[size] = first;
}

static int list_new(struct op_lists *lists, const struct flow_op *ops, uint32_t n_ops,
		    struct op_list **out)
{
	struct op_list *list = malloc(sizeof(*list) + n_ops * sizeof(*ops));

	if (!list)
		return -ENOMEM;
	list->size = size_for(n_ops);
	list->n_refs = 0;
	list->n_ops = n_ops;
	list->first = stretch_take(lists, list->size);
	if (!list->first) {
		free(list);
		return -ENOSPC;
	}
	memcpy(list->op, ops, n_ops * sizeof(*ops));
	memcpy(&lists->ops[list->first], ops, n_ops * sizeof(*ops));
	HASH_ADD_KEYPTR(hh, lists->by_ops, list->op, n_ops * sizeof(*ops), list);
	*out = list;
	return 0;
}

int op_list_get(struct op_lists *lists, const struct flow_op *ops, uint32_t n_ops,
		struct op_list **out)
{
	struct op_list *list;
	int rc = 0;

	if (!n_ops || n_ops > KERNEL_FLOW_OPS)
		return -ENOSPC;
	HASH_FIND(hh, lists->by_ops, ops, n_ops * sizeof(*ops), list);
	if (!list)
		rc = list_new(lists, ops, n_ops, &list);
	if (rc)
		return rc;
	list->n_refs++;
	*out = list;
	return 0;
}

void op_list_put(struct op_lists *lists, struct op_list **p)
{
	struct op_list *list = *p;

	*p = NULL;
	if (!list || --list->n_refs)
		return;
	HASH_DEL(lists->by_ops, list);
	stretch_give(lists, list->first, list->size);
	free(list);
}

uint32_t op_list_first(const struct op_list *list)
{
	return list->first;
}
