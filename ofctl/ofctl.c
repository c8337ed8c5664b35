/* ofctl: the flows and ports of a bridge. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/own.h"
#include "cli.h"
#include "client.h"
#include "complete.h"
#include "config.h"
#include "job.h"
#include "need.h"
#include "transport.h"

enum global_option {
	GLOBAL_RUN_DIR,
	GLOBAL_DB,
	GLOBAL_TIMEOUT,
	GLOBAL_TRANSPORT,
	GLOBAL_JSON,
	GLOBAL_NAMES,
	GLOBAL_NO_NAMES,
	GLOBAL_PROTOCOLS,
	GLOBAL_HELP,
	GLOBAL_VERSION,
};

static const struct cli_option global_options[] = {
	[GLOBAL_RUN_DIR] = {"run-dir", 0, "DIR",
			    "where switchd runs (default: $SHUNT_RUNDIR or " CLIENT_DEFAULT_RUN_DIR
			    ")"},
	[GLOBAL_DB] = {"db", 0, "SERVER", "connect to unix:PATH or tcp:IP:PORT instead"},
	[GLOBAL_TIMEOUT] = {"timeout", 't', "SECS",
			    "fail after SECS seconds (default 0: wait forever)"},
	[GLOBAL_TRANSPORT] = {"transport", 0, "json-rpc|netlink", "how flows travel"},
	[GLOBAL_JSON] = {"json", 0, NULL, "print JSON"},
	[GLOBAL_NAMES] = {"names", 0, NULL,
			  "print ports and tables by name (default on a terminal)"},
	[GLOBAL_NO_NAMES] = {"no-names", 0, NULL, "print their numbers (default elsewhere)"},
	[GLOBAL_PROTOCOLS] = {"protocols", 'O', "VERSIONS",
			      "accepted for scripts: flows of all versions are understood"},
	[GLOBAL_HELP] = {"help", 'h', NULL, "print this, or the help of the command"},
	[GLOBAL_VERSION] = {"version", 'V', NULL, "print the version"},
	{},
};

static const struct cli_option command_options[] = {
	[OPTION_STRICT] = {"strict", 0, NULL, "only the flow with just this match and priority"},
	[OPTION_BUNDLE] = {"bundle", 0, NULL,
			   "accepted for scripts: a change is always all or nothing"},
	[OPTION_NO_STATS] = {"no-stats", 0, NULL, "without counters and ages"},
	[OPTION_SORT] = {"sort", 0, "[=FIELD]",
			 "sorted by a field, or by priority, n_packets, n_bytes, duration ..."},
	[OPTION_RSORT] = {"rsort", 0, "[=FIELD]", "the same, highest first"},
	[OPTION_FORCE] = {"force", 0, NULL, "add the equal ones anew too, with counters of 0"},
	[OPTION_ONCE] = {"once", 0, NULL, "print one picture and end"},
	[OPTION_IN_PORT] = {"in-port", 0, "PORT", "by which the packet comes"},
	[OPTION_PACKETS] = {"packets", 0, NULL, "packets that flows send to controllers"},
	[OPTION_WRITE] = {"write", 'w', "FILE", "to this file; -: standard output"},
	[OPTION_FOR] = {"for", 0, "TIME", "end by itself after 30s, 10m, 2h, 1d ..."},
	[OPTION_NAME] = {"name", 0, "NAME", "what to call it (default: drop1, mirror1 ...)"},
	[OPTION_COUNT] = {"count", 'c', "N", "end after so many packets"},
	[OPTION_SNAPLEN] = {"snaplen", 0, "BYTES", "so many bytes of a packet at most"},
	[OPTION_MAY_CREATE] = {"may-create", 0, NULL, "add it if it is not there"},
	{},
};

static int run_help(struct job *job, const struct cli_invocation *inv, struct err *err);

static const struct cli_action help = {run_help};

static const struct cli_command help_commands[] = {
	{"help", "[COMMAND]", "explain one command, or list all", 0, &help},
	{},
};

static const struct cli_group groups[] = {
	{"Flows", flow_commands},   {"Groups", group_commands},
	{"Meters", meter_commands}, {"Standing orders", order_commands},
	{"Ports", port_commands},   {"Packets and changes", packet_commands},
	{"Help", help_commands},    {},
};

static const struct cli cli = {
	.program = "ofctl",
	.summary = "program and watch the flows of a Shunt switch",
	.is_single = true,
	.options = global_options,
	.command_options = command_options,
	.groups = groups,
	.footer = "Flows are written as for ovs-ofctl(8); see ofctl(8).\n"
		  "Exit status: 0 done, 1 failed, 2 wrong usage (or diff-flows: they differ).\n",
};

static int run_help(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	return cli_help(&cli, inv, err);
}

/* ---- the tab key ---- */

