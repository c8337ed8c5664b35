#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "port/port_fake.h"
#include "support/ether.h"
#include "support/rig.h"

#define A         0x020000000001
#define B         0x020000000002
#define BROADCAST 0xffffffffffff

static struct rig rig;
static uint8_t sent[PORT_FAKE_FRAME_MAX];
static uint8_t got[PORT_FAKE_FRAME_MAX];

static int setup(void **state)
{
	rig_init(&rig, &RIG_BRIDGE);
	return 0;
}

static int teardown(void **state)
{
	rig_fini(&rig);
	return 0;
}

static struct bridge_port *access_port(const char *name, uint16_t tag)
{
	struct bridge_port_config config = RIG_PORT("");

	snprintf(config.port.name, sizeof(config.port.name), "%s", name);
	config.vlan_mode = VLAN_ACCESS;
	config.tag = tag;
	return rig_port(&rig, &config);
}

static void put(struct bridge_port *port, uint64_t dst, uint64_t src, int tci)
{
	rig_put(port, sent, ether_frame(sent, dst, src, tci));
	rig_turn(&rig);
}

static void assert_sent(struct bridge_port *port, uint64_t dst, uint64_t src, int tci)
{
	size_t len = ether_frame(sent, dst, src, tci);

	assert_int_equal(rig_take(port, got), len);
	assert_memory_equal(got, sent, len);
}

static void assert_nothing_sent(struct bridge_port *port)
{
	assert_int_equal(rig_take(port, got), 0);
}

static void an_unknown_address_is_flooded(void **state)
{
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));
	struct bridge_port *p3 = rig_port(&rig, &RIG_PORT("p3"));

	put(p1, B, A, ETHER_UNTAGGED);

	assert_nothing_sent(p1);
	assert_sent(p2, B, A, ETHER_UNTAGGED);
	assert_sent(p3, B, A, ETHER_UNTAGGED);
}

static void a_learned_address_is_not_flooded(void **state)
{
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));
	struct bridge_port *p3 = rig_port(&rig, &RIG_PORT("p3"));

	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(p2, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(p3, BROADCAST, A, ETHER_UNTAGGED);

	put(p2, A, B, ETHER_UNTAGGED);

	assert_sent(p1, A, B, ETHER_UNTAGGED);
	assert_nothing_sent(p3);
}

static void a_vlan_stays_within_its_ports(void **state)
{
	struct bridge_port *p1 = access_port("p1", 10);
	struct bridge_port *p2 = access_port("p2", 10);
	struct bridge_port *p3 = access_port("p3", 20);
	struct bridge_port *trunk = rig_port(&rig, &RIG_PORT("trunk"));

	put(p1, BROADCAST, A, ETHER_UNTAGGED);

	assert_sent(p2, BROADCAST, A, ETHER_UNTAGGED);
	assert_nothing_sent(p3);
	assert_sent(trunk, BROADCAST, A, 10);
}

static struct bridge_port *vlan_port(const char *name, enum vlan_mode mode, uint16_t tag,
				     uint16_t trunk)
{
	struct bridge_port_config config = RIG_PORT("");

	snprintf(config.port.name, sizeof(config.port.name), "%s", name);
	config.vlan_mode = mode;
	config.tag = tag;
	if (trunk != VLAN_NONE)
		config.trunks.bits[trunk / 64] |= 1ull << (trunk % 64);
	return rig_port(&rig, &config);
}

static void an_access_port_takes_no_tagged_packet(void **state)
{
	struct bridge_port *p1 = access_port("p1", 10);
	struct bridge_port *p2 = access_port("p2", 10);

	put(p1, BROADCAST, A, 10);

	assert_nothing_sent(p2);
	assert_int_equal(rig_drops(p1, DROP_VLAN_NOT_ALLOWED), 1);
}

static void a_tag_of_vlan_0_counts_as_untagged(void **state)
{
	struct bridge_port *p1 = access_port("p1", 10);
	struct bridge_port *p2 = access_port("p2", 10);
	struct bridge_port *trunk = rig_port(&rig, &RIG_PORT("trunk"));

	put(p1, BROADCAST, A, 0xa000);

	assert_sent(p2, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(trunk, BROADCAST, A, 0xa000 | 10);
}

static void a_trunk_takes_the_vlans_in_its_list_only(void **state)
{
	struct bridge_port *p1 = vlan_port("p1", VLAN_TRUNK, VLAN_NONE, 20);
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));

	put(p1, BROADCAST, A, 20);
	assert_sent(p2, BROADCAST, A, 20);

	put(p1, BROADCAST, A, 21);
	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_nothing_sent(p2);
	assert_int_equal(rig_drops(p1, DROP_VLAN_NOT_ALLOWED), 2);
}

