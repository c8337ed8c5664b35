/* A program on a device: as a link with a name, or as a clsact filter. What a daemon before us
 * attached is never taken off and put on again: a link is pointed to the new program, a filter
 * replaced. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_link.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "port/bpf_state.h"
#include "port/owner.h"
#include "port/pins.h"

/* From <linux/bpf.h> of Linux 6.6; libbpf hands unknown types on. */
#define ATTACH_TCX_INGRESS 46

#define FILTER_PRIORITY 0x5348
#define FILTER_HANDLE   1

#define PROGRAMS_MAX 16 /* on one hook that we look at; Linux allows 64 */

static bool is_xdp(enum bpf_program_id id)
{
	return id == PROGRAM_PORT_XDP || id == PROGRAM_UPCALL_XDP;
}

static void link_pin_name(const struct attachment *attachment, char name[PINS_NAME_SIZE])
{
	snprintf(name, PINS_NAME_SIZE, "%s-%u", bpf_program_name(attachment->program),
		 attachment->ifindex);
}

/* What follows our program's name in one of bpffs; NULL: it is no program of ours. */
static const char *name_parse(const char *name, enum bpf_program_id *out)
{
	for (unsigned i = 0; i < N_PROGRAMS; i++) {
		size_t len = strlen(bpf_program_name(i));

		*out = i;
		if (!strncmp(name, bpf_program_name(i), len) && name[len] == '-')
			return name + len + 1;
	}
	return NULL;
}

static bool link_parse(const char *name, struct attachment *out)
{
	enum bpf_program_id program;
	const char *number = name_parse(name, &program);
	char *end;

	if (!number)
		return false;
	*out = (struct attachment){.program = program, .link_fd = -1};
	out->ifindex = (uint32_t)strtoul(number, &end, 10);
	return !*end;
}

/* ---- what was there before us ---- */

static int adopted_add(struct bpf_programs *programs, const struct attachment *attachment)
{
	struct attachment *more =
		realloc(programs->adopted, (programs->n_adopted + 1) * sizeof(*programs->adopted));

	if (!more)
		return -ENOMEM;
	programs->adopted = more;
	programs->adopted[programs->n_adopted++] = *attachment;
	return 0;
}

static void adopted_del(struct bpf_programs *programs, const struct attachment *attachment)
{
	for (unsigned i = 0; i < programs->n_adopted; i++) {
		struct attachment *adopted = &programs->adopted[i];

		if (adopted->program != attachment->program ||
		    adopted->ifindex != attachment->ifindex)
			continue;
		*adopted = programs->adopted[--programs->n_adopted];
		return;
	}
}

/* Numbers of devices and names are used again: asks the device itself whether the program is on
 * it. */
static bool is_on_device(uint32_t program_id, const struct attachment *attachment)
{
	uint32_t ids[PROGRAMS_MAX] = {0}, id = 0;
	DECLARE_LIBBPF_OPTS(bpf_prog_query_opts, query, .prog_ids = ids, .prog_cnt = PROGRAMS_MAX);

	if (is_xdp(attachment->program))
		return !bpf_xdp_query_id((int)attachment->ifindex, XDP_FLAGS_DRV_MODE, &id) &&
		       id == program_id;
	if (bpf_prog_query_opts((int)attachment->ifindex, ATTACH_TCX_INGRESS, &query))
		return false;
	for (unsigned i = 0; i < query.prog_cnt && i < PROGRAMS_MAX; i++)
		if (ids[i] == program_id)
			return true;
	return false;
}

static uint32_t program_id(int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

/* 0, or -ENOENT: there is none that can be used. */
static int link_adopt(struct bpf_programs *programs, struct attachment *attachment)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);
	own(fd_close) int fd = -1;
	char name[PINS_NAME_SIZE];

	link_pin_name(attachment, name);
	fd = pin_get(programs->pins, name);
	if (fd < 0)
		return -ENOENT;
	/* Links to XDP and to tcx both tell the device's number in this place; 0: it is gone. */
	if (bpf_obj_get_info_by_fd(fd, &info, &size) || info.xdp.ifindex != attachment->ifindex ||
	    !is_on_device(info.prog_id, attachment)) {
		pin_remove(programs->pins, name);
		bpf_link_detach(fd);
		return -ENOENT;
	}
	if (info.prog_id != program_id(programs->program_fd[attachment->program])) {
		if (programs->is_held
			    ? adopted_add(programs, attachment)
			    : bpf_link_update(fd, programs->program_fd[attachment->program], NULL))
			return -ENOENT;
	}
	attachment->link_fd = take_fd(fd);
	return 0;
}

