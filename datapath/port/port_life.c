#include "port/port_life.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_packet.h>

#include "base/err.h"
#include "base/log.h"
#include "port/ethtool.h"
#include "port/table.h"

__attribute__((format(printf, 2, 3))) static void wait_because(struct port *port, const char *fmt,
							       ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(port->status.error, sizeof(port->status.error), fmt, args);
	va_end(args);
}

/* A card drops packets for other machines unless it is promiscuous. Held by a socket, so that it
 * ends with the daemon at the latest; devices that are up or down, or many holders, make no
 * difference. */
static void promisc(struct port_table *table, uint32_t ifindex, bool on)
{
	const struct packet_mreq request = {
		.mr_ifindex = (int)ifindex,
		.mr_type = PACKET_MR_PROMISC,
	};

	setsockopt(table->promisc_fd, SOL_PACKET,
		   on ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP, &request, sizeof(request));
}

/* ---- hooks ---- */

/* A card is what nobody made by rtnetlink. */
static bool is_card(const struct link_info *info)
{
	return !info->kind[0];
}

static bool wants_xdp(const struct port *port, const struct link_info *info)
{
	if (port->config.type == PORT_INTERNAL)
		return false;
	return port->config.hook == HOOK_XDP || (port->config.hook == HOOK_AUTO && is_card(info));
}

static void note_set(struct port *port, const struct link_info *info, const char *why)
{
	uint32_t max = upcall_port_mtu_max(port->table->upcall);

	port->status.note[0] = '\0';
	if (why)
		snprintf(port->status.note, sizeof(port->status.note), "no XDP: %s", why);
	else if (port->status.hook == HOOK_SKB && info->mtu > max)
		snprintf(port->status.note, sizeof(port->status.note),
			 "MTU %u: packets longer than %u bytes cannot be forwarded and are dropped",
			 info->mtu, max);
}

static int hook_attach(struct port *port, const struct link_info *info)
{
	struct err xdp_err = ERR_INIT, err = ERR_INIT;
	bool try_xdp = wants_xdp(port, info);
	int rc = -EOPNOTSUPP;

	if (try_xdp)
		rc = port_xsk_attach(port, info, &xdp_err);
	if (!rc) {
		port->status.hook = HOOK_XDP;
		snprintf(port->status.mode, sizeof(port->status.mode), "%s", port_xsk_mode(port));
		note_set(port, info, NULL);
		return 0;
	}
	rc = port_skb_attach(port, info, &err);
	if (rc) {
		wait_because(port, "%s", err.text);
		return rc;
	}
	port->status.hook = HOOK_SKB;
	snprintf(port->status.mode, sizeof(port->status.mode), "skb");
	note_set(port, info, try_xdp ? xdp_err.text : NULL);
	return 0;
}

static void hook_detach(struct port *port)
{
	if (port->sockets)
		port_xsk_detach(port);
	else
		port_skb_detach(port);
	port->status.is_attached = false;
	port->status.mode[0] = '\0';
	port->status.note[0] = '\0';
	port->status.n_rxq = 0;
}

/* ---- status ---- */

/* What the device says of itself; for an internal port the host's end says it. */
static void status_read(struct port *port, const struct link_info *info)
{
	struct port_status *status = &port->status;

	if (status->is_link_up != info->has_carrier && status->ifindex)
		status->n_link_resets++;
	status->ifindex = info->ifindex;
	status->mtu = info->mtu;
	status->mac = info->mac;
	status->is_admin_up = info->is_admin_up;
	status->is_link_up = info->has_carrier;
}

static void status_clear(struct port *port)
{
	struct port_status *status = &port->status;

	status->ifindex = 0;
	status->mtu = 0;
	status->mac = (struct eth_addr){{0}};
	status->is_admin_up = false;
	status->is_link_up = false;
	status->link_speed = 0;
	status->driver[0] = '\0';
}

/* ---- device found and lost ---- */

static void mtu_apply(struct port *port, struct link_info *info)
{
	uint32_t wanted = port->config.mtu_request;

	if (!wanted || info->mtu == wanted)
		return;
	if (link_set_mtu(port->table->links, info->ifindex, wanted))
		return;
	port->mtu_found = info->mtu;
	info->mtu = wanted;
}

static void attach(struct port *port, const struct link_info *info)
{
	port->must_retry = true;
	if (!info->is_ethernet) {
		wait_because(port, "device %s is not an Ethernet device", port->device);
		return;
	}
	if (hook_attach(port, info))
		return;
	port->must_retry = false;
	port->status.is_attached = true;
	port->status.error[0] = '\0';
	port->status.n_rxq = port->sockets ? port->sockets->n : 1;
	promisc(port->table, info->ifindex, true);
	log_info("port", "%s: attached (%s)%s%s", port->config.name, port->status.mode,
		 port->status.note[0] ? ": " : "", port->status.note);
}

static void device_found(struct port *port, const struct link_info *found)
{
	struct link_info info = *found;

	assert(!port->ifindex);
	port->ifindex = info.ifindex;
	HASH_ADD(hh_ifindex, port->table->by_ifindex, ifindex, sizeof(port->ifindex), port);
	mtu_apply(port, &info);
	status_read(port, &info);
	ethtool_driver(port->device, port->status.driver, sizeof(port->status.driver));
	ethtool_speed(port->device, &port->status.link_speed, &port->status.is_full_duplex);
	attach(port, &info);
}

