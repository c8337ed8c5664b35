#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "packet/parse.h"
#include "support/packet.h"

#define MAC_A 0x020000000001
#define MAC_B 0x020000000002
#define IP_A  0x0a000001
#define IP_B  0x0a000002

static struct frame_pool *pool;

struct parsed {
	struct packet_key key;
	struct packet_extra extra;
	struct packet_layout layout;
};

static struct parsed parse(const struct frame *frame)
{
	enum parse_verdict verdict;
	struct parsed p;

	memset(&p, 0xa5, sizeof(p)); /* all of it must be written */
	verdict = packet_parse(frame, &p.key, &p.extra, &p.layout);
	assert_int_equal(verdict, p.layout.verdict);
	return p;
}

/* Parses and frees. */
static struct parsed parse_built(struct packet_builder *b)
{
	struct parsed p;

	build_finish(b);
	p = parse(&b->frame);
	frame_free(&b->frame);
	return p;
}

static struct packet_builder start(uint16_t eth_type)
{
	struct packet_builder b;

	build_start(&b, pool);
	b.frame.in_port = 7;
	build_eth(&b, MAC_B, MAC_A, eth_type);
	return b;
}

static void reads_tcp_over_ipv4(void **state)
{
	struct packet_builder b = start(ETH_TYPE_IPV4);
	struct parsed p;

	build_ipv4(&b, IP_PROTO_TCP, IP_A, IP_B);
	build_tcp(&b, 1000, 80, 0x012);
	p = parse_built(&b);
	assert_int_equal(p.layout.verdict, PARSE_OK);
	assert_int_equal(p.layout.l3, 14);
	assert_int_equal(p.layout.l4, 34);
	assert_int_equal(p.layout.l3_size, 40);
	assert_int_equal(p.key.in_port, 7);
	assert_int_equal(p.key.packet_class, CLASS_IPV4_TCP);
	assert_int_equal(eth_addr_u64(p.key.eth_dst), MAC_B);
	assert_int_equal(eth_addr_u64(p.key.eth_src), MAC_A);
	assert_int_equal(from_be16(p.key.eth_type), ETH_TYPE_IPV4);
	assert_int_equal(from_be32(p.key.ipv4_src), IP_A);
	assert_int_equal(from_be32(p.key.ipv4_dst), IP_B);
	assert_int_equal(p.key.ip_proto, IP_PROTO_TCP);
	assert_int_equal(p.key.ip_ttl, 64);
	assert_int_equal(from_be16(p.key.l4_src), 1000);
	assert_int_equal(from_be16(p.key.l4_dst), 80);
	assert_int_equal(from_be16(p.key.tcp_flags), 0x012);
	for (unsigned i = PACKET_KEY_IPV4_WORDS; i < PACKET_KEY_WORDS; i++)
		assert_int_equal(p.key.word[i], 0);
}

static void reads_two_tags(void **state)
{
	struct packet_builder b = start(ETH_TYPE_SVLAN);
	struct parsed p;

	build_vlan(&b, 0xb00a, ETH_TYPE_VLAN); /* DEI is set: it reads as "there is a tag" */
	build_vlan(&b, 0x0014, ETH_TYPE_IPV6);
	build_ipv6(&b, IP_PROTO_UDP, 1, 2);
	build_udp(&b, 5, 6);
	p = parse_built(&b);
	assert_int_equal(p.layout.verdict, PARSE_OK);
	assert_int_equal(p.layout.n_vlans, 2);
	assert_int_equal(from_be16(p.key.vlan.tpid), ETH_TYPE_SVLAN);
	assert_int_equal(from_be16(p.key.vlan.tci), 0xb00a);
	assert_int_equal(from_be16(p.key.vlan_inner.tpid), ETH_TYPE_VLAN);
	assert_int_equal(from_be16(p.key.vlan_inner.tci), VLAN_PRESENT | 0x0014);
	assert_int_equal(p.key.packet_class, CLASS_IPV6_UDP);
	assert_int_equal(p.key.ipv6_dst.byte[15], 2);
	assert_int_equal(from_be16(p.key.l4_dst), 6);
}

static void third_tag_is_a_type(void **state)
{
	struct packet_builder b = start(ETH_TYPE_VLAN);
	struct parsed p;

	build_vlan(&b, 1, ETH_TYPE_VLAN);
	build_vlan(&b, 2, ETH_TYPE_VLAN);
	build_vlan(&b, 3, ETH_TYPE_IPV4);
	p = parse_built(&b);
	assert_int_equal(p.layout.verdict, PARSE_OK);
	assert_int_equal(from_be16(p.key.eth_type), ETH_TYPE_VLAN);
	assert_int_equal(p.key.packet_class, CLASS_OTHER);
	assert_int_equal(p.layout.l3, 22);
}

