#pragma once
/* What the kernel side and the daemon must agree on. The only header that both include.
 *
 * Sizes are asserted on both sides. Fields are in host byte order unless the type says be16/be32.
 */
#include <linux/types.h>

/* Ports carry a switch-wide number, 1 to PORT_ID_MAX - 1, whatever bridge they are on; 0 is none.
 * (An OpenFlow port number is a different thing: it counts per bridge.) */
#define PORT_ID_NONE 0
#define PORT_ID_MAX  8192

/* Why a packet was dropped, in every floor: name, help. One counter each, per port. */
#define DROP_REASONS(X) \
	X(NONE, "none", "not dropped") \
	X(MALFORMED, "malformed", "shorter than its own headers say") \
	X(TOO_SHORT, "too-short", "no whole Ethernet header") \
	X(PORT_UNKNOWN, "port-unknown", "from or to a port that is gone or on no bridge") \
	X(PORT_DOWN, "port-down", "the output port's device is down or without carrier") \
	X(NO_BUFFER, "no-buffer", "no free packet buffer") \
	X(TX_FULL, "tx-full", "the output port's queue was full") \
	X(TX_ERROR, "tx-error", "the kernel refused to send it") \
	X(TOO_BIG, "too-big", "longer than the output port's MTU") \
	X(RESERVED_MULTICAST, "reserved-multicast", "to a link-local address (01:80:c2:00:00:0x)") \
	X(HAIRPIN, "hairpin", "its destination is the port it came from") \
	X(VLAN_NOT_ALLOWED, "vlan-not-allowed", "its VLAN is not one of the input port's") \
	X(NO_OUTPUT, "no-output", "no port to send it to") \
	X(FAIL_SECURE, "fail-secure", "no flow, and fail_mode is secure") \
	X(MIRROR_ONLY, "mirror-only", "from a port that only takes mirrored packets") \
	X(MISS_LIMIT, "miss-limit", "more unknown packets than its port may cause") \
	X(CACHE_FULL, "cache-full", "no room in the flow cache") \
	X(BY_RULE, "by-rule", "a flow says drop") \
	X(UPCALL_FULL, "upcall-full", "the way to the daemon was full") \
	X(UPCALL_DOWN, "upcall-down", "no daemon to ask") \
	X(FLOOD_LIMIT, "flood-limit", "more output ports than one packet may have") \
	X(NOT_FORWARDED, "not-forwarded", "the port's configuration forbids it")

enum drop_reason {
#define X(id, name, help) DROP_##id,
	DROP_REASONS(X)
#undef X
		N_DROP_REASONS
};

/* Why a packet comes up to the daemon. */
enum upcall_reason {
	UPCALL_MISS, /* no cache entry */
	UPCALL_FLOW, /* its cache entry says so */
};

/* In front of the Ethernet header of a packet on its way up through the upcall device.
 * The way down needs no header: an S-tag (0x88a8) whose 16 TCI bits are the output port's number. */
#define UPCALL_MAGIC 0x5348

struct upcall_header {
	__u16 magic;
	__u16 port;       /* the port it came in by */
	__u8 reason;      /* enum upcall_reason */
	__u8 pad;
	__be16 vlan_tpid; /* of the tag that was in the skb's metadata: 0 if there was none */
	__u16 vlan_tci;   /* its 16 bits */
	__u16 pad2;
	__u32 tag;        /* depends on the reason */
};

_Static_assert(sizeof(struct upcall_header) == 16, "upcall header");

#define DOWNCALL_TPID 0x88a8

/* One row per device that a program is attached to, by ifindex (map `ports`). */
#define PORT_MAX_QUEUES 64

enum port_flag {
	PORT_FLAG_CSUM_PARTIAL = 1 << 0, /* frames may carry only the pseudo-header's sum */
};

struct port_entry {
	__u16 port;     /* switch-wide number */
	__u16 n_queues; /* rx queues with a socket */
	__u32 xsk_base; /* xdp ports: slot of queue 0 in the map `xsks` */
	__u32 flags;    /* enum port_flag */
	__u32 ifindex;
};

_Static_assert(sizeof(struct port_entry) == 16, "port entry");
