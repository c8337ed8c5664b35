#pragma once
/* Changes to a packet, in place. The caller owns the frame. After a function that moves the
 * Ethernet header, data and len of the frame and the offsets of an earlier packet_layout no longer
 * agree. On failure the packet is untouched. */
#include "packet/header.h"

struct frame;

/* Puts a tag in front of those that are there, with the 16 bits of `tci` (host order) and
 * ETH_TYPE_VLAN or ETH_TYPE_SVLAN. 0, -ENOBUFS: less than 4 bytes of headroom, -EINVAL: no whole
 * Ethernet header. */
int edit_push_vlan(struct frame *frame, uint16_t tpid, uint16_t tci);

/* Takes the outermost tag off. 0, -EINVAL: there is none. */
int edit_pop_vlan(struct frame *frame);

/* Changes those bits of the outermost tag's TCI that are 1 in `mask`; both in host order.
 * 0, -EINVAL: there is no tag. */
int edit_set_vlan(struct frame *frame, uint16_t tci, uint16_t mask);
