#include "port/flow_maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/log.h"
#include "base/own.h"
#include "port/pins.h"
#include "port/xdp_sets.h"

/* As in bpf/maps.h, but that counters have a stretch for each CPU, and what is seen is not there. */
static const struct layout {
	const char *name;
	uint32_t value_size;
	uint32_t n; /* 0: as many as there are places, or buckets */
	bool is_per_cpu;
} layouts[N_FLOW_MAPS] = {
	[FLOW_MAP_VERSIONS] = {"versions", sizeof(struct versions), 1, false},
	[FLOW_MAP_PORT_MASKS] = {"port_masks", sizeof(struct port_masks), PORT_ID_MAX, false},
	[FLOW_MAP_MASKS] = {"masks", sizeof(struct kernel_mask), FLOW_MASK_IDS, false},
	[FLOW_MAP_FLOWS] = {"flows", sizeof(struct kernel_flow), 0, false},
	[FLOW_MAP_TAILS] = {"flow_tails", sizeof(struct kernel_tail), 0, false},
	[FLOW_MAP_COUNTS] = {"flow_counts", sizeof(struct kernel_count), 0, true},
	[FLOW_MAP_SEEN] = {"flow_seen", sizeof(struct kernel_count), 0, false},
	[FLOW_MAP_PORT_COUNTS] = {"port_counts", sizeof(struct kernel_port_count), PORT_ID_MAX,
				  true},
	[FLOW_MAP_OPS] = {"flow_ops", sizeof(struct flow_op), KERNEL_OPS, false},
	[FLOW_MAP_INDEX] = {"flow_index", sizeof(struct index_bucket), 0, false},
	[FLOW_MAP_INDEX_SIZE] = {"index_size", sizeof(struct index_size), 1, false},
	[FLOW_MAP_METERS] = {"meters", sizeof(struct meter), METERS_MAX, false},
	[FLOW_MAP_METER_BANDS] = {"meter_bands", sizeof(struct meter_bands), METER_ROWS, false},
};

static uint32_t n_values(const struct flow_maps *maps, enum flow_map map)
{
	const uint32_t n_own = map == FLOW_MAP_INDEX ? maps->n_buckets : maps->n_places;
	const uint32_t n = layouts[map].n ?: n_own;

	return layouts[map].is_per_cpu ? n * maps->n_cpus : n;
}

/* What the kernel rounds a map's memory up to. */
static size_t map_size(const struct flow_maps *maps, enum flow_map map)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t size = (size_t)n_values(maps, map) * layouts[map].value_size;

	return (size + page - 1) / page * page;
}

/* Whether a map, which is closed, is laid out as ours. */
static bool is_as_laid_out(const struct flow_maps *maps, enum flow_map map, int fd)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);
	const bool is_map = fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size);

	fd_close(&fd);
	return is_map && info.type == BPF_MAP_TYPE_ARRAY &&
	       info.value_size == layouts[map].value_size &&
	       info.max_entries == n_values(maps, map) && info.map_flags & BPF_F_MMAPABLE;
}

/* Somebody laid hands on the set, or a program with another idea of these maps had its name: what they hold
 * could mean anything. What was attached goes on by them until it is pointed to our programs. */
static int set_check(const struct flow_maps *maps, struct pins *pins)
{
	for (unsigned map = 0; map < N_FLOW_MAPS; map++) {
		if (!pins_has_set(pins) ||
		    is_as_laid_out(maps, map, set_pin_get(pins, layouts[map].name)))
			continue;
		log_warn("port",
			 "the map %s that an earlier switchd left is not as this one made it: the "
			 "kernel's flow cache begins anew",
			 layouts[map].name);
		return pins_set_disown(pins);
	}
	return 0;
}

/* All of the maps, or none. */
static void heritage_check(const struct flow_maps *maps, struct pins *pins)
{
	for (unsigned map = 0; map < N_FLOW_MAPS; map++)
		if (!is_as_laid_out(maps, map, set_pin_inherit(pins, layouts[map].name)))
			pins_refuse_heritage(pins);
}

