/* The kernel programs on frames of every kind, run by the kernel itself (BPF_PROG_TEST_RUN). */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf.h>

#include "kernel_rig.h"

#define N_RANDOM 20000

static const uint8_t cut_tag[] = {
	0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x81, 0x00, 0x00,
};

static void socket_listens(struct fixture *f)
{
	const uint32_t slot = PORT_MAX_QUEUES;

	assert_int_equal(bpf_map_update_elem(bpf_map__fd(f->kernel->maps.xsks), &slot, &f->sock, 0),
			 0);
}

static void test_tc_puts_a_header_in_front(void **state)
{
	struct fixture *f = *state;
	uint8_t out[4096];
	struct upcall_header header;
	uint32_t size;

	assert_int_equal(run(f->kernel->progs.port_tc, ipv4, sizeof(ipv4), out, &size),
			 TC_ACT_REDIRECT);

	assert_int_equal(size, sizeof(header) + sizeof(ipv4));
	memcpy(&header, out, sizeof(header));
	assert_int_equal(header.magic, UPCALL_MAGIC);
	assert_int_equal(header.port, PORT);
	assert_int_equal(header.reason, UPCALL_MISS);
	assert_int_equal(header.n_tags, 0);
	assert_memory_equal(out + sizeof(header), ipv4, sizeof(ipv4));
}

static void test_tc_refuses_what_is_cut_off(void **state)
{
	struct fixture *f = *state;
	uint8_t out[4096];
	uint32_t size;

	assert_int_equal(run(f->kernel->progs.port_tc, cut_tag, sizeof(cut_tag), out, &size),
			 TC_ACT_SHOT);
	assert_int_equal(n_dropped(f, PORT, DROP_MALFORMED), 1);
}

static void test_of_what_the_upcall_device_cannot_carry_the_key_goes_up(void **state)
{
	struct fixture *f = *state;
	uint8_t frame[LEN_MAX] = {0}, out[4096];
	uint32_t size, fits = LEN_MAX - sizeof(struct upcall_header);
	struct upcall_header header;
	struct packet_key key;

	memcpy(frame, ipv4, sizeof(ipv4));
	assert_int_equal(run(f->kernel->progs.port_tc, frame, fits, out, &size), TC_ACT_REDIRECT);
	assert_int_equal(n_dropped(f, PORT, DROP_TOO_BIG), 0);
	assert_int_equal(run(f->kernel->progs.port_tc, frame, fits + 1, out, &size),
			 TC_ACT_REDIRECT);
	assert_int_equal(n_dropped(f, PORT, DROP_TOO_BIG), 1);
	assert_int_equal(size, sizeof(header) + UPCALL_KEY_SIZE);
	memcpy(&header, out, sizeof(header));
	memcpy(&key, out + sizeof(header) + UPCALL_KEY_AT, sizeof(key));
	assert_int_equal(header.reason, UPCALL_KEY);
	assert_int_equal(header.n_tags, 0);
	assert_int_equal(key.in_port, PORT);
	assert_memory_equal(&key.eth_dst, ipv4, 12);
}

static void test_frames_of_no_port_are_dropped(void **state)
{
	struct fixture *f = *state;
	uint8_t out[4096];
	uint32_t size;

	port_is(f, NULL);
	assert_int_equal(run(f->kernel->progs.port_tc, ipv4, sizeof(ipv4), out, &size),
			 TC_ACT_SHOT);
	assert_int_equal(run(f->kernel->progs.port_xdp, ipv4, sizeof(ipv4), out, &size), XDP_DROP);
	assert_int_equal(n_dropped(f, PORT_ID_NONE, DROP_PORT_UNKNOWN), 2);
}

static void test_xdp_needs_a_socket(void **state)
{
	struct fixture *f = *state;
	uint8_t out[4096];
	uint32_t size;

	assert_int_equal(run(f->kernel->progs.port_xdp, ipv4, sizeof(ipv4), out, &size), XDP_DROP);
	assert_int_equal(n_dropped(f, PORT, DROP_UPCALL_DOWN), 1);
	socket_listens(f);
	assert_int_equal(run(f->kernel->progs.port_xdp, ipv4, sizeof(ipv4), out, &size),
			 XDP_REDIRECT);
	assert_int_equal(size, sizeof(ipv4));
	assert_memory_equal(out, ipv4, sizeof(ipv4));
}

