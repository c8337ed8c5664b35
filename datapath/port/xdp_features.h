#pragma once
/* What a device's driver can do with XDP, as the kernel tells (netlink family "netdev", Linux 6.3).
 * Control thread only. */
#include <stdbool.h>
#include <stdint.h>

/* From <linux/netdev.h>; the values never change. */
enum {
	XDP_HAS_BASIC = 1 << 0,
	XDP_HAS_REDIRECT = 1 << 1,
	XDP_HAS_TRANSMIT =
		1 << 2, /* takes frames that are redirected to it, as long as it says so */
	XDP_HAS_ZEROCOPY = 1 << 3,
	XDP_HAS_PIECES = 1 << 5,          /* hands frames in several buffers to a program */
	XDP_HAS_TRANSMIT_PIECES = 1 << 6, /* takes such frames, as it takes others */
};

struct xdp_features {
	bool is_known; /* the kernel tells */
	uint64_t xdp;
};

/* Nothing is known on older kernels, and of a device that is not there. */
void xdp_features_get(uint32_t ifindex, struct xdp_features *out);

struct event_base;
struct xdp_watch;

/* Calls `changed` from the event loop when a device's features may have changed: a veth takes redirected
 * frames only while its peer has GRO or a program. Nothing comes on older kernels. 0, -ENOMEM, or an
 * errno. */
int xdp_watch_new(struct xdp_watch **out, struct event_base *base,
		  void (*changed)(void *ctx, uint32_t ifindex), void *ctx);
void xdp_watch_free(struct xdp_watch **watch);
