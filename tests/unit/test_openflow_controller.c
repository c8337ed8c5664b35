#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/speech.h"
#include "path/packet_in.h"
#include "switch/bridge.h"
#include "switch/flows.h"
#include "switch/packet_in.h"

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

static unsigned n_flows(struct speech *speech)
{
	const struct flow_mod all = {
		.command = FLOW_DELETE,
		.table = FLOW_TABLE_ANY,
		.out_port = 0xffff,
		.out_group = FLOW_GROUP_ANY,
	};
	struct flow_aggregate sum;

	assert_int_equal(bridge_flows_aggregate(speech->rig.bridge, &all, &sum), 0);
	return sum.n_flows;
}

/* A FLOW_MOD of OpenFlow 1.3 and later that adds a flow of this priority, which drops. */
#define FLOW_MOD(version, xid, priority) \
	version " 0e 0038 " xid " 0000000000000000 0000000000000000 00 00 0000 0000 " priority \
		" ffffffff ffffffff ffffffff 0000 0000 0001 0004 00000000"

/* ---- roles ---- */

static void test_role_is_asked_for_and_told(void **state)
{
	speech_agree(*state, OF13);
	/* no change: equal, and no generation yet */
	speech_say(*state, "04 18 LLLL 00000001 00000000 00000000 0000000000000000");
	speech_expect(*state, "04 19 LLLL 00000001 00000001 00000000 ffffffffffffffff");
	speech_say(*state, "04 18 LLLL 00000002 00000002 00000000 0000000000000005");
	speech_expect(*state, "04 19 LLLL 00000002 00000002 00000000 0000000000000005");
	/* an older generation, around the circle, too */
	speech_say(*state, "04 18 LLLL 00000003 00000002 00000000 0000000000000004");
	speech_expect(*state, "04 01 LLLL 00000003 000b 0000"
			      "04 18 0018 00000003 00000002 00000000 0000000000000004");
	speech_say(*state, "04 18 LLLL 00000004 00000003 00000000 ffffffffffffffff");
	assert_int_equal(speech_hear(*state), 12 + 24);
	speech_say(*state, "04 18 LLLL 00000005 00000009 00000000 0000000000000006");
	speech_expect(*state, "04 01 LLLL 00000005 000b 0002"
			      "04 18 0018 00000005 00000009 00000000 0000000000000006");
}

static void test_slave_changes_nothing(void **state)
{
	speech_agree(*state, OF13);
	assert_int_equal(n_flows(*state), 1);
	speech_say(*state, "04 18 LLLL 00000001 00000003 00000000 0000000000000001");
	speech_hear(*state);
	speech_say(*state, FLOW_MOD("04", "00000002", "0009"));
	speech_expect(*state, "04 01 LLLL 00000002 0001 000a" FLOW_MOD("04", "00000002", "0009"));
	assert_int_equal(n_flows(*state), 1);
	/* but it may look */
	speech_say(*state, "04 07 LLLL 00000003");
	speech_expect(*state, "04 08 LLLL 00000003 0000 0080");
}

static void test_there_is_one_master(void **state)
{
	struct speech *speech = *state;
	int first = speech->fd, second;

	speech_agree(speech, OF14);
	speech_say(speech, "05 18 LLLL 00000001 00000002 00000000 0000000000000001");
	speech_hear(speech);
	second = speech->fd = speech_connect(speech, false);
	speech_agree(speech, OF13);
	speech_say(speech, "04 18 LLLL 00000001 00000002 00000000 0000000000000002");
	speech_expect(speech, "04 19 LLLL 00000001 00000002 00000000 0000000000000002");
	/* the first hears of it */
	speech->fd = first;
	speech_expect(speech, "05 1e LLLL 00000000 00000003 00 000000 0000000000000002");
	close(second);
}

static void test_roles_of_nicira(void **state)
{
	speech_agree(*state, OF10);
	speech_say(*state, "01 04 LLLL 00000001 00002320 0000000a 00000001");
	speech_expect(*state, "01 04 LLLL 00000001 00002320 0000000b 00000001");
	speech_say(*state, "01 04 LLLL 00000001 00002320 0000000a 00000003");
	speech_expect(*state, "01 01 LLLL 00000001 b0c2 0000 00002320 0001 0201"
			      "01 04 0014 00000001 00002320 0000000a 00000003");
}

/* ---- what is told ---- */

