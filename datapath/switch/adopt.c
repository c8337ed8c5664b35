/* How a switch takes over what the kernel knows from a daemon that is no more, and leaves it to the next.
 *
 * Until it is settled, what the switch writes about versions and masks is seen by nobody else
 * (flow_maps_hold), and no packet comes. So bridges can be made step by step while the kernel forwards by
 * entries that were made for the whole. Then, in this order: addresses are learned from the entries that
 * hold; masks and versions are shown to the programs; packets may come; entries are translated again. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/own.h"
#include "base/rcu.h"
#include "flow/fdb.h"
#include "flow/key.h"
#include "flow/ledger.h"
#include "flow/mask.h"
#include "flow/version.h"
#include "port/flow_maps.h"
#include "port/pins.h"
#include "switch/adopt.h"
#include "switch/bridge.h"
#include "switch/offload.h"
#include "switch/revalidator.h"
#include "switch/snapshot.h"

/* ---- at the start ---- */

static void mask_keep(struct vswitch *sw, uint16_t id)
{
	const struct kernel_mask *row = &sw->flow_maps->masks[id];
	const struct flow_mask *mask;
	struct flow_key bits = {0};

	for (unsigned i = 0; i < PACKET_KEY_WORDS; i++)
		bits.word[i] = row->word[i].bits;
	if (!mask_adopt(sw->masks, id, &bits, &mask))
		sw->adopted_masks[sw->n_adopted_masks++] = mask;
}

static void number_reserve(void *ctx, uint16_t id)
{
	struct vswitch *sw = ctx;

	port_ids_reserve(&sw->ids, id);
}

int adopt_begin(struct vswitch *sw)
{
	if (!sw->flow_maps || !sw->flow_maps->were_there)
		return 0;
	sw->adopted_masks = calloc(FLOW_MASK_IDS, sizeof(struct flow_mask *));
	if (!sw->adopted_masks)
		return -ENOMEM;
	for (unsigned id = 1; id < PORT_ID_MAX; id++)
		for (unsigned c = 0; c <= CLASS_STANDBY; c++) {
			const uint16_t mask = sw->flow_maps->port_masks[id].by_class[c];

			if (mask && mask <= FLOW_MASK_IDS)
				mask_keep(sw, (uint16_t)(mask - 1));
		}
	if (sw->offload)
		offload_adopt(sw->offload);
	return 0;
}

void adopt_numbers(struct vswitch *sw)
{
	port_numbers_before(sw->port_table, number_reserve, sw);
}

/* ---- when all bridges and ports are there ---- */

static void learn(void *ctx, const struct path_learned *learned)
{
	struct vswitch *sw = ctx;
	const struct bridge_port *port = sw->ports[learned->port];

	if (port)
		fdb_learn(port->bridge->fdb, learned->vlan, learned->mac, learned->port,
			  clock_now(sw->options.clock));
}

static void ports_forget(struct vswitch *sw)
{
	for (unsigned id = 0; id < PORT_ID_MAX; id++)
		if (!sw->ports[id])
			sw->flow_maps->port_masks[id] = (struct port_masks){0};
}

static void entries_settle(struct vswitch *sw)
{
	int rc;

	fdb_write_begin(sw);
	offload_learn(sw->offload, learn, sw);
	fdb_write_end(sw);
	rc = flow_maps_release(sw->flow_maps);
	if (rc)
		log_error("switch", "the kernel's flow cache: %s", strerror(-rc));
}

static void maps_settle(struct vswitch *sw)
{
	ports_forget(sw);
	if (sw->offload) {
		entries_settle(sw);
		return;
	}
	flow_maps_release(sw->flow_maps);
	/* Nobody looks after the entries that are there. */
	version_bump(sw->versions, VERSION_KERNEL);
}

static void entries_confirm(struct vswitch *sw)
{
	struct offload_stats before, after;

	offload_stats(sw->offload, &before);
	offload_confirm(sw->offload);
	offload_stats(sw->offload, &after);
	log_info("switch", "took over %llu of %llu flows from the kernel",
		 (unsigned long long)after.n_entries, (unsigned long long)before.n_entries);
	revalidator_wake(sw->revalidator);
}

void vswitch_settle(struct vswitch *sw)
{
	const bool were_there = sw->flow_maps && sw->flow_maps->is_held;

	ports_count_anew(sw);
	if (were_there)
		maps_settle(sw);
	if (sw->port_table)
		port_table_settle(sw->port_table);
	if (were_there && sw->offload)
		entries_confirm(sw);
	meter_rows_settle(&sw->meter_rows);
	ledger_settle(sw->ledger);
	for (unsigned i = 0; i < sw->n_adopted_masks; i++)
		mask_put(sw->masks, &sw->adopted_masks[i]);
	sw->n_adopted_masks = 0;
	mem_free(&sw->adopted_masks);
	sw->is_left = false;
	port_ids_unreserve(&sw->ids, clock_now(sw->options.clock));
}

/* ---- at the end ---- */

bool vswitch_can_leave(const struct vswitch *sw)
{
	return !sw->pins || pins_outlive(sw->pins);
}

void vswitch_leave(struct vswitch *sw)
{
	int rc = 0;

	sw->is_left = true;
	ledger_keep(sw->ledger);
	revalidator_stop(sw->revalidator);
	if (sw->offload && sw->flow_maps && !sw->flow_maps->is_held)
		offload_receive(sw->offload); /* what is due */
	if (sw->offload && offload_standby_is_due(sw->offload))
		offload_standby(sw->offload);
	if (sw->flow_maps && !sw->flow_maps->is_held)
		rc = flow_maps_hold(sw->flow_maps);
	if (rc)
		log_error("switch", "the kernel's flow cache: %s", strerror(-rc));
	if (sw->port_table)
		port_table_leave(sw->port_table);
}
