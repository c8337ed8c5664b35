#include <errno.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "stream/connection.h"
#include "stream/server.h"

#define TURNS_MAX  20000
#define CHUNK_SIZE 65536

/* A server that echoes; {"fill": N} is answered by N messages of 1 MiB. */
struct fixture {
	struct event_base *base;
	struct server *server;
	struct json_object *filling;
	struct connection *opened[10]; /* the first ones */
	unsigned n_opened, n_closed;
};

static int opened(void *ctx, struct connection *conn)
{
	struct fixture *f = ctx;

	if (f->n_opened < 10)
		f->opened[f->n_opened] = conn;
	f->n_opened++;
	return 0;
}

static void closed(void *ctx, struct connection *conn)
{
	((struct fixture *)ctx)->n_closed++;
}

static void message(void *ctx, struct connection *conn, struct json_object *json)
{
	struct fixture *f = ctx;
	struct json_object *n = NULL;

	if (!json_object_object_get_ex(json, "fill", &n)) {
		connection_send(conn, json);
		return;
	}
	for (int i = 0; i < json_object_get_int(n); i++)
		connection_send(conn, f->filling);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct server_handler handler = {f, opened, message, closed};
	own(mem_free) char *text = malloc(1 << 20);

	memset(text, 'x', 1 << 20);
	log_set_level(LOG_ERROR);
	f->base = event_base_new();
	f->filling = json_object_new_object();
	json_object_object_add(f->filling, "x", json_object_new_string_len(text, 1 << 20));
	assert_int_equal(server_new(&f->server, f->base, &handler), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	server_free(&f->server);
	assert_int_equal(f->n_opened, f->n_closed);
	json_object_put(f->filling);
	event_base_free(f->base);
	free(f);
	return 0;
}

static int client_new(struct fixture *f)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(server_adopt(f->server, fds[0], "test"), 0);
	return fds[1];
}

