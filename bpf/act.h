#pragma once
/* act: does at tc what a cache entry says. Kernel side only.
 *
 * A GSO packet stays one packet and a partial checksum stays partial: they are finished by whoever
 * needs it. Counted are the frames that a wire would carry, so that it does not matter which floor
 * a packet went through. */
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include "lookup.h"
#include "metered.h"
#include "set.h"

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
	/* A sender that does not know (a virtual machine) says 0. */
	out->n_packets = skb->gso_segs ?: (skb->len - headers + size - 1) / size;
	/* What no segment has room for is headers, too, behind those of a tunnel. They are taken to be as few as they can
	 * be: exactly, if the last segment is full. */
	if (skb->len - headers > out->n_packets * size)
		headers = skb->len - out->n_packets * size;
	out->headers = headers;
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

/* The device of a port that can take the packet; 0: counted as dropped. */
static __always_inline __u32 output_of(const struct __sk_buff *skb, const struct extent *extent,
				       __u32 port)
{
	const struct output_entry *output = bpf_map_lookup_elem(&outputs, &port);
	const __u32 ifindex = device_of(port);

	if (!output || !ifindex || !(output->flags & OUTPUT_FLAG_UP)) {
		drop_count(port, DROP_PORT_DOWN);
		return 0;
	}
	if (is_too_big(skb, extent, output->mtu)) {
		drop_count(port, DROP_TOO_BIG);
		return 0;
	}
	return ifindex;
}

/* The last output: the packet itself goes. */
static __always_inline int output(struct __sk_buff *skb, const struct extent *extent, __u32 port,
				  __u32 queue)
{
	const __u32 to = output_of(skb, extent, port);

	if (!to)
		return TC_ACT_SHOT;
	tx_count(port, extent->n_packets, n_bytes_of(skb, extent));
	skb->priority = QUEUE_PRIORITY(queue);
	return bpf_redirect(to, 0);
}

static __always_inline void output_copy(struct __sk_buff *skb, const struct extent *extent,
					struct flow_op op)
{
	const __u32 port = op.port, to = output_of(skb, extent, port);

