#include "complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cli.h"
#include "need.h"

void complete_print(const char *word, const char *candidate, const char *suffix)
{
	if (!strncmp(candidate, word, strlen(word)))
		printf("%s%s\n", candidate, suffix);
}

void complete_print_choices(const char *word, const char *choices)
{
	own(mem_free) char *copy = need(strdup(choices));
	char *save = NULL;

	for (char *choice = strtok_r(copy, "|", &save); choice; choice = strtok_r(NULL, "|", &save))
		complete_print(word, choice, "");
}

static const struct cli_option *find_option(const struct cli_option *rows, const char *word)
{
	size_t len = strcspn(word, "=");

	for (const struct cli_option *o = rows; o->name; o++) {
		if (word[1] == '-' && strlen(o->name) == len - 2 &&
		    !strncmp(o->name, word + 2, len - 2))
			return o;
		if (word[1] != '-' && o->letter && o->letter == word[1])
			return o;
	}
	return NULL;
}

static const struct cli_option *find_any_option(const struct cli *cli, const char *word)
{
	const struct cli_option *option = find_option(cli->options, word);

	return option ? option : find_option(cli->command_options, word);
}

/* "--format=ta": the rest of the value, with what stands before it. */
static void print_option_values(const struct cli *cli, const char *word)
{
	const struct cli_option *option = find_any_option(cli, word);
	const char *value = strchr(word, '=') + 1;
	own(mem_free) char *copy = NULL;
	char *save = NULL;

	if (!option || !option->argument || !strchr(option->argument, '|'))
		return;
	copy = need(strdup(option->argument));
	for (char *choice = strtok_r(copy, "|", &save); choice; choice = strtok_r(NULL, "|", &save))
		if (!strncmp(choice, value, strlen(value)))
			printf("%.*s%s\n", (int)(value - word), word, choice);
}

static void print_options(const struct cli_option *rows, const char *word)
{
	for (const struct cli_option *o = rows; o->name; o++) {
		own(mem_free) char *name = NULL;

		if (asprintf(&name, "--%s", o->name) < 0)
			name = need(NULL);
		complete_print(word, name, o->argument && o->argument[0] != '[' ? "=" : "");
	}
}

/* The i-th word of a syntax, or the last one if that may repeat. */
static void find_kind(const char *syntax, unsigned i, char *kind, size_t size)
{
	const char *word = syntax + strspn(syntax, " ");
	size_t len = strcspn(word, " ");

	for (; i && word[len]; i--) {
		word += len + strspn(word + len, " ");
		len = strcspn(word, " ");
	}
	if (len >= 3 && !strncmp(word + len - 3, "...", 3))
		len -= 3;
	else if (i)
		len = 0;
	if (len && word[0] == '[') {
		word++;
		len -= 2;
	}
	snprintf(kind, size, "%.*s", (int)len, word);
}

/* Options that stand among the arguments are none. */
static unsigned drop_options(char **words, unsigned n)
{
	unsigned n_kept = 0;

	for (unsigned i = 0; i < n; i++)
		if (words[i][0] != '-' || !words[i][1])
			words[n_kept++] = words[i];
	return n_kept;
}

bool complete_words(const struct cli *cli, unsigned n_words, char **words,
		    struct completion *completion)
{
	const char *word = n_words ? words[n_words - 1] : "";
	bool is_first = true;
	unsigned i = 0;

	/* The last command that begins before the word. */
	for (unsigned w = 0; w + 1 < n_words; w++) {
		if (!strcmp(words[w], "--")) {
			is_first = false;
			i = w + 1;
		}
	}
	while (i + 1 < n_words && words[i][0] == '-') {
		const struct cli_option *option = find_any_option(cli, words[i]);

		bool takes_next = option && option->argument && option->argument[0] != '[' &&
				  !strchr(words[i], '=');

		if (takes_next && i + 2 == n_words) {
			complete_print_choices(word, option->argument);
			return false;
		}
		i += takes_next ? 2 : 1;
	}
	if (i + 1 < n_words && (!cli->is_single || word[0] != '-')) {
		completion->command = cli_command_lookup(cli, words[i]);
		completion->word = word;
		completion->args = words + i + 1;
		completion->n_args = n_words - i - 2;
		if (cli->is_single)
			completion->n_args = drop_options(completion->args, completion->n_args);
		if (completion->command)
			find_kind(completion->command->syntax, completion->n_args, completion->kind,
				  sizeof(completion->kind));
		return completion->command;
	}
	if (word[0] == '-' && strchr(word, '=')) {
		print_option_values(cli, word);
	} else if (word[0] == '-') {
		if (is_first)
			print_options(cli->options, word);
		print_options(cli->command_options, word);
	} else {
		for (const struct cli_group *group = cli->groups; group->title; group++)
			for (const struct cli_command *c = group->commands; c->name; c++)
				complete_print(word, c->name, "");
	}
	return false;
}
