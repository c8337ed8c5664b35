#pragma once
/* standby: what becomes of packets that no entry knows, while no daemon is there to ask. Kernel side only.
 *
 * Where nothing but port and VLAN decides about a destination that nobody knows, the daemon has left
 * entries that say so (switch/offload-standby.c): on a bridge that is to stand alone, they flood. */
#include "lookup.h"
#include "reserved.h"

#define VID_MASK 0x0fff

/* The kernel takes a socket out of the map when it is closed, however its process ends. */
static __always_inline bool is_attended(__u32 worker)
{
	return bpf_map_lookup_elem(&xsks, &worker);
}

static __always_inline bool has_standby(__u32 port)
{
	const struct port_masks *masks = bpf_map_lookup_elem(&port_masks, &port);

	return masks && masks->by_class[CLASS_STANDBY];
}

/* 0: nothing is known. No entry speaks for tags of VLAN 0, which are priorities that come off, nor for
 * addresses that bridges keep to themselves. */
static __always_inline __u32 standby_find(struct ingress *ingress)
{
	const __u16 tci = from_be16(ingress->key.vlan.tci);
	const __u8 packet_class = ingress->key.packet_class;
	__u32 place;

	if ((tci & (VLAN_PRESENT | VID_MASK)) == VLAN_PRESENT ||
	    address_is_reserved(ingress->key.eth_dst))
		return 0;
	ingress->key.packet_class = CLASS_STANDBY;
	place = flow_find(ingress);
	ingress->key.packet_class = packet_class;
	return place;
}
