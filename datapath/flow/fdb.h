#pragma once
/* The forwarding database of one bridge: {VLAN, MAC} -> port.
 *
 * Readers look up without locks, as base/rcu.h has it. Exactly one thread at a time writes; the
 * callers see to that. Removed entries are freed when enough have come together, so now and then a
 * writer waits for readers: writing is not for path/, and whoever waits for his turn to write is
 * offline meanwhile.
 *
 * Every change of where an address leads bumps the version counter of its bucket (flow/version.h),
 * so cached flows that rest on it, and only those, are decided anew. Seeing an address again where
 * it was changes nothing but the time, which readers may note themselves, at most once a second.
 *
 * Bounded and fair: when the table is full, a port that has its share of entries or more loses one
 * of its own longest unseen, else the port with the most does. Static entries do not age, move, or
 * make room.
 *
 * Time is clock_now()'s nanoseconds; ages are kept in seconds.
 */
#include <stdbool.h>
#include <stdint.h>

#include "flow/version.h"
#include "packet/header.h"

struct fdb;

struct fdb_config {
	uint32_t max_entries; /* at least 1 */
	uint32_t aging_s;     /* 0: never */
};

struct fdb_entry_info {
	struct eth_addr mac;
	uint16_t vlan;
	uint16_t port; /* switch-wide number */
	bool is_static;
	uint32_t age_s; /* since it was last seen */
};

/* Each has one writer at a time; any thread reads with counter_get(). */
struct fdb_counters {
	uint64_t n_learned, n_expired, n_moved, n_evicted;
	uint64_t n_entries, n_static;
};

/* ---- readers (and whoever keeps the writers out) ---- */

/* The port an address leads to, PORT_ID_NONE if it is unknown. Notes in `deps` (NULL: do not)
 * what the answer rests on. `vlan`: 0 to 4095. */
uint16_t fdb_lookup(const struct fdb *fdb, uint16_t vlan, struct eth_addr mac,
		    struct version_deps *deps);

/* True if the address is known on this very port (or static, wherever): notes that it was seen.
 * False: fdb_learn() has something to do. Notes in `deps` (NULL: do not) what that rests on, so that
 * a cached flow whose source address moves is decided anew. */
bool fdb_refresh(struct fdb *fdb, uint16_t vlan, struct eth_addr mac, uint16_t port, uint64_t now,
		 struct version_deps *deps);

/* Calls `visit` for every entry, in no particular order, until it returns non-zero; returns that
 * or 0. */
int fdb_visit(const struct fdb *fdb, uint64_t now,
	      int (*visit)(void *ctx, const struct fdb_entry_info *entry), void *ctx);

/* ---- the writer ---- */

/* 0, -EINVAL, -ENOMEM. `versions` is borrowed, shared by all bridges of a switch. */
int fdb_new(struct fdb **out, const struct fdb_config *config, struct versions *versions);
/* Waits for readers. Call it when no reader can find the table any more. */
void fdb_free(struct fdb **fdb);

/* A smaller table evicts at once. -EINVAL: no entries, or fewer than there are static ones. */
int fdb_set_config(struct fdb *fdb, const struct fdb_config *config);

enum fdb_result {
	FDB_KNOWN, /* nothing new: seen again, or static */
	FDB_LEARNED,
	FDB_MOVED,   /* from another port */
	FDB_REFUSED, /* multicast, or no room: every entry is static */
};

/* Learns that `mac` is behind `port`. */
enum fdb_result fdb_learn(struct fdb *fdb, uint16_t vlan, struct eth_addr mac, uint16_t port,
			  uint64_t now);

/* A static entry; replaces a learned one. 0, -EINVAL: multicast or zero port, -ENOSPC, -ENOMEM. */
int fdb_add_static(struct fdb *fdb, uint16_t vlan, struct eth_addr mac, uint16_t port,
		   uint64_t now);
/* Learned or static. 0 or -ENOENT. */
int fdb_del(struct fdb *fdb, uint16_t vlan, struct eth_addr mac);

/* Removes what was learned on `port` (PORT_ID_NONE: on all); static entries too if
 * `with_static` (the port goes away). Returns how many. */
uint32_t fdb_flush(struct fdb *fdb, uint16_t port, bool with_static);

/* Looks at the next `budget` entries and removes those not seen for longer than the ageing time.
 * Returns how many. */
uint32_t fdb_sweep(struct fdb *fdb, uint64_t now, uint32_t budget);

/* Any thread, while the table lives. */
void fdb_counters_read(const struct fdb *fdb, struct fdb_counters *out);
