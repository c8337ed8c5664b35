#include "topology.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "replica.h"
#include "session.h"

void topology_prepare(struct command *command)
{
	static const char *const columns[][2] = {
		{DATABASE_NAME, "bridges"}, {"Bridge", "name"},     {"Bridge", "ports"},
		{"Port", "name"},           {"Port", "interfaces"}, {"Interface", "name"},
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

int topology_bridge(struct command *command, const char *name, struct record **bridge,
		    struct err *err)
{
	struct record *found = find(command, "Bridge", name);

	if (!found)
		return err_set(err, ENOENT, "there is no bridge '%s': see switchctl list-br", name);
	*bridge = found;
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
	struct record *other = find(command, "Bridge", name), *bridge;

	if (other)
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
