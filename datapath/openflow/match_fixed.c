/* Matches as fixed structs: OpenFlow 1.0.1 section 5.2.3, 1.1 section A.2.3. They differ in where things stand, and in
 * how bits of addresses are left out: by number of low bits, or by masks whose ones do not count. */
#include <string.h>

#include "openflow/match.h"

/* How many low bits of an address do not count, in OpenFlow 1.0's wildcards: 32 and more: none does. */
enum { SRC_SHIFT = 8, DST_SHIFT = 14, SHIFT_MASK = 63 };

/* Numbers of VLANs that are none; ANY (OpenFlow 1.1): whichever, but a tag. */
enum { VLAN_ANY = 0xfffe, VLAN_UNTAGGED = 0xffff };

/* Of a tag that is not there, whatever its priority would be: as OXM has it. */
#define NO_TAG (VLAN_PRESENT | 0xfff)

/* How bits of a place are left out. */
enum mask_form { ALL_OR_NOTHING, LOW_BITS, INVERTED };

/* One place of the struct, and the fields that it may be; which of them, what was read before says. */
struct place {
	uint8_t offset, n_bytes;
	uint8_t form; /* enum mask_form */
	uint8_t mask; /* where it stands, or the shift of LOW_BITS; of ALL_OR_NOTHING the bit of the wildcards */
	uint8_t fields[4];
	uint8_t n_fields;
};

struct layout {
	const struct place *places;
	uint8_t n_places, size, wildcards, vid, pcp; /* where they stand */
	uint8_t vid_bit, pcp_bit;                    /* of the wildcards */
	bool is_strict;                              /* refuses what cannot be, and has ANY */
};

