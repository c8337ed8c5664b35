#pragma once
/* act: does at tc what a cache entry says. Kernel side only.
 *
 * A GSO packet stays one packet and a partial checksum stays partial: they are finished by whoever
 * needs it. Counted are the frames that a wire would carry, so that it does not matter which floor
 * a packet went through. */
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include "lookup.h"

#define TAG_SIZE sizeof(struct vlan_header)

/* How large the packet was when it came. */
struct extent {
	__u32 len;       /* skb->len; all that changes it is headers */
	__u32 headers;   /* of each segment, within len; GSO only */
	__u32 n_packets; /* 1, or the segments */
};

/* False: a GSO packet whose headers cannot be told. */
static __always_inline bool extent_of(struct __sk_buff *skb, const struct ingress *ingress,
				      struct extent *out)
{
	__u32 size = skb->gso_size, headers = ingress->layout.l4;
	__u8 tcp_offset;

	out->len = skb->len;
	out->headers = 0;
	out->n_packets = 1;
	if (!size)
		return true;
	switch (ingress->key.packet_class) {
	case CLASS_IPV4_TCP:
	case CLASS_IPV6_TCP:
		if (bpf_skb_load_bytes(skb, headers + 12, &tcp_offset, 1))
			return false;
		headers += (tcp_offset >> 4) * 4u;
		break;
	case CLASS_IPV4_UDP:
	case CLASS_IPV6_UDP:
		headers += sizeof(struct udp_header);
		break;
	default:
		return false;
	}
	if (!ingress->layout.l4 || headers >= skb->len)
		return false;
	out->headers = headers;
	out->n_packets = (skb->len - headers + size - 1) / size;
	return true;
}

static __always_inline __u64 n_bytes_of(const struct __sk_buff *skb, const struct extent *extent)
{
	__u32 headers = extent->headers + skb->len - extent->len;
	__u64 n_bytes = skb->len + (__u64)(extent->n_packets - 1) * headers;

	return skb->vlan_present ? n_bytes + extent->n_packets * TAG_SIZE : n_bytes;
}

/* A tag is carried beyond the MTU, as everywhere in the kernel. */
static __always_inline bool is_too_big(const struct __sk_buff *skb, const struct extent *extent,
				       __u32 mtu)
{
	__u32 len = skb->len;

	if (skb->gso_size)
		len = skb->gso_size + extent->headers + skb->len - extent->len;
	return len > mtu + ETH_HLEN + (skb->vlan_present ? TAG_SIZE : 0);
}

/* The device of a port that can take the packet; NULL: counted as dropped. */
static __always_inline const struct output_entry *output_of(const struct __sk_buff *skb,
							    const struct extent *extent, __u32 port)
{
	const struct output_entry *output = bpf_map_lookup_elem(&outputs, &port);

	if (!output || !output->ifindex || !(output->flags & OUTPUT_FLAG_UP)) {
		drop_count(port, DROP_PORT_DOWN);
		return 0;
	}
	if (is_too_big(skb, extent, output->mtu)) {
		drop_count(port, DROP_TOO_BIG);
		return 0;
	}
	return output;
}

/* The last output: the packet itself goes. */
static __always_inline int output(struct __sk_buff *skb, const struct extent *extent, __u32 port)
{
	const struct output_entry *to = output_of(skb, extent, port);

	if (!to)
		return TC_ACT_SHOT;
	tx_count(port, extent->n_packets, n_bytes_of(skb, extent));
	return bpf_redirect(to->ifindex, 0);
}

static __always_inline void output_copy(struct __sk_buff *skb, const struct extent *extent,
					__u32 port)
{
	const struct output_entry *to = output_of(skb, extent, port);

	if (!to)
		return;
	if (bpf_clone_redirect(skb, to->ifindex, 0))
		drop_count(port, DROP_TX_ERROR);
	else
		tx_count(port, extent->n_packets, n_bytes_of(skb, extent));
}

/* The outermost tag, wherever the kernel keeps it. */
static __always_inline int set_vlan(struct __sk_buff *skb, struct flow_op op)
{
	struct vlan_header in_frame;
	__u16 proto, tci;

	if (skb->vlan_present) {
		proto = skb->vlan_proto;
		tci = skb->vlan_tci;
	} else {
		if (bpf_skb_load_bytes(skb, ETH_HLEN - 2, &proto, sizeof(proto)) ||
		    bpf_skb_load_bytes(skb, ETH_HLEN, &in_frame, sizeof(in_frame)))
			return -1;
		tci = from_be16(in_frame.tci);
	}
	if (bpf_skb_vlan_pop(skb))
		return -1;
	return bpf_skb_vlan_push(skb, proto, (tci & ~op.mask) | op.tci);
}

static __always_inline int edit(struct __sk_buff *skb, struct flow_op op)
{
	switch (op.type) {
	case OP_PUSH_VLAN:
		return bpf_skb_vlan_push(skb, to_be16(op.tpid).be, op.tci);
	case OP_POP_VLAN:
		return bpf_skb_vlan_pop(skb);
	case OP_SET_VLAN:
		return set_vlan(skb, op);
	}
	return -1;
}

/* More than one step, or one that is no output. */
static __always_inline int act_list(struct __sk_buff *skb, const struct kernel_flow *flow,
				    const struct extent *extent, __u16 in_port)
{
	for (__u32 i = 0; i < KERNEL_FLOW_OPS && i < flow->n_ops; i++) {
		struct flow_op op = flow->op[i];

		if (op.type == OP_DROP) {
			drop_count(in_port, op.reason);
		} else if (op.type == OP_OUTPUT) {
			if (i + 1 == flow->n_ops)
				return output(skb, extent, op.port);
			output_copy(skb, extent, op.port);
		} else if (edit(skb, op)) {
			drop_count(in_port, DROP_NO_BUFFER);
			break;
		}
	}
	return TC_ACT_SHOT;
}

static __always_inline int act(struct __sk_buff *skb, const struct kernel_flow *flow,
			       const struct extent *extent, __u16 in_port)
{
	if (flow->n_ops == 1 && flow->op[0].type == OP_OUTPUT)
		return output(skb, extent, flow->op[0].port);
	return act_list(skb, flow, extent, in_port);
}
