#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "flow/flow_netlink.h"
#include "flow/netlink_abi.h"
#include "flow/port_text.h"
#include "support/flow_words.h"
#include "support/random.h"

static uint64_t seed;
static uint8_t buffer[256 * 1024] __attribute__((aligned(8)));

static struct flow_mod read_text(const char *text, enum flow_command command)
{
	struct flow_mod flow;
	struct err err = ERR_INIT;

	if (flow_mod_parse(slice_of(text), command, NULL, &flow, &err))
		fail_msg("%s: %s", text, err.text);
	return flow;
}

static struct attr_writer write_flow(const struct flow_mod *flow)
{
	struct attr_writer w = {.at = buffer, .size = sizeof(buffer)};

	attr_put_string(&w, SHUNT_NL_BRIDGE, "br0");
	flow_netlink_write(&w, flow, NULL);
	assert_false(w.is_full);
	return w;
}

static void assert_same(const struct flow_mod *a, const struct flow_mod *b, const char *text)
{
	if (!match_is_equal(&a->match, &b->match) || !ofactions_are_equal(&a->actions, &b->actions))
		fail_msg("%s: match or actions are not what they were", text);
	assert_int_equal(a->command, b->command);
	assert_int_equal(a->table, b->table);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->has_cookie, b->has_cookie);
	if (a->command != FLOW_DELETE)
		assert_int_equal(a->priority, b->priority);
	assert_int_equal(a->idle_timeout, b->idle_timeout);
	assert_int_equal(a->hard_timeout, b->hard_timeout);
	assert_int_equal(a->importance, b->importance);
	assert_int_equal(a->out_port, b->out_port);
	assert_int_equal(a->out_group, b->out_group);
	assert_int_equal(a->cookie, b->cookie);
	assert_int_equal(a->cookie_value, b->cookie_value);
	assert_int_equal(a->cookie_mask, b->cookie_mask);
}

static void expect_same_flow(const struct flow_mod *flow, const char *text)
{
	own(flow_mod_fini) struct flow_mod again = {0};
	struct attr_writer w = write_flow(flow);
	struct flow_netlink_target target = {0};
	struct err err = ERR_INIT;
	struct attr_fault fault = {&err, NULL};

	if (flow_netlink_read((struct attr_bytes){w.at, w.len}, flow->command, &again, &target,
			      &fault))
		fail_msg("%s: %s", text, err.text);
	assert_same(flow, &again, text);
	assert_string_equal(target.bridge, "br0");
}

static void expect_same(const char *text, enum flow_command command)
{
	own(flow_mod_fini) struct flow_mod flow = read_text(text, command);

	expect_same_flow(&flow, text);
}

/* ---- settings ---- */

static void settings_of_every_command(void **state)
{
	expect_same("table=3,priority=7,cookie=0x123456789abcdef0,idle_timeout=5,hard_timeout=6,"
		    "importance=9,send_flow_rem,check_overlap,reset_counts,no_packet_counts,"
		    "no_byte_counts,actions=drop",
		    FLOW_ADD);
	expect_same("actions=drop", FLOW_ADD);
	expect_same("cookie=0,actions=drop", FLOW_ADD);
	expect_same("table=3,cookie=0x5/0xff,in_port=1,actions=2", FLOW_MODIFY);
	expect_same("priority=9,cookie=7,actions=2", FLOW_MODIFY_STRICT);
	expect_same("out_port=3,out_group=4,cookie=1/-1", FLOW_DELETE);
	expect_same("priority=0,out_port=local", FLOW_DELETE_STRICT);
	expect_same("", FLOW_DELETE);
}

/* ---- every line of the differential test with ovs-ofctl ---- */

static void every_line_of_the_text_test(void **state)
{
	FILE *file = fopen(FLOW_LINES, "r");
	char line[4096];
	unsigned n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		own(flow_mod_fini) struct flow_mod flow = {0};
		struct slice text = slice_trim(slice_of(line));

		if (flow_mod_parse(text, FLOW_ADD, NULL, &flow, NULL))
			continue;
		expect_same_flow(&flow, line);
		n++;
	}
	fclose(file);
	assert_true(n > 400);
}

