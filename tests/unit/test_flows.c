#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/rcu.h"
#include "base/slice.h"
#include "flow/mask.h"
#include "flow/port_text.h"
#include "flow/version.h"
#include "support/flows.h"
#include "support/rig.h"
#include "switch/bridge.h"
#include "switch/flow_table.h"
#include "switch/restore.h"
#include "switch/snapshot.h"

static struct rig rig;
static struct err err;

static int setup(void **state)
{
	err = (struct err)ERR_INIT;
	rig_init(&rig, &RIG_BRIDGE);
	flows_do(rig.bridge, FLOW_DELETE, "");
	return 0;
}

static int teardown(void **state)
{
	rig_fini(&rig);
	return 0;
}

static void add(const char *text)
{
	flows_add(rig.bridge, text);
}

static void flows_are(const char *text)
{
	assert_string_equal(flows_text(rig.bridge, ""), text);
}

static void pass(unsigned seconds)
{
	clock_advance(&rig.clock, seconds * CLOCK_NS_PER_SEC);
	vswitch_tick(rig.sw);
}

/* Counts packets for the flow that a packet like `text` is looked up by, as a worker would. */
static void count(const char *text, uint32_t n)
{
	struct flow_mod packet = flow_of(FLOW_DELETE, text);
	const struct flow_tables *tables = rig.bridge->tables;
	struct credit_list list = {.n = 0};
	const struct flow *flow;
	struct credit *credit;

	flow = flow_tables_lookup(tables, flow_tables_version(tables), 0, &packet.match.key);
	assert_non_null(flow);
	credit_list_add(&list, flow->tally);
	credit = credit_new(rig.sw->credits, &list);
	credit_count(credit, n, 100 * n, clock_now(&rig.clock));
	credit_put(&credit);
}

/* ---- what a bridge begins with ---- */

static void a_standalone_bridge_begins_with_normal(void **state)
{
	struct bridge *bridge;

	assert_int_equal(bridge_add(rig.sw, "other", &RIG_BRIDGE, &bridge, NULL), 0);
	assert_string_equal(flows_text(bridge, ""), "priority=0 actions=NORMAL\n");
}

static void a_secure_bridge_begins_with_nothing(void **state)
{
	struct bridge_config config = RIG_BRIDGE;
	struct bridge *bridge;

	config.fail_mode = FAIL_SECURE;
	assert_int_equal(bridge_add(rig.sw, "other", &config, &bridge, NULL), 0);
	assert_string_equal(flows_text(bridge, ""), "");
}

static void another_fail_mode_begins_anew(void **state)
{
	struct bridge_config config = RIG_BRIDGE;

	add("arp,actions=drop");
	config.fail_mode = FAIL_SECURE;
	assert_int_equal(bridge_set(rig.bridge, &config, NULL), 0);
	flows_are("");
	add("arp,actions=drop");
	config.mac_aging_s++;
	assert_int_equal(bridge_set(rig.bridge, &config, NULL), 0);
	flows_are("arp actions=drop\n");
	config.fail_mode = FAIL_STANDALONE;
	assert_int_equal(bridge_set(rig.bridge, &config, NULL), 0);
	flows_are("priority=0 actions=NORMAL\n");
}

/* ---- looking up ---- */

static uint64_t cookie_found(uint64_t version, const char *packet)
{
	struct flow_mod mod = flow_of(FLOW_DELETE, packet);
	const struct flow *flow =
		flow_tables_lookup(rig.bridge->tables, version, 0, &mod.match.key);

	return flow ? flow->cookie : 0;
}

/* A table with one flow for everything has a short cut: it must end with the version. */
static void a_flow_alone_gives_way(void **state)
{
	const struct flow_tables *tables = rig.bridge->tables;
	uint64_t none = flow_tables_version(tables), alone, two;

	rcu_sleep_end();
	assert_int_equal(cookie_found(none, "arp"), 0);
	rcu_sleep_begin();
	add("cookie=1,priority=3,actions=drop");
	alone = flow_tables_version(tables);
	add("cookie=2,priority=4,arp,actions=drop");
	two = flow_tables_version(tables);
	rcu_sleep_end();
	assert_int_equal(cookie_found(none, "arp"), 0);
	assert_int_equal(cookie_found(alone, "arp"), 1);
	assert_int_equal(cookie_found(two, "arp"), 2);
	assert_int_equal(cookie_found(two, "ip"), 1);
	rcu_sleep_begin();
	flows_do(rig.bridge, FLOW_DELETE, "arp");
	assert_int_equal(cookie_found(two, "arp"), 2);
	assert_int_equal(cookie_found(flow_tables_version(tables), "arp"), 1);
	flows_do(rig.bridge, FLOW_MODIFY, "cookie=3,actions=1");
	assert_int_equal(cookie_found(flow_tables_version(tables), "arp"), 3);
	flows_do(rig.bridge, FLOW_DELETE, "");
	assert_int_equal(cookie_found(flow_tables_version(tables), "arp"), 0);
	add("cookie=4,arp,actions=drop");
	assert_int_equal(cookie_found(flow_tables_version(tables), "ip"), 0);
}

