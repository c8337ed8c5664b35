#pragma once
/* A bridge's flows as the outside drives them: text, JSON-RPC, netlink and OpenFlow all end here.
 *
 * All in the control thread. A change that has returned holds for every packet that arrives afterwards,
 * in both floors (docs/flows.md). Ports in flows are OpenFlow numbers of the bridge.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/flow_text.h"
#include "flow/subfield.h"

struct bridge;
struct err;

/* What may go wrong, as negative errno: -EINVAL (see err), -ENXIO (there is no such group), -ENODEV (no such meter), -EEXIST
 * (check_overlap), -ENOSPC (the table is full and evicts nothing, or there are too many masks), -ENOMEM. */

/* (switch/group.h has changes of flows and groups together, and of many that need not be kept.)
 * Applies `n` changes in order, all or none, visible at once. On failure *which is the index of the one
 * to blame (NULL: nobody asks). The actions are copied. */
int bridge_flow_mods(struct bridge *bridge, const struct flow_mod *mods, size_t n, size_t *which,
		     struct err *err);

/* ---- reading ---- */

/* One flow with exact counters; borrowed during the visit. `flow` has no filters, `command` is ADD. */
struct flow_row {
	const struct flow_mod *flow;
	struct flow_stats stats;
	uint64_t id; /* unique on its bridge; younger flows have higher ones */
	uint64_t
		ledger; /* the number of its row (flow/ledger.h), for a flow_past; 0: it has none */
};

/* Visits flows that a delete with this filter would remove (command FLOW_DELETE, or FLOW_DELETE_STRICT; match,
 * table, cookie, out_port, out_group), by table, then by descending priority, until `visit` returns
 * non-zero, and returns that. Counters are harvested first. `visit` must not change flows. 0 at the end,
 * -ENOMEM. */
int bridge_flows_for_each(struct bridge *bridge, const struct flow_mod *filter,
			  int (*visit)(const struct flow_row *row, void *ctx), void *ctx);

struct flow_aggregate {
	uint64_t n_packets, n_bytes;
	uint32_t n_flows;
};
/* Of the flows that bridge_flows_for_each() would visit. 0 or -ENOMEM. */
int bridge_flows_aggregate(struct bridge *bridge, const struct flow_mod *filter,
			   struct flow_aggregate *out);

/* ---- tables ---- */

/* What a full table does with a flow more: refuses it, or removes another that has a timeout: of the largest
 * group, the one of least importance, of these the one that expires the soonest. */
enum flow_eviction { FLOW_REFUSE, FLOW_EVICT };
/* What becomes of a packet that no flow of the table matches. */
enum table_miss {
	TABLE_MISS_DEFAULT, /* what bridge_miss_set() says */
	TABLE_MISS_CONTROLLER,
	TABLE_MISS_CONTINUE, /* with the next table */
	TABLE_MISS_DROP,
};

#define FLOW_TABLE_NAME_SIZE 32
#define FLOW_GROUP_PARTS     16

/* What is said of a table twice, by the database and by controllers. It has the database's name if that has one,
 * and evicts if either says so. */
struct flow_table_config {
	char name[FLOW_TABLE_NAME_SIZE]; /* "": none */
	bool is_limited;
	uint32_t max_flows; /* if so */
	enum flow_eviction eviction;
	/* Flows whose matches have the same values in all of these are a group. */
	unsigned n_group_parts;
	struct subfield group_part[FLOW_GROUP_PARTS];
};

struct flow_table_mod {
	char name[FLOW_TABLE_NAME_SIZE];
	enum flow_eviction eviction;
	enum table_miss miss;
};

/* A limit below the number of flows evicts what may go; what may not stays. Names are letters, digits,
 * '_', '.', '-'. 0, -EINVAL: a name that is no name, or another table's, or no table; -ENOMEM. */
int bridge_table_set(struct bridge *bridge, uint8_t table, const struct flow_table_config *config,
		     struct err *err);
