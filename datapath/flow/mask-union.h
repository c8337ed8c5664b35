#pragma once
/* Which bits of a key do any rules look at, per class of packets?
 *
 * Cache masks are made from this (design: masks come from the tables, never from packets). Rules
 * come and go, so every bit is counted: by how many different (mask, classes) pairs it is wanted.
 * Pairs in turn count their rules; a rule whose pair is already there costs one hash look-up.
 *
 * Thread: the writer.
 */
#include <stdint.h>

#define MASK_UNION_WORDS   128
#define MASK_UNION_CLASSES 32

struct mask_union;

/* `n_words` per mask, at most MASK_UNION_WORDS; classes are numbered 0 to n_classes - 1, at most MASK_UNION_CLASSES.
 * Returns 0 or -ENOMEM. */
int mask_union_new(struct mask_union **out, unsigned n_words, unsigned n_classes);
void mask_union_free(struct mask_union **set);

/* One rule more with this mask, which packets of these classes (bit 0: class 0) can meet.
 * Returns 0 or -ENOMEM (then nothing has changed). Add before the rule becomes visible. */
int mask_union_add(struct mask_union *set, const uint64_t *mask, uint32_t classes);
/* One rule less: it was added with the same mask and classes. Not before readers are past it. */
void mask_union_remove(struct mask_union *set, const uint64_t *mask, uint32_t classes);

/* All bits that rules for this class look at. Borrowed; changes with the next addition. */
const uint64_t *mask_union_bits(const struct mask_union *set, unsigned class);
/* Grows whenever some class's bits have changed. */
uint64_t mask_union_generation(const struct mask_union *set);
