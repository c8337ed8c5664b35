#pragma once
/* The upcall device: the one way between the kernel's tc hooks and the workers.
 *
 *	       <instance>-up-o  ======= veth =======  <instance>-up-i
 *	up:    port_tc redirects here                 upcall_xdp -> AF_XDP socket of worker w (queue
 *w) down:  downcall_tc -> the port's device       a worker sends, with an S-tag that names the port
 *
 * The outer end has no transmit offloads, so whatever is redirected to it leaves it as the frames
 * that a wire would carry: segmented, checksums complete, tags inside. All skb ports share it: a
 * thousand of them cost one AF_XDP socket per worker.
 *
 * Each worker's socket is also the first one of the worker's UMEM, and lives as long as that.
 */
#include <stdint.h>

#include "port/port.h"

struct bpf_programs;
struct err;
struct link_client;
struct link_info;
struct txq;
struct umem;
struct upcall;
struct xsk;

/* 0, or -EBUSY with a text: a switchd of that name has the device whose names are in another bpffs, as in a container with
 * the same network. Nothing that goes by the name is ours then. */
int upcall_check(struct link_client *links, const char *instance, struct err *err);
/* Makes the device, or takes over the one that an earlier daemon left. `instance` names it. 0 or -errno with a text. */
int upcall_new(struct upcall **out, struct link_client *links, const char *instance,
	       unsigned n_workers, struct err *err);
void upcall_free(struct upcall **upcall);
/* From now on upcall_free() leaves the device. */
void upcall_leave(struct upcall *upcall);

uint32_t upcall_outer(const struct upcall *upcall); /* ifindexes */
uint32_t upcall_inner(const struct upcall *upcall);
/* False: somebody has taken the device away. */
bool upcall_is_there(const struct upcall *upcall);
/* Somebody has changed one of its ends, to `info`: takes back what it cannot work with. */
void upcall_repair(struct upcall *upcall, const struct link_info *info);
/* The largest MTU that a port's device may have so that all its packets fit. */
uint32_t upcall_port_mtu_max(const struct upcall *upcall);

/* Attaches the programs, binds a socket for each worker to its UMEM and hands it to the host. */
int upcall_start(struct upcall *upcall, struct bpf_programs *programs, struct umem *const *umems,
		 const struct port_host *host, struct err *err);
/* Takes all that back. */
void upcall_stop(struct upcall *upcall);

/* How a worker reaches any port's device through the kernel. */
struct txq *upcall_txq(struct upcall *upcall, unsigned worker);
/* Packets of all skb ports, whose is not known, that were lost on the way up: the queue between the
 * two ends was full, or the ring of a worker's socket. */
uint64_t upcall_n_full(const struct upcall *upcall);
void upcall_counters_add(const struct upcall *upcall, struct port_counters *counters);
