#pragma once
/* What the kernel side and the daemon must agree on. (Headers on the wire: bpf/wire.h.)
 *
 * Sizes are asserted on both sides. Fields are in host byte order unless the type says be16/be32.
 */
#include <linux/bpf.h>

#include "wire.h"

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
	X(RESERVED_MULTICAST, "reserved-multicast", "for switches, as STP is (forward-bpdu)") \
	X(HAIRPIN, "hairpin", "its destination is the port it came from") \
	X(VLAN_NOT_ALLOWED, "vlan-not-allowed", "its VLAN is not one of the input port's") \
	X(NO_OUTPUT, "no-output", "no port to send it to") \
	X(FAIL_SECURE, "fail-secure", "no flow, and fail_mode is secure") \
	X(MIRROR_ONLY, "mirror-only", "from a port that only takes mirrored packets") \
	X(MISS_LIMIT, "miss-limit", "more unknown packets than its port may cause") \
	X(CACHE_FULL, "cache-full", "no room in the flow cache") \
	X(BY_RULE, "by-rule", "a flow says drop") \
	X(TAG_DEPTH, "tag-depth", "more VLAN tags than can be carried to the daemon") \
	X(UPCALL_FULL, "upcall-full", "the way to the daemon was full") \
	X(UPCALL_DOWN, "upcall-down", "no daemon to ask") \
	X(NO_SOCKET, "no-socket", "its rx queue has no AF_XDP socket yet, or is one too many") \
	X(FLOOD_LIMIT, "flood-limit", "more output ports than one packet may have") \
	X(NOT_FORWARDED, "not-forwarded", "the port's configuration forbids it") \
	X(TABLE_MISS, "table-miss", "no flow of the table matched it") \
	X(FRAGMENT, "fragment", "an IP fragment, on a bridge that is to drop them") \
	X(TTL_EXPIRED, "ttl-expired", "a flow was to decrement a TTL that was used up") \
	X(RESUBMIT_DEPTH, "resubmit-depth", "resubmits nested more than 64 deep") \
	X(RESUBMIT_LIMIT, "resubmit-limit", "its flows resubmitted it too often") \
	X(ACTION_LIMIT, "action-limit", "its flows say more than can be done to one packet") \
	X(PACKET_IN_LIMIT, "packet-in-limit", \
	  "more packets for controllers than its port may send") \
	X(PACKET_IN_FULL, "packet-in-full", "too many packets for controllers waited") \
	X(NO_CONTROLLER, "no-controller", "a flow sends it to a controller, and there is none") \
	X(BY_ORDER, "by-order", "a drop order of its bridge: see ofctl orders") \
	X(NO_BUCKET, "no-bucket", "no bucket of its group was alive") \
	X(METER, "meter", "more than a meter lets through") \
	X(POLICED, "policed", "more than the port may send: ingress_policing_rate, _kpkts_rate") \
	X(PACKET_OUT_FULL, "packet-out-full", "too many packets of controllers waited to be sent")

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
	UPCALL_KEY,  /* it is too long to come up: here is but its key, for the cache */
};

/* What is sent up of such a packet: so many bytes, with a struct packet_key among them. In front of it are
 * headers in which the kernel may still complete a checksum. */
#define UPCALL_KEY_SIZE 256
#define UPCALL_KEY_AT   160

/* In front of the Ethernet header of a packet on its way up through the upcall device.
 * The way down needs no header: an S-tag (0x88a8) whose 16 TCI bits are the output port's number. */
#define UPCALL_MAGIC 0x5348
#define UPCALL_TAGS  2 /* tags that the header can carry */

struct upcall_tag {
	be16 tpid;
	be16 tci;
};

struct upcall_header {
	__u16 magic;
	__u16 port;  /* the port it came in by */
	__u8 reason; /* enum upcall_reason */
	__u8 n_tags; /* VLAN tags that belong between the MAC addresses and the rest, outer first */
	__u16 pad;
	__u32 cookie; /* depends on the reason */
	struct upcall_tag tags[UPCALL_TAGS];
};

_Static_assert(sizeof(struct upcall_header) == 20, "upcall header");

#define DOWNCALL_TPID 0x88a8

/* In the number of the way down: behind that tag is another, whose 16 bits are flow_op.queue. */
#define DOWNCALL_QUEUE 0x8000

_Static_assert(PORT_ID_MAX <= DOWNCALL_QUEUE, "downcall port");

/* What a packet chooses its class by (skb->priority): 1:N is queue N - 1 (port/qos.h); 0: it chooses none. */
#define QUEUES_MAX            61440 /* and their numbers are below it, as in Open vSwitch */
#define QUEUE_PRIORITY(queue) ((queue) ? 0x10000u | (queue) : 0)

