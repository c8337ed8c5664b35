#pragma once
/* Which header bits decide what happens to a packet: a property of the tables that it passes.
 *
 * A mask is made from dense bits (a struct flow_key with ones) whenever the tables change, by the
 * control thread, and kept once however many bridges and packet classes use it. Workers get
 * pointers to masks through what they read under RCU. A look-up touches only the words in the list;
 * bits may well span classes (a learning bridge's in_port, VLAN and MACs are one mask for all).
 */
#include <stdbool.h>
#include <stdint.h>

#include "flow/key.h"

struct flow_mask {
	/* fixed while it is in use */
	uint16_t id; /* below FLOW_MASK_IDS */
	uint8_t n_words;
	uint8_t word[FLOW_KEY_PACKET_WORDS];  /* n_words ascending indexes into flow_key.word */
	uint64_t bits[FLOW_KEY_PACKET_WORDS]; /* n_words non-zero patterns */
};

/* The masked words of a key: mask->n_words of them. */
static inline void flow_mask_apply(const struct flow_mask *mask, const struct flow_key *key,
				   uint64_t *words)
{
	for (unsigned i = 0; i < mask->n_words; i++)
		words[i] = key->word[mask->word[i]] & mask->bits[i];
}

struct mask_table;

/* 0 or -ENOMEM. Control thread, like everything below but mask_lookup(). */
int mask_table_new(struct mask_table **out);
void mask_table_free(struct mask_table **table);

/* The mask with these bits, made if there is none; each call takes a reference. 0, -EINVAL: bits
 * behind FLOW_KEY_PACKET_WORDS, -ENOSPC: FLOW_MASK_IDS different masks are in use. */
int mask_get(struct mask_table *table, const struct flow_key *bits, const struct flow_mask **out);

/* One reference more to a mask that one has. Returns it. */
const struct flow_mask *mask_hold(struct mask_table *table, const struct flow_mask *mask);
/* Has the mask all of these bits; has it just these? Any thread. */
bool mask_covers(const struct flow_mask *mask, const struct flow_key *bits);
bool mask_is(const struct flow_mask *mask, const struct flow_key *bits);

/* Makes the mask with these bits have this id, which is fresh: what an earlier daemon kept under it is
 * found again. Each call takes a reference. 0, -EINVAL, -EEXIST: the id or the bits are in use. */
int mask_adopt(struct mask_table *table, uint16_t id, const struct flow_key *bits,
	       const struct flow_mask **out);

/* Gives a reference back, when no worker can hold the mask any more (after a grace period), and
 * sets *mask to NULL. An id that nobody uses goes to a new mask only when all others have been
 * used since, and entries under it are stale by then: releasing a mask goes with a change of
 * VERSION_CONFIG. */
void mask_put(struct mask_table *table, const struct flow_mask **mask);

/* The mask of an id that is in use. Any thread. */
const struct flow_mask *mask_lookup(const struct mask_table *table, uint16_t id);

unsigned mask_table_n_used(const struct mask_table *table);
