#include "stream/stream.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/own.h"
#include "stream/tls.h"

#define CLOSE_SECONDS 5
/* Who has not read this much is not asked what else it wants. */
#define PAUSE_SIZE ((size_t)1 << 20)

struct stream {
	/* fixed after create */
	struct stream_options options;
	struct bufferevent *socket;
	struct event *turn; /* the rest of the messages; or the end */
	/* control thread */
	enum { OPEN, CLOSING, CUT } state;
	size_t n_buffered; /* bytes in both buffers */
	size_t n_cut;      /* bytes that were not sent */
	bool is_backed_up; /* not read from: the other side must read first */
	bool is_at_end;    /* the other side will send no more */
	char why[192];     /* it was closed */
};

static struct evbuffer *input_of(const struct stream *stream)
{
	return bufferevent_get_input(stream->socket);
}

static struct evbuffer *output_of(const struct stream *stream)
{
	return bufferevent_get_output(stream->socket);
}

/* ---- what waits ---- */

static void buffer_cb(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *ctx)
{
	struct stream *stream = ctx;
	ssize_t delta = (ssize_t)info->n_added - (ssize_t)info->n_deleted;

	stream->n_buffered += (size_t)delta;
	if (stream->options.ops->buffered)
		stream->options.ops->buffered(stream->options.ctx, delta);
}

/* From here on the buffers are nobody's concern. */
static void buffers_forget(struct stream *stream)
{
	evbuffer_remove_cb(input_of(stream), buffer_cb, stream);
	evbuffer_remove_cb(output_of(stream), buffer_cb, stream);
	if (stream->n_buffered && stream->options.ops->buffered)
		stream->options.ops->buffered(stream->options.ctx, -(ssize_t)stream->n_buffered);
	stream->n_buffered = 0;
}

/* ---- the end ---- */

static void finish(struct stream *stream, const char *why)
{
	stream->state = CUT;
	buffers_forget(stream);
	stream->options.ops->closed(stream->options.ctx, why);
	stream_free(&stream);
}

void stream_close(struct stream *stream, const char *why)
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

void stream_cut(struct stream *stream, const char *why)
{
	if (stream->state == CUT)
		return;
	stream->state = CUT;
	snprintf(stream->why, sizeof(stream->why), "%s", why);
	bufferevent_disable(stream->socket, EV_READ | EV_WRITE);
	/* At once: until its turn comes, others may fill as much again. libevent guards the head of the output,
	 * which is nobody's any more. */
	buffers_forget(stream);
	stream->n_cut = evbuffer_get_length(output_of(stream));
	evbuffer_unfreeze(output_of(stream), 1);
	evbuffer_drain(output_of(stream), evbuffer_get_length(output_of(stream)));
	event_active(stream->turn, 0, 0);
}

/* ---- messages ---- */

/* All that came is handled. */
static void messages_done(struct stream *stream)
{
	if (!stream->is_at_end)
		bufferevent_enable(stream->socket, EV_READ);
	else
		stream_close(stream, evbuffer_get_length(input_of(stream))
					     ? "hung up in the middle of a message"
					     : "");
}

static void messages_handle(struct stream *stream)
{
	static const struct timeval at_once = {.tv_sec = 0};
	const struct stream_options *options = &stream->options;

	for (unsigned i = 0; i < options->messages_per_turn && stream->state == OPEN; i++) {
		int rc;

		stream->is_backed_up = evbuffer_get_length(output_of(stream)) > PAUSE_SIZE;
		if (stream->is_backed_up) {
			bufferevent_disable(stream->socket, EV_READ);
			return;
		}
		rc = options->ops->take(options->ctx, input_of(stream));
		if (!rc)
			messages_done(stream);
		if (rc <= 0)
			return;
	}
	if (stream->state != OPEN)
		return;
	/* Nothing more is read until what is here is handled. (A timer lets the loop look at its sockets first;
	 * event_active() would not.) */
	bufferevent_disable(stream->socket, EV_READ);
	event_add(stream->turn, &at_once);
}

/* ---- events ---- */

static void turn_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct stream *stream = ctx;

	if (stream->state == OPEN)
		messages_handle(stream);
	else if (stream->state == CUT || (what & EV_TIMEOUT) ||
		 !evbuffer_get_length(output_of(stream)))
		finish(stream, stream->why);
}