static void a_native_untagged_port_has_no_tag_on_its_own_vlan(void **state)
{
	struct bridge_port *p1 = vlan_port("p1", VLAN_NATIVE_UNTAGGED, 10, VLAN_NONE);
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));

	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(p2, BROADCAST, A, 10);
	put(p2, BROADCAST, B, 10);
	assert_sent(p1, BROADCAST, B, ETHER_UNTAGGED);
	put(p2, BROADCAST, B, 11);
	assert_sent(p1, BROADCAST, B, 11);
}

static void a_native_tagged_port_has_a_tag_on_its_own_vlan(void **state)
{
	struct bridge_port *p1 = vlan_port("p1", VLAN_NATIVE_TAGGED, 10, VLAN_NONE);
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));

	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(p2, BROADCAST, A, 10);
	put(p2, BROADCAST, B, 10);
	assert_sent(p1, BROADCAST, B, 10);
}

static void a_native_vlan_need_not_be_among_the_trunks(void **state)
{
	struct bridge_port *p1 = vlan_port("p1", VLAN_NATIVE_UNTAGGED, 10, 20);
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));

	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(p2, BROADCAST, A, 10);
	put(p1, BROADCAST, A, 20);
	assert_sent(p2, BROADCAST, A, 20);
	put(p1, BROADCAST, A, 30);
	assert_nothing_sent(p2);
}

static struct bridge_port *priority_port(enum priority_tags priority_tags)
{
	struct bridge_port_config config = RIG_PORT("priority");

	config.vlan_mode = VLAN_ACCESS;
	config.tag = 10;
	config.priority_tags = priority_tags;
	return rig_port(&rig, &config);
}

static void priority_tags_never_takes_the_priority_off(void **state)
{
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));
	struct bridge_port *p2 = priority_port(PRIORITY_TAGS_NEVER);

	put(p1, BROADCAST, A, 0xa000 | 10);
	assert_sent(p2, BROADCAST, A, ETHER_UNTAGGED);
}

static void priority_tags_if_nonzero_keeps_a_priority(void **state)
{
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));
	struct bridge_port *p2 = priority_port(PRIORITY_TAGS_IF_NONZERO);

	put(p1, BROADCAST, A, 0xa000 | 10);
	assert_sent(p2, BROADCAST, A, 0xa000);
	put(p1, BROADCAST, A, 10);
	assert_sent(p2, BROADCAST, A, ETHER_UNTAGGED);
}

static void priority_tags_always_tags_everything(void **state)
{
	struct bridge_port *p1 = access_port("p1", 10);
	struct bridge_port *p2 = priority_port(PRIORITY_TAGS_ALWAYS);
	struct bridge_port *trunk = rig_port(&rig, &RIG_PORT("trunk"));

	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(p2, BROADCAST, A, 0);
	assert_sent(trunk, BROADCAST, A, 10);
}

static void each_packet_keeps_its_own_priority(void **state)
{
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));

	/* The second is a hit in the cache, for which its priority does not count. */
	put(p1, BROADCAST, A, 0xe000 | 10);
	assert_sent(p2, BROADCAST, A, 0xe000 | 10);
	put(p1, BROADCAST, A, 0x2000 | 10);
	assert_sent(p2, BROADCAST, A, 0x2000 | 10);
}

static void the_same_address_may_be_elsewhere_in_another_vlan(void **state)
{
	struct bridge_port *p1 = access_port("p1", 10);
	struct bridge_port *p2 = access_port("p2", 20);
	struct bridge_port *trunk = rig_port(&rig, &RIG_PORT("trunk"));

	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	put(p2, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(trunk, BROADCAST, A, 10);
	assert_sent(trunk, BROADCAST, A, 20);

	put(trunk, A, B, 10);
	assert_sent(p1, A, B, ETHER_UNTAGGED);
	assert_nothing_sent(p2);
	put(trunk, A, B, 20);
	assert_sent(p2, A, B, ETHER_UNTAGGED);
	assert_nothing_sent(p1);
}

#define STP    0x0180c2000000
#define LLDP   0x0180c200000e
#define BEYOND 0x0180c2000010

static void reserved_multicast_is_not_forwarded(void **state)
{
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));

	put(p1, STP, A, ETHER_UNTAGGED);
	put(p1, LLDP, A, ETHER_UNTAGGED);
	assert_nothing_sent(p2);
	assert_int_equal(rig_drops(p1, DROP_RESERVED_MULTICAST), 2);

	put(p1, BEYOND, A, ETHER_UNTAGGED);
	assert_sent(p2, BEYOND, A, ETHER_UNTAGGED);
}

