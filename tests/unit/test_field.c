#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "flow/field_text.h"
#include "flow/key.h"
#include "support/random.h"

static uint64_t seed;

static field_bits random_bits(void)
{
	field_bits high = random_u64(&seed);

	return high << 64 | random_u64(&seed);
}

/* A mask as it would be written: all, a prefix, some bits. */
static field_bits random_mask(const struct field *field)
{
	unsigned n = random_below(&seed, field->n_bits + 1u);

	if (!(field->flags & FIELD_MASKABLE) || !random_below(&seed, 3))
		return field_all(field);
	if (random_below(&seed, 2))
		return field_all(field) & ~field_ones(n);
	return field_all(field) & random_bits();
}

static void names_are_found_and_unique(void **state)
{
	for (unsigned i = 0; i < N_FIELDS; i++) {
		const struct field *f = field_of(i);

		assert_ptr_equal(field_lookup(slice_of(f->name)), f);
		if (f->alias)
			assert_ptr_equal(field_lookup(slice_of(f->alias)), f);
		if (f->nxm.name) {
			assert_ptr_equal(field_lookup(slice_of(f->nxm.name)), f);
			assert_ptr_equal(field_by_number(f->nxm.oxm_class, f->nxm.number), f);
		}
		if (f->oxm.name) {
			assert_ptr_equal(field_lookup(slice_of(f->oxm.name)), f);
			assert_ptr_equal(field_by_number(f->oxm.oxm_class, f->oxm.number), f);
		}
	}
	assert_null(field_lookup(slice_of("nonsense")));
	assert_null(field_lookup(slice_of("")));
	assert_null(field_by_number(OXM_CLASS_OPENFLOW, 100));
}

/* What is written is read, and no bit outside the field's place changes. */
static void writing_touches_only_its_place(void **state)
{
	for (unsigned i = 0; i < N_FIELDS * 50; i++) {
		const struct field *f = field_of(i % N_FIELDS);
		field_bits value = random_bits() & field_all(f);
		struct flow_key before, key, place = {0};

		if (f->order == FIELD_PORT)
			value &= 0x7fff;
		for (unsigned w = 0; w < FLOW_KEY_WORDS; w++)
			before.word[w] = random_u64(&seed);
		key = before;
		field_write(f, &key, value);
		field_write(f, &place, field_all(f));
		assert_true(field_read(f, &key) == value);
		for (unsigned w = 0; w < FLOW_KEY_WORDS; w++)
			assert_int_equal((key.word[w] ^ before.word[w]) & ~place.word[w], 0);
	}
}

static void values_lie_where_the_parser_puts_them(void **state)
{
	struct flow_key key = {0};

	field_write(field_of(FIELD_IP_DSCP), &key, 46);
	assert_int_equal(key.packet.ip_tos, 46 << 2);
	field_write(field_of(FIELD_ETH_DST), &key, 0x010203040506);
	assert_int_equal(key.packet.eth_dst.byte[0], 1);
	assert_int_equal(key.packet.eth_dst.byte[5], 6);
	field_write(field_of(FIELD_XXREG1), &key, ((field_bits)1 << 96) + 4);
	assert_int_equal(key.reg[4], 1);
	assert_int_equal(key.reg[7], 4);
	field_write(field_of(FIELD_MPLS_LABEL), &key, 0xfffff);
	field_write(field_of(FIELD_MPLS_BOS), &key, 1);
	assert_int_equal(from_be32(key.extra.mpls[0]), 0xfffff100);
	field_write(field_of(FIELD_PBB_UCA), &key, 1);
	assert_int_equal(from_be32(key.extra.pbb), PBB_UCA);
	field_write(field_of(FIELD_IN_PORT_OXM), &key, 0xfffffffe);
	assert_int_equal(key.packet.in_port, OFPORT_LOCAL);
	assert_true(field_read(field_of(FIELD_IN_PORT_OXM), &key) == 0xfffffffe);
}

static void expect(const char *name, const char *text, const char *printed)
{
	const struct field *field = field_lookup(slice_of(name));
	own(print_fini) struct print out = {0};
	field_bits value, mask;
	struct err err = ERR_INIT;

	assert_non_null(field);
	assert_int_equal(field_parse(field, slice_of(text), NULL, &value, &mask, &err), 0);
	field_print(&out, field, value, mask, NULL);
	assert_string_equal(print_text(&out), printed);
}

