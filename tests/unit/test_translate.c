/* Actions of a packet-out: which ops they make of a packet. Tables: test_translate_tables.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "flow/flow_text.h"
#include "flow/key.h"
#include "flow/port_text.h"
#include "packet/parse.h"
#include "support/ops.h"
#include "support/packet.h"
#include "support/rig.h"
#include "switch/bridge.h"
#include "switch/snapshot.h"
#include "switch/translate.h"

static struct rig rig;
static struct packet_builder packet;
static struct translation out;
static bool has_frame;

static int setup(void **state)
{
	struct bridge_port *port[5];

	rig_init(&rig, &RIG_BRIDGE);
	rig_ports(&rig, 4, port);
	build_start(&packet, rig.sw->pools[0]);
	has_frame = false;
	return 0;
}

static int teardown(void **state)
{
	frame_free(&packet.frame);
	rig_fini(&rig);
	return 0;
}

/* ---- packets, all from port 1 ---- */

static void eth(uint16_t type)
{
	build_eth(&packet, 0x020000000002, 0x020000000001, type);
}

static void ip_behind(void)
{
	build_ipv4(&packet, IP_PROTO_TCP, 0x0a000001, 0x0a000002);
	build_tcp(&packet, 1000, 80, 2);
	build_zeros(&packet, 20);
	build_finish(&packet);
}

static void tcp(void)
{
	eth(ETH_TYPE_IPV4);
	ip_behind();
}

static void tagged_tcp(uint16_t tci)
{
	eth(ETH_TYPE_VLAN);
	build_vlan(&packet, tci, ETH_TYPE_IPV4);
	ip_behind();
}

static void mpls_tcp(uint32_t top, uint32_t below)
{
	const be32 entry[] = {to_be32(top), to_be32(below)};

	eth(ETH_TYPE_MPLS);
	build_bytes(&packet, entry, below ? 8 : 4);
	ip_behind();
}

/* What becomes of the packet by "MATCH,actions=..."; the match is only there for prerequisites. */
static const char *ops_of(const char *line)
{
	own(flow_mod_fini) struct flow_mod flow = {0};
	struct err err = ERR_INIT;

	if (flow_mod_parse(slice_of(line), FLOW_ADD, NULL, &flow, &err))
		fail_msg("%s: %s", line, err.text);
	out.frame = has_frame ? &packet.frame : NULL;
	return ops_translated(&rig, &packet.frame, (struct translate_job){.actions = &flow.actions},
			      &out);
}

#define assert_ops(line, text) assert_string_equal(ops_of(line), text)

/* ---- output ---- */

static void ports(void **state)
{
	tcp();
	assert_ops("actions=2", "2");
	assert_ops("actions=2,3", "2 3");
	assert_ops("actions=output(port=2,max_len=100),3", "trunc:100 2 3");
	assert_ops("actions=flood", "2 3 4");
	assert_ops("actions=all", "2 3 4");
	assert_ops("actions=in_port", "1");
	assert_ops("actions=load:3->reg0[],output:reg0[]", "3");
	assert_ops("actions=load:0xfff8->reg0[],output:reg0[]", "1");
	assert_ops("actions=load:0xfffffff8->reg0[],output:reg0[]", "drop:no-output");
}

static void queues_hold_for_outputs_that_follow(void **state)
{
	tcp();
	assert_ops("actions=enqueue:3:1,2", "3q1 2");
	assert_ops("actions=2,set_queue:0,3,4", "2 3q0 4q0");
	assert_ops("actions=set_queue:5,enqueue:3:1,2,pop_queue,4", "3q1 2q5 4");
	assert_ops("actions=set_queue:5,clone(set_queue:6,2),3", "2q6 3q5");
	assert_ops("actions=set_queue:5,output(port=2,max_len=100),flood",
		   "trunc:100 2q5 2q5 3q5 4q5");
	assert_ops("actions=set_queue:61439,2,set_queue:61440,3", "2q61439 3");
	assert_ops("actions=write_actions(output:2,set_queue:7)", "2q7");
	assert_ops("actions=set_queue:3,normal", "2q3 3q3 4q3");
}

