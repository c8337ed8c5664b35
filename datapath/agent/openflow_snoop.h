#pragma once
/* Who snoops on a bridge, by <rundir>/<bridge>.snoop: gets a copy of every message that a controller says and is told,
 * but for HELLO. As in Open vSwitch that is one primary controller, the one with the highest role when the snooper
 * comes; it stays with it while the controller goes and comes back. What a snooper says is not looked at, once it has
 * said HELLO. It holds up nobody: what comes while it does not read it misses, whole messages of it. Control thread
 * only.
 */
#include <stddef.h>
#include <sys/types.h>

struct err;
struct event_base;
struct openflow_snoop;

#define OPENFLOW_SNOOPERS_MAX 64 /* of all bridges */

struct openflow_snoop_options {
	struct event_base *base;
	const char *path; /* of the socket; borrowed during openflow_snoop_new() */
	mode_t mode;
	unsigned *n_all; /* who snoop on any bridge */
	/* On whom to snoop: the `ctx` of its sessions' options. NULL: nobody is there. */
	const void *(*whom)(void *ctx);
	void *ctx;
};

/* `options` is copied. 0 or -errno with a text. */
int openflow_snoop_new(struct openflow_snoop **out, const struct openflow_snoop_options *options,
		       struct err *err);
/* NULL-safe. */
void openflow_snoop_free(struct openflow_snoop **snoop);

/* Whole messages, from or to `whom`. NULL-safe. */
void openflow_snoop_copy(struct openflow_snoop *snoop, const void *whom, const void *bytes,
			 size_t n);
/* `whom` is there no more: who snoops on it is hung up on. NULL-safe. */
void openflow_snoop_end(struct openflow_snoop *snoop, const void *whom);
