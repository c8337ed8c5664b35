#include "switch/meters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/err.h"
#include "base/own.h"
#include "base/rcu.h"
#include "flow/port_text.h"
#include "path/meter.h"
#include "switch/bridge.h"
#include "switch/flow_change.h"
#include "switch/snapshot.h"

#define METER_NONE 0 /* no meter has that number */

/* ---- by number ---- */

/* Where it is, or where it would be. */
static uint32_t place_of(const struct bridge_meters *meters, uint32_t id)
{
	uint32_t from = 0, to = meters->n;

	while (from < to) {
		const uint32_t at = from + (to - from) / 2;

		if (meters->meter[at].id < id)
			from = at + 1;
		else
			to = at;
	}
	return from;
}

static struct bridge_meter *find(const struct bridge_meters *meters, uint32_t id)
{
	const uint32_t at = place_of(meters, id);

	return at < meters->n && meters->meter[at].id == id ? &meters->meter[at] : NULL;
}

int meter_slot(const struct bridge_view *view, uint32_t id)
{
	const struct meter_index *index = view->meters;
	uint32_t from = 0, to = index ? index->n : 0;

	while (from < to) {
		const uint32_t at = from + (to - from) / 2;

		if (index->place[at].id == id)
			return index->place[at].slot;
		if (index->place[at].id < id)
			from = at + 1;
		else
			to = at;
	}
	return -1;
}

int meters_are_there(const struct bridge *bridge, const struct ofactions *actions, struct err *err)
{
	for (uint32_t i = 0; i < actions->n; i++) {
		const struct ofaction *action = &actions->item[i];
		const struct bridge_meter *meter;

		if (action->type != OFACTION_METER)
			continue;
		meter = find(&bridge->meters, action->number);
		if (!meter || meter->is_leaving)
			return err_set(err, ENODEV, "meter:%u: there is no such meter",
				       action->number);
	}
	return 0;
}

void meters_refer(struct bridge *bridge, const struct ofactions *actions, int by)
{
	for (uint32_t i = 0; i < actions->n; i++) {
		const struct ofaction *action = &actions->item[i];

		if (action->type == OFACTION_METER)
			find(&bridge->meters, action->number)->n_flows += (uint32_t)by;
	}
}

static bool is_meant(const struct bridge_meter *meter, uint32_t id)
{
	return id == METER_EVERY || meter->id == id;
}

void bridge_meters_leave(struct bridge *bridge, uint32_t id)
{
	for (uint32_t i = 0; i < bridge->meters.n; i++)
		bridge->meters.meter[i].is_leaving |= is_meant(&bridge->meters.meter[i], id);
}

void bridge_meters_stay(struct bridge *bridge)
{
	for (uint32_t i = 0; i < bridge->meters.n; i++)
		bridge->meters.meter[i].is_leaving = false;
}

/* ---- publishing ---- */

/* What translation finds, but for `without`; the old one is freed when nobody reads it any more. */
static int publish(struct bridge *bridge, uint32_t without)
{
	struct bridge_meters *meters = &bridge->meters;
	struct meter_index *old = meters->index, *new;
	int rc;

	new = malloc(sizeof(*new) + meters->n * sizeof(new->place[0]));
	if (!new)
		return -ENOMEM;
	new->n = 0;
	for (uint32_t i = 0; i < meters->n; i++)
		if (!is_meant(&meters->meter[i], without))
			new->place[new->n++] =
				(struct meter_place){meters->meter[i].id, meters->meter[i].slot};
	meters->index = new;
	rc = snapshot_publish(bridge);
	if (rc) {
		meters->index = old;
		free(new);
		return rc;
	}
	free(old);
	return 0;
}

/* ---- changing ---- */

static int check(const struct meter_desc *desc, struct err *err)
{
	if (!meter_number_is(desc->id))
		return err_set(err, EINVAL, "meter %u: use 1 to %u, or the controllers'", desc->id,
			       METER_NUMBER_MAX);
	if (!(desc->flags & METER_KBPS) == !(desc->flags & METER_PKTPS))
		return err_set(err, EINVAL, "meter %u: it counts in kbps or in pktps", desc->id);
	for (unsigned i = 0; i < desc->n_bands; i++)
		if (!desc->band[i].rate)
			return err_set(err, EINVAL, "meter %u: a rate of 0", desc->id);
	return 0;
}

