#include "port/port_life.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/log.h"
#include "port/ethtool.h"
#include "port/owner.h"
#include "port/port_device.h"
#include "port/qos.h"
#include "port/table.h"

#define BUSY_RETRIES 5 /* each interrupts the port, which works as skb port */

/* "": nothing is wrong. */
__attribute__((format(printf, 2, 3))) static void error_set(struct port *port, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(port->status.error, sizeof(port->status.error), fmt, args);
	va_end(args);
}

/* A card drops packets for other machines unless it is promiscuous; pairs and taps drop none. By a flag of
 * the device, not by a packet socket: that would end with the daemon, and the card is to go on without it. */
static void promisc_begin(struct port *port, const struct link_info *info)
{
	if (link_is_open(info) || info->is_promisc ||
	    link_set_promisc(port->table->links, info->ifindex, true))
		return;
	port->is_promisc_ours = true;
	port_note_write(port);
}

static void promisc_end(struct port *port)
{
	if (port->table->is_left || !port->is_promisc_ours)
		return;
	link_set_promisc(port->table->links, port->ifindex, false);
	port->is_promisc_ours = false;
}

/* ---- hooks ---- */

static bool wants_xdp(const struct port *port, const struct link_info *info)
{
	if (port->config.type == PORT_INTERNAL)
		return false;
	return port->config.hook == HOOK_XDP ||
	       (port->config.hook == HOOK_AUTO && link_is_card(info));
}

/* What is less than was asked for, behind what else is. */
__attribute__((format(printf, 2, 3))) static void note_add(struct port *port, const char *fmt, ...)
{
	char *note = port->status.note, text[sizeof(port->status.note)];
	const size_t n = strlen(note);
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	snprintf(note + n, sizeof(port->status.note) - n, "%s%s", n ? "; " : "", text);
}

static void notes_of_xdp(struct port *port, const struct link_info *info)
{
	if (port->n_rx > PORT_MAX_QUEUES)
		note_add(port,
			 "packets of %u rx queues beyond %u are dropped (no-socket): "
			 "use fewer (ethtool -L)",
			 port->n_rx - PORT_MAX_QUEUES, PORT_MAX_QUEUES);
	if (port->config.zerocopy && !port_xsk_is_zerocopy(port))
		note_add(port, "no zero-copy: the driver has none, or not at this MTU");
	if (!link_is_card(info))
		note_add(port,
			 "VLAN tags that a %s's sender keeps beside the frame are lost: "
			 "use hook skb for them",
			 info->kind);
}

/* `why_no_xdp`: NULL if nobody asked for XDP, or it is there. */
static void note_set(struct port *port, const struct link_info *info, const char *why_no_xdp)
{
	const uint32_t max = upcall_port_mtu_max(port->table->upcall);

	port->status.note[0] = '\0';
	if (why_no_xdp)
		note_add(port, "no XDP: %s", why_no_xdp);
	if (port->status.hook == HOOK_XDP)
		notes_of_xdp(port, info);
	else if (info->mtu > max)
		note_add(port,
			 "MTU %u: of packets longer than %u bytes, a flow's first are dropped",
			 info->mtu, max);
}

static void queues_read(struct port *port, const struct link_info *info)
{
	if (!ethtool_queues(info->name, &port->n_rx, &port->n_tx))
		return;
	port->n_rx = info->n_rxq;
	port->n_tx = info->n_txq;
}

static int hook_attach(struct port *port, const struct link_info *info)
{
	struct err xdp_err = ERR_INIT, err = ERR_INIT;
	bool try_xdp = wants_xdp(port, info);
	int rc = -EOPNOTSUPP;

	port->n_rx = 0;
	if (try_xdp) {
		queues_read(port, info);
		rc = port_xsk_attach(port, info, &xdp_err);
	}
	port->foreign_xdp = rc ? info->xdp_prog_id : 0;
	port->is_queue_busy = rc == -EBUSY && !info->xdp_prog_id;
	if (!port->is_queue_busy)
		port->n_busy_retries = 0;
	if (!rc) {
		port->status.hook = HOOK_XDP;
		snprintf(port->status.mode, sizeof(port->status.mode), "%s",
			 port_xsk_is_zerocopy(port) ? "xdp-zerocopy" : "xdp-copy");
		note_set(port, info, NULL);
		return 0;
	}
	rc = port_skb_attach(port, info, &err);
	if (rc) {
		error_set(port, "%s", err.text);
		return rc;
	}
	port->status.hook = HOOK_SKB;
	snprintf(port->status.mode, sizeof(port->status.mode), "skb");
	note_set(port, info, try_xdp ? xdp_err.text : NULL);
	return 0;
}

