/* Groups of a bridge: what becomes of packets that are sent to one, what it counts, and which changes are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/print.h"
#include "flow/group_text.h"
#include "packet/parse.h"
#include "path/worker.h"
#include "port/port_fake.h"
#include "support/flows.h"
#include "support/ops.h"
#include "support/packet.h"
#include "support/rig.h"
#include "switch/bridge.h"
#include "switch/flow_table.h"
#include "switch/group.h"
#include "switch/port_mod.h"
#include "switch/snapshot.h"
#include "switch/translate.h"

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
	return 0;
}

static int teardown(void **state)
{
	rig_fini(&rig);
	return 0;
}

/* Of the connection between two hosts that this port tells, there or back. */
static void build(uint16_t number, bool is_back)
{
	build_start(&packet, rig.sw->pools[0]);
	build_eth(&packet, is_back ? 0x020000000001 : 0x020000000002,
		  is_back ? 0x020000000002 : 0x020000000001, ETH_TYPE_IPV4);
	build_ipv4(&packet, IP_PROTO_TCP, is_back ? 0x0a000002 : 0x0a000001,
		   is_back ? 0x0a000001 : 0x0a000002);
	build_tcp(&packet, is_back ? 80 : number, is_back ? number : 80, 2);
	build_finish(&packet);
}

static const char *ops_of_packet(void)
{
	out.frame = NULL;
	return ops_translated(&rig, &packet.frame, (struct translate_job){0}, &out);
}

static const char *ops(void)
{
	const char *text;

	build(1000, false);
	text = ops_of_packet();
	frame_free(&packet.frame);
	return text;
}

/* A packet comes by port 1 and goes through the worker. */
static void put(uint16_t src_port)
{
	build(src_port, false);
	rig_put(port[1], packet.frame.data, packet.frame.len);
	frame_free(&packet.frame);
	rig_turn(&rig);
}

static unsigned take(unsigned from)
{
	unsigned n = 0;

	while (rig_take(port[from], got))
		n++;
	return n;
}

static int try(enum group_command command, const char *line)
{
	struct group_mod mod;
	struct err err = ERR_INIT;
	int rc;

	if (group_mod_parse(slice_of(line), command, NULL, &mod, &err))
		fail_msg("%s: %s", line, err.text);
	rc = bridge_mods(rig.bridge, &(struct bridge_mod){.group = &mod}, 1, NULL, &err);
	assert_true(!rc == !err.code);
	group_mod_fini(&mod);
	return rc;
}

static void add(const char *line)
{
	assert_int_equal(try(GROUP_ADD, line), 0);
}

static void flow(const char *line)
{
	flows_add(rig.bridge, line);
}

static int print_row(const struct group_row *row, void *ctx)
{
	struct print *text = ctx;

	print_fmt(text, "%u: refs=%u %llu/%llu", row->desc->id, row->n_refs,
		  (unsigned long long)row->count.n_packets, (unsigned long long)row->count.n_bytes);
	for (uint32_t i = 0; i < row->desc->n_buckets; i++)
		print_fmt(text, " %u:%llu", row->desc->bucket[i].id,
			  (unsigned long long)row->bucket[i].n_packets);
	print_char(text, '\n');
	return 0;
}

static const char *counts(void)
{
	static char text[4096];
	struct print print = {0};

	assert_int_equal(bridge_groups_for_each(rig.bridge, GROUP_EVERY, print_row, &print), 0);
	snprintf(text, sizeof(text), "%s", print_text(&print));
	print_fini(&print);
	return text;
}

/* ---- what packets get ---- */

static void all_buckets(void **state)
{
	add("group_id=1,type=all,bucket=2,bucket=3");
	flow("actions=group:1");
	assert_string_equal(ops(), "2 3");
}

static void what_a_bucket_changes_is_its_own(void **state)
{
	add("group_id=1,type=all,bucket=mod_dl_dst:02:00:00:00:00:09,2,bucket=3");
	flow("actions=group:1,4");
	assert_string_equal(ops(), "clone(set:eth_dst=020000000009 2) 3 4");
}

/* A bucket is an action set: its order is not that in which it was written. */
static void a_bucket_is_an_action_set(void **state)
{
	add("group_id=1,type=indirect,bucket=output:2,mod_dl_dst:02:00:00:00:00:09,output:3");
	flow("actions=group:1");
	assert_string_equal(ops(), "set:eth_dst=020000000009 3");
}

