#include "ofctl/value.h"

#include <errno.h>
#include <limits.h>
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
#include "db/error.h"
#include "ofctl/ids.h"

/* Parses `text` as a column of the type that the JSON text says. */
static int parse(const char *type_json, const char *text, struct datum **datum,
		 struct column_type *type, struct err *err)
{
	own(json_free) struct json_object *json = NULL;
	struct db_error why = {};

	assert_int_equal(json_parse(type_json, strlen(type_json), JSON_DEPTH_MAX, &json, NULL), 0);
	assert_int_equal(type_parse(type, json, &why), 0);
	return value_parse(type, text, NULL, datum, err);
}

static void reads_as(const char *type_json, const char *text, const char *json)
{
	own(datum_drop) struct datum *datum = NULL;
	own(mem_free) char *printed = NULL;
	struct column_type type;
	struct err err = ERR_INIT;

	if (parse(type_json, text, &datum, &type, &err))
		fail_msg("%s: %s", text, err.text);
	printed = value_print(&type, datum, VALUE_JSON);
	assert_string_equal(printed, json);
	type_fini(&type);
}

/* Reads and prints again. */
static void prints_as(const char *type_json, const char *text, const char *string, const char *bare)
{
	own(datum_drop) struct datum *datum = NULL;
	own(mem_free) char *as_string = NULL;
	own(mem_free) char *as_bare = NULL;
	struct column_type type;
	struct err err = ERR_INIT;

	if (parse(type_json, text, &datum, &type, &err))
		fail_msg("%s: %s", text, err.text);
	as_string = value_print(&type, datum, VALUE_STRING);
	as_bare = value_print(&type, datum, VALUE_BARE);
	assert_string_equal(as_string, string);
	assert_string_equal(as_bare, bare);
	type_fini(&type);
}

static void refused(const char *type_json, const char *text, const char *message)
{
	struct datum *datum = NULL;
	struct column_type type;
	struct err err = ERR_INIT;

	assert_int_equal(parse(type_json, text, &datum, &type, &err), -EINVAL);
	assert_null(datum);
	assert_string_equal(err.text, message);
	type_fini(&type);
}

#define STRING      "\"string\""
#define INTEGER     "\"integer\""
#define REAL        "\"real\""
#define BOOLEAN     "\"boolean\""
#define UUID        "\"uuid\""
#define SET_OF(key) "{\"key\":" key ",\"min\":0,\"max\":\"unlimited\"}"
#define MAP         "{\"key\":\"string\",\"value\":\"string\",\"min\":0,\"max\":\"unlimited\"}"
#define VLANS \
	"{\"key\":{\"type\":\"integer\",\"minInteger\":0,\"maxInteger\":4095},\"min\":0," \
	"\"max\":4096}"
#define OPTIONAL "{\"key\":\"string\",\"min\":0,\"max\":1}"
#define MODE     "{\"key\":{\"type\":\"string\",\"enum\":[\"set\",[\"a\",\"b\"]]}}"

static void test_scalars(void **state)
{
	reads_as(INTEGER, "42", "42");
	reads_as(INTEGER, "-9223372036854775808", "-9223372036854775808");
	reads_as(REAL, "1.5", "1.5");
	reads_as(BOOLEAN, "yes", "true");
	reads_as(BOOLEAN, "0", "false");
	reads_as(STRING, "veth-1.2_x", "\"veth-1.2_x\"");
	reads_as(STRING, "\"a, b\"", "\"a, b\"");
	reads_as(STRING, "\"\"", "\"\"");
	reads_as(STRING, "a\\,b", "\"a,b\"");
	reads_as(STRING, "\"a\\u00e4\"", "\"a\xc3\xa4\"");
	reads_as(UUID, "01234567-89ab-cdef-0123-456789abcdef",
		 "[\"uuid\",\"01234567-89ab-cdef-0123-456789abcdef\"]");
}

static void test_sets(void **state)
{
	reads_as(SET_OF(INTEGER), "3,1 2", "[\"set\",[1,2,3]]");
	reads_as(SET_OF(INTEGER), "[ 3 , 1 ]", "[\"set\",[1,3]]");
	reads_as(SET_OF(INTEGER), "5", "5");
	reads_as(SET_OF(INTEGER), "[]", "[\"set\",[]]");
	reads_as(SET_OF(INTEGER), "1-3,7", "[\"set\",[1,2,3,7]]");
	reads_as(SET_OF(STRING), "b,\"a c\"", "[\"set\",[\"a c\",\"b\"]]");
}

static void test_maps(void **state)
{
	reads_as(MAP, "b=c,a=\"x=y\"", "[\"map\",[[\"a\",\"x=y\"],[\"b\",\"c\"]]]");
	reads_as(MAP, "{ k=v }", "[\"map\",[[\"k\",\"v\"]]]");
	reads_as(MAP, "{}", "[\"map\",[]]");
	reads_as(MAP, "a\\=b=c", "[\"map\",[[\"a=b\",\"c\"]]]");
}

