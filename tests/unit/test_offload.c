/* What the kernel is not asked to do, and what people are told of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "flow/action.h"
#include "flow/mask.h"
#include "packet/header.h"
#include "switch/offload.h"

static struct flow_op_list list;
static const struct flow_mask mask = {.n_words = 1, .word = {0}, .bits = {0xffff}};

static int setup(void **state)
{
	flow_op_list_clear(&list);
	return 0;
}

static const char *refusal(uint8_t ip_proto)
{
	const struct packet_key key = {.ip_proto = ip_proto};

	return offload_refusal(&mask, &key, list.op, list.n_ops);
}

static void test_sets_that_it_can(void **state)
{
	const uint8_t value[16] = {1};

	for (unsigned field = 0; field < N_KERNEL_SETS; field++)
		flow_op_set_all(&list, field, value);
	flow_op_add(&list, flow_op_push_vlan(0x8100, 5));
	flow_op_add(&list, flow_op_output(1));
	assert_null(refusal(IP_PROTO_TCP));
}

/* For each there is a reason. */
static void test_sets_that_it_cannot(void **state)
{
	const uint8_t value[16] = {1};

	for (unsigned field = N_KERNEL_SETS; field < N_PACKET_FIELDS; field++) {
		flow_op_list_clear(&list);
		flow_op_add(&list, flow_op_output(1));
		flow_op_set_all(&list, field, value);
		assert_non_null(refusal(IP_PROTO_UDP));
	}
}

/* Nor is there an op that is neither done by the kernel nor refused. */
static void test_ops_that_it_cannot(void **state)
{
	for (unsigned type = 0; type < N_OP_TYPES; type++) {
		const struct flow_op op = {.type = (uint8_t)type};

		flow_op_list_clear(&list);
		flow_op_add(&list, op);
		if (type < OP_TRUNCATE)
			assert_null(refusal(IP_PROTO_UDP));
		else
			assert_non_null(refusal(IP_PROTO_UDP));
	}
}

static void test_ports_of_sctp(void **state)
{
	flow_op_set_all(&list, SET_L4_DST, "\0\7");
	assert_null(refusal(IP_PROTO_UDP));
	assert_string_equal(refusal(IP_PROTO_SCTP),
			    "it sets an SCTP port, which SCTP's checksum covers with all of the "
			    "packet");
}

static void test_too_many_outputs(void **state)
{
	for (unsigned i = 0; i < KERNEL_FLOW_OPS; i++)
		flow_op_add(&list, flow_op_output(1));
	assert_null(refusal(0));
	flow_op_add(&list, flow_op_output(1));
	assert_string_equal(refusal(0), "it has more actions than an entry has room for");
}

static void test_fields_that_its_parser_does_not_read(void **state)
{
	const struct flow_mask wide = {
		.n_words = 2, .word = {0, PACKET_KEY_WORDS}, .bits = {0xffff, 1}};
	const struct packet_key key = {0};

	flow_op_add(&list, flow_op_output(1));
	assert_string_equal(
		offload_refusal(&wide, &key, list.op, list.n_ops),
		"its bridge's flows look at fields that the kernel's parser does not read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_sets_that_it_can, setup),
		cmocka_unit_test_setup(test_sets_that_it_cannot, setup),
		cmocka_unit_test_setup(test_ops_that_it_cannot, setup),
		cmocka_unit_test_setup(test_ports_of_sctp, setup),
		cmocka_unit_test_setup(test_too_many_outputs, setup),
		cmocka_unit_test_setup(test_fields_that_its_parser_does_not_read, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
