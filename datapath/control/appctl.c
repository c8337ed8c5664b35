#include "control/appctl.h"

#include <errno.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "base/print.h"
#include "config.h"
#include "control/method.h"
#include "switch/vswitch.h"

#define ARGS_MAX 16

static int version(struct appctl_call *call)
{
	print_add(call->out, "switchd (Shunt) " PACKAGE_VERSION "\n");
	return 0;
}

/* Without --cleanup the kernel goes on, as Open vSwitch's does. */
static int end(struct appctl_call *call)
{
	static const struct timeval soon = {.tv_usec = 20000}; /* the answer goes out first */

	if (call->n_args && strcmp(call->args[0], "--cleanup"))
		return err_set(call->err, EINVAL, "exit: %s: use --cleanup, or nothing",
			       call->args[0]);
	log_info("switchd", "asked to exit%s", call->n_args ? ", and to clean up" : "");
	call->context->ending = call->n_args ? ENDING_STOP : ENDING_LEAVE;
	event_base_loopexit(call->context->base, &soon);
	return 0;
}

static int list_commands(struct appctl_call *call);

enum command_flag {
	CHANGES = 1 << 0, /* the switch */
	EARLY = 1 << 1,   /* answers before there are bridges */
};

/* In the order of their names. */
static const struct command {
	const char *name, *usage;
	unsigned n_min, n_max;
	unsigned flags; /* enum command_flag */
	appctl_fn *run;
} commands[] = {
	{"coverage/read-counter", "COUNTER", 1, 1, EARLY, appctl_coverage_read},
	{"coverage/show", "", 0, 0, EARLY, appctl_coverage_show},
	{"dpctl/dump-dps", "", 0, 0, 0, appctl_dpif_names},
	{"dpctl/dump-flows", "[-m] [--names | --no-names] [dp]", 0, 4, 0, appctl_dump_flows},
	{"dpctl/show", "[dp]", 0, 1, 0, appctl_dpctl_show},
	{"dpif/dump-dps", "", 0, 0, 0, appctl_dpif_names},
	{"dpif/dump-flows", "[-m] [--names | --no-names] bridge", 1, 4, 0, appctl_dump_flows},
	{"dpif/show", "", 0, 0, 0, appctl_dpif_show},
	{"exit", "[--cleanup]", 0, 1, CHANGES | EARLY, end},
	{"fdb/add", "bridge port vlan mac", 4, 4, CHANGES, appctl_fdb_add},
	{"fdb/del", "bridge vlan mac", 3, 3, CHANGES, appctl_fdb_del},
	{"fdb/flush", "[bridge]", 0, 1, CHANGES, appctl_fdb_flush},
	{"fdb/show", "bridge", 1, 1, 0, appctl_fdb_show},
	{"fdb/stats-show", "bridge", 1, 1, 0, appctl_fdb_stats},
	{"list-commands", "", 0, 0, EARLY, list_commands},
	{"ofproto/list", "", 0, 0, 0, appctl_bridges},
	{"ofproto/trace", "bridge br_flow [packet]", 2, 3, 0, appctl_trace},
	{"ovsdb-server/add-remote", "REMOTE", 1, 1, CHANGES | EARLY, appctl_add_remote},
	{"ovsdb-server/compact", "[DB]", 0, 1, CHANGES | EARLY, appctl_compact},
	{"ovsdb-server/list-dbs", "", 0, 0, EARLY, appctl_list_dbs},
	{"ovsdb-server/list-remotes", "", 0, 0, EARLY, appctl_list_remotes},
	{"ovsdb-server/remove-remote", "REMOTE", 1, 1, CHANGES | EARLY, appctl_remove_remote},
	{"qos/show", "interface", 1, 1, 0, appctl_qos_show},
	{"version", "", 0, 0, EARLY, version},
	{"vlog/list", "", 0, 0, EARLY, appctl_vlog_list},
	{"vlog/reopen", "", 0, 0, CHANGES | EARLY, appctl_vlog_reopen},
	{"vlog/set", "{spec | PATTERN:destination:pattern}", 1, ARGS_MAX, CHANGES | EARLY,
	 appctl_vlog_set},
};

static int list_commands(struct appctl_call *call)
{
	print_add(call->out, "The available commands are:\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		print_fmt(call->out, "  %-23s %s\n", commands[i].name, commands[i].usage);
	return 0;
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

struct bridge *appctl_bridge(const struct appctl_call *call, const char *name)
{
	struct bridge *bridge = bridge_lookup(call->context->sw, name);

	if (!bridge)
		err_set(call->err, ENOENT, "no such bridge");
	return bridge;
}

static int check(const struct command *command, size_t n, bool may_change, struct err *err)
{
	if (n < command->n_min)
		return err_set(err, EINVAL, "\"%s\" command requires at least %u arguments",
			       command->name, command->n_min);
	if (n > command->n_max)
		return err_set(err, EINVAL, "\"%s\" command takes at most %u arguments",
			       command->name, command->n_max);
	if ((command->flags & CHANGES) && !may_change)
		return err_set(err, EPERM, "%s changes the switch: only root may do that",
			       command->name);
	return 0;
}

int appctl_run(struct method_context *context, const char *name, struct json_object *params,
	       bool may_change, struct print *out, struct err *err)
{
	const struct command *command = find(name);
	const char *args[ARGS_MAX + 1] = {NULL};
	struct appctl_call call = {
		.context = context,
		.args = args,
		.out = out,
		.err = err,
	};
	size_t n = json_object_array_length(params);
	int rc;

	if (!command)
		return err_set(err, ENOSYS,
			       "\"%s\" is not a valid command (use \"list-commands\" to see a "
			       "list of valid commands)",
			       name);
	if (context->waits_for && !(command->flags & EARLY))
		return method_refuse_early(context, err);
	rc = check(command, n, may_change, err);
	if (rc)
		return rc;
	for (; call.n_args < n; call.n_args++) {
		struct json_object *arg = json_object_array_get_idx(params, call.n_args);

		if (!json_object_is_type(arg, json_type_string))
			return err_set(err, EINVAL, "\"%s\" command has non-string argument", name);
		args[call.n_args] = json_object_get_string(arg);
	}
	return command->run(&call);
}
