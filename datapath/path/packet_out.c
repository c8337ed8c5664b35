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

bool packet_out_send(struct worker *worker, const struct packet_out *message)
{
	if (!mailbox_send_part(worker->packet_outs, message,
			       offsetof(struct packet_out, data) + message->len))
		return false;
	worker_wake(worker);
	return true;
}

static void inject(struct worker *worker, const struct packet_out *message)
{
	struct frame frame;
	struct edit edit = {.frame = &frame};

	if (frame_alloc_for(worker->pool, message->len, &frame)) {
		drop_count(worker, message->port, DROP_NO_BUFFER, 1);
		return;
	}
	memcpy(frame.data, message->data, message->len);
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
