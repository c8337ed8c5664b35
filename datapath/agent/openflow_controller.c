#include "agent/openflow_controller.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "stream/dialer.h"
#include "stream/listener.h"
#include "agent/openflow_session.h"
#include "agent/openflow_snoop.h"
#include "stream/target.h"
#include "stream/tls.h"

#define DEFAULT_PORT 6653
#define SOCKET_MODE  0660

struct controller {
	struct cds_list_head node;
	/* fixed after create */
	struct controllers *all;
	char uuid[OPENFLOW_UUID_SIZE];
	char text[256];
	struct target target;
	bool is_service;
	uint32_t max_backoff_ms, inactivity_ms, rate, burst;
	/* control thread */
	struct dialer *dialer;            /* of one that the switch connects to */
	struct listener *listener;        /* of one that it listens for */
	struct openflow_session *session; /* of an active one */
	unsigned n_sessions;              /* of one that listens */
	uint64_t n_limited;               /* packets that it was not told of */
	uint64_t changed_at;              /* ns: (dis)connected */
	char last_error[ERR_TEXT_SIZE];
};

static uint64_t now(void)
{
	static const struct clock clock = {.is_manual = false};

	return clock_now(&clock);
}

static void tell(struct controller *controller)
{
	controller->all->changed(controller->all->ctx);
}

static void error_keep(struct controller *controller, const char *why)
{
	snprintf(controller->last_error, sizeof(controller->last_error), "%s", why);
}

static void remember(struct controller *controller, const char *why)
{
	error_keep(controller, why);
	tell(controller);
}

/* ---- sessions ---- */

static void active_ended(void *ctx, const char *why, bool was_agreed)
{
	struct controller *controller = ctx;

	controller->session = NULL;
	controller->changed_at = now();
	remember(controller, why[0] ? why : "the controller hung up");
	dialer_again(controller->dialer, was_agreed);
}

static void passive_ended(void *ctx, const char *why, bool was_agreed)
{
	struct controller *controller = ctx;

	if (!--controller->n_sessions)
		controller->changed_at = now();
	remember(controller, why);
}

static void session_agreed(void *ctx)
{
	tell(ctx);
}

static struct openflow_session_options options_of(struct controller *controller, const char *name)
{
	struct openflow_session_options options = *controller->all->session;

	options.name = name;
	options.is_service = controller->is_service;
	options.tls = controller->target.is_tls ? controller->all->tls : NULL;
	options.is_server = controller->target.is_passive;
	options.inactivity_ms = controller->inactivity_ms;
	options.rate = controller->rate;
	options.burst = controller->burst;
	options.n_limited = &controller->n_limited;
	options.ended = controller->target.is_passive ? passive_ended : active_ended;
	options.agreed = session_agreed;
	options.ctx = controller;
	return options;
}

static int accepted(void *ctx, int fd, const char *name, struct err *err)
{
	struct controller *controller = ctx;
	const struct openflow_session_options options = options_of(controller, name);
	struct openflow_session *session;
	int rc;

	if (controller->all->session->peers->n >= OPENFLOW_SESSIONS_MAX) {
		close(fd);
		return err_set(err, EMFILE, "there are %d sessions already", OPENFLOW_SESSIONS_MAX);
	}
	rc = openflow_session_new(&session, fd, &options, err);
	if (rc) {
		remember(controller, err->text);
		return rc;
	}
	if (!controller->n_sessions++)
		controller->changed_at = now();
	tell(controller);
	return 0;
}

/* ---- to connect ---- */

static void dial_failed(void *ctx, const char *why)
{
	struct controller *controller = ctx;

	/* it is tried again and again: what is the same is not said again */
	log_write(strcmp(controller->last_error, why) ? LOG_INFO : LOG_DEBUG, "openflow",
		  "controller %s: %s", controller->text, why);
	remember(controller, why);
}

static int connected(void *ctx, int fd, struct err *err)
{
	struct controller *controller = ctx;
	const struct openflow_session_options options = options_of(controller, controller->text);
	int rc = openflow_session_new(&controller->session, fd, &options, err);

	if (rc)
		return rc;
	controller->changed_at = now();
	tell(controller);
	return 0;
}

static void dial(struct controller *controller)
{
	const struct dialer_options options = {
		.base = controller->all->session->base,
		.target = &controller->target,
		.max_backoff_ms = controller->max_backoff_ms,
		.connected = connected,
		.failed = dial_failed,
		.ctx = controller,
	};

	if (dialer_new(&controller->dialer, &options)) {
		remember(controller, strerror(ENOMEM));
		log_error("openflow", "controller %s: out of memory", controller->text);
	}
}

/* ---- to listen ---- */

static void listen_now(struct controller *controller)
{
	const struct sockaddr_un *un = (const void *)&controller->target.addr;
	struct listener_options options = {
		.base = controller->all->session->base,
		.path = controller->target.is_unix ? un->sun_path : controller->text,
		.mode = SOCKET_MODE,
		.accepted = accepted,
		.ctx = controller,
	};
	struct err err = ERR_INIT;
	int rc = 0;

	if (!controller->target.is_unix) {
		rc = options.fd = target_bind(&controller->target);
		if (rc < 0)
			err_set(&err, -rc, "%s: %s", controller->text, strerror(-rc));
	}
	if (rc >= 0)
		rc = listener_new(&controller->listener, &options, &err);
	if (rc) {
		error_keep(controller, err.text);
		log_warn("openflow", "cannot listen: %s", err.text);
		return;
	}
	listener_admit(controller->listener);
}

