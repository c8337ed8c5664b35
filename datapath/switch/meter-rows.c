#include "switch/meter-rows.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/rcu.h"
#include "path/meter.h"
#include "port/flow_maps.h"

static int memory_new(struct meter_rows *rows)
{
	rows->meters = calloc(METERS_MAX, sizeof(*rows->meters));
	rows->bands = calloc(METER_ROWS, sizeof(*rows->bands));
	return rows->meters && rows->bands ? 0 : -ENOMEM;
}

/* Rows that no slot names are free. A slot that names none, or another's, is. */
static void rows_sort(struct meter_rows *rows)
{
	bool is_taken[METER_ROWS] = {true};

	for (uint32_t slot = 0; slot < METERS_MAX; slot++) {
		struct meter *meter = &rows->meters[slot];

		if (meter->bands >= METER_ROWS || is_taken[meter->bands])
			meter->bands = 0;
		else
			is_taken[meter->bands] = true;
	}
	for (uint16_t row = METER_ROWS; row--;)
		if (!is_taken[row])
			rows->free[rows->n_free++] = row;
}

int meter_rows_init(struct meter_rows *rows, const struct flow_maps *maps)
{
	memset(rows, 0, sizeof(*rows));
	rows->is_shared = maps && maps->meters;
	if (rows->is_shared) {
		rows->meters = maps->meters;
		rows->bands = maps->meter_bands;
	} else if (memory_new(rows)) {
		return -ENOMEM;
	}
	rows_sort(rows);
	return 0;
}

void meter_rows_fini(struct meter_rows *rows)
{
	if (rows->is_shared)
		return;
	mem_free(&rows->meters);
	mem_free(&rows->bands);
}

/* ---- rows ---- */

/* There are more rows than slots, so one is free, or rests. */
static uint32_t row_take(struct meter_rows *rows, const struct meter_desc *desc)
{
	uint32_t row;

	if (!rows->n_free) {
		assert(rows->n_resting);
		rcu_wait_readers();
		if (rows->is_shared)
			flow_maps_wait();
		memcpy(rows->free, rows->resting, rows->n_resting * sizeof(rows->free[0]));
		rows->n_free = rows->n_resting;
		rows->n_resting = 0;
	}
	row = rows->free[--rows->n_free];
	meter_bands_write(&rows->bands[row], desc);
	return row;
}

static void row_set(struct meter_rows *rows, uint32_t slot, uint32_t row)
{
	const uint32_t old = rows->meters[slot].bands;

	__atomic_store_n(&rows->meters[slot].bands, row, __ATOMIC_RELEASE);
	if (old)
		rows->resting[rows->n_resting++] = (uint16_t)old;
}

/* ---- slots ---- */

uint32_t meter_slot_take(struct meter_rows *rows, const struct meter_desc *desc,
			 uint64_t created_at)
{
	for (uint32_t n = 0; n < METERS_MAX; n++) {
		const uint32_t slot = rows->next;
		struct meter *meter = &rows->meters[slot];

		rows->next = (slot + 1) % METERS_MAX;
		if (meter->bands)
			continue;
		meter->id = desc->id;
		meter->created_at = created_at;
		__atomic_store_n(&meter->n_packets, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&meter->n_bytes, 0, __ATOMIC_RELAXED);
		rows->is_ours[slot] = true;
		row_set(rows, slot, row_take(rows, desc));
		return slot;
	}
	return METER_SLOT_NONE;
}

uint32_t meter_slot_adopt(struct meter_rows *rows, uint32_t id, uint64_t created_at)
{
	for (uint32_t slot = 0; slot < METERS_MAX; slot++) {
		const struct meter *meter = &rows->meters[slot];

		if (!meter->bands || rows->is_ours[slot] || meter->id != id ||
		    meter->created_at != created_at)
			continue;
		rows->is_ours[slot] = true;
		return slot;
	}
	return METER_SLOT_NONE;
}

void meter_slot_modify(struct meter_rows *rows, uint32_t slot, const struct meter_desc *desc)
{
	row_set(rows, slot, row_take(rows, desc));
}

bool meter_slot_is(const struct meter_rows *rows, uint32_t slot, const struct meter_desc *desc)
{
	const struct meter_bands *is = meter_slot_bands(rows, slot);
	struct meter_bands wanted;

	meter_bands_write(&wanted, desc);
	if (is->n != wanted.n || is->is_in_packets != wanted.is_in_packets ||
	    memcmp(is->what, wanted.what, sizeof(is->what)) != 0)
		return false;
	for (uint32_t i = 0; i < wanted.n; i++)
		if (is->clock[i].rate.cost != wanted.clock[i].rate.cost ||
		    is->clock[i].rate.depth != wanted.clock[i].rate.depth)
			return false;
	return true;
}

void meter_slot_give_up(struct meter_rows *rows, uint32_t slot)
{
	rows->is_ours[slot] = false;
	row_set(rows, slot, 0);
}

void meter_rows_settle(struct meter_rows *rows)
{
	for (uint32_t slot = 0; slot < METERS_MAX; slot++)
		if (rows->meters[slot].bands && !rows->is_ours[slot])
			meter_slot_give_up(rows, slot);
}
