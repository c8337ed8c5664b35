/* How the programs and maps of our set come to be: by the names that a daemon of the same build left,
 * else by loading them, which takes the verifier most of a second's tenth. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/own.h"
#include "port/bpf_state.h"
#include "port/pins.h"
#include "bpf/kernel.skel.h"

#define BSS "bss"

static const char *const table_name[N_TABLES] = {
	[TABLE_PORTS] = "ports",
	[TABLE_NEAR_PORTS] = "near_ports",
	[TABLE_OUTPUTS] = "outputs",
	[TABLE_DEVICES] = "devices",
	[TABLE_XDP_OUTPUTS] = "xdp_outputs",
	[TABLE_XSKS] = "xsks",
	[TABLE_DROPS] = "drops",
	[TABLE_POLICERS] = "policers",
	[TABLE_BSS] = BSS,
};

static const char *const program_name[N_PROGRAMS] = {
	[PROGRAM_PORT_XDP] = "port_xdp",
	[PROGRAM_PORT_TC] = "port_tc",
	[PROGRAM_UPCALL_XDP] = "upcall_xdp",
	[PROGRAM_DOWNCALL_TC] = "downcall_tc",
};

const char *bpf_program_name(enum bpf_program_id program)
{
	return program_name[program];
}

void bpf_build_name(char name[BPF_BUILD_NAME_SIZE], uint32_t n_flows)
{
	size_t size;
	const void *elf = kernel__elf_bytes(&size);

	snprintf(name, BPF_BUILD_NAME_SIZE, "%016llx",
		 (unsigned long long)XXH64(elf, size, n_flows));
}

/* What fails is told by whoever called; libbpf's own words, and the verifier's, help to see why. */
static int print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char text[1024];

	if (level == LIBBPF_DEBUG)
		return 0;
	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug("libbpf", "%s", text);
	return 0;
}

void bpf_messages_to_log(void)
{
	libbpf_set_print(print);
}

/* A program's settings are part of it. */
static void program_pin_name(enum bpf_program_id program, const struct bpf_settings *settings,
			     char name[PINS_NAME_SIZE])
{
	snprintf(name, PINS_NAME_SIZE, "%s-%u-%u", program_name[program], settings->n_workers,
		 settings->upcall_ifindex);
}

/* ---- by their names ---- */

static void all_close(struct bpf_programs *programs)
{
	for (unsigned i = 0; i < N_PROGRAMS; i++)
		fd_close(&programs->program_fd[i]);
	for (unsigned i = 0; i < N_TABLES; i++)
		fd_close(&programs->table_fd[i]);
}

/* 0, or -ENOENT: not all are there. */
static int all_open(struct bpf_programs *programs, const struct bpf_settings *settings)
{
	bool is_whole = true;

	for (unsigned i = 0; i < N_PROGRAMS; i++) {
		char name[PINS_NAME_SIZE];

		program_pin_name(i, settings, name);
		programs->program_fd[i] = set_pin_get(programs->pins, name);
		is_whole &= programs->program_fd[i] >= 0;
	}
	for (unsigned i = 0; i < N_TABLES; i++) {
		programs->table_fd[i] = set_pin_get(programs->pins, table_name[i]);
		is_whole &= programs->table_fd[i] >= 0;
	}
	if (!is_whole)
		all_close(programs);
	return is_whole ? 0 : -ENOENT;
}

/* ---- by loading ---- */

/* Maps that have a name already are shared: the flow cache's, and those of programs that were loaded
 * with other settings. */
static int maps_share(const struct bpf_programs *programs, struct bpf_object *object)
{
	struct bpf_map *map;
	int rc = 0;

	bpf_object__for_each_map(map, object)
	{
		own(fd_close) int fd = -1;

		if (bpf_map__is_internal(map))
			continue;
		fd = set_pin_get(programs->pins, bpf_map__name(map));
		if (fd == -ENOENT)
			fd = set_pin_inherit(programs->pins, bpf_map__name(map));
		rc = fd < 0 ? 0 : bpf_map__reuse_fd(map, fd);
		if (rc)
			break;
	}
	return rc;
}

