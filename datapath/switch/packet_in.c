#include "switch/packet_in.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#include "base/mailbox.h"
#include "base/own.h"
#include "switch/bridge.h"

#define BATCH 64 /* between them the control thread looks after others */

/* Control only, but for the mailbox. */
struct packet_ins {
	struct vswitch *sw;
	struct mailbox *mailbox;
	struct event *arrival, *rest; /* NULL: without an event loop */
	struct packet_in packet;      /* the one that is being handed on */
};

static void handle_on(evutil_socket_t fd, short what, void *ctx)
{
	const struct timeval at_once = {0};
	struct packet_ins *packet_ins = ctx;

	if (packet_ins_deliver(packet_ins))
		event_add(packet_ins->rest, &at_once);
}

static int events_new(struct packet_ins *packet_ins, struct event_base *base)
{
	packet_ins->arrival = event_new(base, mailbox_fd(packet_ins->mailbox), EV_READ | EV_PERSIST,
					handle_on, packet_ins);
	packet_ins->rest = event_new(base, -1, 0, handle_on, packet_ins);
	if (!packet_ins->arrival || !packet_ins->rest || event_add(packet_ins->arrival, NULL))
		return -ENOMEM;
	return 0;
}

int packet_ins_new(struct packet_ins **out, struct vswitch *sw, struct event_base *base)
{
	own(packet_ins_free) struct packet_ins *packet_ins = calloc(1, sizeof(*packet_ins));
	int rc;

	if (!packet_ins)
		return -ENOMEM;
	packet_ins->sw = sw;
	rc = mailbox_new(&packet_ins->mailbox, sizeof(struct packet_in), PACKET_IN_SLOTS);
	if (!rc && base)
		rc = events_new(packet_ins, base);
	if (rc)
		return rc;
	*out = take_ptr(packet_ins);
	return 0;
}

void packet_ins_free(struct packet_ins **p)
{
	struct packet_ins *packet_ins = *p;

	if (!packet_ins)
		return;
	if (packet_ins->arrival)
		event_free(packet_ins->arrival);
	if (packet_ins->rest)
		event_free(packet_ins->rest);
	mailbox_free(&packet_ins->mailbox);
	mem_free(p);
}

struct mailbox *packet_ins_mailbox(const struct packet_ins *packet_ins)
{
	return packet_ins->mailbox;
}

void packet_in_lost(struct vswitch *sw, uint16_t port, enum drop_reason reason)
{
	port_drop_count(sw, port, reason);
}

static void hand_on(struct vswitch *sw, struct bridge *bridge, const struct packet_in *packet)
{
	struct packet_in_watcher *watcher = bridge ? bridge->packet_in_watchers : NULL, *next;
	enum drop_reason drop = DROP_NO_CONTROLLER;

	for (; watcher; watcher = next) {
		enum drop_reason reason;

		next = watcher->next;
		reason = watcher->seen(watcher, bridge, packet);
		if (reason == DROP_NONE || drop == DROP_NO_CONTROLLER)
			drop = reason;
	}
	if (drop != DROP_NONE)
		packet_in_lost(sw, packet->port, drop);
}

/* No more packets of that bridge (NULL: none) for now. */
static void rest(struct bridge *bridge)
{
	struct packet_in_watcher *watcher = bridge ? bridge->packet_in_watchers : NULL, *next;

	for (; watcher; watcher = next) {
		next = watcher->next;
		if (watcher->rest)
			watcher->rest(watcher);
	}
}

bool packet_ins_deliver(struct packet_ins *packet_ins)
{
	struct packet_in *packet = &packet_ins->packet;
	struct bridge *bridge = NULL;
	unsigned n = 0;

	mailbox_wake_ack(packet_ins->mailbox);
	for (; n < BATCH && mailbox_receive(packet_ins->mailbox, packet); n++) {
		if (!bridge || bridge->number != packet->context.bridge) {
			rest(bridge);
			bridge = bridge_by_number(packet_ins->sw, packet->context.bridge);
		}
		hand_on(packet_ins->sw, bridge, packet);
	}
	rest(bridge);
	return n == BATCH;
}

void bridge_packet_in_watch(struct bridge *bridge, struct packet_in_watcher *watcher)
{
	watcher->next = bridge->packet_in_watchers;
	bridge->packet_in_watchers = watcher;
}

void bridge_packet_in_unwatch(struct bridge *bridge, struct packet_in_watcher *watcher)
{
	struct packet_in_watcher **link = &bridge->packet_in_watchers;

	while (*link && *link != watcher)
		link = &(*link)->next;
	if (*link)
		*link = watcher->next;
}
