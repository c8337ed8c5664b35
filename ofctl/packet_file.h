#pragma once
/* Files of packets: reads pcap and pcapng, writes pcapng (draft-ietf-opsawg-pcap, -pcapng). Only Ethernet. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/slice.h"

struct err;

/* Is that how such a file begins? */
bool packet_file_is_one(struct slice file);
#define PACKET_FILE_INTERFACES 64 /* of those that follow, names are not known */

/* How far a file has been read; at first zeroes but for `file`. What it says is borrowed from that. */
struct packet_file {
	struct slice file;
	size_t at;
	unsigned n_interfaces;
	struct slice interfaces[PACKET_FILE_INTERFACES]; /* their names, in this section */
	/* the packet that was taken */
	struct slice packet;
	struct slice interface; /* where it was captured; empty: the file does not say */
};

/* Takes the next packet. 1, 0: there is none, -EINVAL. */
int packet_file_next(struct packet_file *reader, struct err *err);
