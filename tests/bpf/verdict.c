/* What XDP says of a frame to the tc program of the same device, on a device. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <bpf/bpf.h>

#include "kernel_rig.h"

/* From <linux/bpf.h> of Linux 6.6. */
#define ATTACH_TCX_INGRESS 46

static const struct flow_op twice[] = {{.type = OP_OUTPUT, .port = OUT},
				       {.type = OP_OUTPUT, .port = OUT}};
static const struct flow_op drop = {.type = OP_DROP, .reason = DROP_HAIRPIN};

/* A set of programs and maps beside the fixture's. */
static struct fixture another_set(const struct fixture *f)
{
	const struct port_entry entry = {.port = PORT, .n_queues = 1, .ifindex = IFINDEX};
	struct drop_counters *zeros = calloc(libbpf_num_possible_cpus(), sizeof(*zeros));
	struct fixture other = {.kernel = kernel__open(), .sock = f->sock};
	const uint32_t port = PORT;

	assert_non_null(other.kernel);
	other.kernel->rodata->flows_id = 1;
	assert_int_equal(kernel__load(other.kernel), 0);
	port_is(&other, &entry);
	assert_int_equal(
		bpf_map_update_elem(bpf_map__fd(other.kernel->maps.drops), &port, zeros, 0), 0);
	free(zeros);
	return other;
}

static int attach(const struct bpf_program *program, enum bpf_attach_type type)
{
	return bpf_link_create(bpf_program__fd(program), IFINDEX, type, NULL);
}

static void frame_send(const void *frame, size_t size)
{
	const struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = IFINDEX};
	const int sock = socket(AF_PACKET, SOCK_RAW, 0);

	assert_int_equal(sendto(sock, frame, size, 0, (const void *)&to, sizeof(to)), size);
	close(sock);
}

/* A frame passes while links are pointed to another build's programs: the place that XDP has found is none of the
 * maps that tc has. */
static void test_another_set_s_place_is_not_taken(void **state)
{
	struct fixture *f = *state, other = another_set(f);
	const int xdp = attach(f->kernel->progs.port_xdp, BPF_XDP);
	const int tc = attach(other.kernel->progs.port_tc, ATTACH_TCX_INGRESS);
	uint8_t somebody_s[sizeof(ipv4)];

	if (tc < 0)
		skip(); /* no tcx */
	assert_true(xdp >= 0);
	memcpy(somebody_s, ipv4, sizeof(ipv4));
	somebody_s[5] ^= 1;
	flow_install(f, ipv4, twice, 2);
	flow_install(&other, somebody_s, &drop, 1);
	frame_send(ipv4, sizeof(ipv4));
	while (!n_dropped(&other, PORT, DROP_UPCALL_DOWN) && !n_dropped(&other, PORT, DROP_HAIRPIN))
		usleep(1000);
	assert_int_equal(n_flow_packets(&other), 0);
	assert_int_equal(n_dropped(&other, PORT, DROP_UPCALL_DOWN), 1);
	close(tc);
	close(xdp);
	kernel__destroy(other.kernel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_another_set_s_place_is_not_taken),
	};

	return RIG_RUN(tests);
}
