/* Provider backbone bridges (IEEE 802.1ah): Ethernet in Ethernet. */
#include <errno.h>
#include <string.h>

#include "packet/edit_field.h"

/* What lies in front of the customer's frame. */
struct backbone_header {
	struct eth_header eth;
	be32 itag;
} WIRE;

#define MACS_SIZE (2 * sizeof(struct eth_addr))

/* Where the UCA bit of the I-TAG's TCI is. */
enum { UCA_SHIFT = 3 };

int edit_push_pbb(struct edit *edit, uint16_t type, be32 itag)
{
	struct frame *frame = edit->frame;
	struct backbone_header header = {.itag = itag};

	if (frame->len < sizeof(struct eth_header))
		return -EINVAL;
	if (frame_headroom(frame) < sizeof(header))
		return -ENOBUFS;
	memcpy(&header, frame->data, MACS_SIZE);
	header.eth.type = to_be16(type);
	frame->data -= sizeof(header);
	frame->len += sizeof(header);
	memcpy(frame->data, &header, sizeof(header));
	edit->is_parsed = false;
	return 0;
}

int edit_pop_pbb(struct edit *edit)
{
	struct frame *frame = edit->frame;
	const struct backbone_header *header = (const struct backbone_header *)frame->data;

	if (frame->len < sizeof(*header) + sizeof(struct eth_header) ||
	    from_be16(header->eth.type) != ETH_TYPE_PBB)
		return -EINVAL;
	frame->data += sizeof(*header);
	frame->len -= sizeof(*header);
	edit->is_parsed = false;
	return 0;
}

void edit_set_pbb(struct edit *edit, enum packet_field field, struct edit_bits bits)
{
	uint8_t *itag = edit_l3(edit);
	uint8_t value, mask;

	if (from_be16(edit->eth_type) != ETH_TYPE_PBB || !edit->layout.l3 ||
	    edit->layout.l3_size < sizeof(be32))
		return;
	if (field == SET_PBB_ISID) {
		edit_write(itag + 1, 0, bits, 3);
		return;
	}
	value = (uint8_t)((*bits.value & 1) << UCA_SHIFT);
	mask = (uint8_t)((*bits.mask & 1) << UCA_SHIFT);
	edit_write(itag, 0, (struct edit_bits){&value, &mask}, 1);
}
