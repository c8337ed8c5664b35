#pragma once
/* What a bridge remembers from the life of an earlier daemon, given back to it. Before vswitch_settle().
 * Control thread. */
#include <stdbool.h>
#include <stdint.h>

#include "flow/ledger.h"
#include "packet/header.h"

struct bridge;
struct flow_mod;

/* Times are clock_now()'s ns, which go on from one daemon to the next while the machine runs. */
struct flow_past {
	struct ledger_row counted;
	uint64_t created_at, modified_at;
};

/* The flow with this table, match and priority has been there before it was added. */
void bridge_flow_restore(struct bridge *bridge, const struct flow_mod *flow,
			 const struct flow_past *past);
/* NORMAL stands in as it did, unless the bridge has no controller any more, or another fail_mode. 0 or -ENOMEM. */
int bridge_stand_in_restore(struct bridge *bridge);
/* As learned then, or as a static one. One that does not fit is left out. */
void bridge_fdb_restore(struct bridge *bridge, struct eth_addr mac, uint16_t vlan, const char *port,
			bool is_static, uint64_t seen_at);
