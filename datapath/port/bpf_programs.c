#include "port/bpf_programs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <linux/if_link.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "port/flow_maps.h"
#include "port/pins.h"
#include "bpf/kernel.skel.h"

/* From <linux/bpf.h> of Linux 6.6; libbpf hands unknown types on. */
#define ATTACH_TCX_INGRESS 46

#define FILTER_PRIORITY 0x5348
#define FILTER_HANDLE   1

struct bpf_programs {
	/* fixed after create */
	struct kernel *kernel;
	char instance[PINS_INSTANCE_SIZE];
	unsigned n_cpus;
	bool has_tcx; /* decided by the first attachment to tc */
	bool is_tc_known;
	struct drop_counters *row; /* scratch: one per CPU */
};

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

static int program_fd(const struct bpf_programs *programs, enum bpf_program_id id)
{
	const struct kernel *kernel = programs->kernel;

	switch (id) {
	case PROGRAM_PORT_XDP:
		return bpf_program__fd(kernel->progs.port_xdp);
	case PROGRAM_PORT_TC:
		return bpf_program__fd(kernel->progs.port_tc);
	case PROGRAM_UPCALL_XDP:
		return bpf_program__fd(kernel->progs.upcall_xdp);
	case PROGRAM_DOWNCALL_TC:
		return bpf_program__fd(kernel->progs.downcall_tc);
	}
	return -1;
}

static const char *const program_name[] = {
	[PROGRAM_PORT_XDP] = "port_xdp",
	[PROGRAM_PORT_TC] = "port_tc",
	[PROGRAM_UPCALL_XDP] = "upcall_xdp",
	[PROGRAM_DOWNCALL_TC] = "downcall_tc",
};

bool bpf_is_program_name(const char *name)
{
	for (size_t i = 0; i < sizeof(program_name) / sizeof(program_name[0]); i++)
		if (!strcmp(program_name[i], name))
			return true;
	return false;
}

uint32_t bpf_map_id(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

bool bpf_has_map(const struct bpf_programs *programs, uint32_t id)
{
	const struct bpf_map *map;

	bpf_object__for_each_map(map, programs->kernel->obj)
	{
		if (bpf_map_id(bpf_map__fd(map)) == id)
			return true;
	}
	return false;
}

static bool is_xdp(enum bpf_program_id id)
{
	return id == PROGRAM_PORT_XDP || id == PROGRAM_UPCALL_XDP;
}

static void link_pin_name(const struct attachment *attachment, char *name, size_t size)
{
	snprintf(name, size, "%s-%u", program_name[attachment->program], attachment->ifindex);
}

/* ---- attaching ---- */

static int filter_attach(struct bpf_programs *programs, struct attachment *attachment)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)attachment->ifindex,
			    .attach_point = BPF_TC_INGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, filter, .handle = FILTER_HANDLE,
			    .priority = FILTER_PRIORITY, .flags = BPF_TC_F_REPLACE,
			    .prog_fd = program_fd(programs, attachment->program));
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, old, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY);
	int rc = bpf_tc_hook_create(&hook);

	/* A killed daemon's filter stays, and its qdisc. */
	attachment->made_qdisc = !rc || !bpf_tc_query(&hook, &old);
	if (rc && rc != -EEXIST)
		return rc;
	rc = bpf_tc_attach(&hook, &filter);
	if (rc && attachment->made_qdisc) {
		hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
		bpf_tc_hook_destroy(&hook);
	}
	return rc;
}

static void filter_detach(struct attachment *attachment)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)attachment->ifindex,
			    .attach_point = BPF_TC_INGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, filter, .handle = FILTER_HANDLE,
			    .priority = FILTER_PRIORITY);

	bpf_tc_detach(&hook, &filter);
	if (attachment->made_qdisc) {
		hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
		bpf_tc_hook_destroy(&hook);
	}
}

