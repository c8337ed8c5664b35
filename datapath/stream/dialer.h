#pragma once
/* Connects to somebody again and again: at once, then after a second, then each time after twice as long, up to a
 * limit. A name is looked up each time, by DNS and /etc/hosts, while nobody waits. While there is a connection it rests. Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>

struct dialer;
struct err;
struct event_base;
struct target;

struct dialer_options {
	struct event_base *base;
	const struct target *target; /* active; copied */
	uint32_t max_backoff_ms;
	/* The socket of a connection, which it takes over. Non-zero: it cannot be used, as the text says: try again. */
	int (*connected)(void *ctx, int fd, struct err *err);
	/* It could not connect, and tries again later. */
	void (*failed)(void *ctx, const char *why);
	void *ctx;
};

/* Connects from the event loop on. `options` is copied. 0 or -ENOMEM. */
int dialer_new(struct dialer **out, const struct dialer_options *options);
void dialer_free(struct dialer **dialer);
/* The connection that it made has ended: make another one, after a pause. `was_good`: the other side
 * was who it should be, so that the pause is a short one. */
void dialer_again(struct dialer *dialer, bool was_good);
/* Is an attempt under way? */
bool dialer_is_busy(const struct dialer *dialer);
