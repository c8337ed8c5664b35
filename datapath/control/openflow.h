#pragma once
/* OpenFlow: every bridge has a socket, <rundir>/<bridge>.mgmt, where whoever may open it speaks OpenFlow to it
 * (docs/openflow.md).
 *
 * openflow.c knows the bridges and their sockets, openflow_session.h what one conversation is about. All of it
 * ends in the functions of switch/ that JSON-RPC and netlink call, too. Control thread only.
 */
#include <sys/types.h>

struct event_base;
struct openflow;
struct vswitch;

struct openflow_options {
	struct event_base *base;
	struct vswitch *sw;
	const char *run_dir; /* borrowed */
	mode_t mode;         /* of the sockets */
};

/* `options` is copied. 0 or -ENOMEM. */
int openflow_new(struct openflow **out, const struct openflow_options *options);
/* Ends all conversations. NULL-safe. Before the switch goes. */
void openflow_free(struct openflow **openflow);

/* Bridges may have come or gone. NULL-safe. A socket that cannot be made is said in the log, and tried again
 * the next time. */
void openflow_bridges_changed(struct openflow *openflow);