/* ---- add ---- */

static void flows_come_by_table_and_priority(void **state)
{
	add("table=2,actions=drop");
	add("priority=5,arp,actions=1");
	add("priority=7,ip,actions=2");
	add("priority=5,actions=3");
	flows_are("priority=7,ip actions=output:2\n"
		  "priority=5,arp actions=output:1\n"
		  "priority=5 actions=output:3\n"
		  "table=2, actions=drop\n");
}

static void an_equal_flow_is_replaced(void **state)
{
	add("cookie=1,idle_timeout=9,ip,actions=1");
	count("ip", 3);
	pass(2);
	add("cookie=2,ip,actions=2");
	flows_are("cookie=0x2, ip actions=output:2\n");
	assert_int_equal(flows_stats(rig.bridge, "").n_packets, 0);
	assert_int_equal(flows_stats(rig.bridge, "").duration, 0);
}

static void an_add_of_openflow_1_3_keeps_counts(void **state)
{
	struct flow_mod mod = flow_of(FLOW_ADD, "ip,actions=2");

	add("ip,actions=1");
	count("ip", 3);
	mod.flags = FLOW_SINCE_12;
	assert_int_equal(bridge_flow_mods(rig.bridge, &mod, 1, NULL, NULL), 0);
	assert_int_equal(flows_stats(rig.bridge, "").n_packets, 3);
	mod.flags |= FLOW_RESET_COUNTS;
	assert_int_equal(bridge_flow_mods(rig.bridge, &mod, 1, NULL, NULL), 0);
	assert_int_equal(flows_stats(rig.bridge, "").n_packets, 0);
	flow_mod_fini(&mod);
	flows_are("ip actions=output:2\n");
}

static void check_overlap_refuses(void **state)
{
	add("priority=5,tcp,actions=1");
	assert_int_equal(flows_try(rig.bridge, FLOW_ADD, "check_overlap,priority=5,ip,actions=2"),
			 -EEXIST);
	flows_are("priority=5,tcp actions=output:1\n");
	add("check_overlap,priority=6,ip,actions=2");
	add("check_overlap,priority=5,udp,actions=2");
	add("check_overlap,priority=5,tcp,actions=3"); /* the same is no overlap */
	add("check_overlap,table=1,priority=5,ip,actions=2");
	assert_int_equal(flows_try(rig.bridge, FLOW_ADD,
				   "check_overlap,priority=5,ip,actions=conjunction(1,1/2)"),
			 -EEXIST);
}

/* ---- modify ---- */

static void modify_changes_all_within_its_match(void **state)
{
	add("cookie=1,priority=5,tcp,tp_dst=80,actions=1");
	add("idle_timeout=9,send_flow_rem,udp,actions=1");
	add("arp,actions=1");
	pass(3);
	flows_do(rig.bridge, FLOW_MODIFY, "ip,idle_timeout=77,actions=4");
	flows_are("idle_timeout=9, send_flow_rem udp actions=output:4\n"
		  "arp actions=output:1\n"
		  "cookie=0x1, priority=5,tcp,tp_dst=80 actions=output:4\n");
	flows_do(rig.bridge, FLOW_MODIFY, "cookie=8,udp,actions=drop");
	assert_string_equal(flows_text(rig.bridge, "udp"),
			    "cookie=0x8, idle_timeout=9, send_flow_rem udp actions=drop\n");
}

static void modify_strict_changes_one(void **state)
{
	add("priority=5,ip,actions=1");
	add("priority=6,ip,actions=1");
	add("priority=5,tcp,actions=1");
	flows_do(rig.bridge, FLOW_MODIFY_STRICT, "priority=5,ip,actions=4");
	flows_are("priority=6,ip actions=output:1\n"
		  "priority=5,ip actions=output:4\n"
		  "priority=5,tcp actions=output:1\n");
}