static void what_goes_nowhere_is_dropped_with_a_reason(void **state)
{
	tcp();
	assert_ops("actions=drop", "drop:by-rule");
	assert_ops("actions=mod_dl_src:02:00:00:00:00:09", "drop:by-rule");
	assert_ops("actions=1", "drop:hairpin");
	assert_ops("actions=77", "drop:no-output");
	assert_ops("actions=local", "drop:no-output");
	assert_ops("actions=77,2", "2");
	assert_ops("actions=load:0x12345->reg0[],output:reg0[]", "drop:no-output");
}

static void controllers(void **state)
{
	tcp();
	assert_ops("actions=controller", "controller:0/5");
	assert_ops("actions=controller(reason=no_match,id=7),2", "controller:7/0 2");
	assert_ops("actions=load:5->reg3[],controller(userdata=01.02.03,max_len=77)",
		   "controller:0/5");
	assert_int_equal(flow_op_context(out.ops.op).reg[3], 5);
	assert_int_equal(flow_op_context(out.ops.op).in_port, 1);
	assert_int_equal(flow_op_context(out.ops.op).n_userdata, 3);
	assert_memory_equal(flow_op_userdata(out.ops.op), "\1\2\3", 3);
}

static void normal_leaves_the_packet_to_those_behind(void **state)
{
	struct bridge_port_config config = RIG_PORT("");
	struct bridge_port *port = rig.bridge->ports[1];
	struct err err = ERR_INIT;

	config = port->config;
	config.vlan_mode = VLAN_ACCESS;
	config.tag = 10;
	if (bridge_port_set(port, &config, &err))
		fail_msg("%s", err.text);
	tagged_tcp(10);
	assert_ops("actions=normal", "3 4 pop_vlan 2");
	assert_ops("actions=normal,output:3", "clone(3 4 pop_vlan 2) 3");
	assert_ops("actions=output:2,mod_vlan_vid:20,normal,strip_vlan,output:2",
		   "2 set_vlan:0014/0fff 3 4 pop_vlan 2");
}

static void a_mirror_gets_the_packet_as_it_came(void **state)
{
	tcp();
	assert_ops("actions=mod_dl_src:02:00:00:00:00:09,mirror:3,output:2,mirror:3,mirror:4",
		   "3 4 set:eth_src=020000000009 2");
	assert_ops("actions=mirror:3", "3");
	assert_ops("actions=clone(mod_dl_src:02:00:00:00:00:09,mirror:3,output:2),output:4",
		   "3 clone(set:eth_src=020000000009 2) 4");
	assert_ops("actions=mirror(vlan=7),output:2", "clone(push_vlan:8100/0007 2 3 4) 2");
	assert_ops("actions=mirror(vlan=7)", "push_vlan:8100/0007 2 3 4");
	assert_ops("actions=mirror(vlan=7,max_len=20)",
		   "push_vlan:8100/0007 trunc:20 2 trunc:20 3 trunc:20 4");
	assert_ops("actions=mirror(port=3,max_len=20),mirror(port=3,max_len=40)", "trunc:40 3");
	assert_ops("actions=mirror(port=3,max_len=20),mirror:3", "3");
}

static void a_clone_changes_only_itself(void **state)
{
	tcp();
	assert_ops("actions=clone(output:2),output:3", "2 3");
	assert_ops("actions=clone(mod_dl_src:02:00:00:00:00:09,output:2),output:3",
		   "clone(set:eth_src=020000000009 2) 3");
	assert_ops("actions=output:3,clone(push_vlan:0x8100,output:2)", "3 push_vlan:8100/0000 2");
	assert_ops("actions=clone(mod_dl_src:02:00:00:00:00:09),output:3", "3");
	assert_ops("actions=clone(load:3->reg0[]),load:2->reg1[],output:reg0[],output:reg1[]", "2");
	assert_ops("actions=clone(clone(mod_vlan_vid:5,2),mod_vlan_vid:6,3),4",
		   "clone(clone(push_vlan:8100/0005 2) push_vlan:8100/0006 3) 4");
}