static void test_a_queue_too_many_has_no_socket(void **state)
{
	struct fixture *f = *state;
	const struct port_entry entry = {.port = PORT, .n_queues = 0, .ifindex = IFINDEX};
	uint8_t out[4096];
	uint32_t size;

	port_is(f, &entry);
	assert_int_equal(run(f->kernel->progs.port_xdp, ipv4, sizeof(ipv4), out, &size), XDP_DROP);
	assert_int_equal(n_dropped(f, PORT, DROP_NO_SOCKET), 1);
	assert_int_equal(n_dropped(f, PORT, DROP_UPCALL_DOWN), 0);
}

static void test_xdp_refuses_what_is_cut_off(void **state)
{
	struct fixture *f = *state;
	uint8_t out[4096];
	uint32_t size;

	socket_listens(f);
	assert_int_equal(run(f->kernel->progs.port_xdp, cut_tag, sizeof(cut_tag), out, &size),
			 XDP_DROP);
	assert_int_equal(n_dropped(f, PORT, DROP_MALFORMED), 1);
}

static void test_the_way_down_needs_the_tag(void **state)
{
	struct fixture *f = *state;
	uint8_t out[4096];
	uint32_t size;

	assert_int_equal(run(f->kernel->progs.downcall_tc, ipv4, sizeof(ipv4), out, &size),
			 TC_ACT_SHOT);
	assert_int_equal(n_dropped(f, PORT_ID_NONE, DROP_MALFORMED), 1);
}

/* ---- the flow cache ---- */

static const struct flow_op to_out = {.type = OP_OUTPUT, .port = OUT};
static const struct flow_op wrong = {.type = OP_DROP, .reason = DROP_HAIRPIN};
static const struct flow_op push = {.type = OP_PUSH_VLAN, .tpid = 0x8100, .tci = 7};
static const struct flow_op pop = {.type = OP_POP_VLAN};
static const struct flow_op set = {.type = OP_SET_VLAN, .mask = 0xfff, .tci = 9};

/* What XDP passes up: test runs show metadata in front. */
static void test_xdp_says_what_it_has_found(void **state)
{
	struct fixture *f = *state;
	const struct flow_op ops[] = {{.type = OP_OUTPUT, .port = OUT},
				      {.type = OP_OUTPUT, .port = OUT}};
	struct __attribute__((packed)) {
		uint32_t flows, place;
		uint16_t in_port, l3, l4;
		uint8_t packet_class, rest[4096];
	} out;
	uint32_t size;

	flow_install(f, ipv4, ops, 2);
	assert_int_equal(run(f->kernel->progs.port_xdp, ipv4, sizeof(ipv4), &out, &size), XDP_PASS);
	assert_int_equal(out.in_port, PORT);
	assert_int_equal(out.place, PLACE);
	assert_int_equal(out.l3, 14);
	assert_int_equal(out.l4, 34);
	assert_int_equal(out.packet_class, CLASS_IPV4_UDP);
}

/* Number 3 has these devices; 0: none. */
static void set_install(struct fixture *f, uint32_t first, uint32_t second, uint32_t third)
{
	const uint32_t ifindexes[] = {first, second, third};
	const int devices = bpf_map_create(BPF_MAP_TYPE_DEVMAP, NULL, sizeof(uint32_t),
					   sizeof(uint32_t), XDP_SET_PORTS, NULL);

	assert_true(devices >= 0);
	for (uint32_t i = 0; i < 3; i++)
		if (ifindexes[i])
			assert_int_equal(bpf_map_update_elem(devices, &i, &ifindexes[i], 0), 0);
	map_write(f->kernel->maps.xdp_sets, 3, &devices);
	close(devices);
}

static void test_copies_leave_by_a_set_that_has_the_devices(void **state)
{
	struct fixture *f = *state;
	const struct flow_op ops[] = {{.type = OP_OUTPUT, .port = OUT},
				      {.type = OP_OUTPUT, .port = OUT}};
	struct kernel_flow flow = flow_of(ipv4, ops, 2);
	uint8_t out[4096];
	uint32_t size;

	flow_install(f, ipv4, ops, 2);
	flow.xdp_port = XDP_PORT_SET + 3;
	map_write(f->kernel->maps.flows, PLACE, &flow);
	assert_int_equal(run(f->kernel->progs.port_xdp, ipv4, sizeof(ipv4), out, &size), XDP_PASS);
	set_install(f, IFINDEX, 0, 0);
	assert_int_equal(run(f->kernel->progs.port_xdp, ipv4, sizeof(ipv4), out, &size), XDP_PASS);
	set_install(f, IFINDEX, IFINDEX, IFINDEX);
	assert_int_equal(run(f->kernel->progs.port_xdp, ipv4, sizeof(ipv4), out, &size), XDP_PASS);
	assert_int_equal(n_flow_packets(f), 0);
	set_install(f, IFINDEX, IFINDEX, 0);
	assert_int_equal(run(f->kernel->progs.port_xdp, ipv4, sizeof(ipv4), out, &size),
			 XDP_REDIRECT);
	assert_int_equal(n_flow_packets(f), 1);
}

