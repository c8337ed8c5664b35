#pragma once
/* The NORMAL action: what a learning bridge with VLANs (IEEE 802.1Q) does with a packet.
 *
 * The meaning of vlan_mode, tag, trunks and priority_tags is that of the columns of the same names
 * in Open vSwitch's database. Worker, but for normal_mask().
 */
#include <stdbool.h>
#include <stdint.h>

struct bridge_view;
struct flow_key;
struct path_learned;
struct port_view;
struct snapshot;
struct translation;

/* The bits of a key that normal() looks at on this bridge. Control. */
void normal_mask(const struct bridge_view *bridge, struct flow_key *bits);

/* Decides about a packet that came in by `port`. */
void normal(const struct snapshot *snapshot, const struct port_view *port,
	    const struct flow_key *key, uint64_t now, struct translation *out);

/* Sees the source address again. True if *learned is news for the FDB. */
bool normal_refresh(const struct port_view *port, const struct flow_key *key, uint64_t now,
		    struct path_learned *learned);
