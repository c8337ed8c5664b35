/* The database against a model that knows no counts: at every commit it looks at all rows again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/db_client.h"
#include "support/random.h"

#define N_A            6
#define N_B            10
#define N_NAMES        9
#define N_TRANSACTIONS 4000
#define NONE           -1

/* Row i of a table has a UUID that ends with i. */
#define UUID_A "aaaaaaaa-0000-4000-8000-0000000000%02x"
#define UUID_B "bbbbbbbb-0000-4000-8000-0000000000%02x"

struct a {
	bool is_there, was_there; /* now, and before the running transaction */
	int name;
	unsigned strong, weak; /* bit j: refers to B row j */
};

struct b {
	bool is_there, was_there;
	int next; /* a B row that it holds, or NONE */
};

struct model {
	struct a a[N_A];
	struct b b[N_B];
};

static void print_set(char *text, size_t size, unsigned set, const char *quote)
{
	size_t len = (size_t)snprintf(text, size, "[%sset%s,[", quote, quote);
	bool is_first = true;

	if (set && !(set & (set - 1))) {
		snprintf(text, size, "[%suuid%s,%s" UUID_B "%s]", quote, quote, quote,
			 (unsigned)__builtin_ctz(set), quote);
		return;
	}
	for (unsigned j = 0; j < N_B; j++) {
		if (!(set & 1u << j))
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s[%suuid%s,%s" UUID_B "%s]",
					is_first ? "" : ",", quote, quote, quote, j, quote);
		is_first = false;
	}
	snprintf(text + len, size - len, "]]");
}

static unsigned next_set(int next)
{
	return next == NONE ? 0 : 1u << next;
}

/* One operation: its JSON into `text`, its effect into the model. False: it fails. */
static bool operate_a(struct model *model, uint64_t *random, char *text, size_t size)
{
	unsigned i = random_below(random, N_A);
	struct a *row = &model->a[i];
	unsigned strong = (unsigned)(random_u64(random) & random_u64(random)) % (1u << N_B);
	unsigned weak = (unsigned)(random_u64(random) & random_u64(random)) % (1u << N_B);
	int name = (int)random_below(random, N_NAMES);
	bool has_row = row->is_there;
	char strong_text[1024], weak_text[1024];
	bool is_insert = random_below(random, 2);

	print_set(strong_text, sizeof(strong_text), strong, "'");
	print_set(weak_text, sizeof(weak_text), weak, "'");
	if (!is_insert && !random_below(random, 3)) {
		snprintf(text, size,
			 "{'op':'delete','table':'A','where':[['_uuid','==',['uuid','" UUID_A
			 "']]]}",
			 i);
		*row = (struct a){.was_there = row->was_there};
		return true;
	}
	if (is_insert)
		snprintf(text, size,
			 "{'op':'insert','table':'A','uuid':'" UUID_A
			 "','row':{'name':'%d','b':%s,'w':%s}}",
			 i, name, strong_text, weak_text);
	else
		snprintf(text, size,
			 "{'op':'update','table':'A','where':[['_uuid','==',['uuid','" UUID_A
			 "']]],'row':{'name':'%d','b':%s,'w':%s}}",
			 i, name, strong_text, weak_text);
	if (is_insert && (has_row || row->was_there))
		return false;
	if (is_insert || has_row)
		*row = (struct a){.is_there = true,
				  .was_there = row->was_there,
				  .name = name,
				  .strong = strong,
				  .weak = weak};
	return true;
}

static bool operate_b(struct model *model, uint64_t *random, char *text, size_t size)
{
	unsigned i = random_below(random, N_B);
	struct b *row = &model->b[i];
	int next = (int)random_below(random, 2 * N_B);
	bool has_row = row->is_there;
	unsigned kind = random_below(random, 6);
	char next_text[128];

	next = next < N_B ? next : NONE;
	print_set(next_text, sizeof(next_text), next_set(next), "'");
	if (kind == 0) {
		snprintf(text, size,
			 "{'op':'delete','table':'B','where':[['_uuid','==',['uuid','" UUID_B
			 "']]]}",
			 i);
		*row = (struct b){.was_there = row->was_there, .next = NONE};
		return true;
	}
	if (kind < 4)
		snprintf(text, size,
			 "{'op':'insert','table':'B','uuid':'" UUID_B "','row':{'next':%s}}", i,
			 next_text);
	else
		snprintf(text, size,
			 "{'op':'update','table':'B','where':[['_uuid','==',['uuid','" UUID_B
			 "']]],'row':{'next':%s}}",
			 i, next_text);
	if (kind < 4 && (has_row || row->was_there))
		return false;
	if (kind < 4 || has_row)
		*row = (struct b){.is_there = true, .was_there = row->was_there, .next = next};
	return true;
}

