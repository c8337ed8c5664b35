/* The xdp hook: an XDP program on the device, and an AF_XDP socket on each of its rx queues.
 *
 * Queue q belongs to worker q mod n, where options:n_rxq makes n smaller than the number of workers:
 * a card spreads packets over all its queues, so none may be without a socket. A worker sends by its
 * own first queue of the device; one that has none sends through the upcall device, so that no two
 * workers ever share a ring. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "packet/frame.h"
#include "port/ethtool.h"
#include "port/link.h"
#include "port/table.h"
#include "port/umem.h"
#include "port/xsk.h"

/* With a larger one a packet may not fit into one buffer. */
#define ONE_BUFFER_MTU (UMEM_CHUNK_SIZE - FRAME_HEADROOM - 14 - 2 * 4)

/* ---- slots of the map `xsks`: PORT_MAX_QUEUES in a row for each port; the first are the upcall
 * device's ---- */

static int slots_get(struct port_table *table, uint32_t *base)
{
	for (unsigned i = 1; i < XSK_SLOTS / PORT_MAX_QUEUES; i++) {
		if (table->xsk_slots[i / 64] & 1ull << i % 64)
			continue;
		table->xsk_slots[i / 64] |= 1ull << i % 64;
		*base = i * PORT_MAX_QUEUES;
		return 0;
	}
	return -ENOSPC;
}

static void slots_put(struct port_table *table, uint32_t base)
{
	unsigned i = base / PORT_MAX_QUEUES;

	table->xsk_slots[i / 64] &= ~(1ull << i % 64);
}

/* ---- sockets ---- */

/* Devices that a packet's sender can hand packets to without a wire between: their checksums are
 * often not there yet. */
static bool is_virtual_wire(const struct link_info *info)
{
	char driver[32];

	ethtool_driver(info->name, driver, sizeof(driver));
	return !strcmp(info->kind, "veth") || !strcmp(info->kind, "tun") ||
	       !strcmp(driver, "virtio_net");
}

/* NULL: no memory for one. */
static struct umem *umem_for(struct port *port, unsigned worker)
{
	struct port_sockets *sockets = port->sockets;
	unsigned n_workers = sockets->n_workers;
	struct umem *shared = port->table->umems[worker];
	struct umem **own = &sockets->own_umems[worker];

	if (!*own && !port->config.zerocopy && umem_has_room(shared))
		return shared;
	if (!*own && !umem_new_own(own, (sockets->n + n_workers - 1) / n_workers, shared))
		(*own)->has_pieces = sockets->has_pieces;
	return *own;
}

static int socket_bind(struct port *port, const struct xsk_config *config)
{
	struct port_sockets *sockets = port->sockets;
	struct umem *umem = umem_for(port, sockets->workers[config->queue]);

	return umem ? xsk_new(&sockets->xsks[config->queue], umem, config) : -ENOMEM;
}

static void sockets_close(struct port *port)
{
	struct port_sockets *sockets = port->sockets;

	for (unsigned q = 0; q < sockets->n; q++)
		xsk_free(&sockets->xsks[q]);
	for (unsigned w = 0; w < port->table->host->n_workers; w++)
		umem_free(&sockets->own_umems[w]);
}

static int sockets_open(struct port *port, const struct link_info *info, bool zerocopy)
{
	struct port_sockets *sockets = port->sockets;
	struct xsk_config config = {
		.device = info->name,
		.port = port->id,
		.rx_flags = is_virtual_wire(info) ? FRAME_CSUM_PARTIAL : 0,
		.zerocopy = zerocopy,
	};
	int rc = 0;

	for (; config.queue < sockets->n && !rc; config.queue++) {
		sockets->workers[config.queue] = config.queue % sockets->n_workers;
		rc = socket_bind(port, &config);
	}
	if (rc)
		sockets_close(port);
	return rc;
}

static void sockets_free(struct port *port)
{
	struct port_sockets *sockets = port->sockets;

	if (!sockets)
		return;
	if (sockets->xsk_base)
		slots_put(port->table, sockets->xsk_base);
	free(sockets->own_umems);
	free(sockets);
	port->sockets = NULL;
}

static int sockets_new(struct port *port)
{
	const unsigned n_workers = port->table->host->n_workers, wanted = port->config.n_rxq;
	struct port_sockets *sockets = calloc(1, sizeof(*sockets));

	if (!sockets)
		return -ENOMEM;
	port->sockets = sockets;
	sockets->n = port->n_rx < PORT_MAX_QUEUES ? port->n_rx : PORT_MAX_QUEUES;
	sockets->n_workers = wanted && wanted < n_workers ? wanted : n_workers;
	sockets->own_umems = calloc(n_workers, sizeof(struct umem *));
	if (!sockets->own_umems)
		return -ENOMEM;
	return slots_get(port->table, &sockets->xsk_base);
}

/* ---- the hook ---- */

struct txq *port_xsk_txq(const struct port *port, unsigned worker)
{
	const struct port_sockets *sockets = port->sockets;

	if (worker >= sockets->n || worker >= port->n_tx || worker >= sockets->n_workers)
		return NULL;
	return &sockets->xsks[worker]->txq;
}

static void workers_leave(struct port *port)
{
	const struct port_host *host = port->table->host;
	struct port_sockets *sockets = port->sockets;

	port_reach(port, false);
	for (unsigned q = 0; q < sockets->n; q++) {
		bpf_xsk_clear(port->table->programs, sockets->xsk_base + q);
		host->rxq_del(host->ctx, sockets->workers[q], &sockets->xsks[q]->rxq);
	}
}

