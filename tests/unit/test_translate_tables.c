/* The walk through the tables: which ops a packet's way makes, whose counters it counts for, and what frames
 * come out. Single actions: test_translate.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "flow/key.h"
#include "packet/parse.h"
#include "path/worker.h"
#include "port/port_fake.h"
#include "support/flows.h"
#include "support/ops.h"
#include "support/packet.h"
#include "support/rig.h"
#include "switch/bridge.h"
#include "switch/flow_table.h"
#include "switch/snapshot.h"
#include "switch/translate.h"
#include "switch/translate_trace.h"

static struct rig rig;
static struct bridge_port *port[5]; /* by OpenFlow number */
static struct packet_builder packet;
static struct translation out;
static uint8_t got[PORT_FAKE_FRAME_MAX];

static int setup(void **state)
{
	struct bridge_config config = RIG_BRIDGE;

	config.fail_mode = FAIL_SECURE;
	rig_init(&rig, &config);
	rig_ports(&rig, 4, port);
	build_start(&packet, rig.sw->pools[0]);
	build_eth(&packet, 0x020000000002, 0x020000000001, ETH_TYPE_IPV4);
	build_ipv4(&packet, IP_PROTO_TCP, 0x0a000001, 0x0a000002);
	build_tcp(&packet, 1000, 80, 2);
	build_finish(&packet);
	return 0;
}

static int teardown(void **state)
{
	frame_free(&packet.frame);
	rig_fini(&rig);
	return 0;
}

static void add(const char *line)
{
	flows_add(rig.bridge, line);
}

static const char *ops_watched(const struct translate_trace *trace)
{
	out.frame = NULL;
	return ops_translated(&rig, &packet.frame, (struct translate_job){.trace = trace}, &out);
}

/* What becomes of the packet when it comes by port 1. */
static const char *ops(void)
{
	return ops_watched(NULL);
}

/* The packet comes by port `in` and goes through the worker. */
static void put(unsigned in)
{
	rig_put(port[in], packet.frame.data, packet.frame.len);
	rig_turn(&rig);
}

static void misses(void **state)
{
	struct flow_table_mod config = {.miss = TABLE_MISS_CONTINUE};

	assert_string_equal(ops(), "drop:fail-secure");
	bridge_table_mod(rig.bridge, 0, &config, NULL);
	add("table=1,actions=2");
	assert_string_equal(ops(), "2");
	config.miss = TABLE_MISS_CONTROLLER;
	bridge_table_mod(rig.bridge, 0, &config, NULL);
	assert_string_equal(ops(), "controller:0/0");
	config.miss = TABLE_MISS_DROP;
	bridge_table_mod(rig.bridge, 0, &config, NULL);
	assert_string_equal(ops(), "drop:fail-secure");
}

/* OpenFlow 1.0 sends misses to its controllers, 1.3 drops them; a table may say otherwise. */
static void misses_are_up_to_the_protocol(void **state)
{
	struct flow_table_mod mod = {.miss = TABLE_MISS_DROP};

	assert_int_equal(bridge_miss_set(rig.bridge, TABLE_MISS_CONTROLLER), 0);
	assert_string_equal(ops(), "controller:0/0");
	assert_int_equal(bridge_table_mod(rig.bridge, 0, &mod, NULL), 0);
	assert_string_equal(ops(), "drop:fail-secure");
	mod.miss = TABLE_MISS_DEFAULT;
	assert_int_equal(bridge_table_mod(rig.bridge, 0, &mod, NULL), 0);
	assert_string_equal(ops(), "controller:0/0");
	assert_int_equal(bridge_miss_set(rig.bridge, TABLE_MISS_DROP), 0);
	assert_string_equal(ops(), "drop:fail-secure");
}

static void resubmits(void **state)
{
	add("priority=5,in_port=1,actions=resubmit(,2),output:4");
	add("table=2,in_port=1,actions=output:2,resubmit(7,0)");
	add("priority=4,in_port=7,actions=output:3,in_port");
	/* in_port is still the real one for output */
	assert_string_equal(ops(), "2 3 1 4");
	add("table=2,in_port=1,actions=resubmit(,9)");
	assert_string_equal(ops(), "4");
}

static void goto_and_metadata(void **state)
{
	add("actions=output:2,write_metadata:0x30/0xf0,goto_table:4");
	add("table=4,metadata=0x30,actions=output:3,goto_table:5");
	assert_string_equal(ops(), "2 3");
	add("table=5,reg0=0,actions=output:4");
	assert_string_equal(ops(), "2 3 4");
}

