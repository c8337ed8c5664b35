/* What is written of the switch for the next daemon, while it changes. */
#include <errno.h>
#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "control/state_file.h"
#include "control/state_lines.h"
#include "support/flows.h"
#include "support/house.h"
#include "switch/flows.h"
#include "switch/vswitch.h"

#define N_FLOWS 20000 /* more than is written at a time */

static char folder[] = "/tmp/test_state_file.XXXXXX";
static char path[64], new_path[80];
static struct bridge *bridge;

static int setup(void **state)
{
	int rc = house_setup(state);

	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	if (rc || !mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/state", folder);
	snprintf(new_path, sizeof(new_path), "%s.new", path);
	house_configure(
		*state,
		"{\"op\":\"insert\",\"table\":\"Bridge\",\"uuid-name\":\"b\",\"row\":{"
		"\"name\":\"br0\"}},{\"op\":\"mutate\",\"table\":\"Open_vSwitch\",\"where\":[],"
		"\"mutations\":[[\"bridges\",\"insert\",[\"named-uuid\",\"b\"]]]}");
	bridge = bridge_lookup(((struct house *)*state)->sw, "br0");
	assert_non_null(bridge);
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	unlink(new_path);
	rmdir(folder);
	return house_teardown(state);
}

static void add_flows(void)
{
	struct flow_mod *mods = calloc(N_FLOWS, sizeof(*mods));

	assert_non_null(mods);
	flows_do(bridge, FLOW_DELETE, "");
	for (unsigned i = 0; i < N_FLOWS; i++) {
		char text[64];

		snprintf(text, sizeof(text), "priority=%u,actions=normal", i);
		mods[i] = flow_of(FLOW_ADD, text);
	}
	assert_int_equal(bridge_flow_mods(bridge, mods, N_FLOWS, NULL, NULL), 0);
	for (unsigned i = 0; i < N_FLOWS; i++)
		flow_mod_fini(&mods[i]);
	free(mods);
}

static bool is_begun(void)
{
	struct stat info;

	return !stat(new_path, &info) && info.st_size > 0;
}

static bool is_there(void)
{
	return !access(path, F_OK);
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static void a_change_of_many_flows_is_in_it_or_not(void **state)
{
	struct house *house = *state;
	own(state_file_free) struct state_file *file = NULL;
	own(mem_free) char *text = NULL;
	size_t size;

	add_flows();
	assert_int_equal(state_file_new(&file, path, house->base, house->sw), 0);
	state_file_read(file);
	while (!is_begun())
		event_base_loop(house->base, EVLOOP_ONCE);
	assert_false(is_there());
	flows_do(bridge, FLOW_MODIFY, "actions=drop");
	while (!is_there())
		event_base_loop(house->base, EVLOOP_ONCE);
	assert_int_equal(state_load(path, &text, &size), 0);
	assert_int_equal(count(text, "\nflow "), N_FLOWS);
	assert_int_equal(count(text, "actions=NORMAL\n"), 0);
	assert_int_equal(count(text, "actions=drop\n"), N_FLOWS);
}

static void change_two(void)
{
	struct flow_mod mods[] = {
		flow_of(FLOW_MODIFY_STRICT, "priority=5,actions=drop"),
		flow_of(FLOW_MODIFY_STRICT, "priority=6,actions=drop"),
	};

	assert_int_equal(bridge_flow_mods(bridge, mods, 2, NULL, NULL), 0);
	flow_mod_fini(&mods[0]);
	flow_mod_fini(&mods[1]);
}

/* One change after another does not keep it from being written. */
static void it_is_written_in_one_go_at_last(void **state)
{
	struct house *house = *state;
	own(state_file_free) struct state_file *file = NULL;

	add_flows();
	assert_int_equal(state_file_new(&file, path, house->base, house->sw), 0);
	state_file_read(file);
	while (!is_there()) {
		event_base_loop(house->base, EVLOOP_ONCE);
		if (!is_begun())
			continue;
		change_two();
	}
}

/* As on a disk that is full for a moment. */
static void room_again(int signal)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_FSIZE, &all);
}

static void one_with_a_hole_replaces_none(void **state)
{
	const struct rlimit little = {50000, RLIM_INFINITY};
	struct house *house = *state;
	own(state_file_free) struct state_file *file = NULL;
	own(mem_free) char *text = NULL;
	size_t size;

	add_flows();
	assert_int_equal(state_file_new(&file, path, house->base, house->sw), 0);
	assert_int_equal(state_file_write(file), 0);
	signal(SIGXFSZ, room_again);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	assert_int_equal(state_file_write(file), -EIO);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(state_load(path, &text, &size), 0);
	assert_int_equal(count(text, "\nflow "), N_FLOWS);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_change_of_many_flows_is_in_it_or_not),
		TEST(it_is_written_in_one_go_at_last),
		TEST(one_with_a_hole_replaces_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