/* ---- every field ---- */

static field_bits random_bits(void)
{
	return (field_bits)random_u64(&seed) << 64 | random_u64(&seed);
}

/* Sets the field to something that text could say. False: it does not go with the rest. */
static bool set_random(struct match *match, const struct field *field)
{
	field_bits mask = field_all(field), value = random_bits();

	if (field->flags & FIELD_MASKABLE && random_below(&seed, 2))
		mask &= random_bits();
	if (field_id(field) == FIELD_IN_PORT || field->order == FIELD_PORT)
		value = 1 + random_below(&seed, 0xfe00);
	return !match_set(match, field, value & mask, mask);
}

static void every_field_with_masks(void **state)
{
	for (unsigned i = 0; i < N_FIELDS; i++) {
		const struct field *field = field_of(i);
		unsigned n = 0;

		for (unsigned turn = 0; turn < 100; turn++) {
			char text[128];
			own(flow_mod_fini) struct flow_mod flow = {0};

			snprintf(text, sizeof(text), "%s%sactions=drop",
				 need_words[field->need][turn % 2], field->need ? "," : "");
			flow = read_text(text, FLOW_ADD);
			if (!set_random(&flow.match, field) || match_unmet(&flow.match))
				continue;
			expect_same_flow(&flow, field->name);
			n++;
		}
		assert_true(n > 0);
	}
}

/* ---- every action ---- */

static void every_action(void **state)
{
	bool seen[OFACTION_LEARN_OUTPUT + 1] = {0};

	for (unsigned i = 0; i < n_action_words; i++) {
		own(flow_mod_fini) struct flow_mod flow = {0};
		char text[1024];

		snprintf(text, sizeof(text), "actions=%s", action_words[i]);
		flow = read_text(text, FLOW_ADD);
		for (uint32_t k = 0; k < flow.actions.n; k++)
			seen[flow.actions.item[k].type] = true;
		expect_same_flow(&flow, text);
	}
	expect_same("conj_id=3,actions=conjunction(0x10,2/3),note:01", FLOW_ADD);
	seen[OFACTION_CONJUNCTION] = true;
	for (unsigned i = 0; i <= OFACTION_LEARN_OUTPUT; i++)
		if (!seen[i])
			fail_msg("no word for action type %u", i);
}

/* A set_field of every field that can be written, whole, masked and in part. */
static void every_field_in_actions(void **state)
{
	for (unsigned i = 0; i < N_FIELDS; i++) {
		const struct field *field = field_of(i);
		own(flow_mod_fini) struct flow_mod flow = {0};
		char text[128];

		if (!(field->flags & FIELD_WRITABLE) || (!field->nxm.name && !field->oxm.name))
			continue;
		snprintf(text, sizeof(text), "%s%s%sactions=load:0->%s[%u..%u]",
			 need_words[field->need][0], field->need ? "," : "",
			 field->offset == field_of(FIELD_VLAN_TCI)->offset ? "dl_vlan=3," : "",
			 field_number_name(field), field->n_bits > 3 ? 2 : 0,
			 field->n_bits > 3 ? 3 : field->n_bits - 1);
		flow = read_text(text, FLOW_ADD);
		expect_same_flow(&flow, text);
	}
}

/* ---- random flows ---- */

