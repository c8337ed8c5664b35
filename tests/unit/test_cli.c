#include "ofctl/cli.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/own.h"
#include "base/utf8.h"

enum { TIMEOUT, VERBOSE, HELP };
enum { IF_EXISTS, ID, SORT };

static const struct cli_option options[] = {
	[TIMEOUT] = {"timeout", 't', "SECS", "wait"},
	[VERBOSE] = {"verbose", 'v', NULL, "talk"},
	[HELP] = {"help", 'h', NULL, "explain"},
	{},
};
static const struct cli_option command_options[] = {
	[IF_EXISTS] = {"if-exists", 0, NULL, "nothing if not"},
	[ID] = {"id", 0, "@NAME", "name"},
	[SORT] = {"sort", 0, "[=FIELD]", "in order"},
	{},
};
static const struct cli_command commands[] = {
	{"add-port", "BRIDGE PORT [COLUMN=VALUE]...", "add", 0, NULL},
	{"del-port", "[BRIDGE] PORT", "delete", 1u << IF_EXISTS, NULL},
	{"list", "", "list", 1u << IF_EXISTS | 1u << ID | 1u << SORT, NULL},
	{"help", "[COMMAND]", "explain", 0, NULL},
	{},
};
static const struct cli_group groups[] = {{"Ports", commands}, {}};
static const struct cli cli = {
	.program = "tool",
	.options = options,
	.command_options = command_options,
	.groups = groups,
};

static const struct cli single = {
	.program = "tool",
	.is_single = true,
	.options = options,
	.command_options = command_options,
	.groups = groups,
};

/* Parses a line of words separated by single spaces. */
static int parse_for(const struct cli *tool, const char *text, struct cli_line **line,
		     struct err *err)
{
	static char words[256], *argv[32] = {"tool"};
	char *save = NULL;
	int argc = 1;

	snprintf(words, sizeof(words), "%s", text);
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	return cli_parse(tool, argc, argv, line, err);
}

static int parse(const char *text, struct cli_line **line, struct err *err)
{
	return parse_for(&cli, text, line, err);
}

static void refused(const char *text, const char *message)
{
	struct cli_line *line = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(parse(text, &line, &err), -EINVAL);
	assert_null(line);
	assert_string_equal(err.text, message);
}

static void test_syntax_count(void **state)
{
	unsigned n_min, n_max;

	cli_syntax_count("", &n_min, &n_max);
	assert_int_equal(n_min, 0);
	assert_int_equal(n_max, 0);
	cli_syntax_count("[BRIDGE] PORT", &n_min, &n_max);
	assert_int_equal(n_min, 1);
	assert_int_equal(n_max, 2);
	cli_syntax_count("TABLE COLUMN...", &n_min, &n_max);
	assert_int_equal(n_min, 2);
	assert_int_equal(n_max, UINT_MAX);
	cli_syntax_count("TABLE [RECORD]...", &n_min, &n_max);
	assert_int_equal(n_min, 1);
	assert_int_equal(n_max, UINT_MAX);
}

static void test_several_commands(void **state)
{
	own(cli_line_free) struct cli_line *line = NULL;

	assert_int_equal(
		parse("-t 5 -v -- --if-exists del-port p1 -- add-port br0 p2 -x", &line, NULL), 0);
	assert_string_equal(line->options.value[TIMEOUT], "5");
	assert_non_null(line->options.value[VERBOSE]);
	assert_int_equal(line->n_invocations, 2);
	assert_string_equal(line->invocations[0].command->name, "del-port");
	assert_non_null(line->invocations[0].options.value[IF_EXISTS]);
	assert_int_equal(line->invocations[0].n_args, 1);
	assert_null(line->invocations[1].options.value[IF_EXISTS]);
	assert_int_equal(line->invocations[1].n_args, 3);
	assert_string_equal(line->invocations[1].args[2], "-x");
}

static void test_option_forms(void **state)
{
	static const char *const lines[] = {
		"--timeout=5 list", "--timeout 5 list",       "-t5 list",  "-t 5 list",
		"--ti=5 list",      "--timeout=5 -- list --", "-- -- -t5",
	};

	for (size_t i = 0; i < 6; i++) {
		own(cli_line_free) struct cli_line *line = NULL;

		assert_int_equal(parse(lines[i], &line, NULL), 0);
		assert_string_equal(line->options.value[TIMEOUT], "5");
		assert_int_equal(line->n_invocations, 1);
	}
	refused(lines[6], "unknown option '-t': see tool --help");
}

static void test_single_command_with_options_anywhere(void **state)
{
	static const char *const lines[] = {
		"--if-exists -t5 del-port br0 p1",
		"del-port --if-exists br0 p1 -t 5",
		"-t5 del-port br0 p1 --if-exists",
		"del-port -t5 --if-exists -- br0 p1",
	};

	for (size_t i = 0; i < 4; i++) {
		own(cli_line_free) struct cli_line *line = NULL;

		assert_int_equal(parse_for(&single, lines[i], &line, NULL), 0);
		assert_string_equal(line->options.value[TIMEOUT], "5");
		assert_int_equal(line->n_invocations, 1);
		assert_non_null(line->invocations[0].options.value[IF_EXISTS]);
		assert_int_equal(line->invocations[0].n_args, 2);
		assert_string_equal(line->invocations[0].args[1], "p1");
	}
}

