#pragma once
/* What flows send to controllers, on its way from the workers to whoever watches a bridge. Control thread. */
#include <stdbool.h>

#include "path/packet_in.h"

struct bridge;
struct event_base;
struct mailbox;
struct packet_ins;
struct vswitch;

/* ---- for who watches ---- */

/* Embedded by whoever watches. Either may unwatch itself, and nobody else; it may send packets out. */
struct packet_in_watcher {
	/* A packet of the bridge. Borrowed during the call. */
	void (*seen)(struct packet_in_watcher *watcher, struct bridge *bridge,
		     const struct packet_in *packet);
	/* Those of the bridge that came together have been seen. NULL: nobody cares. */
	void (*rest)(struct packet_in_watcher *watcher);
	struct packet_in_watcher *next; /* the list's */
};

/* A packet that nobody watches for is counted on the port it came by, as DROP_NO_CONTROLLER. */
void bridge_packet_in_watch(struct bridge *bridge, struct packet_in_watcher *watcher);
void bridge_packet_in_unwatch(struct bridge *bridge, struct packet_in_watcher *watcher);

/* ---- for the switch ---- */

/* `base` NULL: nobody calls but packet_ins_deliver(). 0, -ENOMEM, errno of eventfd(2). */
int packet_ins_new(struct packet_ins **out, struct vswitch *sw, struct event_base *base);
void packet_ins_free(struct packet_ins **packet_ins);
/* Where workers send struct packet_in. Borrowed. */
struct mailbox *packet_ins_mailbox(const struct packet_ins *packet_ins);
/* Hands on some of those that wait. True if there may be more. */
bool packet_ins_deliver(struct packet_ins *packet_ins);
