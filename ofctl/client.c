#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "need.h"

#define DEFAULT_TCP_PORT "6640"
#define MESSAGE_MAX      ((size_t)256 << 20)
#define READ_SIZE        65536

struct client {
	bool lets_in; /* signals, where it waits: by this mask */
	sigset_t mask;
	/* fixed after open */
	int fd;
	char *address;
	unsigned timeout_s;
	uint64_t deadline; /* 0: none */
	/* the caller's thread */
	uint64_t last_id;
	struct json_splitter splitter;
	char *buffer; /* bytes received: the first `n_scanned` of `size` went through the splitter
		       */
	size_t size, n_scanned, capacity;
	struct json_object *kept; /* array of notifications, oldest first */
};

static const struct clock clock_real;

char *client_default_address(const char *run_dir)
{
	char *address;

	if (!run_dir || !*run_dir)
		run_dir = getenv("SHUNT_RUNDIR");
	if (!run_dir || !*run_dir)
		run_dir = CLIENT_DEFAULT_RUN_DIR;
	return asprintf(&address, "unix:%s/db.sock", run_dir) < 0 ? need(NULL) : address;
}

int client_time_left(const struct client *client)
{
	uint64_t now = clock_now(&clock_real);

	if (!client->deadline)
		return -1;
	if (now >= client->deadline)
		return 0;
	return 1 + (int)MIN((client->deadline - now) / CLOCK_NS_PER_MS, 3600000u);
}

static int timed_out(const struct client *client, struct err *err)
{
	return err_set(err, ETIMEDOUT, "%s: no answer within %u s", client->address,
		       client->timeout_s);
}

static int wait_for(const struct client *client, struct pollfd *pfd, int ms)
{
	const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	return ppoll(pfd, 1, ms < 0 ? NULL : &time, client->lets_in ? &client->mask : NULL);
}

/* Waits for `events` on the socket, at most until the deadline. */
static int wait_ready(struct client *client, short events, struct err *err)
{
	struct pollfd pfd = {.fd = client->fd, .events = events};

	for (;;) {
		int ms = client_time_left(client);
		int n = ms ? wait_for(client, &pfd, ms) : 0;

		if (n > 0)
			return 0;
		if (n < 0 && errno == EINTR && client->lets_in)
			return -EINTR;
		if (n < 0 && errno != EINTR)
			return err_set(err, errno, "%s: poll: %m", client->address);
		if (client_time_left(client) == 0)
			return timed_out(client, err);
	}
}

/* ---- connecting ---- */

static int refused(const char *address, int code, struct err *err)
{
	switch (code) {
	case ENOENT:
	case ECONNREFUSED:
		return err_set(err, code,
			       "%s: nobody listens there: start switchd, or name its place with "
			       "--run-dir, --db or SHUNT_RUNDIR",
			       address);
	case EACCES:
	case EPERM:
		return err_set(err, code, "%s: permission denied: run this as root", address);
	default:
		return err_set(err, code, "%s: cannot connect: %s", address, strerror(code));
	}
}

static int connect_socket(struct client *client, const struct sockaddr *addr, socklen_t size,
			  struct err *err)
{
	int code = 0;
	socklen_t code_size = sizeof(code);
	int ret;

	client->fd = socket(addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return refused(client->address, errno, err);
	/* A unix socket whose queue is full says EAGAIN and cannot be polled for its turn. */
	while (connect(client->fd, addr, size) < 0) {
		if (errno == EINPROGRESS) {
			ret = wait_ready(client, POLLOUT, err);
			if (ret)
				return ret;
			getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &code, &code_size);
			break;
		}
		if (errno != EAGAIN && errno != EINTR)
			return refused(client->address, errno, err);
		if (client_time_left(client) == 0)
			return timed_out(client, err);
		usleep(10000);
	}
	return code ? refused(client->address, code, err) : 0;
}

static int connect_unix(struct client *client, const char *path, struct err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	if (!*path || strlen(path) >= sizeof(addr.sun_path))
		return err_set(err, EINVAL, "%s: a socket's path has 1 to %zu characters",
			       client->address, sizeof(addr.sun_path) - 1);
	strcpy(addr.sun_path, path);
	return connect_socket(client, (struct sockaddr *)&addr, sizeof(addr), err);
}

