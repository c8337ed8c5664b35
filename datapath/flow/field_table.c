#include "flow/field.h"

#include <stddef.h>

#include "flow/key.h"

/* Names and numbers: ovs-fields(7) and OpenFlow 1.3.5 section 7.2.3.7; pbb_uca: OpenFlow 1.4. */

#define NXM(n, s)        .nxm = {"NXM_OF_" s, OXM_CLASS_NXM, n}
#define NX(n, s)         .nxm = {"NXM_NX_" s, OXM_CLASS_NX, n}
#define PACKET_REG(n, s) .nxm = {"OXM_OF_" s, OXM_CLASS_PACKET_REGS, n}
#define OXM(n, s)        .oxm = {"OXM_OF_" s, OXM_CLASS_OPENFLOW, n}

enum { FIXED = 0, MASK = FIELD_MASKABLE, WRITE = FIELD_WRITABLE, BOTH = MASK | WRITE };

#define SIZE_OF(member)          sizeof(((struct flow_key *)0)->member)
#define SIZE_BE(member, bytes)   SIZE_OF(member)
#define SIZE_HOST(member, bytes) SIZE_OF(member)
#define SIZE_PORT(member, bytes) SIZE_OF(member)
#define SIZE_REGS(member, bytes) (bytes)

#define F(id, its_name, its_alias, bits, bytes, as, needs, can, how, member, low, ...) \
	[FIELD_##id] = {.name = its_name, \
			.alias = its_alias, \
			.n_bits = bits, \
			.n_bytes = bytes, \
			.format = FIELD_AS_##as, \
			.need = NEED_##needs, \
			.flags = can, \
			.order = FIELD_##how, \
			.size = SIZE_##how(member, bytes), \
			.shift = low, \
			.offset = offsetof(struct flow_key, member), \
			__VA_ARGS__}

