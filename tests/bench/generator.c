/* Sends 64-byte IPv4/UDP frames out of a device as XDP frames, as fast as one core can.
 *
 *	generator DEVICE SECONDS [dst=MAC] [src=MAC] [flows=N] [rate=N] [attacks=N] [patterns=1]
 *
 * flows: that many different pairs of UDP ports, each in turn, in steps of many. patterns: frames of 80
 * bytes instead, of each class of packets in turn. rate: that many frames a second, in one call per some
 * milliseconds. attacks: among them a thousand others a second, of so many kinds (generate_attack() in
 * bench.bpf.c). The kernel runs our program on live frames (BPF_F_TEST_XDP_LIVE_FRAMES) up to
 * 2^20 times per call, because a call costs about 12 ms by itself. Prints how many frames it sent.
 * Pin it with taskset(1).
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <net/if.h>

#include "base/own.h"
#include "patterns.h"
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

static bool mac_parse(const char *text, unsigned char *mac)
{
	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &mac[0], &mac[1], &mac[2],
		      &mac[3], &mac[4], &mac[5]) == 6;
}

static void datagram_init(struct datagram *d)
{
	memset(d, 0, sizeof(*d));
	memcpy(d->eth.h_dest, "\x02\0\0\0\0\x02", ETH_ALEN);
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
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

struct wish {
	struct datagram datagram;
	double seconds;
	unsigned n_flows, n_attacks;
	double rate; /* frames a second; 0: all that can be */
	bool has_patterns;
};

static bool wish_parse(struct wish *wish, int argc, char **argv)
{
	datagram_init(&wish->datagram);
	wish->n_flows = 1;
	for (int i = 0; i < argc; i++) {
		const char *value = strchr(argv[i], '=');

		if (!value++)
			return false;
		if (!strncmp(argv[i], "patterns=", 9)) {
			wish->has_patterns = true;
			continue;
		}
		if (!strncmp(argv[i], "attacks=", 8))
			wish->n_attacks = (unsigned)strtoul(value, NULL, 0);
		else if (!strncmp(argv[i], "flows=", 6))
			wish->n_flows = (unsigned)strtoul(value, NULL, 0);
		else if (!strncmp(argv[i], "rate=", 5))
			wish->rate = atof(value);
		else if (strncmp(argv[i], "dst=", 4) != 0 && strncmp(argv[i], "src=", 4) != 0)
			return false;
		else if (!mac_parse(value, argv[i][0] == 'd' ? wish->datagram.eth.h_dest
							     : wish->datagram.eth.h_source))
			return false;
	}
	return true;
}

/* About 0.618 of n, and no divisor: each flow has its turn before the first one comes again. */
static uint32_t stride_for(uint32_t n)
{
	uint32_t stride = (uint32_t)(n * 0.618) | 1, a = n, b;

	for (;; stride += 2) {
		for (b = stride, a = n; b;) {
			const uint32_t rest = a % b;

			a = b;
			b = rest;
		}
		if (a == 1)
			return stride % n ?: 1;
	}
}

/* How many frames the next call is to send. */
static uint32_t n_due(const struct wish *wish, double elapsed, long n_sent)
{
	double n = wish->rate ? wish->rate * elapsed - (double)n_sent : FRAMES_PER_CALL;

	return n < 1 ? 0 : n < FRAMES_PER_CALL ? (uint32_t)n : FRAMES_PER_CALL;
}

/* Returns the number of frames that the kernel was asked to send, or a negative errno. */
static long generate(int program, struct wish *wish, unsigned ifindex)
{
	const uint32_t size = wish->has_patterns ? PATTERN_SIZE : sizeof(wish->datagram);
	struct xdp_md context = {.data_end = size, .ingress_ifindex = ifindex};
	char frame[PATTERN_SIZE] = {0};
	const double begin = now();
	long n_sent = 0;

	memcpy(frame, &wish->datagram, sizeof(wish->datagram));
	while (now() < begin + wish->seconds) {
		const uint32_t n = n_due(wish, now() - begin, n_sent);
		struct bpf_test_run_opts options = {
			.sz = sizeof(options),
			.data_in = frame,
			.data_size_in = size,
			.ctx_in = &context,
			.ctx_size_in = sizeof(context),
			.flags = BPF_F_TEST_XDP_LIVE_FRAMES,
			.repeat = (int)n,
		};
		int error;

		if (!n) {
			usleep(500);
			continue;
		}
		error = bpf_prog_test_run_opts(program, &options);
		if (error)
			return error;
		n_sent += n;
	}
	return n_sent;
}

static struct bpf_program *program_for(const struct bench *skeleton, const struct wish *wish)
{
	if (wish->has_patterns)
		return skeleton->progs.generate_patterns;
	return wish->n_attacks ? skeleton->progs.generate_attack : skeleton->progs.generate;
}

int main(int argc, char **argv)
{
	own(skeleton_free) struct bench *skeleton = NULL;
	struct wish wish = {0};
	unsigned ifindex;
	long n_sent;

	if (argc < 3 || !wish_parse(&wish, argc - 3, argv + 3)) {
		fprintf(stderr, "usage: generator DEVICE SECONDS [dst=MAC] [src=MAC] [flows=N] "
				"[rate=N] [attacks=N] [patterns=1]\n");
		return 2;
	}
	wish.seconds = atof(argv[2]);
	ifindex = if_nametoindex(argv[1]);
	skeleton = bench__open();
	if (!ifindex || !skeleton)
		return 1;
	skeleton->rodata->n_flows = wish.n_flows;
	skeleton->rodata->stride = stride_for(wish.n_flows);
	skeleton->rodata->n_attacks = wish.n_attacks;
	skeleton->rodata->allowed_check = wish.datagram.ip.check;
	patterns_init((struct pattern *)skeleton->bss->patterns, wish.datagram.eth.h_dest,
		      wish.datagram.eth.h_source);
	if (bench__load(skeleton))
		return 1;
	n_sent = generate(bpf_program__fd(program_for(skeleton, &wish)), &wish, ifindex);
	if (n_sent < 0) {
		fprintf(stderr, "generator: %s: %s\n", argv[1], strerror((int)-n_sent));
		return 1;
	}
	printf("%ld\n", n_sent);
	return 0;
}
