/* What becomes of packets that no entry knows while no daemon is there to ask.
 *
 * On a bridge that is to stand alone, they are flooded, if nothing but port and VLAN decides about a
 * destination that nobody knows: no flow, no order and no setting looks at more (flow_masks_standby). Then
 * entries under a mask of these alone stand by, one for each port and each VLAN that the ports of its
 * bridge name, made from what translation says of such a packet. Programs look at them when there is
 * no socket (bpf/standby.h), and what they count is counted by the flows like that of other entries.
 *
 * A change makes all of them stale at once. They are made again within a second, and the change does not
 * wait for it: each entry of a bridge of n ports has n outputs. */
#include <string.h>

#include "base/rcu.h"
#include "packet/header.h"
#include "switch/normal.h"
#include "switch/offload-state.h"
#include "switch/snapshot.h"

#define BATCH 64 /* ports between two rests */

/* The VLANs that a bridge's ports name. */
struct named {
	const struct bridge_view *bridge;
	struct vlan_bitmap vlans;
};

static void name_all(struct named *named, const struct bridge_view *bridge)
{
	*named = (struct named){.bridge = bridge};
	for (unsigned i = 0; i < bridge->n_ports; i++) {
		const struct port_view *port = &bridge->ports[i];

		if (port->vlan_mode != VLAN_TRUNK)
			named->vlans.bits[port->tag / 64] |= 1ull << port->tag % 64;
		for (unsigned k = 0; port->has_trunks && k < 64; k++)
			named->vlans.bits[k] |= port->trunks.bits[k];
	}
}

static void stand_by(struct offload *offload, const struct port_view *port, uint16_t tci)
{
	const struct packet_key key = {
		.in_port = port->id,
		.packet_class = CLASS_STANDBY,
		.vlan.tci = to_be16(tci),
	};

	if (!places_are_enough(&offload->places) && !op_lists_are_enough(offload->lists))
		offload_take(offload, &key);
}

static void stand_by_tagged(struct offload *offload, const struct port_view *port,
			    struct named *named)
{
	if (named->bridge != port->bridge)
		name_all(named, port->bridge);
	for (uint16_t vlan = 1; vlan < 4095; vlan++)
		if (named->vlans.bits[vlan / 64] >> vlan % 64 & 1 && normal_carries(port, vlan))
			stand_by(offload, port, VLAN_PRESENT | vlan);
}

/* Untagged packets of all ports come first, as there may be too many VLANs. */
static void all_stand_by(struct offload *offload, bool is_tagged)
{
	struct named named = {0};

	for (uint32_t first = 1; first < PORT_ID_MAX; first += BATCH) {
		offload_begin(offload);
		for (uint32_t id = first; id < first + BATCH && id < PORT_ID_MAX; id++) {
			const struct path_view *view = rcu_load(offload->host->view);
			const struct port_view *port;

			if (!view->masks[id] || !view->masks[id]->standby)
				continue;
			port = snapshot_port(snapshot_of(view), (uint16_t)id);
			if (is_tagged)
				stand_by_tagged(offload, port, &named);
			else
				stand_by(offload, port, 0);
		}
		offload_end(offload);
	}
}

bool offload_standby_is_due(const struct offload *offload)
{
	return __atomic_load_n(&offload->is_standby_due, __ATOMIC_ACQUIRE);
}

void offload_standby(struct offload *offload)
{
	__atomic_store_n(&offload->is_standby_due, false, __ATOMIC_SEQ_CST);
	offload_renew_stale(offload, PLACE_STANDBY);
	all_stand_by(offload, false);
	all_stand_by(offload, true);
}
