#pragma once
/* What a controller may say of a port: OpenFlow 1.0's OFPPC_ bits (ovs-ofctl(8), mod-port).
 *
 * Runtime state, like flows: the database knows nothing of it. Where Open vSwitch goes further than
 * OpenFlow, it is followed: NO_FLOOD counts for what NORMAL floods, NO_PACKET_IN for packets that no
 * flow matches, not for those that a flow sends to a controller.
 *
 * Control thread.
 */
#include <stdint.h>

struct bridge_port;
struct err;

/* Numbers of OpenFlow 1.0; later versions have fewer of them. */
enum port_mod_flag {
	PORT_MOD_DOWN = 1 << 0,        /* the device is down */
	PORT_MOD_NO_STP = 1 << 1,      /* kept, and means nothing: there is no spanning tree */
	PORT_MOD_NO_RECV = 1 << 2,     /* what comes in is dropped */
	PORT_MOD_NO_RECV_STP = 1 << 3, /* ... which holds for 802.1D packets only if this says so */
	PORT_MOD_NO_FLOOD = 1 << 4,    /* FLOOD leaves it out, and so does NORMAL when it floods */
	PORT_MOD_NO_FWD = 1 << 5,      /* nothing goes out */
	PORT_MOD_NO_PACKET_IN = 1 << 6, /* what no flow matches goes to no controller */
};

#define PORT_MOD_FLAGS 0x7f

/* PORT_MOD_DOWN as the device is at this moment. */
uint8_t bridge_port_flags(const struct bridge_port *port);
/* Sets the flags in `mask` to those in `flags`. -ENODEV: there is no device that could go up or down, or
 * another errno of the kernel; -ENOMEM, -ENOSPC. */
int bridge_port_mod(struct bridge_port *port, uint8_t flags, uint8_t mask, struct err *err);
