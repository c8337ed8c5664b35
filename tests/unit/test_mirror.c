/* Mirrors of a bridge, packet by packet: p1 and p2 are access ports of VLAN 10, t a trunk, s where
 * mirrors mostly go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "port/port_fake.h"
#include "support/ether.h"
#include "support/flows.h"
#include "support/rig.h"
#include "switch/mirror.h"

#define A         0x020000000001
#define B         0x020000000002
#define BROADCAST 0xffffffffffff
#define STP       0x0180c2000000

#define PORTS(...) \
	{ \
		.name = (const char *const[]){__VA_ARGS__}, \
		.n = sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *) \
	}

static struct rig rig;
static struct bridge_port *p1, *p2, *t, *s;
static uint8_t sent[PORT_FAKE_FRAME_MAX];
static uint8_t got[PORT_FAKE_FRAME_MAX];

static struct bridge_port *port(const char *name, uint16_t tag)
{
	struct bridge_port_config config = RIG_PORT("");

	snprintf(config.port.name, sizeof(config.port.name), "%s", name);
	if (tag != VLAN_NONE)
		config.vlan_mode = VLAN_ACCESS;
	config.tag = tag;
	return rig_port(&rig, &config);
}

static int setup(void **state)
{
	rig_init(&rig, &RIG_BRIDGE);
	p1 = port("p1", 10);
	p2 = port("p2", 10);
	t = port("t", VLAN_NONE);
	s = port("s", VLAN_NONE);
	return 0;
}

static int teardown(void **state)
{
	rig_fini(&rig);
	return 0;
}

static void mirrors(const struct mirror_config *config, unsigned n)
{
	struct err err = ERR_INIT;

	if (bridge_mirrors_set(rig.bridge, config, n, &err))
		fail_msg("%s", err.text);
}

static void mirror(struct mirror_config config)
{
	config.id = config.name = "m";
	mirrors(&config, 1);
}

static void add_vlan(struct vlan_bitmap *vlans, uint16_t vlan)
{
	vlans->bits[vlan / 64] |= 1ull << (vlan % 64);
}

static void put(struct bridge_port *from, uint64_t dst, uint64_t src, int tci)
{
	rig_put(from, sent, ether_frame(sent, dst, src, tci));
	rig_turn(&rig);
}

static void assert_sent(struct bridge_port *to, uint64_t dst, uint64_t src, int tci)
{
	size_t len = ether_frame(sent, dst, src, tci);

	assert_int_equal(rig_take(to, got), len);
	assert_memory_equal(got, sent, len);
}

static void assert_quiet(struct bridge_port *to)
{
	assert_int_equal(rig_take(to, got), 0);
}

static void assert_counted(uint64_t n_packets, uint64_t n_bytes)
{
	struct mirror_stats stats;

	bridge_mirrors_harvest(rig.bridge);
	assert_int_equal(bridge_mirror_stats(rig.bridge, "m", &stats), 0);
	assert_int_equal(stats.n_packets, n_packets);
	assert_int_equal(stats.n_bytes, n_bytes);
}

static void what_comes_in_by_a_source_is_copied_with_its_vlan(void **state)
{
	mirror((struct mirror_config){.sources = PORTS("p1"), .output_port = "s"});

	put(p1, B, A, ETHER_UNTAGGED);

	assert_sent(s, B, A, 10);
	assert_quiet(s);
	assert_sent(p2, B, A, ETHER_UNTAGGED);
	assert_sent(t, B, A, 10);
	put(p2, B, A, ETHER_UNTAGGED);
	assert_quiet(s);
	assert_counted(1, 60);
}

static void what_leaves_by_a_destination_is_copied_once(void **state)
{
	mirror((struct mirror_config){.destinations = PORTS("p1", "t"), .output_port = "s"});

	put(p2, BROADCAST, A, ETHER_UNTAGGED);

	assert_sent(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(t, BROADCAST, A, 10);
	assert_sent(s, BROADCAST, A, 10);
	assert_quiet(s);
	put(p1, A, B, ETHER_UNTAGGED); /* known by now: to p2 alone */
	assert_sent(p2, A, B, ETHER_UNTAGGED);
	assert_quiet(s);
	assert_counted(1, 60);
}

