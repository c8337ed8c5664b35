#pragma once
/* The switch as the outside drives it: bridges, their ports, what they learned and counted.
 *
 * Everything that changes the switch (the configuration database, JSON-RPC methods, netlink,
 * OpenFlow) calls these functions, all in the control thread. Each call either does all of what it
 * says or nothing, and returns 0 or -errno with a text for people. What is changed here holds for
 * every packet that a worker receives after the call has returned.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../bpf/abi.h"
#include "packet/header.h"
#include "path/drop.h"
#include "port/port.h"

struct bridge;
struct bridge_port;
struct clock;
struct err;
struct event_base;
struct port_queue;
struct qos_config;
struct vswitch;

#define VLAN_MAX  4095
#define VLAN_NONE 0xffff /* where a VLAN id is optional */

struct vlan_bitmap {
	uint64_t bits[64]; /* VLAN v: bits[v / 64] >> (v % 64) & 1 */
};

/* ---- the switch ---- */

struct vswitch_options {
	const char *instance; /* see port_table_new() */
	const char *run_dir;  /* see pins_home_set(); NULL: none */
	unsigned n_workers;   /* 0: one on machines with two cores or fewer, else min(4, half) */
	const struct clock *clock;
	const char *ledger;      /* file, for what flows count; NULL: none */
	bool no_devices;         /* tests, --disable-bpf: only fake ports, no port table is made */
	uint32_t n_kernel_flows; /* entries of the kernel's flow cache; 0: KERNEL_FLOWS_DEFAULT */
	bool no_fast_path;       /* it stays empty */
	bool no_threads;         /* tests: the caller turns the workers by worker_turn() */
	/* Called in the control thread when a port's status changed or a counter is worth a look. */
	void (*changed)(void *ctx, struct bridge_port *port);
	void *ctx;
};

/* `base` is the control thread's; NULL in tests. */
int vswitch_new(struct vswitch **out, const struct vswitch_options *options,
		struct event_base *base, struct err *err);
/* Stops the workers, removes every port, leaves every device as it was found; after vswitch_leave(): lets
 * go of everything as it is. */
void vswitch_free(struct vswitch **sw);
/* The switch is for the first time what it is to be: takes over the entries that the kernel had from an
 * earlier daemon, as far as they still hold, and lets packets come that it does not know. Once. */
void vswitch_settle(struct vswitch *sw);
/* False: it can only be taken down altogether. */
bool vswitch_can_leave(const struct vswitch *sw);
/* From now on whatever is taken down is taken down here only: the kernel goes on with what it knows. */
void vswitch_leave(struct vswitch *sw);
unsigned vswitch_n_workers(const struct vswitch *sw);
/* What is done once a second, of flows: the event loop calls it, and tests that have none. Control. */
void vswitch_tick(struct vswitch *sw);

/* ---- bridges ---- */

enum fail_mode { FAIL_STANDALONE, FAIL_SECURE };

struct bridge_config {
	enum fail_mode fail_mode;
	uint32_t mac_table_size; /* default BRIDGE_MAC_TABLE_SIZE */
	uint32_t mac_aging_s;    /* default BRIDGE_MAC_AGING_S */
	bool forward_bpdu;       /* forward 01:80:c2:00:00:0x too */
};

#define BRIDGE_MAC_TABLE_SIZE 8192
#define BRIDGE_MAC_AGING_S    300

/* -EEXIST: there is one of that name. -EINVAL: not a name for a bridge. */
int bridge_add(struct vswitch *sw, const char *name, const struct bridge_config *config,
	       struct bridge **out, struct err *err);
int bridge_set(struct bridge *bridge, const struct bridge_config *config, struct err *err);
/* Removes it with all its ports. Sets *bridge to NULL. */
void bridge_del(struct bridge **bridge);
struct bridge *bridge_lookup(struct vswitch *sw, const char *name); /* NULL: none */
const char *bridge_name(const struct bridge *bridge);
/* Calls `visit` for each bridge in the order they were added until one returns non-zero, and
 * returns that (0 at the end). */
int vswitch_for_each_bridge(struct vswitch *sw, int (*visit)(struct bridge *, void *ctx),
			    void *ctx);

/* ---- ports of a bridge (one per Interface row; bonds come later) ---- */

enum vlan_mode { VLAN_TRUNK, VLAN_ACCESS, VLAN_NATIVE_TAGGED, VLAN_NATIVE_UNTAGGED };

enum priority_tags { PRIORITY_TAGS_NEVER, PRIORITY_TAGS_IF_NONZERO, PRIORITY_TAGS_ALWAYS };

struct bridge_port_config {
	struct port_config port;
	uint16_t ofport_request; /* 0: the switch chooses */
	enum vlan_mode vlan_mode;
	uint16_t tag;              /* VLAN_NONE: none (then it is a trunk) */
	struct vlan_bitmap trunks; /* empty: all VLANs */
	enum priority_tags priority_tags;
	bool is_protected; /* no traffic between two protected ports */
};

