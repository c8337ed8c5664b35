/* MPLS label stacks (RFC 3032), behind the Ethernet header and its tags. */
#include <errno.h>
#include <string.h>

#include "packet/checksum.h"
#include "packet/edit_field.h"

#define ENTRY_SIZE sizeof(be32)

/* The Ethernet type of what begins at l3; l3 is not 0. */
static be16 *type_of(const struct edit *edit)
{
	return (be16 *)(edit_l3(edit) - sizeof(be16));
}

/* An 802.3 frame says how long it is. */
static void add_to_length(struct edit *edit, int by)
{
	const size_t tags = edit->layout.n_vlans * sizeof(struct vlan_header);
	be16 *type = (be16 *)(edit->frame->data + offsetof(struct eth_header, type) + tags);

	if (from_be16(*type) < ETH_TYPE_MIN)
		*type = to_be16((uint16_t)(from_be16(*type) + by));
}

static bool has_entries(const struct edit *edit, unsigned n)
{
	return edit->packet_class == CLASS_MPLS && edit->layout.l3 &&
	       edit->layout.l3_size >= n * ENTRY_SIZE;
}

int edit_push_mpls(struct edit *edit, uint16_t type, be32 entry)
{
	struct frame *frame = edit->frame;

	edit_parse(edit);
	if (!edit->layout.l3)
		return -EINVAL;
	if (frame_headroom(frame) < ENTRY_SIZE)
		return -ENOBUFS;
	add_to_length(edit, ENTRY_SIZE);
	frame->data -= ENTRY_SIZE;
	frame->len += ENTRY_SIZE;
	memmove(frame->data, frame->data + ENTRY_SIZE, edit->layout.l3);
	memcpy(edit_l3(edit), &entry, sizeof(entry));
	*type_of(edit) = to_be16(type);
	edit->is_parsed = false;
	return 0;
}

int edit_pop_mpls(struct edit *edit, uint16_t type)
{
	struct frame *frame = edit->frame;

	edit_parse(edit);
	if (!has_entries(edit, 1))
		return -EINVAL;
	add_to_length(edit, -(int)ENTRY_SIZE);
	memmove(frame->data + ENTRY_SIZE, frame->data, edit->layout.l3);
	frame->data += ENTRY_SIZE;
	frame->len -= ENTRY_SIZE;
	*type_of(edit) = to_be16(type);
	edit->is_parsed = false;
	return 0;
}

/* Of the IP packet right behind the stack, if there is one. */
static void set_ttl_behind(struct edit *edit, struct edit_bits bits)
{
	uint8_t *at = edit_l3(edit) + ENTRY_SIZE;
	const size_t there = edit->layout.l3_size - ENTRY_SIZE;
	struct ipv4_header *ip4 = (struct ipv4_header *)at;
	struct ipv6_header *ip6 = (struct ipv6_header *)at;

	if (there >= sizeof(*ip4) && at[0] >> 4 == 4)
		checksum_adjust(&ip4->checksum,
				edit_write(&ip4->ttl, offsetof(struct ipv4_header, ttl), bits, 1));
	else if (there >= sizeof(*ip6) && at[0] >> 4 == 6)
		edit_write(&ip6->hop_limit, 0, bits, 1);
}

void edit_set_mpls(struct edit *edit, enum packet_field field, struct edit_bits bits)
{
	uint8_t *stack = edit_l3(edit);
	be32 outer;

	if (!has_entries(edit, 1))
		return;
	memcpy(&outer, stack, sizeof(outer));
	if (field == SET_MPLS_ENTRY)
		edit_write(stack, 0, bits, ENTRY_SIZE);
	else if (from_be32(outer) & MPLS_BOTTOM)
		set_ttl_behind(edit, bits);
	else if (has_entries(edit, 2))
		edit_write(stack + 2 * ENTRY_SIZE - 1, 0, bits, 1);
}
