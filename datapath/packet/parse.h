#pragma once
/* A packet's header fields: those that the kernel parses too (struct packet_key, bpf/abi_key.h), and
 * those that only the daemon reads. Behind each other in memory, they are the beginning of a flow
 * key (flow/key.h).
 */
#include <stdint.h>

#include "../bpf/abi.h"

struct frame;

/* Fields that only the daemon parses; zero where a packet does not have them. */
#define PACKET_EXTRA_WORDS 6
#define PACKET_MPLS_LABELS 3

struct packet_extra {
	union {
		uint64_t word[PACKET_EXTRA_WORDS];
		struct {
			/* 0, 1: ARP's hardware addresses, or the options of neighbour discovery */
			union {
				struct eth_addr arp_sha;
				struct eth_addr nd_sll;
			};
			uint16_t ipv6_extensions; /* packet_layout.ipv6_extensions */
			union {
				struct eth_addr arp_tha;
				struct eth_addr nd_tll;
			};
			uint16_t pad;
			/* 2, 3 */
			struct ipv6_addr nd_target;
			/* 4, 5 */
			be32 mpls[PACKET_MPLS_LABELS]; /* label stack entries, outermost first */
			be32 pbb;                      /* PBB_ISID_MASK and PBB_UCA */
		};
	};
};

_Static_assert(sizeof(struct packet_extra) == 8 * PACKET_EXTRA_WORDS, "packet extra");

/* Parses the frame's bytes and writes all of *key, *extra and *layout; key->in_port is the
 * frame's. Returns layout->verdict. Any thread. It reads only inside the frame, and in bounded time
 * whatever the bytes are. A PARSE_MALFORMED packet can still be forwarded by the fields that are
 * set: key->packet_class never promises a field that is not, only that it may be zero. */
enum parse_verdict packet_parse(const struct frame *frame, struct packet_key *key,
				struct packet_extra *extra, struct packet_layout *layout);

/* The class that goes with these values, as in key->packet_class. */
enum packet_class packet_class_of(uint16_t eth_type, uint8_t ip_proto);
