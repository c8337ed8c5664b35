#pragma once
/* A stream of messages to somebody, bounded in every direction, over a socket, in the clear or by TLS (tls.h). What a
 * message is its owner knows: connection.h for JSON-RPC, openflow_session.h for OpenFlow.
 *
 * Nothing that the other side does costs more than the limits say:
 *	- a turn of the loop handles `messages_per_turn` messages, then it is the others' turn;
 *	- who sends without reading its replies is not read from any further;
 *	- who leaves too much unread its owner cuts off: stream_backlog().
 *
 * Nobody is freed inside a callback: stream_close() and stream_cut() only arrange it. Control thread only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;
struct evbuffer;
struct event_base;
struct stream;
struct tls;

struct stream_ops {
	/* Handles the first message and drains it. 1: done, 0: the rest of it has not come yet, -errno: it is none, and
	 * stream_close() has been called. */
	int (*take)(void *ctx, struct evbuffer *input);
	/* The last call: the stream is freed after the return. `why` is "" when the other side hung up in between two
	 * messages. */
	void (*closed)(void *ctx, const char *why);
	/* Bytes that wait in it, in both directions, grew (or shrank) by `delta`. NULL: nobody cares. */
	void (*buffered)(void *ctx, ssize_t delta);
	/* Nothing waits for the other side any more; more may be sent. NULL: nobody cares. */
	void (*drained)(void *ctx);
};

struct stream_options {
	struct event_base *base;
	unsigned messages_per_turn;
	struct tls *tls; /* NULL: in the clear */
	bool is_server;  /* of TLS: the other side has connected to us */
	const struct stream_ops *ops;
	void *ctx;
};

/* Takes over `fd`, a connected stream socket, also when it fails. 0 or -errno with a text. */
int stream_new(struct stream **out, int fd, const struct stream_options *options, struct err *err);
/* Closes at once, without a call of closed(). Not from inside a callback of this stream. */
void stream_free(struct stream **stream);

/* Sends what is queued (for five seconds at most) and then closes. Nothing is read any more. */
void stream_close(struct stream *stream, const char *why);
/* Closes without sending what is queued. */
void stream_cut(struct stream *stream, const char *why);
/* False from close or cut on. */
bool stream_is_open(const struct stream *stream);

/* Queues bytes. Out of memory cuts it. */
void stream_send(struct stream *stream, const void *bytes, size_t n);
/* Bytes that wait for the other side to read them. */
size_t stream_backlog(const struct stream *stream);
/* The same, and those that a cut took away: none of them has reached the other side. */
size_t stream_unsent(const struct stream *stream);
/* Bytes that wait, and those that wait to be handled, too. */
size_t stream_n_buffered(const struct stream *stream);
