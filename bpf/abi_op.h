#pragma once
/* What is done to packets: ops, and the fields they set. */
#include "wire.h"

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
