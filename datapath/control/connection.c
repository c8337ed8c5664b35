#include "control/connection.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"

#define MESSAGES_PER_TURN 16
#define PEEK_CHUNKS       8
#define CLOSE_SECONDS     5
/* A client that has not read this much is not asked what else it wants. */
#define PAUSE_SIZE ((size_t)1 << 20)

struct connection {
	/* fixed after create */
	struct bufferevent *stream;
	struct event *turn; /* the rest of the messages; or the end */
	struct connection_limits limits;
	const struct connection_ops *ops;
	void *ctx;
	char name[64];
	uid_t uid;
	/* control thread */
	void *data;
	struct json_splitter splitter;
	size_t n_scanned;  /* bytes at the head of the input that the splitter has seen */
	size_t n_buffered; /* bytes in both buffers */
	enum { OPEN, CLOSING, CUT } state;
	bool is_backed_up; /* not read from: the other side must read first */
	bool is_at_end;    /* the other side will send no more */
	char why[128];     /* it was closed */
};

static struct evbuffer *input_of(const struct connection *conn)
{
	return bufferevent_get_input(conn->stream);
}

static struct evbuffer *output_of(const struct connection *conn)
{
	return bufferevent_get_output(conn->stream);
}

static void buffer_cb(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *ctx)
{
	struct connection *conn = ctx;
	ssize_t delta = (ssize_t)info->n_added - (ssize_t)info->n_deleted;

	conn->n_buffered += (size_t)delta;
	if (conn->ops->buffered)
		conn->ops->buffered(conn->ctx, delta);
}

/* From here on the buffers are nobody's concern. */
static void buffers_forget(struct connection *conn)
{
	evbuffer_remove_cb(input_of(conn), buffer_cb, conn);
	evbuffer_remove_cb(output_of(conn), buffer_cb, conn);
	if (conn->n_buffered && conn->ops->buffered)
		conn->ops->buffered(conn->ctx, -(ssize_t)conn->n_buffered);
	conn->n_buffered = 0;
}

static void finish(struct connection *conn, const char *why)
{
	conn->state = CUT;
	buffers_forget(conn);
	conn->ops->closed(conn->ctx, conn, why);
	connection_free(&conn);
}

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
static ssize_t message_find(struct connection *conn, struct err *err)
{
	struct evbuffer *input = input_of(conn);
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
	return 0;
}

static int message_take(struct connection *conn, size_t size, struct err *err)
{
	own(json_free) struct json_object *message = NULL;
	struct evbuffer *input = input_of(conn);
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

/* All that came is handled. */
static void messages_done(struct connection *conn)
{
	if (!conn->is_at_end)
		bufferevent_enable(conn->stream, EV_READ);
	else
		connection_close(conn,
				 conn->splitter.size ? "hung up in the middle of a message" : "");
}

static void messages_handle(struct connection *conn)
{
	static const struct timeval at_once = {.tv_sec = 0};
	struct err err = ERR_INIT;

	for (unsigned i = 0; i < MESSAGES_PER_TURN && conn->state == OPEN; i++) {
		ssize_t size;

		conn->is_backed_up = evbuffer_get_length(output_of(conn)) > PAUSE_SIZE;
		if (conn->is_backed_up) {
			bufferevent_disable(conn->stream, EV_READ);
			return;
		}
		size = message_find(conn, &err);
		if (!size) {
			messages_done(conn);
			return;
		}
		if (size < 0 || message_take(conn, (size_t)size, &err)) {
			refuse(conn, &err);
			return;
		}
	}
	if (conn->state != OPEN)
		return;
	/* Nothing more is read until what is here is handled. (A timer lets the loop look at its
	 * sockets first; event_active() would not.) */
	bufferevent_disable(conn->stream, EV_READ);
	event_add(conn->turn, &at_once);
}

static void turn_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct connection *conn = ctx;

	if (conn->state == OPEN)
		messages_handle(conn);
	else if (conn->state == CUT || (what & EV_TIMEOUT) || !evbuffer_get_length(output_of(conn)))
		finish(conn, conn->why);
}

static void read_cb(struct bufferevent *stream, void *ctx)
{
	messages_handle(ctx);
}

