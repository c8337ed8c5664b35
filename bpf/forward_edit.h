#pragma once
/* forward_edit: changes a frame at XDP as ops say: tags, fields with their checksums, meters. Kernel side only. */
#include "metered.h"
#include "set.h"

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

/* SCTP's, of which a sender writes nothing. */
static __always_inline bool is_sctp_blank(struct xdp_md *ctx, __u32 l4)
{
	const __u32 at = l4 + offsetof(struct sctp_header, checksum);
	const __u32 *field;

	if (!l4 || at > PLACE_MAX)
		return false;
	field = (const void *)frame_at(ctx, at);
	return (void *)(field + 1) <= (void *)(long)ctx->data_end && !*field;
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
	if (is_sctp(places.packet_class))
		return is_sctp_blank(ctx, places.l4);
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
