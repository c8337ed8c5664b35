#include "control/server.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <urcu/list.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "control/connection.h"

#define LISTEN_BACKLOG    1024
#define ACCEPT_PAUSE_USEC 200000

struct client {
	struct cds_list_head node;
	struct server *server;
	struct connection *conn;
};

struct server {
	/* fixed after create */
	struct event_base *base;
	struct server_handler handler;
	/* control thread */
	struct evconnlistener *listener;
	struct event *resume; /* accepting, after a pause */
	char path[108];       /* of the listener's socket */
	struct cds_list_head clients;
	uint64_t n_names;
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

	server->stats.n_messages++;
	server->handler.message(server->handler.ctx, conn, message);
}

static void client_closed(void *ctx, struct connection *conn, const char *why)
{
	struct client *client = ctx;

	if (why[0]) {
		client->server->stats.n_failed++;
		log_info("server", "%s: closed: %s", connection_name(conn), why);
	}
	client_forget(client);
	free(client);
}

static void largest_cut(struct server *server)
{
	struct connection *largest = NULL;
	struct client *client;

	cds_list_for_each_entry (client, &server->clients, node) {
		if (!largest ||
		    connection_n_buffered(client->conn) > connection_n_buffered(largest))
			largest = client->conn;
	}
	if (largest)
		connection_cut(largest, "all clients together keep too much waiting, and it the "
					"most");
}

static void client_buffered(void *ctx, ssize_t delta)
{
	struct client *client = ctx;
	struct server *server = client->server;

	server->stats.n_buffered += (size_t)delta;
	if (delta > 0 && server->stats.n_buffered > SERVER_BUFFERED_MAX)
		largest_cut(server);
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

int server_adopt(struct server *server, int fd, const char *name)
{
	own(mem_free) struct client *client = calloc(1, sizeof(*client));
	int rc;

	if (!client) {
		close(fd);
		return -ENOMEM;
	}
	client->server = server;
	rc = connection_new(&client->conn, server->base, fd, name, &client_limits, &client_ops,
			    client);
	if (rc)
		return rc;
	rc = server->handler.opened(server->handler.ctx, client->conn);
	if (rc) {
		connection_free(&client->conn);
		return rc;
	}
	cds_list_add_tail(&client->node, &server->clients);
	server->stats.n_clients++;
	server->stats.n_accepted++;
	take_ptr(client);
	return 0;
}

static void accept_cb(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *addr,
		      int len, void *ctx)
{
	struct server *server = ctx;
	struct ucred peer = {.pid = 0};
	socklen_t size = sizeof(peer);
	char name[64];
	int rc = -EMFILE;

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	snprintf(name, sizeof(name), "client %llu (pid %d, user %u)",
		 (unsigned long long)++server->n_names, peer.pid, peer.uid);
	if (server->stats.n_clients < SERVER_CLIENTS_MAX)
		rc = server_adopt(server, fd, name);
	else
		close(fd);
	if (rc) {
		server->stats.n_refused++;
		log_warn("server", "%s: refused: %s", name, strerror(-rc));
	}
}

static void resume_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct server *server = ctx;

	evconnlistener_enable(server->listener);
}

/* Out of file descriptors, most likely. The socket stays readable: look again in a while. */
static void accept_error_cb(struct evconnlistener *listener, void *ctx)
{
	const struct timeval pause = {.tv_usec = ACCEPT_PAUSE_USEC};
	struct server *server = ctx;

	if (!server->stats.n_refused++)
		log_warn("server", "cannot accept clients: %s", strerror(EVUTIL_SOCKET_ERROR()));
	evconnlistener_disable(listener);
	event_add(server->resume, &pause);
}

int server_new(struct server **out, struct event_base *base, const struct server_handler *handler)
{
	own(server_free) struct server *server = calloc(1, sizeof(*server));

	if (!server)
		return -ENOMEM;
	server->base = base;
	server->handler = *handler;
	CDS_INIT_LIST_HEAD(&server->clients);
	server->resume = event_new(base, -1, 0, resume_cb, server);
	if (!server->resume)
		return -ENOMEM;
	*out = take_ptr(server);
	return 0;
}

void server_free(struct server **server)
{
	struct server *s = *server;
	struct client *client, *next;

	if (!s)
		return;
	if (s->listener) {
		evconnlistener_free(s->listener);
		unlink(s->path);
	}
	cds_list_for_each_entry_safe (client, next, &s->clients, node) {
		client_forget(client);
		connection_free(&client->conn);
		free(client);
	}
	if (s->resume)
		event_free(s->resume);
	mem_free(server);
}

/* A socket bound at `path` with the right mode from its first moment on. */
static int socket_bind(const char *path, mode_t mode, struct err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	own(fd_close) int fd = -1;
	struct stat st;
	mode_t mask;
	int rc;

	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(err, ENAMETOOLONG,
			       "%s: too long for a socket's name: at most %zu characters", path,
			       sizeof(addr.sun_path) - 1);
	strcpy(addr.sun_path, path);
	if (!lstat(path, &st) && !S_ISSOCK(st.st_mode))
		return err_set(err, EEXIST, "%s: is there and is no socket: move it away", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(err, errno, "%s: socket: %s", path, strerror(errno));
	unlink(path);
	mask = umask(0777 & ~mode);
	rc = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
	umask(mask);
	if (rc)
		return err_set(err, -rc, "%s: bind: %s", path, strerror(-rc));
	return take_fd(fd);
}

int server_listen(struct server *server, const char *path, mode_t mode, struct err *err)
{
	int fd = socket_bind(path, mode, err);

	if (fd < 0)
		return fd;
	server->listener =
		evconnlistener_new(server->base, accept_cb, server,
				   LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_DISABLED,
				   LISTEN_BACKLOG, fd);
	if (!server->listener) {
		close(fd);
		unlink(path);
		return err_set(err, ENOMEM, "%s: listen: out of memory", path);
	}
	evconnlistener_set_error_cb(server->listener, accept_error_cb);
	strcpy(server->path, path);
	return 0;
}

void server_admit(struct server *server)
{
	evconnlistener_enable(server->listener);
}

void server_stats(const struct server *server, struct server_stats *out)
{
	*out = server->stats;
}
