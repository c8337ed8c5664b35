/* The parser as the kernel runs it, at both hooks: what it found goes where the test can read it.
 *
 * It stands in functions that are not static, which the verifier checks once, by themselves; from
 * then on the key is just bytes to it. Inlined into a program, every way through the parser would
 * be followed by every way through what comes behind it. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "../../bpf/parse.h"

struct packet_key key_found;
struct packet_layout layout_found;

__attribute__((noinline)) int parse_xdp_frame(struct xdp_md *ctx, struct packet_key *key_out,
					      struct packet_layout *layout_out)
{
	const void *start = (const void *)(long)ctx->data;
	const void *end = (const void *)(long)ctx->data_end;
	if (!key_out || !layout_out)
		return -1;
	parse_packet(start, end, (__u32)(end - start), key_out, layout_out);
	return 0;
}

__attribute__((noinline)) int parse_skb(struct __sk_buff *skb, struct packet_key *key_out,
					struct packet_layout *layout_out)
{
	if (!key_out || !layout_out)
		return -1;
	if (skb->vlan_present)
		parse_tag(key_out, layout_out, (be16){skb->vlan_proto}, to_be16(skb->vlan_tci));
	parse_packet((const void *)(long)skb->data, (const void *)(long)skb->data_end, skb->len,
		     key_out, layout_out);
	return 0;
}

SEC("xdp")
int parse_xdp(struct xdp_md *ctx)
{
	struct packet_layout layout = {};
	struct packet_key key = {.word[0] = PACKET_KEY_FRONT(3, 0)};

	if (parse_xdp_frame(ctx, &key, &layout))
		return XDP_DROP;
	key_found = key;
	layout_found = layout;
	return XDP_PASS;
}

SEC("tc")
int parse_tc(struct __sk_buff *skb)
{
	struct packet_layout layout = {};
	struct packet_key key = {.word[0] = PACKET_KEY_FRONT(3, 0)};

	if (parse_skb(skb, &key, &layout))
		return TC_ACT_SHOT;
	key_found = key;
	layout_found = layout;
	return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
