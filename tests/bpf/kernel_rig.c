#include "kernel_rig.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <bpf/bpf.h>

const uint8_t ipv4[IPV4_SIZE] = {
	0x02, 0,    0,    0,    0, 2,  0x02, 0, 0,   0,   0,   1,   0x08, 0x00, /* Ethernet */
	0x45, 0,    0,    32,   0, 0,  0,    0, 64,  17,  0,   0,   10,   0,
	0,    1,    10,   0,    0, 2,                               /* IPv4 */
	0x12, 0x34, 0x56, 0x78, 0, 12, 0,    0, 'd', 'a', 't', 'a', /* UDP */
};

/* A namespace of our own, whose loopback is up: copies really go out there. */
static void leave_the_host(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int sock;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(ioctl(sock, SIOCSIFFLAGS, &lo), 0);
	close(sock);
}

void map_write(const struct bpf_map *map, uint32_t key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(map), &key, value, 0), 0);
}

void port_is(struct fixture *f, const struct port_entry *entry)
{
	const int ports = bpf_map__fd(f->kernel->maps.ports);
	const uint32_t ifindex = IFINDEX;

	map_write(f->kernel->maps.near_ports, IFINDEX % NEAR_PORTS,
		  entry ?: &(struct port_entry){0});
	assert_int_equal(entry ? bpf_map_update_elem(ports, &ifindex, entry, 0)
			       : bpf_map_delete_elem(ports, &ifindex),
			 0);
}

static void pieces_set(struct kernel *kernel)
{
	kernel->rodata->has_pieces = true;
	bpf_program__set_flags(kernel->progs.port_xdp, BPF_F_XDP_HAS_FRAGS);
	bpf_program__set_flags(kernel->progs.upcall_xdp, BPF_F_XDP_HAS_FRAGS);
}

static int setup(void **state, bool has_pieces)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct port_entry entry = {
		.port = PORT, .n_queues = 1, .xsk_base = PORT_MAX_QUEUES, .ifindex = IFINDEX};

	leave_the_host();
	f->kernel = kernel__open();
	assert_non_null(f->kernel);
	f->kernel->rodata->upcall_ifindex = IFINDEX;
	f->kernel->rodata->n_workers = 2;
	if (has_pieces)
		pieces_set(f->kernel);
	assert_int_equal(kernel__load(f->kernel), 0);
	f->kernel->bss->upcall_len_max = LEN_MAX;
	f->sock = socket(AF_XDP, SOCK_RAW, 0);
	assert_true(f->sock >= 0);
	for (uint32_t worker = 0; worker < 2; worker++)
		map_write(f->kernel->maps.xsks, worker, &f->sock);
	port_is(f, &entry);
	for (uint32_t port = 0; port <= PORT; port += PORT) {
		struct drop_counters *zeros = calloc(libbpf_num_possible_cpus(), sizeof(*zeros));

		assert_int_equal(
			bpf_map_update_elem(bpf_map__fd(f->kernel->maps.drops), &port, zeros, 0),
			0);
		free(zeros);
	}
	*state = f;
	return 0;
}

int kernel_rig_setup(void **state)
{
	return setup(state, false);
}

int kernel_rig_setup_pieces(void **state)
{
	return setup(state, true);
}

int kernel_rig_teardown(void **state)
{
	struct fixture *f = *state;

	close(f->sock);
	kernel__destroy(f->kernel);
	free(f);
	return 0;
}

int rig_skips(const char *why)
{
	printf("skipped: %s\n", why);
	return 77;
}

uint64_t n_dropped(struct fixture *f, uint32_t port, enum drop_reason reason)
{
	int n_cpus = libbpf_num_possible_cpus();
	struct drop_counters *rows = calloc((size_t)n_cpus, sizeof(*rows));
	uint64_t n = 0;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(f->kernel->maps.drops), &port, rows), 0);
	for (int cpu = 0; cpu < n_cpus; cpu++)
		n += rows[cpu].n[reason];
	free(rows);
	return n;
}