static int link_attach(struct bpf_programs *programs, int prog, struct attachment *attachment)
{
	bool xdp = is_xdp(attachment->program);
	DECLARE_LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = xdp ? XDP_FLAGS_DRV_MODE : 0);
	int fd = bpf_link_create(prog, (int)attachment->ifindex, xdp ? BPF_XDP : ATTACH_TCX_INGRESS,
				 &opts);
	char name[32];
	int rc;

	if (fd < 0)
		return fd;
	link_pin_name(attachment, name, sizeof(name));
	rc = pin_add(programs->instance, name, fd);
	if (rc) {
		close(fd);
		return rc;
	}
	attachment->link_fd = fd;
	return 0;
}

static int tc_attach(struct bpf_programs *programs, struct attachment *attachment)
{
	int rc = -EINVAL;

	if (programs->has_tcx || !programs->is_tc_known)
		rc = link_attach(programs, program_fd(programs, attachment->program), attachment);
	if (!programs->is_tc_known && rc == -EINVAL)
		rc = filter_attach(programs, attachment);
	else if (!programs->is_tc_known && !rc)
		programs->has_tcx = true;
	else if (!programs->has_tcx)
		rc = filter_attach(programs, attachment);
	programs->is_tc_known |= !rc;
	return rc;
}

static const char *xdp_reason(int rc)
{
	switch (rc) {
	case -EBUSY:
	case -EEXIST:
		return "another XDP program is on it";
	case -EOPNOTSUPP:
		return "its driver has no native XDP";
	case -ERANGE:
		return "its MTU, or its peer's, is too large for XDP";
	case -ENOSPC:
		return "it has fewer rx queues than its peer has tx queues";
	default:
		return strerror(-rc);
	}
}

int bpf_attach(struct bpf_programs *programs, enum bpf_program_id program, uint32_t ifindex,
	       struct attachment *out, struct err *err)
{
	struct attachment attachment = {.program = program, .ifindex = ifindex, .link_fd = -1};
	int rc = is_xdp(program) ? link_attach(programs, program_fd(programs, program), &attachment)
				 : tc_attach(programs, &attachment);

	if (rc)
		return err_set(err, -rc, "%s", is_xdp(program) ? xdp_reason(rc) : strerror(-rc));
	*out = attachment;
	return 0;
}

void bpf_detach(struct bpf_programs *programs, struct attachment *attachment)
{
	char name[32];

	if (!attachment->ifindex)
		return;
	if (attachment->link_fd >= 0) {
		link_pin_name(attachment, name, sizeof(name));
		pin_remove(programs->instance, name);
		bpf_link_detach(attachment->link_fd);
		fd_close(&attachment->link_fd);
	} else {
		filter_detach(attachment);
	}
	*attachment = (struct attachment)ATTACHMENT_NONE;
}

/* ---- maps ---- */

static int map_set(struct bpf_map *map, uint32_t key, const void *value)
{
	return bpf_map_update_elem(bpf_map__fd(map), &key, value, BPF_ANY) ? -errno : 0;
}

static void map_clear(struct bpf_map *map, uint32_t key)
{
	bpf_map_delete_elem(bpf_map__fd(map), &key);
}

int bpf_port_set(struct bpf_programs *programs, const struct port_entry *entry)
{
	return map_set(programs->kernel->maps.ports, entry->ifindex, entry);
}

void bpf_port_clear(struct bpf_programs *programs, uint32_t ifindex)
{
	map_clear(programs->kernel->maps.ports, ifindex);
}

/* The devmap has it before the row says so, and as long as it does. */
int bpf_output_set(struct bpf_programs *programs, uint16_t port, const struct output_entry *entry)
{
	struct bpf_map *devices = programs->kernel->maps.xdp_outputs;
	int rc = 0;

	if (entry->flags & OUTPUT_FLAG_XDP)
		rc = map_set(devices, port, &entry->ifindex);
	if (!rc)
		rc = map_set(programs->kernel->maps.outputs, port, entry);
	if (rc || !(entry->flags & OUTPUT_FLAG_XDP))
		map_clear(devices, port);
	return rc;
}

void bpf_output_clear(struct bpf_programs *programs, uint16_t port)
{
	bpf_output_set(programs, port, &(struct output_entry){0});
}

