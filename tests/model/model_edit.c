/* Random ops on random packets, beside a packet that is layers and is written from scratch: after every
 * op the bytes are the same, checksums and all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "flow/action.h"
#include "model/stupid_packet.h"
#include "packet/edit.h"
#include "packet/frame.h"
#include "packet/parse.h"
#include "support/random.h"

#define N_PACKETS 20000
#define N_STEPS   12

static struct frame_pool *pool;

static struct edit begin(struct frame *frame)
{
	struct packet_layout layout;
	struct packet_extra extra;
	struct packet_key key;

	packet_parse(frame, &key, &extra, &layout);
	return edit_begin(frame, &key, &layout);
}

static void compare(const struct stupid_packet *p, const struct frame *frame,
		    const struct flow_op *op)
{
	uint8_t expected[2048];
	const size_t len = stupid_write(p, expected);

	if (frame->len != len)
		fail_msg("op %u field %u: %u bytes instead of %zu", op->type, op->field, frame->len,
			 len);
	for (size_t i = 0; i < len; i++)
		if (frame->data[i] != expected[i])
			fail_msg(
				"op %u field %u: byte %zu is %02x instead of %02x (body %u, l4 %u, "
				"fragment %u)",
				op->type, op->field, i, frame->data[i], expected[i], p->body, p->l4,
				p->fragment);
}

static void edits_are_as_if_written_anew(void **state)
{
	static struct flow_op_list list;
	struct stupid_packet p;
	uint64_t random;

	random_init(&random);
	for (unsigned i = 0; i < N_PACKETS; i++) {
		struct frame frame;
		struct edit edit;

		stupid_random(&p, &random);
		assert_int_equal(frame_alloc(pool, &frame), 0);
		frame.len = (uint32_t)stupid_write(&p, frame.data);
		edit = begin(&frame);
		for (unsigned step = 0; step < N_STEPS; step++) {
			flow_op_list_clear(&list);
			if (!stupid_step(&p, &list, &random))
				continue;
			assert_int_equal(edit_op(&edit, list.op), 0);
			compare(&p, &frame, list.op);
		}
		frame_free(&frame);
	}
}

static int pool_up(void **state)
{
	return frame_pool_new(&pool, 1, 2048);
}

static int pool_down(void **state)
{
	frame_pool_free(&pool);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_are_as_if_written_anew),
	};

	return cmocka_run_group_tests(tests, pool_up, pool_down);
}
