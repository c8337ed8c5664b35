#pragma once
/* Switch-wide port numbers: the lowest free one, but none that was given back a moment ago.
 *
 * A number that was given back rests for PORT_ID_REST_NS, because packets that carry it may still
 * be on their way up from the kernel, and must not be taken for those of the next port.
 * Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/abi.h"
#include "base/clock.h"

#define PORT_ID_REST_NS (5 * CLOCK_NS_PER_SEC)

struct port_ids {
	uint64_t free_at
		[PORT_ID_MAX]; /* when it may be taken; UINT64_MAX: it is in use, one less: reserved */
};

/* Nobody gets it but who asks for it by port_ids_claim(), until port_ids_unreserve(). */
void port_ids_reserve(struct port_ids *ids, uint16_t id);
/* False: somebody has it. */
bool port_ids_claim(struct port_ids *ids, uint16_t id);
/* Numbers that nobody claimed rest, and can then be taken. */
void port_ids_unreserve(struct port_ids *ids, uint64_t now);
/* Returns a number of 1 to PORT_ID_MAX - 1, or -ENOSPC. All zero bytes: all are free. */
int port_ids_take(struct port_ids *ids, uint64_t now);
void port_ids_give(struct port_ids *ids, uint16_t id, uint64_t now);
