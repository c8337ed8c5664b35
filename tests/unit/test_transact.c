#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/own.h"
#include "db/session.h"
#include "support/db_client.h"

#define INSERT_B(NAME)          "{'op':'insert','table':'B','row':{'x':1},'uuid-name':'" NAME "'}"
#define INSERT_A(NAME, COLUMNS) "{'op':'insert','table':'A','row':{'name':'" NAME "'" COLUMNS "}}"
#define UPDATE_A(NAME, ROW) \
	"{'op':'update','table':'A','where':[['name','==','" NAME "']],'row':{" ROW "}}"
#define SELECT_A(WHERE, COLUMNS) \
	"{'op':'select','table':'A','where':[" WHERE "],'columns':[" COLUMNS "]}"

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

static unsigned n_rows(struct db_client *client, const char *table)
{
	return (unsigned)database_n_rows(db_server_lookup(client->server, "T"), table);
}

static void test_insert_gives_what_select_returns(void **state)
{
	client_transact(*state, INSERT_A("a", ",'s':['set',[3,1,2]],'m':['map',[['k','v']]]"));
	assert_string_equal(client_transact(*state, SELECT_A("", "'name','s','m','o'")),
			    "[{\"rows\":[{\"name\":\"a\",\"s\":[\"set\",[1,2,3]],"
			    "\"m\":[\"map\",[[\"k\",\"v\"]]],\"o\":[\"set\",[]]}]}]");
}

static void test_select_sorts(void **state)
{
	client_transact(*state, INSERT_A("c", ",'o':1") "," INSERT_A("a", ",'o':2") "," INSERT_A(
					"b", ",'o':1"));
	assert_string_equal(client_transact(*state, "{'op':'select','table':'A','where':[],"
						    "'columns':['name'],'sort':['o','name']}"),
			    "[{\"rows\":[{\"name\":\"b\"},{\"name\":\"c\"},{\"name\":\"a\"}]}]");
	assert_string_equal(client_transact(*state, "{'op':'select','table':'A','where':[],"
						    "'sort':['nosuch']}"),
			    "error: syntax error");
}

static void test_a_failed_operation_undoes_all_before_it(void **state)
{
	client_transact(*state, INSERT_A("a", ",'o':1"));
	assert_string_equal(
		client_transact(*state, "%s,%s,%s,%s", INSERT_A("b", ""), UPDATE_A("a", "'o':2"),
				"{'op':'delete','table':'A','where':[]}", "{'op':'abort'}"),
		"error: aborted");
	assert_string_equal(client_transact(*state, SELECT_A("", "'name','o'")),
			    "[{\"rows\":[{\"name\":\"a\",\"o\":1}]}]");
}

static void test_operations_see_what_earlier_ones_did(void **state)
{
	assert_string_equal(
		client_transact(*state, "%s,%s,%s", INSERT_A("a", ""), UPDATE_A("a", "'name':'b'"),
				SELECT_A("['name','==','b']", "'name'")) +
			strlen("[{\"uuid\":[\"uuid\",\"00000000-0000-0000-0000-000000000000\"]},"),
		"{\"count\":1},{\"rows\":[{\"name\":\"b\"}]}]");
}

static void test_a_unique_index_holds_at_the_end_only(void **state)
{
	client_transact(*state, "%s,%s", INSERT_A("a", ""), INSERT_A("b", ""));
	assert_string_equal(client_transact(*state, INSERT_A("a", "")),
			    "error: constraint violation");
	/* Two rows change names: they meet on the way. */
	assert_string_equal(client_transact(*state, "%s,%s,%s", UPDATE_A("a", "'name':'x'"),
					    UPDATE_A("b", "'name':'a'"),
					    UPDATE_A("x", "'name':'b'")),
			    "[{\"count\":1},{\"count\":1},{\"count\":1}]");
	assert_int_equal(n_rows(*state, "A"), 2);
}