void port_reach(struct port *port, bool is_up)
{
	struct port_table *table = port->table;
	const struct port_host *host = table->host;

	if (port->is_reachable == is_up && (!is_up || port->is_by_upcall == port->is_qdisc_ours))
		return;
	for (unsigned w = 0; w < host->n_workers; w++) {
		struct txq *txq = is_up && port->sockets && !port->is_qdisc_ours
					  ? port_xsk_txq(port, w)
					  : NULL;

		if (is_up && !txq)
			txq = upcall_txq(table->upcall, w);
		host->out_set(host->ctx, w, port->id, txq);
	}
	port->is_reachable = is_up;
	port->is_by_upcall = port->is_qdisc_ours;
}

/* ---- status ---- */

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

/* What is wrong with a port that works. */
static void complain(struct port *port)
{
	struct err all = ERR_INIT;

	if (port->master_error[0])
		err_add(&all, EBUSY, "%s", port->master_error);
	if (port->mtu_error[0])
		err_add(&all, EINVAL, "%s", port->mtu_error);
	if (port->mac_error[0])
		err_add(&all, EINVAL, "%s", port->mac_error);
	if (port->qos_error[0])
		err_add(&all, EINVAL, "qos: %s", port->qos_error);
	error_set(port, "%s", all.text);
}

static void attach(struct port *port, const struct link_info *info)
{
	port->must_retry = true;
	if (!info->is_ethernet) {
		error_set(port, "device %s is not an Ethernet device", port->device);
		return;
	}
	if (hook_attach(port, info))
		return;
	port->must_retry = false;
	port->status.is_attached = true;
	port_master_read(port, info);
	complain(port);
	port->status.n_rxq = port->sockets ? port->sockets->n : 1;
	promisc_begin(port, info);
	log_info("port", "%s: attached (%s)%s%s", port->config.name, port->status.mode,
		 port->status.note[0] ? ": " : "", port->status.note);
}

static void detach(struct port *port)
{
	if (!port->status.is_attached)
		return;
	if (port->sockets)
		port_xsk_detach(port);
	else
		port_skb_detach(port);
	port->status.is_attached = false;
	port->status.mode[0] = '\0';
	port->status.note[0] = '\0';
	port->status.n_rxq = 0;
}

/* `why` is a text for people, or NULL where nobody needs to know. */
static void device_lost(struct port *port, const char *why)
{
	if (!port->ifindex)
		return;
	detach(port);
	promisc_end(port);
	if (why) {
		/* renamed, it is still there */
		port_mtu_restore(port);
		port_qos_release(port);
	}
	HASH_DELETE(hh_ifindex, port->table->by_ifindex, port);
	port->ifindex = 0;
	port->must_retry = port->config.type == PORT_INTERNAL;
	status_clear(port);
	if (!why)
		return;
	error_set(port, "device %s %s: waiting for it to come back", port->device, why);
	log_warn("port", "%s: %s", port->config.name, port->status.error);
}

static bool is_of_another_instance(struct port *port, const struct link_info *info,
				   struct owner *owner)
{
	if (!owner_find(port->table->programs, port->table->instance, info->ifindex,
			info->xdp_prog_id, owner))
		return false;
	if (!owner->instance[0])
		error_set(port, "device %s has another switch's programs on it", port->device);
	else if (owner->is_running)
		error_set(port, "device %s is a port of switch instance %s: remove it there",
			  port->device, owner->instance);
	else
		error_set(port,
			  "device %s has programs of switch instance %s, which is dead: "
			  "start it, or clear up by switchd --cleanup %s",
			  port->device, owner->instance, owner->instance);
	return true;
}

/* True, with the reason in status.error, if the device cannot be this port's. */
static bool is_taken(struct port *port, const struct link_info *info)
{
	const struct upcall *upcall = port->table->upcall;
	const struct port *other;
	struct owner owner;

	/* A device can have several names, or this one before we have heard of it. */
	HASH_FIND(hh_ifindex, port->table->by_ifindex, &info->ifindex, sizeof(info->ifindex),
		  other);
	if (other)
		error_set(port, "device %s is port %s of the switch already", port->device,
			  other->config.name);
	else if (info->ifindex == upcall_outer(upcall) || info->ifindex == upcall_inner(upcall))
		error_set(port, "device %s carries packets to the switch: it cannot be a port",
			  port->device);
	else
		return is_of_another_instance(port, info, &owner);
	return true;
}

/* Two instances may have looked at the same time, and then attached. */
static bool must_yield(struct port *port, const struct link_info *info)
{
	struct owner owner;

	if (!port->status.is_attached ||
	    !owner_find(port->table->programs, port->table->instance, info->ifindex,
			info->xdp_prog_id, &owner) ||
	    (!owner.is_instead && strcmp(owner.instance, port->table->instance) > 0))
		return false;
	return is_of_another_instance(port, info, &owner);
}