static void modify_keeps_counts_and_age(void **state)
{
	struct flow_stats stats;

	add("ip,actions=1");
	count("ip", 3);
	pass(2);
	flows_do(rig.bridge, FLOW_MODIFY, "ip,actions=2");
	count("ip", 1);
	pass(1);
	stats = flows_stats(rig.bridge, "");
	assert_int_equal(stats.n_packets, 4);
	assert_int_equal(stats.n_bytes, 400);
	assert_int_equal(stats.duration, 3 * CLOCK_NS_PER_SEC);
	assert_int_equal(stats.idle_age, 1);
	assert_int_equal(stats.hard_age, 1);
	flows_do(rig.bridge, FLOW_MODIFY, "reset_counts,ip,actions=2");
	assert_int_equal(flows_stats(rig.bridge, "").n_packets, 0);
}

static void modify_of_nothing_adds(void **state)
{
	struct flow_mod mod = flow_of(FLOW_MODIFY, "arp,actions=1");

	flows_do(rig.bridge, FLOW_MODIFY, "cookie=7,priority=3,ip,actions=1");
	flows_do(rig.bridge, FLOW_MODIFY, "cookie=1/1,udp,actions=1");
	mod.flags = FLOW_SINCE_12;
	assert_int_equal(bridge_flow_mods(rig.bridge, &mod, 1, NULL, NULL), 0);
	flow_mod_fini(&mod);
	flows_are("cookie=0x7, priority=3,ip actions=output:1\n");
}

/* ---- delete ---- */

static void delete_knows_its_filters(void **state)
{
	add("cookie=0x11,ip,actions=1,2");
	add("cookie=0x21,arp,actions=2");
	add("table=3,cookie=0x12,ip,actions=3");
	flows_do(rig.bridge, FLOW_DELETE, "cookie=0x1/0xff");
	flows_do(rig.bridge, FLOW_DELETE, "out_port=4");
	flows_do(rig.bridge, FLOW_DELETE, "tcp");
	flows_do(rig.bridge, FLOW_DELETE, "table=2");
	/* no flow may say a group yet */
	flows_do(rig.bridge, FLOW_DELETE, "out_group=7");
	assert_string_not_equal(flows_text(rig.bridge, "table=3"), "");
	flows_do(rig.bridge, FLOW_DELETE, "out_port=3");
	flows_do(rig.bridge, FLOW_DELETE, "out_port=1");
	flows_are("cookie=0x21, arp actions=output:2\n");
	flows_do(rig.bridge, FLOW_DELETE, "cookie=0x20/0x20");
	flows_are("");
}

static void delete_strict_takes_one(void **state)
{
	add("priority=5,ip,actions=1");
	add("priority=6,ip,actions=1");
	add("table=1,priority=5,ip,actions=1");
	flows_do(rig.bridge, FLOW_DELETE_STRICT, "table=0,priority=5,ip");
	flows_do(rig.bridge, FLOW_DELETE_STRICT, "priority=6,tcp");
	flows_are("priority=6,ip actions=output:1\n"
		  "table=1, priority=5,ip actions=output:1\n");
}

/* ---- many at once ---- */

static void all_or_nothing(void **state)
{
	struct flow_mod mods[] = {
		flow_of(FLOW_ADD, "ip,actions=9"),
		flow_of(FLOW_DELETE, "arp"),
		flow_of(FLOW_MODIFY, "udp,actions=9"),
		flow_of(FLOW_ADD, "tcp,actions=conjunction(1,1/2)"),
		flow_of(FLOW_ADD, "check_overlap,tcp,tp_dst=1,actions=9"),
	};
	static const char before[] = "idle_timeout=5, ip actions=output:1\n"
				     "arp actions=output:1\n"
				     "udp actions=output:1\n";
	uint64_t version = flow_tables_version(rig.bridge->tables);
	size_t which = 99;

	add("idle_timeout=5,ip,actions=1");
	add("arp,actions=1");
	add("udp,actions=1");
	version = flow_tables_version(rig.bridge->tables);
	assert_int_equal(bridge_flow_mods(rig.bridge, mods, 5, &which, &err), -EEXIST);
	assert_int_equal(which, 4);
	assert_non_null(strstr(err.text, "check_overlap"));
	assert_int_equal(flow_tables_version(rig.bridge->tables), version);
	flows_are(before);
	mods[4].flags = 0;
	assert_int_equal(bridge_flow_mods(rig.bridge, mods, 5, NULL, NULL), 0);
	assert_int_equal(flow_tables_version(rig.bridge->tables), version + 1);
	flows_are("udp actions=output:9\n"
		  "ip actions=output:9\n"
		  "tcp actions=conjunction(1,1/2)\n"
		  "tcp,tp_dst=1 actions=output:9\n");
	for (unsigned i = 0; i < 5; i++)
		flow_mod_fini(&mods[i]);
	pass(6);
	assert_string_equal(flows_text(rig.bridge, "arp"), "");
}

