#pragma once
/* Inside the codec of actions (flow_netlink.h): the tables that its reader and its writer share. */
#include "base/nlattr.h"
#include "flow/netlink_abi.h"
#include "flow/ofaction.h"

/* How an argument lies in an action. */
enum netlink_arg_form {
	FORM_NUMBER, /* an unsigned integer of `size` bytes, as wide as on the wire or less */
	FORM_PORT,   /* 16 bits there, 32 on the wire */
	FORM_FLAG,   /* a byte, 0 or 1 */
	FORM_SUBFIELD,
	FORM_RESULT, /* the same, and LEARN_WRITE_RESULT says that it is there */
	FORM_VALUE, /* bits of the field `set.to`; all bits of it are the mask if there is no other */
	FORM_MASK,
	FORM_META, /* 64 bits of metadata */
	FORM_META_MASK,
	FORM_BYTES, /* BYTES elements inside */
	FORM_SPECS, /* LEARN_ elements inside */
};

struct netlink_arg {
	uint8_t action; /* enum ofaction_type */
	uint8_t arg;    /* SHUNT_ARG_ */
	uint8_t form;   /* enum netlink_arg_form */
	uint8_t size, offset;
	bool must;         /* be there */
	uint32_t fallback; /* what it is when it is not there, and what is not written */
};

/* Which attribute an action is, and what its payload is. */
enum netlink_body {
	BODY_FLAG,
	BODY_PORT,   /* u32 */
	BODY_NUMBER, /* `number`, of the policy's size */
	BODY_BE16,   /* `number` */
	BODY_ARGS,
	BODY_BYTES, /* BYTES elements inside */
	BODY_IDS,   /* u16s: CONTROLLER_ID elements inside */
	BODY_LIST,  /* actions inside */
};

struct netlink_form {
	uint8_t attr, type,
		body; /* OVS_ACTION_ATTR_ or SHUNT_ACTION_, enum ofaction_type, enum netlink_body */
	uint8_t how;
};

/* By attribute. */
extern const struct attr_table netlink_action_table, netlink_arg_table, netlink_spec_table;
/* In the order in which they are read: TO and HOW before VALUE, VALUE before MASK. Ends with arg 0. */
extern const struct netlink_arg netlink_args[];
/* Ends with attr 0. */
extern const struct netlink_form netlink_forms[];
/* By SHUNT_SPEC_. */
extern const uint8_t netlink_spec_types[N_SHUNT_SPEC];