/* By its name, or made. */
static int map_open(struct flow_maps *maps, struct pins *pins, enum flow_map map)
{
	DECLARE_LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	const struct layout *layout = &layouts[map];
	int *fd = &maps->fd[map];

	if (pins_has_set(pins)) {
		*fd = set_pin_get(pins, layout->name);
		return *fd < 0 ? *fd : 0;
	}
	*fd = set_pin_inherit(pins, layout->name);
	if (*fd == -ENOENT)
		*fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, layout->name, sizeof(uint32_t),
				     layout->value_size, n_values(maps, map), &opts);
	return *fd < 0 ? *fd : set_pin_add(pins, layout->name, *fd);
}

static int array_new(struct flow_maps *maps, struct pins *pins, enum flow_map map, void **out)
{
	void *memory;
	int rc = map_open(maps, pins, map);

	if (rc)
		return rc;
	memory = mmap(NULL, map_size(maps, map), PROT_READ | PROT_WRITE, MAP_SHARED, maps->fd[map],
		      0);
	if (memory == MAP_FAILED)
		return -errno;
	*out = memory;
	return 0;
}

static int arrays_new(struct flow_maps *maps, struct pins *pins)
{
	int rc = array_new(maps, pins, FLOW_MAP_VERSIONS, (void **)&maps->versions);

	if (!rc)
		rc = array_new(maps, pins, FLOW_MAP_PORT_MASKS, (void **)&maps->port_masks);
	if (!rc)
		rc = array_new(maps, pins, FLOW_MAP_MASKS, (void **)&maps->masks);
	if (!rc)
		rc = array_new(maps, pins, FLOW_MAP_FLOWS, (void **)&maps->flows);
	if (!rc)
		rc = array_new(maps, pins, FLOW_MAP_TAILS, (void **)&maps->tails);
	if (!rc)
		rc = array_new(maps, pins, FLOW_MAP_COUNTS, (void **)&maps->counts);
	if (!rc)
		rc = array_new(maps, pins, FLOW_MAP_SEEN, (void **)&maps->seen);
	if (!rc)
		rc = array_new(maps, pins, FLOW_MAP_PORT_COUNTS, (void **)&maps->port_counts);
	if (!rc)
		rc = array_new(maps, pins, FLOW_MAP_OPS, (void **)&maps->ops);
	if (!rc)
		rc = array_new(maps, pins, FLOW_MAP_INDEX, (void **)&maps->index);
	if (!rc)
		rc = array_new(maps, pins, FLOW_MAP_INDEX_SIZE, (void **)&maps->index_size);
	if (!rc)
		rc = array_new(maps, pins, FLOW_MAP_METERS, (void **)&maps->meters);
	if (!rc)
		rc = array_new(maps, pins, FLOW_MAP_METER_BANDS, (void **)&maps->meter_bands);
	if (!rc)
		flow_index_begin(maps);
	return rc;
}

int flow_maps_new(struct flow_maps **out, struct pins *pins, uint32_t n_flows)
{
	own(flow_maps_free) struct flow_maps *maps = calloc(1, sizeof(*maps));
	bool are_others;
	int rc;

	if (!maps)
		return -ENOMEM;
	for (unsigned i = 0; i < N_FLOW_MAPS; i++)
		maps->fd[i] = -1;
	rc = libbpf_num_possible_cpus();
	if (rc < 0)
		return rc;
	maps->n_cpus = (unsigned)rc;
	flow_maps_size(maps, n_flows);
	rc = xdp_sets_new(&maps->xdp_sets, pins);
	if (rc)
		return rc;
	are_others = pins_has_others(pins);
	rc = set_check(maps, pins);
	if (!rc && pins_has_heritage(pins))
		heritage_check(maps, pins);
	maps->were_there = pins_has_set(pins) || pins_has_heritage(pins);
	if (!maps->were_there && are_others)
		log_info(
			"port",
			"the kernel's flow cache is of another layout or size: packets go by it until "
			"ours is beside it, and what it counted since its daemon ended is lost");
	if (!rc)
		rc = arrays_new(maps, pins);
	if (!rc && !pins_has_set(pins))
		rc = set_pin_mark(pins, maps->fd[FLOW_MAP_VERSIONS]);
	if (!rc && maps->were_there)
		rc = flow_maps_hold(maps);
	if (rc)
		return rc;
	*out = take_ptr(maps);
	return 0;
}

