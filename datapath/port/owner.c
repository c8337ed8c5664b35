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
	const char *instance;
	bool is_found;
	struct owner *owner;
};

static void link_visit(void *ctx, const char *name)
{
	struct search *search = ctx;

	search->is_found |= bpf_link_program(search->instance, name) == search->program;
}

static bool is_owner(void *ctx, const char *instance)
{
	struct search *search = ctx;

	search->instance = instance;
	pin_for_each_of(instance, link_visit, search);
	if (!search->is_found)
		return false;
	snprintf(search->owner->instance, sizeof(search->owner->instance), "%s", instance);
	search->owner->is_running = pins_is_claimed(instance);
	return true;
}

/* Links end with whoever holds them, so one that nobody pinned here is pinned elsewhere. (A filter of
 * clsact stays when its daemon is killed: these are not looked at, and replaced.) */
static bool is_others(const struct bpf_programs *programs, uint32_t ifindex, uint32_t program,
		      struct owner *out)
{
	struct search search = {.program = program, .owner = out};

	if (!is_of_a_switch(program) || bpf_is_ours(programs, ifindex, program))
		return false;
	*out = (struct owner){.is_running = true};
	pins_visit(is_owner, &search);
	return true;
}

bool owner_find(const struct bpf_programs *programs, uint32_t ifindex, uint32_t xdp_prog_id,
		struct owner *out)
{
	uint32_t ids[PROGRAMS_MAX], n = PROGRAMS_MAX, flags;

	if (xdp_prog_id && is_others(programs, ifindex, xdp_prog_id, out))
		return true;
	if (bpf_prog_query((int)ifindex, ATTACH_TCX_INGRESS, 0, &flags, ids, &n))
		return false;
	for (uint32_t i = 0; i < n && i < PROGRAMS_MAX; i++)
		if (is_others(programs, ifindex, ids[i], out))
			return true;
	return false;
}
