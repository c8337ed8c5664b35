#pragma once
/* Makes the switch what the database says, and the database tell what the switch is.
 *
 * A run compares all rows with what was made of them and calls switch/vswitch.h for the
 * differences; then it writes the results back (ofport, error, link_state, ...) together with
 * cur_cfg, so that a client that waits for its change sees everything that came of it. Runs are
 * caused by changed rows, changed devices, and a timer for statistics; events that come close
 * together cause one run.
 *
 * A setting that is wrong changes nothing: the port keeps what it has (or is not made), and
 * Interface.error says why. Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>

struct configure;
struct err;
struct event_base;
struct external;
struct openflow;
struct tls;
struct remotes;
struct vswitch;

struct configure_options {
	struct event_base *base;
	struct vswitch *sw;
	struct openflow *openflow; /* NULL: nobody speaks it */
	struct tls *tls;           /* NULL: nobody needs it */
	struct remotes *remotes;   /* NULL: rows of Manager are for somebody else */
	struct external *external; /* where the database is; NULL: it is ours */
	bool with_fake;            /* tests: interfaces of type "fake" */
	/* Opens a stream socket to our database. Returns it, or -errno with a text. */
	int (*connect)(void *ctx, struct err *err);
	/* Called once, when the switch is for the first time what the database says. */
	void (*ready)(void *ctx);
	/* Called whenever bridges may have come or gone, in front of what tells the clients so. */
	void (*applied)(void *ctx);
	void *ctx;
};

/* `options` is copied, what it points to borrowed. Returns 0 or -ENOMEM. */
int configure_new(struct configure **out, const struct configure_options *options);
/* The switch stays as it is: vswitch_free() takes it down. */
void configure_free(struct configure **configure);

/* A port's status is another one: see vswitch_options.changed. NULL-safe. */
void configure_port_changed(struct configure *configure);
