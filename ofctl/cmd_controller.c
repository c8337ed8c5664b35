/* Commands about OpenFlow controllers and database managers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "names.h"
#include "output.h"
#include "replica.h"
#include "session.h"
#include "topology.h"

/* Both are records with a target, held by a column of a bridge or of the root. */
static void prepare_targets(struct command *command, const char *holder, const char *column,
			    const char *table)
{
	const struct table_schema *targets = replica_table(command->replica, table);

	replica_want(command->replica, replica_table(command->replica, holder), column);
	replica_want(command->replica, targets, "target");
	replica_want(command->replica, targets, "inactivity_probe");
}

static void print_targets(struct command *command, struct record *holder, const char *column)
{
	own(names_fini) struct names names = {};
	const struct column_schema *schema = record_column(holder, column);

	for (unsigned i = 0; i < record_get(holder, schema)->n; i++) {
		struct record *target = record_reference(holder, schema, i);

		if (target)
			names_add(&names, record_text(target, "target"));
	}
	names_output(&names, command->output);
}

static void delete_targets(struct record *holder, const char *column)
{
	const struct column_schema *schema = record_column(holder, column);

	record_verify(holder, schema);
	for (unsigned i = 0; i < record_get(holder, schema)->n; i++) {
		struct record *target = record_reference(holder, schema, i);

		if (target)
			record_delete(target);
	}
	record_clear(holder, column);
}

/* Puts the targets, which are the arguments from `first` on, in place of those that are there. */
static int set_targets(struct command *command, struct record *holder, const char *column,
		       const char *table, unsigned first, struct err *err)
{
	const char *probe = command_option(command, OPTION_INACTIVITY_PROBE);
	char *end = "";
	long long ms = probe ? strtoll(probe, &end, 10) : 0;

	if (probe && (!*probe || *end || ms < 0))
		return err_set(err, EINVAL, "--inactivity-probe=%s is not a number of milliseconds",
			       probe);
	delete_targets(holder, column);
	for (unsigned i = first; i < command->invocation->n_args; i++) {
		struct record *target = record_insert(command->replica,
						      replica_table(command->replica, table), NULL);

		record_set_text(target, "target", command_arg(command, i));
		if (probe)
			record_set(target, record_column(target, "inactivity_probe"),
				   datum_new_atom(ATOM_INTEGER, (union atom){.integer = ms}));
		record_add_uuid(holder, column, &target->uuid);
	}
	return 0;
}

/* ---- controllers of a bridge ---- */

static int prepare_controller(struct command *command, struct err *err)
{
	topology_prepare(command);
	prepare_targets(command, "Bridge", "controller", "Controller");
	return 0;
}

static int run_get_controller(struct command *command, struct err *err)
{
	struct topology_bridge bridge;
	int ret = topology_any_bridge(command, command_arg(command, 0), &bridge, err);

	if (!ret)
		print_targets(command, bridge.real, "controller");
	return ret;
}

static int run_del_controller(struct command *command, struct err *err)
{
	struct record *bridge;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	if (!ret)
		delete_targets(bridge, "controller");
	return ret;
}

static int run_set_controller(struct command *command, struct err *err)
{
	struct record *bridge;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	return ret ? ret : set_targets(command, bridge, "controller", "Controller", 1, err);
}

/* ---- managers of the database ---- */

static int prepare_manager(struct command *command, struct err *err)
{
	prepare_targets(command, DATABASE_NAME, "manager_options", "Manager");
	return 0;
}

static int run_get_manager(struct command *command, struct err *err)
{
	print_targets(command, topology_root(command), "manager_options");
	return 0;
}

static int run_del_manager(struct command *command, struct err *err)
{
	delete_targets(topology_root(command), "manager_options");
	return 0;
}

static int run_set_manager(struct command *command, struct err *err)
{
	return set_targets(command, topology_root(command), "manager_options", "Manager", 0, err);
}

static const struct cli_action get_controller = {.prepare = prepare_controller,
						 .run = run_get_controller};
static const struct cli_action del_controller = {.prepare = prepare_controller,
						 .run = run_del_controller};
static const struct cli_action set_controller = {.prepare = prepare_controller,
						 .run = run_set_controller};
static const struct cli_action get_manager = {.prepare = prepare_manager, .run = run_get_manager};
static const struct cli_action del_manager = {.prepare = prepare_manager, .run = run_del_manager};
static const struct cli_action set_manager = {.prepare = prepare_manager, .run = run_set_manager};

const struct cli_command controller_commands[] = {
	{"get-controller", "BRIDGE", "print the controllers of a bridge", 0, &get_controller},
	{"del-controller", "BRIDGE", "remove the controllers of a bridge", 0, &del_controller},
	{"set-controller", "BRIDGE [TARGET]...", "set the controllers of a bridge",
	 1u << OPTION_INACTIVITY_PROBE, &set_controller},
	{"get-manager", "", "print the managers of the database", 0, &get_manager},
	{"del-manager", "", "remove the managers of the database", 0, &del_manager},
	{"set-manager", "TARGET...", "set the managers of the database",
	 1u << OPTION_INACTIVITY_PROBE, &set_manager},
	{},
};
