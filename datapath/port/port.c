#include "port/port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "port/link.h"
#include "port/notes.h"
#include "port/port_life.h"
#include "port/table.h"
#include "port/umem.h"

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
	rc = table->programs ? bpf_drops_add(table->programs, id) : 0;
	if (rc)
		return err_set(err, -rc, "port %s: kernel map: %s", config->name, strerror(-rc));
	port->table = table;
	port->id = id;
	port->config = *config;
	port->attachment = port->tc_attachment = (struct attachment)ATTACHMENT_NONE;
	if (config->type == PORT_INTERNAL)
		snprintf(port->device, sizeof(port->device), "%s-i%u", table->instance, id);
	else
		strcpy(port->device, config->name);
	table->by_id[id] = port;
	HASH_ADD(hh_name, table->by_name, config.name, strlen(config->name), port);
	HASH_ADD(hh_device, table->by_device, device, strlen(port->device), port);
	port_start(port);
	port_note_write(port);
	*out = take_ptr(port);
	return 0;
}

int port_set(struct port *port, const struct port_config *config, struct err *err)
{
	const struct port_config old = port->config;
	int rc = config_check(config, err);

	if (rc)
		return rc;
	if (strcmp(old.name, config->name) || old.type != config->type)
		return err_set(err, EINVAL,
			       "port %s: its name and type are fixed: remove it and add another",
			       old.name);
	port->config = *config;
	port_reconfigure(port, &old);
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
	if (table->programs) {
		bpf_drops_del(table->programs, port->id);
		bpf_policer_clear(table->programs, port->id);
	}
	if (!table->is_left)
		note_del(table->notes, port->id);
	free(port->qos);
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
	out->send_max = port->table->has_pieces
				? FRAME_JUMBO_LEN_MAX
				: UMEM_CHUNK_SIZE - FRAME_HEADROOM - 2 * 4 /* tags */;
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
	const struct port *port = id == PORT_ID_NONE ? NULL : port_by_id(table, id);
	uint64_t n_full = port ? port->n_upcall_full : 0;

	memset(out, 0, sizeof(*out));
	if (table->programs)
		bpf_drops_read(table->programs, id, out);
	if (port && port->sockets)
		n_full += port_xsk_n_full(port);
	else if (id == PORT_ID_NONE && table->upcall)
		n_full += upcall_n_full(table->upcall);
	out->n[DROP_UPCALL_FULL] += n_full;
}
