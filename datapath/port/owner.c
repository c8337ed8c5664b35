#include "port/owner.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "base/own.h"

#define MAPS_MAX     64
#define PROGRAMS_MAX 64

/* From <linux/bpf.h> of Linux 6.6. */
#define ATTACH_TCX_INGRESS 46

/* Each program works with one of these at least. */
static const char *const pinned[] = {"ports", "outputs", "xsks"};

/* The maps that a program of ours, whichever instance's, works with; 0: it is somebody else's. */
static unsigned maps_of(uint32_t program, uint32_t *maps)
{
	struct bpf_prog_info info = {.map_ids = (uintptr_t)maps, .nr_map_ids = MAPS_MAX};
	uint32_t size = sizeof(info);
	own(fd_close) int fd = bpf_prog_get_fd_by_id(program);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) || !bpf_is_program_name(info.name))
		return 0;
	return info.nr_map_ids < MAPS_MAX ? info.nr_map_ids : MAPS_MAX;
}

static bool is_among(const uint32_t *ids, unsigned n, uint32_t id)
{
	for (unsigned i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

struct search {
	const uint32_t *maps;
	unsigned n_maps;
	struct owner *owner;
};

static bool is_pinned(const struct search *search, const char *instance, const char *name)
{
	own(fd_close) int fd = pin_open(instance, name);

	return fd >= 0 && is_among(search->maps, search->n_maps, bpf_map_id(fd));
}

static bool is_owner(void *ctx, const char *instance)
{
	struct search *search = ctx;

	for (size_t i = 0; i < sizeof(pinned) / sizeof(pinned[0]); i++) {
		if (!is_pinned(search, instance, pinned[i]))
			continue;
		snprintf(search->owner->instance, sizeof(search->owner->instance), "%s", instance);
		search->owner->is_running = pins_is_claimed(instance);
		return true;
	}
	return false;
}

/* Links end with whoever holds them, so one that nobody pinned here is pinned elsewhere. (A filter of
 * clsact stays when its daemon is killed: these are not looked at, and replaced.) */
static bool is_others(const struct bpf_programs *programs, uint32_t program, struct owner *out)
{
	uint32_t maps[MAPS_MAX];
	struct search search = {.maps = maps, .n_maps = maps_of(program, maps), .owner = out};

	if (!search.n_maps || bpf_has_map(programs, maps[0]))
		return false;
	*out = (struct owner){.is_running = true};
	pins_visit(is_owner, &search);
	return true;
}

bool owner_find(const struct bpf_programs *programs, uint32_t ifindex, uint32_t xdp_prog_id,
		struct owner *out)
{
	uint32_t ids[PROGRAMS_MAX], n = PROGRAMS_MAX, flags;

	if (xdp_prog_id && is_others(programs, xdp_prog_id, out))
		return true;
	if (bpf_prog_query((int)ifindex, ATTACH_TCX_INGRESS, 0, &flags, ids, &n))
		return false;
	for (uint32_t i = 0; i < n && i < PROGRAMS_MAX; i++)
		if (is_others(programs, ids[i], out))
			return true;
	return false;
}
