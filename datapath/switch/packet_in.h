#pragma once
/* What flows send to controllers, on its way from the workers to whoever watches a bridge. Control thread. */
#include <stdbool.h>

#include "path/drop.h"
#include "path/packet_in.h"

struct bridge;
struct event_base;
struct mailbox;
struct packet_ins;
struct vswitch;

/* ---- for who watches ---- */

/* Embedded by whoever watches. Either may unwatch itself, and nobody else; it may send packets out. */
struct packet_in_watcher {
	/* A packet of the bridge. Borrowed during the call. DROP_NONE: it takes it, and tells by packet_in_lost() what
	 * becomes of nothing after all; or why it does not (DROP_NO_CONTROLLER: it is none of its business). */
	enum drop_reason (*seen)(struct packet_in_watcher *watcher, struct bridge *bridge,
				 const struct packet_in *packet);
	/* Those of the bridge that came together have been seen. NULL: nobody cares. */
	void (*rest)(struct packet_in_watcher *watcher);
	struct packet_in_watcher *next; /* the list's */
};

/* A packet that nobody takes is counted on the port it came by, for the reason that came closest to taking it. */
void bridge_packet_in_watch(struct bridge *bridge, struct packet_in_watcher *watcher);
void bridge_packet_in_unwatch(struct bridge *bridge, struct packet_in_watcher *watcher);

/* Counts a packet that was taken and came to nothing. `port`: that of struct packet_in. */
void packet_in_lost(struct vswitch *sw, uint16_t port, enum drop_reason reason);

/* ---- for the switch ---- */

/* `base` NULL: nobody calls but packet_ins_deliver(). 0, -ENOMEM, errno of eventfd(2). */
int packet_ins_new(struct packet_ins **out, struct vswitch *sw, struct event_base *base);
void packet_ins_free(struct packet_ins **packet_ins);
/* Where workers send struct packet_in. Borrowed. */
struct mailbox *packet_ins_mailbox(const struct packet_ins *packet_ins);
/* Hands on some of those that wait. True if there may be more. */
bool packet_ins_deliver(struct packet_ins *packet_ins);
