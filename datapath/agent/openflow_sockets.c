#include "agent/openflow_sockets.h"

#include <string.h>

bool openflow_socket_is_of_bridge(const char *name)
{
	const char *end = strrchr(name, '.');

	return end && (!strcmp(end, OPENFLOW_SOCKET_MGMT) || !strcmp(end, OPENFLOW_SOCKET_SNOOP));
}
