#pragma once
/* Monotonic time, which a test can stop and move. Whoever needs the time is handed a clock. */
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define CLOCK_NS_PER_SEC 1000000000ull
#define CLOCK_NS_PER_MS  1000000ull
#define CLOCK_NS_PER_US  1000ull

struct clock {
	bool is_manual;     /* fixed after create: true only in tests */
	uint64_t manual_ns; /* what a manual clock says */
};

/* Nanoseconds of CLOCK_MONOTONIC, or what the test said. Any thread. */
static inline uint64_t clock_now(const struct clock *clock)
{
	struct timespec ts;

	if (clock->is_manual)
		return clock->manual_ns;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * CLOCK_NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* Moves a manual clock forward. Tests only. */
static inline void clock_advance(struct clock *clock, uint64_t ns)
{
	clock->manual_ns += ns;
}
