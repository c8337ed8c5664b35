/* Commands about ports and interfaces. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "names.h"
#include "output.h"
#include "replica.h"
#include "session.h"
#include "topology.h"

static int prepare_topology(struct command *command, struct err *err)
{
	topology_prepare(command);
	return 0;
}

static int prepare_add_port(struct command *command, struct err *err)
{
	topology_prepare(command);
	return command_prepare_arguments(command, replica_table(command->replica, "Port"), 2,
					 ARGUMENT_SETTING, err);
}

/* --may-exist: is the port there as it is asked for? */
static int check_existing(struct command *command, const struct record *port,
			  const struct record *bridge, struct err *err)
{
	const struct record *actual = topology_bridge_of(command, port);

	if (actual != bridge)
		return err_set(
			err, EEXIST, "port '%s' is on bridge %s, not on %s: use del-port first",
			record_text(port, "name"), actual ? record_text(actual, "name") : "none",
			record_text(bridge, "name"));
	if (record_get(port, record_column(port, "interfaces"))->n > 1)
		return err_set(err, EEXIST, "port '%s' is a bond of several interfaces",
			       record_text(port, "name"));
	return 0;
}

static int run_add_port(struct command *command, struct err *err)
{
	const char *name = command_arg(command, 1);
	struct record *bridge, *port;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	if (ret)
		return ret;
	if (command_option(command, OPTION_MAY_EXIST) && !topology_port(command, name, &port, NULL))
		return check_existing(command, port, bridge, err);
	ret = topology_check_free(command, "port", name, err);
	if (ret)
		return ret;
	port = topology_add_port(command, bridge, name, NULL);
	return command_apply_settings(command, port, 2, err);
}

/* The port that the last argument names: by its own name, or with --with-iface that of one of its
 * interfaces. */
static int find_port(struct command *command, const char *name, struct record **port,
		     struct err *err)
{
	struct record *interface;
	int ret = topology_port(command, name, port, err);

	if (ret && command_option(command, OPTION_WITH_IFACE) &&
	    !topology_interface(command, name, &interface, err)) {
		*port = topology_port_of(command, interface);
		ret = *port ? 0 : -ENOENT;
	}
	return ret;
}

static int run_del_port(struct command *command, struct err *err)
{
	bool has_bridge = command->invocation->n_args == 2;
	const char *name = command_arg(command, has_bridge);
	struct record *bridge = NULL, *actual, *port;
	int ret = 0;

	if (has_bridge)
		ret = topology_bridge(command, command_arg(command, 0), &bridge, err);
	if (!ret)
		ret = find_port(command, name, &port, err);
	if (ret)
		return ret == -ENOENT && command_option(command, OPTION_IF_EXISTS) ? 0 : ret;
	actual = topology_bridge_of(command, port);
	if (!actual)
		return err_set(err, ENOENT, "port '%s' is on no bridge", name);
	if (bridge && bridge != actual)
		return err_set(err, ENOENT, "port '%s' is on bridge %s, not on %s", name,
			       record_text(actual, "name"), record_text(bridge, "name"));
	if (!strcmp(record_text(port, "name"), record_text(actual, "name")))
		return err_set(
			err, EINVAL,
			"port '%s' is the bridge's own: it goes with the bridge: use del-br %s",
			name, name);
	topology_del_port(command, actual, port);
	return 0;
}

static int run_list_ports(struct command *command, struct err *err)
{
	own(names_fini) struct names names = {};
	const struct column_schema *ports;
	struct record *bridge;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	if (ret)
		return ret;
	ports = record_column(bridge, "ports");
	for (unsigned i = 0; i < record_get(bridge, ports)->n; i++) {
		struct record *port = record_reference(bridge, ports, i);

		if (port && strcmp(record_text(port, "name"), record_text(bridge, "name")))
			names_add(&names, record_text(port, "name"));
	}
	names_output(&names, command->output);
	return 0;
}

static int run_list_ifaces(struct command *command, struct err *err)
{
	own(names_fini) struct names names = {};
	struct record *bridge;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	if (ret)
		return ret;
	record_for_each (command->replica, replica_table(command->replica, "Interface"),
			 interface) {
		struct record *port = topology_port_of(command, interface);

		if (port && topology_bridge_of(command, port) == bridge &&
		    strcmp(record_text(interface, "name"), record_text(bridge, "name")))
			names_add(&names, record_text(interface, "name"));
	}
	names_output(&names, command->output);
	return 0;
}

static int print_bridge_of(struct command *command, const struct record *port, const char *name,
			   struct err *err)
{
	struct record *bridge = port ? topology_bridge_of(command, port) : NULL;

	if (!bridge)
		return err_set(err, ENOENT, "'%s' is on no bridge", name);
	output_line(command->output, "%s", record_text(bridge, "name"));
	return 0;
}

static int run_port_to_br(struct command *command, struct err *err)
{
	const char *name = command_arg(command, 0);
	struct record *port;
	int ret = topology_port(command, name, &port, err);

	return ret ? ret : print_bridge_of(command, port, name, err);
}

static int run_iface_to_br(struct command *command, struct err *err)
{
	const char *name = command_arg(command, 0);
	struct record *interface;
	int ret = topology_interface(command, name, &interface, err);

	return ret ? ret
		   : print_bridge_of(command, topology_port_of(command, interface), name, err);
}

static const struct cli_action add_port = {.prepare = prepare_add_port, .run = run_add_port};
static const struct cli_action del_port = {.prepare = prepare_topology, .run = run_del_port};
static const struct cli_action list_ports = {.prepare = prepare_topology, .run = run_list_ports};
static const struct cli_action list_ifaces = {.prepare = prepare_topology, .run = run_list_ifaces};
static const struct cli_action port_to_br = {.prepare = prepare_topology, .run = run_port_to_br};
static const struct cli_action iface_to_br = {.prepare = prepare_topology, .run = run_iface_to_br};

const struct cli_command port_commands[] = {
	{"add-port", "BRIDGE DEVICE [COLUMN[:KEY]=VALUE]...",
	 "add a device as a port, with settings", 1u << OPTION_MAY_EXIST, &add_port},
	{"del-port", "[BRIDGE] PORT", "remove a port",
	 1u << OPTION_IF_EXISTS | 1u << OPTION_WITH_IFACE, &del_port},
	{"list-ports", "BRIDGE", "print the names of a bridge's ports", 0, &list_ports},
	{"port-to-br", "PORT", "print the bridge that has this port", 0, &port_to_br},
	{"list-ifaces", "BRIDGE", "print the names of a bridge's interfaces", 0, &list_ifaces},
	{"iface-to-br", "INTERFACE", "print the bridge that has this interface", 0, &iface_to_br},
	{},
};