static void test_what_is_told_can_be_chosen(void **state)
{
	speech_agree(*state, OF13);
	speech_say(*state, "04 1a LLLL 00000001");
	speech_expect(*state,
		      "04 1b LLLL 00000001 00000003 00000000 00000007 00000007 0000000f 00000000");
	speech_say(*state,
		   "04 1c LLLL 00000002 00000001 00000002 00000003 00000004 00000005 00000006");
	speech_say(*state, "04 1a LLLL 00000003");
	speech_expect(*state,
		      "04 1b LLLL 00000003 00000001 00000002 00000003 00000004 00000005 00000006");
}

static void test_what_is_told_as_properties(void **state)
{
	speech_agree(*state, OF14);
	/* flows that were removed, to masters: deleted only */
	speech_say(*state, "05 1c LLLL 00000001 0005 0008 00000004");
	speech_say(*state, "05 1a LLLL 00000002");
	speech_expect(*state, "05 1b LLLL 00000002 0000 0008 00000000 0001 0008 0000003b"
			      "0002 0008 00000007 0003 0008 00000007 0004 0008 00000000"
			      "0005 0008 00000004 0006 0008 00000007 0007 0008 00000007"
			      "0008 0008 00000000 0009 0008 00000000 000a 0008 00000000"
			      "000b 0008 00000000");
	speech_say(*state, "05 1c LLLL 00000003 0005 0008 80000000");
	speech_expect(*state,
		      "05 01 LLLL 00000003 000f 0000 05 1c 0010 00000003 0005 0008 80000000");
	speech_say(*state, "05 1c LLLL 00000003 0055 0008 00000000");
	speech_expect(*state,
		      "05 01 LLLL 00000003 000e 0000 05 1c 0010 00000003 0055 0008 00000000");
}

static void test_removed_flow_is_told(void **state)
{
	struct speech *speech = *state;

	speech_agree(speech, OF13);
	/* SEND_FLOW_REM */
	speech_say(speech, "04 0e LLLL 00000001 0000000000000007 0000000000000000 03 00 0000 0000"
			   "0009 ffffffff ffffffff ffffffff 0001 0000 0001 0004 00000000");
	speech_expect(speech, "");
	speech_say(speech, "04 0e LLLL 00000002 0000000000000000 0000000000000000 03 03 0000 0000"
			   "0000 ffffffff ffffffff ffffffff 0000 0000 0001 0004 00000000");
	speech_expect(speech, "04 0b LLLL 00000000 0000000000000007 0009 02 03 00000000 00000000"
			      "0000 0000 0000000000000000 0000000000000000 0001 0004 00000000");
}

static void test_who_came_to_ask_is_told_nothing(void **state)
{
	struct speech *speech = *state;
	int first = speech->fd;

	speech_agree(speech, OF13);
	speech->fd = speech_connect(speech, true);
	speech_agree(speech, OF13);
	speech_say(speech, "04 0e LLLL 00000001 0000000000000007 0000000000000000 03 00 0000 0000"
			   "0009 ffffffff ffffffff ffffffff 0001 0000 0001 0004 00000000");
	speech_say(speech, "04 0e LLLL 00000002 0000000000000000 0000000000000000 03 03 0000 0000"
			   "0000 ffffffff ffffffff ffffffff 0000 0000 0001 0004 00000000");
	speech_expect(speech, "");
	close(speech->fd);
	speech->fd = first;
	assert_true(speech_hear(speech) > 0);
}

static void add_to_table_9(struct speech *speech, unsigned priority)
{
	char text[256];

	snprintf(
		text, sizeof(text),
		"05 0e LLLL 00000001 0000000000000000 0000000000000000 09 00 0000 0000 %04x ffffffff"
		"ffffffff ffffffff 0000 0000 0001 0004 00000000",
		priority);
	speech_say(speech, text);
}

static void test_a_table_that_fills_is_told(void **state)
{
	const struct flow_table_config config = {.is_limited = true, .max_flows = 4};
	struct speech *speech = *state;

	assert_int_equal(bridge_table_set(speech->rig.bridge, 9, &config, NULL), 0);
	speech_agree(speech, OF14);
	speech_say(speech, "05 1c LLLL 00000001 0009 0008 00000018");
	speech_say(speech, "05 11 LLLL 00000002 09 000000 00000008 0003 0008 1e 3c 00 00");
	add_to_table_9(speech, 1);
	add_to_table_9(speech, 2);
	speech_expect(speech, "");
	/* a quarter is left: less than 30 percent */
	add_to_table_9(speech, 3);
	speech_expect(speech, "05 1f LLLL 00000000 03 00000000000000"
			      "0010 09 00 00000008 0003 0008 1e 3c 19 00");
	add_to_table_9(speech, 4);
	speech_expect(speech, "");
	speech_say(speech, "05 0e LLLL 00000003 0000000000000000 0000000000000000 09 03 0000 0000"
			   "0000 ffffffff ffffffff ffffffff 0000 0000 0001 0004 00000000");
	speech_expect(speech, "05 1f LLLL 00000000 04 00000000000000"
			      "0010 09 00 00000008 0003 0008 1e 3c 64 00");
}

