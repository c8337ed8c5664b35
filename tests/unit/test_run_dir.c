#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/openflow_sockets.h"
#include "base/err.h"
#include "base/own.h"
#include "control/run_dir.h"

struct fixture {
	char path[PATH_MAX];
	char pidfile[PATH_MAX + 16];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *tmp = getenv("TMPDIR");

	snprintf(f->path, sizeof(f->path), "%s/shunt-run-dir-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(f->path));
	snprintf(f->pidfile, sizeof(f->pidfile), "%s/switchd.pid", f->path);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rmdir(f->path), 0); /* nothing is left in it */
	free(f);
	return 0;
}

static void assert_is_in_use(const struct fixture *f)
{
	struct run_dir *second = NULL;
	struct err err = ERR_INIT;
	char pid[16];

	snprintf(pid, sizeof(pid), "pid %d", getpid());
	assert_int_equal(run_dir_new(&second, f->path, NULL, &err), -EBUSY);
	assert_non_null(strstr(err.text, f->path));
	assert_non_null(strstr(err.text, pid));
}

static void test_second_one_is_refused(void **state)
{
	struct fixture *f = *state;
	own(run_dir_free) struct run_dir *dir = NULL;

	assert_int_equal(run_dir_new(&dir, f->path, NULL, NULL), 0);
	assert_is_in_use(f);
	run_dir_free(&dir);
	assert_int_equal(run_dir_new(&dir, f->path, NULL, NULL), 0);
}

static void test_pidfile_may_be_the_lock_file(void **state)
{
	struct fixture *f = *state;
	own(run_dir_free) struct run_dir *dir = NULL;

	assert_int_equal(run_dir_new(&dir, f->path, f->pidfile, NULL), 0);
	assert_is_in_use(f);
}

static void test_what_a_killed_daemon_left_is_removed(void **state)
{
	static const char *const names[] = {"state",    "counts",    "db.sock",
					    "br0.mgmt", "br0.snoop", "switchd.pid"};
	struct fixture *f = *state;
	own(run_dir_free) struct run_dir *dir = NULL;
	char path[PATH_MAX + 16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->path, names[i]);
		fclose(fopen(path, "w"));
	}
	assert_int_equal(run_dir_new(&dir, f->path, NULL, NULL), 0);
	assert_int_equal(run_dir_clean(f->path, NULL), 0); /* it is in use */
	assert_int_equal(access(run_dir_file(dir, "state"), F_OK), 0);
	run_dir_free(&dir);
	assert_int_equal(run_dir_clean(f->path, NULL), 0);
	assert_int_equal(run_dir_clean("/nowhere", NULL), 0);
}

static void test_sockets_of_bridges_are_known_by_their_end(void **state)
{
	assert_true(openflow_socket_is_of_bridge("br0.mgmt"));
	assert_true(openflow_socket_is_of_bridge("br.mgmt.0.snoop"));
	assert_false(openflow_socket_is_of_bridge("br0.mgmt.old"));
	assert_false(openflow_socket_is_of_bridge("ovs-vswitchd.7.ctl"));
	assert_false(openflow_socket_is_of_bridge("snoop"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_second_one_is_refused),
		TEST(test_pidfile_may_be_the_lock_file),
		TEST(test_what_a_killed_daemon_left_is_removed),
		TEST(test_sockets_of_bridges_are_known_by_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
