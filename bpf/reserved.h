#pragma once
/* reserved: addresses of protocols between switches. The kernel side and the daemon share it. */
#include "wire.h"

#define RESERVED_ADDRESSES 6

struct reserved_address {
	__u64 mac;
	__u64 bits;
};

static const struct reserved_address reserved_addresses[RESERVED_ADDRESSES] = {
	{0x0180c2000000, 0xfffffffffff0}, /* spanning tree, pause, LLDP: 802.1Q table 8-1 */
	{0x01000c000000, 0xffffffffffff}, /* inter-switch link */
	{0x01000cccccc0, 0xfffffffffff0}, /* connectivity faults, CDP, VTP, PVST+ */
	{0x01000ccdcdcd, 0xffffffffffff}, /* spanning tree's uplink fast */
	{0x00e02b000000, 0xffffffffffff}, /* Extreme's discovery */
	{0x00e02b000004, 0xfffffffffffd}, /* EAPS: 04 and 06 */
};

/* Is it one that a bridge does not forward? The list is that of other_config:forward-bpdu in
 * ovs-vswitchd.conf.db(5). */
static inline int address_is_reserved(struct eth_addr address)
{
	__u64 mac = 0;

	for (int i = 0; i < 6; i++)
		mac = mac << 8 | address.byte[i];
	for (int i = 0; i < RESERVED_ADDRESSES; i++)
		if ((mac & reserved_addresses[i].bits) == reserved_addresses[i].mac)
			return 1;
	return 0;
}