/* ---- timeouts ---- */

static void a_hard_timeout_asks_for_no_packets(void **state)
{
	add("hard_timeout=3,ip,actions=1");
	pass(2);
	count("ip", 1);
	assert_string_not_equal(flows_text(rig.bridge, ""), "");
	flows_do(rig.bridge, FLOW_MODIFY, "ip,actions=2"); /* begins anew */
	pass(2);
	assert_string_not_equal(flows_text(rig.bridge, ""), "");
	pass(1);
	flows_are("");
}

static void an_idle_timeout_begins_with_each_packet(void **state)
{
	add("idle_timeout=3,ip,actions=1");
	pass(2);
	count("ip", 1);
	pass(2);
	assert_string_not_equal(flows_text(rig.bridge, ""), "");
	pass(1);
	flows_are("");
}

/* ---- watching ---- */

static char seen[1024];

static void see(struct flow_watcher *watcher, struct bridge *bridge, const struct flow_event *event)
{
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%u/%u:%u,%llu ", event->type,
		 event->reason, event->row.flow->priority,
		 (unsigned long long)event->row.stats.n_packets);
}

static void watchers_hear_of_all(void **state)
{
	struct flow_watcher watcher = {.seen = see};

	bridge_flow_watch(rig.bridge, &watcher);
	add("priority=1,send_flow_rem,ip,actions=1");
	count("ip", 5);
	flows_do(rig.bridge, FLOW_MODIFY, "ip,actions=2");
	add("priority=2,idle_timeout=2,arp,actions=1");
	add("priority=3,hard_timeout=2,arp,actions=1");
	flows_do(rig.bridge, FLOW_DELETE, "ip");
	pass(2);
	bridge_flow_unwatch(rig.bridge, &watcher);
	add("actions=drop");
	assert_string_equal(seen, "0/0:1,0 1/0:1,0 0/0:2,0 0/0:3,0 2/2:1,5 2/0:2,0 2/1:3,0 ");
}

/* ---- tables ---- */

static struct flow_table_config table_config(const char *name, uint32_t max_flows,
					     enum flow_eviction eviction)
{
	struct flow_table_config config = {
		.is_limited = max_flows, .max_flows = max_flows, .eviction = eviction};

	snprintf(config.name, sizeof(config.name), "%s", name);
	return config;
}

static void table_set(uint8_t table, struct flow_table_config config)
{
	if (bridge_table_set(rig.bridge, table, &config, &err))
		fail_msg("%s", err.text);
}

static void a_full_table_refuses(void **state)
{
	table_set(3, table_config("", 2, FLOW_REFUSE));
	add("table=3,idle_timeout=5,ip,actions=1");
	add("table=3,arp,actions=1");
	assert_int_equal(flows_try(rig.bridge, FLOW_ADD, "table=3,tcp,actions=1"), -ENOSPC);
	add("table=3,arp,actions=2"); /* it is there */
	add("table=2,tcp,actions=1");
}

/* As Open vSwitch 3.1 does it. */
static void a_limit_of_zero_leaves_no_room(void **state)
{
	const struct flow_table_config none = {.is_limited = true, .eviction = FLOW_EVICT};

	add("table=3,arp,actions=1");
	add("table=3,idle_timeout=5,ip,actions=1");
	table_set(3, none);
	assert_string_equal(flows_text(rig.bridge, "table=3"), "table=3, arp actions=output:1\n");
	assert_int_equal(flows_try(rig.bridge, FLOW_ADD, "table=3,tcp,actions=1"), -ENOSPC);
	table_set(3, table_config("", 0, FLOW_REFUSE));
	add("table=3,tcp,actions=1");
}