/* Those that switches of some makers keep for themselves; the list is that of ovs-vswitchd.conf.db(5). */
static void addresses_of_makers_are_reserved_too(void **state)
{
	static const uint64_t kept[] = {0x01000c000000, 0x01000cccccc0, 0x01000ccccccc,
					0x01000ccccccd, 0x01000ccdcdcd, 0x00e02b000000,
					0x00e02b000004, 0x00e02b000006};
	static const uint64_t passed[] = {0x01000c000001, 0x01000cccccd0, 0x01000ccdcdce,
					  0x00e02b000001, 0x00e02b000005, 0x00e02b000007};
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));

	for (unsigned i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		put(p1, kept[i], A, ETHER_UNTAGGED);
		assert_nothing_sent(p2);
		assert_int_equal(rig_drops(p1, DROP_RESERVED_MULTICAST), i + 1);
	}
	for (unsigned i = 0; i < sizeof(passed) / sizeof(*passed); i++) {
		put(p1, passed[i], A, ETHER_UNTAGGED);
		assert_sent(p2, passed[i], A, ETHER_UNTAGGED);
	}
}

static void forward_bpdu_forwards_it(void **state)
{
	struct bridge_config config = RIG_BRIDGE;
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));

	config.forward_bpdu = true;
	assert_int_equal(bridge_set(rig.bridge, &config, NULL), 0);
	put(p1, STP, A, ETHER_UNTAGGED);

	assert_sent(p2, STP, A, ETHER_UNTAGGED);
}

static void a_multicast_source_is_not_learned(void **state)
{
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));
	struct fdb_stats stats;

	put(p1, BROADCAST, 0x010000000001, ETHER_UNTAGGED);

	assert_sent(p2, BROADCAST, 0x010000000001, ETHER_UNTAGGED);
	bridge_fdb_stats(rig.bridge, &stats);
	assert_int_equal(stats.n_entries, 0);
}

static void a_packet_is_not_sent_back(void **state)
{
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));

	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(p2, BROADCAST, A, ETHER_UNTAGGED);
	put(p1, A, B, ETHER_UNTAGGED);

	assert_nothing_sent(p1);
	assert_nothing_sent(p2);
	assert_int_equal(rig_drops(p1, DROP_HAIRPIN), 1);
}

static void protected_ports_do_not_talk(void **state)
{
	struct bridge_port_config config = RIG_PORT("p1");
	struct bridge_port *p1, *p2, *p3;

	config.is_protected = true;
	p1 = rig_port(&rig, &config);
	strcpy(config.port.name, "p2");
	p2 = rig_port(&rig, &config);
	p3 = rig_port(&rig, &RIG_PORT("p3"));

	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_nothing_sent(p2);
	assert_sent(p3, BROADCAST, A, ETHER_UNTAGGED);
	put(p2, A, B, ETHER_UNTAGGED);
	assert_nothing_sent(p1);
	assert_int_equal(rig_drops(p2, DROP_NOT_FORWARDED), 1);
}

static void without_another_port_there_is_no_output(void **state)
{
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));

	put(p1, BROADCAST, A, ETHER_UNTAGGED);

	assert_int_equal(rig_drops(p1, DROP_NO_OUTPUT), 1);
}

static void fail_mode_secure_drops_until_there_are_flows(void **state)
{
	struct bridge_config config = RIG_BRIDGE;
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));

	config.fail_mode = FAIL_SECURE;
	assert_int_equal(bridge_set(rig.bridge, &config, NULL), 0);
	put(p1, BROADCAST, A, ETHER_UNTAGGED);

	assert_nothing_sent(p2);
	assert_int_equal(rig_drops(p1, DROP_FAIL_SECURE), 1);
}

static void an_address_that_moves_is_found_again(void **state)
{
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));
	struct bridge_port *p3 = rig_port(&rig, &RIG_PORT("p3"));

	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(p2, BROADCAST, A, ETHER_UNTAGGED);
	put(p2, BROADCAST, A, ETHER_UNTAGGED);
	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	while (rig_take(p1, got) || rig_take(p2, got) || rig_take(p3, got))
		;

	/* Back on p1, by a flow that was cached before the move. */
	put(p3, A, B, ETHER_UNTAGGED);
	assert_sent(p1, A, B, ETHER_UNTAGGED);
	assert_nothing_sent(p2);
}