void flow_maps_free(struct flow_maps **p)
{
	struct flow_maps *maps = *p;
	void *memory[N_FLOW_MAPS];

	if (!maps)
		return;
	xdp_sets_free(&maps->xdp_sets);
	memory[FLOW_MAP_VERSIONS] = maps->versions;
	memory[FLOW_MAP_PORT_MASKS] = maps->port_masks;
	memory[FLOW_MAP_MASKS] = maps->masks;
	memory[FLOW_MAP_FLOWS] = maps->flows;
	memory[FLOW_MAP_TAILS] = maps->tails;
	memory[FLOW_MAP_COUNTS] = maps->counts;
	memory[FLOW_MAP_SEEN] = maps->seen;
	memory[FLOW_MAP_PORT_COUNTS] = maps->port_counts;
	memory[FLOW_MAP_OPS] = maps->ops;
	memory[FLOW_MAP_INDEX] = maps->index;
	memory[FLOW_MAP_INDEX_SIZE] = maps->index_size;
	memory[FLOW_MAP_METERS] = maps->meters;
	memory[FLOW_MAP_METER_BANDS] = maps->meter_bands;
	for (unsigned i = 0; i < N_FLOW_MAPS; i++) {
		if (memory[i])
			munmap(memory[i], map_size(maps, i));
		fd_close(&maps->fd[i]);
	}
	mem_free(p);
}

/* ---- holding: the memory that everybody points to is exchanged under their eyes ---- */

static int copy_put(const struct flow_maps *maps, enum flow_map map, void *memory)
{
	const size_t size = map_size(maps, map);
	own(mem_free) void *copy = malloc(size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, memory, size);
	if (mmap(memory, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED)
		return -errno;
	memcpy(memory, copy, size);
	return 0;
}

static int map_put(const struct flow_maps *maps, enum flow_map map, void *memory)
{
	return mmap(memory, map_size(maps, map), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		    maps->fd[map], 0) == MAP_FAILED
		       ? -errno
		       : 0;
}

int flow_maps_hold(struct flow_maps *maps)
{
	int rc = copy_put(maps, FLOW_MAP_VERSIONS, maps->versions);

	if (!rc)
		rc = copy_put(maps, FLOW_MAP_PORT_MASKS, maps->port_masks);
	if (!rc)
		rc = copy_put(maps, FLOW_MAP_MASKS, maps->masks);
	maps->is_held = !rc;
	return rc;
}

/* Row by row: a row that is the same is not written, and one that is not is found by nobody before
 * the next map names it. */
static int map_write(const struct flow_maps *maps, enum flow_map map, void *copy)
{
	const size_t size = layouts[map].value_size;
	char *memory = mmap(NULL, map_size(maps, map), PROT_READ | PROT_WRITE, MAP_SHARED,
			    maps->fd[map], 0);

	if (memory == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < n_values(maps, map) * size; i += size)
		if (memcmp(memory + i, (const char *)copy + i, size) != 0)
			memcpy(memory + i, (const char *)copy + i, size);
	munmap(memory, map_size(maps, map));
	return map_put(maps, map, copy);
}

int flow_maps_release(struct flow_maps *maps)
{
	int rc = map_write(maps, FLOW_MAP_MASKS, maps->masks);

	if (!rc)
		rc = map_write(maps, FLOW_MAP_PORT_MASKS, maps->port_masks);
	if (!rc)
		rc = map_put(maps, FLOW_MAP_VERSIONS, maps->versions);
	maps->is_held = rc;
	return rc;
}