static void random_flows(void **state)
{
	for (unsigned turn = 0; turn < 20000; turn++) {
		own(flow_mod_fini) struct flow_mod flow = {0};
		char text[4096];
		size_t len;

		len = (size_t)snprintf(text, sizeof(text),
				       "table=%u,priority=%u,%s%sactions=", random_below(&seed, 5),
				       random_below(&seed, 65536),
				       need_words[1 + random_below(&seed, N_FIELD_NEEDS - 1)]
						 [random_below(&seed, 2)],
				       ",");
		for (unsigned k = random_below(&seed, 5); k < 5; k++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s,",
						action_words[random_below(&seed, n_action_words)]);
		snprintf(text + len, sizeof(text) - len, "dec_mpls_ttl");
		if (flow_mod_parse(slice_of(text), FLOW_ADD, NULL, &flow, NULL))
			continue; /* instructions out of order, most likely */
		for (unsigned k = random_below(&seed, 6); k; k--) {
			const struct field *field = field_of(random_below(&seed, N_FIELDS));
			struct match before = flow.match;

			/* (another one in the same place would be what text cannot say) */
			if (!field_need_is_met(field->need, &flow.match.key, &flow.match.mask))
				continue;
			set_random(&flow.match, field);
			if (match_unmet(&flow.match))
				flow.match = before;
		}
		expect_same_flow(&flow, text);
	}
}

/* ---- the documentation ---- */

/* The block that begins in this line, as bytes; their number. */
static size_t read_hex(FILE *file, uint8_t *out)
{
	char line[256];
	size_t n = 0;

	while (fgets(line, sizeof(line), file) && line[0] != '`')
		for (char *at = line, *end; (out[n] = (uint8_t)strtoul(at, &end, 16), end > at);
		     at = end)
			n++;
	return n;
}

/* docs/netlink.md shows flows as text and as bytes: both are the same flow. */
static void examples_of_the_documentation(void **state)
{
	static const char begin[] = "```hex ";
	FILE *file = fopen(DOCUMENTATION, "r");
	char line[256];
	unsigned n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		own(flow_mod_fini) struct flow_mod flow = {0};
		uint8_t bytes[1024];
		struct attr_writer w;
		size_t size;

		if (strncmp(line, begin, strlen(begin)))
			continue;
		line[strcspn(line, "\n")] = 0;
		size = read_hex(file, bytes);
		flow = read_text(line + strlen(begin), FLOW_ADD);
		w = write_flow(&flow);
		assert_int_equal(w.len, size);
		assert_memory_equal(w.at, bytes, size);
		n++;
	}
	assert_true(n >= 4);
	fclose(file);
}

