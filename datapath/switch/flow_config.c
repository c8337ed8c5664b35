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

static const char *name_of(const struct flow_table *table)
{
	return *table->config.name ? table->config.name : table->mod.name;
}

static int table_number(void *ctx, struct slice name, uint8_t *number)
{
	const struct flow_tables *tables = ((struct bridge *)ctx)->tables;

	for (unsigned i = 0; name.len && i < FLOW_TABLES; i++) {
		if (slice_is(name, name_of(&tables->table[i]))) {
			*number = (uint8_t)i;
			return 0;
		}
	}
	return -ENOENT;
}

static const char *table_name(void *ctx, uint8_t number)
{
	const struct flow_tables *tables = ((struct bridge *)ctx)->tables;

	return number < FLOW_TABLES && *name_of(&tables->table[number])
		       ? name_of(&tables->table[number])
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

static int check(const struct bridge *bridge, uint8_t table, const char *name, struct err *err)
{
	uint8_t other;

	if (table >= FLOW_TABLES)
		return err_set(err, EINVAL, "there is no table %u: use 0 to %u", table,
			       FLOW_TABLES - 1);
	if (!memchr(name, 0, FLOW_TABLE_NAME_SIZE) || (*name && !is_name(name)))
		return err_set(err, EINVAL,
			       "table %u: \"%.*s\" is not a name for a table: use at most %u "
			       "letters, digits, '_', '.' and '-', and begin with no digit",
			       table, FLOW_TABLE_NAME_SIZE, name, FLOW_TABLE_NAME_SIZE - 1);
	if (*name && !table_number((void *)bridge, slice_of(name), &other) && other != table)
		return err_set(err, EINVAL, "table %u: table %u is called %s already", table, other,
			       name);
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

	for (size_t i = 0; !rc && i < list.n; i++)
		flow_evict_remove(table, list.entry[i]);
	for (size_t i = 0; !rc && i < list.n; i++) {
		struct match match;

		flow_match(&list.entry[i]->flow, &match);
		rc = flow_evict_reserve(table, &list.entry[i]->flow, &match);
		if (!rc)
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
	while (!rc && table->config.is_limited && table->n_flows > table->config.max_flows &&
	       (delta.old = flow_evict_choose(table)))
		rc = flow_change_put(&change, delta, NULL);
	if (!rc)
		return flow_change_commit(&change, err);
	flow_change_undo(&change);
	return rc;
}

/* Both have been checked. */
static int table_change(struct bridge *bridge, uint8_t number,
			const struct flow_table_config *config, const struct flow_table_mod *mod,
			struct err *err)
{
	struct flow_table *table = &bridge->tables->table[number];
	const struct flow_table_config config_before = table->config;
	const struct flow_table_mod mod_before = table->mod;
	int rc;

	table->config = *config;
	table->mod = *mod;
	rc = rank_all(bridge->tables, table);
	if (!rc)
		rc = evict(bridge->tables, table, err);
	if (!rc)
		return 0;
	table->config = config_before;
	table->mod = mod_before;
	rank_all(bridge->tables, table);
	return err_set(err, -rc, "table %u: %s", number, strerror(-rc));
}

int bridge_table_set(struct bridge *bridge, uint8_t number, const struct flow_table_config *config,
		     struct err *err)
{
	int rc = check(bridge, number, config->name, err);

	return rc ? rc
		  : table_change(bridge, number, config, &bridge->tables->table[number].mod, err);
}

int bridge_table_mod(struct bridge *bridge, uint8_t number, const struct flow_table_mod *mod,
		     struct err *err)
{
	int rc = check(bridge, number, mod->name, err);
	struct flow_table *table;

	if (rc)
		return rc;
	table = &bridge->tables->table[number];
	rc = table_change(bridge, number, &table->config, mod, err);
	if (rc || mod->miss == table->miss)
		return rc;
	__atomic_store_n(&table->miss, (uint8_t)mod->miss, __ATOMIC_RELAXED);
	version_bump(bridge->sw->versions, VERSION_CONFIG);
	offload_renew(bridge->sw->offload);
	return 0;
}

void bridge_table_get(struct bridge *bridge, uint8_t number, struct flow_table_config *config,
		      struct flow_table_mod *mod)
{
	const struct flow_table *table = &bridge->tables->table[number];

	if (config)
		*config = table->config;
	if (mod)
		*mod = table->mod;
}

int bridge_miss_set(struct bridge *bridge, enum table_miss miss)
{
	const uint8_t before = bridge->miss;
	int rc;

	bridge->miss = (uint8_t)miss;
	rc = miss == before ? 0 : snapshot_publish(bridge);
	if (rc)
		bridge->miss = before;
	return rc;
}

int bridge_control(struct bridge *bridge, bool is_controlled, struct err *err)
{
	int rc = 0;

	if (bridge->is_controlled == is_controlled)
		return 0;
	bridge->is_controlled = is_controlled;
	rc = flows_reset(bridge, err);
	if (rc)
		bridge->is_controlled = !is_controlled;
	return rc;
}

int bridge_stand_in(struct bridge *bridge, bool stands_in)
{
	const bool before = bridge->stands_in;
	int rc;

	bridge->stands_in = stands_in;
	rc = stands_in == before ? 0 : snapshot_publish(bridge);
	if (rc)
		bridge->stands_in = before;
	return rc;
}

bool bridge_stands_in(const struct bridge *bridge)
{
	return bridge->stands_in;
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
