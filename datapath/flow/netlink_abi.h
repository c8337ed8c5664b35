#pragma once
/* The numbers of Shunt's netlink protocol (docs/netlink.md): what goes over the wire, and nothing else.
 *
 * They are promised: a number keeps its meaning, new ones are added at the ends. A message is
 *
 *	struct nlmsghdr | struct genlmsghdr { cmd, version, 0 } | attributes
 *
 * where nlmsg_type is one of SHUNT_NL_ below. Numbers in attributes are of the machine's byte order,
 * but for what is marked be: that is as it stands in packets.
 */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/openvswitch.h>

#define SHUNT_NL_VERSION 1

/* nlmsg_type */
enum {
	SHUNT_NL_FLOW = NLMSG_MIN_TYPE,
	SHUNT_NL_BUNDLE,
	SHUNT_NL_MIRROR,
	SHUNT_NL_DROP,
	SHUNT_NL_NAMES,
	SHUNT_NL_SPEAKER,
};

/* Multicast groups of NETLINK_USERSOCK; to join one needs CAP_NET_ADMIN. */
enum {
	SHUNT_NL_GROUP_EVENT = 1, /* flows and orders that come, change and go */
	SHUNT_NL_GROUP_SPEAKER,   /* the token of those who may speak */
};

/* cmd of FLOW, MIRROR and DROP; the numbers are OVS_FLOW_CMD_'s. */
enum {
	SHUNT_NL_NEW = 1, /* add; and what comes back: flows of dumps, flows added */
	SHUNT_NL_DEL,     /* delete; flows removed */
	SHUNT_NL_GET,     /* one, or with NLM_F_DUMP all that a delete would remove */
	SHUNT_NL_SET,     /* modify; flows modified */
	SHUNT_NL_COUNT,   /* of FLOW: how many GET with NLM_F_DUMP would tell, and their sums */
};

/* cmd of BUNDLE */
enum {
	SHUNT_NL_BUNDLE_BEGIN = 1,
	SHUNT_NL_BUNDLE_COMMIT,
	SHUNT_NL_BUNDLE_DISCARD,
};

/* cmd of SPEAKER */
enum {
	SHUNT_NL_SPEAKER_ASK = 1,
	SHUNT_NL_SPEAKER_TOKEN,
};

/* In every message. */
enum {
	SHUNT_NL_TOKEN = 1, /* 16 bytes */
	SHUNT_NL_BRIDGE,    /* string: its name */
	SHUNT_NL_BUNDLE_ID, /* u32, chosen by the client */

	SHUNT_NL_FIRST_OWN = 8, /* of the message's own attributes */
};

#define SHUNT_NL_TOKEN_SIZE 16

/* Of NAMES, cmd GET with NLM_F_DUMP: the names of a bridge's ports and tables. */
enum {
	SHUNT_NAMES_NAME = SHUNT_NL_FIRST_OWN, /* string */
	SHUNT_NAMES_PORT,                      /* u32: its OpenFlow number */
	SHUNT_NAMES_TABLE,                     /* u8 */
	N_SHUNT_NAMES
};

/* Of DROP and MIRROR: standing orders. */
enum {
	SHUNT_ORDER_KEY = SHUNT_NL_FIRST_OWN, /* as of FLOW */
	SHUNT_ORDER_MASK,                     /* the same */
	SHUNT_ORDER_NAME,                     /* string: what it is called */
	SHUNT_ORDER_PORT, /* string: mirror to this port; to the switch also its number as text */
	SHUNT_ORDER_VLAN, /* u16: mirror into this VLAN */
	SHUNT_ORDER_SECONDS, /* u32: it ends by itself */
	/* only from the switch */
	SHUNT_ORDER_NUMBER,    /* u32: its own on the bridge; the elder, the lower */
	SHUNT_ORDER_N_PACKETS, /* u64 */
	SHUNT_ORDER_N_BYTES,   /* u64 */
	SHUNT_ORDER_AGE,       /* u64: ns */
	SHUNT_ORDER_LEFT,      /* u64: ns until it ends; absent: it does not */
	N_SHUNT_ORDER
};

