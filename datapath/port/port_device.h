#pragma once
/* What a port's device says of itself, and what it is asked to be. Control thread only. */

#include <stdbool.h>

struct link_info;
struct port;

/* Into port->status: what the device says; of an internal port, what the host's end says, as long as it is in our
 * namespace under its name. */
void port_status_read(struct port *port, const struct link_info *device);
/* Sets the MTU that was asked for, or, once, the one that was there before that: port->mtu_error. */
void port_mtu_apply(struct port *port, struct link_info *info);
/* Once the host's end of an internal port is in reach again: sets what could not be set meanwhile. True: it is, and was
 * not. */
bool port_settings_retry(struct port *port, struct link_info *info);
/* Gives the device its MTU back, unless somebody has changed it since. */
void port_mtu_restore(struct port *port);
/* Sets the address that was asked for, of an internal port: port->mac_error. */
void port_mac_apply(struct port *port, const struct link_info *info);
/* What somebody else's bridge or bond sends by the device goes out past us: port->master_error. */
void port_master_read(struct port *port, const struct link_info *info);