/* ---- fields ---- */

static void fields_are_written_before_they_leave(void **state)
{
	tcp();
	assert_ops("actions=mod_dl_src:02:00:00:00:00:09,mod_dl_src:02:00:00:00:00:08,2",
		   "set:eth_src=020000000008 2");
	assert_ops("actions=mod_dl_dst:02:00:00:00:00:02,2", "set:eth_dst=020000000002 2");
	assert_ops("actions=2,mod_dl_dst:02:00:00:00:00:07", "2");
	assert_ops("tcp,actions=set_field:10.9.9.9->nw_dst,set_field:81->tcp_dst,2,"
		   "set_field:82->tcp_dst,3",
		   "set:ip_dst=0a090909 set:l4_dst=0051 2 set:l4_dst=0052 3");
	assert_ops("ip,actions=set_field:10.9.0.0/255.255.0.0->nw_dst,2",
		   "set:ip_dst=0a090000/ffff0000 2");
	assert_ops("actions=mod_nw_tos:8,mod_nw_ecn:1,2", "set:ip_tos=09 2");
	assert_ops("actions=mod_nw_ttl:9,2", "set:ip_ttl=09 2");
}

static void what_is_said_is_not_said_again(void **state)
{
	tcp();
	assert_ops("actions=mod_dl_src:02:00:00:00:00:09,2,mod_dl_src:02:00:00:00:00:09,3",
		   "set:eth_src=020000000009 2 3");
	assert_ops("actions=mod_dl_src:02:00:00:00:00:09,2,mod_dl_src:02:00:00:00:00:08,"
		   "mod_dl_src:02:00:00:00:00:09,3",
		   "set:eth_src=020000000009 2 set:eth_src=020000000009 3");
}

static void a_field_that_is_not_there_is_not_written(void **state)
{
	eth(0x88b5);
	build_zeros(&packet, 46);
	assert_ops("actions=mod_nw_src:10.0.0.1,mod_tp_dst:80,mod_nw_tos:8,2", "2");
}

static void ports_stand_for_type_and_code(void **state)
{
	eth(ETH_TYPE_IPV4);
	build_ipv4(&packet, IP_PROTO_ICMP, 0x0a000001, 0x0a000002);
	build_icmp(&packet, IP_PROTO_ICMP, 8, 0);
	build_finish(&packet);
	assert_ops("actions=mod_tp_src:3,mod_tp_dst:5,2", "set:icmp_type=03 set:icmp_code=05 2");
}

static void moves(void **state)
{
	tcp();
	assert_ops("ip,actions=move:NXM_OF_IP_SRC[]->NXM_OF_IP_DST[],2", "set:ip_dst=0a000001 2");
	assert_ops("ip,actions=move:NXM_OF_IP_SRC[0..7]->NXM_OF_ETH_DST[40..47],2",
		   "set:eth_dst=010000000000/ff0000000000 2");
	assert_ops("actions=move:NXM_OF_ETH_SRC[]->NXM_NX_XXREG0[0..47],"
		   "move:NXM_OF_ETH_DST[]->NXM_OF_ETH_SRC[],"
		   "move:NXM_NX_XXREG0[0..47]->NXM_OF_ETH_DST[],in_port",
		   "set:eth_dst=020000000001 set:eth_src=020000000002 1");
}

