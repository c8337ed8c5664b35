#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"

static int parse(const char *text, struct json_object **out, struct err *err)
{
	return json_parse(text, strlen(text), 8, out, err);
}

static void test_parse_accepts_every_kind_of_value(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"\"\"",
		"0",
		"-1",
		"1.5",
		"true",
		"false",
		"null",
		"{\"a\":[1,-2,3.5e2,\"x\\u00e9\\ud83d\\ude00\\n\",true,null,{\"b\":{}}]}",
		"9223372036854775807",
		"-9223372036854775808",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		own(json_free) struct json_object *value = NULL;
		own(json_free) struct json_object *again = NULL;
		struct err err = ERR_INIT;
		const char *printed;

		assert_int_equal(parse(texts[i], &value, &err), 0);
		printed = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
		assert_int_equal(parse(printed, &again, &err), 0);
		assert_true(json_object_equal(value, again));
	}
}

static void test_parse_keeps_numbers_exact(void **state)
{
	own(json_free) struct json_object *value = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(parse(" [ 9223372036854775807 , -9223372036854775808, 7 ] ", &value, &err),
			 0);
	assert_true(json_object_get_int64(json_object_array_get_idx(value, 0)) == INT64_MAX);
	assert_true(json_object_get_int64(json_object_array_get_idx(value, 1)) == INT64_MIN);
	assert_true(json_object_is_type(json_object_array_get_idx(value, 2), json_type_int));
}

static void test_parse_reads_integers_however_they_are_written(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} rows[] = {
		{"1.0", 1},
		{"-0", 0},
		{"-0.0", 0},
		{"0e999", 0},
		{"0.000e-9", 0},
		{"1E2", 100},
		{"1.5e1", 15},
		{"-1.20e+1", -12},
		{"100e-2", 1},
		{"0.001e3", 1},
		{"9223372036854775807.0", INT64_MAX},
		{"-9223372036854775808.000", INT64_MIN},
		{"922337203685477580700e-2", INT64_MAX},
		{"9.007199254740993e15", 9007199254740993},
		{"0.1e19", 1000000000000000000},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		own(json_free) struct json_object *value = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(parse(rows[i].text, &value, &err), 0);
		assert_int_equal(json_object_get_type(value), json_type_int);
		assert_true(json_object_get_int64(value) == rows[i].value);
	}
}

static void test_parse_reads_others_as_reals(void **state)
{
	static const char *const texts[] = {
		"0.5",
		"1e-1",
		"10.5e0",
		"1e19",
		"9223372036854775808",
		"-9223372036854775809",
		"9223372036854775808.0",
		"1e308",
		"1e-400",
		"10e-99999999999999999999",
		"1.05e1",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		own(json_free) struct json_object *value = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(parse(texts[i], &value, &err), 0);
		assert_int_equal(json_object_get_type(value), json_type_double);
		assert_true(json_object_get_double(value) == strtod(texts[i], NULL));
	}
}

static void test_parse_reads_large_integers_as_reals(void **state)
{
	own(json_free) struct json_object *value = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(parse("[9223372036854775808, -9223372036854775809]", &value, &err), 0);
	assert_true(json_object_get_double(json_object_array_get_idx(value, 0)) == 0x1p63);
	assert_true(json_object_get_double(json_object_array_get_idx(value, 1)) == -0x1p63);
}

static void test_parse_refuses_what_is_wrong(void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} rows[] = {
		{"", "JSON, line 1, column 1: ends in the middle"},
		{"{\"a\":1,\n \"a\":2}", "JSON, line 2, column 2: duplicate key"},
		{"{\"a\":1,\"\\u0061\":2}", "JSON, line 1, column 8: duplicate key"},
		{"{} x", "JSON, line 1, column 4: something follows the value"},
		{"{}{}", "JSON, line 1, column 3: something follows the value"},
		{"[1,]", "JSON, line 1, column 4: not a JSON value"},
		{"[1 2]", "JSON, line 1, column 4: expected a comma or ]"},
		{"{\"a\" 1}", "JSON, line 1, column 6: expected a colon after the key"},
		{"{a:1}", "JSON, line 1, column 2: expected a key in double quotes"},
		{"{'a':1}", "JSON, line 1, column 2: expected a key in double quotes"},
		{"{\"a\":1", "JSON, line 1, column 7: expected a comma or }"},
		{"\"abc", "JSON, line 1, column 1: string without an end"},
		{"\"abc\\", "JSON, line 1, column 1: string without an end"},
		{"\"a\tb\"",
		 "JSON, line 1, column 3: control character in a string: write it as \\u00XX"},
		{"\"a\\u0000\"", "JSON, line 1, column 3: NUL character in a string"},
		{"\"\\ud800\"", "JSON, line 1, column 2: half of a surrogate pair in a string"},
		{"\"\\\\ud800\\udc00\"",
		 "JSON, line 1, column 9: half of a surrogate pair in a string"},
		{"\"\\ud800x\"", "JSON, line 1, column 2: half of a surrogate pair in a string"},
		{"\"a\\udc00\\ud800\"",
		 "JSON, line 1, column 3: half of a surrogate pair in a string"},
		{"1e999", "JSON, line 1, column 1: number out of range"},
		{"01", "JSON, line 1, column 1: not a number"},
		{"-", "JSON, line 1, column 1: not a number"},
		{"1.", "JSON, line 1, column 1: not a number"},
		{"1e", "JSON, line 1, column 1: not a number"},
		{"NaN", "JSON, line 1, column 1: not a JSON value"},
		{"-Infinity", "JSON, line 1, column 1: not a number"},
		{"True", "JSON, line 1, column 1: not a JSON value"},
		{"[1]/* */", "JSON, line 1, column 4: something follows the value"},
		{"[[[[[[[[[1]]]]]]]]]", "JSON, line 1, column 9: nested too deep"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct json_object *value = NULL;
		struct err err = ERR_INIT;

		assert_true(parse(rows[i].text, &value, &err) < 0);
		assert_string_equal(err.text, rows[i].error);
		assert_null(value);
	}
}