/* ---- life ---- */

static void controller_free(struct controller *controller)
{
	cds_list_del(&controller->node);
	listener_free(&controller->listener);
	openflow_sessions_end(controller->all->session->peers, controller);
	openflow_snoop_end(controller->all->session->peers->snoop, controller);
	dialer_free(&controller->dialer);
	free(controller);
}

static void controller_add(struct controllers *all, const struct openflow_controller *wanted)
{
	struct controller *controller = calloc(1, sizeof(*controller));
	struct err err = ERR_INIT;

	if (!controller) {
		log_error("openflow", "%s: out of memory", wanted->target);
		return;
	}
	controller->all = all;
	snprintf(controller->uuid, sizeof(controller->uuid), "%s", wanted->uuid);
	snprintf(controller->text, sizeof(controller->text), "%s", wanted->target);
	controller->is_service = wanted->is_service;
	controller->max_backoff_ms = wanted->max_backoff_ms;
	controller->inactivity_ms = wanted->inactivity_ms;
	controller->rate = wanted->rate;
	controller->burst = wanted->burst;
	controller->changed_at = now();
	cds_list_add_tail(&controller->node, &all->list);
	if (target_parse(wanted->target, DEFAULT_PORT, &controller->target, &err) ||
	    target_confine(&controller->target, all->dirs, &err)) {
		error_keep(controller, err.text);
		log_warn("openflow", "controller %s", err.text);
	} else if (controller->target.is_passive) {
		listen_now(controller);
	} else {
		dial(controller);
	}
}

static bool is_same(const struct controller *controller, const struct openflow_controller *wanted)
{
	return (controller->listener || controller->dialer) &&
	       !strcmp(controller->uuid, wanted->uuid) &&
	       !strcmp(controller->text, wanted->target) &&
	       controller->is_service == wanted->is_service &&
	       controller->max_backoff_ms == wanted->max_backoff_ms &&
	       controller->inactivity_ms == wanted->inactivity_ms &&
	       controller->rate == wanted->rate && controller->burst == wanted->burst;
}

static struct controller *lookup(const struct controllers *controllers, const char *uuid)
{
	struct controller *controller;

	cds_list_for_each_entry (controller, &controllers->list, node)
		if (!strcmp(controller->uuid, uuid))
			return controller;
	return NULL;
}

void controllers_set(struct controllers *controllers, const struct openflow_controller *wanted,
		     unsigned n)
{
	struct controller *controller, *next;

	cds_list_for_each_entry_safe (controller, next, &controllers->list, node) {
		unsigned i = 0;

		while (i < n && !is_same(controller, &wanted[i]))
			i++;
		if (i == n)
			controller_free(controller);
	}
	for (unsigned i = 0; i < n; i++)
		if (!lookup(controllers, wanted[i].uuid))
			controller_add(controllers, &wanted[i]);
}

void controllers_free(struct controllers *controllers)
{
	struct controller *controller, *next;

	cds_list_for_each_entry_safe (controller, next, &controllers->list, node)
		controller_free(controller);
}

/* How much it has to say; 0: nothing. */
static unsigned weight(const struct controller *controller)
{
	static const unsigned weights[] = {
		[OF_ROLE_MASTER] = 4, [OF_ROLE_EQUAL] = 3, [OF_ROLE_SLAVE] = 2};
	const struct openflow_session *session;
	unsigned best = controller->dialer || controller->listener ? 1 : 0;

	if (controller->is_service)
		return 0;
	cds_list_for_each_entry (session, &controller->all->session->peers->sessions, node)
		if (session->options.ctx == controller && weights[session->role] > best)
			best = weights[session->role];
	return best;
}

const void *controllers_snooped(void *controllers)
{
	const struct controllers *all = controllers;
	const struct controller *controller, *best = NULL;

	cds_list_for_each_entry (controller, &all->list, node)
		if (weight(controller) > (best ? weight(best) : 0))
			best = controller;
	return best;
}

static const char *role_name(uint8_t role)
{
	return role == OF_ROLE_MASTER ? "master" : role == OF_ROLE_SLAVE ? "slave" : "other";
}

static const char *state_of(const struct controller *controller)
{
	if (controller->session || controller->n_sessions)
		return "ACTIVE";
	if (controller->listener)
		return "IDLE";
	return controller->dialer && dialer_is_busy(controller->dialer) ? "CONNECTING" : "BACKOFF";
}

/* One that listens needs nobody who comes to see that TLS does not work. */
static void tls_look(struct controller *controller)
{
	struct err err = ERR_INIT;

	if (controller->target.is_tls && controller->listener && !controller->n_sessions &&
	    tls_check(controller->all->tls, &err))
		error_keep(controller, err.text);
}

bool controllers_status(const struct controllers *controllers, const char *uuid,
			struct openflow_controller_status *out)
{
	struct controller *controller = lookup(controllers, uuid);
	const struct openflow_session *session = controller ? controller->session : NULL;

	if (!controller)
		return false;
	tls_look(controller);
	*out = (struct openflow_controller_status){
		.is_connected = (session && session->version) || controller->n_sessions,
		.role = role_name(session ? session->role : OF_ROLE_EQUAL),
		.is_wrong = !controller->dialer && !controller->listener,
		.state = state_of(controller),
		.last_error = controller->last_error,
		.n_limited = controller->n_limited,
		.since_s = (now() - controller->changed_at) / CLOCK_NS_PER_SEC,
	};
	return true;
}