/* The output is empty. */
static void write_cb(struct bufferevent *stream, void *ctx)
{
	struct connection *conn = ctx;

	if (conn->state == CLOSING || conn->is_backed_up)
		event_active(conn->turn, 0, 0);
}

static void event_cb(struct bufferevent *stream, short what, void *ctx)
{
	struct connection *conn = ctx;

	if (what & BEV_EVENT_ERROR) {
		finish(conn, evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
	} else if (what & BEV_EVENT_EOF) {
		conn->is_at_end = true;
		event_active(conn->turn, 0, 0);
	}
}

static uid_t peer_uid(int fd)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return (uid_t)-1;
	return peer.uid;
}

int connection_new(struct connection **out, struct event_base *base, int fd, const char *name,
		   const struct connection_limits *limits, const struct connection_ops *ops,
		   void *ctx)
{
	own(connection_free) struct connection *conn = calloc(1, sizeof(*conn));

	evutil_make_socket_nonblocking(fd);
	if (!conn) {
		close(fd);
		return -ENOMEM;
	}
	conn->limits = *limits;
	conn->ops = ops;
	conn->ctx = ctx;
	conn->uid = peer_uid(fd);
	snprintf(conn->name, sizeof(conn->name), "%s", name);
	json_splitter_init(&conn->splitter, limits->message_size, JSON_DEPTH_MAX);
	/* Deferred: no callback runs inside another one, or inside connection_send(). */
	conn->stream =
		bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (!conn->stream) {
		close(fd);
		return -ENOMEM;
	}
	conn->turn = event_new(base, -1, 0, turn_cb, conn);
	if (!conn->turn || !evbuffer_add_cb(input_of(conn), buffer_cb, conn) ||
	    !evbuffer_add_cb(output_of(conn), buffer_cb, conn))
		return -ENOMEM;
	bufferevent_setcb(conn->stream, read_cb, write_cb, event_cb, conn);
	bufferevent_enable(conn->stream, EV_READ | EV_WRITE);
	*out = take_ptr(conn);
	return 0;
}

void connection_free(struct connection **conn)
{
	struct connection *c = *conn;

	if (!c)
		return;
	if (c->stream) {
		buffers_forget(c);
		bufferevent_free(c->stream);
	}
	if (c->turn)
		event_free(c->turn);
	mem_free(conn);
}

void connection_close(struct connection *conn, const char *why)
{
	const struct timeval at_most = {.tv_sec = CLOSE_SECONDS};

	if (conn->state != OPEN)
		return;
	conn->state = CLOSING;
	snprintf(conn->why, sizeof(conn->why), "%s", why);
	bufferevent_disable(conn->stream, EV_READ);
	event_add(conn->turn, &at_most);
	if (!evbuffer_get_length(output_of(conn)))
		event_active(conn->turn, 0, 0);
}

void connection_cut(struct connection *conn, const char *why)
{
	if (conn->state == CUT)
		return;
	conn->state = CUT;
	snprintf(conn->why, sizeof(conn->why), "%s", why);
	bufferevent_disable(conn->stream, EV_READ | EV_WRITE);
	/* At once: until its turn comes, others may fill as much again. libevent guards the head of
	 * the output, which is nobody's any more. */
	buffers_forget(conn);
	evbuffer_unfreeze(output_of(conn), 1);
	evbuffer_drain(output_of(conn), evbuffer_get_length(output_of(conn)));
	event_active(conn->turn, 0, 0);
}

void connection_send(struct connection *conn, struct json_object *message)
{
	size_t len;
	const char *text;
	struct evbuffer *output = output_of(conn);

	if (conn->state != OPEN)
		return;
	text = json_object_to_json_string_length(
		message, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	if (!text || evbuffer_add(output, text, len))
		connection_cut(conn, "out of memory");
	else if (evbuffer_get_length(output) > conn->limits.backlog_size)
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

bool connection_is_closing(const struct connection *conn)
{
	return conn->state != OPEN;
}

size_t connection_n_buffered(const struct connection *conn)
{
	return conn->n_buffered;
}

void connection_set_data(struct connection *conn, void *data)
{
	conn->data = data;
}

void *connection_data(const struct connection *conn)
{
	return conn->data;
}
