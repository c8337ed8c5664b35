#pragma once
/* A port: a device (or nothing, for tests) that packets enter and leave by.
 *
 * port/ owns devices, programs and sockets, and keeps them true to the configuration: a port whose
 * device is absent waits, says why, and comes back by itself with the same number. It knows
 * nothing of bridges. Everything here runs in the control thread; workers see only the queues
 * (port/queue.h), which port/ hands to them through `struct port_host`.
 *
 * States:   waiting -> attached -> waiting -> ...   (status.error says why it waits)
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <linux/if.h>

#include "../bpf/abi.h"
#include "packet/header.h"

struct err;
struct event_base;
struct frame_pool;
struct pins;
struct rxq;
struct txq;
struct port;
struct port_queue;
struct port_table;
struct qos_config;

enum port_hook { HOOK_AUTO, HOOK_XDP, HOOK_SKB };

/* What the user asked for. */
struct port_config {
	char name[IFNAMSIZ]; /* the device; for internal ports the host's end */
	enum port_type { PORT_SYSTEM, PORT_INTERNAL, PORT_FAKE } type;
	enum port_hook hook;  /* auto: native XDP on real cards, skb on everything virtual */
	bool zerocopy;        /* try zero-copy first */
	unsigned n_rxq;       /* share the rx queues among so many workers; 0: among all */
	uint32_t mtu_request; /* 0: leave */
	struct eth_addr mac;  /* internal ports: address to set; all zero: leave */
	/* What may come in, the rest is dropped. Rates 0: all; bursts 0: as Open vSwitch has them. */
	uint32_t police_kbps, police_kbits;
	uint32_t police_kpps, police_kpackets;
};

/* What became of it. Copied out by port_status(). */
struct port_status {
	bool is_attached;    /* packets flow */
	char error[256];     /* "" or what is wrong, for people */
	char note[256];      /* of an attached port: "" or what is less than was asked for */
	enum port_hook hook; /* of an attached port */
	char mode[24];       /* "skb", "xdp-copy", "xdp-zerocopy" */
	uint32_t ifindex;    /* 0: no device */
	uint32_t mtu;
	uint32_t send_max; /* bytes of a frame that a worker can send, whatever the MTU */
	struct eth_addr mac;
	bool is_admin_up;
	bool is_link_up;
	uint64_t link_speed; /* bit/s, 0: unknown */
	bool is_full_duplex;
	uint64_t n_link_resets;
	char driver[32];
	unsigned n_rxq; /* queues that workers receive from */
};

/* The floor above, as port/ sees it. Every function is called in the control thread. */
struct port_host {
	void *ctx;
	unsigned n_workers;
	/* The packet buffers of a worker. Borrowed; lives as long as the host. */
	struct frame_pool *(*pool)(void *ctx, unsigned worker);
	/* Hands a queue to a worker; it may be called by the worker before this returns.
	 * 0 or -errno (then nothing has happened). */
	int (*rxq_add)(void *ctx, unsigned worker, struct rxq *rxq);
	/* After this returns the worker does not touch the queue any more. */
	void (*rxq_del)(void *ctx, unsigned worker, struct rxq *rxq);
	/* Says how `worker` reaches `port`: by `txq` (NULL: not at all). After this returns the
	 * worker no longer uses the one that was set before. */
	void (*out_set)(void *ctx, unsigned worker, uint16_t port, struct txq *txq);
	/* Something in port_status() has changed. Not called from inside port_add/port_set. */
	void (*changed)(void *ctx, struct port *port);
};

/* The table makes the upcall device and the programs, or takes over what a daemon before us left under
 * the names in `pins` (borrowed), and watches devices (rtnetlink). Until port_table_settle() no packet
 * reaches a worker. Returns 0 or -errno with a text. */
int port_table_new(struct port_table **out, struct event_base *base, struct pins *pins,
		   const struct port_host *host, struct err *err);
