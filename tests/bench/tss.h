#pragma once
/* Plain tuple-space search, to compare the classifier with: one hash table per mask that any rule
 * has, searched in order of their highest priority until none can do better. It uses the
 * classifier's own hash tables, and works on bursts with prefetching in the same way, so that
 * what differs is the one idea. One thread; priorities are all different. */
#include "flow/rule-table.h"

struct tss;

void tss_new(struct tss **out, unsigned n_words);
void tss_free(struct tss **tss);
struct rule *tss_add(struct tss *tss, const struct rule_match *match, uint32_t priority);
void tss_remove(struct tss *tss, struct rule *rule);
unsigned tss_n_tables(const struct tss *tss);
void tss_lookup(const struct tss *tss, const uint64_t *const *keys, unsigned n,
		const struct rule **rules);