/* One row per device that a program is attached to, by ifindex (maps `ports` and `near_ports`). */
#define PORT_MAX_QUEUES 64

enum port_flag {
	PORT_FLAG_CSUM_PARTIAL = 1 << 0, /* frames may carry only the pseudo-header's sum */
	PORT_FLAG_POLICED = 1 << 1,      /* it has a row in the map `policers` */
};

struct port_entry {
	__u16 port;     /* switch-wide number */
	__u16 n_queues; /* rx queues with a socket: the first ones */
	__u32 xsk_base; /* xdp ports: slot of queue 0 in the map `xsks` */
	__u32 flags;    /* enum port_flag */
	__u32 ifindex;
};

_Static_assert(sizeof(struct port_entry) == 16, "port entry");

#define NEAR_PORTS (2 * PORT_ID_MAX) /* a power of two */

/* A rate, in bytes or packets (bpf/rate.h). Times are ticks of 1/64 ns of the monotonic clock, so that 64 bytes at
 * 100 Gb/s are still some hundred. */
#define RATE_TICKS_NS      64ull
#define RATE_TICKS_PER_SEC (RATE_TICKS_NS * 1000000000ull)
#define RATE_SHIFT         12

struct rate {
	__u64 cost;    /* of one: ticks, with RATE_SHIFT bits behind the point */
	__u64 depth;   /* ticks' worth that may come at once */
	__u64 free_at; /* ticks; atomic */
};

/* How much may come in by a port (map `policers`, by port number). */
struct policer {
	struct rate bytes; /* cost 0: no limit */
	struct rate packets;
};

_Static_assert(sizeof(struct policer) == 48, "policer");

/* ---- what the parser (bpf/parse.h) finds in a packet ---- */

/* Which fields a packet can have. A function of eth_type and ip_proto alone. */
enum packet_class {
	CLASS_OTHER,
	CLASS_ARP, /* and RARP */
	CLASS_MPLS,
	CLASS_IPV4, /* neither of those that follow */
	CLASS_IPV4_TCP,
	CLASS_IPV4_UDP,
	CLASS_IPV4_SCTP,
	CLASS_IPV4_ICMP,
	CLASS_IPV6,
	CLASS_IPV6_TCP,
	CLASS_IPV6_UDP,
	CLASS_IPV6_SCTP,
	CLASS_IPV6_ICMP,
	N_PACKET_CLASSES
};

/* No class of packets: packets of any, which no entry knows, while no daemon is there to ask. */
#define CLASS_STANDBY N_PACKET_CLASSES

/* packet_key.ip_frag: 0 is "no fragment". */
enum { FRAG_ANY = 1, FRAG_LATER = 2 }; /* the first one: ANY; the others: ANY | LATER */

/* packet_key.vlan[].tci has this bit set where there is a tag, in place of the DEI bit. */
#define VLAN_PRESENT 0x1000

struct packet_vlan {
	be16 tci;  /* priority 3 bits, VLAN_PRESENT, VLAN id 12 bits; 0: no tag */
	be16 tpid; /* 0: no tag */
};

/* The header fields that both floors look at, as words for hashing and comparing.
 *
 * A learning bridge needs words 0 to 2; IPv4 and ARP end with word 5, IPv6 with word 8. A field
 * that a packet does not have is zero. IPv4 and IPv6 addresses share their place: whoever
 * compares them compares eth_type as well.
 */
#define PACKET_KEY_WORDS      9
#define PACKET_KEY_IPV4_WORDS 6

struct packet_key {
	union {
		__u64 word[PACKET_KEY_WORDS];
		struct {
			/* 0 */
			__u16 in_port;     /* switch-wide number */
			__u8 packet_class; /* enum packet_class */
			__u8 pad;
			struct packet_vlan vlan; /* the outer tag */
			/* 1, 2 */
			struct eth_addr eth_dst;
			struct eth_addr eth_src;
			struct packet_vlan vlan_inner;
			/* 3 */
			be16 eth_type; /* behind the tags */
			__u8 ip_proto; /* ARP: the operation, if below 256 */
			__u8 ip_tos;   /* DSCP 6 bits, ECN 2 */
			__u8 ip_ttl;
			__u8 ip_frag;
			be16 tcp_flags; /* 12 bits */
			/* 4 */
			be16 l4_src;     /* TCP, UDP, SCTP port; ICMP type */
			be16 l4_dst;     /* TCP, UDP, SCTP port; ICMP code */
			be32 ipv6_label; /* 20 bits */
			/* 5 to 8 */
			union {
				struct {
					be32 ipv4_src; /* ARP: sender */
					be32 ipv4_dst; /* ARP: target */
				};
				struct {
					struct ipv6_addr ipv6_src;
					struct ipv6_addr ipv6_dst;
				};
			};
		};
	};
};

