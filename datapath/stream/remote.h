#pragma once
/* Places by which clients reach the database besides the socket in the run directory, as ovsdb-server(1) calls them: it
 * listens there (ptcp:, pssl:, punix:), or connects to a client that listens (tcp:, ssl:, unix:), again and again. They come
 * from the command line, and stay, or from rows of Manager, and are told apart by their UUIDs.
 *
 * Over TCP everybody who can connect may change the configuration, as with ovsdb-server; runtime methods that
 * change the switch are for root on a unix socket alone. Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>

struct err;
struct event_base;
struct remotes;
struct server;
struct tls;

#define REMOTE_UUID_SIZE 37

struct remotes_options {
	struct event_base *base;
	struct server *server;      /* borrowed */
	struct tls *tls;            /* borrowed */
	const char *const *dirs;    /* for sockets of rows, see target_confine(); borrowed */
	void (*changed)(void *ctx); /* a status is another one */
	void *ctx;
};

struct remote_wanted {
	const char *uuid;
	const char *target;
	uint32_t max_backoff_ms;
	int64_t inactivity_ms; /* negative: what Open vSwitch takes if nothing is said */
};

struct remote_status {
	bool is_passive, is_connected;
	bool is_wrong;     /* it can be neither connected to nor listened on: last_error says why */
	const char *state; /* of an active one */
	const char *last_error;              /* "": none. Borrowed until the next call */
	int64_t connected_s, disconnected_s; /* since then; -1: never */
	unsigned n_connections;
	uint16_t bound_port; /* 0: none */
};

/* `options` is copied. 0 or -ENOMEM. */
int remotes_new(struct remotes **out, const struct remotes_options *options);
/* Hangs up. */
void remotes_free(struct remotes **remotes);

/* One of the command line, or of ovs-appctl. 0, or -errno with a text: it is no target, or it cannot be listened
 * on; then it is not there. */
int remotes_add(struct remotes *remotes, const char *target, struct err *err);
/* The target of the i-th of these; NULL: there are no more. */
const char *remotes_target(const struct remotes *remotes, unsigned i);
/* Hangs up on who came there. -ENOENT: there is no such target among these. */
int remotes_remove(struct remotes *remotes, const char *target);
/* Makes those of rows what `wanted` says: others end, new ones begin, those that are the same stay. */
void remotes_set(struct remotes *remotes, const struct remote_wanted *wanted, unsigned n);
/* Lets clients in. */
void remotes_admit(struct remotes *remotes);
/* False: there is none for that row. */
bool remotes_status(const struct remotes *remotes, const char *uuid, struct remote_status *out);
