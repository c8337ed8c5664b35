#include "base/print.h"
#include "flow/field_text.h"
#include "flow/match_text.h"

/* The order and the spelling are those of ovs-ofctl's flows. */

struct printer {
	struct print *out;
	const struct match *match;
	const struct flow_names *names;
};

/* "name=value," if the field counts. */
static void put_as(const struct printer *p, enum field_id id, const char *name)
{
	const struct field *field = field_of(id);
	field_bits mask = match_mask(p->match, field);

	if (!mask)
		return;
	print_add(p->out, name);
	print_char(p->out, '=');
	field_print(p->out, field, match_value(p->match, field), mask, p->names);
	print_char(p->out, ',');
}

static void put(const struct printer *p, enum field_id id)
{
	put_as(p, id, field_of(id)->name);
}

/* The protocol, as a keyword if there is one for type (and proto). */
static void put_protocol(const struct printer *p, uint16_t eth_type, uint8_t proto)
{
	const struct match *m = p->match;
	const char *six = eth_type == ETH_TYPE_IPV6 ? "6" : "";

	switch (eth_type) {
	case ETH_TYPE_IPV4:
	case ETH_TYPE_IPV6:
		if (m->mask.packet.ip_proto && proto == IP_PROTO_TCP)
			print_fmt(p->out, "tcp%s,", six);
		else if (m->mask.packet.ip_proto && proto == IP_PROTO_UDP)
			print_fmt(p->out, "udp%s,", six);
		else if (m->mask.packet.ip_proto && proto == IP_PROTO_SCTP)
			print_fmt(p->out, "sctp%s,", six);
		else if (m->mask.packet.ip_proto &&
			 proto == (*six ? IP_PROTO_ICMPV6 : IP_PROTO_ICMP))
			print_fmt(p->out, "icmp%s,", six);
		else
			print_add(p->out, *six ? "ipv6," : "ip,");
		break;
	case ETH_TYPE_ARP:
		print_add(p->out, "arp,");
		break;
	case ETH_TYPE_RARP:
		print_add(p->out, "rarp,");
		break;
	case ETH_TYPE_MPLS:
		print_add(p->out, "mpls,");
		break;
	case ETH_TYPE_MPLS_MULTICAST:
		print_add(p->out, "mplsm,");
		break;
	}
}

static bool type_has_keyword(uint16_t eth_type)
{
	return eth_type == ETH_TYPE_IPV4 || eth_type == ETH_TYPE_IPV6 || eth_type == ETH_TYPE_ARP ||
	       eth_type == ETH_TYPE_RARP || eth_type == ETH_TYPE_MPLS ||
	       eth_type == ETH_TYPE_MPLS_MULTICAST;
}

static bool proto_has_keyword(uint16_t eth_type, uint8_t proto)
{
	if (eth_type != ETH_TYPE_IPV4 && eth_type != ETH_TYPE_IPV6)
		return false;
	return proto == IP_PROTO_TCP || proto == IP_PROTO_UDP || proto == IP_PROTO_SCTP ||
	       proto == (eth_type == ETH_TYPE_IPV6 ? IP_PROTO_ICMPV6 : IP_PROTO_ICMP);
}

static void put_tunnel(const struct printer *p)
{
	bool is_ipv6 = p->match->key.tunnel.flags & FLOW_TUNNEL_IPV6;

	put(p, FIELD_TUN_ID);
	put(p, is_ipv6 ? FIELD_TUN_IPV6_SRC : FIELD_TUN_SRC);
	put(p, is_ipv6 ? FIELD_TUN_IPV6_DST : FIELD_TUN_DST);
	put(p, FIELD_TUN_GBP_ID);
	put(p, FIELD_TUN_GBP_FLAGS);
	put(p, FIELD_TUN_TOS);
	put(p, FIELD_TUN_TTL);
	put(p, FIELD_TUN_FLAGS);
}

/* A tag: as id and priority where that says it all. */
static void put_vlan(const struct printer *p, enum field_id tci_id, const char *suffix)
{
	uint16_t tci = (uint16_t)match_value(p->match, field_of(tci_id));
	uint16_t mask = (uint16_t)match_mask(p->match, field_of(tci_id));
	uint16_t vid = mask & VLAN_VID_MASK, pcp = mask >> VLAN_PCP_SHIFT;

	if (!mask)
		return;
	if ((tci & mask & VLAN_PRESENT) && (!vid || vid == VLAN_VID_MASK) && (!pcp || pcp == 7) &&
	    (vid || pcp)) {
		if (vid)
			print_fmt(p->out, "dl_vlan%s=%u,", suffix, tci & VLAN_VID_MASK);
		if (pcp)
			print_fmt(p->out, "dl_vlan_pcp%s=%u,", suffix, tci >> VLAN_PCP_SHIFT);
	} else if (mask == UINT16_MAX) {
		print_fmt(p->out, "vlan_tci%s=0x%04x,", suffix, tci);
	} else {
		print_fmt(p->out, "vlan_tci%s=0x%04x/0x%04x,", suffix, tci, mask);
	}
}

