#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "flow/action.h"

static void equal_lists_are_one(void **state)
{
	const struct flow_op a[2] = {flow_op_push_vlan(0x8100, 5), flow_op_output(7)};
	const struct flow_op b[2] = {flow_op_push_vlan(0x8100, 5), flow_op_output(7)};
	const struct flow_op c[2] = {flow_op_push_vlan(0x8100, 6), flow_op_output(7)};
	struct flow_actions *x = NULL, *y = NULL, *z = NULL, *prefix = NULL;
	struct action_table *table = NULL;

	assert_int_equal(action_table_new(&table, NULL), 0);
	assert_int_equal(actions_get(table, a, 2, NULL, &x), 0);
	assert_int_equal(actions_get(table, b, 2, NULL, &y), 0);
	assert_int_equal(actions_get(table, c, 2, NULL, &z), 0);
	assert_int_equal(actions_get(table, a, 1, NULL, &prefix), 0);
	assert_ptr_equal(x, y);
	assert_ptr_not_equal(x, z);
	assert_ptr_not_equal(x, prefix);
	assert_int_equal(x->n_ops, 2);
	assert_memory_equal(x->op, a, sizeof(a));
	assert_int_equal(action_table_n_lists(table), 3);
	actions_put(table, &x);
	assert_null(x);
	assert_int_equal(action_table_n_lists(table), 3);
	actions_put(table, &y);
	assert_int_equal(action_table_n_lists(table), 2);
	actions_put(table, &z);
	actions_put(table, &prefix);
	assert_int_equal(action_table_n_lists(table), 0);
	action_table_free(&table);
	assert_null(table);
}

static void wrong_sizes_are_refused(void **state)
{
	static const struct flow_op many[FLOW_OPS_MAX + 1];
	struct flow_actions *actions = NULL;
	struct action_table *table = NULL;

	assert_int_equal(action_table_new(&table, NULL), 0);
	assert_int_equal(actions_get(table, many, 0, NULL, &actions), -EINVAL);
	assert_int_equal(actions_get(table, many, FLOW_OPS_MAX + 1, NULL, &actions), -EINVAL);
	assert_int_equal(actions_get(table, many, FLOW_OPS_MAX, NULL, &actions), 0);
	action_table_free(&table); /* with a reference left */
}

static void full_list_says_so(void **state)
{
	static struct flow_op_list list;

	for (unsigned i = 0; i < FLOW_OPS_MAX; i++)
		flow_op_add(&list, flow_op_output((uint16_t)i));
	assert_false(list.is_full);
	flow_op_add(&list, flow_op_output(1));
	assert_true(list.is_full);
	assert_int_equal(list.n_ops, FLOW_OPS_MAX);
	assert_int_equal(list.op[FLOW_OPS_MAX - 1].port, FLOW_OPS_MAX - 1);
}

static void set_lies_in_words_as_in_the_packet(void **state)
{
	static const uint8_t value[6] = {0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6};
	static const uint8_t mask[6] = {0xff, 0, 0xf0, 0, 0, 0xff};
	static const uint8_t words[16] = {0xa1, 0, 0xa0, 0, 0, 0xa6, 0, 0,
					  0xff, 0, 0xf0, 0, 0, 0xff, 0, 0};
	static struct flow_op_list list;

	memset(&list.op, 0xee, sizeof(list.op));
	flow_op_set(&list, SET_ETH_DST, value, mask);
	assert_int_equal(list.n_ops, 3);
	assert_int_equal(list.op[0].type, OP_SET);
	assert_int_equal(list.op[0].field, SET_ETH_DST);
	assert_int_equal(list.op[0].n_words, 2);
	assert_memory_equal(flow_op_value(list.op), words, 16);
	assert_memory_equal(flow_op_mask(list.op), words + 8, 8);
	flow_op_list_clear(&list);
	flow_op_set_all(&list, SET_IPV6_SRC, words);
	assert_int_equal(list.n_ops, 5);
	assert_memory_equal(flow_op_value(list.op), words, 16);
	assert_int_equal(flow_op_mask(list.op)[15], 0xff);
}

