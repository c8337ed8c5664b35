#include "port/upcall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../bpf/abi.h"
#include "base/err.h"
#include "base/own.h"
#include "packet/frame.h"
#include "port/bpf_programs.h"
#include "port/ethtool.h"
#include "port/link.h"
#include "port/umem.h"
#include "port/xsk.h"

#define ETH_SIZE  14
#define MACS_SIZE 12
#define TAG_SIZE  4

/* Longer packets the kernel refuses to put a header in front of (bpf_skb_change_head; pages of 4 KiB). */
#define LEN_MAX 16064

struct upcall {
	/* fixed after create */
	struct link_client *links;
	char outer[IFNAMSIZ], inner[IFNAMSIZ];
	uint32_t outer_ifindex, inner_ifindex;
	unsigned n_workers;
	bool has_pieces;
	uint32_t len_max; /* longest frame that fits, with its header */
	bool is_left;
	/* fixed after start */
	struct bpf_programs *programs;
	const struct port_host *host;
	struct attachment up, down;
	struct xsk *xsks[PORT_MAX_QUEUES];
};

/* ---- the worker's side ---- */

/* Takes the header off. False: not one of ours. */
static bool unwrap(struct frame *frame)
{
	struct upcall_header header;
	uint32_t tags_size;

	if (frame->len < sizeof(header) + ETH_SIZE)
		return false;
	memcpy(&header, frame->data, sizeof(header));
	if (header.magic != UPCALL_MAGIC || !header.port || header.port >= PORT_ID_MAX ||
	    header.n_tags > UPCALL_TAGS)
		return false;
	tags_size = header.n_tags * TAG_SIZE;
	frame->data += sizeof(header) - tags_size;
	frame->len -= (uint32_t)sizeof(header) - tags_size;
	if (tags_size) {
		memmove(frame->data, frame->data + tags_size, MACS_SIZE);
		memcpy(frame->data + MACS_SIZE, header.tags, tags_size);
	}
	frame->in_port = header.port;
	frame->reason = header.reason;
	return true;
}

static unsigned receive(struct rxq *rxq, struct frame *frames, unsigned max)
{
	unsigned n = xsk_receive(xsk_of_rxq(rxq), frames, max), n_ours = 0;

	for (unsigned i = 0; i < n; i++) {
		if (unwrap(&frames[i]))
			frames[n_ours++] = frames[i];
		else
			frame_free(&frames[i]);
	}
	return n_ours;
}

/* Writes the tag with the port's number, and that with the queue's. False: no room and no chunk for a copy. */
static bool address(struct frame *frame, uint16_t port)
{
	const uint16_t queue = frame->queue, number = queue ? port | DOWNCALL_QUEUE : port;
	const uint8_t tags[2 * TAG_SIZE] = {
		DOWNCALL_TPID >> 8, DOWNCALL_TPID & 0xff, (uint8_t)(number >> 8), (uint8_t)number,
		DOWNCALL_TPID >> 8, DOWNCALL_TPID & 0xff, (uint8_t)(queue >> 8),  (uint8_t)queue,
	};
	const uint32_t size = queue ? 2 * TAG_SIZE : TAG_SIZE;

	if (frame_headroom(frame) < size) {
		struct frame copy;

		if (frame_copy(&copy, frame, frame->pool))
			return false;
		frame_free(frame);
		*frame = copy;
	}
	frame->data -= size;
	frame->len += size;
	memmove(frame->data, frame->data + size, MACS_SIZE);
	memcpy(frame->data + MACS_SIZE, tags, size);
	return true;
}

static unsigned transmit(struct txq *txq, uint16_t port, const struct frame *frames, unsigned n)
{
	struct frame tagged[QUEUE_BURST];
	unsigned n_tagged;

	for (n_tagged = 0; n_tagged < n; n_tagged++) {
		tagged[n_tagged] = frames[n_tagged];
		if (!address(&tagged[n_tagged], port))
			break;
	}
	for (unsigned i = n_tagged; i < n; i++)
		frame_free(&frames[i]);
	txq->n_full += n - n_tagged;
	return xsk_transmit(xsk_of_txq(txq), tagged, n_tagged);
}

_Static_assert(LEN_MAX + 2 * TAG_SIZE <= FRAME_JUMBO_LEN_MAX, "a worker has room for it");

static const struct rxq_ops rx_ops = {.burst = receive, .arm = xsk_arm};
static const struct txq_ops tx_ops = {.send = transmit, .flush = xsk_flush};

/* ---- life ---- */

uint32_t upcall_outer(const struct upcall *upcall)
{
	return upcall->outer_ifindex;
}

uint32_t upcall_inner(const struct upcall *upcall)
{
	return upcall->inner_ifindex;
}