/* `why` is a text for people, or NULL where nobody needs to know. */
static void device_lost(struct port *port, const char *why)
{
	if (!port->ifindex)
		return;
	if (port->status.is_attached) {
		promisc(port->table, port->ifindex, false);
		hook_detach(port);
	}
	HASH_DELETE(hh_ifindex, port->table->by_ifindex, port);
	port->ifindex = 0;
	port->must_retry = false;
	status_clear(port);
	if (!why)
		return;
	wait_because(port, "device %s %s: waiting for it to come back", port->device, why);
	log_warn("port", "%s: %s", port->config.name, port->status.error);
}

static void device_changed(struct port *port, const struct link_info *info)
{
	bool is_other_mtu = port->status.mtu != info->mtu;

	status_read(port, info);
	if (!port->status.is_attached)
		return;
	/* A device that was too large for XDP may fit now, and the other way round. */
	if (is_other_mtu && wants_xdp(port, info) && port->status.hook == HOOK_SKB) {
		hook_detach(port);
		attach(port, info);
		return;
	}
	if (is_other_mtu && port->status.hook == HOOK_SKB)
		note_set(port, info, NULL);
	port_output_update(port, info);
}

/* ---- internal ports ---- */

static int pair_make(struct port *port)
{
	char alias[64];

	snprintf(alias, sizeof(alias), "shunt %s", port->table->instance);
	return link_veth_new(port->table->links, &(struct link_veth){
							 .name = port->config.name,
							 .peer = port->device,
							 .mac = port->config.mac,
							 .mtu = port->config.mtu_request,
							 .alias = alias,
							 .is_for_host = true,
						 });
}

static int internal_find(struct port *port, struct link_info *info)
{
	struct link_client *links = port->table->links;
	int rc = link_lookup(links, port->device, info);

	if (rc == -ENODEV)
		rc = pair_make(port);
	if (rc == -EEXIST) {
		port->must_retry = true;
		wait_because(port, "a device %s is there already: remove or rename it",
			     port->config.name);
		return rc;
	}
	if (!rc)
		rc = link_lookup(links, port->device, info);
	if (!rc && !info->is_admin_up)
		rc = link_set_up(links, info->ifindex);
	if (rc) {
		port->must_retry = true;
		wait_because(port, "making the device pair: %s", strerror(-rc));
	}
	return rc;
}

/* ---- outside ---- */

void port_start(struct port *port)
{
	struct link_info info;
	int rc;

	port->must_retry = false;
	if (port->config.type == PORT_INTERNAL) {
		rc = internal_find(port, &info);
	} else {
		rc = link_lookup(port->table->links, port->device, &info);
		if (rc)
			wait_because(port, "no device %s here: waiting for it", port->device);
	}
	if (!rc)
		device_found(port, &info);
}

void port_stop(struct port *port)
{
	uint32_t ifindex = port->ifindex;

	if (ifindex && port->mtu_found && port->status.mtu == port->config.mtu_request)
		link_set_mtu(port->table->links, ifindex, port->mtu_found);
	port->mtu_found = 0;
	device_lost(port, NULL);
	if (ifindex && port->config.type == PORT_INTERNAL)
		link_del(port->table->links, ifindex);
}

static void tell_if_changed(struct port *port, const struct port_status *before)
{
	const struct port_host *host = port->table->host;

	if (memcmp(before, &port->status, sizeof(*before)))
		host->changed(host->ctx, port);
}

static void resync(struct port_table *table)
{
	for (struct port *port = table->by_name; port; port = port->hh_name.next) {
		struct port_status before = port->status;
		struct link_info info;

		if (link_lookup(table->links, port->device, &info)) {
			device_lost(port, "is gone");
		} else if (port->ifindex == info.ifindex) {
			device_changed(port, &info);
		} else {
			device_lost(port, "is another one now");
			device_found(port, &info);
		}
		tell_if_changed(port, &before);
	}
}

static void device_news(struct port_table *table, bool is_gone, const struct link_info *info)
{
	struct port *port, *named;
	struct port_status before;

	HASH_FIND(hh_ifindex, table->by_ifindex, &info->ifindex, sizeof(info->ifindex), port);
	HASH_FIND(hh_device, table->by_device, info->name, strlen(info->name), named);
	if (port && (is_gone || port != named)) {
		before = port->status;
		device_lost(port, is_gone ? "is gone" : "has another name now");
		if (port->config.type == PORT_INTERNAL)
			port->must_retry = true;
		tell_if_changed(port, &before);
	}
	if (is_gone || !named)
		return;
	before = named->status;
	if (named->ifindex == info->ifindex) {
		device_changed(named, info);
	} else {
		device_lost(named, "is another one now");
		device_found(named, info);
	}
	tell_if_changed(named, &before);
}

void port_link_event(void *arg, enum link_event event, const struct link_info *info)
{
	struct port_table *table = arg;

	if (event == LINK_RESYNC)
		resync(table);
	else
		device_news(table, event == LINK_GONE, info);
}

static void port_retry(struct port *port)
{
	struct port_status before = port->status;

	if (port->sockets && port_xsk_is_dead(port))
		device_lost(port, "has lost its sockets");
	else if (port->must_retry)
		device_lost(port, NULL);
	else
		return;
	port_start(port);
	tell_if_changed(port, &before);
}

void port_table_retry(struct port_table *table)
{
	struct port *port, *next;

	for (port = table->by_name; port; port = next) {
		next = port->hh_name.next;
		port_retry(port);
	}
}