static void reads_arp(void **state)
{
	struct packet_builder b = start(ETH_TYPE_ARP);
	struct parsed p;

	build_arp(&b, 2, MAC_A, IP_A, MAC_B, IP_B);
	p = parse_built(&b);
	assert_int_equal(p.layout.verdict, PARSE_OK);
	assert_int_equal(p.key.packet_class, CLASS_ARP);
	assert_int_equal(p.key.ip_proto, 2);
	assert_int_equal(from_be32(p.key.ipv4_src), IP_A);
	assert_int_equal(from_be32(p.key.ipv4_dst), IP_B);
	assert_int_equal(eth_addr_u64(p.extra.arp_sha), MAC_A);
	assert_int_equal(eth_addr_u64(p.extra.arp_tha), MAC_B);
}

static void reads_fragments(void **state)
{
	static const struct {
		uint16_t on_wire;
		uint8_t frag;
		bool has_ports;
	} cases[] = {
		{0x4000, 0, true}, /* do not fragment */
		{IPV4_MORE_FRAGMENTS, FRAG_ANY, true},
		{IPV4_MORE_FRAGMENTS | 1, FRAG_ANY | FRAG_LATER, false},
		{100, FRAG_ANY | FRAG_LATER, false},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct packet_builder b = start(ETH_TYPE_IPV4);
		struct parsed p;

		build_ipv4(&b, IP_PROTO_UDP, IP_A, IP_B);
		((struct ipv4_header *)(b.frame.data + b.l3))->frag = to_be16(cases[i].on_wire);
		build_udp(&b, 5, 6);
		p = parse_built(&b);
		assert_int_equal(p.layout.verdict, PARSE_OK);
		assert_int_equal(p.key.packet_class, CLASS_IPV4_UDP);
		assert_int_equal(p.key.ip_frag, cases[i].frag);
		assert_int_equal(from_be16(p.key.l4_dst), cases[i].has_ports ? 6 : 0);
		assert_int_equal(!!p.layout.l4, cases[i].has_ports);
	}
}

static void walks_ipv6_extensions(void **state)
{
	struct packet_builder b = start(ETH_TYPE_IPV6);
	struct parsed p;

	build_ipv6(&b, IP_PROTO_HOP_BY_HOP, 1, 2);
	build_ipv6_extension(&b, IP_PROTO_DESTINATION, 0, 0);
	build_ipv6_extension(&b, IP_PROTO_ROUTING, 1, 0);
	build_ipv6_extension(&b, IP_PROTO_FRAGMENT, 2, 0);
	build_ipv6_extension(&b, IP_PROTO_AUTH, 0, IPV6_MORE_FRAGMENTS);
	build_ipv6_extension(&b, IP_PROTO_DESTINATION, 0, 0);
	build_ipv6_extension(&b, IP_PROTO_TCP, 3, 0);
	build_tcp(&b, 1, 2, 0);
	p = parse_built(&b);
	assert_int_equal(p.layout.verdict, PARSE_OK);
	assert_int_equal(p.key.packet_class, CLASS_IPV6_TCP);
	assert_int_equal(p.key.ip_frag, FRAG_ANY);
	assert_int_equal(from_be16(p.key.l4_dst), 2);
	assert_int_equal(p.extra.ipv6_extensions, IPV6_EXT_HOP_BY_HOP | IPV6_EXT_DESTINATION |
							  IPV6_EXT_ROUTING | IPV6_EXT_FRAGMENT |
							  IPV6_EXT_AUTH);
}

static void stops_at_later_ipv6_fragment(void **state)
{
	struct packet_builder b = start(ETH_TYPE_IPV6);
	struct parsed p;

	build_ipv6(&b, IP_PROTO_FRAGMENT, 1, 2);
	build_ipv6_extension(&b, IP_PROTO_UDP, 0, 8);
	build_udp(&b, 1, 2);
	p = parse_built(&b);
	assert_int_equal(p.layout.verdict, PARSE_OK);
	assert_int_equal(p.key.packet_class, CLASS_IPV6_UDP);
	assert_int_equal(p.key.ip_frag, FRAG_ANY | FRAG_LATER);
	assert_int_equal(p.layout.l4, 0);
	assert_int_equal(p.key.word[4], 0);
}