/* Once at each hook. */
static void check_drops(struct fixture *f, const struct flow_op *drop)
{
	uint8_t out[4096];
	uint32_t size;

	socket_listens(f);
	flow_install(f, ipv4, drop, 1);
	assert_int_equal(run(f->kernel->progs.port_tc, ipv4, sizeof(ipv4), out, &size),
			 TC_ACT_SHOT);
	assert_int_equal(run(f->kernel->progs.port_xdp, ipv4, sizeof(ipv4), out, &size), XDP_DROP);
}

static void test_both_hooks_drop(void **state)
{
	struct fixture *f = *state;

	check_drops(f, &wrong);
	assert_int_equal(n_dropped(f, PORT, DROP_HAIRPIN), 2);
	assert_int_equal(n_flow_packets(f), 2);
}

/* VXLAN with TCP in it, of which each segment of 1000 bytes is to have all headers: 104 bytes. */
static struct kernel_count counted_of_vxlan(struct fixture *f, uint32_t n_segments,
					    uint32_t payload)
{
	static const struct flow_op drop = {.type = OP_DROP, .reason = DROP_BY_RULE};
	struct __sk_buff ctx = {.gso_size = 1000, .gso_segs = n_segments};
	const uint32_t size = 104 + payload, place = PLACE;
	struct kernel_count count;
	uint8_t frame[4000] = {0};

	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = size,
			    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));
	memcpy(frame, ipv4, 42);
	frame[16] = (uint8_t)((size - 14) >> 8);
	frame[17] = (uint8_t)(size - 14);
	frame[36] = 4789 >> 8;
	frame[37] = 4789 & 0xff;
	flow_install(f, frame, &drop, 1);
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(f->kernel->progs.port_tc), &opts),
			 0);
	assert_int_equal(
		bpf_map_lookup_elem(bpf_map__fd(f->kernel->maps.flow_counts), &place, &count), 0);
	return count;
}

static void test_segments_in_a_tunnel_are_counted(void **state)
{
	assert_int_equal(counted_of_vxlan(*state, 3, 2960).n_packets, 3);
	assert_int_equal(counted_of_vxlan(*state, 3, 3000).n_packets, 3);
	assert_int_equal(counted_of_vxlan(*state, 3, 3000).n_bytes, 3 * 1104);
}

static void test_what_rules_drop_is_counted_beside_what_came(void **state)
{
	static const struct flow_op by_rule = {.type = OP_DROP, .reason = DROP_BY_RULE};
	struct fixture *f = *state;
	struct kernel_port_count count;
	const uint32_t row = PORT;

	check_drops(f, &by_rule);
	assert_int_equal(
		bpf_map_lookup_elem(bpf_map__fd(f->kernel->maps.port_counts), &row, &count), 0);
	assert_int_equal(count.rx_packets, 2);
	assert_int_equal(count.n_by_rule, 2);
	assert_int_equal(n_dropped(f, PORT, DROP_BY_RULE), 0);
}

/* Runs these steps on a frame; `tci`: the tag that is there afterwards, 0: none. */
static void check_vlan(struct fixture *f, const struct flow_op *ops, uint32_t n, uint16_t tci)
{
	const uint8_t tag[] = {0x81, 0x00, (uint8_t)(tci >> 8), (uint8_t)tci};
	const uint32_t extra = tci ? sizeof(tag) : 0;
	uint8_t out[4096];
	uint32_t size = 0;

	flow_install(f, ipv4, ops, n);
	assert_int_equal(run(f->kernel->progs.port_tc, ipv4, sizeof(ipv4), out, &size),
			 TC_ACT_REDIRECT);
	/* The kernel keeps the tag beside the packet, where a test run does not show it. */
	assert_true(size == sizeof(ipv4) || size == sizeof(ipv4) + extra);
	if (size > sizeof(ipv4))
		assert_memory_equal(out + 12, tag, sizeof(tag));
	assert_memory_equal(out + size - sizeof(ipv4) + 12, ipv4 + 12, sizeof(ipv4) - 12);
}

