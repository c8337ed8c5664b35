#include <dirent.h>
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
#include "control/shape.h"

static struct json_object *read_json(const char *text)
{
	struct json_object *value = NULL;
	struct err err = ERR_INIT;

	if (json_parse(text, strlen(text), JSON_DEPTH_MAX, &value, &err))
		fail_msg("%s: %s", text, err.text);
	return value;
}

static const char shape_text[] =
	"{\"type\":\"object\",\"properties\":{"
	"\"bridge\":{\"type\":\"string\",\"minLength\":1},"
	"\"vlan\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":4095},"
	"\"level\":{\"type\":\"string\",\"enum\":[\"info\",\"debug\"]},"
	"\"list\":{\"type\":\"array\",\"items\":{\"type\":\"boolean\"}},"
	"\"counters\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}},"
	"\"required\":[\"bridge\"],\"additionalProperties\":false}";

static void test_values_are_checked(void **state)
{
	static const struct {
		const char *value;
		const char *error; /* NULL: none */
	} rows[] = {
		{"{\"bridge\":\"br0\"}", NULL},
		{"{\"bridge\":\"br0\",\"vlan\":4095,\"level\":\"info\",\"list\":[true],"
		 "\"counters\":{\"a\":1}}",
		 NULL},
		{"{}", "params lacks \"bridge\""},
		{"{\"bridge\":1}", "bridge must be a string, not 1"},
		{"{\"bridge\":null}", "bridge must be a string, not null"},
		{"{\"bridge\":\"\"}", "bridge must not be empty"},
		{"{\"bridge\":\"b\",\"vlan\":4096}", "vlan must be at most 4095, not 4096"},
		{"{\"bridge\":\"b\",\"vlan\":-1}", "vlan must be at least 0, not -1"},
		{"{\"bridge\":\"b\",\"vlan\":1.5}", "vlan must be an integer, not 1.5"},
		{"{\"bridge\":\"b\",\"level\":\"loud\"}",
		 "level must not be \"loud\": use one of info, debug"},
		{"{\"bridge\":\"b\",\"list\":[true,1]}", "list must be a boolean, not 1"},
		{"{\"bridge\":\"b\",\"counters\":{\"a\":\"x\"}}",
		 "a must be an integer, not \"x\""},
		{"{\"bridge\":\"b\",\"brdge\":1}",
		 "params has no \"brdge\": it has bridge, vlan, level, list, counters"},
		{"[]", "params must be an object, not []"},
	};
	own(json_free) struct json_object *shape = read_json(shape_text);
	struct err err = ERR_INIT;

	assert_int_equal(shape_valid(shape, "shape", &err), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		own(json_free) struct json_object *value = read_json(rows[i].value);
		int rc = shape_check(shape, value, "params", &err);

		assert_int_equal(rc, rows[i].error ? -EINVAL : 0);
		if (rows[i].error)
			assert_string_equal(err.text, rows[i].error);
	}
}

static void test_shapes_with_unknown_keywords_are_refused(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"type\":\"text\"}",
		"{\"type\":\"string\",\"pattern\":\"x\"}",
		"{\"type\":\"integer\",\"minimum\":\"0\"}",
		"{\"type\":\"object\",\"additionalProperties\":true}",
		"{\"type\":\"object\",\"properties\":{\"a\":{\"typ\":\"string\"}}}",
		"{\"type\":\"array\",\"items\":[]}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		own(json_free) struct json_object *shape = read_json(texts[i]);
		struct err err = ERR_INIT;

		assert_int_equal(shape_valid(shape, "shape", &err), -EINVAL);
	}
}

static void check_file(const char *name)
{
	char path[512];
	struct err err = ERR_INIT;
	own(json_free) struct json_object *file = NULL;

	snprintf(path, sizeof(path), "%s/%s", RPC_SCHEMA_DIR, name);
	file = json_object_from_file(path);
	assert_non_null(file);
	snprintf(path, sizeof(path), "%s.json",
		 json_object_get_string(json_object_object_get(file, "method")));
	assert_string_equal(path, name);
	assert_true(json_object_object_get_ex(file, "summary", NULL));
	assert_true(json_object_object_get_ex(file, "changes", NULL));
	if (shape_valid(json_object_object_get(file, "params"), name, &err) ||
	    shape_valid(json_object_object_get(file, "result"), name, &err))
		fail_msg("%s", err.text);
}

static void test_every_description_is_one(void **state)
{
	DIR *dir = opendir(RPC_SCHEMA_DIR);
	unsigned n = 0;
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (strstr(entry->d_name, ".json")) {
			check_file(entry->d_name);
			n++;
		}
	}
	closedir(dir);
	assert_true(n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_are_checked),
		cmocka_unit_test(test_shapes_with_unknown_keywords_are_refused),
		cmocka_unit_test(test_every_description_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
