#include "port/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_ether.h>
#include <event2/event.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "packet/frame.h"
#include "port/link.h"
#include "port/notes.h"
#include "port/pins.h"
#include "port/port_life.h"
#include "port/qdisc.h"
#include "port/umem.h"
#include "port/xdp_features.h"
#include "port/xsk.h"

#define RETRY_S 1

/* ---- events ---- */

static void upcall_restart(struct port_table *table);

static void retry_ready(evutil_socket_t fd, short what, void *arg)
{
	struct port_table *table = arg;

	if (!table->upcall)
		upcall_restart(table);
	if (table->upcall)
		port_table_retry(table);
}

/* The upcall device is ours, but anybody may lay hands on it. */
static void link_event(void *arg, enum link_event event, const struct link_info *info)
{
	struct port_table *table = arg;
	bool is_upcall = table->upcall && event != LINK_RESYNC &&
			 (info->ifindex == upcall_outer(table->upcall) ||
			  info->ifindex == upcall_inner(table->upcall));

	if (event == LINK_RESYNC && table->upcall && !upcall_is_there(table->upcall))
		upcall_restart(table);
	else if (is_upcall && event == LINK_GONE)
		upcall_restart(table);
	else if (is_upcall)
		upcall_repair(table->upcall, info);
	else if (table->upcall)
		port_link_event(table, event, info);
}

static void features_changed(void *arg, uint32_t ifindex)
{
	struct port_table *table = arg;
	struct port *port;
	struct link_info info;

	HASH_FIND(hh_ifindex, table->by_ifindex, &ifindex, sizeof(ifindex), port);
	if (port && port->status.is_attached && !link_lookup(table->links, port->device, &info) &&
	    info.ifindex == ifindex)
		port_output_update(port, &info);
}

static int events_start(struct port_table *table, struct event_base *base, struct err *err)
{
	const struct timeval interval = {.tv_sec = RETRY_S};
	int rc = link_client_watch(table->links, base, link_event, table);

	if (rc)
		return err_set(err, -rc, "watching devices over rtnetlink: %s", strerror(-rc));
	rc = xdp_watch_new(&table->xdp_watch, base, features_changed, table);
	if (rc)
		return err_set(err, -rc, "watching what devices can do: %s", strerror(-rc));
	table->retry = event_new(base, -1, EV_PERSIST, retry_ready, table);
	if (!table->retry || event_add(table->retry, &interval))
		return err_set(err, ENOMEM, "out of memory");
	return 0;
}

static int umems_new(struct port_table *table, struct err *err)
{
	const struct port_host *host = table->host;

	table->umems = calloc(host->n_workers, sizeof(struct umem *));
	if (!table->umems)
		return err_set(err, ENOMEM, "out of memory");
	for (unsigned w = 0; w < host->n_workers; w++) {
		int rc = umem_new(&table->umems[w], host->pool(host->ctx, w), table->has_pieces);

		if (rc)
			return err_set(err, -rc, "registering packet buffers for AF_XDP: %s%s",
				       strerror(-rc),
				       rc == -ENOBUFS || rc == -ENOMEM ? ": is `ulimit -l` too low?"
								       : "");
	}
	return 0;
}

static void upcall_down(struct port_table *table)
{
	if (table->is_left && table->upcall)
		upcall_leave(table->upcall);
	upcall_free(&table->upcall);
	bpf_programs_free(&table->programs);
}

/* The upcall device and the programs, which know it by its ifindex. */
static int upcall_up(struct port_table *table, struct err *err)
{
	const struct port_host *host = table->host;
	struct bpf_settings settings = {
		.n_workers = host->n_workers,
		.has_pieces = table->has_pieces,
		.hold = !table->is_settled,
	};
	int rc = upcall_new(&table->upcall, table->links, table->instance, host->n_workers, err);

	if (rc)
		return rc;
	settings.upcall_ifindex = upcall_outer(table->upcall);
	rc = bpf_programs_new(&table->programs, table->pins, &settings, err);
	if (!rc)
		rc = upcall_start(table->upcall, table->programs, table->umems, host, err);
	if (rc)
		upcall_down(table);
	return rc;
}

