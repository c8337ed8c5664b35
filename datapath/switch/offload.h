#pragma once
/* The kernel's flow cache, filled by what lasts in the workers' caches: what is offered goes in, what is
 * idle comes out, and what its entries count keeps learned addresses alive.
 *
 * An entry is what translation says of its masked key. When something changes, entries are translated
 * again (docs/flows.md): most say the same as before and just go on. So an entry never rests on what
 * a worker decided, and no packet is slower for a change that is none of its business.
 *
 * Whether an entry holds is decided packet by packet, by its stamp. Entries are written under one lock,
 * by the revalidator and, after a change, by the control thread. Counters of entries may be read by
 * anyone. */
#include <stdbool.h>
#include <stdint.h>

struct bridge_view;
struct clock;
struct credit_book;
struct flow_maps;
struct flow_mask;
struct flow_op;
struct kernel_key;
struct mailbox;
struct offload;
struct packet_key;
struct path_host;
struct path_learned;

/* `maps`, `host` (which need not be filled in yet), `book` and `clock` are borrowed. 0, -ENOMEM or an errno.
 * Control. */
int offload_new(struct offload **out, struct flow_maps *maps, const struct path_host *host,
		struct credit_book *book, const struct clock *clock);
void offload_free(struct offload **offload);

/* Where workers send struct path_offer. Borrowed. */
struct mailbox *offload_mailbox(const struct offload *offload);

/* So many entries, and so long without a packet (ns), from now on: what is above goes with the next sweep.
 * NULL-safe. Control. */
void offload_set_limits(struct offload *offload, uint32_t max_entries, uint64_t max_idle);
/* Takes in what was offered. Revalidator, registered with RCU and offline. */
void offload_receive(struct offload *offload);
/* Once a second: ages, and tells the FDB what is still in use. True: that was a stretch of it, and it is to be called
 * again, though not at once. Revalidator, as above. */
bool offload_sweep(struct offload *offload);
/* After a change, once a second at most: what becomes of packets that nobody knows while no daemon is there.
 * Revalidator, as above, or who does its work. */
void offload_standby(struct offload *offload);
/* Whether there is reason to. Any thread. */
bool offload_standby_is_due(const struct offload *offload);
/* After a change has been published, before it is confirmed: no entry says any more what held before.
 * NULL-safe. Control, registered with RCU and offline. */
void offload_renew(struct offload *offload);

/* Brings the tallies up to what entries have counted by now (flow/credit.h). NULL-safe. Control thread or
 * revalidator; takes the book's lock. */
void offload_harvest(struct offload *offload);

struct offload_stats {
	uint64_t n_entries; /* in the kernel now */
	uint64_t n_standby; /* there, too, for when no daemon is there */
	uint64_t n_full;    /* offers that found no room */
	uint64_t n_evicted; /* entries that gave way to another's */
};
/* Any thread. */
void offload_stats(const struct offload *offload, struct offload_stats *out);
/* Entries that were made for what has changed since, and are not renewed: no packet goes by them. Control,
 * offline; looks at all. */
uint32_t offload_count_stale(struct offload *offload);

/* An entry as it is now; times in ns. */
struct offload_entry {
	const struct kernel_key *key;
	const struct flow_op *ops;
	uint32_t n_ops; /* words included */
	uint64_t n_packets;
	uint64_t n_bytes;
	uint64_t age;
	uint64_t idle; /* since it was last seen to be in use: looked at once a second */
};
/* Calls `visit` for the entries among the next `budget` places from *cursor (start with 0) and moves it on.
 * True if there are more. Between calls entries may come and go. Control, or who holds no lock. */
bool offload_visit(struct offload *offload, uint32_t *cursor, uint32_t budget,
		   void (*visit)(void *ctx, const struct offload_entry *entry), void *ctx);

/* Whether the cache has all the entries that it may have, and none for packets that are looked up so. `key` is
 * masked. Control, or who holds no lock. */
bool offload_is_full_without(struct offload *offload, uint16_t mask, const struct packet_key *key);

/* Why the kernel cannot do this to packets that are looked up so: a text for people, static; NULL: it
 * can. `key` is masked. Any thread. */
const char *offload_refusal(const struct flow_mask *mask, const struct packet_key *key,
			    const struct flow_op *ops, uint32_t n_ops);

/* ---- what an earlier daemon left in the maps. Control ---- */

/* Makes the entries that hold ours. Before anything else, while the maps are held. */
void offload_adopt(struct offload *offload);
/* Calls `learned` for what the packets of those entries teach by the view that is published now.
 * Registered with RCU and online. */
void offload_learn(struct offload *offload,
		   void (*learned)(void *ctx, const struct path_learned *learned), void *ctx);
/* After the maps were released: translates all entries again, however many. Offline. */
void offload_confirm(struct offload *offload);

/* How the kernel looks packets of this view up; before it is published. Control. */
void offload_masks_write(struct flow_maps *maps, const struct bridge_view *view);
/* From now on it does so; after the view is published and counted. `old` or `view` may be NULL. */
void offload_ports_write(struct flow_maps *maps, const struct bridge_view *old,
			 const struct bridge_view *view);