static void notes_repeated_and_disordered_extensions(void **state)
{
	struct packet_builder b = start(ETH_TYPE_IPV6);
	struct parsed p;

	build_ipv6(&b, IP_PROTO_ROUTING, 1, 2);
	build_ipv6_extension(&b, IP_PROTO_HOP_BY_HOP, 0, 0);
	build_ipv6_extension(&b, IP_PROTO_ROUTING, 0, 0);
	build_ipv6_extension(&b, IP_PROTO_NONE, 0, 0);
	p = parse_built(&b);
	assert_int_equal(p.layout.verdict, PARSE_OK);
	assert_int_equal(p.key.packet_class, CLASS_IPV6);
	assert_int_equal(p.key.ip_proto, IP_PROTO_NONE);
	assert_int_equal(p.extra.ipv6_extensions, IPV6_EXT_ROUTING | IPV6_EXT_HOP_BY_HOP |
							  IPV6_EXT_NONEXT | IPV6_EXT_REPEATED |
							  IPV6_EXT_DISORDERED);
}

static void says_too_deep(void **state)
{
	struct packet_builder b = start(ETH_TYPE_IPV6);
	struct parsed p;

	build_ipv6(&b, IP_PROTO_DESTINATION, 1, 2);
	for (unsigned i = 0; i < 40; i++)
		build_ipv6_extension(&b, IP_PROTO_DESTINATION, 0, 0);
	p = parse_built(&b);
	assert_int_equal(p.layout.verdict, PARSE_TOO_DEEP);
	assert_int_equal(p.key.packet_class, CLASS_IPV6);
	assert_int_equal(p.key.ipv6_dst.byte[15], 2);
	assert_int_equal(p.layout.l4, 0);
}

static void reads_neighbour_discovery(void **state)
{
	static const uint8_t option[8] = {2, 1, 2, 0, 0, 0, 0, 9};
	struct packet_builder b = start(ETH_TYPE_IPV6);
	struct nd_header nd = {.target = {{[15] = 3}}};
	struct parsed p;

	build_ipv6(&b, IP_PROTO_ICMPV6, 1, 2);
	build_icmp(&b, IP_PROTO_ICMPV6, ICMPV6_ND_ADVERT, 0);
	build_bytes(&b, &nd, sizeof(nd));
	build_bytes(&b, option, sizeof(option));
	p = parse_built(&b);
	assert_int_equal(p.layout.verdict, PARSE_OK);
	assert_int_equal(p.key.packet_class, CLASS_IPV6_ICMP);
	assert_int_equal(from_be16(p.key.l4_src), ICMPV6_ND_ADVERT);
	assert_int_equal(p.extra.nd_target.byte[15], 3);
	assert_int_equal(eth_addr_u64(p.extra.nd_tll), 0x020000000009);
	assert_true(eth_addr_is_zero(p.extra.nd_sll));
}

static void reads_mpls_and_pbb(void **state)
{
	const be32 labels[2] = {to_be32(0x00010000 | 64), to_be32(0x00020000 | MPLS_BOTTOM)};
	const be32 i_tag = to_be32(0xf8123456);
	struct packet_builder b = start(ETH_TYPE_MPLS);
	struct parsed p;

	build_bytes(&b, labels, sizeof(labels));
	build_zeros(&b, 20);
	p = parse_built(&b);
	assert_int_equal(p.key.packet_class, CLASS_MPLS);
	assert_int_equal(from_be32(p.extra.mpls[0]), 0x00010040);
	assert_int_equal(from_be32(p.extra.mpls[1]), 0x00020100);
	assert_int_equal(p.extra.mpls[2].be, 0);

	b = start(ETH_TYPE_PBB);
	build_bytes(&b, &i_tag, sizeof(i_tag));
	p = parse_built(&b);
	assert_int_equal(from_be32(p.extra.pbb), PBB_UCA | 0x123456);
}

static void reads_snap_and_802_2(void **state)
{
	static const uint8_t snap[] = {0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00};
	static const uint8_t stp[] = {0x42, 0x42, 3, 0, 0, 0, 0, 0};
	struct packet_builder b = start(28);
	struct parsed p;

	build_bytes(&b, snap, sizeof(snap));
	build_ipv4(&b, 99, IP_A, IP_B);
	p = parse_built(&b);
	assert_int_equal(from_be16(p.key.eth_type), ETH_TYPE_IPV4);
	assert_int_equal(p.key.packet_class, CLASS_IPV4);
	assert_int_equal(p.layout.l3, 22);

	b = start(8);
	build_bytes(&b, stp, sizeof(stp));
	p = parse_built(&b);
	assert_int_equal(p.layout.verdict, PARSE_OK);
	assert_int_equal(from_be16(p.key.eth_type), ETH_TYPE_NONE);
	assert_int_equal(p.layout.l3, 14);
}

