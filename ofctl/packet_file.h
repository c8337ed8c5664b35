#pragma once
/* Files of packets: reads pcap and pcapng, writes pcapng (draft-ietf-opsawg-pcap, -pcapng). Only Ethernet. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/slice.h"

struct err;

/* Is that how such a file begins? */
bool packet_file_is_one(struct slice file);
/* Takes the next packet off `file`, which *state (0 at first) remembers. The packet is borrowed from it.
 * 1, 0: there is none, -EINVAL. */
int packet_file_next(struct slice file, size_t *state, struct slice *packet, struct err *err);
