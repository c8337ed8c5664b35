#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "flow/field_text.h"
#include "flow/flow_text.h"
#include "support/random.h"

static uint64_t seed;

static struct flow_mod read_flow(const char *text, enum flow_command command)
{
	struct flow_mod flow;
	struct err err = ERR_INIT;

	if (flow_mod_parse(slice_of(text), command, NULL, &flow, &err))
		fail_msg("%s: %s", text, err.text);
	return flow;
}

/* How a flow is printed; what is printed reads as the same flow. */
static void expect(const char *text, const char *printed)
{
	own(print_fini) struct print out = {0};
	own(flow_mod_fini) struct flow_mod flow = read_flow(text, FLOW_ADD);
	own(flow_mod_fini) struct flow_mod again = {0};

	flow_print(&out, &flow, NULL, NULL);
	assert_string_equal(print_text(&out), printed);
	again = read_flow(printed, FLOW_ADD);
	assert_true(ofactions_are_equal(&flow.actions, &again.actions));
	assert_true(match_is_equal(&flow.match, &again.match));
	assert_int_equal(flow.priority, again.priority);
	assert_int_equal(flow.flags, again.flags);
	assert_int_equal(flow.cookie, again.cookie);
	assert_int_equal(flow.idle_timeout, again.idle_timeout);
}

static void expect_actions(const char *actions, const char *printed)
{
	char text[1024], wanted[1024];

	snprintf(text, sizeof(text), "actions=%s", actions);
	snprintf(wanted, sizeof(wanted), "actions=%s", printed);
	expect(text, wanted);
}

static void settings_are_those_of_ovs_ofctl(void **state)
{
	expect("table=3,priority=10,idle_timeout=5,hard_timeout=6,cookie=0x10,importance=4,"
	       "send_flow_rem,reset_counts,ip,actions=drop",
	       "cookie=0x10, table=3, idle_timeout=5, hard_timeout=6, send_flow_rem reset_counts "
	       "importance=4, priority=10,ip actions=drop");
	expect(" cookie=0x0, duration=4.5s, table=0, n_packets=2, n_bytes=3, idle_age=1, "
	       "priority=3,ip actions=LOCAL",
	       "priority=3,ip actions=LOCAL");
	expect("table=1 , actions = drop", "table=1, actions=drop");
	expect("tcp tp_dst=80 actions=1 2", "tcp,tp_dst=80 actions=output:1,output:2");
	expect("action=normal", "actions=NORMAL");
}

