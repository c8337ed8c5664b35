#pragma once
/* All fields that a flow can match on, or write: one table.
 *
 * A field's value is a number of up to 128 bits (field_bits), whatever it is: an address is the
 * number that its bytes are in network order. So reading, writing, masking, moving parts of fields
 * and printing are arithmetic, and the table says where in struct flow_key the number lies. Several
 * fields may lie in one place (tcp_src and udp_src; vlan_vid and vlan_tci; reg0, xreg0 and xxreg0).
 *
 * OpenFlow's prerequisites: a field counts only where others have certain values. They are part of
 * the table as `need`; flow/match.h asks for them.
 *
 * Two things are more than a place, and flow/match.h does them: dl_vlan, dl_vlan_pcp and
 * vlan_pcp include that there is a tag (VLAN_PRESENT), and tunnel addresses that they are IPv4
 * or IPv6.
 *
 * Constant; any thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct flow_key;

typedef unsigned __int128 field_bits;

enum field_id {
	FIELD_TUN_ID,
	FIELD_TUN_SRC,
	FIELD_TUN_DST,
	FIELD_TUN_IPV6_SRC,
	FIELD_TUN_IPV6_DST,
	FIELD_TUN_FLAGS,
	FIELD_TUN_TTL,
	FIELD_TUN_TOS,
	FIELD_TUN_GBP_ID,
	FIELD_TUN_GBP_FLAGS,
	FIELD_PKT_MARK,
	FIELD_CONJ_ID,
	FIELD_METADATA,
	FIELD_IN_PORT,
	FIELD_IN_PORT_OXM,
	FIELD_IN_PHY_PORT,
	FIELD_ACTSET_OUTPUT,
	FIELD_REG0,
	FIELD_REG1,
	FIELD_REG2,
	FIELD_REG3,
	FIELD_REG4,
	FIELD_REG5,
	FIELD_REG6,
	FIELD_REG7,
	FIELD_REG8,
	FIELD_REG9,
	FIELD_REG10,
	FIELD_REG11,
	FIELD_REG12,
	FIELD_REG13,
	FIELD_REG14,
	FIELD_REG15,
	FIELD_XREG0,
	FIELD_XREG1,
	FIELD_XREG2,
	FIELD_XREG3,
	FIELD_XREG4,
	FIELD_XREG5,
	FIELD_XREG6,
	FIELD_XREG7,
	FIELD_XXREG0,
	FIELD_XXREG1,
	FIELD_XXREG2,
	FIELD_XXREG3,
	FIELD_ETH_SRC,
	FIELD_ETH_DST,
	FIELD_ETH_TYPE,
	FIELD_VLAN_TCI,
	FIELD_DL_VLAN,
	FIELD_VLAN_VID,
	FIELD_DL_VLAN_PCP,
	FIELD_VLAN_PCP,
	FIELD_VLAN_TCI1,
	FIELD_DL_VLAN1,
	FIELD_DL_VLAN_PCP1,
	FIELD_MPLS_LABEL,
	FIELD_MPLS_TC,
	FIELD_MPLS_BOS,
	FIELD_MPLS_TTL,
	FIELD_PBB_ISID,
	FIELD_PBB_UCA,
	FIELD_IP_SRC,
	FIELD_IP_DST,
	FIELD_IPV6_SRC,
	FIELD_IPV6_DST,
	FIELD_IPV6_LABEL,
	FIELD_IPV6_EXTHDR,
	FIELD_IP_PROTO,
	FIELD_IP_TOS,
	FIELD_IP_DSCP,
	FIELD_IP_ECN,
	FIELD_IP_TTL,
	FIELD_IP_FRAG,
	FIELD_ARP_OP,
	FIELD_ARP_SPA,
	FIELD_ARP_TPA,
	FIELD_ARP_SHA,
	FIELD_ARP_THA,
	FIELD_TCP_SRC,
	FIELD_TCP_DST,
	FIELD_TCP_FLAGS,
	FIELD_UDP_SRC,
	FIELD_UDP_DST,
	FIELD_SCTP_SRC,
	FIELD_SCTP_DST,
	FIELD_ICMP_TYPE,
	FIELD_ICMP_CODE,
	FIELD_ICMPV6_TYPE,
	FIELD_ICMPV6_CODE,
	FIELD_ND_TARGET,
	FIELD_ND_SLL,
	FIELD_ND_TLL,
	N_FIELDS
};

/* How values are written (flow/field_text.h). */
enum field_format {
	FIELD_AS_DECIMAL,
	FIELD_AS_HEX,
	FIELD_AS_MAC,
	FIELD_AS_IPV4,
	FIELD_AS_IPV6,
	FIELD_AS_FRAG,
	FIELD_AS_PORT, /* an OpenFlow port */
	FIELD_AS_TCP_FLAGS,
	FIELD_AS_TUNNEL_FLAGS,
	FIELD_AS_EXTENSIONS, /* IPv6 extension headers */
};