/* Splits "IP", "IP:PORT", "[IP6]" or "[IP6]:PORT" in place. */
static bool split_host(char *text, char **host, const char **port)
{
	char *end;

	*host = text;
	*port = DEFAULT_TCP_PORT;
	if (*text == '[') {
		*host = text + 1;
		end = strchr(text, ']');
		if (!end)
			return false;
		*end++ = '\0';
	} else {
		end = text + strcspn(text, ":");
	}
	if (*end == ':') {
		*port = end + 1;
		*end = '\0';
	} else if (*end) {
		return false;
	}
	return **host && **port;
}

static int connect_tcp(struct client *client, const char *text, struct err *err)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
				 .ai_socktype = SOCK_STREAM};
	own(mem_free) char *copy = need(strdup(text));
	struct addrinfo *info = NULL;
	const char *port;
	char *host;
	int ret;

	if (!split_host(copy, &host, &port) || getaddrinfo(host, port, &hints, &info))
		return err_set(err, EINVAL, "%s: not an address: use tcp:IP:PORT or tcp:[IP6]:PORT",
			       client->address);
	ret = connect_socket(client, info->ai_addr, info->ai_addrlen, err);
	freeaddrinfo(info);
	return ret;
}

int client_open(struct client **out, const char *address, unsigned timeout_s, struct err *err)
{
	own(client_free) struct client *client = need(calloc(1, sizeof(*client)));
	int ret;

	client->fd = -1;
	client->address = need(strdup(address));
	client->kept = need(json_object_new_array());
	client->timeout_s = timeout_s;
	if (timeout_s)
		client->deadline = clock_now(&clock_real) + timeout_s * CLOCK_NS_PER_SEC;
	json_splitter_init(&client->splitter, MESSAGE_MAX, JSON_DEPTH_MAX);
	if (!strncmp(address, "unix:", 5))
		ret = connect_unix(client, address + 5, err);
	else if (!strncmp(address, "tcp:", 4))
		ret = connect_tcp(client, address + 4, err);
	else
		ret = err_set(err, EINVAL, "%s: not an address: use unix:PATH or tcp:IP:PORT",
			      address);
	if (ret)
		return ret;
	*out = take_ptr(client);
	return 0;
}

void client_free(struct client **client)
{
	if (!*client)
		return;
	fd_close(&(*client)->fd);
	json_object_put((*client)->kept);
	free((*client)->buffer);
	free((*client)->address);
	free(*client);
	*client = NULL;
}

/* ---- messages ---- */

static int send_message(struct client *client, struct json_object *message, struct err *err)
{
	size_t len;
	const char *text = need((char *)json_object_to_json_string_length(
		message, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len));

	while (len > 0) {
		ssize_t n = send(client->fd, text, len, MSG_NOSIGNAL);

		if (n >= 0) {
			text += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			int ret = wait_ready(client, POLLOUT, err);

			if (ret)
				return ret;
		} else if (errno != EINTR) {
			return err_set(err, errno, "%s: send: %m", client->address);
		}
	}
	return 0;
}

/* Reads what is there, waiting for something. 0 bytes are an error: the server hung up. */
static int read_more(struct client *client, struct err *err)
{
	int ret;

	if (client->capacity - client->size < READ_SIZE) {
		size_t capacity = client->capacity * 2 + READ_SIZE;

		client->buffer = need(realloc(client->buffer, capacity));
		client->capacity = capacity;
	}
	for (;;) {
		ssize_t n = recv(client->fd, client->buffer + client->size,
				 client->capacity - client->size, 0);

		if (n > 0) {
			client->size += (size_t)n;
			return 0;
		}
		if (n == 0 || errno == ECONNRESET)
			return err_set(err, ECONNRESET, "%s: the server closed the connection",
				       client->address);
		if (errno != EAGAIN && errno != EINTR)
			return err_set(err, errno, "%s: receive: %m", client->address);
		ret = wait_ready(client, POLLIN, err);
		if (ret)
			return ret;
	}
}