static void actions_are_those_of_ovs_actions(void **state)
{
	expect_actions("", "drop");
	expect_actions("drop", "drop");
	expect_actions("1,output:2,LOCAL,in_port,normal,flood,all,table",
		       "output:1,output:2,LOCAL,IN_PORT,NORMAL,FLOOD,ALL,TABLE");
	expect_actions("output:reg0,output:NXM_NX_REG1[0..15],output(port=1,max_len=100)",
		       "output:NXM_NX_REG0[],output:NXM_NX_REG1[0..15],output(port=1,max_len=100)");
	expect_actions(
		"controller,controller:128,controller(reason=no_match,max_len=128,id=3),"
		"controller(userdata=01.02.ff,pause,meter_id=5)",
		"CONTROLLER:65535,CONTROLLER:128,controller(reason=no_match,max_len=128,id=3),"
		"controller(userdata=01.02.ff,pause,meter_id=5)");
	expect_actions("65533,output:controller", "CONTROLLER:65535,CONTROLLER:65535");
	expect_actions("mirror:3,mirror(vlan=5),mirror(port=LOCAL,max_len=64),1",
		       "mirror:3,mirror(vlan=5),mirror(port=LOCAL,max_len=64),output:1");
	expect_actions(
		"set_field:5/7->reg1,set_field:1:2:3:4:5:6->eth_src,load:5->NXM_NX_REG0[0..3]",
		"set_field:0x5/0x7->reg1,set_field:01:02:03:04:05:06->eth_src,"
		"load:0x5->NXM_NX_REG0[0..3]");
	expect_actions("move:reg0[0..3]->reg1[4..7]", "move:NXM_NX_REG0[0..3]->NXM_NX_REG1[4..7]");
	expect_actions("mod_vlan_vid:5,mod_vlan_pcp:3,set_field:6->vlan_vid,strip_vlan",
		       "mod_vlan_vid:5,mod_vlan_pcp:3,set_field:4102->vlan_vid,strip_vlan");
	expect_actions("push_vlan:0x88a8,pop_vlan,push_mpls:0x8847,set_mpls_label:5,pop_mpls:0x800,"
		       "push_pbb:0x88e7,set_field:7->pbb_isid,pop_pbb,copy_ttl_in,copy_ttl_out",
		       "push_vlan:0x88a8,pop_vlan,push_mpls:0x8847,set_mpls_label(5),"
		       "pop_mpls:0x0800,push_pbb:0x88e7,set_field:0x7->pbb_isid,pop_pbb,"
		       "copy_ttl_in,copy_ttl_out");
	expect_actions("dec_ttl,dec_ttl(1,2),dec_mpls_ttl,mod_nw_ttl:5,mod_nw_tos:8,mod_nw_ecn:1",
		       "dec_ttl,dec_ttl(1,2),dec_mpls_ttl,mod_nw_ttl:5,mod_nw_tos:8,mod_nw_ecn:1");
	expect_actions("set_tunnel:5,set_tunnel64:6,group:7,set_queue:3,enqueue:1:2,pop_queue",
		       "set_tunnel:0x5,set_tunnel64:0x6,group:7,set_queue:3,enqueue:1:2,pop_queue");
	expect_actions("resubmit:3,resubmit(,2),resubmit(4,5),resubmit(4)",
		       "resubmit:3,resubmit(,2),resubmit(4,5),resubmit:4");
	expect_actions("note:0102", "note:01.02.00.00.00.00");
	expect_actions("conjunction(3,1/2),conjunction(4,2/2)",
		       "conjunction(3,1/2),conjunction(4,2/2)");
	expect_actions("clone(clone(1),2),clone()", "clone(clone(output:1),output:2),clone(drop)");
	expect_actions("meter:3,1,clear_actions,write_actions(output:1,group:2),"
		       "write_metadata:0x5/0xff,goto_table:9",
		       "meter:3,output:1,clear_actions,write_actions(output:1,group:2),"
		       "write_metadata:0x5/0xff,goto_table:9");
	expect_actions("apply_actions(1,2),write_metadata:5",
		       "output:1,output:2,write_metadata:0x5");
	expect_actions(
		"learn(table=2,priority=3,idle_timeout=4,hard_timeout=5,cookie=6,"
		"send_flow_rem,delete_learned,limit=7,result_dst=reg0[1],eth_type=0x800,"
		"nw_proto=6,tcp_dst=5,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
		"load:1->reg1[0..3],load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15],"
		"output:NXM_OF_IN_PORT[])",
		"learn(table=2,idle_timeout=4,hard_timeout=5,priority=3,send_flow_rem,"
		"delete_learned,cookie=0x6,limit=7,result_dst=NXM_NX_REG0[1],eth_type=0x800,"
		"nw_proto=6,tcp_dst=5,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
		"load:0x1->NXM_NX_REG1[0..3],load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15],"
		"output:NXM_OF_IN_PORT[])");
}

static void nesting_is_counted(void **state)
{
	own(flow_mod_fini) struct flow_mod flow =
		read_flow("actions=1,clone(2,clone(3),4),5", FLOW_ADD);
	const struct ofactions *list = &flow.actions;
	uint32_t n = 0;

	assert_int_equal(list->n, 7);
	assert_int_equal(list->item[1].type, OFACTION_CLONE);
	assert_int_equal(list->item[1].n_inside, 4);
	for (uint32_t i = 0; i < list->n; i = ofactions_next(list, i))
		n++;
	assert_int_equal(n, 3);
}

static void refuse_as(const char *text, enum flow_command command, const char *part)
{
	struct flow_mod flow = {.priority = 77};
	struct err err = ERR_INIT;

	if (flow_mod_parse(slice_of(text), command, NULL, &flow, &err) != -EINVAL)
		fail_msg("%s: accepted", text);
	if (!strstr(err.text, part))
		fail_msg("%s: %s", text, err.text);
	assert_int_equal(flow.priority, 77);
	assert_null(flow.actions.item);
}

static void refuse(const char *text, const char *part)
{
	refuse_as(text, FLOW_ADD, part);
}

