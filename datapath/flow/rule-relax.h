#pragma once
/* Which mask a new table gets.
 *
 * A table serves every rule that looks at all bits of the table's mask. Few bits: few tables, but
 * many rules under one hash. TupleMerge's insight is that dropping bits, whole port fields and the
 * tails of prefixes, costs little because rules seldom differ in them alone. Here the rules that
 * crowd together under one hash decide: of the masks that can be made from the new rule's mask by
 * cutting prefixes and leaving out fields, the one that can take over the most of the crowd while
 * telling the rule apart from enough of them.
 *
 * Thread: the writer.
 */
#include "flow/rule.h"

struct rule_crowd {
	struct rule *const *rules; /* none: the first table for such a rule */
	unsigned n_rules;
	unsigned limit; /* how many rules may share a hash */
};

/* Writes the mask, n_words words, part of the rule's own mask. */
void rule_relax(const struct rule_layout *layout, const struct rule *rule,
		const struct rule_crowd *crowd, uint64_t *mask);
