#include "port/xdp_sets.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "../bpf/abi.h"
#include "base/own.h"
#include "port/pins.h"

struct set {
	int fd; /* of its map; -1: not made yet */
	unsigned n_ports;
	uint16_t port[XDP_SET_PORTS];
	uint64_t asked_in; /* turn */
};

struct xdp_sets {
	/* fixed after create */
	const struct pins *pins;
	/* under the lock */
	int sets_fd, outputs_fd; /* maps; -1: there are no programs yet */
	uint64_t turn;
	struct set set[XDP_SETS];
};

int xdp_sets_new(struct xdp_sets **out, const struct pins *pins)
{
	struct xdp_sets *sets = calloc(1, sizeof(*sets));

	if (!sets)
		return -ENOMEM;
	sets->pins = pins;
	sets->sets_fd = sets->outputs_fd = -1;
	sets->turn = 2;
	for (unsigned i = 0; i < XDP_SETS; i++)
		sets->set[i].fd = -1;
	*out = sets;
	return 0;
}

void xdp_sets_free(struct xdp_sets **sets)
{
	if (!*sets)
		return;
	for (unsigned i = 0; i < XDP_SETS; i++)
		fd_close(&(*sets)->set[i].fd);
	fd_close(&(*sets)->sets_fd);
	fd_close(&(*sets)->outputs_fd);
	mem_free(sets);
}

void xdp_sets_open(struct xdp_sets *sets)
{
	if (!sets || sets->sets_fd >= 0)
		return;
	if (sets->outputs_fd < 0)
		sets->outputs_fd = set_pin_get(sets->pins, "xdp_outputs");
	if (sets->outputs_fd >= 0)
		sets->sets_fd = set_pin_get(sets->pins, "xdp_sets");
}

/* ---- devices ---- */

/* 0: there is none. */
static uint32_t device_in(int map, uint32_t key)
{
	uint32_t ifindex;

	return bpf_map_lookup_elem(map, &key, &ifindex) ? 0 : ifindex;
}

/* What cannot be written is not as ports have it: nobody goes by it. */
static void fill(const struct xdp_sets *sets, const struct set *set)
{
	for (uint32_t i = 0; i < XDP_SET_PORTS; i++) {
		const uint32_t ifindex =
			i < set->n_ports ? device_in(sets->outputs_fd, set->port[i]) : 0;

		if (device_in(set->fd, i) == ifindex)
			continue;
		if (ifindex)
			bpf_map_update_elem(set->fd, &i, &ifindex, BPF_ANY);
		else
			bpf_map_delete_elem(set->fd, &i);
	}
}

/* ---- sets ---- */

static struct set *set_find(struct xdp_sets *sets, const uint16_t *ports, unsigned n_ports)
{
	for (unsigned i = 0; i < XDP_SETS; i++) {
		struct set *set = &sets->set[i];

		if (set->n_ports == n_ports && !memcmp(set->port, ports, n_ports * sizeof(*ports)))
			return set;
	}
	return NULL;
}

/* NULL: all are in use. */
static struct set *set_free_one(struct xdp_sets *sets)
{
	for (unsigned i = 0; i < XDP_SETS; i++)
		if (sets->set[i].asked_in + 1 < sets->turn)
			return &sets->set[i];
	return NULL;
}

/* The kernel waits for its programs to rest, some milliseconds: once for each number. */
static bool set_make(const struct xdp_sets *sets, struct set *set)
{
	const uint32_t number = (uint32_t)(set - sets->set);

	if (set->fd >= 0)
		return true;
	set->fd = bpf_map_create(BPF_MAP_TYPE_DEVMAP, "xdp_set", sizeof(uint32_t), sizeof(uint32_t),
				 XDP_SET_PORTS, NULL);
	if (set->fd >= 0 && bpf_map_update_elem(sets->sets_fd, &number, &set->fd, BPF_ANY))
		fd_close(&set->fd);
	return set->fd >= 0;
}

uint32_t xdp_sets_get(struct xdp_sets *sets, const uint16_t *ports, unsigned n_ports)
{
	struct set *set;

	if (!sets || sets->sets_fd < 0)
		return XDP_SET_NONE;
	set = set_find(sets, ports, n_ports);
	if (!set) {
		set = set_free_one(sets);
		if (!set || !set_make(sets, set))
			return XDP_SET_NONE;
		memcpy(set->port, ports, n_ports * sizeof(*ports));
		set->n_ports = n_ports;
		fill(sets, set);
	}
	set->asked_in = sets->turn;
	return (uint32_t)(set - sets->set);
}

void xdp_sets_turn(struct xdp_sets *sets)
{
	if (!sets || sets->sets_fd < 0)
		return;
	for (unsigned i = 0; i < XDP_SETS; i++)
		if (sets->set[i].fd >= 0)
			fill(sets, &sets->set[i]);
	sets->turn++;
}
