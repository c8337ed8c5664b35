#pragma once
/* A packet as its layers, each field a number: what ops do to it is plain to see, and its bytes are
 * always written from scratch, with checksums over all of them. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STUPID_TAGS  2
#define STUPID_MPLS  12
#define STUPID_WRAPS 3
#define STUPID_BYTES 400 /* of a payload */

enum stupid_body { BODY_RAW, BODY_ARP, BODY_IPV4, BODY_IPV6, N_BODIES };
enum stupid_l4 { L4_RAW, L4_TCP, L4_UDP, L4_SCTP, L4_ICMP, L4_ND, N_L4 };
enum stupid_fragment { FRAGMENT_NONE, FRAGMENT_FIRST, FRAGMENT_LATER, N_FRAGMENTS };

struct stupid_eth {
	uint8_t dst[6], src[6];
	unsigned n_tags;
	uint16_t tpid[STUPID_TAGS], tci[STUPID_TAGS]; /* outer first */
};

struct stupid_packet {
	/* backbone headers around the rest, outer first */
	unsigned n_wraps;
	struct stupid_eth wrap[STUPID_WRAPS];
	uint32_t itag[STUPID_WRAPS];
	struct stupid_eth eth;
	unsigned n_mpls; /* the outermost is the last */
	uint32_t mpls[STUPID_MPLS];
	uint16_t mpls_type;
	enum stupid_body body;
	/* ARP */
	uint16_t arp_op;
	uint8_t sha[6], spa[4], tha[6], tpa[4];
	/* IP */
	uint8_t tos, ttl, ipv4_src[4], ipv4_dst[4], ipv6_src[16], ipv6_dst[16];
	uint32_t label;
	unsigned n_options; /* IPv4: words; IPv6: destination options of 8 bytes */
	unsigned n_stops;   /* IPv6: left in a routing header; its last address is stop[] */
	bool has_routing;
	uint8_t stop[16];
	enum stupid_fragment fragment;
	/* L4 */
	enum stupid_l4 l4;
	uint16_t src, dst;
	bool has_no_checksum; /* UDP */
	uint8_t icmp_type, icmp_code;
	uint8_t target[16];
	bool has_sll, has_tll;
	uint8_t sll[6], tll[6];
	size_t n_payload;
	uint8_t payload[STUPID_BYTES];
	size_t n_padding; /* behind the IP packet */
};

struct flow_op;

void stupid_random(struct stupid_packet *p, uint64_t *random);
/* Adds an op that can be done to `p` to a list, and does it. False: it adds nothing this time. */
struct flow_op_list;
bool stupid_step(struct stupid_packet *p, struct flow_op_list *list, uint64_t *random);
/* Writes it to `out`, 2048 bytes. Returns its length. */
size_t stupid_write(const struct stupid_packet *p, uint8_t *out);
