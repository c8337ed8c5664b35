#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "port/port_fake.h"
#include "support/ether.h"
#include "support/rig.h"
#include "switch/bridge.h"

#define A         0x020000000001
#define BROADCAST 0xffffffffffff

static struct rig rig;
static struct err err;
static const struct eth_addr mac_a = {{2, 0, 0, 0, 0, 1}};

static int setup(void **state)
{
	err = (struct err)ERR_INIT;
	rig_init(&rig, &RIG_BRIDGE);
	return 0;
}

static int teardown(void **state)
{
	rig_fini(&rig);
	return 0;
}

static struct bridge_port *port(const char *name, uint16_t ofport_request)
{
	struct bridge_port_config config = RIG_PORT("");

	snprintf(config.port.name, sizeof(config.port.name), "%s", name);
	config.ofport_request = ofport_request;
	return rig_port(&rig, &config);
}

static uint16_t ofport_of(const struct bridge_port *of)
{
	struct bridge_port_status status;

	bridge_port_status(of, &status);
	return status.ofport;
}

static void put(struct bridge_port *to, uint64_t dst, uint64_t src)
{
	uint8_t frame[PORT_FAKE_FRAME_MAX];

	rig_put(to, frame, ether_frame(frame, dst, src, ETHER_UNTAGGED));
	rig_turn(&rig);
}

static unsigned n_entries(void)
{
	struct fdb_stats stats;

	bridge_fdb_stats(rig.bridge, &stats);
	return stats.n_entries;
}

/* ---- bridges ---- */

static void a_name_must_be_a_device_s(void **state)
{
	static const char *const wrong[] = {
		"", "a b", "a/b", ".", "..", "a\tb", "sixteen-letters-"};
	struct bridge *bridge;

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(bridge_add(rig.sw, wrong[i], &RIG_BRIDGE, &bridge, &err), -EINVAL);
		assert_non_null(strstr(err.text, wrong[i]));
	}
	assert_int_equal(bridge_add(rig.sw, "fifteen-letters", &RIG_BRIDGE, &bridge, &err), 0);
	assert_string_equal(bridge_name(bridge), "fifteen-letters");
}

static void a_name_is_taken_once(void **state)
{
	struct bridge *bridge;

	assert_int_equal(bridge_add(rig.sw, "br", &RIG_BRIDGE, &bridge, &err), -EEXIST);
	assert_ptr_equal(bridge_lookup(rig.sw, "br"), rig.bridge);
}

static void a_bridge_goes_with_its_ports(void **state)
{
	struct bridge *bridge = rig.bridge;

	port("p1", 0);
	bridge_del(&bridge);

	assert_null(bridge);
	assert_null(bridge_lookup(rig.sw, "br"));
	assert_int_equal(bridge_add(rig.sw, "br", &RIG_BRIDGE, &rig.bridge, &err), 0);
	assert_null(bridge_port_lookup(rig.bridge, "p1"));
}

static void a_table_needs_room_for_its_static_addresses(void **state)
{
	const struct eth_addr mac_b = {{2, 0, 0, 0, 0, 2}};
	struct bridge_config config = RIG_BRIDGE;

	port("p1", 0);
	bridge_fdb_add(rig.bridge, mac_a, 0, "p1", &err);
	bridge_fdb_add(rig.bridge, mac_b, 0, "p1", &err);

	config.mac_table_size = 0;
	assert_int_equal(bridge_set(rig.bridge, &config, &err), -EINVAL);
	config.mac_table_size = 1;
	assert_int_equal(bridge_set(rig.bridge, &config, &err), -EINVAL);
	config.mac_table_size = 2;
	assert_int_equal(bridge_set(rig.bridge, &config, &err), 0);
}

/* ---- ports ---- */

static void wrong_settings_of_a_port_are_refused(void **state)
{
	struct bridge_port_config config = RIG_PORT("p1");
	struct bridge_port *none = NULL;

	config.tag = VLAN_MAX + 1;
	assert_int_equal(bridge_port_add(rig.bridge, &config, &none, &err), -EINVAL);
	config.tag = 10;
	config.ofport_request = 65280;
	assert_int_equal(bridge_port_add(rig.bridge, &config, &none, &err), -EINVAL);
	config.ofport_request = 0;
	config.port.type = PORT_SYSTEM;
	assert_int_equal(bridge_port_add(rig.bridge, &config, &none, &err), -ENOTSUP);
	assert_null(none);
	assert_null(bridge_port_lookup(rig.bridge, "p1"));
}

