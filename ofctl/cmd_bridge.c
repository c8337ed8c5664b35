/* Commands about bridges. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
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

#define VLAN_MAX    4095u
#define VLAN_PREFIX "fake-bridge-"

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

static int read_vlan(const char *text, unsigned *vlan, struct err *err)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n > VLAN_MAX)
		return err_set(err, EINVAL, "'%s' is no VLAN: use 0 to %u", text, VLAN_MAX);
	*vlan = (unsigned)n;
	return 0;
}

/* --may-exist: is the bridge as it is asked for? `parent` NULL: it is to be no VLAN of another. */
static int check_existing(const struct topology_bridge *bridge, const char *parent, unsigned vlan,
			  struct err *err)
{
	const char *real = record_text(bridge->real, "name");

	if (!bridge->port)
		return parent ? err_set(err, EEXIST, "'%s' is there, but no VLAN of a bridge",
					bridge->name)
			      : 0;
	if (!parent || strcmp(parent, real) || vlan != bridge->vlan)
		return err_set(err, EEXIST, "'%s' is there, but it is VLAN %u of bridge %s",
			       bridge->name, bridge->vlan, real);
	return 0;
}

/* A port that stands for a VLAN: ovs-vsctl's "fake bridge". */
static int add_vlan(struct command *command, const char *name, const char *parent, unsigned vlan,
		    struct err *err)
{
	struct record *bridge, *port;
	int ret = topology_bridge(command, parent, &bridge, err);

	if (ret)
		return ret;
	port = topology_vlan(bridge, vlan);
	if (port)
		return err_set(err, EEXIST, "VLAN %u of bridge %s is bridge %s already", vlan,
			       parent, record_text(port, "name"));
	port = topology_add_port(command, bridge, name, "internal");
	topology_set_tag(port, vlan);
	record_set(port, record_column(port, "fake_bridge"),
		   datum_new_atom(ATOM_BOOLEAN, (union atom){.boolean = true}));
	return 0;
}

static void add_bridge(struct command *command, const char *name)
{
	struct record *bridge =
		record_insert(command->replica, replica_table(command->replica, "Bridge"), NULL);

	record_set_text(bridge, "name", name);
	topology_add_port(command, bridge, name, "internal");
	record_add_uuid(topology_root(command), "bridges", &bridge->uuid);
}

static int run_add_br(struct command *command, struct err *err)
{
	const char *name = command_arg(command, 0), *parent = command_arg(command, 1);
	struct topology_bridge there;
	unsigned vlan = 0;
	int ret = 0;

	if (parent && !command_arg(command, 2))
		return err_set(err, EINVAL, "add-br %s %s: which VLAN of bridge %s? say 0 to %u",
			       name, parent, parent, VLAN_MAX);
	if (parent)
		ret = read_vlan(command_arg(command, 2), &vlan, err);
	if (!ret && command_option(command, OPTION_MAY_EXIST) &&
	    !topology_any_bridge(command, name, &there, NULL))
		return check_existing(&there, parent, vlan, err);
	if (!ret)
		ret = check_name(name, err);
	if (!ret)
		ret = topology_check_free(command, "bridge", name, err);
	if (ret)
		return ret;
	if (parent)
		return add_vlan(command, name, parent, vlan, err);
	add_bridge(command, name);
	return 0;
}

static int run_del_br(struct command *command, struct err *err)
{
	const struct column_schema *ports;
	struct topology_bridge bridge;
	int ret = topology_any_bridge(command, command_arg(command, 0), &bridge, err);
	unsigned i = 0;

	if (ret == -ENOENT && command_option(command, OPTION_IF_EXISTS))
		return 0;
	if (ret)
		return ret;
	ports = record_column(bridge.real, "ports");
	while (i < record_get(bridge.real, ports)->n) {
		struct record *port = record_reference(bridge.real, ports, i);

		if (port && (!bridge.port || topology_has(&bridge, port)))
			topology_del_port(command, bridge.real, port);
		else
			i++;
	}
	if (bridge.port)
		return 0;
	record_remove_uuid(topology_root(command), "bridges", &bridge.real->uuid);
	record_delete(bridge.real);
	return 0;
}

