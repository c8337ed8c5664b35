/* Rows of Flow_Table: what they ask for of a bridge's flow tables, and what is wrong with them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/slice.h"
#include "config/reconcile.h"
#include "config/replica.h"
#include "switch/flow_table.h"

static void complain(struct err *err, unsigned table, const char *text)
{
	err_add(err, EINVAL, "flow_tables:%u: %s", table, text);
}

/* As in Open vSwitch, what is no field makes no groups. */
static void read_groups(const struct row *row, struct flow_table_config *config, unsigned table,
			struct err *err)
{
	for (size_t i = 0; i < row_size(row, "groups"); i++) {
		const char *text = row_string_at(row, "groups", i);
		struct err what = ERR_INIT;
		struct subfield part;

		if (config->n_group_parts == FLOW_GROUP_PARTS)
			complain(err, table, "more groups than can be: use at most 16 fields");
		else if (text && !subfield_parse(slice_of(text), &part, &what))
			config->group_part[config->n_group_parts++] = part;
		else
			complain(err, table, what.text);
	}
}

static void read_row(const struct row *row, struct flow_table_config *config, unsigned table,
		     struct err *err)
{
	const char *policy = row_string(row, "overflow_policy"), *name = row_string(row, "name");
	const int64_t limit = row_integer(row, "flow_limit", UINT32_MAX);

	config->is_limited = limit < UINT32_MAX;
	if (config->is_limited)
		config->max_flows = (uint32_t)limit;
	if (policy && !strcmp(policy, "evict"))
		config->eviction = FLOW_EVICT;
	read_groups(row, config, table, err);
	if (name && strlen(name) >= sizeof(config->name))
		complain(err, table, "its name is too long: use at most 31 characters");
	else if (name)
		snprintf(config->name, sizeof(config->name), "%s", name);
}

static void table_make(struct bridge *bridge, unsigned table, struct flow_table_config *config,
		       struct err *err)
{
	struct flow_table_config before;
	struct err what = ERR_INIT;

	bridge_table_get(bridge, (uint8_t)table, &before, NULL);
	if (!memcmp(&before, config, sizeof(before)) ||
	    !bridge_table_set(bridge, (uint8_t)table, config, &what))
		return;
	err_add(err, what.code, "%s", what.text);
	/* A name that cannot be keeps nothing else away. */
	config->name[0] = '\0';
	bridge_table_set(bridge, (uint8_t)table, config, NULL);
}

/* Names that are given up are free for others in the same transaction. */
static void names_give(struct bridge *bridge, const struct flow_table_config *wanted)
{
	for (unsigned i = 0; i < FLOW_TABLES; i++) {
		struct flow_table_config config;

		bridge_table_get(bridge, (uint8_t)i, &config, NULL);
		if (!config.name[0] || !strcmp(config.name, wanted[i].name))
			continue;
		config.name[0] = '\0';
		bridge_table_set(bridge, (uint8_t)i, &config, NULL);
	}
}

void tables_make(struct reconcile *reconcile, struct bridge_record *record, struct err *err)
{
	struct flow_table_config wanted[FLOW_TABLES];

	memset(wanted, 0, sizeof(wanted));
	for (size_t i = 0; i < row_map_size(record->row, "flow_tables"); i++) {
		int64_t table;
		const char *uuid = row_map_uuid_at(record->row, "flow_tables", i, &table);
		const struct row *row =
			uuid ? replica_row(reconcile->replica, TABLE_FLOW_TABLE, uuid) : NULL;

		if (row && table >= 0 && table < FLOW_TABLES)
			read_row(row, &wanted[table], (unsigned)table, err);
	}
	names_give(record->bridge, wanted);
	for (unsigned i = 0; i < FLOW_TABLES; i++)
		table_make(record->bridge, i, &wanted[i], err);
}
