#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "flow/field_text.h"
#include "flow/match_text.h"
#include "support/random.h"

static uint64_t seed;

static struct match read_match(const char *text)
{
	struct match match = {0};
	struct err err = ERR_INIT;

	if (match_parse(slice_of(text), NULL, &match, &err))
		fail_msg("%s: %s", text, err.text);
	return match;
}

static void expect(const char *text, const char *printed)
{
	own(print_fini) struct print out = {0};
	struct match match = read_match(text), again;

	match_print(&out, &match, NULL);
	assert_string_equal(print_text(&out), printed);
	again = read_match(printed);
	assert_true(match_is_equal(&match, &again));
}

static void text_is_that_of_ovs_ofctl(void **state)
{
	expect("", "");
	expect("ip", "ip");
	expect("tp_dst=80, nw_src=10.1.0.0/16 tcp", "tcp,nw_src=10.1.0.0/16,tp_dst=80");
	expect("dl_type=0x800,nw_proto=17,udp_src=5", "udp,tp_src=5");
	expect("arp,nw_src=1.2.3.4,nw_proto=1,arp_sha=0:0:0:0:0:1",
	       "arp,arp_spa=1.2.3.4,arp_op=1,arp_sha=00:00:00:00:00:01");
	expect("dl_vlan=5", "dl_vlan=5");
	expect("vlan_vid=0x1005,vlan_pcp=3", "dl_vlan=5,dl_vlan_pcp=3");
	expect("vlan_tci=0x1000/0x1000", "vlan_tci=0x1000/0x1000");
	expect("dl_vlan=0xffff", "vlan_tci=0x0000");
	expect("dl_vlan=5,dl_vlan1=7,dl_vlan_pcp1=1", "dl_vlan=5,dl_vlan1=7,dl_vlan_pcp1=1");
	expect("reg0[0..3]=3,reg0[4]=1,xreg1=0x100000002", "reg0=0x13/0x1f,reg2=0x1,reg3=0x2");
	expect("reg0=0/5,reg1=0,pkt_mark=0", "pkt_mark=0,reg0=0/0x5,reg1=0");
	expect("tun_ipv6_src=fe80::1,tun_id=3", "tun_id=0x3,tun_ipv6_src=fe80::1");
	expect("tun_src=1.2.3.0/24", "tun_src=1.2.3.0/24");
	expect("icmp6,icmpv6_type=135,nd_target=fe80::/10,nd_sll=0:0:0:0:0:1",
	       "icmp6,icmp_type=135,nd_target=fe80::/10,nd_sll=00:00:00:00:00:01");
	expect("dl_type=0x88e7,pbb_isid=5/0xf,pbb_uca=1",
	       "dl_type=0x88e7,pbb_isid=0x5/0xf,pbb_uca=1");
	expect("ipv6,ipv6_label=5,ipv6_exthdr=+frag", "ipv6,ipv6_label=0x00005,ipv6_exthdr=+frag");
	expect("tcp,tcp_flags=+syn-ack,nw_frag=not_later,nw_tos=4,nw_ecn=1,nw_ttl=6,tp_dst=0/0xff",
	       "tcp,nw_tos=4,nw_ecn=1,nw_ttl=6,nw_frag=not_later,tp_dst=0x0/0xff,tcp_flags=+syn-ack");
	expect("mpls,mpls_label=5,mpls_bos=1,mpls_ttl=3,mpls_tc=2",
	       "mpls,mpls_label=5,mpls_tc=2,mpls_ttl=3,mpls_bos=1");
	expect("in_port=LOCAL,in_phy_port=3", "in_port=LOCAL,in_phy_port=3");
	expect("ip,nw_proto=50", "ip,nw_proto=50");
	expect("dl_type=0x5ff,dl_src=*", "dl_type=0x05ff");
}

static void refuse(const char *text, const char *part)
{
	struct match match, before;
	struct err err = ERR_INIT;

	memset(&match, 0x55, sizeof(match));
	before = match;
	if (match_parse(slice_of(text), NULL, &match, &err) != -EINVAL)
		fail_msg("%s: accepted", text);
	if (!strstr(err.text, part))
		fail_msg("%s: %s", text, err.text);
	assert_true(match_is_equal(&match, &before));
}

