/* Frames in several buffers (multi-buffer XDP): the program sees the first, and all of their length. The kernel
 * itself runs it (BPF_PROG_TEST_RUN), on frames that are longer than a page, and cut where we say. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "kernel_rig.h"
#include "port/xsk.h"

#define LEN      9014
#define HEADERS  42 /* Ethernet, IPv4, UDP */
#define CUT_NONE 0

static const struct flow_op to_out = {.type = OP_OUTPUT, .port = OUT};
static uint8_t frame[LEN], out[2 * LEN];

static void frame_make(void)
{
	memset(frame, 'x', sizeof(frame));
	memcpy(frame, ipv4, HEADERS);
	frame[16] = (LEN - 14) >> 8;
	frame[17] = (LEN - 14) & 0xff;
	frame[38] = (LEN - 34) >> 8;
	frame[39] = (LEN - 34) & 0xff;
	frame[40] = frame[41] = 0;
}

/* `cut`: how much of the frame is in its first buffer. -1: this kernel cannot be told. */
static int run_cut(struct fixture *f, uint32_t cut, uint32_t *size)
{
	struct xdp_md ctx = {.data_end = cut, .ingress_ifindex = IFINDEX};
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = LEN,
			    .data_out = out, .data_size_out = sizeof(out));

	if (cut) {
		opts.ctx_in = &ctx;
		opts.ctx_size_in = sizeof(ctx);
	}
	if (bpf_prog_test_run_opts(bpf_program__fd(f->kernel->progs.port_xdp), &opts))
		return -1;
	*size = opts.data_size_out;
	return (int)opts.retval;
}

static int run_long(struct fixture *f)
{
	uint32_t size;

	return run_cut(f, CUT_NONE, &size);
}

static void output_is(struct fixture *f, uint32_t mtu, uint32_t flags)
{
	const struct output_entry output = {
		.ifindex = IFINDEX, .mtu = mtu, .flags = OUTPUT_FLAG_UP | flags};

	map_write(f->kernel->maps.outputs, OUT, &output);
}

static uint64_t n_flow_bytes(struct fixture *f)
{
	struct kernel_count count;
	const uint32_t place = PLACE;

	assert_int_equal(
		bpf_map_lookup_elem(bpf_map__fd(f->kernel->maps.flow_counts), &place, &count), 0);
	return count.n_bytes;
}

static void test_they_go_where_they_are_taken(void **state)
{
	struct fixture *f = *state;

	flow_install(f, frame, &to_out, 1);
	output_is(f, 9000, OUTPUT_FLAG_XDP | OUTPUT_FLAG_XDP_PIECES);
	assert_int_equal(run_long(f), XDP_REDIRECT);
	assert_int_equal(n_flow_packets(f), 1);
	assert_int_equal(n_flow_bytes(f), LEN);
}

static void test_they_are_passed_up_for_others(void **state)
{
	struct fixture *f = *state;

	flow_install(f, frame, &to_out, 1);
	output_is(f, 9000, OUTPUT_FLAG_XDP);
	assert_int_equal(run_long(f), XDP_PASS);
	assert_int_equal(n_flow_packets(f), 0);
}

static void test_all_of_them_counts_for_an_mtu(void **state)
{
	struct fixture *f = *state;
	struct drop_counters *zeros = calloc(libbpf_num_possible_cpus(), sizeof(*zeros));
	const uint32_t port = OUT;

	bpf_map_update_elem(bpf_map__fd(f->kernel->maps.drops), &port, zeros, 0);
	free(zeros);
	flow_install(f, frame, &to_out, 1);
	output_is(f, 8999, OUTPUT_FLAG_XDP | OUTPUT_FLAG_XDP_PIECES);
	assert_int_equal(run_long(f), XDP_DROP);
	assert_int_equal(n_dropped(f, OUT, DROP_TOO_BIG), 1);
}

static void test_headers_are_changed_and_the_rest_stays(void **state)
{
	struct fixture *f = *state;
	const struct flow_op ops[] = {{.type = OP_PUSH_VLAN, .tpid = 0x8100, .tci = 5}, to_out};
	uint32_t size;

	flow_install(f, frame, ops, 2);
	output_is(f, 9000, OUTPUT_FLAG_XDP | OUTPUT_FLAG_XDP_PIECES);
	assert_int_equal(run_cut(f, CUT_NONE, &size), XDP_REDIRECT);
	assert_int_equal(size, LEN + 4);
	assert_memory_equal(out, frame, 12);
	assert_memory_equal(out + 16, frame + 12, LEN - 12);
}

/* A broadcast by a map of devices would copy but the first buffer. */
static void test_they_are_not_copied_at_xdp(void **state)
{
	struct fixture *f = *state;
	const struct flow_op ops[] = {to_out, to_out};
	struct kernel_flow flow = flow_of(frame, ops, 2);
	const uint32_t number = 3, ifindex = IFINDEX;
	int set = bpf_map_create(BPF_MAP_TYPE_DEVMAP, "set", 4, 4, XDP_SET_PORTS, NULL);

	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(bpf_map_update_elem(set, &i, &ifindex, 0), 0);
	flow_install(f, frame, ops, 2);
	output_is(f, 9000, OUTPUT_FLAG_XDP | OUTPUT_FLAG_XDP_PIECES);
	flow.xdp_port = XDP_PORT_SET + number;
	map_write(f->kernel->maps.flows, PLACE, &flow);
	map_write(f->kernel->maps.xdp_sets, number, &set);
	assert_int_equal(run_long(f), XDP_PASS);
	assert_int_equal(n_flow_packets(f), 0);
	close(set);
}

static void socket_listens(struct fixture *f)
{
	const uint32_t slot = PORT_MAX_QUEUES;

	map_write(f->kernel->maps.xsks, slot, &f->sock);
}

/* Wherever the first buffer ends: either all headers were seen, or the frame goes up. */
static void test_headers_that_are_not_seen_whole_go_up(void **state)
{
	struct fixture *f = *state;
	uint64_t n_known = 0;
	uint32_t size;

	flow_install(f, frame, &to_out, 1);
	socket_listens(f);
	output_is(f, 9000, OUTPUT_FLAG_XDP | OUTPUT_FLAG_XDP_PIECES);
	if (run_cut(f, 64, &size) < 0)
		skip(); /* Linux 6.18 can be told */
	n_known = n_flow_packets(f);
	assert_int_equal(n_known, 1);
	for (uint32_t cut = 14; cut < 120; cut++) {
		assert_int_equal(run_cut(f, cut, &size), XDP_REDIRECT);
		n_known += cut >= HEADERS;
		assert_int_equal(n_flow_packets(f), n_known);
	}
	assert_int_equal(n_dropped(f, PORT, DROP_MALFORMED), 0);
}

#define PIECES_TEST(test) \
	cmocka_unit_test_setup_teardown(test, kernel_rig_setup_pieces, kernel_rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PIECES_TEST(test_they_go_where_they_are_taken),
		PIECES_TEST(test_they_are_passed_up_for_others),
		PIECES_TEST(test_all_of_them_counts_for_an_mtu),
		PIECES_TEST(test_headers_are_changed_and_the_rest_stays),
		PIECES_TEST(test_they_are_not_copied_at_xdp),
		PIECES_TEST(test_headers_that_are_not_seen_whole_go_up),
	};

	if (geteuid())
		return rig_skips("needs root");
	if (!xsk_has_pieces())
		return rig_skips("this kernel has no multi-buffer XDP for AF_XDP");
	frame_make();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
