/* Packets that go through meters at both hooks, run by the kernel itself (BPF_PROG_TEST_RUN). */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf.h>

#include "kernel_rig.h"

enum { SLOT = 9, ROW = 17 };

#define AF11    0x28
#define AF12    0x30
#define CENTURY (RATE_TICKS_PER_SEC * 86400 * 365)

/* So many at once, then none for a long time. */
static struct rate rate_of(uint64_t n)
{
	return (struct rate){.cost = (CENTURY / 1000) << RATE_SHIFT >> 10,
			     .depth = n * (CENTURY / 1000 >> 10)};
}

static void meter_install(struct fixture *f, const struct meter_bands *bands, uint32_t row)
{
	const struct meter meter = {.bands = row, .id = 4};

	map_write(f->kernel->maps.meter_bands, row, bands);
	map_write(f->kernel->maps.meters, SLOT, &meter);
}

static struct meter meter_now(struct fixture *f)
{
	const uint32_t slot = SLOT;
	struct meter meter;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(f->kernel->maps.meters), &slot, &meter),
			 0);
	return meter;
}

static struct meter_bands bands_now(struct fixture *f)
{
	const uint32_t row = ROW;
	struct meter_bands bands;

	assert_int_equal(
		bpf_map_lookup_elem(bpf_map__fd(f->kernel->maps.meter_bands), &row, &bands), 0);
	return bands;
}

/* meter, then output. */
static void flow_through_meter(struct fixture *f, const uint8_t *frame)
{
	const struct flow_op ops[] = {{.type = OP_METER, .port = SLOT, .n_words = 1},
				      {0},
				      {.type = OP_OUTPUT, .port = OUT}};

	flow_install(f, frame, ops, 3);
}

struct hook {
	const struct bpf_program *program;
	int sent, dropped;
};

static struct hook hook_of(struct fixture *f, unsigned i)
{
	return i ? (struct hook){f->kernel->progs.port_xdp, XDP_REDIRECT, XDP_DROP}
		 : (struct hook){f->kernel->progs.port_tc, TC_ACT_REDIRECT, TC_ACT_SHOT};
}

/* So many of a frame, of which the first go out and the others are dropped. `out`: the last one. */
static void send_all(const struct hook *hook, const uint8_t *frame, uint32_t frame_size, unsigned n,
		     unsigned n_sent, uint8_t out[4096])
{
	uint32_t size;

	for (unsigned i = 0; i < n; i++)
		assert_int_equal(run(hook->program, frame, frame_size, out, &size),
				 i < n_sent ? hook->sent : hook->dropped);
}

static void test_what_is_too_much_is_dropped(void **state)
{
	const struct meter_bands bands = {.n = 1,
					  .is_in_packets = 1,
					  .what = {METERED_DROP},
					  .clock = {{.rate = rate_of(3)}}};
	struct fixture *f = *state;
	uint8_t out[4096];

	flow_through_meter(f, ipv4);
	for (unsigned i = 0; i < 2; i++) {
		const struct hook hook = hook_of(f, i);

		meter_install(f, &bands, ROW);
		send_all(&hook, ipv4, sizeof(ipv4), 5, 3, out);
		assert_int_equal(n_dropped(f, PORT, DROP_METER), 2 * (i + 1));
		assert_int_equal(n_flow_packets(f), 5 * (i + 1));
		assert_int_equal(meter_now(f).n_packets, 5);
		assert_int_equal(meter_now(f).n_bytes, 5 * sizeof(ipv4));
		assert_int_equal(bands_now(f).clock[0].n_packets, 2);
		assert_int_equal(bands_now(f).clock[0].n_bytes, 2 * sizeof(ipv4));
	}
}

