#include "port/port.h"

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
#include "port/pins.h"
#include "port/port_life.h"
#include "port/table.h"
#include "port/umem.h"

#define RETRY_S 1

/* ---- the table ---- */

static void retry_ready(evutil_socket_t fd, short what, void *arg)
{
	port_table_retry(arg);
}

static int events_start(struct port_table *table, struct event_base *base, struct err *err)
{
	const struct timeval interval = {.tv_sec = RETRY_S};
	int rc = link_client_watch(table->links, base, port_link_event, table);

	if (rc)
		return err_set(err, -rc, "watching devices over rtnetlink: %s", strerror(-rc));
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
		int rc = umem_new(&table->umems[w], host->pool(host->ctx, w));

		if (rc)
			return err_set(err, -rc, "registering packet buffers for AF_XDP: %s%s",
				       strerror(-rc),
				       rc == -ENOBUFS || rc == -ENOMEM ? ": is `ulimit -l` too low?"
								       : "");
	}
	return 0;
}

/* What an instance that died left: switch's ends of internal ports; their other ends go with
 * them. */
static void stale_visit(void *arg, const struct link_info *info)
{
	struct port_table *table = arg;
	char alias[64];
	size_t len = strlen(table->instance);

	snprintf(alias, sizeof(alias), "shunt %s", table->instance);
	if (!strcmp(info->alias, alias) && !strncmp(info->name, table->instance, len) &&
	    info->name[len] == '-' && table->n_stale < PORT_ID_MAX)
		table->stale[table->n_stale++] = info->ifindex;
}

static void stale_del(struct port_table *table)
{
	table->stale = calloc(PORT_ID_MAX, sizeof(*table->stale));
	if (!table->stale)
		return;
	link_for_each(table->links, stale_visit, table);
	for (unsigned i = 0; i < table->n_stale; i++)
		link_del(table->links, table->stale[i]);
	free(table->stale);
	table->stale = NULL;
}

static int kernel_start(struct port_table *table, struct err *err)
{
	const struct port_host *host = table->host;
	struct bpf_settings settings = {.n_workers = host->n_workers};
	int rc = pins_claim(&table->lock_fd, table->instance, err);

	if (rc)
		return rc;
	rc = link_client_new(&table->links);
	if (rc)
		return err_set(err, -rc, "rtnetlink: %s", strerror(-rc));
	stale_del(table);
	rc = upcall_new(&table->upcall, table->links, table->instance, host->n_workers, err);
	if (rc)
		return rc;
	settings.upcall_ifindex = upcall_outer(table->upcall);
	rc = bpf_programs_new(&table->programs, table->instance, &settings, err);
	if (rc)
		return rc;
	rc = umems_new(table, err);
	if (rc)
		return rc;
	return upcall_start(table->upcall, table->programs, table->umems, host, err);
}

