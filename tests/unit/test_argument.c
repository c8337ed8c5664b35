#include "ofctl/argument.h"

#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "db/error.h"
#include "ofctl/ids.h"
#include "ofctl/lookup.h"
#include "ofctl/replica.h"
#include "ofctl/value.h"

static const char schema_text[] =
	"{\"name\":\"Open_vSwitch\",\"version\":\"1.0.0\",\"tables\":{"
	"\"Port\":{\"columns\":{"
	"\"name\":{\"type\":\"string\",\"mutable\":false},"
	"\"tag\":{\"type\":{\"key\":\"integer\",\"min\":0,\"max\":1}},"
	"\"trunks\":{\"type\":{\"key\":\"integer\",\"min\":0,\"max\":\"unlimited\"}},"
	"\"Other_Config\":{\"type\":{\"key\":\"string\",\"value\":\"string\",\"min\":0,"
	"\"max\":\"unlimited\"}},"
	"\"status\":{\"type\":\"string\"},"
	"\"statistics\":{\"type\":\"string\"}}},"
	"\"Portal\":{\"columns\":{\"a\":{\"type\":\"string\"}}},"
	"\"sFlow\":{\"columns\":{\"a\":{\"type\":\"string\"}}}}}";

struct fixture {
	struct schema *schema;
	struct record record; /* a Port: name p1, tag 5, trunks 1 2 3, Other_Config a=1 b=2 */
};

static void set(struct fixture *f, const char *column_name, const char *value)
{
	struct column_schema *column = table_column(f->record.table, column_name);
	struct datum *datum;

	assert_int_equal(value_parse(&column->type, value, NULL, &datum, NULL), 0);
	f->record.now[column->index] = datum;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	own(json_free) struct json_object *json = NULL;
	struct db_error why = {};

	assert_int_equal(json_parse(schema_text, strlen(schema_text), JSON_DEPTH_MAX, &json, NULL),
			 0);
	if (schema_parse(&f->schema, json, &why))
		fail_msg("%s", why.details);
	f->record.table = schema_table(f->schema, "Port");
	f->record.now = calloc(f->record.table->n_columns, sizeof(*f->record.now));
	f->record.next = calloc(f->record.table->n_columns, sizeof(*f->record.next));
	f->record.is_verified = calloc(f->record.table->n_columns, sizeof(bool));
	set(f, "name", "p1");
	set(f, "tag", "5");
	set(f, "trunks", "1,2,3");
	set(f, "Other_Config", "a=\"1\",b=\"2\"");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < f->record.table->n_columns; i++) {
		datum_put(f->record.now[i]);
		datum_put(f->record.next[i]);
	}
	free(f->record.now);
	free(f->record.next);
	free(f->record.is_verified);
	schema_free(&f->schema);
	free(f);
	return 0;
}

static void holds(struct fixture *f, const char *condition, bool expected)
{
	struct argument argument;
	struct ids ids = {};
	struct err err = ERR_INIT;
	bool result = !expected;

	if (argument_parse(f->record.table, condition, ARGUMENT_CONDITION, &argument, &err) ||
	    argument_holds(&argument, &f->record, &ids, &result, &err))
		fail_msg("%s: %s", condition, err.text);
	argument_fini(&argument);
	if (result != expected)
		fail_msg("%s is %d", condition, result);
}

static void refused(struct fixture *f, enum argument_kind kind, const char *text,
		    const char *message)
{
	struct argument argument;
	struct err err = ERR_INIT;

	assert_int_equal(argument_parse(f->record.table, text, kind, &argument, &err), -EINVAL);
	assert_string_equal(err.text, message);
}

static void becomes(struct fixture *f, const char *setting, const char *column_name,
		    const char *expected)
{
	struct column_schema *column = table_column(f->record.table, column_name);
	own(mem_free) char *text = NULL;
	struct argument argument;
	struct ids ids = {};
	struct err err = ERR_INIT;

	if (argument_parse(f->record.table, setting, ARGUMENT_SETTING, &argument, &err) ||
	    argument_apply(&argument, &f->record, &ids, &err))
		fail_msg("%s: %s", setting, err.text);
	argument_fini(&argument);
	text = value_print(&column->type, record_get(&f->record, column), VALUE_STRING);
	assert_string_equal(text, expected);
}

