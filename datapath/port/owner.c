#include "port/owner.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "base/own.h"

#define PROGRAMS_MAX 64

/* From <linux/bpf.h> of Linux 6.6. */
#define ATTACH_TCX_INGRESS 46

/* Some instance's. */
static bool is_of_a_switch(uint32_t program)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);
	own(fd_close) int fd = bpf_prog_get_fd_by_id(program);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) &&
	       bpf_is_program_name(info.name);
}

struct search {
	uint32_t program;
	char instance[PINS_INSTANCE_SIZE];
	bool is_found; /* there */
};

static void link_visit(void *ctx, const char *name)
{
	struct search *search = ctx;

	search->is_found |= bpf_link_program(search->instance, name) == search->program;
}

static void set_visit(void *ctx, const char *name)
{
	struct search *search = ctx;

	search->is_found |= bpf_set_program(search->instance, name) == search->program;
}

static bool instance_visit(void *ctx, const char *instance)
{
	struct search *search = ctx;

	snprintf(search->instance, sizeof(search->instance), "%s", instance);
	pin_for_each_of(instance, link_visit, search);
	set_pin_for_each_of(instance, set_visit, search);
	return search->is_found;
}

/* The one that has it. */
static bool instance_of(uint32_t program, char instance[PINS_INSTANCE_SIZE])
{
	struct search search = {.program = program};

	pins_visit(instance_visit, &search);
	if (search.is_found)
		memcpy(instance, search.instance, PINS_INSTANCE_SIZE);
	return search.is_found;
}

bool owner_is_other(const char *instance, uint32_t program)
{
	char owner[PINS_INSTANCE_SIZE];

	return instance_of(program, owner) && strcmp(owner, instance) != 0;
}

/* Links end with whoever holds them, so one that nobody pinned here is pinned elsewhere. */
static bool is_link_of_other(const struct bpf_programs *programs, uint32_t ifindex,
			     uint32_t program, struct owner *out)
{
	if (!is_of_a_switch(program) || bpf_is_ours(programs, ifindex, program))
		return false;
	*out = (struct owner){.is_running = true};
	if (instance_of(program, out->instance))
		out->is_running = pins_is_claimed(out->instance);
	return true;
}

/* A filter of clsact stays when its daemon is killed: one of nobody's is left over, and replaced. */
static bool is_filter_of_other(const struct bpf_programs *programs, const char *instance,
			       uint32_t ifindex, struct owner *out)
{
	const uint32_t program = bpf_filter_program(ifindex);
	struct owner owner = {.is_instead = true};

	if (!program || bpf_is_ours(programs, ifindex, program) ||
	    !instance_of(program, owner.instance) || !strcmp(owner.instance, instance))
		return false;
	owner.is_running = pins_is_claimed(owner.instance);
	*out = owner;
	return true;
}

bool owner_find(const struct bpf_programs *programs, const char *instance, uint32_t ifindex,
		uint32_t xdp_prog_id, struct owner *out)
{
	uint32_t ids[PROGRAMS_MAX], n = PROGRAMS_MAX, flags;

	if (xdp_prog_id && is_link_of_other(programs, ifindex, xdp_prog_id, out))
		return true;
	if (bpf_prog_query((int)ifindex, ATTACH_TCX_INGRESS, 0, &flags, ids, &n))
		return is_filter_of_other(programs, instance, ifindex, out);
	for (uint32_t i = 0; i < n && i < PROGRAMS_MAX; i++)
		if (is_link_of_other(programs, ifindex, ids[i], out))
			return true;
	return false;
}
