#include <errno.h>
#include <fcntl.h>
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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "support/db_client.h"

#define N_ROWS 6

struct folder {
	char path[64];
	char file[96];
};

static int setup(void **state)
{
	static struct folder folder;

	strcpy(folder.path, "/tmp/shunt-log-XXXXXX");
	assert_non_null(mkdtemp(folder.path));
	snprintf(folder.file, sizeof(folder.file), "%s/conf.db", folder.path);
	*state = &folder;
	return 0;
}

static int teardown(void **state)
{
	const struct folder *folder = *state;
	char path[128];

	unlink(folder->file);
	snprintf(path, sizeof(path), "%s/.conf.db.~lock~", folder->path);
	unlink(path);
	snprintf(path, sizeof(path), "%s.new", folder->file);
	unlink(path);
	return rmdir(folder->path);
}

static unsigned n_synced;

int fdatasync(int fd)
{
	n_synced++;
	return fsync(fd);
}

#define INSERT "{'op':'insert','table':'A','row':{'name':'row %u','s':['set',[-1,%u]],'t':3}}"

static void insert(struct db_client *client, unsigned i)
{
	const char *answer =
		client_transact(client, INSERT ",{'op':'commit','durable':true}", i, i);

	assert_null(strstr(answer, "error"));
}

/* It need not be on disk yet. */
static void insert_lightly(struct db_client *client, unsigned i)
{
	assert_null(strstr(client_transact(client, INSERT, i, i), "error"));
}

static uint64_t n_rows(struct db_client *client)
{
	return database_n_rows(db_server_lookup(client->server, "T"), "A");
}

static char *read_file(const char *path, size_t *size)
{
	own(fd_close) int fd = open(path, O_RDONLY);
	struct stat status;
	char *data;

	assert_true(fd >= 0 && !fstat(fd, &status));
	*size = (size_t)status.st_size;
	data = malloc(*size + 1);
	assert_non_null(data);
	assert_int_equal(read(fd, data, *size), *size);
	return data;
}