static void arp_answers(void **state)
{
	eth(ETH_TYPE_ARP);
	build_arp(&packet, 1, 0x020000000001, 0x0a000001, 0, 0x0a000002);
	assert_ops("arp,actions=set_field:2->arp_op,move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],"
		   "set_field:02:00:00:00:00:02->arp_sha,"
		   "move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],set_field:10.0.0.2->arp_spa,in_port",
		   "set:arp_spa=0a000002 set:arp_tpa=0a000001 set:arp_sha=020000000002 "
		   "set:arp_tha=020000000001 set:arp_op=0002 1");
}

/* ---- VLAN ---- */

static void tags(void **state)
{
	tcp();
	assert_ops("actions=push_vlan:0x8100,2", "push_vlan:8100/0000 2");
	assert_ops("actions=mod_vlan_vid:5,2", "push_vlan:8100/0005 2");
	assert_ops("actions=mod_vlan_pcp:3,2", "push_vlan:8100/6000 2");
	assert_ops("actions=push_vlan:0x88a8,set_field:4101->vlan_vid,2",
		   "push_vlan:88a8/0000 set_vlan:0005/0fff 2");
	assert_ops("actions=strip_vlan,2", "2");
	assert_ops("actions=push_vlan:0x8100,2,pop_vlan,3", "push_vlan:8100/0000 2 pop_vlan 3");
}

static void a_second_tag_copies_the_first(void **state)
{
	tagged_tcp(0x6005);
	assert_ops("actions=push_vlan:0x88a8,2", "push_vlan:88a8/6005 2");
	assert_ops("actions=mod_vlan_vid:7,push_vlan:0x88a8,2",
		   "set_vlan:0007/0fff push_vlan:88a8/6007 2");
	assert_ops("actions=strip_vlan,2", "pop_vlan 2");
	assert_ops("actions=mod_vlan_vid:9,2", "set_vlan:0009/0fff 2");
	assert_ops("actions=load:0->NXM_OF_VLAN_TCI[],2", "pop_vlan 2");
}

static void many_tags(void **state)
{
	tagged_tcp(0x6005);
	assert_ops("actions=push_vlan:0x8100,push_vlan:0x8100,push_vlan:0x8100,pop_vlan,pop_vlan,"
		   "pop_vlan,pop_vlan,mod_vlan_vid:3,2",
		   "push_vlan:8100/6005 push_vlan:8100/6005 push_vlan:8100/6005 pop_vlan pop_vlan "
		   "pop_vlan pop_vlan push_vlan:8100/0003 2");
}

/* ---- MPLS and PBB ---- */

static void labels(void **state)
{
	tcp();
	assert_ops("actions=push_mpls:0x8847,set_field:100->mpls_label,2",
		   "push_mpls:8847/00000140 set:mpls=00064000/fffff000 2");
	assert_ops("actions=push_mpls:0x8847,push_mpls:0x8847,dec_mpls_ttl,2",
		   "push_mpls:8847/00000140 push_mpls:8847/00000040 set:mpls=0000003f/000000ff 2");
	assert_ops("actions=dec_mpls_ttl,2", "drop:by-rule");
}

static void a_popped_label_bares_what_only_the_packet_knows(void **state)
{
	mpls_tcp(0x00064140, 0);
	assert_ops("mpls,actions=pop_mpls:0x0800,2", "pop_mpls:0800 2");
	assert_ops("mpls,actions=pop_mpls:0x0800,mod_dl_src:02:00:00:00:00:09,mod_vlan_vid:3,2",
		   "pop_mpls:0800 set:eth_src=020000000009 push_vlan:8100/0003 2");
	assert_ops("mpls,actions=pop_mpls:0x0800,dec_ttl,2", "translate");
	has_frame = true;
	assert_ops("mpls,actions=pop_mpls:0x0800,dec_ttl,2", "pop_mpls:0800 set:ip_ttl=3f 2");
	assert_ops("mpls,actions=3,clone(pop_mpls:0x0800,dec_ttl,2),dec_mpls_ttl,4",
		   "3 clone(pop_mpls:0800 set:ip_ttl=3f 2) set:mpls=0000003f/000000ff 4");
}

