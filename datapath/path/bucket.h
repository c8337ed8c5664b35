#pragma once
/* Tokens for what is dear: so many per second, and no more at once than the bucket holds. */
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* One thread. All zero: full at the first look. */
struct bucket {
	uint64_t filled_at; /* ns */
	uint32_t n_tokens;
};

/* False: there is no token left. */
static inline bool bucket_take(struct bucket *bucket, uint64_t now, uint32_t rate, uint32_t size)
{
	const uint64_t period = rate < CLOCK_NS_PER_SEC ? CLOCK_NS_PER_SEC / rate : 1;
	uint64_t n_new = (now - bucket->filled_at) / period;

	if (n_new) {
		/* What is left of the time counts for the next token. */
		bucket->filled_at += n_new * period;
		n_new += bucket->n_tokens;
		bucket->n_tokens = n_new < size ? (uint32_t)n_new : size;
	}
	if (!bucket->n_tokens)
		return false;
	bucket->n_tokens--;
	return true;
}
