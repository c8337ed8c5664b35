#pragma once
/* Everything about a packet that a flow can match on, as 64-bit words.
 *
 * The first words are what the parsers found (bpf/abi_key.h, packet/parse.h), then comes what
 * travelled beside the packet, then what only the flow tables write while they look at it. The
 * last part is zero when a packet enters, so no cache mask has bits there.
 *
 * A field that a packet does not have is zero. IPv4 and IPv6 addresses share words, as do ARP's
 * hardware addresses and neighbour discovery's: who matches on them matches on eth_type (and
 * ip_proto) too, as OpenFlow's prerequisites want it.
 *
 * Filling it: zero the whole key once; then for each packet
 *	packet_parse(frame, &key->packet, &key->extra, &layout);
 */
#include <stddef.h>
#include <stdint.h>

#include "packet/parse.h"

enum flow_tunnel_flag {
	FLOW_TUNNEL_PRESENT = 1 << 0, /* it came out of a tunnel */
	FLOW_TUNNEL_IPV6 = 1 << 1,    /* addresses are ipv6_src, ipv6_dst */
	FLOW_TUNNEL_OAM = 1 << 2,     /* Geneve's or VXLAN-GPE's OAM bit */
};

struct flow_tunnel {
	be64 id;
	union {
		struct {
			be32 ipv4_src;
			be32 ipv4_dst;
		};
		struct {
			struct ipv6_addr ipv6_src;
			struct ipv6_addr ipv6_dst;
		};
	};
	uint16_t flags; /* enum flow_tunnel_flag */
	uint8_t tos;
	uint8_t ttl;
	be16 gbp_id; /* VXLAN group policy */
	uint8_t gbp_flags;
	uint8_t pad;
};

/* Words that a packet brings along; the rest belongs to the flow tables. */
#define FLOW_KEY_PACKET_WORDS 22
#define FLOW_KEY_WORDS        32

struct flow_key {
	union {
		uint64_t word[FLOW_KEY_WORDS];
		struct {
			struct packet_key packet;  /* words 0 to 8 */
			struct packet_extra extra; /* 9 to 14 */
			struct flow_tunnel tunnel; /* 15 to 20 */
			uint32_t pkt_mark;         /* 21: skb->mark */
			uint32_t in_phy_port;      /* of the port below in_port; 0: the same */

			uint64_t metadata; /* 22 */
			uint32_t reg[16];  /* 23 to 30 */
			uint32_t conj_id;  /* 31 */
			uint32_t actset_output;
		};
	};
};

_Static_assert(sizeof(struct flow_tunnel) == 6 * 8, "flow tunnel");
_Static_assert(offsetof(struct flow_key, metadata) == 8 * FLOW_KEY_PACKET_WORDS, "flow key");
_Static_assert(sizeof(struct flow_key) == 8 * FLOW_KEY_WORDS, "flow key");
