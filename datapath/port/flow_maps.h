#pragma once
/* The kernel's flow cache as the daemon sees it: maps that the programs share, in our memory.
 *
 * They are made before the programs are loaded and outlive them, so what the cache knows does not
 * depend on the upcall device or a port. All are plain arrays that we write like any memory, but
 * the exact-match index {mask id, masked key} -> place.
 *
 * How a place is used: write flows[place], then flow_maps_put(). To take it back: flow_maps_del(),
 * and leave it alone for FLOW_MAPS_REST_NS, because a program may still be reading it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/abi.h"

enum flow_map {
	FLOW_MAP_VERSIONS,
	FLOW_MAP_PORT_MASKS,
	FLOW_MAP_MASKS,
	FLOW_MAP_FLOWS,
	FLOW_MAP_COUNTS,
	FLOW_MAP_PORT_COUNTS,
	FLOW_MAP_INDEX,
	N_FLOW_MAPS
};

#define FLOW_MAPS_REST_NS 1000000000ull /* a program runs for microseconds */

struct flow_maps {
	/* fixed after create */
	unsigned n_cpus;
	int fd[N_FLOW_MAPS];
	/* anybody bumps; programs read */
	struct versions *versions;
	/* control writes, programs read */
	struct port_masks *port_masks; /* PORT_ID_MAX */
	struct kernel_mask *masks;     /* FLOW_MASK_IDS */
	/* revalidator writes, programs read */
	struct kernel_flow *flows; /* KERNEL_FLOWS */
	/* programs write; the revalidator zeroes those of places that nobody can find */
	struct kernel_count *counts;           /* n_cpus * KERNEL_FLOWS */
	struct kernel_port_count *port_counts; /* n_cpus * PORT_ID_MAX */
};

/* 0 or the errno of bpf(2) or mmap(2). */
int flow_maps_new(struct flow_maps **out);
/* When no program runs any more, and nobody reads versions. */
void flow_maps_free(struct flow_maps **maps);

/* What a map is called in the programs. Static. */
const char *flow_map_name(enum flow_map map);

/* ---- the index: revalidator ---- */

/* Makes the entry at `place` the one for its key. 0, -E2BIG: full, -ENOMEM. */
int flow_maps_put(struct flow_maps *maps, uint32_t place);
/* False: the key has no entry. */
bool flow_maps_find(const struct flow_maps *maps, const struct kernel_key *key, uint32_t *place);
void flow_maps_del(struct flow_maps *maps, const struct kernel_key *key);

/* ---- counters, summed over the CPUs. Any thread ---- */

void flow_maps_count(const struct flow_maps *maps, uint32_t place, struct kernel_count *out);
void flow_maps_count_reset(struct flow_maps *maps, uint32_t place);
void flow_maps_port_count(const struct flow_maps *maps, uint16_t port,
			  struct kernel_port_count *out);
