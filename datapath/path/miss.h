#pragma once
/* Misses cost far more than hits, so each input port has a bucket of tokens for them: whatever one
 * port sends, the others keep their share of the worker. */
#include <stdint.h>

#define MISS_RATE  100000 /* misses per second and port */
#define MISS_BURST 8192   /* at once */

struct miss_bucket {
	/* this worker only */
	uint64_t filled_at; /* ns */
	uint32_t n_tokens;
};