static void wrong_flows_name_the_word(void **state)
{
	refuse("ip", "actions are missing");
	refuse("", "actions are missing");
	refuse("bogus,actions=1", "\"bogus\"");
	refuse("priority=70000,actions=1", "0 to 65535");
	refuse("priority,actions=1", "priority=VALUE");
	refuse("table=255,actions=1", "0 to 254");
	refuse("cookie=1/2,actions=1", "no cookie mask");
	refuse("out_port=1,actions=1", "add does not take out_port");
	refuse("actions", "actions=ACTIONS");
	refuse("tp_src=80,actions=1", "tp_src needs");
	refuse("actions=bogus", "\"bogus\" is neither an action");
	refuse("actions=drop,1", "drop cannot stand beside");
	refuse("actions=output:", "output");
	refuse("actions=output:eth9", "\"eth9\" is no port");
	refuse("actions=output:ANY", "no port");
	refuse("actions=output(port=1)", "max_len");
	refuse("actions=output(port=1,max_len=13)", "14 bytes");
	refuse("actions=output(port=NORMAL,max_len=100)", "one port");
	refuse("actions=mirror(vlan=4095)", "0 to 4094");
	refuse("actions=mirror:NORMAL", "one port or one VLAN");
	refuse("actions=mirror(port=3,vlan=5)", "one port or one VLAN");
	refuse("actions=load:16->reg0[0..3]", "4 bits");
	refuse("actions=load:reg1->reg0", "number");
	refuse("actions=move:5->reg0[]", "field");
	refuse("actions=move:reg0[0..3]->reg1[]", "4 bits, but the target 32");
	refuse("actions=set_field:5->reg0[0..3]", "parts of fields are for load");
	refuse("actions=set_field:5->bogus", "\"bogus\" is not a field");
	refuse("actions=set_field:5", "SOURCE->TARGET");
	refuse("actions=set_field:1->eth_type", "eth_type (dl_type) cannot be changed");
	refuse("actions=set_field:1.1.1.1->ip_src", "match on ip");
	refuse("actions=set_field:5->dl_vlan", "dl_vlan cannot be changed");
	refuse("actions=set_field:5->vlan_vid", "may have no tag");
	refuse("dl_vlan=3,actions=pop_vlan,set_field:5->vlan_vid", "may have no tag");
	refuse("ip,actions=push_mpls:0x8847,mod_nw_ttl:3,set_field:1.1.1.1->ip_src", "match on ip");
	refuse("actions=push_vlan:0x800", "0x8100 or 0x88a8");
	refuse("actions=mod_vlan_vid:4096", "0 to 4095");
	refuse("actions=mod_nw_tos:3", "low two bits");
	refuse("actions=resubmit(,)", "port or a table");
	refuse("actions=resubmit(1,2,3)", "\"3\"");
	refuse("actions=conjunction(1,3/2)", "K is one from 1 to N");
	refuse("actions=conjunction(1,1/2),output:1", "beside note only, not beside output");
	refuse("actions=note:0", "pairs of hexadecimal digits");
	refuse("actions=meter:0", "count from 1");
	refuse("actions=goto_table:3,1", "output cannot come behind goto_table");
	refuse("actions=goto_table:3,goto_table:4", "twice");
	refuse("table=3,actions=goto_table:3", "from table 3");
	refuse("actions=write_actions(learn())", "learn cannot be in write_actions");
	refuse("actions=clone(goto_table:3)", "goto_table cannot be in clone");
	refuse("actions=clone(1", "not closed");
	refuse("actions=clone(1)2", "a comma is missing");
	refuse("actions=learn(foo=1)", "\"foo=1\"");
	refuse("actions=learn(tcp_dst=5)", "match on tcp");
	refuse("actions=learn(reg0=reg1[0..3])", "4 bits, but the target 32");
	refuse("actions=controller(reason=foo)", "invalid_ttl");
	refuse("actions=normal(3", "parenthesis");
	refuse("actions=normal:3", "normal takes no value");
	refuse("actions=pop_vlan:3", "takes no value");
	refuse_as("ip,actions=1", FLOW_DELETE, "a deletion has no actions");
	refuse_as("priority=3,ip", FLOW_DELETE, "--strict");
	refuse_as("cookie=3", FLOW_DELETE, "cookie=3/-1");
}

static int find_port(void *ctx, struct slice name, uint16_t *number)
{
	*number = slice_is(name, "veth0") ? 5 : 6;
	return slice_is(name, "veth0") || slice_is(name, "eth0.5 x") ? 0 : -ENOENT;
}

