#include "flow/field.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "flow/key.h"

/* ---- names ---- */

/* A small open hash, filled once: four times as many slots as names. */
#define NAME_SLOTS 2048

static struct {
	const char *name;
	const struct field *field;
} names[NAME_SLOTS];

static pthread_once_t names_once = PTHREAD_ONCE_INIT;

/* FNV-1a: the names are ours, nobody can choose colliding ones. */
static unsigned name_slot(struct slice name)
{
	uint32_t hash = 0x811c9dc5;

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (uint8_t)name.at[i]) * 0x01000193;
	return (hash ^ hash >> 15) % NAME_SLOTS;
}

static void name_add(const char *name, const struct field *field)
{
	unsigned slot;

	if (!name)
		return;
	slot = name_slot(slice_of(name));
	while (names[slot].name)
		slot = (slot + 1) % NAME_SLOTS;
	names[slot].name = name;
	names[slot].field = field;
}

static void names_fill(void)
{
	for (unsigned i = 0; i < N_FIELDS; i++) {
		const struct field *field = field_of(i);

		name_add(field->name, field);
		name_add(field->alias, field);
		name_add(field->nxm.name, field);
		name_add(field->oxm.name, field);
	}
}

const struct field *field_lookup(struct slice name)
{
	unsigned slot;

	if (name.len > 32)
		return NULL;
	pthread_once(&names_once, names_fill);
	for (slot = name_slot(name); names[slot].name; slot = (slot + 1) % NAME_SLOTS)
		if (slice_is(name, names[slot].name))
			return names[slot].field;
	return NULL;
}

/* ---- numbers ---- */

enum { N_CLASSES = 4, N_NUMBERS = 128 };

static const struct field *numbers[N_CLASSES][N_NUMBERS];
static pthread_once_t numbers_once = PTHREAD_ONCE_INIT;

/* 0x0000, 0x0001, 0x8000, 0x8001. NULL: no class of these, or no such number. */
static const struct field **number_slot(uint16_t oxm_class, uint8_t number)
{
	if (oxm_class & 0x7ffe || number >= N_NUMBERS)
		return NULL;
	return &numbers[oxm_class >> 14 | (oxm_class & 1)][number];
}

static void number_add(const struct field_number *number, const struct field *field)
{
	const struct field **slot;

	if (!number->name)
		return;
	slot = number_slot(number->oxm_class, number->number);
	assert(slot);
	if (!*slot)
		*slot = field;
}

static void numbers_fill(void)
{
	for (unsigned i = 0; i < N_FIELDS; i++) {
		number_add(&field_of(i)->nxm, field_of(i));
		number_add(&field_of(i)->oxm, field_of(i));
	}
}

const struct field *field_by_number(uint16_t oxm_class, uint8_t number)
{
	const struct field **slot = number_slot(oxm_class, number);

	pthread_once(&numbers_once, numbers_fill);
	return slot ? *slot : NULL;
}

const char *field_number_name(const struct field *field)
{
	return field->nxm.name ? field->nxm.name : field->oxm.name ? field->oxm.name : field->name;
}

/* ---- values ---- */

static field_bits load(const struct field *field, const uint8_t *at)
{
	field_bits value = 0;
	uint64_t host = 0;
	uint32_t reg;

	switch (field->order) {
	case FIELD_BE:
		for (unsigned i = 0; i < field->size; i++)
			value = value << 8 | at[i];
		return value;
	case FIELD_REGS:
		for (unsigned i = 0; i < field->size; i += sizeof(reg)) {
			memcpy(&reg, at + i, sizeof(reg));
			value = value << 32 | reg;
		}
		return value;
	}
	if (field->size == 8)
		memcpy(&host, at, 8);
	else if (field->size == 4)
		memcpy(&reg, at, 4), host = reg;
	else
		host = *(const uint16_t *)(const void *)at;
	return host;
}

static void store(const struct field *field, uint8_t *at, field_bits value)
{
	uint64_t wide = (uint64_t)value;
	uint32_t reg = (uint32_t)value;

	if (field->order == FIELD_BE) {
		for (unsigned i = field->size; i-- > 0; value >>= 8)
			at[i] = (uint8_t)value;
	} else if (field->order == FIELD_REGS) {
		for (unsigned i = field->size; i; value >>= 32) {
			reg = (uint32_t)value;
			i -= sizeof(reg);
			memcpy(at + i, &reg, sizeof(reg));
		}
	} else if (field->size == 8) {
		memcpy(at, &wide, 8);
	} else if (field->size == 4) {
		memcpy(at, &reg, 4);
	} else {
		*(uint16_t *)(void *)at = (uint16_t)value;
	}
}

field_bits field_read(const struct field *field, const struct flow_key *key)
{
	field_bits value = load(field, (const uint8_t *)key + field->offset);

	if (field->order == FIELD_PORT)
		return value >= 0xff00 ? value | 0xffff0000 : value;
	return value >> field->shift & field_all(field);
}

