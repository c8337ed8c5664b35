#pragma once
/* Bridges, their ports and their interfaces in the database: who is called what, and where. */
struct command;
struct err;
struct record;

/* Asks for all names and who belongs to whom. */
void topology_prepare(struct command *command);

struct record *topology_root(struct command *command);
/* -ENOENT with a text if there is none of that name. */
int topology_bridge(struct command *command, const char *name, struct record **bridge,
		    struct err *err);
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
/* Removes a port and its interfaces from its bridge. */
void topology_del_port(struct command *command, struct record *bridge, struct record *port);
