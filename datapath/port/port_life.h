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
struct port_config;
struct port_table;

/* Looks for the device (makes it, for internal ports) and attaches to it if it can. Never fails:
 * port->status tells. */
void port_start(struct port *port);
/* Leaves the device as it was found. */
void port_stop(struct port *port);
/* Makes port->config true, which was `old`: what need not be interrupted goes on. */
void port_reconfigure(struct port *port, const struct port_config *old);
/* Makes port->qos true, and lets all that leaves the port go by its qdisc, if it has one. */
void port_qos_changed(struct port *port);
/* rtnetlink's news. */
void port_link_event(struct port_table *table, enum link_event event, const struct link_info *info);
/* Tries again what failed. */
void port_table_retry(struct port_table *table);
/* The upcall device is about to go, and is there again: nothing is attached between. If it cannot be
 * made, every port says why: table->upcall_error. */
void ports_suspend(struct port_table *table);
void ports_blame_upcall(struct port_table *table);
void ports_resume(struct port_table *table);
