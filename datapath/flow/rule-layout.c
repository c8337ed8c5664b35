#include "flow/rule-layout.h"

#include "flow/key.h"

#define FIELD(name) \
	{ \
		offsetof(struct flow_key, name), sizeof(((struct flow_key *)0)->name), false \
	}
#define ADDRESS(name) \
	{ \
		offsetof(struct flow_key, name), sizeof(((struct flow_key *)0)->name), true \
	}
/* The second half of an IPv6 address. */
#define ADDRESS_END(name) \
	{ \
		offsetof(struct flow_key, name) + 8, 8, true \
	}

static const struct rule_field fields[] = {
	ADDRESS(packet.ipv4_dst),
	ADDRESS(packet.ipv4_src),
	ADDRESS_END(packet.ipv6_src),
	{offsetof(struct flow_key, packet.ipv6_dst), 8, true},
	ADDRESS_END(packet.ipv6_dst),
	FIELD(packet.l4_dst),
	FIELD(packet.l4_src),
	FIELD(packet.ip_proto),
	FIELD(packet.eth_type),
	FIELD(packet.in_port),
	FIELD(packet.vlan),
	FIELD(packet.eth_dst),
	FIELD(packet.eth_src),
	FIELD(packet.vlan_inner),
	FIELD(packet.packet_class),
	FIELD(packet.ip_tos),
	FIELD(packet.ip_ttl),
	FIELD(packet.ip_frag),
	FIELD(packet.tcp_flags),
	FIELD(packet.ipv6_label),
	FIELD(metadata),
	FIELD(extra.arp_sha),
	FIELD(extra.arp_tha),
	FIELD(extra.ipv6_extensions),
	ADDRESS(extra.nd_target),
	FIELD(extra.mpls[0]),
	FIELD(extra.mpls[1]),
	FIELD(extra.pbb),
	FIELD(tunnel.id),
	ADDRESS(tunnel.ipv4_src),
	ADDRESS(tunnel.ipv4_dst),
	ADDRESS_END(tunnel.ipv6_src),
	{offsetof(struct flow_key, tunnel.ipv6_dst), 8, true},
	ADDRESS_END(tunnel.ipv6_dst),
	FIELD(tunnel.flags),
	FIELD(tunnel.tos),
	FIELD(tunnel.ttl),
	FIELD(tunnel.gbp_id),
	FIELD(tunnel.gbp_flags),
	FIELD(pkt_mark),
	FIELD(in_phy_port),
	FIELD(reg[0]),
	FIELD(reg[1]),
	FIELD(reg[2]),
	FIELD(reg[3]),
	FIELD(reg[4]),
	FIELD(reg[5]),
	FIELD(reg[6]),
	FIELD(reg[7]),
	FIELD(reg[8]),
	FIELD(reg[9]),
	FIELD(reg[10]),
	FIELD(reg[11]),
	FIELD(reg[12]),
	FIELD(reg[13]),
	FIELD(reg[14]),
	FIELD(reg[15]),
	FIELD(conj_id),
	FIELD(actset_output),
};

const struct rule_layout rule_layout_flow = {
	.n_words = FLOW_KEY_WORDS,
	.n_fields = sizeof(fields) / sizeof(fields[0]),
	.fields = fields,
};
