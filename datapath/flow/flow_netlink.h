#pragma once
/* Flows as netlink attributes, both ways: flow/netlink_abi.h, explained in docs/netlink.md.
 *
 * What is read is checked as text is: values, masks, prerequisites, actions against the match. What is
 * wrong is named, and its attribute is pointed at. No sockets, no state; any thread.
 */
#include <linux/netlink.h>
#include <stdbool.h>

#include "base/nlattr.h"
#include "flow/flow_text.h"

/* What a message says beside its flow. */
struct flow_netlink_target {
	const char *bridge; /* borrowed from the message */
	bool has_bundle;
	uint32_t bundle;
};

/* Reads the attributes of a FLOW message. For a filter (GET) use FLOW_DELETE or FLOW_DELETE_STRICT;
 * whether SET and DEL are strict the message says, as flow_netlink_is_strict() finds out.
 * *out is written on success only, and is the caller's to flow_mod_fini(). 0, -EINVAL or -ENOMEM. */
int flow_netlink_read(struct attr_bytes attrs, enum flow_command command, struct flow_mod *out,
		      struct flow_netlink_target *target, struct attr_fault *fault);
bool flow_netlink_is_strict(struct attr_bytes attrs);

/* What the switch tells of a flow. */
struct flow_netlink_row {
	struct flow_mod flow; /* ADD; its to flow_mod_fini() */
	struct flow_stats stats;
	bool has_stats, is_incomplete, has_reason;
	uint8_t reason;
	uint32_t n_flows;   /* of COUNT */
	const char *bridge; /* borrowed from the message; NULL: not said */
};
int flow_netlink_row_read(struct attr_bytes attrs, struct flow_netlink_row *out,
			  struct attr_fault *fault);

/* Writes what flow_netlink_read() reads as the same, but for the bridge; `stats` (NULL: none) goes with
 * flows from the switch, for flow_netlink_row_read(). */
void flow_netlink_write(struct attr_writer *w, const struct flow_mod *flow,
			const struct flow_stats *stats);

/* The parts of it. */
int match_netlink_read(const struct nlattr *key, const struct nlattr *mask, struct match *out,
		       struct attr_fault *fault);
void match_netlink_write(struct attr_writer *w, const struct match *match);
/* Appends to `out`. */
int ofactions_netlink_read(struct attr_bytes actions, struct ofactions *out,
			   struct attr_fault *fault);
/* Elements `begin` to `end` of the list. */
void ofactions_netlink_write(struct attr_writer *w, const struct ofactions *list, uint32_t begin,
			     uint32_t end);
