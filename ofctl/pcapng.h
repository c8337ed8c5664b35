#pragma once
/* A capture file, written as packets come: pcapng (draft-ietf-opsawg-pcapng), read by Wireshark and tcpdump.
 *
 * A section header; an interface description (IDB) for each port when its first packet comes, with the port's
 * name and times in nanoseconds; a packet block (EPB) for each packet, marked as inbound; and at the end
 * statistics (ISB) of each interface. Who receives the packets for the switch does not know by which port
 * those came that were lost: they stand with the first interface. Numbers are of this machine's byte order.
 */
#include <stdint.h>
#include <stdio.h>

struct pcapng;

/* Writes the header. `out` is borrowed; who it belongs to asks it for errors (ferror(3)). */
struct pcapng *pcapng_new(FILE *out, uint32_t snaplen);
void pcapng_free(struct pcapng **file);

/* `time`: ns since 1970; `total_len`: of the packet, of which `len` bytes are there. */
void pcapng_packet(struct pcapng *file, const char *port, uint64_t time, const uint8_t *bytes,
		   uint32_t len, uint32_t total_len);
/* The end. If there was no packet, an interface called `name` has none. */
void pcapng_finish(struct pcapng *file, const char *name, uint64_t time, uint64_t n_lost);
