#pragma once
/* Inside the netlink transport: what its files share. Control thread only. */
#include <event2/event.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <urcu/list.h>

#include "base/err.h"
#include "base/nlattr.h"
#include "nl/netlink.h"
#include "flow/netlink_abi.h"

struct bridge;
struct flow_mod;
struct order_netlink;
struct order_row;

/* What goes out in one piece: small enough that several fit into a socket's default receive buffer. A
 * flow that is longer goes alone, up to what a socket's default send buffer takes. */
#define DATAGRAM_SIZE 32768
#define FLOW_SIZE     200000

struct netlink {
	/* fixed after create */
	struct event_base *base;
	struct vswitch *sw;
	struct nl_sock *sock;
	int fd;
	uint32_t port;
	char *file;
	struct event *readable;
	/* who has to be waited for */
	struct cds_list_head peers;
	/* changes that wait for their commit */
	struct cds_list_head bundles;
	/* the watchers of all bridges, and what they saw in this turn of the loop */
	struct cds_list_head watches;
	struct event *tell_events;
	struct attr_writer events;
	/* who may speak */
	uint8_t token[SHUNT_NL_TOKEN_SIZE];
	struct event *tell_token;
	/* scratch for a message in, and one out */
	uint8_t *in, *out;
	struct netlink_stats stats;
};

/* ---- a request ---- */

struct netlink_request {
	struct netlink *netlink;
	uint32_t port; /* the sender's */
	const struct nlmsghdr *head;
	uint8_t cmd;
	bool may_speak; /* else nothing is kept for it */
	struct attr_bytes attrs;
	struct err err;
	struct attr_fault fault;
	bool has_blame;
	uint32_t blame; /* which change of a bundle is to blame, from 0 */
};

/* What a handler returns: 0: done (an ACK, if one is wanted), -errno with a text, or this. */
#define NETLINK_ANSWERED 1

typedef int netlink_handler(struct netlink_request *request);

netlink_handler netlink_flow_new, netlink_flow_set, netlink_flow_del, netlink_flow_get,
	netlink_flow_count; /* netlink_flow.c */
netlink_handler netlink_bundle_begin, netlink_bundle_commit,
	netlink_bundle_discard;                                          /* netlink_bundle.c */
netlink_handler netlink_names;                                           /* netlink_names.c */
netlink_handler netlink_order_new, netlink_order_del, netlink_order_get; /* netlink_order.c */
netlink_handler netlink_speaker_ask;                                     /* netlink_speaker.c */

/* -errno, after saying what is wrong. */
int request_refuse(struct netlink_request *request, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* NULL after saying that there is none. */
struct bridge *request_bridge(struct netlink_request *request, const char *name);

/* ---- messages out ---- */

/* Begins a message at the writer's end, with room for its headers; give what it returns to
 * message_end(). Headers that do not fit make the writer full. */
size_t message_begin(struct attr_writer *w, uint16_t type, uint8_t cmd, uint16_t flags);
/* `request` NULL: nobody asked for it. */
void message_end(struct attr_writer *w, size_t begin, const struct netlink *netlink,
		 const struct netlink_request *request);
/* A writer on the scratch for messages out. */
struct attr_writer message_writer(struct netlink *netlink);

/* An ACK (code 0) or an error to who asked. */
void answer_ack(struct netlink_request *request, int code);
/* NLMSG_DONE, the end of a dump to that port; `rc` 0 or -errno; flags 0 or NLM_F_DUMP_INTR. */
void message_done(struct attr_writer *w, uint32_t port, uint32_t seq, int rc, uint16_t flags);

/* ---- the parts ---- */

/* netlink_order.c: what a message says of it; borrows from both. */
struct order_netlink netlink_order_of(struct bridge *bridge, const struct order_row *row);

/* netlink_event.c */
int netlink_events_init(struct netlink *netlink);
void netlink_events_fini(struct netlink *netlink);

/* netlink_speaker.c */
int netlink_speaker_init(struct netlink *netlink);
void netlink_speaker_fini(struct netlink *netlink);
/* May the sender of a message with these attributes speak? */
bool netlink_may_speak(const struct netlink *netlink, uint32_t uid, struct attr_bytes attrs);

/* netlink_bundle.c: a change for a bundle; `mod` is taken over if all is well. */
int netlink_bundle_add(struct netlink_request *request, uint32_t id, const char *bridge,
		       struct flow_mod *mod);
/* The bundle has a wrong change; nothing if there is no such bundle. True: its sender knows already. */
bool netlink_bundle_spoil(struct netlink_request *request, int code);
void netlink_bundles_fini(struct netlink *netlink);
/* That port is gone. */
void netlink_bundles_forget(struct netlink *netlink, uint32_t port);
