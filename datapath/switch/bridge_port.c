/* The ports of a bridge: their numbers, their place in the order of ofports, what was counted. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "flow/fdb.h"
#include "path/worker.h"
#include "port/flow_maps.h"
#include "switch/bridge.h"
#include "switch/flow_store.h"
#include "switch/ofports.h"
#include "switch/snapshot.h"

static int config_check(const struct bridge_port_config *config, struct err *err)
{
	const char *name = config->port.name;

	if (config->tag > VLAN_MAX && config->tag != VLAN_NONE)
		return err_set(err, EINVAL, "port %s: tag %u is not a VLAN: use 0 to %d", name,
			       config->tag, VLAN_MAX);
	if (config->ofport_request > OFPORT_MAX)
		return err_set(err, EINVAL, "port %s: ofport_request %u is too high: use 1 to %d",
			       name, config->ofport_request, OFPORT_MAX);
	return 0;
}

/* Workers and kernel programs count for a number, whoever has it: sums up what all of them counted
 * for it so far. */
static void counts_sum(const struct vswitch *sw, uint16_t id, struct port_counts *out)
{
	struct kernel_port_count kernel;

	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < sw->n_workers; i++)
		port_counts_add(out, &sw->workers[i]->port_counts[id]);
	if (!sw->flow_maps)
		return;
	flow_maps_port_count(sw->flow_maps, id, &kernel);
	out->rx_packets += kernel.rx_packets;
	out->rx_bytes += kernel.rx_bytes;
	out->tx_packets += kernel.tx_packets;
	out->tx_bytes += kernel.tx_bytes;
	out->drops[DROP_BY_RULE] += kernel.n_by_rule;
}

void ports_count_anew(struct vswitch *sw)
{
	for (unsigned id = 0; id < PORT_ID_MAX; id++)
		if (sw->ports[id])
			counts_sum(sw, (uint16_t)id, &sw->ports[id]->counts_before);
}

/* ---- ofports ---- */

static bool is_local(const struct bridge *bridge, const struct bridge_port_config *config)
{
	return !strcmp(config->port.name, bridge->name);
}

static int ofport_take(struct bridge *bridge, const struct bridge_port_config *config)
{
	if (is_local(bridge, config))
		return OFPORT_LOCAL;
	return ofports_take(bridge->ofports, config->port.name, config->ofport_request);
}

static void ofport_give(struct bridge_port *port)
{
	if (port->ofport != OFPORT_LOCAL)
		ofports_give(port->bridge->ofports, port->config.port.name);
}

/* ---- the array in ascending order of ofport ---- */

static int ports_reserve(struct bridge *bridge)
{
	struct bridge_port **ports =
		realloc(bridge->ports, (bridge->n_ports + 1) * sizeof(struct bridge_port *));

	if (!ports)
		return -ENOMEM;
	bridge->ports = ports;
	return 0;
}

static void ports_insert(struct bridge *bridge, struct bridge_port *port)
{
	unsigned i = bridge->n_ports++;

	for (; i && bridge->ports[i - 1]->ofport > port->ofport; i--)
		bridge->ports[i] = bridge->ports[i - 1];
	bridge->ports[i] = port;
}

static void ports_remove(struct bridge *bridge, const struct bridge_port *port)
{
	unsigned i = 0;

	while (bridge->ports[i] != port)
		i++;
	for (bridge->n_ports--; i < bridge->n_ports; i++)
		bridge->ports[i] = bridge->ports[i + 1];
}

/* ---- life ---- */

static void fdb_forget_port(struct bridge_port *port, bool with_static)
{
	fdb_write_begin(port->bridge->sw);
	fdb_flush(port->bridge->fdb, port->id, with_static);
	fdb_write_end(port->bridge->sw);
}

/* Undoes what port_new() did, in reverse. */
static void port_free(struct bridge_port **p)
{
	struct bridge_port *port = *p;
	struct vswitch *sw;

	if (!port)
		return;
	sw = port->bridge->sw;
	device_del(port);
	if (port->ofport)
		ofport_give(port);
	if (port->id) {
		sw->ports[port->id] = NULL;
		port_ids_give(&sw->ids, port->id, clock_now(sw->options.clock));
	}
	mem_free(p);
}

