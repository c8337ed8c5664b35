/* What select groups take the hash of. Nothing of a packet may count that its class's mask does not have:
 * group_hash() and group_hash_reads() belong together. */
#include <string.h>

#include "base/hash.h"
#include "flow/fdb.h"
#include "flow/field.h"
#include "flow/key.h"
#include "packet/header.h"
#include "packet/parse.h"
#include "switch/group_store.h"

/* One end of a conversation. All bytes count. */
struct end {
	uint64_t mac;
	uint8_t ip[16];
	uint64_t port;
};

static bool is_ip(unsigned packet_class)
{
	return packet_class >= CLASS_IPV4;
}

/* Numbers that are not the same in both directions (ICMP's) are no ports. */
static bool has_ports(unsigned packet_class)
{
	switch (packet_class) {
	case CLASS_IPV4_TCP:
	case CLASS_IPV4_UDP:
	case CLASS_IPV4_SCTP:
	case CLASS_IPV6_TCP:
	case CLASS_IPV6_UDP:
	case CLASS_IPV6_SCTP:
		return true;
	}
	return false;
}

static unsigned class_of(const struct flow_key *key)
{
	return packet_class_of(from_be16(key->packet.eth_type), key->packet.ip_proto);
}

static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
	return XXH3_64bits_withSeed(data, size, hash);
}

/* ---- which bits ---- */

static void read_addresses(unsigned packet_class, struct flow_key *bits)
{
	if (packet_class >= CLASS_IPV6) {
		memset(&bits->packet.ipv6_src, 0xff, sizeof(bits->packet.ipv6_src));
		memset(&bits->packet.ipv6_dst, 0xff, sizeof(bits->packet.ipv6_dst));
	} else if (is_ip(packet_class) || packet_class == CLASS_ARP) {
		bits->packet.ipv4_src = bits->packet.ipv4_dst = to_be32(UINT32_MAX);
	}
	if (is_ip(packet_class))
		bits->packet.ip_proto = UINT8_MAX;
	if (has_ports(packet_class)) {
		bits->packet.l4_src = bits->packet.l4_dst = to_be16(UINT16_MAX);
		bits->packet.ip_frag |= FRAG_ANY;
	}
}

static void read_ethernet(struct flow_key *bits)
{
	memset(&bits->packet.eth_src, 0xff, sizeof(bits->packet.eth_src));
	memset(&bits->packet.eth_dst, 0xff, sizeof(bits->packet.eth_dst));
	bits->packet.vlan.tci = to_be16(VLAN_VID_MASK);
	bits->packet.vlan_inner.tci = to_be16(VLAN_VID_MASK);
	bits->packet.eth_type = to_be16(UINT16_MAX);
}

static void read_fields(const struct group_desc *desc, struct flow_key *bits)
{
	for (unsigned i = 0; i < desc->n_fields; i++) {
		const struct field *field = field_of(desc->field[i].field);

		field_write(field, bits, field_read(field, bits) | desc->field[i].mask);
		field_need_bits(field->need, bits);
	}
}

bool group_hash_reads(const struct group_desc *desc, unsigned packet_class, struct flow_key *bits)
{
	memset(bits, 0, sizeof(*bits));
	if (desc->type != GROUP_SELECT || desc->n_buckets < 2)
		return false;
	if (desc->n_fields) {
		read_fields(desc, bits);
	} else {
		if (desc->method != GROUP_BY_DP_HASH || !is_ip(packet_class))
			read_ethernet(bits);
		bits->packet.eth_type = to_be16(UINT16_MAX);
		read_addresses(packet_class, bits);
	}
	return true;
}

/* ---- the hash ---- */

static uint64_t hash_fields(const struct group_desc *desc, const struct flow_key *key)
{
	uint64_t hash = desc->param;

	for (unsigned i = 0; i < desc->n_fields; i++) {
		const struct field *field = field_of(desc->field[i].field);
		field_bits value = 0;

		if (field_need_is_met(field->need, key, NULL))
			value = field_read(field, key) & desc->field[i].mask;
		hash = mix(hash, &value, sizeof(value));
	}
	return hash;
}

static void ends_of(const struct flow_key *key, bool has_mac, struct end *src, struct end *dst)
{
	const struct packet_key *packet = &key->packet;
	const unsigned packet_class = class_of(key);

	memset(src, 0, sizeof(*src));
	memset(dst, 0, sizeof(*dst));
	if (has_mac) {
		src->mac = eth_addr_u64(packet->eth_src);
		dst->mac = eth_addr_u64(packet->eth_dst);
	}
	if (packet_class >= CLASS_IPV6) {
		memcpy(src->ip, &packet->ipv6_src, sizeof(src->ip));
		memcpy(dst->ip, &packet->ipv6_dst, sizeof(dst->ip));
	} else if (is_ip(packet_class) || packet_class == CLASS_ARP) {
		memcpy(src->ip, &packet->ipv4_src, sizeof(packet->ipv4_src));
		memcpy(dst->ip, &packet->ipv4_dst, sizeof(packet->ipv4_dst));
	}
	/* the fragments of a packet stay together */
	if (has_ports(packet_class) && !(packet->ip_frag & FRAG_ANY)) {
		src->port = from_be16(packet->l4_src);
		dst->port = from_be16(packet->l4_dst);
	}
}

uint64_t group_hash(const struct group_desc *desc, const struct flow_key *key)
{
	const bool is_tuple = desc->method == GROUP_BY_DP_HASH && is_ip(class_of(key));
	/* the upper half of dp_hash's parameter says which hash it is, 0: directions differ */
	const bool is_symmetric = desc->method != GROUP_BY_DP_HASH || desc->param >> 32;
	const uint16_t vlan[] = {
		is_tuple ? 0 : from_be16(key->packet.vlan.tci) & VLAN_VID_MASK,
		is_tuple ? 0 : from_be16(key->packet.vlan_inner.tci) & VLAN_VID_MASK,
		from_be16(key->packet.eth_type),
		is_ip(class_of(key)) ? key->packet.ip_proto : 0,
	};
	struct end src, dst;
	uint64_t hash;

	if (desc->n_fields)
		return hash_fields(desc, key);
	ends_of(key, !is_tuple, &src, &dst);
	hash = mix(desc->param, &src, sizeof(src));
	hash = is_symmetric ? hash + mix(desc->param, &dst, sizeof(dst))
			    : mix(hash, &dst, sizeof(dst));
	return mix(hash, vlan, sizeof(vlan));
}