static void a_field_that_is_not_there_is_left_alone(void **state)
{
	add("group_id=1,type=indirect,bucket=set_field:1->arp_op,set_field:5->udp_dst,2");
	flow("actions=group:1");
	assert_string_equal(ops(), "2");
}

static void in_an_action_set_it_beats_output(void **state)
{
	add("group_id=1,type=indirect,bucket=2");
	flow("actions=write_actions(output:3,group:1,resubmit:4)");
	assert_string_equal(ops(), "2");
}

static void nothing_alive(void **state)
{
	add("group_id=1,type=all");
	flow("actions=group:1");
	assert_string_equal(ops(), "drop:by-rule");
	assert_int_equal(try(GROUP_MODIFY, "group_id=1,type=ff,bucket=watch_port:9,2"), 0);
	assert_string_equal(ops(), "drop:no-bucket");
	assert_int_equal(try(GROUP_MODIFY, "group_id=1,type=select,bucket=weight:0,2"), 0);
	assert_string_equal(ops(), "drop:no-bucket");
}

static void chains(void **state)
{
	add("group_id=2,type=all,bucket=2,bucket=3");
	add("group_id=1,type=all,bucket=group:2,bucket=4");
	flow("actions=group:1");
	assert_string_equal(ops(), "2 3 4");
}

static void buckets_may_resubmit(void **state)
{
	add("group_id=1,type=all,bucket=resubmit(,2),bucket=3");
	flow("actions=group:1");
	flow("table=2,actions=mod_dl_dst:02:00:00:00:00:09,4");
	assert_string_equal(ops(), "clone(set:eth_dst=020000000009 4) 3");
}

/* Doubling and doubling comes to an end. */
static void too_many_buckets(void **state)
{
	char line[128];

	add("group_id=1,type=all,bucket=2,bucket=3");
	for (unsigned i = 2; i <= 30; i++) {
		snprintf(line, sizeof(line), "group_id=%u,type=all,bucket=group:%u,bucket=group:%u",
			 i, i - 1, i - 1);
		add(line);
	}
	flow("actions=group:30");
	assert_string_equal(ops(), "drop:resubmit-limit");
}

/* ---- selection ---- */

/* How many of `n` connections go to each of the ports 2 to 4. */
static void spread(unsigned n, unsigned *share)
{
	memset(share, 0, 5 * sizeof(*share));
	for (unsigned i = 0; i < n; i++) {
		const char *text;

		build((uint16_t)(1000 + i), false);
		text = ops_of_packet();
		assert_true(text[0] >= '2' && text[0] <= '4' && !text[1]);
		share[text[0] - '0']++;
		frame_free(&packet.frame);
	}
}

static void shares_are_as_weights(void **state)
{
	unsigned share[5];

	add("group_id=1,type=select,bucket=2,bucket=weight:2,3,bucket=weight:5,4");
	flow("actions=group:1");
	spread(8000, share);
	assert_in_range(share[2], 900, 1100);
	assert_in_range(share[3], 1850, 2150);
	assert_in_range(share[4], 4800, 5200);
}

/* One that comes or goes takes or gives, and moves nothing between the others. */
static void others_stay_where_they_are(void **state)
{
	char before[500], after;

	add("group_id=1,type=select,bucket=2,bucket=3,bucket=4");
	flow("actions=group:1");
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < sizeof(before); i++) {
			build((uint16_t)i, false);
			after = *ops_of_packet();
			if (!pass)
				before[i] = after;
			else if (before[i] != '3')
				assert_int_equal(after, before[i]);
			frame_free(&packet.frame);
		}
		if (!pass)
			assert_int_equal(
				try(GROUP_REMOVE_BUCKETS, "group_id=1,command_bucket_id=1"), 0);
	}
}

/* By default both directions of a conversation go one way. */
static void directions_are_alike(void **state)
{
	add("group_id=1,type=select,selection_method=hash,bucket=2,bucket=3,bucket=4");
	flow("actions=group:1");
	for (unsigned i = 0; i < 100; i++) {
		char there;

		build((uint16_t)i, false);
		there = *ops_of_packet();
		frame_free(&packet.frame);
		build((uint16_t)i, true);
		assert_int_equal(*ops_of_packet(), there);
		frame_free(&packet.frame);
	}
}

