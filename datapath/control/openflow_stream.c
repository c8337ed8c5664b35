#include "control/openflow_stream.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "openflow/message.h"

#define MESSAGES_PER_TURN 64
#define CLOSE_SECONDS     5
/* Who has not read this much is not asked what else it wants. */
#define PAUSE_SIZE ((size_t)1 << 20)

struct of_stream {
	/* fixed after create */
	struct bufferevent *socket;
	struct event *turn; /* the rest of the messages; or the end */
	const struct of_stream_ops *ops;
	void *ctx;
	/* control thread */
	enum { OPEN, CLOSING, CUT } state;
	bool is_backed_up; /* not read from: the other side must read first */
	bool is_at_end;    /* the other side will send no more */
	char why[128];     /* it was closed */
};

static struct evbuffer *input_of(const struct of_stream *stream)
{
	return bufferevent_get_input(stream->socket);
}

static struct evbuffer *output_of(const struct of_stream *stream)
{
	return bufferevent_get_output(stream->socket);
}

static void finish(struct of_stream *stream, const char *why)
{
	stream->state = CUT;
	stream->ops->closed(stream->ctx, why);
	of_stream_free(&stream);
}

static void cut(struct of_stream *stream, const char *why)
{
	if (stream->state == CUT)
		return;
	stream->state = CUT;
	snprintf(stream->why, sizeof(stream->why), "%s", why);
	bufferevent_disable(stream->socket, EV_READ | EV_WRITE);
	event_active(stream->turn, 0, 0);
}

/* Hands on the first message. 1: done, 0: it has not come yet, or -errno: it is none. */
static int message_take(struct of_stream *stream)
{
	struct evbuffer *input = input_of(stream);
	uint8_t header[OF_HEADER_SIZE];
	struct wire_bytes message;

	if (evbuffer_copyout(input, header, sizeof(header)) < (ev_ssize_t)sizeof(header))
		return 0;
	message.len = of_message_length(header);
	if (message.len < OF_HEADER_SIZE)
		return -EPROTO;
	if (evbuffer_get_length(input) < message.len)
		return 0;
	message.at = evbuffer_pullup(input, (ev_ssize_t)message.len);
	if (!message.at)
		return -ENOMEM;
	stream->ops->message(stream->ctx, message);
	evbuffer_drain(input, message.len);
	return 1;
}

/* All that came is handled. */
static void messages_done(struct of_stream *stream)
{
	if (!stream->is_at_end)
		bufferevent_enable(stream->socket, EV_READ);
	else
		of_stream_close(stream, evbuffer_get_length(input_of(stream))
						? "hung up in the middle of a message"
						: "");
}

static void messages_handle(struct of_stream *stream)
{
	static const struct timeval at_once = {.tv_sec = 0};

	for (unsigned i = 0; i < MESSAGES_PER_TURN && stream->state == OPEN; i++) {
		int rc;

		stream->is_backed_up = evbuffer_get_length(output_of(stream)) > PAUSE_SIZE;
		if (stream->is_backed_up) {
			bufferevent_disable(stream->socket, EV_READ);
			return;
		}
		rc = message_take(stream);
		if (!rc) {
			messages_done(stream);
			return;
		}
		if (rc < 0) {
			of_stream_close(stream,
					rc == -ENOMEM
						? "out of memory"
						: "a message that is shorter than its header");
			return;
		}
	}
	if (stream->state != OPEN)
		return;
	/* The rest after the others: a timer lets the loop look at its sockets first. */
	bufferevent_disable(stream->socket, EV_READ);
	event_add(stream->turn, &at_once);
}

static void turn_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct of_stream *stream = ctx;

	if (stream->state == OPEN)
		messages_handle(stream);
	else if (stream->state == CUT || (what & EV_TIMEOUT) ||
		 !evbuffer_get_length(output_of(stream)))
		finish(stream, stream->why);
}

static void read_cb(struct bufferevent *socket, void *ctx)
{
	struct of_stream *stream = ctx;

	/* read while a turn was due already: that one goes on */
	if (!event_pending(stream->turn, EV_TIMEOUT, NULL))
		messages_handle(stream);
}

/* The output is empty. */
static void write_cb(struct bufferevent *socket, void *ctx)
{
	struct of_stream *stream = ctx;

	if (stream->state == CLOSING || stream->is_backed_up)
		event_active(stream->turn, 0, 0);
}

static void event_cb(struct bufferevent *socket, short what, void *ctx)
{
	struct of_stream *stream = ctx;

	if (what & BEV_EVENT_ERROR) {
		finish(stream, evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
	} else if (what & BEV_EVENT_EOF) {
		stream->is_at_end = true;
		event_active(stream->turn, 0, 0);
	}
}

int of_stream_new(struct of_stream **out, struct event_base *base, int fd,
		  const struct of_stream_ops *ops, void *ctx)
{
	own(of_stream_free) struct of_stream *stream = calloc(1, sizeof(*stream));

	evutil_make_socket_nonblocking(fd);
	if (!stream) {
		close(fd);
		return -ENOMEM;
	}
	stream->ops = ops;
	stream->ctx = ctx;
	/* Deferred: no callback runs inside another one, or inside of_stream_reply(). */
	stream->socket =
		bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (!stream->socket) {
		close(fd);
		return -ENOMEM;
	}
	stream->turn = event_new(base, -1, 0, turn_cb, stream);
	if (!stream->turn)
		return -ENOMEM;
	bufferevent_setcb(stream->socket, read_cb, write_cb, event_cb, stream);
	bufferevent_enable(stream->socket, EV_READ | EV_WRITE);
	*out = take_ptr(stream);
	return 0;
}

void of_stream_free(struct of_stream **stream)
{
	struct of_stream *s = *stream;

	if (!s)
		return;
	if (s->socket)
		bufferevent_free(s->socket);
	if (s->turn)
		event_free(s->turn);
	mem_free(stream);
}

void of_stream_close(struct of_stream *stream, const char *why)
{
	const struct timeval at_most = {.tv_sec = CLOSE_SECONDS};

	if (stream->state != OPEN)
		return;
	stream->state = CLOSING;
	snprintf(stream->why, sizeof(stream->why), "%s", why);
	bufferevent_disable(stream->socket, EV_READ);
	event_add(stream->turn, &at_most);
	if (!evbuffer_get_length(output_of(stream)))
		event_active(stream->turn, 0, 0);
}

bool of_stream_is_open(const struct of_stream *stream)
{
	return stream->state == OPEN;
}

void of_stream_reply(struct of_stream *stream, const void *bytes, size_t n)
{
	if (stream->state == OPEN && evbuffer_add(output_of(stream), bytes, n))
		cut(stream, "out of memory");
}

void of_stream_tell(struct of_stream *stream, const void *bytes, size_t n)
{
	of_stream_reply(stream, bytes, n);
	if (stream->state == OPEN && evbuffer_get_length(output_of(stream)) > STREAM_BACKLOG_MAX)
		cut(stream, "it does not read what it is told");
}
