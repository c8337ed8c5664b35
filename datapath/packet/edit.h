#pragma once
/* Changes to a packet, in place. The caller owns the frame. On failure the packet is untouched.
 *
 * Who changes more than tags needs to know where the headers are: `struct edit` is a frame with that
 * knowledge. What changes which headers there are (MPLS, PBB) forgets it, and the next that needs it parses the
 * packet again; tags move what is behind them, and setting fields keeps it. Checksums that cover a changed field are adjusted by the difference, so
 * a packet that was broken on its way here is still recognised as such.
 */
#include <stdbool.h>

#include "../bpf/abi.h"
#include "packet/header.h"

struct frame;

/* ---- tags: they need no knowledge. Not through these on the frame of an edit in progress ---- */

/* Puts a tag in front of those that are there, with the 16 bits of `tci` (host order) and
 * ETH_TYPE_VLAN or ETH_TYPE_SVLAN. 0, -ENOBUFS: less than 4 bytes of headroom, -EINVAL: no whole
 * Ethernet header. */
int edit_push_vlan(struct frame *frame, uint16_t tpid, uint16_t tci);

/* Takes the outermost tag off. 0, -EINVAL: there is none. */
int edit_pop_vlan(struct frame *frame);

/* Changes those bits of the outermost tag's TCI that are 1 in `mask`; both in host order.
 * 0, -EINVAL: there is no tag. */
int edit_set_vlan(struct frame *frame, uint16_t tci, uint16_t mask);

/* ---- everything ---- */

struct edit {
	struct frame *frame;
	struct packet_layout layout;
	bool is_parsed; /* false: the layout and what follows is out of date */
	uint8_t packet_class;
	uint8_t ip_frag;
	uint8_t ip_proto;
	be16 eth_type;
};

/* What packet_parse() made of the frame spares parsing it again. */
static inline struct edit edit_begin(struct frame *frame, const struct packet_key *key,
				     const struct packet_layout *layout)
{
	return (struct edit){
		.frame = frame,
		.layout = *layout,
		.is_parsed = true,
		.packet_class = key->packet_class,
		.ip_frag = key->ip_frag,
		.ip_proto = key->ip_proto,
		.eth_type = key->eth_type,
	};
}

/* Does one op that changes the packet: VLAN, OP_SET, MPLS, PBB. Others do nothing. The op's words stand
 * behind it. 0, -ENOBUFS: no headroom, -EINVAL: the header to take off is not there. */
int edit_op(struct edit *edit, const struct flow_op *op);

/* Writes those bits of a field that are 1 in `mask`. Bytes as in the packet; how many, see enum
 * packet_field. A packet without the field stays as it is. */
void edit_set(struct edit *edit, enum packet_field field, const uint8_t *value,
	      const uint8_t *mask);

/* The type of service, or traffic class; -1: there is no whole IP header. */
int edit_ip_tos(struct edit *edit);

/* Behind the Ethernet header and up to two tags, in front of what is there. `type`: ETH_TYPE_MPLS or
 * _MULTICAST. 0, -ENOBUFS, -EINVAL: tags that are cut off. */
int edit_push_mpls(struct edit *edit, uint16_t type, be32 entry);
/* Takes the outermost label stack entry off; what is behind it is of Ethernet type `type`. 0, -EINVAL:
 * there is none. */
int edit_pop_mpls(struct edit *edit, uint16_t type);
/* In front of everything: IEEE 802.1ah, with the I-TAG's TCI `itag`. The backbone addresses become those
 * of the packet. 0, -ENOBUFS, -EINVAL: no whole Ethernet header. */
int edit_push_pbb(struct edit *edit, uint16_t type, be32 itag);
/* Takes the backbone's header off. 0, -EINVAL: the packet does not begin with one, or with a B-TAG. */
int edit_pop_pbb(struct edit *edit);