static void only_fields_that_are_named_count(void **state)
{
	unsigned share[5];

	add("group_id=1,type=select,selection_method=hash,fields(ip_dst),bucket=2,bucket=3,"
	    "bucket=4");
	flow("actions=group:1");
	spread(100, share);
	assert_true(share[2] == 100 || share[3] == 100 || share[4] == 100);
	assert_int_equal(try(GROUP_MODIFY, "group_id=1,type=select,selection_method=hash,fields(ip_"
					   "dst,tcp_src=0xff),bucket=2,bucket=3,bucket=4"),
			 0);
	spread(100, share);
	assert_true(share[2] && share[3] && share[4]);
}

/* Cached decisions are told apart by what the hash is taken of. */
static void cached_flows_spread(void **state)
{
	add("group_id=1,type=select,bucket=2,bucket=3");
	flow("actions=group:1");
	for (unsigned i = 0; i < 64; i++)
		put((uint16_t)(1000 + i));
	assert_in_range(take(2), 16, 48);
	assert_in_range(take(3), 16, 48);
}

/* ---- life ---- */

static void a_dead_port_is_passed_over(void **state)
{
	add("group_id=1,type=ff,bucket=watch_port:2,2,bucket=watch_port:3,3");
	flow("actions=group:1");
	put(1000);
	assert_int_equal(take(2), 1);
	bridge_port_mod(port[2], PORT_MOD_DOWN, PORT_MOD_DOWN, NULL);
	put(1000);
	assert_int_equal(take(2), 0);
	assert_int_equal(take(3), 1);
	bridge_port_mod(port[2], 0, PORT_MOD_DOWN, NULL);
	put(1000);
	assert_int_equal(take(2), 1);
}

/* It died when nobody watched. */
static void a_port_that_was_dead_before(void **state)
{
	bridge_port_mod(port[2], PORT_MOD_DOWN, PORT_MOD_DOWN, NULL);
	add("group_id=1,type=ff,bucket=watch_port:2,2,bucket=watch_port:3,3");
	flow("actions=group:1");
	assert_string_equal(ops(), "3");
}

static void groups_watch_groups(void **state)
{
	add("group_id=2,type=ff,bucket=watch_port:2,2");
	add("group_id=1,type=ff,bucket=watch_group:2,group:2,bucket=watch_port:3,3");
	flow("actions=group:1");
	assert_string_equal(ops(), "2");
	bridge_port_mod(port[2], PORT_MOD_DOWN, PORT_MOD_DOWN, NULL);
	assert_string_equal(ops(), "3");
}

static void select_passes_over_what_is_dead(void **state)
{
	unsigned share[5];

	add("group_id=1,type=select,bucket=watch_port:2,2,bucket=watch_port:3,3");
	flow("actions=group:1");
	bridge_port_mod(port[2], PORT_MOD_DOWN, PORT_MOD_DOWN, NULL);
	spread(50, share);
	assert_int_equal(share[3], 50);
}

/* ---- counters ---- */

static void counts_are_exact(void **state)
{
	add("group_id=1,type=all,bucket=2,bucket=3");
	flow("actions=group:1");
	for (unsigned i = 0; i < 5; i++)
		put(1000);
	assert_string_equal(counts(), "1: refs=1 5/270 0:5 1:5\n");
	/* its own go on; those of buckets begin anew */
	assert_int_equal(try(GROUP_MODIFY, "group_id=1,type=all,bucket=2"), 0);
	put(1000);
	assert_string_equal(counts(), "1: refs=1 6/324 0:1\n");
	assert_int_equal(try(GROUP_INSERT_BUCKETS,
			     "group_id=1,command_bucket_id=first,bucket=bucket_id:7,3"),
			 0);
	put(1000);
	assert_string_equal(counts(), "1: refs=1 7/378 7:1 0:2\n");
	assert_int_equal(try(GROUP_REMOVE_BUCKETS, "group_id=1,command_bucket_id=first"), 0);
	assert_string_equal(counts(), "1: refs=1 7/378 0:2\n");
}

static void who_sends_to_it_is_counted(void **state)
{
	add("group_id=1,type=indirect,bucket=2");
	add("group_id=2,type=all,bucket=group:1,bucket=3");
	flow("in_port=1,actions=group:1");
	flow("in_port=2,actions=group:1,write_actions(group:2)");
	assert_string_equal(counts(), "1: refs=3 0/0 0:0\n2: refs=1 0/0 0:0 1:0\n");
	flows_do(rig.bridge, FLOW_DELETE, "in_port=2");
	assert_string_equal(counts(), "1: refs=2 0/0 0:0\n2: refs=0 0/0 0:0 1:0\n");
}

/* ---- changes ---- */

