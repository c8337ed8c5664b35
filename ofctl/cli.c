#include "cli.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/utf8.h"
#include "need.h"
#include "suggest.h"

/* One walk over argv. */
struct parser {
	const struct cli *cli;
	char **argv;
	int argc, at;
	struct err *err;
};

const struct cli_command *cli_command_lookup(const struct cli *cli, const char *name)
{
	for (const struct cli_group *group = cli->groups; group->title; group++)
		for (const struct cli_command *cmd = group->commands; cmd->name; cmd++)
			if (!strcmp(cmd->name, name))
				return cmd;
	return NULL;
}

void cli_syntax_count(const char *syntax, unsigned *n_min, unsigned *n_max)
{
	*n_min = *n_max = 0;
	while (*syntax) {
		size_t len = strcspn(syntax, " ");

		*n_min += *syntax != '[';
		*n_max += 1;
		if (len > 3 && !strncmp(syntax + len - 3, "...", 3))
			*n_max = UINT_MAX;
		syntax += len;
		syntax += strspn(syntax, " ");
	}
}

const char *cli_suggest_command(const struct cli *cli, const char *name)
{
	struct suggestion best = SUGGESTION_INIT(name);

	for (const struct cli_group *group = cli->groups; group->title; group++)
		for (const struct cli_command *cmd = group->commands; cmd->name; cmd++)
			suggestion_try(&best, cmd->name);
	return best.name;
}

/* ---- options ---- */

static int unknown_option(struct parser *p, const char *name, size_t len)
{
	own(mem_free) char *word = need(strndup(name, len));
	struct suggestion best = SUGGESTION_INIT(word);

	for (const struct cli_option *o = p->cli->options; o->name; o++)
		if (!strcmp(o->name, word))
			return err_set(p->err, EINVAL, "--%s stands before the first command",
				       word);
	for (const struct cli_option *o = p->cli->options; o->name; o++)
		suggestion_try(&best, o->name);
	for (const struct cli_option *o = p->cli->command_options; o->name; o++)
		suggestion_try(&best, o->name);
	if (best.name)
		return err_set(p->err, EINVAL, "unknown option '--%s': did you mean '--%s'?", word,
			       best.name);
	return err_set(p->err, EINVAL, "unknown option '--%s': see %s --help", word,
		       p->cli->program);
}

/* The row that `name` means: itself, or a prefix of no other. -1: none; -2: of several. */
static int option_find(const struct cli_option *rows, const char *name, size_t len)
{
	int found = -1;

	for (int i = 0; rows[i].name; i++) {
		if (strncmp(rows[i].name, name, len))
			continue;
		if (!rows[i].name[len])
			return i;
		found = found == -1 ? i : -2;
	}
	return found;
}

static int option_set(struct parser *p, const struct cli_option *row, const char **value,
		      const char *attached)
{
	if (row->argument && row->argument[0] != '[' && !attached) {
		if (p->at >= p->argc)
			return err_set(p->err, EINVAL, "--%s needs a value: --%s=%s", row->name,
				       row->name, row->argument);
		attached = p->argv[p->at++];
	} else if (!row->argument && attached) {
		return err_set(p->err, EINVAL, "--%s takes no value", row->name);
	}
	*value = attached ? attached : "";
	return 0;
}

/* "-w FILE", "-wFILE". */
static int letter_parse(struct parser *p, struct cli_values *globals, struct cli_values *locals)
{
	const char *word = p->argv[p->at - 1], *attached = word[2] ? word + 2 : NULL;
	const struct cli_option *rows = p->cli->options;

	for (int i = 0; globals && rows[i].name; i++)
		if (rows[i].letter == word[1])
			return option_set(p, &rows[i], &globals->value[i], attached);
	rows = p->cli->command_options;
	for (int i = 0; rows[i].name; i++)
		if (rows[i].letter && rows[i].letter == word[1])
			return option_set(p, &rows[i], &locals->value[i], attached);
	return err_set(p->err, EINVAL, "unknown option '-%c': see %s --help", word[1],
		       p->cli->program);
}