	if (!to)
		return;
	skb->priority = QUEUE_PRIORITY(op.queue);
	if (bpf_clone_redirect(skb, to, 0))
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

/* The sums that cover what has changed by `diff`. A partial one covers the pseudo-header alone. */
static __always_inline int sums_follow(struct __sk_buff *skb, const struct patch *patch,
				       const struct header_places *places, __u32 diff)
{
	__u64 flags = patch->sums & SUM_PSEUDO ? BPF_F_PSEUDO_HDR : 0;
	__u32 at = sum_place(places);

	if (patch->sums & SUM_IPV4 && bpf_l3_csum_replace(skb, places->l3 + 10, 0, diff, 0))
		return -1;
	if (!at || !(patch->sums & (SUM_PSEUDO | SUM_L4)))
		return 0;
	if (is_udp(places->packet_class))
		flags |= BPF_F_MARK_MANGLED_0;
	return (int)bpf_l4_csum_replace(skb, at, 0, diff, flags);
}

static __always_inline int patch_apply(struct __sk_buff *skb, const struct patch *patch,
				       const struct header_places *places)
{
	/* What the card has summed up changes where no sum inside the packet makes up for it. */
	const __u64 flags = patch->at >= places->l3 && !(patch->sums & (SUM_IPV4 | SUM_L4))
				    ? BPF_F_RECOMPUTE_CSUM
				    : 0;
	__u64 old[2] = {0}, new[2];
	__u32 size = patch->size;

	if (size < 1 || size > sizeof(old))
		return 0;
	if (bpf_skb_load_bytes(skb, patch->at, old, size))
		return -1;
	for (int i = 0; i < 2; i++)
		new[i] = (old[i] & ~patch->mask[i]) | (patch->value[i] & patch->mask[i]);
	if (bpf_skb_store_bytes(skb, patch->at, new, size, flags))
		return -1;
	if (!patch->sums)
		return 0;
	return sums_follow(
		skb, patch, places,
		(__u32)bpf_csum_diff((__be32 *)old, sizeof(old), (__be32 *)new, sizeof(new), 0));
}

/* What is to be done with the packet, and how far it is. */
struct act {
	struct extent extent;
	struct header_places places; /* when it came */
	__u16 in_port;
	__u32 first; /* op in `flow_ops` */
	__u32 n_ops;
};

static __always_inline void dropped(const struct act *act, enum drop_reason reason)
{
	flow_drop_count(port_count(act->in_port), act->in_port, act->extent.n_packets, reason);
}

static __always_inline struct header_places places_now(const struct __sk_buff *skb,
						       const struct act *act)
{
	const __u32 moved = skb->len - act->extent.len;

	return (struct header_places){
		.packet_class = act->places.packet_class,
		.l3 = act->places.l3 + moved,
		.l4 = act->places.l4 ? act->places.l4 + moved : 0,
	};
}

/* Not static: see tc_parse() in tc.bpf.c. */
__attribute__((noinline)) int act_set(struct __sk_buff *skb, struct act *act, __u32 i)
{
	struct header_places places;
	struct patch patch = {0};
	const struct flow_op *op;

	if (!act)
		return -1;
	op = bpf_map_lookup_elem(&flow_ops, &i);
	if (!op)
		return -1;
	places = places_now(skb, act);
	patch_read(&patch, i, op->n_words);
	patch_make(&patch, &places, op->field);
	return patch_apply(skb, &patch, &places);
}

static __always_inline int edit(struct __sk_buff *skb, struct act *act, struct flow_op op, __u32 i)
{
	switch (op.type) {
	case OP_PUSH_VLAN:
		return bpf_skb_vlan_push(skb, to_be16(op.tpid).be, op.tci);
	case OP_POP_VLAN:
		return bpf_skb_vlan_pop(skb);
	case OP_SET_VLAN:
		return set_vlan(skb, op);
	case OP_SET:
		return act_set(skb, act, i);
	}
	return -1;
}

/* The drop precedence of a packet that exceeds a band grows. Not static: see tc_parse() in tc.bpf.c. */
__attribute__((noinline)) int act_remark(struct __sk_buff *skb, struct act *act, __u32 level)
{
	struct header_places places;
	struct patch patch = {0};
	__u8 pair[2];

	if (!act)
		return -1;
	places = places_now(skb, act);
	if (!is_ipv4(places.packet_class) && !is_ipv6(places.packet_class))
		return 0;
	if (bpf_skb_load_bytes(skb, places.l3, pair, sizeof(pair)))
		return -1;
	patch_dscp(&patch, &places, meter_remark(tos_in(pair, &places), level));
	return patch_apply(skb, &patch, &places);
}

static __always_inline enum drop_reason act_meter(struct __sk_buff *skb, struct act *act,
						  __u32 slot)
{
	const int what = metered(slot, act->extent.n_packets, (__u32)n_bytes_of(skb, &act->extent));

	if (what == METERED_DROP)
		return DROP_METER;
	if (what >= METERED_REMARK && act_remark(skb, act, (__u32)what - METERED_REMARK))
		return DROP_NO_BUFFER;
	return DROP_NONE;
}

static __always_inline enum drop_reason change(struct __sk_buff *skb, struct act *act,
					       struct flow_op op, __u32 i)
{
	if (op.type == OP_METER)
		return act_meter(skb, act, op.port);
	return edit(skb, act, op, i) ? DROP_NO_BUFFER : DROP_NONE;
}

enum { ACT_ON = -1 }; /* there is more to do */

/* One op. The verdict, or ACT_ON. Not static, so that a loop over it costs the verifier little. */
__attribute__((noinline)) int act_op(struct __sk_buff *skb, struct act *act, __u32 i, __u32 is_last)
{
	const struct flow_op *op;

	if (!act)
		return TC_ACT_SHOT;
	op = bpf_map_lookup_elem(&flow_ops, &i);
	if (!op)
		return TC_ACT_SHOT;
	if (op->type == OP_DROP) {
		dropped(act, op->reason);
		return TC_ACT_SHOT;
	}
	if (op->type == OP_OUTPUT) {
		if (is_last)
			return output(skb, &act->extent, op->port, op->queue);
		output_copy(skb, &act->extent, *op);
	} else {
		const enum drop_reason why = change(skb, act, *op, i);

		if (why != DROP_NONE) {
			dropped(act, why);
			return TC_ACT_SHOT;
		}
	}
	return is_last ? TC_ACT_SHOT : ACT_ON;
}

/* More than one step. */
static __always_inline int act_list(struct __sk_buff *skb, struct act *act)
{
	__u32 i = 0;

#pragma nounroll
	for (__u32 n = 0; n < KERNEL_FLOW_OPS; n++) {
		__u32 at = act->first + i;
		const struct flow_op *op = bpf_map_lookup_elem(&flow_ops, &at);
		__u32 next;
		int verdict;

		if (!op)
			break;
		next = i + 1 + op->n_words;
		verdict = act_op(skb, act, at, next >= act->n_ops);
		if (verdict != ACT_ON)
			return verdict;
		i = next;
	}
	return TC_ACT_SHOT;
}

static __always_inline int act(struct __sk_buff *skb, const struct kernel_flow *flow,
			       struct act *act)
{
	act->first = flow->list;
	act->n_ops = flow->n_ops;
	if (act->first < KERNEL_OPS_DROP)
		return output(skb, &act->extent, act->first, 0);
	if (act->first < KERNEL_OPS_LIST) {
		dropped(act, act->first - KERNEL_OPS_DROP);
		return TC_ACT_SHOT;
	}
	return act_list(skb, act);
}
