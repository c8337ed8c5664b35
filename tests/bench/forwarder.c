/* The least that a program can do to forward between two devices over AF_XDP: what comes in at one
 * goes out at the other, unseen. The peer that a switch's userspace path is measured against.
 *
 *	forwarder DEVICE DEVICE
 *
 * Copy mode, one UMEM, one socket per device on queue 0, spinning. Prints `ready`, runs until it is
 * killed. Pin it with taskset(1).
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <bpf/libbpf.h>
#include <linux/if_xdp.h>
#include <xdp/xsk.h>

#include "tests/bench/bench.skel.h"

#define FRAME_SIZE  2048u
#define RING_SIZE   2048u
#define N_FRAMES    (4 * RING_SIZE) /* each side: a full fill ring and a full tx ring */
#define BURST       64u
#define KICK_FRAMES 32u /* what the kernel sends per call in copy mode if it cannot be told more */

#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET 9 /* Linux 6.17 */
#endif

struct side {
	struct xsk_socket *socket;
	struct xsk_ring_prod fill, tx;
	struct xsk_ring_cons completion, rx;
	unsigned n_outstanding; /* given to tx, not yet completed */
	unsigned kick_frames;   /* sent per call */
	struct bpf_link *link;
	struct bench *skeleton;
};

static void die(const char *what, int error)
{
	fprintf(stderr, "forwarder: %s: %s\n", what, strerror(abs(error)));
	exit(1);
}

static struct xsk_umem *umem_new(struct side *first)
{
	const struct xsk_umem_config config = {
		.fill_size = RING_SIZE, .comp_size = RING_SIZE, .frame_size = FRAME_SIZE};
	size_t size = (size_t)N_FRAMES * FRAME_SIZE;
	void *area = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	struct xsk_umem *umem;
	int error;

	if (area == MAP_FAILED)
		die("memory", errno);
	error = xsk_umem__create(&umem, area, size, &first->fill, &first->completion, &config);
	if (error)
		die("UMEM", error);
	return umem;
}

static void side_open(struct side *side, const char *device, struct xsk_umem *umem, unsigned index)
{
	const struct xsk_socket_config config = {
		.rx_size = RING_SIZE,
		.tx_size = RING_SIZE,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = XDP_COPY,
	};
	uint32_t zero = 0, at = 0;
	const int budget = RING_SIZE;
	int error, fd;

	error = xsk_socket__create_shared(&side->socket, device, 0, umem, &side->rx, &side->tx,
					  &side->fill, &side->completion, &config);
	if (error)
		die(device, error);
	xsk_ring_prod__reserve(&side->fill, RING_SIZE, &at);
	for (unsigned i = 0; i < RING_SIZE; i++)
		*xsk_ring_prod__fill_addr(&side->fill, at + i) =
			(uint64_t)(index * RING_SIZE + i) * FRAME_SIZE;
	xsk_ring_prod__submit(&side->fill, RING_SIZE);

	side->skeleton = bench__open_and_load();
	fd = xsk_socket__fd(side->socket);
	error = setsockopt(fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, &budget, sizeof(budget));
	side->kick_frames = error ? KICK_FRAMES : RING_SIZE;
	if (!side->skeleton || bpf_map__update_elem(side->skeleton->maps.sockets, &zero,
						    sizeof(zero), &fd, sizeof(fd), BPF_ANY))
		die("socket map", errno);
	side->link = bpf_program__attach_xdp(side->skeleton->progs.to_socket,
					     (int)if_nametoindex(device));
	if (!side->link)
		die(device, errno);
}

/* Makes the kernel send what is in the tx ring. */
static void kick(struct side *side, unsigned n)
{
	for (; n > 0; n -= n < side->kick_frames ? n : side->kick_frames)
		sendto(xsk_socket__fd(side->socket), NULL, 0, MSG_DONTWAIT, NULL, 0);
}

/* Gives the frames that `side` has sent to the fill ring of `from`, where they came from. */
static void reclaim(struct side *side, struct side *from)
{
	uint32_t done, fill;
	unsigned n = xsk_ring_cons__peek(&side->completion, BURST, &done);

	if (n == 0 || xsk_ring_prod__reserve(&from->fill, n, &fill) != n) {
		xsk_ring_cons__cancel(&side->completion, n);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		*xsk_ring_prod__fill_addr(&from->fill, fill + i) =
			*xsk_ring_cons__comp_addr(&side->completion, done + i);
	xsk_ring_cons__release(&side->completion, n);
	xsk_ring_prod__submit(&from->fill, n);
	side->n_outstanding -= n;
}

static void forward(struct side *from, struct side *to)
{
	uint32_t rx, tx;
	unsigned n;

	if (to->n_outstanding)
		reclaim(to, from);
	n = xsk_ring_cons__peek(&from->rx, BURST, &rx);
	if (n > 0 && xsk_ring_prod__reserve(&to->tx, n, &tx) != n) {
		xsk_ring_cons__cancel(&from->rx, n);
		n = 0;
	}
	if (n == 0) {
		if (__atomic_load_n(to->tx.consumer, __ATOMIC_ACQUIRE) != to->tx.cached_prod)
			kick(to, 1); /* the kernel stopped early */
		return;
	}
	for (unsigned i = 0; i < n; i++)
		*xsk_ring_prod__tx_desc(&to->tx, tx + i) =
			*xsk_ring_cons__rx_desc(&from->rx, rx + i);
	xsk_ring_cons__release(&from->rx, n);
	xsk_ring_prod__submit(&to->tx, n);
	to->n_outstanding += n;
	kick(to, n);
}

int main(int argc, char **argv)
{
	static struct side sides[2];
	struct xsk_umem *umem;

	if (argc != 3 || !if_nametoindex(argv[1]) || !if_nametoindex(argv[2])) {
		fprintf(stderr, "usage: forwarder DEVICE DEVICE\n");
		return 2;
	}
	umem = umem_new(&sides[0]);
	side_open(&sides[0], argv[1], umem, 0);
	side_open(&sides[1], argv[2], umem, 1);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		forward(&sides[0], &sides[1]);
		forward(&sides[1], &sides[0]);
	}
}