/* Both hooks take from one clock. */
static void test_hooks_share_a_meter(void **state)
{
	const struct meter_bands bands = {
		.n = 1, .what = {METERED_DROP}, .clock = {{.rate = rate_of(3 * sizeof(ipv4))}}};
	struct fixture *f = *state;
	uint8_t out[4096];
	uint32_t size;

	flow_through_meter(f, ipv4);
	meter_install(f, &bands, ROW);
	for (unsigned n = 0; n < 6; n++) {
		const struct hook hook = hook_of(f, n % 2);

		assert_int_equal(run(hook.program, ipv4, sizeof(ipv4), out, &size),
				 n < 3 ? hook.sent : hook.dropped);
	}
	assert_int_equal(meter_now(f).n_packets, 6);
}

/* Of several bands the first that is exceeded decides; all take. */
static void test_bands(void **state)
{
	const struct meter_bands bands = {.n = 2,
					  .is_in_packets = 1,
					  .what = {METERED_DROP, METERED_REMARK + 1},
					  .clock = {{.rate = rate_of(2)}, {.rate = rate_of(1)}}};
	struct fixture *f = *state;
	uint8_t out[4096];

	flow_through_meter(f, ipv4);
	for (unsigned i = 0; i < 2; i++) {
		const struct hook hook = hook_of(f, i);

		meter_install(f, &bands, ROW);
		send_all(&hook, ipv4, sizeof(ipv4), 4, 2, out);
		assert_int_equal(bands_now(f).clock[0].n_packets, 2);
		assert_int_equal(bands_now(f).clock[1].n_packets, 1);
	}
}

