#pragma once
/* Headers on the wire (bpf/wire.h and bpf/reserved.h, which the kernel side shares) and what the daemon asks of
 * them. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../bpf/reserved.h"
#include "../bpf/wire.h"

static inline bool eth_addr_equal(struct eth_addr a, struct eth_addr b)
{
	return !memcmp(&a, &b, sizeof(a));
}

static inline bool eth_addr_is_multicast(struct eth_addr a)
{
	return a.byte[0] & 1;
}

static inline bool eth_addr_is_zero(struct eth_addr a)
{
	return !memcmp(&a, &(struct eth_addr){{0}}, sizeof(a));
}

/* The address as a number below 2^48: the first byte on the wire counts most. */
static inline uint64_t eth_addr_u64(struct eth_addr a)
{
	be64 wide = {0};

	memcpy((uint8_t *)&wide + 2, &a, sizeof(a));
	return from_be64(wide);
}

/* The other way; bits above 2^48 do not count. */
static inline struct eth_addr eth_addr_from_u64(uint64_t v)
{
	const be64 wide = to_be64(v);
	struct eth_addr a;

	memcpy(&a, (const uint8_t *)&wide + 2, sizeof(a));
	return a;
}