static int workers_join(struct port *port, const struct link_info *info)
{
	const struct port_host *host = port->table->host;
	struct port_sockets *sockets = port->sockets;
	unsigned n_added = 0;
	int rc = 0;

	for (; n_added < sockets->n && !rc; n_added++) {
		rc = host->rxq_add(host->ctx, sockets->workers[n_added],
				   &sockets->xsks[n_added]->rxq);
		if (rc)
			break;
		rc = bpf_xsk_set(port->table->programs, sockets->xsk_base + n_added,
				 sockets->xsks[n_added]->fd);
	}
	if (rc) {
		while (n_added--)
			host->rxq_del(host->ctx, sockets->workers[n_added],
				      &sockets->xsks[n_added]->rxq);
		return rc;
	}
	port_reach(port, link_is_up(info));
	return 0;
}

static int maps_set(struct port *port, const struct link_info *info)
{
	const struct port_entry entry = {
		.port = port->id,
		.n_queues = (uint16_t)port->sockets->n,
		.xsk_base = port->sockets->xsk_base,
		.flags = is_virtual_wire(info) ? PORT_FLAG_CSUM_PARTIAL : 0,
		.ifindex = info->ifindex,
	};
	int rc = port_entry_set(port, &entry);

	return rc ? rc : port_output_update(port, info);
}

static void maps_clear(struct port *port, uint32_t ifindex)
{
	bpf_output_clear(port->table->programs, port->id);
	bpf_port_clear(port->table->programs, ifindex);
}

/* A driver may have zero-copy for packets in one buffer alone: enough where none is longer. */
static int zerocopy_open(struct port *port, const struct link_info *info)
{
	struct port_sockets *sockets = port->sockets;
	int rc;

	sockets->has_pieces = port->table->has_pieces;
	rc = sockets_open(port, info, true);
	if (!rc || !sockets->has_pieces || info->mtu > ONE_BUFFER_MTU)
		return rc;
	sockets->has_pieces = false;
	return sockets_open(port, info, true);
}

bool port_xsk_is_too_narrow(const struct port *port, uint32_t mtu)
{
	return port->table->has_pieces && port->sockets && !port->sockets->has_pieces &&
	       mtu > ONE_BUFFER_MTU;
}

static int sockets_start(struct port *port, const struct link_info *info, struct err *err)
{
	int rc = -EOPNOTSUPP;

	if (port->config.zerocopy)
		rc = zerocopy_open(port, info);
	if (rc) {
		port->sockets->has_pieces = port->table->has_pieces;
		rc = sockets_open(port, info, false);
	}
	if (rc)
		return err_set(err, -rc, "binding AF_XDP sockets to its %u queues: %s",
			       port->sockets->n, strerror(-rc));
	rc = workers_join(port, info);
	if (rc) {
		sockets_close(port);
		return err_set(err, -rc, "workers: %s", strerror(-rc));
	}
	return 0;
}

static void programs_detach(struct port *port)
{
	bpf_detach(port->table->programs, &port->attachment);
	bpf_detach(port->table->programs, &port->tc_attachment);
}

uint32_t port_xsk_mtu_max(const struct port *port)
{
	/* Without packets in pieces it is the driver that knows. */
	return port->table->has_pieces ? upcall_port_mtu_max(port->table->upcall) : UINT32_MAX;
}

int port_xsk_attach(struct port *port, const struct link_info *info, struct err *err)
{
	struct bpf_programs *programs = port->table->programs;
	int rc;

	if (info->mtu > port_xsk_mtu_max(port))
		return err_set(err, ERANGE, "its MTU is larger than %u", port_xsk_mtu_max(port));
	rc = sockets_new(port);
	if (!rc)
		rc = maps_set(port, info);
	if (rc)
		err_set(err, -rc, "%s", strerror(-rc));
	/* The tc program is there as long as XDP may pass something up. */
	if (!rc)
		rc = bpf_attach(programs, PROGRAM_PORT_TC, info->ifindex, &port->tc_attachment,
				err);
	if (!rc)
		rc = bpf_attach(programs, PROGRAM_PORT_XDP, info->ifindex, &port->attachment, err);
	if (!rc)
		rc = sockets_start(port, info, err);
	if (rc) {
		programs_detach(port);
		maps_clear(port, info->ifindex);
		sockets_free(port);
		return rc;
	}
	return 0;
}

void port_xsk_detach(struct port *port)
{
	uint32_t ifindex = port->attachment.ifindex;

	workers_leave(port);
	port->n_upcall_full += port_xsk_n_full(port);
	programs_detach(port);
	sockets_close(port);
	maps_clear(port, ifindex);
	sockets_free(port);
}

bool port_xsk_is_dead(const struct port *port)
{
	for (unsigned q = 0; q < port->sockets->n; q++)
		if (xsk_is_dead(port->sockets->xsks[q]))
			return true;
	return false;
}

bool port_xsk_is_zerocopy(const struct port *port)
{
	return port->sockets->xsks[0]->is_zerocopy;
}

void port_xsk_counters_add(const struct port *port, struct port_counters *counters)
{
	for (unsigned q = 0; q < port->sockets->n; q++)
		xsk_counters_add(port->sockets->xsks[q], counters);
}

uint64_t port_xsk_n_full(const struct port *port)
{
	struct port_counters counters = {0};

	port_xsk_counters_add(port, &counters);
	return counters.xsk_rx_dropped + counters.xsk_rx_ring_full;
}
