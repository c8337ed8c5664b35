#include "switch/offload-ops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/own.h"
#include "flow/credit.h"

/* Stretches are 1 << size ops long. */
#define SIZE_SMALLEST 1
#define SIZE_LARGEST  9

_Static_assert(1 << SIZE_LARGEST == KERNEL_FLOW_OPS,
	       "the longest list fits into the largest stretch");

struct op_list {
	UT_hash_handle hh;
	uint32_t first; /* below KERNEL_OPS_LIST: it has no stretch */
	uint32_t size;  /* of its stretch: a logarithm */
	uint32_t n_refs;
	struct credit *credit; /* holds the tallies; NULL: there are none */
	uint64_t word[];       /* the key: how many ops, ops, then pointers to tallies */
};

_Static_assert(sizeof(struct flow_op) == sizeof(uint64_t), "an op is a word of the key");
_Static_assert(sizeof(struct tally *) == sizeof(uint64_t), "so is a pointer");

#define KEY_WORDS_MAX (1 + KERNEL_FLOW_OPS + CREDIT_TALLIES_MAX)

struct stretch {
	uint32_t first;
	uint32_t size; /* a logarithm */
};

struct op_lists {
	/* fixed after create */
	struct flow_op *ops;
	struct credit_book *book;
	/* under the lock */
	struct op_list *by_word;
	uint32_t n_used; /* of the map, from its beginning */
	uint32_t n_held; /* ops in stretches that lists have */
	/* By size: stretches that nobody has. The first word of each is the number of the next; 0: none */
	uint32_t free[SIZE_LARGEST + 1];
	struct stretch *reserved;
	uint32_t n_reserved;
};

/* What is there for all. */
static void singles_write(struct flow_op *ops)
{
	for (uint16_t port = 0; port < PORT_ID_MAX; port++)
		ops[port] = (struct flow_op){.type = OP_OUTPUT, .port = port};
	for (uint16_t reason = 0; reason < N_DROP_REASONS; reason++)
		ops[KERNEL_OPS_DROP + reason] = (struct flow_op){.type = OP_DROP, .reason = reason};
}

int op_lists_new(struct op_lists **out, struct flow_op *ops, struct credit_book *book)
{
	struct op_lists *lists = calloc(1, sizeof(*lists));

	if (!lists)
		return -ENOMEM;
	lists->ops = ops;
	lists->book = book;
	lists->n_used = KERNEL_OPS_LIST;
	singles_write(ops);
	*out = lists;
	return 0;
}

static void list_free(struct op_lists *lists, struct op_list *list)
{
	HASH_DEL(lists->by_word, list);
	credit_put(&list->credit);
	free(list);
}

void op_lists_free(struct op_lists **lists)
{
	struct op_list *list, *next;

	if (!*lists)
		return;
	HASH_ITER (hh, (*lists)->by_word, list, next)
		list_free(*lists, list);
	free((*lists)->reserved);
	mem_free(lists);
}

/* ---- stretches ---- */

static uint32_t size_for(uint32_t n_ops)
{
	uint32_t size = SIZE_SMALLEST;

	while (1u << size < n_ops)
		size++;
	return size;
}

static void stretch_give(struct op_lists *lists, uint32_t first, uint32_t size)
{
	memcpy(&lists->ops[first], &lists->free[size], sizeof(lists->free[size]));
	lists->free[size] = first;
}

/* 0: there is none of that size. */
static uint32_t free_take(struct op_lists *lists, uint32_t size)
{
	const uint32_t first = lists->free[size];

	if (first)
		memcpy(&lists->free[size], &lists->ops[first], sizeof(lists->free[size]));
	return first;
}

/* 0: there is none. */
static uint32_t stretch_take(struct op_lists *lists, uint32_t size)
{
	uint32_t first = free_take(lists, size), larger = size;

	if (!first && lists->n_used + (1u << size) <= KERNEL_OPS) {
		first = lists->n_used;
		lists->n_used += 1u << size;
	}
	while (!first && larger < SIZE_LARGEST)
		first = free_take(lists, ++larger);
	for (; first && larger > size; larger--)
		stretch_give(lists, first + (1u << (larger - 1)), larger - 1);
	return first;
}

/* ---- stretches of an earlier daemon's ---- */

