/* Meters: their text, how much they let through, what becomes of the rest, and which changes are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../bpf/meter.h"
#include "base/err.h"
#include "base/print.h"
#include "flow/meter.h"
#include "path/meter.h"
#include "port/flow_maps.h"
#include "port/port_fake.h"
#include "support/flows.h"
#include "support/packet.h"
#include "support/rig.h"
#include "switch/bridge.h"
#include "switch/meter-rows.h"
#include "switch/meters.h"

static struct rig rig;
static struct bridge_port *port[3]; /* by OpenFlow number */
static uint8_t got[PORT_FAKE_FRAME_MAX];

static int setup(void **state)
{
	struct bridge_config config = RIG_BRIDGE;

	config.fail_mode = FAIL_SECURE;
	rig_init(&rig, &config);
	rig.clock.manual_ns = 1000 * CLOCK_NS_PER_SEC;
	rig_ports(&rig, 2, port);
	return 0;
}

static int teardown(void **state)
{
	rig_fini(&rig);
	return 0;
}

/* ---- text ---- */

static const char *read_by(enum meter_command command, const char *line)
{
	static char text[512];
	struct meter_mod mod;
	struct print out = {0};
	struct err err = ERR_INIT;

	if (meter_mod_parse(slice_of(line), command, &mod, &err)) {
		snprintf(text, sizeof(text), "- %s", err.text);
		return text;
	}
	meter_print(&out, &mod.desc);
	snprintf(text, sizeof(text), "%s", print_text(&out));
	print_fini(&out);
	return text;
}

