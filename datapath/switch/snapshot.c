#include "switch/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/own.h"
#include "base/rcu.h"
#include "flow/mask.h"
#include "flow/version.h"
#include "switch/bridge.h"
#include "switch/flow_store.h"
#include "switch/offload.h"
#include "switch/order.h"

static bool is_empty(const struct vlan_bitmap *vlans)
{
	static const struct vlan_bitmap none;

	return !memcmp(vlans, &none, sizeof(none));
}

static void port_view_init(struct port_view *view, const struct bridge_port *port,
			   const struct bridge_view *bridge)
{
	const struct bridge_port_config *config = &port->config;

	*view = (struct port_view){
		.bridge = bridge,
		.id = port->id,
		.ofport = port->ofport,
		.vlan_mode = config->tag == VLAN_NONE ? VLAN_TRUNK : config->vlan_mode,
		.tag = config->tag,
		.priority_tags = config->priority_tags,
		.is_protected = config->is_protected,
		.flags = port->flags,
		.is_live = port->is_live,
		.has_trunks = !is_empty(&config->trunks),
		.trunks = config->trunks,
	};
}

static struct bridge_view *view_new(unsigned capacity)
{
	struct bridge_view *view = calloc(1, sizeof(*view) + capacity * sizeof(view->ports[0]));

	if (view)
		view->capacity = capacity;
	return view;
}

const struct port_view *bridge_view_port(const struct bridge_view *bridge, uint16_t ofport)
{
	unsigned begin = 0, end = bridge->n_ports;

	while (begin < end) {
		unsigned middle = (begin + end) / 2;

		if (bridge->ports[middle].ofport < ofport)
			begin = middle + 1;
		else
			end = middle;
	}
	return begin < bridge->n_ports && bridge->ports[begin].ofport == ofport
		       ? &bridge->ports[begin]
		       : NULL;
}

static void masks_put(struct mask_table *table, struct path_masks *masks)
{
	for (unsigned i = 0; i < N_PACKET_CLASSES; i++)
		if (masks->by_class[i])
			mask_put(table, &masks->by_class[i]);
	if (masks->standby)
		mask_put(table, &masks->standby);
}

/* A bridge that has become smaller gets by with the masks that it had: they may have bits too many. */
static int mask_get_or_keep(struct bridge *bridge, const struct flow_key *bits, unsigned class,
			    const struct flow_mask **out)
{
	const struct flow_mask *kept = bridge->view ? bridge->view->masks.by_class[class] : NULL;
	int rc = mask_get(bridge->sw->masks, bits, out);

	if (!rc || !kept || !mask_covers(kept, bits))
		return rc;
	*out = mask_hold(bridge->sw->masks, kept);
	return 0;
}

static int masks_get(struct bridge *bridge, const struct bridge_view *view,
		     struct path_masks *masks)
{
	struct flow_key bits;
	int rc;

	memset(masks, 0, sizeof(*masks));
	for (unsigned i = 0; i < N_PACKET_CLASSES; i++) {
		flow_masks_bits(bridge->tables, view, i, &bits);
		rc = mask_get_or_keep(bridge, &bits, i, &masks->by_class[i]);
		if (rc) {
			masks_put(bridge->sw->masks, masks);
			return rc;
		}
	}
	if (flow_masks_standby(bridge->tables, view, &bits))
		mask_get(bridge->sw->masks, &bits, &masks->standby); /* or the bridge has none */
	return 0;
}

static int view_init(struct bridge_view *view, struct bridge *bridge)
{
	int rc;

	view->number = bridge->number;
	view->fdb = bridge->fdb;
	view->tables = bridge->tables;
	view->orders = bridge->orders;
	view->meters = bridge->meters.index;
	view->masks_generation = flow_masks_generation(bridge->tables);
	view->fail_mode = bridge->config.fail_mode;
	view->frags = bridge->frags;
	view->miss = bridge->miss;
	view->stands_in = bridge->stands_in;
	view->forward_bpdu = bridge->config.forward_bpdu;
	view->n_ports = bridge->n_ports;
	for (unsigned i = 0; i < bridge->n_ports; i++)
		port_view_init(&view->ports[i], bridge->ports[i], view);
	mirrors_view_init(view, bridge);
	bridge_orders_follow(bridge);
	rc = masks_get(bridge, view, &view->masks);
	if (!rc && bridge->sw->flow_maps)
		offload_masks_write(bridge->sw->flow_maps, view);
	return rc;
}

