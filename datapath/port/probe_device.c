#include "port/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "base/err.h"
#include "base/own.h"
#include "port/ethtool.h"
#include "port/link.h"
#include "port/xdp_features.h"

/* From <linux/bpf.h> of Linux 6.6. */
#define ATTACH_TCX_INGRESS 46

/* What the rows of one device are made from. */
struct device {
	const struct link_info *info;
	probe_fn *emit;
	void *ctx;
	struct xdp_features features;
	char xdp_program[BPF_OBJ_NAME_LEN]; /* "": none */
};

/* ---- programs ---- */

static void program_name(uint32_t id, char *name)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);
	own(fd_close) int fd = id ? bpf_prog_get_fd_by_id(id) : -1;

	name[0] = '\0';
	if (!id)
		return;
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
		snprintf(name, BPF_OBJ_NAME_LEN, "%s", info.name);
	if (!name[0])
		snprintf(name, BPF_OBJ_NAME_LEN, "id %u", id);
}

static bool is_ours(const char *program)
{
	return !strcmp(program, "port_xdp") || !strcmp(program, "upcall_xdp");
}

/* Programs on tcx ingress, ours among them. */
static uint32_t tcx_count(uint32_t ifindex)
{
	uint32_t ids[64], n = 64, flags;

	return bpf_prog_query((int)ifindex, ATTACH_TCX_INGRESS, 0, &flags, ids, &n) ? 0 : n;
}

/* ---- rows ---- */

__attribute__((format(printf, 4, 5))) static void row(const struct device *device, const char *item,
						      enum probe_verdict verdict, const char *fmt,
						      ...)
{
	struct probe_row r = {device->info->name, item, verdict, NULL};
	char text[192];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	r.text = text;
	device->emit(device->ctx, &r);
}

static void queues_row(const struct device *device)
{
	unsigned n_rxq, n_txq;

	if (ethtool_queues(device->info->name, &n_rxq, &n_txq)) {
		n_rxq = device->info->n_rxq;
		n_txq = device->info->n_txq;
	}
	row(device, "queues", PROBE_INFO, "%u rx, %u tx", n_rxq, n_txq);
}

static void xdp_row(const struct device *device)
{
	const struct xdp_features *features = &device->features;

	if (!features->is_known)
		row(device, "native XDP", PROBE_INFO, "the kernel does not tell (Linux 6.3 does)");
	else if (!(features->xdp & XDP_HAS_BASIC))
		row(device, "native XDP", PROBE_LESS, "its driver has none");
	else
		row(device, "native XDP", PROBE_GOOD, "yes%s%s%s",
		    features->xdp & XDP_HAS_REDIRECT ? ", redirect" : "",
		    features->xdp & XDP_HAS_PIECES ? ", multi-buffer" : "",
		    features->xdp & XDP_HAS_ZEROCOPY
			    ? ", zero-copy (if its driver means it: options:zerocopy=true)"
			    : ", no zero-copy");
}

static void transmit_row(const struct device *device)
{
	if (!device->features.is_known || !(device->features.xdp & XDP_HAS_BASIC))
		return;
	if (device->features.xdp & XDP_HAS_TRANSMIT)
		row(device, "XDP transmit", PROBE_GOOD, "XDP may redirect into it%s",
		    device->features.xdp & XDP_HAS_TRANSMIT_PIECES
			    ? ""
			    : ", but for packets in several buffers, which go through tc");
	else
		row(device, "XDP transmit", PROBE_LESS,
		    "not until %s: what XDP sends goes through tc",
		    link_is_card(device->info) ? "it has an XDP program of its own"
					       : "its peer has GRO or an XDP program");
}

/* A program that is bound to the device could ask for the tag; see docs/ports.md. */
static void tags_row(const struct device *device)
{
	const struct link_info *info = device->info;

	if (device->features.is_known && !(device->features.xdp & XDP_HAS_BASIC))
		return;
	if (link_is_card(info))
		row(device, "VLAN at XDP", PROBE_LESS,
		    "tags that the card takes off are lost at hook xdp: ethtool -K %s rxvlan off",
		    info->name);
	else
		row(device, "VLAN at XDP", PROBE_LESS,
		    "the sender's own tags are lost at hook xdp: use hook skb for a container "
		    "that tags by itself");
}

static void programs_row(const struct device *device)
{
	uint32_t n_tcx = tcx_count(device->info->ifindex);

	if (device->xdp_program[0])
		row(device, "XDP program", is_ours(device->xdp_program) ? PROBE_GOOD : PROBE_LESS,
		    "%s: %s", device->xdp_program,
		    is_ours(device->xdp_program) ? "ours" : "another's: hook xdp is not possible");
	if (n_tcx)
		row(device, "tc programs", PROBE_INFO, "%u on tcx ingress", n_tcx);
}

static void hook_row(const struct device *device)
{
	const struct link_info *info = device->info;
	const struct xdp_features *features = &device->features;

	if (!info->is_ethernet)
		row(device, "hook", PROBE_BAD, "none: not an Ethernet device");
	else if (!link_is_card(info))
		row(device, "hook", PROBE_INFO,
		    "skb: a %s keeps its senders' segmentation and checksum offloads there "
		    "(options:hook=xdp to insist)",
		    info->kind);
	else if (features->is_known && !(features->xdp & XDP_HAS_BASIC))
		row(device, "hook", PROBE_INFO, "skb: a card without native XDP");
	else if (device->xdp_program[0] && !is_ours(device->xdp_program))
		row(device, "hook", PROBE_INFO, "skb: another XDP program is on it");
	else
		row(device, "hook", PROBE_INFO, "xdp: a card%s",
		    features->is_known ? " with native XDP" : "; skb if it has no native XDP");
}

static void device_rows(const struct link_info *info, probe_fn *emit, void *ctx)
{
	struct device device = {.info = info, .emit = emit, .ctx = ctx};
	char driver[32];

	xdp_features_get(info->ifindex, &device.features);
	program_name(info->xdp_prog_id, device.xdp_program);
	ethtool_driver(info->name, driver, sizeof(driver));
	row(&device, "driver", PROBE_INFO, "%s%s%s", driver[0] ? driver : "unknown",
	    info->kind[0] ? ", kind " : "", info->kind);
	row(&device, "mtu", PROBE_INFO, "%u", info->mtu);
	queues_row(&device);
	xdp_row(&device);
	transmit_row(&device);
	tags_row(&device);
	programs_row(&device);
	hook_row(&device);
}

int probe_device(const char *name, probe_fn *emit, void *ctx, struct err *err)
{
	own(link_client_free) struct link_client *links = NULL;
	struct link_info info;
	int rc = link_client_new(&links);

	if (!rc)
		rc = link_lookup(links, name, &info);
	if (rc)
		return err_set(err, -rc, "device %s: %s", name,
			       rc == -ENODEV ? "there is none of this name here" : strerror(-rc));
	device_rows(&info, emit, ctx);
	return 0;
}

struct all {
	probe_fn *emit;
	void *ctx;
};

static void all_visit(void *ctx, const struct link_info *info)
{
	const struct all *all = ctx;

	if (strcmp(info->name, "lo"))
		device_rows(info, all->emit, all->ctx);
}

int probe_all_devices(probe_fn *emit, void *ctx)
{
	own(link_client_free) struct link_client *links = NULL;
	struct all all = {emit, ctx};
	int rc = link_client_new(&links);

	return rc ? rc : link_for_each(links, all_visit, &all);
}
