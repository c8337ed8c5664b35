#pragma once
/* What the next daemon must know about ports, and no device can tell: a map with a name in bpffs
 * that no program reads.
 *
 * A port keeps its number, so that what the kernel knows by numbers stays true; and what was changed
 * about its device is put back in the end by whichever daemon then runs. Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>
#include <linux/if.h>

struct link_client;
struct notes;
struct pins;
struct qdiscs;

struct port_note {
	char name[IFNAMSIZ]; /* of the port */
	uint32_t ifindex;    /* of its device; 0: it is not there */
	uint32_t mtu_found;  /* see struct port */
	uint32_t is_promisc_ours;
	uint32_t is_qdisc_ours;
};

/* Finds the notes, or begins new ones. 0 or -errno. */
int notes_open(struct notes **out, struct pins *pins);
void notes_close(struct notes **notes);
/* Somebody before us has taken notes. */
bool notes_were_there(const struct notes *notes);

/* 0 or -errno. */
int note_put(struct notes *notes, uint16_t port, const struct port_note *note);
void note_del(struct notes *notes, uint16_t port);
/* False: there is none. */
bool note_get(const struct notes *notes, uint16_t port, struct port_note *out);
/* Puts back what was changed about the device, which is still the one that the note is about. */
void note_undo(struct link_client *links, struct qdiscs *qdiscs, const struct port_note *note);
/* Calls `visit` for each; it may delete that one. */
void note_for_each(struct notes *notes,
		   void (*visit)(void *ctx, uint16_t port, const struct port_note *note),
		   void *ctx);