static struct meter *meter_new(const struct meter_desc *desc)
{
	struct meter *meter = malloc(sizeof(*meter));

	if (meter)
		meter_begin(meter, desc);
	return meter;
}

/* -1: all are taken. */
static int slot_find(const struct vswitch *sw)
{
	for (int i = 0; i < METERS_MAX; i++)
		if (!sw->meters[i])
			return i;
	return -1;
}

static void forget(struct bridge_meters *meters, uint32_t at)
{
	meters->n--;
	memmove(&meters->meter[at], &meters->meter[at + 1],
		(meters->n - at) * sizeof(meters->meter[0]));
}

static int add(struct bridge *bridge, const struct meter_desc *desc, struct err *err)
{
	struct bridge_meters *meters = &bridge->meters;
	struct vswitch *sw = bridge->sw;
	const uint32_t at = place_of(meters, desc->id);
	const int slot = slot_find(sw);
	struct bridge_meter *more;
	struct meter *meter;
	int rc;

	if (find(meters, desc->id))
		return err_set(err, EEXIST, "meter %u: there is one of that number already",
			       desc->id);
	if (slot < 0)
		return err_set(err, ENOSPC, "a switch has at most %d meters", METERS_MAX);
	more = realloc(meters->meter, (meters->n + 1) * sizeof(*more));
	if (more)
		meters->meter = more;
	meter = more ? meter_new(desc) : NULL;
	if (!meter)
		return err_set(err, ENOMEM, "out of memory");
	memmove(&more[at + 1], &more[at], (meters->n - at) * sizeof(*more));
	more[at] = (struct bridge_meter){
		.id = desc->id, .slot = (uint16_t)slot, .created_at = clock_now(sw->options.clock)};
	meters->n++;
	rcu_publish(sw->meters[slot], meter);
	rc = publish(bridge, METER_NONE);
	if (!rc)
		return 0;
	forget(meters, at);
	sw->meters[slot] = NULL;
	free(meter);
	return err_set(err, -rc, "meter %u: %s", desc->id, strerror(-rc));
}

/* It counts on; its bands begin anew. */
static int modify(struct bridge *bridge, const struct meter_desc *desc, struct err *err)
{
	const struct bridge_meter *place = find(&bridge->meters, desc->id);
	struct meter *old, *new;

	if (!place)
		return err_set(err, ENOENT, "meter %u: there is no such meter", desc->id);
	new = meter_new(desc);
	if (!new)
		return err_set(err, ENOMEM, "out of memory");
	old = bridge->sw->meters[place->slot];
	rcu_publish(bridge->sw->meters[place->slot], new);
	rcu_wait_readers();
	__atomic_fetch_add(&new->n_packets, old->n_packets, __ATOMIC_RELAXED);
	__atomic_fetch_add(&new->n_bytes, old->n_bytes, __ATOMIC_RELAXED);
	free(old);
	return 0;
}

static bool has_meter(const struct ofactions *actions, uint32_t id)
{
	for (uint32_t i = 0; i < actions->n; i++)
		if (actions->item[i].type == OFACTION_METER &&
		    (id == METER_EVERY || actions->item[i].number == id))
			return true;
	return false;
}

static int flows_put(struct flow_change *change, const struct flow_list *list, uint32_t id)
{
	const struct flow_delta gone = {.type = FLOW_REMOVED, .reason = FLOW_REMOVED_METER};
	int rc = 0;

	for (size_t i = 0; !rc && i < list->n; i++) {
		struct flow_delta delta = gone;

		delta.old = list->entry[i];
		if (has_meter(&delta.old->flow.actions, id))
			rc = flow_change_put(change, delta, NULL);
	}
	return rc;
}

static int flows_delete(struct bridge *bridge, uint32_t id, struct err *err)
{
	const struct flow_mod all = {
		.command = FLOW_DELETE,
		.table = FLOW_TABLE_ANY,
		.out_port = OFPORT_NONE,
		.out_group = FLOW_GROUP_ANY,
	};
	struct flow_list list = {0};
	struct flow_change change;
	int rc = flow_list_select(&list, bridge->tables, &all);

	if (!rc)
		rc = flow_change_begin(&change, bridge->tables,
				       clock_now(bridge->sw->options.clock));
	if (!rc) {
		rc = flows_put(&change, &list, id);
		if (rc)
			flow_change_undo(&change);
		else
			rc = flow_change_commit(&change, err);
	}
	flow_list_fini(&list);
	return rc;
}

