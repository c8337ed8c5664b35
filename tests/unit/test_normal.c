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

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(an_unknown_address_is_flooded),
		TEST(a_learned_address_is_not_flooded),
		TEST(a_vlan_stays_within_its_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