static void test_a_row_that_nobody_holds_goes(void **state)
{
	client_transact(*state, INSERT_B("lonely"));
	assert_int_equal(n_rows(*state, "B"), 0);
	client_transact(*state, "%s,%s", INSERT_B("b"), INSERT_A("a", ",'b':['named-uuid','b']"));
	assert_int_equal(n_rows(*state, "B"), 1);
	client_transact(*state, UPDATE_A("a", "'b':['set',[]]"));
	assert_int_equal(n_rows(*state, "B"), 0);
}

static void test_a_chain_goes_when_its_head_does(void **state)
{
	client_transact(*state, "%s,%s,%s", "{'op':'insert','table':'B','row':{},'uuid-name':'z'}",
			"{'op':'insert','table':'B','row':{'next':['named-uuid','z']},"
			"'uuid-name':'y'}",
			INSERT_A("a", ",'b':['named-uuid','y']"));
	assert_int_equal(n_rows(*state, "B"), 2);
	client_transact(*state, "{'op':'delete','table':'A','where':[]}");
	assert_int_equal(n_rows(*state, "B"), 0);
}

static void test_a_row_that_holds_itself_goes(void **state)
{
	client_transact(*state, "{'op':'insert','table':'B','row':{'next':['named-uuid','me']},"
				"'uuid-name':'me'}");
	assert_int_equal(n_rows(*state, "B"), 0);
}

static void test_a_row_of_another_table_may_have_the_same_uuid(void **state)
{
	static const char uuid[] = "11111111-1111-4111-8111-111111111111";

	assert_string_equal(client_transact(*state,
					    "{'op':'insert','table':'A','uuid':'%s','row':"
					    "{'name':'a','b':['uuid','%s']}}",
					    uuid, uuid),
			    "error: referential integrity violation");
	client_transact(*state,
			"{'op':'insert','table':'A','uuid':'%s','row':"
			"{'name':'a','b':['uuid','%s']}},"
			"{'op':'insert','table':'B','uuid':'%s','row':{'x':1}}",
			uuid, uuid, uuid);
	assert_int_equal(n_rows(*state, "B"), 1);
}

static void test_a_strong_reference_must_have_its_row(void **state)
{
	assert_string_equal(client_transact(*state, INSERT_A("a", ",'b':['named-uuid','none']")),
			    "error: referential integrity violation");
	client_transact(*state, "%s,%s", INSERT_B("b"), INSERT_A("a", ",'b':['named-uuid','b']"));
	assert_string_equal(client_transact(*state, "{'op':'delete','table':'B','where':[]}"),
			    "error: referential integrity violation");
	assert_int_equal(n_rows(*state, "B"), 1);
	client_transact(*state, UPDATE_A("a", "'b':['set',[]]"));
	assert_int_equal(n_rows(*state, "B"), 0);
}

static void test_a_weak_reference_goes_with_its_row(void **state)
{
	client_transact(*state, "%s,%s,%s", INSERT_B("b"),
			INSERT_A("holder", ",'b':['named-uuid','b']"),
			INSERT_A("watcher", ",'w':['named-uuid','b']"));
	client_transact(*state, UPDATE_A("holder", "'b':['set',[]]"));
	assert_int_equal(n_rows(*state, "B"), 0);
	assert_string_equal(client_transact(*state, SELECT_A("['name','==','watcher']", "'w'")),
			    "[{\"rows\":[{\"w\":[\"set\",[]]}]}]");
}

static void test_immutable_columns_stay(void **state)
{
	client_transact(*state, INSERT_A("a", ",'fixed':'f'"));
	assert_string_equal(client_transact(*state, UPDATE_A("a", "'fixed':'g'")),
			    "error: constraint violation");
	assert_string_equal(client_transact(*state, "{'op':'mutate','table':'A','where':[],"
						    "'mutations':[['_uuid','delete',1]]}"),
			    "error: constraint violation");
}

