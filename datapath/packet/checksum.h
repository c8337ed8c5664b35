#pragma once
/* L4 checksums that a sender has left to its hardware.
 *
 * A socket hands TCP and UDP packets down with only the pseudo-header's sum in the checksum field;
 * a network card would add the rest. Through a veth pair such a packet arrives as it is. So where
 * the field equals the folded pseudo-header sum, the checksum is completed. A valid packet whose
 * checksum happens to have that value is left valid: computing it again gives the same.
 */
#include <stdbool.h>

struct frame;
struct packet_key;
struct packet_layout;

/* True if the packet is unfragmented TCP or UDP whose checksum holds just the pseudo-header's
 * sum. `key` and `layout` are what packet_parse() made of it. Any thread. */
bool checksum_is_partial(const struct frame *frame, const struct packet_key *key,
			 const struct packet_layout *layout);

/* Completes the checksum of a packet of which checksum_is_partial() was true. Costs one pass over
 * the packet. */
void checksum_complete(struct frame *frame, const struct packet_key *key,
		       const struct packet_layout *layout);
