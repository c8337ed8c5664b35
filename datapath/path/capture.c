#include "path/capture.h"

#include <string.h>

#include "base/mailbox.h"
#include "flow/action.h"
#include "packet/frame.h"
#include "path/host.h"
#include "path/worker.h"

static uint32_t shorter(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void capture(struct worker *worker, const struct frame *frame, const struct flow_op *op)
{
	struct captured *message = worker->captured;

	memcpy(&message->who, flow_op_words(op), sizeof(message->who));
	message->time = worker->now;
	message->port = frame->in_port;
	message->total_len = frame->len;
	message->len = shorter(frame->len, op->port ? op->port : CAPTURE_DATA_MAX);
	message->len = shorter(message->len, CAPTURE_DATA_MAX);
	memcpy(message->data, frame->data, message->len);
	mailbox_send_part(worker->host->captures, message,
			  offsetof(struct captured, data) + message->len);
}