static void registers_travel(void **state)
{
	add("actions=load:5->reg1[4..7],resubmit(,1)");
	add("table=1,reg1=0x50,actions=move:reg1[4..6]->reg2[0..2],resubmit(,2)");
	add("table=2,reg2=5,actions=load:3->reg0[],output:reg0[]");
	assert_string_equal(ops(), "3");
}

static void what_was_rewritten_is_matched(void **state)
{
	add("tcp,actions=mod_nw_dst:10.9.9.9,mod_vlan_vid:7,resubmit(,1)");
	add("table=1,tcp,nw_dst=10.9.9.9,dl_vlan=7,actions=strip_vlan,output:2");
	assert_string_equal(ops(), "set:ip_dst=0a090909 push_vlan:8100/0007 pop_vlan 2");
}

static void the_action_set_gathers_over_tables(void **state)
{
	add("actions=write_actions(output:2,mod_dl_src:02:00:00:00:00:09),goto_table:1");
	add("table=1,actset_output=2,actions=write_actions(output:3),goto_table:2");
	add("table=2,actions=output:4");
	assert_string_equal(ops(), "4 set:eth_src=020000000009 3");
	add("table=2,actions=clear_actions");
	assert_string_equal(ops(), "drop:by-rule");
}

static void endless_resubmits_are_dropped_whole(void **state)
{
	add("actions=output:2,resubmit(,0)");
	assert_string_equal(ops(), "drop:resubmit-depth");
	add("actions=output:2,clone(resubmit(,0))");
	assert_string_equal(ops(), "drop:resubmit-depth");
	put(1);
	assert_int_equal(rig_take(port[2], got), 0);
	assert_int_equal(rig_drops(port[1], DROP_RESUBMIT_DEPTH), 1);
}

/* 2^n look-ups, not deep at all. */
static void a_bush_of_resubmits_is_dropped_whole(void **state)
{
	char line[80];

	for (unsigned i = 0; i < 20; i++) {
		snprintf(line, sizeof(line), "table=%u,actions=resubmit(,%u),resubmit(,%u)", i,
			 i + 1, i + 1);
		add(line);
	}
	add("table=20,actions=output:2");
	assert_string_equal(ops(), "drop:resubmit-limit");
}

static void a_chain_of_all_tables_is_no_trouble(void **state)
{
	char line[80];

	for (unsigned i = 0; i < 254; i++) {
		snprintf(line, sizeof(line), "table=%u,actions=resubmit(,%u)", i, i + 1);
		add(line);
	}
	add("table=254,actions=output:2");
	assert_string_equal(ops(), "2");
}

/* All tables, again and again: nesting that does not go back does not count as such. */
static void add_rounds(const char *actions)
{
	char line[128];

	for (unsigned i = 0; i < 255; i++) {
		int n = snprintf(line, sizeof(line), "table=%u,", i);

		snprintf(line + n, sizeof(line) - (size_t)n, actions, (i + 1) % 255);
		add(line);
	}
}

static void the_deepest_nesting_fits_on_a_stack(void **state)
{
	add_rounds("actions=controller(userdata=01),resubmit(,%u)");
	assert_string_equal(ops(), "drop:resubmit-limit");
	add_rounds("actions=clone(mod_vlan_vid:1,resubmit(,%u),2)");
	assert_string_equal(ops(), "drop:action-limit");
}

static void an_expired_ttl_ends_its_table_only(void **state)
{
	add("tcp,actions=mod_nw_ttl:1,resubmit(,1),output:4");
	add("table=1,ip,actions=dec_ttl,output:2");
	assert_string_equal(ops(), "set:ip_ttl=01 controller:0/2 4");
}

static void packets_count_for_all_on_their_way(void **state)
{
	add("priority=1,actions=resubmit(,1),resubmit(,1)");
	add("table=1,tcp,actions=output:2");
	add("table=1,udp,actions=output:3");
	put(1);
	put(1);
	assert_int_equal(rig_take(port[2], got), packet.frame.len);
	assert_int_equal(flows_stats(rig.bridge, "table=0").n_packets, 2);
	assert_int_equal(flows_stats(rig.bridge, "table=1,tcp").n_packets, 4);
	assert_int_equal(flows_stats(rig.bridge, "table=1,tcp").n_bytes, 4 * packet.frame.len);
	assert_int_equal(flows_stats(rig.bridge, "table=1,udp").n_packets, 0);
}

static void a_change_holds_for_the_next_packet(void **state)
{
	add("actions=output:2");
	put(1);
	assert_int_equal(rig_take(port[2], got), packet.frame.len);
	add("actions=output:3");
	put(1);
	assert_int_equal(rig_take(port[2], got), 0);
	assert_int_equal(rig_take(port[3], got), packet.frame.len);
}

