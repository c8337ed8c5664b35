/* The kernel side of the benchmarks: a source of frames, sinks that count, the barest ways to forward,
 * and the way into an AF_XDP socket. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "patterns.h"

/* One generator at a time. */
const volatile __u32 n_flows = 1; /* different pairs of UDP ports */
const volatile __u32 stride = 1;  /* from one to the next; coprime to n_flows */
__u32 next_flow;
__u64 patterns[N_PATTERNS][PATTERN_SIZE / 8]; /* for generate_patterns() */
__u32 next_pattern;

/* Both are run by bpf_prog_test_run_opts() with live frames: each leaves by the device it "came" from. */
SEC("xdp")
int generate(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct udphdr *udp = data + sizeof(struct ethhdr) + sizeof(struct iphdr);
	__u32 flow = next_flow;

	if ((void *)(udp + 1) > end)
		return XDP_ABORTED;
	next_flow = flow + stride < n_flows ? flow + stride : flow + stride - n_flows;
	udp->source = bpf_htons(1024 + (flow & 0x7fff));
	udp->dest = bpf_htons(2048 + (flow >> 15));
	return XDP_TX;
}

SEC("xdp")
int generate_patterns(struct xdp_md *ctx)
{
	struct pattern *frame = (void *)(long)ctx->data;
	__u32 i = next_pattern;

	if ((void *)(frame + 1) > (void *)(long)ctx->data_end || i >= N_PATTERNS)
		return XDP_ABORTED;
	*frame = *(struct pattern *)patterns[i];
	next_pattern = i + 1 < N_PATTERNS ? i + 1 : 0;
	return XDP_TX;
}

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

static __always_inline void count_frame(void)
{
	__u32 zero = 0;
	__u64 *n = bpf_map_lookup_elem(&counts, &zero);

	if (n)
		(*n)++;
}

SEC("xdp")
int count(struct xdp_md *ctx)
{
	count_frame();
	return XDP_DROP;
}

SEC("tc")
int count_tc(struct __sk_buff *skb)
{
	count_frame();
	return TC_ACT_SHOT;
}

/* ---- bare forwarding: from one device to another, unseen ---- */

const volatile __u32 from[2], to[2]; /* ifindexes */

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} devices SEC(".maps");

SEC("xdp")
int redirect(struct xdp_md *ctx)
{
	return bpf_redirect_map(&devices, ctx->ingress_ifindex == from[1], XDP_DROP);
}

SEC("tc")
int redirect_tc(struct __sk_buff *skb)
{
	return bpf_redirect(to[skb->ifindex == from[1]], 0);
}

SEC("xdp")
int drop(struct xdp_md *ctx)
{
	return XDP_DROP;
}

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

SEC("xdp")
int to_socket(struct xdp_md *ctx)
{
	return bpf_redirect_map(&sockets, ctx->rx_queue_index, XDP_PASS);
}

char _license[] SEC("license") = "GPL";