/* Reads the option at argv[at] into the rows that may stand here: the command's, and the global
 * ones while `globals` is not NULL. */
static int option_parse(struct parser *p, struct cli_values *globals, struct cli_values *locals)
{
	const char *word = p->argv[p->at++];
	const char *name = word + 2;
	size_t len = strcspn(name, "=");
	const char *attached = name[len] ? name + len + 1 : NULL;
	int global, local;

	if (word[1] != '-')
		return letter_parse(p, globals, locals);
	global = globals ? option_find(p->cli->options, name, len) : -1;
	local = option_find(p->cli->command_options, name, len);
	if (global >= 0 && !p->cli->options[global].name[len])
		local = -1;
	else if (local >= 0 && !p->cli->command_options[local].name[len])
		global = -1;
	if (global == -2 || local == -2 || (global >= 0 && local >= 0))
		return err_set(p->err, EINVAL, "option '--%.*s' is short for several: write more",
			       (int)len, name);
	if (global >= 0)
		return option_set(p, &p->cli->options[global], &globals->value[global], attached);
	if (local >= 0)
		return option_set(p, &p->cli->command_options[local], &locals->value[local],
				  attached);
	return unknown_option(p, name, len);
}

/* ---- commands ---- */

static int missing_command(struct parser *p)
{
	return err_set(p->err, EINVAL, "a command is missing: see %s --help", p->cli->program);
}

/* Has it the options and as many arguments as its row says? */
static int check_command(struct parser *p, const struct cli_invocation *inv)
{
	const struct cli_command *cmd = inv->command;
	unsigned n_min, n_max;

	for (int i = 0; p->cli->command_options[i].name; i++)
		if (inv->options.value[i] && !(cmd->options & 1u << i))
			return err_set(p->err, EINVAL, "%s takes no option '--%s': see %s help %s",
				       cmd->name, p->cli->command_options[i].name, p->cli->program,
				       cmd->name);
	cli_syntax_count(cmd->syntax, &n_min, &n_max);
	if (inv->n_args < n_min || inv->n_args > n_max)
		return err_set(p->err, EINVAL, "%s has %s arguments: use %s %s %s", cmd->name,
			       inv->n_args < n_min ? "too few" : "too many", p->cli->program,
			       cmd->name, cmd->syntax);
	/* Options after the command are arguments by the grammar, and always a mistake. */
	for (unsigned a = 0; a < inv->n_args; a++)
		for (int i = 0; p->cli->command_options[i].name; i++)
			if (cmd->options & 1u << i && !strncmp(inv->args[a], "--", 2) &&
			    !strcmp(inv->args[a] + 2, p->cli->command_options[i].name))
				return err_set(p->err, EINVAL,
					       "%s stands before its command: use %s %s %s ...",
					       inv->args[a], p->cli->program, inv->args[a],
					       cmd->name);
	return 0;
}

/* Reads the options that stand here, up to the first word that is none, or "--". */
static int options_parse(struct parser *p, struct cli_values *globals, struct cli_values *locals)
{
	int ret = 0;

	while (!ret && p->at < p->argc && p->argv[p->at][0] == '-' && p->argv[p->at][1] &&
	       strcmp(p->argv[p->at], "--"))
		ret = option_parse(p, globals, locals);
	return ret;
}

/* "add-port --help" means "help add-port". */
static void help_instead(struct parser *p, struct cli_invocation *inv)
{
	const struct cli_command *help = cli_command_lookup(p->cli, "help");

	if (!help || inv->n_args != 1 || strcmp(inv->args[0], "--help"))
		return;
	inv->command = help;
	inv->args--; /* at the command's name */
}

