#include "packet/edit.h"

#include <errno.h>

#include "packet/frame.h"

#define MACS_SIZE (2 * sizeof(struct eth_addr))
#define TAG_SIZE  sizeof(struct vlan_header)

/* A tag on the wire: its TPID stands in the place of the Ethernet type. */
struct tag {
	be16 tpid;
	be16 tci;
};

/* The outermost tag, or NULL if there is none. */
static struct tag *tag_of(struct frame *frame)
{
	struct tag *tag = (struct tag *)(frame->data + MACS_SIZE);
	uint16_t tpid;

	if (frame->len < sizeof(struct eth_header) + TAG_SIZE)
		return NULL;
	tpid = from_be16(tag->tpid);
	return tpid == ETH_TYPE_VLAN || tpid == ETH_TYPE_SVLAN ? tag : NULL;
}

int edit_push_vlan(struct frame *frame, uint16_t tpid, uint16_t tci)
{
	const struct tag tag = {to_be16(tpid), to_be16(tci)};

	if (frame->len < sizeof(struct eth_header))
		return -EINVAL;
	if (frame_headroom(frame) < TAG_SIZE)
		return -ENOBUFS;
	frame->data -= TAG_SIZE;
	frame->len += TAG_SIZE;
	memmove(frame->data, frame->data + TAG_SIZE, MACS_SIZE);
	memcpy(frame->data + MACS_SIZE, &tag, sizeof(tag));
	return 0;
}

int edit_pop_vlan(struct frame *frame)
{
	if (!tag_of(frame))
		return -EINVAL;
	memmove(frame->data + TAG_SIZE, frame->data, MACS_SIZE);
	frame->data += TAG_SIZE;
	frame->len -= TAG_SIZE;
	return 0;
}

int edit_set_vlan(struct frame *frame, uint16_t tci, uint16_t mask)
{
	struct tag *tag = tag_of(frame);

	if (!tag)
		return -EINVAL;
	tag->tci = to_be16((from_be16(tag->tci) & ~mask) | (tci & mask));
	return 0;
}
