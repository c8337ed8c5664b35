#include "path/learn.h"

#include "base/hash.h"
#include "base/mailbox.h"
#include "path/host.h"

static void learn_flow(const struct path_host *host, struct learn_memory *memory, uint64_t now,
		       const struct path_learned_flow *flow)
{
	const size_t size = offsetof(struct path_learned_flow, actions) +
			    flow->n_actions * sizeof(flow->actions[0]);
	const uint64_t hash = hash_bytes(flow, size);
	const uint32_t i = hash % LEARN_SLOTS;

	if (memory->slot[i].hash == hash && memory->slot[i].sent_at &&
	    now - memory->slot[i].sent_at < LEARN_PERIOD_NS)
		return;
	if (!mailbox_send(host->flows, flow))
		return;
	memory->slot[i].hash = hash;
	memory->slot[i].sent_at = now;
}

void learn(const struct path_host *host, struct learn_memory *memory, uint64_t now,
	   const struct translation *translation)
{
	for (uint32_t i = 0; i < translation->n_learned; i++)
		mailbox_send(host->learned, &translation->learned[i]);
	for (uint32_t i = 0; host->flows && i < translation->n_flows; i++)
		learn_flow(host, memory, now, &translation->flows[i]);
}
