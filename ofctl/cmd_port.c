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
			  const struct topology_bridge *bridge, struct err *err)
{
	struct topology_bridge actual = {.name = "none"};

	topology_home(command, port, &actual);
	if (strcmp(actual.name, bridge->name))
		return err_set(err, EEXIST,
			       "port '%s' is on bridge %s, not on %s: use del-port first",
			       record_text(port, "name"), actual.name, bridge->name);
	if (record_get(port, record_column(port, "interfaces"))->n > 1)
		return err_set(err, EEXIST, "port '%s' is a bond of several interfaces",
			       record_text(port, "name"));
	return 0;
}

static int run_add_port(struct command *command, struct err *err)
{
	const char *name = command_arg(command, 1);
	struct topology_bridge bridge;
	struct record *port;
	int ret = topology_any_bridge(command, command_arg(command, 0), &bridge, err);

	if (ret)
		return ret;
	if (command_option(command, OPTION_MAY_EXIST) && !topology_port(command, name, &port, NULL))
		return check_existing(command, port, &bridge, err);
	ret = topology_check_free(command, "port", name, err);
	if (ret)
		return ret;
	port = topology_add_port(command, bridge.real, name, NULL);
	if (bridge.port)
		topology_set_tag(port, bridge.vlan);
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
	struct topology_bridge bridge, actual;
	struct record *port;
	int ret = 0;

	if (has_bridge)
		ret = topology_any_bridge(command, command_arg(command, 0), &bridge, err);
	if (!ret)
		ret = find_port(command, name, &port, err);
	if (ret)
		return ret == -ENOENT && command_option(command, OPTION_IF_EXISTS) ? 0 : ret;
	if (!topology_home(command, port, &actual))
		return err_set(err, ENOENT, "port '%s' is on no bridge", name);
	if (has_bridge && strcmp(bridge.name, actual.name))
		return err_set(err, ENOENT, "port '%s' is on bridge %s, not on %s", name,
			       actual.name, bridge.name);
	if (!strcmp(record_text(port, "name"), actual.name))
		return err_set(
			err, EINVAL,
			"port '%s' is the bridge's own: it goes with the bridge: use del-br %s",
			name, name);
	topology_del_port(command, actual.real, port);
	return 0;
}

/* Calls `visit` with each port of a bridge of either kind. */
static int for_each_port(struct command *command, struct names *names,
			 void (*visit)(const struct record *port, const char *bridge,
				       struct names *names),
			 struct err *err)
{
	const struct column_schema *ports;
	struct topology_bridge bridge;
	int ret = topology_any_bridge(command, command_arg(command, 0), &bridge, err);

	if (ret)
		return ret;
	ports = record_column(bridge.real, "ports");
	for (unsigned i = 0; i < record_get(bridge.real, ports)->n; i++) {
		struct record *port = record_reference(bridge.real, ports, i);

		if (port && topology_has(&bridge, port))
			visit(port, bridge.name, names);
	}
	names_output(names, command->output);
	return 0;
}

/* The bridge's own is not told. */
static void add_name(const struct record *record, const char *bridge, struct names *names)
{
	if (strcmp(record_text(record, "name"), bridge))
		names_add(names, record_text(record, "name"));
}

static int run_list_ports(struct command *command, struct err *err)
{
	own(names_fini) struct names names = {};

	return for_each_port(command, &names, add_name, err);
}

static void add_interfaces(const struct record *port, const char *bridge, struct names *names)
{
	const struct column_schema *interfaces = record_column(port, "interfaces");

	for (unsigned i = 0; i < record_get(port, interfaces)->n; i++) {
		const struct record *interface = record_reference(port, interfaces, i);

		if (interface)
			add_name(interface, bridge, names);
	}
}

static int run_list_ifaces(struct command *command, struct err *err)
{
	own(names_fini) struct names names = {};

	return for_each_port(command, &names, add_interfaces, err);
}

static int print_bridge_of(struct command *command, const struct record *port, const char *name,
			   struct err *err)
{
	struct topology_bridge bridge;

	if (!port || !topology_home(command, port, &bridge))
		return err_set(err, ENOENT, "'%s' is on no bridge", name);
	if (!strcmp(name, bridge.name))
		return err_set(err, ENOENT, "'%s' is a bridge, and its own port", name);
	output_line(command->output, "%s", bridge.name);
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
