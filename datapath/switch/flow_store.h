#pragma once
/* The inside of a bridge's flow tables, for the files of this room that change and read them.
 *
 * A table has two classifiers, made when they are first needed: `soft` holds the flows that are but
 * clauses of conjunctions, `plain` all others. So a look-up that no conjunction concerns is one
 * look-up in one classifier.
 *
 * Threads: what no comment says otherwise of belongs to the control thread.
 */
#include "base/heap.h"
#include "switch/flow_table.h"
#include "switch/flows.h"

struct bridge;
struct bridge_view;
struct flow_evict_group;
struct group_slot;
struct mask_union;

/* What a rule's data points at. Lives from the change that makes it until no reader can see it. */
struct flow_entry {
	struct flow flow;
	uint64_t id; /* unique on its bridge; later ones are higher; a modify keeps it */
	struct rule *rule;
	uint64_t alone_since;  /* atomic: the version, while flow_table.alone points here */
	struct heap_node due;  /* in flow_tables.timed: clock ns before which it does not expire */
	struct heap_node rank; /* in its group: see flow_evict.c */
	struct flow_evict_group *group;
};

/* A table's own two tallies. */
struct table_tally {
	struct tally tally;
	struct table_tallies *all;
};

struct table_tallies {
	uint32_t n_left; /* atomic: of these, that somebody holds */
	struct table_tally matched[FLOW_TABLES], missed[FLOW_TABLES];
};

enum { FLOW_PLAIN, FLOW_SOFT, N_FLOW_KINDS };

struct flow_table {
	struct classifier *of_kind[N_FLOW_KINDS]; /* RCU: published once; NULL: never needed */
	/* RCU: the table's only flow, if that matches all packets: then nobody need look it up. NULL: it
	 * has none or others. */
	struct flow_entry *alone;
	uint8_t miss; /* atomic: enum table_miss */
	struct flow_table_config config;
	struct flow_table_mod mod;
	uint32_t n_flows;
	struct cookie_count *counted; /* uthash; see flow_count.c */
	/* of a table that evicts: its flows with a timeout */
	struct flow_evict_group *groups; /* uthash */
	struct heap groups_by_size;      /* the largest is on top */
	bool has_empty_groups;           /* perhaps */
};

struct flow_tables {
	struct rule_clock clock;   /* RCU */
	struct classifier *groups; /* RCU: published once; NULL: never any. See group.c */
	/* fixed after create */
	struct bridge *bridge;
	struct table_tallies *tallies;
	/* control only */
	struct mask_union *wanted; /* see flow_masks.c */
	uint32_t n_teaching;       /* atomic: flows of which translate_teaches() */
	struct heap timed;         /* flows with a timeout */
	uint64_t last_id;
	uint32_t n_flows;
	struct group_slot *group_slots; /* uthash by number */
	uint32_t n_groups;
	uint64_t group_changes; /* how many there were */
	uint32_t n_watching;    /* groups with buckets that need a port to be alive */
	struct flow_watcher *watchers;
	struct flow_cursor *cursors; /* that are open: see flow_cursor.c */
	struct flow_table table[FLOW_TABLES];
};

static inline struct flow_entry *flow_entry_of(const struct flow *flow)
{
	return (struct flow_entry *)flow;
}

/* 0 or -ENOMEM. Without flows. */
int flow_tables_new(struct flow_tables **out, struct bridge *bridge);
/* No view may have it any more; waits for readers. NULL-safe. */
void flow_tables_free(struct flow_tables **tables);

/* Flows of a table in one array. */
struct flow_list {
	struct flow_entry **entry;
	size_t n, n_room;
};

void flow_list_fini(struct flow_list *list);
/* The flow with exactly this match and priority. NULL: none. */
struct flow_entry *flow_find(const struct flow_tables *tables, uint8_t table,
			     const struct match *match, uint16_t priority);
/* Appends those that the filter means: its command says whether strictly; out_port and out_group count
 * only for deletion. 0 or -ENOMEM. */
int flow_list_select(struct flow_list *list, const struct flow_tables *tables,
		     const struct flow_mod *filter);
/* By table, then by descending priority, then as they came. 0 or -ENOMEM. */
int flow_list_sort(struct flow_list *list);

