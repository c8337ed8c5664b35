#pragma once
/* Drops: every packet that is not forwarded has a named reason and is counted on a port.
 *
 * The reasons are listed in bpf/abi_drop.h, shared with the kernel programs. A drop is charged to the
 * port that is to blame: the output port where sending failed, the input port otherwise.
 */
#include <stdint.h>

#include "../bpf/abi.h"

struct frame;
struct worker;

/* What one worker counted on one port. One writer: the worker. */
struct port_counts {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t drops[N_DROP_REASONS];
};

/* Names of the reasons, "hairpin", and a line of help. Static. Any thread. */
const char *drop_name(enum drop_reason reason);
const char *drop_help(enum drop_reason reason);

/* Counts n packets as dropped. This worker's thread. */
void drop_count(struct worker *worker, uint16_t port, enum drop_reason reason, unsigned n);
/* Counts and frees one. */
void drop_frame(struct worker *worker, uint16_t port, enum drop_reason reason,
		const struct frame *frame);

/* Adds (subtracts) `b` to (from) `a`, counter by counter. Any thread. */
void port_counts_add(struct port_counts *a, const struct port_counts *b);
void port_counts_subtract(struct port_counts *a, const struct port_counts *b);
