/* The tc ingress program of an skb port: does what the flow cache says; packets that it does not
 * know go up to a worker through the upcall device, or the way of those that stand by for it.
 *
 * The packet is left as its sender made it: a GSO packet stays one packet, a partial checksum stays
 * partial. The outer end of the upcall device has no offloads, so the kernel itself segments and
 * completes it on the way to the inner end, where AF_XDP takes it.
 *
 * VLAN tags that the kernel keeps beside the packet travel in the upcall header: left where they
 * are, they would be put into the frame behind the first 12 bytes of that header.
 */
#include <linux/pkt_cls.h>

#include "act.h"
#include "ingress.h"
#include "lookup.h"
#include "maps.h"
#include "police.h"
#include "standby.h"
#include "verdict.h"

/* Set before load. */
const volatile __u32 upcall_ifindex = 0;
const volatile __u32 n_workers = 1;

/* Set when the upcall device runs: the longest frame, with the header, that it takes. */
volatile __u32 upcall_len_max = 0;

/* Headers of a TCP segment at the least: Ethernet, IPv4, TCP. What is a little too long because
 * it has more is dropped, and counted, by the device. */
#define SEGMENT_HEADERS_MIN (14 + 20 + 20)

static __always_inline bool fits(const struct __sk_buff *skb)
{
	__u32 len = skb->gso_size ? skb->gso_size + SEGMENT_HEADERS_MIN : skb->len;

	return len + sizeof(struct upcall_header) <= upcall_len_max;
}

/* Of frames that came by XDP, XDP has seen to it. */
static __always_inline bool may_enter(const struct __sk_buff *skb, const struct port_entry *port)
{
	const __u32 size = skb->gso_size;
	const __u32 n = size ? (skb->len + size - 1) / size : 1;

	return port->n_queues || police(port, n, skb->len + (n - 1) * SEGMENT_HEADERS_MIN);
}

/* Moves the tag beside the packet into the header. Taking it away makes the kernel move the next
 * one in the frame, if there is one, into its place. */
static __always_inline bool take_tag(struct __sk_buff *skb, struct upcall_tag *tag)
{
	tag->tpid = (be16){skb->vlan_proto};
	tag->tci = to_be16(skb->vlan_tci);
	return !bpf_skb_vlan_pop(skb);
}

static __always_inline bool take_tags(struct __sk_buff *skb, struct upcall_header *header)
{
	if (!skb->vlan_present)
		return true;
	header->n_tags = 1;
	if (!take_tag(skb, &header->tags[0]))
		return false;
	if (!skb->vlan_present)
		return true;
	header->n_tags = 2;
	return take_tag(skb, &header->tags[1]) && !skb->vlan_present;
}

static __always_inline int drop(__u32 port, enum drop_reason reason)
{
	drop_count(port, reason);
	return TC_ACT_SHOT;
}

static __always_inline int upcall(struct __sk_buff *skb, __u16 port, __u32 worker)
{
	struct upcall_header header = {
		.magic = UPCALL_MAGIC,
		.port = port,
		.reason = UPCALL_MISS,
	};
	struct upcall_header *front;

	if (!take_tags(skb, &header))
		return drop(port, DROP_TAG_DEPTH);
	if (bpf_skb_change_head(skb, sizeof(header), 0))
		return drop(port, DROP_NO_BUFFER);
	front = (void *)(long)skb->data;
	if ((void *)(front + 1) > (void *)(long)skb->data_end)
		return drop(port, DROP_NO_BUFFER);
	__builtin_memcpy(front, &header, sizeof(header));
	skb->queue_mapping = worker + 1;
	return bpf_redirect(upcall_ifindex, 0);
}

/* A packet that is too long for the upcall device is lost, but those that follow need not be: the daemon puts
 * its key into the cache. */