static void test_tags_come_and_go(void **state)
{
	struct fixture *f = *state;
	const struct flow_op pushed[] = {push, to_out};
	const struct flow_op changed[] = {push, set, to_out};
	const struct flow_op popped[] = {push, set, pop, to_out};

	check_vlan(f, pushed, 2, 7);
	check_vlan(f, changed, 3, 9);
	check_vlan(f, popped, 4, 0);
}

static void drops_add(struct fixture *f, uint32_t port)
{
	struct drop_counters *zeros = calloc((size_t)libbpf_num_possible_cpus(), sizeof(*zeros));

	bpf_map_update_elem(bpf_map__fd(f->kernel->maps.drops), &port, zeros, 0);
	free(zeros);
}

static void test_what_an_output_cannot_take_is_dropped(void **state)
{
	struct fixture *f = *state;
	struct output_entry output = {.ifindex = IFINDEX, .mtu = 1500};
	uint8_t frame[LEN_MAX] = {0}, out[4096];
	uint32_t size;

	drops_add(f, OUT);
	memcpy(frame, ipv4, sizeof(ipv4));
	flow_install(f, ipv4, &to_out, 1);
	assert_int_equal(run(f->kernel->progs.port_tc, frame, 1514, out, &size), TC_ACT_REDIRECT);
	assert_int_equal(run(f->kernel->progs.port_tc, frame, 1515, out, &size), TC_ACT_SHOT);
	assert_int_equal(n_dropped(f, OUT, DROP_TOO_BIG), 1);
	map_write(f->kernel->maps.outputs, OUT, &output);
	assert_int_equal(run(f->kernel->progs.port_tc, frame, 60, out, &size), TC_ACT_SHOT);
	assert_int_equal(n_dropped(f, OUT, DROP_PORT_DOWN), 1);
}

/* Its number may be another's. */
static void test_a_device_that_is_gone_is_sent_nothing(void **state)
{
	struct fixture *f = *state;
	const uint32_t port = OUT;
	uint8_t out[4096];
	uint32_t size;

	drops_add(f, OUT);
	flow_install(f, ipv4, &to_out, 1);
	bpf_map_delete_elem(bpf_map__fd(f->kernel->maps.devices), &port);
	assert_int_equal(run(f->kernel->progs.port_tc, ipv4, sizeof(ipv4), out, &size),
			 TC_ACT_SHOT);
	assert_int_equal(n_dropped(f, OUT, DROP_PORT_DOWN), 1);
}

/* ---- XDP ---- */

static int run_xdp(struct fixture *f, const void *frame, uint32_t frame_size)
{
	uint8_t out[4096];
	uint32_t size;
	const int verdict = run(f->kernel->progs.port_xdp, frame, frame_size, out, &size);

	if (verdict == XDP_PASS) { /* as it came, behind what XDP has found */
		assert_int_equal(size, 16 + frame_size);
		assert_memory_equal(out + 16, frame, frame_size);
	}
	return verdict;
}

static void test_the_near_place_is_another_devices(void **state)
{
	struct fixture *f = *state;
	struct port_entry other = {.port = OUT, .ifindex = IFINDEX + NEAR_PORTS};

	flow_install(f, ipv4, &to_out, 1);
	map_write(f->kernel->maps.near_ports, IFINDEX % NEAR_PORTS, &other);
	assert_int_equal(run_xdp(f, ipv4, sizeof(ipv4)), XDP_REDIRECT);
	assert_int_equal(n_flow_packets(f), 1);
}

static void test_xdp_redirects_one_output(void **state)
{
	struct fixture *f = *state;

	flow_install(f, ipv4, &to_out, 1);
	assert_int_equal(run_xdp(f, ipv4, sizeof(ipv4)), XDP_REDIRECT);
	assert_int_equal(n_flow_packets(f), 1);
}

