/* How a packet finds its entry, run by the kernel itself (BPF_PROG_TEST_RUN). */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/pkt_cls.h>

#include "kernel_rig.h"

static const struct flow_op to_out = {.type = OP_OUTPUT, .port = OUT};
static const struct flow_op wrong = {.type = OP_DROP, .reason = DROP_HAIRPIN};

static void test_a_known_flow_goes_out_as_it_is(void **state)
{
	struct fixture *f = *state;
	uint8_t out[4096];
	uint32_t size;

	flow_install(f, ipv4, &to_out, 1);
	assert_int_equal(run(f->kernel->progs.port_tc, ipv4, sizeof(ipv4), out, &size),
			 TC_ACT_REDIRECT);
	assert_int_equal(size, sizeof(ipv4));
	assert_memory_equal(out, ipv4, sizeof(ipv4));
	assert_int_equal(n_flow_packets(f), 1);
}

/* True if the program asked the daemon. */
static bool goes_up(struct fixture *f, const void *frame, uint32_t frame_size)
{
	uint8_t out[4096];
	uint32_t size = 0;

	return run(f->kernel->progs.port_tc, frame, frame_size, out, &size) == TC_ACT_REDIRECT &&
	       size == frame_size + sizeof(struct upcall_header);
}

static void test_another_address_is_a_miss(void **state)
{
	struct fixture *f = *state;
	uint8_t frame[sizeof(ipv4)];

	flow_install(f, ipv4, &to_out, 1);
	memcpy(frame, ipv4, sizeof(ipv4));
	frame[5] ^= 1;
	assert_true(goes_up(f, frame, sizeof(frame)));
	assert_int_equal(n_flow_packets(f), 0);
}

static void test_an_entry_at_home_needs_no_index(void **state)
{
	struct fixture *f = *state;
	struct versions versions = {.counter[VERSION_KERNEL] = 1};

	flow_install(f, ipv4, &wrong, 1);
	flow_goes_home(f, ipv4, &to_out, false);
	assert_true(goes_up(f, ipv4, sizeof(ipv4)));
	flow_goes_home(f, ipv4, &to_out, true);
	assert_false(goes_up(f, ipv4, sizeof(ipv4)));
	map_write(f->kernel->maps.versions, 0, &versions);
	assert_true(goes_up(f, ipv4, sizeof(ipv4)));
}

static void test_a_home_may_be_anothers(void **state)
{
	struct fixture *f = *state;

	flow_install(f, ipv4, &to_out, 1);
	flow_home_is_anothers(f, ipv4, &wrong);
	assert_false(goes_up(f, ipv4, sizeof(ipv4)));
	assert_int_equal(n_flow_packets(f), 1);
	assert_int_equal(n_dropped(f, PORT, wrong.reason), 0);
}

/* What its checksum covers, the daemon knows. */
static void test_a_route_with_stops_left_goes_up(void **state)
{
	static const uint8_t size_next_limit[] = {0, 24 + 8, IP_PROTO_ROUTING, 64};
	struct fixture *f = *state;
	uint8_t frame[14 + 40 + 24 + 8] = {0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x86, 0xdd};
	uint8_t *ip = frame + 14, *route = ip + 40;

	ip[0] = 0x60;
	memcpy(ip + 4, size_next_limit, sizeof(size_next_limit));
	memcpy(route, (uint8_t[4]){IP_PROTO_UDP, 2, 0, 0}, 4);
	flow_install(f, frame, &to_out, 1);
	assert_false(goes_up(f, frame, sizeof(frame)));
	route[3] = 1;
	assert_true(goes_up(f, frame, sizeof(frame)));
}

static void test_any_changed_version_makes_it_stale(void **state)
{
	static const uint32_t counters[] = {VERSION_KERNEL, 10, 11};
	struct fixture *f = *state;

	flow_install(f, ipv4, &to_out, 1);
	for (unsigned i = 0; i < 3; i++) {
		struct versions versions = {0};

		assert_false(goes_up(f, ipv4, sizeof(ipv4)));
		versions.counter[counters[i]] = 1;
		map_write(f->kernel->maps.versions, 0, &versions);
		assert_true(goes_up(f, ipv4, sizeof(ipv4)));
		versions.counter[counters[i]] = 0;
		versions.counter[12] = 1; /* of no concern, like the next */
		versions.counter[VERSION_CONFIG] = 1;
		map_write(f->kernel->maps.versions, 0, &versions);
	}
}

/* The index leads to a place that holds another flow by now. */
static void test_a_place_with_another_key_is_a_miss(void **state)
{
	struct fixture *f = *state;
	struct kernel_flow other;

	flow_install(f, ipv4, &to_out, 1);
	other = flow_of(ipv4, &wrong, 1);
	other.word[2] ^= 1;
	map_write(f->kernel->maps.flows, PLACE, &other);
	assert_true(goes_up(f, ipv4, sizeof(ipv4)));
}

static void test_a_slot_with_another_tag_leads_elsewhere(void **state)
{
	struct fixture *f = *state;

	flow_install(f, ipv4, &to_out, 1);
	flow_tag_alone(f, ipv4, &wrong);
	assert_false(goes_up(f, ipv4, sizeof(ipv4)));
	assert_int_equal(n_flow_packets(f), 1);
}