static void device_found(struct port *port, const struct link_info *found)
{
	struct link_info info = *found;

	assert(!port->ifindex);
	if (is_taken(port, &info)) {
		port->must_retry = true;
		return;
	}
	port->ifindex = info.ifindex;
	HASH_ADD(hh_ifindex, port->table->by_ifindex, ifindex, sizeof(port->ifindex), port);
	port_note_read(port);
	port->mac_error[0] = '\0'; /* of another device */
	port->is_host_away = false;
	port_mtu_apply(port, &info);
	port_note_write(port);
	port_status_read(port, &info);
	ethtool_driver(port->device, port->status.driver, sizeof(port->status.driver));
	ethtool_speed(port->device, &port->status.link_speed, &port->status.is_full_duplex);
	/* One of an earlier daemon's waits until it is known whether it is still wanted. */
	if (port->qos || (port->is_qdisc_ours && port->table->is_settled))
		port_qos_apply(port);
	attach(port, &info);
	if (must_yield(port, &info)) {
		device_lost(port, NULL);
		port->must_retry = true;
	}
}

/* XDP was refused, and why may have changed: the MTU, or another's program. */
static bool may_have_xdp_now(const struct port *port, const struct link_info *info,
			     uint32_t old_mtu)
{
	if (port->status.hook == HOOK_XDP || !wants_xdp(port, info))
		return false;
	return port->foreign_xdp ? port->foreign_xdp != info->xdp_prog_id : old_mtu != info->mtu;
}

/* Its packets may be longer than AF_XDP, or its sockets as they are bound, can take up. */
static bool must_leave_xdp(const struct port *port, const struct link_info *info)
{
	return port->status.hook == HOOK_XDP &&
	       (info->mtu > port_xsk_mtu_max(port) || port_xsk_is_too_narrow(port, info->mtu));
}

static void device_changed(struct port *port, struct link_info *info)
{
	const uint32_t old_mtu = port->status.mtu;
	const uint64_t old_speed = port->status.link_speed;
	const bool is_host_back = port_settings_retry(port, info);

	port_status_read(port, info);
	if (info->has_carrier)
		ethtool_speed(port->device, &port->status.link_speed, &port->status.is_full_duplex);
	/* Bursts hold a frame, and what nobody limits the link does. */
	if (port->qos && (old_mtu != info->mtu || old_speed != port->status.link_speed))
		port_qos_apply(port);
	if (!port->status.is_attached)
		return;
	if (may_have_xdp_now(port, info, old_mtu) || must_leave_xdp(port, info)) {
		detach(port);
		attach(port, info);
		return;
	}
	if (old_mtu != info->mtu && !wants_xdp(port, info))
		note_set(port, info, NULL);
	if (port->master != info->master || is_host_back) {
		port_master_read(port, info);
		complain(port);
	}
	port_output_update(port, info);
	port_reach(port, link_is_up(info));
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
		error_set(port, "a device %s is there already: remove or rename it",
			  port->config.name);
		return rc;
	}
	if (!rc)
		rc = link_lookup(links, port->device, info);
	if (!rc && !info->is_admin_up)
		rc = link_set_up(links, info->ifindex, true);
	if (rc) {
		port->must_retry = true;
		error_set(port, "making the device pair: %s", strerror(-rc));
	}
	return rc;
}

/* ---- outside ---- */

void port_start(struct port *port)
{
	struct link_info info;
	int rc;

	port->must_retry = false;
	if (!port->table->upcall) {
		error_set(port, "%s", port->table->upcall_error);
		return;
	}
	if (port->config.type == PORT_INTERNAL) {
		rc = internal_find(port, &info);
	} else {
		rc = link_lookup(port->table->links, port->device, &info);
		if (rc)
			error_set(port, "no device %s here: waiting for it", port->device);
	}
	if (!rc)
		device_found(port, &info);
}

void port_stop(struct port *port)
{
	uint32_t ifindex = port->ifindex;

	port_mtu_restore(port);
	port_qos_release(port);
	device_lost(port, NULL);
	if (ifindex && port->config.type == PORT_INTERNAL && !port->table->is_left)
		link_del(port->table->links, ifindex);
}

void port_reconfigure(struct port *port, const struct port_config *old)
{
	const struct port_config *config = &port->config;
	struct link_client *links = port->table->links;
	struct link_info info;

	if (!port->ifindex || link_lookup(links, port->device, &info) ||
	    info.ifindex != port->ifindex)
		return;
	if (old->mtu_request != config->mtu_request) {
		port_mtu_apply(port, &info);
		port_note_write(port);
	}
	if (!eth_addr_equal(old->mac, config->mac))
		port_mac_apply(port, &info);
	if (port->status.is_attached)
		complain(port);
	port_police(port, old);
	if (old->hook != config->hook || old->zerocopy != config->zerocopy ||
	    old->n_rxq != config->n_rxq) {
		detach(port);
		attach(port, &info);
	}
	port_status_read(port, &info);
}