/* How many flows of a table have the cookie. Quick, if it was asked before. */
uint32_t flow_count_cookie(struct flow_tables *tables, uint8_t table, uint64_t cookie);
/* One of them comes (1) or goes (-1). */
void flow_count_follow(struct flow_table *table, uint64_t cookie, int by);
void flow_count_fini(struct flow_table *table);

/* A flow's or an order's, which the next daemon may find. NULL: no memory. */
struct tally *flow_tally_new(const struct bridge *bridge);
/* Clock ns at which it expires if no packet comes; UINT64_MAX: never. *reason as it would be. */
uint64_t flow_expires_at(const struct flow *flow, enum flow_removed_reason *reason);
/* Writes what the outside sees of it; *mod is scratch that row->flow points at. */
void flow_row_of(const struct flow_entry *entry, uint64_t now, struct flow_mod *mod,
		 struct flow_row *row);
/* All tallies as of now. Offline. */
void flows_harvest(struct bridge *bridge);

/* ---- reading bit by bit (flow_cursor.c) ---- */

/* `old` is going, and `new` (NULL: nothing) stands in its place. `is_one_of_many`: flows that one change was asked
 * to change. */
void flow_cursors_follow(struct flow_tables *tables, const struct flow_entry *old,
			 struct flow_entry *new, bool is_one_of_many);
/* The tables are going. */
void flow_cursors_end(struct flow_tables *tables);

/* ---- masks (flow_masks.c) ---- */

/* 0 or -ENOMEM. */
int flow_masks_new(struct mask_union **out);
/* The bits of a flow (or order) count from now on; before it becomes visible. 0 or -ENOMEM. */
int flow_masks_add(struct flow_tables *tables, const struct match *match,
		   const struct ofactions *actions);
/* They do not any more; when it is invisible. */
void flow_masks_remove(struct flow_tables *tables, const struct match *match,
		       const struct ofactions *actions);
/* The bits that decide about packets of a class on a bridge with these ports. */
void flow_masks_bits(const struct flow_tables *tables, const struct bridge_view *view,
		     unsigned packet_class, struct flow_key *bits);
/* Those that decide about packets to addresses that nobody knows. False: some of them are in the packets alone, or the
 * bridge is not to go on without a daemon. */
bool flow_masks_standby(const struct flow_tables *tables, const struct bridge_view *view,
			struct flow_key *bits);
/* Grows when these may have changed. */
uint64_t flow_masks_generation(const struct flow_tables *tables);

/* ---- limits (flow_evict.c) ---- */

static inline bool flow_table_evicts(const struct flow_table *table)
{
	return table->config.eviction == FLOW_EVICT || table->mod.eviction == FLOW_EVICT;
}

/* Of a table that holds as many flows as it may: the one that is to go. NULL: none may. */
struct flow_entry *flow_evict_choose(struct flow_table *table);
/* In front of flow_evict_add(). 0 or -ENOMEM. */
int flow_evict_reserve(struct flow_table *table, const struct flow *flow,
		       const struct match *match);
void flow_evict_add(struct flow_table *table, struct flow_entry *entry);
/* It may not be there. */
void flow_evict_remove(struct flow_table *table, struct flow_entry *entry);
/* Forgets groups that are empty. While no change is under way. */
void flow_evict_tidy(struct flow_table *table);
/* Forgets all; no flow is added or removed any more. */
void flow_evict_fini(struct flow_table *table);

/* Leaves but the flows that a bridge of this fail_mode begins with: one that says NORMAL, or none, as for a bridge
 * that is controlled. Open vSwitch does so, too, when fail_mode changes and there is no controller. Errors of
 * bridge_flow_mods(). */
int flows_reset(struct bridge *bridge, struct err *err);

/* ---- timeouts (flow_expire.c) ---- */

/* Sets those of its timeouts that are longer to these, in seconds; 0: not that one. 0 or -ENOMEM; then nothing is
 * another. */
int flow_timeouts_reduce(struct flow_tables *tables, struct flow_entry *entry, uint16_t idle,
			 uint16_t hard);

/* Takes away what has expired. Clock ns at which to look again: of the next flow that may; UINT64_MAX: there is none, or
 * no memory. Control, offline. */
uint64_t flows_expire(struct bridge *bridge, uint64_t now);
/* Once a second: lets masks shrink, frees what nobody reads. Control, offline. */
void flows_tick(struct bridge *bridge);