bool upcall_is_there(const struct upcall *upcall)
{
	struct link_info outer, inner;

	if (link_lookup(upcall->links, upcall->outer, &outer) ||
	    link_lookup(upcall->links, upcall->inner, &inner) ||
	    outer.ifindex != upcall->outer_ifindex || inner.ifindex != upcall->inner_ifindex)
		return false;
	/* Away and back, it has lost them. */
	for (unsigned w = 0; w < upcall->n_workers; w++)
		if (xsk_is_dead(upcall->xsks[w]))
			return false;
	return true;
}

void upcall_repair(struct upcall *upcall, const struct link_info *info)
{
	const uint32_t mtu = upcall->len_max - ETH_SIZE;

	if (!upcall->len_max)
		return;
	if (!info->is_admin_up)
		link_set_up(upcall->links, info->ifindex, true);
	if (info->mtu != mtu)
		link_set_mtu(upcall->links, info->ifindex, mtu);
	if (info->ifindex == upcall->outer_ifindex)
		ethtool_tx_offloads_off(info->name);
}

uint32_t upcall_port_mtu_max(const struct upcall *upcall)
{
	return upcall->len_max - (uint32_t)sizeof(struct upcall_header) - ETH_SIZE - TAG_SIZE;
}

struct txq *upcall_txq(struct upcall *upcall, unsigned worker)
{
	return &upcall->xsks[worker]->txq;
}

int upcall_check(struct link_client *links, const char *instance, struct err *err)
{
	char name[IFNAMSIZ], alias[64];
	struct link_info inner;

	snprintf(name, sizeof(name), "%s-up-i", instance);
	snprintf(alias, sizeof(alias), "shunt %s", instance);
	if (link_lookup(links, name, &inner) || strcmp(inner.alias, alias) != 0 ||
	    !inner.xdp_prog_id || bpf_is_pinned(instance, inner.ifindex, inner.xdp_prog_id))
		return 0;
	return err_set(
		err, EBUSY,
		"device %s has an XDP program that is none of this bpffs: another switchd has "
		"the instance %s, maybe in a container: use another --instance",
		name, instance);
}

/* True if an earlier daemon's pair is there and fits. It carries the instance's alias. */
static bool device_adopt(struct upcall *upcall, const char *alias)
{
	struct link_info outer, inner;

	if (link_lookup(upcall->links, upcall->outer, &outer) ||
	    link_lookup(upcall->links, upcall->inner, &inner) || strcmp(outer.alias, alias) ||
	    outer.peer != inner.ifindex || inner.n_rxq != upcall->n_workers ||
	    ethtool_tx_offloads_off(upcall->outer))
		return false;
	upcall->outer_ifindex = outer.ifindex;
	upcall->inner_ifindex = inner.ifindex;
	return true;
}

/* One that does not fit. */
static void stale_del(struct link_client *links, const char *name, const char *alias)
{
	struct link_info info;

	if (!link_lookup(links, name, &info) && !strcmp(info.alias, alias))
		link_del(links, info.ifindex);
}

static int device_new(struct upcall *upcall, const char *instance, struct err *err)
{
	struct link_info info;
	char alias[64];
	int rc;

	snprintf(alias, sizeof(alias), "shunt %s", instance);
	if (device_adopt(upcall, alias))
		return 0;
	stale_del(upcall->links, upcall->outer, alias);
	stale_del(upcall->links, upcall->inner, alias);
	rc = link_veth_new(upcall->links, &(struct link_veth){
						  .name = upcall->outer,
						  .peer = upcall->inner,
						  .n_queues = upcall->n_workers,
						  .alias = alias,
					  });
	if (rc)
		return err_set(err, -rc, "making the device pair %s: %s", upcall->outer,
			       strerror(-rc));
	rc = link_lookup(upcall->links, upcall->inner, &info);
	if (!rc)
		upcall->inner_ifindex = info.ifindex;
	if (!rc)
		rc = link_lookup(upcall->links, upcall->outer, &info);
	if (!rc)
		upcall->outer_ifindex = info.ifindex;
	if (!rc)
		rc = ethtool_tx_offloads_off(upcall->outer);
	if (rc)
		return err_set(err, -rc, "setting up device %s: %s", upcall->outer, strerror(-rc));
	return 0;
}

int upcall_new(struct upcall **out, struct link_client *links, const char *instance,
	       unsigned n_workers, struct err *err)
{
	own(upcall_free) struct upcall *upcall = calloc(1, sizeof(*upcall));
	int rc;

	if (!upcall)
		return err_set(err, ENOMEM, "out of memory");
	upcall->links = links;
	upcall->n_workers = n_workers;
	upcall->up = upcall->down = (struct attachment)ATTACHMENT_NONE;
	snprintf(upcall->outer, sizeof(upcall->outer), "%s-up-o", instance);
	snprintf(upcall->inner, sizeof(upcall->inner), "%s-up-i", instance);
	rc = device_new(upcall, instance, err);
	if (rc)
		return rc;
	*out = take_ptr(upcall);
	return 0;
}

