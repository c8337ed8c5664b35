#include "control/dialer.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/own.h"
#include "control/target.h"

#define BACKOFF_FIRST_MS 1000
#define PATIENCE_SECONDS 8

struct dialer {
	/* fixed after create */
	struct dialer_options options;
	struct target target;
	struct event *pause; /* until the next attempt */
	/* control thread */
	struct event *attempt; /* the socket that connects; NULL: none does */
	int fd;
	uint32_t backoff_ms;
};

static void attempt_end(struct dialer *dialer)
{
	if (dialer->attempt)
		event_free(dialer->attempt);
	dialer->attempt = NULL;
}

static void wait_and_dial(struct dialer *dialer)
{
	const struct timeval pause = {.tv_sec = dialer->backoff_ms / 1000,
				      .tv_usec = dialer->backoff_ms % 1000 * 1000};

	dialer->backoff_ms = dialer->backoff_ms < dialer->options.max_backoff_ms / 2
				     ? dialer->backoff_ms * 2
				     : dialer->options.max_backoff_ms;
	event_add(dialer->pause, &pause);
}

static void failed(struct dialer *dialer, const char *why)
{
	wait_and_dial(dialer);
	dialer->options.failed(dialer->options.ctx, why);
}

static void connected_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct dialer *dialer = ctx;
	socklen_t size = sizeof(int);
	struct err err = ERR_INIT;
	int code = 0;

	attempt_end(dialer);
	if (what & EV_TIMEOUT)
		code = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size))
		code = errno;
	if (code) {
		fd_close(&dialer->fd);
		failed(dialer, strerror(code));
	} else if (dialer->options.connected(dialer->options.ctx, take_fd(dialer->fd), &err)) {
		failed(dialer, err.text);
	}
}

static void dial_cb(evutil_socket_t unused, short what, void *ctx)
{
	const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
	struct dialer *dialer = ctx;
	int fd = target_connect(&dialer->target);

	if (fd < 0) {
		failed(dialer, strerror(-fd));
		return;
	}
	dialer->fd = fd;
	dialer->attempt = event_new(dialer->options.base, fd, EV_WRITE, connected_cb, dialer);
	if (!dialer->attempt || event_add(dialer->attempt, &patience)) {
		attempt_end(dialer);
		fd_close(&dialer->fd);
		failed(dialer, strerror(ENOMEM));
	}
}

int dialer_new(struct dialer **out, const struct dialer_options *options)
{
	own(dialer_free) struct dialer *dialer = calloc(1, sizeof(*dialer));

	if (!dialer)
		return -ENOMEM;
	dialer->options = *options;
	dialer->target = *options->target;
	dialer->fd = -1;
	dialer->backoff_ms = BACKOFF_FIRST_MS;
	dialer->pause = evtimer_new(options->base, dial_cb, dialer);
	if (!dialer->pause)
		return -ENOMEM;
	event_active(dialer->pause, 0, 0);
	*out = take_ptr(dialer);
	return 0;
}

void dialer_free(struct dialer **dialer)
{
	struct dialer *d = *dialer;

	if (!d)
		return;
	attempt_end(d);
	fd_close(&d->fd);
	if (d->pause)
		event_free(d->pause);
	mem_free(dialer);
}

void dialer_again(struct dialer *dialer, bool was_good)
{
	if (was_good)
		dialer->backoff_ms = BACKOFF_FIRST_MS;
	wait_and_dial(dialer);
}

bool dialer_is_busy(const struct dialer *dialer)
{
	return dialer->attempt;
}
