#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "control/dpctl_text.h"
#include "flow/action.h"
#include "flow/match_text.h"

/* What is printed of the packets that `text` means, of this class. */
static void assert_prints(const char *text, unsigned packet_class, const char *wanted)
{
	own(print_fini) struct print out = {0};
	struct match match;
	struct err err = ERR_INIT;

	assert_int_equal(match_parse(slice_of(text), NULL, &match, &err), 0);
	match.key.packet.packet_class = (uint8_t)packet_class;
	dpctl_match_print(&out, NULL, &match.key, &match.mask, false);
	assert_string_equal(print_text(&out), wanted);
}

static void test_headers_are_told_from_the_outside_in(void **state)
{
	assert_prints("in_port=2", CLASS_OTHER, "recirc_id(0),in_port(2)");
	assert_prints("in_port=2,dl_dst=02:00:00:00:00:01", CLASS_OTHER,
		      "recirc_id(0),in_port(2),eth(dst=02:00:00:00:00:01)");
	assert_prints("in_port=1,tcp,nw_dst=10.0.0.0/8,tp_dst=80", CLASS_IPV4_TCP,
		      "recirc_id(0),in_port(1),eth_type(0x0800),ipv4(dst=10.0.0.0/8,proto=6),"
		      "tcp(dst=80)");
	assert_prints("in_port=1,arp,arp_tpa=10.0.0.1,arp_op=1", CLASS_ARP,
		      "recirc_id(0),in_port(1),eth_type(0x0806),arp(tip=10.0.0.1,op=1)");
	assert_prints("in_port=1,icmp6,icmpv6_type=135,nd_target=fe80::1", CLASS_IPV6_ICMP,
		      "recirc_id(0),in_port(1),eth_type(0x86dd),ipv6(proto=58),"
		      "icmpv6(type=135),nd(target=fe80::1)");
}

static void test_what_is_behind_a_tag_is_encapsulated(void **state)
{
	struct match match;
	own(print_fini) struct print out = {0};

	assert_int_equal(
		match_parse(slice_of("in_port=1,dl_vlan=5,dl_vlan_pcp=3,ip"), NULL, &match, NULL),
		0);
	match.key.packet.vlan.tpid = to_be16(0x8100);
	match.key.packet.packet_class = CLASS_IPV4;
	dpctl_match_print(&out, NULL, &match.key, &match.mask, false);
	assert_string_equal(print_text(&out), "recirc_id(0),in_port(1),eth_type(0x8100),"
					      "vlan(vid=5,pcp=3),encap(eth_type(0x0800))");
}

static void test_actions(void **state)
{
	static struct flow_op_list list;
	own(print_fini) struct print out = {0};

	flow_op_list_clear(&list);
	flow_op_add(&list, flow_op_drop(1));
	dpctl_actions_print(&out, NULL, list.op, list.n_ops, false);
	assert_string_equal(print_text(&out), "drop");
	flow_op_list_clear(&list);
	flow_op_add(&list, flow_op_output(3));
	flow_op_add(&list, flow_op_push_vlan(0x8100, 0x6005));
	flow_op_add(&list, flow_op_output(4));
	flow_op_add(&list, flow_op_pop_vlan());
	print_clear(&out);
	dpctl_actions_print(&out, NULL, list.op, list.n_ops, false);
	assert_string_equal(print_text(&out), "3,push_vlan(vid=5,pcp=3),4,pop_vlan");
	flow_op_list_clear(&list);
	flow_op_add(&list, flow_op_enqueue(3, 8));
	flow_op_add(&list, flow_op_enqueue(4, 8));
	flow_op_add(&list, flow_op_output(5));
	print_clear(&out);
	dpctl_actions_print(&out, NULL, list.op, list.n_ops, false);
	assert_string_equal(print_text(&out),
			    "set(skb_priority(0x10008)),3,4,set(skb_priority(0x0)),5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers_are_told_from_the_outside_in),
		cmocka_unit_test(test_what_is_behind_a_tag_is_encapsulated),
		cmocka_unit_test(test_actions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
