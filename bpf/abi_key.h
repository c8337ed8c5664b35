#pragma once
/* What the parser (bpf/parse.h) finds in a packet. */
#include "wire.h"

/* Which fields a packet can have. A function of eth_type and ip_proto alone. */
enum packet_class {
	CLASS_OTHER,
	CLASS_ARP, /* and RARP */
	CLASS_MPLS,
	CLASS_IPV4, /* neither of those that follow */
	CLASS_IPV4_TCP,
	CLASS_IPV4_UDP,
	CLASS_IPV4_SCTP,
	CLASS_IPV4_ICMP,
	CLASS_IPV6,
	CLASS_IPV6_TCP,
	CLASS_IPV6_UDP,
	CLASS_IPV6_SCTP,
	CLASS_IPV6_ICMP,
	N_PACKET_CLASSES
};

/* No class of packets: packets of any, which no entry knows, while no daemon is there to ask. */
#define CLASS_STANDBY N_PACKET_CLASSES

/* packet_key.ip_frag: 0 is "no fragment". */
enum { FRAG_ANY = 1, FRAG_LATER = 2 }; /* the first one: ANY; the others: ANY | LATER */

/* packet_key.vlan[].tci has this bit set where there is a tag, in place of the DEI bit. */
#define VLAN_PRESENT 0x1000

struct packet_vlan {
	be16 tci;  /* priority 3 bits, VLAN_PRESENT, VLAN id 12 bits; 0: no tag */
	be16 tpid; /* 0: no tag */
};

/* The header fields that both floors look at, as words for hashing and comparing.
 *
 * A learning bridge needs words 0 to 2; IPv4 and ARP end with word 5, IPv6 with word 8. A field
 * that a packet does not have is zero. IPv4 and IPv6 addresses share their place: whoever
 * compares them compares eth_type as well.
 */
#define PACKET_KEY_WORDS      9
#define PACKET_KEY_IPV4_WORDS 6

struct packet_key {
	union {
		__u64 word[PACKET_KEY_WORDS];
		struct {
			/* 0 */
			__u16 in_port;     /* switch-wide number */
			__u8 packet_class; /* enum packet_class */
			__u8 pad;
			struct packet_vlan vlan; /* the outer tag */
			/* 1, 2 */
			struct eth_addr eth_dst;
			struct eth_addr eth_src;
			struct packet_vlan vlan_inner;
			/* 3 */
			be16 eth_type; /* behind the tags */
			__u8 ip_proto; /* ARP: the operation, if below 256 */
			__u8 ip_tos;   /* DSCP 6 bits, ECN 2 */
			__u8 ip_ttl;
			__u8 ip_frag;
			be16 tcp_flags; /* 12 bits */
			/* 4 */
			be16 l4_src;     /* TCP, UDP, SCTP port; ICMP type */
			be16 l4_dst;     /* TCP, UDP, SCTP port; ICMP code */
			be32 ipv6_label; /* 20 bits */
			/* 5 to 8 */
			union {
				struct {
					be32 ipv4_src; /* ARP: sender */
					be32 ipv4_dst; /* ARP: target */
				};
				struct {
					struct ipv6_addr ipv6_src;
					struct ipv6_addr ipv6_dst;
				};
			};
		};
	};
};

_Static_assert(sizeof(struct packet_key) == 8 * PACKET_KEY_WORDS, "packet key");

/* Port and class as they lie in word 0. Programs that write and read a word as one do not wait for its pieces. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PACKET_KEY_FRONT(port, packet_class) ((__u64)(port) | (__u64)(packet_class) << 16)
#else
#define PACKET_KEY_FRONT(port, packet_class) ((__u64)(port) << 48 | (__u64)(packet_class) << 40)
#endif

/* How the parser got on. Whatever the verdict, the fields of the headers it understood are set, and
 * those of the header it stumbled over and of all behind are zero. */
enum parse_verdict {
	PARSE_OK,
	PARSE_TOO_SHORT, /* no whole Ethernet header; nothing is set but in_port */
	PARSE_MALFORMED, /* a header is cut off, or shorter than it must be */
	PARSE_TOO_DEEP,  /* more IPv6 extension headers, or more of the packet, than it can read */
};

/* Bits of packet_layout.ipv6_extensions: those of OpenFlow 1.3's OXM_OF_IPV6_EXTHDR. */
enum {
	IPV6_EXT_NONEXT = 1 << 0, /* "no next header" */
	IPV6_EXT_ESP = 1 << 1,
	IPV6_EXT_AUTH = 1 << 2,
	IPV6_EXT_DESTINATION = 1 << 3,
	IPV6_EXT_FRAGMENT = 1 << 4,
	IPV6_EXT_ROUTING = 1 << 5,
	IPV6_EXT_HOP_BY_HOP = 1 << 6,
	IPV6_EXT_REPEATED = 1 << 7,   /* one came more often than it should */
	IPV6_EXT_DISORDERED = 1 << 8, /* not in the order of RFC 8200 section 4.1 */
};

/* Where in the packet things are: bytes from the Ethernet header; 0: not there. */
struct packet_layout {
	__u16 l3;      /* header behind Ethernet and tags, of any type; 0: these are cut off */
	__u16 l4;      /* TCP, UDP, SCTP, ICMP header, whole; never of a later fragment */
	__u32 l3_size; /* bytes from l3 to the end of the IP packet, padding not counted */
	__u8 n_vlans;  /* tags in the key, 0 to 2 */
	__u8 verdict;  /* enum parse_verdict */
	__u16 ipv6_extensions;
};

_Static_assert(sizeof(struct packet_layout) == 12, "packet layout");