/* ---- filters ---- */

uint32_t bpf_filter_program(uint32_t ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex,
			    .attach_point = BPF_TC_INGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, filter, .handle = FILTER_HANDLE,
			    .priority = FILTER_PRIORITY);

	return bpf_tc_query(&hook, &filter) ? 0 : filter.prog_id;
}

/* `flags`: 0 if there must be none, BPF_TC_F_REPLACE. */
static int filter_put(struct bpf_programs *programs, struct attachment *attachment, uint32_t flags)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)attachment->ifindex,
			    .attach_point = BPF_TC_INGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, filter, .handle = FILTER_HANDLE,
			    .priority = FILTER_PRIORITY, .flags = flags,
			    .prog_fd = programs->program_fd[attachment->program]);

	return bpf_tc_attach(&hook, &filter);
}

static int filter_attach(struct bpf_programs *programs, struct attachment *attachment)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)attachment->ifindex,
			    .attach_point = BPF_TC_INGRESS);
	int rc = bpf_tc_hook_create(&hook);
	bool is_there = bpf_filter_program(attachment->ifindex);

	/* Where a filter was left, the qdisc was left, too. */
	attachment->made_qdisc = !rc || is_there;
	if (rc && rc != -EEXIST)
		return rc;
	if (is_there && programs->is_held)
		return adopted_add(programs, attachment);
	rc = filter_put(programs, attachment, is_there ? BPF_TC_F_REPLACE : 0);
	if (rc && attachment->made_qdisc) {
		hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
		bpf_tc_hook_destroy(&hook);
	}
	return rc;
}

/* Another instance may have put its own in this place. */
static void filter_detach(const char *instance, const struct attachment *attachment)
{
	const uint32_t program = bpf_filter_program(attachment->ifindex);
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)attachment->ifindex,
			    .attach_point = BPF_TC_INGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, filter, .handle = FILTER_HANDLE,
			    .priority = FILTER_PRIORITY);

	if (program && owner_is_other(instance, program))
		return;
	bpf_tc_detach(&hook, &filter);
	if (attachment->made_qdisc) {
		hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
		bpf_tc_hook_destroy(&hook);
	}
}

void bpf_filter_drop(const char *instance, uint32_t ifindex)
{
	if (bpf_filter_program(ifindex))
		filter_detach(instance,
			      &(struct attachment){.ifindex = ifindex, .made_qdisc = true});
}

/* ---- attaching ---- */

static int link_attach(struct bpf_programs *programs, struct attachment *attachment)
{
	bool xdp = is_xdp(attachment->program);
	DECLARE_LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = xdp ? XDP_FLAGS_DRV_MODE : 0);
	char name[PINS_NAME_SIZE];
	int fd, rc;

	if (!link_adopt(programs, attachment))
		return 0;
	fd = bpf_link_create(programs->program_fd[attachment->program], (int)attachment->ifindex,
			     xdp ? BPF_XDP : ATTACH_TCX_INGRESS, &opts);
	if (fd < 0)
		return fd;
	link_pin_name(attachment, name);
	rc = pin_add(programs->pins, name, fd);
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
		rc = link_attach(programs, attachment);
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
	int rc = is_xdp(program) ? link_attach(programs, &attachment)
				 : tc_attach(programs, &attachment);

	if (rc)
		return err_set(err, -rc, "%s", is_xdp(program) ? xdp_reason(rc) : strerror(-rc));
	*out = attachment;
	return 0;
}