static int unknown_command(struct parser *p, const char *name)
{
	const char *near = cli_suggest_command(p->cli, name);
	const struct cli_missing *missing = p->cli->missing;

	while (missing && missing->name && strcmp(missing->name, name))
		missing++;
	if (missing && missing->name)
		return err_set(p->err, EINVAL, "%s is not for this switch: %s", name, missing->why);
	if (near)
		return err_set(p->err, EINVAL, "unknown command '%s': did you mean '%s'?", name,
			       near);
	return err_set(p->err, EINVAL, "unknown command '%s': see %s --help", name,
		       p->cli->program);
}

/* Reads one command with its options, up to "--" or the end. */
static int command_parse(struct parser *p, struct cli_invocation *inv)
{
	const char *name;
	int ret = options_parse(p, NULL, &inv->options);

	if (ret)
		return ret;
	if (p->at >= p->argc || !strcmp(p->argv[p->at], "--"))
		return missing_command(p);
	name = p->argv[p->at++];
	inv->command = cli_command_lookup(p->cli, name);
	if (!inv->command)
		return unknown_command(p, name);
	inv->args = p->argv + p->at;
	while (p->at < p->argc && strcmp(p->argv[p->at], "--")) {
		p->at++;
		inv->n_args++;
	}
	help_instead(p, inv);
	return check_command(p, inv);
}

static bool asks_for_help(const struct cli *cli, const struct cli_values *options)
{
	for (int i = 0; cli->options[i].name; i++)
		if (!strcmp(cli->options[i].name, "help"))
			return options->value[i];
	return false;
}

/* One command with options anywhere. No command is fine: there is none then. */
static int single_parse(struct parser *p, struct cli_line *line)
{
	struct cli_invocation *inv = &line->invocations[0];
	unsigned n = 0;

	line->words = need(calloc((size_t)p->argc + 1, sizeof(*line->words)));
	while (p->at < p->argc) {
		int ret = options_parse(p, &line->options, &inv->options);

		if (ret)
			return ret;
		if (p->at < p->argc && !strcmp(p->argv[p->at], "--"))
			for (p->at++; p->at < p->argc; p->at++)
				line->words[n++] = p->argv[p->at];
		else if (p->at < p->argc)
			line->words[n++] = p->argv[p->at++];
	}
	if (!n)
		return 0;
	inv->command = cli_command_lookup(p->cli, line->words[0]);
	if (!inv->command)
		return unknown_command(p, line->words[0]);
	inv->args = line->words + 1;
	inv->n_args = n - 1;
	line->n_invocations = 1;
	if (!asks_for_help(p->cli, &line->options))
		return check_command(p, inv);
	inv->command = cli_command_lookup(p->cli, "help");
	inv->args = line->words;
	inv->n_args = 1;
	return 0;
}

int cli_parse(const struct cli *cli, int argc, char **argv, struct cli_line **out, struct err *err)
{
	own(cli_line_free) struct cli_line *line = need(calloc(1, sizeof(*line)));
	struct parser p = {.cli = cli, .argv = argv, .argc = argc, .at = 1, .err = err};
	int ret;

	for (int i = 1; i < argc; i++)
		if (!utf8_is_valid(argv[i], strlen(argv[i])))
			return err_set(err, EINVAL, "word %d of the command line is not UTF-8", i);
	/* Every command takes a word at least. */
	line->invocations = need(calloc((size_t)argc + 1, sizeof(*line->invocations)));
	if (cli->is_single) {
		ret = single_parse(&p, line);
		if (!ret)
			*out = take_ptr(line);
		return ret;
	}
	ret = options_parse(&p, &line->options, &line->invocations[0].options);
	if (ret)
		return ret;
	while (p.at < argc) {
		if (!strcmp(argv[p.at], "--")) {
			p.at++;
			continue;
		}
		ret = command_parse(&p, &line->invocations[line->n_invocations]);
		if (ret)
			return ret;
		line->n_invocations++;
	}
	*out = take_ptr(line);
	return 0;
}

void cli_line_free(struct cli_line **line)
{
	if (*line) {
		free((*line)->invocations);
		free((*line)->words);
	}
	free(*line);
	*line = NULL;
}