/* Instead of the TCP packet: the same behind a label. */
static void build_labelled(void)
{
	const be32 label = to_be32(0x00064140);

	frame_free(&packet.frame);
	build_start(&packet, rig.sw->pools[0]);
	build_eth(&packet, 0x020000000002, 0x020000000001, ETH_TYPE_MPLS);
	build_bytes(&packet, &label, sizeof(label));
	build_ipv4(&packet, IP_PROTO_TCP, 0x0a000001, 0x0a000002);
	build_tcp(&packet, 1000, 80, 2);
	build_finish(&packet);
}

static void a_table_looks_behind_a_popped_label(void **state)
{
	const struct eth_header *eth = (const void *)got;
	const struct ipv4_header *ip = (const void *)(got + sizeof(*eth));

	build_labelled();
	add("mpls,mpls_label=100,actions=pop_mpls:0x0800,resubmit(,1)");
	add("table=1,priority=2,tcp,nw_dst=10.0.0.2,actions=dec_ttl,output:2");
	add("table=1,priority=1,actions=output:3");
	assert_string_equal(ops(), "translate");
	put(1);
	put(1);
	assert_int_equal(rig_take(port[2], got), packet.frame.len - 4);
	assert_int_equal(from_be16(eth->type), ETH_TYPE_IPV4);
	assert_int_equal(ip->ttl, 63);
	assert_int_equal(flows_stats(rig.bridge, "table=0").n_packets, 2);
	assert_int_equal(flows_stats(rig.bridge, "table=1,tcp").n_packets, 2);
}

static void packets_decided_one_by_one_share_what_they_count(void **state)
{
	build_labelled();
	add("mpls,actions=pop_mpls:0x0800,dec_ttl,output:2");
	for (unsigned i = 0; i < 100; i++) {
		rig_put(port[1], packet.frame.data, packet.frame.len);
		worker_turn(rig.sw->workers[0]);
	}
	assert_in_range(credit_book_n_credits(rig.sw->credits), 1, 2);
	assert_int_equal(flows_stats(rig.bridge, "mpls").n_packets, 100);
}

/* ---- learning ---- */

static void a_learned_flow_comes_into_its_table(void **state)
{
	add("table=0,actions=learn(table=1,idle_timeout=60,cookie=0x7,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
	    "output:NXM_OF_IN_PORT[]),resubmit(,1)");
	add("table=1,priority=0,actions=flood");
	put(3);
	assert_string_equal(flows_text(rig.bridge, "table=1,cookie=0x7/-1"),
			    "cookie=0x7, table=1, idle_timeout=60, dl_dst=02:00:00:00:00:01 "
			    "actions=output:3\n");
	/* Sent there from another port, the packet's twin is not flooded. */
	packet.frame.data[5] = 1;
	packet.frame.data[11] = 2;
	while (rig_take(port[1], got) || rig_take(port[2], got) || rig_take(port[4], got))
		;
	put(1);
	assert_int_equal(rig_take(port[3], got), packet.frame.len);
	assert_int_equal(rig_take(port[2], got), 0);
}

static void learning_again_only_renews(void **state)
{
	add("actions=learn(table=1,hard_timeout=10,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:2");
	put(1);
	for (unsigned i = 0; i < 4; i++) {
		rig.clock.manual_ns += 6 * CLOCK_NS_PER_SEC;
		put(1);
		vswitch_tick(rig.sw);
	}
	assert_int_equal(flows_stats(rig.bridge, "table=1").duration, 24 * CLOCK_NS_PER_SEC);
	rig.clock.manual_ns += 11 * CLOCK_NS_PER_SEC;
	vswitch_tick(rig.sw);
	assert_string_equal(flows_text(rig.bridge, "table=1"), "");
}

static void a_limit_keeps_the_rest_out(void **state)
{
	add("actions=learn(table=1,limit=2,cookie=0x9,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:2");
	for (uint8_t i = 1; i <= 5; i++) {
		packet.frame.data[11] = i;
		put(1);
	}
	assert_string_equal(flows_text(rig.bridge, "table=1"),
			    "cookie=0x9, table=1, dl_dst=02:00:00:00:00:01 actions=drop\n"
			    "cookie=0x9, table=1, dl_dst=02:00:00:00:00:02 actions=drop\n");
}

static void taught(uint8_t first, uint8_t last)
{
	for (uint8_t i = first; i <= last; i++) {
		packet.frame.data[11] = i;
		put(1);
	}
}

