#include "switch/flow_cursor.h"

#include <errno.h>
#include <stdlib.h>

#include "base/own.h"
#include "switch/bridge.h"
#include "switch/flow_store.h"

/* What orders a flow stays here when the flow is gone. */
struct stop {
	struct flow_entry *entry; /* NULL: gone */
	uint64_t id;
	uint32_t rank; /* table and priority, the first of the order is the lowest */
};

struct flow_cursor {
	struct flow_cursor *next;   /* of its tables */
	struct flow_tables *tables; /* NULL: gone */
	size_t at, n;
	bool is_torn, is_halved;
	struct stop stop[];
};

static uint32_t rank_of(const struct flow_entry *entry)
{
	return (uint32_t)entry->flow.table << 16 | (UINT16_MAX - entry->flow.priority);
}

int flow_cursor_new(struct flow_cursor **out, struct bridge *bridge, const struct flow_mod *filter)
{
	struct flow_cursor *cursor = NULL;
	struct flow_list list = {0};
	int rc = flow_list_select(&list, bridge->tables, filter);

	if (!rc)
		rc = flow_list_sort(&list);
	if (!rc) {
		cursor = calloc(1, sizeof(*cursor) + list.n * sizeof(cursor->stop[0]));
		rc = cursor ? 0 : -ENOMEM;
	}
	if (!rc) {
		flows_harvest(bridge);
		cursor->tables = bridge->tables;
		cursor->next = bridge->tables->cursors;
		bridge->tables->cursors = cursor;
		cursor->n = list.n;
		for (size_t i = 0; i < list.n; i++)
			cursor->stop[i] = (struct stop){list.entry[i], list.entry[i]->id,
							rank_of(list.entry[i])};
		*out = cursor;
	}
	flow_list_fini(&list);
	return rc;
}

void flow_cursor_free(struct flow_cursor **p)
{
	struct flow_cursor *cursor = *p, **place;

	if (cursor && cursor->tables) {
		place = &cursor->tables->cursors;
		while (*place != cursor)
			place = &(*place)->next;
		*place = cursor->next;
	}
	mem_free(p);
}

int flow_cursor_next(struct flow_cursor *cursor,
		     int (*visit)(const struct flow_row *row, void *ctx), void *ctx)
{
	uint64_t now;
	int rc = 0;

	if (!cursor->tables)
		return -ENODEV;
	now = clock_now(cursor->tables->bridge->sw->options.clock);
	while (!rc && cursor->at < cursor->n) {
		struct flow_entry *entry = cursor->stop[cursor->at].entry;
		struct flow_mod mod;
		struct flow_row row;

		if (entry) {
			flow_row_of(entry, now, &mod, &row);
			rc = visit(&row, ctx);
		}
		if (rc <= 0)
			cursor->at++;
	}
	return rc;
}

bool flow_cursor_is_torn(const struct flow_cursor *cursor)
{
	return cursor->is_torn || !cursor->tables;
}

bool flow_cursor_is_halved(const struct flow_cursor *cursor)
{
	return cursor->is_halved || !cursor->tables;
}

/* ---- changes meanwhile ---- */

static int compare(const void *a, const void *b)
{
	const struct stop *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

void flow_cursors_follow(struct flow_tables *tables, const struct flow_entry *old,
			 struct flow_entry *new, bool is_one_of_many)
{
	const struct stop key = {.id = old->id, .rank = rank_of(old)};

	for (struct flow_cursor *cursor = tables->cursors; cursor; cursor = cursor->next) {
		struct stop *stop = bsearch(&key, cursor->stop, cursor->n, sizeof(key), compare);

		if (!stop || stop->entry != old)
			continue;
		cursor->is_torn = true;
		cursor->is_halved |= is_one_of_many;
		/* only one that replaces it in its place has its id */
		stop->entry = new &&new->id == old->id ? new : NULL;
	}
}

void flow_cursors_end(struct flow_tables *tables)
{
	for (struct flow_cursor *cursor = tables->cursors; cursor; cursor = cursor->next)
		cursor->tables = NULL;
	tables->cursors = NULL;
}