static int read_message(struct client *client, struct json_object **message, struct err *err)
{
	int ret = client->buffer ? 0 : read_more(client, err);

	if (ret)
		return ret;
	for (;;) {
		size_t n_used;

		ret = json_split(&client->splitter, client->buffer + client->n_scanned,
				 client->size - client->n_scanned, &n_used, err);
		if (ret < 0)
			return ret;
		client->n_scanned += n_used;
		if (ret > 0)
			break;
		ret = read_more(client, err);
		if (ret)
			return ret;
	}
	ret = json_parse(client->buffer, client->n_scanned, JSON_DEPTH_MAX, message, err);
	client->size -= client->n_scanned;
	memmove(client->buffer, client->buffer + client->n_scanned, client->size);
	client->n_scanned = 0;
	return ret;
}

static int reply_echo(struct client *client, struct json_object *request, struct err *err)
{
	own(json_free) struct json_object *reply = json_object_new_object();

	json_object_object_add(reply, "result",
			       json_object_get(json_object_object_get(request, "params")));
	json_object_object_add(reply, "error", NULL);
	json_object_object_add(reply, "id", json_object_get(json_object_object_get(request, "id")));
	return send_message(client, reply, err);
}

/* Reads one message that is for the caller: a reply or a notification. */
static int read_own_message(struct client *client, struct json_object **message, struct err *err)
{
	for (;;) {
		own(json_free) struct json_object *got = NULL;
		const char *method;
		int ret = read_message(client, &got, err);

		if (ret)
			return ret;
		method = json_object_get_string(json_object_object_get(got, "method"));
		if (!method || strcmp(method, "echo")) {
			*message = take_ptr(got);
			return 0;
		}
		ret = reply_echo(client, got, err);
		if (ret)
			return ret;
	}
}

static int reply_result(struct client *client, const char *method, struct json_object *reply,
			struct json_object **result, struct err *err)
{
	struct json_object *error = json_object_object_get(reply, "error");
	struct json_object *details;

	if (!error) {
		*result = json_object_get(json_object_object_get(reply, "result"));
		return 0;
	}
	if (json_object_is_type(error, json_type_object)) {
		details = json_object_object_get(error, "details");
		error = json_object_object_get(error, "error");
		if (details)
			return err_set(err, EREMOTEIO, "%s", json_object_get_string(details));
	}
	if (error && !strcmp(json_object_get_string(error), "unknown method"))
		return err_set(err, EREMOTEIO,
			       "%s: the server does not know what this command asks for (\"%s\"): "
			       "is it switchd?",
			       client->address, method);
	return err_set(err, EREMOTEIO, "%s: %s", method,
		       error ? json_object_get_string(error) : "failed");
}

int client_send(struct client *client, const char *method, struct json_object *params, uint64_t *id,
		struct err *err)
{
	own(json_free) struct json_object *request = json_object_new_object();

	*id = ++client->last_id;
	json_object_object_add(request, "method", json_object_new_string(method));
	json_object_object_add(request, "params", params);
	json_object_object_add(request, "id", json_object_new_uint64(*id));
	return send_message(client, request, err);
}

int client_reply(struct client *client, const char *method, uint64_t id,
		 struct json_object **result, struct err *err)
{
	int ret = 0;

	while (!ret) {
		own(json_free) struct json_object *message = NULL;

		ret = read_own_message(client, &message, err);
		if (ret)
			break;
		if (json_object_object_get(message, "method"))
			json_object_array_add(client->kept, take_ptr(message));
		else if (json_uint(message, "id") == id)
			return reply_result(client, method, message, result, err);
	}
	return ret;
}

int client_call(struct client *client, const char *method, struct json_object *params,
		struct json_object **result, struct err *err)
{
	uint64_t id;
	int ret = client_send(client, method, params, &id, err);

	return ret ? ret : client_reply(client, method, id, result, err);
}

int client_receive(struct client *client, struct json_object **message, struct err *err)
{
	if (json_array_size(client->kept) > 0) {
		*message = json_object_get(json_array_at(client->kept, 0));
		json_object_array_del_idx(client->kept, 0, 1);
		return 0;
	}
	return read_own_message(client, message, err);
}

void client_let_in(struct client *client, const sigset_t *mask)
{
	client->lets_in = mask;
	if (mask)
		client->mask = *mask;
}

int client_wait_closed(struct client *client, struct err *err)
{
	int ret;

	do {
		client->size = 0;
		ret = read_more(client, err);
	} while (!ret);
	return ret == -ECONNRESET ? 0 : ret;
}
