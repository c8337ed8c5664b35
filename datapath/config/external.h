#pragma once
/* A database that somebody else serves: an ovsdb-server(1), or the servers of a cluster, which are tried in turn. Control
 * thread only. */
#include <stdbool.h>

struct err;
struct event_base;
struct external;
struct tls;

/* Is it tcp:, ssl: or unix:, rather than the name of a file? */
bool external_is_meant(const char *text);
/* `text`: TARGET[,TARGET]... `base` and `tls` are borrowed. 0, or -EINVAL or -ENOMEM with a text. */
int external_new(struct external **out, const char *text, struct event_base *base, struct tls *tls,
		 struct err *err);
void external_free(struct external **external);

/* Connects to the next one. `done`: the socket, which is the callee's, and what is to be spoken over it (NULL: in the
 * clear); or -1 and why not. Once for each call, in or after it, unless external_free() comes first. */
typedef void external_done_fn(void *ctx, int fd, struct tls *tls, const char *why);
void external_dial(struct external *external, external_done_fn *done, void *ctx);
/* What the last one is called. */
const char *external_name(const struct external *external);
/* Has each of them been tried since the last round? */
bool external_was_last(const struct external *external);
