#pragma once
/* verdict: what the XDP program has found, for the tc program of the same device. Kernel side only.
 *
 * It travels in front of the packet, in the memory that the kernel calls metadata: the driver keeps it, or there is no
 * verdict. It is taken once, so that nobody behind us meets it again. While links are pointed to another build's programs,
 * the two may have other maps: a place is of use to who has the map that it is in. */
#include "ingress.h"
#include "maps.h"

/* Set before load: the kernel's number of the map `flows`. */
const volatile __u32 flows_id __weak = 0;

struct verdict {
	__u32 flows; /* number of the map */
	__u32 place; /* in it; 0: none */
	__u16 in_port;
	__u16 l3, l4;
	__u8 packet_class;
	__u8 pad;
};

_Static_assert(sizeof(struct verdict) == 16, "verdict: metadata comes in words, 32 bytes at most");

/* XDP_PASS. What might be there from elsewhere does not get past this, even if nothing is found. */
static __always_inline int verdict_pass(struct xdp_md *ctx, const struct ingress *ingress,
					__u32 place)
{
	struct verdict *verdict;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*verdict))) {
		__u32 *front = (void *)(long)ctx->data_meta;

		if ((void *)(front + 1) <= (void *)(long)ctx->data)
			*front = 0; /* somebody else's: nobody takes it for ours */
		return XDP_PASS;
	}
	verdict = (void *)(long)ctx->data_meta;
	if ((void *)(verdict + 1) > (void *)(long)ctx->data)
		return XDP_PASS;
	*verdict = (struct verdict){
		.flows = flows_id,
		.place = place,
		.in_port = ingress->key.in_port,
		.l3 = ingress->layout.l3,
		.l4 = ingress->layout.l4,
		.packet_class = ingress->key.packet_class,
	};
	return XDP_PASS;
}

/* The entry of a packet that came by a port with an XDP program; 0: look it up. A tag has been moved beside the
 * packet meanwhile, or always was where XDP does not see it. */
static __always_inline __u32 verdict_take(struct __sk_buff *skb, struct ingress *ingress)
{
	struct verdict *front = (void *)(long)skb->data_meta, verdict;

	if ((void *)(front + 1) > (void *)(long)skb->data || front->flows != flows_id)
		return 0;
	verdict = *front;
	*front = (struct verdict){0};
	if (verdict.in_port != ingress->key.in_port || skb->vlan_present)
		return 0;
	ingress->layout.l3 = verdict.l3;
	ingress->layout.l4 = verdict.l4;
	ingress->key.packet_class = verdict.packet_class;
	return verdict.place;
}