/* The version and traffic class beside the label are not the label's. */
static void bits_that_a_field_lacks_are_ignored(void **state)
{
	static const uint8_t ones[4] = {0xff, 0xff, 0xff, 0xff}, label[4] = {0, 0x0f, 0xff, 0xff};
	static struct flow_op_list list;

	flow_op_set_all(&list, SET_IPV6_LABEL, ones);
	assert_memory_equal(flow_op_value(list.op), label, 4);
	assert_memory_equal(flow_op_mask(list.op), label, 4);
	flow_op_list_clear(&list);
	flow_op_set_all(&list, SET_PBB_UCA, ones);
	assert_int_equal(flow_op_value(list.op)[0], 1);
	for (unsigned field = 0; field < N_PACKET_FIELDS; field++)
		assert_in_range(packet_field_size((enum packet_field)field), 1, 16);
}

static void an_op_is_whole_or_not_there(void **state)
{
	static const uint8_t zeros[PACKET_IN_USERDATA_MAX + 1];
	const struct packet_in_context context = {0};
	static struct flow_op_list list;

	for (unsigned i = 0; i < FLOW_OPS_MAX - 2; i++)
		flow_op_add(&list, flow_op_output(1));
	flow_op_set_all(&list, SET_IP_TTL, zeros);
	assert_true(list.is_full);
	assert_int_equal(list.n_ops, FLOW_OPS_MAX - 2);
	flow_op_add(&list, flow_op_output(1)); /* would fit, but not in its place */
	assert_int_equal(list.n_ops, FLOW_OPS_MAX - 2);

	flow_op_list_clear(&list);
	flow_op_controller(&list, &context, zeros, PACKET_IN_USERDATA_MAX);
	assert_false(list.is_full);
	flow_op_controller(&list, &context, zeros, PACKET_IN_USERDATA_MAX + 1);
	assert_true(list.is_full);
}

static void controller_carries_context_and_userdata(void **state)
{
	const struct packet_in_context context = {
		.cookie = 7, .reg[15] = 15, .in_port = 3, .meter = 2, .reason = 1};
	static struct flow_op_list list;

	memset(&list.op, 0xee, sizeof(list.op));
	flow_op_controller(&list, &context, "userdata!", 9);
	assert_int_equal(list.n_ops, 1 + sizeof(context) / 8 + 2);
	assert_int_equal(flow_op_context(list.op).cookie, 7);
	assert_int_equal(flow_op_context(list.op).reg[15], 15);
	assert_int_equal(flow_op_context(list.op).n_userdata, 9);
	assert_memory_equal(flow_op_userdata(list.op), "userdata!\0\0\0\0\0\0\0", 16);
}

static void clones_own_what_is_between(void **state)
{
	static struct flow_op_list list;
	const struct flow_op *op = list.op;
	const be32 entry = to_be32(0x12345678);
	uint32_t outer, inner, empty;

	outer = flow_op_clone_begin(&list);
	flow_op_push_mpls(&list, ETH_TYPE_MPLS, entry);
	inner = flow_op_clone_begin(&list);
	flow_op_add(&list, flow_op_output(1));
	flow_op_clone_end(&list, inner);
	flow_op_clone_end(&list, outer);
	empty = flow_op_clone_begin(&list);
	flow_op_clone_end(&list, empty);
	flow_op_add(&list, flow_op_output(2));
	assert_int_equal(list.n_ops, 6);
	assert_int_equal(op->type, OP_CLONE);
	assert_int_equal(op->n_words, 4);
	assert_memory_equal(flow_op_words(op + 1), &entry, sizeof(entry));
	assert_int_equal((op + 3)->n_words, 1);
	op = flow_op_next(op);
	assert_int_equal(op->port, 2);
	assert_ptr_equal(flow_op_next(op), list.op + list.n_ops);

	flow_op_list_clear(&list);
	for (unsigned i = 0; i < FLOW_CLONE_DEPTH_MAX; i++)
		flow_op_clone_begin(&list);
	assert_false(list.is_full);
	flow_op_clone_begin(&list);
	assert_true(list.is_full);
}

static void truncation_leaves_an_ethernet_header(void **state)
{
	static struct flow_op_list list;

	flow_op_truncate(&list, 3);
	flow_op_truncate(&list, 15);
	assert_int_equal(list.op[0].port, 14);
	assert_int_equal(list.op[1].port, 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_lists_are_one),
		cmocka_unit_test(wrong_sizes_are_refused),
		cmocka_unit_test(full_list_says_so),
		cmocka_unit_test(set_lies_in_words_as_in_the_packet),
		cmocka_unit_test(bits_that_a_field_lacks_are_ignored),
		cmocka_unit_test(an_op_is_whole_or_not_there),
		cmocka_unit_test(controller_carries_context_and_userdata),
		cmocka_unit_test(clones_own_what_is_between),
		cmocka_unit_test(truncation_leaves_an_ethernet_header),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
