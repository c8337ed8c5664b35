#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/hash.h"
#include "flow/action.h"

static void equal_lists_are_one(void **state)
{
	const struct flow_op a[2] = {flow_op_push_vlan(0x8100, 5), flow_op_output(7)};
	const struct flow_op b[2] = {flow_op_push_vlan(0x8100, 5), flow_op_output(7)};
	const struct flow_op c[2] = {flow_op_push_vlan(0x8100, 6), flow_op_output(7)};
	struct flow_actions *x = NULL, *y = NULL, *z = NULL, *prefix = NULL;
	struct action_table *table = NULL;

	assert_int_equal(action_table_new(&table), 0);
	assert_int_equal(actions_get(table, a, 2, &x), 0);
	assert_int_equal(actions_get(table, b, 2, &y), 0);
	assert_int_equal(actions_get(table, c, 2, &z), 0);
	assert_int_equal(actions_get(table, a, 1, &prefix), 0);
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

	assert_int_equal(action_table_new(&table), 0);
	assert_int_equal(actions_get(table, many, 0, &actions), -EINVAL);
	assert_int_equal(actions_get(table, many, FLOW_OPS_MAX + 1, &actions), -EINVAL);
	assert_int_equal(actions_get(table, many, FLOW_OPS_MAX, &actions), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_lists_are_one),
		cmocka_unit_test(wrong_sizes_are_refused),
		cmocka_unit_test(full_list_says_so),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
