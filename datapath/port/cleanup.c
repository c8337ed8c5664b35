/* After a daemon that was killed and will not be started again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "port/bpf_programs.h"
#include "port/link.h"
#include "port/notes.h"
#include "port/pins.h"
#include "port/port.h"
#include "port/qdisc.h"
#include "port/upcall.h"

#define DEVICES_MAX (PORT_ID_MAX + 2) /* a pair for each port, and the upcall device */

struct cleanup {
	const char *instance;
	struct link_client *links;
	struct qdiscs *qdiscs;
	uint32_t devices[DEVICES_MAX];
	unsigned n_devices;
};

static void note_visit(void *ctx, uint16_t port, const struct port_note *note)
{
	const struct cleanup *cleanup = ctx;
	struct link_info info;

	if (link_lookup(cleanup->links, note->name, &info) || info.ifindex != note->ifindex)
		return;
	bpf_filter_drop(cleanup->instance, note->ifindex);
	note_undo(cleanup->links, cleanup->qdiscs, note);
}

/* One end of each pair: the other goes with it, or is not there to be found again. */
static void device_visit(void *ctx, const struct link_info *info)
{
	struct cleanup *cleanup = ctx;
	char alias[64], prefix[IFNAMSIZ];

	snprintf(alias, sizeof(alias), "shunt %s", cleanup->instance);
	snprintf(prefix, sizeof(prefix), "%s-", cleanup->instance);
	if (!strcmp(info->alias, alias) && !strncmp(info->name, prefix, strlen(prefix)) &&
	    cleanup->n_devices < DEVICES_MAX)
		cleanup->devices[cleanup->n_devices++] = info->ifindex;
}

static int devices_restore(struct cleanup *cleanup, struct pins *pins)
{
	own(notes_close) struct notes *notes = NULL;
	int rc = notes_open(&notes, pins);

	if (rc)
		return rc;
	note_for_each(notes, note_visit, cleanup);
	link_for_each(cleanup->links, device_visit, cleanup);
	for (unsigned i = 0; i < cleanup->n_devices; i++)
		link_del(cleanup->links, cleanup->devices[i]);
	return 0;
}

static int all_remove(struct cleanup *cleanup, struct pins *pins, struct port_remains *out,
		      struct err *err)
{
	const int rc = devices_restore(cleanup, pins);

	out->are_any |= cleanup->n_devices;
	pins_clear(pins);
	return rc ? err_set(err, -rc, "instance %s: %s", cleanup->instance, strerror(-rc)) : 0;
}

int port_cleanup(const char *instance, struct port_remains *out, struct err *err)
{
	own(mem_free) struct cleanup *cleanup = calloc(1, sizeof(*cleanup));
	own(pins_close) struct pins *pins = NULL;
	char build[BPF_BUILD_NAME_SIZE];
	int rc;

	if (!cleanup)
		return err_set(err, ENOMEM, "out of memory");
	bpf_messages_to_log(); /* there may be no filter to be removed */
	bpf_build_name(build, KERNEL_FLOWS_DEFAULT);
	rc = pins_open(&pins, instance, build, err);
	if (rc)
		return rc;
	out->are_any = pins_has_set(pins) || pins_has_others(pins);
	pins_home_get(pins, out->run_dir);
	rc = link_client_new(&cleanup->links);
	if (!rc)
		rc = qdiscs_open(&cleanup->qdiscs);
	if (rc)
		return err_set(err, -rc, "rtnetlink: %s", strerror(-rc));
	cleanup->instance = pins_instance(pins);
	rc = upcall_check(cleanup->links, cleanup->instance, err);
	if (!rc)
		rc = all_remove(cleanup, pins, out, err);
	qdiscs_close(&cleanup->qdiscs);
	link_client_free(&cleanup->links);
	return rc;
}