static void test_two_slots_with_one_tag_do_not_lead_to_a_third(void **state)
{
	struct fixture *f = *state;

	flow_install(f, ipv4, &to_out, 1);
	flow_was_between(f, ipv4, &wrong);
	assert_false(goes_up(f, ipv4, sizeof(ipv4)));
	assert_int_equal(n_flow_packets(f), 1);
	assert_int_equal(n_dropped(f, PORT, wrong.reason), 0);
}

static void test_another_ipv6_address_is_a_miss(void **state)
{
	struct fixture *f = *state;

	flow_install(f, ipv4, &to_out, 1);
	flow_has_tail(f, ipv4, 0);
	assert_false(goes_up(f, ipv4, sizeof(ipv4)));
	assert_int_equal(n_flow_packets(f), 1);
	flow_has_tail(f, ipv4, 1);
	assert_true(goes_up(f, ipv4, sizeof(ipv4)));
	assert_int_equal(n_flow_packets(f), 1);
}

static void test_a_port_without_masks_asks(void **state)
{
	struct fixture *f = *state;
	const struct port_masks none = {0};

	flow_install(f, ipv4, &to_out, 1);
	map_write(f->kernel->maps.port_masks, PORT, &none);
	assert_true(goes_up(f, ipv4, sizeof(ipv4)));
}

/* The entry is found by what no class of packets is looked up by. */
static void standby_install(struct fixture *f)
{
	const struct port_masks classes = {.by_class[CLASS_STANDBY] = MASK + 1};

	flow_install(f, ipv4, &to_out, 1);
	map_write(f->kernel->maps.port_masks, PORT, &classes);
}

static void test_what_stands_by_waits_until_nobody_is_there(void **state)
{
	struct fixture *f = *state;
	uint8_t out[4096];
	uint32_t size;

	standby_install(f);
	assert_true(goes_up(f, ipv4, sizeof(ipv4)));
	assert_int_equal(n_flow_packets(f), 0);
	workers_leave(f);
	assert_int_equal(run(f->kernel->progs.port_tc, ipv4, sizeof(ipv4), out, &size),
			 TC_ACT_REDIRECT);
	assert_int_equal(size, sizeof(ipv4));
	assert_int_equal(n_flow_packets(f), 1);
	assert_int_equal(run(f->kernel->progs.port_xdp, ipv4, sizeof(ipv4), out, &size), XDP_PASS);
}

static void test_without_it_both_hooks_drop(void **state)
{
	struct fixture *f = *state;
	uint8_t out[4096];
	uint32_t size;

	workers_leave(f);
	assert_int_equal(run(f->kernel->progs.port_tc, ipv4, sizeof(ipv4), out, &size),
			 TC_ACT_SHOT);
	assert_int_equal(run(f->kernel->progs.port_xdp, ipv4, sizeof(ipv4), out, &size), XDP_DROP);
	assert_int_equal(n_dropped(f, PORT, DROP_UPCALL_DOWN), 2);
}

static void test_nobody_stands_by_for_what_bridges_keep(void **state)
{
	struct fixture *f = *state;
	uint8_t frame[sizeof(ipv4)], out[4096];
	uint32_t size;

	memcpy(frame, ipv4, sizeof(ipv4));
	memcpy(frame, "\x01\x80\xc2\0\0\x0e", 6);
	flow_install(f, frame, &to_out, 1);
	workers_leave(f);
	assert_int_equal(run(f->kernel->progs.port_tc, frame, sizeof(frame), out, &size),
			 TC_ACT_REDIRECT);
	map_write(f->kernel->maps.port_masks, PORT,
		  &(struct port_masks){.by_class[CLASS_STANDBY] = MASK + 1});
	assert_int_equal(run(f->kernel->progs.port_tc, frame, sizeof(frame), out, &size),
			 TC_ACT_SHOT);
	assert_int_equal(n_dropped(f, PORT, DROP_UPCALL_DOWN), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_a_known_flow_goes_out_as_it_is),
		RIG_TEST(test_another_address_is_a_miss),
		RIG_TEST(test_an_entry_at_home_needs_no_index),
		RIG_TEST(test_a_home_may_be_anothers),
		RIG_TEST(test_a_route_with_stops_left_goes_up),
		RIG_TEST(test_any_changed_version_makes_it_stale),
		RIG_TEST(test_a_place_with_another_key_is_a_miss),
		RIG_TEST(test_a_slot_with_another_tag_leads_elsewhere),
		RIG_TEST(test_two_slots_with_one_tag_do_not_lead_to_a_third),
		RIG_TEST(test_another_ipv6_address_is_a_miss),
		RIG_TEST(test_a_port_without_masks_asks),
		RIG_TEST(test_what_stands_by_waits_until_nobody_is_there),
		RIG_TEST(test_without_it_both_hooks_drop),
		RIG_TEST(test_nobody_stands_by_for_what_bridges_keep),
	};

	return RIG_RUN(tests);
}
