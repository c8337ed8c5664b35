#include "port/notes.h"

#include <errno.h>
#include <stdlib.h>
#include <bpf/bpf.h>

#include "../bpf/abi.h"
#include "base/own.h"
#include "port/link.h"
#include "port/pins.h"
#include "port/qos.h"

/* The number tells the layout of struct port_note. */
#define NAME "notes-3"

_Static_assert(sizeof(struct port_note) == 32, "another layout needs another name");

struct notes {
	/* fixed after create */
	int fd;
	bool were_there;
};

int notes_open(struct notes **out, struct pins *pins)
{
	own(notes_close) struct notes *notes = calloc(1, sizeof(*notes));
	int rc;

	if (!notes)
		return -ENOMEM;
	notes->fd = pin_get(pins, NAME);
	notes->were_there = notes->fd >= 0;
	if (!notes->were_there) {
		DECLARE_LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);

		notes->fd = bpf_map_create(BPF_MAP_TYPE_HASH, "port_notes", sizeof(uint32_t),
					   sizeof(struct port_note), PORT_ID_MAX, &opts);
		if (notes->fd < 0)
			return notes->fd;
		rc = pin_add(pins, NAME, notes->fd);
		if (rc)
			return rc;
	}
	*out = take_ptr(notes);
	return 0;
}

void notes_close(struct notes **notes)
{
	if (!*notes)
		return;
	fd_close(&(*notes)->fd);
	mem_free(notes);
}

bool notes_were_there(const struct notes *notes)
{
	return notes->were_there;
}

int note_put(struct notes *notes, uint16_t port, const struct port_note *note)
{
	const uint32_t key = port;

	return bpf_map_update_elem(notes->fd, &key, note, BPF_ANY) ? -errno : 0;
}

void note_del(struct notes *notes, uint16_t port)
{
	const uint32_t key = port;

	bpf_map_delete_elem(notes->fd, &key);
}

bool note_get(const struct notes *notes, uint16_t port, struct port_note *out)
{
	const uint32_t key = port;

	return !bpf_map_lookup_elem(notes->fd, &key, out);
}

void note_undo(struct link_client *links, struct qdiscs *qdiscs, const struct port_note *note)
{
	if (note->mtu_found)
		link_set_mtu(links, note->ifindex, note->mtu_found);
	if (note->is_promisc_ours)
		link_set_promisc(links, note->ifindex, false);
	if (note->is_qdisc_ours)
		qos_undo(qdiscs, note->ifindex);
}

void note_for_each(struct notes *notes,
		   void (*visit)(void *ctx, uint16_t port, const struct port_note *note), void *ctx)
{
	uint32_t port, next;
	bool has_next = !bpf_map_get_next_key(notes->fd, NULL, &next);

	while (has_next) {
		struct port_note note;

		port = next;
		/* Before it may be deleted, and with it its place. */
		has_next = !bpf_map_get_next_key(notes->fd, &port, &next);
		if (note_get(notes, (uint16_t)port, &note))
			visit(ctx, (uint16_t)port, &note);
	}
}