static void all_ports_both_ways_is_still_once(void **state)
{
	const struct mirror_config both[] = {
		{.id = "m", .name = "m", .selects_all = true, .output_port = "s"},
		{.id = "n", .name = "n", .sources = PORTS("p1"), .output_port = "s"},
	};
	struct mirror_stats second;

	mirrors(both, 2);
	for (unsigned i = 0; i < 3; i++) {
		put(p1, B, A, ETHER_UNTAGGED);
		assert_sent(s, B, A, 10);
		assert_quiet(s);
	}
	assert_counted(3, 180);
	assert_int_equal(bridge_mirror_stats(rig.bridge, "n", &second), 0);
	assert_int_equal(second.n_packets, 0);
}

static void the_first_that_chooses_its_vlan_gets_it(void **state)
{
	struct mirror_config config = {.selects_all = true, .output_port = "s"};

	add_vlan(&config.vlans, 20);
	mirror(config);

	put(t, BROADCAST, A, 10);
	assert_quiet(s);
	put(t, BROADCAST, A, 20);
	assert_sent(s, BROADCAST, A, 20);
	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_quiet(s);
	assert_counted(1, 64);
}

static void a_vlan_counts_even_if_no_flow_looks_at_it(void **state)
{
	struct mirror_config config = {.destinations = PORTS("t"), .output_port = "s"};

	add_vlan(&config.vlans, 20);
	mirror(config);
	flows_add(rig.bridge, "priority=9,actions=output:3");

	put(p1, BROADCAST, A, 10);
	put(p1, BROADCAST, A, 20);
	put(p1, BROADCAST, A, ETHER_UNTAGGED);

	assert_sent(s, BROADCAST, A, 20);
	assert_quiet(s);
	assert_counted(1, 64);
}

static void a_packet_that_is_dropped_was_received_all_the_same(void **state)
{
	mirror((struct mirror_config){.sources = PORTS("t"), .output_port = "s"});
	flows_add(rig.bridge, "priority=9,in_port=3,actions=drop");

	put(t, B, A, 5);

	assert_sent(s, B, A, 5);
	assert_quiet(p1);
}

static void a_tag_that_the_port_does_not_take_is_not_mirrored(void **state)
{
	mirror((struct mirror_config){.sources = PORTS("p1"), .output_port = "s"});

	put(p1, B, A, 11);

	assert_quiet(s);
	assert_int_equal(rig_drops(p1, DROP_VLAN_NOT_ALLOWED), 1);
}

static void what_flows_did_shows_where_it_leaves(void **state)
{
	flows_add(rig.bridge, "priority=9,in_port=3,actions=mod_vlan_vid:7,output:2,strip_vlan,"
			      "mod_dl_src:02:00:00:00:00:09,output:1,output:4");
	mirror((struct mirror_config){.destinations = PORTS("p1"), .output_port = "s"});

	put(t, B, A, 5);

	assert_sent(p2, B, A, 7);
	assert_sent(p1, B, 0x020000000009, ETHER_UNTAGGED);
	assert_sent(s, B, 0x020000000009, 10);             /* the mirror's: VLAN 10 of p1 */
	assert_sent(s, B, 0x020000000009, ETHER_UNTAGGED); /* a flow may name it */
	assert_quiet(s);
}