static bool is_instance_name(const char *name)
{
	size_t len = strlen(name);

	return len && len < PINS_INSTANCE_SIZE &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

int port_table_new(struct port_table **out, struct event_base *base, const char *instance,
		   const struct port_host *host, struct err *err)
{
	own(port_table_free) struct port_table *table = NULL;
	int rc;

	if (!is_instance_name(instance))
		return err_set(err, EINVAL,
			       "instance %s: a name has 1 to 8 characters of a-z, 0-9 and -",
			       instance);
	if (!host->n_workers || host->n_workers > PORT_MAX_QUEUES)
		return err_set(err, EINVAL, "%u workers: 1 to %u are possible", host->n_workers,
			       PORT_MAX_QUEUES);
	table = calloc(1, sizeof(*table));
	if (!table)
		return err_set(err, ENOMEM, "out of memory");
	table->host = host;
	table->lock_fd = -1;
	strcpy(table->instance, instance);
	table->promisc_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (table->promisc_fd < 0)
		return err_set(err, errno, "packet socket: %s%s", strerror(errno),
			       errno == EPERM ? ": the switch must run as root" : "");
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
	upcall_free(&table->upcall);
	for (unsigned w = 0; table->umems && w < table->host->n_workers; w++)
		umem_free(&table->umems[w]);
	free(table->umems);
	bpf_programs_free(&table->programs);
	link_client_free(&table->links);
	pins_release(&table->lock_fd, table->instance);
	fd_close(&table->promisc_fd);
	mem_free(p);
}

/* ---- ports ---- */

static int config_check(const struct port_config *config, struct err *err)
{
	size_t len = strnlen(config->name, sizeof(config->name));

	if (!len || len == sizeof(config->name) || strpbrk(config->name, "/: \t\n") ||
	    !strcmp(config->name, ".") || !strcmp(config->name, ".."))
		return err_set(err, EINVAL,
			       "\"%.*s\" is not a device name: 1 to 15 characters without / : or "
			       "blanks",
			       (int)len, config->name);
	if (config->type == PORT_FAKE)
		return err_set(err, EINVAL, "port %s: a fake port has no device", config->name);
	if (config->type == PORT_INTERNAL && config->hook == HOOK_XDP)
		return err_set(err, EINVAL,
			       "port %s: an internal port cannot use hook xdp: use skb",
			       config->name);
	if (config->n_rxq > PORT_MAX_QUEUES)
		return err_set(err, EINVAL, "port %s: %u rx queues: 1 to %u are possible",
			       config->name, config->n_rxq, PORT_MAX_QUEUES);
	return 0;
}

static struct port *port_by_device(const struct port_table *table, const char *device)
{
	struct port *port;

	HASH_FIND(hh_device, table->by_device, device, strlen(device), port);
	return port;
}

int port_add(struct port_table *table, uint16_t id, const struct port_config *config,
	     struct port **out, struct err *err)
{
	own(mem_free) struct port *port = NULL;
	int rc = config_check(config, err);

	if (rc)
		return rc;
	if (!id || id >= PORT_ID_MAX || table->by_id[id])
		return err_set(err, EINVAL, "port %s: number %u is not free", config->name, id);
	if (port_by_name(table, config->name) || port_by_device(table, config->name))
		return err_set(err, EEXIST, "device %s is a port of the switch already",
			       config->name);
	port = calloc(1, sizeof(*port));
	if (!port)
		return err_set(err, ENOMEM, "out of memory");
	rc = bpf_drops_add(table->programs, id);
	if (rc)
		return err_set(err, -rc, "port %s: kernel map: %s", config->name, strerror(-rc));
	port->table = table;
	port->id = id;
	port->config = *config;
	port->attachment = (struct attachment)ATTACHMENT_NONE;
	if (config->type == PORT_INTERNAL)
		snprintf(port->device, sizeof(port->device), "%s-i%u", table->instance, id);
	else
		strcpy(port->device, config->name);
	table->by_id[id] = port;
	HASH_ADD(hh_name, table->by_name, config.name, strlen(config->name), port);
	HASH_ADD(hh_device, table->by_device, device, strlen(port->device), port);
	port_start(port);
	*out = take_ptr(port);
	return 0;
}

int port_set(struct port *port, const struct port_config *config, struct err *err)
{
	const struct port_config *old = &port->config;
	bool must_restart;
	int rc = config_check(config, err);

	if (rc)
		return rc;
	if (strcmp(old->name, config->name) || old->type != config->type)
		return err_set(err, EINVAL,
			       "port %s: its name and type are fixed: remove it and add another",
			       old->name);
	must_restart = old->hook != config->hook || old->zerocopy != config->zerocopy ||
		       old->n_rxq != config->n_rxq || old->mtu_request != config->mtu_request ||
		       memcmp(&old->mac, &config->mac, sizeof(old->mac));
	if (!must_restart)
		return 0;
	port_stop(port);
	port->config = *config;
	port_start(port);
	return 0;
}

void port_del(struct port **p)
{
	struct port *port = *p;
	struct port_table *table;

	if (!port)
		return;
	table = port->table;
	port_stop(port);
	HASH_DELETE(hh_name, table->by_name, port);
	HASH_DELETE(hh_device, table->by_device, port);
	table->by_id[port->id] = NULL;
	bpf_drops_del(table->programs, port->id);
	mem_free(p);
}

uint16_t port_id(const struct port *port)
{
	return port->id;
}

const struct port_config *port_config(const struct port *port)
{
	return &port->config;
}

void port_status(const struct port *port, struct port_status *out)
{
	*out = port->status;
}

struct port *port_by_id(const struct port_table *table, uint16_t id)
{
	return id < PORT_ID_MAX ? table->by_id[id] : NULL;
}

struct port *port_by_name(const struct port_table *table, const char *name)
{
	struct port *port;

	HASH_FIND(hh_name, table->by_name, name, strlen(name), port);
	return port;
}

int port_counters(const struct port *port, struct port_counters *out)
{
	struct port_counters counters = {0};
	struct link_stats stats;

	if (!port->ifindex || link_stats(port->table->links, port->ifindex, &stats))
		return -ENODEV;
	counters = (struct port_counters){
		.rx_packets = stats.rx_packets,
		.rx_bytes = stats.rx_bytes,
		.rx_dropped = stats.rx_dropped,
		.rx_errors = stats.rx_errors,
		.tx_packets = stats.tx_packets,
		.tx_bytes = stats.tx_bytes,
		.tx_dropped = stats.tx_dropped,
		.tx_errors = stats.tx_errors,
	};
	if (port->sockets)
		port_xsk_counters_add(port, &counters);
	else if (port->status.is_attached)
		upcall_counters_add(port->table->upcall, &counters);
	*out = counters;
	return 0;
}

void port_drops(const struct port_table *table, uint16_t id, struct drop_counters *out)
{
	bpf_drops_read(table->programs, id, out);
}
