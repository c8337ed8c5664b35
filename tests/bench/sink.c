/* Takes every frame that arrives at a device, at the XDP or the tc hook, and counts them.
 *
 *	sink DEVICE xdp|tc
 *
 * Answers each line of its input with `FRAMES NANOSECONDS`: the count and the monotonic clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>

#include "base/own.h"
#include "attach.h"
#include "tests/bench/bench.skel.h"

static void skeleton_free(struct bench **skeleton)
{
	bench__destroy(*skeleton);
	*skeleton = NULL;
}

static int answer(int counts, uint64_t *per_cpu, int n_cpus)
{
	struct timespec ts;
	uint64_t sum = 0;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(counts, &zero, per_cpu))
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	for (int i = 0; i < n_cpus; i++)
		sum += per_cpu[i];
	printf("%llu %lld\n", (unsigned long long)sum,
	       (long long)ts.tv_sec * 1000000000 + ts.tv_nsec);
	return fflush(stdout);
}

static int attach(const struct bench *skeleton, const char *hook, unsigned ifindex)
{
	if (!strcmp(hook, "tc"))
		return attach_tc(skeleton->progs.count_tc, ifindex);
	return attach_xdp(skeleton->progs.count, ifindex);
}

int main(int argc, char **argv)
{
	own(skeleton_free) struct bench *skeleton = NULL;
	own(mem_free) uint64_t *per_cpu = NULL;
	int n_cpus = libbpf_num_possible_cpus();
	char line[16];

	if (argc != 3 || !if_nametoindex(argv[1])) {
		fprintf(stderr, "usage: sink DEVICE xdp|tc\n");
		return 2;
	}
	per_cpu = calloc((size_t)n_cpus, sizeof(*per_cpu));
	skeleton = bench__open_and_load();
	if (!per_cpu || !skeleton || attach(skeleton, argv[2], if_nametoindex(argv[1])))
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		if (answer(bpf_map__fd(skeleton->maps.counts), per_cpu, n_cpus))
			return 1;
	}
	return 0;
}
