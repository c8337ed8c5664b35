/* Standing orders, packet by packet: p1 and p2 talk, s is where mirror orders mostly go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "flow/match_text.h"
#include "port/port_fake.h"
#include "support/ether.h"
#include "support/flows.h"
#include "support/rig.h"
#include "switch/bridge.h"
#include "switch/capture.h"
#include "switch/flows.h"
#include "switch/mirror.h"
#include "switch/order.h"

#define A      0x020000000001
#define B      0x020000000002
#define FROM_A "dl_src=02:00:00:00:00:01"
#define TO_B   "dl_dst=02:00:00:00:00:02"

static struct rig rig;
static struct bridge_port *p1, *p2, *s;
static uint8_t sent[PORT_FAKE_FRAME_MAX];
static uint8_t got[PORT_FAKE_FRAME_MAX];

static int setup(void **state)
{
	rig_init(&rig, &RIG_BRIDGE);
	p1 = rig_port(&rig, &RIG_PORT("p1"));
	p2 = rig_port(&rig, &RIG_PORT("p2"));
	s = rig_port(&rig, &RIG_PORT("s"));
	flows_do(rig.bridge, FLOW_DELETE, "");
	flows_add(rig.bridge, "in_port=1,actions=output:2");
	flows_add(rig.bridge, "in_port=2,actions=output:1");
	return 0;
}

static int teardown(void **state)
{
	rig_fini(&rig);
	return 0;
}

/* ---- orders by their text ---- */

static int order_try(struct order_config config, const char *match, struct err *err)
{
	if (match_parse(slice_of(match), NULL, &config.match, NULL))
		fail_msg("%s: no match", match);
	return bridge_order_add(rig.bridge, &config, NULL, err);
}

static void order(struct order_config config, const char *match)
{
	struct err err = ERR_INIT;

	if (order_try(config, match, &err))
		fail_msg("%s: %s", match, err.text);
}

static void drop(const char *match)
{
	order((struct order_config){.kind = ORDER_DROP}, match);
}

static void mirror(const char *match, const char *port)
{
	order((struct order_config){.kind = ORDER_MIRROR, .port = port}, match);
}

static void undo(const char *name)
{
	struct err err = ERR_INIT;

	if (bridge_orders_del(rig.bridge, &name, 1, &err))
		fail_msg("%s", err.text);
}

static void assert_refused(struct order_config config, const char *match, int code,
			   const char *text)
{
	struct err err = ERR_INIT;

	assert_int_equal(order_try(config, match, &err), -code);
	assert_string_equal(err.text, text);
}

static int show(const struct order_row *row, void *ctx)
{
	char *text = ctx;

	sprintf(text + strlen(text), "%s %llu ", row->name, (unsigned long long)row->n_packets);
	return 0;
}

/* All orders with their packets. */
static const char *orders(void)
{
	static char text[4096];

	text[0] = '\0';
	bridge_orders_for_each(rig.bridge, show, text);
	return text;
}

/* ---- packets ---- */

static void put(struct bridge_port *from, uint64_t dst, uint64_t src)
{
	rig_put(from, sent, ether_frame(sent, dst, src, ETHER_UNTAGGED));
	rig_turn(&rig);
}

static void assert_sent(struct bridge_port *to, uint64_t dst, uint64_t src)
{
	size_t len = ether_frame(sent, dst, src, ETHER_UNTAGGED);

	assert_int_equal(rig_take(to, got), len);
	assert_memory_equal(got, sent, len);
}

static void assert_quiet(struct bridge_port *to)
{
	assert_int_equal(rig_take(to, got), 0);
}

/* ---- drops ---- */

static void what_is_dropped_is_counted_and_all_else_goes_on(void **state)
{
	put(p1, B, A); /* in the cache by now */
	assert_sent(p2, B, A);

	drop(FROM_A);

	put(p1, B, A);
	put(p1, B, A);
	assert_quiet(p2);
	assert_int_equal(rig_drops(p1, DROP_BY_ORDER), 2);
	put(p2, A, B);
	assert_sent(p1, A, B);
	assert_string_equal(orders(), "drop1 2 ");
	undo("drop1");
	put(p1, B, A);
	assert_sent(p2, B, A);
	assert_string_equal(orders(), "");
}

static void a_drop_counts_for_the_eldest_order(void **state)
{
	drop("");
	drop(FROM_A);
	order((struct order_config){.kind = ORDER_DROP, .name = "x"}, FROM_A);

	put(p1, B, A);

	assert_string_equal(orders(), "drop1 1 drop2 0 x 0 ");
	undo("drop1");
	put(p1, B, A);
	assert_string_equal(orders(), "drop2 1 x 0 ");
	drop(TO_B);
	assert_string_equal(orders(), "drop2 1 x 0 drop1 0 ");
}

