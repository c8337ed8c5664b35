#pragma once
/* One seeded hash for everything that an outsider can feed, and hash tables for the control side.
 *
 * The function is XXH3 with a seed drawn at start, so nobody outside can choose colliding keys.
 * Include this header instead of <uthash.h>: it makes uthash use the same function.
 * The packet path has tables of its own (flow/cache.h, flow/fdb.h).
 */
#include <stddef.h>
#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

extern uint64_t hash_seed;

/* Draws the seed from getrandom(2). Call once, before any table exists; tests may set hash_seed. */
void hash_init(void);

static inline uint64_t hash_bytes(const void *data, size_t size)
{
	return XXH3_64bits_withSeed(data, size, hash_seed);
}

/* A hash of single words, for keys that are gathered word by word in the packet path: begin with
 * hash_seed, fold each word in, finish. The order counts. A folded 64 x 64 multiplication. */
static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
	__uint128_t product = (__uint128_t)(hash ^ word) * 0x9fb21c651e98df25ull;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint32_t hash_finish(uint64_t hash)
{
	return (uint32_t)(((hash ^ hash_seed) * 0xd6e8feb86659fd93ull) >> 32);
}

#define HASH_FUNCTION(key, size, hash) ((hash) = (unsigned)hash_bytes((key), (size)))
#include <uthash.h>
