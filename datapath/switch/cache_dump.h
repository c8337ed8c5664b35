#pragma once
/* All cached flows, page by page: the kernel's, then each worker's. Control. */
#include <stdbool.h>
#include <stdint.h>

#include "flow/key.h"

struct flow_op;
struct vswitch;

enum cache_floor { FLOOR_KERNEL, FLOOR_USER };

struct cache_row {
	enum cache_floor floor;
	unsigned worker; /* of FLOOR_USER */
	/* Masked; in_port is the switch-wide number. `mask` has ones where bits count. */
	struct flow_key key, mask;
	const struct flow_op *ops;
	uint32_t n_ops; /* words included */
	bool is_cut;    /* there are more ops than are shown */
	uint64_t n_packets, n_bytes;
	uint64_t idle;   /* ns */
	const char *why; /* it is not in the kernel, or not yet; static. NULL: it is there */
};

/* Where to go on. Begin with zero bytes. */
struct cache_place {
	uint32_t stage; /* 0: the kernel; then worker stage - 1 */
	uint32_t cursor;
};

/* Visits some of the entries from *place on and moves that. Rows are borrowed. True if there are more;
 * between calls entries may come and go. */
bool vswitch_cache_visit(struct vswitch *sw, struct cache_place *place,
			 void (*visit)(void *ctx, const struct cache_row *row), void *ctx);
