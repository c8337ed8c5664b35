#pragma once
/* Random numbers that can be had again: the seed is printed, and SEED in the environment sets it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* Sets *state and says so. */
static inline void random_init(uint64_t *state)
{
	const char *text = getenv("SEED");

	if (text)
		*state = strtoull(text, NULL, 0);
	else if (getrandom(state, sizeof(*state), 0) != sizeof(*state))
		*state = 1;
	printf("SEED=%#llx\n", (unsigned long long)*state);
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static inline uint64_t random_u64(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* 0 to n - 1. */
static inline uint32_t random_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(random_u64(state) % n);
}