static void test_xdp_passes_up_what_has_several_outputs(void **state)
{
	struct fixture *f = *state;
	const struct flow_op twice[] = {push, to_out, pop, to_out};

	flow_install(f, ipv4, twice, 4);
	assert_int_equal(run_xdp(f, ipv4, sizeof(ipv4)), XDP_PASS);
	assert_int_equal(n_flow_packets(f), 0); /* tc counts it */
}

static void test_xdp_passes_up_to_devices_that_take_only_skbs(void **state)
{
	struct fixture *f = *state;
	const struct output_entry output = {
		.ifindex = IFINDEX, .mtu = 1500, .flags = OUTPUT_FLAG_UP};
	const struct flow_op pushed[] = {push, to_out};

	flow_install(f, ipv4, pushed, 2);
	map_write(f->kernel->maps.outputs, OUT, &output);
	assert_int_equal(run_xdp(f, ipv4, sizeof(ipv4)), XDP_PASS);
	assert_int_equal(n_flow_packets(f), 0);
}

/* Only where such frames can come from: the sum of a packet may look like it by chance. */
static void test_xdp_passes_up_partial_checksums(void **state)
{
	struct fixture *f = *state;
	const struct port_entry port = {
		.port = PORT, .flags = PORT_FLAG_CSUM_PARTIAL, .ifindex = IFINDEX};
	uint8_t frame[sizeof(ipv4)];

	memcpy(frame, ipv4, sizeof(frame));
	frame[40] = 0x14; /* 10.0 + 0.1 + 10.0 + 0.2 + 17 + 12 */
	frame[41] = 0x20;
	flow_install(f, ipv4, &to_out, 1);
	assert_int_equal(run_xdp(f, frame, sizeof(frame)), XDP_REDIRECT);
	port_is(f, &port);
	assert_int_equal(run_xdp(f, frame, sizeof(frame)), XDP_PASS);
	frame[41]++;
	assert_int_equal(run_xdp(f, frame, sizeof(frame)), XDP_REDIRECT);
}

/* SCTP's is left to the card as zero. */
static void test_xdp_passes_up_sctp_without_a_checksum(void **state)
{
	struct fixture *f = *state;
	const struct port_entry port = {
		.port = PORT, .flags = PORT_FLAG_CSUM_PARTIAL, .ifindex = IFINDEX};
	uint8_t frame[sizeof(ipv4)];

	memcpy(frame, ipv4, sizeof(frame));
	frame[23] = 132;
	memset(frame + 42, 0, 4);
	flow_install(f, frame, &to_out, 1);
	assert_int_equal(run_xdp(f, frame, sizeof(frame)), XDP_REDIRECT);
	port_is(f, &port);
	assert_int_equal(run_xdp(f, frame, sizeof(frame)), XDP_PASS);
	frame[45] = 1;
	assert_int_equal(run_xdp(f, frame, sizeof(frame)), XDP_REDIRECT);
}

static void test_xdp_edits_tags(void **state)
{
	const struct flow_op ops[] = {push, set, to_out};
	static const uint8_t tag[] = {0x81, 0x00, 0, 9};
	struct fixture *f = *state;
	uint8_t out[4096];
	uint32_t size;

	flow_install(f, ipv4, ops, 3);
	assert_int_equal(run(f->kernel->progs.port_xdp, ipv4, sizeof(ipv4), out, &size),
			 XDP_REDIRECT);
	assert_int_equal(size, sizeof(ipv4) + sizeof(tag));
	assert_memory_equal(out, ipv4, 12);
	assert_memory_equal(out + 12, tag, sizeof(tag));
	assert_memory_equal(out + 16, ipv4 + 12, sizeof(ipv4) - 12);
}

static void test_xdp_drops_what_is_too_big(void **state)
{
	struct fixture *f = *state;
	struct drop_counters *zeros = calloc((size_t)libbpf_num_possible_cpus(), sizeof(*zeros));
	const struct flow_op pushed[] = {push, to_out};
	const uint32_t port = OUT;
	uint8_t frame[LEN_MAX] = {0};

	bpf_map_update_elem(bpf_map__fd(f->kernel->maps.drops), &port, zeros, 0);
	free(zeros);
	memcpy(frame, ipv4, sizeof(ipv4));
	flow_install(f, ipv4, &to_out, 1);
	assert_int_equal(run_xdp(f, frame, 1514), XDP_REDIRECT);
	assert_int_equal(run_xdp(f, frame, 1515), XDP_DROP);
	flow_install(f, ipv4, pushed, 2); /* the tag does not count */
	assert_int_equal(run_xdp(f, frame, 1514), XDP_REDIRECT);
	assert_int_equal(run_xdp(f, frame, 1515), XDP_DROP);
	assert_int_equal(n_dropped(f, OUT, DROP_TOO_BIG), 2);
}