static void read_cb(struct bufferevent *socket, void *ctx)
{
	struct stream *stream = ctx;

	/* read while a turn was due already: that one goes on */
	if (!event_pending(stream->turn, EV_TIMEOUT, NULL))
		messages_handle(stream);
}

/* The output is empty. */
static void write_cb(struct bufferevent *socket, void *ctx)
{
	struct stream *stream = ctx;

	if (stream->state == CLOSING || stream->is_backed_up)
		event_active(stream->turn, 0, 0);
	if (stream_is_open(stream) && stream->options.ops->drained)
		stream->options.ops->drained(stream->options.ctx);
}

static void event_cb(struct bufferevent *socket, short what, void *ctx)
{
	struct stream *stream = ctx;
	struct err err = ERR_INIT;

	if (what & BEV_EVENT_CONNECTED) {
		if (tls_stream_check(stream->options.tls, socket, &err))
			stream_cut(stream, err.text);
	} else if (what & BEV_EVENT_ERROR) {
		const char *text = evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR());

		if (stream->options.tls)
			tls_stream_error(socket, &err);
		finish(stream, stream->state == CUT ? stream->why : err.text[0] ? err.text : text);
	} else if (what & BEV_EVENT_EOF) {
		stream->is_at_end = true;
		event_active(stream->turn, 0, 0);
	}
}

/* ---- life ---- */

/* Deferred: no callback runs inside another one, or inside of stream_send(). */
static int socket_make(struct stream *stream, int fd, struct err *err)
{
	const struct stream_options *options = &stream->options;

	evutil_make_socket_nonblocking(fd);
	if (options->tls)
		return tls_stream_new(&stream->socket, options->tls, options->base, fd,
				      options->is_server, err);
	stream->socket = bufferevent_socket_new(options->base, fd,
						BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (stream->socket)
		return 0;
	close(fd);
	return err_set(err, ENOMEM, "out of memory");
}

int stream_new(struct stream **out, int fd, const struct stream_options *options, struct err *err)
{
	own(stream_free) struct stream *stream = calloc(1, sizeof(*stream));
	int rc;

	if (!stream) {
		close(fd);
		return err_set(err, ENOMEM, "out of memory");
	}
	stream->options = *options;
	rc = socket_make(stream, fd, err);
	if (rc)
		return rc;
	stream->turn = event_new(options->base, -1, 0, turn_cb, stream);
	if (!stream->turn || !evbuffer_add_cb(input_of(stream), buffer_cb, stream) ||
	    !evbuffer_add_cb(output_of(stream), buffer_cb, stream))
		return err_set(err, ENOMEM, "out of memory");
	bufferevent_setcb(stream->socket, read_cb, write_cb, event_cb, stream);
	bufferevent_enable(stream->socket, EV_READ | EV_WRITE);
	*out = take_ptr(stream);
	return 0;
}

void stream_free(struct stream **stream)
{
	struct stream *s = *stream;

	if (!s)
		return;
	if (s->socket) {
		buffers_forget(s);
		bufferevent_free(s->socket);
	}
	if (s->turn)
		event_free(s->turn);
	mem_free(stream);
}

bool stream_is_open(const struct stream *stream)
{
	return stream->state == OPEN;
}

/* What answers the last message that came need not wait for the loop to see that the socket takes it. Returns how much
 * is sent; what went wrong shows again when the rest is. */
static size_t send_at_once(const struct stream *stream, const void *bytes, size_t n)
{
	ssize_t n_sent = 0;

	if (!stream->options.tls && !evbuffer_get_length(input_of(stream)) &&
	    !evbuffer_get_length(output_of(stream)))
		n_sent = send(bufferevent_getfd(stream->socket), bytes, n,
			      MSG_DONTWAIT | MSG_NOSIGNAL);
	return n_sent > 0 ? (size_t)n_sent : 0;
}

void stream_send(struct stream *stream, const void *bytes, size_t n)
{
	size_t n_sent;

	if (stream->state != OPEN)
		return;
	n_sent = send_at_once(stream, bytes, n);
	if (n_sent < n && evbuffer_add(output_of(stream), (const char *)bytes + n_sent, n - n_sent))
		stream_cut(stream, "out of memory");
}

size_t stream_backlog(const struct stream *stream)
{
	return evbuffer_get_length(output_of(stream));
}

size_t stream_unsent(const struct stream *stream)
{
	return stream->n_cut + evbuffer_get_length(output_of(stream));
}

size_t stream_n_buffered(const struct stream *stream)
{
	return stream->n_buffered;
}