static void an_output_port_carries_nothing_else(void **state)
{
	put(s, B, A, 5); /* learned there */
	assert_sent(t, B, A, 5);
	mirror((struct mirror_config){.sources = PORTS("p1"), .output_port = "s"});

	put(t, A, B, 5);
	assert_quiet(s);
	put(t, BROADCAST, B, 5);
	assert_quiet(s);
	put(s, BROADCAST, A, 5);
	assert_quiet(t);
	assert_int_equal(rig_drops(s, DROP_MIRROR_ONLY), 1);

	flows_add(rig.bridge, "priority=9,actions=all");
	put(t, B, A, 5);
	assert_quiet(s);
	put(s, B, A, 5);
	assert_int_equal(rig_drops(s, DROP_MIRROR_ONLY), 2);

	mirrors(NULL, 0);
	put(t, B, A, 5);
	assert_sent(s, B, A, 5);
}

static void rspan_floods_its_vlan(void **state)
{
	struct bridge_port *r = port("r", 99);

	mirror((struct mirror_config){.sources = PORTS("p1", "t"), .output_vlan = 99});

	put(p1, B, A, ETHER_UNTAGGED);

	assert_sent(r, B, A, ETHER_UNTAGGED);
	assert_sent(t, B, A, 99);
	assert_sent(s, B, A, 99);
	assert_sent(p2, B, A, ETHER_UNTAGGED);
	assert_sent(t, B, A, 10);
	assert_sent(s, B, A, 10);
	assert_counted(1, 60);
}

static void rspan_goes_out_where_it_came_from_as_open_vswitch_does(void **state)
{
	mirror((struct mirror_config){.sources = PORTS("t"), .output_vlan = 99});

	put(t, B, A, 5 | 3 << 13);

	assert_sent(t, B, A, 99 | 3 << 13);
	assert_sent(s, B, A, 99 | 3 << 13);
	assert_sent(s, B, A, 5 | 3 << 13);
}

static void rspan_takes_neither_its_own_nor_link_local_packets(void **state)
{
	mirror((struct mirror_config){.sources = PORTS("t"), .output_vlan = 99});

	put(t, B, A, 99);
	assert_sent(s, B, A, 99);
	assert_quiet(s);
	assert_quiet(t);
	put(t, STP, A, 5);
	assert_quiet(s);
	assert_int_equal(rig_drops(t, DROP_RESERVED_MULTICAST), 1);
	assert_counted(0, 0);
}

static void span_takes_link_local_packets(void **state)
{
	mirror((struct mirror_config){.sources = PORTS("t"), .output_port = "s"});

	put(t, STP, A, 5);

	assert_sent(s, STP, A, 5);
}

static void snaplen_cuts_copies_alone(void **state)
{
	mirror((struct mirror_config){.sources = PORTS("t"), .output_port = "s", .snaplen = 20});

	put(t, B, A, 5);

	assert_int_equal(rig_take(s, got), 20);
	assert_quiet(s);
	flows_add(rig.bridge, "priority=9,in_port=3,actions=output:3,in_port");
	put(t, B, A, 5);
	assert_int_equal(rig_take(s, got), 20);
	assert_sent(t, B, A, 5);
	assert_counted(2, 128);
}

static void an_access_output_takes_the_tag_off_the_copy_alone(void **state)
{
	struct bridge_port *r = port("r", 30);

	mirror((struct mirror_config){.sources = PORTS("t"), .output_port = "r"});

	put(t, B, A, 5 | 3 << 13);

	assert_sent(r, B, A, ETHER_UNTAGGED);
	assert_sent(s, B, A, 5 | 3 << 13);
}

static void an_action_and_the_table_make_one_copy(void **state)
{
	mirror((struct mirror_config){.destinations = PORTS("p1"), .output_port = "s"});
	flows_add(rig.bridge, "priority=9,in_port=3,actions=mirror:4,mirror:2,output:1");

	put(t, B, A, ETHER_UNTAGGED);

	assert_sent(p1, B, A, ETHER_UNTAGGED);
	assert_sent(p2, B, A, ETHER_UNTAGGED);
	assert_sent(s, B, A, 10);
	assert_quiet(s);
}

