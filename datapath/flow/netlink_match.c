#include "flow/flow_netlink.h"

#include <errno.h>

#include "base/err.h"
#include "flow/netlink_abi.h"

/* ---- the tables: which fields lie where in which attribute ---- */

/* `bytes` at `offset` of the payload are a number, of which the field is the part from bit `shift`. */
struct part {
	uint8_t field; /* enum field_id */
	uint8_t offset, bytes, shift;
};

/* What stands at the same index of the policy table. */
struct place {
	const struct part *part;
	uint8_t n_parts;
	uint8_t need;               /* enum field_need: when it is written */
	bool is_host;               /* its numbers are of this machine's byte order */
	const struct space *inside; /* of ATTR_NESTED */
};

struct space {
	struct attr_table table;
	const struct place *place;
};

#define N_SPACE_MAX N_SHUNT_KEY

#define PARTS(...) \
	.part = (const struct part[]){__VA_ARGS__}, \
	.n_parts = sizeof((const struct part[]){__VA_ARGS__}) / sizeof(struct part)
#define ONE(field, bytes) PARTS({FIELD_##field, 0, bytes, 0})

static const struct attr_policy vxlan_policy[] = {
	[OVS_VXLAN_EXT_GBP] = {"OVS_VXLAN_EXT_GBP", 4, ATTR_FIXED, false},
};

static const struct place vxlan_place[] = {
	[OVS_VXLAN_EXT_GBP] = {PARTS({FIELD_TUN_GBP_ID, 0, 4, 0}, {FIELD_TUN_GBP_FLAGS, 0, 4, 16}),
			       .is_host = true},
};

static const struct space vxlan_space = {ATTR_TABLE(vxlan_policy), vxlan_place};