/* Puts `view` where `old` was (either may be NULL), for every packet received after return. */
static void replace(struct vswitch *sw, const struct bridge_view *old,
		    const struct bridge_view *view)
{
	struct snapshot *snapshot = sw->spare;

	*snapshot = *sw->snapshot;
	for (unsigned i = 0; old && i < old->n_ports; i++) {
		snapshot->ports[old->ports[i].id] = NULL;
		snapshot->path.masks[old->ports[i].id] = NULL;
	}
	for (unsigned i = 0; view && i < view->n_ports; i++) {
		snapshot->ports[view->ports[i].id] = &view->ports[i];
		snapshot->path.masks[view->ports[i].id] = &view->masks;
	}
	sw->spare = sw->snapshot;
	sw->snapshot = snapshot;
	rcu_publish(sw->path_host.view, &snapshot->path);
	version_bump(sw->versions, VERSION_CONFIG);
	if (sw->flow_maps)
		offload_ports_write(sw->flow_maps, old, view);
	rcu_wait_readers();
	offload_renew(sw->offload);
}

int snapshot_publish(struct bridge *bridge)
{
	struct bridge_view *view = bridge->spare;
	int rc;

	if (!view || view->capacity < bridge->n_ports) {
		view = view_new(bridge->n_ports + bridge->n_ports / 2);
		if (!view)
			return -ENOMEM;
		free(bridge->spare);
		bridge->spare = view;
	}
	rc = view_init(view, bridge);
	if (rc)
		return rc;
	replace(bridge->sw, bridge->view, view);
	bridge->spare = bridge->view;
	bridge->view = view;
	if (bridge->spare)
		masks_put(bridge->sw->masks, &bridge->spare->masks);
	return 0;
}

/* Do the published masks have all these bits, and only these? */
static void masks_compare(const struct bridge *bridge, bool *is_enough, bool *is_equal)
{
	const struct bridge_view *view = bridge->view;
	const struct flow_mask *standby = view->masks.standby;
	struct flow_key bits;
	bool stands_by;

	*is_enough = *is_equal = true;
	for (unsigned i = 0; i < N_PACKET_CLASSES; i++) {
		flow_masks_bits(bridge->tables, view, i, &bits);
		*is_enough &= mask_covers(view->masks.by_class[i], &bits);
		*is_equal &= mask_is(view->masks.by_class[i], &bits);
	}
	stands_by = flow_masks_standby(bridge->tables, view, &bits);
	*is_enough &= !standby || (stands_by && mask_is(standby, &bits));
	*is_equal &= standby ? stands_by && mask_is(standby, &bits) : !stands_by;
}

int snapshot_widen(struct bridge *bridge)
{
	bool is_enough, is_equal;

	if (!bridge->view ||
	    bridge->view->masks_generation == flow_masks_generation(bridge->tables))
		return 0;
	masks_compare(bridge, &is_enough, &is_equal);
	if (!is_enough)
		return snapshot_publish(bridge);
	if (is_equal)
		bridge->view->masks_generation = flow_masks_generation(bridge->tables);
	return 0;
}

/* Without success the masks stay as they are: wide enough. */
void snapshot_narrow(struct bridge *bridge)
{
	bool is_enough, is_equal;

	if (!bridge->view ||
	    bridge->view->masks_generation == flow_masks_generation(bridge->tables))
		return;
	masks_compare(bridge, &is_enough, &is_equal);
	if (is_equal)
		bridge->view->masks_generation = flow_masks_generation(bridge->tables);
	else
		snapshot_publish(bridge);
}

void snapshot_remove(struct bridge *bridge)
{
	if (bridge->view) {
		replace(bridge->sw, bridge->view, NULL);
		masks_put(bridge->sw->masks, &bridge->view->masks);
	}
	mem_free(&bridge->view);
	mem_free(&bridge->spare);
}
