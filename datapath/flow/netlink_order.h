#pragma once
/* Standing orders as netlink attributes, both ways: DROP and MIRROR of docs/netlink.md. Both the daemon and
 * its tools use them. No state; any thread. */
#include <stdbool.h>
#include <stdint.h>

#include "base/nlattr.h"
#include "flow/match.h"

/* What a message of one of these says. */
enum order_netlink_use {
	ORDER_NETLINK_ADD,  /* NEW to the switch */
	ORDER_NETLINK_NAME, /* DEL, GET: whose names */
	ORDER_NETLINK_ALL,  /* GET with NLM_F_DUMP */
	ORDER_NETLINK_ROW,  /* NEW from the switch */
};

/* Strings are borrowed from the message. */
struct order_netlink {
	bool is_mirror;     /* the message's type says it */
	const char *bridge; /* NULL: not said; only of ALL */
	const char *name;   /* NULL: not said. Of several, the last */
	struct match match;
	const char *port; /* mirror: to this one; NULL: into the VLAN */
	uint16_t vlan;    /* 0: none */
	uint32_t seconds; /* of its life; 0: until it is undone */
	/* only from the switch */
	uint32_t number;
	uint64_t n_packets, n_bytes;
	uint64_t age, left; /* ns; left: UINT64_MAX: it has no end */
};

/* 0, -EINVAL. */
int order_netlink_read(struct attr_bytes attrs, bool is_mirror, enum order_netlink_use use,
		       struct order_netlink *out, struct attr_fault *fault);
/* The next name of a message that has been read; NULL: that was all. *rest begins as its attributes. */
const char *order_netlink_next_name(struct attr_bytes *rest);

/* Writes what reads as the same; the switch's part, if `use` is ROW. */
void order_netlink_write(struct attr_writer *w, const struct order_netlink *order,
			 enum order_netlink_use use);
