/* What can be said of whole tables: names, limits, misses. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/slice.h"
#include "flow/port_text.h"
#include "flow/version.h"
#include "switch/bridge.h"
#include "switch/flow_change.h"
#include "switch/offload.h"
#include "switch/snapshot.h"

/* ---- names ---- */

/* Text that begins with a digit may be a number. */
static bool is_name(const char *name)
{
	if (!*name || isdigit((unsigned char)*name))
		return false;
	return !name[strspn(name,
			    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")];
}

static int table_number(void *ctx, struct slice name, uint8_t *number)
{
	const struct flow_tables *tables = ((struct bridge *)ctx)->tables;

	for (unsigned i = 0; name.len && i < FLOW_TABLES; i++) {
		if (slice_is(name, tables->table[i].config.name)) {
			*number = (uint8_t)i;
			return 0;
		}
	}
	return -ENOENT;
}

static const char *table_name(void *ctx, uint8_t number)
{
	const struct flow_tables *tables = ((struct bridge *)ctx)->tables;

	return number < FLOW_TABLES && *tables->table[number].config.name
		       ? tables->table[number].config.name
		       : NULL;
}

static int port_number(void *ctx, struct slice name, uint16_t *number)
{
	const struct bridge *bridge = ctx;
	const struct bridge_port *port;

	HASH_FIND(hh, bridge->ports_by_name, name.at, name.len, port);
	if (!port)
		return -ENOENT;
	*number = port->ofport;
	return 0;
}

static const char *port_name(void *ctx, uint16_t number)
{
	const struct bridge *bridge = ctx;
	unsigned from = 0, to = bridge->n_ports;

	while (from < to) {
		unsigned at = from + (to - from) / 2;
		const struct bridge_port *port = bridge->ports[at];

		if (port->ofport == number)
			return port->config.port.name;
		if (port->ofport < number)
			from = at + 1;
		else
			to = at;
	}
	return NULL;
}

struct flow_names bridge_flow_names(struct bridge *bridge)
{
	return (struct flow_names){
		.port_number = port_number,
		.table_number = table_number,
		.port_name = port_name,
		.table_name = table_name,
		.ctx = bridge,
	};
}

/* ---- fragments ---- */

int bridge_frags_set(struct bridge *bridge, enum flow_frags frags)
{
	const uint8_t before = bridge->frags;
	int rc;

	bridge->frags = (uint8_t)frags;
	rc = snapshot_publish(bridge);
	if (rc)
		bridge->frags = before;
	return rc;
}

enum flow_frags bridge_frags(const struct bridge *bridge)
{
	return bridge->frags;
}

/* ---- configuration ---- */

static int check(const struct bridge *bridge, uint8_t table, const struct flow_table_config *config,
		 struct err *err)
{
	uint8_t other;

	if (table >= FLOW_TABLES)
		return err_set(err, EINVAL, "there is no table %u: use 0 to %u", table,
			       FLOW_TABLES - 1);
	if (!memchr(config->name, 0, sizeof(config->name)) ||
	    (*config->name && !is_name(config->name)))
		return err_set(err, EINVAL,
			       "table %u: \"%.*s\" is not a name for a table: use at most %zu "
			       "letters, digits, '_', '.' and '-', and begin with no digit",
			       table, (int)sizeof(config->name), config->name,
			       sizeof(config->name) - 1);
	if (*config->name && !table_number((void *)bridge, slice_of(config->name), &other) &&
	    other != table)
		return err_set(err, EINVAL, "table %u: table %u is called %s already", table, other,
			       config->name);
	return 0;
}

/* Puts the table's flows into the order of their eviction, or forgets it. */
static int rank_all(struct flow_tables *tables, struct flow_table *table)
{
	const struct flow_mod all = {.command = FLOW_DELETE,
				     .table = (uint8_t)(table - tables->table),
				     .out_port = OFPORT_NONE,
				     .out_group = FLOW_GROUP_ANY};
	struct flow_list list = {0};
	int rc = flow_list_select(&list, tables, &all);

	if (!rc)
		rc = flow_evict_reserve(table);
	for (size_t i = 0; !rc && i < list.n; i++) {
		flow_evict_remove(table, list.entry[i]);
		flow_evict_add(table, list.entry[i]);
	}
	flow_list_fini(&list);
	return rc;
}

/* What is above the limit goes, as far as it may. */
static int evict(struct flow_tables *tables, struct flow_table *table, struct err *err)
{
	struct flow_delta delta = {.type = FLOW_REMOVED, .reason = FLOW_REMOVED_EVICTION};
	struct flow_change change;
	int rc = flow_change_begin(&change, tables, clock_now(tables->bridge->sw->options.clock));

	if (rc)
		return rc;
	while (!rc && table->config.max_flows && table->n_flows > table->config.max_flows &&
	       (delta.old = flow_evict_choose(table)))
		rc = flow_change_put(&change, delta, NULL);
	if (!rc)
		return flow_change_commit(&change, err);
	flow_change_undo(&change);
	return rc;
}

int bridge_table_set(struct bridge *bridge, uint8_t number, const struct flow_table_config *config,
		     struct err *err)
{
	struct flow_table_config before;
	struct flow_table *table;
	int rc = check(bridge, number, config, err);

	if (rc)
		return rc;
	table = &bridge->tables->table[number];
	before = table->config;
	table->config = *config;
	rc = rank_all(bridge->tables, table);
	if (!rc)
		rc = evict(bridge->tables, table, err);
	if (rc) {
		table->config = before;
		rank_all(bridge->tables, table);
		return err_set(err, -rc, "table %u: %s", number, strerror(-rc));
	}
	if (config->miss != before.miss) {
		__atomic_store_n(&table->miss, (uint8_t)config->miss, __ATOMIC_RELAXED);
		version_bump(bridge->sw->versions, VERSION_CONFIG);
		offload_renew(bridge->sw->offload, clock_now(bridge->sw->options.clock));
	}
	return 0;
}

void bridge_table_get(struct bridge *bridge, uint8_t table, struct flow_table_config *out)
{
	*out = bridge->tables->table[table].config;
}

void bridge_table_stats(struct bridge *bridge, uint8_t table, struct flow_table_stats *out)
{
	const struct flow_tables *tables = bridge->tables;

	flows_harvest(bridge);
	*out = (struct flow_table_stats){
		.n_flows = tables->table[table].n_flows,
		.n_matched = counter_get(&flow_tables_matched(tables, table)->n_packets),
		.n_missed = counter_get(&flow_tables_missed(tables, table)->n_packets),
	};
}
