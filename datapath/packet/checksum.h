#pragma once
/* Checksums: of what was changed, and those that a sender has left to its hardware.
 *
 * A socket hands TCP and UDP packets down with only the pseudo-header's sum in the checksum field;
 * a network card would add the rest. Through a veth pair such a packet arrives as it is. So where
 * the field equals the folded pseudo-header sum, the checksum is completed. Of SCTP's nothing is there: the field is
 * zero. A valid packet whose checksum happens to have that value is left valid: computing it again gives the same.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/wire.h"

struct frame;
struct packet_key;
struct packet_layout;

/* True if the packet is unfragmented TCP or UDP whose checksum holds just the pseudo-header's
 * sum, or SCTP without one. `key` and `layout` are what packet_parse() made of it. Any thread. */
bool checksum_is_partial(const struct frame *frame, const struct packet_key *key,
			 const struct packet_layout *layout);

/* Completes the checksum of a packet of which checksum_is_partial() was true. Costs one pass over
 * the packet. */
void checksum_complete(struct frame *frame, const struct packet_key *key,
		       const struct packet_layout *layout);

/* The checksum (ones' complement, RFC 1071) of data whose 16-bit words, in network byte order, have
 * grown by `delta` in sum: RFC 1624, equation 3. One that was wrong before is as wrong as before. */
static inline void checksum_adjust(be16 *checksum, int32_t delta)
{
	int32_t sum;

	if (!delta)
		return;
	sum = ((uint16_t)~from_be16(*checksum) + delta) % 0xffff;
	if (sum <= 0)
		sum += 0xffff;
	*checksum = to_be16((uint16_t)~sum);
}
