#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "db/history.h"
#include "db/uuid.h"
#include "support/db_client.h"

static const char uuid_1[] = "11111111-1111-4111-8111-111111111111";

static int setup(void **state)
{
	static struct db_client client;

	client_open(&client, client_schema, NULL);
	*state = &client;
	return 0;
}

static int teardown(void **state)
{
	client_close(*state);
	return 0;
}

static void insert(struct db_client *client)
{
	client_transact(client,
			"{'op':'insert','table':'A','uuid':'%s',"
			"'row':{'name':'a','s':['set',[1,2]]}}",
			uuid_1);
}

static void update(struct db_client *client, const char *row)
{
	client_transact(client, "{'op':'update','table':'A','where':[],'row':{%s}}", row);
}

static void delete (struct db_client *client)
{
	client_transact(client, "{'op':'delete','table':'A','where':[]}");
}

#define ROW(TEXT) "{\"A\":{\"11111111-1111-4111-8111-111111111111\":" TEXT "}}"
#define HEARD(METHOD, ID, ROW_UPDATE) \
	"[{\"id\":null,\"method\":\"" METHOD "\",\"params\":[" ID ROW(ROW_UPDATE) "]}]"

static void test_monitor_says_old_and_new(void **state)
{
	assert_string_equal(client_call(*state, "monitor", "['T','m',{'A':{'columns':['s','o']}}]"),
			    "{}");
	insert(*state);
	assert_string_equal(
		client_heard(*state),
		HEARD("update", "\"m\",", "{\"new\":{\"s\":[\"set\",[1,2]],\"o\":[\"set\",[]]}}"));
	update(*state, "'s':3");
	assert_string_equal(client_heard(*state), HEARD("update", "\"m\",",
							"{\"old\":{\"s\":[\"set\",[1,2]]},"
							"\"new\":{\"s\":3,\"o\":[\"set\",[]]}}"));
	delete (*state);
	assert_string_equal(client_heard(*state),
			    HEARD("update", "\"m\",", "{\"old\":{\"s\":3,\"o\":[\"set\",[]]}}"));
}

static void test_monitor_begins_with_what_is_there(void **state)
{
	insert(*state);
	assert_string_equal(
		client_call(*state, "monitor", "['T',null,{'A':[{'columns':['name']}]}]"),
		ROW("{\"new\":{\"name\":\"a\"}}"));
	assert_string_equal(
		client_call(*state, "monitor_cond", "['T',2,{'A':{'columns':['name','o']}}]"),
		ROW("{\"initial\":{\"name\":\"a\"}}"));
}

static void test_monitor_tells_nothing_of_other_columns(void **state)
{
	insert(*state);
	client_call(*state, "monitor", "['T','m',{'A':{'columns':['o']}}]");
	update(*state, "'s':5");
	assert_string_equal(client_heard(*state), "[]");
}

static void test_monitor_select_leaves_events_out(void **state)
{
	client_call(*state, "monitor",
		    "['T','m',{'A':{'columns':['o'],'select':{'insert':false,'delete':false}}}]");
	insert(*state);
	assert_string_equal(client_heard(*state), "[]");
	update(*state, "'o':5");
	assert_string_equal(
		client_heard(*state),
		HEARD("update", "\"m\",", "{\"old\":{\"o\":[\"set\",[]]},\"new\":{\"o\":5}}"));
	delete (*state);
	assert_string_equal(client_heard(*state), "[]");
}

static void test_monitor_cond_says_differences(void **state)
{
	insert(*state);
	client_call(*state, "monitor_cond", "['T','m',{'A':{'columns':['s','o']}}]");
	update(*state, "'s':['set',[2,3]],'o':7");
	assert_string_equal(
		client_heard(*state),
		HEARD("update2", "\"m\",", "{\"modify\":{\"s\":[\"set\",[1,3]],\"o\":7}}"));
	delete (*state);
	assert_string_equal(client_heard(*state), HEARD("update2", "\"m\",", "{\"delete\":null}"));
}

