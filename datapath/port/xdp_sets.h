#pragma once
/* Sets of devices that XDP sends a frame to at once: what entries with several outputs go by.
 *
 * A set is found by its ports. It holds the devices that these had when it was last looked at, and programs go by
 * it only if they have them still (bpf/forward.h): so a set may be another one from one moment to the next,
 * and entries that have its number are then passed up to tc. That is why sets are not taken over from an earlier
 * daemon, and why nobody gives one back: it is free when an entry has not asked for it for a whole turn.
 *
 * Under the lock of switch/offload, but for new, open and free. */
#include <stdint.h>

struct pins;
struct xdp_sets;

/* 0 or -ENOMEM. `pins` is borrowed. Control, like the next. */
int xdp_sets_new(struct xdp_sets **out, const struct pins *pins);
void xdp_sets_free(struct xdp_sets **sets);
/* Once the programs are loaded, under the lock: before, there are no sets. NULL-safe; does nothing the second
 * time. */
void xdp_sets_open(struct xdp_sets *sets);

#define XDP_SET_NONE UINT32_MAX

/* The number of a set of these ports, 2 to XDP_SET_PORTS, made if need be; XDP_SET_NONE: there is none to be had. It
 * stays for the rest of this turn and the next one. NULL-safe. */
uint32_t xdp_sets_get(struct xdp_sets *sets, const uint16_t *ports, unsigned n_ports);
/* A turn ends: sets follow their ports' devices. NULL-safe. */
void xdp_sets_turn(struct xdp_sets *sets);
