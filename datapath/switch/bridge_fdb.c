/* What a bridge learned, as the control thread shows and changes it. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/rcu.h"
#include "flow/fdb.h"
#include "switch/bridge.h"

#define ETH_FORMAT "%02x:%02x:%02x:%02x:%02x:%02x"
#define ETH_ARGS(mac) \
	(mac).byte[0], (mac).byte[1], (mac).byte[2], (mac).byte[3], (mac).byte[4], (mac).byte[5]

/* Whoever waits for the lock must be offline: its holder may be waiting for readers. */
void fdb_write_begin(struct vswitch *sw)
{
	pthread_mutex_lock(&sw->fdb_lock);
	rcu_sleep_end();
}

void fdb_write_end(struct vswitch *sw)
{
	rcu_sleep_begin();
	pthread_mutex_unlock(&sw->fdb_lock);
}

struct visitor {
	const struct bridge *bridge;
	int (*visit)(const struct fdb_row *, void *ctx);
	void *ctx;
};

static int visit_entry(void *ctx, const struct fdb_entry_info *entry)
{
	const struct visitor *visitor = ctx;
	const struct bridge_port *port = visitor->bridge->sw->ports[entry->port];
	struct fdb_row row = {
		.mac = entry->mac,
		.vlan = entry->vlan,
		.port = entry->port,
		.is_static = entry->is_static,
		.age_s = entry->age_s,
	};

	row.ofport = port->ofport;
	row.port_name = port->config.port.name;
	return visitor->visit(&row, visitor->ctx);
}

int bridge_fdb_for_each(struct bridge *bridge, int (*visit)(const struct fdb_row *, void *ctx),
			void *ctx)
{
	struct visitor visitor = {.bridge = bridge, .visit = visit, .ctx = ctx};
	int rc;

	rcu_sleep_end();
	rc = fdb_visit(bridge->fdb, clock_now(bridge->sw->options.clock), visit_entry, &visitor);
	rcu_sleep_begin();
	return rc;
}

int bridge_fdb_add(struct bridge *bridge, struct eth_addr mac, uint16_t vlan, const char *port_name,
		   struct err *err)
{
	const struct bridge_port *port = bridge_port_lookup(bridge, port_name);
	struct vswitch *sw = bridge->sw;
	int rc;

	if (!port)
		return err_set(err, EINVAL, "bridge %s has no port %s", bridge->name, port_name);
	if (vlan > VLAN_MAX)
		return err_set(err, EINVAL, "%u is not a VLAN: use 0 to %d", vlan, VLAN_MAX);
	if (eth_addr_is_multicast(mac))
		return err_set(err, EINVAL,
			       ETH_FORMAT " is a multicast address: nobody is found "
					  "by it",
			       ETH_ARGS(mac));
	fdb_write_begin(sw);
	rc = fdb_add_static(bridge->fdb, vlan, mac, port->id, clock_now(sw->options.clock));
	fdb_write_end(sw);
	if (rc == -ENOSPC)
		return err_set(err, ENOSPC,
			       "bridge %s: its table of %u addresses is full of "
			       "static ones: set a larger mac-table-size",
			       bridge->name, bridge->config.mac_table_size);
	return rc ? err_set(err, -rc, "bridge %s: %s", bridge->name, strerror(-rc)) : 0;
}

int bridge_fdb_del(struct bridge *bridge, struct eth_addr mac, uint16_t vlan, struct err *err)
{
	int rc = -ENOENT;

	if (vlan <= VLAN_MAX) {
		fdb_write_begin(bridge->sw);
		rc = fdb_del(bridge->fdb, vlan, mac);
		fdb_write_end(bridge->sw);
	}
	if (rc)
		return err_set(err, -rc, "bridge %s knows no " ETH_FORMAT " in VLAN %u",
			       bridge->name, ETH_ARGS(mac), vlan);
	return 0;
}

unsigned bridge_fdb_flush(struct bridge *bridge, const char *port_name)
{
	const struct bridge_port *port = NULL;
	unsigned n;

	if (port_name) {
		port = bridge_port_lookup(bridge, port_name);
		if (!port)
			return 0;
	}
	fdb_write_begin(bridge->sw);
	n = fdb_flush(bridge->fdb, port ? port->id : PORT_ID_NONE, false);
	fdb_write_end(bridge->sw);
	return n;
}

void bridge_fdb_stats(struct bridge *bridge, struct fdb_stats *out)
{
	struct fdb_counters counters;

	fdb_counters_read(bridge->fdb, &counters);
	*out = (struct fdb_stats){
		.n_entries = (uint32_t)counters.n_entries,
		.n_static = (uint32_t)counters.n_static,
		.max_entries = bridge->config.mac_table_size,
		.n_learned = counters.n_learned,
		.n_expired = counters.n_expired,
		.n_moved = counters.n_moved,
		.n_evicted = counters.n_evicted,
	};
}