/* ofctl --complete WORD...: for the shell's script. */
static int complete(unsigned n_words, char **words)
{
	own(job_fini) struct job job = {.timeout_s = 1};
	struct completion completion;

	for (unsigned i = 0; i < n_words; i++) {
		if (!strncmp(words[i], "--db=", 5))
			job.address = need(strdup(words[i] + 5));
		else if (!strncmp(words[i], "--run-dir=", 10))
			job.address = client_default_address(words[i] + 10);
		if (job.address)
			break;
	}
	if (!job.address)
		job.address = client_default_address(NULL);
	if (!complete_words(&cli, n_words, words, &completion))
		return EXIT_SUCCESS;
	if (strcmp(completion.kind, "COMMAND")) {
		ofctl_complete(&completion, &job);
		return EXIT_SUCCESS;
	}
	for (const struct cli_group *group = groups; group->title; group++)
		for (const struct cli_command *c = group->commands; c->name; c++)
			complete_print(completion.word, c->name, "");
	return EXIT_SUCCESS;
}

/* ---- options ---- */

static int read_timeout(const char *text, unsigned *out, struct err *err)
{
	char *end;
	long value;

	if (!text)
		return 0;
	value = strtol(text, &end, 10);
	if (end == text || *end || value < 0 || value > INT_MAX)
		return err_set(err, EINVAL, "--timeout=%s is not a number: use 0 to %d", text,
			       INT_MAX);
	*out = (unsigned)value;
	return 0;
}

static int find_transport(const char *name, const struct transport_ops **out, struct err *err)
{
	static const struct transport_ops *const all[] = {&transport_json_rpc, &transport_netlink};

	*out = all[0];
	for (size_t i = 0; name && i < sizeof(all) / sizeof(*all); i++) {
		*out = all[i];
		if (!strcmp(all[i]->name, name))
			return 0;
	}
	return name ? err_set(err, EINVAL, "no transport '%s': use json-rpc or netlink", name) : 0;
}

static int read_options(struct job *job, const struct cli_values *options, struct err *err)
{
	const char *const *value = options->value;
	int ret = read_timeout(value[GLOBAL_TIMEOUT], &job->timeout_s, err);

	if (!ret)
		ret = find_transport(value[GLOBAL_TRANSPORT], &job->transport_ops, err);
	job->is_json = value[GLOBAL_JSON];
	job->has_names = value[GLOBAL_NAMES] || (!value[GLOBAL_NO_NAMES] && isatty(STDOUT_FILENO));
	job->address = value[GLOBAL_DB] ? need(strdup(value[GLOBAL_DB]))
					: client_default_address(value[GLOBAL_RUN_DIR]);
	return ret;
}

/* ---- running ---- */

static int fail(const struct err *err, int status)
{
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", cli.program, err->text);
	return status;
}

static int run(struct job *job, const struct cli_invocation *inv)
{
	struct err err = ERR_INIT;
	int status = inv->command->action->run(job, inv, &err);

	if (status < 0)
		status = fail(&err, status == -EOPNOTSUPP ? EXIT_USAGE : EXIT_FAILURE);
	if (fflush(stdout) || ferror(stdout)) {
		err_set(&err, errno, "cannot write to standard output: %m");
		status = fail(&err, EXIT_FAILURE);
	}
	return status;
}

int main(int argc, char **argv)
{
	own(cli_line_free) struct cli_line *line = NULL;
	own(job_fini) struct job job = {};
	struct err err = ERR_INIT;

	hash_init();
	if (argc > 1 && !strcmp(argv[1], "--complete"))
		return complete((unsigned)argc - 2, argv + 2);
	if (cli_parse(&cli, argc, argv, &line, &err))
		return fail(&err, EXIT_USAGE);
	if (line->options.value[GLOBAL_VERSION]) {
		printf("%s (Shunt) %s\n", cli.program, PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	if (line->options.value[GLOBAL_HELP] && !line->n_invocations) {
		cli_print_usage(&cli);
		return EXIT_SUCCESS;
	}
	if (!line->n_invocations)
		err_set(&err, EINVAL, "a command is missing: see %s --help", cli.program);
	else
		read_options(&job, &line->options, &err);
	return err.code ? fail(&err, EXIT_USAGE) : run(&job, &line->invocations[0]);
}