static int find_table(void *ctx, struct slice name, uint8_t *number)
{
	*number = 9;
	return slice_is(name, "acl") ? 0 : -ENOENT;
}

static const char *name_port(void *ctx, uint16_t number)
{
	return number == 5 ? "veth0" : number == 6 ? "eth0.5 x" : NULL;
}

static const char *name_table(void *ctx, uint8_t number)
{
	return number == 9 ? "acl" : NULL;
}

static void ports_and_tables_have_names(void **state)
{
	static const struct flow_names names = {find_port, find_table, name_port, name_table, NULL};
	static const char text[] = "table=acl,in_port=veth0 "
				   "actions=veth0,\"eth0.5 x\",output:veth0,resubmit(veth0,acl),"
				   "mirror:\"eth0.5 x\",learn(table=acl,in_port=veth0),7";
	static const char printed[] =
		"table=acl, in_port=veth0 actions=output:veth0,output:\"eth0.5 x\",output:veth0,"
		"resubmit(veth0,acl),mirror:\"eth0.5 x\",learn(table=acl,in_port=veth0),output:7";
	own(print_fini) struct print out = {0};
	own(flow_mod_fini) struct flow_mod flow = {0}, again = {0};
	struct err err = ERR_INIT;

	assert_int_equal(flow_mod_parse(slice_of(text), FLOW_ADD, &names, &flow, &err), 0);
	assert_int_equal(flow.table, 9);
	assert_int_equal(flow.match.key.packet.in_port, 5);
	flow_print(&out, &flow, NULL, &names);
	assert_string_equal(print_text(&out), printed);
	assert_int_equal(flow_mod_parse(slice_of(printed), FLOW_ADD, &names, &again, &err), 0);
	assert_true(ofactions_are_equal(&flow.actions, &again.actions));
	assert_int_equal(flow_mod_parse(slice_of("actions=veth1"), FLOW_ADD, &names, &again, &err),
			 -EINVAL);
	assert_non_null(strstr(err.text, "\"veth1\""));
}

static void outputs_are_found(void **state)
{
	own(flow_mod_fini) struct flow_mod flow = read_flow(
		"actions=output:reg0,controller,write_actions(output:7,group:3)", FLOW_ADD);

	assert_true(ofactions_have_output(&flow.actions, 7));
	assert_true(ofactions_have_output(&flow.actions, OFPORT_CONTROLLER));
	assert_false(ofactions_have_output(&flow.actions, 8));
	assert_true(ofactions_have_group(&flow.actions, 3));
	assert_false(ofactions_have_group(&flow.actions, 7));
}

static void lists_are_copied_whole(void **state)
{
	own(flow_mod_fini) struct flow_mod flow = read_flow("actions=1,clone(2,3)", FLOW_ADD);
	own(ofactions_fini) struct ofactions copy = {0}, empty = {0};

	assert_int_equal(ofactions_copy(&copy, &flow.actions), 0);
	assert_true(ofactions_are_equal(&copy, &flow.actions));
	assert_int_equal(ofactions_copy(&empty, &empty), 0);
	assert_false(ofactions_are_equal(&copy, &empty));
	copy.item[3].output.port++;
	assert_false(ofactions_are_equal(&copy, &flow.actions));
}

static void deep_nesting_is_refused(void **state)
{
	char text[2048] = "actions=";

	for (unsigned i = 0; i < 100; i++)
		strcat(text, "clone(");
	strcat(text, "1");
	for (unsigned i = 0; i < 100; i++)
		strcat(text, ")");
	refuse(text, "levels");
}

static void long_lines_end_well(void **state)
{
	size_t size = 1 << 20;
	own(mem_free) char *text = malloc(size + 1);
	struct flow_mod flow;
	struct err err = ERR_INIT;

	memset(text, 'x', size);
	text[size] = '\0';
	refuse(text, "\"xxx");
	memcpy(text, "actions=", 8);
	for (size_t i = 8; i + 1 < size; i += 2)
		memcpy(text + i, "1,", 2);
	assert_int_equal(flow_mod_parse(slice_of(text), FLOW_ADD, NULL, &flow, &err), -EINVAL);
	assert_non_null(strstr(err.text, "more than 4096 actions"));
}

