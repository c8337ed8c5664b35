/* OpenFlow 1.0.1 section 5.2.3. */
#include "openflow/match.h"

#include <string.h>

/* Bits that say what does not count. */
enum wildcard {
	ANY_IN_PORT = 1 << 0,
	ANY_VLAN = 1 << 1,
	ANY_ETH_SRC = 1 << 2,
	ANY_ETH_DST = 1 << 3,
	ANY_ETH_TYPE = 1 << 4,
	ANY_IP_PROTO = 1 << 5,
	ANY_L4_SRC = 1 << 6,
	ANY_L4_DST = 1 << 7,
	ANY_PCP = 1 << 20,
	ANY_TOS = 1 << 21,
};

/* How many low bits of an address do not count: 6 bits there, 32 and more: none does. */
enum { IP_SRC_SHIFT = 8, IP_DST_SHIFT = 14, IP_SHIFT_MASK = 63 };

enum { NO_VLAN = 0xffff };

/* One place of the struct, and the fields that it may be; which of them, what was read before says. */
static const struct place {
	uint8_t offset, n_bytes;
	uint32_t any;
	uint8_t fields[4]; /* of the first that may be there; 0 ends */
	uint8_t n_fields;
} places[] = {
	{4, 2, ANY_IN_PORT, {FIELD_IN_PORT}, 1},
	{6, 6, ANY_ETH_SRC, {FIELD_ETH_SRC}, 1},
	{12, 6, ANY_ETH_DST, {FIELD_ETH_DST}, 1},
	{22, 2, ANY_ETH_TYPE, {FIELD_ETH_TYPE}, 1},
	{24, 1, ANY_TOS, {FIELD_IP_TOS}, 1},
	{25, 1, ANY_IP_PROTO, {FIELD_IP_PROTO, FIELD_ARP_OP}, 2},
	{28, 4, 0, {FIELD_IP_SRC, FIELD_ARP_SPA}, 2},
	{32, 4, 0, {FIELD_IP_DST, FIELD_ARP_TPA}, 2},
	{36, 2, ANY_L4_SRC, {FIELD_TCP_SRC, FIELD_UDP_SRC, FIELD_SCTP_SRC, FIELD_ICMP_TYPE}, 4},
	{38, 2, ANY_L4_DST, {FIELD_TCP_DST, FIELD_UDP_DST, FIELD_SCTP_DST, FIELD_ICMP_CODE}, 4},
};

#define N_PLACES (sizeof(places) / sizeof(places[0]))

/* The field that a place is, of packets that match so far. NULL: they have none there. (IPv6 came later.) */
static const struct field *field_at(const struct place *place, const struct match *match)
{
	bool is_ipv6 = from_be16(match->key.packet.eth_type) == ETH_TYPE_IPV6;

	for (unsigned i = 0; i < place->n_fields; i++) {
		const struct field *field = field_of(place->fields[i]);

		if (field_need_is_met(field->need, &match->key, &match->mask) &&
		    !(is_ipv6 && field->need != NEED_NONE))
			return field;
	}
	return NULL;
}

static field_bits address_mask(const struct place *place, uint32_t wildcards)
{
	unsigned shift = place->offset == 28 ? IP_SRC_SHIFT : IP_DST_SHIFT;
	unsigned n_any = wildcards >> shift & IP_SHIFT_MASK;

	return n_any < 32 ? field_ones(32) & ~field_ones(n_any) : 0;
}

static void read_tag(const uint8_t *at, uint32_t wildcards, struct match *match)
{
	uint16_t vid = wire_get16(at + 18);
	const struct field *tci = field_of(FIELD_VLAN_TCI);

	if (!(wildcards & ANY_VLAN) && vid == NO_VLAN) {
		match_set(match, tci, 0, field_all(tci));
		return;
	}
	if (!(wildcards & ANY_VLAN))
		match_set(match, field_of(FIELD_DL_VLAN), vid & 0xfff, 0xfff);
	if (!(wildcards & ANY_PCP))
		match_set(match, field_of(FIELD_DL_VLAN_PCP), at[20] & 7, 7);
}

void of_match10_read(const uint8_t *at, struct match *out)
{
	const uint32_t wildcards = wire_get32(at);
	struct match match = {0};

	for (unsigned i = 0; i < N_PLACES; i++) {
		const struct place *place = &places[i];
		const struct field *field = field_at(place, &match);
		field_bits value = of_bits_read(at + place->offset, place->n_bytes), mask;

		if (!field || wildcards & place->any)
			continue;
		mask = place->any ? field_all(field) : address_mask(place, wildcards);
		match_set(&match, field, value & mask, mask);
	}
	read_tag(at, wildcards, &match);
	*out = match;
}

static uint32_t write_tag(uint8_t *at, const struct match *match)
{
	const struct field *vid = field_of(FIELD_DL_VLAN), *pcp = field_of(FIELD_DL_VLAN_PCP);
	const uint16_t tci = from_be16(match->key.packet.vlan.tci);
	const uint16_t mask = from_be16(match->mask.packet.vlan.tci);
	uint32_t wildcards = 0;

	if (mask & VLAN_PRESENT && !(tci & VLAN_PRESENT)) {
		at[18] = at[19] = 0xff;
		return ANY_PCP;
	}
	if (match_mask(match, vid) == field_all(vid)) {
		at[18] = (uint8_t)(match_value(match, vid) >> 8);
		at[19] = (uint8_t)match_value(match, vid);
	} else {
		wildcards |= ANY_VLAN;
	}
	if (match_mask(match, pcp) == field_all(pcp))
		at[20] = (uint8_t)match_value(match, pcp);
	else
		wildcards |= ANY_PCP;
	return wildcards;
}

/* How many low bits of a mask are zero, if the others are ones; 32: it is no prefix. */
static uint32_t prefix_rest(field_bits mask)
{
	uint32_t bits = (uint32_t)mask;
	unsigned n = bits ? (unsigned)__builtin_ctz(bits) : 32;

	return n == 32 || bits == (uint32_t)field_ones(32) << n ? n : 32;
}

void of_match10_write(struct wire_writer *w, const struct match *match)
{
	uint8_t *at = wire_put(w, OF_MATCH10_SIZE);
	uint32_t wildcards;

	if (!at)
		return;
	wildcards = write_tag(at, match);
	for (unsigned i = 0; i < N_PLACES; i++) {
		const struct place *place = &places[i];
		const struct field *field = field_at(place, match);
		field_bits mask = field ? match_mask(match, field) : 0;
		field_bits value = field ? match_value(match, field) : 0;
		uint32_t rest = place->any ? 0 : prefix_rest(mask);

		if (place->any && (!mask || mask != field_all(field))) {
			wildcards |= place->any;
			continue;
		}
		if (!place->any)
			wildcards |= rest << (place->offset == 28 ? IP_SRC_SHIFT : IP_DST_SHIFT);
		if (rest == 32)
			continue;
		for (unsigned b = place->n_bytes; b-- > 0; value >>= 8)
			at[place->offset + b] = (uint8_t)value;
	}
	for (unsigned b = 0; b < 4; b++)
		at[b] = (uint8_t)(wildcards >> (24 - 8 * b));
}
