#pragma once
/* forward: does at XDP what a cache entry says, if XDP can. Kernel side only.
 *
 * XDP has one frame to send, to a device that takes it so, or copies of a frame as it came to all devices of a
 * map. Whatever else an entry wants is passed up as it came, with a note of its entry: the kernel makes an
 * skb of it for the tc program on the same device. So is a frame that holds only a part of its checksum: the skb still knows, an XDP frame that
 * is redirected does not. A frame in several buffers is redirected to a device that takes such; copies of it are
 * not made at XDP. */
#include <linux/if_ether.h>

#include "metered.h"
#include "set.h"
#include "verdict.h"

#define TAG_SIZE ((int)sizeof(struct vlan_header))

/* Where a header may begin: the verifier wants a bound. */
#define PLACE_MAX 0x1fff

/* One number, and one pointer: clang would rather check one copy and use another, which the verifier
 * does not accept. `at` is PLACE_MAX at most. */
static __always_inline __u8 *frame_at(struct xdp_md *ctx, __u32 at)
{
	__u8 *p = (__u8 *)(long)ctx->data;

	asm volatile("" : "+r"(at));
	p += at & PLACE_MAX;
	asm volatile("" : "+r"(p));
	return p;
}

/* What is to be done with the frame, and how far it is. */
struct forward {
	struct header_places places;
	__u16 in_port;
	__u32 first; /* op in `flow_ops` */
	__u32 n_ops;
	__u32 size; /* of the frame */
	bool is_in_pieces;
};

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)sum;
}

/* ---- partial checksums ---- */

