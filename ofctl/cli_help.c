#include "cli.h"

#include <errno.h>
#include <stdio.h>

#include "base/err.h"

#define HELP_AT 35 /* the column where explanations begin */

/* What stands between an option and its argument. */
static const char *sign(const struct cli_option *option)
{
	return option->argument && option->argument[0] != '[' ? "=" : "";
}

/* Options of a command as they stand before it: "[--if-exists] [--id=@NAME] ". */
static void print_command_options(const struct cli *cli, const struct cli_command *command)
{
	for (int i = 0; cli->command_options[i].name; i++) {
		const struct cli_option *o = &cli->command_options[i];

		if (command->options & 1u << i)
			printf("[--%s%s%s] ", o->name, sign(o), o->argument ? o->argument : "");
	}
}

static void print_option(const struct cli_option *option)
{
	char left[64];
	int len = 0;

	if (option->letter)
		len = snprintf(left, sizeof(left), "-%c, ", option->letter);
	snprintf(left + len, sizeof(left) - (size_t)len, "--%s%s%s", option->name, sign(option),
		 option->argument ? option->argument : "");
	printf("  %-*s %s\n", HELP_AT - 3, left, option->help);
}

static void print_commands(const struct cli_group *group)
{
	printf("\n%s:\n", group->title);
	for (const struct cli_command *cmd = group->commands; cmd->name; cmd++) {
		int width = printf("  %s%s%s", cmd->name, *cmd->syntax ? " " : "", cmd->syntax);

		/* Below a long one, not far away from it. */
		if (width > HELP_AT - 1)
			width = printf("\n") - 1;
		printf("%*s%s\n", HELP_AT - width, "", cmd->help);
	}
}

void cli_print_usage(const struct cli *cli)
{
	printf("%s: %s\n"
	       "usage: %s [OPTION]... COMMAND [ARG]...%s\n",
	       cli->program, cli->summary, cli->program,
	       cli->is_single ? "" : " [-- [OPTION]... COMMAND [ARG]...]...");
	for (const struct cli_group *group = cli->groups; group->title; group++)
		print_commands(group);
	printf("\nOptions:\n");
	for (const struct cli_option *o = cli->options; o->name; o++)
		print_option(o);
	printf("\nOptions of commands%s ('%s help COMMAND'):\n",
	       cli->is_single ? "" : ", which stand before the command", cli->program);
	for (const struct cli_option *o = cli->command_options; o->name; o++)
		print_option(o);
	if (cli->footer)
		printf("\n%s", cli->footer);
}

static void print_command(const struct cli *cli, const struct cli_command *command)
{
	printf("%s: %s\nusage: %s ", command->name, command->help, cli->program);
	print_command_options(cli, command);
	printf("%s%s%s\n", command->name, *command->syntax ? " " : "", command->syntax);
	for (int i = 0; cli->command_options[i].name; i++)
		if (command->options & 1u << i)
			print_option(&cli->command_options[i]);
}

int cli_help(const struct cli *cli, const struct cli_invocation *inv, struct err *err)
{
	const struct cli_command *command;
	const char *near;

	if (!inv->n_args) {
		cli_print_usage(cli);
		return 0;
	}
	command = cli_command_lookup(cli, inv->args[0]);
	if (command) {
		print_command(cli, command);
		return 0;
	}
	near = cli_suggest_command(cli, inv->args[0]);
	return err_set(err, EOPNOTSUPP,
		       near ? "unknown command '%s': did you mean '%s'?" : "unknown command '%s'",
		       inv->args[0], near);
}
