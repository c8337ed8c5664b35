#pragma once
/* The kernel's flow cache, filled from the workers': what they offer goes in, what is idle or stale
 * comes out, and what its entries count keeps learned addresses alive.
 *
 * The revalidator's thread alone writes entries. The control thread says by which masks packets are
 * looked up, when it publishes a view (switch/snapshot.c). Whether an entry holds is decided packet by
 * packet, by its stamp, so whatever changes is obeyed at once and cleaning up here may take its
 * time. */
#include <stdbool.h>
#include <stdint.h>

struct bridge_view;
struct flow_maps;
struct mailbox;
struct offload;
struct path_host;

/* `maps` and `host` are borrowed. 0, -ENOMEM or an errno. Control. */
int offload_new(struct offload **out, struct flow_maps *maps, const struct path_host *host);
void offload_free(struct offload **offload);

/* Where workers send struct path_offer. Borrowed. */
struct mailbox *offload_mailbox(const struct offload *offload);

/* Takes in what was offered. Revalidator, registered with RCU and offline. */
void offload_receive(struct offload *offload, uint64_t now);
/* Once a second: ages, and tells the FDB what is still in use. Revalidator, as above. */
void offload_sweep(struct offload *offload, uint64_t now);

struct offload_stats {
	uint64_t n_entries; /* in the kernel now */
	uint64_t n_full;    /* offers that found no room */
};
/* Any thread. */
void offload_stats(const struct offload *offload, struct offload_stats *out);

/* How the kernel looks packets of this view up; before it is published. Control. */
void offload_masks_write(struct flow_maps *maps, const struct bridge_view *view);
/* From now on it does so; after the view is published and counted. `old` or `view` may be NULL. */
void offload_ports_write(struct flow_maps *maps, const struct bridge_view *old,
			 const struct bridge_view *view);
