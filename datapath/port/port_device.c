#include "port/port_device.h"

#include <stdio.h>
#include <string.h>

#include "port/link.h"
#include "port/table.h"

#define AWAY "%s: device %s is renamed or in another namespace: set it there"

/* The host's end of an internal port, as long as it is in our namespace under its name. */
static bool host_find(struct port *port, const struct link_info *device, struct link_info *host)
{
	return port->config.type == PORT_INTERNAL &&
	       !link_lookup(port->table->links, port->config.name, host) &&
	       host->peer == device->ifindex;
}

void port_status_read(struct port *port, const struct link_info *device)
{
	struct port_status *status = &port->status;
	const struct link_info *info = device;
	struct link_info host;

	if (host_find(port, device, &host))
		info = &host;
	if (status->is_link_up != info->has_carrier && status->ifindex)
		status->n_link_resets++;
	status->ifindex = info->ifindex;
	status->mtu = info->mtu;
	status->mac = info->mac;
	status->is_admin_up = info->is_admin_up;
	status->is_link_up = info->has_carrier;
}

void port_mtu_apply(struct port *port, struct link_info *info)
{
	const uint32_t request = port->config.mtu_request;
	const uint32_t wanted = request ? request : port->mtu_found;
	struct link_info host;
	int rc;

	if (!request)
		port->mtu_found = 0;
	port->mtu_error[0] = '\0';
	if (!wanted || info->mtu == wanted)
		return;
	if (port->config.type == PORT_INTERNAL && !host_find(port, info, &host)) {
		if (!request)
			return;
		port->is_host_away = true;
		snprintf(port->mtu_error, sizeof(port->mtu_error), AWAY, "mtu_request",
			 port->config.name);
		return;
	}
	rc = link_set_mtu(port->table->links, info->ifindex, wanted);
	if (rc) {
		snprintf(port->mtu_error, sizeof(port->mtu_error),
			 "mtu_request %u: the device refuses it: %s", wanted, strerror(-rc));
		return;
	}
	if (port->config.type == PORT_INTERNAL)
		rc = link_set_mtu(port->table->links, host.ifindex, wanted);
	if (rc)
		snprintf(port->mtu_error, sizeof(port->mtu_error),
			 "mtu_request %u: device %s refuses it: %s", wanted, port->config.name,
			 strerror(-rc));
	if (request && !port->mtu_found)
		port->mtu_found = info->mtu;
	info->mtu = wanted;
}

void port_mac_apply(struct port *port, const struct link_info *info)
{
	const struct port_config *config = &port->config;
	struct link_info host;
	int rc;

	port->mac_error[0] = '\0';
	if (config->type != PORT_INTERNAL || eth_addr_is_zero(config->mac))
		return;
	if (!host_find(port, info, &host)) {
		port->is_host_away = true;
		snprintf(port->mac_error, sizeof(port->mac_error), AWAY, "mac", config->name);
		return;
	}
	rc = link_set_mac(port->table->links, host.ifindex, config->mac);
	if (rc)
		snprintf(port->mac_error, sizeof(port->mac_error), "mac: device %s refuses it: %s",
			 config->name, strerror(-rc));
}

bool port_settings_retry(struct port *port, struct link_info *info)
{
	if (!port->is_host_away)
		return false;
	port->is_host_away = false;
	port_mtu_apply(port, info);
	port_mac_apply(port, info);
	port_note_write(port);
	return !port->is_host_away;
}

void port_mtu_restore(struct port *port)
{
	if (port->table->is_left)
		return;
	if (port->mtu_found && port->status.mtu == port->config.mtu_request)
		link_set_mtu(port->table->links, port->ifindex, port->mtu_found);
	port->mtu_found = 0;
}

void port_master_read(struct port *port, const struct link_info *info)
{
	struct link_info master;

	port->master = info->master;
	port->master_error[0] = '\0';
	if (!info->master || link_lookup_index(port->table->links, info->master, &master))
		return;
	snprintf(port->master_error, sizeof(port->master_error),
		 "device %s belongs to %s, too, which sends by it: ip link set %s nomaster",
		 port->device, master.name, port->device);
}
