#pragma once
/* Headers on the wire, as the kernel side and the daemon both see them.
 *
 * In the daemon every type has alignment 1, because a header may start at any byte of a packet. A
 * BPF program wants whole loads instead of bytes, and its machines allow them at any address.
 */
#include <linux/types.h>

#ifdef __bpf__
#define WIRE
#define WIRE_ALIGNED(n, p) __builtin_assume_aligned(p, n)
#else
#define WIRE               __attribute__((packed))
#define WIRE_ALIGNED(n, p) (p)
#endif

/* Big-endian integers that the compiler will not mix up with host ones. */
typedef struct {
	__u16 be;
} WIRE be16;
typedef struct {
	__u32 be;
} WIRE be32;
typedef struct {
	__u64 be;
} WIRE be64;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define WIRE_SWAP(bits, v) __builtin_bswap##bits(v)
#else
#define WIRE_SWAP(bits, v) (v)
#endif

static inline be16 to_be16(__u16 v)
{
	return (be16){WIRE_SWAP(16, v)};
}

static inline be32 to_be32(__u32 v)
{
	return (be32){WIRE_SWAP(32, v)};
}

static inline be64 to_be64(__u64 v)
{
	return (be64){WIRE_SWAP(64, v)};
}

#ifdef __bpf__
/* As a function's argument, clang would take such a struct for bytes, and load them one by one. */
#define from_be16(v) ((__u16)WIRE_SWAP(16, (v).be))
#define from_be32(v) ((__u32)WIRE_SWAP(32, (v).be))
#define from_be64(v) ((__u64)WIRE_SWAP(64, (v).be))
#else
static inline __u16 from_be16(be16 v)
{
	return WIRE_SWAP(16, v.be);
}

static inline __u32 from_be32(be32 v)
{
	return WIRE_SWAP(32, v.be);
}

static inline __u64 from_be64(be64 v)
{
	return WIRE_SWAP(64, v.be);
}
#endif

struct eth_addr {
	__u8 byte[6];
};

struct ipv6_addr {
	__u8 byte[16];
};

/* Ethernet types. Below ETH_TYPE_MIN the field is the length of an 802.2 frame. */
enum {
	ETH_TYPE_MIN = 0x600,
	ETH_TYPE_NONE = 0x5ff, /* OpenFlow's word for an 802.2 frame without a type */
	ETH_TYPE_IPV4 = 0x0800,
	ETH_TYPE_ARP = 0x0806,
	ETH_TYPE_RARP = 0x8035,
	ETH_TYPE_VLAN = 0x8100,
	ETH_TYPE_IPV6 = 0x86dd,
	ETH_TYPE_MPLS = 0x8847,
	ETH_TYPE_MPLS_MULTICAST = 0x8848,
	ETH_TYPE_SVLAN = 0x88a8,
	ETH_TYPE_PBB = 0x88e7,
};

struct eth_header {
	struct eth_addr dst;
	struct eth_addr src;
	be16 type;
} WIRE;

struct vlan_header {
	be16 tci;
	be16 type; /* of what follows */
} WIRE;

enum { VLAN_VID_MASK = 0x0fff, VLAN_DEI = 0x1000, VLAN_PCP_SHIFT = 13 };

/* IEEE 802.2 LLC with a SNAP header. */
struct snap_header {
	__u8 dsap, ssap, control; /* 0xaa, 0xaa, 3 */
	__u8 oui[3];
	be16 type;
} WIRE;

struct arp_header {
	be16 hardware; /* 1: Ethernet */
	be16 protocol; /* ETH_TYPE_IPV4 */
	__u8 hardware_size, protocol_size;
	be16 operation;
} WIRE;

/* Behind an arp_header with sizes 6 and 4. */
struct arp_body {
	struct eth_addr sender_mac;
	be16 sender_ip[2]; /* halves: at an odd multiple of 2 */
	struct eth_addr target_mac;
	be16 target_ip[2];
} WIRE;

enum {
	IP_PROTO_ICMP = 1,
	IP_PROTO_TCP = 6,
	IP_PROTO_UDP = 17,
	IP_PROTO_ICMPV6 = 58,
	IP_PROTO_SCTP = 132,
	/* IPv6 extension headers */
	IP_PROTO_HOP_BY_HOP = 0,
	IP_PROTO_ROUTING = 43,
	IP_PROTO_FRAGMENT = 44,
	IP_PROTO_ESP = 50,
	IP_PROTO_AUTH = 51,
	IP_PROTO_NONE = 59,
	IP_PROTO_DESTINATION = 60,
};

struct ipv4_header {
	__u8 version_ihl;
	__u8 tos;
	be16 total_len;
	be16 id;
	be16 frag; /* flags and offset */
	__u8 ttl;
	__u8 proto;
	be16 checksum;
	be32 src;
	be32 dst;
} WIRE;

enum { IPV4_MORE_FRAGMENTS = 0x2000, IPV4_OFFSET_MASK = 0x1fff };

struct ipv6_header {
	be32 version_class_label;
	be16 payload_len;
	__u8 next;
	__u8 hop_limit;
	struct ipv6_addr src;
	struct ipv6_addr dst;
} WIRE;

/* The first bytes of every IPv6 extension header. */
struct ipv6_extension {
	__u8 next;
	__u8 len; /* in 8 bytes behind the first 8; of an authentication header: in 4 behind 8 */
	be16 fragment; /* of a fragment header: offset and flag M */
	be32 rest;
} WIRE;

enum { IPV6_MORE_FRAGMENTS = 1, IPV6_OFFSET_MASK = 0xfff8 };

struct tcp_header {
	be16 src;
	be16 dst;
	be32 seq;
	be32 ack;
	be16 offset_flags; /* 4 bits: words of header; 12 bits: flags */
	be16 window;
	be16 checksum;
	be16 urgent;
} WIRE;

enum { TCP_FIN = 0x001, TCP_RST = 0x004 };
enum { TCP_FLAGS_MASK = 0x0fff, TCP_OFFSET_SHIFT = 12 };

struct udp_header {
	be16 src;
	be16 dst;
	be16 len;
	be16 checksum;
} WIRE;

struct sctp_header {
	be16 src;
	be16 dst;
	be32 tag;
	be32 checksum;
} WIRE;

/* ICMP and ICMPv6. */
struct icmp_header {
	__u8 type;
	__u8 code;
	be16 checksum;
} WIRE;

/* Neighbour solicitation and advertisement (RFC 4861), behind the icmp_header. */
struct nd_header {
	be32 flags;
	struct ipv6_addr target;
} WIRE;

enum { ICMPV6_ND_SOLICIT = 135, ICMPV6_ND_ADVERT = 136 };

struct nd_option {
	__u8 type; /* 1: source, 2: target link-layer address */
	__u8 len;  /* in 8 bytes, this header included */
	struct eth_addr mac;
} WIRE;

/* MPLS label stack entry: label 20 bits, traffic class 3, bottom of stack 1, TTL 8. */
enum { MPLS_BOTTOM = 0x100 };

/* I-TAG of IEEE 802.1ah: PCP 3 bits, DEI 1, UCA 1, reserved 3, I-SID 24. */
enum { PBB_UCA = 0x08000000, PBB_ISID_MASK = 0x00ffffff };