/* The number that the port had before the daemon was started anew, else another. */
static int id_take(struct vswitch *sw, const char *name)
{
	uint16_t before = sw->port_table ? port_number_before(sw->port_table, name) : PORT_ID_NONE;

	if (before && port_ids_claim(&sw->ids, before))
		return before;
	return port_ids_take(&sw->ids, clock_now(sw->options.clock));
}

static int port_new(struct bridge_port **out, struct bridge *bridge,
		    const struct bridge_port_config *config, struct err *err)
{
	own(port_free) struct bridge_port *port = calloc(1, sizeof(*port));
	struct vswitch *sw = bridge->sw;
	int rc;

	if (!port || ports_reserve(bridge))
		return err_set(err, ENOMEM, "port %s: out of memory", config->port.name);
	port->bridge = bridge;
	port->config = *config;
	port->made_at = clock_now(sw->options.clock);
	rc = id_take(sw, config->port.name);
	if (rc < 0)
		return err_set(err, -rc, "port %s: the switch has all the ports it can have (%d)",
			       config->port.name, PORT_ID_MAX - 1);
	port->id = (uint16_t)rc;
	rc = ofport_take(bridge, config);
	if (rc < 0)
		return err_set(err, -rc, "port %s: bridge %s has no OpenFlow port number left",
			       config->port.name, bridge->name);
	port->ofport = (uint16_t)rc;
	counts_sum(sw, port->id, &port->counts_before);
	sw->ports[port->id] = port;
	rc = device_add(port, err);
	if (rc)
		return rc;
	*out = take_ptr(port);
	return 0;
}

int bridge_port_add(struct bridge *bridge, const struct bridge_port_config *config,
		    struct bridge_port **out, struct err *err)
{
	own(port_free) struct bridge_port *port = NULL;
	int rc = config_check(config, err);

	if (rc)
		return rc;
	if (bridge_port_lookup(bridge, config->port.name))
		return err_set(err, EEXIST, "port %s: bridge %s has it already", config->port.name,
			       bridge->name);
	rc = port_new(&port, bridge, config, err);
	if (rc)
		return rc;
	ports_insert(bridge, port);
	HASH_ADD_STR(bridge->ports_by_name, config.port.name, port);
	rc = snapshot_publish(bridge);
	if (rc) {
		HASH_DEL(bridge->ports_by_name, port);
		ports_remove(bridge, port);
		return err_set(err, -rc, "port %s: %s", config->port.name, strerror(-rc));
	}
	*out = take_ptr(port);
	return 0;
}

void bridge_port_del(struct bridge_port **p)
{
	struct bridge_port *port = *p;
	struct bridge *bridge = port->bridge;
	int rc;

	HASH_DEL(bridge->ports_by_name, port);
	ports_remove(bridge, port);
	rc = snapshot_publish(bridge);
	assert(!rc);
	/* Nobody learns on it any more. */
	fdb_forget_port(port, true);
	port_free(p);
}

static bool has_other_vlans(const struct bridge_port_config *a, const struct bridge_port_config *b)
{
	return a->vlan_mode != b->vlan_mode || a->tag != b->tag ||
	       memcmp(&a->trunks, &b->trunks, sizeof(a->trunks)) != 0;
}

/* Another ofport for a live port, if it asks for one that is free. */
static void ofport_change(struct bridge_port *port, uint16_t request)
{
	struct bridge *bridge = port->bridge;
	int ofport;

	if (request == port->config.ofport_request || port->ofport == OFPORT_LOCAL)
		return;
	ofports_give(bridge->ofports, port->config.port.name);
	ofport = ofports_take(bridge->ofports, port->config.port.name, request);
	if (ofport < 0)
		/* What it had was remembered. */
		ofport = ofports_take(bridge->ofports, port->config.port.name, port->ofport);
	ports_remove(bridge, port);
	port->ofport = (uint16_t)ofport;
	ports_insert(bridge, port);
}

int bridge_port_set(struct bridge_port *port, const struct bridge_port_config *config,
		    struct err *err)
{
	struct bridge_port_config before = port->config;
	int rc;

