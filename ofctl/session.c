#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "commit.h"
#include "ids.h"
#include "lookup.h"
#include "need.h"
#include "output.h"
#include "replica.h"
#include "touched.h"

/* All commands of the line, one attempt at a time. */
struct run {
	struct session *session;
	struct replica *replica;
	unsigned n;
	struct command *commands;
	struct ids ids;
};

/* ---- what commands of several files need ---- */

int command_table(struct command *command, const struct table_schema **table, struct err *err)
{
	return lookup_table(replica_schema(command->replica), command_arg(command, 0), table, err);
}

int command_record(struct command *command, const struct table_schema *table, unsigned i,
		   struct record **record, struct err *err)
{
	int ret = lookup_record(command->replica, table, command_arg(command, i), command->ids,
				record, err);

	if (ret == -ENOENT && command_option(command, OPTION_IF_EXISTS)) {
		*record = NULL;
		return 0;
	}
	return ret;
}

int command_prepare_table(struct command *command, const struct table_schema **table,
			  struct err *err)
{
	int ret = command_table(command, table, err);

	if (!ret)
		lookup_prepare(command->replica, *table);
	return ret;
}

int command_prepare_arguments(struct command *command, const struct table_schema *table,
			      unsigned first, enum argument_kind kind, struct err *err)
{
	for (unsigned i = first; i < command->invocation->n_args; i++) {
		struct argument argument;
		int ret = argument_parse(table, command_arg(command, i), kind, &argument, err);

		if (ret)
			return ret;
		replica_want(command->replica, table, argument.column->name);
		argument_fini(&argument);
	}
	return 0;
}

int command_apply_settings(struct command *command, struct record *record, unsigned first,
			   struct err *err)
{
	int ret = 0;

	for (unsigned i = first; i < command->invocation->n_args && !ret; i++) {
		struct argument setting;

		ret = argument_parse(record->table, command_arg(command, i), ARGUMENT_SETTING,
				     &setting, err);
		if (ret)
			return ret;
		ret = argument_apply(&setting, record, command->ids, err);
		argument_fini(&setting);
	}
	return ret;
}

/* ---- an attempt ---- */

static void run_fini(struct run *run)
{
	for (unsigned i = 0; i < run->n; i++)
		output_free(&run->commands[i].output);
	free(run->commands);
	ids_fini(&run->ids);
	replica_free(&run->replica);
}

static void reset(struct run *run, const struct cli_line *line)
{
	replica_reset(run->replica);
	ids_fini(&run->ids);
	for (unsigned i = 0; i < run->n; i++) {
		output_free(&run->commands[i].output);
		run->commands[i] = (struct command){
			.invocation = &line->invocations[i],
			.session = run->session,
			.replica = run->replica,
			.ids = &run->ids,
			.output = output_new(),
		};
	}
}

static int prepare(struct run *run, struct err *err)
{
	const struct table_schema *root = replica_table(run->replica, DATABASE_NAME);

	replica_want_table(run->replica, root);
	if (run->session->waits) {
		replica_want(run->replica, root, "cur_cfg");
		touched_prepare(run->replica);
	}
	for (unsigned i = 0; i < run->n; i++) {
		struct command *command = &run->commands[i];
		int ret = command->invocation->command->action->prepare(command, err);

		if (ret)
			return ret;
	}
	return replica_open(run->replica, err);
}

/* Runs all commands on the copy. Returns 0 or -errno; sets *stopped to the one that wants to start
 * over or to end, NULL if none does. */
static int run_commands(struct run *run, struct command **stopped, struct err *err)
{
	const struct table_schema *root = replica_table(run->replica, DATABASE_NAME);

	*stopped = NULL;
	if (!record_next(run->replica, root, NULL))
		record_insert(run->replica, root, NULL);
	for (unsigned i = 0; i < run->n; i++) {
		struct command *command = &run->commands[i];
		int ret = command->invocation->command->action->run(command, err);

		if (ret)
			return ret;
		if (command->must_retry || command->exit_status) {
			*stopped = command;
			return 0;
		}
	}
	return ids_check(&run->ids, err);
}

static void print(struct run *run)
{
	struct output_style style = {
		.grid = &run->session->style,
		.is_oneline = run->session->is_oneline,
		.is_json = run->session->is_json,
		.is_first_grid = true,
	};

	for (unsigned i = 0; i < run->n; i++)
		output_print(run->commands[i].output, &style);
	fflush(stdout);
}

/* ---- after it ---- */

static int64_t get_integer(const struct record *record, const char *column)
{
	const struct datum *datum = record_get(record, record_column(record, column));

	return datum->n ? datum->atoms[0].integer : -1;
}

/* Waits until the switch has done what the transaction says. */
static int wait_done(struct run *run, int64_t next_cfg, struct err *err)
{
	const struct table_schema *root = replica_table(run->replica, DATABASE_NAME);
	own(touched_fini) struct touched touched = {.n = 0};
	int ret = 0;

	touched_take(&touched, run->replica);
	replica_reset(run->replica);
	while (!ret) {
		struct record *record = record_next(run->replica, root, NULL);

		if (record && get_integer(record, "cur_cfg") >= next_cfg)
			break;
		ret = replica_update(run->replica, err);
	}
	if (ret)
		err_prefix(err, "the database has it, but switchd has not done it yet");
	else
		ret = touched_check(&touched, run->replica);
	return ret;
}

static int finish(struct run *run, const struct commit_result *result, struct err *err)
{
	struct session *session = run->session;

	for (unsigned i = 0; i < run->n; i++) {
		struct command *command = &run->commands[i];

		if (command->invocation->command->action->finish)
			command->invocation->command->action->finish(command);
	}
	ids_warn(&run->ids);
	print(run);
	if (!session->waits || session->is_dry_run || result->status == COMMIT_UNCHANGED)
		return EXIT_SUCCESS;
	return wait_done(run, result->next_cfg, err);
}

/* Waits for the change that lets the line be tried again: for `stopped`, or if that is NULL, because
 * somebody else was faster. */
static int wait_change(struct run *run, const struct command *stopped, struct err *err)
{
	int ret;

	replica_reset(run->replica);
	ret = replica_update(run->replica, err);
	if (ret == -ETIMEDOUT && stopped)
		err_set(err, ETIMEDOUT, "%s %s %s: not so within %u s",
			stopped->invocation->command->name, command_arg(stopped, 0),
			command_arg(stopped, 1), run->session->timeout_s);
	return ret;
}

int session_run(struct session *session, const struct cli_line *line, struct err *err)
{
	own(run_fini) struct run run = {.session = session};
	const struct commit_request request = {
		.comment = session->comment,
		.is_dry_run = session->is_dry_run,
		.waits = session->waits,
	};
	int ret = replica_new(&run.replica, session->client, err);

	if (ret)
		return ret;
	run.n = line->n_invocations;
	run.commands = need(calloc(run.n, sizeof(*run.commands)));
	reset(&run, line);
	ret = prepare(&run, err);
	while (!ret) {
		struct commit_result result = {.status = COMMIT_RETRY};
		struct command *stopped;

		ret = run_commands(&run, &stopped, err);
		if (!ret && stopped && stopped->exit_status)
			return stopped->exit_status;
		if (!ret && !stopped)
			ret = replica_commit(run.replica, &request, &result, err);
		if (!ret && result.status != COMMIT_RETRY)
			return finish(&run, &result, err);
		if (!ret)
			ret = wait_change(&run, stopped, err);
		reset(&run, line);
	}
	return ret;
}
