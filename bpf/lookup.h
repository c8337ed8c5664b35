#pragma once
/* lookup: finds the packet's entry in the kernel's flow cache. Kernel side only.
 *
 * One mask, one exact match: at home, or else by the index. A miss is: no mask for its class, no entry, an entry
 * whose place has another key by now, a stale one. */
#include "ingress.h"
#include "maps.h"

static __always_inline bool is_fresh(const struct kernel_flow *flow)
{
	__u32 zero = 0;
	const struct versions *now = bpf_map_lookup_elem(&versions, &zero);
	/* Whole: renewal may change it under our eyes. */
	union {
		__u64 word;
		struct version_stamp stamp;
	} is = {.word = *(const volatile __u64 *)&flow->stamp};

	if (!now)
		return false;
	return is.stamp.sum == now->counter[VERSION_KERNEL] +
				       now->counter[is.stamp.index[0] % VERSION_COUNTERS] +
				       now->counter[is.stamp.index[1] % VERSION_COUNTERS];
}

/* What is looked for: the first words of a key, as many as the mask may have bits in. How many that is, is known to the
 * compiler in all that follows. */
static __always_inline bool has_key(const struct kernel_flow *flow, const struct kernel_key *key,
				    int n_words)
{
	__u64 differs = flow->mask ^ key->mask;

#pragma unroll
	for (int i = 0; i < PACKET_KEY_IPV4_WORDS; i++)
		if (i < n_words)
			differs |= flow->word[i] ^ key->word[i];
	return !differs;
}

static __always_inline bool has_tail(__u32 place, const struct kernel_key *key)
{
	const struct kernel_tail *tail = bpf_map_lookup_elem(&flow_tails, &place);
	__u64 differs = 0;

	if (!tail)
		return false;
#pragma unroll
	for (int i = PACKET_KEY_IPV4_WORDS; i < PACKET_KEY_WORDS; i++)
		differs |= tail->word[i - PACKET_KEY_IPV4_WORDS] ^ key->word[i];
	return !differs;
}

static __always_inline bool is_entry_of(const struct kernel_flow *flow, __u32 place,
					const struct kernel_key *key, int n_words)
{
	return flow && has_key(flow, key, n_words) &&
	       (n_words <= PACKET_KEY_IPV4_WORDS || has_tail(place, key));
}

/* The place in the slot that has the tag; SEVERAL: more than one has it, which is rare. No branch depends on
 * which, for it is another one with each packet. */
#define SEVERAL (1 << INDEX_PLACE_BITS)

static __always_inline __u32 slot_with(const struct index_bucket *bucket, __u32 tag)
{
	__u64 sum = 0, n = 0;

#pragma unroll
	for (int i = 0; i < INDEX_BUCKET_SLOTS; i++) {
		__u64 slot = *(const volatile __u32 *)&bucket->slot[i], is_other, is_it;

		is_other = slot >> INDEX_PLACE_BITS ^ tag;
		is_it = (is_other - 1) >> 32; /* all ones where it is 0 */
		sum += slot & is_it;
		n += is_it & 1;
	}
	return n > 1 ? SEVERAL : sum % (1 << INDEX_PLACE_BITS);
}

/* Where several have the tag. */
static __always_inline __u32 slots_try(const struct index_bucket *bucket, __u32 tag,
				       const struct kernel_key *key, int n_words)
{
#pragma nounroll
	for (int i = 0; i < INDEX_BUCKET_SLOTS; i++) {
		__u32 slot = *(const volatile __u32 *)&bucket->slot[i];
		__u32 place = slot % (1 << INDEX_PLACE_BITS);
		const struct kernel_flow *flow;

		if (!place || slot >> INDEX_PLACE_BITS != tag)
			continue;
		flow = bpf_map_lookup_elem(&flows, &place);
		if (is_entry_of(flow, place, key, n_words))
			return is_fresh(flow) ? place : 0;
	}
	return 0;
}

static __always_inline __u32 bucket_find(__u32 number, __u32 tag, const struct kernel_key *key,
					 int n_words)
{
	const struct index_bucket *bucket = bpf_map_lookup_elem(&flow_index, &number);
	const struct kernel_flow *flow;
	__u32 place;

	if (!bucket)
		return 0;
	place = slot_with(bucket, tag);
	if (!place)
		return 0;
	if (place == SEVERAL)
		return slots_try(bucket, tag, key, n_words);
	flow = bpf_map_lookup_elem(&flows, &place);
	return is_entry_of(flow, place, key, n_words) && is_fresh(flow) ? place : 0;
}