static void test_monitor_cond_has_chosen_rows_only(void **state)
{
	client_call(*state, "monitor_cond",
		    "['T','m',{'A':{'columns':['o'],'where':[['o','==',1],['o','==',2]]}}]");
	insert(*state);
	assert_string_equal(client_heard(*state), "[]");
	update(*state, "'o':1");
	assert_string_equal(client_heard(*state),
			    HEARD("update2", "\"m\",", "{\"insert\":{\"o\":1}}"));
	update(*state, "'o':2");
	assert_string_equal(client_heard(*state),
			    HEARD("update2", "\"m\",", "{\"modify\":{\"o\":2}}"));
	update(*state, "'o':3");
	assert_string_equal(client_heard(*state), HEARD("update2", "\"m\",", "{\"delete\":null}"));
}

static void test_monitor_cond_change_brings_rows_and_takes_them(void **state)
{
	insert(*state);
	assert_string_equal(client_call(*state, "monitor_cond",
					"['T','m',{'A':{'columns':['name'],'where':[false]}}]"),
			    "{}");
	client_call(*state, "monitor_cond_change",
		    "['m','n',{'A':[{'where':[['name','==','a']]}]}]");
	assert_string_equal(client_heard(*state),
			    HEARD("update2", "\"n\",", "{\"insert\":{\"name\":\"a\"}}"));
	client_call(*state, "monitor_cond_change", "['n','n',{'A':[{'where':[false]}]}]");
	assert_string_equal(client_heard(*state), HEARD("update2", "\"n\",", "{\"delete\":null}"));
	assert_string_equal(client_call(*state, "monitor_cond_change", "['m','n',{}]"),
			    "error: syntax error");
}

/* What the client is told when it comes back with the id in `since`, which becomes that of now. */
static const char *come_back(struct db_client *client, char since[UUID_LEN + 1])
{
	static char text[1024];

	snprintf(text, sizeof(text), "%s",
		 client_call(client, "monitor_cond_since",
			     "['T',1,{'A':{'columns':['name','s','o'],'where':[['o','==',"
			     "['set',[]]],['o','==',1]]}},'%s']",
			     since));
	client_call(client, "monitor_cancel", "[1]");
	memcpy(since, strchr(text, '"') + 1, UUID_LEN);
	memmove(strchr(text, '"'), strchr(text, '"') + UUID_LEN + 3, strlen(text) - UUID_LEN - 1);
	return text;
}

static void test_monitor_cond_since_tells_what_was_missed(void **state)
{
	char id[UUID_LEN + 1] = "00000000-0000-0000-0000-000000000000", old_id[UUID_LEN + 1];

	insert(*state);
	assert_string_equal(
		come_back(*state, id),
		"[false," ROW("{\"initial\":{\"name\":\"a\",\"s\":[\"set\",[1,2]]}}") "]");
	memcpy(old_id, id, sizeof(id));
	assert_string_equal(come_back(*state, id), "[true,{}]");
	assert_string_equal(id, old_id);
	update(*state, "'s':['set',[2,3]]");
	update(*state, "'s':['set',[2,3,4]]");
	update(*state, "'m':['map',[['a','b']]]");
	assert_string_equal(come_back(*state, id),
			    "[true," ROW("{\"modify\":{\"s\":[\"set\",[1,3,4]]}}") "]");
	assert_string_not_equal(id, old_id);
	update(*state, "'o':5");
	assert_string_equal(come_back(*state, id), "[true," ROW("{\"delete\":null}") "]");
	update(*state, "'o':1");
	assert_string_equal(come_back(*state, id),
			    "[true," ROW("{\"insert\":{\"name\":\"a\",\"s\":[\"set\",[2,3,4]],"
					 "\"o\":1}}") "]");
	delete (*state);
	insert(*state);
	assert_string_equal(come_back(*state, old_id), "[true,{}]");
	assert_string_equal(
		come_back(*state, id),
		"[true," ROW("{\"modify\":{\"s\":[\"set\",[1,3,4]],\"o\":[\"set\",[]]}}") "]");
	delete (*state);
	assert_string_equal(come_back(*state, id), "[true," ROW("{\"delete\":null}") "]");
}