/* Every cut of a good packet: the fields of whole headers stay, the others are zero. */
static void cut_packets_are_malformed(void **state)
{
	struct packet_builder b = start(ETH_TYPE_VLAN);
	const struct packet_key zero = {0};
	struct parsed whole;

	build_vlan(&b, 5, ETH_TYPE_IPV4);
	build_ipv4(&b, IP_PROTO_TCP, IP_A, IP_B);
	build_tcp(&b, 1000, 80, 2);
	build_finish(&b);
	whole = parse(&b.frame);
	assert_int_equal(whole.layout.verdict, PARSE_OK);
	while (b.frame.len--) {
		struct parsed p = parse(&b.frame);

		assert_int_equal(p.layout.verdict,
				 b.frame.len < 14 ? PARSE_TOO_SHORT : PARSE_MALFORMED);
		assert_int_equal(p.layout.l4, 0);
		assert_int_equal(p.key.word[4], zero.word[4]);
		assert_int_equal(p.key.word[1], b.frame.len < 14 ? 0 : whole.key.word[1]);
		assert_int_equal(p.key.vlan.tci.be, b.frame.len < 18 ? 0 : whole.key.vlan.tci.be);
	}
	b.frame.len = 0;
	frame_free(&b.frame);
}

static void padding_is_no_header(void **state)
{
	struct packet_builder b = start(ETH_TYPE_IPV4);
	struct parsed p;

	build_ipv4(&b, IP_PROTO_UDP, IP_A, IP_B);
	build_finish(&b);
	build_zeros(&b, 26); /* room enough for UDP, behind the IP packet's end */
	p = parse(&b.frame);
	assert_int_equal(p.layout.verdict, PARSE_MALFORMED);
	assert_int_equal(p.layout.l3_size, 20);
	frame_free(&b.frame);
}

static void bad_ip_headers_are_malformed(void **state)
{
	static const struct {
		uint8_t at, byte;
	} cases[] = {
		{14, 0x65}, /* version */
		{14, 0x44}, /* header of 16 bytes */
		{14, 0x4f}, /* header longer than the packet */
		{17, 19},   /* total length shorter than the header */
		{17, 200},  /* longer than what is there */
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct packet_builder b = start(ETH_TYPE_IPV4);
		struct parsed p;

		build_ipv4(&b, IP_PROTO_UDP, IP_A, IP_B);
		build_udp(&b, 1, 2);
		build_finish(&b);
		b.frame.data[cases[i].at] = cases[i].byte;
		p = parse(&b.frame);
		assert_int_equal(p.layout.verdict, PARSE_MALFORMED);
		assert_int_equal(p.key.packet_class, CLASS_IPV4);
		assert_int_equal(p.key.ip_proto, 0);
		assert_int_equal(p.key.ipv4_src.be, 0);
		frame_free(&b.frame);
	}
}

static int pool_up(void **state)
{
	return frame_pool_new(&pool, 4, 4096);
}

static int pool_down(void **state)
{
	const uint32_t n_lost = pool->n_chunks - pool->n_free;

	frame_pool_free(&pool);
	return (int)n_lost;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_tcp_over_ipv4),
		cmocka_unit_test(reads_two_tags),
		cmocka_unit_test(third_tag_is_a_type),
		cmocka_unit_test(reads_arp),
		cmocka_unit_test(reads_fragments),
		cmocka_unit_test(walks_ipv6_extensions),
		cmocka_unit_test(stops_at_later_ipv6_fragment),
		cmocka_unit_test(notes_repeated_and_disordered_extensions),
		cmocka_unit_test(says_too_deep),
		cmocka_unit_test(reads_neighbour_discovery),
		cmocka_unit_test(reads_mpls_and_pbb),
		cmocka_unit_test(reads_snap_and_802_2),
		cmocka_unit_test(cut_packets_are_malformed),
		cmocka_unit_test(padding_is_no_header),
		cmocka_unit_test(bad_ip_headers_are_malformed),
	};

	return cmocka_run_group_tests(tests, pool_up, pool_down);
}