/* As Open vSwitch 3.1 does it. */
static void a_full_table_evicts_what_has_a_timeout(void **state)
{
	table_set(3, table_config("", 2, FLOW_EVICT));
	add("table=3,arp,actions=1");
	add("table=3,ip,actions=1");
	assert_int_equal(flows_try(rig.bridge, FLOW_ADD, "table=3,tcp,actions=1"), -ENOSPC);
	add("table=3,idle_timeout=9,importance=4,arp,actions=1");
	add("table=3,tcp,actions=1");
	flows_are("table=3, ip actions=output:1\n"
		  "table=3, tcp actions=output:1\n");
}

static void the_least_important_goes_first(void **state)
{
	table_set(0, table_config("", 3, FLOW_EVICT));
	add("priority=1,importance=2,hard_timeout=10,actions=drop");
	add("priority=2,importance=1,hard_timeout=30,actions=drop");
	add("priority=3,importance=1,idle_timeout=20,actions=drop");
	pass(5);
	count("", 1); /* the third: it stays until 25 */
	add("priority=4,actions=drop");
	assert_string_equal(flows_text(rig.bridge, ""),
			    "priority=4 actions=drop\n"
			    "hard_timeout=30, importance=1, priority=2 actions=drop\n"
			    "hard_timeout=10, importance=2, priority=1 actions=drop\n");
	table_set(0, table_config("", 1, FLOW_EVICT));
	flows_are("priority=4 actions=drop\n");
}

static void a_restored_flow_goes_by_its_old_age(void **state)
{
	struct flow_mod old = flow_of(FLOW_ADD, "in_port=1,hard_timeout=100,actions=drop");
	const struct flow_past past = {.created_at = rig.clock.manual_ns,
				       .modified_at = rig.clock.manual_ns};

	pass(80);
	table_set(0, table_config("", 2, FLOW_EVICT));
	add("in_port=2,hard_timeout=50,actions=drop");
	add("in_port=1,hard_timeout=100,actions=drop");
	bridge_flow_restore(rig.bridge, &old, &past);
	add("in_port=3,actions=drop");
	flows_are("hard_timeout=50, in_port=2 actions=drop\nin_port=3 actions=drop\n");
	flow_mod_fini(&old);
}

/* Flows of one input port are a group; one with no timeout counts for none. */
static void the_largest_group_gives(void **state)
{
	struct flow_table_config config = table_config("", 5, FLOW_EVICT);

	assert_int_equal(subfield_parse(slice_of("NXM_OF_IN_PORT[]"), &config.group_part[0], &err),
			 0);
	config.n_group_parts = 1;
	table_set(0, config);
	add("in_port=1,ip,importance=9,hard_timeout=90,actions=drop");
	add("in_port=1,arp,importance=8,hard_timeout=90,actions=drop");
	add("in_port=2,ip,importance=1,hard_timeout=10,actions=drop");
	add("in_port=3,ip,actions=drop");
	add("in_port=3,arp,actions=drop");
	add("in_port=2,arp,importance=1,hard_timeout=10,actions=drop");
	flows_are("hard_timeout=90, importance=9, ip,in_port=1 actions=drop\n"
		  "hard_timeout=10, importance=1, ip,in_port=2 actions=drop\n"
		  "ip,in_port=3 actions=drop\n"
		  "arp,in_port=3 actions=drop\n"
		  "hard_timeout=10, importance=1, arp,in_port=2 actions=drop\n");
}

/* It has what each of the two says. */
static void a_table_is_said_something_of_twice(void **state)
{
	struct flow_names names = bridge_flow_names(rig.bridge);
	struct flow_table_mod mod = {.name = "theirs", .eviction = FLOW_EVICT};
	struct flow_table_mod got;

	assert_int_equal(bridge_table_mod(rig.bridge, 3, &mod, &err), 0);
	assert_string_equal(names.table_name(names.ctx, 3), "theirs");
	table_set(3, table_config("ours", 1, FLOW_REFUSE));
	assert_string_equal(names.table_name(names.ctx, 3), "ours");
	add("table=3,idle_timeout=9,ip,actions=drop");
	add("table=3,arp,actions=drop");
	assert_int_equal(flows_try(rig.bridge, FLOW_ADD, "table=3,tcp,actions=1"), -ENOSPC);
	table_set(3, table_config("", 0, FLOW_REFUSE));
	assert_string_equal(names.table_name(names.ctx, 3), "theirs");
	bridge_table_get(rig.bridge, 3, NULL, &got);
	assert_memory_equal(&got, &mod, sizeof(got));
	assert_int_equal(bridge_table_mod(rig.bridge, 4, &mod, &err), -EINVAL);
}