static uint16_t ip_sum(const uint8_t *ip)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void sum_write(uint8_t *ip)
{
	uint16_t sum;

	ip[10] = ip[11] = 0;
	sum = ip_sum(ip);
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

static const struct meter_bands remarking = {.n = 1, .what = {METERED_REMARK + 1}};

static void test_what_is_too_much_is_remarked(void **state)
{
	struct meter_bands bands = remarking;
	struct fixture *f = *state;
	uint8_t frame[IPV4_SIZE], wanted[IPV4_SIZE], out[4096];
	uint32_t size;

	bands.clock[0].rate = rate_of(sizeof(frame));
	memcpy(frame, ipv4, sizeof(frame));
	frame[15] = AF11 | 1; /* and ECN */
	sum_write(frame + 14);
	memcpy(wanted, frame, sizeof(wanted));
	wanted[15] = AF12 | 1;
	sum_write(wanted + 14);
	flow_through_meter(f, frame);
	for (unsigned i = 0; i < 2; i++) {
		const struct hook hook = hook_of(f, i);

		meter_install(f, &bands, ROW);
		assert_int_equal(run(hook.program, frame, sizeof(frame), out, &size), hook.sent);
		assert_memory_equal(out, frame, sizeof(frame));
		assert_int_equal(run(hook.program, frame, sizeof(frame), out, &size), hook.sent);
		assert_memory_equal(out, wanted, sizeof(wanted));
		assert_int_equal(bands_now(f).clock[0].n_packets, 1);
	}
}

static void test_ipv6_is_remarked(void **state)
{
	static const uint8_t ipv6[54 + 8] = {
		0x02, 0,    0,    0,    0, 2, 0x02, 0, 0, 0, 0, 1, 0x86, 0xdd, /* Ethernet */
		0x62, 0x8a, 0xbc, 0xde, 0, 8, 17,   64};                       /* AF11, a label */
	struct meter_bands bands = remarking;
	struct fixture *f = *state;
	uint8_t wanted[sizeof(ipv6)], out[4096];

	memcpy(wanted, ipv6, sizeof(wanted));
	wanted[14] = 0x60 | AF12 >> 4;
	wanted[15] = (uint8_t)(AF12 << 4) | 0xa;
	flow_through_meter(f, ipv6);
	for (unsigned i = 0; i < 2; i++) {
		const struct hook hook = hook_of(f, i);

		bands.clock[0].rate = rate_of(sizeof(ipv6));
		meter_install(f, &bands, ROW);
		send_all(&hook, ipv6, sizeof(ipv6), 2, 2, out);
		assert_memory_equal(out, wanted, sizeof(wanted));
	}
}

/* What has no DSCP passes as it is. */
static void test_no_dscp(void **state)
{
	static const uint8_t frame[60] = {0x02, 0, 0, 0, 0,    2,    0x02, 0,
					  0,    0, 0, 1, 0x12, 0x34, AF11};
	struct meter_bands bands = remarking;
	struct fixture *f = *state;
	uint8_t out[4096];

	flow_through_meter(f, frame);
	for (unsigned i = 0; i < 2; i++) {
		const struct hook hook = hook_of(f, i);

		bands.clock[0].rate = rate_of(1);
		meter_install(f, &bands, ROW);
		send_all(&hook, frame, sizeof(frame), 2, 2, out);
		assert_memory_equal(out, frame, sizeof(frame));
	}
}

/* Another row: another meter for the next packet. None: the meter is going. */
static void test_changes(void **state)
{
	struct meter_bands bands = {.n = 1,
				    .is_in_packets = 1,
				    .what = {METERED_DROP},
				    .clock = {{.rate = rate_of(1)}}};
	struct fixture *f = *state;
	struct meter meter;
	uint8_t out[4096];
	uint32_t size;

	flow_through_meter(f, ipv4);
	meter_install(f, &bands, ROW);
	for (unsigned n = 0; n < 2; n++)
		run(f->kernel->progs.port_tc, ipv4, sizeof(ipv4), out, &size);
	bands.clock[0].rate = rate_of(2);
	map_write(f->kernel->maps.meter_bands, ROW + 1, &bands);
	meter = meter_now(f);
	meter.bands = ROW + 1;
	map_write(f->kernel->maps.meters, SLOT, &meter);
	for (unsigned n = 0; n < 3; n++)
		assert_int_equal(run(f->kernel->progs.port_tc, ipv4, sizeof(ipv4), out, &size),
				 n < 2 ? TC_ACT_REDIRECT : TC_ACT_SHOT);
	assert_int_equal(meter_now(f).n_packets, 5);
	meter = (struct meter){.bands = 0};
	map_write(f->kernel->maps.meters, SLOT, &meter);
	assert_int_equal(run(f->kernel->progs.port_tc, ipv4, sizeof(ipv4), out, &size),
			 TC_ACT_REDIRECT);
	assert_int_equal(run(f->kernel->progs.port_xdp, ipv4, sizeof(ipv4), out, &size),
			 XDP_REDIRECT);
}

/* A copy in front of a meter goes out all the same. */
static void test_copies_in_front(void **state)
{
	const struct flow_op ops[] = {{.type = OP_OUTPUT, .port = OUT},
				      {.type = OP_METER, .port = SLOT, .n_words = 1},
				      {0},
				      {.type = OP_OUTPUT, .port = OUT}};
	const struct meter_bands bands = {.n = 1,
					  .is_in_packets = 1,
					  .what = {METERED_DROP},
					  .clock = {{.rate = rate_of(1)}}};
	const uint32_t i = OUT;
	struct fixture *f = *state;
	struct kernel_port_count count;
	uint8_t out[4096];
	uint32_t size;

	flow_install(f, ipv4, ops, 4);
	meter_install(f, &bands, ROW);
	for (unsigned n = 0; n < 3; n++)
		assert_int_equal(run(f->kernel->progs.port_tc, ipv4, sizeof(ipv4), out, &size),
				 n < 1 ? TC_ACT_REDIRECT : TC_ACT_SHOT);
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(f->kernel->maps.port_counts), &i, &count),
			 0);
	assert_int_equal(count.tx_packets, 4);
}

