/* Commands about bridges. */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "names.h"
#include "need.h"
#include "output.h"
#include "replica.h"
#include "session.h"
#include "topology.h"

static int prepare_topology(struct command *command, struct err *err)
{
	topology_prepare(command);
	return 0;
}

/* What becomes a device must have a device's name; ports that are just waited for need not. */
static int check_name(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len && len < IFNAMSIZ && !strpbrk(name, "/ \t\n") && strcmp(name, ".") &&
	    strcmp(name, ".."))
		return 0;
	return err_set(err, EINVAL,
		       "cannot add bridge '%s': use 1 to %d characters without blanks and slashes",
		       name, IFNAMSIZ - 1);
}

static int run_add_br(struct command *command, struct err *err)
{
	const char *name = command_arg(command, 0);
	struct record *root = topology_root(command);
	struct record *bridge;
	int ret;

	if (command_arg(command, 1))
		return err_set(
			err, EOPNOTSUPP,
			"a bridge for one VLAN of bridge '%s' is not supported: give ports the "
			"tag instead: add-port %s PORT tag=VLAN",
			command_arg(command, 1), command_arg(command, 1));
	if (command_option(command, OPTION_MAY_EXIST) &&
	    !topology_bridge(command, name, &bridge, NULL))
		return 0;
	ret = check_name(name, err);
	if (!ret)
		ret = topology_check_free(command, "bridge", name, err);
	if (ret)
		return ret;
	bridge = record_insert(command->replica, replica_table(command->replica, "Bridge"), NULL);
	record_set_text(bridge, "name", name);
	topology_add_port(command, bridge, name, "internal");
	record_add_uuid(root, "bridges", &bridge->uuid);
	return 0;
}

static int run_del_br(struct command *command, struct err *err)
{
	const struct column_schema *ports;
	struct record *bridge;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	if (ret == -ENOENT && command_option(command, OPTION_IF_EXISTS))
		return 0;
	if (ret)
		return ret;
	ports = record_column(bridge, "ports");
	while (record_get(bridge, ports)->n) {
		struct record *port = record_reference(bridge, ports, 0);

		if (!port)
			break;
		topology_del_port(command, bridge, port);
	}
	record_remove_uuid(topology_root(command), "bridges", &bridge->uuid);
	record_delete(bridge);
	return 0;
}

static int run_list_br(struct command *command, struct err *err)
{
	own(names_fini) struct names names = {};

	record_for_each (command->replica, replica_table(command->replica, "Bridge"), bridge)
		names_add(&names, record_text(bridge, "name"));
	names_output(&names, command->output);
	return 0;
}

static int run_br_exists(struct command *command, struct err *err)
{
	struct record *bridge;

	if (topology_bridge(command, command_arg(command, 0), &bridge, NULL))
		command->exit_status = EXIT_USAGE;
	return 0;
}

static int run_br_to_vlan(struct command *command, struct err *err)
{
	struct record *bridge;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	if (!ret)
		output_line(command->output, "0");
	return ret;
}

static int run_br_to_parent(struct command *command, struct err *err)
{
	struct record *bridge;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	if (!ret)
		output_line(command->output, "%s", record_text(bridge, "name"));
	return ret;
}

/* ---- external ids ---- */

static int prepare_external_ids(struct command *command, struct err *err)
{
	topology_prepare(command);
	replica_want(command->replica, replica_table(command->replica, "Bridge"), "external_ids");
	return 0;
}

static struct datum *make_string(const char *text)
{
	return datum_new_atom(ATOM_STRING, (union atom){.string = text_new(text, strlen(text))});
}

static int run_br_set_external_id(struct command *command, struct err *err)
{
	own(datum_drop) struct datum *key = make_string(command_arg(command, 1));
	own(datum_drop) struct datum *rest = NULL;
	own(datum_drop) struct datum *pair = NULL;
	const char *value = command_arg(command, 2);
	struct column_schema *column;
	struct record *bridge;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	if (ret)
		return ret;
	column = record_column(bridge, "external_ids");
	record_verify(bridge, column);
	rest = datum_subtract(record_get(bridge, column), key);
	if (value) {
		pair = datum_alloc(ATOM_STRING, ATOM_STRING, 1);
		pair->atoms[0].string = text_get(key->atoms[0].string);
		pair->atoms[1].string = text_new(value, strlen(value));
		record_set(bridge, column, datum_union(rest, pair));
	} else {
		record_set(bridge, column, take_ptr(rest));
	}
	return 0;
}