int bridge_port_add(struct bridge *bridge, const struct bridge_port_config *config,
		    struct bridge_port **out, struct err *err);
int bridge_port_set(struct bridge_port *port, const struct bridge_port_config *config,
		    struct err *err);
void bridge_port_del(struct bridge_port **port);
struct bridge_port *bridge_port_lookup(struct bridge *bridge, const char *name);
/* Calls `visit` for each port in ascending order of ofport until one returns non-zero, and returns
 * that (0 at the end). */
int bridge_for_each_port(struct bridge *bridge, int (*visit)(struct bridge_port *, void *ctx),
			 void *ctx);

struct bridge_port_status {
	uint16_t id;     /* switch-wide number */
	uint16_t ofport; /* 1 to 65279; the internal port named like the bridge: 65534 */
	uint64_t age;    /* ns since it was made */
	struct port_status port;
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes; /* what the workers counted */
	uint64_t drops[N_DROP_REASONS];                      /* workers and kernel programs */
};
/* What was dropped where no port is known, of all bridges. */
void vswitch_drops(const struct vswitch *sw, uint64_t drops[N_DROP_REASONS]);
const char *bridge_port_name(const struct bridge_port *port);
bool bridge_port_is_internal(const struct bridge_port *port);
struct bridge *bridge_port_bridge(const struct bridge_port *port);
/* By switch-wide number. NULL: none has it. */
struct bridge_port *vswitch_port(const struct vswitch *sw, uint16_t id);
void bridge_port_status(const struct bridge_port *port, struct bridge_port_status *out);
/* What its packets share its device by: errors of port_qos_set(). */
int bridge_port_qos_set(struct bridge_port *port, const struct qos_config *config, struct err *err);
/* What its device does of that; NULL: nothing. */
const struct qos_config *bridge_port_qos(const struct bridge_port *port);
/* Its queues, ascending by number: see port_queues(). */
void bridge_port_queues(const struct bridge_port *port,
			void (*visit)(void *ctx, const struct port_queue *queue), void *ctx);
/* The devices' and sockets' counters: see port_counters(). */
int bridge_port_counters(const struct bridge_port *port, struct port_counters *out);

/* ---- what a bridge learned ---- */

struct fdb_row {
	struct eth_addr mac;
	uint16_t vlan; /* 0: untagged */
	uint16_t port; /* switch-wide number */
	uint16_t ofport;
	const char *port_name;
	bool is_static;
	uint32_t age_s; /* since it was last seen; 0 for static ones */
};
int bridge_fdb_for_each(struct bridge *bridge, int (*visit)(const struct fdb_row *, void *ctx),
			void *ctx);
/* A static entry: does not age, does not move. -ENOSPC: table full. -EINVAL: multicast, no port. */
int bridge_fdb_add(struct bridge *bridge, struct eth_addr mac, uint16_t vlan, const char *port,
		   struct err *err);
/* -ENOENT: not there. */
int bridge_fdb_del(struct bridge *bridge, struct eth_addr mac, uint16_t vlan, struct err *err);
/* Forgets what was learned (not static entries), on one port or all (NULL). Returns how many. */
unsigned bridge_fdb_flush(struct bridge *bridge, const char *port);

struct fdb_stats {
	uint32_t n_entries, n_static, max_entries;
	uint64_t n_learned, n_expired, n_moved, n_evicted;
};
void bridge_fdb_stats(struct bridge *bridge, struct fdb_stats *out);

/* ---- the flow cache ---- */

struct vswitch_config {
	uint32_t max_idle_ms; /* a cached flow goes when no packet of it has come for so long */
	uint32_t flow_limit; /* flows in each cache: of a worker (one at least), and the kernel's */
};
#define VSWITCH_MAX_IDLE_MS 10000
#define VSWITCH_FLOW_LIMIT  (1 << 20) /* there is no memory for more */

/* Holds at once; what is above the new limits goes within seconds. */
void vswitch_set(struct vswitch *sw, const struct vswitch_config *config);
/* How many packets a second each port may send to controllers; PACKET_IN_RATE (path/packet_in.h) at least. Control. */
void vswitch_packet_in_rate(struct vswitch *sw, uint32_t rate);

struct cache_stats {
	uint64_t n_hit, n_miss, n_stale, n_evicted, n_expired, n_full;
	uint32_t n_entries, n_masks;
	/* the kernel's */
	uint64_t n_kernel_packets; /* forwarded without the daemon */
	uint64_t n_kernel_full;
	uint32_t n_kernel_entries, n_kernel_stale, n_kernel_standby;
};
void vswitch_cache_stats(const struct vswitch *sw, struct cache_stats *out);
