#pragma once
/* OpenFlow: every bridge has a socket, <rundir>/<bridge>.mgmt, where whoever may open it speaks OpenFlow to it, and the
 * controllers that the database gives it (docs/openflow.md). On <bridge>.snoop one hears what these say.
 *
 * openflow.c knows the bridges and their sockets, openflow_controller.h the controllers, openflow_session.h what one
 * conversation is about. All of it ends in the functions of switch/ that JSON-RPC and netlink call, too. Control thread
 * only.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct event_base;
struct openflow;
struct tls;
struct vswitch;

#define OPENFLOW_UUID_SIZE    37
#define OPENFLOW_SESSIONS_MAX 1024 /* of one bridge */

struct openflow_options {
	struct event_base *base;
	struct vswitch *sw;
	struct tls *tls;         /* of controllers by ssl: and pssl:; borrowed */
	const char *run_dir;     /* borrowed */
	mode_t mode;             /* of the sockets */
	const char *const *dirs; /* for those of rows, see target_confine(); borrowed */
	/* What controllers_status() tells may be another one. */
	void (*changed)(void *ctx);
	void *ctx;
};

/* `options` is copied. Nobody is let in, and nobody connected to, before openflow_admit(). 0 or -ENOMEM. */
int openflow_new(struct openflow **out, const struct openflow_options *options);
/* Ends all conversations. NULL-safe. Before the switch goes. */
void openflow_free(struct openflow **openflow);
void openflow_admit(struct openflow *openflow);

/* Bridges or ports may have come, gone or changed. NULL-safe. A socket that cannot be made is said in the log, and
 * tried again the next time. */
void openflow_bridges_changed(struct openflow *openflow);

/* ---- what the database says ---- */

/* A row of Controller. */
struct openflow_controller {
	const char *uuid, *target;
	bool is_service; /* it does not answer for the flows */
	uint32_t max_backoff_ms;
	uint32_t inactivity_ms; /* 0: it may be silent for ever */
	uint32_t rate, burst;   /* packets that it is told of, per second and at once; 0: all */
};

struct openflow_settings {
	uint32_t versions;    /* bit V: version V may be spoken; 0: all that there are */
	uint64_t datapath_id; /* 0: of the bridge's own port */
	bool is_standalone;   /* Bridge.fail_mode */
	const struct openflow_controller *controllers;
	unsigned n_controllers;
};

/* Of a bridge that is there. What is the same goes on. */
void openflow_bridge_set(struct openflow *openflow, const char *bridge,
			 const struct openflow_settings *settings);

struct openflow_controller_status {
	bool is_connected;
	const char *role; /* "master", "slave" or "other" */
	bool is_wrong;    /* it can be neither connected to nor listened for: last_error says why */
	const char *state;      /* "ACTIVE", "BACKOFF", ... */
	const char *last_error; /* "": none; borrowed until it changes */
	uint64_t since_s;       /* seconds that is_connected has been so */
	uint64_t n_limited;     /* packets that it was not told of */
};
/* False: there is no such controller. */
bool openflow_controller_status(const struct openflow *openflow, const char *bridge,
				const char *uuid, struct openflow_controller_status *out);
