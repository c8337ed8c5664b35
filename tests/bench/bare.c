/* The barest ways to forward between two devices, or to drop: what there is to be had.
 *
 *	bare xdp-redirect|xdp-flows|xdp-lines|tc-redirect|xdp-drop DEVICE DEVICE
 *
 * Prints `ready` and lasts until it is killed. No CPU time is its own: the programs run where frames
 * arrive.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <net/if.h>

#include "base/own.h"
#include "attach.h"
#include "tests/bench/bench.skel.h"

static void skeleton_free(struct bench **skeleton)
{
	bench__destroy(*skeleton);
	*skeleton = NULL;
}

static int attach(const struct bench *skeleton, const char *what, unsigned ifindex)
{
	if (!strcmp(what, "tc-redirect"))
		return attach_tc(skeleton->progs.redirect_tc, ifindex);
	if (!strcmp(what, "xdp-redirect"))
		return attach_xdp(skeleton->progs.redirect, ifindex);
	if (!strcmp(what, "xdp-flows"))
		return attach_xdp(skeleton->progs.redirect_flow, ifindex);
	if (!strcmp(what, "xdp-lines"))
		return attach_xdp(skeleton->progs.redirect_line, ifindex);
	return attach_xdp(skeleton->progs.drop, ifindex);
}

/* Device i's frames go to the other one. */
static int start(const struct bench *skeleton, const char *what, const unsigned *ifindex)
{
	int rc = 0;

	for (unsigned i = 0; i < 2 && !rc; i++) {
		if (!strncmp(what, "xdp-", 4))
			rc = bpf_map_update_elem(bpf_map__fd(skeleton->maps.devices), &i,
						 &ifindex[!i], BPF_ANY);
	}
	for (unsigned i = 0; i < 2 && !rc; i++)
		rc = attach(skeleton, what, ifindex[i]);
	return rc;
}

int main(int argc, char **argv)
{
	own(skeleton_free) struct bench *skeleton = NULL;
	unsigned ifindex[2];
	int rc;

	if (argc != 4) {
		fprintf(stderr,
			"usage: bare xdp-redirect|xdp-flows|xdp-lines|tc-redirect|xdp-drop DEVICE DEVICE\n");
		return 2;
	}
	skeleton = bench__open();
	if (!skeleton)
		return 1;
	for (unsigned i = 0; i < 2; i++) {
		ifindex[i] = if_nametoindex(argv[2 + i]);
		if (!ifindex[i]) {
			fprintf(stderr, "bare: %s: no such device\n", argv[2 + i]);
			return 1;
		}
	}
	for (unsigned i = 0; i < 2; i++) {
		skeleton->rodata->from[i] = ifindex[i];
		skeleton->rodata->to[i] = ifindex[!i];
	}
	rc = bench__load(skeleton);
	if (!rc)
		rc = start(skeleton, argv[1], ifindex);
	if (rc) {
		fprintf(stderr, "bare: %s: %s\n", argv[1], strerror(-rc));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
