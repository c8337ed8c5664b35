#pragma once
/* Standing orders of a bridge: what a person says in a hurry. "Drop all from 10.0.0.7, for ten minutes."
 * "Show me what goes to port 443, at span0."
 *
 * An order is looked at before any flow table, on the packet as it was received by a port:
 *
 * - A drop order ends it. Nothing leaves, not even a copy for a mirror; the packet counts for the eldest
 *   drop order that matches, and as DROP_BY_ORDER.
 * - A mirror order sends a copy as received, and the packet goes on as if there were no order. Of several
 *   orders, mirrors of the database and mirror actions of flows with one destination, a packet goes there
 *   once. It does not go back by the port that it came by. All mirror orders that match count it.
 *
 * - A capture hands a copy as received to whoever captures, also of what an order drops. Its packets come up
 *   to the daemon, where all else is done with them, too.
 *
 * Orders are no flows: no dump shows them, no flow mod and no change of fail_mode touches them. They mask
 * and are cached as flows are, on both floors, and a change of them that has returned holds for every packet
 * that arrives afterwards (docs/flows.md). They end by their lifetime, to the second, or with the bridge. A
 * port that a mirror order names may come and go.
 *
 * Control thread, where nothing else is said.
 */
#include <linux/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "flow/ledger.h"
#include "flow/match.h"

struct bridge;
struct bridge_orders;
struct capture_taker;
struct classifier;
struct err;
struct rule;
struct tally;

#define ORDERS_MAX       1024 /* of a bridge */
#define ORDER_PLACES_MAX 32   /* that the mirror orders of a bridge send to */
#define ORDER_NAME_SIZE  32
#define CAPTURES_MAX     8 /* of a bridge at a time */

enum order_kind { ORDER_DROP, ORDER_MIRROR, ORDER_CAPTURE };

/* What an order did in the life of an earlier daemon. Times are clock_now()'s. */
struct order_past {
	struct ledger_row counted;
	uint64_t created_at, ends_at; /* UINT64_MAX: it does not */
};

struct order_config {
	const char *name; /* NULL: one is made, "drop1" */
	enum order_kind kind;
	struct match match; /* in_port: the OpenFlow number */
	/* ORDER_MIRROR: one of the two */
	const char *port; /* of the bridge, by name; NULL: none */
	uint16_t vlan;    /* 0: none */
	/* ORDER_CAPTURE: who, until it is gone; bytes of a packet at most, 0: all */
	struct capture_taker *taker;
	uint16_t snaplen;
	uint64_t lifetime; /* clock ns; 0: until it is undone */
	/* NULL: it begins now. Else its lifetime does not count, and its port need not be there */
	const struct order_past *past;
};

/* *name (which may be NULL): what it is called; valid while it is there. 0, -EINVAL: see err; -EEXIST: there
 * is one of that name; -ENOSPC: too many orders, places or masks; -ENOMEM. */
int bridge_order_add(struct bridge *bridge, const struct order_config *config, const char **name,
		     struct err *err);
/* Undoes all of them, at once, or none. 0, -ENOENT: there is none of that name; -ENOMEM. */
int bridge_orders_del(struct bridge *bridge, const char *const *names, size_t n, struct err *err);

/* The name of the bridge's port that `text` means, by name or OpenFlow number; borrowed. 0, or -EINVAL. */
int order_port_find(struct bridge *bridge, const char *text, const char **name, struct err *err);

struct order_row {
	const char *name;
	uint32_t number; /* unique on its bridge; the elder, the lower */
	enum order_kind kind;
	const struct match *match;
	const char *port; /* NULL: none */
	uint16_t vlan;    /* 0: none */
	uint64_t n_packets, n_bytes;
	uint64_t age;           /* ns */
	uint64_t left;          /* ns of its lifetime; UINT64_MAX: it has no end */
	struct order_past past; /* the same, for who is to begin it again */
};