static void errors_name_the_word(void **state)
{
	refuse("bogus=1", "\"bogus\"");
	refuse("tp_src=80", "tp_src needs a match on tcp");
	refuse("ip,udp_dst=80", "udp_dst needs a match on udp or udp6");
	refuse("nw_src=1.2.3.4", "nw_src needs a match on ip");
	refuse("ip_src=1.2.3.4", "ip_src needs a match on ip");
	refuse("NXM_OF_IP_SRC=1.2.3.4", "NXM_OF_IP_SRC needs a match on ip");
	refuse("OXM_OF_ARP_SPA[0..7]=4", "OXM_OF_ARP_SPA needs a match on arp");
	refuse("ip,ip_src=1.2.3", "ip_src: \"1.2.3\" is not");
	refuse("ip,nw_src=1.2.3", "nw_src: \"1.2.3\" is not");
	refuse("ipv6,nw_src=1.2.3.4", "nw_src needs");
	refuse("icmp,tp_src=8", "tp_src needs");
	refuse("arp,nd_sll=0:0:0:0:0:1", "nd_sll needs");
	refuse("tcp,nw_frag=later,tp_src=1", "nw_frag=later");
	refuse("icmp6,nd_target=::1", "icmp_type=135 or 136");
	refuse("in_phy_port=3", "needs a match on in_port");
	refuse("mpls_label=3", "mpls_label needs");
	refuse("tcp,udp", "\"udp\" contradicts");
	refuse("dl_vlan=1,dl_vlan=2", "\"dl_vlan=2\" contradicts");
	refuse("dl_vlan=0xffff,dl_vlan_pcp=2", "\"dl_vlan_pcp=2\" contradicts");
	refuse("tun_src=1.1.1.1,tun_ipv6_src=::1", "tun_ipv6_src");
	refuse("vlan_vid=5", "0x1005");
	refuse("dl_vlan=4096", "0 to 4095");
	refuse("nw_src", "nw_src");
	refuse("ip=3", "ip takes no value");
	refuse("reg0[5..3]=1", "bits 0 to 31");
	refuse("reg0[0..3]=16", "4 bits");
	refuse("in_port[0]=1", "as a whole");
	refuse("reg0[0..3=1", "LOW..HIGH");
	refuse("in_port=\"eth0", "not closed");
	refuse("resubmit(,1)", "resubmit");
}

static field_bits random_bits(void)
{
	field_bits high = random_u64(&seed);

	return high << 64 | random_u64(&seed);
}

static void add_field(struct match *match, enum field_id id)
{
	const struct field *field = field_of(id);
	field_bits mask = field_all(field), value = random_bits();

	if (!field_need_is_met(field->need, &match->key, &match->mask))
		return;
	if ((field->flags & FIELD_MASKABLE) && random_below(&seed, 2))
		mask &= random_bits();
	if (field->format == FIELD_AS_FRAG)
		value = mask = field_all(field);
	if (field->format == FIELD_AS_PORT)
		value %= OFPORT_MAX;
	if (id == FIELD_IP_PROTO)
		value = value % 2 ? IP_PROTO_TCP : value % 3 ? IP_PROTO_ICMP : IP_PROTO_ICMPV6;
	if (id == FIELD_ICMPV6_TYPE)
		value = ICMPV6_ND_SOLICIT + value % 2;
	match_set(match, field, value & mask, mask); /* if it fails, so be it */
}

/* A match that meets all prerequisites, of some ten fields. */
static struct match random_match(void)
{
	static const uint16_t types[] = {ETH_TYPE_IPV4, ETH_TYPE_IPV6, ETH_TYPE_ARP,
					 ETH_TYPE_MPLS, ETH_TYPE_PBB,  0x1234};
	struct match match = {0};

	match_set(&match, field_of(FIELD_ETH_TYPE), types[random_below(&seed, 6)], UINT16_MAX);
	if (random_below(&seed, 2))
		add_field(&match, FIELD_IP_PROTO);
	if (random_below(&seed, 2))
		add_field(&match, FIELD_ICMPV6_TYPE);
	for (unsigned i = 0; i < 12; i++)
		add_field(&match, random_below(&seed, N_FIELDS));
	for (const struct field *field; (field = match_unmet(&match));)
		match_replace(&match, field, 0, 0);
	return match;
}