static const char *mutate(struct db_client *client, const char *mutation)
{
	return client_transact(client, "{'op':'mutate','table':'A','where':[],'mutations':[%s]}",
			       mutation);
}

static void test_mutations(void **state)
{
	static const struct {
		const char *mutation, *result;
	} cases[] = {
		{"['s','insert',['set',[5,7]]]", "\"s\":[\"set\",[5,7]]"},
		{"['s','+=',10]", "\"s\":[\"set\",[15,17]]"},
		{"['s','/=',2]", "\"s\":[\"set\",[7,8]]"},
		{"['s','*=',-3]", "\"s\":[\"set\",[-24,-21]]"},
		{"['s','-=',1]", "\"s\":[\"set\",[-25,-22]]"},
		{"['s','%=',9]", "\"s\":[\"set\",[-7,-4]]"},
		{"['s','delete',-4]", "\"s\":-7"},
		{"['m','insert',['map',[['a','1'],['b','2']]]]",
		 "\"m\":[\"map\",[[\"a\",\"1\"],[\"b\",\"2\"]]]"},
		{"['m','insert',['map',[['a','9']]]]",
		 "\"m\":[\"map\",[[\"a\",\"1\"],[\"b\",\"2\"]]]"},
		{"['m','delete',['map',[['a','9'],['b','2']]]]", "\"m\":[\"map\",[[\"a\",\"1\"]]]"},
		{"['m','delete',['set',['a','x']]]", "\"m\":[\"map\",[]]"},
	};

	client_transact(*state, INSERT_A("a", ""));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(mutate(*state, cases[i].mutation), "[{\"count\":1}]");
		assert_non_null(
			strstr(client_transact(*state, SELECT_A("", "'s','m'")), cases[i].result));
	}
}

static void test_mutations_that_fail(void **state)
{
	client_transact(*state, INSERT_A("a", ",'s':['set',[1,2,9223372036854775807]],'o':1"));
	assert_string_equal(mutate(*state, "['s','+=',1]"), "error: range error");
	assert_string_equal(mutate(*state, "['s','/=',0]"), "error: domain error");
	assert_string_equal(mutate(*state, "['s','%=',1]"), "error: constraint violation");
	assert_string_equal(mutate(*state, "['name','+=',1]"), "error: syntax error");
	assert_string_equal(mutate(*state, "['name','insert','x']"), "error: syntax error");
	assert_string_equal(mutate(*state, "['s','twist',1]"), "error: unknown mutator");
	assert_string_equal(mutate(*state, "['o','insert',2]"), "error: constraint violation");
}