static void a_drop_beats_every_mirror(void **state)
{
	const struct mirror_config all = {
		.id = "m", .name = "m", .selects_all = true, .output_port = "s"};

	assert_int_equal(bridge_mirrors_set(rig.bridge, &all, 1, NULL), 0);
	flows_add(rig.bridge, "in_port=1,actions=mirror(port=2),output:2");
	mirror("", "s");
	drop(FROM_A);

	put(p1, B, A);

	assert_quiet(s);
	assert_quiet(p2);
	assert_string_equal(orders(), "mirror1 0 drop1 1 ");
}

/* ---- mirrors ---- */

static void a_copy_is_as_received_and_the_packet_goes_on(void **state)
{
	flows_add(rig.bridge, "in_port=1,actions=mod_vlan_vid:5,mod_dl_dst:02:00:00:00:00:09,"
			      "pop_vlan,output:2");
	mirror(FROM_A, "s");

	put(p1, B, A);

	assert_sent(s, B, A);
	assert_quiet(s);
	assert_sent(p2, 0x020000000009, A);
	put(p1, B, B);
	assert_quiet(s);
	assert_string_equal(orders(), "mirror1 1 ");
}

static void one_place_gets_one_copy_and_all_orders_count(void **state)
{
	const struct mirror_config all = {
		.id = "m", .name = "m", .selects_all = true, .output_port = "s"};

	flows_add(rig.bridge, "in_port=1,actions=mirror(port=3),output:2");
	mirror(FROM_A, "s");
	mirror(TO_B, "s");
	put(p1, B, A);
	assert_sent(s, B, A);
	assert_quiet(s);

	assert_int_equal(bridge_mirrors_set(rig.bridge, &all, 1, NULL), 0);

	put(p1, B, A);
	assert_sent(s, B, A);
	assert_quiet(s);
	assert_string_equal(orders(), "mirror1 2 mirror2 2 ");
}

static void what_nothing_else_is_done_with_is_still_a_drop(void **state)
{
	flows_add(rig.bridge, "in_port=1,actions=drop");
	mirror("", "s");

	put(p1, B, A);

	assert_sent(s, B, A);
	assert_int_equal(rig_drops(p1, DROP_BY_RULE), 1);
}

static void a_broken_flow_does_not_keep_the_copy_back(void **state)
{
	flows_add(rig.bridge, "in_port=1,actions=output:2,resubmit(,0)");
	mirror("", "s");

	put(p1, B, A);

	assert_sent(s, B, A);
	assert_quiet(p2);
	assert_int_equal(rig_drops(p1, DROP_RESUBMIT_DEPTH), 1);
}

static void nothing_goes_back_where_it_came_from(void **state)
{
	flows_add(rig.bridge, "in_port=3,actions=output:2");
	mirror("", "s");

	put(s, B, A);

	assert_quiet(s);
	assert_sent(p2, B, A);
	assert_string_equal(orders(), "mirror1 0 ");
}

static void into_a_vlan_goes_to_the_ports_that_carry_it(void **state)
{
	struct bridge_port_config config = RIG_PORT("v");
	struct bridge_port *v;

	config.vlan_mode = VLAN_ACCESS;
	config.tag = 9;
	v = rig_port(&rig, &config);
	order((struct order_config){.kind = ORDER_MIRROR, .vlan = 9}, FROM_A);

	put(p1, B, A);

	assert_sent(v, B, A);
	assert_quiet(v);
	assert_int_equal(rig_take(s, got), ether_frame(sent, B, A, 9)); /* a trunk */
	assert_memory_equal(got, sent, ether_frame(sent, B, A, 9));
}

static void a_port_may_go_and_come(void **state)
{
	mirror("", "s");
	bridge_port_del(&s);
	put(p1, B, A);
	assert_sent(p2, B, A);
	assert_string_equal(orders(), "mirror1 0 ");

	/* its numbers may be another's by then */
	rig_port(&rig, &RIG_PORT("other"));
	s = rig_port(&rig, &RIG_PORT("s"));

	put(p1, B, A);
	assert_sent(s, B, A);
	assert_string_equal(orders(), "mirror1 1 ");
}

/* ---- captures ---- */

struct taken {
	struct capture_taker taker;
	unsigned n;
	uint32_t len, total_len;
	uint16_t port;
	uint64_t n_packets; /* that there were, when it was over */
};

static void take(struct capture_taker *taker, struct bridge *bridge, const struct captured *packet)
{
	struct taken *taken = (struct taken *)taker;

	assert_ptr_equal(bridge, rig.bridge);
	assert_memory_equal(packet->data, sent, packet->len);
	taken->n++;
	taken->len = packet->len;
	taken->total_len = packet->total_len;
	taken->port = packet->port;
}