static int run_br_get_external_id(struct command *command, struct err *err)
{
	const char *key = command_arg(command, 1);
	const struct datum *ids;
	struct record *bridge;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	if (ret)
		return ret;
	ids = record_get(bridge, record_column(bridge, "external_ids"));
	for (unsigned i = 0; i < ids->n; i++) {
		const char *name = ids->atoms[i].string->bytes;
		const char *value = datum_value(ids, i)->string->bytes;

		if (!key)
			output_line(command->output, "%s=%s", name, value);
		else if (!strcmp(name, key))
			output_line(command->output, "%s", value);
	}
	return 0;
}

/* ---- what a bridge without a controller does ---- */

static int prepare_fail_mode(struct command *command, struct err *err)
{
	topology_prepare(command);
	replica_want(command->replica, replica_table(command->replica, "Bridge"), "fail_mode");
	return 0;
}

static int run_get_fail_mode(struct command *command, struct err *err)
{
	struct record *bridge;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	if (!ret && *record_text(bridge, "fail_mode"))
		output_line(command->output, "%s", record_text(bridge, "fail_mode"));
	return ret;
}

static int run_set_fail_mode(struct command *command, struct err *err)
{
	const char *mode = command_arg(command, 1);
	struct record *bridge;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	if (ret)
		return ret;
	if (strcmp(mode, "standalone") && strcmp(mode, "secure"))
		return err_set(err, EINVAL, "unknown fail mode '%s': use standalone or secure",
			       mode);
	record_set_text(bridge, "fail_mode", mode);
	return 0;
}

static int run_del_fail_mode(struct command *command, struct err *err)
{
	struct record *bridge;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	if (!ret)
		record_clear(bridge, "fail_mode");
	return ret;
}

static const struct cli_action add_br = {.prepare = prepare_topology, .run = run_add_br};
static const struct cli_action del_br = {.prepare = prepare_topology, .run = run_del_br};
static const struct cli_action list_br = {.prepare = prepare_topology, .run = run_list_br};
static const struct cli_action br_exists = {.prepare = prepare_topology, .run = run_br_exists};
static const struct cli_action br_to_vlan = {.prepare = prepare_topology, .run = run_br_to_vlan};
static const struct cli_action br_to_parent = {.prepare = prepare_topology,
					       .run = run_br_to_parent};
static const struct cli_action br_set_external_id = {.prepare = prepare_external_ids,
						     .run = run_br_set_external_id};
static const struct cli_action br_get_external_id = {.prepare = prepare_external_ids,
						     .run = run_br_get_external_id};
static const struct cli_action get_fail_mode = {.prepare = prepare_fail_mode,
						.run = run_get_fail_mode};
static const struct cli_action set_fail_mode = {.prepare = prepare_fail_mode,
						.run = run_set_fail_mode};
static const struct cli_action del_fail_mode = {.prepare = prepare_fail_mode,
						.run = run_del_fail_mode};

const struct cli_command bridge_commands[] = {
	{"add-br", "BRIDGE [PARENT] [VLAN]",
	 "add a bridge (PARENT and VLAN are refused: give ports a tag)", 1u << OPTION_MAY_EXIST,
	 &add_br},
	{"del-br", "BRIDGE", "delete a bridge and all its ports", 1u << OPTION_IF_EXISTS, &del_br},
	{"list-br", "", "print the names of all bridges", 0, &list_br},
	{"br-exists", "BRIDGE", "exit with 2 if there is no such bridge", 0, &br_exists},
	{"br-to-vlan", "BRIDGE", "print 0: bridges are not on a VLAN", 0, &br_to_vlan},
	{"br-to-parent", "BRIDGE", "print its own name", 0, &br_to_parent},
	{"br-set-external-id", "BRIDGE KEY [VALUE]", "set KEY of external_ids, or remove it", 0,
	 &br_set_external_id},
	{"br-get-external-id", "BRIDGE [KEY]", "print one of external_ids, or all", 0,
	 &br_get_external_id},
	{"get-fail-mode", "BRIDGE", "print what it does without its controller", 0, &get_fail_mode},
	{"set-fail-mode", "BRIDGE MODE", "standalone: it learns; secure: only flows count", 0,
	 &set_fail_mode},
	{"del-fail-mode", "BRIDGE", "back to the default, standalone", 0, &del_fail_mode},
	{},
};
