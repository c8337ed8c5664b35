/* A database gets another schema while it is served. What ovsdb-server makes of the same is compared in
 * tests/system/ovsdb-conformance.test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "support/db_client.h"

struct fixture {
	struct db_client client;
	char folder[64];
	char file[96];
};

static const char schema[] = "{'name':'T','version':'1.0.0','tables':{'A':{'isRoot':true,"
			     "'columns':{'n':{'type':'integer'},'s':{'type':'string'},"
			     "'r':{'type':'real'}}}}}";

/* A column gone, one new, one of another type, a table new. */
static const char other[] = "{'name':'T','version':'1.1.0','tables':{'A':{'isRoot':true,"
			    "'columns':{'n':{'type':'real'},'new':{'type':'integer'},"
			    "'r':{'type':'real'}}},'B':{'columns':{'x':{'type':'integer'}}}}}";

static int setup(void **state)
{
	static struct fixture f;

	log_set_level(LOG_ERROR);
	f = (struct fixture){.folder = "/tmp/shunt-convert-XXXXXX"};
	assert_non_null(mkdtemp(f.folder));
	snprintf(f.file, sizeof(f.file), "%s/conf.db", f.folder);
	client_open(&f.client, schema, f.file);
	client_transact(&f.client, "{'op':'insert','table':'A','row':{'n':7,'s':'x','r':2.0}}");
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char path[128];

	client_close(&f->client);
	unlink(f->file);
	snprintf(path, sizeof(path), "%s/.conf.db.~lock~", f->folder);
	unlink(path);
	return rmdir(f->folder);
}

static const char *convert(struct fixture *f, const char *to)
{
	return client_call(&f->client, "convert", "['T',%s]", to);
}

static const char *rows(struct fixture *f, const char *columns)
{
	return client_transact(&f->client, "{'op':'select','table':'A','where':[],'columns':[%s]}",
			       columns);
}

static void test_rows_are_converted(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(convert(f, other), "{}");
	assert_string_equal(rows(f, "'n','new','r'"), "[{\"rows\":[{\"n\":7,\"new\":0,\"r\":2}]}]");
	assert_string_equal(rows(f, "'s'"), "error: syntax error");
	assert_string_equal(client_transact(&f->client, "{'op':'select','table':'B','where':[]}"),
			    "[{\"rows\":[]}]");
	assert_non_null(strstr(client_call(&f->client, "get_schema", "['T']"), "1.1.0"));
}

static void test_the_file_has_what_was_converted(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(convert(f, other), "{}");
	client_transact(&f->client, "{'op':'insert','table':'A','row':{'new':5}}");
	client_close(&f->client);
	client_open(&f->client, schema, f->file);
	assert_non_null(strstr(client_call(&f->client, "get_schema", "['T']"), "1.1.0"));
	assert_string_equal(client_transact(&f->client,
					    "{'op':'select','table':'A','where':[['new','==',5]],"
					    "'columns':['n']}"),
			    "[{\"rows\":[{\"n\":0}]}]");
	assert_string_equal(client_transact(&f->client,
					    "{'op':'select','table':'A','where':[['n','==',7]],"
					    "'columns':['new']}"),
			    "[{\"rows\":[{\"new\":0}]}]");
}

