/* What flows have counted, after the daemon was killed: as if it were the same, to the packet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../bpf/abi.h"
#include "flow/credit.h"
#include "flow/ledger.h"

#define N_MANY 40000 /* more than two chunks */

static char folder[] = "/tmp/test_ledger.XXXXXX";
static char path[64];
static struct ledger *ledger;
static struct credit_book *book;
static struct ledger *corpses[4]; /* tests look at their rows */
static unsigned n_corpses;

static int group_setup(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/counts", folder);
	return 0;
}

static int group_teardown(void **state)
{
	return rmdir(folder);
}

static int setup(void **state)
{
	return ledger_open(&ledger, path) || credit_book_new(&book, ledger);
}

static int teardown(void **state)
{
	credit_book_free(&book);
	ledger_close(&ledger);
	while (n_corpses)
		ledger_close(&corpses[--n_corpses]);
	return access(path, F_OK) ? 0 : -1;
}

/* The daemon dies, and another one starts. */
static void killed(void)
{
	struct ledger *dead = ledger;

	credit_book_free(&book);
	assert_int_equal(ledger_open(&ledger, path), 0);
	assert_int_equal(credit_book_new(&book, ledger), 0);
	ledger_keep(dead);
	corpses[n_corpses++] = dead;
}

static void gone(struct tally *tally)
{
}

static struct tally tally_begin(void)
{
	return (struct tally){.gone = gone, .n_refs = 1, .row = ledger_add(ledger)};
}

static uint64_t restored(const struct ledger_row *past)
{
	struct tally tally = tally_begin();

	credit_restore(book, &tally, past);
	assert_int_equal(tally.row->n_packets, tally.n_packets);
	return tally.n_packets;
}

static void count(struct tally *first, struct tally *second, struct kernel_count *seen, uint64_t n)
{
	struct tally *const tallies[] = {first, second, first};
	const struct credit_source source = {.number = 5, .seen = seen};

	credit_book_lock(book);
	credit_move(book, tallies, 3, &source, &(struct kernel_count){n, 100 * n}, n);
	credit_book_unlock(book);
}

static void test_counts_are_there_after_a_kill(void **state)
{
	struct tally a = tally_begin(), b = tally_begin();
	struct ledger_row past = {.number = a.row->number};
	struct kernel_count seen = {0};

	count(&a, &b, &seen, 3);
	past.n_packets = a.n_packets; /* as in the state file */
	count(&a, &b, &seen, 10);
	killed();
	assert_int_equal(restored(&past), 20);
	assert_int_equal(restored(&(struct ledger_row){.number = b.row->number}), 10);
}

/* A row has one owner. */
static void test_a_row_is_claimed_once_and_before_it_is_settled(void **state)
{
	const struct ledger_row a = {.number = ledger_add(ledger)->number};
	const struct ledger_row b = {.number = ledger_add(ledger)->number};

	killed();
	assert_non_null(ledger_claim(ledger, a.number));
	assert_null(ledger_claim(ledger, a.number));
	assert_null(ledger_claim(ledger, 0));
	assert_null(ledger_claim(ledger, UINT64_MAX));
	ledger_settle(ledger);
	assert_null(ledger_claim(ledger, b.number));
}

/* Then what the state file says is the last that is known. */
static void test_a_row_that_was_given_back_is_another_s(void **state)
{
	struct ledger_row *row = ledger_add(ledger);
	const struct ledger_row past = {.number = row->number, .n_packets = 7};

	row->n_packets = 9;
	ledger_put(ledger, row);
	assert_ptr_equal(ledger_add(ledger), row);
	row->n_packets = 1000;
	assert_true(row->number != past.number);
	killed();
	assert_int_equal(restored(&past), 7);
}

static void test_what_nobody_claims_is_used_again(void **state)
{
	uint64_t last = 0;

	for (unsigned i = 0; i < N_MANY; i++)
		last = ledger_add(ledger)->number;
	for (unsigned turn = 0; turn < 3; turn++) {
		killed();
		ledger_settle(ledger);
		for (unsigned i = 0; i < N_MANY; i++) {
			const struct ledger_row *row = ledger_add(ledger);

			assert_true(row->number > last || row->number >> 24 > last >> 24);
			assert_int_equal(row->n_packets, 0);
			assert_in_range(row->number & 0xffffff, 0, 3 * 16384);
		}
	}
}

