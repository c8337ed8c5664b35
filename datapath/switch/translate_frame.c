/* When a header was taken off behind which the key does not see: the packet itself is looked at again,
 * as the ops so far would have changed it. */
#include <string.h>

#include "packet/edit.h"
#include "packet/frame.h"
#include "switch/translate_state.h"
#include "switch/translate_trace.h"

/* Of a copy of the packet; a pool of one chunk lets it be edited like any other. */
#define COPY_SIZE     (2 * FRAME_JUMBO_SIZE)
#define COPY_HEADROOM (2 * FRAME_HEADROOM)

static _Thread_local uint8_t copy[COPY_SIZE];

static void give_up(struct translate_state *state)
{
	state->needs_packet = true;
	translate_fail(state, DROP_NONE);
}

/* Does all changes in the list, as far as they were not made to copies: an OP_CLONE that is not ended
 * yet has no words, so what is in it so far counts. */
static int replay(struct frame *frame, const struct flow_op_list *ops)
{
	const struct flow_op *end = ops->op + ops->n_ops;
	struct edit edit = {.frame = frame};

	for (const struct flow_op *op = ops->op; op < end; op = flow_op_next(op)) {
		int rc = edit_op(&edit, op);

		if (rc)
			return rc;
	}
	return 0;
}

/* False: there is no packet, or it cannot be changed like that; then the translation is over. */
static bool frame_now(struct translate_state *state, struct frame *frame, struct frame_pool *pool)
{
	const struct frame *received = state->out->frame;

	if (!received) {
		give_up(state);
		return false;
	}
	*pool = (struct frame_pool){.base = copy, .chunk_size = COPY_SIZE};
	*frame = *received;
	frame->pool = pool;
	frame->data = copy + COPY_HEADROOM;
	if (received->len > COPY_SIZE - COPY_HEADROOM) {
		translate_fail(state, DROP_TOO_BIG);
		return false;
	}
	memcpy(frame->data, received->data, received->len);
	if (!replay(frame, &state->out->ops))
		return true;
	translate_fail(state, DROP_MALFORMED);
	return false;
}

bool translate_look(struct translate_state *state, enum bare limit)
{
	struct flow_key *key = &state->work.key;
	const uint16_t in_port = key->packet.in_port;
	struct packet_layout layout;
	struct frame_pool pool;
	struct frame frame;

	if (state->work.bare <= limit)
		return true;
	translate_commit(state);
	if (!frame_now(state, &frame, &pool))
		return false;
	packet_parse(&frame, &key->packet, &key->extra, &layout);
	key->packet.in_port = in_port;
	state->work.bare = BARE_NOTHING;
	state->work.n_hidden = 0;
	trace_note(state->trace, state->level, "parsed again");
	return true;
}

/* Of the first byte behind the stack: 4 or 6, and the TTL from there. */
static int ttl_behind(const uint8_t *at, const uint8_t *end)
{
	if (end - at >= (int)sizeof(struct ipv4_header) && at[0] >> 4 == 4)
		return at[offsetof(struct ipv4_header, ttl)];
	if (end - at >= (int)sizeof(struct ipv6_header) && at[0] >> 4 == 6)
		return at[offsetof(struct ipv6_header, hop_limit)];
	return -1;
}

int translate_look_ttl(struct translate_state *state)
{
	struct packet_extra extra;
	struct packet_layout layout;
	struct packet_key key;
	struct frame_pool pool;
	struct frame frame;

	if (state->work.ttl_behind >= 0)
		return state->work.ttl_behind;
	translate_commit(state);
	if (!frame_now(state, &frame, &pool))
		return -1;
	packet_parse(&frame, &key, &extra, &layout);
	if (!layout.l3)
		return -1;
	return ttl_behind(frame.data + layout.l3 + sizeof(be32), frame.data + frame.len);
}
