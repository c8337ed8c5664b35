#pragma once
/* What went through a port, summed up for those who ask: the database and OpenFlow. Control thread only. */
#include <stdint.h>

struct bridge_port;
struct bridge_port_status;

struct port_statistics {
	uint64_t rx_packets, rx_bytes, rx_dropped, rx_errors;
	uint64_t tx_packets, tx_bytes, tx_dropped, tx_errors;
};

/* `status` is the port's. What the workers and the kernel's programs counted, and what the device and the sockets
 * have beside it. */
void port_statistics_read(const struct bridge_port *port, const struct bridge_port_status *status,
			  struct port_statistics *out);
