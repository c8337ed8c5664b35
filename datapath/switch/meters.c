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

static void forget(struct bridge_meters *meters, uint32_t at)
{
	meters->n--;
	memmove(&meters->meter[at], &meters->meter[at + 1],
		(meters->n - at) * sizeof(meters->meter[0]));
}

static int make_room(struct bridge_meters *meters, const struct meter_desc *desc, struct err *err)
{
	struct bridge_meter *more;

	if (find(meters, desc->id))
		return err_set(err, EEXIST, "meter %u: there is one of that number already",
			       desc->id);
	more = realloc(meters->meter, (meters->n + 1) * sizeof(*more));
	if (!more)
		return err_set(err, ENOMEM, "out of memory");
	meters->meter = more;
	return 0;
}

static void insert(struct bridge_meters *meters, const struct bridge_meter *one)
{
	const uint32_t at = place_of(meters, one->id);

	memmove(&meters->meter[at + 1], &meters->meter[at],
		(meters->n - at) * sizeof(meters->meter[0]));
	meters->meter[at] = *one;
	meters->n++;
}

/* With a slot that is taken. */
static int join(struct bridge *bridge, const struct meter_desc *desc, uint32_t slot,
		uint64_t created_at, struct err *err)
{
	const struct bridge_meter one = {
		.id = desc->id, .slot = (uint16_t)slot, .created_at = created_at, .desc = *desc};
	int rc;

	insert(&bridge->meters, &one);
	rc = publish(bridge, METER_NONE);
	if (!rc)
		return 0;
	forget(&bridge->meters, place_of(&bridge->meters, desc->id));
	meter_slot_give_up(&bridge->sw->meter_rows, slot);
	return err_set(err, -rc, "meter %u: %s", desc->id, strerror(-rc));
}

static int slot_take(struct bridge *bridge, const struct meter_desc *desc, uint64_t created_at,
		     uint32_t *slot, struct err *err)
{
	*slot = meter_slot_take(&bridge->sw->meter_rows, desc, created_at);
	return *slot == METER_SLOT_NONE
		       ? err_set(err, ENOSPC, "a switch has at most %d meters", METERS_MAX)
		       : 0;
}

static int add(struct bridge *bridge, const struct meter_desc *desc, struct err *err)
{
	const uint64_t now = clock_now(bridge->sw->options.clock);
	uint32_t slot;
	int rc = make_room(&bridge->meters, desc, err);

	if (!rc)
		rc = slot_take(bridge, desc, now, &slot, err);
	return rc ? rc : join(bridge, desc, slot, now, err);
}

/* It counts on; its bands begin anew. */
static int modify(struct bridge *bridge, const struct meter_desc *desc, struct err *err)
{
	struct bridge_meter *meter = find(&bridge->meters, desc->id);

	if (!meter)
		return err_set(err, ENOENT, "meter %u: there is no such meter", desc->id);
	meter_slot_modify(&bridge->sw->meter_rows, meter->slot, desc);
	meter->desc = *desc;
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

static int delete (struct bridge *bridge, uint32_t id, struct err *err)
{
	struct bridge_meters *meters = &bridge->meters;
	uint32_t n_flows = 0, n_meant = 0;
	int rc = 0;

	for (uint32_t i = 0; i < meters->n; i++) {
		if (!is_meant(&meters->meter[i], id))
			continue;
		n_meant++;
		n_flows += meters->meter[i].n_flows;
	}
	if (!n_meant)
		return 0;
	if (n_flows)
		rc = flows_delete(bridge, id, err);
	if (!rc)
		rc = publish(bridge, id);
	if (rc)
		return err_set(err, -rc, "meter %u: %s", id, strerror(-rc));
	for (uint32_t i = meters->n; i--;) {
		if (!is_meant(&meters->meter[i], id))
			continue;
		meter_slot_give_up(&bridge->sw->meter_rows, meters->meter[i].slot);
		forget(meters, i);
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

	/* If the kernel goes on without us, it goes on metering. */
	for (uint32_t i = 0; !bridge->sw->is_left && i < meters->n; i++)
		meter_slot_give_up(&bridge->sw->meter_rows, meters->meter[i].slot);
	mem_free(&meters->meter);
	mem_free(&meters->index);
	meters->n = 0;
}

/* ---- reading ---- */

static struct meter_count count_of(const __u64 *n_packets, const __u64 *n_bytes)
{
	return (struct meter_count){counter_get((const uint64_t *)n_packets),
				    counter_get((const uint64_t *)n_bytes)};
}

static int visit_one(const struct bridge *bridge, const struct bridge_meter *place,
		     int (*visit)(const struct meter_row *row, void *ctx), void *ctx)
{
	const struct meter_rows *rows = &bridge->sw->meter_rows;
	const struct meter *meter = &rows->meters[place->slot];
	const struct meter_bands *bands = meter_slot_bands(rows, place->slot);
	struct meter_row row = {
		.desc = &place->desc,
		.created_at = place->created_at,
		.duration = clock_now(bridge->sw->options.clock) - place->created_at,
		.n_flows = place->n_flows,
		.count = count_of(&meter->n_packets, &meter->n_bytes),
	};
	uint8_t order[METER_BANDS_MAX];

	meter_bands_order(&place->desc, order);
	for (unsigned i = 0; i < place->desc.n_bands; i++)
		row.band[order[i]] = count_of(&bands->clock[i].n_packets, &bands->clock[i].n_bytes);
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

/* ---- from an earlier life ---- */

static void counts_write(struct meter *meter, struct meter_bands *bands,
			 const struct meter_row *past)
{
	uint8_t order[METER_BANDS_MAX];

	if (meter) {
		meter->n_packets = past->count.n_packets;
		meter->n_bytes = past->count.n_bytes;
	}
	meter_bands_order(past->desc, order);
	for (unsigned i = 0; i < past->desc->n_bands; i++) {
		bands->clock[i].n_packets = past->band[order[i]].n_packets;
		bands->clock[i].n_bytes = past->band[order[i]].n_bytes;
	}
}

/* The kernel's counters are at least as new as those of `past`. */
static int slot_restore(struct bridge *bridge, const struct meter_row *past, uint32_t *slot,
			struct err *err)
{
	struct meter_rows *rows = &bridge->sw->meter_rows;
	int rc;

	*slot = meter_slot_adopt(rows, past->desc->id, past->created_at);
	if (*slot == METER_SLOT_NONE) {
		rc = slot_take(bridge, past->desc, past->created_at, slot, err);
		if (!rc)
			counts_write(&rows->meters[*slot], meter_slot_bands(rows, *slot), past);
		return rc;
	}
	if (!meter_slot_is(rows, *slot, past->desc)) {
		meter_slot_modify(rows, *slot, past->desc);
		counts_write(NULL, meter_slot_bands(rows, *slot), past);
	}
	return 0;
}

int bridge_meter_restore(struct bridge *bridge, const struct meter_row *past, struct err *err)
{
	uint32_t slot;
	int rc = check(past->desc, err);

	if (!rc)
		rc = make_room(&bridge->meters, past->desc, err);
	if (!rc)
		rc = slot_restore(bridge, past, &slot, err);
	return rc ? rc : join(bridge, past->desc, slot, past->created_at, err);
}