int run(const struct bpf_program *program, const void *frame, uint32_t size, void *out,
	uint32_t *out_size)
{
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = size,
			    .data_out = out, .data_size_out = 4096);

	if (bpf_prog_test_run_opts(bpf_program__fd(program), &opts))
		return -1;
	*out_size = opts.data_size_out;
	return (int)opts.retval;
}

void workers_leave(struct fixture *f)
{
	for (uint32_t worker = 0; worker < 2; worker++)
		assert_int_equal(bpf_map_delete_elem(bpf_map__fd(f->kernel->maps.xsks), &worker),
				 0);
}

uint64_t n_flow_packets(struct fixture *f)
{
	struct kernel_count count;
	const uint32_t place = PLACE;

	assert_int_equal(
		bpf_map_lookup_elem(bpf_map__fd(f->kernel->maps.flow_counts), &place, &count), 0);
	return count.n_packets;
}

/* Test runs count on the CPU that they run on; the maps have room for the first alone. */
static void stay_on_first_cpu(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	assert_int_equal(sched_setaffinity(0, sizeof(cpus), &cpus), 0);
}

/* XDP can do a list whose only output is its last op. */
static uint16_t xdp_port_of(const struct flow_op *ops, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += 1 + ops[i].n_words)
		if (ops[i].type == OP_OUTPUT)
			return i + 1 == n ? ops[i].port : PORT_ID_NONE;
	return PORT_ID_NONE;
}

/* As switch/offload-ops has it. */
static uint32_t list_of(const struct flow_op *ops, uint32_t n)
{
	if (n == 1 && ops->type == OP_OUTPUT && !ops->queue)
		return ops->port;
	return n == 1 && ops->type == OP_DROP ? KERNEL_OPS_DROP + ops->reason : LIST;
}

struct kernel_flow flow_of(const uint8_t *frame, const struct flow_op *ops, uint32_t n)
{
	struct kernel_flow flow = {.mask = MASK,
				   .stamp.index = {10, 11},
				   .n_ops = n,
				   .list = list_of(ops, n),
				   .xdp_port = xdp_port_of(ops, n)};
	struct packet_key key = {.in_port = PORT};

	memcpy(&key.eth_dst, frame, 6);
	memcpy(&key.eth_src, frame + 6, 6);
	memcpy(flow.word, key.word, sizeof(flow.word));
	return flow;
}

/* Of as many words as are hashed. */
static struct kernel_mask mask_of(uint32_t n_words)
{
	struct kernel_mask mask = {.seed = 12345, .n_words = n_words};
	struct packet_key bits = {.in_port = 0xffff};

	memset(&bits.eth_dst, 0xff, 6);
	memset(&bits.eth_src, 0xff, 6);
	for (uint32_t i = 0; i < PACKET_KEY_WORDS; i++) {
		mask.word[i].factor = (i + 1) * 0x9e3779b97f4a7c15ull;
		mask.word[i].bits =
			i < PACKET_KEY_IPV4_WORDS || i >= n_words ? bits.word[i] : UINT64_MAX;
	}
	return mask;
}

static struct index_spot spot_of(struct fixture *f, const struct kernel_mask *mask,
				 const struct kernel_flow *flow)
{
	const struct index_size size = {INDEX_BUCKETS_BEGIN, true};
	struct kernel_key key = {.mask = flow->mask};

	memcpy(key.word, flow->word, sizeof(flow->word));
	map_write(f->kernel->maps.index_size, 0, &size);
	return index_spot_for(mask, &key, mask->n_words, size);
}

void flow_goes_home(struct fixture *f, const uint8_t *frame, const struct flow_op *ops,
		    bool is_home)
{
	const struct kernel_mask mask = mask_of(3);
	struct kernel_flow flow = flow_of(frame, ops, 1);
	const struct index_spot spot = spot_of(f, &mask, &flow);

	flow.is_home = is_home;
	map_write(f->kernel->maps.flow_index, spot.bucket[1], &(struct index_bucket){0});
	map_write(f->kernel->maps.flows, spot.home, &flow);
}