static void printed_matches_read_back(void **state)
{
	for (unsigned i = 0; i < 20000; i++) {
		own(print_fini) struct print out = {0};
		struct match match = random_match(), again = {0};
		struct err err = ERR_INIT;

		match_print(&out, &match, NULL);
		if (match_parse(slice_of(print_text(&out)), NULL, &again, &err))
			fail_msg("%s: %s", print_text(&out), err.text);
		if (!match_is_equal(&match, &again))
			fail_msg("%s", print_text(&out));
	}
}

static void assert_within(const char *narrow, const char *wide, bool expected)
{
	const struct match a = read_match(narrow), b = read_match(wide);

	assert_int_equal(match_is_within(&a, &b), expected);
}

static void loose_matching_covers(void **state)
{
	assert_within("tcp,tp_dst=80", "tcp", true);
	assert_within("tcp", "tcp,tp_dst=80", false);
	assert_within("ip,nw_src=10.1.0.0/16", "ip,nw_src=10.0.0.0/8", true);
	assert_within("ip,nw_src=11.1.0.0/16", "ip,nw_src=10.0.0.0/8", false);
	assert_within("udp", "", true);
}

static void assert_overlap(const char *a_text, const char *b_text, bool expected)
{
	const struct match a = read_match(a_text), b = read_match(b_text);

	assert_int_equal(match_overlaps(&a, &b), expected);
	assert_int_equal(match_overlaps(&b, &a), expected);
}

static void overlap_is_a_common_packet(void **state)
{
	assert_overlap("ip", "dl_vlan=3", true);
	assert_overlap("ip", "ipv6", false);
	assert_overlap("ip,nw_src=10.0.0.0/255.0.0.255", "ip,nw_src=10.1.0.0/16", true);
	assert_overlap("tcp,tp_dst=1/1", "tcp,tp_dst=0/1", false);
}

static bool key_matches(const struct flow_key *key, const struct match *match)
{
	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
		if ((key->word[i] & match->mask.word[i]) != match->key.word[i])
			return false;
	return true;
}

/* A packet that `match` takes, else random. */
static struct flow_key random_packet(const struct match *match)
{
	struct flow_key key;

	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
		key.word[i] = (random_u64(&seed) & ~match->mask.word[i]) | match->key.word[i];
	return key;
}

/* What the comparisons promise holds for packets. */
static void comparisons_speak_of_packets(void **state)
{
	unsigned n_within = 0, n_apart = 0;

	for (unsigned i = 0; i < 20000; i++) {
		struct match wide = random_match(), narrow = wide;
		struct flow_key key;

		add_field(&narrow, random_below(&seed, N_FIELDS));
		if (random_below(&seed, 2)) /* a bit less, or another value */
			wide.mask.word[i % FLOW_KEY_WORDS] &= random_u64(&seed);
		if (!random_below(&seed, 3))
			wide.key.word[3] ^= wide.mask.word[3] & random_u64(&seed);
		for (unsigned w = 0; w < FLOW_KEY_WORDS; w++)
			wide.key.word[w] &= wide.mask.word[w];
		key = random_packet(&narrow);
		assert_true(key_matches(&key, &narrow));
		if (match_is_within(&narrow, &wide)) {
			assert_true(key_matches(&key, &wide));
			assert_true(match_overlaps(&narrow, &wide));
			n_within++;
		}
		if (!match_overlaps(&narrow, &wide)) {
			assert_false(key_matches(&key, &wide));
			n_apart++;
		}
	}
	assert_true(n_within > 100 && n_apart > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_that_of_ovs_ofctl),
		cmocka_unit_test(errors_name_the_word),
		cmocka_unit_test(printed_matches_read_back),
		cmocka_unit_test(loose_matching_covers),
		cmocka_unit_test(overlap_is_a_common_packet),
		cmocka_unit_test(comparisons_speak_of_packets),
	};

	random_init(&seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