static void write_file(const char *path, const char *data, size_t size)
{
	own(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
}

/* Makes a file with N_ROWS rows; ends[i] is where the records of i of them end. */
static char *make_file(const char *path, size_t ends[N_ROWS + 1])
{
	struct db_client client;
	const char *next;
	size_t size;
	char *data;

	client_open(&client, client_schema, path);
	for (unsigned i = 1; i <= N_ROWS; i++)
		insert(&client, i);
	client_close(&client);
	data = read_file(path, &size);
	next = data;
	for (unsigned i = 0; i < N_ROWS; i++) {
		next = memmem(next + 1, size - (size_t)(next + 1 - data), "OVSDB JSON ", 11);
		assert_non_null(next);
		ends[i] = (size_t)(next - data);
	}
	ends[N_ROWS] = size;
	return data;
}

static int open_file(const char *path, struct database **db, struct err *err)
{
	return database_open(db, path, NULL, err);
}

static void test_rows_are_there_again(void **state)
{
	const struct folder *folder = *state;
	struct db_client client;
	size_t ends[N_ROWS + 1];

	free(make_file(folder->file, ends));
	client_open(&client, client_schema, folder->file);
	assert_int_equal(n_rows(&client), N_ROWS);
	/* An ephemeral column is not. */
	assert_string_equal(client_transact(&client,
					    "{'op':'select','table':'A','where':"
					    "[['name','==','row 2']],'columns':['s','t']}"),
			    "[{\"rows\":[{\"s\":[\"set\",[-1,2]],\"t\":0}]}]");
	client_close(&client);
}

static void test_a_file_cut_anywhere_loses_only_what_was_torn(void **state)
{
	const struct folder *folder = *state;
	size_t ends[N_ROWS + 1];
	own(mem_free) char *data = make_file(folder->file, ends);
	unsigned i = 0;

	for (size_t size = ends[0]; size <= ends[N_ROWS]; size++) {
		struct database *db = NULL;
		struct err err = ERR_INIT;
		struct stat status;

		while (i < N_ROWS && ends[i + 1] <= size)
			i++;
		write_file(folder->file, data, size);
		assert_int_equal(open_file(folder->file, &db, &err), 0);
		assert_int_equal(database_n_rows(db, "A"), i);
		database_free(&db);
		assert_int_equal(stat(folder->file, &status), 0);
		assert_int_equal(status.st_size, ends[i]);
	}
}

static void test_a_byte_changed_anywhere_is_found(void **state)
{
	const struct folder *folder = *state;
	size_t ends[N_ROWS + 1];
	own(mem_free) char *data = make_file(folder->file, ends);
	size_t size = ends[N_ROWS];

	for (size_t at = 0; at < size; at++) {
		own(mem_free) char *after = NULL;
		struct database *db = NULL;
		struct err err = ERR_INIT;
		size_t after_size;
		int r;

		data[at] ^= 0x15;
		write_file(folder->file, data, size);
		r = open_file(folder->file, &db, &err);
		if (at < ends[N_ROWS - 1]) {
			/* Not at the end: refused, and the file is as it was. */
			assert_int_equal(r, -EBADMSG);
			assert_non_null(strstr(err.text, folder->file));
			after = read_file(folder->file, &after_size);
			assert_int_equal(after_size, size);
			assert_memory_equal(after, data, size);
		} else if (!r) {
			assert_int_equal(database_n_rows(db, "A"), N_ROWS - 1);
		}
		database_free(&db);
		data[at] ^= 0x15;
	}
}

/* What a crash may leave of a record that is written over the room for it: any part of it, and the rest of what was
 * there before. */
static void test_a_record_torn_within_the_room_is_cut(void **state)
{
	const struct folder *folder = *state;
	own(mem_free) char *before = NULL, *after = NULL, *mixed = NULL;
	struct db_client client;
	size_t size, size_after;

	client_open(&client, client_schema, folder->file);
	insert(&client, 1);
	insert(&client, 2);
	before = read_file(folder->file, &size);
	insert(&client, 3);
	after = read_file(folder->file, &size_after);
	client_close(&client);
	assert_int_equal(size, size_after);
	mixed = malloc(size);
	for (size_t at = 0; at <= size; at++) {
		if (at && at < size && before[at - 1] == after[at - 1])
			continue;
		for (unsigned is_head = 0; is_head < 2; is_head++) {
			struct database *db = NULL;
			struct err err = ERR_INIT;

			memcpy(mixed, is_head ? after : before, at);
			memcpy(mixed + at, (is_head ? before : after) + at, size - at);
			write_file(folder->file, mixed, size);
			assert_int_equal(open_file(folder->file, &db, &err), 0);
			assert_in_range(database_n_rows(db, "A"), 2, 3);
			database_free(&db);
		}
	}
}

/* Without power, what no fdatasync() followed reaches the disk in any order: a later record, and not the one before. */
static void test_what_the_disk_took_out_of_order_is_cut(void **state)
{
	const struct folder *folder = *state;
	own(mem_free) char *before = NULL, *after = NULL, *mixed = NULL;
	const char *durable;
	struct database *db = NULL;
	struct err err = ERR_INIT;
	struct db_client client;
	size_t size, size_after;

	client_open(&client, client_schema, folder->file);
	insert(&client, 1);
	insert(&client, 2);
	before = read_file(folder->file, &size);
	for (unsigned i = 3; i <= 5; i++)
		insert_lightly(&client, i);
	after = read_file(folder->file, &size_after);
	client_close(&client);
	assert_int_equal(size, size_after);
	mixed = malloc(size);
	for (size_t at = 1; at < size; at++) {
		if (before[at - 1] == after[at - 1])
			continue;
		memcpy(mixed, before, at);
		memcpy(mixed + at, after + at, size - at);
		write_file(folder->file, mixed, size);
		assert_int_equal(open_file(folder->file, &db, &err), 0);
		assert_in_range(database_n_rows(db, "A"), 2, 5);
		database_free(&db);
	}
	/* What was on disk for sure was not torn. */
	durable = memmem(after, size, "row 2", 5);
	after[durable - after] ^= 0x15;
	write_file(folder->file, after, size);
	assert_int_equal(open_file(folder->file, &db, &err), -EBADMSG);
}

static void test_another_schema_of_the_same_name_is_used(void **state)
{
	const struct folder *folder = *state;
	size_t ends[N_ROWS + 1];
	own(database_free) struct database *db = NULL;
	struct err err = ERR_INIT;

	free(make_file(folder->file, ends));
	assert_int_equal(database_open(&db, folder->file,
				       "{\"name\":\"T\",\"version\":\"2.0.0\",\"tables\":{}}",
				       &err),
			 0);
	assert_string_equal(database_version(db), "1.0.0");
	assert_int_equal(database_n_rows(db, "A"), N_ROWS);
}

static void test_another_database_is_refused(void **state)
{
	const struct folder *folder = *state;
	size_t ends[N_ROWS + 1];
	struct database *db = NULL;
	struct err err = ERR_INIT;

	free(make_file(folder->file, ends));
	assert_int_equal(database_open(&db, folder->file, switch_schema, &err), -EINVAL);
	assert_non_null(strstr(err.text, "database \"T\", not Open_vSwitch"));
	write_file(folder->file, "hello, world\n", 13);
	assert_int_equal(database_open(&db, folder->file, NULL, &err), -EBADMSG);
}

static void test_an_empty_file_becomes_a_database(void **state)
{
	const struct folder *folder = *state;
	struct db_client client;

	write_file(folder->file, "", 0);
	client_open(&client, client_schema, folder->file);
	insert(&client, 1);
	client_close(&client);
	client_open(&client, client_schema, folder->file);
	assert_int_equal(n_rows(&client), 1);
	client_close(&client);
}

static void test_a_file_has_one_writer(void **state)
{
	const struct folder *folder = *state;
	struct db_client client;
	struct database *db = NULL;
	struct err err = ERR_INIT;

	client_open(&client, client_schema, folder->file);
	assert_int_equal(database_open(&db, folder->file, NULL, &err), -EBUSY);
	client_close(&client);
	assert_int_equal(database_open(&db, folder->file, NULL, &err), 0);
	database_free(&db);
}

static void test_compaction_keeps_the_rows(void **state)
{
	const struct folder *folder = *state;
	size_t ends[N_ROWS + 1];
	struct db_client client;
	struct stat status;

	free(make_file(folder->file, ends));
	client_open(&client, client_schema, folder->file);
	for (unsigned i = 0; i < 50; i++)
		client_transact(&client, "{'op':'mutate','table':'A','where':[],"
					 "'mutations':[['s','+=',1]]}");
	assert_int_equal(database_compact(db_server_lookup(client.server, "T"), NULL), 0);
	assert_int_equal(stat(folder->file, &status), 0);
	assert_true((size_t)status.st_size < ends[N_ROWS] + 200);
	insert(&client, 99);
	client_close(&client);
	client_open(&client, client_schema, folder->file);
	assert_int_equal(n_rows(&client), N_ROWS + 1);
	assert_string_equal(client_transact(&client, "{'op':'select','table':'A','where':"
						     "[['name','==','row 2']],'columns':['s']}"),
			    "[{\"rows\":[{\"s\":[\"set\",[49,52]]}]}]");
	client_close(&client);
}

static void limit_file_size(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_a_write_that_fails_leaves_no_trace(void **state)
{
	const struct folder *folder = *state;
	struct db_client client;
	struct stat before, after;

	signal(SIGXFSZ, SIG_IGN);
	client_open(&client, client_schema, folder->file);
	insert(&client, 1);
	assert_int_equal(stat(folder->file, &before), 0);
	/* Room for a part of the next record. */
	limit_file_size((rlim_t)before.st_size + 20);
	assert_string_equal(client_transact(&client,
					    "{'op':'insert','table':'A','row':{'name':'%060000d'}}",
					    7),
			    "error: I/O error");
	limit_file_size(RLIM_INFINITY);
	assert_int_equal(n_rows(&client), 1);
	assert_int_equal(stat(folder->file, &after), 0);
	assert_in_range(after.st_size, 1, before.st_size);
	insert(&client, 2);
	client_close(&client);
	client_open(&client, client_schema, folder->file);
	assert_int_equal(n_rows(&client), 2);
	client_close(&client);
}

/* Commits rows for ever and says so on `fd`. */
static void commit_for_ever(const char *path, int fd)
{
	struct db_client client;

	client_open(&client, client_schema, path);
	for (unsigned i = (unsigned)n_rows(&client) + 1;; i++) {
		insert(&client, i);
		if (i % 7 == 0)
			database_compact(db_server_lookup(client.server, "T"), NULL);
		if (write(fd, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	}
}

/* One who asks for a durable commit may rest on what others have written. */
static void test_a_durable_commit_that_changes_nothing_syncs_what_was_there(void **state)
{
	static const char update[] =
		"{'op':'update','table':'A','where':[],'row':{'s':['set',[7]]}}";
	const struct folder *folder = *state;
	struct db_client client;

	client_open(&client, client_schema, folder->file);
	insert(&client, 1);
	n_synced = 0;
	client_transact(&client, "%s", update);
	assert_int_equal(n_synced, 0);
	client_transact(&client, "%s,{'op':'commit','durable':true}", update);
	assert_int_equal(n_synced, 1);
	client_transact(&client, "%s,{'op':'commit','durable':true}", update);
	assert_int_equal(n_synced, 1);
	client_close(&client);
}

static void test_what_was_committed_survives_kill(void **state)
{
	const struct folder *folder = *state;
	unsigned n_committed = 0;

	for (unsigned round = 0; round < 20; round++) {
		struct db_client client;
		unsigned i;
		int fds[2];
		pid_t pid;

		assert_int_equal(pipe(fds), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (!pid)
			commit_for_ever(folder->file, fds[1]);
		close(fds[1]);
		assert_int_equal(read(fds[0], &i, sizeof(i)), sizeof(i));
		n_committed = i;
		usleep(round * 777);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		while (read(fds[0], &i, sizeof(i)) == sizeof(i))
			n_committed = i;
		close(fds[0]);
		client_open(&client, client_schema, folder->file);
		/* One more may have been written but not told. */
		assert_in_range(n_rows(&client), n_committed, n_committed + 1);
		n_committed = (unsigned)n_rows(&client);
		client_close(&client);
	}
	assert_true(n_committed > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows_are_there_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_file_cut_anywhere_loses_only_what_was_torn,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_byte_changed_anywhere_is_found, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_what_the_disk_took_out_of_order_is_cut, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_record_torn_within_the_room_is_cut, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_another_schema_of_the_same_name_is_used, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_another_database_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_empty_file_becomes_a_database, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_file_has_one_writer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_compaction_keeps_the_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_write_that_fails_leaves_no_trace, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			test_a_durable_commit_that_changes_nothing_syncs_what_was_there, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_what_was_committed_survives_kill, setup,
						teardown),
	};

	/* Every torn tail is reported; here there are hundreds. */
	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
