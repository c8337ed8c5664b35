#pragma once
/* A rate that is held: by programs on all CPUs and by workers at once, on the same memory and without a lock.
 *
 * It is a virtual clock (the generic cell rate algorithm): `free_at` is when all that came so far would have gone by
 * at the rate. What would move it further ahead of the time than `depth` comes too early, and moves it not. What is
 * larger than `depth` by itself passes when nothing came for long enough: the rate holds all the same, and TCP that
 * sends large packets is not cut off. */
#include <stdbool.h>

#include "abi.h"

/* One compare-and-swap that fails is another's that did not: more than a few in a row do not happen. */
#define RATE_TRIES 8

static inline __u64 rate_cost(const struct rate *rate, __u64 n)
{
	return n * rate->cost >> RATE_SHIFT;
}

static inline __u64 rate_free_at(const struct rate *rate)
{
#ifdef __bpf__
	return *(const volatile __u64 *)&rate->free_at;
#else
	return __atomic_load_n(&rate->free_at, __ATOMIC_RELAXED);
#endif
}

/* False: it is too early. Nothing is taken then. */
static inline bool rate_take(struct rate *rate, __u64 cost, __u64 now)
{
	__u64 free_at = rate_free_at(rate);

	for (int i = 0; i < RATE_TRIES; i++) {
		const __u64 next = (free_at > now ? free_at : now) + cost;
		__u64 was;

		if (free_at > now && next > now + rate->depth)
			return false;
		was = __sync_val_compare_and_swap(&rate->free_at, free_at, next);
		if (was == free_at)
			return true;
		free_at = was;
	}
	__sync_fetch_and_add(&rate->free_at, cost);
	return true;
}

/* As if it had not been taken. */
static inline void rate_give_back(struct rate *rate, __u64 cost)
{
	__sync_fetch_and_sub(&rate->free_at, cost);
}
