#include "config/external.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/own.h"
#include "stream/target.h"

#define DEFAULT_PORT 6640
#define SERVERS_MAX  16
#define PATIENCE     8 /* seconds to connect */

struct external {
	/* fixed after create */
	struct event_base *base;
	struct tls *tls;
	char *names[SERVERS_MAX];
	struct target targets[SERVERS_MAX];
	unsigned n;
	/* control thread */
	unsigned next;
	struct event *dialed; /* the socket that connects; NULL: none does */
	int fd;
	external_done_fn *done;
	void *ctx;
};

bool external_is_meant(const char *text)
{
	static const char *const schemes[] = {"tcp:", "ssl:", "unix:"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (!strncmp(text, schemes[i], strlen(schemes[i])))
			return true;
	return false;
}

static int add(struct external *external, const char *text, size_t len, struct err *err)
{
	char *name = strndup(text, len);
	int rc;

	if (!name)
		return err_set(err, ENOMEM, "out of memory");
	if (external->n == SERVERS_MAX) {
		free(name);
		return err_set(err, EINVAL, "--db: at most %d servers are tried", SERVERS_MAX);
	}
	external->names[external->n] = name;
	rc = target_parse(name, DEFAULT_PORT, &external->targets[external->n++], err);
	if (!rc && external->targets[external->n - 1].is_passive)
		rc = err_set(err, EINVAL, "--db %s: use tcp:, ssl: or unix:", name);
	if (!rc && external->targets[external->n - 1].host[0])
		rc = err_set(err, EINVAL, "--db %s: write an address instead of the name", name);
	return rc;
}

int external_new(struct external **out, const char *text, struct event_base *base, struct tls *tls,
		 struct err *err)
{
	own(external_free) struct external *external = calloc(1, sizeof(*external));

	if (!external)
		return err_set(err, ENOMEM, "out of memory");
	external->base = base;
	external->tls = tls;
	external->fd = -1;
	while (*text) {
		size_t len = strcspn(text, ",");
		int rc = add(external, text, len, err);

		if (rc)
			return rc;
		text += len + (text[len] == ',');
	}
	*out = take_ptr(external);
	return 0;
}

static void dial_end(struct external *external)
{
	if (external->dialed)
		event_free(external->dialed);
	external->dialed = NULL;
}

void external_free(struct external **external)
{
	if (!*external)
		return;
	dial_end(*external);
	fd_close(&(*external)->fd);
	for (unsigned i = 0; i < (*external)->n; i++)
		free((*external)->names[i]);
	mem_free(external);
}

static unsigned last(const struct external *external)
{
	return (external->next + external->n - 1) % external->n;
}

static void failed(struct external *external, int code)
{
	struct err err = ERR_INIT;

	dial_end(external);
	fd_close(&external->fd);
	err_set(&err, code, "%s: %s", external_name(external), strerror(code));
	external->done(external->ctx, -1, NULL, err.text);
}

static void dialed_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct external *external = ctx;
	const struct target *target = &external->targets[last(external)];
	socklen_t size = sizeof(int);
	int code = 0;

	if (what & EV_TIMEOUT)
		code = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size))
		code = errno;
	if (code) {
		failed(external, code);
		return;
	}
	dial_end(external);
	external->done(external->ctx, take_fd(external->fd), target->is_tls ? external->tls : NULL,
		       NULL);
}

void external_dial(struct external *external, external_done_fn *done, void *ctx)
{
	static const struct timeval patience = {.tv_sec = PATIENCE};
	int fd = target_connect(&external->targets[external->next]);

	external->next = (external->next + 1) % external->n;
	external->done = done;
	external->ctx = ctx;
	if (fd < 0) {
		failed(external, -fd);
		return;
	}
	external->fd = fd;
	external->dialed = event_new(external->base, fd, EV_WRITE, dialed_cb, external);
	if (!external->dialed || event_add(external->dialed, &patience))
		failed(external, ENOMEM);
}

const char *external_name(const struct external *external)
{
	return external->names[last(external)];
}

bool external_was_last(const struct external *external)
{
	return !external->next;
}