int bpf_xsk_set(struct bpf_programs *programs, uint32_t slot, int fd)
{
	return map_set(programs->kernel->maps.xsks, slot, &fd);
}

void bpf_xsk_clear(struct bpf_programs *programs, uint32_t slot)
{
	map_clear(programs->kernel->maps.xsks, slot);
}

int bpf_drops_add(struct bpf_programs *programs, uint16_t port)
{
	memset(programs->row, 0, programs->n_cpus * sizeof(*programs->row));
	return map_set(programs->kernel->maps.drops, port, programs->row);
}

void bpf_drops_del(struct bpf_programs *programs, uint16_t port)
{
	map_clear(programs->kernel->maps.drops, port);
}

void bpf_drops_read(const struct bpf_programs *programs, uint16_t port, struct drop_counters *out)
{
	uint32_t key = port;

	memset(out, 0, sizeof(*out));
	if (bpf_map_lookup_elem(bpf_map__fd(programs->kernel->maps.drops), &key, programs->row))
		return;
	for (unsigned cpu = 0; cpu < programs->n_cpus; cpu++)
		for (unsigned i = 0; i < N_DROP_REASONS; i++)
			out->n[i] += programs->row[cpu].n[i];
}

void bpf_upcall_len_max_set(struct bpf_programs *programs, uint32_t len_max)
{
	programs->kernel->bss->upcall_len_max = len_max;
}

/* ---- loading ---- */

static int flow_maps_share(struct bpf_object *to, const struct flow_maps *maps)
{
	int rc = 0;

	for (unsigned i = 0; maps && !rc && i < N_FLOW_MAPS; i++)
		rc = bpf_map__reuse_fd(bpf_object__find_map_by_name(to, flow_map_name(i)),
				       maps->fd[i]);
	return rc;
}

static int load(struct bpf_programs *programs, const struct bpf_settings *settings)
{
	struct kernel *kernel = kernel__open();
	int rc;

	if (!kernel)
		return -errno;
	programs->kernel = kernel;
	kernel->rodata->upcall_ifindex = settings->upcall_ifindex;
	kernel->rodata->n_workers = settings->n_workers;
	rc = flow_maps_share(kernel->obj, settings->flow_maps);
	return rc ? rc : kernel__load(kernel);
}

/* With names in bpffs, and without. */
static int maps_pin(struct bpf_programs *programs, bool pin)
{
	const struct bpf_map *map;
	int rc = 0;

	bpf_object__for_each_map(map, programs->kernel->obj)
	{
		if (bpf_map__is_internal(map))
			continue;
		if (pin)
			rc = pin_add(programs->instance, bpf_map__name(map), bpf_map__fd(map));
		else
			pin_remove(programs->instance, bpf_map__name(map));
		if (rc)
			return rc;
	}
	return 0;
}

int bpf_programs_new(struct bpf_programs **out, const char *instance,
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
	libbpf_set_print(print);
	snprintf(programs->instance, sizeof(programs->instance), "%s", instance);
	programs->n_cpus = (unsigned)libbpf_num_possible_cpus();
	programs->row = calloc(programs->n_cpus, sizeof(*programs->row));
	if (!programs->row)
		return err_set(err, ENOMEM, "out of memory");
	rc = load(programs, settings);
	if (rc)
		return err_set(err, -rc, "loading the kernel programs: %s%s", strerror(-rc),
			       rc == -EPERM ? ": CAP_BPF and CAP_NET_ADMIN are needed" : "");
	rc = maps_pin(programs, true);
	if (!rc)
		rc = bpf_drops_add(programs, PORT_ID_NONE);
	if (rc)
		return err_set(err, -rc, "pinning the kernel maps: %s", strerror(-rc));
	*out = take_ptr(programs);
	return 0;
}

void bpf_programs_free(struct bpf_programs **p)
{
	struct bpf_programs *programs = *p;

	if (!programs)
		return;
	if (programs->kernel)
		maps_pin(programs, false);
	kernel__destroy(programs->kernel);
	free(programs->row);
	mem_free(p);
}