void bpf_detach(struct bpf_programs *programs, struct attachment *attachment)
{
	char name[PINS_NAME_SIZE];

	if (!attachment->ifindex)
		return;
	adopted_del(programs, attachment);
	if (!programs->is_left && attachment->link_fd >= 0) {
		link_pin_name(attachment, name);
		pin_remove(programs->pins, name);
		bpf_link_detach(attachment->link_fd);
	} else if (!programs->is_left) {
		filter_detach(pins_instance(programs->pins), attachment);
	}
	fd_close(&attachment->link_fd);
	*attachment = (struct attachment)ATTACHMENT_NONE;
}

/* The upcall device's programs come first: a port's packets that its new program does not know go
 * through them. */
void bpf_adopted_update(struct bpf_programs *programs)
{
	for (unsigned turn = 0; turn < 2; turn++) {
		for (unsigned i = 0; i < programs->n_adopted; i++) {
			struct attachment *adopted = &programs->adopted[i];
			bool is_port = adopted->program == PROGRAM_PORT_XDP ||
				       adopted->program == PROGRAM_PORT_TC;
			own(fd_close) int fd = -1;
			char name[PINS_NAME_SIZE];
			int rc;

			if (is_port != (turn == 1))
				continue;
			link_pin_name(adopted, name);
			fd = pin_get(programs->pins, name);
			rc = fd < 0 ? filter_put(programs, adopted, BPF_TC_F_REPLACE)
				    : bpf_link_update(fd, programs->program_fd[adopted->program],
						      NULL);
			if (rc)
				log_error("port", "%s: another program: %s", name, strerror(-rc));
		}
	}
	programs->n_adopted = 0;
}

/* ---- whose a program is ---- */

bool bpf_is_program_name(const char *name)
{
	for (unsigned i = 0; i < N_PROGRAMS; i++)
		if (!strcmp(bpf_program_name(i), name))
			return true;
	return false;
}

uint32_t bpf_link_program(const char *instance, const char *name)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);
	struct attachment attachment;
	own(fd_close) int fd = -1;

	if (!link_parse(name, &attachment))
		return 0;
	fd = pin_open(instance, name);
	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.prog_id;
}

uint32_t bpf_set_program(const char *instance, const char *name)
{
	const char *slash = strchr(name, '/');
	enum bpf_program_id program;
	own(fd_close) int fd = -1;

	if (!slash || !name_parse(slash + 1, &program))
		return 0;
	fd = pin_open(instance, name);
	return fd < 0 ? 0 : program_id(fd);
}

bool bpf_is_pinned(const char *instance, uint32_t ifindex, uint32_t id)
{
	for (unsigned i = 0; i < N_PROGRAMS; i++) {
		const struct attachment attachment = {.program = i, .ifindex = ifindex};
		char name[PINS_NAME_SIZE];

		link_pin_name(&attachment, name);
		if (id == bpf_link_program(instance, name))
			return true;
	}
	return false;
}

bool bpf_is_ours(const struct bpf_programs *programs, uint32_t ifindex, uint32_t id)
{
	for (unsigned i = 0; i < N_PROGRAMS; i++)
		if (id == program_id(programs->program_fd[i]))
			return true;
	return bpf_is_pinned(pins_instance(programs->pins), ifindex, id);
}

/* ---- what nobody wants any more ---- */

struct dropping {
	struct bpf_programs *programs;
	bpf_is_used_fn *is_used;
	void *ctx;
};

static void link_visit(void *ctx, const char *name)
{
	const struct dropping *dropping = ctx;
	struct pins *pins = dropping->programs->pins;
	struct attachment attachment;
	own(fd_close) int fd = -1;

	if (!link_parse(name, &attachment) ||
	    dropping->is_used(dropping->ctx, attachment.program, attachment.ifindex))
		return;
	/* Its device may be in another namespace by now, where a name has no power. */
	fd = pin_get(pins, name);
	pin_remove(pins, name);
	if (fd >= 0)
		bpf_link_detach(fd);
}

void bpf_links_drop(struct bpf_programs *programs, bpf_is_used_fn *is_used, void *ctx)
{
	struct dropping dropping = {.programs = programs, .is_used = is_used, .ctx = ctx};

	pin_for_each(programs->pins, link_visit, &dropping);
}