static int run_list_br(struct command *command, struct err *err)
{
	const bool is_real = command_option(command, OPTION_REAL);
	const bool is_vlan = command_option(command, OPTION_FAKE);
	own(names_fini) struct names names = {};

	if (is_real || !is_vlan)
		record_for_each (command->replica, replica_table(command->replica, "Bridge"),
				 bridge)
			names_add(&names, record_text(bridge, "name"));
	if (is_vlan || !is_real)
		record_for_each (command->replica, replica_table(command->replica, "Port"), port)
			if (topology_is_vlan(port) && topology_bridge_of(command, port))
				names_add(&names, record_text(port, "name"));
	names_output(&names, command->output);
	return 0;
}

static int run_br_exists(struct command *command, struct err *err)
{
	struct topology_bridge bridge;

	if (topology_any_bridge(command, command_arg(command, 0), &bridge, NULL))
		command->exit_status = EXIT_USAGE;
	return 0;
}

static int run_br_to_vlan(struct command *command, struct err *err)
{
	struct topology_bridge bridge;
	int ret = topology_any_bridge(command, command_arg(command, 0), &bridge, err);

	if (!ret)
		output_line(command->output, "%u", bridge.vlan);
	return ret;
}

static int run_br_to_parent(struct command *command, struct err *err)
{
	struct topology_bridge bridge;
	int ret = topology_any_bridge(command, command_arg(command, 0), &bridge, err);

	if (!ret)
		output_line(command->output, "%s", record_text(bridge.real, "name"));
	return ret;
}

/* ---- external ids ---- */

static int prepare_external_ids(struct command *command, struct err *err)
{
	topology_prepare(command);
	replica_want(command->replica, replica_table(command->replica, "Bridge"), "external_ids");
	replica_want(command->replica, replica_table(command->replica, "Port"), "external_ids");
	return 0;
}

static struct datum *make_string(const char *text)
{
	return datum_new_atom(ATOM_STRING, (union atom){.string = text_new(text, strlen(text))});
}

/* Whose external_ids a bridge's are. Those of a VLAN begin with a prefix: its port has some of its own. */
static struct record *ids_of(const struct topology_bridge *bridge, const char **prefix)
{
	*prefix = bridge->port ? VLAN_PREFIX : "";
	return bridge->port ? bridge->port : bridge->real;
}

static int run_br_set_external_id(struct command *command, struct err *err)
{
	own(mem_free) char *name = NULL;
	own(datum_drop) struct datum *key = NULL;
	own(datum_drop) struct datum *rest = NULL;
	own(datum_drop) struct datum *pair = NULL;
	const char *value = command_arg(command, 2);
	struct column_schema *column;
	struct topology_bridge found;
	struct record *bridge;
	const char *prefix;
	int ret = topology_any_bridge(command, command_arg(command, 0), &found, err);

	if (ret)
		return ret;
	bridge = ids_of(&found, &prefix);
	if (asprintf(&name, "%s%s", prefix, command_arg(command, 1)) < 0)
		name = need(NULL);
	key = make_string(name);
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
	struct topology_bridge found;
	struct record *bridge;
	const char *prefix;
	int ret = topology_any_bridge(command, command_arg(command, 0), &found, err);

	if (ret)
		return ret;
	bridge = ids_of(&found, &prefix);
	ids = record_get(bridge, record_column(bridge, "external_ids"));
	for (unsigned i = 0; i < ids->n; i++) {
		const char *name = ids->atoms[i].string->bytes;
		const char *value = datum_value(ids, i)->string->bytes;

		if (strncmp(name, prefix, strlen(prefix)))
			continue;
		name += strlen(prefix);
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
	struct topology_bridge bridge;
	int ret = topology_any_bridge(command, command_arg(command, 0), &bridge, err);

	if (!ret && *record_text(bridge.real, "fail_mode"))
		output_line(command->output, "%s", record_text(bridge.real, "fail_mode"));
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
	{"add-br", "BRIDGE [PARENT] [VLAN]", "add a bridge, or a name for one VLAN of PARENT",
	 1u << OPTION_MAY_EXIST, &add_br},
	{"del-br", "BRIDGE", "delete a bridge and all its ports", 1u << OPTION_IF_EXISTS, &del_br},
	{"list-br", "", "print the names of all bridges", 1u << OPTION_REAL | 1u << OPTION_FAKE,
	 &list_br},
	{"br-exists", "BRIDGE", "exit with 2 if there is no such bridge", 0, &br_exists},
	{"br-to-vlan", "BRIDGE", "print the VLAN that it is, or 0", 0, &br_to_vlan},
	{"br-to-parent", "BRIDGE", "print the bridge that it is a VLAN of, or its own name", 0,
	 &br_to_parent},
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
