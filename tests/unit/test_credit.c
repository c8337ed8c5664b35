#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "../bpf/abi.h"
#include "base/hash.h"
#include "flow/action.h"
#include "flow/credit.h"
#include "support/random.h"

#define N_TALLIES 64
#define N_WORKERS 3
#define N_HELD    16
#define N_STEPS   200000

static struct credit_book *book;
static unsigned n_gone;
static struct kernel_count seen; /* of the kernel's entry 17 */
static struct tally a, b;        /* credits have them until teardown */

static void gone(struct tally *tally)
{
	__atomic_fetch_add(&n_gone, 1, __ATOMIC_RELAXED);
}

static struct tally tally_begin(void)
{
	return (struct tally){.gone = gone, .n_refs = 1};
}

static int setup(void **state)
{
	n_gone = 0;
	a = b = tally_begin();
	seen = (struct kernel_count){0};
	return credit_book_new(&book, NULL);
}

static int teardown(void **state)
{
	credit_book_free(&book);
	assert_null(book);
	return 0;
}

static struct credit *credit_of(struct tally *first, struct tally *second)
{
	struct credit_list list = {.n = 0};

	credit_list_add(&list, first);
	if (second)
		credit_list_add(&list, second);
	return credit_new(book, &list);
}

/* The entry has counted so much by now. */
static void move(const struct credit *credit, uint64_t n_packets, uint64_t n_bytes, uint64_t now)
{
	const struct credit_source source = {.number = 17, .seen = &seen};
	const struct kernel_count count = {n_packets, n_bytes};

	credit_book_lock(book);
	credit_move(book, credit->tally, credit->n_tallies, &source, &count, now);
	credit_book_unlock(book);
}

static void all_tallies_of_a_credit_count(void **state)
{
	struct credit *credit = credit_of(&a, &b), *other = credit_of(&b, NULL);

	credit_count(credit, 2, 120, 7);
	credit_count(other, 1, 60, 5);
	credit_harvest(book);
	credit_harvest(book);
	assert_int_equal(a.n_packets, 2);
	assert_int_equal(a.n_bytes, 120);
	assert_int_equal(a.used_at, 7);
	assert_int_equal(b.n_packets, 3);
	assert_int_equal(b.n_bytes, 180);
	assert_int_equal(b.used_at, 7);
	credit_put(&credit);
	credit_put(&other);
}

static void what_was_counted_last_is_not_lost(void **state)
{
	struct credit *credit = credit_of(&a, NULL), *again = credit_get(credit);

	credit_put(&credit);
	assert_null(credit);
	credit_harvest(book);
	credit_count(again, 1, 60, 1);
	credit_put(&again);
	assert_int_equal(credit_book_n_credits(book), 1);
	credit_harvest(book);
	assert_int_equal(credit_book_n_credits(book), 0);
	assert_int_equal(a.n_packets, 1);
}

static void a_tally_stays_while_a_credit_has_it(void **state)
{
	struct credit *credit = credit_of(&a, NULL);

	tally_put(&a);
	assert_int_equal(n_gone, 0);
	credit_put(&credit);
	assert_int_equal(n_gone, 0);
	credit_harvest(book);
	assert_int_equal(n_gone, 1);
}

static void the_kernel_s_packets_are_there_at_once(void **state)
{
	struct credit *credit = credit_of(&a, NULL);

	move(credit, 5, 300, 9);
	move(credit, 6, 360, 8);
	assert_int_equal(a.n_packets, 6);
	assert_int_equal(a.n_bytes, 360);
	assert_int_equal(a.used_at, 9);
	credit_put(&credit);
}

static void a_list_is_full_at_some_point(void **state)
{
	struct credit_list list = {.n = 0};

	for (unsigned i = 0; i < CREDIT_TALLIES_MAX; i++)
		assert_true(credit_list_add(&list, &a));
	assert_false(credit_list_add(&list, &a));
}