static void an_output_port_may_come_later(void **state)
{
	struct bridge_port *late;

	mirror((struct mirror_config){.sources = PORTS("p1", "nobody"), .output_port = "late"});
	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_counted(0, 0);

	late = port("late", VLAN_NONE);
	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(late, BROADCAST, A, 10);
	assert_quiet(late);

	bridge_port_del(&late);
	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_counted(1, 60);
}

static void a_mirror_that_changes_goes_on_counting(void **state)
{
	mirror((struct mirror_config){.sources = PORTS("p1"), .output_port = "s"});
	put(p1, B, A, ETHER_UNTAGGED);
	mirror((struct mirror_config){.sources = PORTS("p1"), .output_port = "t"});
	put(p1, B, A, ETHER_UNTAGGED);
	assert_counted(2, 120);

	mirrors(NULL, 0);
	assert_int_equal(bridge_mirror_stats(rig.bridge, "m", &(struct mirror_stats){0}), -ENOENT);
}

static void assert_refused(const struct mirror_config *config, unsigned n, const char *text)
{
	struct err err = ERR_INIT;

	assert_int_equal(bridge_mirrors_set(rig.bridge, config, n, &err), -EINVAL);
	assert_string_equal(err.text, text);
}

static void nonsense_is_refused_and_changes_nothing(void **state)
{
	static const char *const source = "p1";
	struct mirror_config many[MIRRORS_MAX + 1];
	char names[MIRRORS_MAX + 1][8];

	for (unsigned i = 0; i <= MIRRORS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "m%u", i);
		many[i] = (struct mirror_config){.id = names[i],
						 .name = names[i],
						 .sources = {&source, 1},
						 .output_vlan = (uint16_t)(i + 100)};
	}
	mirror((struct mirror_config){.sources = PORTS("p1"), .output_port = "s"});

	assert_refused(many, MIRRORS_MAX + 1, "bridge br: 33 mirrors are too many: at most 32");
	assert_refused(&(struct mirror_config){.id = "x", .name = "x"}, 1,
		       "mirror x of bridge br has no output: give it a port or a VLAN");
	assert_refused(
		&(struct mirror_config){
			.id = "x", .name = "x", .output_port = "s", .output_vlan = 7},
		1, "mirror x of bridge br has two outputs, port s and VLAN 7: leave it one");

	put(p1, B, A, ETHER_UNTAGGED);
	assert_sent(s, B, A, 10);
	mirrors(many, MIRRORS_MAX);
	put(p1, B, A, ETHER_UNTAGGED);
	for (unsigned i = 0; i < MIRRORS_MAX; i++)
		assert_sent(s, B, A, (int)i + 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_comes_in_by_a_source_is_copied_with_its_vlan),
		TEST(what_leaves_by_a_destination_is_copied_once),
		TEST(all_ports_both_ways_is_still_once),
		TEST(the_first_that_chooses_its_vlan_gets_it),
		TEST(a_vlan_counts_even_if_no_flow_looks_at_it),
		TEST(a_packet_that_is_dropped_was_received_all_the_same),
		TEST(a_tag_that_the_port_does_not_take_is_not_mirrored),
		TEST(what_flows_did_shows_where_it_leaves),
		TEST(an_output_port_carries_nothing_else),
		TEST(rspan_floods_its_vlan),
		TEST(rspan_goes_out_where_it_came_from_as_open_vswitch_does),
		TEST(rspan_takes_neither_its_own_nor_link_local_packets),
		TEST(span_takes_link_local_packets),
		TEST(snaplen_cuts_copies_alone),
		TEST(an_access_output_takes_the_tag_off_the_copy_alone),
		TEST(an_action_and_the_table_make_one_copy),
		TEST(an_output_port_may_come_later),
		TEST(a_mirror_that_changes_goes_on_counting),
		TEST(nonsense_is_refused_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
