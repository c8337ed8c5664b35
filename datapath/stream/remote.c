#include "stream/remote.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>
#include <urcu/list.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "stream/dialer.h"
#include "stream/listener.h"
#include "stream/server.h"
#include "stream/target.h"
#include "stream/tls.h"

#define DEFAULT_PORT       6640
#define DEFAULT_BACKOFF_MS 8000
#define DEFAULT_PROBE_MS   5000
#define PROBE_MIN_MS       1000
#define SOCKET_MODE        0660

struct remote {
	struct cds_list_head node;
	/* fixed after create */
	struct remotes *all;
	char uuid[REMOTE_UUID_SIZE]; /* "": of the command line */
	char text[256];
	struct target target;
	uint32_t max_backoff_ms;
	int64_t inactivity_ms;
	/* control thread */
	struct server_source source;
	struct dialer *dialer;     /* of an active one */
	struct listener *listener; /* of a passive one; NULL: it could not be made */
	unsigned n_clients;
	uint64_t connected_at, disconnected_at; /* ns; 0: never */
	char last_error[512];
};

struct remotes {
	/* fixed after create */
	struct remotes_options options;
	/* control thread */
	struct cds_list_head list; /* struct remote.node */
	bool is_admitted;
};

static uint64_t now(void)
{
	static const struct clock clock = {.is_manual = false};

	return clock_now(&clock);
}

static void tell(struct remote *remote)
{
	if (remote->all->options.changed)
		remote->all->options.changed(remote->all->options.ctx);
}

static void error_keep(struct remote *remote, const char *why)
{
	snprintf(remote->last_error, sizeof(remote->last_error), "%s", why);
}

/* ---- its clients ---- */

static void client_ended(void *ctx, const char *why, bool was_heard)
{
	struct remote *remote = ctx;

	if (!--remote->n_clients)
		remote->disconnected_at = now();
	error_keep(remote, why);
	if (remote->dialer) {
		if (!why[0])
			error_keep(remote, "the client hung up");
		dialer_again(remote->dialer, was_heard);
	}
	tell(remote);
}

static int client_come(struct remote *remote, int fd, const char *name, struct err *err)
{
	int rc = server_accept(remote->all->options.server, fd, name, &remote->source, err);

	if (rc)
		return rc;
	if (!remote->n_clients++)
		remote->connected_at = now();
	tell(remote);
	return 0;
}

static int accepted(void *ctx, int fd, const char *name, struct err *err)
{
	int rc = client_come(ctx, fd, name, err);

	if (rc) {
		error_keep(ctx, err->text);
		tell(ctx);
	}
	return rc;
}

static int dialed(void *ctx, int fd, struct err *err)
{
	struct remote *remote = ctx;

	return client_come(remote, fd, remote->text, err);
}

static void dial_failed(void *ctx, const char *why)
{
	struct remote *remote = ctx;

	/* it is tried again and again: what is the same is not said again */
	log_write(strcmp(remote->last_error, why) ? LOG_INFO : LOG_DEBUG, "remote", "%s: %s",
		  remote->text, why);
	error_keep(remote, why);
	tell(remote);
}

/* ---- life ---- */

static int dial(struct remote *remote, struct err *err)
{
	const struct dialer_options options = {
		.base = remote->all->options.base,
		.target = &remote->target,
		.max_backoff_ms = remote->max_backoff_ms,
		.connected = dialed,
		.failed = dial_failed,
		.ctx = remote,
	};
	int rc = dialer_new(&remote->dialer, &options);

	return rc ? err_set(err, -rc, "%s: out of memory", remote->text) : 0;
}

static int listen_there(struct remote *remote, struct err *err)
{
	const struct sockaddr_un *un = (const void *)&remote->target.addr;
	struct listener_options options = {
		.base = remote->all->options.base,
		.path = remote->target.is_unix ? un->sun_path : remote->text,
		.mode = SOCKET_MODE,
		.accepted = accepted,
		.ctx = remote,
	};
	int rc;

	if (!remote->target.is_unix) {
		options.fd = target_bind(&remote->target);
		if (options.fd < 0)
			return err_set(err, -options.fd, "%s: %s", remote->text,
				       strerror(-options.fd));
	}
	rc = listener_new(&remote->listener, &options, err);
	if (!rc && remote->all->is_admitted)
		listener_admit(remote->listener);
	return rc;
}

static void remote_free(struct remote *remote)
{
	listener_free(&remote->listener);
	dialer_free(&remote->dialer);
	server_end(remote->all->options.server, &remote->source);
	cds_list_del(&remote->node);
	free(remote);
}

static uint32_t probe_ms(const struct remote *remote)
{
	if (remote->inactivity_ms > 0 && remote->inactivity_ms < PROBE_MIN_MS)
		return PROBE_MIN_MS;
	if (remote->inactivity_ms >= 0)
		return remote->inactivity_ms < UINT32_MAX ? (uint32_t)remote->inactivity_ms
							  : UINT32_MAX;
	return remote->target.is_unix ? 0 : DEFAULT_PROBE_MS;
}

/* It is there even if it fails: then its status says why. */
static int remote_add(struct remotes *all, const struct remote_wanted *wanted, struct remote **out,
		      struct err *err)
{
	struct remote *remote = calloc(1, sizeof(*remote));
	int rc;