/* ---- lists as long as can be ---- */

static void test_tc_sends_256_copies(void **state)
{
	struct fixture *f = *state;
	struct flow_op ops[256];
	struct kernel_port_count count;
	const uint32_t port = OUT;
	uint8_t out[4096];
	uint32_t size;

	for (unsigned i = 0; i < 256; i++)
		ops[i] = to_out;
	flow_install(f, ipv4, ops, 256);
	assert_int_equal(run(f->kernel->progs.port_tc, ipv4, sizeof(ipv4), out, &size),
			 TC_ACT_REDIRECT);
	assert_int_equal(
		bpf_map_lookup_elem(bpf_map__fd(f->kernel->maps.port_counts), &port, &count), 0);
	assert_int_equal(count.tx_packets, 256);
}

/* Whatever the bytes are: taken as it is, or dropped and counted. */
static void test_random_frames(void **state)
{
	struct fixture *f = *state;
	const char *env = getenv("SEED");
	unsigned seed = env ? (unsigned)strtoul(env, NULL, 0) : (unsigned)time(NULL);
	uint64_t n_taken = 0, n_refused = 0;

	print_message("SEED=%u\n", seed);
	srand(seed);
	socket_listens(f);
	for (unsigned i = 0; i < N_RANDOM; i++) {
		uint32_t size = 14 + (uint32_t)rand() % 200, out_size;
		uint8_t frame[256], out[4096];
		int verdict;

		for (uint32_t b = 0; b < size; b++)
			frame[b] = (uint8_t)rand();
		if (i % 2) /* a beginning that makes sense */
			memcpy(frame, ipv4, (uint32_t)rand() % sizeof(ipv4) % size);
		frame[12] = i % 3 ? frame[12] : 0x81;
		frame[13] = i % 3 ? frame[13] : 0x00;
		verdict = run(f->kernel->progs.port_xdp, frame, size, out, &out_size);
		if (verdict == XDP_REDIRECT) {
			n_taken++;
			assert_int_equal(out_size, size);
			assert_memory_equal(out, frame, size);
		} else {
			assert_int_equal(verdict, XDP_DROP);
			n_refused++;
		}
	}
	assert_int_equal(n_taken + n_refused, N_RANDOM);
	assert_int_equal(n_refused, n_dropped(f, PORT, DROP_MALFORMED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_tc_puts_a_header_in_front),
		RIG_TEST(test_tc_refuses_what_is_cut_off),
		RIG_TEST(test_of_what_the_upcall_device_cannot_carry_the_key_goes_up),
		RIG_TEST(test_frames_of_no_port_are_dropped),
		RIG_TEST(test_xdp_says_what_it_has_found),
		RIG_TEST(test_copies_leave_by_a_set_that_has_the_devices),
		RIG_TEST(test_xdp_needs_a_socket),
		RIG_TEST(test_a_queue_too_many_has_no_socket),
		RIG_TEST(test_xdp_refuses_what_is_cut_off),
		RIG_TEST(test_the_way_down_needs_the_tag),
		RIG_TEST(test_both_hooks_drop),
		RIG_TEST(test_segments_in_a_tunnel_are_counted),
		RIG_TEST(test_what_rules_drop_is_counted_beside_what_came),
		RIG_TEST(test_tags_come_and_go),
		RIG_TEST(test_what_an_output_cannot_take_is_dropped),
		RIG_TEST(test_a_device_that_is_gone_is_sent_nothing),
		RIG_TEST(test_the_near_place_is_another_devices),
		RIG_TEST(test_xdp_redirects_one_output),
		RIG_TEST(test_xdp_passes_up_what_has_several_outputs),
		RIG_TEST(test_xdp_passes_up_to_devices_that_take_only_skbs),
		RIG_TEST(test_xdp_passes_up_partial_checksums),
		RIG_TEST(test_xdp_passes_up_sctp_without_a_checksum),
		RIG_TEST(test_xdp_edits_tags),
		RIG_TEST(test_xdp_drops_what_is_too_big),
		RIG_TEST(test_tc_sends_256_copies),
		RIG_TEST(test_random_frames),
	};

	return RIG_RUN(tests);
}