static void put_addresses(const struct printer *p, uint16_t eth_type)
{
	uint32_t label = (uint32_t)match_value(p->match, field_of(FIELD_IPV6_LABEL));
	uint32_t mask = (uint32_t)match_mask(p->match, field_of(FIELD_IPV6_LABEL));

	switch (eth_type) {
	case ETH_TYPE_IPV6:
		put(p, FIELD_IPV6_SRC);
		put(p, FIELD_IPV6_DST);
		if (mask == field_all(field_of(FIELD_IPV6_LABEL)))
			print_fmt(p->out, "ipv6_label=0x%05x,", label);
		else if (mask)
			print_fmt(p->out, "ipv6_label=0x%05x/0x%05x,", label, mask);
		put(p, FIELD_IPV6_EXTHDR);
		break;
	case ETH_TYPE_ARP:
	case ETH_TYPE_RARP:
		put(p, FIELD_ARP_SPA);
		put(p, FIELD_ARP_TPA);
		break;
	default:
		put_as(p, FIELD_IP_SRC, "nw_src");
		put_as(p, FIELD_IP_DST, "nw_dst");
	}
}

static void put_ip(const struct printer *p, uint16_t eth_type, uint8_t proto)
{
	uint8_t tos = p->match->key.packet.ip_tos, tos_mask = p->match->mask.packet.ip_tos;

	if (p->match->mask.packet.ip_proto && !proto_has_keyword(eth_type, proto))
		put(p, eth_type == ETH_TYPE_ARP || eth_type == ETH_TYPE_RARP ? FIELD_ARP_OP
									     : FIELD_IP_PROTO);
	if (eth_type == ETH_TYPE_ARP || eth_type == ETH_TYPE_RARP) {
		put(p, FIELD_ARP_SHA);
		put(p, FIELD_ARP_THA);
	}
	if (tos_mask & 0xfc)
		print_fmt(p->out, "nw_tos=%u,", tos & 0xfc);
	if (tos_mask & 3)
		print_fmt(p->out, "nw_ecn=%u,", tos & 3);
	put(p, FIELD_IP_TTL);
	put(p, FIELD_MPLS_LABEL);
	put(p, FIELD_MPLS_TC);
	put(p, FIELD_MPLS_TTL);
	put(p, FIELD_MPLS_BOS);
	put(p, FIELD_PBB_ISID);
	put(p, FIELD_PBB_UCA);
	put_as(p, FIELD_IP_FRAG, "nw_frag");
}

static void put_l4(const struct printer *p, uint16_t eth_type, uint8_t proto)
{
	if (eth_type == ETH_TYPE_IPV4 && proto == IP_PROTO_ICMP) {
		put(p, FIELD_ICMP_TYPE);
		put(p, FIELD_ICMP_CODE);
	} else if (eth_type == ETH_TYPE_IPV6 && proto == IP_PROTO_ICMPV6) {
		put(p, FIELD_ICMP_TYPE);
		put(p, FIELD_ICMP_CODE);
		put(p, FIELD_ND_TARGET);
		put(p, FIELD_ND_SLL);
		put(p, FIELD_ND_TLL);
	} else {
		put_as(p, FIELD_TCP_SRC, "tp_src");
		put_as(p, FIELD_TCP_DST, "tp_dst");
		put(p, FIELD_TCP_FLAGS);
	}
}

void match_print(struct print *out, const struct match *match, const struct flow_names *names)
{
	const struct printer p = {out, match, names};
	uint16_t eth_type = from_be16(match->key.packet.eth_type);
	uint8_t proto = match->key.packet.ip_proto;
	bool has_type = from_be16(match->mask.packet.eth_type);

	put(&p, FIELD_PKT_MARK);
	put(&p, FIELD_CONJ_ID);
	put(&p, FIELD_ACTSET_OUTPUT);
	put_protocol(&p, eth_type, proto);
	for (unsigned i = FIELD_REG0; i <= FIELD_REG15; i++)
		put(&p, i);
	put_tunnel(&p);
	put(&p, FIELD_METADATA);
	put(&p, FIELD_IN_PORT);
	put(&p, FIELD_IN_PHY_PORT);
	put_vlan(&p, FIELD_VLAN_TCI, "");
	put_vlan(&p, FIELD_VLAN_TCI1, "1");
	put_as(&p, FIELD_ETH_SRC, "dl_src");
	put_as(&p, FIELD_ETH_DST, "dl_dst");
	if (has_type && !type_has_keyword(eth_type))
		print_fmt(out, "dl_type=0x%04x,", eth_type);
	put_addresses(&p, eth_type);
	put_ip(&p, eth_type, proto);
	put_l4(&p, eth_type, proto);
	print_chomp(out, ',');
}
