#pragma once
/* A socket that clients come to. By whom a unix socket can be opened its mode decides, from its first moment on.
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
	/* A unix socket to make: a socket that is left there is replaced; copied */
	const char *path;
	mode_t mode;
	int fd; /* a socket that is bound already, and taken over, also on failure (`path`, borrowed, is what it is called); 0: none */
	/* A client is there: takes over `fd`. `name` says who it is, for the log. 0, or -errno with a text: it is refused. */
	int (*accepted)(void *ctx, int fd, const char *name, struct err *err);
	void *ctx;
};

/* 0 or -errno with a text. */
int listener_new(struct listener **out, const struct listener_options *options, struct err *err);
/* Closes it; removes the socket that it made. */
void listener_free(struct listener **listener);
void listener_admit(struct listener *listener);
/* The port that a TCP socket got; 0: it is none. */
uint16_t listener_port(const struct listener *listener);
/* Clients that were not let in. */
uint64_t listener_n_refused(const struct listener *listener);
