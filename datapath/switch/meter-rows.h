#pragma once
/* Where the meters of a switch are: slots, which ops of flows name, and rows of bands, which slots name (bpf/abi_meter.h).
 *
 * It is the memory of the kernel's maps, where there are such, so that programs and workers take from the same clocks
 * and count in the same counters; and what an earlier daemon's meters counted and let through is there, too. A slot
 * keeps its counters as long as its meter lives. A meter that is modified gets another row, for the next packet; the
 * old one is written again when no worker and no program can be reading it.
 *
 * Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/abi.h"

struct flow_maps;
struct meter_desc;

struct meter_rows {
	/* fixed after create */
	struct meter *meters;      /* METERS_MAX */
	struct meter_bands *bands; /* METER_ROWS; none is in 0 */
	bool is_shared;            /* with the kernel */
	/* control only */
	bool is_ours[METERS_MAX]; /* false: an earlier daemon's, or free */
	uint32_t
		next; /* where to look for a free slot: one that was given up is the last to be taken */
	uint32_t n_free, n_resting;
	uint16_t free[METER_ROWS], resting[METER_ROWS];
};

/* `maps` may be NULL. What an earlier daemon left there is kept. 0 or -ENOMEM. */
int meter_rows_init(struct meter_rows *rows, const struct flow_maps *maps);
/* When no worker is left. */
void meter_rows_fini(struct meter_rows *rows);

#define METER_SLOT_NONE UINT32_MAX

/* A slot for a meter that nothing was counted of; METER_SLOT_NONE: all are taken. */
uint32_t meter_slot_take(struct meter_rows *rows, const struct meter_desc *desc,
			 uint64_t created_at);
/* The one that an earlier daemon's meter of that number and age has, from now on ours; METER_SLOT_NONE. */
uint32_t meter_slot_adopt(struct meter_rows *rows, uint32_t id, uint64_t created_at);
/* It is another meter for the next packet; the meter counts on, its bands begin anew. */
void meter_slot_modify(struct meter_rows *rows, uint32_t slot, const struct meter_desc *desc);
/* Whether its bands are these. */
bool meter_slot_is(const struct meter_rows *rows, uint32_t slot, const struct meter_desc *desc);
/* No flow says it any more. */
void meter_slot_give_up(struct meter_rows *rows, uint32_t slot);
/* What is not ours by now is nobody's. */
void meter_rows_settle(struct meter_rows *rows);

static inline struct meter_bands *meter_slot_bands(const struct meter_rows *rows, uint32_t slot)
{
	return &rows->bands[rows->meters[slot].bands];
}
