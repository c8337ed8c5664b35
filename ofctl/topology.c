#include "topology.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "replica.h"
#include "session.h"

#define VLAN_MAX 4095

void topology_prepare(struct command *command)
{
	static const char *const columns[][2] = {
		{DATABASE_NAME, "bridges"},
		{"Bridge", "name"},
		{"Bridge", "ports"},
		{"Port", "name"},
		{"Port", "interfaces"},
		{"Interface", "name"},
		{"Port", "tag"},
		{"Port", "fake_bridge"},
	};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		replica_want(command->replica, replica_table(command->replica, columns[i][0]),
			     columns[i][1]);
}

struct record *topology_root(struct command *command)
{
	return record_next(command->replica, replica_table(command->replica, DATABASE_NAME), NULL);
}

/* Names are unique in each of these tables. */
static struct record *find(struct command *command, const char *table, const char *name)
{
	record_for_each (command->replica, replica_table(command->replica, table), record)
		if (!strcmp(record_text(record, "name"), name))
			return record;
	return NULL;
}

/* The record of `table` whose column holds `held`. */
static struct record *find_holder(struct command *command, const char *table, const char *column,
				  const struct record *held)
{
	union atom uuid = {.uuid = held->uuid};

	record_for_each (command->replica, replica_table(command->replica, table), record)
		if (datum_find(record_get(record, record_column(record, column)), &uuid) !=
		    DATUM_NONE)
			return record;
	return NULL;
}

/* ---- VLANs that are bridges ---- */

/* -1: it has none. */
static int tag_of(const struct record *port)
{
	const struct datum *tag = record_get(port, record_column(port, "tag"));

	return tag->n && tag->atoms[0].integer >= 0 && tag->atoms[0].integer <= VLAN_MAX
		       ? (int)tag->atoms[0].integer
		       : -1;
}

bool topology_is_vlan(const struct record *port)
{
	const struct datum *is = record_get(port, record_column(port, "fake_bridge"));

	return is->n && is->atoms[0].boolean && tag_of(port) >= 0;
}

void topology_set_tag(struct record *port, unsigned vlan)
{
	record_set(port, record_column(port, "tag"),
		   datum_new_atom(ATOM_INTEGER, (union atom){.integer = vlan}));
}

struct record *topology_vlan(const struct record *bridge, unsigned vlan)
{
	const struct column_schema *ports = record_column(bridge, "ports");

	for (unsigned i = 0; i < record_get(bridge, ports)->n; i++) {
		struct record *port = record_reference(bridge, ports, i);

		if (port && topology_is_vlan(port) && tag_of(port) == (int)vlan)
			return port;
	}
	return NULL;
}

static void fill_real(struct record *real, struct topology_bridge *bridge)
{
	const struct column_schema *ports = record_column(real, "ports");

	*bridge = (struct topology_bridge){.name = record_text(real, "name"), .real = real};
	for (unsigned i = 0; i < record_get(real, ports)->n; i++) {
		struct record *port = record_reference(real, ports, i);

		if (port && topology_is_vlan(port))
			bridge->vlans[tag_of(port) / 64] |= 1ull << (tag_of(port) % 64);
	}
}

static void fill_vlan(struct record *real, struct record *port, struct topology_bridge *bridge)
{
	*bridge = (struct topology_bridge){
		.name = record_text(port, "name"),
		.real = real,
		.port = port,
		.vlan = (unsigned)tag_of(port),
	};
}

bool topology_has(const struct topology_bridge *bridge, const struct record *port)
{
	const int tag = tag_of(port);

	if (bridge->port)
		return tag == (int)bridge->vlan;
	return tag < 0 || !(bridge->vlans[tag / 64] >> (tag % 64) & 1);
}

bool topology_home(struct command *command, const struct record *port,
		   struct topology_bridge *bridge)
{
	struct record *real = topology_bridge_of(command, port);

