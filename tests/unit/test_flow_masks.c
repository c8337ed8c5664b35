/* Which bits of packets the flows of a bridge make count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "flow/mask.h"
#include "flow/version.h"
#include "support/flows.h"
#include "support/rig.h"
#include "switch/bridge.h"
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

static bool has_bits(enum packet_class of, unsigned word, uint64_t bits)
{
	const struct flow_mask *mask = rig.bridge->view->masks.by_class[of];

	for (unsigned i = 0; i < mask->n_words; i++)
		if (mask->word[i] == word)
			return (mask->bits[i] & bits) == bits;
	return !bits;
}

static bool has_ports(enum packet_class of)
{
	struct flow_key key = {.packet.l4_dst = to_be16(0xffff)};

	return has_bits(of, 4, key.word[4]);
}

static void masks_have_what_flows_of_their_class_look_at(void **state)
{
	rig_port(&rig, &RIG_PORT("p"));
	assert_false(has_ports(CLASS_IPV4_TCP));
	add("tcp,tp_dst=80,actions=drop");
	assert_true(has_ports(CLASS_IPV4_TCP));
	assert_false(has_ports(CLASS_IPV4_UDP));
	assert_false(has_ports(CLASS_ARP));
	assert_true(has_bits(CLASS_ARP, 0, 0xffff));
	/* Another port must not make anything of it. */
	rig_port(&rig, &RIG_PORT("q"));
	assert_true(has_ports(CLASS_IPV4_TCP));
}

static const struct flow_mask *standby(void)
{
	return rig.bridge->view->masks.standby;
}

/* Nothing but its port, as long as no port has a VLAN of its own. */
static void a_standby_mask_has_what_unknown_packets_are_told_apart_by(void **state)
{
	struct bridge_port_config access = RIG_PORT("q");
	struct flow_key bits = {.packet = {.in_port = UINT16_MAX, .packet_class = UINT8_MAX}};

	rig_port(&rig, &RIG_PORT("p"));
	add("actions=normal");
	assert_true(mask_is(standby(), &bits));
	access.vlan_mode = VLAN_ACCESS;
	access.tag = 10;
	rig_port(&rig, &access);
	bits.packet.vlan.tci = to_be16(VLAN_PRESENT | 0x0fff);
	assert_true(mask_is(standby(), &bits));
	/* The same where NORMAL stands in for flows. */
	flows_do(rig.bridge, FLOW_DELETE, "");
	bridge_stand_in(rig.bridge, true);
	assert_true(mask_is(standby(), &bits));
}

/* Addresses are no more than NORMAL looks at, but a flow might have said something else about them. */
static void no_mask_stands_by_where_a_flow_looks_at_more(void **state)
{
	rig_port(&rig, &RIG_PORT("p"));
	add("actions=normal");
	add("in_port=1,actions=drop");
	assert_non_null(standby());
	add("dl_dst=02:00:00:00:00:01,actions=drop");
	assert_null(standby());
	flows_do(rig.bridge, FLOW_DELETE, "dl_dst=02:00:00:00:00:01");
	pass(2);
	assert_non_null(standby());
	add("udp,actions=drop");
	assert_null(standby());
}

static void no_mask_stands_by_for_a_secure_bridge(void **state)
{
	struct bridge_config config = RIG_BRIDGE;

	config.fail_mode = FAIL_SECURE;
	assert_int_equal(bridge_set(rig.bridge, &config, &err), 0);
	rig_port(&rig, &RIG_PORT("p"));
	add("actions=normal");
	assert_null(standby());
}

static void masks_shrink_a_little_later(void **state)
{
	uint32_t config;

	rig_port(&rig, &RIG_PORT("p"));
	add("tcp,tp_dst=80,actions=drop");
	flows_do(rig.bridge, FLOW_DELETE, "tcp");
	assert_true(has_ports(CLASS_IPV4_TCP));
	add("tcp,tp_dst=80,actions=drop");
	vswitch_tick(rig.sw);
	assert_true(has_ports(CLASS_IPV4_TCP));
	flows_do(rig.bridge, FLOW_DELETE, "tcp");
	vswitch_tick(rig.sw);
	assert_false(has_ports(CLASS_IPV4_TCP));
	config = version_read(rig.sw->versions, VERSION_CONFIG);
	vswitch_tick(rig.sw);
	assert_int_equal(version_read(rig.sw->versions, VERSION_CONFIG), config);
}

/* A label that is pushed makes an IP packet meet what looks at labels. */
static void classes_are_one_where_labels_come_and_go(void **state)
{
	rig_port(&rig, &RIG_PORT("p"));
	add("table=1,mpls,dl_src=02:00:00:00:00:01,actions=drop");
	assert_false(has_bits(CLASS_IPV4_TCP, 1, 0xffff000000000000));
	add("ip,actions=push_mpls:0x8847,goto_table:1");
	assert_true(has_bits(CLASS_IPV4_TCP, 1, 0xffff000000000000));
	assert_true(has_bits(CLASS_ARP, 1, 0xffff000000000000));
}

static void a_mask_too_many_is_refused(void **state)
{
	const struct flow_mask *masks[FLOW_MASK_IDS];
	unsigned n = 0;

	rig_port(&rig, &RIG_PORT("p"));
	add("arp,actions=drop");
	for (uint64_t i = 1; n < FLOW_MASK_IDS; i++, n++) {
		struct flow_key bits = {.tunnel.id.be = i};

		if (mask_get(rig.sw->masks, &bits, &masks[n]))
			break;
	}
	assert_int_equal(flows_try(rig.bridge, FLOW_ADD, "tcp,tp_dst=80,actions=drop"), -ENOSPC);
	flows_are("arp actions=drop\n");
	assert_false(has_ports(CLASS_IPV4_TCP));
	add("arp,priority=4,actions=drop");
	flows_do(rig.bridge, FLOW_DELETE, "");
	vswitch_tick(rig.sw); /* no other mask to be had: those of before stay */
	while (n)
		mask_put(rig.sw->masks, &masks[--n]);
	add("tcp,tp_dst=80,actions=drop");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(masks_have_what_flows_of_their_class_look_at),
		TEST(a_standby_mask_has_what_unknown_packets_are_told_apart_by),
		TEST(no_mask_stands_by_where_a_flow_looks_at_more),
		TEST(no_mask_stands_by_for_a_secure_bridge),
		TEST(masks_shrink_a_little_later),
		TEST(classes_are_one_where_labels_come_and_go),
		TEST(a_mask_too_many_is_refused),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
