#include "stream/connection.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "stream/stream.h"

#define MESSAGES_PER_TURN 16
#define PEEK_CHUNKS       8

struct connection {
	/* fixed after create */
	struct stream *stream;
	struct event_base *base;
	struct connection_limits limits;
	const struct connection_ops *ops;
	void *ctx;
	char name[64];
	uid_t uid;
	/* control thread */
	void *data;
	struct json_splitter splitter;
	size_t n_scanned;   /* bytes at the head of the input that the splitter has seen */
	struct event *look; /* is the other side alive? NULL: nobody asks */
	bool has_heard;     /* something since the last look */
	size_t backlog;     /* at the last look */
	bool is_probed;     /* it was asked for a sign of life */
	size_t largest;     /* message, of those that wait to be read */
};

/* Answers what is no message at all. There is no id to refer to. */
static void refuse(struct connection *conn, const struct err *err)
{
	own(json_free) struct json_object *reply = json_object_new_object();
	struct json_object *error = json_object_new_object();

	json_object_object_add(error, "error", json_object_new_string("syntax error"));
	json_object_object_add(error, "details", json_object_new_string(err->text));
	json_object_object_add(reply, "result", NULL);
	json_object_object_add(reply, "error", error);
	json_object_object_add(reply, "id", NULL);
	connection_send(conn, reply);
	connection_close(conn, err->text);
}

/* Looks for the end of the first message in the input. Returns its size, 0: there is more to
 * come, or -errno. */
static ssize_t message_find(struct connection *conn, struct evbuffer *input, struct err *err)
{
	struct evbuffer_iovec chunks[PEEK_CHUNKS];
	struct evbuffer_ptr from;

	while (conn->n_scanned < evbuffer_get_length(input)) {
		int n;

		evbuffer_ptr_set(input, &from, conn->n_scanned, EVBUFFER_PTR_SET);
		n = evbuffer_peek(input, -1, &from, chunks, PEEK_CHUNKS);
		for (int i = 0; i < n && i < PEEK_CHUNKS; i++) {
			size_t n_used;
			int rc = json_split(&conn->splitter, chunks[i].iov_base, chunks[i].iov_len,
					    &n_used, err);

			if (rc < 0)
				return rc;
			conn->n_scanned += n_used;
			if (rc)
				return (ssize_t)conn->n_scanned;
		}
	}
	if (!conn->splitter.size) {
		/* blanks between two messages are part of neither */
		evbuffer_drain(input, conn->n_scanned);
		conn->n_scanned = 0;
	}
	return 0;
}

static int message_handle(struct connection *conn, struct evbuffer *input, size_t size,
			  struct err *err)
{
	own(json_free) struct json_object *message = NULL;
	const char *text = (const char *)evbuffer_pullup(input, (ev_ssize_t)size);
	int rc;

	if (!text)
		return err_set(err, ENOMEM, "out of memory");
	rc = json_parse(text, size, JSON_DEPTH_MAX, &message, err);
	evbuffer_drain(input, size);
	conn->n_scanned = 0;
	if (rc)
		return rc;
	conn->ops->message(conn->ctx, conn, message);
	return 0;
}

static int take(void *ctx, struct evbuffer *input)
{
	struct connection *conn = ctx;
	struct err err = ERR_INIT;
	ssize_t size = message_find(conn, input, &err);
	int rc = size > 0 ? message_handle(conn, input, (size_t)size, &err) : (int)size;

	conn->has_heard = true;
	if (rc < 0)
		refuse(conn, &err);
	return rc < 0 ? rc : size > 0;
}

/* ---- is anybody there? ---- */

static void look_end(struct connection *conn)
{
	if (conn->look)
		event_free(conn->look);
	conn->look = NULL;
}

static void probe_send(struct connection *conn)
{
	own(json_free) struct json_object *message = json_object_new_object();

	json_object_object_add(message, "id", json_object_new_string("echo"));
	json_object_object_add(message, "method", json_object_new_string("echo"));
	json_object_object_add(message, "params", json_object_new_array_ext(0));
	connection_send(conn, message);
}

