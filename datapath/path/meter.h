#pragma once
/* Meters as workers apply them: shared by all workers, without a lock.
 *
 * Each band is a virtual clock (the generic cell rate algorithm): `free_at` is when all that came so far would have
 * gone by at the band's rate. A packet that would move it further ahead of the time than the band's burst allows
 * exceeds the band, and moves it not. One compare-and-swap a packet and band. Of the bands that a packet exceeds the one
 * of the highest rate says what becomes of it.
 *
 * Times are in ticks of 1/64 ns, so that 64 bytes at 100 Gb/s are still some hundred ticks.
 */
#include <stdbool.h>
#include <stdint.h>

#include "flow/action.h"
#include "flow/meter.h"
#include "path/drop.h"

struct edit;
struct worker;

#define METERS_MAX          4096 /* of a switch: slots */
#define METER_TICKS_NS      64ull
#define METER_TICKS_PER_SEC (METER_TICKS_NS * 1000000000ull)

struct meter_clock {
	/* fixed after create */
	uint64_t depth; /* ticks that it may run ahead */
	/* atomic, any worker */
	uint64_t free_at;
	uint64_t n_packets, n_bytes; /* that its band decided about */
};

struct meter {
	/* fixed after create */
	struct meter_desc desc;
	/* atomic, any worker */
	uint64_t n_packets, n_bytes; /* that came */
	struct meter_clock clock[METER_BANDS_MAX];
};

/* All of the clocks at rest; counters at 0. */
void meter_begin(struct meter *meter, const struct meter_desc *desc);
/* A packet of `len` bytes comes: the band that it exceeds; n_bands: none. */
unsigned meter_pass(struct meter *meter, uint32_t len, uint64_t now);
/* A type of service with `level` added to the drop precedence of an assured forwarding class (RFC 2597); any other
 * stays as it is. */
uint8_t meter_remark(uint8_t tos, uint8_t level);

/* A copy of so many bytes goes through a meter by itself; false: it is to be dropped. Worker. */
bool meter_lets_by(struct worker *worker, uint16_t slot, uint32_t len);
/* OP_METER: counts the packet, and changes it; what it returns is why it is to be dropped, or DROP_NONE. Worker. */
enum drop_reason meter_apply(struct worker *worker, struct edit *edit, const struct flow_op *op);
