#pragma once
/* One JSON-RPC stream: JSON objects in, JSON objects out, over a stream.h. The server has one for each client, the replica
 * has one to its database.
 *
 * What the other side may cost is bounded: beside what stream.h says of it, a message is measured before it is parsed
 * (base/json.h); a wrong one is answered with an error and is the last one; and a side that leaves more than the limit
 * of updates unread is cut off.
 *
 * Nobody is freed inside a callback: connection_close() and connection_cut() only arrange it. Control thread only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct connection;
struct err;
struct event_base;
struct json_object;
struct tls;

struct connection_ops {
	/* A message came; it is put after the return. */
	void (*message)(void *ctx, struct connection *conn, struct json_object *message);
	/* The last call: the connection is freed after the return. `why` is "" when the other side
	 * hung up in between two messages. */
	void (*closed)(void *ctx, struct connection *conn, const char *why);
	/* Buffered bytes grew (or shrank) by `delta`. NULL: nobody cares. */
	void (*buffered)(void *ctx, ssize_t delta);
};

struct connection_limits {
	size_t message_size; /* bytes of one message that comes in */
	size_t backlog_size; /* bytes that wait for the other side to read them */
};

#define CONNECTION_MESSAGE_MAX ((size_t)64 << 20)
#define CONNECTION_BACKLOG_MAX ((size_t)32 << 20)

struct connection_options {
	struct event_base *base;
	const char *name; /* for the log; copied */
	struct tls *tls;  /* NULL: in the clear */
	bool is_server;   /* of TLS: the other side has connected to us */
	bool is_dialed; /* we have connected: the kernel knows who made the socket, not who speaks */
	struct connection_limits limits;
	const struct connection_ops *ops; /* borrowed */
	void *ctx;
};

/* Takes over `fd`, a connected stream socket, also when it fails. 0 or -errno with a text. */
int connection_new(struct connection **out, int fd, const struct connection_options *options,
		   struct err *err);
/* Closes at once, without a call of closed(). Not from inside a callback of this connection. */
void connection_free(struct connection **conn);

/* Sends what is queued (for five seconds at most) and then closes. Nothing is read any more. */
void connection_close(struct connection *conn, const char *why);
/* Closes without sending what is queued. */
void connection_cut(struct connection *conn, const char *why);

/* Queues a message. A backlog beyond the limit, the largest message in it not counted, cuts the connection off. Borrows
 * `message`. */
void connection_send(struct connection *conn, struct json_object *message);

/* From now on asks the other side for a sign of life (an "echo") when it was silent for `ms`, and cuts it off
 * if nothing comes for as long again. 0: no more. Returns 0 or -ENOMEM. */
int connection_probe(struct connection *conn, uint32_t ms);

const char *connection_name(const struct connection *conn);
/* The user at the other end of a unix socket (SO_PEERCRED), or -1. */
uid_t connection_uid(const struct connection *conn);
/* Bytes of the largest message of those that wait to be read. */
size_t connection_largest(const struct connection *conn);
/* Bytes that wait in it, in both directions. */
size_t connection_n_buffered(const struct connection *conn);

/* For whoever owns it. */
void connection_set_data(struct connection *conn, void *data);
void *connection_data(const struct connection *conn);
