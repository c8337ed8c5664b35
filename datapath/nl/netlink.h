#pragma once
/* The netlink transport: flows over NETLINK_USERSOCK (docs/netlink.md), in the control thread's loop.
 *
 * One socket for all clients; its port number stands in a file. A client is a port number, with what is
 * remembered of it bounded: what it does not read fast enough (netlink_peer.h), a dump, bundles.
 *
 * Who may speak: the kernel stamps every message with the sender's real user as it was when it sent
 * (SCM_CREDENTIALS), so root is known without asking anybody later. For CAP_NET_ADMIN there is no such
 * stamp, and looking a process up afterwards (/proc/PID/status, also through a pidfd) asks too late: it
 * may have exec'ed a set-user-id program since, under the same pid. So the kernel itself is made to ask:
 * joining a multicast group of NETLINK_USERSOCK needs CAP_NET_ADMIN, a token is told to such a group and
 * nowhere else, and who shows it in a message has been there.
 */
#include <stdint.h>

struct err;
struct event_base;
struct netlink;
struct vswitch;

struct netlink_options {
	struct event_base *base;
	struct vswitch *sw;
	const char *file; /* where the port number is written; copied */
};

struct netlink_stats {
	uint64_t n_messages;
	uint64_t n_refused;            /* of those who may not speak */
	uint64_t n_lost;               /* answers that nobody read */
	unsigned n_peers;              /* clients that are waited for */
	unsigned n_bundles, n_bundled; /* open ones, and the changes in all of them */
};

/* Returns 0 or -errno with a text. */
int netlink_new(struct netlink **out, const struct netlink_options *options, struct err *err);
/* Before the switch goes. Removes the file. */
void netlink_free(struct netlink **netlink);

/* Bridges came or went. NULL-safe. */
void netlink_bridges_changed(struct netlink *netlink);

void netlink_stats(const struct netlink *netlink, struct netlink_stats *out);