static int maps_pin(const struct bpf_programs *programs, struct kernel *kernel)
{
	struct bpf_map *map;
	int rc = set_pin_add(programs->pins, BSS, bpf_map__fd(kernel->maps.bss));

	bpf_object__for_each_map(map, kernel->obj)
	{
		if (!rc && !bpf_map__is_internal(map))
			rc = set_pin_add(programs->pins, bpf_map__name(map), bpf_map__fd(map));
	}
	return rc;
}

static int programs_pin(const struct bpf_programs *programs, struct kernel *kernel,
			const struct bpf_settings *settings)
{
	int rc = 0;

	for (unsigned i = 0; i < N_PROGRAMS && !rc; i++) {
		struct bpf_program *program =
			bpf_object__find_program_by_name(kernel->obj, program_name[i]);
		char name[PINS_NAME_SIZE];

		program_pin_name(i, settings, name);
		rc = set_pin_add(programs->pins, name, bpf_program__fd(program));
	}
	return rc;
}

static void skeleton_free(struct kernel **kernel)
{
	kernel__destroy(*kernel);
}

static void late_set(struct kernel *kernel, bool is_wanted)
{
	bpf_program__set_autoload(kernel->progs.late_xmit, is_wanted);
	bpf_program__set_autoload(kernel->progs.late_redirect, is_wanted);
}

static void pieces_set(struct kernel *kernel)
{
	kernel->rodata->has_pieces = true;
	bpf_program__set_flags(kernel->progs.port_xdp, BPF_F_XDP_HAS_FRAGS);
	bpf_program__set_flags(kernel->progs.upcall_xdp, BPF_F_XDP_HAS_FRAGS);
}

static uint32_t own_netns(void)
{
	struct stat info;

	return stat("/proc/self/ns/net", &info) ? 0 : (uint32_t)info.st_ino;
}

/* What a kernel may refuse, from all to what has to be. */
enum extent { WITH_LATE, WITH_CACHE, BARE, N_EXTENTS };

/* The kernel's number of it. */
static uint32_t map_id(const struct bpf_map *map)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &size) ? 0 : info.id;
}

/* -errno of loading; *out is to be freed in any case. */
static int kernel_load(struct bpf_programs *programs, const struct bpf_settings *settings,
		       enum extent extent, struct kernel **out)
{
	struct kernel *kernel = *out = kernel__open();
	int rc;

	if (!kernel)
		return -errno;
	kernel->rodata->upcall_ifindex = settings->upcall_ifindex;
	kernel->rodata->n_workers = settings->n_workers;
	kernel->rodata->netns = own_netns();
	kernel->rodata->has_cache = extent < BARE;
	if (settings->has_pieces)
		pieces_set(kernel);
	late_set(kernel, extent == WITH_LATE);
	rc = maps_share(programs, kernel->obj);
	kernel->rodata->n_places = bpf_map__max_entries(kernel->maps.flows);
	kernel->rodata->flows_id = map_id(kernel->maps.flows);
	return rc ?: kernel__load(kernel);
}

/* Programs that count what is lost behind XDP hang on tracepoints as long as the set has their links. */
static int late_attach(struct bpf_programs *programs, struct kernel *kernel)
{
	const struct bpf_program *late[] = {kernel->progs.late_xmit, kernel->progs.late_redirect};
	int rc = 0;

	kernel->bss->xdp_outputs_id = map_id(kernel->maps.xdp_outputs);
	for (unsigned i = 0; i < 2 && !rc; i++) {
		own(fd_close) int fd = bpf_raw_tracepoint_open(NULL, bpf_program__fd(late[i]));

		rc = fd < 0 ? fd : set_pin_add(programs->pins, bpf_program__name(late[i]), fd);
	}
	return rc;
}

/* As much as the kernel takes. */
static int most_load(struct bpf_programs *programs, const struct bpf_settings *settings,
		     struct kernel **out)
{
	int late_rc = 0, rc = 0;

	for (enum extent extent = WITH_LATE; extent < N_EXTENTS; extent++) {
		kernel__destroy(*out);
		rc = kernel_load(programs, settings, extent, out);
		if (extent == WITH_LATE)
			late_rc = rc ?: late_attach(programs, *out);
		if (!rc && extent == BARE)
			log_warn("port", "this kernel refuses the programs of the flow cache: "
					 "all packets go through the daemon");
		if (!rc || rc == -EPERM)
			break;
	}
	if (!rc && late_rc)
		log_info(
			"port",
			"frames that a device refuses after XDP has sent them there are counted by "
			"its driver alone: %s",
			strerror(-late_rc));
	return rc;
}

