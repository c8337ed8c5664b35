#include "flow/match.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

/* ---- places ---- */

/* The bits of all fields that share a prerequisite. */
static struct flow_key need_bits[N_FIELD_NEEDS];
static pthread_once_t need_bits_once = PTHREAD_ONCE_INIT;

static void need_bits_fill(void)
{
	for (unsigned i = 0; i < N_FIELDS; i++) {
		const struct field *field = field_of(i);
		struct flow_key *bits = &need_bits[field->need];

		field_write(field, bits, field_all(field));
	}
	/* bits of the place that are no field by themselves */
	need_bits[NEED_NONE].tunnel.flags = UINT16_MAX;
}

static void clear_bits(struct flow_key *bits, const struct flow_key *gone)
{
	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
		bits->word[i] &= ~gone->word[i];
}

static bool is_empty(const struct flow_key *bits)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
		any |= bits->word[i];
	return !any;
}

const struct field *match_unmet(const struct match *match)
{
	struct flow_key rest = match->mask;

	pthread_once(&need_bits_once, need_bits_fill);
	for (unsigned need = 0; need < N_FIELD_NEEDS; need++)
		if (field_need_is_met(need, &match->key, &match->mask))
			clear_bits(&rest, &need_bits[need]);
	if (is_empty(&rest))
		return NULL;
	for (unsigned i = 0; i < N_FIELDS; i++)
		if (field_read(field_of(i), &rest))
			return field_of(i);
	return NULL;
}

/* ---- setting ---- */

/* What a field's bits mean besides themselves. */
static void imply(const struct field *field, struct match *bits)
{
	switch (field_id(field)) {
	case FIELD_DL_VLAN:
	case FIELD_DL_VLAN_PCP:
	case FIELD_VLAN_PCP:
		bits->key.packet.vlan.tci.be |= to_be16(VLAN_PRESENT).be;
		bits->mask.packet.vlan.tci.be |= to_be16(VLAN_PRESENT).be;
		break;
	case FIELD_DL_VLAN1:
	case FIELD_DL_VLAN_PCP1:
		bits->key.packet.vlan_inner.tci.be |= to_be16(VLAN_PRESENT).be;
		bits->mask.packet.vlan_inner.tci.be |= to_be16(VLAN_PRESENT).be;
		break;
	case FIELD_TUN_IPV6_SRC:
	case FIELD_TUN_IPV6_DST:
		bits->key.tunnel.flags |= FLOW_TUNNEL_IPV6;
		/* fall through */
	case FIELD_TUN_SRC:
	case FIELD_TUN_DST:
		bits->mask.tunnel.flags |= FLOW_TUNNEL_IPV6;
		break;
	default:
		break;
	}
}

void match_replace(struct match *match, const struct field *field, field_bits value,
		   field_bits mask)
{
	field_write(field, &match->key, value & mask);
	field_write(field, &match->mask, mask);
}

int match_set(struct match *match, const struct field *field, field_bits value, field_bits mask)
{
	struct match bits = {0};
	uint64_t differ = 0;

	if (!mask)
		return 0;
	match_replace(&bits, field, value, mask);
	imply(field, &bits);
	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
		differ |= (match->key.word[i] ^ bits.key.word[i]) & match->mask.word[i] &
			  bits.mask.word[i];
	if (differ)
		return -EEXIST;
	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++) {
		match->key.word[i] |= bits.key.word[i];
		match->mask.word[i] |= bits.mask.word[i];
	}
	return 0;
}

/* ---- comparing ---- */

bool match_is_equal(const struct match *a, const struct match *b)
{
	return !memcmp(&a->key, &b->key, sizeof(a->key)) &&
	       !memcmp(&a->mask, &b->mask, sizeof(a->mask));
}

bool match_is_within(const struct match *narrow, const struct match *wide)
{
	uint64_t outside = 0;

	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
		outside |= (wide->mask.word[i] & ~narrow->mask.word[i]) |
			   ((wide->key.word[i] ^ narrow->key.word[i]) & wide->mask.word[i]);
	return !outside;
}

bool match_overlaps(const struct match *a, const struct match *b)
{
	uint64_t differ = 0;

	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
		differ |= (a->key.word[i] ^ b->key.word[i]) & a->mask.word[i] & b->mask.word[i];
	return !differ;
}
