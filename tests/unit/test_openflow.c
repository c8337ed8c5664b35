#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openflow/hello.h"
#include "support/speech.h"
#include "switch/flows.h"

static int setup(void **state)
{
	struct speech *speech = malloc(sizeof(*speech));

	speech_init(speech);
	*state = speech;
	return 0;
}

static int teardown(void **state)
{
	speech_fini(*state);
	free(*state);
	return 0;
}

/* ---- which version ---- */

static void test_hello_comes_first_and_names_versions(void **state)
{
	speech_expect(*state, "06 00 LLLL 00000000 0001 0008 0000007e");
}

static void test_version_is_the_best_of_both(void **state)
{
	static const struct {
		const char *hello;
		uint8_t version;
	} cases[] = {
		{"01 00 LLLL 00000000", OF10},
		{"04 00 LLLL 00000000", OF13},
		{"03 00 LLLL 00000000", OF12},                    /* up to 1.2 */
		{"09 00 LLLL 00000000", OF15},                    /* up to what is to come */
		{"06 00 LLLL 00000000 0001 0008 00000012", OF13}, /* 1.0 and 1.3 */
		{"04 00 LLLL 00000000 0001 0008 00000062", OF15}, /* more than the header says */
		{"04 00 LLLL 00000000 0009 0006 abcd 0000 0001 0008 00000020", OF14},
		{"01 00 LLLL 00000000 ffff", OF10}, /* whatever */
		{"04 00 LLLL 00000000 68656c6c 6f207468 657265", OF13},
		{"04 00 LLLL 00000000 0001 0008 00000020 0009 0001", OF14},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct speech *speech = *state;

		speech_hear(speech);
		speech_say(speech, cases[i].hello);
		speech_say_bytes(speech, (uint8_t[]){cases[i].version, 2, 0, 8, 0, 0, 0, 7}, 8);
		assert_int_equal(speech_hear(speech), 8);
		assert_int_equal(speech->heard[0], cases[i].version);
		assert_int_equal(speech->heard[1], OF_TYPE_ECHO_REPLY);
		teardown(state);
		setup(state);
	}
}

static void test_no_version_in_common_is_the_end(void **state)
{
	speech_hear(*state);
	speech_say(*state, "07 00 LLLL 00000005 0001 0008 00000181");
	assert_true(speech_hear(*state) > 12);
	/* HELLO_FAILED, INCOMPATIBLE */
	assert_memory_equal(((struct speech *)*state)->heard + 4, "\0\0\0\5\0\0\0\0", 8);
	speech_expect_end(*state);
}

static void test_who_begins_with_something_else_is_hung_up_on(void **state)
{
	speech_hear(*state);
	speech_say(*state, "04 05 LLLL 00000005");
	assert_true(speech_hear(*state) > 12);
	speech_expect_end(*state);
}

/* ---- errors ---- */

