#pragma once
/* What the files of port/ share: the table, a port from the inside, and what a hook can do.
 *
 * Control thread only.
 */
#include "base/hash.h"
#include "port/bpf_programs.h"
#include "port/port.h"
#include "port/upcall.h"

struct event;
struct link_client;
struct number_before;
struct link_info;
struct notes;
struct pins;
struct port_qos;
struct qdiscs;
struct umem;
struct xdp_watch;
struct xsk;

struct port_table {
	/* fixed after create */
	const struct port_host *host;
	struct pins *pins;
	struct notes *notes;
	const char *instance;
	struct link_client *links;
	struct qdiscs *qdiscs;
	struct upcall *upcall;
	struct bpf_programs *programs;
	char upcall_error[200]; /* why there is no upcall device; "": it is there */
	struct umem **umems;    /* by worker */
	bool has_pieces;        /* see xsk_has_pieces() */
	struct xdp_watch *xdp_watch;
	struct event *retry; /* ticks while a port waits for more than an event */
	/* control only */
	bool is_settled; /* what an earlier daemon left has been taken over or has gone */
	bool is_left;    /* what is in the kernel stays there */
	struct number_before *before; /* uthash: ports of an earlier daemon */
	uint32_t *stale;              /* devices to be deleted */
	unsigned n_stale;
	struct port *by_id[PORT_ID_MAX];
	struct port *by_name;    /* uthash */
	struct port *by_device;  /* uthash */
	struct port *by_ifindex; /* uthash: those whose device is there */
	uint64_t xsk_slots[XSK_SLOTS / PORT_MAX_QUEUES / 64]; /* taken stretches of `xsks` */
};

/* An xdp port's sockets. */
struct port_sockets {
	unsigned n;         /* sockets: one on each rx queue, up to PORT_MAX_QUEUES */
	unsigned n_workers; /* that share them: queue q is worker q mod n_workers' */
	uint32_t xsk_base;
	struct xsk *xsks[PORT_MAX_QUEUES];
	unsigned workers[PORT_MAX_QUEUES]; /* by queue */
	struct umem **own_umems;           /* by worker; NULL where the worker's is shared */
	bool has_pieces;                   /* of own_umems */
};

struct port {
	/* fixed after create */
	struct port_table *table;
	uint16_t id;
	char device[IFNAMSIZ]; /* what programs are attached to: for internal ports the switch's end
				*/
	/* control only */
	struct port_config config;
	struct port_status status;
	uint32_t ifindex; /* of device; 0: it is not there */
	uint32_t master;  /* ifindex of a bridge or bond that the device belongs to; 0: none */
	char master_error[128]; /* "": it belongs to none */
	char mtu_error[96];     /* why mtu_request could not be done; "": it is done */
	char mac_error[96];     /* the same of the address */
	bool is_host_away;      /* one of these is because the host's end is out of reach */
	uint32_t mtu_found;     /* the device's MTU before mtu_request was applied; 0: it was not */
	bool is_promisc_ours;   /* the device was not promiscuous before */
	bool is_qdisc_ours;     /* the one at its root: all that leaves it goes by that */
	struct port_qos *qos;   /* what was asked for; NULL: nothing */
	char qos_error[200];    /* why that could not be done; "": it is done */
	uint32_t foreign_xdp;   /* program that was there when XDP was refused; 0: none was */
	bool is_queue_busy; /* another's AF_XDP socket kept us from XDP; it may be about to go */
	unsigned n_busy_retries;
	unsigned n_rx, n_tx; /* queues of the device when XDP was tried last; n_rx 0: it was not */
	bool must_retry;     /* the device is there, but attaching to it failed */
	struct port_entry entry; /* by which programs know its device, if it is attached */
	struct attachment attachment;
	struct attachment tc_attachment; /* of an xdp port: for what XDP passes up */
	uint64_t n_upcall_full;          /* dropped for want of room by sockets that are closed */
	struct port_sockets *sockets;    /* NULL: not attached as xdp port */
	bool is_reachable;               /* workers have been told how to send to it */
	bool is_by_upcall;               /* by the upcall device, whatever sockets there are */
	UT_hash_handle hh_name, hh_device, hh_ifindex;
};

/* Each attaches the port to its device, or fails with nothing done and a text. */
int port_skb_attach(struct port *port, const struct link_info *info, struct err *err);
void port_skb_detach(struct port *port);
int port_xsk_attach(struct port *port, const struct link_info *info, struct err *err);
void port_xsk_detach(struct port *port);
/* Ports with a larger MTU are skb ports. */
uint32_t port_xsk_mtu_max(const struct port *port);
/* True: its sockets are bound for packets in one buffer, and there can be longer ones now. */
bool port_xsk_is_too_narrow(const struct port *port, uint32_t mtu);
/* The txq of the worker's own socket; NULL: it has none on this device. */
struct txq *port_xsk_txq(const struct port *port, unsigned worker);
/* What its sockets are bound as: in the other mode the kernel copies. */
bool port_xsk_is_zerocopy(const struct port *port);
void port_xsk_counters_add(const struct port *port, struct port_counters *counters);
/* What its sockets had no room for. */
uint64_t port_xsk_n_full(const struct port *port);
/* True if the kernel has taken a socket from its device. */
bool port_xsk_is_dead(const struct port *port);

/* The next daemon is told of the port; what an earlier one told of it, if its device is the same. */
void port_note_write(const struct port *port);
void port_note_read(struct port *port);
/* See adopt.c. */
void port_numbers_read(struct port_table *table);
void port_numbers_forget(struct port_table *table);
void port_stale_devices_del(struct port_table *table);
void port_stale_programs_drop(struct port_table *table);

/* By what the programs know the port's device, and what may come in by it (police.c). */
int port_entry_set(struct port *port, const struct port_entry *entry);
void port_police(struct port *port, const struct port_config *old);
/* What the kernel sends to the port's device. */
int port_output_update(struct port *port, const struct link_info *info);
/* What workers send: to an attached port whose device is up and has carrier. Where there is none
 * they drop at once, and no socket's ring fills with packets that would go out when it is back. */
void port_reach(struct port *port, bool is_up);