/* Of FLOW. */
enum {
	SHUNT_FLOW_KEY = SHUNT_NL_FIRST_OWN, /* nested OVS_KEY_ATTR_, SHUNT_KEY_ */
	SHUNT_FLOW_MASK,                     /* the same */
	SHUNT_FLOW_ACTIONS,                  /* nested OVS_ACTION_ATTR_, SHUNT_ACTION_ */
	SHUNT_FLOW_STRICT,                   /* flag: of SET and DEL */
	SHUNT_FLOW_TABLE,                    /* u8 */
	SHUNT_FLOW_PRIORITY,                 /* u16 */
	SHUNT_FLOW_COOKIE,                   /* u64: to set */
	SHUNT_FLOW_COOKIE_VALUE,             /* u64: a filter, with COOKIE_MASK */
	SHUNT_FLOW_COOKIE_MASK,              /* u64 */
	SHUNT_FLOW_IDLE_TIMEOUT,             /* u16: seconds */
	SHUNT_FLOW_HARD_TIMEOUT,             /* u16: seconds */
	SHUNT_FLOW_IMPORTANCE,               /* u16 */
	SHUNT_FLOW_FLAGS,                    /* u32: SHUNT_FLOW_F_ */
	SHUNT_FLOW_OUT_PORT,                 /* u32: a filter */
	SHUNT_FLOW_OUT_GROUP,                /* u32: a filter */
	/* only from the switch */
	SHUNT_FLOW_DURATION,   /* u64: ns */
	SHUNT_FLOW_N_PACKETS,  /* u64 */
	SHUNT_FLOW_N_BYTES,    /* u64 */
	SHUNT_FLOW_IDLE_AGE,   /* u32: seconds */
	SHUNT_FLOW_HARD_AGE,   /* u32: seconds */
	SHUNT_FLOW_REASON,     /* u8: of flows removed, OpenFlow 1.4's OFPRR_ */
	SHUNT_FLOW_INCOMPLETE, /* flag: the actions do not fit into a message and are left out */
	SHUNT_FLOW_N_FLOWS,    /* u32: of COUNT */
	N_SHUNT_FLOW
};

enum {
	SHUNT_FLOW_F_SEND_FLOW_REM = 1 << 0,
	SHUNT_FLOW_F_CHECK_OVERLAP = 1 << 1,
	SHUNT_FLOW_F_RESET_COUNTS = 1 << 2,
	SHUNT_FLOW_F_NO_PACKET_COUNTS = 1 << 3,
	SHUNT_FLOW_F_NO_BYTE_COUNTS = 1 << 4,
};

/* In KEY and MASK, beside OVS_KEY_ATTR_. */
enum {
	SHUNT_KEY_METADATA = 64, /* be64 */
	SHUNT_KEY_CONJ_ID,       /* be32 */
	SHUNT_KEY_IN_PHY_PORT,   /* be32 */
	SHUNT_KEY_ACTSET_OUTPUT, /* be32 */
	SHUNT_KEY_VLAN_INNER,    /* be16: TCI of the second tag */
	SHUNT_KEY_PBB,           /* be32: 0x08000000 UCA, 0x00ffffff I-SID */
	SHUNT_KEY_REG0 = 80,     /* be32; REG1 is 81 ... REG15 95 */
	N_SHUNT_KEY = SHUNT_KEY_REG0 + 16
};

/* In ACTIONS, beside OVS_ACTION_ATTR_ OUTPUT, POP_VLAN, POP_MPLS, METER and CLONE. "args": nested
 * SHUNT_ARG_. */
enum {
	SHUNT_ACTION_OUTPUT_CUT = 64, /* args PORT, MAX_LEN */
	SHUNT_ACTION_OUTPUT_REG,      /* args FROM */
	SHUNT_ACTION_CONTROLLER,      /* args MAX_LEN, ID, REASON, PAUSE, METER, USERDATA */
	SHUNT_ACTION_MIRROR,          /* args PORT or VLAN, MAX_LEN */
	SHUNT_ACTION_GROUP,           /* u32 */
	SHUNT_ACTION_ENQUEUE,         /* args PORT, QUEUE */
	SHUNT_ACTION_SET_QUEUE,       /* u32 */
	SHUNT_ACTION_POP_QUEUE,       /* flag */
	SHUNT_ACTION_SET,             /* args TO, VALUE, MASK, HOW */
	SHUNT_ACTION_MOVE,            /* args FROM, TO */
	SHUNT_ACTION_SET_VLAN_VID,    /* args NUMBER, PUSH */
	SHUNT_ACTION_SET_VLAN_PCP,    /* args NUMBER, PUSH */
	SHUNT_ACTION_PUSH_VLAN,       /* be16: Ethernet type */
	SHUNT_ACTION_STRIP_VLAN,      /* flag: POP_VLAN, printed so */
	SHUNT_ACTION_PUSH_MPLS,       /* be16: Ethernet type */
	SHUNT_ACTION_PUSH_PBB,        /* be16: Ethernet type */
	SHUNT_ACTION_POP_PBB,         /* flag */
	SHUNT_ACTION_COPY_TTL_IN,     /* flag */
	SHUNT_ACTION_COPY_TTL_OUT,    /* flag */
	SHUNT_ACTION_DEC_TTL,         /* u16s: ids of controllers */
	SHUNT_ACTION_DEC_MPLS_TTL,    /* flag */
	SHUNT_ACTION_RESUBMIT,        /* args PORT, TABLE */
	SHUNT_ACTION_LEARN,           /* args, LEARN_ below */
	SHUNT_ACTION_CONJUNCTION,     /* args ID, CLAUSE, N_CLAUSES */
	SHUNT_ACTION_NOTE,            /* bytes */
	SHUNT_ACTION_CLEAR_ACTIONS,   /* flag */
	SHUNT_ACTION_WRITE_ACTIONS,   /* nested actions */
	SHUNT_ACTION_WRITE_METADATA,  /* args VALUE, MASK */
	SHUNT_ACTION_GOTO_TABLE,      /* u8 */
	SHUNT_ACTION_FIN_TIMEOUT,     /* args IDLE_TIMEOUT, HARD_TIMEOUT */
	N_SHUNT_ACTION
};