static void a_limit_follows_what_comes_and_goes(void **state)
{
	add("actions=learn(table=1,limit=2,cookie=0x9,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:2");
	add("table=1,cookie=0x7,actions=drop"); /* not of those */
	add("table=2,cookie=0x9,actions=drop");
	taught(1, 3);
	flows_do(rig.bridge, FLOW_DELETE, "table=1,dl_dst=02:00:00:00:00:01");
	taught(4, 5);
	flows_do(rig.bridge, FLOW_MODIFY, "table=1,cookie=0x8,dl_dst=02:00:00:00:00:02,actions=1");
	taught(6, 7);
	assert_int_equal(flows_try(rig.bridge, FLOW_ADD, "table=1,check_overlap,arp,actions=1"),
			 -EEXIST);
	taught(8, 8);
	flows_do(rig.bridge, FLOW_DELETE, "table=1,cookie=0x9/-1");
	taught(9, 9);
	assert_string_equal(flows_text(rig.bridge, "table=1"),
			    "cookie=0x7, table=1, actions=drop\n"
			    "cookie=0x8, table=1, dl_dst=02:00:00:00:00:02 actions=output:1\n"
			    "cookie=0x9, table=1, dl_dst=02:00:00:00:00:09 actions=drop\n");
}

static void what_was_learned_goes_with_its_teacher(void **state)
{
	add("priority=2,actions=learn(table=1,delete_learned,cookie=0x9,"
	    "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:2");
	add("priority=1,actions=learn(table=1,delete_learned,cookie=0x9,"
	    "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),output:2");
	put(1);
	assert_string_not_equal(flows_text(rig.bridge, "table=1"), "");
	flows_do(rig.bridge, FLOW_DELETE_STRICT, "priority=2");
	assert_string_not_equal(flows_text(rig.bridge, "table=1"), "");
	flows_do(rig.bridge, FLOW_DELETE_STRICT, "priority=1");
	assert_string_equal(flows_text(rig.bridge, "table=1"), "");
}

/* As many as would not fit on a stack. */
static void teachers_of_teachers_go_one_after_the_other(void **state)
{
	char line[128];

	for (unsigned i = 1; i <= 6000; i++) {
		snprintf(line, sizeof(line),
			 "table=1,reg0=%u,cookie=%u,"
			 "actions=learn(table=1,delete_learned,cookie=%u)",
			 i, i, i + 1);
		add(line);
	}
	flows_do(rig.bridge, FLOW_DELETE, "cookie=1/-1");
	assert_string_equal(flows_text(rig.bridge, "table=1"), "");
}

#define TCP_FLAGS_AT (14 + 20 + 13)
#define FIN          0x11 /* with ACK */
#define ACK          0x10

/* All flows of one kind share an entry of the cache, but for those that end a connection. */
static void timeouts_shrink_when_tcp_ends(void **state)
{
	add("priority=2,tcp,idle_timeout=100,actions=fin_timeout(idle_timeout=10,hard_timeout=30),"
	    "output:2");
	packet.frame.data[TCP_FLAGS_AT] = ACK;
	put(1);
	put(1);
	assert_string_equal(flows_text(rig.bridge, ""),
			    "idle_timeout=100, priority=2,tcp "
			    "actions=fin_timeout(idle_timeout=10,hard_timeout=30),output:2\n");
	packet.frame.data[TCP_FLAGS_AT] = FIN;
	put(1);
	assert_string_equal(flows_text(rig.bridge, ""),
			    "idle_timeout=10, hard_timeout=30, priority=2,tcp "
			    "actions=fin_timeout(idle_timeout=10,hard_timeout=30),output:2\n");
	rig.clock.manual_ns += 9 * CLOCK_NS_PER_SEC;
	put(1);
	vswitch_tick(rig.sw);
	assert_int_equal(flows_stats(rig.bridge, "").n_packets, 4);
	rig.clock.manual_ns += 11 * CLOCK_NS_PER_SEC;
	vswitch_tick(rig.sw);
	assert_string_equal(flows_text(rig.bridge, ""), "");
}

/* Those that it has already, and a reset is an end as well. */
static void shorter_timeouts_stay(void **state)
{
	add("tcp,hard_timeout=5,actions=fin_timeout(idle_timeout=10,hard_timeout=30)");
	packet.frame.data[TCP_FLAGS_AT] = 4;
	put(1);
	assert_string_equal(flows_text(rig.bridge, ""),
			    "idle_timeout=10, hard_timeout=5, tcp "
			    "actions=fin_timeout(idle_timeout=10,hard_timeout=30)\n");
}