static void lists_with_other_credits_are_others(void **state)
{
	const struct flow_op op = flow_op_output(3);
	struct credit_list one = {.n = 1, .tally = {&a}}, two = {.n = 2, .tally = {&a, &b}};
	struct flow_actions *none, *of_one, *of_two, *same;
	struct action_table *table;

	assert_int_equal(action_table_new(&table, book), 0);
	assert_int_equal(actions_get(table, &op, 1, NULL, &none), 0);
	assert_int_equal(actions_get(table, &op, 1, &one, &of_one), 0);
	assert_int_equal(actions_get(table, &op, 1, &two, &of_two), 0);
	assert_int_equal(actions_get(table, &op, 1, &one, &same), 0);
	assert_null(none->credit);
	assert_ptr_not_equal(of_one, of_two);
	assert_ptr_equal(of_one, same);
	credit_count(of_one->credit, 1, 60, 1);
	actions_put(table, &of_one);
	actions_put(table, &same);
	credit_harvest(book);
	assert_int_equal(a.n_packets, 1);
	assert_int_equal(credit_book_n_credits(book), 1);
	action_table_free(&table);
}

/* ---- threads: workers make, count and drop credits while somebody harvests ---- */

static struct tally tallies[N_TALLIES];
static bool is_over;

struct counter_thread {
	pthread_t thread;
	uint64_t random;
	uint64_t n[N_TALLIES]; /* packets */
	struct credit *held[N_HELD];
};

static void step(struct counter_thread *counter)
{
	struct credit **place = &counter->held[random_below(&counter->random, N_HELD)];
	uint32_t n = (uint32_t)random_below(&counter->random, 4);

	if (!*place) {
		struct credit_list list = {.n = 0};

		for (uint64_t i = 1 + random_below(&counter->random, 3); i; i--)
			credit_list_add(&list, &tallies[random_below(&counter->random, N_TALLIES)]);
		*place = credit_new(book, &list);
	}
	credit_count(*place, n, 100 * n, 1);
	for (uint32_t i = 0; i < (*place)->n_tallies; i++)
		counter->n[(*place)->tally[i] - tallies] += n;
	if (!random_below(&counter->random, 8))
		credit_put(place);
}

static void *count(void *arg)
{
	struct counter_thread *counter = arg;

	for (unsigned i = 0; i < N_STEPS; i++)
		step(counter);
	for (unsigned i = 0; i < N_HELD; i++)
		credit_put(&counter->held[i]);
	return NULL;
}

static void *harvest(void *arg)
{
	while (!__atomic_load_n(&is_over, __ATOMIC_ACQUIRE))
		credit_harvest(book);
	return NULL;
}

static void no_packet_is_lost_or_counted_twice(void **state)
{
	static struct counter_thread counters[N_WORKERS];
	pthread_t harvester;
	uint64_t seed;

	random_init(&seed);
	for (unsigned i = 0; i < N_TALLIES; i++)
		tallies[i] = tally_begin();
	pthread_create(&harvester, NULL, harvest, NULL);
	for (unsigned i = 0; i < N_WORKERS; i++) {
		counters[i].random = seed + i;
		pthread_create(&counters[i].thread, NULL, count, &counters[i]);
	}
	for (unsigned i = 0; i < N_WORKERS; i++)
		pthread_join(counters[i].thread, NULL);
	__atomic_store_n(&is_over, true, __ATOMIC_RELEASE);
	pthread_join(harvester, NULL);
	credit_harvest(book);
	assert_int_equal(credit_book_n_credits(book), 0);
	for (unsigned t = 0; t < N_TALLIES; t++) {
		uint64_t n = 0;

		for (unsigned i = 0; i < N_WORKERS; i++)
			n += counters[i].n[t];
		assert_int_equal(tallies[t].n_packets, n);
		assert_int_equal(tallies[t].n_bytes, 100 * n);
		assert_int_equal(tallies[t].n_refs, 1);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_tallies_of_a_credit_count),
		TEST(what_was_counted_last_is_not_lost),
		TEST(a_tally_stays_while_a_credit_has_it),
		TEST(the_kernel_s_packets_are_there_at_once),
		TEST(a_list_is_full_at_some_point),
		TEST(lists_with_other_credits_are_others),
		TEST(no_packet_is_lost_or_counted_twice),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
