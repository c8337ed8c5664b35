/* act: does ops to one packet, from first to last.
 * Outcomes: staged for sending, DROP_NO_BUFFER, DROP_MALFORMED (a header to take off is not there), those
 * of packet_in.c, DROP_METER, or the reason that the flow names. */
#include <errno.h>

#include "flow/action.h"
#include "packet/edit.h"
#include "packet/frame.h"
#include "path/burst.h"
#include "path/capture.h"
#include "path/drop.h"
#include "path/meter.h"
#include "path/output.h"
#include "path/packet_in.h"
#include "path/steps.h"
#include "path/worker.h"

/* A copy of the first `len` bytes, if need be in a buffer that flushing has given back. */
static int copy(struct worker *worker, struct burst *burst, struct frame *out,
		const struct frame *frame, uint32_t len)
{
	struct frame part = *frame;

	part.len = len;
	if (!frame_copy(out, &part, worker->pool))
		return 0;
	if (burst->is_dry)
		return -ENOBUFS;
	tx_flush(worker);
	if (!frame_copy(out, &part, worker->pool))
		return 0;
	burst->is_dry = true;
	return -ENOBUFS;
}

static uint32_t len_of(const struct frame *frame, uint32_t max_len)
{
	return frame->len < max_len ? frame->len : max_len;
}

static void output_copy(struct worker *worker, struct burst *burst, const struct flow_op *op,
			const struct frame *frame, uint32_t max_len)
{
	struct frame duplicate;

	if (copy(worker, burst, &duplicate, frame, len_of(frame, max_len)))
		drop_count(worker, op->port, DROP_NO_BUFFER, 1);
	else
		tx_stage(worker, op, &duplicate);
}

static void output_last(struct worker *worker, const struct flow_op *op, struct frame *frame,
			uint32_t max_len)
{
	frame->len = len_of(frame, max_len);
	tx_stage(worker, op, frame);
}

static void act_on_copy(struct worker *worker, struct burst *burst, const struct edit *edit,
			const struct flow_op *clone)
{
	struct edit other = *edit;
	struct frame duplicate;

	if (copy(worker, burst, &duplicate, edit->frame, edit->frame->len)) {
		drop_count(worker, edit->frame->in_port, DROP_NO_BUFFER, 1);
		return;
	}
	other.frame = &duplicate;
	act(worker, burst, &other, flow_op_words(clone), clone->n_words);
}

static enum drop_reason change(struct edit *edit, const struct flow_op *op)
{
	int rc = edit_op(edit, op);

	if (!rc)
		return DROP_NONE;
	return rc == -ENOBUFS ? DROP_NO_BUFFER : DROP_MALFORMED;
}

void act(struct worker *worker, struct burst *burst, struct edit *edit, const struct flow_op *op,
	 uint32_t n_ops)
{
	const struct flow_op *end = op + n_ops, *next;
	struct frame *frame = edit->frame;
	enum drop_reason why = DROP_NONE;
	uint32_t max_len = UINT32_MAX; /* of the next output */

	for (; op < end && why == DROP_NONE; op = next) {
		next = flow_op_next(op);
		switch (op->type) {
		case OP_DROP:
			drop_count(worker, frame->in_port, op->reason, 1);
			break;
		case OP_OUTPUT:
			if (next == end) {
				output_last(worker, op, frame, max_len);
				return;
			}
			output_copy(worker, burst, op, frame, max_len);
			max_len = UINT32_MAX;
			break;
		case OP_TRUNCATE:
			max_len = op->port;
			break;
		case OP_CONTROLLER:
			packet_in(worker, frame, op);
			break;
		case OP_CAPTURE:
			capture(worker, frame, op);
			break;
		case OP_CLONE:
			if (next == end) {
				act(worker, burst, edit, flow_op_words(op), op->n_words);
				return;
			}
			act_on_copy(worker, burst, edit, op);
			break;
		case OP_METER:
			why = meter_apply(worker, edit, op);
			break;
		case OP_TRANSLATE: /* the packet was at hand already */
			why = DROP_NO_OUTPUT;
			break;
		default:
			why = change(edit, op);
		}
	}
	if (why != DROP_NONE)
		drop_count(worker, frame->in_port, why, 1);
	frame_free(frame);
}
