#pragma once
/* The NORMAL action: what a learning bridge with VLANs (IEEE 802.1Q) does with a packet.
 *
 * The meaning of vlan_mode, tag, trunks and priority_tags is that of the columns of the same names
 * in Open vSwitch's database. Worker, but for normal_mask().
 */
#include <stdbool.h>
#include <stdint.h>

#include "path/drop.h"

struct bridge_view;
struct eth_addr;
struct flow_key;
struct flow_op_list;
struct packet_vlan;
struct port_view;
struct snapshot;
struct translation;

/* The bits of a key that normal() looks at on this bridge. Control. */
void normal_mask(const struct bridge_view *bridge, struct flow_key *bits);

/* Those of packets whose addresses nobody knows, which are not reserved either, and which have no tag of VLAN 0.
 * Control. */
void normal_flood_mask(const struct bridge_view *bridge, struct flow_key *bits);

/* Where a packet came in. */
struct normal_place {
	const struct bridge_view *bridge;
	/* NULL: a controller sends it. To it the bridge is a trunk of all VLANs, on which nothing is learned and
	 * no address reserved, as in Open vSwitch. */
	const struct port_view *port;
};

/* Decides about a packet that came in there: appends to out->ops, and to what is learned. Ops may change
 * the packet's tag. Not DROP_NONE: it goes nowhere, and nothing was appended to the ops. */
enum drop_reason normal(const struct snapshot *snapshot, const struct normal_place *place,
			const struct flow_key *key, uint64_t now, struct translation *out);

/* The VLAN that a packet with this outer tag is in at the port, whichever way it goes. False: the port
 * does not take it. */
bool normal_vlan(const struct port_view *port, struct packet_vlan tag, uint16_t *vlan);

/* Does the port carry the VLAN? */
bool normal_carries(const struct port_view *port, uint16_t vlan);

struct normal_copy {
	struct packet_vlan tag; /* the packet's outer tag where the ops stand */
	uint16_t vlan;          /* of the copy */
	uint16_t max_len;       /* 0: whole */
};

/* Sends a copy by the port, with the tag that it has for the VLAN. Behind these ops the packet is as it
 * was. */
void normal_send_copy(const struct port_view *port, const struct normal_copy *copy,
		      struct flow_op_list *ops);

/* To all ports that carry a VLAN, but for the one that it came from, with the tag that they have for it.
 * `key` is the packet as it is where the ops stand; in_port: its switch-wide number. max_len 0: whole. */
void normal_mirror(const struct bridge_view *bridge, const struct flow_key *key, uint16_t vlan,
		   uint16_t max_len, struct flow_op_list *ops);