/* The same, of what controllers say: runtime state, like flows. */
int bridge_table_mod(struct bridge *bridge, uint8_t table, const struct flow_table_mod *mod,
		     struct err *err);
/* Either may be NULL. */
void bridge_table_get(struct bridge *bridge, uint8_t table, struct flow_table_config *config,
		      struct flow_table_mod *mod);
/* What a table does of whose misses nobody has said anything. That is up to the protocols by which the bridge is
 * controlled: OpenFlow 1.3 and later, JSON-RPC and netlink drop (TABLE_MISS_DROP, which it is in the beginning);
 * OpenFlow up to 1.2 sends to its controllers. 0, -ENOMEM. */
int bridge_miss_set(struct bridge *bridge, enum table_miss miss);

/* Whether there is a controller in the database that answers for the flows. When the first comes or the last goes, all
 * flows go, and the bridge begins anew: with no flow if it is controlled. Errors of bridge_flow_mods(). */
int bridge_control(struct bridge *bridge, bool is_controlled, struct err *err);
/* Whether every packet is forwarded as NORMAL says, whatever the flows say (fail_mode standalone, and no controller
 * for long). Flows stay, but count nothing. 0, -ENOMEM. */
int bridge_stand_in(struct bridge *bridge, bool stands_in);
bool bridge_stands_in(const struct bridge *bridge);

struct flow_table_stats {
	uint32_t n_flows;
	uint64_t n_matched, n_missed; /* packets */
};
void bridge_table_stats(struct bridge *bridge, uint8_t table, struct flow_table_stats *out);

/* What flows see of IP fragments (ovs-ofctl(8), set-frags). */
enum flow_frags {
	FLOW_FRAGS_NORMAL,   /* no fragment has ports or ICMP type and code: they are 0 */
	FLOW_FRAGS_DROP,     /* fragments are dropped */
	FLOW_FRAGS_NX_MATCH, /* first fragments have theirs */
};

/* 0 or -ENOMEM. */
int bridge_frags_set(struct bridge *bridge, enum flow_frags frags);
enum flow_frags bridge_frags(const struct bridge *bridge);

/* For parsing and printing: the bridge's ports and tables. Valid while the bridge is, and neither ports
 * nor tables change. */
struct flow_names bridge_flow_names(struct bridge *bridge);

/* ---- watching ---- */

enum flow_event_type { FLOW_ADDED, FLOW_MODIFIED, FLOW_REMOVED };
enum flow_removed_reason { /* numbers of OpenFlow 1.4's OFPRR_ */
			   FLOW_REMOVED_IDLE,
			   FLOW_REMOVED_HARD,
			   FLOW_REMOVED_DELETE,
			   FLOW_REMOVED_GROUP,
			   FLOW_REMOVED_METER,
			   FLOW_REMOVED_EVICTION,
};

struct flow_event {
	enum flow_event_type type;
	enum flow_removed_reason reason; /* of FLOW_REMOVED */
	uint64_t at;                     /* clock ns: of the change */
	/* Counters are exact if the flow has FLOW_SEND_FLOW_REM, else as of the last second. */
	struct flow_row row;
};

/* Embedded by whoever watches; called in the control thread, after the change holds, and must not change
 * flows. */
struct flow_watcher {
	void (*seen)(struct flow_watcher *watcher, struct bridge *bridge,
		     const struct flow_event *event);
	/* Asked before a change is told of, with how many events it has, and how many of them are
	 * removals: is it worth it? NULL: always. */
	bool (*wants)(struct flow_watcher *watcher, size_t n_events, size_t n_removed);
	struct flow_watcher *next; /* the list's */
	bool is_passed_over;       /* of the change at hand */
};
void bridge_flow_watch(struct bridge *bridge, struct flow_watcher *watcher);
void bridge_flow_unwatch(struct bridge *bridge, struct flow_watcher *watcher);