/* What actions take. */
enum {
	SHUNT_ARG_PORT = 1,  /* u32 */
	SHUNT_ARG_MAX_LEN,   /* u16: bytes */
	SHUNT_ARG_QUEUE,     /* u32 */
	SHUNT_ARG_VLAN,      /* u16 */
	SHUNT_ARG_FROM,      /* struct shunt_nl_subfield */
	SHUNT_ARG_TO,        /* struct shunt_nl_subfield */
	SHUNT_ARG_VALUE,     /* be: as many bytes as the field TO has */
	SHUNT_ARG_MASK,      /* be: the same */
	SHUNT_ARG_HOW,       /* u8: SHUNT_SET_ */
	SHUNT_ARG_NUMBER,    /* u32 */
	SHUNT_ARG_PUSH,      /* flag */
	SHUNT_ARG_ID,        /* u32 */
	SHUNT_ARG_REASON,    /* u8: OpenFlow's OFPR_ */
	SHUNT_ARG_PAUSE,     /* flag */
	SHUNT_ARG_METER,     /* u32 */
	SHUNT_ARG_USERDATA,  /* bytes */
	SHUNT_ARG_TABLE,     /* u8 */
	SHUNT_ARG_CLAUSE,    /* u8 */
	SHUNT_ARG_N_CLAUSES, /* u8 */
	/* of LEARN */
	SHUNT_ARG_PRIORITY,         /* u16 */
	SHUNT_ARG_COOKIE,           /* u64 */
	SHUNT_ARG_IDLE_TIMEOUT,     /* u16: seconds */
	SHUNT_ARG_HARD_TIMEOUT,     /* u16: seconds */
	SHUNT_ARG_FIN_IDLE_TIMEOUT, /* u16: seconds */
	SHUNT_ARG_FIN_HARD_TIMEOUT, /* u16: seconds */
	SHUNT_ARG_FLAGS,            /* u8: SHUNT_LEARN_F_ */
	SHUNT_ARG_LIMIT,            /* u32 */
	SHUNT_ARG_RESULT,           /* struct shunt_nl_subfield of one bit */
	SHUNT_ARG_SPECS,            /* nested SHUNT_SPEC_ */
	N_SHUNT_ARG
};

/* How a SET was written, and is printed. */
enum {
	SHUNT_SET_FIELD,    /* set_field */
	SHUNT_SET_LOAD,     /* load */
	SHUNT_SET_MOD,      /* mod_nw_src ... */
	SHUNT_SET_TUNNEL64, /* set_tunnel64 */
};

enum {
	SHUNT_LEARN_F_SEND_FLOW_REM = 1 << 0,
	SHUNT_LEARN_F_DELETE_LEARNED = 1 << 1,
};

/* What learn() puts into the new flow. */
enum {
	SHUNT_SPEC_MATCH = 1,   /* args FROM, TO */
	SHUNT_SPEC_MATCH_VALUE, /* args TO, VALUE */
	SHUNT_SPEC_LOAD,        /* args FROM, TO */
	SHUNT_SPEC_LOAD_VALUE,  /* args TO, VALUE */
	SHUNT_SPEC_OUTPUT,      /* args FROM */
	N_SHUNT_SPEC
};

/* A field or a part of it. `field`: its OXM or NXM class, shifted left by 16, and its number. */
struct shunt_nl_subfield {
	__u32 field;
	__u16 low; /* its lowest bit */
	__u16 n_bits;
};