	if (!remote)
		return err_set(err, ENOMEM, "%s: out of memory", wanted->target);
	remote->all = all;
	snprintf(remote->uuid, sizeof(remote->uuid), "%s", wanted->uuid);
	snprintf(remote->text, sizeof(remote->text), "%s", wanted->target);
	remote->max_backoff_ms = wanted->max_backoff_ms;
	remote->inactivity_ms = wanted->inactivity_ms;
	cds_list_add_tail(&remote->node, &all->list);
	*out = remote;
	rc = target_parse(wanted->target, DEFAULT_PORT, &remote->target, err);
	if (!rc && wanted->uuid[0])
		rc = target_confine(&remote->target, all->options.dirs, err);
	if (!rc) {
		remote->source = (struct server_source){
			.ended = client_ended,
			.ctx = remote,
			.tls = remote->target.is_tls ? all->options.tls : NULL,
			.is_server = remote->target.is_passive,
			.inactivity_ms = probe_ms(remote),
		};
		rc = remote->target.is_passive ? listen_there(remote, err) : dial(remote, err);
	}
	if (rc)
		error_keep(remote, err->text);
	return rc;
}

int remotes_add(struct remotes *remotes, const char *target, struct err *err)
{
	const struct remote_wanted wanted = {.uuid = "",
					     .target = target,
					     .max_backoff_ms = DEFAULT_BACKOFF_MS,
					     .inactivity_ms = -1};
	struct remote *remote = NULL;
	int rc = remote_add(remotes, &wanted, &remote, err);

	if (rc && remote)
		remote_free(remote);
	return rc;
}

const char *remotes_target(const struct remotes *remotes, unsigned i)
{
	const struct remote *remote;

	cds_list_for_each_entry (remote, &remotes->list, node)
		if (!remote->uuid[0] && !i--)
			return remote->text;
	return NULL;
}

int remotes_remove(struct remotes *remotes, const char *target)
{
	struct remote *remote;

	cds_list_for_each_entry (remote, &remotes->list, node) {
		if (remote->uuid[0] || strcmp(remote->text, target))
			continue;
		remote_free(remote);
		return 0;
	}
	return -ENOENT;
}

/* What could not be listened on is tried again. */
static bool is_same(const struct remote *remote, const struct remote_wanted *wanted)
{
	return (remote->listener || remote->dialer) && !strcmp(remote->uuid, wanted->uuid) &&
	       !strcmp(remote->text, wanted->target) &&
	       remote->max_backoff_ms == wanted->max_backoff_ms &&
	       remote->inactivity_ms == wanted->inactivity_ms;
}

static struct remote *lookup(const struct remotes *remotes, const char *uuid)
{
	struct remote *remote;

	cds_list_for_each_entry (remote, &remotes->list, node)
		if (!strcmp(remote->uuid, uuid))
			return remote;
	return NULL;
}

void remotes_set(struct remotes *remotes, const struct remote_wanted *wanted, unsigned n)
{
	struct remote *remote, *next;

	cds_list_for_each_entry_safe (remote, next, &remotes->list, node) {
		unsigned i = 0;

		while (i < n && !is_same(remote, &wanted[i]))
			i++;
		if (i == n && remote->uuid[0])
			remote_free(remote);
	}
	for (unsigned i = 0; i < n; i++) {
		struct err err = ERR_INIT;

		if (!lookup(remotes, wanted[i].uuid) &&
		    remote_add(remotes, &wanted[i], &remote, &err))
			log_warn("remote", "manager %s", err.text);
	}
}

int remotes_new(struct remotes **out, const struct remotes_options *options)
{
	struct remotes *remotes = calloc(1, sizeof(*remotes));

	if (!remotes)
		return -ENOMEM;
	remotes->options = *options;
	CDS_INIT_LIST_HEAD(&remotes->list);
	*out = remotes;
	return 0;
}

void remotes_free(struct remotes **remotes)
{
	struct remote *remote, *next;

	if (!*remotes)
		return;
	cds_list_for_each_entry_safe (remote, next, &(*remotes)->list, node)
		remote_free(remote);
	mem_free(remotes);
}

void remotes_admit(struct remotes *remotes)
{
	struct remote *remote;

	remotes->is_admitted = true;
	cds_list_for_each_entry (remote, &remotes->list, node)
		if (remote->listener)
			listener_admit(remote->listener);
}

/* ---- status ---- */

static int64_t seconds_since(uint64_t at)
{
	return at ? (int64_t)((now() - at) / CLOCK_NS_PER_SEC) : -1;
}

static const char *state_of(const struct remote *remote)
{
	if (remote->n_clients)
		return "ACTIVE";
	return remote->dialer && dialer_is_busy(remote->dialer) ? "CONNECTING" : "BACKOFF";
}

/* One that listens needs nobody who comes to see that TLS does not work. */
static void tls_look(struct remote *remote)
{
	struct err err = ERR_INIT;

	if (remote->source.tls && remote->listener && !remote->n_clients &&
	    tls_check(remote->source.tls, &err))
		error_keep(remote, err.text);
}

bool remotes_status(const struct remotes *remotes, const char *uuid, struct remote_status *out)
{
	struct remote *remote = lookup(remotes, uuid);

	if (!remote)
		return false;
	tls_look(remote);
	*out = (struct remote_status){
		.is_passive = remote->listener,
		.is_connected = remote->n_clients,
		.is_wrong = !remote->dialer && !remote->listener,
		.state = state_of(remote),
		.last_error = remote->n_clients ? "" : remote->last_error,
		.connected_s = seconds_since(remote->connected_at),
		.disconnected_s = seconds_since(remote->disconnected_at),
		.n_connections = remote->n_clients,
		.bound_port = remote->listener ? listener_port(remote->listener) : 0,
	};
	return true;
}