/* In the middle of moving: the tallies have it, and the entry is told so. */
static void test_a_kill_at_the_worst_moment(void **state)
{
	const struct ledger_mark mark = {.source = 5, .n_packets = 10, .n_bytes = 1000};
	struct tally a = tally_begin(), b = tally_begin();
	struct kernel_count seen = {0}, done;
	uint32_t number;

	count(&a, &b, &seen, 3);
	assert_false(credit_is_undone(book, &number, &done));
	ledger_note(ledger, a.row, &(struct ledger_row){.n_packets = 13});
	killed(); /* noted, but not committed: as if nothing had been */
	assert_false(credit_is_undone(book, &number, &done));
	a.row = ledger_claim(ledger, a.row->number);
	assert_int_equal(a.row->n_packets, 6);
	ledger_note(ledger, a.row, &(struct ledger_row){.n_packets = 13});
	ledger_commit(ledger, &mark);
	a.row->n_packets = 6; /* it had come but to here */
	killed();
	assert_true(credit_is_undone(book, &number, &done));
	assert_int_equal(number, 5);
	assert_int_equal(done.n_packets, 10);
	assert_int_equal(restored(&(struct ledger_row){.number = a.row->number}), 13);
	killed();
	assert_false(credit_is_undone(book, &number, &done));
}

/* Who was to write down what the mark says died, too. */
static void test_a_kill_at_the_worst_moment_twice(void **state)
{
	const struct ledger_mark mark = {.source = 5, .n_packets = 10, .n_bytes = 1000};
	struct tally a = tally_begin();
	struct kernel_count done;
	uint32_t number;

	ledger_note(ledger, a.row, &(struct ledger_row){.n_packets = 13});
	ledger_commit(ledger, &mark);
	killed();
	killed();
	assert_true(credit_is_undone(book, &number, &done));
	assert_int_equal(number, 5);
	assert_int_equal(done.n_packets, 10);
	credit_undone_done(book);
	killed();
	assert_false(credit_is_undone(book, &number, &done));
	assert_int_equal(restored(&(struct ledger_row){.number = a.row->number}), 13);
}

static void test_any_other_file_is_replaced(void **state)
{
	static const char *const texts[] = {"", "shunt-counts 1\n", "shunt-counts 0\n", "\177ELF"};

	for (unsigned i = 0; i < 4; i++) {
		FILE *file;

		credit_book_free(&book);
		ledger_close(&ledger);
		file = fopen(path, "w");
		assert_non_null(file);
		fputs(texts[i], file);
		if (i == 2)
			assert_int_equal(ftruncate(fileno(file), 1 << 20), 0);
		fclose(file);
		assert_int_equal(ledger_open(&ledger, path), 0);
		assert_int_equal(credit_book_new(&book, ledger), 0);
		assert_int_equal(ledger_add(ledger)->n_packets, 0);
	}
}

/* Of the right size and name, but full of anything: no row is outside, and no row is had twice. */
static void test_garbage_is_no_danger(void **state)
{
	struct ledger_row *row = ledger_add(ledger), *before = NULL;
	struct kernel_count done;
	uint32_t number;
	FILE *file = fopen(path, "r+");

	assert_non_null(file);
	fseek(file, 16, SEEK_SET);
	for (unsigned i = 16; i < (512 << 10) + 16384 * sizeof(*row); i++)
		fputc(0xff, file);
	fclose(file);
	killed();
	assert_false(credit_is_undone(book, &number, &done));
	ledger_settle(ledger);
	for (unsigned i = 0; i < N_MANY; i++) {
		row = ledger_add(ledger);
		assert_non_null(row);
		assert_true(row != before);
		before = row;
	}
}

static void test_nothing_is_given_back_at_the_end(void **state)
{
	struct ledger_row *row = ledger_add(ledger);
	const struct ledger_row past = {.number = row->number};

	row->n_packets = 4;
	ledger_keep(ledger);
	ledger_put(ledger, row);
	killed();
	assert_int_equal(restored(&past), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counts_are_there_after_a_kill, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_row_is_claimed_once_and_before_it_is_settled,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_row_that_was_given_back_is_another_s, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_what_nobody_claims_is_used_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_kill_at_the_worst_moment, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_kill_at_the_worst_moment_twice, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_any_other_file_is_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_garbage_is_no_danger, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_is_given_back_at_the_end, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