/* clang-format off */
const struct field field_table[N_FIELDS] = {
	/* name, alias, bits, bytes, written as, needs, what it can, place: order, member, shift */
	F(TUN_ID, "tun_id", "tunnel_id", 64, 8, HEX, NONE, BOTH, BE, tunnel.id, 0,
	  NX(16, "TUN_ID"), OXM(38, "TUNNEL_ID")),
	F(TUN_SRC, "tun_src", NULL, 32, 4, IPV4, NONE, BOTH, BE, tunnel.ipv4_src, 0,
	  NX(31, "TUN_IPV4_SRC")),
	F(TUN_DST, "tun_dst", NULL, 32, 4, IPV4, NONE, BOTH, BE, tunnel.ipv4_dst, 0,
	  NX(32, "TUN_IPV4_DST")),
	F(TUN_IPV6_SRC, "tun_ipv6_src", NULL, 128, 16, IPV6, NONE, BOTH, BE, tunnel.ipv6_src, 0,
	  NX(109, "TUN_IPV6_SRC")),
	F(TUN_IPV6_DST, "tun_ipv6_dst", NULL, 128, 16, IPV6, NONE, BOTH, BE, tunnel.ipv6_dst, 0,
	  NX(110, "TUN_IPV6_DST")),
	F(TUN_FLAGS, "tun_flags", NULL, 1, 2, TUNNEL_FLAGS, NONE, BOTH, HOST, tunnel.flags, 2,
	  NX(104, "TUN_FLAGS")),
	F(TUN_TTL, "tun_ttl", NULL, 8, 1, DECIMAL, NONE, FIXED, BE, tunnel.ttl, 0),
	F(TUN_TOS, "tun_tos", NULL, 8, 1, DECIMAL, NONE, FIXED, BE, tunnel.tos, 0),
	F(TUN_GBP_ID, "tun_gbp_id", NULL, 16, 2, DECIMAL, NONE, BOTH, BE, tunnel.gbp_id, 0,
	  NX(38, "TUN_GBP_ID")),
	F(TUN_GBP_FLAGS, "tun_gbp_flags", NULL, 8, 1, HEX, NONE, BOTH, BE, tunnel.gbp_flags, 0,
	  NX(39, "TUN_GBP_FLAGS")),
	F(PKT_MARK, "pkt_mark", NULL, 32, 4, HEX, NONE, BOTH, HOST, pkt_mark, 0,
	  NX(33, "PKT_MARK")),
	F(CONJ_ID, "conj_id", NULL, 32, 4, DECIMAL, NONE, FIXED, HOST, conj_id, 0,
	  NX(37, "CONJ_ID")),
	F(METADATA, "metadata", NULL, 64, 8, HEX, NONE, BOTH, HOST, metadata, 0,
	  OXM(2, "METADATA")),
	F(IN_PORT, "in_port", NULL, 16, 2, PORT, NONE, WRITE, HOST, packet.in_port, 0,
	  NXM(0, "IN_PORT")),
	F(IN_PORT_OXM, "in_port_oxm", NULL, 32, 4, PORT, NONE, WRITE, PORT, packet.in_port, 0,
	  OXM(0, "IN_PORT")),
	F(IN_PHY_PORT, "in_phy_port", NULL, 32, 4, PORT, IN_PORT, FIXED, HOST, in_phy_port, 0,
	  OXM(1, "IN_PHY_PORT")),
	F(ACTSET_OUTPUT, "actset_output", NULL, 32, 4, PORT, NONE, FIXED, HOST, actset_output, 0,
	  OXM(43, "ACTSET_OUTPUT")),
	F(REG0, "reg0", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[0], 0, NX(0, "REG0")),
	F(REG1, "reg1", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[1], 0, NX(1, "REG1")),
	F(REG2, "reg2", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[2], 0, NX(2, "REG2")),
	F(REG3, "reg3", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[3], 0, NX(3, "REG3")),
	F(REG4, "reg4", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[4], 0, NX(4, "REG4")),
	F(REG5, "reg5", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[5], 0, NX(5, "REG5")),
	F(REG6, "reg6", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[6], 0, NX(6, "REG6")),
	F(REG7, "reg7", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[7], 0, NX(7, "REG7")),
	F(REG8, "reg8", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[8], 0, NX(8, "REG8")),
	F(REG9, "reg9", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[9], 0, NX(9, "REG9")),
	F(REG10, "reg10", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[10], 0, NX(10, "REG10")),
	F(REG11, "reg11", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[11], 0, NX(11, "REG11")),
	F(REG12, "reg12", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[12], 0, NX(12, "REG12")),
	F(REG13, "reg13", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[13], 0, NX(13, "REG13")),
	F(REG14, "reg14", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[14], 0, NX(14, "REG14")),
	F(REG15, "reg15", NULL, 32, 4, HEX, NONE, BOTH, HOST, reg[15], 0, NX(15, "REG15")),
	F(XREG0, "xreg0", NULL, 64, 8, HEX, NONE, BOTH, REGS, reg[0], 0, PACKET_REG(0, "PKT_REG0")),
	F(XREG1, "xreg1", NULL, 64, 8, HEX, NONE, BOTH, REGS, reg[2], 0, PACKET_REG(1, "PKT_REG1")),
	F(XREG2, "xreg2", NULL, 64, 8, HEX, NONE, BOTH, REGS, reg[4], 0, PACKET_REG(2, "PKT_REG2")),
	F(XREG3, "xreg3", NULL, 64, 8, HEX, NONE, BOTH, REGS, reg[6], 0, PACKET_REG(3, "PKT_REG3")),
	F(XREG4, "xreg4", NULL, 64, 8, HEX, NONE, BOTH, REGS, reg[8], 0, PACKET_REG(4, "PKT_REG4")),
	F(XREG5, "xreg5", NULL, 64, 8, HEX, NONE, BOTH, REGS, reg[10], 0,
	  PACKET_REG(5, "PKT_REG5")),
	F(XREG6, "xreg6", NULL, 64, 8, HEX, NONE, BOTH, REGS, reg[12], 0,
	  PACKET_REG(6, "PKT_REG6")),
	F(XREG7, "xreg7", NULL, 64, 8, HEX, NONE, BOTH, REGS, reg[14], 0,
	  PACKET_REG(7, "PKT_REG7")),
	F(XXREG0, "xxreg0", NULL, 128, 16, HEX, NONE, BOTH, REGS, reg[0], 0, NX(111, "XXREG0")),
	F(XXREG1, "xxreg1", NULL, 128, 16, HEX, NONE, BOTH, REGS, reg[4], 0, NX(112, "XXREG1")),
	F(XXREG2, "xxreg2", NULL, 128, 16, HEX, NONE, BOTH, REGS, reg[8], 0, NX(113, "XXREG2")),
	F(XXREG3, "xxreg3", NULL, 128, 16, HEX, NONE, BOTH, REGS, reg[12], 0, NX(114, "XXREG3")),
	F(ETH_SRC, "eth_src", "dl_src", 48, 6, MAC, NONE, BOTH, BE, packet.eth_src, 0,
	  NXM(2, "ETH_SRC"), OXM(4, "ETH_SRC")),
	F(ETH_DST, "eth_dst", "dl_dst", 48, 6, MAC, NONE, BOTH, BE, packet.eth_dst, 0,
	  NXM(1, "ETH_DST"), OXM(3, "ETH_DST")),
	F(ETH_TYPE, "eth_type", "dl_type", 16, 2, HEX, NONE, FIXED, BE, packet.eth_type, 0,
	  NXM(3, "ETH_TYPE"), OXM(5, "ETH_TYPE")),
	F(VLAN_TCI, "vlan_tci", NULL, 16, 2, HEX, NONE, BOTH, BE, packet.vlan.tci, 0,
	  NXM(4, "VLAN_TCI")),
	F(DL_VLAN, "dl_vlan", NULL, 12, 2, DECIMAL, NONE, FIXED, BE, packet.vlan.tci, 0),
	F(VLAN_VID, "vlan_vid", NULL, 13, 2, DECIMAL, NONE, BOTH, BE, packet.vlan.tci, 0,
	  OXM(6, "VLAN_VID")),
	F(DL_VLAN_PCP, "dl_vlan_pcp", NULL, 3, 1, DECIMAL, NONE, FIXED, BE, packet.vlan.tci, 13),
	F(VLAN_PCP, "vlan_pcp", NULL, 3, 1, DECIMAL, NONE, WRITE, BE, packet.vlan.tci, 13,
	  OXM(7, "VLAN_PCP")),
	F(VLAN_TCI1, "vlan_tci1", NULL, 16, 2, HEX, NONE, MASK, BE, packet.vlan_inner.tci, 0),
	F(DL_VLAN1, "dl_vlan1", NULL, 12, 2, DECIMAL, NONE, FIXED, BE, packet.vlan_inner.tci, 0),
	F(DL_VLAN_PCP1, "dl_vlan_pcp1", NULL, 3, 1, DECIMAL, NONE, FIXED, BE, packet.vlan_inner.tci, 13),
	F(MPLS_LABEL, "mpls_label", NULL, 20, 4, DECIMAL, MPLS, WRITE, BE, extra.mpls[0], 12,
	  OXM(34, "MPLS_LABEL")),
	F(MPLS_TC, "mpls_tc", NULL, 3, 1, DECIMAL, MPLS, WRITE, BE, extra.mpls[0], 9,
	  OXM(35, "MPLS_TC")),
	F(MPLS_BOS, "mpls_bos", NULL, 1, 1, DECIMAL, MPLS, FIXED, BE, extra.mpls[0], 8,
	  OXM(36, "MPLS_BOS")),
	F(MPLS_TTL, "mpls_ttl", NULL, 8, 1, DECIMAL, MPLS, WRITE, BE, extra.mpls[0], 0,
	  NX(30, "MPLS_TTL")),
	F(PBB_ISID, "pbb_isid", NULL, 24, 3, HEX, PBB, BOTH, BE, extra.pbb, 0, OXM(37, "PBB_ISID")),
	F(PBB_UCA, "pbb_uca", NULL, 1, 1, DECIMAL, PBB, WRITE, BE, extra.pbb, 27,
	  OXM(41, "PBB_UCA")),
	F(IP_SRC, "ip_src", "nw_src", 32, 4, IPV4, IPV4, BOTH, BE, packet.ipv4_src, 0,
	  NXM(7, "IP_SRC"), OXM(11, "IPV4_SRC")),
	F(IP_DST, "ip_dst", "nw_dst", 32, 4, IPV4, IPV4, BOTH, BE, packet.ipv4_dst, 0,
	  NXM(8, "IP_DST"), OXM(12, "IPV4_DST")),
	F(IPV6_SRC, "ipv6_src", NULL, 128, 16, IPV6, IPV6, BOTH, BE, packet.ipv6_src, 0,
	  NX(19, "IPV6_SRC"), OXM(26, "IPV6_SRC")),
	F(IPV6_DST, "ipv6_dst", NULL, 128, 16, IPV6, IPV6, BOTH, BE, packet.ipv6_dst, 0,
	  NX(20, "IPV6_DST"), OXM(27, "IPV6_DST")),
	F(IPV6_LABEL, "ipv6_label", NULL, 20, 4, HEX, IPV6, BOTH, BE, packet.ipv6_label, 0,
	  NX(27, "IPV6_LABEL"), OXM(28, "IPV6_FLABEL")),
	F(IPV6_EXTHDR, "ipv6_exthdr", NULL, 9, 2, EXTENSIONS, IPV6, MASK, HOST, extra.ipv6_extensions, 0,
	  OXM(39, "IPV6_EXTHDR")),
	F(IP_PROTO, "nw_proto", "ip_proto", 8, 1, DECIMAL, IP, FIXED, BE, packet.ip_proto, 0,
	  NXM(6, "IP_PROTO"), OXM(10, "IP_PROTO")),
	F(IP_TOS, "nw_tos", NULL, 8, 1, DECIMAL, IP, WRITE, BE, packet.ip_tos, 0,
	  .n_zero = 2, NXM(5, "IP_TOS")),
	F(IP_DSCP, "ip_dscp", NULL, 6, 1, DECIMAL, IP, WRITE, BE, packet.ip_tos, 2,
	  OXM(8, "IP_DSCP")),
	F(IP_ECN, "nw_ecn", "ip_ecn", 2, 1, DECIMAL, IP, WRITE, BE, packet.ip_tos, 0,
	  NX(28, "IP_ECN"), OXM(9, "IP_ECN")),
	F(IP_TTL, "nw_ttl", NULL, 8, 1, DECIMAL, IP, WRITE, BE, packet.ip_ttl, 0, NX(29, "IP_TTL")),
	F(IP_FRAG, "ip_frag", "nw_frag", 2, 1, FRAG, IP, MASK, BE, packet.ip_frag, 0,
	  NX(26, "IP_FRAG")),
	F(ARP_OP, "arp_op", NULL, 8, 2, DECIMAL, ARP, WRITE, BE, packet.ip_proto, 0,
	  NXM(15, "ARP_OP"), OXM(21, "ARP_OP")),
	F(ARP_SPA, "arp_spa", NULL, 32, 4, IPV4, ARP, BOTH, BE, packet.ipv4_src, 0,
	  NXM(16, "ARP_SPA"), OXM(22, "ARP_SPA")),
	F(ARP_TPA, "arp_tpa", NULL, 32, 4, IPV4, ARP, BOTH, BE, packet.ipv4_dst, 0,
	  NXM(17, "ARP_TPA"), OXM(23, "ARP_TPA")),
	F(ARP_SHA, "arp_sha", NULL, 48, 6, MAC, ARP, BOTH, BE, extra.arp_sha, 0,
	  NX(17, "ARP_SHA"), OXM(24, "ARP_SHA")),
	F(ARP_THA, "arp_tha", NULL, 48, 6, MAC, ARP, BOTH, BE, extra.arp_tha, 0,
	  NX(18, "ARP_THA"), OXM(25, "ARP_THA")),
	F(TCP_SRC, "tcp_src", "tp_src", 16, 2, DECIMAL, TCP, BOTH, BE, packet.l4_src, 0,
	  NXM(9, "TCP_SRC"), OXM(13, "TCP_SRC")),
	F(TCP_DST, "tcp_dst", "tp_dst", 16, 2, DECIMAL, TCP, BOTH, BE, packet.l4_dst, 0,
	  NXM(10, "TCP_DST"), OXM(14, "TCP_DST")),
	F(TCP_FLAGS, "tcp_flags", NULL, 12, 2, TCP_FLAGS, TCP, MASK, BE, packet.tcp_flags, 0,
	  NX(34, "TCP_FLAGS"), OXM(42, "TCP_FLAGS")),
	F(UDP_SRC, "udp_src", NULL, 16, 2, DECIMAL, UDP, BOTH, BE, packet.l4_src, 0,
	  NXM(11, "UDP_SRC"), OXM(15, "UDP_SRC")),
	F(UDP_DST, "udp_dst", NULL, 16, 2, DECIMAL, UDP, BOTH, BE, packet.l4_dst, 0,
	  NXM(12, "UDP_DST"), OXM(16, "UDP_DST")),
	F(SCTP_SRC, "sctp_src", NULL, 16, 2, DECIMAL, SCTP, BOTH, BE, packet.l4_src, 0,
	  OXM(17, "SCTP_SRC")),
	F(SCTP_DST, "sctp_dst", NULL, 16, 2, DECIMAL, SCTP, BOTH, BE, packet.l4_dst, 0,
	  OXM(18, "SCTP_DST")),
	F(ICMP_TYPE, "icmp_type", NULL, 8, 1, DECIMAL, ICMPV4, WRITE, BE, packet.l4_src, 0,
	  NXM(13, "ICMP_TYPE"), OXM(19, "ICMPV4_TYPE")),
	F(ICMP_CODE, "icmp_code", NULL, 8, 1, DECIMAL, ICMPV4, WRITE, BE, packet.l4_dst, 0,
	  NXM(14, "ICMP_CODE"), OXM(20, "ICMPV4_CODE")),
	F(ICMPV6_TYPE, "icmpv6_type", NULL, 8, 1, DECIMAL, ICMPV6, WRITE, BE, packet.l4_src, 0,
	  NX(21, "ICMPV6_TYPE"), OXM(29, "ICMPV6_TYPE")),
	F(ICMPV6_CODE, "icmpv6_code", NULL, 8, 1, DECIMAL, ICMPV6, WRITE, BE, packet.l4_dst, 0,
	  NX(22, "ICMPV6_CODE"), OXM(30, "ICMPV6_CODE")),
	F(ND_TARGET, "nd_target", NULL, 128, 16, IPV6, ND, BOTH, BE, extra.nd_target, 0,
	  NX(23, "ND_TARGET"), OXM(31, "IPV6_ND_TARGET")),
	F(ND_SLL, "nd_sll", NULL, 48, 6, MAC, ND_SOLICIT, BOTH, BE, extra.nd_sll, 0,
	  NX(24, "ND_SLL"), OXM(32, "IPV6_ND_SLL")),
	F(ND_TLL, "nd_tll", NULL, 48, 6, MAC, ND_ADVERT, BOTH, BE, extra.nd_tll, 0,
	  NX(25, "ND_TLL"), OXM(33, "IPV6_ND_TLL")),
};
/* clang-format on */
