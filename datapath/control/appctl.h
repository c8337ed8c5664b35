#pragma once
/* Commands of ovs-appctl(8): a name, words, and an answer that is text for people. They come as JSON-RPC on the
 * same sockets as everything else, {"method": "fdb/show", "params": ["br0"]}, and say what Open vSwitch's
 * daemon says, in its words. Control thread only.
 */
#include <stdbool.h>

struct err;
struct json_object;
struct method_context;
struct print;

/* What a command is called with. */
struct appctl_call {
	struct method_context *context;
	unsigned n_args;
	const char *const *args; /* ends with NULL */
	struct print *out;
	struct err *err;
};

/* Prints the answer, or returns -errno with a text. */
typedef int appctl_fn(struct appctl_call *call);

appctl_fn appctl_fdb_show, appctl_fdb_flush, appctl_fdb_stats, appctl_fdb_add, appctl_fdb_del;
appctl_fn appctl_trace, appctl_bridges;
appctl_fn appctl_dump_flows, appctl_dpif_show, appctl_dpctl_show, appctl_dpif_names;
appctl_fn appctl_qos_show;
appctl_fn appctl_list_dbs, appctl_compact, appctl_list_remotes, appctl_add_remote,
	appctl_remove_remote;
appctl_fn appctl_coverage_show, appctl_coverage_read;
appctl_fn appctl_vlog_set, appctl_vlog_list, appctl_vlog_reopen;

struct bridge;

/* The bridge of that name; NULL with a text. */
struct bridge *appctl_bridge(const struct appctl_call *call, const char *name);

/* Runs a command. `may_change`: the caller may change the switch. 0; -ENOSYS: there is no such command;
 * or -errno: what it said. Both with a text. */
int appctl_run(struct method_context *context, const char *name, struct json_object *params,
	       bool may_change, struct print *out, struct err *err);