static void values_are_written_as_usual(void **state)
{
	expect("nw_src", "10.1.2.3/8", "10.0.0.0/8");
	expect("nw_src", "10.1.2.3/255.0.255.0", "10.0.2.0/255.0.255.0");
	expect("nw_src", "1.2.3.4/255.255.255.255", "1.2.3.4");
	expect("nw_src", "*", "*");
	expect("ipv6_dst", "FE80::1/10", "fe80::/10");
	expect("ipv6_dst", "::1.2.3.4/::ffff", "::304/::ffff");
	expect("dl_src", "1:2:3:4:5:A", "01:02:03:04:05:0a");
	expect("dl_dst", "01:00:00:00:00:00/1:0:0:0:0:0", "01:00:00:00:00:00/01:00:00:00:00:00");
	expect("tcp_flags", "+syn-ack", "+syn-ack");
	expect("tcp_flags", "ack|syn", "syn|ack");
	expect("tcp_flags", "0x2/0x12", "+syn-ack");
	expect("tcp_flags", "0", "0");
	expect("ip_frag", "not_later", "not_later");
	expect("ip_frag", "later", "later");
	expect("in_port", "local", "LOCAL");
	expect("in_port", "65534", "LOCAL");
	expect("in_port_oxm", "0xfffffffe", "LOCAL");
	expect("reg0", "010/0x0f", "0x8/0xf");
	expect("tp_src", "0x10/0xfff0", "0x10/0xfff0");
	expect("xxreg0", "0x123456789abcdef0123456789abcdef0",
	       "0x123456789abcdef0123456789abcdef0");
	expect("ipv6_exthdr", "+frag-auth", "-auth+frag");
	expect("tun_flags", "oam", "+oam");
}

static void refuse(const char *name, const char *text, const char *part)
{
	const struct field *field = field_lookup(slice_of(name));
	field_bits value = 7, mask = 8;
	struct err err = ERR_INIT;

	assert_non_null(field);
	assert_int_equal(field_parse(field, slice_of(text), NULL, &value, &mask, &err), -EINVAL);
	assert_true(value == 7 && mask == 8);
	if (!strstr(err.text, part))
		fail_msg("%s", err.text);
}

static void errors_name_the_word_and_what_is_allowed(void **state)
{
	refuse("ip_src", "1.2.3", "\"1.2.3\" is not an IPv4 address");
	refuse("ip_src", "1.2.3.4/33", "0 to 32");
	refuse("ip_src", "1.2.3.256", "1.2.3.256");
	refuse("eth_src", "1:2:3:4:5", "00:11:22");
	refuse("tcp_src", "65536", "0 to 65535");
	refuse("tcp_src", "", "\"\"");
	refuse("reg0", "0x", "0xffffffff");
	refuse("reg0", "5/", "\"\"");
	refuse("nw_proto", "6/7", "no mask");
	refuse("nw_tos", "3", "low two bits");
	refuse("tcp_flags", "+syn+syn", "+syn-ack");
	refuse("tcp_flags", "syn|", "+syn-ack");
	refuse("tcp_flags", "+foo", "+foo");
	refuse("ip_frag", "3", "not_later");
	refuse("in_port", "65300", "65279");
	refuse("in_port", "eth0", "no port of this bridge");
	refuse("ipv6_src", "1::2::3", "1::2::3");
	refuse("xxreg0", "0x1123456789abcdef0123456789abcdef0", "128 bits");
}

static int find_port(void *ctx, struct slice name, uint16_t *number)
{
	*number = 7;
	return slice_is(name, "eth0.5") ? 0 : -ENOENT;
}

static const char *name_port(void *ctx, uint16_t number)
{
	return number == 7 ? "eth0.5" : NULL;
}

static void ports_have_names(void **state)
{
	const struct flow_names names = {.port_number = find_port, .port_name = name_port};
	own(print_fini) struct print out = {0};
	uint16_t port = 0;

	assert_int_equal(port_parse(slice_of("\"eth0.5\""), &names, &port, NULL), 0);
	assert_int_equal(port, 7);
	assert_int_equal(port_parse(slice_of("eth0.5"), &names, &port, NULL), 0);
	assert_int_equal(port_parse(slice_of("\"local\""), &names, &port, NULL), -EINVAL);
	port_print(&out, 7, &names);
	port_print(&out, 8, &names);
	assert_string_equal(print_text(&out), "\"eth0.5\"8");
}

/* Print and parse are inverse, for every field. */
static void printed_values_read_back(void **state)
{
	for (unsigned i = 0; i < N_FIELDS * 200; i++) {
		const struct field *f = field_of(i % N_FIELDS);
		own(print_fini) struct print out = {0};
		field_bits mask = random_mask(f), value = random_bits() & mask, v, m;
		struct err err = ERR_INIT;

		if (f->format == FIELD_AS_FRAG || f->format == FIELD_AS_PORT)
			continue;
		field_print(&out, f, value, mask, NULL);
		if (field_parse(f, slice_of(print_text(&out)), NULL, &v, &m, &err))
			fail_msg("%s", err.text);
		if (v != value || m != mask)
			fail_msg("%s: %s", f->name, print_text(&out));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_and_unique),
		cmocka_unit_test(writing_touches_only_its_place),
		cmocka_unit_test(values_lie_where_the_parser_puts_them),
		cmocka_unit_test(values_are_written_as_usual),
		cmocka_unit_test(errors_name_the_word_and_what_is_allowed),
		cmocka_unit_test(ports_have_names),
		cmocka_unit_test(printed_values_read_back),
	};

	random_init(&seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
