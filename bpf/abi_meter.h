#pragma once
/* What may pass: rates, what may come in by a port, and meters. */
#include <linux/types.h>

/* A rate, in bytes or packets (bpf/rate.h). Times are ticks of 1/64 ns of the monotonic clock, so that 64 bytes at
 * 100 Gb/s are still some hundred. */
#define RATE_TICKS_NS      64ull
#define RATE_TICKS_PER_SEC (RATE_TICKS_NS * 1000000000ull)
#define RATE_SHIFT         12

struct rate {
	__u64 cost;    /* of one: ticks, with RATE_SHIFT bits behind the point */
	__u64 depth;   /* ticks' worth that may come at once */
	__u64 free_at; /* ticks; atomic */
};

/* How much may come in by a port (map `policers`, by port number). */
struct policer {
	struct rate bytes; /* cost 0: no limit */
	struct rate packets;
};

_Static_assert(sizeof(struct policer) == 48, "policer");

#define METERS_MAX      4096 /* of a switch: slots */
#define METER_BANDS_MAX 8

/* By slot (map `meters`). Written by the control thread, but for the counters. */
struct meter {
	__u32 bands; /* row of the map `meter_bands`; 0: there is no such meter. Written last */
	__u32 id;    /* as flows say it. With the time of its making: who it is to a later daemon */
	__u64 created_at;
	__u64 n_packets, n_bytes; /* that came; atomic */
};

_Static_assert(sizeof(struct meter) == 32, "meter");

/* What becomes of a packet that exceeds a band. */
enum metered {
	METERED_PASS, /* none is exceeded */
	METERED_DROP,
	METERED_REMARK, /* or more: the drop precedence grows by what is above it */
};

struct meter_clock {
	struct rate rate;
	__u64 n_packets, n_bytes; /* that this band decided about; atomic */
};

/* All bands of a meter. A meter that is modified gets another row, and this one rests until nobody reads it. */
#define METER_ROWS (METERS_MAX + 256)

struct meter_bands {
	__u8 n;
	__u8 is_in_packets; /* else in bytes */
	__u8 pad[6];
	__u8 what[METER_BANDS_MAX];                /* enum metered */
	struct meter_clock clock[METER_BANDS_MAX]; /* the highest rate first: it decides */
	__u64 to_line[6];
};

_Static_assert(sizeof(struct meter_bands) == 384, "meter bands: whole cache lines");
