#pragma once
/* Mirrors of a bridge: copies of chosen packets go to one port (SPAN) or into one VLAN (RSPAN).
 *
 * They mean what the table Mirror of ovs-vswitchd.conf.db(5) says, as Open vSwitch 3.1 does it:
 *
 * - A packet is chosen when it comes in by a chosen port, as it came, or when it leaves by one, as it
 *   leaves, if it is then in a chosen VLAN: the one that NORMAL would say. What a port does not take
 *   (a tag at an access port) is not chosen there.
 * - Of mirrors with the same output, a packet goes to the first that chooses it, and that counts it.
 * - The copy leaves with the tag that the output has for the packet's VLAN. So the packets of an access
 *   port are tagged at an output port that is a trunk.
 * - Into an RSPAN VLAN goes nothing that is in it already, and nothing for a reserved address
 *   (bpf/reserved.h). All ports that carry the VLAN get it, the one it came from included.
 * - An output port is for mirrored packets alone: NORMAL, FLOOD and ALL leave it out, and what comes in
 *   by it they drop (DROP_MIRROR_ONLY). A flow may still name it.
 * - Copies are not chosen again.
 *
 * Control thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "switch/vswitch.h"

struct bridge_view;
struct flow_key;

#define MIRRORS_MAX      32
#define MIRROR_NAME_SIZE 64

/* Ports by name; those that the bridge does not have (yet) choose nothing. */
struct mirror_ports {
	const char *const *name;
	unsigned n;
};

struct mirror_config {
	const char *id;   /* no other mirror of the bridge has it; shorter than MIRROR_NAME_SIZE */
	const char *name; /* for people; shorter, too */
	bool selects_all; /* every port, both ways: then the next two do not matter */
	struct mirror_ports sources, destinations;
	struct vlan_bitmap vlans; /* empty: all */
	/* one of the two: */
	const char *output_port; /* NULL: none */
	uint16_t output_vlan;    /* 0: none */
	uint16_t snaplen;        /* bytes of a packet, at least 14; 0: all */
};

/* Gives the bridge these mirrors in place of those that it has; `mirrors` is copied. One whose id was
 * there before goes on counting. -EINVAL: too many, no output or two; -ENOMEM, -ENOSPC. */
int bridge_mirrors_set(struct bridge *bridge, const struct mirror_config *mirrors, unsigned n,
		       struct err *err);

/* Would bridge_mirrors_set() take it? 0, or -EINVAL and why not. */
int mirror_config_check(const struct bridge *bridge, const struct mirror_config *config,
			struct err *err);
bool bridge_has_mirror(const struct bridge *bridge, const char *id);

struct mirror_stats {
	uint64_t n_packets,
		n_bytes; /* of the packets that it got; bytes as they came, before snaplen */
};
/* Brings the counters of all mirrors up to now. Offline. */
void bridge_mirrors_harvest(struct bridge *bridge);
/* As of the last harvest (which is once a second, anyway). -ENOENT: no mirror has that id. */
int bridge_mirror_stats(struct bridge *bridge, const char *id, struct mirror_stats *out);

/* ---- for this room ---- */

struct bridge_mirrors;

/* NULL-safe. No view may have them any more. */
void mirrors_free(struct bridge_mirrors **mirrors);
/* Writes what the view and its ports have of mirrors. After the ports. */
void mirrors_view_init(struct bridge_view *view, struct bridge *bridge);
/* Adds the bits of a packet that they choose by. */
void mirrors_mask(const struct bridge_view *view, struct flow_key *bits);
