/* What orders say: to who lists them, watches them, and asks for those that a packet meets. */
#include "base/clock.h"
#include "base/rcu.h"
#include "flow/credit.h"
#include "flow/rule-classifier.h"
#include "switch/bridge.h"
#include "switch/flow_store.h"
#include "switch/flows.h"
#include "switch/order.h"

/* ---- listing ---- */

static struct order_row row_of(const struct order *order, uint64_t now)
{
	struct order_row row = {
		.name = order->name,
		.number = order->number,
		.kind = order->kind,
		.match = &order->match,
		.port = *order->port ? order->port : NULL,
		.vlan = order->vlan,
		.n_packets = counter_get(&order->tally->n_packets),
		.n_bytes = counter_get(&order->tally->n_bytes),
		.age = now - order->created_at,
		.left = UINT64_MAX,
		.past = {.counted = {.number = order->tally->row ? order->tally->row->number : 0,
				     .n_packets = counter_get(&order->tally->n_packets),
				     .n_bytes = counter_get(&order->tally->n_bytes),
				     .used_at = counter_get(&order->tally->used_at)},
			 .created_at = order->created_at,
			 .ends_at = order->ends_at},
	};

	if (order->ends_at != UINT64_MAX)
		row.left = order->ends_at > now ? order->ends_at - now : 0;
	return row;
}

unsigned bridge_n_orders(const struct bridge *bridge)
{
	return HASH_COUNT(bridge->orders->by_name);
}

int bridge_orders_for_each(struct bridge *bridge,
			   int (*visit)(const struct order_row *row, void *ctx), void *ctx)
{
	const uint64_t now = clock_now(bridge->sw->options.clock);
	const struct order *order;
	int rc = 0;

	if (bridge_n_orders(bridge))
		flows_harvest(bridge);
	for (order = bridge->orders->by_name; !rc && order; order = order->hh.next) {
		const struct order_row row = row_of(order, now);

		if (order->kind == ORDER_CAPTURE)
			continue;
		rc = visit(&row, ctx);
	}
	return rc;
}

struct capture_taker *bridge_order_taker(struct bridge *bridge, uint32_t number)
{
	struct order *order = bridge->orders->by_name;

	while (order && order->number != number)
		order = order->hh.next;
	return order ? order->taker : NULL;
}

/* ---- watching ---- */

void order_tell(struct bridge *bridge, enum order_event event, const struct order *order)
{
	const struct order_row row = row_of(order, clock_now(bridge->sw->options.clock));
	struct order_watcher *watcher = bridge->orders->watchers;

	for (; watcher && order->kind != ORDER_CAPTURE; watcher = watcher->next)
		watcher->seen(watcher, bridge, event, &row);
}

bool orders_are_watched(const struct bridge *bridge)
{
	struct order_watcher *watcher = bridge->orders->watchers;

	while (watcher && !watcher->wants(watcher))
		watcher = watcher->next;
	return watcher;
}

void bridge_order_watch(struct bridge *bridge, struct order_watcher *watcher)
{
	watcher->next = bridge->orders->watchers;
	bridge->orders->watchers = watcher;
}

void bridge_order_unwatch(struct bridge *bridge, struct order_watcher *watcher)
{
	struct order_watcher **place = &bridge->orders->watchers;

	while (*place && *place != watcher)
		place = &(*place)->next;
	if (*place)
		*place = watcher->next;
}

/* ---- the orders of a packet ---- */

struct hit_visit {
	void (*visit)(void *ctx, const char *name);
	void *ctx;
};

static void hit(const struct order *order, void *ctx)
{
	const struct hit_visit *hit = ctx;

	hit->visit(hit->ctx, order->name);
}

void bridge_orders_hit(struct bridge *bridge, const struct flow_key *key,
		       void (*visit)(void *ctx, const char *name), void *ctx)
{
	const uint64_t version = rule_clock_now(&bridge->tables->clock);
	struct hit_visit hits = {visit, ctx};
	const struct order *drop = orders_drop(bridge->orders, version, key);

	if (drop)
		visit(ctx, drop->name);
	else
		orders_for_each_copy(bridge->orders, version, key, hit, &hits);
}

const struct order *orders_drop(const struct bridge_orders *orders, uint64_t version,
				const struct flow_key *key)
{
	const struct classifier *cls = rcu_load(orders->of_kind[ORDER_DROPS]);
	const uint64_t *words = key->word;
	const struct rule *rule = NULL;

	if (cls)
		classifier_lookup(cls, version, &words, 1, &rule);
	return rule ? rule->data : NULL;
}

struct copy_visit {
	void (*visit)(const struct order *order, void *ctx);
	void *ctx;
};

static void copy(const struct rule *rule, void *ctx)
{
	const struct copy_visit *copies = ctx;

	copies->visit(rule->data, copies->ctx);
}

void orders_for_each_copy(const struct bridge_orders *orders, uint64_t version,
			  const struct flow_key *key,
			  void (*visit)(const struct order *order, void *ctx), void *ctx)
{
	const struct classifier *cls = rcu_load(orders->of_kind[ORDER_COPIES]);
	struct copy_visit copies = {visit, ctx};

	if (cls)
		classifier_for_each_match(cls, version, key->word, copy, &copies);
}
