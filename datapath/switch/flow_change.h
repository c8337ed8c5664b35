#pragma once
/* A set of changes to flows and groups that readers see at once, or never: what all of flow_mod.c, flow_expire.c
 * and the bridge's own changes are made of.
 *
 *	flow_change_begin(&change, tables, now)
 *	flow_change_put(&change, ...)		any number of times
 *	flow_change_commit(&change, err)	or flow_change_undo(&change)
 *
 * Between begin and the end look-ups of the control thread (flow_find(), flow_list_select()) see what
 * was put. Control thread, registered with RCU; it is online from begin to the end.
 */
#include "switch/flow_store.h"

struct group_delta;

struct flow_delta {
	struct flow_entry *old; /* NULL: there was none */
	struct flow_entry *new; /* NULL: removed */
	enum flow_event_type type;
	enum flow_removed_reason reason;
};

struct flow_change {
	struct flow_tables *tables;
	struct bundle *bundle;
	uint64_t now; /* clock ns */
	struct flow_delta *delta;
	size_t n_deltas, n_room;
	/* of group.c */
	size_t mod; /* which of those that the caller goes through */
	struct group_delta *group;
	size_t n_groups, n_group_room;
	bool needs_view; /* packets must see the ports as they are */
};

/* 0 or -ENOMEM; then nothing has begun. */
int flow_change_begin(struct flow_change *change, struct flow_tables *tables, uint64_t now);
/* A flow that flow_change_put() may take: of the mod, with a tally of its own, or NULL. */
struct flow_entry *flow_entry_new(const struct flow_change *change, const struct flow_mod *mod);
/* One that does what the mod says and is `old` otherwise. NULL: no memory. */
struct flow_entry *flow_entry_modified(const struct flow_change *change,
				       const struct flow_entry *old, const struct flow_mod *mod);
void flow_entry_free(struct flow_entry *entry); /* that was not put */
/* Owns delta->new, whose match is `match` (NULL without a new one), also if it fails. 0 or -ENOMEM: then
 * undo. */
int flow_change_put(struct flow_change *change, struct flow_delta delta, const struct match *match);
/* Publishes what was put, for every packet that arrives after return, and tells those who watch.
 * 0, -ENOSPC: too many masks, -ENOMEM. Then all is as it was before. */
int flow_change_commit(struct flow_change *change, struct err *err);
void flow_change_undo(struct flow_change *change);