static __always_inline int upcall_key(struct __sk_buff *skb, const struct ingress *ingress,
				      __u32 worker)
{
	struct upcall_header header = {
		.magic = UPCALL_MAGIC,
		.port = ingress->key.in_port,
		.reason = UPCALL_KEY,
	};

	drop_count(header.port, DROP_TOO_BIG);
	if (!has_cache || ingress->layout.verdict != PARSE_OK || !take_tags(skb, &header) ||
	    bpf_skb_change_tail(skb, UPCALL_KEY_SIZE, 0) ||
	    bpf_skb_change_head(skb, sizeof(header), 0))
		return TC_ACT_SHOT;
	header.n_tags = 0; /* they are in the key */
	if (bpf_skb_store_bytes(skb, 0, &header, sizeof(header), 0) ||
	    bpf_skb_store_bytes(skb, sizeof(header) + UPCALL_KEY_AT, &ingress->key,
				sizeof(ingress->key), 0))
		return TC_ACT_SHOT;
	skb->queue_mapping = worker + 1;
	return bpf_redirect(upcall_ifindex, 0);
}

/* Not static: the verifier checks it once, by itself. Inlined, every way through the parser would be
 * followed by every way through what comes behind it. */
__attribute__((noinline)) int tc_parse(struct __sk_buff *skb, struct ingress *out)
{
	if (!out)
		return -1;
	if (skb->vlan_present)
		parse_tag(&out->key, &out->layout, (be16){skb->vlan_proto}, to_be16(skb->vlan_tci));
	parse_packet((void *)(long)skb->data, (void *)(long)skb->data_end, skb->len, &out->key,
		     &out->layout);
	return 0;
}

/* The packet's entry, or the one that stands by for the worker; 0: neither. */
static __always_inline __u32 look_up(struct __sk_buff *skb, struct ingress *ingress,
				     struct extent *extent, bool is_alone)
{
	__u32 place;

	if (!has_cache || ingress->layout.verdict != PARSE_OK || !extent_of(skb, ingress, extent))
		return 0;
	place = flow_find(ingress);
	return !place && is_alone ? standby_find(ingress) : place;
}

static __always_inline int known(struct __sk_buff *skb, const struct ingress *ingress, __u32 place,
				 struct act *what)
{
	const struct kernel_flow *flow = bpf_map_lookup_elem(&flows, &place);
	__u64 n_bytes;

	if (!flow)
		return TC_ACT_SHOT;
	what->in_port = ingress->key.in_port;
	what->places = (struct header_places){ingress->layout.l3, ingress->layout.l4,
					      ingress->key.packet_class};
	n_bytes = n_bytes_of(skb, &what->extent);
	flow_count(place, what->extent.n_packets, n_bytes);
	rx_count(what->in_port, what->extent.n_packets, n_bytes);
	return act(skb, flow, what);
}

SEC("tc")
int port_tc(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex, worker, place = 0;
	const struct port_entry *port = port_of(ifindex);
	struct ingress ingress = {0};
	enum drop_reason reason;
	struct act what = {0};
	bool is_alone;

	if (!port)
		return drop(PORT_ID_NONE, DROP_PORT_UNKNOWN);
	ingress.key.word[0] = PACKET_KEY_FRONT(port->port, 0);
	if (has_cache && port->n_queues)
		place = verdict_take(skb, &ingress);
	if (place && extent_of(skb, &ingress, &what.extent))
		return known(skb, &ingress, place, &what);
	/* XDP may have seen less of it, and what it has found is not to be mixed with what is here. */
	ingress.key.word[0] = PACKET_KEY_FRONT(port->port, 0);
	ingress.layout = (struct packet_layout){0};
	if (tc_parse(skb, &ingress))
		return TC_ACT_SHOT;
	reason = ingress_check(&ingress);
	if (reason != DROP_NONE)
		return drop(port->port, reason);
	if (!may_enter(skb, port))
		return drop(port->port, DROP_POLICED);
	worker = ingress_hash(&ingress) % n_workers; /* so flows stay in order */
	is_alone = !is_attended(worker);
	place = look_up(skb, &ingress, &what.extent, is_alone);
	if (place)
		return known(skb, &ingress, place, &what);
	if (is_alone)
		return drop(port->port, DROP_UPCALL_DOWN);
	if (!fits(skb))
		return upcall_key(skb, &ingress, worker);
	return upcall(skb, port->port, worker);
}

char _license[] SEC("license") = "GPL";
