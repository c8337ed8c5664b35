#pragma once
/* The kernel's flow cache as the daemon sees it: maps that the programs share, in our memory.
 *
 * They have names in bpffs and outlive the daemon. While they are held, `versions`, `port_masks` and
 * `masks` are copies that no program sees: a daemon that starts makes its bridges, and one that leaves
 * takes them down, and neither makes an entry of the kernel's stale.
 *
 * They are made before the programs are loaded and outlive them, so what the cache knows does not
 * depend on the upcall device or a port. All are plain arrays that we write like any memory.
 *
 * How a place is used: write flows[place], its tail and its ops, then flow_index_put() or flow_index_set(); if the place is
 * its key's home, flow_maps_set_home(true). To take it back: flow_maps_set_home(false), flow_index_clear() or another
 * flow_index_set(), and leave it and its ops alone for FLOW_MAPS_REST_NS, because a program may still be reading them. So
 * whatever is at home is in the index, also if the daemon is killed in between.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/index.h"

enum flow_map {
	FLOW_MAP_VERSIONS,
	FLOW_MAP_PORT_MASKS,
	FLOW_MAP_MASKS,
	FLOW_MAP_FLOWS,
	FLOW_MAP_TAILS,
	FLOW_MAP_COUNTS,
	FLOW_MAP_SEEN,
	FLOW_MAP_PORT_COUNTS,
	FLOW_MAP_OPS,
	FLOW_MAP_INDEX,
	FLOW_MAP_INDEX_SIZE,
	FLOW_MAP_METERS,
	FLOW_MAP_METER_BANDS,
	N_FLOW_MAPS
};

#define FLOW_MAPS_REST_NS 1000000000ull /* a program runs for microseconds */

struct pins;
struct xdp_sets;

struct flow_maps {
	/* fixed after create */
	bool were_there; /* a daemon before us has filled them */
	unsigned n_cpus;
	uint32_t n_flows; /* entries at a time */
	uint32_t n_places;
	uint32_t n_buckets; /* of the index, at most */
	int fd[N_FLOW_MAPS];
	struct xdp_sets *xdp_sets; /* of more than one device; NULL in tests */
	/* control only */
	bool is_held;
	/* anybody bumps; programs read */
	struct versions *versions;
	/* control writes, programs read */
	struct port_masks *port_masks; /* PORT_ID_MAX */
	struct kernel_mask *masks;     /* FLOW_MASK_IDS */
	/* whoever holds the lock of switch/offload writes, programs read */
	struct index_bucket *index; /* n_buckets */
	struct index_size *index_size;
	struct kernel_flow *flows; /* n_places */
	struct kernel_tail *tails; /* n_places: of their keys */
	struct flow_op *ops;       /* KERNEL_OPS */
	/* control writes; programs and workers count, and set clocks: switch/meter-rows.h */
	struct meter *meters;            /* METERS_MAX */
	struct meter_bands *meter_bands; /* METER_ROWS */
	/* whoever holds that lock writes; no program reads it: how much of a place's counters was given to flows */
	struct kernel_count *seen; /* n_places */
	bool is_shrunk;            /* the index: programs may be under way that know it larger */
	/* programs write; places that nobody can find are zeroed under that lock */
	struct kernel_count *counts;           /* n_cpus * n_places */
	struct kernel_port_count *port_counts; /* n_cpus * PORT_ID_MAX */
};

/* Finds them or makes them; held if they were there. n_flows: a power of two, KERNEL_FLOWS_MAX at most,
 * and the same for all who share the pins. 0 or the errno of bpf(2) or mmap(2). */
int flow_maps_new(struct flow_maps **out, struct pins *pins, uint32_t n_flows);
/* Sets the three sizes. */
void flow_maps_size(struct flow_maps *maps, uint32_t n_flows);
/* When nobody reads versions any more. */
void flow_maps_free(struct flow_maps **maps);

/* 0, -ENOMEM or an errno of mmap(2). Control, while nobody else writes. */
int flow_maps_hold(struct flow_maps *maps);
/* What was written to masks and port_masks meanwhile holds from now on; the versions are again what
 * they were before the hold, and nothing that rests on the copy's may be kept. The same threads. */
int flow_maps_release(struct flow_maps *maps);

/* Returns when no program is under way that had begun before. */
void flow_maps_wait(void);

/* The key of a place's entry. */
void flow_maps_key(const struct flow_maps *maps, uint32_t place, struct kernel_key *out);
/* Of one that nobody can find. */
void flow_maps_key_write(struct flow_maps *maps, uint32_t place, const struct kernel_key *key);

/* ---- the index. A slot is bucket * INDEX_BUCKET_SLOTS + number in it ---- */

#define FLOW_SLOT_NONE UINT32_MAX

/* Is told of each place that is in another slot now, the new one too. */
struct slot_listener {
	void (*moved)(void *ctx, uint32_t place, uint32_t slot);
	void *ctx;
};

/* Of what size it is, if nobody has said. */
void flow_index_begin(struct flow_maps *maps);
/* The slot of a key; FLOW_SLOT_NONE: it has none. The row of its mask must be as it was when the key was
 * put in. */
uint32_t flow_index_find(const struct flow_maps *maps, const struct kernel_key *key);
/* Makes `place`, which holds an entry for `key`, the one that is found. The key must have no slot. Others may have to move,
 * and the index to become twice as large, which waits for programs, three times FLOW_MAPS_REST_NS at most. 0 or -ENOSPC: there
 * is no room, though it is as large as it can be. */
int flow_index_put(struct flow_maps *maps, const struct kernel_key *key, uint32_t place,
		   const struct slot_listener *listener);
/* Makes it half as large, unless what is in it has no room then, or it is as small as can be. */
void flow_index_shrink(struct flow_maps *maps, const struct slot_listener *listener);
/* From now on another place of the same key is found. */
void flow_index_set(struct flow_maps *maps, uint32_t slot, uint32_t place);
void flow_index_clear(struct flow_maps *maps, uint32_t slot);
/* Whether programs find the entry there without the index. */
void flow_maps_set_home(struct flow_maps *maps, uint32_t place, bool is_home);
/* The place that is a key's home; 0: it has none. */
uint32_t flow_maps_home(const struct flow_maps *maps, const struct kernel_key *key);
/* 0: it is free. */
uint32_t flow_index_place(const struct flow_maps *maps, uint32_t slot);

/* ---- counters, summed over the CPUs. Any thread ---- */

void flow_maps_count(const struct flow_maps *maps, uint32_t place, struct kernel_count *out);
/* Of a place that rests; nothing of it is seen. */
void flow_maps_count_reset(struct flow_maps *maps, uint32_t place);
void flow_maps_port_count(const struct flow_maps *maps, uint16_t port,
			  struct kernel_port_count *out);