/* Whoever was away for too long gets everything. */
static void test_history_is_bounded(void **state)
{
	char id[UUID_LEN + 1] = "00000000-0000-0000-0000-000000000000", old_id[UUID_LEN + 1];

	insert(*state);
	come_back(*state, id);
	for (unsigned i = 0; i < HISTORY_ENTRIES_MAX; i++)
		client_transact(*state, "{'op':'update','table':'A','where':[],'row':{'s':%u}}", i);
	memcpy(old_id, id, sizeof(id));
	assert_string_equal(come_back(*state, old_id),
			    "[true," ROW("{\"modify\":{\"s\":[\"set\",[1,2,999]]}}") "]");
	update(*state, "'s':1");
	assert_string_equal(come_back(*state, id),
			    "[false," ROW("{\"initial\":{\"name\":\"a\",\"s\":1}}") "]");
	client_transact(*state,
			"{'op':'update','table':'A','where':[],'row':{'m':['map',[['k','%0*d']]]}}",
			(int)HISTORY_SIZE_MAX, 0);
	update(*state, "'m':['map',[]]");
	assert_string_equal(come_back(*state, id),
			    "[false," ROW("{\"initial\":{\"name\":\"a\",\"s\":1}}") "]");
}

static void test_update_comes_before_the_answer(void **state)
{
	struct db_client *client = *state;

	client_call(client, "monitor", "['T','m',{'A':{}}]");
	insert(client);
	assert_int_equal(client->n_heard_before_answer, 1);
}

static void test_monitor_cancel_ends_it(void **state)
{
	client_call(*state, "monitor", "['T','m',{'A':{}}]");
	assert_string_equal(client_call(*state, "monitor_cancel", "['m']"), "{}");
	insert(*state);
	assert_string_equal(client_heard(*state), "[]");
	assert_string_equal(client_call(*state, "monitor_cancel", "['m']"),
			    "error: unknown monitor");
}

static void test_wrong_monitors(void **state)
{
	static const char *const params[] = {
		"['T','m',5]",
		"['T','m',{'Z':{}}]",
		"['T','m',{'A':5}]",
		"['T','m',{'A':{'columns':['nope']}}]",
		"['T','m',{'A':{'columns':5}}]",
		"['T','m',{'A':[{'columns':['o']},{'columns':['o']}]}]",
		"['T','m',{'A':{'select':{'x':true}}}]",
		"['T','m',{'A':{'where':[true]}}]",
		"['T','m']",
	};

	assert_string_equal(client_call(*state, "monitor_cond_since", "['T','m',{},'x']"),
			    "error: syntax error");
	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++)
		assert_string_equal(client_call(*state, "monitor", "%s", params[i]),
				    "error: syntax error");
	client_call(*state, "monitor", "['T','m',{}]");
	assert_string_equal(client_call(*state, "monitor", "['T','m',{}]"), "error: syntax error");
}

static void test_a_database_about_databases(void **state)
{
	assert_string_equal(client_call(*state, "list_dbs", "[]"), "[\"_Server\",\"T\"]");
	assert_non_null(
		strstr(client_call(*state, "monitor_cond",
				   "['_Server','s',{'Database':{'columns':['name','leader']}}]"),
		       "{\"initial\":{\"name\":\"T\",\"leader\":true}}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_monitor_says_old_and_new, setup, teardown),
		cmocka_unit_test_setup_teardown(test_monitor_begins_with_what_is_there, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_monitor_tells_nothing_of_other_columns, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_monitor_select_leaves_events_out, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_monitor_cond_says_differences, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_monitor_cond_has_chosen_rows_only, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_monitor_cond_change_brings_rows_and_takes_them,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_monitor_cond_since_tells_what_was_missed,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_history_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_update_comes_before_the_answer, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_monitor_cancel_ends_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_monitors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_database_about_databases, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