static void turn(struct fixture *f)
{
	event_base_loop(f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* Sends all of it, turning the server's loop as needed; false if it hung up. */
static bool client_send(struct fixture *f, int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return false;
		data += n < 0 ? 0 : n;
		len -= n < 0 ? 0 : (size_t)n;
		turn(f);
	}
	return true;
}

/* Reads until `want` bytes are there or it hung up; "" if neither happens. NUL-terminated. */
static ssize_t client_receive(struct fixture *f, int fd, char *out, size_t want)
{
	size_t len = 0;

	for (unsigned i = 0; i < TURNS_MAX && len < want; i++) {
		ssize_t n;

		turn(f);
		n = recv(fd, out + len, want - len, 0);
		if (!n || (n < 0 && errno != EAGAIN))
			break;
		len += n < 0 ? 0 : (size_t)n;
	}
	out[len] = '\0';
	return (ssize_t)len;
}

static bool is_hung_up(struct fixture *f, int fd)
{
	char buffer[CHUNK_SIZE];

	for (unsigned i = 0; i < TURNS_MAX; i++) {
		ssize_t n;

		turn(f);
		n = recv(fd, buffer, sizeof(buffer), 0);
		if (!n || (n < 0 && errno != EAGAIN))
			return true;
	}
	return false;
}

static void test_messages_arrive_however_they_are_cut(void **state)
{
	struct fixture *f = *state;
	static const char text[] = "{\"a\":\"}{\"}{\"b\":[1,{}]}";
	char answer[sizeof(text)];
	own(fd_close) int fd = client_new(f);

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		assert_true(client_send(f, fd, text + i, 1));
	client_receive(f, fd, answer, sizeof(text) - 1);
	assert_string_equal(answer, text);
}

static void test_malformed_is_answered_and_closed(void **state)
{
	static const struct {
		const char *text;
		const char *details;
	} rows[] = {
		{"{\"a\":}", "JSON, line 1, column 6: not a JSON value"},
		{"{\"a\":1,\"a\":2}", "JSON, line 1, column 8: duplicate key"},
		{"hello", "a message must be a JSON object: begin with {"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		own(fd_close) int fd = client_new(f);
		char answer[1024];

		assert_true(client_send(f, fd, rows[i].text, strlen(rows[i].text)));
		client_receive(f, fd, answer, sizeof(answer) - 1);
		assert_non_null(strstr(answer, "\"error\":\"syntax error\""));
		assert_non_null(strstr(answer, rows[i].details));
		assert_true(is_hung_up(f, fd));
	}
	assert_int_equal(f->n_closed, 3);
}

static void test_too_deep_and_too_long_are_refused(void **state)
{
	struct fixture *f = *state;
	own(mem_free) char *text = malloc(CHUNK_SIZE);
	struct server_stats stats;
	char answer[1024];
	own(fd_close) int deep = client_new(f);
	own(fd_close) int longer = client_new(f);
	size_t n_sent = 0;

	memset(text, '[', CHUNK_SIZE);
	memcpy(text, "{\"a\":", 5);
	client_send(f, deep, text, 10000);
	client_receive(f, deep, answer, sizeof(answer) - 1);
	assert_non_null(strstr(answer, "message nested deeper than 64 levels"));

	memset(text, 'x', CHUNK_SIZE);
	assert_true(client_send(f, longer, "{\"a\":\"", 6));
	while (n_sent < (size_t)100 << 20 && client_send(f, longer, text, CHUNK_SIZE))
		n_sent += CHUNK_SIZE;
	assert_in_range(n_sent, SERVER_MESSAGE_MAX / 2, SERVER_MESSAGE_MAX + (1 << 20));
	client_receive(f, longer, answer, sizeof(answer) - 1);
	assert_non_null(strstr(answer, "message longer than 16777216 bytes"));
	server_stats(f->server, &stats);
	assert_int_equal(stats.n_failed, 2);
	assert_int_equal(stats.n_buffered, 0);
}

static void test_client_that_never_reads_is_cut_off(void **state)
{
	struct fixture *f = *state;
	own(fd_close) int fd = client_new(f), other = client_new(f);
	char answer[16];

	assert_true(client_send(f, fd, "{\"fill\":100}", 12));
	for (unsigned i = 0; i < 10; i++)
		turn(f);
	assert_int_equal(f->n_closed, 1);
	/* the others do not notice */
	assert_true(client_send(f, other, "{\"a\":1}", 7));
	client_receive(f, other, answer, 7);
	assert_string_equal(answer, "{\"a\":1}");
}

static void test_one_answer_may_be_large(void **state)
{
	struct fixture *f = *state;
	const size_t size = SERVER_BUFFERED_MAX + (8 << 20);
	own(mem_free) char *text = malloc(size);
	own(mem_free) char *answer = malloc(size + 100);
	own(fd_close) int fd = client_new(f);

	/* given one whose client had nothing left to read */
	memset(text, 'x', size);
	json_object_object_add(f->filling, "x", json_object_new_string_len(text, (int)size));
	assert_true(client_send(f, fd, "{\"fill\":1}", 10));

	assert_int_equal(client_receive(f, fd, answer, size + 8), size + 8);
	assert_int_equal(f->n_closed, 0);
}

static void test_client_that_does_not_read_replies_is_not_read(void **state)
{
	struct fixture *f = *state;
	own(fd_close) int fd = client_new(f);
	struct server_stats stats;

	for (unsigned i = 0; i < 200; i++) {
		send(fd, "{\"fill\":1}", 10, MSG_NOSIGNAL);
		turn(f);
	}
	server_stats(f->server, &stats);
	assert_int_equal(stats.n_clients, 1);
	assert_in_range(stats.n_buffered, 1 << 19, 4 << 20);
	assert_true(stats.n_messages < 5);
}

static void test_all_together_are_bounded_by_the_largest(void **state)
{
	struct fixture *f = *state;
	int fds[6];
	struct server_stats stats;

	/* given clients with 11, 12, ... MiB unread: more than all may have */
	for (unsigned i = 0; i < 6; i++) {
		char text[32];
		int len = snprintf(text, sizeof(text), "{\"fill\":%u}", 11 + i);

		fds[i] = client_new(f);
		assert_true(client_send(f, fds[i], text, (size_t)len));
		turn(f);
	}
	for (unsigned i = 0; i < 10; i++)
		turn(f);
	server_stats(f->server, &stats);
	assert_in_range(stats.n_clients, 3, 4);
	assert_true(stats.n_buffered <= SERVER_BUFFERED_MAX + (2 << 20));
	assert_false(is_hung_up(f, fds[0])); /* the smallest: it gets all it asked for */
	for (unsigned i = 0; i < 6; i++)
		close(fds[i]);
}

static void test_client_that_reads_is_not_cut_for_those_that_do_not(void **state)
{
	struct fixture *f = *state;
	const ssize_t n_wanted = 24 << 20;
	own(mem_free) char *answers = malloc((size_t)n_wanted + 1);
	own(fd_close) int fd = client_new(f);
	int deaf[40];

	/* given many that leave a little each, and that for some time */
	for (unsigned i = 0; i < 40; i++) {
		deaf[i] = client_new(f);
		assert_true(client_send(f, deaf[i], "{\"fill\":1}", 10));
	}
	for (unsigned i = 0; i < SERVER_PATIENCE; i++) {
		assert_true(client_send(f, fd, "{\"a\":1}", 7));
		assert_int_equal(client_receive(f, fd, answers, 7), 7);
	}

	/* when one asks for more than any of them keeps */
	assert_true(client_send(f, fd, "{\"fill\":24}", 11));

	assert_int_equal(client_receive(f, fd, answers, (size_t)n_wanted), n_wanted);
	assert_in_range(f->n_closed, 1, 20);
	for (unsigned i = 0; i < 40; i++)
		close(deaf[i]);
}

static void test_bound_holds_within_one_turn(void **state)
{
	struct fixture *f = *state;
	int fds[10];
	struct server_stats stats;

	/* given one event that makes the server send to all: 10 MiB to each of ten */
	for (unsigned i = 0; i < 10; i++)
		fds[i] = client_new(f);
	for (unsigned i = 0; i < 10; i++) {
		for (unsigned n = 0; n < 10; n++)
			connection_send(f->opened[i], f->filling);
		server_stats(f->server, &stats);
		assert_true(stats.n_buffered <= SERVER_BUFFERED_MAX + (2 << 20));
	}
	for (unsigned i = 0; i < 10; i++)
		close(fds[i]);
}

static void test_busy_client_does_not_delay_others(void **state)
{
	struct fixture *f = *state;
	own(fd_close) int busy = client_new(f), other = client_new(f);
	own(mem_free) char *text = malloc(CHUNK_SIZE);
	struct server_stats stats;
	char answer[16];

	for (size_t i = 0; i + 8 <= CHUNK_SIZE; i += 8)
		memcpy(text + i, "{\"b\": 1}", 8);
	send(busy, text, CHUNK_SIZE, MSG_NOSIGNAL);
	turn(f);
	send(other, "{\"a\":1}", 7, MSG_NOSIGNAL);
	client_receive(f, other, answer, 7);
	assert_string_equal(answer, "{\"a\":1}");
	server_stats(f->server, &stats);
	assert_true(stats.n_messages < 500);
}

static void test_half_closed_client_gets_its_answers(void **state)
{
	struct fixture *f = *state;
	own(fd_close) int fd = client_new(f);
	own(mem_free) char *text = malloc(CHUNK_SIZE), *answer = malloc(CHUNK_SIZE + 1);

	for (size_t i = 0; i + 7 <= CHUNK_SIZE; i += 7)
		memcpy(text + i, "{\"b\":1}", 7);
	assert_true(client_send(f, fd, text, CHUNK_SIZE / 7 * 7));
	shutdown(fd, SHUT_WR);
	assert_int_equal(client_receive(f, fd, answer, CHUNK_SIZE), CHUNK_SIZE / 7 * 7);
	assert_true(is_hung_up(f, fd));
}

static int client_connect(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(addr.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void test_a_thousand_clients(void **state)
{
	struct fixture *f = *state;
	struct rlimit files;
	struct err err = ERR_INIT;
	char path[64], answer[16];
	struct stat st;
	int fds[1000];

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_max < 2100)
		skip();
	snprintf(path, sizeof(path), "/tmp/test_server.%d", getpid());
	assert_int_equal(server_listen(f->server, path, 0660, &err), 0);
	server_admit(f->server);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	for (unsigned i = 0; i < 1000; i++) {
		fds[i] = client_connect(path);
		turn(f);
	}
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(send(fds[i], "{\"a\":1}", 7, MSG_NOSIGNAL), 7);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(client_receive(f, fds[i], answer, 7), 7);
		close(fds[i]);
	}
	server_free(&f->server);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(f->n_closed, 1000);
	f->server = NULL;
}

static void test_listen_says_what_is_wrong(void **state)
{
	struct fixture *f = *state;
	char path[200];
	struct err err = ERR_INIT;

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(server_listen(f->server, path, 0600, &err), -ENAMETOOLONG);
	assert_int_equal(server_listen(f->server, "/tmp", 0600, &err), -EEXIST);
	assert_string_equal(err.text, "/tmp: is there and is no socket: move it away");
	assert_int_equal(server_listen(f->server, "/nowhere/db.sock", 0600, &err), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void source_ended(void *ctx, const char *why, bool was_heard)
{
	assert_true(was_heard);
	snprintf(ctx, 64, "%s", why);
}

/* Whoever answers a probe stays; whoever is silent is cut off, and its source told why. */
static void test_silence_is_probed(void **state)
{
	struct fixture *f = *state;
	char why[64] = "";
	const struct server_source source = {
		.ended = source_ended, .ctx = why, .inactivity_ms = 20};
	static const char probe[] = "{\"id\":\"echo\",\"method\":\"echo\",\"params\":[]}";
	char heard[sizeof(probe)] = "";
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(server_accept(f->server, fds[0], "test", &source, NULL), 0);
	for (unsigned i = 0; i < 3; i++) {
		while (recv(fds[1], heard, sizeof(probe) - 1, 0) < 0)
			event_base_loop(f->base, EVLOOP_ONCE);
		assert_string_equal(heard, probe);
		assert_string_equal(why, "");
		assert_true(client_send(f, fds[1], "{}", 2));
		while (recv(fds[1], heard, 2, 0) < 0) /* it echoes */
			event_base_loop(f->base, EVLOOP_ONCE);
	}
	while (!why[0])
		event_base_loop(f->base, EVLOOP_ONCE);
	assert_non_null(strstr(why, "no sign of life"));
	close(fds[1]);
}

/* It gets what was on its way. */
static void test_a_source_that_goes_takes_its_clients_along(void **state)
{
	struct fixture *f = *state;
	char why[64] = "";
	const struct server_source source = {.ended = source_ended, .ctx = why};
	char heard[8] = "";
	int fds[2], other = client_new(f);

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(server_accept(f->server, fds[0], "test", &source, NULL), 0);
	assert_true(client_send(f, fds[1], "{}", 2));
	server_end(f->server, &source);
	while (!f->n_closed)
		event_base_loop(f->base, EVLOOP_ONCE);
	assert_string_equal(why, "");
	assert_true(recv(fds[1], heard, sizeof(heard), 0) >= 0);
	assert_true(client_send(f, other, "{}", 2));
	close(fds[1]);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_messages_arrive_however_they_are_cut),
		TEST(test_malformed_is_answered_and_closed),
		TEST(test_too_deep_and_too_long_are_refused),
		TEST(test_client_that_never_reads_is_cut_off),
		TEST(test_one_answer_may_be_large),
		TEST(test_client_that_does_not_read_replies_is_not_read),
		TEST(test_all_together_are_bounded_by_the_largest),
		TEST(test_client_that_reads_is_not_cut_for_those_that_do_not),
		TEST(test_bound_holds_within_one_turn),
		TEST(test_busy_client_does_not_delay_others),
		TEST(test_half_closed_client_gets_its_answers),
		TEST(test_a_thousand_clients),
		TEST(test_listen_says_what_is_wrong),
		cmocka_unit_test_setup_teardown(test_silence_is_probed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_source_that_goes_takes_its_clients_along,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
