/* offer: shows a packet of a flow that has proved to last to whoever fills the kernel's cache.
 *
 * A flow is offered with its second packet, fourth, eighth, and so on: one-packet flows stay here,
 * and an offer that was lost is made again. One that has reached the kernel sends no packets here.
 *
 * Packets that are too long for the way up are lost until the kernel knows their flow: theirs is offered at
 * once. */
#include <string.h>

#include "base/mailbox.h"
#include "flow/key.h"
#include "packet/frame.h"
#include "path/host.h"
#include "path/steps.h"
#include "path/worker.h"

void offer(struct worker *worker, const struct flow_key *key)
{
	const struct path_offer offer = {.key = key->packet};

	mailbox_send(worker->host->offers, &offer);
}

void offer_lost(struct worker *worker, const struct frame *frame)
{
	struct path_offer offer;

	if (frame->len >= UPCALL_KEY_AT + sizeof(offer.key) && worker->host->offers) {
		memcpy(&offer.key, frame->data + UPCALL_KEY_AT, sizeof(offer.key));
		offer.key.in_port = frame->in_port;
		mailbox_send(worker->host->offers, &offer);
	}
	frame_free(frame);
}
