#pragma once
/* One run of ofctl: what the options said, and the ways to the switch, opened when they are needed. */
#include <stdbool.h>

#include "cli.h"
#include "grid.h"

struct client;
struct completion;
struct err;
struct json_object;
struct transport;
struct transport_ops;

#define EXIT_USAGE     2
#define EXIT_DIFFERENT 2 /* diff-flows, as with ovs-ofctl(8) */

struct job {
	/* fixed after the command line has been read */
	char *address; /* of the daemon's JSON-RPC socket */
	unsigned timeout_s;
	bool is_json;
	bool has_names; /* print ports and tables by name */
	const struct transport_ops *transport_ops;
	/* made on the way; NULL until then */
	struct client *client;
	struct transport *transport;
};

/* What a command does. */
struct cli_action {
	/* Returns the exit status, or -errno. */
	int (*run)(struct job *job, const struct cli_invocation *inv, struct err *err);
};

extern const struct cli_action capture, replace_flows, diff_flows, dump_cache, packet_out, top,
	trace;
extern const struct cli_command flow_commands[];
extern const struct cli_command group_commands[];
extern const struct cli_command meter_commands[];
extern const struct cli_command port_commands[];
extern const struct cli_command packet_commands[];
extern const struct cli_command order_commands[];

/* Options of commands: which row of ofctl's list. */
enum command_option {
	OPTION_STRICT,
	OPTION_BUNDLE,
	OPTION_NO_STATS,
	OPTION_SORT,
	OPTION_RSORT,
	OPTION_FORCE,
	OPTION_ONCE,
	OPTION_IN_PORT,
	OPTION_PACKETS,
	OPTION_WRITE,
	OPTION_FOR,
	OPTION_NAME,
	OPTION_COUNT,
	OPTION_SNAPLEN,
	OPTION_MAY_CREATE,
};

static inline bool option_is_given(const struct cli_invocation *inv, enum command_option option)
{
	return inv->options.value[option];
}

/* The i-th argument, "" if there are fewer. */
static inline const char *job_arg(const struct cli_invocation *inv, unsigned i)
{
	return i < inv->n_args ? inv->args[i] : "";
}

/* The way that --transport says. Borrowed. */
int job_transport(struct job *job, struct transport **out, struct err *err);
/* A connection for methods of the daemon, which is not the transport's. Borrowed. */
int job_client(struct job *job, struct client **out, struct err *err);
/* Calls a method with one object of parameters, which is taken over. The caller puts *result. */
int job_call(struct job *job, const char *method, struct json_object *params,
	     struct json_object **result, struct err *err);
void job_fini(struct job *job);

/* {"bridge": bridge}, to be added to. */
struct json_object *job_params(const char *bridge);
void job_param(struct json_object *params, const char *name, const char *text);
/* Prints a value on a line of its own. */
void job_print_json(struct json_object *value);

/* Prints what may become of an argument, for the shell. */
void ofctl_complete(const struct completion *completion, struct job *job);
