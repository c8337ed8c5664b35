/* switchctl: bridges, ports and the configuration database of switchd. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/own.h"
#include "cli.h"
#include "client.h"
#include "complete.h"
#include "config.h"
#include "need.h"
#include "session.h"

enum global_option {
	GLOBAL_RUN_DIR,
	GLOBAL_DB,
	GLOBAL_TIMEOUT,
	GLOBAL_NO_WAIT,
	GLOBAL_DRY_RUN,
	GLOBAL_ONELINE,
	GLOBAL_JSON,
	GLOBAL_FORMAT,
	GLOBAL_DATA,
	GLOBAL_NO_HEADINGS,
	GLOBAL_BARE,
	GLOBAL_MAX_COLUMN_WIDTH,
	GLOBAL_NO_SYSLOG,
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
	[GLOBAL_NO_WAIT] = {"no-wait", 0, NULL, "do not wait until the switch has done it"},
	[GLOBAL_DRY_RUN] = {"dry-run", 0, NULL, "check the commands, change nothing"},
	[GLOBAL_ONELINE] = {"oneline", 0, NULL, "print one line per command"},
	[GLOBAL_JSON] = {"json", 0, NULL, "print one JSON text per command"},
	[GLOBAL_FORMAT] = {"format", 'f', "list|table|csv|html|json", "how to print tables"},
	[GLOBAL_DATA] = {"data", 'd', "string|bare|json", "how to print their cells"},
	[GLOBAL_NO_HEADINGS] = {"no-headings", 0, NULL, "print tables without headings"},
	[GLOBAL_BARE] = {"bare", 0, NULL, "the same as --format=list --data=bare --no-headings"},
	[GLOBAL_MAX_COLUMN_WIDTH] = {"max-column-width", 0, "N", "cut the cells of tables"},
	[GLOBAL_NO_SYSLOG] = {"no-syslog", 0, NULL,
			      "accepted for scripts: nothing is logged there"},
	[GLOBAL_HELP] = {"help", 'h', NULL, "print this"},
	[GLOBAL_VERSION] = {"version", 'V', NULL, "print the version"},
	{},
};

static const struct cli_option command_options[] = {
	[OPTION_MAY_EXIST] = {"may-exist", 0, NULL, "do nothing if it is there already"},
	[OPTION_IF_EXISTS] = {"if-exists", 0, NULL, "do nothing if it is not there"},
	[OPTION_COLUMNS] = {"columns", 0, "COLUMN,...", "print only these columns, in this order"},
	[OPTION_ID] = {"id", 0, "@NAME", "a name for the record, for other commands of the line"},
	[OPTION_ALL] = {"all", 0, NULL, "all records of the table"},
	[OPTION_WITH_IFACE] = {"with-iface", 0, NULL,
			       "the port that has an interface of that name"},
	[OPTION_INACTIVITY_PROBE] = {"inactivity-probe", 0, "MSECS",
				     "how long the other side may be silent"},
	[OPTION_BOOTSTRAP] = {"bootstrap", 0, NULL,
			      "take the authority's certificate from who connects first"},
	[OPTION_TREE] = {"tree", 0, NULL, "as ovs-vsctl does: a line for each thing"},
	[OPTION_REAL] = {"real", 0, NULL, "only bridges that are no VLAN of another"},
	[OPTION_FAKE] = {"fake", 0, NULL, "only bridges that are a VLAN of another"},
	{},
};

static int call_help(struct session *session, const struct cli_invocation *inv, struct err *err);

static const struct cli_action help = {.call = call_help, .is_offline = true};

static const struct cli_command help_commands[] = {
	{"help", "[COMMAND]", "explain one command, or list all", 0, &help},
	{},
};

#define NO_BONDS \
	"it has no bonds: make one of the kernel's (ip link add type bond), and add that as a port"
#define NO_AUTO_ATTACH "it has no auto-attach"
#define NO_ZONES       "it has no connection tracking, and no zones of it"

static const struct cli_group groups[] = {
	{"The switch as a whole", switch_commands},
	{"Bridges", bridge_commands},
	{"Ports and interfaces", port_commands},
	{"Mirrors", mirror_commands},
	{"Controllers and managers", controller_commands},
	{"Certificates", ssl_commands},
	{"In an emergency", reset_commands},
	{"Any record of the database: reading", query_commands},
	{"Any record of the database: changing", edit_commands},
	{"The switch at work", runtime_commands},
	{"Help", help_commands},
	{},
};

/* What ovs-vsctl(8) has besides. */
static const struct cli_missing missing[] = {
	{"add-bond", NO_BONDS},
	{"add-bond-iface", NO_BONDS},
	{"del-bond-iface", NO_BONDS},
	{"get-aa-mapping", NO_AUTO_ATTACH},
	{"add-aa-mapping", NO_AUTO_ATTACH},
	{"del-aa-mapping", NO_AUTO_ATTACH},
	{"add-zone-tp", NO_ZONES},
	{"del-zone-tp", NO_ZONES},
	{"list-zone-tp", NO_ZONES},
	{"list-dp-cap", "its capabilities do not depend on a datapath"},
	{},
};

static const struct cli cli = {
	.program = "switchctl",
	.summary = "configure and watch a Shunt switch",
	.options = global_options,
	.command_options = command_options,
	.missing = missing,
	.groups = groups,
	.footer =
		"Several commands, separated by --, are one transaction: all of it happens or nothing.\n"
		"Exit status: 0 done, 1 a command failed, 2 wrong usage (or br-exists: no such bridge).\n",
};

static int call_help(struct session *session, const struct cli_invocation *inv, struct err *err)
{
	return cli_help(&cli, inv, err);
}

