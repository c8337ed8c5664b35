#pragma once
/* Packets for tests, header by header into a frame:
 *
 *	struct packet_builder b;
 *
 *	build_start(&b, pool);
 *	build_eth(&b, 0x020000000002, 0x020000000001, ETH_TYPE_IPV4);
 *	build_ipv4(&b, IP_PROTO_UDP, 0x0a000001, 0x0a000002);
 *	build_udp(&b, 1000, 53);
 *	build_zeros(&b, 20);
 *	build_finish(&b);
 *
 * build_finish() fills in lengths and checksums. Numbers are in host order.
 */
#include "packet/frame.h"
#include "packet/header.h"

struct packet_builder {
	struct frame frame; /* the result: the caller's, to free */
	uint16_t l3;        /* 0: no IP header */
	uint16_t l4;        /* 0: no TCP, UDP or ICMP header */
	uint8_t l4_proto;
	bool is_ipv6;
};

void build_start(struct packet_builder *b, struct frame_pool *pool);
void build_bytes(struct packet_builder *b, const void *bytes, size_t size);
void build_zeros(struct packet_builder *b, size_t size);
void build_eth(struct packet_builder *b, uint64_t dst, uint64_t src, uint16_t type);
/* Behind an Ethernet header or a tag with a VLAN's type. */
void build_vlan(struct packet_builder *b, uint16_t tci, uint16_t type);
void build_arp(struct packet_builder *b, uint16_t operation, uint64_t sha, uint32_t spa,
	       uint64_t tha, uint32_t tpa);
void build_ipv4(struct packet_builder *b, uint8_t proto, uint32_t src, uint32_t dst);
/* 2001:db8::src to 2001:db8::dst. */
void build_ipv6(struct packet_builder *b, uint8_t next, uint32_t src, uint32_t dst);
/* An extension header of 8 + 8 * more bytes; fragment headers: `fragment` is offset and M. */
void build_ipv6_extension(struct packet_builder *b, uint8_t next, uint8_t more, uint16_t fragment);
void build_tcp(struct packet_builder *b, uint16_t src, uint16_t dst, uint16_t flags);
void build_udp(struct packet_builder *b, uint16_t src, uint16_t dst);
void build_icmp(struct packet_builder *b, uint8_t proto, uint8_t type, uint8_t code);
void build_finish(struct packet_builder *b);

/* The L4 checksum that build_finish() computes: the plainest possible. */
uint16_t build_l4_checksum(const struct packet_builder *b);
/* What a sender with checksum offload leaves in the field. */
uint16_t build_pseudo_sum(const struct packet_builder *b);
be16 *build_l4_checksum_field(const struct packet_builder *b); /* NULL: none */