static void filters_and_commands(void **state)
{
	struct flow_mod flow = read_flow("table=3,out_port=LOCAL,cookie=0x15/0xf0,ip", FLOW_DELETE);

	assert_int_equal(flow.table, 3);
	assert_int_equal(flow.out_port, OFPORT_LOCAL);
	assert_int_equal(flow.cookie_value, 0x10);
	assert_int_equal(flow.cookie_mask, 0xf0);
	flow = read_flow("delete_strict priority=5,ip", FLOW_BY_WORD);
	assert_int_equal(flow.command, FLOW_DELETE_STRICT);
	assert_int_equal(flow.priority, 5);
	assert_int_equal(flow.table, FLOW_TABLE_ANY);
	flow = read_flow("modify cookie=1/-1,cookie=7,actions=", FLOW_BY_WORD);
	assert_int_equal(flow.command, FLOW_MODIFY);
	assert_int_equal(flow.cookie_mask, UINT64_MAX);
	assert_true(flow.has_cookie && flow.cookie == 7);
	flow_mod_fini(&flow);
	flow = read_flow("actions=drop", FLOW_BY_WORD);
	assert_int_equal(flow.command, FLOW_ADD);
	flow_mod_fini(&flow);
}

static void files_have_comments(void **state)
{
	struct slice text = slice_of("# first\n\n ip,actions=1 # why\r\nactions=2"), line;
	unsigned n = 0;

	assert_true(flow_line_next(&text, &line, &n));
	assert_true(slice_is(line, "ip,actions=1"));
	assert_int_equal(n, 3);
	assert_true(flow_line_next(&text, &line, &n));
	assert_true(slice_is(line, "actions=2"));
	assert_false(flow_line_next(&text, &line, &n));
}

static void dumps_show_what_was_counted(void **state)
{
	const struct flow_stats stats = {1500000000, 3, 180, 1, 0, 0};
	own(print_fini) struct print out = {0};
	own(flow_mod_fini) struct flow_mod flow =
		read_flow("table=3,priority=9,tcp,actions=1", FLOW_ADD);

	flow_print(&out, &flow, &stats, NULL);
	assert_string_equal(print_text(&out),
			    "cookie=0x0, duration=1.5s, table=3, n_packets=3, n_bytes=180, "
			    "idle_age=1, hard_age=0, priority=9,tcp actions=output:1");
}

/* Random lists of actions, put together from what is right by itself. */
static void printed_actions_read_back(void **state)
{
	static const char *const parts[] = {
		"output:1",
		"LOCAL",
		"output:reg0[3..9]",
		"set_field:0x5/0xf->reg3",
		"load:7->xxreg0[100..102]",
		"move:eth_src[]->eth_dst[]",
		"resubmit(7,3)",
		"clone(1,2,clone(dec_ttl))",
		"note:01.02.03.04.05.06.07.08",
		"controller(pause,id=3)",
		"learn(table=3,dl_type=0x800,nw_src=1.2.3.4,in_port=3)",
		"dec_ttl(3,4,5)",
		"mirror:7",
		"strip_vlan",
		"push_vlan:0x8100",
		"write_metadata:7",
		"clear_actions",
	};

	for (unsigned round = 0; round < 2000; round++) {
		own(print_fini) struct print out = {0}, line = {0};
		own(flow_mod_fini) struct flow_mod flow = {0};

		print_add(&out, "actions=");
		for (unsigned i = random_below(&seed, 8); i > 0; i--)
			print_fmt(&out, "%s,", parts[random_below(&seed, 17)]);
		if (flow_mod_parse(slice_of(print_text(&out)), FLOW_ADD, NULL, &flow, NULL))
			continue; /* an order that is not allowed */
		flow_print(&line, &flow, NULL, NULL);
		expect(print_text(&line), print_text(&line));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_those_of_ovs_ofctl),
		cmocka_unit_test(actions_are_those_of_ovs_actions),
		cmocka_unit_test(nesting_is_counted),
		cmocka_unit_test(wrong_flows_name_the_word),
		cmocka_unit_test(ports_and_tables_have_names),
		cmocka_unit_test(outputs_are_found),
		cmocka_unit_test(lists_are_copied_whole),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(long_lines_end_well),
		cmocka_unit_test(filters_and_commands),
		cmocka_unit_test(files_have_comments),
		cmocka_unit_test(dumps_show_what_was_counted),
		cmocka_unit_test(printed_actions_read_back),
	};

	random_init(&seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
