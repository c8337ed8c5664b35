#pragma once
/* Counters that one thread writes and any thread reads: no lock, no locked instruction.
 *
 * A reader sees each counter whole, but two counters of one event may differ by what is under way.
 */
#include <stdint.h>

/* The counter's only writer. */
static inline void counter_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* Any thread. */
static inline uint64_t counter_get(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}
