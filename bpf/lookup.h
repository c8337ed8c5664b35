#pragma once
/* lookup: finds the packet's entry in the kernel's flow cache. Kernel side only.
 *
 * One mask, one exact match. A miss is: no mask for its class, no entry, an entry whose place has
 * another key by now, a stale one. */
#include "ingress.h"
#include "maps.h"

static __always_inline bool is_fresh(const struct version_stamp *stamp)
{
	__u32 zero = 0;
	const struct versions *now = bpf_map_lookup_elem(&versions, &zero);

	if (!now)
		return false;
	return stamp->sum == now->counter[VERSION_CONFIG] +
				     now->counter[stamp->index[0] % VERSION_COUNTERS] +
				     now->counter[stamp->index[1] % VERSION_COUNTERS];
}

static __always_inline bool key_make(const struct packet_key *packet, struct kernel_key *key)
{
	__u32 port = packet->in_port, id;
	const struct port_masks *classes = bpf_map_lookup_elem(&port_masks, &port);
	const struct kernel_mask *mask;

	if (!classes)
		return false;
	id = classes->by_class[packet->packet_class % 16] - 1u;
	mask = bpf_map_lookup_elem(&masks, &id);
	if (!mask)
		return false;
	key->mask = id;
	key->pad = 0;
#pragma unroll
	for (int i = 0; i < PACKET_KEY_IPV4_WORDS; i++)
		key->word[i] = packet->word[i] & mask->bits[i];
	return true;
}

/* NULL: a miss. *place is for flow_count(). */
static __always_inline const struct kernel_flow *flow_lookup(const struct packet_key *packet,
							     __u32 *place)
{
	const struct kernel_flow *flow;
	struct kernel_key key;
	const __u32 *found;
	__u64 differs;

	if (!key_make(packet, &key))
		return 0;
	found = bpf_map_lookup_elem(&flows4, &key);
	if (!found)
		return 0;
	*place = *found;
	flow = bpf_map_lookup_elem(&flows, place);
	if (!flow)
		return 0;
	differs = flow->key.mask ^ key.mask;
#pragma unroll
	for (int i = 0; i < PACKET_KEY_IPV4_WORDS; i++)
		differs |= flow->key.word[i] ^ key.word[i];
	return differs || !is_fresh(&flow->stamp) ? 0 : flow;
}

static __always_inline void flow_count(__u32 place, __u64 n_packets, __u64 n_bytes)
{
	__u32 i = bpf_get_smp_processor_id() * KERNEL_FLOWS + place;
	struct kernel_count *count = bpf_map_lookup_elem(&flow_counts, &i);

	if (count) {
		count->n_packets += n_packets;
		count->n_bytes += n_bytes;
	}
}

static __always_inline struct kernel_port_count *port_count(__u16 port)
{
	__u32 i = bpf_get_smp_processor_id() * PORT_ID_MAX + port;

	return bpf_map_lookup_elem(&port_counts, &i);
}

static __always_inline void rx_count(__u16 port, __u64 n_packets, __u64 n_bytes)
{
	struct kernel_port_count *count = port_count(port);

	if (count) {
		count->rx_packets += n_packets;
		count->rx_bytes += n_bytes;
	}
}

static __always_inline void tx_count(__u16 port, __u64 n_packets, __u64 n_bytes)
{
	struct kernel_port_count *count = port_count(port);

	if (count) {
		count->tx_packets += n_packets;
		count->tx_bytes += n_bytes;
	}
}
