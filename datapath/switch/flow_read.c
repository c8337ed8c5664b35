/* Flows as the control thread finds, lists and shows them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/ledger.h"
#include "flow/port_text.h"
#include "switch/bridge.h"
#include "switch/flow_store.h"
#include "switch/offload.h"

struct flow_entry *flow_find(const struct flow_tables *tables, uint8_t table,
			     const struct match *match, uint16_t priority)
{
	const struct rule_match wanted = match_to_rule(match);

	for (unsigned kind = 0; kind < N_FLOW_KINDS; kind++) {
		const struct classifier *cls = tables->table[table].of_kind[kind];
		struct rule *rule = cls ? classifier_find(cls, &wanted, priority) : NULL;

		if (rule)
			return rule->data;
	}
	return NULL;
}

void flow_match(const struct flow *flow, struct match *out)
{
	rule_unpack(flow_entry_of(flow)->rule, out->key.word, out->mask.word, FLOW_KEY_WORDS);
}

/* ---- lists ---- */

void flow_list_fini(struct flow_list *list)
{
	free(list->entry);
	*list = (struct flow_list){0};
}

static int list_add(struct flow_list *list, struct flow_entry *entry)
{
	size_t n_room = list->n_room ? list->n_room * 2 : 16;
	struct flow_entry **room;

	if (list->n == list->n_room) {
		room = realloc(list->entry, n_room * sizeof(struct flow_entry *));
		if (!room)
			return -ENOMEM;
		list->entry = room;
		list->n_room = n_room;
	}
	list->entry[list->n++] = entry;
	return 0;
}

struct selection {
	struct flow_list *list;
	const struct flow_mod *filter;
	struct rule_match match; /* of the filter */
	bool is_deletion;
};

/* Whether what the filter says beside match and priority is so. */
static bool is_meant(const struct selection *selection, const struct flow *flow)
{
	const struct flow_mod *filter = selection->filter;

	if ((flow->cookie ^ filter->cookie_value) & filter->cookie_mask)
		return false;
	if (!selection->is_deletion)
		return true;
	return (filter->out_port == OFPORT_NONE ||
		ofactions_have_output(&flow->actions, filter->out_port)) &&
	       (filter->out_group == FLOW_GROUP_ANY ||
		ofactions_have_group(&flow->actions, filter->out_group));
}

static int select_rule(struct rule *rule, void *ctx)
{
	const struct selection *selection = ctx;
	struct flow_entry *entry = rule->data;

	if (!is_meant(selection, &entry->flow) ||
	    !rule_is_within(rule, &selection->match, FLOW_KEY_WORDS))
		return 0;
	return list_add(selection->list, entry);
}

static int select_loose(struct selection *selection, const struct flow_table *table)
{
	int rc = 0;

	for (unsigned kind = 0; !rc && kind < N_FLOW_KINDS; kind++)
		if (table->of_kind[kind])
			rc = classifier_for_each(table->of_kind[kind], select_rule, selection);
	return rc;
}

int flow_list_select(struct flow_list *list, const struct flow_tables *tables,
		     const struct flow_mod *filter)
{
	struct selection selection = {
		.list = list,
		.filter = filter,
		.match = match_to_rule(&filter->match),
		.is_deletion =
			filter->command == FLOW_DELETE || filter->command == FLOW_DELETE_STRICT,
	};
	bool is_strict =
		filter->command == FLOW_MODIFY_STRICT || filter->command == FLOW_DELETE_STRICT;
	bool is_any = filter->table == FLOW_TABLE_ANY;
	int rc = 0;

	for (unsigned i = is_any ? 0 : filter->table;
	     !rc && i < (is_any ? FLOW_TABLES : filter->table + 1u); i++) {
		if (!tables->table[i].n_flows)
			continue;
		if (is_strict) {
			struct flow_entry *entry =
				flow_find(tables, (uint8_t)i, &filter->match, filter->priority);

			if (entry && is_meant(&selection, &entry->flow))
				rc = list_add(list, entry);
		} else {
			rc = select_loose(&selection, &tables->table[i]);
		}
	}
	return rc;
}

