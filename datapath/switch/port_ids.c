#include "switch/port_ids.h"

#include <assert.h>
#include <errno.h>

#define RESERVED (UINT64_MAX - 1)

void port_ids_reserve(struct port_ids *ids, uint16_t id)
{
	if (ids->free_at[id] != UINT64_MAX)
		ids->free_at[id] = RESERVED;
}

bool port_ids_claim(struct port_ids *ids, uint16_t id)
{
	if (ids->free_at[id] != RESERVED)
		return false;
	ids->free_at[id] = UINT64_MAX;
	return true;
}

void port_ids_unreserve(struct port_ids *ids, uint64_t now)
{
	for (unsigned id = 1; id < PORT_ID_MAX; id++)
		if (ids->free_at[id] == RESERVED)
			ids->free_at[id] = now + PORT_ID_REST_NS;
}

int port_ids_take(struct port_ids *ids, uint64_t now)
{
	for (int id = 1; id < PORT_ID_MAX; id++) {
		if (ids->free_at[id] > now)
			continue;
		ids->free_at[id] = UINT64_MAX;
		return id;
	}
	return -ENOSPC;
}

void port_ids_give(struct port_ids *ids, uint16_t id, uint64_t now)
{
	assert(ids->free_at[id] == UINT64_MAX);
	ids->free_at[id] = now + PORT_ID_REST_NS;
}