static void text_is_printed_as_read(void **state)
{
	static const char *const lines[] = {
		"meter=1,kbps,burst,stats,bands=type=drop,rate=100,burst_size=10",
		"meter=4294901760,pktps,bands=type=drop,rate=1",
		"meter=9,pktps,bands=", /* as OpenFlow has it, and the state file */
		"meter=2,kbps,bands=type=dscp_remark,rate=100,prec_level=2,type=drop,rate=200",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_string_equal(read_by(METER_ADD, lines[i]), lines[i]);
	assert_string_equal(read_by(METER_ADD, "meter=1 kbps bands= type=drop rate=5"),
			    "meter=1,kbps,bands=type=drop,rate=5");
}

static void text_that_is_wrong_is_refused(void **state)
{
	static const char *const rows[][2] = {
		{"kbps,bands=type=drop,rate=1", "meter=NUMBER"},
		{"meter=0,kbps,bands=type=drop,rate=1", "count from 1"},
		{"meter=0xffff0001,kbps,bands=type=drop,rate=1", "meter"},
		{"meter=1,bands=type=drop,rate=1", "kbps or in pktps"},
		{"meter=1,kbps,pktps,bands=type=drop,rate=1", "kbps or in pktps"},
		{"meter=1,kbps", "bands"},
		{"meter=1,kbps,bands=type=drop", "rate of 0"},
		{"meter=1,kbps,bands=rate=1", "begins with type"},
		{"meter=1,kbps,bands=type=some,rate=1", "drop or dscp_remark"},
		{"meter=1,kbps,bands=type=drop,rate=1,prec_level=2", "prec_level"},
		{"meter=1,kbps,colour,bands=type=drop,rate=1", "colour"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strstr(read_by(METER_ADD, rows[i][0]), rows[i][1]))
			fail_msg("%s: %s", rows[i][0], read_by(METER_ADD, rows[i][0]));
	assert_non_null(strstr(read_by(METER_DELETE, "meter=1,kbps"), "kbps"));
}

/* ---- clocks ---- */

static struct meter meter;
static struct meter_bands these;
static struct meter_desc desc;

static void begin(const char *line)
{
	struct meter_mod mod;

	assert_int_equal(meter_mod_parse(slice_of(line), METER_ADD, &mod, NULL), 0);
	desc = mod.desc;
	meter = (struct meter){.bands = 1};
	meter_bands_write(&these, &desc);
}

static uint32_t come(uint32_t n_packets, uint64_t len, uint64_t now)
{
	return meter_pass(&meter, &these, n_packets, len, now * RATE_TICKS_NS);
}

/* Bytes that pass of frames that come every `gap` ns for `seconds`. */
static uint64_t passed(uint32_t len, uint64_t gap, unsigned seconds)
{
	const uint64_t begin_at = 1000 * CLOCK_NS_PER_SEC;
	uint64_t sum = 0;

	for (uint64_t now = begin_at; now < begin_at + seconds * CLOCK_NS_PER_SEC; now += gap)
		if (come(1, len, now) == METERED_PASS)
			sum += len;
	return sum;
}

/* Within 5 % after some seconds, whatever the rate. */
static void rates_hold(void **state)
{
	static const struct {
		uint32_t kbps, len;
		unsigned seconds;
	} rows[] = {{100, 1514, 10},   {100, 64, 10},    {1000, 1514, 5},
		    {100000, 1514, 2}, {1000000, 64, 2}, {10000000, 1514, 2}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint64_t bits = (uint64_t)rows[i].kbps * 1000 * rows[i].seconds;
		/* twice as much comes */
		const uint64_t gap = (uint64_t)rows[i].len * 8 * 1000000 / rows[i].kbps / 2;
		char line[80];
		uint64_t sum;

		snprintf(line, sizeof(line), "meter=1,kbps,bands=type=drop,rate=%u", rows[i].kbps);
		begin(line);
		sum = passed(rows[i].len, gap, rows[i].seconds) * 8;
		if (sum < bits * 95 / 100 || sum > bits * 105 / 100 + bits / 10 / rows[i].seconds)
			fail_msg("%u kbps: %llu bits of %llu", rows[i].kbps,
				 (unsigned long long)sum, (unsigned long long)bits);
	}
}

static void packets_and_bursts(void **state)
{
	begin("meter=1,pktps,burst,bands=type=drop,rate=10,burst_size=3");
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(come(1, 64, CLOCK_NS_PER_SEC), METERED_PASS);
	assert_int_equal(come(1, 64, CLOCK_NS_PER_SEC), METERED_DROP);
	assert_int_equal(come(1, 64, CLOCK_NS_PER_SEC + CLOCK_NS_PER_SEC / 10), METERED_PASS);
	assert_int_equal(come(1, 64, CLOCK_NS_PER_SEC + CLOCK_NS_PER_SEC / 10), METERED_DROP);
	assert_int_equal(meter.n_packets, 6);
	assert_int_equal(these.clock[0].n_packets, 2);
	assert_int_equal(these.clock[0].n_bytes, 128);
}

/* More than fits into the clock is as much as fits. */
static void a_burst_for_centuries(void **state)
{
	begin("meter=1,pktps,burst,bands=type=drop,rate=1,burst_size=288230377");
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(come(1, 64, CLOCK_NS_PER_SEC), METERED_PASS);
}

/* All segments of a large packet count; larger than the burst, it passes when nothing came for long enough. */
static void large_packets(void **state)
{
	begin("meter=1,pktps,burst,bands=type=drop,rate=10,burst_size=3");
	assert_int_equal(come(20, 30000, CLOCK_NS_PER_SEC), METERED_PASS);
	assert_int_equal(come(1, 64, 2 * CLOCK_NS_PER_SEC), METERED_DROP);
	assert_int_equal(come(20, 30000, 3 * CLOCK_NS_PER_SEC - 1), METERED_DROP);
	assert_int_equal(come(20, 30000, 3 * CLOCK_NS_PER_SEC), METERED_PASS);
	assert_int_equal(meter.n_packets, 61);
	assert_int_equal(these.clock[0].n_packets, 21);
	/* the largest at the slowest rate */
	begin("meter=1,kbps,burst,bands=type=drop,rate=1,burst_size=1");
	assert_int_equal(come(360, 524280, CLOCK_NS_PER_SEC), METERED_PASS);
	assert_int_equal(come(1, 64, 4190 * CLOCK_NS_PER_SEC), METERED_DROP);
	assert_int_equal(come(1, 64, 4200 * CLOCK_NS_PER_SEC), METERED_PASS);
}

/* Of the bands that are exceeded the highest rate decides. */
static void bands(void **state)
{
	static const uint8_t in_order[] = {1, 0};
	uint8_t order[METER_BANDS_MAX];

	begin("meter=1,pktps,burst,bands=type=dscp_remark,rate=10,burst_size=1,prec_level=1,"
	      "type=drop,rate=20,burst_size=2");
	meter_bands_order(&desc, order);
	assert_memory_equal(order, in_order, sizeof(in_order));
	assert_int_equal(come(1, 64, CLOCK_NS_PER_SEC), METERED_PASS);
	assert_int_equal(come(1, 64, CLOCK_NS_PER_SEC), METERED_REMARK + 1);
	assert_int_equal(come(1, 64, CLOCK_NS_PER_SEC), METERED_DROP);
}

static void remarks(void **state)
{
	assert_int_equal(meter_remark(0x28, 1), 0x30); /* AF11 becomes AF12 */
	assert_int_equal(meter_remark(0x2a, 2), 0x3a); /* AF11 becomes AF13; ECN stays */
	assert_int_equal(meter_remark(0x90, 7), 0x98); /* AF42 becomes AF43 */
	assert_int_equal(meter_remark(0xb8, 1), 0xb8); /* EF is none of them */
	assert_int_equal(meter_remark(0x00, 1), 0x00);
}

#define MANY_THREADS 4
#define MANY_TAKES   200000

static void *take_many(void *arg)
{
	uint64_t *n_passed = arg;

	for (unsigned i = 0; i < MANY_TAKES; i++)
		*n_passed += come(1, 64, CLOCK_NS_PER_SEC) == METERED_PASS;
	return NULL;
}

/* Workers and programs on all CPUs: as many pass as may, and all are counted. */
static void shared_by_threads(void **state)
{
	uint64_t n_passed[MANY_THREADS] = {0}, sum = 0;
	pthread_t thread[MANY_THREADS];

	begin("meter=1,pktps,burst,bands=type=drop,rate=1000,burst_size=300000");
	for (unsigned i = 0; i < MANY_THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, take_many, &n_passed[i]), 0);
	for (unsigned i = 0; i < MANY_THREADS; i++) {
		pthread_join(thread[i], NULL);
		sum += n_passed[i];
	}
	assert_int_equal(sum, 300000);
	assert_int_equal(meter.n_packets, MANY_THREADS * MANY_TAKES);
	assert_int_equal(these.clock[0].n_packets, MANY_THREADS * MANY_TAKES - sum);
}

/* ---- in a switch ---- */

static int try(enum meter_command command, const char *line)
{
	struct meter_mod mod;
	struct err err = ERR_INIT;
	int rc;

	assert_int_equal(meter_mod_parse(slice_of(line), command, &mod, NULL), 0);
	rc = bridge_meter_mod(rig.bridge, &mod, &err);
	assert_true(!rc == !err.code);
	return rc;
}

static void put(uint8_t tos)
{
	struct packet_builder packet;

	build_start(&packet, rig.sw->pools[0]);
	build_eth(&packet, 0x020000000002, 0x020000000001, ETH_TYPE_IPV4);
	build_ipv4(&packet, IP_PROTO_UDP, 0x0a000001, 0x0a000002);
	packet.frame.data[15] = tos;
	build_udp(&packet, 1, 2);
	build_finish(&packet);
	rig_put(port[1], packet.frame.data, packet.frame.len);
	frame_free(&packet.frame);
	rig_turn(&rig);
}

static unsigned take(void)
{
	unsigned n = 0;

	while (rig_take(port[2], got))
		n++;
	return n;
}

static int print_row(const struct meter_row *row, void *ctx)
{
	struct print *text = ctx;

	print_fmt(text, "%u: flows=%u %llu", row->desc->id, row->n_flows,
		  (unsigned long long)row->count.n_packets);
	for (unsigned i = 0; i < row->desc->n_bands; i++)
		print_fmt(text, " %llu", (unsigned long long)row->band[i].n_packets);
	print_char(text, '\n');
	return 0;
}

static const char *counts(void)
{
	static char text[1024];
	struct print print = {0};

	assert_int_equal(bridge_meters_for_each(rig.bridge, METER_EVERY, print_row, &print), 0);
	snprintf(text, sizeof(text), "%s", print_text(&print));
	print_fini(&print);
	return text;
}

static void what_is_too_much_is_dropped(void **state)
{
	assert_int_equal(try(METER_ADD, "meter=7,pktps,burst,bands=type=drop,rate=10,burst_size=2"),
			 0);
	flows_add(rig.bridge, "actions=meter:7,output:2");
	for (unsigned i = 0; i < 5; i++)
		put(0);
	assert_int_equal(take(), 2);
	assert_int_equal(rig_drops(port[1], DROP_METER), 3);
	assert_string_equal(counts(), "7: flows=1 5 3\n");
	/* another rate holds for the next packet; it counts on */
	assert_int_equal(
		try(METER_MODIFY, "meter=7,pktps,burst,bands=type=drop,rate=10,burst_size=9"), 0);
	put(0);
	assert_int_equal(take(), 1);
	assert_string_equal(counts(), "7: flows=1 6 0\n");
}

static void what_is_too_much_is_remarked(void **state)
{
	assert_int_equal(try(METER_ADD, "meter=1,pktps,burst,bands=type=dscp_remark,rate=10,"
					"burst_size=1,prec_level=1"),
			 0);
	flows_add(rig.bridge, "actions=meter:1,output:2");
	put(0x28);
	assert_int_equal(rig_take(port[2], got), 42);
	assert_int_equal(got[15], 0x28);
	put(0x28);
	assert_int_equal(rig_take(port[2], got), 42);
	assert_int_equal(got[15], 0x30);
}

/* Without an output it still counts, and the packet is dropped for a reason that is counted. */
static void a_meter_alone(void **state)
{
	assert_int_equal(try(METER_ADD, "meter=1,pktps,bands=type=drop,rate=10"), 0);
	flows_add(rig.bridge, "actions=meter:1");
	put(0);
	assert_string_equal(counts(), "1: flows=1 1 0\n");
	assert_int_equal(rig_drops(port[1], DROP_BY_RULE), 1);
}

static void changes(void **state)
{
	static const char one[] = "meter=1,pktps,bands=type=drop,rate=10";

	assert_int_equal(flows_try(rig.bridge, FLOW_ADD, "actions=meter:1,output:2"), -ENODEV);
	assert_int_equal(try(METER_MODIFY, one), -ENOENT);
	assert_int_equal(try(METER_ADD, one), 0);
	assert_int_equal(try(METER_ADD, one), -EEXIST);
	assert_int_equal(try(METER_ADD, "meter=2,pktps,bands=type=drop,rate=10"), 0);
	flows_add(rig.bridge, "in_port=1,actions=meter:1,output:2");
	flows_add(rig.bridge, "in_port=2,actions=meter:2,output:2");
	assert_string_equal(counts(), "1: flows=1 0 0\n2: flows=1 0 0\n");
	assert_int_equal(try(METER_DELETE, "meter=1"), 0);
	assert_int_equal(try(METER_DELETE, "meter=1"), 0);
	assert_string_equal(flows_text(rig.bridge, ""), "in_port=2 actions=meter:2,output:2\n");
	assert_int_equal(try(METER_DELETE, "meter=all"), 0);
	assert_string_equal(flows_text(rig.bridge, ""), "");
	assert_string_equal(counts(), "");
}

/* Far more often than there are rows to spare. */
static void a_meter_that_is_modified_again_and_again(void **state)
{
	char line[80];

	assert_int_equal(try(METER_ADD, "meter=7,pktps,burst,bands=type=drop,rate=1,burst_size=1"),
			 0);
	flows_add(rig.bridge, "actions=meter:7,output:2");
	for (unsigned i = 1; i < METER_ROWS + 600; i++) {
		snprintf(line, sizeof(line),
			 "meter=7,pktps,burst,bands=type=drop,rate=1,burst_size=%u", i % 2 + 1);
		assert_int_equal(try(METER_MODIFY, line), 0);
	}
	for (unsigned i = 0; i < 5; i++)
		put(0);
	assert_int_equal(take(), 2);
	assert_string_equal(counts(), "7: flows=1 5 3\n");
}

/* As many as there may be; then others, in the slots of those that went. */
static void all_slots(void **state)
{
	char line[80];

	for (unsigned i = 1; i <= METERS_MAX; i++) {
		snprintf(line, sizeof(line), "meter=%u,pktps,bands=type=drop,rate=1", i);
		assert_int_equal(try(METER_ADD, line), 0);
	}
	assert_int_equal(try(METER_ADD, "meter=9999,pktps,bands=type=drop,rate=1"), -ENOSPC);
	assert_int_equal(try(METER_DELETE, "meter=77"), 0);
	assert_int_equal(try(METER_ADD, "meter=9999,pktps,bands=type=drop,rate=1"), 0);
	assert_int_equal(try(METER_ADD, "meter=9998,pktps,bands=type=drop,rate=1"), -ENOSPC);
}

/* A later daemon finds what an earlier one left in the maps: by number and age, with what it counted. */
static void what_an_earlier_daemon_left(void **state)
{
	const struct meter_desc one = {.id = 5,
				       .flags = METER_KBPS,
				       .n_bands = 1,
				       .band = {{.type = METER_DROP, .rate = 100}}};
	struct meter_desc other = one;
	struct flow_maps maps = {.meters = calloc(METERS_MAX, sizeof(struct meter)),
				 .meter_bands = calloc(METER_ROWS, sizeof(struct meter_bands))};
	struct meter_rows *rows = malloc(sizeof(*rows));
	uint32_t slot;

	assert_int_equal(meter_rows_init(rows, &maps), 0);
	meter_slot_take(rows, &one, 100);
	slot = meter_slot_take(rows, &one, 200);
	maps.meters[slot].n_packets = 33;
	assert_int_equal(meter_rows_init(rows, &maps), 0);
	assert_int_equal(meter_slot_adopt(rows, 5, 300), METER_SLOT_NONE);
	assert_int_equal(meter_slot_adopt(rows, 5, 200), slot);
	assert_int_equal(meter_slot_adopt(rows, 5, 200), METER_SLOT_NONE);
	assert_int_equal(maps.meters[slot].n_packets, 33);
	assert_true(meter_slot_is(rows, slot, &one));
	other.band[0].rate = 101;
	assert_false(meter_slot_is(rows, slot, &other));
	meter_rows_settle(rows);
	assert_int_equal(maps.meters[0].bands, 0);
	assert_int_not_equal(maps.meters[slot].bands, 0);
	meter_rows_fini(rows);
	free(rows);
	free(maps.meters);
	free(maps.meter_bands);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_printed_as_read),
		cmocka_unit_test(text_that_is_wrong_is_refused),
		cmocka_unit_test(rates_hold),
		cmocka_unit_test(packets_and_bursts),
		cmocka_unit_test(a_burst_for_centuries),
		cmocka_unit_test(large_packets),
		cmocka_unit_test(bands),
		cmocka_unit_test(remarks),
		cmocka_unit_test(shared_by_threads),
		TEST(what_is_too_much_is_dropped),
		TEST(what_is_too_much_is_remarked),
		TEST(a_meter_alone),
		TEST(changes),
		TEST(a_meter_that_is_modified_again_and_again),
		TEST(all_slots),
		cmocka_unit_test(what_an_earlier_daemon_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