	if (!real)
		return false;
	fill_real(real, bridge);
	if (!topology_has(bridge, port))
		fill_vlan(real, topology_vlan(real, (unsigned)tag_of(port)), bridge);
	return true;
}

static int no_bridge(const char *name, struct err *err)
{
	return err_set(err, ENOENT, "there is no bridge '%s': see switchctl list-br", name);
}

int topology_any_bridge(struct command *command, const char *name, struct topology_bridge *bridge,
			struct err *err)
{
	struct record *real = find(command, "Bridge", name);
	struct record *port = real ? NULL : find(command, "Port", name);

	if (real) {
		fill_real(real, bridge);
		return 0;
	}
	real = port && topology_is_vlan(port) ? topology_bridge_of(command, port) : NULL;
	if (!real)
		return no_bridge(name, err);
	fill_vlan(real, port, bridge);
	return 0;
}

int topology_bridge(struct command *command, const char *name, struct record **bridge,
		    struct err *err)
{
	struct topology_bridge found;
	int ret = topology_any_bridge(command, name, &found, err);

	if (ret)
		return ret;
	if (found.port)
		return err_set(err, EINVAL, "'%s' is VLAN %u of bridge %s: name that bridge", name,
			       found.vlan, record_text(found.real, "name"));
	*bridge = found.real;
	return 0;
}

int topology_port(struct command *command, const char *name, struct record **port, struct err *err)
{
	struct record *found = find(command, "Port", name);

	if (!found)
		return err_set(err, ENOENT, "there is no port '%s': see switchctl show", name);
	*port = found;
	return 0;
}

int topology_interface(struct command *command, const char *name, struct record **interface,
		       struct err *err)
{
	struct record *found = find(command, "Interface", name);

	if (!found)
		return err_set(err, ENOENT, "there is no interface '%s': see switchctl show", name);
	*interface = found;
	return 0;
}

struct record *topology_bridge_of(struct command *command, const struct record *port)
{
	return find_holder(command, "Bridge", "ports", port);
}

struct record *topology_port_of(struct command *command, const struct record *interface)
{
	return find_holder(command, "Port", "interfaces", interface);
}

int topology_check_free(struct command *command, const char *kind, const char *name,
			struct err *err)
{
	struct topology_bridge same;
	struct record *other, *bridge;

	if (!topology_any_bridge(command, name, &same, NULL))
		return err_set(err, EEXIST, "cannot add %s '%s': a bridge of that name exists",
			       kind, name);
	other = find(command, "Port", name);
	if (!other) {
		other = find(command, "Interface", name);
		other = other ? topology_port_of(command, other) : NULL;
	}
	bridge = other ? topology_bridge_of(command, other) : NULL;
	if (bridge)
		return err_set(err, EEXIST, "cannot add %s '%s': bridge %s has a port of that name",
			       kind, name, record_text(bridge, "name"));
	return 0;
}

struct record *topology_add_port(struct command *command, struct record *bridge, const char *name,
				 const char *type)
{
	struct replica *replica = command->replica;
	struct record *interface =
		record_insert(replica, replica_table(replica, "Interface"), NULL);
	struct record *port = record_insert(replica, replica_table(replica, "Port"), NULL);

	record_set_text(interface, "name", name);
	if (type)
		record_set_text(interface, "type", type);
	record_set_text(port, "name", name);
	record_set_uuid(port, "interfaces", &interface->uuid);
	record_add_uuid(bridge, "ports", &port->uuid);
	return port;
}

void topology_del_port(struct command *command, struct record *bridge, struct record *port)
{
	const struct column_schema *interfaces = record_column(port, "interfaces");

	for (unsigned i = 0; i < record_get(port, interfaces)->n; i++) {
		struct record *interface = record_reference(port, interfaces, i);

		if (interface)
			record_delete(interface);
	}
	record_verify(port, interfaces);
	record_remove_uuid(bridge, "ports", &port->uuid);
	record_delete(port);
}