static void a_port_is_added_once(void **state)
{
	struct bridge_port *p1 = port("p1", 0), *again = NULL;

	assert_int_equal(bridge_port_add(rig.bridge, &RIG_PORT("p1"), &again, &err), -EEXIST);
	assert_ptr_equal(bridge_port_lookup(rig.bridge, "p1"), p1);
}

static void the_port_named_like_the_bridge_is_local(void **state)
{
	assert_int_equal(ofport_of(port("br", 7)), 65534);
	assert_int_equal(ofport_of(port("p1", 7)), 7);
}

static int append_name(struct bridge_port *of, void *ctx)
{
	strcat(strcat(ctx, bridge_port_name(of)), " ");
	return 0;
}

static void ports_come_in_the_order_of_their_numbers(void **state)
{
	struct bridge_port_config config = RIG_PORT("p1");
	char names[64] = "", later[64] = "";

	port("br", 0);
	port("p3", 30);
	port("p1", 10);
	port("p2", 20);
	bridge_for_each_port(rig.bridge, append_name, names);
	assert_string_equal(names, "p1 p2 p3 br ");

	config.ofport_request = 25;
	assert_int_equal(bridge_port_set(bridge_port_lookup(rig.bridge, "p1"), &config, &err), 0);
	bridge_for_each_port(rig.bridge, append_name, later);
	assert_string_equal(later, "p2 p1 p3 br ");
}

static void a_request_that_is_taken_changes_nothing(void **state)
{
	struct bridge_port_config config = RIG_PORT("p2");
	struct bridge_port *p2;

	port("p1", 10);
	p2 = port("p2", 20);
	config.ofport_request = 10;
	assert_int_equal(bridge_port_set(p2, &config, &err), 0);

	assert_int_equal(ofport_of(p2), 20);
}

static void a_name_cannot_change(void **state)
{
	struct bridge_port *p1 = port("p1", 0);

	assert_int_equal(bridge_port_set(p1, &RIG_PORT("p2"), &err), -EINVAL);
	assert_string_equal(bridge_port_name(p1), "p1");
}

static void a_new_port_starts_at_zero(void **state)
{
	struct bridge_port *p1 = port("p1", 0);
	struct bridge_port_status before, after;

	put(p1, BROADCAST, A);
	bridge_port_status(p1, &before);
	assert_int_equal(before.rx_packets, 1);
	assert_int_equal(before.drops[DROP_NO_OUTPUT], 1);

	bridge_port_del(&p1);
	clock_advance(&rig.clock, PORT_ID_REST_NS);
	p1 = port("p1", 0);
	bridge_port_status(p1, &after);
	assert_int_equal(after.id, before.id);
	assert_int_equal(after.rx_packets, 0);
	assert_int_equal(after.drops[DROP_NO_OUTPUT], 0);
}

static void a_number_is_not_given_to_the_next_port_at_once(void **state)
{
	struct bridge_port *p1 = port("p1", 0);
	struct bridge_port_status first, second;

	bridge_port_status(p1, &first);
	bridge_port_del(&p1);
	bridge_port_status(port("p2", 0), &second);

	assert_int_not_equal(first.id, second.id);
}

static void one_bridge_s_packets_stay_on_it(void **state)
{
	uint8_t frame[PORT_FAKE_FRAME_MAX];
	struct bridge_port *p1 = port("p1", 0), *p2 = port("p2", 0), *q1;
	struct bridge *other;

	assert_int_equal(bridge_add(rig.sw, "other", &RIG_BRIDGE, &other, &err), 0);
	assert_int_equal(bridge_port_add(other, &RIG_PORT("q1"), &q1, &err), 0);
	put(p1, BROADCAST, A);

	assert_int_not_equal(rig_take(p2, frame), 0);
	assert_int_equal(rig_take(q1, frame), 0);
}

/* ---- addresses ---- */

static int copy_row(const struct fdb_row *row, void *ctx)
{
	*(struct fdb_row *)ctx = *row;
	return 1;
}

static void rows_tell_where_and_how_old(void **state)
{
	struct fdb_row row;

	put(port("p1", 9), BROADCAST, A);
	clock_advance(&rig.clock, 7 * CLOCK_NS_PER_SEC);

	assert_int_equal(bridge_fdb_for_each(rig.bridge, copy_row, &row), 1);
	assert_memory_equal(&row.mac, &mac_a, sizeof(mac_a));
	assert_string_equal(row.port_name, "p1");
	assert_int_equal(row.ofport, 9);
	assert_int_equal(row.vlan, 0);
	assert_int_equal(row.age_s, 7);
	assert_false(row.is_static);
}

