/* The programs of the upcall device, a veth pair: way up at the inner end, way down at the outer.
 *
 * Up: whatever arrives at the inner end on rx queue w belongs to worker w, in one buffer or in several.
 * Down: a worker writes an S-tag with the output port's number in front of a frame and sends it
 * from the inner end, and behind it another with the queue's, if one was chosen; at the outer end the
 * tags come off and the frame goes to the port's device.
 */
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include "maps.h"

SEC("xdp")
int upcall_xdp(struct xdp_md *ctx)
{
	struct upcall_header *header = (void *)(long)ctx->data;
	int verdict = bpf_redirect_map(&xsks, ctx->rx_queue_index, XDP_DROP);

	if (verdict != XDP_REDIRECT && (void *)(header + 1) <= (void *)(long)ctx->data_end)
		drop_count(header->port, DROP_UPCALL_DOWN);
	return verdict;
}

static __always_inline int drop(__u32 port, enum drop_reason reason)
{
	drop_count(port, reason);
	return TC_ACT_SHOT;
}

SEC("tc")
int downcall_tc(struct __sk_buff *skb)
{
	__u32 port = skb->vlan_tci & ~DOWNCALL_QUEUE, queue = 0;
	const bool has_queue = skb->vlan_tci & DOWNCALL_QUEUE;
	struct output_entry *output;
	__u32 ifindex;

	if (!skb->vlan_present || skb->vlan_proto != to_be16(DOWNCALL_TPID).be)
		return drop(PORT_ID_NONE, DROP_MALFORMED);
	output = bpf_map_lookup_elem(&outputs, &port);
	if (!output || !output->ifindex)
		return drop(PORT_ID_NONE, DROP_PORT_UNKNOWN);
	ifindex = device_of(port);
	if (!ifindex || !(output->flags & OUTPUT_FLAG_UP))
		return drop(port, DROP_PORT_DOWN);
	if (bpf_skb_vlan_pop(skb))
		return drop(port, DROP_NO_BUFFER);
	if (has_queue) {
		queue = skb->vlan_tci;
		if (bpf_skb_vlan_pop(skb))
			return drop(port, DROP_NO_BUFFER);
	}
	skb->priority = QUEUE_PRIORITY(queue);
	if (skb->len > output->mtu + ETH_HLEN + (skb->vlan_present ? 4 : 0))
		return drop(port, DROP_TOO_BIG);
	return bpf_redirect(ifindex, 0);
}

char _license[] SEC("license") = "GPL";
