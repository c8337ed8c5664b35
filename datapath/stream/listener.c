#include "stream/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"

#define LISTEN_BACKLOG    1024
#define ACCEPT_PAUSE_USEC 200000

struct listener {
	/* fixed after create */
	struct listener_options options;
	char path[108]; /* of the unix socket that it made; "": none */
	struct evconnlistener *socket;
	struct event *resume; /* accepting, after a pause */
	/* control thread */
	uint64_t n_names, n_refused;
	char why[ERR_TEXT_SIZE]; /* the last one was refused; "": it was not */
};

/* What keeps everybody out is said once. */
static void refused(struct listener *listener, const char *name, const struct err *err)
{
	const bool is_same = !strcmp(listener->why, err->text);

	listener->n_refused++;
	log_write(is_same ? LOG_DEBUG : LOG_WARN, "server", "%s: %s: refused: %s",
		  listener->path[0] ? listener->path : listener->options.path, name, err->text);
	snprintf(listener->why, sizeof(listener->why), "%s", err->text);
}

static void accept_cb(struct evconnlistener *socket, evutil_socket_t fd, struct sockaddr *addr,
		      int len, void *ctx)
{
	struct listener *listener = ctx;
	struct ucred peer = {.pid = 0};
	socklen_t size = sizeof(peer);
	struct err err = ERR_INIT;
	char name[64];

	++listener->n_names;
	if (addr->sa_family == AF_UNIX && !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		snprintf(name, sizeof(name), "client %llu (pid %d, user %u)",
			 (unsigned long long)listener->n_names, peer.pid, peer.uid);
	else if (getnameinfo(addr, (socklen_t)len, name, sizeof(name), NULL, 0, NI_NUMERICHOST))
		snprintf(name, sizeof(name), "client %llu", (unsigned long long)listener->n_names);
	if (listener->options.accepted(listener->options.ctx, fd, name, &err))
		refused(listener, name, &err);
	else
		listener->why[0] = '\0';
}

static void resume_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct listener *listener = ctx;

	evconnlistener_enable(listener->socket);
}

/* Out of file descriptors, most likely. The socket stays readable: look again in a while. */
static void accept_error_cb(struct evconnlistener *socket, void *ctx)
{
	const struct timeval pause = {.tv_usec = ACCEPT_PAUSE_USEC};
	struct listener *listener = ctx;

	if (!listener->n_refused++)
		log_warn("server", "cannot accept clients: %s", strerror(EVUTIL_SOCKET_ERROR()));
	evconnlistener_disable(socket);
	event_add(listener->resume, &pause);
}

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
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)) || errno == EAGAIN)
		return err_set(err, EADDRINUSE, "%s: somebody listens there", path);
	unlink(path);
	mask = umask(0777 & ~mode);
	rc = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
	umask(mask);
	if (rc)
		return err_set(err, -rc, "%s: bind: %s", path, strerror(-rc));
	return take_fd(fd);
}

int listener_new(struct listener **out, const struct listener_options *options, struct err *err)
{
	own(listener_free) struct listener *listener = calloc(1, sizeof(*listener));
	int fd = options->fd;

	if (listener)
		listener->resume = event_new(options->base, -1, 0, resume_cb, listener);
	if (!listener || !listener->resume) {
		if (fd)
			close(fd);
		return err_set(err, ENOMEM, "%s: listen: out of memory", options->path);
	}
	listener->options = *options;
	if (!fd) {
		fd = socket_bind(options->path, options->mode, err);
		if (fd < 0)
			return fd;
		strcpy(listener->path, options->path);
	}
	listener->socket =
		evconnlistener_new(options->base, accept_cb, listener,
				   LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_DISABLED,
				   LISTEN_BACKLOG, fd);
	if (!listener->socket) {
		close(fd);
		if (listener->path[0])
			unlink(listener->path);
		return err_set(err, ENOMEM, "%s: listen: out of memory", options->path);
	}
	evconnlistener_set_error_cb(listener->socket, accept_error_cb);
	*out = take_ptr(listener);
	return 0;
}

void listener_free(struct listener **listener)
{
	struct listener *l = *listener;

	if (!l)
		return;
	if (l->socket) {
		evconnlistener_free(l->socket);
		if (l->path[0])
			unlink(l->path);
	}
	if (l->resume)
		event_free(l->resume);
	mem_free(listener);
}

void listener_admit(struct listener *listener)
{
	evconnlistener_enable(listener->socket);
}

uint16_t listener_port(const struct listener *listener)
{
	struct sockaddr_storage addr;
	socklen_t size = sizeof(addr);

	if (getsockname(evconnlistener_get_fd(listener->socket), (struct sockaddr *)&addr, &size))
		return 0;
	if (addr.ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)&addr)->sin_port);
	if (addr.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)&addr)->sin6_port);
	return 0;
}

uint64_t listener_n_refused(const struct listener *listener)
{
	return listener->n_refused;
}
