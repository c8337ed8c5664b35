#pragma once
/* A command line as table rows.
 *
 * A tool is one `struct cli`: its global options, the options of its commands, and its commands in
 * groups. From these rows come the parser, `--help`, `help COMMAND`, the suggestions in error
 * messages and the completion of the shell, so that none of them can lag behind.
 *
 * Grammar, that of ovs-vsctl(8):
 *
 *	TOOL [OPTION]... [--] [OPTION]... COMMAND [ARG]... [-- [OPTION]... COMMAND [ARG]...]...
 *
 * Options stand before their command. Those of the first command may stand among the global ones.
 * A tool that is `is_single` has one command per line, and its options may stand anywhere, as with
 * ovs-ofctl(8); behind a "--" there are none.
 *
 * A row's `syntax` names the arguments: "BRIDGE PORT [COLUMN[:KEY]=VALUE]...". A word in brackets
 * may be left out, "..." lets the last one repeat. How many arguments are right follows from it.
 */
#include <stdbool.h>

struct err;

struct cli_option {
	const char *name; /* without the two dashes */
	char letter;      /* the short form; 0: there is none */
	const char
		*argument; /* what it takes, "SECS"; "[=SECS]": it may be left out; NULL: nothing */
	const char *help;
};

#define CLI_OPTIONS_MAX 32

/* What a tool does with a command is its own affair. */
struct cli_action;

struct cli_command {
	const char *name;
	const char *syntax;
	const char *help;
	unsigned options; /* bit i: takes command_options[i] */
	const struct cli_action *action;
};

struct cli_group {
	const char *title;
	const struct cli_command *commands; /* the last one has no name */
};

/* A command that others have, and scripts may use. */
struct cli_missing {
	const char *name, *why;
};

struct cli {
	const char *program;
	const char *summary;
	bool is_single;
	const char *footer;                       /* end of --help; NULL: none */
	const struct cli_option *options;         /* the last one has no name */
	const struct cli_option *command_options; /* the last one has no name */
	const struct cli_missing *missing;        /* the last one has no name; NULL: none */
	const struct cli_group *groups;           /* the last one has no title */
};

/* Values of options by row: NULL: not given; "": given, takes nothing. */
struct cli_values {
	const char *value[CLI_OPTIONS_MAX];
};

struct cli_invocation {
	const struct cli_command *command;
	struct cli_values options; /* rows of command_options */
	unsigned n_args;
	char **args; /* borrowed from argv, or the line's */
};

struct cli_line {
	struct cli_values options; /* rows of the global options */
	unsigned n_invocations;
	struct cli_invocation *invocations;
	char **words; /* is_single: those that are no options */
};

/* Parses argv (with the program's name in front). Reads nothing but the rows. -EINVAL: wrong usage,
 * `err` says what would be right. No command at all is fine: n_invocations is 0. */
int cli_parse(const struct cli *cli, int argc, char **argv, struct cli_line **out, struct err *err);
void cli_line_free(struct cli_line **line);

/* NULL: there is no such command. */
const struct cli_command *cli_command_lookup(const struct cli *cli, const char *name);

/* How many arguments a syntax asks for; *n_max is UINT_MAX if the last one may repeat. */
void cli_syntax_count(const char *syntax, unsigned *n_min, unsigned *n_max);

/* The name of the command most like `name`, NULL if none is near. */
const char *cli_suggest_command(const struct cli *cli, const char *name);

/* `--help`: all commands and options, to stdout. */
void cli_print_usage(const struct cli *cli);
/* `help [COMMAND]`: all, or that command with its options. 0, or -EOPNOTSUPP with a text: there is no such command. */
int cli_help(const struct cli *cli, const struct cli_invocation *inv, struct err *err);
