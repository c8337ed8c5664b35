#pragma once
/* The index of the kernel's flow cache: {mask id, masked key} -> place, in the memory of a map that the
 * daemon writes and the programs read. One source for both, as BPF and as plain C.
 *
 * A key has two buckets, chosen by its hash, and is in its first, or in its second if there was no room (or in
 * both for a moment, while it moves). Readers look at the first one first; where a processor reads the second one
 * before, they may miss an entry that moves, and ask the daemon. A slot holds a place and, of the hash, a tag, so
 * that nearly every entry that is looked at is the right one. At its full size there are two slots for each entry;
 * where a key finds no room even then, the flow stays with the workers.
 *
 * Its hash also says which place is the key's home. An entry that drops is made there if it is free: packets of an
 * attack are to cost as little as they can. (It moves out when its rule changes.)
 *
 * Readers take no lock: a slot is one word, written when its place is complete.
 */
#include "abi.h"

#define INDEX_BUCKET_SLOTS 8
#define INDEX_PLACE_BITS   21

/* At most, for n entries, if that is a power of two. It begins with few, doubles where a key finds no
 * room, and halves when it is nearly empty: it is as dense as it can be, so that most of it stays in the processor's cache. */
#define INDEX_BUCKETS(n)    ((n) / 4)
#define INDEX_BUCKETS_BEGIN INDEX_BUCKETS(KERNEL_FLOWS_MIN)

struct index_bucket {
	__u32 slot[INDEX_BUCKET_SLOTS]; /* tag << INDEX_PLACE_BITS | place; 0: free */
};

_Static_assert(KERNEL_PLACES(KERNEL_FLOWS_MAX) <= 1 << INDEX_PLACE_BITS,
	       "a slot has room for a place");

/* What counts of it (map `index_size`). */
struct index_size {
	__u32 n_buckets; /* a power of two */
	__u32 n_homes;   /* with somebody at home: whether it is worth a look */
};

/* Where a key can be. */
struct index_spot {
	__u32 bucket[2];
	__u32 tag;
	__u32 home; /* place; 0: it has none */
};

/* The first `n_words` count, which is what the mask says.
 *
 * NH (Black et al., UMAC, CRYPTO 1999): a sum of products of half words that wait for nobody. Two keys meet with a
 * chance of one in 2^32, whoever chose them, if he does not know the factors. */
static inline __attribute__((always_inline)) struct index_spot index_spot_for(
	const struct kernel_mask *mask, const struct kernel_key *key, unsigned n_words,
	struct index_size size)
{
	__u64 hash = mask->seed;

	for (unsigned i = 0; i < n_words; i++) {
		const __u64 word = key->word[i], factor = mask->word[i].factor;

		hash += (__u64)((__u32)word + (__u32)factor) *
			((__u32)(word >> 32) + (__u32)(factor >> 32));
	}
	hash = (hash ^ hash >> 32) * 0x9fb21c651e98df25ull;
	hash ^= hash >> 32;
	return (struct index_spot){
		.bucket = {hash & (size.n_buckets - 1), hash >> 20 & (size.n_buckets - 1)},
		.tag = (__u32)(hash >> (32 + INDEX_PLACE_BITS)),
		.home = hash & (KERNEL_HOMES - 1),
	};
}
