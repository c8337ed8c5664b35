/* Which bits of a packet actions look at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "flow/flow_text.h"
#include "switch/translate.h"

static struct flow_key bits;

static bool reads(const char *line)
{
	own(flow_mod_fini) struct flow_mod flow = {0};
	struct err err = ERR_INIT;

	if (flow_mod_parse(slice_of(line), FLOW_ADD, NULL, &flow, &err))
		fail_msg("%s: %s", line, err.text);
	memset(&bits, 0, sizeof(bits));
	return translate_reads(&flow.actions, &bits);
}

static bool reads_nothing(const char *line)
{
	static const struct flow_key nothing;
	bool has_normal = reads(line);

	return !has_normal && !memcmp(&bits, &nothing, sizeof(bits));
}

static void what_only_writes_reads_nothing(void **state)
{
	assert_true(reads_nothing("actions=drop"));
	assert_true(reads_nothing("actions=output:1,flood,resubmit(,3),load:1->NXM_NX_REG0[]"));
	assert_true(reads_nothing("actions=mod_dl_src:02:00:00:00:00:01,move:reg1[]->reg2[]"));
	assert_true(reads_nothing("actions=mirror:2,output:1"));
}

static void normal_is_told_apart(void **state)
{
	assert_true(reads("actions=normal"));
	assert_true(reads("actions=clone(normal)"));
	assert_true(reads("actions=output:NXM_NX_REG0[]"));
	assert_false(reads("actions=output:NXM_NX_REG0[0..14]"));
}

static void a_move_reads_the_bits_it_takes(void **state)
{
	reads("ip,actions=move:NXM_OF_IP_SRC[8..15]->NXM_NX_REG0[0..7]");
	assert_int_equal(from_be32(bits.packet.ipv4_src), 0xff00);
	assert_int_equal(from_be16(bits.packet.eth_type), 0xffff);
	assert_int_equal(bits.packet.ip_proto, 0);
}

static void learn_reads_what_it_remembers(void **state)
{
	reads("actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
	      "output:NXM_OF_IN_PORT[])");
	assert_int_equal(bits.packet.eth_src.byte[5], 0xff);
	assert_int_equal(bits.packet.eth_dst.byte[5], 0);
	assert_int_equal(bits.packet.in_port, 0xffff);
}

static void learn_may_put_its_result_into_the_packet(void **state)
{
	assert_true(reads_nothing("actions=learn(table=1,result_dst=reg0[0])"));
	reads("actions=learn(table=1,result_dst=NXM_OF_VLAN_TCI[12])");
	assert_int_equal(from_be16(bits.packet.vlan.tci), VLAN_PRESENT);
	reads("ip,actions=learn(table=1,result_dst=NXM_OF_IP_TOS[3])");
	assert_int_equal(from_be16(bits.packet.eth_type), 0xffff);
}

static void a_field_that_may_be_missing_is_asked_for(void **state)
{
	reads("actions=mod_nw_src:10.0.0.1");
	assert_int_equal(from_be16(bits.packet.eth_type), 0xffff);
	assert_int_equal(bits.packet.ipv4_src.be, 0);
	reads("actions=mod_tp_src:80");
	assert_int_equal(bits.packet.ip_proto, 0xff);
	assert_int_equal(bits.packet.ip_frag, FRAG_LATER);
}

static void the_end_of_tcp_is_read(void **state)
{
	reads("actions=fin_timeout(idle_timeout=5)");
	assert_int_equal(from_be16(bits.packet.tcp_flags), TCP_FIN | TCP_RST);
	assert_int_equal(bits.packet.ip_proto, 0xff);
	reads("actions=learn(table=1,fin_idle_timeout=5,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[])");
	assert_int_equal(bits.packet.tcp_flags.be, 0); /* the flow that is learned reads them */
}

static void ttl_and_tags_are_read(void **state)
{
	reads("actions=dec_ttl");
	assert_int_equal(bits.packet.ip_ttl, 0xff);
	reads("actions=push_vlan:0x8100");
	assert_int_equal(from_be16(bits.packet.vlan.tci), 0xffff);
	reads("actions=pop_vlan");
	assert_int_equal(from_be16(bits.packet.vlan.tci), VLAN_PRESENT);
	assert_int_equal(from_be16(bits.packet.vlan_inner.tci), 0xffff);
	reads("actions=write_actions(push_mpls:0x8847)");
	assert_int_equal(bits.packet.ip_ttl, 0xff);
	assert_int_equal(from_be32(bits.extra.mpls[0]), 0xffffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_only_writes_reads_nothing),
		cmocka_unit_test(normal_is_told_apart),
		cmocka_unit_test(a_move_reads_the_bits_it_takes),
		cmocka_unit_test(learn_reads_what_it_remembers),
		cmocka_unit_test(learn_may_put_its_result_into_the_packet),
		cmocka_unit_test(a_field_that_may_be_missing_is_asked_for),
		cmocka_unit_test(the_end_of_tcp_is_read),
		cmocka_unit_test(ttl_and_tags_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