static __always_inline __u16 pseudo_sum(const struct ingress *ingress)
{
	const struct packet_key *key = &ingress->key;
	__u64 sum = to_be32(ingress->layout.l3 + ingress->layout.l3_size - ingress->layout.l4).be;

	sum += to_be32(key->ip_proto).be;
	/* IPv4 has zeroes behind its two addresses. */
#pragma unroll
	for (int i = 5; i < PACKET_KEY_WORDS; i++)
		sum += (key->word[i] & 0xffffffff) + (key->word[i] >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	return fold((__u32)sum);
}

/* As checksum_is_partial() of packet/checksum.h. Not static: see tc_parse() in tc.bpf.c. */
__attribute__((noinline)) int is_partial(struct xdp_md *ctx, struct ingress *ingress)
{
	const __u8 *end = (void *)(long)ctx->data_end;
	struct header_places places;
	const __u16 *field;
	__u32 at;

	if (!ingress || ingress->key.ip_frag)
		return 0;
	places.l4 = ingress->layout.l4;
	places.packet_class = ingress->key.packet_class;
	at = sum_place(&places);
	if (!at || at > PLACE_MAX || places.packet_class == CLASS_IPV6_ICMP)
		return 0;
	field = (const void *)frame_at(ctx, at);
	if ((const __u8 *)(field + 1) > end)
		return 0;
	return *field == pseudo_sum(ingress);
}

/* ---- tags ---- */

static __always_inline int push_vlan(struct xdp_md *ctx, struct forward *forward, struct flow_op op)
{
	struct eth_header *eth;
	struct vlan_header *tag;
	struct eth_addr dst, src;
	void *end;

	if (bpf_xdp_adjust_head(ctx, -TAG_SIZE))
		return -1;
	eth = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if ((void *)(eth + 1) + TAG_SIZE > end)
		return -1;
	/* The old header is TAG_SIZE behind. */
	dst = ((struct eth_header *)((void *)eth + TAG_SIZE))->dst;
	src = ((struct eth_header *)((void *)eth + TAG_SIZE))->src;
	eth->dst = dst;
	eth->src = src;
	eth->type = to_be16(op.tpid);
	tag = (void *)(eth + 1);
	tag->tci = to_be16(op.tci); /* its type is the one that was there */
	forward->size += TAG_SIZE;
	forward->places.l3 += TAG_SIZE;
	forward->places.l4 += forward->places.l4 ? TAG_SIZE : 0;
	return 0;
}

static __always_inline int pop_vlan(struct xdp_md *ctx, struct forward *forward)
{
	struct eth_header *eth = (void *)(long)ctx->data, *inner;
	struct eth_addr dst, src;

	if ((void *)(eth + 1) + TAG_SIZE > (void *)(long)ctx->data_end)
		return -1;
	if (!parse_is_vlan(from_be16(eth->type)))
		return 0;
	dst = eth->dst;
	src = eth->src;
	inner = (void *)eth + TAG_SIZE;
	inner->dst = dst;
	inner->src = src;
	forward->size -= TAG_SIZE;
	forward->places.l3 -= TAG_SIZE;
	forward->places.l4 -= forward->places.l4 ? TAG_SIZE : 0;
	return (int)bpf_xdp_adjust_head(ctx, TAG_SIZE);
}

static __always_inline int set_vlan(struct xdp_md *ctx, struct flow_op op)
{
	struct eth_header *eth = (void *)(long)ctx->data;
	struct vlan_header *tag = (void *)(eth + 1);

	if ((void *)(tag + 1) > (void *)(long)ctx->data_end)
		return -1;
	if (parse_is_vlan(from_be16(eth->type)))
		tag->tci = to_be16((from_be16(tag->tci) & ~op.mask) | op.tci);
	return 0;
}

/* ---- fields ---- */

/* False: the sum is not in the frame. RFC 1624, and RFC 768: a UDP checksum of zero is none. */
static __always_inline bool sum_follow(struct xdp_md *ctx, __u32 at, __u32 diff, bool is_udp)
{
	__u8 *end = (void *)(long)ctx->data_end;
	__u16 *field, sum;

	if (at > PLACE_MAX)
		return false;
	field = (void *)frame_at(ctx, at);
	if ((__u8 *)(field + 1) > end)
		return false;
	if (is_udp && !*field)
		return true;
	sum = ~fold((__u16) ~*field + diff);
	*field = is_udp && !sum ? 0xffff : sum;
	return true;
}

/* Returns what sums change by, below 2^20; -1: the field is not in the frame. */
static __always_inline int patch_write(struct xdp_md *ctx, const struct patch *patch)
{
	__u8 *data, *end = (void *)(long)ctx->data_end;
	__u32 at = patch->at, diff = 0;

	if (at > PLACE_MAX)
		return -1;
	data = frame_at(ctx, at);
#pragma unroll
	for (int i = 0; i < 8; i++) {
		__u16 *pair = (__u16 *)data + i, old, new;

		if (2 * i >= patch->size)
			break;
		if ((__u8 *)(pair + 1) > end)
			return -1;
		old = *pair;
		new = (old & ~patch->mask_pair[i]) | (patch->value_pair[i] & patch->mask_pair[i]);
		*pair = new;
		diff += (__u16)~old + new;
	}
	return (int)diff;
}

static __always_inline int patch_do(struct xdp_md *ctx, const struct patch *patch,
				    const struct header_places *places)
{
	const int diff = patch_write(ctx, patch);

	if (diff < 0)
		return -1;
	if (patch->sums & SUM_IPV4 && !sum_follow(ctx, places->l3 + 10, (__u32)diff, false))
		return -1;
	if (!(patch->sums & (SUM_PSEUDO | SUM_L4)) || !sum_place(places))
		return 0;
	return sum_follow(ctx, sum_place(places), (__u32)diff, is_udp(places->packet_class)) ? 0
											     : -1;
}

/* Not static: see tc_parse() in tc.bpf.c. */
__attribute__((noinline)) int forward_set(struct xdp_md *ctx, struct forward *forward, __u32 i)
{
	struct header_places places;
	struct patch patch = {0};
	const struct flow_op *op;

	if (!forward)
		return -1;
	op = bpf_map_lookup_elem(&flow_ops, &i);
	if (!op)
		return -1;
	places = forward->places;
	patch_read(&patch, i, op->n_words);
	patch_make(&patch, &places, op->field);
	return patch_do(ctx, &patch, &places);
}

/* ---- meters ---- */

/* The drop precedence of a packet that exceeds a band grows. Not static: see tc_parse() in tc.bpf.c. */
__attribute__((noinline)) int forward_remark(struct xdp_md *ctx, struct forward *forward,
					     __u32 level)
{
	struct header_places places;
	struct patch patch = {0};
	const __u8 *pair;

	if (!forward)
		return -1;
	places = forward->places;
	if (!is_ipv4(places.packet_class) && !is_ipv6(places.packet_class))
		return 0;
	if (places.l3 > PLACE_MAX)
		return -1;
	pair = frame_at(ctx, places.l3);
	if (pair + 2 > (const __u8 *)(long)ctx->data_end)
		return -1;
	patch_dscp(&patch, &places, meter_remark(tos_in(pair, &places), level));
	return patch_do(ctx, &patch, &places);
}

static __always_inline int forward_meter(struct xdp_md *ctx, struct forward *forward, __u32 slot)
{
	const int what = metered(slot, 1, forward->size);

	if (what == METERED_DROP)
		return DROP_METER;
	if (what >= METERED_REMARK && forward_remark(ctx, forward, (__u32)what - METERED_REMARK))
		return DROP_NO_BUFFER;
	return DROP_NONE;
}

static __always_inline int edit(struct xdp_md *ctx, struct forward *forward, struct flow_op op,
				__u32 i)
{
	switch (op.type) {
	case OP_PUSH_VLAN:
		return push_vlan(ctx, forward, op);
	case OP_POP_VLAN:
		return pop_vlan(ctx, forward);
	case OP_SET_VLAN:
		return set_vlan(ctx, op);
	case OP_SET:
		return forward_set(ctx, forward, i);
	}
	return -1;
}

/* One op that is no output. Why the frame is to be dropped: no memory, it is not as it was parsed, or its meter
 * says so; or DROP_NONE. Not static, so that a loop over it costs the verifier little. */
__attribute__((noinline)) int forward_edit(struct xdp_md *ctx, struct forward *forward, __u32 i)
{
	const struct flow_op *op;

	if (!forward)
		return DROP_NO_BUFFER;
	op = bpf_map_lookup_elem(&flow_ops, &i);
	if (!op)
		return DROP_NO_BUFFER;
	if (op->type == OP_METER)
		return forward_meter(ctx, forward, op->port);
	return edit(ctx, forward, *op, i) ? DROP_NO_BUFFER : DROP_NONE;
}

/* All but the last op, which is the output. Why the frame is to be dropped, or DROP_NONE. */
static __always_inline int edit_all(struct xdp_md *ctx, struct forward *forward)
{
	__u32 i = 0;

#pragma nounroll
	for (__u32 n = 0; n < KERNEL_FLOW_OPS && i + 1 < forward->n_ops; n++) {
		__u32 at = forward->first + i;
		const struct flow_op *op = bpf_map_lookup_elem(&flow_ops, &at);
		int why;

		if (!op)
			return DROP_NO_BUFFER;
		i += 1 + op->n_words;
		why = forward_edit(ctx, forward, at);
		if (why)
			return why;
	}
	return DROP_NONE;
}

/* ---- output ---- */

static __always_inline int give_up(__u32 port, enum drop_reason reason)
{
	drop_count(port, reason);
	return XDP_DROP;
}

/* A tag is carried beyond the MTU, as everywhere in the kernel. */
static __always_inline bool is_too_big(struct xdp_md *ctx, const struct forward *forward, __u32 mtu)
{
	const struct eth_header *eth = (void *)(long)ctx->data;

	if (forward->size <= mtu + ETH_HLEN)
		return false;
	if (forward->size > mtu + ETH_HLEN + TAG_SIZE)
		return true;
	return (void *)(eth + 1) > (void *)(long)ctx->data_end ||
	       !parse_is_vlan(from_be16(eth->type));
}

static __always_inline int send(struct xdp_md *ctx, const struct forward *forward, __u32 port,
				__u32 mtu)
{
	if (is_too_big(ctx, forward, mtu))
		return give_up(port, DROP_TOO_BIG);
	if (bpf_redirect_map(&xdp_outputs, port, XDP_DROP) != XDP_REDIRECT)
		return give_up(port, DROP_PORT_DOWN);
	tx_count(port, 1, forward->size);
	return XDP_REDIRECT;
}

static __always_inline struct kernel_port_count *known_count(const struct forward *forward,
							     __u32 place)
{
	flow_count(place, 1, forward->size);
	return rx_count(forward->in_port, 1, forward->size);
}

/* ---- copies ---- */

/* By number: devices, in the order of the ops of whoever goes by it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, XDP_SETS);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_DEVMAP);
			__uint(max_entries, XDP_SET_PORTS);
			__type(key, __u32);
			__type(value, __u32);
		});
} xdp_sets SEC(".maps");

/* The set is the op's in this place: the device of its port, if it takes the frame; none behind the last op.
 * Sets follow ports with a delay, and the kernel leaves out in silence what it cannot send to. */
static __always_inline bool is_as_said(void *set, __u32 i, const struct forward *forward)
{
	const __u32 at = forward->first + i;
	const __u32 *ifindex = bpf_map_lookup_elem(set, &i);
	const struct output_entry *output;
	const struct flow_op *op;
	__u32 port;

	if (i >= forward->n_ops)
		return !ifindex;
	op = bpf_map_lookup_elem(&flow_ops, &at);
	if (!op || !ifindex)
		return false;
	port = op->port;
	output = bpf_map_lookup_elem(&outputs, &port);
	return output && output->ifindex == *ifindex &&
	       (output->flags & (OUTPUT_FLAG_UP | OUTPUT_FLAG_XDP)) ==
		       (OUTPUT_FLAG_UP | OUTPUT_FLAG_XDP) &&
	       forward->size <= output->mtu + ETH_HLEN;
}

/* 0: as yet nothing has been done. */
static __always_inline int spread(const struct forward *forward, const struct kernel_flow *flow,
				  __u32 place)
{
	__u32 number = flow->xdp_port - XDP_PORT_SET;
	void *set = bpf_map_lookup_elem(&xdp_sets, &number);

	if (!set || forward->is_in_pieces)
		return 0;
#pragma unroll
	for (__u32 i = 0; i < XDP_SET_PORTS; i++)
		if (!is_as_said(set, i, forward))
			return 0;
	known_count(forward, place);
#pragma unroll
	for (__u32 i = 0; i < XDP_SET_PORTS; i++) {
		const __u32 at = forward->first + i;
		const struct flow_op *op = bpf_map_lookup_elem(&flow_ops, &at);

		if (i < forward->n_ops && op)
			tx_count(op->port, 1, forward->size);
	}
	return (int)bpf_redirect_map(set, 0, BPF_F_BROADCAST);
}

static __always_inline bool can_forward(const struct kernel_flow *flow, bool is_in_pieces,
					struct output_entry *to)
{
	const __u32 needed =
		OUTPUT_FLAG_UP | OUTPUT_FLAG_XDP | (is_in_pieces ? OUTPUT_FLAG_XDP_PIECES : 0);
	__u32 port = flow->xdp_port;
	const struct output_entry *output = bpf_map_lookup_elem(&outputs, &port);

	if (!port || !output)
		return false;
	*to = *output;
	return (to->flags & needed) == needed;
}

static __always_inline bool is_in_pieces(struct xdp_md *ctx, __u32 size)
{
	return has_pieces && size > (__u32)((void *)(long)ctx->data_end - (void *)(long)ctx->data);
}

/* What the entry says of the frame: an XDP verdict. XDP_PASS: nothing has been done. */
static __always_inline int forward(struct xdp_md *ctx, struct ingress *ingress, __u32 place,
				   __u32 port_flags)
{
	struct forward what = {
		.places = {ingress->layout.l3, ingress->layout.l4, ingress->key.packet_class},
		.in_port = ingress->key.in_port,
		.size = ingress->size,
		.is_in_pieces = is_in_pieces(ctx, ingress->size),
	};
	const struct kernel_flow *flow = bpf_map_lookup_elem(&flows, &place);
	struct output_entry to;
	int why;

	if (!flow)
		return verdict_pass(ctx, ingress, place);
	what.first = flow->list;
	what.n_ops = flow->n_ops;
	if (what.first - KERNEL_OPS_DROP < N_DROP_REASONS) {
		flow_drop_count(known_count(&what, place), what.in_port, 1,
				what.first - KERNEL_OPS_DROP);
		return XDP_DROP;
	}
	if (!flow->xdp_port || (port_flags & PORT_FLAG_CSUM_PARTIAL && is_partial(ctx, ingress)))
		return verdict_pass(ctx, ingress, place);
	if (flow->xdp_port >= XDP_PORT_SET)
		return spread(&what, flow, place) ?: verdict_pass(ctx, ingress, place);
	if (!can_forward(flow, what.is_in_pieces, &to))
		return verdict_pass(ctx, ingress, place);
	known_count(&what, place);
	why = what.n_ops > 1 ? edit_all(ctx, &what) : DROP_NONE;
	if (why)
		return give_up(what.in_port, (enum drop_reason)why);
	return send(ctx, &what, flow->xdp_port, to.mtu);
}
