#pragma once
/* The switch's own structs, for the files of this room and for tests that turn its wheels by hand.
 *
 * Threads: what no comment says otherwise of belongs to the control thread. The FDBs are written
 * under `fdb_lock` by the control thread and the revalidator, and read by everybody. The control
 * thread and the revalidator are registered with RCU, and offline unless they look at what it guards.
 */
#include <linux/if.h>
#include <pthread.h>
#include <stdint.h>

#include "base/hash.h"
#include "path/host.h"
#include "path/drop.h"
#include "port/port.h"
#include "switch/flows.h"
#include "switch/meter-rows.h"
#include "switch/meters.h"
#include "switch/port_ids.h"
#include "switch/vswitch.h"

struct bridge_mirrors;
struct bridge_orders;
struct bridge_view;
struct captures;
struct credit_book;
struct event;
struct fdb;
struct flow_mask;
struct flow_maps;
struct flow_tables;
struct frame_pool;
struct mask_table;
struct offload;
struct ofports;
struct packet_in_watcher;
struct packet_ins;
struct packet_outs;
struct pins;
struct port_fake;
struct revalidator;
struct snapshot;
struct taught;
struct worker;

#define WORKERS_MAX 64

struct vswitch {
	/* fixed after create */
	struct vswitch_options options;
	unsigned n_workers;
	struct worker *workers[WORKERS_MAX];
	struct frame_pool *pools[WORKERS_MAX];
	struct path_host path_host;
	struct port_host port_host;
	struct port_table *port_table; /* NULL: only fake ports */
	struct revalidator *revalidator;
	struct ledger *ledger; /* NULL: what flows count ends with the daemon */
	struct credit_book *credits;
	struct pins *pins;           /* NULL: only fake ports */
	struct flow_maps *flow_maps; /* NULL: the kernel has no flow cache */
	struct offload *offload;     /* NULL: it is to stay empty */
	struct packet_ins *packet_ins;
	struct captures *captures;
	struct packet_outs *packet_outs;
	/* control only */
	bool is_left;
	struct bridge *bridges; /* uthash by name */
	uint32_t n_bridges_made;
	uint64_t drops[N_DROP_REASONS]; /* that were counted here, of no port */
	struct bridge_port *ports[PORT_ID_MAX];
	struct port_ids ids;
	struct snapshot *spare; /* for the next change */
	struct mask_table *masks;
	struct event *ticker; /* NULL: tests turn it */
	struct event
		*expiry; /* of the next flow, if it comes before the next tick; NULL: the same */
	struct event *learner; /* the same */
	struct mailbox *learned_flows;
	struct meter_rows meter_rows;
	const struct flow_mask **adopted_masks; /* references, until it is settled */
	unsigned n_adopted_masks;
	/* published as path_host.view; control only, as a pointer */
	struct snapshot *snapshot;
	/* see flow/version.h; read by everybody. The flow maps' own, or ours */
	struct versions *versions;
	/* for the FDBs' contents, and for the list of bridges as the revalidator walks it */
	pthread_mutex_t fdb_lock;
};

/* What the revalidator has seen of addresses that move. */
struct fdb_watch {
	uint64_t n_moved;
	uint64_t seen_at, told_at; /* ns; 0: not yet */
};

struct bridge {
	struct vswitch *sw;
	uint32_t number; /* from 1; no other bridge has or had it */
	char name[IFNAMSIZ];
	struct bridge_config config;
	uint8_t frags;                 /* enum flow_frags */
	uint8_t miss;                  /* enum table_miss: what TABLE_MISS_DEFAULT stands for */
	bool is_controlled, stands_in; /* see flows.h */
	struct fdb *fdb;
	struct fdb_watch watch;
	struct flow_tables *tables;
	struct flow_watcher learn_watcher;
	struct taught *taught; /* see learn.c */
	struct ofports *ofports;
	struct bridge_mirrors *mirrors; /* NULL: never any */
	struct bridge_orders *orders;
	struct bridge_meters meters;
	struct bridge_port *ports_by_name; /* uthash */
	struct bridge_port **ports;        /* ascending by ofport */
	unsigned n_ports;
	struct bridge_view *view;  /* what sw->snapshot has of it; NULL: it never had a port */
	struct bridge_view *spare; /* for the next change */
	struct packet_in_watcher *packet_in_watchers;
	UT_hash_handle hh;
};

struct bridge_port {
	struct bridge *bridge;
	struct bridge_port_config config;
	uint16_t id;
	uint16_t ofport;
	uint64_t made_at; /* ns */
	uint8_t flags;    /* enum port_mod_flag, but for PORT_MOD_DOWN */
	bool is_live;     /* its device is up, and has a link */
	/* one of the two: */
	struct port *device;
	struct port_fake *fake;
	uint32_t max_len; /* longest frame that the device takes; 0: not known yet */
	struct port_counts counts_before; /* of earlier ports of the same number */
	uint64_t drops[N_DROP_REASONS];   /* that were counted here */
	UT_hash_handle hh;
};

/* Counts a packet that ended on this thread. `id`: switch-wide number of the port that is to blame; of none that is
 * there: the switch's. */
void port_drop_count(struct vswitch *sw, uint16_t id, enum drop_reason reason);

/* NULL: it has gone since. */
struct bridge *bridge_by_number(struct vswitch *sw, uint32_t number);

/* Around writing to FDBs, adding and removing bridges, and the revalidator's walk over them. Control
 * thread or revalidator, registered with RCU and offline; online in between. */
void fdb_write_begin(struct vswitch *sw);
void fdb_write_end(struct vswitch *sw);

/* All ports count from here on, from the same moment: what comes in by one has gone out by others. */
void ports_count_anew(struct vswitch *sw);
/* Its device is in another state: what rests on that follows. */
void bridge_port_changed(struct bridge_port *port);

/* The port's device, real or fake (device.c). Errors of port_add() and port_set(). */
int device_add(struct bridge_port *port, struct err *err);
int device_set(struct bridge_port *port, const struct port_config *config, struct err *err);
void device_del(struct bridge_port *port);
int device_qos_set(struct bridge_port *port, const struct qos_config *config, struct err *err);
const struct qos_config *device_qos(const struct bridge_port *port);
void device_queues(const struct bridge_port *port,
		   void (*visit)(void *ctx, const struct port_queue *queue), void *ctx);
void device_status(const struct bridge_port *port, struct port_status *out);
int device_counters(const struct bridge_port *port, struct port_counters *out);
/* What the kernel's programs dropped of its packets. */
void device_drops(const struct bridge_port *port, struct drop_counters *out);
/* Lets it go up or down, as an administrator would. 0, -ENODEV: there is none, or another errno of the
 * kernel. */
int device_set_up(struct bridge_port *port, bool is_up);
/* Asks the device whether it is alive, and tells the workers the longest frame that it takes by now. */
void device_refresh(struct bridge_port *port);