_Static_assert(sizeof(struct packet_key) == 8 * PACKET_KEY_WORDS, "packet key");

/* Port and class as they lie in word 0. Programs that write and read a word as one do not wait for its pieces. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PACKET_KEY_FRONT(port, packet_class) ((__u64)(port) | (__u64)(packet_class) << 16)
#else
#define PACKET_KEY_FRONT(port, packet_class) ((__u64)(port) << 48 | (__u64)(packet_class) << 40)
#endif

/* How the parser got on. Whatever the verdict, the fields of the headers it understood are set, and
 * those of the header it stumbled over and of all behind are zero. */
enum parse_verdict {
	PARSE_OK,
	PARSE_TOO_SHORT, /* no whole Ethernet header; nothing is set but in_port */
	PARSE_MALFORMED, /* a header is cut off, or shorter than it must be */
	PARSE_TOO_DEEP,  /* more IPv6 extension headers, or more of the packet, than it can read */
};

/* Bits of packet_layout.ipv6_extensions: those of OpenFlow 1.3's OXM_OF_IPV6_EXTHDR. */
enum {
	IPV6_EXT_NONEXT = 1 << 0, /* "no next header" */
	IPV6_EXT_ESP = 1 << 1,
	IPV6_EXT_AUTH = 1 << 2,
	IPV6_EXT_DESTINATION = 1 << 3,
	IPV6_EXT_FRAGMENT = 1 << 4,
	IPV6_EXT_ROUTING = 1 << 5,
	IPV6_EXT_HOP_BY_HOP = 1 << 6,
	IPV6_EXT_REPEATED = 1 << 7,   /* one came more often than it should */
	IPV6_EXT_DISORDERED = 1 << 8, /* not in the order of RFC 8200 section 4.1 */
};

/* Where in the packet things are: bytes from the Ethernet header; 0: not there. */
struct packet_layout {
	__u16 l3;      /* header behind Ethernet and tags, of any type; 0: these are cut off */
	__u16 l4;      /* TCP, UDP, SCTP, ICMP header, whole; never of a later fragment */
	__u32 l3_size; /* bytes from l3 to the end of the IP packet, padding not counted */
	__u8 n_vlans;  /* tags in the key, 0 to 2 */
	__u8 verdict;  /* enum parse_verdict */
	__u16 ipv6_extensions;
};

_Static_assert(sizeof(struct packet_layout) == 12, "packet layout");

/* Where a port's packets go out (map `outputs`, by port number; ifindex 0: nowhere). */
enum output_flag {
	OUTPUT_FLAG_UP = 1 << 0, /* the device is up and has carrier */
	OUTPUT_FLAG_XDP =
		1 << 1, /* it takes frames that XDP redirects: it is in the map `xdp_outputs` */
	OUTPUT_FLAG_XDP_PIECES = 1 << 2, /* also those in several buffers */
};

struct output_entry {
	__u32 ifindex;
	__u32 mtu;   /* of the device */
	__u32 flags; /* enum output_flag */
};

_Static_assert(sizeof(struct output_entry) == 12, "output entry");

/* Slots of the map `xsks`. */
#define XSK_SLOTS 16384

/* What the programs dropped, per port and CPU (map `drops`). */
struct drop_counters {
	__u64 n[N_DROP_REASONS];
};

/* ---- the flow cache in the kernel, and what both floors have of it ---- */

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

/* What happens to a packet: see flow/action.h. An op may be followed by words that belong to it. */
enum flow_op_type {
	OP_DROP,      /* reason. The last in its list, behind nothing but copies */
	OP_OUTPUT,    /* port, queue */
	OP_PUSH_VLAN, /* tpid, tci */
	OP_POP_VLAN,  /* nothing */
	OP_SET_VLAN,  /* tci in the bits of mask */
	OP_SET,       /* field (enum packet_field); words: value, then mask, as in the packet */
	OP_METER,     /* port: slot of the meter (map `meters`); a word: its number, for people */
	/* The kernel stops here: what follows is for userspace. */
	OP_TRUNCATE, /* port: the next output, and no other, sends at most so many bytes, 14 or more */
	OP_PUSH_MPLS, /* tpid: ETH_TYPE_MPLS or the multicast one; a word: the entry, be32, then zeroes */
	OP_POP_MPLS,   /* tpid: the Ethernet type of what is behind */
	OP_PUSH_PBB,   /* tpid; a word: the I-TAG's TCI, be32, then zeroes */
	OP_POP_PBB,    /* nothing */
	OP_CONTROLLER, /* words: struct packet_in_context (flow/action.h), then userdata and zeroes */
	OP_CAPTURE, /* port: bytes at most, 0: all; a word: struct capture_words (path/capture.h) */
	OP_CLONE,   /* words: ops, done to a copy of the packet */
	OP_TRANSLATE, /* alone in its list: each packet is decided by itself */
	N_OP_TYPES
};

