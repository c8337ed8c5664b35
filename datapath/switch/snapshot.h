#pragma once
/* The configuration as translation sees it: immutable, published under RCU.
 *
 * The control thread writes a bridge's view anew with every change to the bridge, and with it a
 * snapshot, publishes that, bumps VERSION_CONFIG (so that cached entries translate again) and waits
 * for readers. What was published before is then free to be written for the next change. So a
 * translation sees the whole switch before a change or after it, never something between, and what
 * it returns is a function of (snapshot, key, FDB).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "path/host.h"
#include "switch/mirror.h"
#include "switch/port_mod.h"
#include "switch/vswitch.h"

struct bridge_orders;
struct bridge_view;
struct fdb;
struct flow_tables;
struct meter_index;
struct tally;

struct port_view {
	const struct bridge_view *bridge;
	uint16_t id;
	uint16_t ofport;
	enum vlan_mode vlan_mode;
	uint16_t tag; /* of the modes other than trunk */
	enum priority_tags priority_tags;
	bool is_protected;
	bool has_trunks;     /* false: all VLANs */
	bool is_mirror_only; /* a mirror's output port */
	bool is_live;        /* as of the last change of this, while a group watches ports */
	uint8_t flags;       /* enum port_mod_flag */
	struct vlan_bitmap trunks;
	/* the mirrors that choose what comes in and goes out by it, as bits */
	uint32_t mirror_in, mirror_out;
};

struct mirror_view {
	const char *name;
	struct tally *tally;
	const struct port_view *output; /* NULL: into a VLAN, or there is no such port */
	uint16_t output_vlan;
	uint16_t snaplen; /* 0: whole */
	uint32_t same;    /* those with the same output, this one included, as bits */
	bool has_vlans;   /* false: all VLANs */
	struct vlan_bitmap vlans;
};

struct bridge_view {
	uint32_t number; /* struct bridge.number */
	struct fdb *fdb;
	const struct flow_tables *tables;
	const struct bridge_orders *orders;
	const struct meter_index *meters; /* NULL: none */
	struct path_masks masks;          /* a reference to each */
	uint64_t
		masks_generation; /* of the flows' bits that they were last compared with; control only */
	enum fail_mode fail_mode;
	uint8_t frags;  /* enum flow_frags */
	uint8_t miss;   /* enum table_miss */
	bool stands_in; /* NORMAL, for flows that nobody looks after: bridge_stand_in() */
	bool forward_bpdu;
	unsigned n_mirrors;
	struct mirror_view mirrors[MIRRORS_MAX];
	unsigned capacity; /* of ports[]; control only */
	unsigned n_ports;
	struct port_view ports[]; /* ascending by ofport */
};

struct snapshot {
	struct path_view path;                      /* what workers see of it */
	const struct port_view *ports[PORT_ID_MAX]; /* by switch-wide number; NULL: none */
};

static inline const struct snapshot *snapshot_of(const struct path_view *path)
{
	return (const struct snapshot *)((const char *)path - offsetof(struct snapshot, path));
}

/* NULL: no bridge has that port. Borrowed until the reader rests. */
static inline const struct port_view *snapshot_port(const struct snapshot *snapshot, uint16_t id)
{
	return id < PORT_ID_MAX ? snapshot->ports[id] : NULL;
}

/* By OpenFlow number. NULL: the bridge has no such port. */
const struct port_view *bridge_view_port(const struct bridge_view *bridge, uint16_t ofport);

/* Packets may go out by it. */
static inline bool port_view_forwards(const struct port_view *port)
{
	return !(port->flags & PORT_MOD_NO_FWD);
}

/* Makes the bridge as it is configured now what every packet sees that is received after return.
 * Control. 0, or -ENOMEM, -ENOSPC: then the old view holds. Cannot fail for a bridge with fewer ports
 * than it had at the last call. */
int snapshot_publish(struct bridge *bridge);
/* Makes sure that the masks have all bits that the flows look at, those of a change that is not visible
 * yet included. Publishes (and waits for readers) only if they do not. Control. Errors as above, and
 * -ENOSPC: too many masks. */
int snapshot_widen(struct bridge *bridge);
/* Publishes masks without the bits that no flow looks at any more, if there are such. Control. */
void snapshot_narrow(struct bridge *bridge);
/* Publishes without the bridge. */
void snapshot_remove(struct bridge *bridge);