static void test_tables_that_cannot_be_so(void **state)
{
	static const struct {
		const char *say;
		uint16_t type, code;
	} cases[] = {
		{"05 11 LLLL 00000002 09 000000 00000008 0003 0008 3c 1e 00 00", 14,
		 2}, /* turned round */
		{"05 11 LLLL 00000002 09 000000 00000008 0003 0008 1e 65 00 00", 14, 2}, /* 101 % */
		{"05 11 LLLL 00000002 09 000000 00000008 0003 0010 1e 3c 0000 0000000000000000", 14,
		 1},
		{"05 11 LLLL 00000002 09 000000 00000008 0007 0008 00000000", 14, 0},
		{"05 11 LLLL 00000002 09 000000 00000008 ffff 0008 00000000", 14, 5},
		{"05 11 LLLL 00000002 09 000000 00000001", 8, 1}, /* TABLE_MOD_FAILED, BAD_CONFIG */
	};
	struct speech *speech = *state;

	speech_agree(speech, OF14);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		speech_say(speech, cases[i].say);
		assert_true(speech_hear(speech) >= 12);
		if (wire_get16(speech->heard + 8) != cases[i].type ||
		    wire_get16(speech->heard + 10) != cases[i].code)
			fail_msg("case %u: %u, %u", i, wire_get16(speech->heard + 8),
				 wire_get16(speech->heard + 10));
	}
}

static void test_changed_groups_are_forwarded(void **state)
{
	struct speech *speech = *state;
	int first = speech->fd, second;

	speech_agree(speech, OF14);
	/* masters are told of groups that others change */
	speech_say(speech, "05 1c LLLL 00000001 000b 0008 00000001");
	second = speech->fd = speech_connect(speech, false);
	speech_agree(speech, OF14);
	speech_say(speech,
		   "05 0f LLLL 00000007 0000 02 00 00000009"
		   "0020 0000 ffffffff ffffffff 00000000 0000 0010 00000001 ffff 000000000000");
	speech_expect(speech, "");
	speech->fd = first;
	speech_expect(speech,
		      "05 20 LLLL 00000000 05 0f 0030 00000007 0000 02 00 00000009"
		      "0020 0000 ffffffff ffffffff 00000000 0000 0010 00000001 ffff 000000000000");
	close(second);
}

/* ---- bundles ---- */

static void test_bundle_is_one_change(void **state)
{
	speech_agree(*state, OF14);
	speech_say(*state, "05 21 LLLL 00000001 00000005 0000 0003");
	speech_expect(*state, "05 21 LLLL 00000001 00000005 0001 0003");
	speech_say(*state,
		   "05 22 LLLL 00000002 00000005 0000 0003" FLOW_MOD("05", "00000002", "0009"));
	speech_say(*state,
		   "05 22 LLLL 00000003 00000005 0000 0003" FLOW_MOD("05", "00000003", "000a"));
	speech_expect(*state, "");
	assert_int_equal(n_flows(*state), 1);
	speech_say(*state, "05 21 LLLL 00000004 00000005 0002 0003");
	speech_expect(*state, "05 21 LLLL 00000004 00000005 0003 0003");
	speech_say(*state, "05 21 LLLL 00000005 00000005 0004 0003");
	speech_expect(*state, "05 21 LLLL 00000005 00000005 0005 0003");
	assert_int_equal(n_flows(*state), 3);
}

static void test_discarded_bundle_is_nothing(void **state)
{
	speech_agree(*state, OF14);
	speech_say(*state,
		   "05 22 LLLL 00000002 00000005 0000 0000" FLOW_MOD("05", "00000002", "0009"));
	speech_say(*state, "05 21 LLLL 00000003 00000005 0006 0000");
	speech_expect(*state, "05 21 LLLL 00000003 00000005 0007 0000");
	speech_say(*state, "05 21 LLLL 00000003 00000005 0004 0000");
	speech_expect(*state,
		      "05 01 LLLL 00000003 0011 0002 05 21 0010 00000003 00000005 0004 0000");
	assert_int_equal(n_flows(*state), 1);
}