	if (!memcmp(config, &before, sizeof(before)))
		return 0;
	rc = config_check(config, err);
	if (!rc)
		rc = device_set(port, &config->port, err);
	if (rc)
		return rc;
	ofport_change(port, config->ofport_request);
	port->config = *config;
	rc = snapshot_publish(port->bridge);
	if (rc) {
		device_set(port, &before.port, NULL);
		port->config = before;
		return err_set(err, -rc, "port %s: %s", config->port.name, strerror(-rc));
	}
	device_refresh(port);
	if (has_other_vlans(&before, config))
		fdb_forget_port(port, false);
	return 0;
}

void bridge_port_changed(struct bridge_port *port)
{
	const bool was_live = port->is_live;

	device_refresh(port);
	if (port->is_live != was_live && port->bridge->tables->n_watching &&
	    snapshot_publish(port->bridge))
		log_warn("switch",
			 "port %s: groups do not know that it is %s: %s: they will with the next "
			 "change of bridge %s",
			 bridge_port_name(port), was_live ? "down" : "up", strerror(ENOMEM),
			 port->bridge->name);
}

struct bridge_port *bridge_port_lookup(struct bridge *bridge, const char *name)
{
	struct bridge_port *port;

	HASH_FIND_STR(bridge->ports_by_name, name, port);
	return port;
}

int bridge_for_each_port(struct bridge *bridge, int (*visit)(struct bridge_port *, void *ctx),
			 void *ctx)
{
	for (unsigned i = 0; i < bridge->n_ports; i++) {
		int rc = visit(bridge->ports[i], ctx);

		if (rc)
			return rc;
	}
	return 0;
}

const char *bridge_port_name(const struct bridge_port *port)
{
	return port->config.port.name;
}

void port_drop_count(struct vswitch *sw, uint16_t id, enum drop_reason reason)
{
	struct bridge_port *port = id < PORT_ID_MAX ? sw->ports[id] : NULL;

	++(port ? port->drops : sw->drops)[reason];
}

void vswitch_drops(const struct vswitch *sw, uint64_t drops[N_DROP_REASONS])
{
	struct drop_counters kernel = {0};
	struct port_counts counts;

	counts_sum(sw, PORT_ID_NONE, &counts);
	if (sw->port_table)
		port_drops(sw->port_table, PORT_ID_NONE, &kernel);
	for (unsigned i = 0; i < N_DROP_REASONS; i++)
		drops[i] = counts.drops[i] + kernel.n[i] + sw->drops[i];
}

void bridge_port_status(const struct bridge_port *port, struct bridge_port_status *out)
{
	struct drop_counters kernel;
	struct port_counts counts;

	memset(out, 0, sizeof(*out));
	out->id = port->id;
	out->ofport = port->ofport;
	out->age = clock_now(port->bridge->sw->options.clock) - port->made_at;
	device_status(port, &out->port);
	counts_sum(port->bridge->sw, port->id, &counts);
	port_counts_subtract(&counts, &port->counts_before);
	out->rx_packets = counts.rx_packets;
	out->rx_bytes = counts.rx_bytes;
	out->tx_packets = counts.tx_packets;
	out->tx_bytes = counts.tx_bytes;
	device_drops(port, &kernel);
	for (unsigned i = 0; i < N_DROP_REASONS; i++)
		out->drops[i] = counts.drops[i] + kernel.n[i] + port->drops[i];
}

int bridge_port_qos_set(struct bridge_port *port, const struct qos_config *config, struct err *err)
{
	return device_qos_set(port, config, err);
}

const struct qos_config *bridge_port_qos(const struct bridge_port *port)
{
	return device_qos(port);
}

void bridge_port_queues(const struct bridge_port *port,
			void (*visit)(void *ctx, const struct port_queue *queue), void *ctx)
{
	device_queues(port, visit, ctx);
}

int bridge_port_counters(const struct bridge_port *port, struct port_counters *out)
{
	return device_counters(port, out);
}

bool bridge_port_is_internal(const struct bridge_port *port)
{
	return port->config.port.type == PORT_INTERNAL;
}

struct bridge *bridge_port_bridge(const struct bridge_port *port)
{
	return port->bridge;
}

struct bridge_port *vswitch_port(const struct vswitch *sw, uint16_t id)
{
	return id < PORT_ID_MAX ? sw->ports[id] : NULL;
}