static void gone(struct capture_taker *taker, uint64_t n_packets)
{
	((struct taken *)taker)->n_packets = n_packets;
}

static void a_capture_sees_what_comes_in_also_what_is_dropped(void **state)
{
	struct taken taken = {.taker = {take, gone}}, some = taken;
	struct bridge_port_status status;

	order((struct order_config){.kind = ORDER_CAPTURE, .taker = &taken.taker}, "");
	order((struct order_config){.kind = ORDER_CAPTURE, .taker = &some.taker, .snaplen = 20},
	      "in_port=2");
	drop(FROM_A);

	put(p1, B, A);
	while (captures_deliver(rig.sw->captures))
		;
	assert_int_equal(taken.n, 1);
	assert_int_equal(some.n, 0);
	bridge_port_status(p1, &status);
	assert_int_equal(taken.port, status.id);
	assert_int_equal(rig_drops(p1, DROP_BY_ORDER), 1);
	put(p2, A, B);
	assert_sent(p1, A, B);

	/* what waits is seen before it is over */
	undo("capture2");
	assert_int_equal(some.n, 1);
	assert_int_equal(some.len, 20);
	assert_int_equal(some.total_len, 60);
	assert_int_equal(some.n_packets, 1);
	assert_string_equal(orders(), "drop1 1 ");
	undo("capture1");
	assert_int_equal(taken.n, 2);
	assert_int_equal(taken.n_packets, 2);
	put(p2, A, B);
	assert_int_equal(taken.n, 2);
}

static void a_capture_that_is_not_emptied_loses_packets_and_nothing_else(void **state)
{
	struct taken taken = {.taker = {take, gone}};

	order((struct order_config){.kind = ORDER_CAPTURE, .taker = &taken.taker}, "");
	for (unsigned i = 0; i < CAPTURE_SLOTS + 10; i++) {
		put(p1, B, A);
		assert_sent(p2, B, A);
		rig.clock.manual_ns += CLOCK_NS_PER_MS;
	}
	undo("capture1");
	assert_int_equal(taken.n, CAPTURE_SLOTS);
	assert_int_equal(taken.n_packets, CAPTURE_SLOTS + 10);
}

static void a_bridge_that_goes_ends_its_captures(void **state)
{
	struct taken taken[CAPTURES_MAX + 1];
	struct bridge *other;
	struct err err = ERR_INIT;

	assert_int_equal(bridge_add(rig.sw, "other", &RIG_BRIDGE, &other, NULL), 0);
	for (unsigned i = 0; i <= CAPTURES_MAX; i++) {
		const struct order_config config = {.kind = ORDER_CAPTURE,
						    .taker = &taken[i].taker};

		taken[i] = (struct taken){.taker = {take, gone}, .n_packets = 77};
		assert_int_equal(bridge_order_add(other, &config, NULL, &err),
				 i < CAPTURES_MAX ? 0 : -ENOSPC);
	}
	assert_string_equal(err.text, "bridge other: 8 captures are under way already");
	bridge_del(&other);
	for (unsigned i = 0; i < CAPTURES_MAX; i++)
		assert_int_equal(taken[i].n_packets, 0);
}

/* ---- their life ---- */

static void an_order_ends_by_itself(void **state)
{
	order((struct order_config){.kind = ORDER_DROP, .lifetime = 10 * CLOCK_NS_PER_SEC}, "");
	rig.clock.manual_ns += 9 * CLOCK_NS_PER_SEC;
	vswitch_tick(rig.sw);
	put(p1, B, A);
	assert_quiet(p2);

	rig.clock.manual_ns += CLOCK_NS_PER_SEC;
	vswitch_tick(rig.sw);

	put(p1, B, A);
	assert_sent(p2, B, A);
	assert_string_equal(orders(), "");
}

static void no_change_of_flows_touches_an_order(void **state)
{
	struct bridge_config secure = RIG_BRIDGE;

	secure.fail_mode = FAIL_SECURE;
	drop(FROM_A);
	mirror(TO_B, "s");

	flows_do(rig.bridge, FLOW_DELETE, "");
	assert_string_equal(flows_text(rig.bridge, ""), "");
	assert_int_equal(bridge_set(rig.bridge, &secure, NULL), 0);

	put(p1, B, A);
	assert_int_equal(rig_drops(p1, DROP_BY_ORDER), 1);
	put(p1, B, B);
	assert_sent(s, B, B);
	assert_string_equal(orders(), "drop1 1 mirror1 1 ");
}

static void all_names_are_undone_or_none(void **state)
{
	const char *names[] = {"drop1", "nosuch"};
	struct err err = ERR_INIT;

	drop(FROM_A);
	drop(TO_B);

	assert_int_equal(bridge_orders_del(rig.bridge, names, 2, &err), -ENOENT);
	assert_string_equal(err.text, "bridge br has no order named nosuch: see ofctl orders");
	assert_string_equal(orders(), "drop1 0 drop2 0 ");
	names[1] = "drop2";
	assert_int_equal(bridge_orders_del(rig.bridge, names, 2, &err), 0);
	assert_string_equal(orders(), "");
}

