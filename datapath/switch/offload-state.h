#pragma once
/* What the files of switch/offload.h share. Under its lock, unless said otherwise. */
#include <pthread.h>

#include "flow/key.h"
#include "flow/mask.h"
#include "path/host.h"
#include "path/learn.h"
#include "port/flow_maps.h"
#include "switch/offload-ops.h"
#include "switch/offload-places.h"
#include "switch/offload.h"

#define OFFLOAD_BATCH 256 /* entries or offers between two rests */

struct offload {
	/* fixed after create */
	struct flow_maps *maps;
	const struct path_host *host;
	struct credit_book *book;
	const struct clock *clock;
	struct mailbox *mailbox;
	pthread_mutex_t lock;
	/* atomic: all entries are stale, and to be translated again */
	bool is_renewal_due;
	bool is_standby_due; /* the same of those that stand by, and there may be new ones */
	/* under the lock */
	uint64_t now;      /* when it was taken */
	uint64_t max_idle; /* ns */
	struct places places;
	struct op_lists *lists;
	uint64_t budget; /* entries that may be renewed before a change is confirmed */
	uint64_t budget_at;
	struct translation translation; /* scratch */
	uint64_t confirmed_at;          /* 0: no stretches of an earlier daemon's are reserved */
	struct learn_memory learned;
	/* revalidator only */
	uint32_t sweep_at; /* places up to this one were looked at this time */
	/* counters: written under the lock */
	struct offload_stats stats;
};

/* A kernel entry's key, spread out. */
struct masked {
	const struct flow_mask *mask;
	uint8_t packet_class; /* or CLASS_STANDBY */
	struct flow_key key;
};

static inline bool offload_is_port(uint16_t port)
{
	return port != PORT_ID_NONE && port < PORT_ID_MAX;
}

/* All that is done to entries is done at one time, which is told after that of whoever had the lock before. */
void offload_lock(struct offload *offload);
/* The same, and may look at what RCU guards, and write entries. Nobody who holds the lock waits for readers.
 * Registered with RCU and offline. */
void offload_begin(struct offload *offload);
void offload_end(struct offload *offload);

/* NULL: nobody wants packets of this port any more. */
const struct flow_mask *offload_mask_for(const struct path_view *view, uint16_t in_port,
					 uint8_t packet_class);
/* An entry's key under its mask, which may be NULL. */
void offload_masked_of(const struct offload *offload, uint32_t i, const struct flow_mask *mask,
		       struct masked *out);
/* Makes an entry for such packets, or renews the one that is there. */
void offload_take(struct offload *offload, const struct packet_key *packet);
/* Translates again what is stale among the places of this state, a batch at a time: others need not wait for all
 * of it. Takes the lock. */
void offload_renew_stale(struct offload *offload, enum place_state state);

/* False: the kernel is not to do it. Otherwise the ops are in offload->translation. */
bool offload_decide(struct offload *offload, const struct path_view *view,
		    const struct masked *masked);

/* What XDP does for these ops: as in struct kernel_flow. */
uint16_t offload_xdp_port(const struct offload *offload, const struct flow_op *ops, uint32_t n_ops);

const struct flow_op *offload_ops_of(const struct offload *offload, uint32_t i);

/* Nobody finds it any more; its place rests. */
void offload_entry_remove(struct offload *offload, uint32_t i);
/* Translates it again. */
void offload_entry_renew(struct offload *offload, uint32_t i);
/* Gives what has been counted since it was looked at to those whose packets they are. True if there was anything. */
bool offload_entry_count(struct offload *offload, uint32_t i);
/* Makes places free that have rested: no program counts there any more. */
void offload_ripen(struct offload *offload);
/* Knows where entries are. */
struct slot_listener offload_slot_listener(struct offload *offload);

bool offload_is_fresh(const struct offload *offload, uint32_t i);
void offload_renew_all(struct offload *offload, enum place_state state);

/* False: all of what was counted there is seen. */
bool offload_count_read(const struct offload *offload, uint32_t i, struct kernel_count *count);
/* An earlier daemon's place: what was counted there while nobody looked belongs to whom its packets would
 * be counted for now, which has just been decided. */
void offload_count_settle(struct offload *offload, uint32_t i);
/* Whoever has found it counts on there, for them. */
void offload_past_keep(struct offload *offload, uint32_t i);
/* Both, where the entry is none any more, or of another mask than its packets have now: decides by what is known of
 * its key. */
void offload_past_settle(struct offload *offload, uint32_t i, const struct flow_mask *mask);
