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

/* NULL: the frame is too short for it. */
static __always_inline struct udphdr *udp_of(const struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	struct udphdr *udp = data + sizeof(struct ethhdr) + sizeof(struct iphdr);

	return (void *)(udp + 1) > (void *)(long)ctx->data_end ? NULL : udp;
}

/* All are run by bpf_prog_test_run_opts() with live frames: each leaves by the device it "came" from. */
static __always_inline int flow_next(struct xdp_md *ctx)
{
	struct udphdr *udp = udp_of(ctx);
	__u32 flow = next_flow;

	if (!udp)
		return XDP_ABORTED;
	next_flow = flow + stride < n_flows ? flow + stride : flow + stride - n_flows;
	udp->source = bpf_htons(1024 + (flow & 0x7fff));
	udp->dest = bpf_htons(2048 + (flow >> 15));
	return XDP_TX;
}

SEC("xdp")
int generate(struct xdp_md *ctx)
{
	return flow_next(ctx);
}

/* ---- what makes tuple-space search explode ----
 *
 * Between frames that an access list allows (nw_src=10.0.0.1, or tp_src=5353, or tp_dst=53) come a thousand
 * a second that it refuses, each at other bits of the three fields than those before: where masks are
 * made from packets, that is a mask for each, 8,192 in all (Csikor et al., CoNEXT 2019). 10 s long,
 * then 2 s nothing. */

#define SECOND        1000000000ull
#define ATTACK_EVERY  (SECOND / 1000)
#define ATTACK_ON     (10 * SECOND)
#define ATTACK_PERIOD (12 * SECOND)
#define ALLOWED_SRC   0x0a000001
#define ALLOWED_SPORT 5353
#define ALLOWED_DPORT 53

const volatile __u32 n_attacks = 1; /* different ones: 1 to 8192 */
const volatile __u16 allowed_check; /* of the IPv4 header with ALLOWED_SRC; network byte order */
__u64 attack_begin, attack_due;
__u32 n_generated, next_attack;

/* Agrees with `value` in the first `bit` bits of `width`, and in no more. */
static __always_inline __u32 differing(__u32 value, __u32 width, __u32 bit)
{
	return value ^ 1u << (width - 1 - bit);
}

/* RFC 1624: the checksum when the source address becomes another one. */
static __always_inline __u16 check_for(__u32 src)
{
	__u32 sum = (__u16)~bpf_ntohs(allowed_check);

	sum += (__u16) ~(ALLOWED_SRC >> 16) + (__u16)~ALLOWED_SRC;
	sum += (src >> 16) + (src & 0xffff);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return bpf_htons((__u16)~sum);
}

/* Is it time for the next one? Asked for few frames: looking at the clock is slow. */
static __always_inline int attack_is_due(void)
{
	__u64 now;

	if (++n_generated % 64)
		return 0;
	now = bpf_ktime_get_ns();
	if (!attack_begin)
		attack_begin = attack_due = now;
	if (now < attack_due || (now - attack_begin) % ATTACK_PERIOD >= ATTACK_ON)
		return 0;
	attack_due = now - attack_due < SECOND ? attack_due + ATTACK_EVERY : now;
	return 1;
}

SEC("xdp")
int generate_attack(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	struct udphdr *udp = (void *)(ip + 1);
	__u32 i = next_attack, src;

	if ((void *)(udp + 1) > end)
		return XDP_ABORTED;
	if (!attack_is_due()) {
		ip->saddr = bpf_htonl(ALLOWED_SRC);
		ip->check = allowed_check;
		return flow_next(ctx);
	}
	next_attack = i + 1 < n_attacks ? i + 1 : 0;
	src = differing(ALLOWED_SRC, 32, i % 32);
	ip->saddr = bpf_htonl(src);
	ip->check = check_for(src);
	udp->source = bpf_htons((__u16)differing(ALLOWED_SPORT, 16, i / 32 % 16));
	udp->dest = bpf_htons((__u16)differing(ALLOWED_DPORT, 16, i / 512 % 16));
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

/* The least that a flow cache does, with the hash table that the kernel has: finds the flow, counts, sends it on. */
struct flow_key {
	__u8 macs[2 * ETH_ALEN];
	__be32 ports;
};

struct flow_count {
	__u64 n_packets, n_bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 20);
	__type(key, struct flow_key);
	__type(value, struct flow_count);
} known_flows SEC(".maps");

SEC("xdp")
int redirect_flow(struct xdp_md *ctx)
{
	const struct udphdr *udp = udp_of(ctx);
	struct flow_count *count, first = {1, ctx->data_end - ctx->data};
	struct flow_key key;

	if (!udp)
		return XDP_DROP;
	__builtin_memcpy(key.macs, (void *)(long)ctx->data, sizeof(key.macs));
	__builtin_memcpy(&key.ports, udp, sizeof(key.ports));
	count = bpf_map_lookup_elem(&known_flows, &key);
	if (count) {
		count->n_packets++;
		count->n_bytes += first.n_bytes;
	} else {
		bpf_map_update_elem(&known_flows, &key, &first, BPF_ANY);
	}
	return bpf_redirect_map(&devices, ctx->ingress_ifindex == from[1], XDP_DROP);
}

/* Less than that: it knows where a flow's line of memory is, and counts in it. */
struct line {
	__u64 n_packets, other[7];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << 20);
	__type(key, __u32);
	__type(value, struct line);
} lines SEC(".maps");

SEC("xdp")
int redirect_line(struct xdp_md *ctx)
{
	const struct udphdr *udp = udp_of(ctx);
	struct line *line;
	__u32 i;

	if (!udp)
		return XDP_DROP;
	i = (__u32)(*(__u32 *)udp * 0x9e3779b1) >> 12; /* each its own: the factor is odd */
	line = bpf_map_lookup_elem(&lines, &i);
	if (line)
		line->n_packets++;
	return bpf_redirect_map(&devices, ctx->ingress_ifindex == from[1], XDP_DROP);
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
