/* learn: what a decision brought to light goes to those who keep it: addresses to the FDB's writer, flows to
 * the control thread. A box that is full refuses; the next packet that is decided says it again. */
#include "base/mailbox.h"
#include "path/host.h"
#include "path/steps.h"

void learn(const struct path_host *host, const struct translation *translation)
{
	for (uint32_t i = 0; i < translation->n_learned; i++)
		mailbox_send(host->learned, &translation->learned[i]);
	for (uint32_t i = 0; host->flows && i < translation->n_flows; i++)
		mailbox_send(host->flows, &translation->flows[i]);
}