static void test_bundles_that_are_wrong(void **state)
{
	static const struct {
		const char *say;
		const char *code; /* of BUNDLE_FAILED, or type and code */
	} cases[] = {
		{"05 21 LLLL 00000001 00000005 0000 0003", NULL},
		{"05 21 LLLL 00000001 00000005 0000 0003", "0011 0003"}, /* is there */
		{"05 21 LLLL 00000001 00000006 0000 0008", "0011 0007"}, /* flags */
		{"05 21 LLLL 00000001 00000005 0009 0003", "0011 0006"}, /* type */
		{"05 21 LLLL 00000001 00000005 0001 0003", "0011 0006"}, /* a reply */
		{"05 21 LLLL 00000001 00000005 0004 0001", "0011 0007"}, /* other flags */
		{"05 21 LLLL 00000001 00000007 0004 0003", "0011 0002"}, /* no such bundle */
		{"05 22 LLLL 00000001 00000005 0000 0001" FLOW_MOD("05", "00000001", "0009"),
		 "0011 0007"},
		{"05 22 LLLL 00000001 00000005 0000 0003" FLOW_MOD("05", "00000002", "0009"),
		 "0011 0009"},
		{"05 22 LLLL 00000001 00000005 0000 0003" FLOW_MOD("04", "00000001", "0009"),
		 "0001 0000"},
		{"05 22 LLLL 00000001 00000005 0000 0003 05 0e 0099 00000001", "0011 0008"},
		{"05 22 LLLL 00000001 00000005 0000 0003 05 05 0008 00000001", "0011 000a"},
		{"05 21 LLLL 00000001 00000005 0002 0003", NULL},
		{"05 21 LLLL 00000001 00000005 0002 0003", "0011 0004"}, /* closed */
		{"05 22 LLLL 00000001 00000005 0000 0003" FLOW_MOD("05", "00000001", "0009"),
		 "0011 0004"},
	};
	struct speech *speech = *state;

	speech_agree(speech, OF14);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t code[4];

		speech_say(speech, cases[i].say);
		assert_true(speech_hear(speech) >= 12);
		assert_int_equal(speech->heard[1], cases[i].code ? 1 : 0x21);
		if (!cases[i].code)
			continue;
		hex_bytes(cases[i].code, code, 5);
		if (memcmp(code, speech->heard + 8, 4))
			fail_msg("case %u: %u, %u instead of %s", i, wire_get16(speech->heard + 8),
				 wire_get16(speech->heard + 10), cases[i].code);
	}
}

/* The second overlaps the first. */
static void test_failing_bundle_names_its_message(void **state)
{
	speech_agree(*state, OF14);
	speech_say(*state,
		   "05 22 LLLL 00000002 00000005 0000 0003" FLOW_MOD("05", "00000002", "0009"));
	speech_say(*state,
		   "05 22 LLLL 00000003 00000005 0000 0003"
		   "05 0e 0040 00000003 0000000000000000 0000000000000000 00 00 0000 0000 0009"
		   "ffffffff ffffffff ffffffff 0002 0000 0001 000c 80000004 00000001 00000000");
	speech_say(*state, "05 21 LLLL 00000004 00000005 0004 0003");
	speech_expect(*state,
		      "05 01 004c 00000003 0005 0003"
		      "05 0e 0040 00000003 0000000000000000 0000000000000000 00 00 0000 0000 0009"
		      "ffffffff ffffffff ffffffff 0002 0000 0001 000c 80000004 00000001 00000000"
		      "05 01 001c 00000004 0011 000d 05 21 0010 00000004 00000005 0004 0003");
	assert_int_equal(n_flows(*state), 1);
}

/* ---- packets ---- */

static void test_packets_that_cannot_be_sent(void **state)
{
	static const struct {
		const char *say;
		uint16_t type, code;
	} cases[] = {
		/* a buffer */
		{"04 0d LLLL 00000001 00000007 fffffffd 0000 000000000000", 1, 8},
		/* no port */
		{"04 0d LLLL 00000001 ffffffff 0000ff10 0000 000000000000"
		 "ffffffffffff 020000000001 0800 0000",
		 1, 11},
		/* too short */
		{"04 0d LLLL 00000001 ffffffff fffffffd 0010 000000000000"
		 "0000 0010 00000001 ffff 000000000000 ffff",
		 1, 12},
		/* more actions than there is message */
		{"04 0d LLLL 00000001 ffffffff fffffffd 0010 000000000000", 1, 6},
		/* a port of TCP in what is none */
		{"04 0d LLLL 00000001 ffffffff fffffffd 0010 000000000000"
		 "0019 0010 80001a02 0050 000000000000 ffffffffffff 020000000001 0806 0000",
		 2, 10},
		/* a group that is not there */
		{"04 0d LLLL 00000001 ffffffff fffffffd 0008 000000000000"
		 "0016 0008 00000009 ffffffffffff 020000000001 0806 0000",
		 2, 9},
	};
	struct speech *speech = *state;

	rig_port(&speech->rig, &RIG_PORT("p1"));
	speech_agree(speech, OF13);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		speech_say(speech, cases[i].say);
		assert_true(speech_hear(speech) >= 12);
		if (wire_get16(speech->heard + 8) != cases[i].type ||
		    wire_get16(speech->heard + 10) != cases[i].code)
			fail_msg("case %u: %u, %u", i, wire_get16(speech->heard + 8),
				 wire_get16(speech->heard + 10));
	}
}

