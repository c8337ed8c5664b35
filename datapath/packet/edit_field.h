#pragma once
/* Writing fields, for the files edit_*.c: each knows one family of headers. The edit is parsed. */
#include "packet/edit.h"
#include "packet/frame.h"

/* Finds the headers, if it is not known where they are. */
void edit_parse(struct edit *edit);

/* What to write; size bytes each. */
struct edit_bits {
	const uint8_t *value;
	const uint8_t *mask;
};

/* Writes at `at`, `offset` bytes into what a checksum covers. Returns by how much the sum of the 16-bit
 * words has grown: see checksum_adjust(). */
static inline int32_t edit_write(uint8_t *at, unsigned offset, struct edit_bits bits, unsigned size)
{
	int32_t delta = 0;

	for (unsigned i = 0; i < size; i++) {
		uint8_t now = (uint8_t)((at[i] & ~bits.mask[i]) | (bits.value[i] & bits.mask[i]));

		delta += (now - at[i]) * ((offset + i) & 1 ? 1 : 256);
		at[i] = now;
	}
	return delta;
}

static inline uint8_t *edit_l3(const struct edit *edit)
{
	return edit->frame->data + edit->layout.l3;
}

static inline uint8_t *edit_l4(const struct edit *edit)
{
	return edit->frame->data + edit->layout.l4;
}

/* Each writes `field` if it is one of its family's and the packet has it. */
void edit_set_ip(struct edit *edit, enum packet_field field, struct edit_bits bits);
void edit_set_l4(struct edit *edit, enum packet_field field, struct edit_bits bits);
void edit_set_arp(struct edit *edit, enum packet_field field, struct edit_bits bits);
void edit_set_nd(struct edit *edit, enum packet_field field, struct edit_bits bits);
void edit_set_mpls(struct edit *edit, enum packet_field field, struct edit_bits bits);
void edit_set_pbb(struct edit *edit, enum packet_field field, struct edit_bits bits);

/* The sum of what an L4 checksum covers beside the checksum itself has grown by `delta`. Does nothing
 * where no such checksum is in reach. */
void edit_adjust_l4(struct edit *edit, int32_t delta);