static void learned_flows_have_them_too(void **state)
{
	add("priority=1,tcp,actions=learn(table=1,idle_timeout=60,fin_idle_timeout=5,"
	    "eth_type=0x800,nw_proto=6,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
	    "output:NXM_OF_IN_PORT[]),resubmit(,1)");
	put(3);
	assert_string_equal(flows_text(rig.bridge, "table=1"),
			    "table=1, idle_timeout=60, tcp,dl_dst=02:00:00:00:00:01 "
			    "actions=fin_timeout(idle_timeout=5),output:3\n");
	packet.frame.data[5] = 1;
	packet.frame.data[11] = 2;
	packet.frame.data[TCP_FLAGS_AT] = FIN;
	put(1);
	assert_string_equal(flows_text(rig.bridge, "table=1,dl_dst=02:00:00:00:00:01"),
			    "table=1, idle_timeout=5, tcp,dl_dst=02:00:00:00:00:01 "
			    "actions=fin_timeout(idle_timeout=5),output:3\n");
	assert_int_equal(rig_take(port[3], got), packet.frame.len);
}

static void what_cannot_be_done_is_no_flow(void **state)
{
	char userdata[2 * (PACKET_IN_USERDATA_MAX + 1) + 1], line[sizeof(userdata) + 64];

	assert_int_equal(flows_try(rig.bridge, FLOW_ADD, "actions=group:1"), -ENXIO);
	assert_int_equal(flows_try(rig.bridge, FLOW_ADD, "actions=meter:1,output:2"), -ENODEV);
	memset(userdata, '0', sizeof(userdata));
	userdata[sizeof(userdata) - 1] = '\0';
	snprintf(line, sizeof(line), "actions=clone(controller(userdata=%s))", userdata);
	assert_int_equal(flows_try(rig.bridge, FLOW_ADD, line), -EINVAL);
	assert_string_equal(flows_text(rig.bridge, ""), "");
}

/* ---- watching ---- */

static char watched[1024];

static void saw_table(void *ctx, unsigned level, uint8_t table, const struct flow *flow,
		      const struct flow_key *key)
{
	sprintf(watched + strlen(watched), "%u:table%u%s ", level, table, flow ? "" : "-miss");
}

static void saw_action(void *ctx, unsigned level, const struct ofactions *list, uint32_t at,
		       const struct flow_key *key)
{
	sprintf(watched + strlen(watched), "%u:%s ", level, ofaction_name(&list->item[at]));
}

static void saw_result(void *ctx, const struct flow_key *key, const struct translation *result)
{
	sprintf(watched + strlen(watched), "= %s",
		ops_text(rig.sw, result->ops.op, result->ops.n_ops));
}

static void a_watcher_sees_every_step(void **state)
{
	const struct translate_trace trace = {
		.table = saw_table, .action = saw_action, .result = saw_result};

	watched[0] = 0;
	add("actions=resubmit(,1),output:3,write_actions(output:4)");
	add("table=1,actions=output:2,goto_table:2");
	ops_watched(&trace);
	assert_string_equal(watched, "0:table0 1:resubmit 1:table1 2:output 2:goto_table "
				     "2:table2-miss 1:output 1:write_actions 0:output = 2 3 4");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(misses),
		TEST(misses_are_up_to_the_protocol),
		TEST(resubmits),
		TEST(goto_and_metadata),
		TEST(registers_travel),
		TEST(what_was_rewritten_is_matched),
		TEST(the_action_set_gathers_over_tables),
		TEST(endless_resubmits_are_dropped_whole),
		TEST(a_bush_of_resubmits_is_dropped_whole),
		TEST(a_chain_of_all_tables_is_no_trouble),
		TEST(the_deepest_nesting_fits_on_a_stack),
		TEST(an_expired_ttl_ends_its_table_only),
		TEST(packets_count_for_all_on_their_way),
		TEST(a_change_holds_for_the_next_packet),
		TEST(a_table_looks_behind_a_popped_label),
		TEST(packets_decided_one_by_one_share_what_they_count),
		TEST(a_learned_flow_comes_into_its_table),
		TEST(learning_again_only_renews),
		TEST(a_limit_keeps_the_rest_out),
		TEST(a_limit_follows_what_comes_and_goes),
		TEST(what_was_learned_goes_with_its_teacher),
		TEST(teachers_of_teachers_go_one_after_the_other),
		TEST(timeouts_shrink_when_tcp_ends),
		TEST(shorter_timeouts_stay),
		TEST(learned_flows_have_them_too),
		TEST(what_cannot_be_done_is_no_flow),
		TEST(a_watcher_sees_every_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