/* What must be so for a field to be there. */
enum field_need {
	NEED_NONE,
	NEED_IN_PORT, /* a match on in_port */
	NEED_ARP,     /* or RARP */
	NEED_MPLS,
	NEED_PBB,
	NEED_IPV4,
	NEED_IPV6,
	NEED_IP, /* either */
	NEED_TCP,
	NEED_UDP,
	NEED_SCTP,
	NEED_ICMPV4,
	NEED_ICMPV6,
	NEED_ND, /* solicitation or advertisement */
	NEED_ND_SOLICIT,
	NEED_ND_ADVERT,
	N_FIELD_NEEDS
};

enum field_flag {
	FIELD_MASKABLE = 1 << 0, /* may be matched by single bits */
	FIELD_WRITABLE = 1 << 1, /* may be changed by actions */
};

/* How the number lies in its bytes. */
enum field_order {
	FIELD_BE,   /* the first byte counts most */
	FIELD_HOST, /* an integer of this machine */
	FIELD_REGS, /* integers of 32 bits, the first counts most */
	FIELD_PORT, /* 16 bits for a 32-bit OpenFlow port: 0xffffff00 and up are 0xff00 and up */
};

/* What OpenFlow calls it. */
struct field_number {
	const char *name; /* NULL: there is none */
	uint16_t oxm_class;
	uint8_t number;
};

enum {
	OXM_CLASS_NXM = 0,
	OXM_CLASS_NX = 1,
	OXM_CLASS_OPENFLOW = 0x8000,
	OXM_CLASS_PACKET_REGS = 0x8001,
};

struct field {
	const char *name;
	const char *alias;       /* or NULL */
	uint8_t n_bits;          /* that can be other than zero */
	uint8_t n_bytes;         /* on the wire */
	uint8_t format;          /* enum field_format */
	uint8_t need;            /* enum field_need */
	uint8_t flags;           /* enum field_flag */
	uint8_t order;           /* enum field_order */
	uint8_t size;            /* bytes of its place in struct flow_key */
	uint8_t shift;           /* bits there below it */
	uint16_t offset;         /* bytes from the start of struct flow_key */
	uint8_t n_zero;          /* lowest bits that are always zero */
	struct field_number nxm; /* Nicira's, or a packet register */
	struct field_number oxm; /* OpenFlow's own */
};

extern const struct field field_table[N_FIELDS];

static inline const struct field *field_of(enum field_id id)
{
	return &field_table[id];
}

static inline enum field_id field_id(const struct field *field)
{
	return (enum field_id)(field - field_table);
}

/* The lowest n bits. */
static inline field_bits field_ones(unsigned n)
{
	return n >= 128 ? ~(field_bits)0 : ((field_bits)1 << n) - 1;
}

/* The bits that the field can have. */
static inline field_bits field_all(const struct field *field)
{
	return field_ones(field->n_bits) & ~field_ones(field->n_zero);
}

/* By name or alias, or by the name of its number ("NXM_OF_ETH_SRC"). NULL: there is none. */
const struct field *field_lookup(struct slice name);
/* By number. NULL: there is none. */
const struct field *field_by_number(uint16_t oxm_class, uint8_t number);
/* The name of its number as ovs-ofctl prints it in load and move; its own name if it has none. */
const char *field_number_name(const struct field *field);

field_bits field_read(const struct field *field, const struct flow_key *key);
/* Bits of `value` beyond field_all() are ignored. Other fields in the same bytes stay. */
void field_write(const struct field *field, struct flow_key *key, field_bits value);

/* What a need wants to be there, in words: "tcp or tcp6". */
const char *field_need_text(enum field_need need);
/* Do the values (and for a match its mask; NULL: a packet, that has all) promise the field? */
bool field_need_is_met(enum field_need need, const struct flow_key *key,
		       const struct flow_key *mask);
/* Adds the bits that this question looks at. */
void field_need_bits(enum field_need need, struct flow_key *bits);
