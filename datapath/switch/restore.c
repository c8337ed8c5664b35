#include "switch/restore.h"

#include "base/clock.h"
#include "base/log.h"
#include "flow/fdb.h"
#include "switch/bridge.h"
#include "switch/flow_store.h"
#include "switch/flows.h"

void bridge_flow_restore(struct bridge *bridge, const struct flow_mod *mod,
			 const struct flow_past *past)
{
	const uint8_t number = mod->table == FLOW_TABLE_ANY ? 0 : mod->table;
	struct flow_table *table = &bridge->tables->table[number];
	struct flow_entry *entry = flow_find(bridge->tables, number, &mod->match, mod->priority);
	enum flow_removed_reason reason;
	uint64_t due;

	if (!entry)
		return;
	entry->flow.created_at = past->created_at;
	entry->flow.modified_at = past->modified_at;
	credit_restore(bridge->sw->credits, entry->flow.tally, &past->counted);
	due = flow_expires_at(&entry->flow, &reason);
	if (due != UINT64_MAX)
		heap_change(&bridge->tables->timed, &entry->due, due);
	flow_evict_remove(table, entry);
	flow_evict_add(table, entry);
}

int bridge_stand_in_restore(struct bridge *bridge)
{
	int rc;

	if (!bridge->is_controlled || bridge->config.fail_mode != FAIL_STANDALONE)
		return 0;
	rc = bridge_stand_in(bridge, true);
	if (!rc)
		log_info("switch", "bridge %s: NORMAL stands in for its flows, as before",
			 bridge->name);
	return rc;
}

void bridge_fdb_restore(struct bridge *bridge, struct eth_addr mac, uint16_t vlan, const char *name,
			bool is_static, uint64_t seen_at)
{
	const struct bridge_port *port = bridge_port_lookup(bridge, name);

	if (!port || vlan > VLAN_MAX || eth_addr_is_multicast(mac))
		return;
	fdb_write_begin(bridge->sw);
	if (is_static)
		fdb_add_static(bridge->fdb, vlan, mac, port->id, seen_at);
	else
		fdb_learn(bridge->fdb, vlan, mac, port->id, seen_at);
	fdb_write_end(bridge->sw);
}
