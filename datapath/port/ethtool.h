#pragma once
/* What a device's driver says of itself, over the ethtool ioctls. Control thread only.
 * All of these may block for as long as the driver likes (usually microseconds). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The driver's name; "" if the device has none to tell. */
void ethtool_driver(const char *ifname, char *driver, size_t size);
/* Rx and tx queues in use. 0, or -EOPNOTSUPP: the driver does not tell. */
int ethtool_queues(const char *ifname, unsigned *n_rxq, unsigned *n_txq);
/* Bits per second; 0: unknown. */
void ethtool_speed(const char *ifname, uint64_t *bits_per_s, bool *is_full_duplex);
/* Switches off every offload of the transmit side that can be, except scatter-gather: checksums,
 * segmentation and VLAN tags are then the kernel's work, done before the driver sees a packet.
 * 0 or -errno. */
int ethtool_tx_offloads_off(const char *ifname);