/* Fields that OP_SET writes. Value and mask lie in as many words each as it takes, as in the packet
 * (network byte order), the first byte first; the rest of the last word is zero. Value bits outside the
 * mask are zero. A packet that does not have the field (a later fragment has no ports) stays as it is. */
enum packet_field {
	/* these the kernel can do, too */
	SET_ETH_DST,
	SET_ETH_SRC,
	SET_IPV4_SRC,
	SET_IPV4_DST,
	SET_IPV6_SRC,
	SET_IPV6_DST,
	SET_IP_TOS, /* DSCP and ECN, of IPv4 or IPv6 */
	SET_IP_TTL, /* or hop limit */
	SET_L4_SRC, /* of TCP, UDP or SCTP */
	SET_L4_DST,
	N_KERNEL_SETS,
	/* these it cannot */
	SET_IPV6_LABEL = N_KERNEL_SETS, /* 4 bytes, of which the lower 20 bits count */
	SET_ICMP_TYPE,                  /* or ICMPv6 */
	SET_ICMP_CODE,
	SET_ARP_OP, /* 2 bytes */
	SET_ARP_SPA,
	SET_ARP_TPA,
	SET_ARP_SHA,
	SET_ARP_THA,
	SET_ND_TARGET,
	SET_ND_SLL,
	SET_ND_TLL,
	SET_MPLS_ENTRY,     /* label, TC, bottom of stack, TTL: the outermost one */
	SET_MPLS_INNER_TTL, /* of the entry below the outermost one, or of the IP packet behind it */
	SET_PBB_ISID,       /* 3 bytes */
	SET_PBB_UCA,        /* 1 byte, lowest bit */
	N_PACKET_FIELDS
};

/* Compared bytewise: make them by the functions of flow/action.h, which leave no byte undefined. */
struct flow_op {
	__u8 type;  /* enum flow_op_type */
	__u8 field; /* enum packet_field */
	union {
		__u16 port;   /* switch-wide number */
		__u16 reason; /* enum drop_reason */
		__u16 tpid;   /* host order */
		__u16 mask;   /* of the TCI bits to set */
	};
	union {
		__u16 tci;   /* host order */
		__u16 queue; /* of the output's device: its number + 1; 0: none was chosen */
	};
	__u16 n_words; /* of 8 bytes each, right behind it in the list, that belong to it */
};

_Static_assert(sizeof(struct flow_op) == 8, "flow op");

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

/* ---- meters: what both floors have of them ---- */

#define METERS_MAX      4096 /* of a switch: slots */
#define METER_BANDS_MAX 8

/* By slot (map `meters`). Written by the control thread, but for the counters. */
struct meter {
	__u32 bands; /* row of the map `meter_bands`; 0: there is no such meter. Written last */
	__u32 id;    /* as flows say it. With the time of its making: who it is to a later daemon */
	__u64 created_at;
	__u64 n_packets, n_bytes; /* that came; atomic */
};

_Static_assert(sizeof(struct meter) == 32, "meter");

/* What becomes of a packet that exceeds a band. */
enum metered {
	METERED_PASS, /* none is exceeded */
	METERED_DROP,
	METERED_REMARK, /* or more: the drop precedence grows by what is above it */
};

struct meter_clock {
	struct rate rate;
	__u64 n_packets, n_bytes; /* that this band decided about; atomic */
};

/* All bands of a meter. A meter that is modified gets another row, and this one rests until nobody reads it. */
#define METER_ROWS (METERS_MAX + 256)

struct meter_bands {
	__u8 n;
	__u8 is_in_packets; /* else in bytes */
	__u8 pad[6];
	__u8 what[METER_BANDS_MAX];                /* enum metered */
	struct meter_clock clock[METER_BANDS_MAX]; /* the highest rate first: it decides */
	__u64 to_line[6];
};

_Static_assert(sizeof(struct meter_bands) == 384, "meter bands: whole cache lines");
