#include "flow/action.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/own.h"

struct list {
	UT_hash_handle hh;
	struct flow_actions actions; /* last: it has no fixed size */
};

/* This worker only. */
struct action_table {
	struct list *by_ops;
	uint32_t n_lists;
};

int action_table_new(struct action_table **out)
{
	struct action_table *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	*out = table;
	return 0;
}

static void list_free(struct action_table *table, struct list *list)
{
	HASH_DEL(table->by_ops, list);
	table->n_lists--;
	free(list);
}

void action_table_free(struct action_table **table)
{
	struct list *list, *next;

	if (!*table)
		return;
	HASH_ITER (hh, (*table)->by_ops, list, next)
		list_free(*table, list);
	mem_free(table);
}

int actions_get(struct action_table *table, const struct flow_op *op, uint32_t n_ops,
		struct flow_actions **out)
{
	const size_t size = n_ops * sizeof(*op);
	struct list *list;

	if (!n_ops || n_ops > FLOW_OPS_MAX)
		return -EINVAL;
	HASH_FIND(hh, table->by_ops, op, size, list);
	if (!list) {
		list = malloc(sizeof(*list) + size);
		if (!list)
			return -ENOMEM;
		list->actions.n_ops = n_ops;
		list->actions.n_refs = 0;
		memcpy(list->actions.op, op, size);
		HASH_ADD_KEYPTR(hh, table->by_ops, list->actions.op, size, list);
		table->n_lists++;
	}
	list->actions.n_refs++;
	*out = &list->actions;
	return 0;
}

void actions_put(struct action_table *table, struct flow_actions **actions)
{
	struct list *list;

	if (!*actions)
		return;
	assert((*actions)->n_refs);
	list = (struct list *)((char *)*actions - offsetof(struct list, actions));
	if (!--(*actions)->n_refs)
		list_free(table, list);
	*actions = NULL;
}

uint32_t action_table_n_lists(const struct action_table *table)
{
	return table->n_lists;
}