static void look_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct connection *conn = ctx;
	const size_t backlog = stream_backlog(conn->stream);

	conn->has_heard |= backlog < conn->backlog; /* it reads */
	conn->backlog = backlog;
	if (!conn->has_heard && conn->is_probed) {
		connection_cut(conn, "it gave no sign of life when it was asked for one");
		return;
	}
	conn->is_probed = !conn->has_heard;
	conn->has_heard = false;
	if (conn->is_probed)
		probe_send(conn);
}

int connection_probe(struct connection *conn, uint32_t ms)
{
	const struct timeval period = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	look_end(conn);
	if (!ms)
		return 0;
	conn->look = event_new(conn->base, -1, EV_PERSIST, look_cb, conn);
	return conn->look && !event_add(conn->look, &period) ? 0 : -ENOMEM;
}

/* ---- life ---- */

static void buffered(void *ctx, ssize_t delta)
{
	struct connection *conn = ctx;

	if (conn->ops->buffered)
		conn->ops->buffered(conn->ctx, delta);
}

static void closed(void *ctx, const char *why)
{
	struct connection *conn = ctx;

	look_end(conn);
	conn->ops->closed(conn->ctx, conn, why);
	free(conn); /* the stream frees itself */
}

static uid_t peer_uid(int fd)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return (uid_t)-1;
	return peer.uid;
}

int connection_new(struct connection **out, int fd, const struct connection_options *options,
		   struct err *err)
{
	static const struct stream_ops ops = {.take = take, .closed = closed, .buffered = buffered};
	own(mem_free) struct connection *conn = calloc(1, sizeof(*conn));
	const struct stream_options stream = {
		.base = options->base,
		.messages_per_turn = MESSAGES_PER_TURN,
		.tls = options->tls,
		.is_server = options->is_server,
		.ops = &ops,
		.ctx = conn,
	};
	int rc;

	if (!conn) {
		close(fd);
		return err_set(err, ENOMEM, "out of memory");
	}
	conn->limits = options->limits;
	conn->base = options->base;
	conn->ops = options->ops;
	conn->ctx = options->ctx;
	conn->uid = options->is_dialed ? (uid_t)-1 : peer_uid(fd);
	snprintf(conn->name, sizeof(conn->name), "%s", options->name);
	json_splitter_init(&conn->splitter, conn->limits.message_size, JSON_DEPTH_MAX);
	rc = stream_new(&conn->stream, fd, &stream, err);
	if (rc)
		return rc;
	*out = take_ptr(conn);
	return 0;
}

void connection_free(struct connection **conn)
{
	if (!*conn)
		return;
	look_end(*conn);
	stream_free(&(*conn)->stream);
	mem_free(conn);
}

void connection_close(struct connection *conn, const char *why)
{
	stream_close(conn->stream, why);
}

void connection_cut(struct connection *conn, const char *why)
{
	stream_cut(conn->stream, why);
}

void connection_send(struct connection *conn, struct json_object *message)
{
	size_t len;
	const char *text;

	if (!stream_is_open(conn->stream))
		return;
	text = json_object_to_json_string_length(
		message, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	if (!text) {
		connection_cut(conn, "out of memory");
		return;
	}
	/* One message may be of any size: what a table holds, or a transaction changed. */
	conn->largest = connection_largest(conn);
	if (len > conn->largest)
		conn->largest = len;
	stream_send(conn->stream, text, len);
	if (stream_backlog(conn->stream) > conn->limits.backlog_size + conn->largest)
		connection_cut(conn, "it does not read what it asked for");
}

const char *connection_name(const struct connection *conn)
{
	return conn->name;
}

uid_t connection_uid(const struct connection *conn)
{
	return conn->uid;
}

size_t connection_largest(const struct connection *conn)
{
	const size_t backlog = stream_backlog(conn->stream);

	return conn->largest < backlog ? conn->largest : backlog;
}

size_t connection_n_buffered(const struct connection *conn)
{
	return stream_n_buffered(conn->stream);
}

void connection_set_data(struct connection *conn, void *data)
{
	conn->data = data;
}

void *connection_data(const struct connection *conn)
{
	return conn->data;
}