/* The server that the words name, the caller's to free. */
static char *find_address(unsigned n_words, char **words)
{
	for (unsigned i = 0; i < n_words; i++) {
		if (!strncmp(words[i], "--db=", 5))
			return need(strdup(words[i] + 5));
		if (!strncmp(words[i], "--run-dir=", 10))
			return client_default_address(words[i] + 10);
	}
	return client_default_address(NULL);
}

/* switchctl --complete WORD...: for the shell's script. */
static int complete(unsigned n_words, char **words)
{
	own(mem_free) char *address = find_address(n_words, words);
	struct completion completion;

	if (!complete_words(&cli, n_words, words, &completion))
		return EXIT_SUCCESS;
	if (!strcmp(completion.kind, "COMMAND"))
		for (const struct cli_group *group = groups; group->title; group++)
			for (const struct cli_command *c = group->commands; c->name; c++)
				complete_print(completion.word, c->name, "");
	else
		switchctl_complete(&completion, address);
	return EXIT_SUCCESS;
}

/* ---- options ---- */

static int read_number(const char *option, const char *text, unsigned *number, struct err *err)
{
	char *end;
	long value;

	if (!text)
		return 0;
	value = strtol(text, &end, 10);
	if (end == text || *end || value < 0 || value > INT_MAX)
		return err_set(err, EINVAL, "--%s=%s is not a number: use 0 to %d", option, text,
			       INT_MAX);
	*number = (unsigned)value;
	return 0;
}

static int read_options(struct session *session, const struct cli_values *options, struct err *err)
{
	const char *const *value = options->value;
	int ret;

	session->is_dry_run = value[GLOBAL_DRY_RUN];
	session->is_oneline = value[GLOBAL_ONELINE];
	session->is_json = value[GLOBAL_JSON];
	session->waits = !value[GLOBAL_NO_WAIT];
	session->style.no_headings = value[GLOBAL_NO_HEADINGS] || value[GLOBAL_BARE];
	if (value[GLOBAL_BARE])
		session->cells = VALUE_BARE;
	ret = read_number("timeout", value[GLOBAL_TIMEOUT], &session->timeout_s, err);
	if (!ret)
		ret = read_number("max-column-width", value[GLOBAL_MAX_COLUMN_WIDTH],
				  &session->style.max_width, err);
	if (!ret && value[GLOBAL_FORMAT])
		ret = grid_format_parse(value[GLOBAL_FORMAT], &session->style.format, err);
	if (!ret && value[GLOBAL_DATA])
		ret = value_style_parse(value[GLOBAL_DATA], &session->cells, err);
	if (session->is_json)
		session->style.format = GRID_JSON;
	if (session->style.format == GRID_JSON)
		session->cells = VALUE_JSON;
	session->address = value[GLOBAL_DB] ? need(strdup(value[GLOBAL_DB]))
					    : client_default_address(value[GLOBAL_RUN_DIR]);
	return ret;
}

/* ---- running ---- */

/* A command that talks to the daemon by itself cannot be part of a transaction. */
static int check_alone(const struct cli_line *line, struct err *err)
{
	for (unsigned i = 0; i < line->n_invocations; i++)
		if (line->invocations[i].command->action->call && line->n_invocations > 1)
			return err_set(err, EINVAL,
				       "%s stands alone: run the other commands before or after it",
				       line->invocations[i].command->name);
	return 0;
}

/* Returns the exit status, or -errno. */
static int run_line(struct session *session, const struct cli_line *line, struct err *err)
{
	const struct cli_invocation *first = &line->invocations[0];
	int ret;

	if (first->command->action->is_offline)
		return first->command->action->call(session, first, err);
	ret = client_open(&session->client, session->address, session->timeout_s, err);
	if (ret)
		return ret;
	if (first->command->action->call)
		return first->command->action->call(session, first, err);
	return session_run(session, line, err);
}

/* The command line as one text. */
static char *join(int argc, char **argv)
{
	size_t size;
	char *text = NULL;
	FILE *to = need(open_memstream(&text, &size));

	fputs(cli.program, to);
	for (int i = 1; i < argc; i++)
		fprintf(to, " %s", argv[i]);
	fclose(to);
	return need(text);
}

static int fail(const struct err *err, int status)
{
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", cli.program, err->text);
	return status;
}

static void session_fini(struct session *session)
{
	client_free(&session->client);
	free(session->address);
	free(session->comment);
}

int main(int argc, char **argv)
{
	own(cli_line_free) struct cli_line *line = NULL;
	own(session_fini) struct session session = {};
	struct err err = ERR_INIT;
	int status = 0;

	hash_init();
	if (argc > 1 && !strcmp(argv[1], "--complete"))
		return complete((unsigned)argc - 2, argv + 2);
	if (cli_parse(&cli, argc, argv, &line, &err))
		return fail(&err, EXIT_USAGE);
	if (line->options.value[GLOBAL_VERSION]) {
		printf("%s (Shunt) %s\n", cli.program, PACKAGE_VERSION);
		return 0;
	}
	if (line->options.value[GLOBAL_HELP]) {
		cli_print_usage(&cli);
		return 0;
	}
	if (!line->n_invocations)
		err_set(&err, EINVAL, "a command is missing: see %s --help", cli.program);
	else if (!check_alone(line, &err))
		read_options(&session, &line->options, &err);
	if (err.code)
		return fail(&err, EXIT_USAGE);
	session.comment = join(argc, argv);
	status = run_line(&session, line, &err);
	if (status < 0)
		status = fail(&err, status == -EOPNOTSUPP ? EXIT_USAGE : EXIT_FAILURE);
	if (fflush(stdout) || ferror(stdout)) {
		err_set(&err, errno, "cannot write to standard output: %m");
		status = fail(&err, EXIT_FAILURE);
	}
	return status;
}