static void test_parse_refuses_what_cannot_be_represented(void **state)
{
	static const char *const texts[] = {
		"\"\xff\"",
		"\"\xc3\"",
		"\"\xc0\x80\"",
		"\"\xed\xa0\x80\"",
		"\"\xf4\x90\x80\x80\"",
		"\"\\x\"",
		"\"\\u12g4\"",
		"-1e999",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct json_object *value = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(parse(texts[i], &value, &err), -EINVAL);
		assert_non_null(strstr(err.text, "JSON, line 1, column 1: "));
	}
}

static void test_parse_bounds_the_memory(void **state)
{
	size_t n = JSON_MEMORY_MAX / 1024 + 2, len = 2 * n + 1;
	own(mem_free) char *text = malloc(len);
	struct json_object *value = NULL;
	struct err err = ERR_INIT;

	/* given [{},{},...]: two bytes of text for a kilobyte of memory each */
	assert_non_null(text);
	for (size_t i = 0; i + 2 < len; i += 3)
		memcpy(text + 1 + i, i ? ",{}" : " {}", i + 4 > len ? len - 1 - i : 3);
	text[0] = '[';
	assert_true(json_parse(text, len, 8, &value, &err) < 0);
	assert_null(value);
}

static void test_parse_takes_a_large_transaction(void **state)
{
	own(json_free) struct json_object *value = NULL;
	own(mem_free) char *text = NULL;
	struct err err = ERR_INIT;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	fputs("[\"T\"", file);
	for (unsigned i = 0; i < 100000; i++)
		fprintf(file,
			",{\"op\":\"insert\",\"table\":\"t\",\"uuid-name\":\"row%u\",\"row\":"
			"{\"number\":%u,\"name\":\"row %u\"}}",
			i, i, i);
	fputs("]", file);
	fclose(file);

	assert_int_equal(json_parse(text, size, 8, &value, &err), 0);
	assert_int_equal(json_object_array_length(value), 100001);
}

static void test_split_finds_messages_however_they_are_cut(void **state)
{
	static const char stream[] = " {\"a\":\"}\\\"{\"}{\"b\":[{},[]]}\n{}";
	static const size_t ends[] = {13, 26, 29};

	for (size_t chunk = 1; chunk <= sizeof(stream); chunk++) {
		struct json_splitter s;
		struct err err = ERR_INIT;
		size_t at = 0, n_found = 0;

		json_splitter_init(&s, 100, 8);
		while (at < sizeof(stream) - 1) {
			size_t rest = sizeof(stream) - 1 - at, n_used = 0;
			int rc = json_split(&s, stream + at, rest < chunk ? rest : chunk, &n_used,
					    &err);

			assert_true(rc >= 0);
			at += n_used;
			if (rc)
				assert_int_equal(at, ends[n_found++]);
		}
		assert_int_equal(n_found, 3);
	}
}

static void test_split_refuses_before_anything_is_stored(void **state)
{
	static const struct {
		const char *text;
		int rc;
		const char *error;
	} rows[] = {
		{"{\"a\":\"0123456789\"}", -E2BIG, "message longer than 16 bytes"},
		{"{[[[[", -E2BIG, "message nested deeper than 4 levels"},
		{"[1]", -EINVAL, "a message must be a JSON object: begin with {"},
		{"  x", -EINVAL, "a message must be a JSON object: begin with {"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct json_splitter s;
		struct err err = ERR_INIT;
		size_t n_used = 0;

		json_splitter_init(&s, 16, 4);
		assert_int_equal(json_split(&s, rows[i].text, strlen(rows[i].text), &n_used, &err),
				 rows[i].rc);
		assert_string_equal(err.text, rows[i].error);
	}
}

static void test_what_is_no_array_is_an_empty_one(void **state)
{
	own(json_free) struct json_object *array = json_tokener_parse("[7,null]");
	own(json_free) struct json_object *object = json_tokener_parse("{\"a\":2,\"b\":3}");

	assert_int_equal(json_array_size(array), 2);
	assert_int_equal(json_object_get_int(json_array_at(array, 0)), 7);
	assert_null(json_array_at(array, 1));
	assert_null(json_array_at(array, 2));
	assert_int_equal(json_array_size(object), 0);
	assert_null(json_array_at(object, 0));
	assert_int_equal(json_array_size(NULL), 0);
	assert_null(json_array_at(NULL, 0));
	assert_int_equal(json_sum(object), 5);
	assert_int_equal(json_sum(array), 0);
	assert_int_equal(json_sum(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_no_array_is_an_empty_one),
		cmocka_unit_test(test_parse_accepts_every_kind_of_value),
		cmocka_unit_test(test_parse_keeps_numbers_exact),
		cmocka_unit_test(test_parse_reads_integers_however_they_are_written),
		cmocka_unit_test(test_parse_reads_others_as_reals),
		cmocka_unit_test(test_parse_reads_large_integers_as_reals),
		cmocka_unit_test(test_parse_refuses_what_is_wrong),
		cmocka_unit_test(test_parse_refuses_what_cannot_be_represented),
		cmocka_unit_test(test_parse_bounds_the_memory),
		cmocka_unit_test(test_parse_takes_a_large_transaction),
		cmocka_unit_test(test_split_finds_messages_however_they_are_cut),
		cmocka_unit_test(test_split_refuses_before_anything_is_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