static void a_table_has_one_name_of_its_own(void **state)
{
	struct flow_names names = bridge_flow_names(rig.bridge);
	struct flow_table_config config = table_config("in", 0, FLOW_REFUSE);
	static const char *const wrong[] = {"1a", "a b", "a,b", "a=b", "\"a"};
	uint8_t number;

	table_set(7, config);
	table_set(7, config);
	assert_int_equal(bridge_table_set(rig.bridge, 8, &config, &err), -EINVAL);
	assert_non_null(strstr(err.text, "table 7"));
	assert_int_equal(bridge_table_set(rig.bridge, 255, &config, &err), -EINVAL);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		config = table_config(wrong[i], 0, FLOW_REFUSE);
		assert_int_equal(bridge_table_set(rig.bridge, 8, &config, &err), -EINVAL);
		assert_non_null(strstr(err.text, wrong[i]));
	}
	assert_int_equal(names.table_number(names.ctx, slice_of("in"), &number), 0);
	assert_int_equal(number, 7);
	assert_int_equal(names.table_number(names.ctx, slice_of("i"), &number), -ENOENT);
	assert_string_equal(names.table_name(names.ctx, 7), "in");
	assert_null(names.table_name(names.ctx, 8));
	assert_null(names.table_name(names.ctx, 255));
}

static void ports_have_names(void **state)
{
	struct bridge_port_config config = RIG_PORT("p");
	struct flow_names names = bridge_flow_names(rig.bridge);
	uint16_t number;

	config.ofport_request = 12;
	rig_port(&rig, &config);
	assert_int_equal(names.port_number(names.ctx, slice_of("p"), &number), 0);
	assert_int_equal(number, 12);
	assert_int_equal(names.port_number(names.ctx, slice_of("pp"), &number), -ENOENT);
	assert_string_equal(names.port_name(names.ctx, 12), "p");
	assert_null(names.port_name(names.ctx, 11));
}

static void tables_count_and_add_up(void **state)
{
	struct flow_mod all = flow_of(FLOW_DELETE, "");
	struct flow_aggregate sum;
	struct flow_table_stats stats;

	add("ip,actions=1");
	add("arp,actions=1");
	add("table=1,actions=1");
	count("ip", 2);
	count("arp", 3);
	assert_int_equal(bridge_flows_aggregate(rig.bridge, &all, &sum), 0);
	assert_int_equal(sum.n_flows, 3);
	assert_int_equal(sum.n_packets, 5);
	assert_int_equal(sum.n_bytes, 500);
	bridge_table_stats(rig.bridge, 0, &stats);
	assert_int_equal(stats.n_flows, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_standalone_bridge_begins_with_normal),
		TEST(a_secure_bridge_begins_with_nothing),
		TEST(another_fail_mode_begins_anew),
		TEST(a_flow_alone_gives_way),
		TEST(flows_come_by_table_and_priority),
		TEST(an_equal_flow_is_replaced),
		TEST(an_add_of_openflow_1_3_keeps_counts),
		TEST(check_overlap_refuses),
		TEST(modify_changes_all_within_its_match),
		TEST(modify_strict_changes_one),
		TEST(modify_keeps_counts_and_age),
		TEST(modify_of_nothing_adds),
		TEST(delete_knows_its_filters),
		TEST(delete_strict_takes_one),
		TEST(all_or_nothing),
		TEST(a_hard_timeout_asks_for_no_packets),
		TEST(an_idle_timeout_begins_with_each_packet),
		TEST(watchers_hear_of_all),
		TEST(a_full_table_refuses),
		TEST(a_limit_of_zero_leaves_no_room),
		TEST(a_full_table_evicts_what_has_a_timeout),
		TEST(the_least_important_goes_first),
		TEST(a_restored_flow_goes_by_its_old_age),
		TEST(the_largest_group_gives),
		TEST(a_table_is_said_something_of_twice),
		TEST(a_table_has_one_name_of_its_own),
		TEST(ports_have_names),
		TEST(tables_count_and_add_up),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