static void a_change_holds_for_the_next_packet(void **state)
{
	add("group_id=1,type=indirect,bucket=2");
	flow("actions=group:1");
	put(1000);
	assert_int_equal(take(2), 1);
	assert_int_equal(try(GROUP_MODIFY, "group_id=1,type=indirect,bucket=3"), 0);
	put(1000);
	assert_int_equal(take(2), 0);
	assert_int_equal(take(3), 1);
}

static void numbers(void **state)
{
	add("group_id=1,type=all");
	assert_int_equal(try(GROUP_ADD, "group_id=1,type=all"), -EEXIST);
	assert_int_equal(try(GROUP_MODIFY, "group_id=2,type=all"), -ENOENT);
	assert_int_equal(try(GROUP_MODIFY_OR_ADD, "group_id=2,type=all"), 0);
	assert_int_equal(try(GROUP_DELETE, "group_id=3"), 0);
	assert_int_equal(flows_try(rig.bridge, FLOW_ADD, "actions=group:3"), -ENXIO);
	assert_int_equal(flows_try(rig.bridge, FLOW_ADD, "actions=write_actions(group:3)"), -ENXIO);
}

static void buckets(void **state)
{
	add("group_id=6,type=all");
	assert_int_equal(try(GROUP_INSERT_BUCKETS, "group_id=6,command_bucket_id=last,bucket=1"),
			 0);
	assert_int_equal(try(GROUP_INSERT_BUCKETS,
			     "group_id=6,command_bucket_id=first,bucket=bucket_id:3,3"),
			 0);
	assert_int_equal(
		try(GROUP_INSERT_BUCKETS, "group_id=6,command_bucket_id=3,bucket=bucket_id:4,2"),
		0);
	assert_string_equal(counts(), "6: refs=0 0/0 3:0 4:0 0:0\n");
	assert_int_equal(
		try(GROUP_INSERT_BUCKETS, "group_id=6,command_bucket_id=3,bucket=bucket_id:4,2"),
		-ENOTUNIQ);
	assert_int_equal(try(GROUP_INSERT_BUCKETS, "group_id=6,command_bucket_id=99,bucket=2"),
			 -ENODATA);
	assert_int_equal(try(GROUP_INSERT_BUCKETS, "group_id=9,command_bucket_id=last,bucket=2"),
			 -ENOENT);
	assert_int_equal(try(GROUP_REMOVE_BUCKETS, "group_id=6,command_bucket_id=44"), -ENODATA);
	assert_int_equal(try(GROUP_REMOVE_BUCKETS, "group_id=6,command_bucket_id=4"), 0);
	assert_int_equal(try(GROUP_REMOVE_BUCKETS, "group_id=6,command_bucket_id=last"), 0);
	assert_string_equal(counts(), "6: refs=0 0/0 3:0\n");
	assert_int_equal(try(GROUP_REMOVE_BUCKETS, "group_id=6,command_bucket_id=all"), 0);
	assert_int_equal(try(GROUP_REMOVE_BUCKETS, "group_id=6,command_bucket_id=last"), 0);
	assert_string_equal(counts(), "6: refs=0 0/0\n");
}

static void circles_and_loose_ends(void **state)
{
	assert_int_equal(try(GROUP_ADD, "group_id=1,type=all,bucket=group:2"), -ENXIO);
	assert_int_equal(try(GROUP_ADD, "group_id=1,type=ff,bucket=watch_group:2,1"), -ENOLINK);
	assert_int_equal(try(GROUP_ADD, "group_id=1,type=all,bucket=group:1"), -ELOOP);
	assert_string_equal(counts(), "");
	add("group_id=1,type=all,bucket=2");
	add("group_id=2,type=all,bucket=group:1");
	add("group_id=3,type=all,bucket=group:2");
	assert_int_equal(try(GROUP_MODIFY, "group_id=1,type=all,bucket=group:3"), -ELOOP);
	assert_int_equal(try(GROUP_MODIFY, "group_id=1,type=ff,bucket=watch_group:3,1"), -ELOOP);
	assert_int_equal(try(GROUP_DELETE, "group_id=2"), -EBUSY);
	assert_string_equal(counts(), "1: refs=1 0/0 0:0\n2: refs=1 0/0 0:0\n3: refs=0 0/0 0:0\n");
	assert_int_equal(try(GROUP_DELETE, ""), 0);
	assert_string_equal(counts(), "");
}

