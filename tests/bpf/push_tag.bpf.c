/* Puts a VLAN tag on everything that leaves a container, as an 802.1q device does: beside the packet. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int push_tag(struct __sk_buff *skb)
{
	bpf_skb_vlan_push(skb, 0x0081 /* 0x8100 on the wire */, 7);
	return 0;
}

char _license[] SEC("license") = "GPL";
