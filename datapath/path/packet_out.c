/* packet_out: packets from above join those from the ports. They count as received nowhere.
 * Outcomes: those of act.c, DROP_NO_BUFFER. */
#include "path/packet_out.h"

#include <string.h>

#include "base/mailbox.h"
#include "packet/edit.h"
#include "packet/frame.h"
#include "path/drop.h"
#include "path/steps.h"
#include "path/worker.h"

bool packet_out_send(struct worker *worker, struct packet_out *message)
{
	const uint8_t *end = packet_out_data(message) + message->len;

	return mailbox_send_part(worker->packet_outs, message, (size_t)(end - (uint8_t *)message));
}

static void inject(struct worker *worker, struct packet_out *message)
{
	struct frame frame;
	struct edit edit = {.frame = &frame};

	if (frame_alloc_for(worker->pool, message->len, &frame)) {
		drop_count(worker, message->port, DROP_NO_BUFFER, 1);
		return;
	}
	memcpy(frame.data, packet_out_data(message), message->len);
	frame.len = message->len;
	frame.in_port = message->port;
	act(worker, &worker->burst, &edit, message->op, message->n_ops);
}

bool packet_out(struct worker *worker)
{
	unsigned n = 0;

	worker->burst.is_dry = false;
	for (; n < PACKET_OUT_SLOTS && mailbox_receive(worker->packet_outs, worker->packet_out);
	     n++)
		inject(worker, worker->packet_out);
	return n > 0;
}