#define PORTS(offset, mask, tcp, icmp) \
	{ \
		offset, 2, ALL_OR_NOTHING, mask, \
			{FIELD_TCP_##tcp, FIELD_UDP_##tcp, FIELD_SCTP_##tcp, FIELD_ICMP_##icmp}, 4 \
	}

static const struct place places10[] = {
	{4, 2, ALL_OR_NOTHING, 0, {FIELD_IN_PORT}, 1},
	{6, 6, ALL_OR_NOTHING, 2, {FIELD_ETH_SRC}, 1},
	{12, 6, ALL_OR_NOTHING, 3, {FIELD_ETH_DST}, 1},
	{22, 2, ALL_OR_NOTHING, 4, {FIELD_ETH_TYPE}, 1},
	{24, 1, ALL_OR_NOTHING, 21, {FIELD_IP_TOS}, 1},
	{25, 1, ALL_OR_NOTHING, 5, {FIELD_IP_PROTO, FIELD_ARP_OP}, 2},
	{28, 4, LOW_BITS, SRC_SHIFT, {FIELD_IP_SRC, FIELD_ARP_SPA}, 2},
	{32, 4, LOW_BITS, DST_SHIFT, {FIELD_IP_DST, FIELD_ARP_TPA}, 2},
	PORTS(36, 6, SRC, TYPE),
	PORTS(38, 7, DST, CODE),
};

static const struct place places11[] = {
	{4, 4, ALL_OR_NOTHING, 0, {FIELD_IN_PORT_OXM}, 1},
	{12, 6, INVERTED, 18, {FIELD_ETH_SRC}, 1},
	{24, 6, INVERTED, 30, {FIELD_ETH_DST}, 1},
	{40, 2, ALL_OR_NOTHING, 3, {FIELD_ETH_TYPE}, 1},
	{42, 1, ALL_OR_NOTHING, 4, {FIELD_IP_TOS}, 1},
	{43, 1, ALL_OR_NOTHING, 5, {FIELD_IP_PROTO, FIELD_ARP_OP}, 2},
	{44, 4, INVERTED, 48, {FIELD_IP_SRC, FIELD_ARP_SPA}, 2},
	{52, 4, INVERTED, 56, {FIELD_IP_DST, FIELD_ARP_TPA}, 2},
	PORTS(60, 6, SRC, TYPE),
	PORTS(62, 7, DST, CODE),
	{64, 4, ALL_OR_NOTHING, 8, {FIELD_MPLS_LABEL}, 1},
	{68, 1, ALL_OR_NOTHING, 9, {FIELD_MPLS_TC}, 1},
	{72, 8, INVERTED, 80, {FIELD_METADATA}, 1},
};

#define N(places) (sizeof(places) / sizeof((places)[0]))

static const struct layout layout10 = {
	.places = places10,
	.n_places = N(places10),
	.size = OF_MATCH10_SIZE,
	.vid = 18,
	.pcp = 20,
	.vid_bit = 1,
	.pcp_bit = 20,
};

static const struct layout layout11 = {
	.places = places11,
	.n_places = N(places11),
	.size = OF_MATCH11_SIZE,
	.wildcards = 8,
	.vid = 36,
	.pcp = 38,
	.vid_bit = 1,
	.pcp_bit = 2,
	.is_strict = true,
};

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

/* ---- reading ---- */

static field_bits read_mask(const struct place *place, const uint8_t *at, uint32_t wildcards,
			    const struct field *field)
{
	unsigned n_any;

	switch (place->form) {
	case LOW_BITS:
		n_any = wildcards >> place->mask & SHIFT_MASK;
		return n_any < 32 ? field_ones(32) & ~field_ones(n_any) : 0;
	case INVERTED:
		return ~of_bits_read(at + place->mask, place->n_bytes) & field_all(field);
	}
	return wildcards >> place->mask & 1 ? 0 : field_all(field);
}

/* (OpenFlow 1.1: without a VLAN its priority counts for nothing.) */
static enum of_error check_tag(const struct layout *layout, const uint8_t *at, uint32_t wildcards)
{
	const uint16_t vid = wire_get16(at + layout->vid);

	if (wildcards >> layout->vid_bit & 1 || vid == VLAN_UNTAGGED)
		return OF_OK;
	if (vid > 0xfff && vid != VLAN_ANY)
		return OF_BMC_BAD_VALUE;
	return !(wildcards >> layout->pcp_bit & 1) && at[layout->pcp] > 7 ? OF_BMC_BAD_VALUE
									  : OF_OK;
}

static void read_tag(const struct layout *layout, const uint8_t *at, uint32_t wildcards,
		     struct match *match)
{
	const uint16_t vid = wire_get16(at + layout->vid);
	const bool is_any = layout->is_strict && vid == VLAN_ANY;
	const bool is_wild = wildcards >> layout->vid_bit & 1;
	const bool is_pcp_wild = wildcards >> layout->pcp_bit & 1;
	const struct field *tci = field_of(FIELD_VLAN_TCI);

	if (!is_wild && vid == VLAN_UNTAGGED) {
		match_set(match, tci, 0,
			  is_pcp_wild && !layout->is_strict ? NO_TAG : field_all(tci));
		return;
	}
	if (!is_wild && is_any)
		match_set(match, tci, VLAN_PRESENT, VLAN_PRESENT);
	else if (!is_wild)
		match_set(match, field_of(FIELD_DL_VLAN), vid & 0xfff, 0xfff);
	if (!is_pcp_wild && !(is_wild && layout->is_strict))
		match_set(match, field_of(FIELD_DL_VLAN_PCP), at[layout->pcp] & 7, 7);
}

static enum of_error read(const struct layout *layout, const uint8_t *at, struct match *out)
{
	const uint32_t wildcards = wire_get32(at + layout->wildcards);
	enum of_error error = layout->is_strict ? check_tag(layout, at, wildcards) : OF_OK;
	struct match match = {0};

	for (unsigned i = 0; !error && i < layout->n_places; i++) {
		const struct place *place = &layout->places[i];
		const struct field *field = field_at(place, &match);
		field_bits mask = field ? read_mask(place, at, wildcards, field) : 0;
		field_bits value = of_bits_read(at + place->offset, place->n_bytes);

		if (!mask)
			continue;
		if (layout->is_strict && !of_match_may_be(field, value))
			error = OF_BMC_BAD_VALUE;
		else
			match_set(&match, field, value & mask, mask);
	}
	if (error)
		return error;
	read_tag(layout, at, wildcards, &match);
	*out = match;
	return OF_OK;
}

void of_match10_read(const uint8_t *at, struct match *out)
{
	read(&layout10, at, out);
}

enum of_error of_match11_read(const uint8_t *at, struct match *out)
{
	return read(&layout11, at, out);
}

/* ---- writing ---- */

static void put_bits(uint8_t *at, field_bits value, unsigned n_bytes)
{
	for (unsigned b = n_bytes; b-- > 0; value >>= 8)
		at[b] = (uint8_t)value;
}

static uint32_t write_tag(const struct layout *layout, uint8_t *at, const struct match *match)
{
	const struct field *vid = field_of(FIELD_DL_VLAN), *pcp = field_of(FIELD_DL_VLAN_PCP);
	const uint16_t tci = from_be16(match->key.packet.vlan.tci);
	const uint16_t mask = from_be16(match->mask.packet.vlan.tci);
	uint32_t wildcards = 0;

	if (mask & VLAN_PRESENT && !(tci & VLAN_PRESENT)) {
		put_bits(at + layout->vid, VLAN_UNTAGGED, 2);
		/* in 1.0 it comes back as it was, for without wildcards a flow is the first */
		return layout->is_strict || mask == NO_TAG ? 1u << layout->pcp_bit : 0;
	}
	if (match_mask(match, vid) == field_all(vid))
		put_bits(at + layout->vid, match_value(match, vid), 2);
	else if (layout->is_strict && mask & VLAN_PRESENT)
		put_bits(at + layout->vid, VLAN_ANY, 2);
	else
		wildcards |= 1u << layout->vid_bit;
	if (match_mask(match, pcp) == field_all(pcp))
		at[layout->pcp] = (uint8_t)match_value(match, pcp);
	else
		wildcards |= 1u << layout->pcp_bit;
	return wildcards;
}

/* How many low bits of a mask are zero, if the others are ones; 32: it is no prefix. */
static uint32_t prefix_rest(field_bits mask)
{
	uint32_t bits = (uint32_t)mask;
	unsigned n = bits ? (unsigned)__builtin_ctz(bits) : 32;

	return n == 32 || bits == (uint32_t)field_ones(32) << n ? n : 32;
}

/* Puts a place's mask; what can be said of it. */
static field_bits write_mask(const struct place *place, uint8_t *at, uint32_t *wildcards,
			     field_bits mask, const struct field *field)
{
	const uint32_t rest = prefix_rest(mask);

	switch (place->form) {
	case LOW_BITS:
		*wildcards |= rest << place->mask;
		return rest < 32 ? mask : 0;
	case INVERTED:
		put_bits(at + place->mask, ~mask, place->n_bytes);
		return mask;
	}
	if (mask && mask == field_all(field))
		return mask;
	*wildcards |= 1u << place->mask;
	return 0;
}

static void write(const struct layout *layout, struct wire_writer *w, const struct match *match)
{
	uint8_t *at = wire_put(w, layout->size);
	uint32_t wildcards;

	if (!at)
		return;
	wildcards = write_tag(layout, at, match);
	for (unsigned i = 0; i < layout->n_places; i++) {
		const struct place *place = &layout->places[i];
		const struct field *field = field_at(place, match);
		field_bits mask = field ? match_mask(match, field) : 0;

		mask = write_mask(place, at, &wildcards, mask, field);
		if (mask)
			put_bits(at + place->offset, match_value(match, field) & mask,
				 place->n_bytes);
	}
	put_bits(at + layout->wildcards, wildcards, 4);
	if (layout == &layout11)
		put_bits(at + 2, OF_MATCH11_SIZE, 2);
}

void of_match10_write(struct wire_writer *w, const struct match *match)
{
	write(&layout10, w, match);
}

void of_match11_write(struct wire_writer *w, const struct match *match)
{
	write(&layout11, w, match);
}
