#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "base/rcu.h"
#include "base/retire.h"

struct thing {
	struct retired retired;
	unsigned n_gone;
	struct thing *next; /* to retire in its turn */
};

static void thing_gone(struct retired *item, void *ctx)
{
	struct thing *thing = (struct thing *)item;

	thing->n_gone++;
	if (thing->next)
		retire(*(struct retire_list **)ctx, &thing->next->retired, thing_gone);
}

/* Time enough for a grace period, most of the time. */
static void rest_a_while(void)
{
	const struct timespec pause = {.tv_nsec = 30000000};

	rcu_sleep_begin();
	nanosleep(&pause, NULL);
	rcu_sleep_end();
}

static void nothing_goes_while_a_reader_may_look(void **state)
{
	struct retire_list *list = NULL;
	struct thing thing = {0};

	assert_int_equal(retire_list_new(&list, &list), 0);
	retire(list, &thing.retired, thing_gone);
	assert_int_equal(retire_poll(list), 1); /* this thread is a reader, and has not rested */
	assert_int_equal(thing.n_gone, 0);
	retire_wait(list);
	assert_int_equal(thing.n_gone, 1);
	retire_list_free(&list);
	assert_int_equal(thing.n_gone, 1);
}

static void retiring_calls_nothing(void **state)
{
	struct retire_list *list = NULL;
	struct thing first = {0}, second = {0};

	assert_int_equal(retire_list_new(&list, &list), 0);
	retire(list, &first.retired, thing_gone);
	rest_a_while();
	retire(list, &second.retired, thing_gone);
	assert_int_equal(first.n_gone, 0);
	retire_wait(list);
	assert_int_equal(first.n_gone + second.n_gone, 2);
	retire_list_free(&list);
}

static void what_goes_may_retire_more(void **state)
{
	struct retire_list *list = NULL;
	struct thing last = {0}, first = {.next = &last};

	assert_int_equal(retire_list_new(&list, &list), 0);
	retire(list, &first.retired, thing_gone);
	retire_list_free(&list);
	assert_null(list);
	assert_int_equal(first.n_gone, 1);
	assert_int_equal(last.n_gone, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_goes_while_a_reader_may_look),
		cmocka_unit_test(retiring_calls_nothing),
		cmocka_unit_test(what_goes_may_retire_more),
	};
	int r;

	rcu_reader_begin();
	r = cmocka_run_group_tests(tests, NULL, NULL);
	rcu_reader_end();
	return r;
}