static void a_label_below_is_known(void **state)
{
	mpls_tcp(0x00064009, 0x000c8140);
	assert_ops("mpls,actions=pop_mpls:0x8847,dec_mpls_ttl,2",
		   "pop_mpls:8847 set:mpls=0000003f/000000ff 2");
	assert_ops("mpls,actions=copy_ttl_in,2", "set:inner_ttl=09 2");
	assert_ops("mpls,actions=copy_ttl_out,2", "set:mpls=00000040/000000ff 2");
}

static void ttls_of_ip_and_labels(void **state)
{
	mpls_tcp(0x00064109, 0);
	assert_ops("mpls,actions=copy_ttl_in,2", "set:inner_ttl=09 2");
	assert_ops("mpls,actions=copy_ttl_out,2", "translate");
	has_frame = true;
	assert_ops("mpls,actions=copy_ttl_out,2", "set:mpls=00000040/000000ff 2");
	assert_ops("mpls,actions=set_mpls_ttl:1,dec_mpls_ttl,2", "set:mpls=00000001/000000ff "
								 "controller:0/2");
}

static void a_pushed_label_knows_the_ttl_behind(void **state)
{
	tcp();
	assert_ops("actions=push_mpls:0x8847,set_mpls_ttl:9,copy_ttl_out,2",
		   "push_mpls:8847/00000140 set:mpls=00000040/000000ff 2");
}

static void backbone_headers(void **state)
{
	tagged_tcp(0x6005);
	assert_ops("actions=push_pbb:0x88e7,set_field:0x123->pbb_isid,2",
		   "push_pbb:88e7/60000000 set:isid=000123 2");
	assert_ops("actions=push_pbb:0x88e7,set_field:1->pbb_uca,mod_dl_dst:02:00:00:00:00:09,2",
		   "push_pbb:88e7/60000000 set:eth_dst=020000000009 set:uca=01 2");
	assert_ops("actions=pop_pbb,2", "2");
	assert_ops("actions=push_pbb:0x88e7,pop_pbb,dec_ttl,2", "translate");
	has_frame = true;
	assert_ops("actions=push_pbb:0x88e7,pop_pbb,dec_ttl,2",
		   "push_pbb:88e7/60000000 pop_pbb set:ip_ttl=3f 2");
}

/* ---- TTL ---- */

static void ttl_counts_down(void **state)
{
	tcp();
	assert_ops("ip,actions=dec_ttl,2", "set:ip_ttl=3f 2");
	assert_ops("ip,actions=dec_ttl,2,dec_ttl,3", "set:ip_ttl=3f 2 set:ip_ttl=3e 3");
	assert_ops("ip,actions=mod_nw_ttl:1,3,dec_ttl(4,5),2",
		   "set:ip_ttl=01 3 controller:4/2 controller:5/2");
}

/* ---- the action set ---- */

static void the_set_has_an_order_of_its_own(void **state)
{
	tcp();
	assert_ops("actions=write_actions(output:2,set_field:02:00:00:00:00:09->eth_src,"
		   "push_vlan:0x8100,output:3)",
		   "push_vlan:8100/0000 set:eth_src=020000000009 3");
	assert_ops("actions=write_actions(mod_dl_src:02:00:00:00:00:09)", "drop:by-rule");
	assert_ops("actions=4,write_actions(mod_dl_src:02:00:00:00:00:08,"
		   "mod_dl_src:02:00:00:00:00:09,dec_ttl,output:2)",
		   "4 set:eth_src=020000000009 set:ip_ttl=3f 2");
	assert_ops("actions=clear_actions,write_actions(output:2)", "2");
}

/* ---- learning ---- */