/* Each of them with the error that ovsdb-server has for it. */
static void test_what_cannot_be_converted_changes_nothing(void **state)
{
	static const struct {
		const char *schema, *error;
	} cases[] = {
		{"{'name':'U','version':'1.0.0','tables':{}}", "error: invalid parameters"},
		{"{'version':'1.0.0','tables':{}}", "error: syntax error"},
		{"7", "error: syntax error"},
		{"{'name':'T','version':'1.0.0','tables':{'A':{'columns':{'s':{'type':'integer'}}}}}",
		 "error: syntax error"},
		{"{'name':'T','version':'1.0.0','tables':{'A':{'columns':{'r':{'type':'integer'}}}}}",
		 "error: syntax error"},
		{"{'name':'T','version':'1.0.0','tables':{'A':{'columns':{'n':{'type':{'key':"
		 "{'type':'integer','maxInteger':6}}}}}}}",
		 "error: constraint violation"},
	};
	struct fixture *f = *state;
	char before[4096];

	snprintf(before, sizeof(before), "%s", rows(f, "'_uuid','_version','n','s','r'"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(convert(f, cases[i].schema), cases[i].error);
	assert_string_equal(rows(f, "'_uuid','_version','n','s','r'"), before);
	assert_int_equal(f->client.n_ended, 0);
	assert_string_equal(client_call(&f->client, "convert", "['T']"), "error: syntax error");
	assert_string_equal(client_call(&f->client, "convert", "['U',%s]", other),
			    "error: unknown database");
	assert_string_equal(client_call(&f->client, "convert", "['_Server',%s]", other),
			    "error: not allowed");
}

static void test_a_file_that_cannot_be_written_changes_nothing(void **state)
{
	struct fixture *f = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s.new", f->file);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_string_equal(convert(f, other), "error: I/O error");
	assert_int_equal(rmdir(path), 0);
	assert_string_equal(rows(f, "'n','s'"), "[{\"rows\":[{\"n\":7,\"s\":\"x\"}]}]");
	assert_string_equal(convert(f, other), "{}");
}

static void test_who_knows_of_changes_is_told(void **state)
{
	struct fixture *f = *state;
	struct db_client *client = &f->client;

	client_call(client, "set_db_change_aware", "[true]");
	client_call(client, "monitor", "['T','m',{'A':{}}]");
	client_call(client, "monitor_cond",
		    "['_Server','s',{'Database':[{'columns':['schema'],"
		    "'where':[['name','==','T']]}]}]");
	assert_string_equal(convert(f, other), "{}");
	assert_int_equal(client->n_ended, 0);
	assert_int_equal(client->n_heard_before_answer, 2);
	assert_non_null(strstr(client_heard(client), "\"monitor_canceled\",\"params\":[\"m\"]"));
	assert_string_equal(client_call(client, "monitor_cancel", "['m']"),
			    "error: unknown monitor");
	client_transact(client, "{'op':'insert','table':'A','row':{'n':8}}");
	assert_string_equal(client_heard(client), "[]");
}

static void test_the_database_of_databases_has_the_new_schema(void **state)
{
	struct fixture *f = *state;

	convert(f, other);
	assert_non_null(strstr(client_call(&f->client, "transact",
					   "['_Server',{'op':'select','table':'Database',"
					   "'where':[['name','==','T']],'columns':['schema']}]"),
			       "1.1.0"));
}

static void test_who_does_not_is_hung_up_on_after_the_answer(void **state)
{
	struct fixture *f = *state;

	client_call(&f->client, "monitor", "['T','m',{'A':{}}]");
	assert_string_equal(convert(f, other), "{}");
	assert_int_equal(f->client.n_ended, 1);
	assert_string_equal(client_heard(&f->client), "[]");
}

static void test_what_waits_is_canceled(void **state)
{
	struct fixture *f = *state;

	client_call(&f->client, "set_db_change_aware", "[true]");
	assert_string_equal(client_transact(&f->client,
					    "{'op':'wait','table':'A','where':[],'columns':['n'],"
					    "'until':'==','rows':[]}"),
			    "");
	convert(f, other);
	assert_string_equal(client_answer(&f->client), "error: canceled");
	assert_true(db_server_deadline(f->client.server) == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows_are_converted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_file_has_what_was_converted, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_converted_changes_nothing,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_file_that_cannot_be_written_changes_nothing,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_who_knows_of_changes_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_database_of_databases_has_the_new_schema,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_who_does_not_is_hung_up_on_after_the_answer,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_waits_is_canceled, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
