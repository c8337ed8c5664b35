#include "agent/openflow_unread.h"

#include <errno.h>
#include <stdlib.h>

#include "switch/packet_in.h"

#define FIRST_SIZE 64

static struct unread_packet *packet(struct openflow_unread *unread, uint32_t number)
{
	return &unread->at[number & (unread->size - 1)];
}

static int grow(struct openflow_unread *unread)
{
	struct openflow_unread larger = *unread;

	larger.size = unread->size ? unread->size * 2 : FIRST_SIZE;
	larger.at = calloc(larger.size, sizeof(*larger.at));
	if (!larger.at)
		return -ENOMEM;
	for (uint32_t i = unread->begin; i != unread->end; i++)
		*packet(&larger, i) = *packet(unread, i);
	free(unread->at);
	*unread = larger;
	return 0;
}

int openflow_unread_add(struct openflow_unread *unread, uint32_t end, uint16_t port)
{
	if (unread->end - unread->begin == unread->size && grow(unread))
		return -ENOMEM;
	*packet(unread, unread->end++) = (struct unread_packet){.end = end, .port = port};
	return 0;
}

/* A controller that has read all after a while keeps no memory for it. */
static void forget(struct openflow_unread *unread)
{
	if (unread->size == FIRST_SIZE)
		return;
	free(unread->at);
	*unread = (struct openflow_unread){.size = 0};
}

void openflow_unread_sent(struct openflow_unread *unread, uint32_t sent)
{
	while (unread->begin != unread->end &&
	       (int32_t)(packet(unread, unread->begin)->end - sent) <= 0)
		unread->begin++;
	if (unread->begin == unread->end)
		forget(unread);
}

void openflow_unread_drop(struct openflow_unread *unread, struct vswitch *sw)
{
	for (; unread->begin != unread->end; unread->begin++)
		packet_in_lost(sw, packet(unread, unread->begin)->port, DROP_NO_CONTROLLER);
	free(unread->at);
	*unread = (struct openflow_unread){.size = 0};
}
