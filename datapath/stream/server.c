#include "stream/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <urcu/list.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "stream/connection.h"
#include "stream/listener.h"

struct client {
	struct cds_list_head node;
	struct server *server;
	struct connection *conn;
	const struct server_source *source; /* NULL: nobody's */
	bool was_heard;
	uint64_t kept_since; /* server->stats.n_messages when it began to keep something waiting */
};

struct server {
	/* fixed after create */
	struct event_base *base;
	struct server_handler handler;
	/* control thread */
	struct listener *listener;
	struct cds_list_head clients;
	struct server_stats stats;
};

static void client_forget(struct client *client)
{
	client->server->handler.closed(client->server->handler.ctx, client->conn);
	client->server->stats.n_clients--;
	cds_list_del(&client->node);
}

static void client_message(void *ctx, struct connection *conn, struct json_object *message)
{
	struct client *client = ctx;
	struct server *server = client->server;

	client->was_heard = true;
	server->stats.n_messages++;
	server->handler.message(server->handler.ctx, conn, message);
}

static void client_closed(void *ctx, struct connection *conn, const char *why)
{
	struct client *client = ctx;
	const struct server_source *source = client->source;
	bool was_heard = client->was_heard;

	if (why[0]) {
		client->server->stats.n_failed++;
		log_info("server", "%s: closed: %s", connection_name(conn), why);
	}
	client_forget(client);
	free(client);
	if (source)
		source->ended(source->ctx, why, was_heard);
}

static bool has_kept(const struct client *client)
{
	return connection_n_buffered(client->conn) &&
	       client->server->stats.n_messages - client->kept_since >= SERVER_PATIENCE;
}

static bool is_worse(const struct client *a, const struct client *b)
{
	if (has_kept(a) != has_kept(b))
		return has_kept(a);
	return connection_n_buffered(a->conn) > connection_n_buffered(b->conn);
}

/* One message of one client's may be of any size. */
static void worst_cut(struct server *server)
{
	struct client *worst = NULL, *client;
	size_t largest = 0;

	cds_list_for_each_entry (client, &server->clients, node) {
		if (connection_largest(client->conn) > largest)
			largest = connection_largest(client->conn);
		if (!worst || is_worse(client, worst))
			worst = client;
	}
	if (worst && server->stats.n_buffered > SERVER_BUFFERED_MAX + largest)
		connection_cut(worst->conn, "all clients together keep too much waiting, and it "
					    "the most");
}

static void client_buffered(void *ctx, ssize_t delta)
{
	struct client *client = ctx;
	struct server *server = client->server;

	if (delta > 0 && connection_n_buffered(client->conn) == (size_t)delta)
		client->kept_since = server->stats.n_messages;
	server->stats.n_buffered += (size_t)delta;
	if (delta > 0 && server->stats.n_buffered > SERVER_BUFFERED_MAX)
		worst_cut(server);
}

static const struct connection_ops client_ops = {
	.message = client_message,
	.closed = client_closed,
	.buffered = client_buffered,
};

static const struct connection_limits client_limits = {
	.message_size = SERVER_MESSAGE_MAX,
	.backlog_size = CONNECTION_BACKLOG_MAX,
};

static int client_add(struct server *server, int fd, const char *name,
		      const struct server_source *source, struct err *err)
{
	own(mem_free) struct client *client = calloc(1, sizeof(*client));
	const struct connection_options options = {
		.base = server->base,
		.name = name,
		.tls = source ? source->tls : NULL,
		.is_server = source && source->is_server,
		.is_dialed = source && !source->is_server,
		.limits = client_limits,
		.ops = &client_ops,
		.ctx = client,
	};
	int rc;

	if (!client) {
		close(fd);
		return err_set(err, ENOMEM, "out of memory");
	}
	client->server = server;
	client->source = source;
	rc = connection_new(&client->conn, fd, &options, err);
	if (rc)
		return rc;
	rc = source ? connection_probe(client->conn, source->inactivity_ms) : 0;
	if (!rc)
		rc = server->handler.opened(server->handler.ctx, client->conn);
	if (rc) {
		connection_free(&client->conn);
		return err_set(err, -rc, "%s", strerror(-rc));
	}
	cds_list_add_tail(&client->node, &server->clients);
	server->stats.n_clients++;
	server->stats.n_accepted++;
	take_ptr(client);
	return 0;
}

int server_adopt(struct server *server, int fd, const char *name)
{
	return client_add(server, fd, name, NULL, NULL);
}

int server_accept(struct server *server, int fd, const char *name,
		  const struct server_source *source, struct err *err)
{
	/* Those from elsewhere leave places to those who are here. */
	const unsigned n_max = source ? SERVER_CLIENTS_MAX / 2 : SERVER_CLIENTS_MAX;

	if (server->stats.n_clients < n_max)
		return client_add(server, fd, name, source, err);
	close(fd);
	return err_set(err, EMFILE, "there are %u clients already", n_max);
}

static int accepted(void *ctx, int fd, const char *name, struct err *err)
{
	return server_accept(ctx, fd, name, NULL, err);
}

static void client_end(struct client *client)
{
	client_forget(client);
	connection_free(&client->conn);
	free(client);
}

void server_end(struct server *server, const struct server_source *source)
{
	struct client *client, *next;

	cds_list_for_each_entry_safe (client, next, &server->clients, node) {
		if (client->source != source)
			continue;
		client->source = NULL;
		connection_close(client->conn, "");
	}
}

int server_new(struct server **out, struct event_base *base, const struct server_handler *handler)
{
	own(server_free) struct server *server = calloc(1, sizeof(*server));

	if (!server)
		return -ENOMEM;
	server->base = base;
	server->handler = *handler;
	CDS_INIT_LIST_HEAD(&server->clients);
	*out = take_ptr(server);
	return 0;
}

void server_free(struct server **server)
{
	struct server *s = *server;
	struct client *client, *next;

	if (!s)
		return;
	listener_free(&s->listener);
	cds_list_for_each_entry_safe (client, next, &s->clients, node)
		client_end(client);
	mem_free(server);
}

int server_listen(struct server *server, const char *path, mode_t mode, struct err *err)
{
	const struct listener_options options = {
		.base = server->base,
		.path = path,
		.mode = mode,
		.accepted = accepted,
		.ctx = server,
	};

	return listener_new(&server->listener, &options, err);
}

void server_admit(struct server *server)
{
	listener_admit(server->listener);
}

void server_stats(const struct server *server, struct server_stats *out)
{
	*out = server->stats;
	out->n_refused = server->listener ? listener_n_refused(server->listener) : 0;
}