void flow_home_is_anothers(struct fixture *f, const uint8_t *frame, const struct flow_op *other)
{
	const struct kernel_mask mask = mask_of(3);
	struct kernel_flow flow = flow_of(frame, other, 1);
	const uint32_t home = spot_of(f, &mask, &flow).home;

	flow.is_home = true;
	flow.word[2] ^= 1;
	map_write(f->kernel->maps.flows, home, &flow);
}

/* Into the second of its buckets: a slot that leads to the entry, and another one, which has its tag or one that
 * differs by so much. */
static void index_write(struct fixture *f, const struct kernel_mask *mask,
			const struct kernel_flow *flow, uint32_t other, uint32_t differs)
{
	const struct index_spot spot = spot_of(f, mask, flow);
	struct index_bucket bucket = {0};

	bucket.slot[2] = (spot.tag ^ differs) << INDEX_PLACE_BITS | other;
	bucket.slot[7] = spot.tag << INDEX_PLACE_BITS | PLACE;
	map_write(f->kernel->maps.flow_index, spot.bucket[1], &bucket);
}

void flow_tag_alone(struct fixture *f, const uint8_t *frame, const struct flow_op *other)
{
	const struct kernel_mask mask = mask_of(3);
	const struct kernel_flow flow = flow_of(frame, other, 1);

	map_write(f->kernel->maps.flows, PLACE + 1, &flow);
	index_write(f, &mask, &flow, PLACE + 1, 1);
}

void flow_was_between(struct fixture *f, const uint8_t *frame, const struct flow_op *other)
{
	const struct kernel_flow flow = flow_of(frame, other, 1);

	map_write(f->kernel->maps.flows, PLACE | (PLACE + 1), &flow);
}

void flow_has_tail(struct fixture *f, const uint8_t *frame, uint64_t last)
{
	const struct kernel_mask mask = mask_of(PACKET_KEY_WORDS);
	const struct kernel_flow flow = flow_of(frame, &(struct flow_op){.type = OP_DROP}, 1);
	const struct kernel_tail tail = {.word = {0, 0, last}};

	map_write(f->kernel->maps.masks, MASK, &mask);
	map_write(f->kernel->maps.flow_tails, PLACE, &tail);
	index_write(f, &mask, &flow, PLACE + 1, 0);
}

void flow_install(struct fixture *f, const uint8_t *frame, const struct flow_op *ops, uint32_t n)
{
	const struct kernel_flow flow = flow_of(frame, ops, n);
	const struct kernel_mask mask = mask_of(3);
	struct port_masks classes;
	const struct output_entry output = {
		.ifindex = IFINDEX, .mtu = 1500, .flags = OUTPUT_FLAG_UP | OUTPUT_FLAG_XDP};
	const uint32_t ifindex = IFINDEX;

	stay_on_first_cpu();
	for (unsigned i = 0; i < 16; i++)
		classes.by_class[i] = MASK + 1;
	map_write(f->kernel->maps.masks, MASK, &mask);
	map_write(f->kernel->maps.port_masks, PORT, &classes);
	map_write(f->kernel->maps.flows, PLACE, &flow);
	map_write(f->kernel->maps.flow_counts, PLACE, &(struct kernel_count){0});
	map_write(f->kernel->maps.outputs, OUT, &output);
	map_write(f->kernel->maps.devices, OUT, &ifindex);
	map_write(f->kernel->maps.xdp_outputs, OUT, &ifindex);
	for (uint32_t i = 0; i < n; i++)
		map_write(f->kernel->maps.flow_ops, LIST + i, &ops[i]);
	index_write(f, &mask, &flow, PLACE + 1, 0);
}