static void test_conditions(void **state)
{
	static const struct {
		const char *where;
		bool is_match;
	} cases[] = {
		{"", true},
		{"true", true},
		{"false", false},
		{"['o','<',6]", true},
		{"['o','>',5]", false},
		{"['o','>=',5]", true},
		{"['o','<=',4]", false},
		{"['s','==',['set',[1,2]]]", true},
		{"['s','!=',['set',[1,2]]]", false},
		{"['s','includes',1]", true},
		{"['s','includes',['set',[]]]", true},
		{"['s','includes',['set',[1,3]]]", false},
		{"['s','excludes',['set',[3,4]]]", true},
		{"['s','excludes',['set',[2,3]]]", false},
		{"['m','includes',['map',[['k','v']]]]", true},
		{"['m','includes',['map',[['k','w']]]]", false},
		{"['m','excludes',['map',[['k','w']]]]", true},
		{"['name','==','a']", true},
		{"['name','==','a'],['o','==',4]", false},
		{"['name','includes','a']", true},
		{"['name','excludes','a']", false},
	};

	client_transact(*state, INSERT_A("a", ",'s':['set',[1,2]],'m':['map',[['k','v']]],'o':5"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
			client_transact(*state,
					"{'op':'select','table':'A','where':[%s],'columns':['o']}",
					cases[i].where),
			cases[i].is_match ? "[{\"rows\":[{\"o\":5}]}]" : "[{\"rows\":[]}]");
}

static void test_bad_values(void **state)
{
	static const struct {
		const char *row, *tag;
	} cases[] = {
		{"'x':11", "error: constraint violation"},
		{"'x':-1", "error: constraint violation"},
		{"'e':'green'", "error: constraint violation"},
		{"'x':1.5", "error: syntax error"},
		{"'x':'1'", "error: syntax error"},
		{"'x':true", "error: syntax error"},
		{"'x':null", "error: syntax error"},
		{"'x':['set',[]]", "error: syntax error"},
		{"'x':['set',[1,2]]", "error: syntax error"},
		{"'next':['uuid','x']", "error: syntax error"},
		{"'y':1", "error: unknown column"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(client_transact(*state,
						    "{'op':'insert','table':'B','row':{%s}}",
						    cases[i].row),
				    cases[i].tag);
}

#define WAIT(TIMEOUT) \
	"{'op':'wait','table':'A','where':[],'columns':['name'],'until':'=='," TIMEOUT \
	"'rows':[{'name':'a'},{'name':'b'}]}"

static void test_wait_goes_on_when_rows_are_there(void **state)
{
	struct db_client *client = *state;

	assert_string_equal(client_transact(client, "%s,%s", WAIT(""), INSERT_A("c", "")), "");
	client_transact(client, "%s,%s", INSERT_A("a", ""), INSERT_A("b", ""));
	assert_int_equal(n_rows(client, "A"), 3);
}

static void test_wait_times_out(void **state)
{
	struct db_client *client = *state;

	assert_string_equal(client_transact(client, WAIT("'timeout':0,")), "error: timed out");
	assert_int_equal(db_server_deadline(client->server), UINT64_MAX);
	assert_string_equal(client_transact(client, WAIT("'timeout':30,")), "");
	assert_int_equal(db_server_deadline(client->server), client->now + 30 * CLOCK_NS_PER_MS);
	db_server_run(client->server, client->now + 29 * CLOCK_NS_PER_MS);
	assert_null(client->answer);
	db_server_run(client->server, client->now + 30 * CLOCK_NS_PER_MS);
	assert_non_null(client->answer);
	assert_non_null(strstr(client_answer(client), "timed out"));
	assert_int_equal(db_server_deadline(client->server), UINT64_MAX);
}

static void test_cancel_ends_a_wait(void **state)
{
	struct db_client *client = *state;

	assert_string_equal(client_transact(client, WAIT("")), "");
	client_call(client, "cancel", "[1]");
	client_transact(client, "%s,%s", INSERT_A("a", ""), INSERT_A("b", ""));
	assert_int_equal(n_rows(client, "A"), 2);
}

static void test_assert_needs_the_lock(void **state)
{
	struct db_client *client = *state;

	assert_string_equal(client_transact(client, "{'op':'assert','lock':'l'}"),
			    "error: not owner");
	assert_string_equal(client_call(client, "lock", "['l']"), "{\"locked\":true}");
	assert_string_equal(client_transact(client, "{'op':'assert','lock':'l'}"), "[{}]");
	assert_string_equal(client_call(client, "lock", "['l']"), "error: syntax error");
	assert_string_equal(client_call(client, "unlock", "['l']"), "{}");
}

static void test_too_much_waiting_is_refused(void **state)
{
	for (unsigned i = 0; i < 1024; i++)
		assert_string_equal(client_transact(*state, WAIT("")), "");
	assert_string_equal(client_transact(*state, WAIT("")), "error: resources exhausted");
}

#define BIG_SIZE (1 << 20)

/* What a client leaves behind is counted in bytes, and given back with it. */
static void test_what_is_kept_is_bounded(void **state)
{
	struct db_client *client = *state;
	own(mem_free) char *big = calloc(1, BIG_SIZE + 1);

	memset(big, 'x', BIG_SIZE);
	for (unsigned i = 0; i < 15; i++)
		assert_string_equal(client_transact(client, "%s,{'op':'comment','comment':'%s'}",
						    WAIT(""), big),
				    "");
	assert_string_equal(
		client_transact(client, "%s,{'op':'comment','comment':'%s'}", WAIT(""), big),
		"error: resources exhausted");
	assert_string_equal(client_call(client, "lock", "['%s']", big),
			    "error: resources exhausted");
	assert_string_equal(client_call(client, "monitor", "['T','%s',{'A':{}}]", big),
			    "error: resources exhausted");
	assert_string_equal(client_call(client, "monitor_cond", "['T','m',{'A':{}}]"), "{}");
	assert_string_equal(client_call(client, "monitor_cond_change",
					"['m','m',{'A':[{'where':[['name','==','%s']]}]}]", big),
			    "error: resources exhausted");
	client_transact(client, "%s,%s", INSERT_A("a", ""), INSERT_A("b", ""));
	assert_string_equal(client_call(client, "lock", "['%s']", big), "{\"locked\":true}");
	assert_string_equal(client_call(client, "unlock", "['%s']", big), "{}");
	for (unsigned i = 0; i < 20; i++)
		assert_string_equal(client_call(client, "monitor_cond_change",
						"['m','m',{'A':[{'where':[['name','==','%s']]}]}]",
						big),
				    "{}");
	client_call(client, "monitor_cancel", "['m']");
	assert_int_equal(client->session->n_kept, 0);
}

/* A small request for much: the values count, however few there are. */
static void test_what_is_selected_is_bounded(void **state)
{
	struct db_client *client = *state;
	own(mem_free) char *big = calloc(1, BIG_SIZE + 1);
	own(mem_free) char *selects = NULL;
	size_t size;
	FILE *file = open_memstream(&selects, &size);

	memset(big, 'x', BIG_SIZE);
	client_transact(client, "{'op':'insert','table':'A','row':{'name':'%s'}}", big);
	for (unsigned i = 0; i < 600; i++)
		fprintf(file, "%s%s", i ? "," : "", SELECT_A("", "'name'"));
	fclose(file);
	assert_string_equal(client_transact(client, "%s", selects), "error: resources exhausted");
}

static void test_requests_that_are_wrong(void **state)
{
	assert_string_equal(client_call(*state, "transact", "['X']"), "error: unknown database");
	assert_string_equal(client_call(*state, "transact", "[]"), "error: syntax error");
	assert_string_equal(client_call(*state, "get_schema", "[5]"), "error: syntax error");
	assert_string_equal(client_transact(*state, "5"), "error: syntax error");
	assert_string_equal(client_transact(*state, "{'op':'dance'}"), "error: syntax error");
	assert_string_equal(client_transact(*state, "{'op':'abort','x':1}"), "error: syntax error");
	assert_string_equal(client_transact(*state, "%s,%s", INSERT_B("n"), INSERT_B("n")),
			    "error: duplicate uuid-name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_insert_gives_what_select_returns, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_select_sorts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_failed_operation_undoes_all_before_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_operations_see_what_earlier_ones_did, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_unique_index_holds_at_the_end_only, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_row_that_nobody_holds_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_chain_goes_when_its_head_does, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_row_that_holds_itself_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_row_of_another_table_may_have_the_same_uuid,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_strong_reference_must_have_its_row, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_weak_reference_goes_with_its_row, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_immutable_columns_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mutations, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mutations_that_fail, setup, teardown),
		cmocka_unit_test_setup_teardown(test_conditions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wait_goes_on_when_rows_are_there, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_wait_times_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel_ends_a_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(test_assert_needs_the_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_much_waiting_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_kept_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_selected_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_requests_that_are_wrong, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
