#include "switch/port_ids.h"

#include <assert.h>
#include <errno.h>

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