static void masks_shrink_when_it_is_over(void **state)
{
	struct cache_stats stats;

	drop(FROM_A);
	undo("drop1");
	vswitch_tick(rig.sw);

	/* one entry for all sources */
	for (uint64_t mac = 1; mac < 5; mac++)
		put(p1, B, mac);
	assert_int_equal(flows_stats(rig.bridge, "in_port=1").n_packets, 4);
	vswitch_cache_stats(rig.sw, &stats);
	assert_int_equal(stats.n_miss, 1);
}

/* ---- what is refused ---- */

static void names_are_checked(void **state)
{
	order((struct order_config){.kind = ORDER_DROP, .name = "a"}, "");

	assert_refused((struct order_config){.kind = ORDER_DROP, .name = "a"}, "", EEXIST,
		       "bridge br: there is an order named a already: undo that, or choose "
		       "another name");
	assert_refused((struct order_config){.kind = ORDER_DROP, .name = "a b"}, "", EINVAL,
		       "\"a b\" is not a name for an order: use at most 31 letters, digits, '_', "
		       "'.' and '-', and begin with no '-'");
	assert_string_equal(orders(), "a 0 ");
}

static void what_only_flows_write_is_refused(void **state)
{
	assert_refused((struct order_config){.kind = ORDER_DROP}, "reg3=1", EINVAL,
		       "reg3: an order looks at packets as they come in, and that is written by "
		       "flows only");
	assert_refused((struct order_config){.kind = ORDER_DROP}, "metadata=1", EINVAL,
		       "metadata: an order looks at packets as they come in, and that is written "
		       "by flows only");
}

static void places_are_checked(void **state)
{
	assert_refused((struct order_config){.kind = ORDER_MIRROR, .port = "x"}, "", EINVAL,
		       "bridge br has no port x");
	assert_refused((struct order_config){.kind = ORDER_MIRROR}, "", EINVAL,
		       "a mirror order sends to one port, or into one VLAN");
	assert_refused((struct order_config){.kind = ORDER_MIRROR, .vlan = 4096}, "", EINVAL,
		       "VLAN 4096 is not 1 to 4095");
	for (uint16_t vlan = 1; vlan <= ORDER_PLACES_MAX; vlan++)
		order((struct order_config){.kind = ORDER_MIRROR, .vlan = vlan}, "");
	order((struct order_config){.kind = ORDER_MIRROR, .vlan = 1}, "");
	assert_refused((struct order_config){.kind = ORDER_MIRROR, .port = "s"}, "", ENOSPC,
		       "bridge br: its orders mirror to 32 ports and VLANs, and no more are "
		       "possible: undo one, or mirror to one of these");
}

static void there_are_so_many_and_no_more(void **state)
{
	for (unsigned i = 0; i < ORDERS_MAX; i++)
		mirror(FROM_A, "s");

	assert_refused((struct order_config){.kind = ORDER_DROP}, "", ENOSPC,
		       "bridge br has 1024 orders, and can have no more: undo some, or add flows "
		       "instead");
	put(p1, B, A);
	assert_sent(s, B, A);
	assert_quiet(s);
	assert_sent(p2, B, A);
	undo("mirror512");
	mirror(FROM_A, "s");
	assert_int_equal(bridge_n_orders(rig.bridge), ORDERS_MAX);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_dropped_is_counted_and_all_else_goes_on),
		TEST(a_drop_counts_for_the_eldest_order),
		TEST(a_drop_beats_every_mirror),
		TEST(a_copy_is_as_received_and_the_packet_goes_on),
		TEST(one_place_gets_one_copy_and_all_orders_count),
		TEST(what_nothing_else_is_done_with_is_still_a_drop),
		TEST(a_broken_flow_does_not_keep_the_copy_back),
		TEST(nothing_goes_back_where_it_came_from),
		TEST(into_a_vlan_goes_to_the_ports_that_carry_it),
		TEST(a_port_may_go_and_come),
		TEST(a_capture_sees_what_comes_in_also_what_is_dropped),
		TEST(a_capture_that_is_not_emptied_loses_packets_and_nothing_else),
		TEST(a_bridge_that_goes_ends_its_captures),
		TEST(an_order_ends_by_itself),
		TEST(no_change_of_flows_touches_an_order),
		TEST(all_names_are_undone_or_none),
		TEST(masks_shrink_when_it_is_over),
		TEST(names_are_checked),
		TEST(what_only_flows_write_is_refused),
		TEST(places_are_checked),
		TEST(there_are_so_many_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
