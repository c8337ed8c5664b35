#pragma once
/* The meters of a bridge: by number, as flows say them. Workers and the kernel apply them (path/meter.h) by a slot, which an
 * op names (meter-rows.h); so a meter that is modified is another one for the next packet, and nothing is translated again. A meter that is new or
 * goes is published with the snapshot; with one that goes, the flows that say it go before.
 *
 * Control thread, where nothing else is said.
 */
#include <stdbool.h>
#include <stdint.h>

#include "flow/meter.h"

struct bridge;
struct bridge_view;
struct err;
struct flow_tables;
struct ofactions;

/* 0, -EINVAL: see err; -EEXIST, -ENOENT, -ENOSPC: too many, -ENOMEM. To delete what is not there is no error. */
int bridge_meter_mod(struct bridge *bridge, const struct meter_mod *mod, struct err *err);

struct meter_count {
	uint64_t n_packets, n_bytes;
};

struct meter_row {
	const struct meter_desc *desc;
	uint64_t created_at, duration; /* ns */
	uint32_t n_flows;              /* that say it */
	struct meter_count count;
	struct meter_count band[METER_BANDS_MAX];
};

/* Visits the meter of that number, or with METER_EVERY all by number, until `visit` returns non-zero, and returns that.
 * `visit` must not change meters. 0 at the end. */
int bridge_meters_for_each(struct bridge *bridge, uint32_t id,
			   int (*visit)(const struct meter_row *row, void *ctx), void *ctx);
/* While a change is made: from here on that meter, or with METER_EVERY all there are, cannot be said any more, as it
 * goes when the change holds. */
void bridge_meters_leave(struct bridge *bridge, uint32_t id);
/* The change is made, or not: they can be said again. */
void bridge_meters_stay(struct bridge *bridge);
/* Adds one that an earlier daemon had, with what it counted. If the kernel still meters by it, then it goes on, and counts
 * on. 0 or as bridge_meter_mod(). */
int bridge_meter_restore(struct bridge *bridge, const struct meter_row *past, struct err *err);

/* ---- for this room ---- */

struct meter_place {
	uint32_t id;
	uint16_t slot;
};

/* Ascending. Published with a view. */
struct meter_index {
	uint32_t n;
	struct meter_place place[];
};

struct bridge_meter {
	uint32_t id;
	uint16_t slot;
	bool is_leaving; /* see bridge_meters_leave() */
	uint32_t n_flows;
	uint64_t created_at;
	struct meter_desc desc;
};

struct bridge_meters {
	uint32_t n;
	struct bridge_meter *meter; /* ascending by number */
	struct meter_index *index;  /* that is published; NULL: none */
};

/* Any thread, under RCU. -1: there is none. */
int meter_slot(const struct bridge_view *view, uint32_t id);
/* Are all meters there that these actions say? 0 or -ENODEV. */
int meters_are_there(const struct bridge *bridge, const struct ofactions *actions, struct err *err);
/* A flow with these actions came, or went. */
void meters_refer(struct bridge *bridge, const struct ofactions *actions, int by);
/* No view may have them any more; waits for readers. */
void bridge_meters_free(struct bridge *bridge);
