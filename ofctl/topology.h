#pragma once
/* Bridges, their ports and their interfaces in the database: who is called what, and where. */
#include <stdbool.h>
#include <stdint.h>

struct command;
struct err;
struct record;

/* Asks for all names and who belongs to whom. */
void topology_prepare(struct command *command);

struct record *topology_root(struct command *command);

/* A bridge, or one VLAN of it that has a name as if it were a bridge ("fake bridge"): a port of that name, to which all
 * ports with its tag belong. */
struct topology_bridge {
	const char *name;
	struct record *real;       /* the row of Bridge: its own, or that it is a VLAN of */
	struct record *port;       /* the row of Port that makes it a VLAN; NULL: it is none */
	unsigned vlan;             /* 0: it is none */
	uint64_t vlans[4096 / 64]; /* of a real one: those that are bridges of their own */
};

/* Bridges of both kinds; only those that have a row. -ENOENT with a text if there is none of that name, -EINVAL if it is
 * of the other kind. */
int topology_any_bridge(struct command *command, const char *name, struct topology_bridge *bridge,
			struct err *err);
int topology_bridge(struct command *command, const char *name, struct record **bridge,
		    struct err *err);
/* The VLAN of a bridge that has a name of its own; NULL: it has none. */
struct record *topology_vlan(const struct record *bridge, unsigned vlan);
/* Is the row of Port what makes a VLAN a bridge? */
bool topology_is_vlan(const struct record *port);
/* Does a port of bridge->real belong to it? */
bool topology_has(const struct topology_bridge *bridge, const struct record *port);
/* The bridge of either kind that a port belongs to. False: none. */
bool topology_home(struct command *command, const struct record *port,
		   struct topology_bridge *bridge);
int topology_port(struct command *command, const char *name, struct record **port, struct err *err);
int topology_interface(struct command *command, const char *name, struct record **interface,
		       struct err *err);
/* Who holds it. */
struct record *topology_bridge_of(struct command *command, const struct record *port);
struct record *topology_port_of(struct command *command, const struct record *interface);

/* Is the name free for a new `kind` ("bridge", "port")? -EEXIST, with a text, if not. */
int topology_check_free(struct command *command, const char *kind, const char *name,
			struct err *err);

/* Makes a port with one interface of the same name and hangs it into the bridge. `type`: of the
 * interface; NULL: a device of the system. */
struct record *topology_add_port(struct command *command, struct record *bridge, const char *name,
				 const char *type);
/* Its tag. */
void topology_set_tag(struct record *port, unsigned vlan);
/* Removes a port and its interfaces from its bridge. */
void topology_del_port(struct command *command, struct record *bridge, struct record *port);