static void static_addresses_are_checked(void **state)
{
	const struct eth_addr multicast = {{1, 0, 0, 0, 0, 1}};

	port("p1", 0);
	assert_int_equal(bridge_fdb_add(rig.bridge, mac_a, 0, "p9", &err), -EINVAL);
	assert_non_null(strstr(err.text, "p9"));
	assert_int_equal(bridge_fdb_add(rig.bridge, mac_a, 4096, "p1", &err), -EINVAL);
	assert_int_equal(bridge_fdb_add(rig.bridge, multicast, 0, "p1", &err), -EINVAL);
	assert_int_equal(bridge_fdb_del(rig.bridge, mac_a, 0, &err), -ENOENT);
	assert_non_null(strstr(err.text, "02:00:00:00:00:01"));
	assert_int_equal(bridge_fdb_add(rig.bridge, mac_a, 0, "p1", &err), 0);
	assert_int_equal(bridge_fdb_del(rig.bridge, mac_a, 0, &err), 0);
}

static void a_full_table_says_so(void **state)
{
	struct bridge_config config = RIG_BRIDGE;
	const struct eth_addr mac_b = {{2, 0, 0, 0, 0, 2}};

	config.mac_table_size = 1;
	assert_int_equal(bridge_set(rig.bridge, &config, &err), 0);
	port("p1", 0);
	assert_int_equal(bridge_fdb_add(rig.bridge, mac_a, 0, "p1", &err), 0);

	assert_int_equal(bridge_fdb_add(rig.bridge, mac_b, 0, "p1", &err), -ENOSPC);
	assert_non_null(strstr(err.text, "mac-table-size"));
}

static void flushing_forgets_what_was_learned(void **state)
{
	struct bridge_port *p1 = port("p1", 0), *p2 = port("p2", 0);

	put(p1, BROADCAST, A);
	put(p2, BROADCAST, A + 1);
	bridge_fdb_add(rig.bridge, (struct eth_addr){{2, 9}}, 0, "p1", &err);

	assert_int_equal(bridge_fdb_flush(rig.bridge, "p1"), 1);
	assert_int_equal(bridge_fdb_flush(rig.bridge, "p9"), 0);
	assert_int_equal(bridge_fdb_flush(rig.bridge, NULL), 1);
	assert_int_equal(n_entries(), 1);
}

static void addresses_go_with_their_port(void **state)
{
	struct bridge_port *p1 = port("p1", 0);

	put(p1, BROADCAST, A);
	bridge_fdb_add(rig.bridge, (struct eth_addr){{2, 9}}, 0, "p1", &err);
	bridge_port_del(&p1);

	assert_int_equal(n_entries(), 0);
}

static void addresses_go_when_their_port_changes_vlans(void **state)
{
	struct bridge_port_config config = RIG_PORT("p1");
	struct bridge_port *p1 = port("p1", 0);

	put(p1, BROADCAST, A);
	config.is_protected = true;
	assert_int_equal(bridge_port_set(p1, &config, &err), 0);
	assert_int_equal(n_entries(), 1);

	config.tag = 10;
	assert_int_equal(bridge_port_set(p1, &config, &err), 0);
	assert_int_equal(n_entries(), 0);
}

/* ---- names ---- */

static void every_drop_has_a_name_of_its_own(void **state)
{
	for (unsigned i = 0; i < N_DROP_REASONS; i++) {
		assert_true(strlen(drop_name(i)) > 0 && strlen(drop_help(i)) > 0);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(drop_name(i), drop_name(j));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(a_name_must_be_a_device_s),
		TEST(a_name_is_taken_once),
		TEST(a_bridge_goes_with_its_ports),
		TEST(a_table_needs_room_for_its_static_addresses),
		TEST(wrong_settings_of_a_port_are_refused),
		TEST(a_port_is_added_once),
		TEST(the_port_named_like_the_bridge_is_local),
		TEST(ports_come_in_the_order_of_their_numbers),
		TEST(a_request_that_is_taken_changes_nothing),
		TEST(a_name_cannot_change),
		TEST(a_new_port_starts_at_zero),
		TEST(a_number_is_not_given_to_the_next_port_at_once),
		TEST(one_bridge_s_packets_stay_on_it),
		TEST(rows_tell_where_and_how_old),
		TEST(static_addresses_are_checked),
		TEST(a_full_table_says_so),
		TEST(flushing_forgets_what_was_learned),
		TEST(addresses_go_with_their_port),
		TEST(addresses_go_when_their_port_changes_vlans),
		TEST(every_drop_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