/* Once for each reason: it is tried every second. */
static void upcall_blame(struct port_table *table, const char *why)
{
	char text[sizeof(table->upcall_error)];

	snprintf(text, sizeof(text), "no upcall device: %s: trying again every second", why);
	if (!strcmp(text, table->upcall_error))
		return;
	strcpy(table->upcall_error, text);
	log_error("port", "%s", text);
	ports_blame_upcall(table);
}

static void upcall_restart(struct port_table *table)
{
	struct err err = ERR_INIT;
	int rc = 0;

	if (table->upcall) {
		log_warn("port", "the upcall device is gone: making another");
		ports_suspend(table);
		upcall_down(table);
		for (unsigned w = 0; w < table->host->n_workers; w++)
			umem_close(table->umems[w]);
	}
	for (unsigned w = 0; w < table->host->n_workers && !rc; w++)
		rc = table->umems[w]->umem ? 0 : umem_open(table->umems[w]);
	if (!rc)
		rc = upcall_up(table, &err);
	if (rc) {
		upcall_blame(table, err.text[0] ? err.text : strerror(-rc));
		return;
	}
	if (table->upcall_error[0])
		log_info("port", "the upcall device is there again");
	table->upcall_error[0] = '\0';
	ports_resume(table);
}

static int kernel_start(struct port_table *table, struct err *err)
{
	int rc = notes_open(&table->notes, table->pins);

	if (rc)
		return err_set(err, -rc, "the map of port numbers: %s", strerror(-rc));
	rc = link_client_new(&table->links);
	if (!rc)
		rc = qdiscs_open(&table->qdiscs);
	if (rc)
		return err_set(err, -rc, "rtnetlink: %s", strerror(-rc));
	table->is_left = true;
	rc = upcall_check(table->links, table->instance, err);
	if (rc)
		return rc;
	table->is_left = notes_were_there(table->notes);
	if (!table->is_left)
		port_stale_devices_del(table);
	port_numbers_read(table);
	table->has_pieces = xsk_has_pieces();
	rc = umems_new(table, err);
	return rc ? rc : upcall_up(table, err);
}

int port_table_new(struct port_table **out, struct event_base *base, struct pins *pins,
		   const struct port_host *host, struct err *err)
{
	own(port_table_free) struct port_table *table = NULL;
	int rc;

	if (!host->n_workers || host->n_workers > PORT_MAX_QUEUES)
		return err_set(err, EINVAL, "%u workers: 1 to %u are possible", host->n_workers,
			       PORT_MAX_QUEUES);
	table = calloc(1, sizeof(*table));
	if (!table)
		return err_set(err, ENOMEM, "out of memory");
	table->host = host;
	table->pins = pins;
	table->instance = pins_instance(pins);
	rc = kernel_start(table, err);
	if (!rc)
		rc = events_start(table, base, err);
	if (rc)
		return rc;
	*out = take_ptr(table);
	return 0;
}

void port_table_free(struct port_table **p)
{
	struct port_table *table = *p;

	if (!table)
		return;
	while (table->by_name) {
		struct port *port = table->by_name;

		port_del(&port);
	}
	if (table->retry)
		event_free(table->retry);
	xdp_watch_free(&table->xdp_watch);
	if (!table->is_left)
		port_stale_programs_drop(table);
	upcall_down(table);
	for (unsigned w = 0; table->umems && w < table->host->n_workers; w++)
		umem_free(&table->umems[w]);
	free(table->umems);
	if (table->links && table->notes && !table->is_left)
		port_stale_devices_del(table);
	port_numbers_forget(table);
	qdiscs_close(&table->qdiscs);
	link_client_free(&table->links);
	notes_close(&table->notes);
	mem_free(p);
}
