#pragma once
/* The life of a port's device: found, attached, changed, lost, found again. Control thread only.
 *
 *	           device is there and a hook takes it
 *	  waiting ----------------------------------------> attached
 *	     ^                                                 |
 *	     '-------------------------------------------------'
 *	       device deleted, renamed, moved; socket dead; another device by its name
 */
#include <stdbool.h>

#include "port/link.h"

struct port;
struct port_table;

/* Looks for the device (makes it, for internal ports) and attaches to it if it can. Never fails:
 * port->status tells. */
void port_start(struct port *port);
/* Leaves the device as it was found. */
void port_stop(struct port *port);
/* rtnetlink's news: a link_watch_fn with the table as context. */
void port_link_event(void *table, enum link_event event, const struct link_info *info);
/* Tries again what failed; once a second while there is something. */
void port_table_retry(struct port_table *table);
