#pragma once
/* The groups of a bridge: what flows send packets to by number (flow/group.h says what they are).
 *
 * Groups are rules of a classifier of their own, under the clock of the flow tables: so a change of groups, of flows,
 * or of both is one change, which readers see at once; docs/flows.md tells the rest.
 *
 * Groups may send to each other, but not in a circle; what they send to or watch must be there. A group that others
 * send to stays; with a group that goes, the flows that send to it go.
 *
 * What the outside calls belongs to the control thread.
 */
#include <stddef.h>
#include <stdint.h>

#include "flow/group.h"
#include "flow/ledger.h"

struct bridge;
struct err;
struct flow_mod;
struct flow_tables;
struct tally;

#define GROUPS_MAX      65536 /* of a bridge */
#define GROUP_CHAIN_MAX 32    /* that send one to the next */

/* As translation sees it. Immutable. */
struct group {
	/* fixed after create */
	struct group_desc desc; /* buckets have their numbers and weights */
	uint64_t created_at;
	/* counters */
	struct tally *tally;
	struct tally **bucket_tally; /* of each */
};

/* ---- readers: any thread, under RCU ---- */

/* NULL: there is none of that number. */
const struct group *flow_tables_group(const struct flow_tables *tables, uint64_t version,
				      uint32_t id);

/* ---- changing ---- */

/* One of them, or none: nothing is done there. */
struct bridge_mod {
	const struct flow_mod *flow;
	const struct group_mod *group;
	const struct ofactions
		*actions; /* of a packet: only looked at, whether they could be done there */
};

/* What may go wrong with a group mod, as negative errno: -EEXIST, -ENOENT (there is no such group), -EINVAL (see err),
 * -ENODATA (there is no such bucket), -ENOTUNIQ (there is such a bucket), -ENXIO (it sends to a group that is not
 * there), -ENOLINK (it watches one), -ELOOP, -EBUSY (others send to it), -ENOSPC (too many groups), -ENOBUFS (too many buckets),
 * -ENOMEM. With a flow mod: what bridge_flow_mods() returns. */

/* Applies `n` changes in order, all or none, visible at once. What groups send to is looked at when all of them are
 * done. On failure *which is the index of the one to blame (NULL: nobody asks). */
int bridge_mods(struct bridge *bridge, const struct bridge_mod *mods, size_t n, size_t *which,
		struct err *err);

/* Embedded by whoever makes changes one at a time: of many, none need be kept but the bytes they are made from. */
struct bridge_mod_source {
	/* 1: the next one is in *mod (all of which was NULL), borrowed until the next call; 0: there are no more; -EINVAL
	 * (see err) or another error, which ends it all. */
	int (*next)(struct bridge_mod_source *source, struct bridge_mod *mod, struct err *err);
};

/* The same with those. */
int bridge_mods_from(struct bridge *bridge, struct bridge_mod_source *source, size_t *which,
		     struct err *err);

/* ---- reading ---- */

struct group_count {
	uint64_t n_packets, n_bytes;
	struct ledger_row past; /* the same, for a group_past */
};

/* One group with exact counters; borrowed during the visit. */
struct group_row {
	const struct group_desc *desc;
	uint64_t created_at, duration; /* ns */
	uint32_t n_refs;               /* flows and groups that send to it */
	struct group_count count;
	const struct group_count *bucket; /* of each */
};

/* Visits the group of that number, or with GROUP_EVERY all by number, until `visit` returns non-zero, and returns that.
 * `visit` must not change groups. 0 at the end, -ENOMEM. */
int bridge_groups_for_each(struct bridge *bridge, uint32_t id,
			   int (*visit)(const struct group_row *row, void *ctx), void *ctx);

/* Grows with every change of groups. */
uint64_t bridge_group_changes(const struct bridge *bridge);

/* ---- a group's earlier life (switch/restore.h) ---- */

struct group_past {
	struct ledger_row counted;
	uint64_t created_at;
	uint32_t n_buckets;
	const struct ledger_row *bucket; /* in their order */
};

void bridge_group_restore(struct bridge *bridge, uint32_t id, const struct group_past *past);