void upcall_free(struct upcall **p)
{
	struct upcall *upcall = *p;

	if (!upcall)
		return;
	upcall_stop(upcall);
	/* One end may have been moved out of reach. */
	if (!upcall->is_left && upcall->outer_ifindex &&
	    link_del(upcall->links, upcall->outer_ifindex))
		link_del(upcall->links, upcall->inner_ifindex);
	mem_free(p);
}

void upcall_leave(struct upcall *upcall)
{
	upcall->is_left = true;
}

/* With XDP on its peer the outer end says how large its MTU may be: one page of the kernel's less
 * what XDP and the skb need, or more than we have use for. */
static int mtu_raise(struct upcall *upcall)
{
	struct link_info info;
	int rc = link_lookup(upcall->links, upcall->outer, &info);
	const uint32_t max = upcall->has_pieces
				     ? LEN_MAX - ETH_SIZE
				     : UMEM_CHUNK_SIZE - FRAME_HEADROOM - ETH_SIZE - TAG_SIZE;
	uint32_t mtu = info.mtu_max;

	if (rc)
		return rc;
	if (mtu > max)
		mtu = max;
	rc = link_set_mtu(upcall->links, upcall->outer_ifindex, mtu);
	if (!rc)
		rc = link_set_mtu(upcall->links, upcall->inner_ifindex, mtu);
	upcall->len_max = mtu + ETH_SIZE;
	return rc;
}

static int worker_start(struct upcall *upcall, struct umem *umem, unsigned worker)
{
	struct xsk **xsk = &upcall->xsks[worker];
	int rc = xsk_new(xsk, umem,
			 &(struct xsk_config){
				 .device = upcall->inner,
				 .queue = (uint16_t)worker,
				 .port = PORT_ID_NONE,
			 });

	if (rc)
		return rc;
	(*xsk)->rxq.ops = &rx_ops;
	(*xsk)->txq.ops = &tx_ops;
	rc = bpf_xsk_set(upcall->programs, worker, (*xsk)->fd);
	if (!rc)
		rc = upcall->host->rxq_add(upcall->host->ctx, worker, &(*xsk)->rxq);
	if (rc)
		xsk_free(xsk);
	return rc;
}

static int start(struct upcall *upcall, struct umem *const *umems, struct err *err)
{
	int rc = bpf_attach(upcall->programs, PROGRAM_UPCALL_XDP, upcall->inner_ifindex,
			    &upcall->up, err);

	if (!rc)
		rc = bpf_attach(upcall->programs, PROGRAM_DOWNCALL_TC, upcall->outer_ifindex,
				&upcall->down, err);
	if (rc) {
		err_prefix(err, "attaching to the upcall device");
		return rc;
	}
	rc = mtu_raise(upcall);
	for (unsigned w = 0; w < upcall->n_workers && !rc; w++)
		rc = worker_start(upcall, umems[w], w);
	if (!rc)
		rc = link_set_up(upcall->links, upcall->outer_ifindex, true);
	if (!rc)
		rc = link_set_up(upcall->links, upcall->inner_ifindex, true);
	if (rc)
		return err_set(err, -rc, "starting the upcall device %s: %s", upcall->inner,
			       strerror(-rc));
	bpf_upcall_len_max_set(upcall->programs, upcall->len_max);
	return 0;
}

int upcall_start(struct upcall *upcall, struct bpf_programs *programs, struct umem *const *umems,
		 const struct port_host *host, struct err *err)
{
	int rc;

	upcall->programs = programs;
	upcall->has_pieces = umems[0]->has_pieces;
	upcall->host = host;
	rc = start(upcall, umems, err);
	if (rc)
		upcall_stop(upcall);
	return rc;
}

void upcall_stop(struct upcall *upcall)
{
	if (!upcall->programs)
		return;
	for (unsigned w = 0; w < upcall->n_workers; w++) {
		if (!upcall->xsks[w])
			continue;
		bpf_xsk_clear(upcall->programs, w);
		upcall->host->rxq_del(upcall->host->ctx, w, &upcall->xsks[w]->rxq);
		xsk_free(&upcall->xsks[w]);
	}
	bpf_detach(upcall->programs, &upcall->down);
	bpf_detach(upcall->programs, &upcall->up);
	upcall->programs = NULL;
}

uint64_t upcall_n_full(const struct upcall *upcall)
{
	struct link_stats outer = {0}, inner = {0};
	uint64_t n_lost = 0;

	link_stats(upcall->links, upcall->outer_ifindex, &outer);
	link_stats(upcall->links, upcall->inner_ifindex, &inner);
	for (unsigned w = 0; w < upcall->n_workers; w++)
		if (upcall->xsks[w])
			n_lost += xsk_n_rx_lost(upcall->xsks[w]);
	return outer.tx_dropped + inner.rx_dropped + n_lost;
}

void upcall_counters_add(const struct upcall *upcall, struct port_counters *counters)
{
	for (unsigned w = 0; w < upcall->n_workers; w++)
		xsk_counters_add(upcall->xsks[w], counters);
}
