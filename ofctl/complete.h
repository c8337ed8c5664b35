#pragma once
/* Completion for the shell: what may stand where the cursor is.
 *
 * The shell's script hands over the words of the line up to the cursor, the last one incomplete
 * ("" after a space). What follows from the tool's rows is printed here: options, their values,
 * commands. Arguments of commands are the tool's affair: it knows what a BRIDGE is.
 */
#include <stdbool.h>

struct cli;
struct cli_command;

struct completion {
	const char *word;                  /* what is there of the word */
	const struct cli_command *command; /* whose argument it is */
	char **args;                       /* those before it, borrowed */
	unsigned n_args;
	char kind
		[32]; /* what the syntax calls it, without brackets and dots: "COLUMN[:KEY]=VALUE" */
};

/* Prints what follows from the rows. Returns true if the word is an argument of a command: then
 * `completion` is set, and the tool adds its candidates. */
bool complete_words(const struct cli *cli, unsigned n_words, char **words,
		    struct completion *completion);

/* Prints `candidate` and `suffix` if they may become of `word`. */
void complete_print(const char *word, const char *candidate, const char *suffix);
/* The same for each of "one|two|three". */
void complete_print_choices(const char *word, const char *choices);
