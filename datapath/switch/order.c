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
	offload_renew(bridge->sw->offload);
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
	order_tell(bridge, ORDER_ADDED, order);
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

static void tell_of_going(struct bridge *bridge)
{
	const struct order *order;

	if (!orders_are_watched(bridge))
		return;
	/* A packet may be on its way by one of them. */
	rcu_wait_readers();
	flows_harvest(bridge);
	for (order = bridge->orders->by_name; order; order = order->hh.next)
		if (order->is_going)
			order_tell(bridge, ORDER_ENDED, order);
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
		tell_of_going(bridge);
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
