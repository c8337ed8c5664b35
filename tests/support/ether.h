#pragma once
/* Ethernet frames as a test writes them. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ETHER_UNTAGGED (-1)

/* A short frame with `payload` bytes of counting numbers behind an IPv4-less EtherType. `tci` is
 * the 16 bits of a tag, or ETHER_UNTAGGED. MAC addresses are 02:00:00:00 and the number. Returns
 * the length. */
static inline size_t ether_frame(uint8_t *out, uint64_t dst, uint64_t src, int tci)
{
	size_t len = 0;

	for (int shift = 40; shift >= 0; shift -= 8)
		out[len++] = (uint8_t)(dst >> shift);
	for (int shift = 40; shift >= 0; shift -= 8)
		out[len++] = (uint8_t)(src >> shift);
	if (tci != ETHER_UNTAGGED) {
		out[len++] = 0x81;
		out[len++] = 0x00;
		out[len++] = (uint8_t)(tci >> 8);
		out[len++] = (uint8_t)tci;
	}
	out[len++] = 0x88; /* local experimental EtherType 1 */
	out[len++] = 0xb5;
	for (uint8_t i = 0; i < 46; i++)
		out[len++] = i;
	return len;
}
