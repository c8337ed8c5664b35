#pragma once
/* The inside of a bridge's groups, for the files of this room that change and read them. Control thread. */
#include "base/hash.h"
#include "switch/group.h"

struct flow_change;
struct rule;

/* What a rule's data points at. Lives from the change that makes it until no reader can see it. */
struct group_entry {
	struct group group;
	struct rule *rule;
};

/* A number that a group has, or that something sends to. */
struct group_slot {
	uint32_t id;
	struct group_entry *entry; /* NULL: there is none */
	uint32_t n_flows;          /* that send to it */
	uint32_t n_groups;         /* the same; or watch it */
	/* of the search for circles */
	uint8_t mark;
	unsigned height; /* groups of the longest chain from here */
	UT_hash_handle hh;
};

struct group_delta {
	uint32_t id;
	struct group_entry *old, *new; /* NULL: none */
	size_t mod;                    /* whose doing it was: its index in the change */
};

/* NULL: nobody ever spoke of it. */
struct group_slot *group_slot_find(const struct flow_tables *tables, uint32_t id);
/* Calls `visit` for the groups that a group sends to or watches. */
void group_for_each_next(const struct group_desc *desc, void (*visit)(void *ctx, uint32_t id),
			 void *ctx);
/* group_check.c: are all groups there that these actions send to? 0 or -ENXIO. */
int groups_are_there(const struct flow_tables *tables, const struct ofactions *actions,
		     struct err *err);
/* A flow with these actions came, or went. */
void groups_refer(struct flow_tables *tables, const struct ofactions *actions, int by);

/* ---- within a change (flow_change.h) ---- */

/* A group of this description, which is copied; what it counted `old` (which may be NULL) hands on: its buckets, too, if
 * `keeps_buckets`. NULL: no memory. */
struct group_entry *group_entry_new(const struct flow_change *change, const struct group_desc *desc,
				    const struct group_entry *old, bool keeps_buckets);
/* Puts `new` (NULL: none) under its number. Owns it, also if it fails. 0, -ENOSPC or -ENOMEM: then undo. */
int group_change_put(struct flow_change *change, uint32_t id, struct group_entry *new);
/* group_check.c: does all that was put fit together? 0, -ENXIO, -ELOOP or -EBUSY; *which: whose doing it is. */
int group_change_check(struct flow_change *change, size_t *which, struct err *err);
void group_change_undo(struct flow_change *change);
/* It is visible. */
void group_change_done(struct flow_change *change);

/* group_mod.c: what a group mod means. */
int group_mod_apply(struct flow_change *change, const struct group_mod *mod, struct err *err);

/* With the flow tables. No view may have them any more; waits for readers. */
void groups_free(struct flow_tables *tables);

/* ---- masks (flow_masks.c) ---- */

/* The bits of a group count from now on. 0 or -ENOMEM. */
int flow_masks_add_group(struct flow_tables *tables, const struct group_desc *desc);
void flow_masks_remove_group(struct flow_tables *tables, const struct group_desc *desc);

/* group_hash.c: what a select group takes the hash of, of packets of a class. False: no bits. */
bool group_hash_reads(const struct group_desc *desc, unsigned packet_class, struct flow_key *bits);
/* The same for every packet that agrees in these bits, in every daemon. Any thread. */
uint64_t group_hash(const struct group_desc *desc, const struct flow_key *key);
