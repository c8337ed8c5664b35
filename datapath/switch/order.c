#include "switch/order.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "base/rcu.h"
#include "flow/credit.h"
#include "flow/port_text.h"
#include "flow/rule-bundle.h"
#include "flow/rule-layout.h"
#include "flow/version.h"
#include "switch/bridge.h"
#include "switch/capture.h"
#include "switch/flow_store.h"
#include "switch/offload.h"
#include "switch/snapshot.h"

/* ---- an order's life ---- */

static void order_free(struct order **p)
{
	if (*p && (*p)->tally)
		tally_put((*p)->tally);
	mem_free(p);
}

static void order_released(void *data, void *ctx)
{
	struct order *order = data;

	order_free(&order);
}

static uint16_t port_id_of(struct bridge *bridge, const char *name)
{
	const struct bridge_port *port = *name ? bridge_port_lookup(bridge, name) : NULL;

	return port ? port->id : PORT_ID_NONE;
}

static struct order *order_new(struct bridge *bridge, const struct order_config *config)
{
	const uint64_t now = clock_now(bridge->sw->options.clock);
	own(order_free) struct order *order = calloc(1, sizeof(*order));

	if (order)
		order->tally = flow_tally_new(bridge);
	if (!order || !order->tally)
		return NULL;
	order->kind = config->kind;
	order->match = config->match;
	if (config->port)
		snprintf(order->port, sizeof(order->port), "%s", config->port);
	order->vlan = config->vlan;
	order->taker = config->taker;
	order->snaplen = config->snaplen;
	order->port_id = port_id_of(bridge, order->port);
	order->created_at = now;
	order->ends_at = config->lifetime ? now + config->lifetime : UINT64_MAX;
	if (config->past) {
		order->created_at = config->past->created_at;
		order->ends_at = config->past->ends_at;
		credit_restore(bridge->sw->credits, order->tally, &config->past->counted);
	}
	return take_ptr(order);
}

/* ---- changes that packets see at once ---- */

/* The first of drop1, drop2 ... that is free. */
static void name_make(const struct bridge_orders *orders, struct order *order)
{
	static const char *const kinds[] = {
		[ORDER_DROP] = "drop", [ORDER_MIRROR] = "mirror", [ORDER_CAPTURE] = "capture"};
	const struct order *other;

	for (unsigned i = 1;; i++) {
		snprintf(order->name, sizeof(order->name), "%s%u", kinds[order->kind], i);
		HASH_FIND_STR(orders->by_name, order->name, other);
		if (!other)
			return;
	}
}

/* What a flow would have to say to look at the same bits. */
static struct ofactions actions_of(const struct order *order, struct ofaction *room)
{
	*room = (struct ofaction){.type = OFACTION_MIRROR,
				  .output = {.port = OFPORT_NONE, .vlan = order->vlan}};
	return (struct ofactions){.n = order->vlan ? 1 : 0, .item = room};
}

static int masks_add(struct bridge *bridge, const struct order *order)
{
	struct ofaction room;
	const struct ofactions actions = actions_of(order, &room);

	return flow_masks_add(bridge->tables, &order->match, &actions);
}

static void masks_remove(struct bridge *bridge, const struct order *order)
{
	struct ofaction room;
	const struct ofactions actions = actions_of(order, &room);

	flow_masks_remove(bridge->tables, &order->match, &actions);
}

static unsigned kind_of(const struct order *order)
{
	return order->kind == ORDER_DROP ? ORDER_DROPS : ORDER_COPIES;
}

/* NULL: no memory. */
static struct classifier *classifier_of(struct bridge_orders *orders, const struct order *order)
{
	const struct classifier_options options = {.released = order_released};
	struct classifier **place = &orders->of_kind[kind_of(order)], *made;

	if (!*place && !classifier_new(&made, &rule_layout_flow, &options))
		rcu_publish(*place, made);
	return *place;
}

/* Online before, offline behind. */
static void commit(struct bridge *bridge, struct bundle *bundle)
{
	bundle_commit(bundle);
	version_bump(bridge->sw->versions, VERSION_CONFIG);
	rcu_sleep_begin();
	offload_renew(bridge->sw->offload, clock_now(bridge->sw->options.clock));
}

/* Takes the order over, which counts for the masks already; what fails leaves them as they are. */
static int rule_put(struct bridge *bridge, struct order *order)
{
	struct classifier *cls = classifier_of(bridge->orders, order);
	const struct rule_spec spec = {match_to_rule(&order->match), UINT32_MAX - order->number,
				       order};
	own(bundle_free) struct bundle *bundle = NULL;
	int rc = cls ? bundle_new(&bundle, &bridge->tables->clock) : -ENOMEM;

	if (!rc)
		rc = snapshot_widen(bridge);
	rcu_sleep_end();
	if (!rc)
		rc = bundle_add(bundle, cls, &spec, &order->rule);
	if (!rc) {
		commit(bridge, bundle);
		return 0;
	}
	bundle_free(&bundle);
	rcu_sleep_begin();
	return rc;
}

static int put(struct bridge *bridge, struct order *order, struct err *err)
{
	int rc = masks_add(bridge, order);

	if (!rc) {
		rc = rule_put(bridge, order);
		if (rc)
			masks_remove(bridge, order);
	}
	if (rc == -ENOSPC)
		return err_set(err, ENOSPC,
			       "bridge %s: with this there would be more than %d different "
			       "masks: match on the same fields more often",
			       bridge->name, FLOW_MASK_IDS);
	return rc ? err_set(err, -rc, "bridge %s: %s", bridge->name, strerror(-rc)) : 0;
}