/* A large packet counts as the frames that a wire would carry. */
static void test_segments_count(void **state)
{
	const struct meter_bands bands = {.n = 1,
					  .is_in_packets = 1,
					  .what = {METERED_DROP},
					  .clock = {{.rate = rate_of(25)}}};
	struct fixture *f = *state;
	uint8_t frame[42 + 1000] = {0}, out[4096];
	struct __sk_buff skb = {.gso_size = 100, .gso_segs = 10};
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
			    .data_size_in = sizeof(frame), .data_out = out,
			    .data_size_out = sizeof(out), .ctx_in = &skb,
			    .ctx_size_in = sizeof(skb));

	memcpy(frame, ipv4, 42);
	frame[16] = (sizeof(frame) - 14) >> 8;
	frame[17] = (uint8_t)(sizeof(frame) - 14);
	frame[38] = (sizeof(frame) - 34) >> 8;
	frame[39] = (uint8_t)(sizeof(frame) - 34);
	flow_through_meter(f, frame);
	meter_install(f, &bands, ROW);
	for (unsigned n = 0; n < 3; n++) {
		opts.data_size_out = sizeof(out);
		assert_int_equal(
			bpf_prog_test_run_opts(bpf_program__fd(f->kernel->progs.port_tc), &opts),
			0);
		assert_int_equal((int)opts.retval, n < 2 ? TC_ACT_REDIRECT : TC_ACT_SHOT);
	}
	assert_int_equal(n_dropped(f, PORT, DROP_METER), 10);
	assert_int_equal(meter_now(f).n_packets, 30);
	assert_int_equal(meter_now(f).n_bytes, 30 * 142);
	assert_int_equal(bands_now(f).clock[0].n_packets, 10);
	assert_int_equal(bands_now(f).clock[0].n_bytes, 10 * 142);
}

static uint64_t ns_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* So many packets, one behind the other, of `size` bytes. */
static void run_many(const struct bpf_program *program, uint32_t size, int n)
{
	static uint8_t frame[1514];
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = size,
			    .repeat = n);

	memcpy(frame, ipv4, sizeof(ipv4));
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(program), &opts), 0);
}

/* The kernel's own clock: what passes in a second is what the rate says, if at least twice as much comes. */
static void rate_check(struct fixture *f, const struct hook *hook, uint64_t kbps, uint32_t size)
{
	const uint64_t rate = kbps * 125, began = ns_now();
	const struct meter_bands bands = {
		.n = 1,
		.what = {METERED_DROP},
		.clock = {{.rate = {.cost = (RATE_TICKS_PER_SEC << RATE_SHIFT) / rate,
				    .depth = RATE_TICKS_PER_SEC / 2}}}};
	const int n = kbps < 100000 ? 100 : 20000;
	uint64_t n_passed, least, most, before = 0, ns = 0;
	bool has_stood_still = false;

	meter_install(f, &bands, ROW);
	while (ns < 1000000000) {
		before = ns;
		run_many(hook->program, size, n);
		ns = ns_now() - began;
		has_stood_still |= ns - before > 400000000;
	}
	n_passed = meter_now(f).n_bytes - bands_now(f).clock[0].n_bytes;
	least = rate * before / 1000000000 + rate / 2;
	most = rate * ns / 1000000000 + rate / 2;
	if (has_stood_still || meter_now(f).n_bytes < most * 2)
		printf("%llu kbit/s: this machine is too slow now\n", (unsigned long long)kbps);
	else if (n_passed < least * 95 / 100 || n_passed > most * 105 / 100)
		fail_msg("%llu kbit/s: %llu bytes of %llu to %llu", (unsigned long long)kbps,
			 (unsigned long long)n_passed, (unsigned long long)least,
			 (unsigned long long)most);
}

static void test_rates_hold(void **state)
{
	struct fixture *f = *state;

	flow_through_meter(f, ipv4);
	for (unsigned i = 0; i < 2; i++) {
		const struct hook hook = hook_of(f, i);

		rate_check(f, &hook, 100, 64);
		rate_check(f, &hook, 10000, 1514);
		rate_check(f, &hook, 1000000, 512);
		rate_check(f, &hook, 10000000, 1514);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_what_is_too_much_is_dropped),
		RIG_TEST(test_hooks_share_a_meter),
		RIG_TEST(test_bands),
		RIG_TEST(test_what_is_too_much_is_remarked),
		RIG_TEST(test_ipv6_is_remarked),
		RIG_TEST(test_no_dscp),
		RIG_TEST(test_changes),
		RIG_TEST(test_copies_in_front),
		RIG_TEST(test_segments_count),
		RIG_TEST(test_rates_hold),
	};

	return RIG_RUN(tests);
}