static void test_single_command_is_checked(void **state)
{
	static const struct {
		const char *line, *error;
	} rows[] = {
		{"list x", "list has too many arguments: use tool list "},
		{"lsit", "unknown command 'lsit': did you mean 'list'?"},
		{"add-port --if-exists a b",
		 "add-port takes no option '--if-exists': see tool help add-port"},
		{"list --nosuchoption", "unknown option '--nosuchoption': see tool --help"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cli_line *line = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(parse_for(&single, rows[i].line, &line, &err), -EINVAL);
		assert_string_equal(err.text, rows[i].error);
	}
}

static void test_single_command_help(void **state)
{
	own(cli_line_free) struct cli_line *line = NULL, *none = NULL;

	assert_int_equal(parse_for(&single, "add-port br0 --help", &line, NULL), 0);
	assert_string_equal(line->invocations[0].command->name, "help");
	assert_string_equal(line->invocations[0].args[0], "add-port");
	assert_int_equal(parse_for(&single, "-v", &none, NULL), 0);
	assert_int_equal(none->n_invocations, 0);
}

static void test_value_of_an_option_that_may_be_left_out(void **state)
{
	own(cli_line_free) struct cli_line *with = NULL, *without = NULL;

	assert_int_equal(parse_for(&single, "list --sort=in_port", &with, NULL), 0);
	assert_string_equal(with->invocations[0].options.value[SORT], "in_port");
	assert_int_equal(parse_for(&single, "--sort list", &without, NULL), 0);
	assert_string_equal(without->invocations[0].options.value[SORT], "");
}

static void test_first_commands_options_among_globals(void **state)
{
	own(cli_line_free) struct cli_line *line = NULL;

	assert_int_equal(parse("--if-exists -t5 del-port p1 -- list", &line, NULL), 0);
	assert_non_null(line->invocations[0].options.value[IF_EXISTS]);
	assert_null(line->invocations[1].options.value[IF_EXISTS]);
}

static void test_help_may_stand_behind_its_command(void **state)
{
	own(cli_line_free) struct cli_line *line = NULL;

	assert_int_equal(parse("add-port --help -- list", &line, NULL), 0);
	assert_int_equal(line->n_invocations, 2);
	assert_string_equal(line->invocations[0].command->name, "help");
	assert_int_equal(line->invocations[0].n_args, 1);
	assert_string_equal(line->invocations[0].args[0], "add-port");
	assert_int_equal(line->invocations[1].n_args, 0);
}

static void test_errors_say_what_is_right(void **state)
{
	refused("addport br0 p", "unknown command 'addport': did you mean 'add-port'?");
	refused("add-portal br0 p", "unknown command 'add-portal': did you mean 'add-port'?");
	refused("frobnicate", "unknown command 'frobnicate': see tool --help");
	refused("--if-exist= list", "--if-exists takes no value");
	refused("--timeout", "--timeout needs a value: --timeout=SECS");
	refused("--tmieout=3 list", "unknown option '--tmieout': did you mean '--timeout'?");
	refused("add-port br0",
		"add-port has too few arguments: use tool add-port BRIDGE PORT [COLUMN=VALUE]...");
	refused("list x", "list has too many arguments: use tool list ");
	refused("--id=@x del-port p", "del-port takes no option '--id': see tool help del-port");
	refused("del-port --if-exists p",
		"--if-exists stands before its command: use tool --if-exists del-port ...");
	refused("--i list", "option '--i' is short for several: write more");
	refused("list -- --if-exists", "a command is missing: see tool --help");
	refused("list -- --timeout=3 list", "--timeout stands before the first command");
}

static void test_text_is_utf8(void **state)
{
	static const char *const good[] = {
		"", "a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"};
	static const char *const bad[] = {"\x80",         "\xc3",     "\xc0\xaf",
					  "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80",
					  "\xff",         "a\xc3("};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(utf8_is_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(utf8_is_valid(bad[i], strlen(bad[i])));
	refused("list \xc3", "word 2 of the command line is not UTF-8");
}

static void test_no_command_is_fine(void **state)
{
	own(cli_line_free) struct cli_line *line = NULL;

	assert_int_equal(parse("-v", &line, NULL), 0);
	assert_int_equal(line->n_invocations, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syntax_count),
		cmocka_unit_test(test_several_commands),
		cmocka_unit_test(test_option_forms),
		cmocka_unit_test(test_single_command_with_options_anywhere),
		cmocka_unit_test(test_single_command_is_checked),
		cmocka_unit_test(test_single_command_help),
		cmocka_unit_test(test_value_of_an_option_that_may_be_left_out),
		cmocka_unit_test(test_first_commands_options_among_globals),
		cmocka_unit_test(test_help_may_stand_behind_its_command),
		cmocka_unit_test(test_errors_say_what_is_right),
		cmocka_unit_test(test_text_is_utf8),
		cmocka_unit_test(test_no_command_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
