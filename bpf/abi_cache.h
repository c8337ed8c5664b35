#pragma once
/* The flow cache in the kernel, and what both floors have of it. */
#include "abi_drop.h"
#include "abi_key.h"
#include "abi_port.h"

/* See flow/version.h. */
#define VERSION_COUNTERS 4096 /* a power of two */
#define VERSION_CONFIG   0    /* bridges, ports, tables, masks: what workers' entries rest on */
#define VERSION_KERNEL   2    /* what the kernel's entries rest on instead: see docs/flows.md */

struct versions {
	__u32 counter[VERSION_COUNTERS];
};

/* What a decision rests on: it holds while the sum of VERSION_CONFIG's counter (in the kernel:
 * VERSION_KERNEL's) and these two is the same. */
struct version_stamp {
	__u16 index[2];
	__u32 sum;
};

_Static_assert(sizeof(struct version_stamp) == 8, "version stamp");

#define FLOW_MASK_IDS 2048 /* masks at a time */

/* By port (map `port_masks`): the masks of the packet classes, as id + 1; 0: ask the daemon. CLASS_STANDBY's:
 * 0: nothing is known of packets that nobody knows. */
struct port_masks {
	__u16 by_class[16];
};

_Static_assert(CLASS_STANDBY < 16, "port masks");

/* By mask id (map `masks`). A mask with bits behind these words is not for the kernel. */
struct kernel_mask {
	__u64 seed; /* secret, as the factors are: nobody is to choose keys that meet in the index */
	__u64 n_words; /* the first so many words may have bits: 3, PACKET_KEY_IPV4_WORDS or all */
	struct {
		__u64 bits;
		__u64 factor;
	} word[PACKET_KEY_WORDS];
};

_Static_assert(sizeof(struct kernel_mask) == 160, "kernel mask");

/* What the index (bpf/index.h) finds places by. */
struct kernel_key {
	__u32 mask;
	__u32 pad;
	__u64 word[PACKET_KEY_WORDS]; /* masked */
};

_Static_assert(sizeof(struct kernel_key) == 80, "kernel key");

/* Entries at a time: as many as the daemon is told when the maps are made, or so many. */
#define KERNEL_FLOWS_DEFAULT 131072
#define KERNEL_FLOWS_MIN     1024
#define KERNEL_FLOWS_MAX     1048576

/* The first places are homes: what is dropped is found there by its key's hash alone, without the index. */
#define KERNEL_HOMES 512

/* Places for n entries, and for those that rest; place 0 is none. */
#define KERNEL_PLACES(n) (KERNEL_HOMES + (n) + (n) / 4)

#define KERNEL_OPS      (1 << 20) /* ops and their words, of all entries */
#define KERNEL_FLOW_OPS 512       /* of one entry: 256 outputs, and what it takes to change tags */

/* The map `flow_ops` begins with what most entries do, once for all of them: an output to each port, at the
 * port's number, and a drop for each reason. */
#define KERNEL_OPS_DROP PORT_ID_MAX
#define KERNEL_OPS_LIST (KERNEL_OPS_DROP + 64) /* what is behind these belongs to somebody */

_Static_assert(N_DROP_REASONS <= 64, "an op for each drop reason");

/* What is in kernel_flow.xdp_port: a port, if the last op is the one output, to that port; or XDP_PORT_SET + the
 * number of a set in the map `xdp_sets`, if all ops are outputs, with a device of the set for each. */
#define XDP_SETS      64
#define XDP_SET_PORTS 4
#define XDP_PORT_SET  PORT_ID_MAX

/* What was counted; packets as on a wire: see act.h. */
struct kernel_count {
	__u64 n_packets;
	__u64 n_bytes;
};

/* An entry: one cache line, which is all that a packet without IPv6 addresses needs of it, but for its
 * counters: those of a place lie apart, and many to a line, so that a processor's cache holds as many flows as it
 * can. It carries its key: a program may follow the index to a place that has just been given up. So places rest
 * before they are used again, and the comparison tells whose place was found. */
struct kernel_flow {
	union {
		struct {
			__u16 mask : 11; /* id */
			__u16 packet_class : 4; /* of the packet that brought it, or CLASS_STANDBY: for the daemon */
			__u16 is_home : 1; /* it is in the index, and this is its key's home */
		};
		__u16 front; /* all of this, to be written as one */
	};
	__u16 xdp_port; /* XDP sends it there: see above; 0: it does not */
	union {
		struct {
			__u32 list : 20; /* first of its ops in the map `flow_ops` */
			__u32 n_ops : 12;
		};
		__u32 ops; /* both, to be written as one */
	};
	struct version_stamp stamp; /* read and written as one */
	__u64 word[PACKET_KEY_IPV4_WORDS];
};

_Static_assert(sizeof(struct kernel_flow) == 64, "kernel flow");
_Static_assert(FLOW_MASK_IDS <= 1 << 11 && CLASS_STANDBY < 1 << 4 && KERNEL_OPS <= 1 << 20 &&
		       KERNEL_FLOW_OPS < 1 << 12,
	       "fields are wide enough");

/* The words behind these, by place (map `flow_tails`): zero, and not looked at, where the mask has no bits. */
struct kernel_tail {
	__u64 word[PACKET_KEY_WORDS - PACKET_KEY_IPV4_WORDS];
	__u64 pad;
};

_Static_assert(sizeof(struct kernel_tail) == 32, "kernel tail");

/* By CPU * PORT_ID_MAX + port (map `port_counts`): what the kernel forwarded by itself. */
struct kernel_port_count {
	__u64 rx_packets;
	__u64 rx_bytes;
	__u64 tx_packets;
	__u64 tx_bytes;
	__u64 n_by_rule; /* of the received: dropped for DROP_BY_RULE, by a flow; all others are in `drops` */
};