/* It does not matter in which order chains are made. */
static void long_chains(void **state)
{
	char line[128];

	add("group_id=1,type=all,bucket=2");
	for (unsigned i = 2; i <= GROUP_CHAIN_MAX; i++) {
		snprintf(line, sizeof(line), "group_id=%u,type=all,bucket=group:%u", i, i - 1);
		add(line);
	}
	snprintf(line, sizeof(line), "group_id=100,type=all,bucket=group:%u", GROUP_CHAIN_MAX);
	assert_int_equal(try(GROUP_ADD, line), -ELOOP);
	add("group_id=101,type=all,bucket=3");
	assert_int_equal(try(GROUP_MODIFY, "group_id=1,type=all,bucket=group:101"), -ELOOP);
}

static void flows_go_with_their_group(void **state)
{
	add("group_id=1,type=all,bucket=2");
	add("group_id=2,type=all,bucket=2");
	flow("in_port=1,actions=group:1");
	flow("in_port=2,actions=write_actions(group:1)");
	flow("in_port=3,actions=clone(group:1),1");
	flow("in_port=4,actions=group:2");
	assert_int_equal(try(GROUP_DELETE, "group_id=1"), 0);
	assert_string_equal(flows_text(rig.bridge, ""), "in_port=4 actions=group:2\n");
	flow("in_port=1,actions=2");
	assert_int_equal(try(GROUP_DELETE, "group_id=all"), 0);
	assert_string_equal(flows_text(rig.bridge, ""), "in_port=1 actions=output:2\n");
}

/* Groups and flows in one change: all or nothing; groups may come in any order. */
static void changes_are_whole(void **state)
{
	struct group_mod mods[3];
	struct flow_mod flow_mod = flow_of(FLOW_ADD, "actions=group:2");
	const struct bridge_mod all[] = {
		{.group = &mods[0]}, {.group = &mods[1]}, {.flow = &flow_mod}, {.group = &mods[2]}};
	static const char *const lines[] = {"group_id=2,type=all,bucket=group:1",
					    "group_id=1,type=all,bucket=2",
					    "group_id=3,type=all,bucket=group:4"};
	size_t which = 99;

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(
			group_mod_parse(slice_of(lines[i]), GROUP_ADD, NULL, &mods[i], NULL), 0);
	assert_int_equal(bridge_mods(rig.bridge, all, 4, &which, NULL), -ENXIO);
	assert_int_equal(which, 3);
	assert_string_equal(counts(), "");
	assert_string_equal(flows_text(rig.bridge, ""), "");
	assert_int_equal(bridge_mods(rig.bridge, all, 3, NULL, NULL), 0);
	assert_string_equal(ops(), "2");
	assert_string_equal(counts(), "1: refs=1 0/0 0:0\n2: refs=1 0/0 0:0\n");
	for (unsigned i = 0; i < 3; i++)
		group_mod_fini(&mods[i]);
	flow_mod_fini(&flow_mod);
}

static uint64_t n_misses(void)
{
	struct cache_stats stats;

	vswitch_cache_stats(rig.sw, &stats);
	return stats.n_miss;
}

/* Without select groups nobody looks at ports and addresses. */
static void masks_shrink_again(void **state)
{
	add("group_id=1,type=select,bucket=2,bucket=3");
	flow("actions=group:1");
	put(1000);
	put(1001);
	assert_int_equal(n_misses(), 2);
	assert_int_equal(try(GROUP_DELETE, "group_id=all"), 0);
	flow("actions=2");
	vswitch_tick(rig.sw);
	put(1002);
	put(1003);
	assert_int_equal(n_misses(), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_buckets),
		TEST(what_a_bucket_changes_is_its_own),
		TEST(a_bucket_is_an_action_set),
		TEST(a_field_that_is_not_there_is_left_alone),
		TEST(in_an_action_set_it_beats_output),
		TEST(nothing_alive),
		TEST(chains),
		TEST(buckets_may_resubmit),
		TEST(too_many_buckets),
		TEST(shares_are_as_weights),
		TEST(others_stay_where_they_are),
		TEST(directions_are_alike),
		TEST(only_fields_that_are_named_count),
		TEST(cached_flows_spread),
		TEST(a_dead_port_is_passed_over),
		TEST(a_port_that_was_dead_before),
		TEST(groups_watch_groups),
		TEST(select_passes_over_what_is_dead),
		TEST(counts_are_exact),
		TEST(who_sends_to_it_is_counted),
		TEST(a_change_holds_for_the_next_packet),
		TEST(numbers),
		TEST(buckets),
		TEST(circles_and_loose_ends),
		TEST(long_chains),
		TEST(flows_go_with_their_group),
		TEST(changes_are_whole),
		TEST(masks_shrink_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
