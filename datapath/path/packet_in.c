#include "path/packet_in.h"

#include <stddef.h>
#include <string.h>

#include "base/mailbox.h"
#include "packet/frame.h"
#include "path/bucket.h"
#include "path/drop.h"
#include "path/host.h"
#include "path/meter.h"
#include "path/worker.h"

static void fill(struct packet_in *message, const struct frame *frame, const struct flow_op *op,
		 const struct packet_in_context *context)
{
	message->context = *context;
	message->port = frame->in_port;
	message->total_len = frame->len;
	message->len = frame->len < PACKET_IN_DATA_MAX ? frame->len : PACKET_IN_DATA_MAX;
	memcpy(message->bytes, flow_op_userdata(op), context->n_userdata);
	memcpy(message->bytes + context->n_userdata, frame->data, message->len);
}

static bool send(struct worker *worker)
{
	const struct packet_in *message = worker->packet_in;
	const size_t size =
		offsetof(struct packet_in, bytes) + message->context.n_userdata + message->len;

	return mailbox_send_part(worker->host->packet_ins, message, size);
}

void packet_in(struct worker *worker, const struct frame *frame, const struct flow_op *op)
{
	const struct packet_in_context context = flow_op_context(op);
	struct bucket *bucket = &worker->packet_in_buckets[frame->in_port];
	const uint32_t rate = __atomic_load_n(&worker->host->packet_in_rate, __ATOMIC_RELAXED);
	const uint32_t burst = rate > PACKET_IN_RATE ? PACKET_IN_SLOTS / 2 : PACKET_IN_BURST;

	if (context.meter && !meter_lets_by(worker, (uint16_t)(context.meter - 1), frame->len)) {
		drop_count(worker, frame->in_port, DROP_METER, 1);
		return;
	}
	if (!bucket_take(bucket, worker->now, rate, burst)) {
		drop_count(worker, frame->in_port, DROP_PACKET_IN_LIMIT, 1);
		return;
	}
	fill(worker->packet_in, frame, op, &context);
	if (!send(worker))
		drop_count(worker, frame->in_port, DROP_PACKET_IN_FULL, 1);
}