static void test_printing(void **state)
{
	prints_as(SET_OF(STRING), "a,\"b c\",\"3\"", "[\"3\", a, \"b c\"]", "3 a b c");
	prints_as(SET_OF(STRING), "a", "[a]", "a");
	prints_as(OPTIONAL, "a", "a", "a");
	prints_as(OPTIONAL, "[]", "[]", "");
	prints_as(MAP, "k=\"v w\",b=true", "{b=\"true\", k=\"v w\"}", "b=true k=v w");
	prints_as(MAP, "{}", "{}", "");
	prints_as(STRING, "\"q\\\"\"", "\"q\\\"\"", "q\"");
	prints_as(STRING, "\"a/b\"", "\"a/b\"", "a/b");
	prints_as(REAL, "0.1", "0.1", "0.1");
}

static void test_errors_say_what_is_right(void **state)
{
	refused(INTEGER, "x", "'x' is not an integer");
	refused(INTEGER, "9223372036854775808", "'9223372036854775808' is not an integer");
	refused(REAL, "nan", "'nan' is not a number");
	refused(BOOLEAN, "maybe", "'maybe' is not a boolean: use true or false");
	refused(STRING, "\"\"x", "\"\"x: the closing quote is missing");
	refused(STRING, "\"x", "'\"x': the closing quote is missing");
	refused(STRING, "x\\", "'x\\' ends with a backslash");
	refused(UUID, "@x", "'@x' is not a UUID: use one, or @NAME");
	refused(VLANS, "4096", "4096 is out of range: use 0 to 4095");
	refused(VLANS, "4090-4100", "4096 is out of range: use 0 to 4095");
	refused(SET_OF(INTEGER), "9-7",
		"'9-7': a range has its smaller number first and at most 4096 of them");
	refused(SET_OF(INTEGER), "-99999999999999999999-9",
		"'-99999999999999999999-9': a range has its smaller number first and at most "
		"4096 of them");
	reads_as(SET_OF(INTEGER), "9223372036854775806-9223372036854775807",
		 "[\"set\",[9223372036854775806,9223372036854775807]]");
	refused(SET_OF(INTEGER), "", "the empty set is written as []");
	refused(MAP, "", "the empty map is written as {}");
	refused(MAP, "a", "'a' is not a map: use KEY=VALUE,...");
	refused(MAP, "a=b,a=c", "'a=b,a=c': a is there twice");
	refused(SET_OF(INTEGER), "[1", "'[1': the closing ']' is missing");
	refused(SET_OF(INTEGER), "[1] 2", "'[1] 2': nothing may follow ']'");
	refused(SET_OF(INTEGER), "1,,2", "'1,,2': unexpected ','");
	refused(OPTIONAL, "a,b", "'a,b' has 2 elements: use at most 1");
	refused(INTEGER, "[]", "'[]' has 0 elements: use at least 1");
}

static void test_enum(void **state)
{
	struct datum *datum = NULL;
	struct column_type type;
	struct err err = ERR_INIT;

	reads_as(MODE, "a", "\"a\"");
	assert_int_equal(parse(MODE, "c", &datum, &type, &err), -EINVAL);
	assert_non_null(strstr(err.text, "c"));
	type_fini(&type);
}

static void test_ids(void **state)
{
	own(ids_fini) struct ids ids = {};
	own(datum_drop) struct datum *datum = NULL;
	const struct column_type type = {
		.key = {.type = ATOM_UUID, .ref_table_name = "QoS"}, .min = 1, .max = 1};
	struct err err = ERR_INIT;
	struct id *id;

	assert_int_equal(value_parse(&type, "@new", &ids, &datum, &err), 0);
	assert_int_equal(ids_check(&ids, &err), -EINVAL);
	assert_int_equal(id_define(&ids, "@new", &id, &err), 0);
	assert_true(uuid_equals(&id->uuid, &datum->atoms[0].uuid));
	assert_true(id->is_referred);
	assert_int_equal(ids_check(&ids, &err), 0);
	assert_int_equal(id_define(&ids, "@new", &id, &err), -EINVAL);
	assert_int_equal(id_define(&ids, "new", &id, &err), -EINVAL);
}

/* Whatever is printed reads back as the same. */
static void test_round_trip(void **state)
{
	static const char letters[] = "ab\"\\ ,={}[]:!<>-.\t3@";

	for (unsigned n = 0; n < 4000; n++) {
		own(datum_drop) struct datum *datum = datum_alloc(ATOM_STRING, ATOM_STRING, 2);
		own(datum_drop) struct datum *again = NULL;
		own(mem_free) char *text = NULL;
		struct column_type type;
		unsigned seed = n * 2654435761u;

		for (unsigned a = 0; a < 4; a++) {
			char word[8] = {"ab"[a % 2]};

			for (unsigned i = 1; i < 5; i++, seed = seed * 1664525u + 1013904223u)
				word[i] = letters[(seed >> 16) % (sizeof(letters) - 1)];
			datum->atoms[a].string = text_new(word, strlen(word));
		}
		if (datum_sort(datum) != DATUM_NONE)
			continue;
		memset(&type, 0, sizeof(type));
		type.key = type.value =
			(struct base_type){.type = ATOM_STRING, .len = {0, UINT_MAX}};
		type.max = TYPE_UNLIMITED;
		text = value_print(&type, datum, VALUE_STRING);
		assert_int_equal(value_parse(&type, text, NULL, &again, NULL), 0);
		assert_true(datum_equals(datum, again));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_printing),
		cmocka_unit_test(test_errors_say_what_is_right),
		cmocka_unit_test(test_enum),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
