#include "switch/bridge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "flow/fdb.h"
#include "switch/flow_store.h"
#include "switch/learn.h"
#include "switch/mirror.h"
#include "switch/ofports.h"
#include "switch/order.h"
#include "switch/snapshot.h"

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	return len && len < IFNAMSIZ && !strpbrk(name, "/ \t\n") && strcmp(name, ".") &&
	       strcmp(name, "..");
}

static int config_check(const char *name, const struct bridge_config *config, struct err *err)
{
	if (!config->mac_table_size)
		return err_set(err, EINVAL,
			       "bridge %s: a table for no addresses is too small: "
			       "use 1 or more",
			       name);
	return 0;
}

static void bridge_free(struct bridge **p)
{
	struct bridge *bridge = *p;

	if (!bridge)
		return;
	snapshot_remove(bridge);
	bridge_orders_free(&bridge->orders);
	bridge_meters_free(bridge);
	flow_tables_free(&bridge->tables);
	learn_unwatch(bridge);
	mirrors_free(&bridge->mirrors);
	fdb_write_begin(bridge->sw);
	fdb_free(&bridge->fdb);
	fdb_write_end(bridge->sw);
	ofports_free(&bridge->ofports);
	free(bridge->ports);
	mem_free(p);
}

static int bridge_new(struct bridge **out, struct vswitch *sw, const char *name,
		      const struct bridge_config *config)
{
	own(bridge_free) struct bridge *bridge = calloc(1, sizeof(*bridge));
	const struct fdb_config fdb = {
		.max_entries = config->mac_table_size,
		.aging_s = config->mac_aging_s,
	};
	int rc;

	if (!bridge)
		return -ENOMEM;
	bridge->sw = sw;
	bridge->number = ++sw->n_bridges_made;
	bridge->miss = TABLE_MISS_DROP;
	bridge->config = *config;
	strcpy(bridge->name, name);
	rc = ofports_new(&bridge->ofports);
	if (rc)
		return rc;
	rc = fdb_new(&bridge->fdb, &fdb, sw->versions);
	if (rc)
		return rc;
	rc = flow_tables_new(&bridge->tables, bridge);
	if (!rc)
		rc = bridge_orders_new(bridge);
	if (rc)
		return rc;
	learn_watch(bridge);
	rc = flows_reset(bridge, NULL);
	if (rc)
		return rc;
	*out = take_ptr(bridge);
	return 0;
}

int bridge_add(struct vswitch *sw, const char *name, const struct bridge_config *config,
	       struct bridge **out, struct err *err)
{
	struct bridge *bridge;
	int rc;

	if (!is_name(name))
		return err_set(err, EINVAL,
			       "bridge \"%s\": not a name for a bridge: use 1 to %d "
			       "characters without blanks and slashes",
			       name, IFNAMSIZ - 1);
	if (bridge_lookup(sw, name))
		return err_set(err, EEXIST, "bridge %s: there is one of that name", name);
	rc = config_check(name, config, err);
	if (rc)
		return rc;
	rc = bridge_new(&bridge, sw, name, config);
	if (rc)
		return err_set(err, -rc, "bridge %s: %s", name, strerror(-rc));
	fdb_write_begin(sw);
	HASH_ADD_STR(sw->bridges, name, bridge);
	fdb_write_end(sw);
	*out = bridge;
	return 0;
}

/* -EINVAL: too small for the static addresses that are in it. */
static int fdb_configure(struct bridge *bridge, const struct bridge_config *config, struct err *err)
{
	const struct fdb_config fdb = {
		.max_entries = config->mac_table_size,
		.aging_s = config->mac_aging_s,
	};
	int rc;

	fdb_write_begin(bridge->sw);
	rc = fdb_set_config(bridge->fdb, &fdb);
	fdb_write_end(bridge->sw);
	return rc ? err_set(err, -rc,
			    "bridge %s: a table of %u addresses has no room for its "
			    "static ones",
			    bridge->name, config->mac_table_size)
		  : 0;
}

int bridge_set(struct bridge *bridge, const struct bridge_config *config, struct err *err)
{
	struct bridge_config before = bridge->config;
	int rc;

	if (!memcmp(config, &before, sizeof(before)))
		return 0;
	rc = config_check(bridge->name, config, err);
	if (!rc)
		rc = fdb_configure(bridge, config, err);
	if (rc)
		return rc;
	bridge->config = *config;
	rc = snapshot_publish(bridge);
	if (!rc && config->fail_mode != before.fail_mode && !bridge->is_controlled)
		rc = flows_reset(bridge, err);
	if (rc) {
		bridge->config = before;
		fdb_configure(bridge, &before, NULL);
		return err_set(err, -rc, "bridge %s: %s", bridge->name, strerror(-rc));
	}
	return 0;
}

void bridge_del(struct bridge **p)
{
	struct bridge *bridge = *p;
	struct vswitch *sw = bridge->sw;

	while (bridge->n_ports) {
		struct bridge_port *port = bridge->ports[bridge->n_ports - 1];

		bridge_port_del(&port);
	}
	fdb_write_begin(sw);
	HASH_DEL(sw->bridges, bridge);
	fdb_write_end(sw);
	bridge_free(p);
}

struct bridge *bridge_lookup(struct vswitch *sw, const char *name)
{
	struct bridge *bridge;

	HASH_FIND_STR(sw->bridges, name, bridge);
	return bridge;
}

struct bridge *bridge_by_number(struct vswitch *sw, uint32_t number)
{
	struct bridge *bridge, *next;

	HASH_ITER (hh, sw->bridges, bridge, next)
		if (bridge->number == number)
			return bridge;
	return NULL;
}

const char *bridge_name(const struct bridge *bridge)
{
	return bridge->name;
}

int vswitch_for_each_bridge(struct vswitch *sw, int (*visit)(struct bridge *, void *ctx), void *ctx)
{
	struct bridge *bridge, *next;
	int rc = 0;

	HASH_ITER (hh, sw->bridges, bridge, next) {
		rc = visit(bridge, ctx);
		if (rc)
			break;
	}
	return rc;
}
