#pragma once
/* The maps that all programs share, and the counting of drops. Kernel side only.
 *
 * Every program includes this; the linker of `bpftool gen object` makes one map of each. Userspace
 * alone writes ports, outputs and xsks; the programs alone write the counters in drops.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#include "abi.h"
#include "index.h"

/* Set before load. False: the kernel has refused what works with the flow cache, and the verifier is not
 * shown it. */
const volatile bool has_cache __weak = true;

/* Set before load. True: the kernel knows of XDP frames in several buffers, of which a program sees the first
 * (BPF_F_XDP_HAS_FRAGS; XDP_USE_SG takes them up). False: there are none. */
const volatile bool has_pieces __weak = false;

/* By ifindex: the port that a device is. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PORT_ID_MAX);
	__type(key, __u32);
	__type(value, struct port_entry);
} ports SEC(".maps") __weak;

/* The same without hashing, by ifindex % NEAR_PORTS: of whichever device had the place first. The others are in
 * `ports` alone. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NEAR_PORTS);
	__type(key, __u32);
	__type(value, struct port_entry);
} near_ports SEC(".maps") __weak;

/* By port number: the device to send to. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PORT_ID_MAX);
	__type(key, __u32);
	__type(value, struct output_entry);
} outputs SEC(".maps") __weak;

/* By port number: its device as the kernel knows it, for as long as it is there and in this namespace. The
 * number in `outputs` may be another device's by now, if nobody is there to write these rows. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, PORT_ID_MAX);
	__type(key, __u32);
	__type(value, __u32);
} devices SEC(".maps") __weak;

/* By port number: its device, if that takes frames that XDP redirects. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, PORT_ID_MAX);
	__type(key, __u32);
	__type(value, __u32);
} xdp_outputs SEC(".maps") __weak;

/* AF_XDP sockets: by worker for the upcall device (slots 0 to PORT_MAX_QUEUES - 1), then a stretch
 * of slots for each xdp port (port_entry.xsk_base). */
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, XSK_SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} xsks SEC(".maps") __weak;

/* By port number; PORT_ID_NONE counts for ports that nobody knows. Rows come and go with the ports,
 * so that memory follows the number of ports and not its limit. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, PORT_ID_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct drop_counters);
} drops SEC(".maps") __weak;

/* By port number, of ports that have PORT_FLAG_POLICED. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PORT_ID_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct policer);
} policers SEC(".maps") __weak;

/* ---- the flow cache: the daemon makes these maps, of what size it likes, and writes them in its own
 * memory ---- */

#define SHARED_ARRAY(name, n, value_type) \
	struct { \
		__uint(type, BPF_MAP_TYPE_ARRAY); \
		__uint(map_flags, BPF_F_MMAPABLE); \
		__uint(max_entries, n); \
		__type(key, __u32); \
		__type(value, value_type); \
	} name SEC(".maps") __weak

/* Set before load, to the size that the map has. */
const volatile __u32 n_places __weak = KERNEL_PLACES(KERNEL_FLOWS_DEFAULT);

SHARED_ARRAY(versions, 1, struct versions);

SHARED_ARRAY(port_masks, PORT_ID_MAX, struct port_masks);

SHARED_ARRAY(masks, FLOW_MASK_IDS, struct kernel_mask);

SHARED_ARRAY(flow_index, INDEX_BUCKETS(KERNEL_FLOWS_DEFAULT), struct index_bucket);

SHARED_ARRAY(index_size, 1, struct index_size);

SHARED_ARRAY(flows, KERNEL_PLACES(KERNEL_FLOWS_DEFAULT), struct kernel_flow);

SHARED_ARRAY(flow_ops, KERNEL_OPS, struct flow_op);

SHARED_ARRAY(flow_tails, KERNEL_PLACES(KERNEL_FLOWS_DEFAULT), struct kernel_tail);

/* Written by the programs alone, but for zeroing a place that rests. Of size for one CPU here; the
 * daemon makes them for as many as there are. */
SHARED_ARRAY(flow_counts, KERNEL_PLACES(KERNEL_FLOWS_DEFAULT), struct kernel_count);

SHARED_ARRAY(port_counts, PORT_ID_MAX, struct kernel_port_count);

/* Workers meter in the same memory. */
SHARED_ARRAY(meters, METERS_MAX, struct meter);

SHARED_ARRAY(meter_bands, METER_ROWS, struct meter_bands);

/* The port that a device is; NULL: none. */
static __always_inline const struct port_entry *port_of(__u32 ifindex)
{
	__u32 place = ifindex % NEAR_PORTS;
	const struct port_entry *port = bpf_map_lookup_elem(&near_ports, &place);

	return port && port->ifindex == ifindex ? port : bpf_map_lookup_elem(&ports, &ifindex);
}

/* The number of the port's device; 0: it is gone. */
static __always_inline __u32 device_of(__u32 port)
{
	const __u32 *ifindex = bpf_map_lookup_elem(&devices, &port);

	return ifindex ? *ifindex : 0;
}

static __always_inline void drops_count(__u32 port, __u64 n_packets, enum drop_reason reason)
{
	struct drop_counters *row = bpf_map_lookup_elem(&drops, &port);

	if (row && reason < N_DROP_REASONS)
		row->n[reason] += n_packets;
}

static __always_inline void drop_count(__u32 port, enum drop_reason reason)
{
	drops_count(port, 1, reason);
}