int op_lists_reserve(struct op_lists *lists, uint32_t first, uint32_t n_ops)
{
	struct stretch *more;

	if (n_ops == 1 && first < KERNEL_OPS_DROP + N_DROP_REASONS)
		return 0;
	if (!n_ops || n_ops > KERNEL_FLOW_OPS || first < KERNEL_OPS_LIST ||
	    first > KERNEL_OPS - (1u << size_for(n_ops)))
		return -EINVAL;
	more = realloc(lists->reserved, (lists->n_reserved + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	lists->reserved = more;
	lists->reserved[lists->n_reserved++] = (struct stretch){first, size_for(n_ops)};
	return 0;
}

static int compare_firsts(const void *a, const void *b)
{
	const struct stretch *left = a, *right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

static void gap_give(struct op_lists *lists, uint32_t first, uint32_t end)
{
	for (uint32_t size = SIZE_LARGEST; size >= SIZE_SMALLEST; size--)
		for (; first + (1u << size) <= end; first += 1u << size)
			stretch_give(lists, first, size);
}

/* Many entries refer to one of them: each is kept once. */
void op_lists_reserved(struct op_lists *lists)
{
	uint32_t end = KERNEL_OPS_LIST, n = 0;

	if (lists->n_reserved)
		qsort(lists->reserved, lists->n_reserved, sizeof(*lists->reserved), compare_firsts);
	for (uint32_t i = 0; i < lists->n_reserved; i++) {
		const struct stretch stretch = lists->reserved[i];

		if (stretch.first < end)
			continue;
		gap_give(lists, end, stretch.first);
		end = stretch.first + (1u << stretch.size);
		lists->reserved[n++] = stretch;
	}
	lists->n_reserved = n;
	lists->n_used = end;
}

void op_lists_release(struct op_lists *lists)
{
	for (uint32_t i = 0; i < lists->n_reserved; i++)
		stretch_give(lists, lists->reserved[i].first, lists->reserved[i].size);
	lists->n_reserved = 0;
	mem_free(&lists->reserved);
}

/* ---- lists ---- */

/* Where the map has it for all; 0: it has not. */
static uint32_t single_of(const struct flow_op *ops, uint32_t n_ops)
{
	if (n_ops == 1 && ops->type == OP_OUTPUT && !ops->queue)
		return ops->port % PORT_ID_MAX;
	return n_ops == 1 && ops->type == OP_DROP ? KERNEL_OPS_DROP + ops->reason : 0;
}

/* Returns how many words it has. */
static uint32_t key_make(const struct flow_op *ops, uint32_t n_ops,
			 const struct credit_list *credits, uint64_t *words)
{
	words[0] = n_ops;
	memcpy(words + 1, ops, n_ops * sizeof(*ops));
	memcpy(words + 1 + n_ops, credits->tally, credits->n * sizeof(credits->tally[0]));
	return 1 + n_ops + credits->n;
}

struct op_list *op_list_find(const struct op_lists *lists, const struct flow_op *ops,
			     uint32_t n_ops, const struct credit_list *credits)
{
	uint64_t words[KEY_WORDS_MAX];
	struct op_list *list;

	if (!n_ops || n_ops > KERNEL_FLOW_OPS)
		return NULL;
	HASH_FIND(hh, lists->by_word, words,
		  key_make(ops, n_ops, credits, words) * sizeof(words[0]), list);
	return list;
}

static int stretch_write(struct op_lists *lists, struct op_list *list, const struct flow_op *ops,
			 uint32_t n_ops)
{
	list->first = single_of(ops, n_ops);
	if (list->first)
		return 0;
	list->size = size_for(n_ops);
	list->first = stretch_take(lists, list->size);
	if (!list->first)
		return -ENOSPC;
	memcpy(&lists->ops[list->first], ops, n_ops * sizeof(*ops));
	lists->n_held += 1u << list->size;
	return 0;
}

static int list_new(struct op_lists *lists, const struct flow_op *ops, uint32_t n_ops,
		    const struct credit_list *credits, struct op_list **out)
{
	const size_t size = (1 + n_ops + credits->n) * sizeof(uint64_t);
	struct op_list *list = calloc(1, sizeof(*list) + size);

	if (list && credits->n)
		list->credit = credit_new(lists->book, credits);
	if (!list || (credits->n && !list->credit)) {
		free(list);
		return -ENOMEM;
	}
	if (stretch_write(lists, list, ops, n_ops)) {
		credit_put(&list->credit);
		free(list);
		return -ENOSPC;
	}
	key_make(ops, n_ops, credits, list->word);
	HASH_ADD_KEYPTR(hh, lists->by_word, list->word, size, list);
	*out = list;
	return 0;
}

int op_list_get(struct op_lists *lists, const struct flow_op *ops, uint32_t n_ops,
		const struct credit_list *credits, struct op_list **out)
{
	struct op_list *list = op_list_find(lists, ops, n_ops, credits);
	int rc = 0;

	if (!n_ops || n_ops > KERNEL_FLOW_OPS)
		return -ENOSPC;
	if (!list)
		rc = list_new(lists, ops, n_ops, credits, &list);
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
	if (list->first >= KERNEL_OPS_LIST) {
		stretch_give(lists, list->first, list->size);
		lists->n_held -= 1u << list->size;
	}
	list_free(lists, list);
}

bool op_lists_are_enough(const struct op_lists *lists)
{
	return lists->n_held >= KERNEL_OPS / 4;
}

uint32_t op_list_first(const struct op_list *list)
{
	return list->first;
}

struct credit *op_list_credit(const struct op_list *list)
{
	return list ? list->credit : NULL;
}
