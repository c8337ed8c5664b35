#pragma once
/* Controllers of a bridge, as rows of Controller ask for them: those that the switch connects to, again and again, and
 * sockets that it listens on. One for each row, told apart by the row's UUID. Control thread only.
 */
#include <urcu/list.h>

#include "agent/openflow.h"

struct event_base;
struct openflow_session_options;
struct tls;

/* What all controllers of a bridge have in common. `session` is copied for each session, but for name, is_service,
 * inactivity_ms, and whom it tells of its end. */
struct controllers {
	struct cds_list_head list;
	const struct openflow_session_options *session;
	struct tls *tls;
	const char *const *dirs;    /* for unix sockets, see target_confine() */
	void (*changed)(void *ctx); /* a status is another one */
	void *ctx;
};

/* Makes them what `wanted` says: others go, new ones come, those that are the same stay connected. */
void controllers_set(struct controllers *controllers, const struct openflow_controller *wanted,
		     unsigned n);
void controllers_free(struct controllers *controllers);
/* Whom to snoop on (openflow_snoop.h): a primary controller, best of all the master. NULL: there is none. */
const void *controllers_snooped(void *controllers);
/* False: there is none for that row. */
bool controllers_status(const struct controllers *controllers, const char *uuid,
			struct openflow_controller_status *out);