static void test_errors_have_their_type_and_code_and_the_head_of_the_message(void **state)
{
	static const struct {
		uint8_t version;
		const char *say, *hear;
	} cases[] = {
		/* no such type */
		{OF13, "04 63 LLLL 00000009 11223344",
		 "04 01 LLLL 00000009 0001 0001 04 63 000c 00000009 11223344"},
		/* what only a switch says */
		{OF13, "04 15 LLLL 00000009", "04 01 LLLL 00000009 0001 0001 04 15 0008 00000009"},
		/* another version */
		{OF13, "01 05 LLLL 00000009", "04 01 LLLL 00000009 0001 0000 01 05 0008 00000009"},
		/* a length that cannot be */
		{OF13, "04 05 LLLL 00000009 00",
		 "04 01 LLLL 00000009 0001 0006 04 05 0009 00000009 00"},
		{OF10, "01 09 LLLL 00000009 00",
		 "01 01 LLLL 00000009 0001 0006 01 09 0009 00000009 00"},
		/* no such multipart type */
		{OF13, "04 12 LLLL 00000009 00aa 0000 00000000",
		 "04 01 LLLL 00000009 0001 0002 04 12 0010 00000009 00aa 0000 00000000"},
		{OF10, "01 10 LLLL 00000009 00aa 0000",
		 "01 01 LLLL 00000009 0001 0002 01 10 000c 00000009 00aa 0000"},
		/* no such experimenter, and none of its messages */
		{OF13, "04 04 LLLL 00000009 00000001 00000001",
		 "04 01 LLLL 00000009 0001 0003 04 04 0010 00000009 00000001 00000001"},
		{OF13, "04 04 LLLL 00000009 00002320 00000fff",
		 "04 01 LLLL 00000009 0001 0004 04 04 0010 00000009 00002320 00000fff"},
		{OF13, "04 04 LLLL 00000009 0000",
		 "04 01 LLLL 00000009 0001 0006 04 04 000a 00000009 0000"},
		/* a request in several parts that has none */
		{OF13, "04 12 LLLL 00000009 0000 0001 00000000",
		 "04 01 LLLL 00000009 0001 000d 04 12 0010 00000009 0000 0001 00000000"},
		/* flags */
		{OF13, "04 09 LLLL 00000009 0002 0080",
		 "04 01 LLLL 00000009 000a 0000 04 09 000c 00000009 0002 0080"},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		speech_agree(*state, cases[i].version);
		speech_say(*state, cases[i].say);
		speech_expect(*state, cases[i].hear);
		teardown(state);
		setup(state);
	}
}

static void test_only_the_head_of_a_long_message_goes_with_an_error(void **state)
{
	uint8_t message[4000] = {OF13, 0x63, 0x0f, 0xa0};
	struct speech *speech = *state;

	speech_agree(speech, OF13);
	speech_say_bytes(speech, message, sizeof(message));
	assert_int_equal(speech_hear(speech), 12 + OF_ERROR_DATA_MAX);
	assert_memory_equal(speech->heard + 12, message, OF_ERROR_DATA_MAX);
}

static void test_errors_of_extensions(void **state)
{
	struct of_error_code code = of_error_code(OF_BMC_BAD_PREREQ, OF10);

	assert_int_equal(code.vendor, VENDOR_NICIRA);
	assert_int_equal(code.type, 1);
	assert_int_equal(code.code, 260);
	code = of_error_code(OF_BFC_BAD_ID, OF13);
	assert_int_equal(code.vendor, VENDOR_ONF);
	assert_int_equal(code.type, 2302);
	code = of_error_code(OF_BFC_BAD_ID, OF14);
	assert_int_equal(code.vendor, 0);
	assert_int_equal(code.type, 17);
	assert_int_equal(code.code, 2);
	for (unsigned error = OF_OK + 1; error < N_OF_ERRORS; error++)
		assert_non_null(of_error_name(error));
}

/* ---- framing ---- */

static void test_messages_arrive_however_they_are_cut(void **state)
{
	uint8_t bytes[64];
	size_t n = hex_bytes("04 02 000a 00000001 abcd 04 14 0008 00000002", bytes, sizeof(bytes));

	speech_agree(*state, OF13);
	for (size_t i = 0; i < n; i++)
		speech_say_bytes(*state, bytes + i, 1);
	speech_expect(*state, "04 03 000a 00000001 abcd 04 15 0008 00000002");
	speech_say_bytes(*state, bytes, n);
	speech_expect(*state, "04 03 000a 00000001 abcd 04 15 0008 00000002");
}

static void test_a_length_below_the_header_is_the_end(void **state)
{
	speech_agree(*state, OF13);
	speech_say(*state, "04 02 0007 00000001");
	speech_expect_end(*state);
}

static void test_many_messages_are_answered_in_order(void **state)
{
	struct speech *speech = *state;
	enum { N = 1000 };
	static uint8_t bytes[8 * N];

	for (unsigned i = 0; i < N; i++) {
		const uint8_t message[8] = {OF13, 20, 0, 8, 0, 0, (uint8_t)(i >> 8), (uint8_t)i};

		memcpy(bytes + 8 * i, message, 8);
	}
	speech_agree(speech, OF13);
	speech_say_bytes(speech, bytes, sizeof(bytes));
	assert_int_equal(speech_hear(speech), sizeof(bytes));
	for (unsigned i = 0; i < N; i++)
		assert_int_equal(wire_get32(speech->heard + 8 * i + 4), i);
}

