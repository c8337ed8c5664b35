#include "support/packet.h"

#include <assert.h>

void build_start(struct packet_builder *b, struct frame_pool *pool)
{
	int rc = frame_alloc(pool, &b->frame);

	assert(!rc);
	(void)rc;
	b->l3 = b->l4 = 0;
	b->l4_proto = 0;
	b->is_ipv6 = false;
}

void build_bytes(struct packet_builder *b, const void *bytes, size_t size)
{
	assert(size <= frame_tailroom(&b->frame));
	memcpy(b->frame.data + b->frame.len, bytes, size);
	b->frame.len += (uint32_t)size;
}

void build_zeros(struct packet_builder *b, size_t size)
{
	static const uint8_t zeros[2048];

	build_bytes(b, zeros, size);
}

void build_eth(struct packet_builder *b, uint64_t dst, uint64_t src, uint16_t type)
{
	const struct eth_header eth = {eth_addr_from_u64(dst), eth_addr_from_u64(src),
				       to_be16(type)};

	build_bytes(b, &eth, sizeof(eth));
}

void build_vlan(struct packet_builder *b, uint16_t tci, uint16_t type)
{
	const struct vlan_header vlan = {to_be16(tci), to_be16(type)};

	build_bytes(b, &vlan, sizeof(vlan));
}

void build_arp(struct packet_builder *b, uint16_t operation, uint64_t sha, uint32_t spa,
	       uint64_t tha, uint32_t tpa)
{
	const struct arp_header arp = {to_be16(1), to_be16(ETH_TYPE_IPV4), 6, 4,
				       to_be16(operation)};
	const struct arp_body body = {
		eth_addr_from_u64(sha),
		{to_be16((uint16_t)(spa >> 16)), to_be16((uint16_t)spa)},
		eth_addr_from_u64(tha),
		{to_be16((uint16_t)(tpa >> 16)), to_be16((uint16_t)tpa)},
	};

	build_bytes(b, &arp, sizeof(arp));
	build_bytes(b, &body, sizeof(body));
}

void build_ipv4(struct packet_builder *b, uint8_t proto, uint32_t src, uint32_t dst)
{
	const struct ipv4_header ip = {
		.version_ihl = 0x45,
		.ttl = 64,
		.proto = proto,
		.src = to_be32(src),
		.dst = to_be32(dst),
	};

	b->l3 = (uint16_t)b->frame.len;
	build_bytes(b, &ip, sizeof(ip));
}

static struct ipv6_addr ipv6(uint32_t low)
{
	struct ipv6_addr addr = {{0x20, 0x01, 0x0d, 0xb8}};
	const be32 wire = to_be32(low);

	memcpy(addr.byte + 12, &wire, sizeof(wire));
	return addr;
}

void build_ipv6(struct packet_builder *b, uint8_t next, uint32_t src, uint32_t dst)
{
	const struct ipv6_header ip = {
		.version_class_label = to_be32(6u << 28),
		.next = next,
		.hop_limit = 64,
		.src = ipv6(src),
		.dst = ipv6(dst),
	};

	b->l3 = (uint16_t)b->frame.len;
	b->is_ipv6 = true;
	build_bytes(b, &ip, sizeof(ip));
}

void build_ipv6_extension(struct packet_builder *b, uint8_t next, uint8_t more, uint16_t fragment)
{
	const struct ipv6_extension ext = {
		.next = next, .len = more, .fragment = to_be16(fragment)};

	build_bytes(b, &ext, sizeof(ext));
	build_zeros(b, more * 8u);
}

static void l4_start(struct packet_builder *b, uint8_t proto)
{
	b->l4 = (uint16_t)b->frame.len;
	b->l4_proto = proto;
}

void build_tcp(struct packet_builder *b, uint16_t src, uint16_t dst, uint16_t flags)
{
	const struct tcp_header tcp = {
		.src = to_be16(src),
		.dst = to_be16(dst),
		.offset_flags = to_be16((uint16_t)(5 << TCP_OFFSET_SHIFT | flags)),
	};

	l4_start(b, IP_PROTO_TCP);
	build_bytes(b, &tcp, sizeof(tcp));
}

void build_udp(struct packet_builder *b, uint16_t src, uint16_t dst)
{
	const struct udp_header udp = {.src = to_be16(src), .dst = to_be16(dst)};

	l4_start(b, IP_PROTO_UDP);
	build_bytes(b, &udp, sizeof(udp));
}

void build_icmp(struct packet_builder *b, uint8_t proto, uint8_t type, uint8_t code)
{
	const struct icmp_header icmp = {.type = type, .code = code};

	l4_start(b, proto);
	build_bytes(b, &icmp, sizeof(icmp));
}

be16 *build_l4_checksum_field(const struct packet_builder *b)
{
	uint8_t *l4 = b->frame.data + b->l4;

	if (!b->l4)
		return NULL;
	switch (b->l4_proto) {
	case IP_PROTO_TCP:
		return &((struct tcp_header *)l4)->checksum;
	case IP_PROTO_UDP:
		return &((struct udp_header *)l4)->checksum;
	default:
		return &((struct icmp_header *)l4)->checksum;
	}
}

/* Big-endian 16-bit words, an odd byte at the end padded with zero. */
static uint32_t sum16(uint32_t sum, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

uint16_t build_pseudo_sum(const struct packet_builder *b)
{
	const uint32_t size = b->frame.len - b->l4;
	const uint8_t *ip = b->frame.data + b->l3;
	uint32_t sum = 0;

	if (b->l4_proto == IP_PROTO_ICMP)
		return 0;
	sum = b->is_ipv6 ? sum16(0, ip + 8, 32) : sum16(0, ip + 12, 8);
	sum += b->l4_proto + (size & 0xffff) + (size >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

uint16_t build_l4_checksum(const struct packet_builder *b)
{
	be16 *field = build_l4_checksum_field(b);
	const be16 saved = *field;
	uint16_t sum;

	field->be = 0;
	sum = (uint16_t)~sum16(build_pseudo_sum(b), b->frame.data + b->l4, b->frame.len - b->l4);
	*field = saved;
	return !sum && b->l4_proto == IP_PROTO_UDP ? 0xffff : sum;
}

void build_finish(struct packet_builder *b)
{
	uint8_t *l3 = b->frame.data + b->l3;
	const uint32_t size = b->frame.len - b->l3;

	if (b->l3 && b->is_ipv6) {
		((struct ipv6_header *)l3)->payload_len =
			to_be16((uint16_t)(size - sizeof(struct ipv6_header)));
	} else if (b->l3) {
		struct ipv4_header *ip = (struct ipv4_header *)l3;

		ip->total_len = to_be16((uint16_t)size);
		ip->checksum.be = 0;
		ip->checksum = to_be16((uint16_t)~sum16(0, l3, (ip->version_ihl & 15) * 4u));
	}
	if (!b->l4)
		return;
	if (b->l4_proto == IP_PROTO_UDP)
		((struct udp_header *)(b->frame.data + b->l4))->len =
			to_be16((uint16_t)(b->frame.len - b->l4));
	*build_l4_checksum_field(b) = to_be16(build_l4_checksum(b));
}
