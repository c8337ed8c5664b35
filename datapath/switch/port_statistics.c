#include "switch/port_statistics.h"

#include "switch/vswitch.h"

/* Reasons that are charged to the port that a packet was to leave by. */
static bool is_output_drop(enum drop_reason reason)
{
	return reason == DROP_PORT_DOWN || reason == DROP_TX_FULL || reason == DROP_TX_ERROR ||
	       reason == DROP_TOO_BIG;
}

/* The device's counters as far as status->drops does not have them. */
static void device_counters(const struct bridge_port *port, const struct port_status *status,
			    struct port_counters *out)
{
	*out = (struct port_counters){.rx_packets = 0};
	if (bridge_port_counters(port, out))
		return;
	if (status->hook == HOOK_XDP) {
		/* Drivers count here what the port's sockets had no room for. */
		out->rx_dropped = 0;
	} else {
		/* The sockets are those that all skb ports share. */
		out->xsk_rx_invalid = 0;
		out->xsk_tx_invalid = 0;
	}
}

void port_statistics_read(const struct bridge_port *port, const struct bridge_port_status *status,
			  struct port_statistics *out)
{
	struct port_counters device;

	device_counters(port, &status->port, &device);
	*out = (struct port_statistics){
		.rx_packets = status->rx_packets,
		.rx_bytes = status->rx_bytes,
		.rx_dropped = device.rx_dropped,
		.rx_errors = device.rx_errors + device.xsk_rx_invalid,
		.tx_packets = status->tx_packets,
		.tx_bytes = status->tx_bytes,
		.tx_dropped = device.tx_dropped,
		.tx_errors = device.tx_errors + device.xsk_tx_invalid,
	};
	for (unsigned i = DROP_NONE + 1; i < N_DROP_REASONS; i++)
		*(is_output_drop(i) ? &out->tx_dropped : &out->rx_dropped) += status->drops[i];
}
