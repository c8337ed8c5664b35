#pragma once
/* One run of switchctl: what the options said, the connection, and what the commands work on. */
#include <stdbool.h>

#include "argument.h"
#include "cli.h"
#include "grid.h"
#include "value.h"

struct client;
struct completion;
struct err;
struct ids;
struct output;
struct record;
struct replica;
struct table_schema;

#define EXIT_USAGE 2 /* wrong usage; also br-exists without such a bridge */

struct session {
	/* fixed after the command line has been read */
	char *address;
	unsigned timeout_s;
	bool is_dry_run;
	bool is_oneline;
	bool is_json;
	bool waits; /* until the switch has done what the database says */
	struct grid_style style;
	enum value_style cells;
	char *comment; /* the command line, for the database's log */
	/* made on the way */
	struct client *client;
	struct replica *replica; /* NULL for runtime commands */
};

/* One command of the line in one attempt at the transaction. */
struct command {
	const struct cli_invocation *invocation;
	struct session *session;
	struct replica *replica;
	struct ids *ids; /* of the whole line */
	struct output *output;
	bool must_retry; /* what it waits for is not there: start over when something changed */
	int exit_status; /* not 0: end at once with it, nothing is changed */
	struct record *record; /* create: the new one */
};

/* What a command does. Either `call`, or `prepare` and `run`. They return 0 or -errno. */
struct cli_action {
	/* A runtime command: talks to the daemon by itself, and stands alone on the line. */
	int (*call)(struct session *session, const struct cli_invocation *invocation,
		    struct err *err);
	bool is_offline; /* `call` needs no daemon */
	/* Says which columns of the database the command will read. Runs once. */
	int (*prepare)(struct command *command, struct err *err);
	/* Reads and changes the replica. Runs once per attempt, with nothing printed yet. */
	int (*run)(struct command *command, struct err *err);
	/* After the commit, if there was one. NULL: nothing to do. */
	void (*finish)(struct command *command);
};

extern const struct cli_command switch_commands[];
extern const struct cli_command bridge_commands[];
extern const struct cli_command port_commands[];
extern const struct cli_command mirror_commands[];
extern const struct cli_command controller_commands[];
extern const struct cli_command ssl_commands[];
extern const struct cli_command reset_commands[];
extern const struct cli_command query_commands[];
extern const struct cli_command edit_commands[];
extern const struct cli_command runtime_commands[];

/* Options of commands: which row of switchctl's list. */
enum command_option {
	OPTION_MAY_EXIST,
	OPTION_IF_EXISTS,
	OPTION_COLUMNS,
	OPTION_ID,
	OPTION_ALL,
	OPTION_WITH_IFACE,
	OPTION_INACTIVITY_PROBE,
	OPTION_BOOTSTRAP,
	OPTION_TREE,
	OPTION_REAL,
	OPTION_FAKE,
};

/* The option's value; "" if it takes none; NULL if it was not given. */
static inline const char *command_option(const struct command *command, enum command_option option)
{
	return command->invocation->options.value[option];
}

/* The i-th argument; NULL if there are fewer. */
static inline const char *command_arg(const struct command *command, unsigned i)
{
	return i < command->invocation->n_args ? command->invocation->args[i] : NULL;
}

/* Runs the commands of the line as one transaction. Returns the exit status, or -errno. */
int session_run(struct session *session, const struct cli_line *line, struct err *err);

/* The table that the first argument names. */
int command_table(struct command *command, const struct table_schema **table, struct err *err);
/* The record that argument `i` names. With --if-exists *record is NULL if there is none. */
int command_record(struct command *command, const struct table_schema *table, unsigned i,
		   struct record **record, struct err *err);
/* Asks for the first argument's table and what it takes to find records in it. */
int command_prepare_table(struct command *command, const struct table_schema **table,
			  struct err *err);
/* Asks for the columns that the arguments from `first` on are about. */
int command_prepare_arguments(struct command *command, const struct table_schema *table,
			      unsigned first, enum argument_kind kind, struct err *err);
/* Makes the settings that the arguments from `first` on are. */
int command_apply_settings(struct command *command, struct record *record, unsigned first,
			   struct err *err);

/* Prints what may become of an argument, for the shell. */
void switchctl_complete(const struct completion *completion, const char *address);
