#include "switch/capture.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#include "base/mailbox.h"
#include "base/own.h"
#include "switch/bridge.h"
#include "switch/order.h"

#define BATCH 64 /* between them the control thread looks after others */

/* Control only, but for the mailbox. */
struct captures {
	struct vswitch *sw;
	struct mailbox *mailbox;
	struct event *arrival, *rest; /* NULL: without an event loop */
	struct captured packet;       /* the one that is being handed on */
};

static void handle_on(evutil_socket_t fd, short what, void *ctx)
{
	const struct timeval at_once = {0};
	struct captures *captures = ctx;

	if (captures_deliver(captures))
		event_add(captures->rest, &at_once);
}

static int events_new(struct captures *captures, struct event_base *base)
{
	captures->arrival = event_new(base, mailbox_fd(captures->mailbox), EV_READ | EV_PERSIST,
				      handle_on, captures);
	captures->rest = event_new(base, -1, 0, handle_on, captures);
	if (!captures->arrival || !captures->rest || event_add(captures->arrival, NULL))
		return -ENOMEM;
	return 0;
}

int captures_new(struct captures **out, struct vswitch *sw, struct event_base *base)
{
	own(captures_free) struct captures *captures = calloc(1, sizeof(*captures));
	int rc;

	if (!captures)
		return -ENOMEM;
	captures->sw = sw;
	rc = mailbox_new(&captures->mailbox, sizeof(struct captured), CAPTURE_SLOTS);
	if (!rc && base)
		rc = events_new(captures, base);
	if (rc)
		return rc;
	*out = take_ptr(captures);
	return 0;
}

void captures_free(struct captures **p)
{
	struct captures *captures = *p;

	if (!captures)
		return;
	if (captures->arrival)
		event_free(captures->arrival);
	if (captures->rest)
		event_free(captures->rest);
	mailbox_free(&captures->mailbox);
	mem_free(p);
}

struct mailbox *captures_mailbox(const struct captures *captures)
{
	return captures->mailbox;
}

/* Whoever it was for may have gone since. */
static void hand_on(struct vswitch *sw, const struct captured *packet)
{
	struct bridge *bridge, *next;

	HASH_ITER (hh, sw->bridges, bridge, next) {
		struct capture_taker *taker;

		if (bridge->number != packet->who.bridge)
			continue;
		taker = bridge_order_taker(bridge, packet->who.order);
		if (taker)
			taker->seen(taker, bridge, packet);
		return;
	}
}

bool captures_deliver(struct captures *captures)
{
	mailbox_wake_ack(captures->mailbox);
	for (unsigned i = 0; i < BATCH; i++) {
		if (!mailbox_receive(captures->mailbox, &captures->packet))
			return false;
		hand_on(captures->sw, &captures->packet);
	}
	return true;
}
