#pragma once
/* The place where clients come in: a unix socket, whose clients' messages go to one handler.
 *
 * Memory is bounded for all clients together as well: when they keep more than SERVER_BUFFERED_MAX waiting (the
 * largest message of all not counted), the one that keeps the most is cut off: of those that have kept something
 * while SERVER_PATIENCE messages came, if there are any, so that many who keep a little each are no harm to one that
 * reads what it asked for. Clients that came elsewhere (remote.h) join by server_accept(). Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct connection;
struct err;
struct event_base;
struct json_object;
struct server;
struct tls;

#define SERVER_CLIENTS_MAX  4096
#define SERVER_BUFFERED_MAX ((size_t)48 << 20)
#define SERVER_MESSAGE_MAX  ((size_t)16 << 20)
#define SERVER_PATIENCE     8 /* messages of any client */

struct server_handler {
	void *ctx;
	/* A client is there. Non-zero: it is not served. */
	int (*opened)(void *ctx, struct connection *conn);
	/* A message of it came. */
	void (*message)(void *ctx, struct connection *conn, struct json_object *message);
	/* It is gone; called for each client for which opened() returned 0. */
	void (*closed)(void *ctx, struct connection *conn);
};

struct server_stats {
	unsigned n_clients;
	uint64_t n_accepted;
	uint64_t n_refused; /* more than SERVER_CLIENTS_MAX, or no file descriptors */
	uint64_t n_messages;
	uint64_t n_failed; /* clients that were closed for what they did */
	size_t n_buffered; /* bytes */
};

/* `handler` is copied. Returns 0 or -ENOMEM. */
int server_new(struct server **out, struct event_base *base, const struct server_handler *handler);
/* Cuts every client off, removes the socket. */
void server_free(struct server **server);

/* Makes the unix socket `path`, which only `mode` may open; a socket that is left there is
 * replaced. Returns 0 or -errno with a text. */
int server_listen(struct server *server, const char *path, mode_t mode, struct err *err);
/* Begins to accept clients; those that came before have waited. */
void server_admit(struct server *server);

/* Who brought a client. */
struct server_source {
	/* One of its clients is gone. `was_heard`: it had said something. */
	void (*ended)(void *ctx, const char *why, bool was_heard);
	void *ctx;
	struct tls *tls;        /* NULL: in the clear */
	bool is_server;         /* of TLS: clients connect to us */
	uint32_t inactivity_ms; /* see connection_probe() */
};

/* Serves a connected socket; takes it over, also when it fails. `source` is borrowed; NULL: nobody's. 0, -EMFILE:
 * there are too many, or another -errno, with a text. */
int server_accept(struct server *server, int fd, const char *name,
		  const struct server_source *source, struct err *err);
/* The same for the daemon itself, for which there is always room. */
int server_adopt(struct server *server, int fd, const char *name);
/* Hangs up on the clients of `source`, without a call of ended(), once they have got what is on its way to them. */
void server_end(struct server *server, const struct server_source *source);

void server_stats(const struct server *server, struct server_stats *out);
