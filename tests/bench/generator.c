/* Sends 64-byte IPv4/UDP frames out of a device as XDP frames, as fast as one core can.
 *
 *	generator DEVICE SECONDS FLOWS DESTINATION-MAC
 *
 * The kernel runs our program on live frames (BPF_F_TEST_XDP_LIVE_FRAMES) 2^20 times per call,
 * because a call costs about 12 ms by itself. Sends from 02:00:00:00:00:01. Pin it with taskset(1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <net/if.h>

#include "base/own.h"
#include "tests/bench/bench.skel.h"

#define FRAMES_PER_CALL (1 << 20)

struct datagram {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
	char payload[18];
} __attribute__((packed));

_Static_assert(sizeof(struct datagram) == 60, "64 bytes with the checksum of the wire");

static void skeleton_free(struct bench **skeleton)
{
	bench__destroy(*skeleton);
	*skeleton = NULL;
}

static uint16_t ip_checksum(const void *header, size_t size)
{
	const uint16_t *words = header;
	uint32_t sum = 0;

	for (size_t i = 0; i < size / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static int datagram_init(struct datagram *d, const char *destination)
{
	unsigned char *mac = d->eth.h_dest;

	memset(d, 0, sizeof(*d));
	if (sscanf(destination, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &mac[0], &mac[1], &mac[2],
		   &mac[3], &mac[4], &mac[5]) != 6)
		return -1;
	memcpy(d->eth.h_source, "\x02\0\0\0\0\x01", ETH_ALEN);
	d->eth.h_proto = htons(ETH_P_IP);
	d->ip.version = 4;
	d->ip.ihl = 5;
	d->ip.ttl = 64;
	d->ip.protocol = IPPROTO_UDP;
	d->ip.tot_len = htons(sizeof(*d) - sizeof(d->eth));
	d->ip.saddr = htonl(0x0a000001);
	d->ip.daddr = htonl(0x0a000002);
	d->ip.check = ip_checksum(&d->ip, sizeof(d->ip));
	d->udp.len = htons(sizeof(d->udp) + sizeof(d->payload));
	return 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Returns the number of frames that the kernel was asked to send, or a negative errno. */
static long generate(int program, struct datagram *d, unsigned ifindex, double seconds)
{
	struct xdp_md context = {.data_end = sizeof(*d), .ingress_ifindex = ifindex};
	double end = now() + seconds;
	long n_sent = 0;

	while (now() < end) {
		LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = d, .data_size_in = sizeof(*d),
			    .ctx_in = &context, .ctx_size_in = sizeof(context),
			    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .repeat = FRAMES_PER_CALL);
		int error = bpf_prog_test_run_opts(program, &options);

		if (error)
			return error;
		n_sent += FRAMES_PER_CALL;
	}
	return n_sent;
}

int main(int argc, char **argv)
{
	own(skeleton_free) struct bench *skeleton = NULL;
	struct datagram d;
	long n_sent;

	if (argc != 5 || datagram_init(&d, argv[4]) || !if_nametoindex(argv[1])) {
		fprintf(stderr, "usage: generator DEVICE SECONDS FLOWS DESTINATION-MAC\n");
		return 2;
	}
	skeleton = bench__open();
	if (!skeleton)
		return 1;
	skeleton->rodata->n_flows = (__u32)atoi(argv[3]);
	if (bench__load(skeleton))
		return 1;
	n_sent = generate(bpf_program__fd(skeleton->progs.generate), &d, if_nametoindex(argv[1]),
			  atof(argv[2]));
	if (n_sent < 0) {
		fprintf(stderr, "generator: %s: %s\n", argv[1], strerror((int)-n_sent));
		return 1;
	}
	printf("%ld\n", n_sent);
	return 0;
}
