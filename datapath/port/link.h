#pragma once
/* Network devices of our namespace, over rtnetlink and ethtool.
 *
 * Requests are answered before the call returns (the kernel answers rtnetlink at once); changes
 * that others make arrive at the watcher. Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <linux/if.h>

#include "packet/header.h"

struct event_base;
struct link_client;

struct link_info {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	char kind[16]; /* "veth", "tun", ...; "" for a card */
	char alias[64];
	uint32_t mtu, mtu_max; /* mtu_max 0: the driver does not say */
	struct eth_addr mac;
	bool is_ethernet; /* has Ethernet headers; not loopback */
	bool is_admin_up;
	bool has_carrier;
	bool is_promisc;       /* somebody has made it promiscuous: IFF_PROMISC */
	uint32_t peer;         /* ifindex of the device below or at the other end; 0: none here */
	uint32_t master;       /* ifindex of the bridge or bond that it belongs to; 0: none */
	unsigned n_rxq, n_txq; /* made, not necessarily in use */
	uint32_t xdp_prog_id;  /* of an XDP program on it; 0: none */
};

/* Packets can go out. */
static inline bool link_is_up(const struct link_info *info)
{
	return info->is_admin_up && info->has_carrier;
}

/* A card, as opposed to a device that somebody made by rtnetlink. */
static inline bool link_is_card(const struct link_info *info)
{
	return !info->kind[0];
}

/* Takes packets for any address, always. */
static inline bool link_is_open(const struct link_info *info)
{
	return !strcmp(info->kind, "veth") || !strcmp(info->kind, "tun");
}

enum link_event {
	LINK_CHANGED, /* new, or anything about it is different */
	LINK_GONE,    /* deleted, or moved to another namespace */
	LINK_RESYNC,  /* messages were lost: look at everything again; there is no info */
};

typedef void link_watch_fn(void *ctx, enum link_event event, const struct link_info *info);

/* Opens a client, without a watcher yet. 0 or -errno. */
int link_client_new(struct link_client **out);
void link_client_free(struct link_client **client);
/* Calls `watch` from the event loop for every change of any device. 0 or -errno. */
int link_client_watch(struct link_client *client, struct event_base *base, link_watch_fn *watch,
		      void *ctx);

/* By name. 0, -ENODEV or another errno of rtnetlink. */
int link_lookup(struct link_client *client, const char *name, struct link_info *out);
/* The same, by number. */
int link_lookup_index(struct link_client *client, uint32_t ifindex, struct link_info *out);
/* Calls `visit` for every device. */
int link_for_each(struct link_client *client, void (*visit)(void *ctx, const struct link_info *),
		  void *ctx);

struct link_veth {
	const char *name, *peer;
	uint32_t ifindex, peer_ifindex; /* 0: the kernel chooses */
	uint32_t mtu;                   /* 0: the kernel's default */
	unsigned n_queues;              /* in each direction, both ends; 0: one */
	struct eth_addr mac;            /* of `name`; all zero: the kernel's choice */
	const char *alias;              /* of both ends, to recognise them by */
	bool is_for_host;               /* `name` will have addresses: let it speak IPv6 */
};
/* Makes a veth pair; both ends are down. 0, -EEXIST or another errno of rtnetlink. */
int link_veth_new(struct link_client *client, const struct link_veth *veth);
int link_del(struct link_client *client, uint32_t ifindex);
int link_set_up(struct link_client *client, uint32_t ifindex, bool is_up);
int link_set_promisc(struct link_client *client, uint32_t ifindex, bool is_promisc);
int link_set_mtu(struct link_client *client, uint32_t ifindex, uint32_t mtu);
int link_set_mac(struct link_client *client, uint32_t ifindex, struct eth_addr mac);

/* Interface counters as port_counters() wants them. */
struct link_stats {
	uint64_t rx_packets, rx_bytes, rx_dropped, rx_errors;
	uint64_t tx_packets, tx_bytes, tx_dropped, tx_errors;
};
int link_stats(struct link_client *client, uint32_t ifindex, struct link_stats *out);