static unsigned b_rows(const struct model *model)
{
	unsigned set = 0;

	for (unsigned j = 0; j < N_B; j++)
		set |= (unsigned)model->b[j].is_there << j;
	return set;
}

/* The B rows that some other row holds. */
static unsigned held(const struct model *model)
{
	unsigned set = 0;

	for (unsigned i = 0; i < N_A; i++)
		set |= model->a[i].is_there ? model->a[i].strong : 0;
	for (int j = 0; j < N_B; j++)
		if (model->b[j].is_there && model->b[j].next != j)
			set |= next_set(model->b[j].next);
	return set;
}

static bool names_differ(const struct model *model)
{
	for (unsigned i = 0; i < N_A; i++)
		for (unsigned j = 0; j < i; j++)
			if (model->a[i].is_there && model->a[j].is_there &&
			    model->a[i].name == model->a[j].name)
				return false;
	return true;
}

/* What a commit makes of the tables. False: it fails. */
static bool commit(struct model *model)
{
	unsigned garbage;

	if (held(model) & ~b_rows(model))
		return false;
	while ((garbage = b_rows(model) & ~held(model)))
		model->b[__builtin_ctz(garbage)] = (struct b){.next = NONE};
	for (unsigned i = 0; i < N_A; i++) {
		model->a[i].weak &= b_rows(model);
		model->a[i].was_there = model->a[i].is_there;
	}
	for (unsigned j = 0; j < N_B; j++)
		model->b[j].was_there = model->b[j].is_there;
	return names_differ(model);
}

static void assert_same(struct db_client *client, const struct model *model)
{
	char wanted[4096], strong[1024], weak[1024];

	for (unsigned i = 0; i < N_A; i++) {
		print_set(strong, sizeof(strong), model->a[i].strong, "\"");
		print_set(weak, sizeof(weak), model->a[i].weak, "\"");
		strcpy(wanted, "[{\"rows\":[]}]");
		if (model->a[i].is_there)
			snprintf(wanted, sizeof(wanted),
				 "[{\"rows\":[{\"name\":\"%d\",\"b\":%s,\"w\":%s}]}]",
				 model->a[i].name, strong, weak);
		assert_string_equal(
			client_transact(client,
					"{'op':'select','table':'A','where':[['_uuid','==',"
					"['uuid','" UUID_A "']]],'columns':['name','b','w']}",
					i),
			wanted);
	}
	for (unsigned j = 0; j < N_B; j++) {
		print_set(strong, sizeof(strong), next_set(model->b[j].next), "\"");
		strcpy(wanted, "[{\"rows\":[]}]");
		if (model->b[j].is_there)
			snprintf(wanted, sizeof(wanted), "[{\"rows\":[{\"next\":%s}]}]", strong);
		assert_string_equal(client_transact(client,
						    "{'op':'select','table':'B','where':"
						    "[['_uuid','==',['uuid','" UUID_B
						    "']]],'columns':['next']}",
						    j),
				    wanted);
	}
}

/* A random transaction on both. Returns whether it was committed. */
static bool step(struct db_client *client, struct model *model, uint64_t *random)
{
	unsigned n = 1 + random_below(random, 6);
	struct model next = *model;
	char operations[16384] = "";
	bool is_good = true;
	bool is_error;

	for (unsigned i = 0; i < n; i++) {
		char text[2600];
		bool is_a = random_below(random, 3) == 0;

		/* What comes after a failure is sent too: it must not matter. */
		is_good &= is_a ? operate_a(&next, random, text, sizeof(text))
				: operate_b(&next, random, text, sizeof(text));
		if (i)
			strcat(operations, ",");
		strcat(operations, text);
	}
	is_good = is_good && commit(&next);
	is_error = !strncmp(client_transact(client, "%s", operations), "error", 5);
	if (is_error == is_good)
		fail_msg("%s, but the model says it is %s: %s", client_answer(client),
			 is_good ? "good" : "bad", operations);
	if (is_good)
		*model = next;
	return is_good;
}

static void test_database_is_like_the_model(void **state)
{
	struct model model = {0};
	struct db_client client;
	unsigned n_committed = 0;
	uint64_t random;

	random_init(&random);
	for (unsigned j = 0; j < N_B; j++)
		model.b[j].next = NONE;
	client_open(&client, client_schema, NULL);
	for (unsigned i = 0; i < N_TRANSACTIONS; i++) {
		n_committed += step(&client, &model, &random);
		assert_same(&client, &model);
	}
	printf("%u of %u transactions were committed\n", n_committed, N_TRANSACTIONS);
	assert_true(n_committed > N_TRANSACTIONS / 20);
	client_close(&client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_database_is_like_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