/* Nobody can find those that are going any more: their slots are free a grace period later. */
static int delete (struct bridge *bridge, uint32_t id, struct err *err)
{
	struct bridge_meters *meters = &bridge->meters;
	own(mem_free) uint16_t *slots = calloc(meters->n ? meters->n : 1, sizeof(*slots));
	uint32_t n_gone = 0, n_flows = 0, n_meant = 0;
	int rc = slots ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < meters->n; i++) {
		if (!is_meant(&meters->meter[i], id))
			continue;
		n_meant++;
		n_flows += meters->meter[i].n_flows;
	}
	if (!n_meant)
		return 0;
	if (!rc && n_flows)
		rc = flows_delete(bridge, id, err);
	if (!rc)
		rc = publish(bridge, id);
	if (rc)
		return err_set(err, -rc, "meter %u: %s", id, strerror(-rc));
	for (uint32_t i = meters->n; i--;) {
		if (!is_meant(&meters->meter[i], id))
			continue;
		slots[n_gone++] = meters->meter[i].slot;
		forget(meters, i);
	}
	for (uint32_t i = 0; i < n_gone; i++) {
		struct meter *meter = bridge->sw->meters[slots[i]];

		rcu_publish(bridge->sw->meters[slots[i]], NULL);
		rcu_wait_readers();
		free(meter);
	}
	return 0;
}

int bridge_meter_mod(struct bridge *bridge, const struct meter_mod *mod, struct err *err)
{
	int rc = mod->command == METER_DELETE ? 0 : check(&mod->desc, err);

	if (rc)
		return rc;
	switch (mod->command) {
	case METER_ADD:
		return add(bridge, &mod->desc, err);
	case METER_MODIFY:
		return modify(bridge, &mod->desc, err);
	case METER_DELETE:
		return delete (bridge, mod->desc.id, err);
	}
	return err_set(err, EINVAL, "%u is no command of a meter mod", mod->command);
}

void bridge_meters_free(struct bridge *bridge)
{
	struct bridge_meters *meters = &bridge->meters;

	for (uint32_t i = 0; i < meters->n; i++) {
		struct meter *meter = bridge->sw->meters[meters->meter[i].slot];

		rcu_publish(bridge->sw->meters[meters->meter[i].slot], NULL);
		rcu_wait_readers();
		free(meter);
	}
	mem_free(&meters->meter);
	mem_free(&meters->index);
	meters->n = 0;
}

/* ---- reading ---- */

static int visit_one(const struct bridge *bridge, const struct bridge_meter *place,
		     int (*visit)(const struct meter_row *row, void *ctx), void *ctx)
{
	const struct meter *meter = bridge->sw->meters[place->slot];
	struct meter_row row = {
		.desc = &meter->desc,
		.created_at = place->created_at,
		.duration = clock_now(bridge->sw->options.clock) - place->created_at,
		.n_flows = place->n_flows,
		.count = {counter_get(&meter->n_packets), counter_get(&meter->n_bytes)},
	};

	for (unsigned i = 0; i < meter->desc.n_bands; i++)
		row.band[i] = (struct meter_count){counter_get(&meter->clock[i].n_packets),
						   counter_get(&meter->clock[i].n_bytes)};
	return visit(&row, ctx);
}

int bridge_meters_for_each(struct bridge *bridge, uint32_t id,
			   int (*visit)(const struct meter_row *row, void *ctx), void *ctx)
{
	const struct bridge_meters *meters = &bridge->meters;
	int rc = 0;

	for (uint32_t i = 0; !rc && i < meters->n; i++)
		if (id == METER_EVERY || id == meters->meter[i].id)
			rc = visit_one(bridge, &meters->meter[i], visit, ctx);
	return rc;
}

void bridge_meter_restore(struct bridge *bridge, const struct meter_row *past)
{
	struct bridge_meter *place = find(&bridge->meters, past->desc->id);
	struct meter *meter = place ? bridge->sw->meters[place->slot] : NULL;

	if (!meter)
		return;
	place->created_at = past->created_at;
	meter->n_packets = past->count.n_packets;
	meter->n_bytes = past->count.n_bytes;
	for (unsigned i = 0; i < meter->desc.n_bands; i++) {
		meter->clock[i].n_packets = past->band[i].n_packets;
		meter->clock[i].n_bytes = past->band[i].n_bytes;
	}
}
