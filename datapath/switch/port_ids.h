#pragma once
/* Switch-wide port numbers: the lowest free one, but none that was given back a moment ago.
 *
 * A number that was given back rests for PORT_ID_REST_NS, because packets that carry it may still
 * be on their way up from the kernel, and must not be taken for those of the next port.
 * Control thread only.
 */
#include <stdint.h>

#include "../bpf/abi.h"
#include "base/clock.h"

#define PORT_ID_REST_NS (5 * CLOCK_NS_PER_SEC)

struct port_ids {
	uint64_t free_at[PORT_ID_MAX]; /* when it may be taken; UINT64_MAX: it is in use */
};

/* Returns a number of 1 to PORT_ID_MAX - 1, or -ENOSPC. All zero bytes: all are free. */
int port_ids_take(struct port_ids *ids, uint64_t now);
void port_ids_give(struct port_ids *ids, uint16_t id, uint64_t now);