static void learn_remembers(void **state)
{
	const struct path_learned_flow *flow = &out.flows[0];

	tcp();
	assert_ops("actions=learn(table=3,priority=7,idle_timeout=9,hard_timeout=99,cookie=0x5,"
		   "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],eth_type=0x800,"
		   "load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15],output:NXM_OF_IN_PORT[]),2",
		   "2");
	assert_int_equal(out.n_flows, 1);
	assert_int_equal(flow->table, 3);
	assert_int_equal(flow->priority, 7);
	assert_int_equal(flow->idle_timeout, 9);
	assert_int_equal(flow->hard_timeout, 99);
	assert_int_equal(flow->cookie, 5);
	assert_int_equal(eth_addr_u64(flow->match.key.packet.eth_dst), 0x020000000001);
	assert_int_equal(eth_addr_u64(flow->match.mask.packet.eth_dst), 0xffffffffffff);
	assert_int_equal(from_be16(flow->match.key.packet.eth_type), 0x800);
	assert_int_equal(flow->n_actions, 2);
	assert_int_equal(flow->actions[0].type, OFACTION_SET);
	assert_int_equal(ofaction_value(&flow->actions[0]), 1);
	assert_int_equal(flow->actions[1].type, OFACTION_OUTPUT);
	assert_int_equal(flow->actions[1].output.port, 1);
}

/* ---- limits ---- */

static void too_much_is_dropped_whole(void **state)
{
	static char line[24000] = "actions=";
	size_t len = strlen(line);

	tcp();
	for (unsigned i = 0; i < 1500; i++)
		len += (size_t)sprintf(line + len, "set_queue:1,2,");
	line[len - 1] = 0;
	assert_int_equal(strlen(ops_of(line)), strlen("2q1 ") * 1500 - 1);
	strcpy(line, "actions=");
	for (len = 8; len < 18000;)
		len += (size_t)sprintf(line + len, "mod_tp_dst:%zu,2,", len % 7);
	line[len - 1] = 0;
	assert_ops(line, "drop:action-limit");
}

static int refused(const char *line, const char *why)
{
	own(flow_mod_fini) struct flow_mod flow = {0};
	struct err err = ERR_INIT;

	if (flow_mod_parse(slice_of(line), FLOW_ADD, NULL, &flow, &err))
		fail_msg("%s: %s", line, err.text);
	if (!translate_check(&flow.actions, &err))
		return 0;
	assert_non_null(strstr(err.text, why));
	return 1;
}

static void what_cannot_be_done_is_refused(void **state)
{
	assert_int_equal(refused("actions=2,normal,learn(table=1)", ""), 0);
	assert_int_equal(refused("actions=controller(meter_id=4)", "meter_id=4"), 1);
	build_zeros(&packet, 14);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ports),
		TEST(queues_hold_for_outputs_that_follow),
		TEST(what_goes_nowhere_is_dropped_with_a_reason),
		TEST(controllers),
		TEST(normal_leaves_the_packet_to_those_behind),
		TEST(a_mirror_gets_the_packet_as_it_came),
		TEST(a_clone_changes_only_itself),
		TEST(fields_are_written_before_they_leave),
		TEST(what_is_said_is_not_said_again),
		TEST(a_field_that_is_not_there_is_not_written),
		TEST(ports_stand_for_type_and_code),
		TEST(moves),
		TEST(arp_answers),
		TEST(tags),
		TEST(a_second_tag_copies_the_first),
		TEST(many_tags),
		TEST(labels),
		TEST(a_popped_label_bares_what_only_the_packet_knows),
		TEST(a_label_below_is_known),
		TEST(ttls_of_ip_and_labels),
		TEST(a_pushed_label_knows_the_ttl_behind),
		TEST(backbone_headers),
		TEST(ttl_counts_down),
		TEST(the_set_has_an_order_of_its_own),
		TEST(learn_remembers),
		TEST(too_much_is_dropped_whole),
		TEST(what_cannot_be_done_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
