#pragma once
/* The sockets of a bridge in the run directory, by name: <bridge>.mgmt and <bridge>.snoop. */
#include <stdbool.h>

#define OPENFLOW_SOCKET_MGMT  ".mgmt"
#define OPENFLOW_SOCKET_SNOOP ".snoop"

/* Is that the name of one? */
bool openflow_socket_is_of_bridge(const char *name);
