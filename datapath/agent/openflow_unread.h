#pragma once
/* Which packets wait in a session's stream for its controller to read them, and which port each came by: when it is hung
 * up on, or cut off, they are counted as drops. A position is how many bytes of the stream are in front of it, modulo
 * 2^32: less than half of that waits. Control thread only.
 */
#include <stdint.h>

struct vswitch;

struct openflow_unread {
	struct unread_packet {
		uint32_t end; /* position */
		uint16_t port;
	} * at;              /* a ring */
	uint32_t size;       /* a power of two, or 0 */
	uint32_t begin, end; /* numbers of packets; their places are modulo `size` */
};

/* A packet that ends at `end`; behind all others. 0 or -ENOMEM. */
int openflow_unread_add(struct openflow_unread *unread, uint32_t end, uint16_t port);
/* What ends at `sent` or in front of it has been sent. */
void openflow_unread_sent(struct openflow_unread *unread, uint32_t sent);
/* Counts the others as DROP_NO_CONTROLLER, and forgets them. */
void openflow_unread_drop(struct openflow_unread *unread, struct vswitch *sw);
