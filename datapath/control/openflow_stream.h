#pragma once
/* One OpenFlow connection as a stream of whole messages, over anything that libevent has a stream for.
 *
 * Nothing that the other side does costs more than the limits say, as for JSON-RPC (connection.h):
 *	- a turn of the loop handles MESSAGES_PER_TURN messages, then it is the others' turn;
 *	- who sends without reading its replies is not read from any further;
 *	- who leaves more than STREAM_BACKLOG_MAX of what it did not ask for unread is cut off.
 *
 * Nobody is freed inside a callback: of_stream_close() only arranges it. Control thread only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct of_stream;
struct wire_bytes;

#define STREAM_BACKLOG_MAX ((size_t)32 << 20)

struct of_stream_ops {
	/* A whole message, at least a header; borrowed during the call. */
	void (*message)(void *ctx, struct wire_bytes message);
	/* The last call: the stream is freed after the return. `why` is "" when the other side hung up in between
	 * two messages. */
	void (*closed)(void *ctx, const char *why);
};

/* Takes over `fd`, a connected stream socket, also when it fails. 0 or -ENOMEM. */
int of_stream_new(struct of_stream **out, struct event_base *base, int fd,
		  const struct of_stream_ops *ops, void *ctx);
/* Closes at once, without a call of closed(). Not from inside a callback of this stream. */
void of_stream_free(struct of_stream **stream);

/* Sends what is queued (for five seconds at most) and then closes. Nothing is read any more. */
void of_stream_close(struct of_stream *stream, const char *why);
bool of_stream_is_open(const struct of_stream *stream);

/* Queues bytes that were asked for: however many. */
void of_stream_reply(struct of_stream *stream, const void *bytes, size_t n);
/* Queues bytes that were not: too many unread ones are the end. */
void of_stream_tell(struct of_stream *stream, const void *bytes, size_t n);