/* Packets of one port, as fast as it may send them, that a flow sends to controllers. */
static struct bridge_port *send_packets(struct speech *speech, unsigned n)
{
	struct bridge_port *port = rig_port(&speech->rig, &RIG_PORT("p1"));
	const uint8_t frame[1400] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 6};

	speech_say(speech,
		   "04 0e LLLL 00000001 0000000000000000 0000000000000000 00 00 0000 0000 0009"
		   "ffffffff ffffffff ffffffff 0000 0000 0001 0004 00000000"
		   "0004 0018 00000000 0000 0010 fffffffd ffff 000000000000");
	for (unsigned i = 0; i < n; i++) {
		clock_advance(&speech->rig.clock, CLOCK_NS_PER_SEC / PACKET_IN_RATE);
		rig_put(port, frame, sizeof(frame));
		rig_turn(&speech->rig);
		packet_ins_deliver(speech->rig.sw->packet_ins);
	}
	return port;
}

/* All that the socket has. */
static unsigned n_packets_heard(struct speech *speech)
{
	enum { PACKET_IN = 10 };
	const size_t heard = speech_hear(speech);
	unsigned n = 0;

	for (size_t at = 0; at + OF_HEADER_SIZE <= heard;) {
		size_t len = of_message_length(speech->heard + at);

		n += at + len <= heard && speech->heard[at + 1] == PACKET_IN;
		at += len;
	}
	return n;
}

static void test_packets_that_wait_for_who_goes_are_drops(void **state)
{
	enum { N = 600 };
	struct speech *speech = *state;
	struct bridge_port *port;
	unsigned n_heard;

	speech_agree(speech, OF13);
	port = send_packets(speech, N);
	assert_int_equal(rig_drops(port, DROP_NO_CONTROLLER), 0);
	openflow_sessions_end(&speech->peers, NULL);
	n_heard = n_packets_heard(speech);
	assert_in_range(n_heard, 1, N - 1);
	assert_int_equal(rig_drops(port, DROP_NO_CONTROLLER), N - n_heard);
}

static void test_packets_that_are_read_are_none(void **state)
{
	enum { N = 400 };
	struct speech *speech = *state;
	struct bridge_port *port;

	speech_agree(speech, OF13);
	port = send_packets(speech, N);
	assert_int_equal(n_packets_heard(speech), N);
	openflow_sessions_end(&speech->peers, NULL);
	assert_int_equal(rig_drops(port, DROP_NO_CONTROLLER), 0);
}

static void test_packets_that_nobody_wants_are_drops(void **state)
{
	struct speech *speech = *state;
	struct bridge_port *port;

	speech_agree(speech, OF13);
	/* of packets a slave is told nothing, nor is another if that is what it says */
	speech_say(speech,
		   "04 1c LLLL 00000002 00000000 00000000 00000007 00000007 00000007 00000007");
	port = send_packets(speech, 3);
	assert_int_equal(n_packets_heard(speech), 0);
	assert_int_equal(rig_drops(port, DROP_NO_CONTROLLER), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_role_is_asked_for_and_told),
		TEST(test_slave_changes_nothing),
		TEST(test_there_is_one_master),
		TEST(test_roles_of_nicira),
		TEST(test_what_is_told_can_be_chosen),
		TEST(test_what_is_told_as_properties),
		TEST(test_removed_flow_is_told),
		TEST(test_who_came_to_ask_is_told_nothing),
		TEST(test_a_table_that_fills_is_told),
		TEST(test_tables_that_cannot_be_so),
		TEST(test_changed_groups_are_forwarded),
		TEST(test_bundle_is_one_change),
		TEST(test_discarded_bundle_is_nothing),
		TEST(test_bundles_that_are_wrong),
		TEST(test_failing_bundle_names_its_message),
		TEST(test_packets_that_cannot_be_sent),
		TEST(test_packets_that_wait_for_who_goes_are_drops),
		TEST(test_packets_that_are_read_are_none),
		TEST(test_packets_that_nobody_wants_are_drops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