/* The key's entry, if it is at home. Its key is looked at by a place that rests on what its first word says, so that no
 * processor looks at the one before the other. */
static __always_inline const struct kernel_flow *at_home(const struct kernel_key *key, __u32 home,
							 int n_words)
{
	const struct kernel_flow *flow = bpf_map_lookup_elem(&flows, &home);
	struct kernel_flow now;
	__u32 place;

	if (!flow)
		return NULL;
	now.front = *(const volatile __u16 *)&flow->front;
	place = home & -(__u32)now.is_home;
	flow = bpf_map_lookup_elem(&flows, &place);
	return place && is_entry_of(flow, place, key, n_words) ? flow : NULL;
}

static __always_inline __u32 find(const struct packet_key *packet, const struct kernel_mask *mask,
				  __u32 id, struct index_size size, int n_words)
{
	const struct kernel_flow *flow;
	struct kernel_key key;
	struct index_spot spot;
	__u32 place;

	key.mask = id;
#pragma unroll
	for (int i = 0; i < PACKET_KEY_WORDS; i++)
		if (i < n_words)
			key.word[i] = packet->word[i] & mask->word[i].bits;
	spot = index_spot_for(mask, &key, n_words, size);
	flow = size.n_homes ? at_home(&key, spot.home, n_words) : NULL;
	if (flow)
		return is_fresh(flow) ? spot.home : 0;
	place = bucket_find(spot.bucket[0], spot.tag, &key, n_words);
	return place ?: bucket_find(spot.bucket[1], spot.tag, &key, n_words);
}

static __always_inline struct index_size size_read(const struct index_size *size)
{
	/* Whole: it may grow under our eyes. */
	union {
		__u64 word;
		struct index_size size;
	} is = {.word = *(const volatile __u64 *)size};

	return is.size;
}

/* The place of the packet's entry; 0: a miss. Not static: see tc_parse() in tc.bpf.c; weak, because
 * every program brings it. */
__weak __attribute__((noinline)) int flow_find(struct ingress *ingress)
{
	const struct packet_key *packet = &ingress->key;
	const struct port_masks *classes;
	const struct kernel_mask *mask;
	const struct index_size *size;
	__u32 port, id, zero = 0;

	if (!ingress)
		return 0;
	port = packet->in_port;
	classes = bpf_map_lookup_elem(&port_masks, &port);
	if (!classes)
		return 0;
	id = classes->by_class[packet->packet_class % 16] - 1u; /* without one: of none */
	mask = bpf_map_lookup_elem(&masks, &id);
	size = bpf_map_lookup_elem(&index_size, &zero);
	if (!mask || !size)
		return 0;
	if (mask->n_words <= 3) /* what a learning bridge looks at */
		return find(packet, mask, id, size_read(size), 3);
	if (mask->n_words <= PACKET_KEY_IPV4_WORDS)
		return find(packet, mask, id, size_read(size), PACKET_KEY_IPV4_WORDS);
	return find(packet, mask, id, size_read(size), PACKET_KEY_WORDS);
}

static __always_inline void flow_count(__u32 place, __u64 n_packets, __u64 n_bytes)
{
	__u32 i = bpf_get_smp_processor_id() * n_places + place;
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

/* The row of a port that packets came in by; may be NULL. */
static __always_inline struct kernel_port_count *rx_count(__u16 port, __u64 n_packets,
							  __u64 n_bytes)
{
	struct kernel_port_count *count = port_count(port);

	if (count) {
		count->rx_packets += n_packets;
		count->rx_bytes += n_bytes;
	}
	return count;
}

/* What an entry drops. What most of them drop for is counted where it is at hand. */
static __always_inline void flow_drop_count(struct kernel_port_count *rx, __u16 port,
					    __u64 n_packets, enum drop_reason reason)
{
	if (rx && reason == DROP_BY_RULE)
		rx->n_by_rule += n_packets;
	else
		drops_count(port, n_packets, reason);
}

static __always_inline void tx_count(__u16 port, __u64 n_packets, __u64 n_bytes)
{
	struct kernel_port_count *count = port_count(port);

	if (count) {
		count->tx_packets += n_packets;
		count->tx_bytes += n_bytes;
	}
}