#define T(name, size, kind) \
	[OVS_TUNNEL_KEY_ATTR_##name] = {"OVS_TUNNEL_KEY_ATTR_" #name, size, kind, false}

static const struct attr_policy tunnel_policy[] = {
	T(ID, 8, ATTR_FIXED),          T(IPV4_SRC, 4, ATTR_FIXED),  T(IPV4_DST, 4, ATTR_FIXED),
	T(TOS, 1, ATTR_FIXED),         T(TTL, 1, ATTR_FIXED),       T(OAM, 0, ATTR_FLAG),
	T(VXLAN_OPTS, 0, ATTR_NESTED), T(IPV6_SRC, 16, ATTR_FIXED), T(IPV6_DST, 16, ATTR_FIXED),
};

static const struct place tunnel_place[] = {
	[OVS_TUNNEL_KEY_ATTR_ID] = {ONE(TUN_ID, 8)},
	[OVS_TUNNEL_KEY_ATTR_IPV4_SRC] = {ONE(TUN_SRC, 4)},
	[OVS_TUNNEL_KEY_ATTR_IPV4_DST] = {ONE(TUN_DST, 4)},
	[OVS_TUNNEL_KEY_ATTR_TOS] = {ONE(TUN_TOS, 1)},
	[OVS_TUNNEL_KEY_ATTR_TTL] = {ONE(TUN_TTL, 1)},
	[OVS_TUNNEL_KEY_ATTR_OAM] = {ONE(TUN_FLAGS, 0)},
	[OVS_TUNNEL_KEY_ATTR_VXLAN_OPTS] = {.inside = &vxlan_space},
	[OVS_TUNNEL_KEY_ATTR_IPV6_SRC] = {ONE(TUN_IPV6_SRC, 16)},
	[OVS_TUNNEL_KEY_ATTR_IPV6_DST] = {ONE(TUN_IPV6_DST, 16)},
};

static const struct space tunnel_space = {ATTR_TABLE(tunnel_policy), tunnel_place};

#define K(name, size) [OVS_KEY_ATTR_##name] = {"OVS_KEY_ATTR_" #name, size, ATTR_FIXED, false}
#define S(name, size) [SHUNT_KEY_##name] = {"SHUNT_KEY_" #name, size, ATTR_FIXED, false}

static const struct attr_policy key_policy[] = {
	K(IN_PORT, 4),
	K(ETHERNET, sizeof(struct ovs_key_ethernet)),
	K(VLAN, 2),
	K(ETHERTYPE, 2),
	K(IPV4, sizeof(struct ovs_key_ipv4)),
	K(IPV6, sizeof(struct ovs_key_ipv6)),
	K(TCP, sizeof(struct ovs_key_tcp)),
	K(UDP, sizeof(struct ovs_key_udp)),
	K(ICMP, sizeof(struct ovs_key_icmp)),
	K(ICMPV6, sizeof(struct ovs_key_icmpv6)),
	K(ARP, sizeof(struct ovs_key_arp)),
	K(ND, sizeof(struct ovs_key_nd)),
	K(SKB_MARK, 4),
	[OVS_KEY_ATTR_TUNNEL] = {"OVS_KEY_ATTR_TUNNEL", 0, ATTR_NESTED, false},
	K(SCTP, sizeof(struct ovs_key_sctp)),
	K(TCP_FLAGS, 2),
	K(MPLS, sizeof(struct ovs_key_mpls)),
	K(IPV6_EXTHDRS, 2),
	S(METADATA, 8),
	S(CONJ_ID, 4),
	S(IN_PHY_PORT, 4),
	S(ACTSET_OUTPUT, 4),
	S(VLAN_INNER, 2),
	S(PBB, 4),
	S(REG0, 4),
	S(REG0 + 1, 4),
	S(REG0 + 2, 4),
	S(REG0 + 3, 4),
	S(REG0 + 4, 4),
	S(REG0 + 5, 4),
	S(REG0 + 6, 4),
	S(REG0 + 7, 4),
	S(REG0 + 8, 4),
	S(REG0 + 9, 4),
	S(REG0 + 10, 4),
	S(REG0 + 11, 4),
	S(REG0 + 12, 4),
	S(REG0 + 13, 4),
	S(REG0 + 14, 4),
	S(REG0 + 15, 4),
};

#define PORTS(layer) \
	{FIELD_##layer##_SRC, 0, 2, 0}, \
	{ \
		FIELD_##layer##_DST, 2, 2, 0 \
	}
#define REG(n) [SHUNT_KEY_REG0 + (n)] = {ONE(REG##n, 4)}

static const struct place key_place[N_SHUNT_KEY] = {
	[OVS_KEY_ATTR_IN_PORT] = {ONE(IN_PORT_OXM, 4), .is_host = true},
	[OVS_KEY_ATTR_ETHERNET] = {PARTS({FIELD_ETH_SRC, 0, 6, 0}, {FIELD_ETH_DST, 6, 6, 0})},
	[OVS_KEY_ATTR_VLAN] = {ONE(VLAN_TCI, 2)},
	[OVS_KEY_ATTR_ETHERTYPE] = {ONE(ETH_TYPE, 2)},
	[OVS_KEY_ATTR_IPV4] = {PARTS({FIELD_IP_SRC, 0, 4, 0}, {FIELD_IP_DST, 4, 4, 0},
				     {FIELD_IP_PROTO, 8, 1, 0}, {FIELD_IP_DSCP, 9, 1, 2},
				     {FIELD_IP_ECN, 9, 1, 0}, {FIELD_IP_TTL, 10, 1, 0},
				     {FIELD_IP_FRAG, 11, 1, 0}),
			       .need = NEED_IPV4},
	[OVS_KEY_ATTR_IPV6] = {PARTS({FIELD_IPV6_SRC, 0, 16, 0}, {FIELD_IPV6_DST, 16, 16, 0},
				     {FIELD_IPV6_LABEL, 32, 4, 0}, {FIELD_IP_PROTO, 36, 1, 0},
				     {FIELD_IP_DSCP, 37, 1, 2}, {FIELD_IP_ECN, 37, 1, 0},
				     {FIELD_IP_TTL, 38, 1, 0}, {FIELD_IP_FRAG, 39, 1, 0}),
			       .need = NEED_IPV6},
	[OVS_KEY_ATTR_TCP] = {PARTS(PORTS(TCP)), .need = NEED_TCP},
	[OVS_KEY_ATTR_UDP] = {PARTS(PORTS(UDP)), .need = NEED_UDP},
	[OVS_KEY_ATTR_SCTP] = {PARTS(PORTS(SCTP)), .need = NEED_SCTP},
	[OVS_KEY_ATTR_ICMP] = {PARTS({FIELD_ICMP_TYPE, 0, 1, 0}, {FIELD_ICMP_CODE, 1, 1, 0}),
			       .need = NEED_ICMPV4},
	[OVS_KEY_ATTR_ICMPV6] = {PARTS({FIELD_ICMPV6_TYPE, 0, 1, 0}, {FIELD_ICMPV6_CODE, 1, 1, 0}),
				 .need = NEED_ICMPV6},
	[OVS_KEY_ATTR_ARP] = {PARTS({FIELD_ARP_SPA, 0, 4, 0}, {FIELD_ARP_TPA, 4, 4, 0},
				    {FIELD_ARP_OP, 8, 2, 0}, {FIELD_ARP_SHA, 10, 6, 0},
				    {FIELD_ARP_THA, 16, 6, 0}),
			      .need = NEED_ARP},
	[OVS_KEY_ATTR_ND] = {PARTS({FIELD_ND_TARGET, 0, 16, 0}, {FIELD_ND_SLL, 16, 6, 0},
				   {FIELD_ND_TLL, 22, 6, 0}),
			     .need = NEED_ND},
	[OVS_KEY_ATTR_SKB_MARK] = {ONE(PKT_MARK, 4), .is_host = true},
	[OVS_KEY_ATTR_TUNNEL] = {.inside = &tunnel_space},
	[OVS_KEY_ATTR_TCP_FLAGS] = {ONE(TCP_FLAGS, 2), .need = NEED_TCP},
	[OVS_KEY_ATTR_MPLS] = {PARTS({FIELD_MPLS_LABEL, 0, 4, 12}, {FIELD_MPLS_TC, 0, 4, 9},
				     {FIELD_MPLS_BOS, 0, 4, 8}, {FIELD_MPLS_TTL, 0, 4, 0}),
			       .need = NEED_MPLS},
	[OVS_KEY_ATTR_IPV6_EXTHDRS] = {ONE(IPV6_EXTHDR, 2), .need = NEED_IPV6, .is_host = true},
	[SHUNT_KEY_METADATA] = {ONE(METADATA, 8)},
	[SHUNT_KEY_CONJ_ID] = {ONE(CONJ_ID, 4)},
	[SHUNT_KEY_IN_PHY_PORT] = {ONE(IN_PHY_PORT, 4)},
	[SHUNT_KEY_ACTSET_OUTPUT] = {ONE(ACTSET_OUTPUT, 4)},
	[SHUNT_KEY_VLAN_INNER] = {ONE(VLAN_TCI1, 2)},
	[SHUNT_KEY_PBB] = {PARTS({FIELD_PBB_ISID, 0, 4, 0}, {FIELD_PBB_UCA, 0, 4, 27}),
			   .need = NEED_PBB},
	REG(0),
	REG(1),
	REG(2),
	REG(3),
	REG(4),
	REG(5),
	REG(6),
	REG(7),
	REG(8),
	REG(9),
	REG(10),
	REG(11),
	REG(12),
	REG(13),
	REG(14),
	REG(15),
};

static const struct space key_space = {ATTR_TABLE(key_policy), key_place};

_Static_assert(sizeof(key_policy) == N_SHUNT_KEY * sizeof(key_policy[0]), "a row per attribute");

/* ---- numbers in payloads ---- */

static field_bits number_read(const uint8_t *at, const struct part *part, bool is_host)
{
	field_bits number = 0;

	for (unsigned i = 0; i < part->bytes; i++)
		number |= (field_bits)at[part->offset + i]
			  << 8 * (is_host ? i : part->bytes - 1u - i);
	return number;
}

static void number_add(uint8_t *at, const struct part *part, bool is_host, field_bits number)
{
	for (unsigned i = 0; i < part->bytes; i++)
		at[part->offset + i] |=
			(uint8_t)(number >> 8 * (is_host ? i : part->bytes - 1u - i));
}

/* ---- reading ---- */

struct reader {
	struct match match;
	struct attr_fault *fault;
	const struct nlattr *from[N_FIELDS]; /* the attribute that set it */
};

static const struct attr_bytes nothing;

/* The bits of a payload that are fields. */
static bool is_covered(const struct place *place, const uint8_t *at, size_t size)
{
	uint8_t fields[64] = {0};

	for (unsigned i = 0; i < place->n_parts; i++) {
		const struct part *part = &place->part[i];

		number_add(fields, part, place->is_host,
			   field_all(field_of(part->field)) << part->shift);
	}
	for (size_t i = 0; i < size; i++)
		if (at[i] & ~fields[i])
			return false;
	return true;
}

static int check_part(struct reader *r, const struct field *field, const struct nlattr *key,
		      const struct nlattr *mask, field_bits value, field_bits bits)
{
	if (bits && bits != field_all(field) && !(field->flags & FIELD_MASKABLE))
		return attr_fault_set(r->fault, mask ?: key, EINVAL,
				      "%s can only be matched as a whole: its mask is all ones or "
				      "zero",
				      field->name);
	if (value & ~bits)
		return attr_fault_set(r->fault, key, EINVAL,
				      "%s has bits that its mask does not have", field->name);
	if (field->order == FIELD_PORT && value >= 0xff00 && value < 0xffffff00)
		return attr_fault_set(r->fault, key, EINVAL,
				      "%s: ports are 0 to 0xfeff, or reserved from 0xffffff00 on",
				      field->name);
	return 0;
}

static int read_part(struct reader *r, const struct place *place, const struct part *part,
		     const struct nlattr *key, const struct nlattr *mask)
{
	const struct field *field = field_of(part->field);
	field_bits value = 0, bits = field_all(field);

	if (!part->bytes) { /* a flag: to be there is its value */
		value = key ? 1 : 0;
	} else {
		value = number_read(attr_data(key), part, place->is_host) >> part->shift;
		value &= field_all(field);
		if (mask)
			bits = number_read(attr_data(mask), part, place->is_host) >> part->shift &
			       field_all(field);
	}
	if (check_part(r, field, key ?: mask, mask, value, bits))
		return -EINVAL;
	if (bits)
		r->from[part->field] = key ?: mask;
	if (match_set(&r->match, field, value, bits))
		return attr_fault_set(r->fault, key ?: mask, EINVAL,
				      "%s contradicts another attribute: no packet has both",
				      field->name);
	return 0;
}

static int read_space(struct reader *r, const struct space *space, struct attr_bytes key,
		      const struct nlattr *mask);

/* One attribute: of the key, of the mask, or of both. */
static int read_place(struct reader *r, const struct space *space, unsigned type,
		      const struct nlattr *key, const struct nlattr *mask)
{
	const struct attr_policy *policy = &space->table.row[type];
	const struct place *place = &space->place[type];
	int rc = 0;

	if (policy->kind == ATTR_NESTED)
		return read_space(r, place->inside, key ? attr_inside(key) : nothing, mask);
	if (!key && policy->kind != ATTR_FLAG)
		return attr_fault_set(r->fault, mask, EINVAL,
				      "%s is in the mask, but not in the key", policy->name);
	if (policy->kind == ATTR_FIXED) {
		if (!is_covered(place, attr_data(key), policy->size))
			return attr_fault_set(r->fault, key, EINVAL,
					      "%s: bits that are no field must be zero",
					      policy->name);
		if (mask && !is_covered(place, attr_data(mask), policy->size))
			return attr_fault_set(r->fault, mask, EINVAL,
					      "%s: mask bits that are no field must be zero",
					      policy->name);
	}
	for (unsigned i = 0; !rc && i < place->n_parts; i++)
		rc = read_part(r, place, &place->part[i], key, mask);
	return rc;
}

/* `mask` NULL: all that is there counts. */
static int read_space(struct reader *r, const struct space *space, struct attr_bytes key,
		      const struct nlattr *mask)
{
	const struct nlattr *keys[N_SPACE_MAX], *masks[N_SPACE_MAX] = {0};
	int rc = attr_parse(key, &space->table, keys, r->fault);

	if (!rc && mask)
		rc = attr_parse(attr_inside(mask), &space->table, masks, r->fault);
	for (unsigned type = 0; !rc && type < space->table.n; type++)
		if (keys[type] || masks[type])
			rc = read_place(r, space, type, keys[type], masks[type]);
	return rc;
}

int match_netlink_read(const struct nlattr *key, const struct nlattr *mask, struct match *out,
		       struct attr_fault *fault)
{
	struct reader r = {.fault = fault};
	const struct field *field;
	int rc = read_space(&r, &key_space, key ? attr_inside(key) : nothing, mask);

	if (rc)
		return rc;
	field = match_unmet(&r.match);
	if (field)
		return attr_fault_set(fault, r.from[field_id(field)] ?: key, EINVAL,
				      "%s needs a match on %s", field->name,
				      field_need_text(field->need));
	*out = r.match;
	return 0;
}

/* ---- writing ---- */

/* The field's bits of the match or of its mask; none if it is not there. Tunnel addresses lie in one
 * place, and a flag tells which they are. */
static field_bits part_bits(const struct match *match, const struct part *part, bool is_mask)
{
	const struct field *field = field_of(part->field);
	bool is_ipv6 = match->key.tunnel.flags & FLOW_TUNNEL_IPV6;

	if ((part->field == FIELD_TUN_SRC || part->field == FIELD_TUN_DST) && is_ipv6)
		return 0;
	if ((part->field == FIELD_TUN_IPV6_SRC || part->field == FIELD_TUN_IPV6_DST) && !is_ipv6)
		return 0;
	if (!field_need_is_met(field->need, &match->key, &match->mask))
		return 0;
	return field_read(field, is_mask ? &match->mask : &match->key);
}

/* Whether it can: most attributes of most matches cannot. */
static bool part_may_count(const struct match *match, const struct part *part)
{
	const struct field *field = field_of(part->field);
	unsigned end = (field->offset + field->size - 1u) / 8;
	uint64_t any = 0;

	for (unsigned i = field->offset / 8; i <= end; i++)
		any |= match->mask.word[i];
	return any;
}

static bool place_counts(const struct match *match, const struct place *place)
{
	for (unsigned i = 0; i < place->n_parts; i++)
		if (part_may_count(match, &place->part[i]) &&
		    field_need_is_met(place->need, &match->key, &match->mask) &&
		    part_bits(match, &place->part[i], true))
			return true;
	return false;
}

static void write_space(struct attr_writer *w, const struct space *space, const struct match *match,
			bool is_mask)
{
	for (unsigned type = 0; type < space->table.n; type++) {
		const struct attr_policy *policy = &space->table.row[type];
		const struct place *place = &space->place[type];
		size_t before = w->len;
		uint8_t *payload;

		if (!policy->kind)
			continue;
		if (policy->kind == ATTR_NESTED) {
			attr_open(w, type);
			write_space(w, place->inside, match, is_mask);
			if (w->len == before + NLA_HDRLEN)
				attr_cancel(w, before);
			else
				attr_close(w, before);
			continue;
		}
		if (!place_counts(match, place))
			continue;
		if (policy->kind == ATTR_FLAG) {
			if (part_bits(match, place->part, is_mask))
				attr_put_flag(w, type);
			continue;
		}
		payload = attr_reserve(w, type, policy->size);
		for (unsigned i = 0; payload && i < place->n_parts; i++)
			number_add(payload, &place->part[i], place->is_host,
				   part_bits(match, &place->part[i], is_mask)
					   << place->part[i].shift);
	}
}

void match_netlink_write(struct attr_writer *w, const struct match *match)
{
	for (unsigned is_mask = 0; is_mask < 2; is_mask++) {
		size_t open = attr_open(w, is_mask ? SHUNT_FLOW_MASK : SHUNT_FLOW_KEY);

		write_space(w, &key_space, match, is_mask);
		if (w->len == open + NLA_HDRLEN)
			attr_cancel(w, open);
		else
			attr_close(w, open);
	}
}
