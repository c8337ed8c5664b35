#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "support/flows.h"
#include "support/random.h"
#include "support/rig.h"
#include "switch/bridge.h"
#include "switch/flow_cursor.h"
#include "switch/flows.h"

static struct rig rig;
static uint64_t seed;

static int setup(void **state)
{
	rig_init(&rig, &RIG_BRIDGE);
	flows_do(rig.bridge, FLOW_DELETE, "");
	return 0;
}

static int teardown(void **state)
{
	rig_fini(&rig);
	return 0;
}

static struct flow_cursor *cursor_on(struct bridge *bridge, const char *filter)
{
	struct flow_mod mod = flow_of(FLOW_DELETE, filter);
	struct flow_cursor *cursor = NULL;

	assert_int_equal(flow_cursor_new(&cursor, bridge, &mod), 0);
	flow_mod_fini(&mod);
	return cursor;
}

/* What visits see: the flows' cookies, one behind the other; `left` flows are taken. */
struct seen {
	char text[4096];
	unsigned left;
};

static int see(const struct flow_row *row, void *ctx)
{
	struct seen *seen = ctx;
	size_t len = strlen(seen->text);

	if (!seen->left)
		return 1;
	seen->left--;
	snprintf(seen->text + len, sizeof(seen->text) - len, " %u", (unsigned)row->flow->cookie);
	return 0;
}

static void expect_next(struct flow_cursor *cursor, unsigned n, int rc, const char *text)
{
	struct seen seen = {.left = n};

	assert_int_equal(flow_cursor_next(cursor, see, &seen), rc);
	assert_string_equal(seen.text, text);
}

static void add(const char *text)
{
	flows_add(rig.bridge, text);
}

static void it_goes_on_where_it_stopped(void **state)
{
	struct flow_cursor *cursor;

	add("priority=1,cookie=3,actions=drop");
	add("priority=9,cookie=1,actions=drop");
	add("priority=5,cookie=2,actions=drop");
	add("table=1,cookie=4,actions=drop");
	cursor = cursor_on(rig.bridge, "");
	expect_next(cursor, 1, 1, " 1");
	expect_next(cursor, 0, 1, "");
	expect_next(cursor, 2, 1, " 2 3");
	expect_next(cursor, 5, 0, " 4");
	expect_next(cursor, 5, 0, "");
	assert_false(flow_cursor_is_torn(cursor));
	flow_cursor_free(&cursor);
}

static void a_filter_chooses(void **state)
{
	struct flow_cursor *cursor;

	add("priority=9,cookie=1,in_port=1,actions=drop");
	add("priority=5,cookie=2,in_port=2,actions=drop");
	cursor = cursor_on(rig.bridge, "in_port=2");
	expect_next(cursor, 5, 0, " 2");
	flow_cursor_free(&cursor);
}

static void removed_ones_are_left_out(void **state)
{
	struct flow_cursor *cursor, *other;

	add("priority=9,cookie=1,in_port=1,actions=drop");
	add("priority=8,cookie=2,in_port=2,actions=drop");
	add("priority=7,cookie=3,in_port=3,actions=drop");
	cursor = cursor_on(rig.bridge, "");
	other = cursor_on(rig.bridge, "");
	expect_next(cursor, 1, 1, " 1");
	flows_do(rig.bridge, FLOW_DELETE, "in_port=2");
	add("priority=6,cookie=4,in_port=4,actions=drop");
	expect_next(cursor, 5, 0, " 3");
	expect_next(other, 5, 0, " 1 3");
	assert_true(flow_cursor_is_torn(cursor));
	flow_cursor_free(&cursor);
	flow_cursor_free(&other);
}

static void changed_ones_are_seen_as_they_are(void **state)
{
	struct flow_cursor *cursor;

	add("priority=9,cookie=1,in_port=1,actions=drop");
	add("priority=8,cookie=2,in_port=2,actions=drop");
	cursor = cursor_on(rig.bridge, "");
	flows_do(rig.bridge, FLOW_MODIFY, "in_port=2,cookie=5,actions=output:1");
	flows_do(rig.bridge, FLOW_MODIFY, "in_port=2,cookie=6,actions=output:2");
	expect_next(cursor, 5, 0, " 1 6");
	flow_cursor_free(&cursor);
}

static void it_outlives_its_bridge(void **state)
{
	struct bridge *bridge;
	struct flow_cursor *cursor;

	assert_int_equal(bridge_add(rig.sw, "other", &RIG_BRIDGE, &bridge, NULL), 0);
	cursor = cursor_on(bridge, "");
	bridge_del(&bridge);
	expect_next(cursor, 5, -ENODEV, "");
	assert_true(flow_cursor_is_torn(cursor));
	flow_cursor_free(&cursor);
}

/* Against a table of which flows there are: whatever comes and goes, a cursor sees each flow once that
 * was there all the time, and none that is gone. */
#define N_FLOWS 60

struct check {
	bool is_there[N_FLOWS], was_touched[N_FLOWS], is_seen[N_FLOWS];
	unsigned left;
};

static int see_random(const struct flow_row *row, void *ctx)
{
	struct check *check = ctx;
	unsigned i = (unsigned)row->flow->cookie;

	if (!check->left)
		return 1;
	check->left--;
	assert_true(check->is_there[i]);
	assert_false(check->is_seen[i]);
	check->is_seen[i] = true;
	return 0;
}

static void change_one(struct check *check)
{
	unsigned i = random_below(&seed, N_FLOWS);
	char text[128];

	if (check->is_there[i] && random_below(&seed, 2)) {
		snprintf(text, sizeof(text), "in_port=%u", i + 1);
		flows_do(rig.bridge, FLOW_DELETE, text);
		check->is_there[i] = false;
		check->was_touched[i] = true;
	} else if (check->is_there[i]) {
		snprintf(text, sizeof(text), "in_port=%u,actions=output:%u", i + 1,
			 random_below(&seed, 100) + 1);
		flows_do(rig.bridge, FLOW_MODIFY, text);
	} else {
		snprintf(text, sizeof(text), "priority=%u,cookie=%u,in_port=%u,actions=drop", i % 7,
			 i, i + 1);
		add(text);
		check->is_there[i] = true;
		check->was_touched[i] = true;
	}
}

static void random_changes_meanwhile(void **state)
{
	for (unsigned turn = 0; turn < 300; turn++) {
		struct check check = {.left = 0};
		struct flow_cursor *cursor;
		bool begin[N_FLOWS];
		int rc;

		flows_do(rig.bridge, FLOW_DELETE, "");
		for (unsigned i = 0; i < 100; i++)
			change_one(&check);
		memset(check.was_touched, 0, sizeof(check.was_touched));
		memcpy(begin, check.is_there, sizeof(begin));
		cursor = cursor_on(rig.bridge, "");
		do {
			for (unsigned i = random_below(&seed, 4); i; i--)
				change_one(&check);
			check.left = random_below(&seed, 9);
			rc = flow_cursor_next(cursor, see_random, &check);
		} while (rc);
		for (unsigned i = 0; i < N_FLOWS; i++)
			if (begin[i] && check.is_there[i] && !check.was_touched[i])
				assert_true(check.is_seen[i]);
		flow_cursor_free(&cursor);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_goes_on_where_it_stopped), TEST(a_filter_chooses),
		TEST(removed_ones_are_left_out),   TEST(changed_ones_are_seen_as_they_are),
		TEST(it_outlives_its_bridge),      TEST(random_changes_meanwhile),
	};

	hash_init();
	random_init(&seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
