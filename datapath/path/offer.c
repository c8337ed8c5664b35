/* offer: shows a packet of a flow that has proved to last to whoever fills the kernel's cache.
 *
 * A flow is offered with its second packet, fourth, eighth, and so on: one-packet flows stay here,
 * and an offer that was lost is made again. One that has reached the kernel sends no packets here. */
#include "base/mailbox.h"
#include "flow/key.h"
#include "path/host.h"
#include "path/steps.h"
#include "path/worker.h"

void offer(struct worker *worker, const struct flow_key *key)
{
	const struct path_offer offer = {.key = key->packet};

	mailbox_send(worker->host->offers, &offer);
}