static void an_address_that_is_silent_ages(void **state)
{
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));
	struct fdb_stats stats;

	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(p2, BROADCAST, A, ETHER_UNTAGGED);
	clock_advance(&rig.clock, (BRIDGE_MAC_AGING_S + 1) * CLOCK_NS_PER_SEC);
	rig_turn(&rig);

	bridge_fdb_stats(rig.bridge, &stats);
	assert_int_equal(stats.n_entries, 0);
	assert_int_equal(stats.n_expired, 1);
}

static void an_address_that_is_seen_does_not_age(void **state)
{
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));
	struct fdb_stats stats;

	rig_port(&rig, &RIG_PORT("p2"));
	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	for (int i = 0; i < 2 * BRIDGE_MAC_AGING_S; i++) {
		clock_advance(&rig.clock, CLOCK_NS_PER_SEC);
		put(p1, BROADCAST, A, ETHER_UNTAGGED);
	}

	bridge_fdb_stats(rig.bridge, &stats);
	assert_int_equal(stats.n_entries, 1);
	assert_int_equal(stats.n_learned, 1);
}

static void a_static_address_stays_where_it_is(void **state)
{
	const struct eth_addr mac = {{2, 0, 0, 0, 0, 1}};
	struct bridge_port *p1 = rig_port(&rig, &RIG_PORT("p1"));
	struct bridge_port *p2 = rig_port(&rig, &RIG_PORT("p2"));
	struct bridge_port *p3 = rig_port(&rig, &RIG_PORT("p3"));

	assert_int_equal(bridge_fdb_add(rig.bridge, mac, 0, "p1", NULL), 0);
	put(p2, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(p3, BROADCAST, A, ETHER_UNTAGGED);
	clock_advance(&rig.clock, 1000 * CLOCK_NS_PER_SEC);
	rig_turn(&rig);

	put(p3, A, B, ETHER_UNTAGGED);
	assert_sent(p1, A, B, ETHER_UNTAGGED);
	assert_nothing_sent(p2);
}

static void a_change_holds_for_the_next_packet(void **state)
{
	struct bridge_port_config config = RIG_PORT("p2");
	struct bridge_port *p1 = access_port("p1", 10);
	struct bridge_port *p2 = rig_port(&rig, &config);

	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(p2, BROADCAST, A, 10);

	config.vlan_mode = VLAN_ACCESS;
	config.tag = 10;
	assert_int_equal(bridge_port_set(p2, &config, NULL), 0);
	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_sent(p2, BROADCAST, A, ETHER_UNTAGGED);

	bridge_port_del(&p2);
	put(p1, BROADCAST, A, ETHER_UNTAGGED);
	assert_int_equal(rig_drops(p1, DROP_NO_OUTPUT), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(an_unknown_address_is_flooded),
		TEST(a_learned_address_is_not_flooded),
		TEST(a_vlan_stays_within_its_ports),
		TEST(an_access_port_takes_no_tagged_packet),
		TEST(a_tag_of_vlan_0_counts_as_untagged),
		TEST(a_trunk_takes_the_vlans_in_its_list_only),
		TEST(a_native_untagged_port_has_no_tag_on_its_own_vlan),
		TEST(a_native_tagged_port_has_a_tag_on_its_own_vlan),
		TEST(a_native_vlan_need_not_be_among_the_trunks),
		TEST(priority_tags_never_takes_the_priority_off),
		TEST(priority_tags_if_nonzero_keeps_a_priority),
		TEST(priority_tags_always_tags_everything),
		TEST(each_packet_keeps_its_own_priority),
		TEST(the_same_address_may_be_elsewhere_in_another_vlan),
		TEST(reserved_multicast_is_not_forwarded),
		TEST(addresses_of_makers_are_reserved_too),
		TEST(forward_bpdu_forwards_it),
		TEST(a_multicast_source_is_not_learned),
		TEST(a_packet_is_not_sent_back),
		TEST(protected_ports_do_not_talk),
		TEST(without_another_port_there_is_no_output),
		TEST(fail_mode_secure_drops_until_there_are_flows),
		TEST(an_address_that_moves_is_found_again),
		TEST(an_address_that_is_silent_ages),
		TEST(an_address_that_is_seen_does_not_age),
		TEST(a_static_address_stays_where_it_is),
		TEST(a_change_holds_for_the_next_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