int bridge_order_add(struct bridge *bridge, const struct order_config *config, const char **name,
		     struct err *err)
{
	struct bridge_orders *orders = bridge->orders;
	int rc = order_check(bridge, config, err);
	own(order_free) struct order *order = rc ? NULL : order_new(bridge, config);

	if (rc)
		return rc;
	if (!order)
		return err_set(err, ENOMEM, "bridge %s: no memory for an order", bridge->name);
	order->number = ++orders->last_number;
	if (config->name)
		strcpy(order->name, config->name);
	else
		name_make(orders, order);
	rc = put(bridge, order, err);
	if (rc)
		return rc;
	HASH_ADD_STR(orders->by_name, name, order);
	if (name)
		*name = order->name;
	order = NULL;
	return 0;
}

/* No packet meets its order any more: what came before is seen or lost, and counted. */
static void capture_end(struct bridge *bridge, struct order *order)
{
	rcu_wait_readers();
	while (captures_deliver(bridge->sw->captures))
		;
	flows_harvest(bridge);
	HASH_DEL(bridge->orders->by_name, order);
	order->taker->gone(order->taker, counter_get(&order->tally->n_packets));
}

/* They are freed by their classifier, later. */
static void forget(struct bridge *bridge)
{
	struct order *order, *next;

	HASH_ITER (hh, bridge->orders->by_name, order, next) {
		if (!order->is_going)
			continue;
		masks_remove(bridge, order);
		if (order->taker)
			capture_end(bridge, order);
		else
			HASH_DEL(bridge->orders->by_name, order);
	}
}

/* Takes away those that are going. 0, or -ENOMEM: then none is. */
static int remove_going(struct bridge *bridge)
{
	own(bundle_free) struct bundle *bundle = NULL;
	struct bridge_orders *orders = bridge->orders;
	int rc = bundle_new(&bundle, &bridge->tables->clock);
	struct order *order;

	rcu_sleep_end();
	for (order = orders->by_name; !rc && order; order = order->hh.next)
		if (order->is_going)
			rc = bundle_remove(bundle, orders->of_kind[kind_of(order)], order->rule);
	if (!rc) {
		commit(bridge, bundle);
		forget(bridge);
		return 0;
	}
	bundle_free(&bundle);
	rcu_sleep_begin();
	for (order = orders->by_name; order; order = order->hh.next)
		order->is_going = false;
	return rc;
}

int bridge_orders_del(struct bridge *bridge, const char *const *names, size_t n, struct err *err)
{
	struct order *order;
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++) {
		HASH_FIND_STR(bridge->orders->by_name, names[i], order);
		if (order)
			order->is_going = true;
		else
			rc = err_set(err, ENOENT,
				     "bridge %s has no order named %.40s: see ofctl orders",
				     bridge->name, names[i]);
	}
	for (order = bridge->orders->by_name; rc && order; order = order->hh.next)
		order->is_going = false;
	if (rc || !n)
		return rc;
	rc = remove_going(bridge);
	return rc ? err_set(err, -rc, "bridge %s: %s", bridge->name, strerror(-rc)) : 0;
}

void bridge_orders_tick(struct bridge *bridge, uint64_t now)
{
	struct bridge_orders *orders = bridge->orders;
	bool is_due = false;
	struct order *order;

	for (order = orders->by_name; order; order = order->hh.next) {
		order->is_going = order->ends_at <= now;
		is_due |= order->is_going;
	}
	if (is_due && remove_going(bridge))
		log_warn("switch", "bridge %s: orders whose time is over are still there: %s",
			 bridge->name, strerror(ENOMEM));
	rcu_sleep_end();
	for (unsigned i = 0; i < N_ORDER_CLASSIFIERS; i++)
		if (orders->of_kind[i])
			classifier_poll(orders->of_kind[i]);
	rcu_sleep_begin();
}

void bridge_capture_drop(struct bridge *bridge, const struct capture_taker *taker)
{
	struct order *order = bridge->orders->by_name;

	while (order->taker != taker)
		order = order->hh.next;
	order->taker = NULL;
	order->ends_at = 0;
	bridge_orders_tick(bridge, clock_now(bridge->sw->options.clock));
}

/* ---- reading ---- */

unsigned bridge_n_orders(const struct bridge *bridge)
{
	return HASH_COUNT(bridge->orders->by_name);
}

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

/* ---- with the bridge ---- */

int bridge_orders_new(struct bridge *bridge)
{
	bridge->orders = calloc(1, sizeof(*bridge->orders));
	return bridge->orders ? 0 : -ENOMEM;
}

void bridge_orders_free(struct bridge_orders **p)
{
	struct bridge_orders *orders = *p;
	struct order *order, *next;

	if (!orders)
		return;
	for (order = orders->by_name; order; order = next) {
		next = order->hh.next;
		if (order->taker)
			order->taker->gone(order->taker, counter_get(&order->tally->n_packets));
	}
	HASH_CLEAR(hh, orders->by_name);
	for (unsigned i = 0; i < N_ORDER_CLASSIFIERS; i++)
		classifier_free(&orders->of_kind[i]);
	mem_free(p);
}

void bridge_orders_follow(struct bridge *bridge)
{
	struct order *order;

	for (order = bridge->orders->by_name; order; order = order->hh.next)
		__atomic_store_n(&order->port_id, port_id_of(bridge, order->port),
				 __ATOMIC_RELAXED);
}