static void test_relations(void **state)
{
	struct fixture *f = *state;

	holds(f, "tag=5", true);
	holds(f, "tag!=5", false);
	holds(f, "tag<6", true);
	holds(f, "tag<5", false);
	holds(f, "tag<=5", true);
	holds(f, "tag>4", true);
	holds(f, "tag>=6", false);
	holds(f, "trunks=1,2,3", true);
	holds(f, "trunks>9", true); /* more elements are more */
	holds(f, "trunks{=}3,2,1", true);
	holds(f, "trunks{!=}1,2", true);
	holds(f, "trunks{<=}1,2,3", true);
	holds(f, "trunks{<}1,2,3", false);
	holds(f, "trunks{<}1,2,3,4", true);
	holds(f, "trunks{>=}1,2", true);
	holds(f, "trunks{>}1,2,3", false);
	holds(f, "trunks{in}1-9", true);
	holds(f, "trunks{not-in}4,5", true);
	holds(f, "trunks{not-in}3,4", false);
}

static void test_relations_under_a_key(void **state)
{
	struct fixture *f = *state;

	holds(f, "Other_Config:a=1", true);
	holds(f, "Other_Config:a!=1", false);
	holds(f, "Other_Config:c=1", false);
	holds(f, "Other_Config:c!=1", false);
	holds(f, "Other_Config:c{!=}1", true);
	holds(f, "Other_Config:c{=}[]", true);
	holds(f, "Other_Config{>=}a=1", true);
}

static void test_short_names(void **state)
{
	struct fixture *f = *state;
	const struct table_schema *table;
	struct err err = ERR_INIT;

	holds(f, "TAG=5", true);
	holds(f, "tr{>=}1", true);
	holds(f, "other-config:a=1", true);
	refused(f, ARGUMENT_COLUMN, "stat",
		"table Port: 'stat' is short for status and statistics: write more");
	refused(f, ARGUMENT_COLUMN, "statsu",
		"table Port has no column 'statsu': did you mean 'status'?");
	refused(f, ARGUMENT_COLUMN, "zzz", "table Port has no column 'zzz'");
	assert_int_equal(lookup_table(f->schema, "PORT", &table, &err), 0);
	assert_string_equal(table->name, "Port");
	assert_int_equal(lookup_table(f->schema, "s", &table, &err), 0);
	assert_string_equal(table->name, "sFlow");
	assert_int_equal(lookup_table(f->schema, "po", &table, &err), -EINVAL);
}

static void test_settings(void **state)
{
	struct fixture *f = *state;

	becomes(f, "tag=7", "tag", "7");
	becomes(f, "tag=[]", "tag", "[]");
	becomes(f, "trunks=4-6", "trunks", "[4, 5, 6]");
	becomes(f, "other_config:a=x,y", "Other_Config", "{a=\"x,y\", b=\"2\"}");
	becomes(f, "other_config:c=z", "Other_Config", "{a=\"x,y\", b=\"2\", c=z}");
	becomes(f, "other_config=k=v", "Other_Config", "{k=v}");
	assert_true(f->record.is_verified[table_column(f->record.table, "Other_Config")->index]);
	assert_false(f->record.is_verified[table_column(f->record.table, "tag")->index]);
}

static void test_errors_say_what_is_right(void **state)
{
	struct fixture *f = *state;
	struct argument argument;
	struct err err = ERR_INIT;

	refused(f, ARGUMENT_SETTING, "tag", "'tag': use COLUMN=VALUE or COLUMN:KEY=VALUE");
	refused(f, ARGUMENT_SETTING, "tag!=1", "'tag!=1': use COLUMN=VALUE or COLUMN:KEY=VALUE");
	refused(f, ARGUMENT_SETTING, "=1", "'=1': the column is missing");
	refused(f, ARGUMENT_SETTING, "tag:a=1", "'tag:a=1': column tag is no map, it has no keys");
	refused(f, ARGUMENT_COLUMN, "tag=1", "'tag=1': use COLUMN or COLUMN:KEY");
	refused(f, ARGUMENT_SETTING, "other:=x", "'other:=x': the key is missing");
	assert_int_equal(
		argument_parse(f->record.table, "name=x", ARGUMENT_SETTING, &argument, &err), 0);
	assert_int_equal(argument_apply(&argument, &f->record, NULL, &err), -EINVAL);
	assert_string_equal(err.text, "column name of table Port cannot be changed");
	argument_fini(&argument);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_relations, setup, teardown),
		cmocka_unit_test_setup_teardown(test_relations_under_a_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_short_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_settings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors_say_what_is_right, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