static int load(struct bpf_programs *programs, const struct bpf_settings *settings, struct err *err)
{
	own(skeleton_free) struct kernel *kernel = NULL;
	int rc = most_load(programs, settings, &kernel);

	if (rc)
		return err_set(err, -rc, "loading the kernel programs: %s%s", strerror(-rc),
			       rc == -EPERM ? ": CAP_BPF and CAP_NET_ADMIN are needed" : "");
	rc = maps_pin(programs, kernel);
	if (!rc)
		rc = programs_pin(programs, kernel, settings);
	if (!rc)
		rc = pins_set_done(programs->pins);
	return rc ? err_set(err, -rc, "pinning the kernel programs: %s", strerror(-rc)) : 0;
}

/* ---- life ---- */

static int hold(struct bpf_programs *programs)
{
	programs->held_xsks = calloc(XSK_SLOTS, sizeof(*programs->held_xsks));
	programs->is_held = true;
	return programs->held_xsks ? 0 : -ENOMEM;
}

static int programs_start(struct bpf_programs *programs, const struct bpf_settings *settings,
			  struct err *err)
{
	int rc;

	programs->row = calloc(programs->n_cpus, sizeof(*programs->row));
	if (!programs->row || (settings->hold && hold(programs)))
		return err_set(err, ENOMEM, "out of memory");
	if (all_open(programs, settings)) {
		rc = load(programs, settings, err);
		if (rc)
			return rc;
		rc = all_open(programs, settings);
		if (rc)
			return err_set(err, -rc, "opening the kernel programs: %s", strerror(-rc));
	}
	rc = bpf_drops_add(programs, PORT_ID_NONE);
	return rc ? err_set(err, -rc, "kernel maps: %s", strerror(-rc)) : 0;
}

int bpf_programs_new(struct bpf_programs **out, struct pins *pins,
		     const struct bpf_settings *settings, struct err *err)
{
	own(bpf_programs_free) struct bpf_programs *programs = calloc(1, sizeof(*programs));
	const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	int rc;

	if (!programs)
		return err_set(err, ENOMEM, "out of memory");
	/* From Linux 5.11 maps are charged to the cgroup; before, this is needed, and if it may not
	 * be had, loading says so. */
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	bpf_messages_to_log();
	memset(programs->program_fd, -1, sizeof(programs->program_fd));
	memset(programs->table_fd, -1, sizeof(programs->table_fd));
	programs->pins = pins;
	programs->n_cpus = (unsigned)libbpf_num_possible_cpus();
	rc = programs_start(programs, settings, err);
	if (rc)
		return rc;
	*out = take_ptr(programs);
	return 0;
}

void bpf_programs_free(struct bpf_programs **p)
{
	struct bpf_programs *programs = *p;

	if (!programs)
		return;
	all_close(programs);
	free(programs->held_xsks);
	free(programs->adopted);
	free(programs->row);
	mem_free(p);
}

void bpf_programs_leave(struct bpf_programs *programs)
{
	programs->is_left = true;
}

void bpf_programs_admit(struct bpf_programs *programs)
{
	if (!programs->is_held)
		return;
	programs->is_held = false;
	for (uint32_t slot = 0; slot < XSK_SLOTS; slot++)
		if (programs->held_xsks[slot])
			bpf_xsk_set(programs, slot, programs->held_xsks[slot] - 1);
	mem_free(&programs->held_xsks);
	bpf_adopted_update(programs);
}

void bpf_upcall_len_max_set(struct bpf_programs *programs, uint32_t len_max)
{
	const uint32_t key = 0;
	struct kernel__bss bss;

	if (bpf_map_lookup_elem(programs->table_fd[TABLE_BSS], &key, &bss) ||
	    bss.upcall_len_max == len_max)
		return;
	bss.upcall_len_max = len_max;
	bpf_map_update_elem(programs->table_fd[TABLE_BSS], &key, &bss, BPF_ANY);
}