/* Leaves every device as it was found, unless port_table_leave() was called. */
void port_table_free(struct port_table **table);

/* The number that a port of this name had when the last daemon ended; PORT_ID_NONE. */
uint16_t port_number_before(const struct port_table *table, const char *name);
/* Calls `visit` for each such number. Until port_table_settle(). */
void port_numbers_before(struct port_table *table, void (*visit)(void *ctx, uint16_t id),
			 void *ctx);
/* All ports that are to be have been added: packets that the kernel does not know come to the workers
 * from now on, and what an earlier daemon left and is no port's now goes. */
void port_table_settle(struct port_table *table);
/* From now on nothing is taken from the kernel any more: when the table is freed, programs and devices
 * stay and forward what they know. */
void port_table_leave(struct port_table *table);

struct port_remains {
	bool are_any;
	char run_dir[PATH_MAX]; /* where the daemon had its own; "": nobody knows */
};
/* Leaves every device as it was found before an instance that is no more. 0, also if there is nothing of it,
 * or -errno with a text; -EBUSY: it lives. */
int port_cleanup(const char *instance, struct port_remains *out, struct err *err);

/* Adds a port under the number `id` (1 to PORT_ID_MAX - 1, chosen by the caller, unused).
 * An absent device is no failure: the port waits. Returns 0 or -errno with a text (then there is
 * no port): -EINVAL wrong configuration, -EEXIST the device is a port already, -ENOMEM. */
int port_add(struct port_table *table, uint16_t id, const struct port_config *config,
	     struct port **out, struct err *err);
/* Changes a port's configuration; what can be kept running is. Same errors as port_add(). */
int port_set(struct port *port, const struct port_config *config, struct err *err);
/* Says what its packets share its device by (port/qos.h); what the device refuses, port_status() tells. 0 or
 * -errno with a text: -EINVAL there cannot be such queues, -ENOMEM. */
int port_qos_set(struct port *port, const struct qos_config *config, struct err *err);
/* What its device does by now; NULL: nothing. */
const struct qos_config *port_qos(const struct port *port);
/* Calls `visit` for each queue that packets of the port can choose, ascending by number, with what it sent. */
void port_queues(const struct port *port, void (*visit)(void *ctx, const struct port_queue *queue),
		 void *ctx);
/* Removes it and leaves the device as it was found. NULL-safe, sets *port to NULL. */
void port_del(struct port **port);

/* Lets its device go up or down, as an administrator would; the host's end of an internal port. 0,
 * -ENODEV: there is none, or another errno of rtnetlink. */
int port_set_up(struct port *port, bool is_up);

uint16_t port_id(const struct port *port);
const struct port_config *port_config(const struct port *port);
void port_status(const struct port *port, struct port_status *out);
struct port *port_by_id(const struct port_table *table, uint16_t id);        /* NULL: none */
struct port *port_by_name(const struct port_table *table, const char *name); /* NULL: none */

/* The device's and the sockets' own counters, for Interface.statistics. The switch's counters are
 * the workers' business. */
struct port_counters {
	uint64_t rx_packets, rx_bytes, rx_dropped, rx_errors;
	uint64_t tx_packets, tx_bytes, tx_dropped, tx_errors;
	/* XDP_STATISTICS, summed over the port's sockets (skb ports: of the upcall device) */
	uint64_t xsk_rx_dropped, xsk_rx_invalid, xsk_tx_invalid;
	uint64_t xsk_rx_ring_full, xsk_fill_empty, xsk_tx_empty;
};
/* What the kernel dropped, by reason, of packets from and to port `id`; PORT_ID_NONE: where no port
 * is known, as when the upcall device, which all skb ports share, was full. */
void port_drops(const struct port_table *table, uint16_t id, struct drop_counters *out);
/* Returns 0, -ENODEV if there is no device. */
int port_counters(const struct port *port, struct port_counters *out);
