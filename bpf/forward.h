#pragma once
/* forward: does at XDP what a cache entry says, if XDP can. Kernel side only.
 *
 * XDP has one frame to send, to a device that takes it so, or copies of a frame as it came to all devices of a
 * map. Whatever else an entry wants is passed up as it came, with a note of its entry: the kernel makes an
 * skb of it for the tc program on the same device. So is a frame that holds only a part of its checksum: the skb
 * still knows, an XDP frame that is redirected does not. A frame in several buffers is redirected to a device that
 * takes such; copies of it are not made at XDP. */
#include <linux/if_ether.h>

#include "forward_edit.h"
#include "verdict.h"

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
	const struct kernel_flow *flow = bpf_map_lookup_elem(&flows, &place);
	struct forward what = {.in_port = ingress->key.in_port, .size = ingress->size};
	struct output_entry to;
	int why;

	if (!flow)
		return verdict_pass(ctx, ingress, place);
	what.first = flow->list;
	if (what.first - KERNEL_OPS_DROP < N_DROP_REASONS) {
		flow_drop_count(known_count(&what, place), what.in_port, 1,
				what.first - KERNEL_OPS_DROP);
		return XDP_DROP;
	}
	what.n_ops = flow->n_ops;
	what.places.l3 = ingress->layout.l3;
	what.places.l4 = ingress->layout.l4;
	what.places.packet_class = ingress->key.packet_class;
	what.is_in_pieces = is_in_pieces(ctx, ingress->size);
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