/* The qdisc is there before anything is sent to it. */
void port_qos_changed(struct port *port)
{
	struct link_info info;

	if (!port->ifindex || (!port->qos && !port->is_qdisc_ours && !port->qos_error[0]))
		return;
	port_qos_apply(port);
	if (!port->status.is_attached || link_lookup(port->table->links, port->device, &info) ||
	    info.ifindex != port->ifindex)
		return;
	complain(port);
	port_output_update(port, &info);
	port_reach(port, link_is_up(&info));
}

static void tell_if_changed(struct port *port, const struct port_status *before)
{
	const struct port_host *host = port->table->host;

	if (memcmp(before, &port->status, sizeof(*before)))
		host->changed(host->ctx, port);
}

/* Looks at the port's device anew: news may be older than what we have seen ourselves. */
static void refresh(struct port *port, const char *why_gone)
{
	const struct port_status before = port->status;
	struct link_info info;
	int rc = link_lookup(port->table->links, port->device, &info);

	if (rc || port->ifindex != info.ifindex)
		device_lost(port, rc ? why_gone : "is another one now");
	if (!rc && port->ifindex)
		device_changed(port, &info);
	else if (!rc)
		device_found(port, &info);
	tell_if_changed(port, &before);
}

int port_set_up(struct port *port, bool is_up)
{
	int rc;

	if (!port->status.ifindex)
		return -ENODEV;
	rc = link_set_up(port->table->links, port->status.ifindex, is_up);
	if (!rc)
		refresh(port, "is gone");
	return rc;
}

static void device_news(struct port_table *table, bool is_gone, const struct link_info *info)
{
	struct port *port, *named, *host_end;

	HASH_FIND(hh_ifindex, table->by_ifindex, &info->ifindex, sizeof(info->ifindex), port);
	HASH_FIND(hh_device, table->by_device, info->name, strlen(info->name), named);
	host_end = port_by_name(table, info->name);
	if (port && is_gone) {
		const struct port_status before = port->status;

		/* Back already, it would not be the same to our sockets. */
		device_lost(port, "is gone");
		tell_if_changed(port, &before);
	}
	if (port && port != named)
		refresh(port, "has another name now");
	if (named)
		refresh(named, "is gone");
	if (host_end && host_end != named)
		refresh(host_end, "is gone");
}

void port_link_event(struct port_table *table, enum link_event event, const struct link_info *info)
{
	if (event != LINK_RESYNC) {
		device_news(table, event == LINK_GONE, info);
		return;
	}
	for (struct port *port = table->by_name; port; port = port->hh_name.next)
		refresh(port, "is gone");
}

/* rtnetlink does not tell of `ethtool -L`. With other queues the port needs other sockets, or gets
 * the XDP that it was refused. */
static void queues_follow(struct port *port)
{
	struct link_info info;
	unsigned n_rx, n_tx;

	if (!port->status.is_attached || !port->n_rx ||
	    ethtool_queues(port->device, &n_rx, &n_tx) ||
	    (n_rx == port->n_rx && n_tx == port->n_tx) ||
	    link_lookup(port->table->links, port->device, &info) || info.ifindex != port->ifindex)
		return;
	detach(port);
	attach(port, &info);
}

static void port_retry(struct port *port)
{
	struct port_status before;
	bool is_dead;

	queues_follow(port);
	is_dead = port->sockets && port_xsk_is_dead(port);
	if (!is_dead && !port->must_retry &&
	    !(port->is_queue_busy && port->n_busy_retries++ < BUSY_RETRIES))
		return;
	before = port->status;
	device_lost(port, is_dead ? "has lost its sockets" : NULL);
	port_start(port);
	tell_if_changed(port, &before);
}

void port_table_retry(struct port_table *table)
{
	for (struct port *port = table->by_name; port; port = port->hh_name.next)
		port_retry(port);
}

void ports_suspend(struct port_table *table)
{
	for (struct port *port = table->by_name; port; port = port->hh_name.next)
		device_lost(port, NULL);
}

void ports_blame_upcall(struct port_table *table)
{
	for (struct port *port = table->by_name; port; port = port->hh_name.next) {
		const struct port_status before = port->status;

		error_set(port, "%s", table->upcall_error);
		tell_if_changed(port, &before);
	}
}

void ports_resume(struct port_table *table)
{
	for (struct port *port = table->by_name; port; port = port->hh_name.next) {
		const struct port_status before = port->status;

		bpf_drops_add(table->programs, port->id);
		port_start(port);
		tell_if_changed(port, &before);
	}
}