/* What flows are sorted by, beside each other in memory: a third of the time. */
struct place {
	uint32_t rank; /* ascending: by table, then by descending priority */
	uint64_t id;
	struct flow_entry *entry;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

int flow_list_sort(struct flow_list *list)
{
	struct place *place = malloc((list->n + 1) * sizeof(*place));

	if (!place)
		return -ENOMEM;
	for (size_t i = 0; i < list->n; i++) {
		struct flow_entry *entry = list->entry[i];
		uint32_t rank = (uint32_t)entry->flow.table << 16 | (uint16_t)~entry->flow.priority;

		place[i] = (struct place){rank, entry->id, entry};
	}
	qsort(place, list->n, sizeof(*place), by_place);
	for (size_t i = 0; i < list->n; i++)
		list->entry[i] = place[i].entry;
	free(place);
	return 0;
}

/* ---- showing ---- */

static uint32_t seconds_since(uint64_t then, uint64_t now)
{
	return now > then ? (uint32_t)((now - then) / CLOCK_NS_PER_SEC) : 0;
}

static uint64_t used_at(const struct flow *flow)
{
	uint64_t at = counter_get(&flow->tally->used_at);

	return at > flow->created_at ? at : flow->created_at;
}

void flow_row_of(const struct flow_entry *entry, uint64_t now, struct flow_mod *mod,
		 struct flow_row *row)
{
	const struct flow *flow = &entry->flow;

	*mod = (struct flow_mod){
		.command = FLOW_ADD,
		.table = flow->table,
		.flags = flow->flags & (uint8_t)~FLOW_ABOUT_MESSAGE,
		.priority = flow->priority,
		.idle_timeout = flow->idle_timeout,
		.hard_timeout = flow->hard_timeout,
		.importance = flow->importance,
		.out_port = OFPORT_NONE,
		.out_group = FLOW_GROUP_ANY,
		.cookie = flow->cookie,
		.actions = flow->actions,
	};
	flow_match(flow, &mod->match);
	*row = (struct flow_row){.flow = mod,
				 .id = entry->id,
				 .ledger = flow->tally->row ? flow->tally->row->number : 0,
				 .stats = {
					 .duration = now - flow->created_at,
					 .n_packets = counter_get(&flow->tally->n_packets),
					 .n_bytes = counter_get(&flow->tally->n_bytes),
					 .idle_age = seconds_since(used_at(flow), now),
					 .hard_age = seconds_since(flow->modified_at, now),
					 .said = flow->flags & FLOW_ABOUT_MESSAGE,
				 }};
}

uint64_t flow_expires_at(const struct flow *flow, enum flow_removed_reason *reason)
{
	uint64_t hard = UINT64_MAX, idle = UINT64_MAX;

	if (flow->hard_timeout)
		hard = flow->modified_at + flow->hard_timeout * CLOCK_NS_PER_SEC;
	if (flow->idle_timeout)
		idle = used_at(flow) + flow->idle_timeout * CLOCK_NS_PER_SEC;
	*reason = hard <= idle ? FLOW_REMOVED_HARD : FLOW_REMOVED_IDLE;
	return hard < idle ? hard : idle;
}

void flows_harvest(struct bridge *bridge)
{
	offload_harvest(bridge->sw->offload);
	credit_harvest(bridge->sw->credits);
}

int bridge_flows_for_each(struct bridge *bridge, const struct flow_mod *filter,
			  int (*visit)(const struct flow_row *row, void *ctx), void *ctx)
{
	const uint64_t now = clock_now(bridge->sw->options.clock);
	struct flow_list list = {0};
	int rc = flow_list_select(&list, bridge->tables, filter);

	if (!rc)
		rc = flow_list_sort(&list);
	if (!rc)
		flows_harvest(bridge);
	for (size_t i = 0; !rc && i < list.n; i++) {
		struct flow_mod mod;
		struct flow_row row;

		flow_row_of(list.entry[i], now, &mod, &row);
		rc = visit(&row, ctx);
	}
	flow_list_fini(&list);
	return rc;
}

static int add_up(const struct flow_row *row, void *ctx)
{
	struct flow_aggregate *out = ctx;

	out->n_packets += row->stats.n_packets;
	out->n_bytes += row->stats.n_bytes;
	out->n_flows++;
	return 0;
}

int bridge_flows_aggregate(struct bridge *bridge, const struct flow_mod *filter,
			   struct flow_aggregate *out)
{
	struct flow_aggregate sum = {0};
	int rc = bridge_flows_for_each(bridge, filter, add_up, &sum);

	if (!rc)
		*out = sum;
	return rc;
}

/* ---- watching ---- */

void bridge_flow_watch(struct bridge *bridge, struct flow_watcher *watcher)
{
	watcher->next = bridge->tables->watchers;
	bridge->tables->watchers = watcher;
}

void bridge_flow_unwatch(struct bridge *bridge, struct flow_watcher *watcher)
{
	struct flow_watcher **place = &bridge->tables->watchers;

	while (*place && *place != watcher)
		place = &(*place)->next;
	if (*place)
		*place = watcher->next;
}