void field_write(const struct field *field, struct flow_key *key, field_bits value)
{
	uint8_t *at = (uint8_t *)key + field->offset;
	field_bits all = field_all(field) << field->shift;
	field_bits old;

	if (field->order == FIELD_PORT) {
		store(field, at, value);
		return;
	}
	old = load(field, at);
	store(field, at, (old & ~all) | (value << field->shift & all));
}

/* ---- needs ---- */

static const struct need {
	const char *text;
	uint16_t eth_type[2]; /* one of these; 0: none */
	uint8_t ip_proto;     /* 0: any */
	uint8_t icmp_type[2]; /* one of these; 0: any */
} needs[N_FIELD_NEEDS] = {
	[NEED_NONE] = {"nothing", {0}, 0, {0}},
	[NEED_IN_PORT] = {"in_port", {0}, 0, {0}},
	[NEED_ARP] = {"arp or rarp", {ETH_TYPE_ARP, ETH_TYPE_RARP}, 0, {0}},
	[NEED_MPLS] = {"mpls or mplsm", {ETH_TYPE_MPLS, ETH_TYPE_MPLS_MULTICAST}, 0, {0}},
	[NEED_PBB] = {"dl_type=0x88e7", {ETH_TYPE_PBB}, 0, {0}},
	[NEED_IPV4] = {"ip", {ETH_TYPE_IPV4}, 0, {0}},
	[NEED_IPV6] = {"ipv6", {ETH_TYPE_IPV6}, 0, {0}},
	[NEED_IP] = {"ip or ipv6", {ETH_TYPE_IPV4, ETH_TYPE_IPV6}, 0, {0}},
	[NEED_TCP] = {"tcp or tcp6", {ETH_TYPE_IPV4, ETH_TYPE_IPV6}, IP_PROTO_TCP, {0}},
	[NEED_UDP] = {"udp or udp6", {ETH_TYPE_IPV4, ETH_TYPE_IPV6}, IP_PROTO_UDP, {0}},
	[NEED_SCTP] = {"sctp or sctp6", {ETH_TYPE_IPV4, ETH_TYPE_IPV6}, IP_PROTO_SCTP, {0}},
	[NEED_ICMPV4] = {"icmp", {ETH_TYPE_IPV4}, IP_PROTO_ICMP, {0}},
	[NEED_ICMPV6] = {"icmp6", {ETH_TYPE_IPV6}, IP_PROTO_ICMPV6, {0}},
	[NEED_ND] = {"icmp6 with icmp_type=135 or 136",
		     {ETH_TYPE_IPV6},
		     IP_PROTO_ICMPV6,
		     {ICMPV6_ND_SOLICIT, ICMPV6_ND_ADVERT}},
	[NEED_ND_SOLICIT] = {"icmp6 with icmp_type=135",
			     {ETH_TYPE_IPV6},
			     IP_PROTO_ICMPV6,
			     {ICMPV6_ND_SOLICIT}},
	[NEED_ND_ADVERT] = {"icmp6 with icmp_type=136",
			    {ETH_TYPE_IPV6},
			    IP_PROTO_ICMPV6,
			    {ICMPV6_ND_ADVERT}},
};

const char *field_need_text(enum field_need need)
{
	return needs[need].text;
}

bool field_need_is_met(enum field_need id, const struct flow_key *key, const struct flow_key *mask)
{
	const struct need *need = &needs[id];
	uint16_t eth_type = from_be16(key->packet.eth_type);
	uint16_t icmp_type = from_be16(key->packet.l4_src);

	if (id == NEED_NONE)
		return true;
	if (id == NEED_IN_PORT)
		return !mask || mask->packet.in_port == UINT16_MAX;
	if (mask && from_be16(mask->packet.eth_type) != UINT16_MAX)
		return false;
	if (!eth_type || (eth_type != need->eth_type[0] && eth_type != need->eth_type[1]))
		return false;
	if (!need->ip_proto)
		return true;
	if (key->packet.ip_proto != need->ip_proto || (mask && mask->packet.ip_proto != UINT8_MAX))
		return false;
	if (key->packet.ip_frag & FRAG_LATER)
		return false;
	if (!need->icmp_type[0])
		return true;
	/* (in two bytes of which the upper is zero) */
	if (mask && (from_be16(mask->packet.l4_src) & UINT8_MAX) != UINT8_MAX)
		return false;
	return icmp_type == need->icmp_type[0] || icmp_type == need->icmp_type[1];
}

void field_need_bits(enum field_need id, struct flow_key *bits)
{
	const struct need *need = &needs[id];

	if (id == NEED_NONE)
		return;
	if (id == NEED_IN_PORT) {
		bits->packet.in_port = UINT16_MAX;
		return;
	}
	bits->packet.eth_type = to_be16(UINT16_MAX);
	if (!need->ip_proto)
		return;
	bits->packet.ip_proto = UINT8_MAX;
	bits->packet.ip_frag |= FRAG_LATER;
	if (need->icmp_type[0])
		bits->packet.l4_src = to_be16(UINT16_MAX);
}