/* It has every field that actions can name. */
static void fields_of_the_documentation(void **state)
{
	static char text[65536];
	FILE *file = fopen(DOCUMENTATION, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	for (unsigned i = 0; i < N_FIELDS; i++) {
		const struct field *field = field_of(i);
		const struct field_number *number = field->nxm.name ? &field->nxm : &field->oxm;
		char row[128];

		if (!number->name)
			continue;
		snprintf(row, sizeof(row), "| %s | 0x%04x%04x | %u | %u |", field->name,
			 number->oxm_class, number->number, field->n_bits, field->n_bytes);
		if (!strstr(text, row))
			fail_msg("not in docs/netlink.md: %s", row);
	}
}

/* ---- what is wrong ---- */

static void expect_wrong(struct attr_writer *w, enum flow_command command, size_t at,
			 const char *what)
{
	struct flow_mod flow = {0};
	struct flow_netlink_target target = {0};
	struct err err = ERR_INIT;
	struct attr_fault fault = {&err, NULL};

	assert_int_equal(flow_netlink_read((struct attr_bytes){w->at, w->len}, command, &flow,
					   &target, &fault),
			 -EINVAL);
	if (!strstr(err.text, what))
		fail_msg("\"%s\" is not in \"%s\"", what, err.text);
	assert_ptr_equal(fault.at, at == SIZE_MAX ? NULL : w->at + at);
}

static struct attr_writer writer(void)
{
	struct attr_writer w = {.at = buffer, .size = sizeof(buffer)};

	attr_put_string(&w, SHUNT_NL_BRIDGE, "br0");
	return w;
}

static void what_is_wrong_is_pointed_at(void **state)
{
	struct attr_writer w = writer();
	size_t at = w.len, inside;

	attr_put_u32(&w, 99, 0);
	expect_wrong(&w, FLOW_DELETE, at, "attribute 99 is unknown");

	w = writer();
	attr_put_u32(&w, SHUNT_FLOW_PRIORITY, 1);
	expect_wrong(&w, FLOW_ADD, at, "SHUNT_FLOW_PRIORITY: 4 bytes instead of 2");

	w = writer();
	attr_put_u16(&w, SHUNT_FLOW_PRIORITY, 1);
	expect_wrong(&w, FLOW_DELETE, at, "SHUNT_FLOW_PRIORITY does not stand in this command");

	w = writer();
	attr_put_u8(&w, SHUNT_FLOW_TABLE, 255);
	expect_wrong(&w, FLOW_DELETE, at, "table 255");

	w = writer();
	attr_put_u8(&w, SHUNT_FLOW_TABLE, 2);
	attr_put_u8(&w, SHUNT_FLOW_TABLE, 2);
	expect_wrong(&w, FLOW_DELETE, at + 8, "SHUNT_FLOW_TABLE: is there twice");

	w = writer();
	attr_open(&w, SHUNT_FLOW_KEY);
	inside = w.len;
	attr_put_u32(&w, OVS_KEY_ATTR_CT_STATE, 1);
	attr_close(&w, at);
	expect_wrong(&w, FLOW_DELETE, inside, "attribute 22 is unknown");

	w = writer();
	attr_open(&w, SHUNT_FLOW_KEY);
	inside = w.len;
	attr_put_u32(&w, OVS_KEY_ATTR_TCP, 1);
	attr_close(&w, at);
	expect_wrong(&w, FLOW_DELETE, inside, "tcp_src needs a match on tcp or tcp6");

	w = writer();
	attr_open(&w, SHUNT_FLOW_ACTIONS);
	inside = w.len;
	attr_put_u32(&w, OVS_ACTION_ATTR_OUTPUT, UINT32_MAX);
	attr_close(&w, at);
	expect_wrong(&w, FLOW_ADD, inside, "is no port");

	w = writer();
	expect_wrong(&w, FLOW_ADD, SIZE_MAX, "SHUNT_FLOW_ACTIONS is missing");
}

/* Every prefix of a message is refused or is a flow; nothing is read behind its end. */
static void truncated(void **state)
{
	own(flow_mod_fini) struct flow_mod flow = read_text(
		"tcp,nw_src=10.0.0.0/8,tp_dst=80,actions=learn(table=1,reg3=7),controller(userdata=01)",
		FLOW_ADD);
	struct attr_writer w = write_flow(&flow);

	for (size_t len = 0; len < w.len; len++) {
		own(mem_free) uint8_t *copy = malloc(len + 1);
		own(flow_mod_fini) struct flow_mod again = {0};
		struct flow_netlink_target target;
		struct err err = ERR_INIT;
		struct attr_fault fault = {&err, NULL};

		memcpy(copy, w.at, len);
		if (flow_netlink_read((struct attr_bytes){copy, len}, FLOW_ADD, &again, &target,
				      &fault))
			assert_true(err.code && err.text[0]);
	}
}

/* Actions over 64 KiB are spread over several attributes. */
static void long_actions(void **state)
{
	own(flow_mod_fini) struct flow_mod flow = read_text("actions=drop", FLOW_ADD);
	const struct ofaction set = {
		.type = OFACTION_MOVE,
		.move = {{FIELD_REG0, 0, 32}, {FIELD_REG1, 0, 32}},
	};

	while (!ofactions_add(&flow.actions, &set))
		;
	assert_int_equal(flow.actions.n, OFACTIONS_MAX);
	expect_same_flow(&flow, "4096 moves");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_of_every_command),
		cmocka_unit_test(every_line_of_the_text_test),
		cmocka_unit_test(every_field_with_masks),
		cmocka_unit_test(every_action),
		cmocka_unit_test(every_field_in_actions),
		cmocka_unit_test(random_flows),
		cmocka_unit_test(examples_of_the_documentation),
		cmocka_unit_test(fields_of_the_documentation),
		cmocka_unit_test(what_is_wrong_is_pointed_at),
		cmocka_unit_test(truncated),
		cmocka_unit_test(long_actions),
	};

	random_init(&seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