/* ---- what a switch is ---- */

static void test_features_and_configuration(void **state)
{
	struct speech *speech = *state;

	rig_port(&speech->rig, &RIG_PORT("p1"));
	speech_agree(speech, OF13);
	speech_say(speech, "04 05 LLLL 00000001");
	speech_expect(speech, "04 06 LLLL 00000001 0000000000000000 00000000 ff 00 0000 0000004f "
			      "00000000");
	speech_say(speech, "04 09 LLLL 00000002 0001 0080");
	speech_say(speech, "04 07 LLLL 00000003");
	speech_expect(speech, "04 08 LLLL 00000003 0001 0080");
}

static void test_ports_come_in_as_many_messages_as_they_need(void **state)
{
	struct speech *speech = *state;
	enum { N = 1500 };
	unsigned n_messages = 0, n_ports = 0;
	size_t heard;

	speech_agree(speech,
		     OF13); /* before it is hung up on, for it takes a while on a busy machine */
	for (unsigned i = 0; i < N; i++) {
		struct bridge_port_config config = RIG_PORT("");

		snprintf(config.port.name, sizeof(config.port.name), "p%u", i);
		rig_port(&speech->rig, &config);
	}
	speech_say(speech, "04 12 LLLL 00000001 000d 0000 00000000");
	heard = speech_hear(speech);
	for (size_t at = 0; at < heard; n_messages++) {
		size_t len = of_message_length(speech->heard + at);
		bool is_last = at + len == heard;

		assert_int_equal(wire_get16(speech->heard + at + 10), is_last ? 0 : 1);
		n_ports += (unsigned)(len - 16) / 64;
		at += len;
	}
	assert_int_equal(n_messages, 2);
	assert_int_equal(n_ports, N);
}

/* 4,096 actions of 16 bytes are more than a message. */
static void test_flow_that_is_too_long_is_listed_without_actions(void **state)
{
	struct speech *speech = *state;
	const struct ofaction output = {.type = OFACTION_OUTPUT, .output.port = 1};
	struct flow_mod flow = {.priority = 9};
	size_t heard;

	for (unsigned i = 0; i < OFACTIONS_MAX; i++)
		assert_int_equal(ofactions_add(&flow.actions, &output), 0);
	assert_int_equal(bridge_flow_mods(speech->rig.bridge, &flow, 1, NULL, NULL), 0);
	flow_mod_fini(&flow);
	speech_agree(speech, OF13);
	speech_say(speech,
		   "04 12 LLLL 00000001 0001 0000 00000000 ff 000000 ffffffff ffffffff 00000000"
		   "0000000000000000 0000000000000000 0001 0004 00000000");
	heard = speech_hear(speech);
	/* it, and the flow that a bridge begins with: NORMAL */
	assert_int_equal(heard, 16 + 56 + 56 + 24);
	assert_int_equal(wire_get16(speech->heard + 16), 56);
	assert_int_equal(wire_get16(speech->heard + 16 + 12), 9);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hello_comes_first_and_names_versions),
		TEST(test_version_is_the_best_of_both),
		TEST(test_no_version_in_common_is_the_end),
		TEST(test_who_begins_with_something_else_is_hung_up_on),
		TEST(test_errors_have_their_type_and_code_and_the_head_of_the_message),
		TEST(test_only_the_head_of_a_long_message_goes_with_an_error),
		cmocka_unit_test(test_errors_of_extensions),
		TEST(test_messages_arrive_however_they_are_cut),
		TEST(test_a_length_below_the_header_is_the_end),
		TEST(test_many_messages_are_answered_in_order),
		TEST(test_features_and_configuration),
		TEST(test_flow_that_is_too_long_is_listed_without_actions),
		TEST(test_ports_come_in_as_many_messages_as_they_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
