#pragma once
/* A unix socket that clients come to: by whom it can be opened its mode decides, from its first moment on.
 *
 * Nobody is let in before listener_admit(). When file descriptors run out, it pauses and looks again.
 * Control thread only.
 */
#include <stdint.h>
#include <sys/types.h>

struct err;
struct event_base;
struct listener;

struct listener_options {
	struct event_base *base;
	const char *path; /* copied; a socket that is left there is replaced */
	mode_t mode;
	/* A client is there: takes over `fd`. `name` says who it is, for the log. 0, or -errno: it is refused. */
	int (*accepted)(void *ctx, int fd, const char *name);
	void *ctx;
};

/* 0 or -errno with a text. */
int listener_new(struct listener **out, const struct listener_options *options, struct err *err);
/* Removes the socket. */
void listener_free(struct listener **listener);
void listener_admit(struct listener *listener);
/* Clients that were not let in. */
uint64_t listener_n_refused(const struct listener *listener);
