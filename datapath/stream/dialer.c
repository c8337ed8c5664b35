#include "stream/dialer.h"

#include <errno.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/own.h"
#include "stream/target.h"

#define BACKOFF_FIRST_MS 1000
#define PATIENCE_SECONDS 8

/* A name that is being looked up. It outlives its dialer: the answer comes in any case. */
struct lookup {
	struct dialer *dialer; /* NULL: it is gone */
};

struct dialer {
	/* fixed after create */
	struct dialer_options options;
	struct target target;
	struct event *pause; /* until the next attempt */
	/* control thread */
	struct evdns_base *resolver; /* NULL: no name was looked up yet */
	struct lookup *lookup;       /* NULL: none is */
	struct event *attempt;       /* the socket that connects; NULL: none does */
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

static void connect_now(struct dialer *dialer)
{
	const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
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

/* ---- names ---- */

static const struct evutil_addrinfo *first_of(const struct evutil_addrinfo *answer, int family)
{
	while (answer && answer->ai_family != family)
		answer = answer->ai_next;
	return answer;
}

/* False: there is none. */
static bool take_address(struct target *target, const struct evutil_addrinfo *answer)
{
	const struct evutil_addrinfo *ip = first_of(answer, AF_INET);
	const struct evutil_addrinfo *ipv6 = first_of(answer, AF_INET6);

	if (ip)
		target_set_address(target, AF_INET,
				   &((const struct sockaddr_in *)ip->ai_addr)->sin_addr);
	else if (ipv6)
		target_set_address(target, AF_INET6,
				   &((const struct sockaddr_in6 *)ipv6->ai_addr)->sin6_addr);
	return ip || ipv6;
}

static void name_failed(struct dialer *dialer, int result)
{
	struct err err = ERR_INIT;

	err_set(&err, ENOENT, "%s does not resolve: %s", dialer->target.host,
		result ? evutil_gai_strerror(result) : "it has no address");
	failed(dialer, err.text);
}

static void resolved_cb(int result, struct evutil_addrinfo *answer, void *ctx)
{
	struct lookup *lookup = ctx;
	struct dialer *dialer = lookup->dialer;

	free(lookup);
	if (dialer) {
		dialer->lookup = NULL;
		if (take_address(&dialer->target, answer))
			connect_now(dialer);
		else
			name_failed(dialer, result);
	}
	if (answer)
		evutil_freeaddrinfo(answer);
}

/* The servers may be others than the last time. */
static int resolver_make(struct dialer *dialer)
{
	if (dialer->resolver)
		evdns_base_free(dialer->resolver, 0);
	dialer->resolver =
		evdns_base_new(dialer->options.base, EVDNS_BASE_INITIALIZE_NAMESERVERS |
							     EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	return dialer->resolver ? 0 : -ENOENT;
}

static void look_up(struct dialer *dialer)
{
	const struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

	if (resolver_make(dialer)) {
		failed(dialer, "no name can be looked up: /etc/resolv.conf names no server");
		return;
	}
	dialer->lookup = malloc(sizeof(*dialer->lookup));
	if (!dialer->lookup) {
		failed(dialer, strerror(ENOMEM));
		return;
	}
	dialer->lookup->dialer = dialer;
	evdns_getaddrinfo(dialer->resolver, dialer->target.host, NULL, &hints, resolved_cb,
			  dialer->lookup);
}

static void dial_cb(evutil_socket_t unused, short what, void *ctx)
{
	struct dialer *dialer = ctx;

	if (dialer->target.host[0])
		look_up(dialer);
	else
		connect_now(dialer);
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
	if (d->lookup)
		d->lookup->dialer = NULL;
	if (d->resolver)
		evdns_base_free(d->resolver, 1);
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
	return dialer->attempt || dialer->lookup;
}
