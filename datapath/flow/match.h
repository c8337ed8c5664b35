#pragma once
/* What a flow matches: values and which of their bits count, over the whole flow key.
 *
 * Both are dense, so that comparing, covering and handing over to the classifier are loops over
 * words. Bits of the key that do not count are zero.
 *
 * Prerequisites are asked for once, at the end (match_unmet()), so that the order in which
 * fields are set does not matter. They hold for bits: where several fields share a place
 * (tcp_src, udp_src), it is enough that one of them may be there.
 *
 * in_port is the port's OpenFlow number on the bridge, as the user gave it: who looks matches up puts
 * that into the key in place of the switch-wide number.
 *
 * No state; any thread that owns the match.
 */
#include <stdbool.h>

#include "flow/field.h"
#include "flow/key.h"
#include "flow/rule.h"

/* All zero: it matches every packet. */
struct match {
	struct flow_key key;
	struct flow_key mask;
};

/* A set of fields. */
struct field_set {
	uint64_t word[(N_FIELDS + 63) / 64];
};

static inline void field_set_add(struct field_set *set, const struct field *field)
{
	set->word[field_id(field) / 64] |= 1ull << field_id(field) % 64;
}

static inline bool field_set_has(const struct field_set *set, const struct field *field)
{
	return set->word[field_id(field) / 64] >> field_id(field) % 64 & 1;
}

/* Sets bits of a field, in addition to those that count already, with what they imply: dl_vlan,
 * dl_vlan_pcp, vlan_pcp: that there is a tag; tunnel addresses: their family.
 * 0, -EEXIST: one of the bits is already there with another value. */
int match_set(struct match *match, const struct field *field, field_bits value, field_bits mask);
/* Without what it implies, and whatever was there. */
void match_replace(struct match *match, const struct field *field, field_bits value,
		   field_bits mask);

static inline field_bits match_value(const struct match *match, const struct field *field)
{
	return field_read(field, &match->key);
}

static inline field_bits match_mask(const struct match *match, const struct field *field)
{
	return field_read(field, &match->mask);
}

/* A field that counts although its prerequisites are not met. NULL: all is well. */
const struct field *match_unmet(const struct match *match);

bool match_is_equal(const struct match *a, const struct match *b);
/* Does every packet that `narrow` matches match `wide` too (OpenFlow's loose matching)? */
bool match_is_within(const struct match *narrow, const struct match *wide);
/* Is there a packet that both match? */
bool match_overlaps(const struct match *a, const struct match *b);

/* As the classifier wants it; it borrows. */
static inline struct rule_match match_to_rule(const struct match *match)
{
	return (struct rule_match){match->key.word, match->mask.word};
}