/* But for captures, which are their clients' own. The eldest first, with exact counters, until `visit` returns non-zero; returns that. */
int bridge_orders_for_each(struct bridge *bridge,
			   int (*visit)(const struct order_row *row, void *ctx), void *ctx);
unsigned bridge_n_orders(const struct bridge *bridge);

enum order_event { ORDER_ADDED, ORDER_ENDED };

/* Embedded by whoever watches; called in the control thread, after the change holds, and must not change
 * orders. Not told: captures, and what ends with its bridge. */
struct order_watcher {
	/* Counters of an order that ended are exact; `left` is 0 if its time was over. */
	void (*seen)(struct order_watcher *watcher, struct bridge *bridge, enum order_event event,
		     const struct order_row *row);
	/* Asked before orders end: is it worth it? */
	bool (*wants)(struct order_watcher *watcher);
	struct order_watcher *next; /* the list's */
};
void bridge_order_watch(struct bridge *bridge, struct order_watcher *watcher);
void bridge_order_unwatch(struct bridge *bridge, struct order_watcher *watcher);

/* The orders that a packet meets; in_port: the OpenFlow number. */
void bridge_orders_hit(struct bridge *bridge, const struct flow_key *key,
		       void (*visit)(void *ctx, const char *name), void *ctx);

/* ---- for this room ---- */

struct order {
	/* fixed after create */
	char name[ORDER_NAME_SIZE];
	enum order_kind kind;
	struct match match;
	char port[IFNAMSIZ]; /* "": none */
	uint16_t vlan;
	uint16_t snaplen;
	uint32_t number; /* unique on its bridge; the elder, the lower */
	uint64_t created_at, ends_at;
	struct tally *tally;
	/* atomic: switch-wide number of `port`; PORT_ID_NONE: it is not there. Written before the snapshot
	 * that has it so is published */
	uint16_t port_id;
	/* control only */
	struct rule *rule;
	bool is_going;
	struct capture_taker *taker; /* NULL: it is no capture */
	UT_hash_handle hh;           /* by name; in the order of their age */
};

/* Drops are looked up by priority: the eldest wins. All others are visited. */
enum { ORDER_DROPS, ORDER_COPIES, N_ORDER_CLASSIFIERS };

struct bridge_orders {
	struct classifier
		*of_kind[N_ORDER_CLASSIFIERS]; /* RCU: published once; NULL: never needed */
	/* control only */
	struct order *by_name; /* uthash */
	struct order_watcher *watchers;
	uint32_t last_number;
};

int bridge_orders_new(struct bridge *bridge);
/* NULL-safe. No view may have them any more; waits for readers. */
void bridge_orders_free(struct bridge_orders **orders);
/* The ports are what they are now. Before a view of them is published. */
void bridge_orders_follow(struct bridge *bridge);
/* Who captures is going, and is not called any more; its order ends. */
void bridge_capture_drop(struct bridge *bridge, const struct capture_taker *taker);
/* Who captures by the order of that number; NULL: it is gone, or no capture. */
struct capture_taker *bridge_order_taker(struct bridge *bridge, uint32_t number);
/* Once a second: ends those whose time is over, frees what nobody reads. Offline. */
void bridge_orders_tick(struct bridge *bridge, uint64_t now);

/* order_read.c: who watches is told; nobody is told of captures. */
void order_tell(struct bridge *bridge, enum order_event event, const struct order *order);
bool orders_are_watched(const struct bridge *bridge);

/* order_check.c: would bridge_order_add() take it, as far as it can be told? Errors as there. */
int order_check(struct bridge *bridge, const struct order_config *config, struct err *err);

/* Readers: any thread, under RCU. The drop order that a packet meets; NULL: none. */
const struct order *orders_drop(const struct bridge_orders *orders, uint64_t version,
				const struct flow_key *key);
/* All other orders that it meets, in no order. */
void orders_for_each_copy(const struct bridge_orders *orders, uint64_t version,
			  const struct flow_key *key,
			  void (*visit)(const struct order *order, void *ctx), void *ctx);
