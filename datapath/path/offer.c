/* offer: shows a flow that has proved to last to whoever fills the kernel's cache.
 *
 * A flow is offered with its second packet, fourth, eighth, and so on: one-packet flows stay here,
 * and an offer that was lost is made again. One that has reached the kernel sends no packets here. */
#include "base/mailbox.h"
#include "flow/action.h"
#include "flow/cache.h"
#include "path/host.h"
#include "path/steps.h"
#include "path/worker.h"

/* False: the mask has bits that the kernel does not look at. */
static bool key_expand(const struct cache_query *query, struct kernel_key *out)
{
	*out = (struct kernel_key){.mask = query->mask->id};
	for (unsigned i = 0; i < query->mask->n_words; i++) {
		if (query->mask->word[i] >= PACKET_KEY_IPV4_WORDS)
			return false;
		out->word[query->mask->word[i]] = query->word[i];
	}
	return true;
}

void offer(struct worker *worker, const struct cache_query *query)
{
	const struct flow_actions *actions = query->entry->actions;
	struct path_offer offer = {.stamp = query->entry->stamp, .n_ops = actions->n_ops};

	if (actions->n_ops > KERNEL_FLOW_OPS ||
	    !flow_ops_are_for_kernel(actions->op, actions->n_ops) || !key_expand(query, &offer.key))
		return;
	memcpy(offer.op, actions->op, actions->n_ops * sizeof(offer.op[0]));
	mailbox_send(worker->host->offers, &offer);
}
