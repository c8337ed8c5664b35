#include "control/openflow.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <urcu/list.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "control/listener.h"
#include "control/openflow_session.h"
#include "switch/vswitch.h"

#define SESSIONS_MAX 1024 /* of one bridge */

/* A bridge, and who speaks to it. */
struct speaker {
	struct cds_list_head node; /* openflow's */
	struct openflow *openflow;
	struct bridge *bridge; /* NULL while bridges are looked through: it has not been seen yet */
	char name[32];
	struct listener *listener; /* NULL: it could not be made */
	struct cds_list_head sessions;
	unsigned n_sessions;
};

struct openflow {
	struct openflow_options options;
	struct cds_list_head speakers;
};

/* ---- sessions ---- */

static void session_gone(void *ctx)
{
	struct speaker *speaker = ctx;

	speaker->n_sessions--;
}

static int accepted(void *ctx, int fd, const char *name)
{
	struct speaker *speaker = ctx;
	const struct openflow_session_options options = {
		.base = speaker->openflow->options.base,
		.sw = speaker->openflow->options.sw,
		.bridge = speaker->bridge,
		.name = name,
		.sessions = &speaker->sessions,
		.gone = session_gone,
		.ctx = speaker,
	};
	int rc;

	if (speaker->n_sessions >= SESSIONS_MAX) {
		close(fd);
		return -EMFILE;
	}
	rc = openflow_session_new(fd, &options);
	if (!rc)
		speaker->n_sessions++;
	return rc;
}

/* ---- speakers ---- */

static void speaker_free(struct speaker *speaker)
{
	openflow_sessions_end(&speaker->sessions, !speaker->bridge);
	listener_free(&speaker->listener);
	cds_list_del(&speaker->node);
	free(speaker);
}

static void speaker_listen(struct speaker *speaker)
{
	char path[PATH_MAX];
	struct err err = ERR_INIT;
	const struct listener_options options = {
		.base = speaker->openflow->options.base,
		.path = path,
		.mode = speaker->openflow->options.mode,
		.accepted = accepted,
		.ctx = speaker,
	};

	snprintf(path, sizeof(path), "%s/%s.mgmt", speaker->openflow->options.run_dir,
		 speaker->name);
	if (listener_new(&speaker->listener, &options, &err))
		log_warn("openflow", "bridge %s: nobody can speak OpenFlow to it: %s",
			 speaker->name, err.text);
	else
		listener_admit(speaker->listener);
}

static struct speaker *speaker_lookup(struct openflow *openflow, const char *name)
{
	struct speaker *speaker;

	cds_list_for_each_entry (speaker, &openflow->speakers, node)
		if (!strcmp(speaker->name, name))
			return speaker;
	return NULL;
}

static struct speaker *speaker_add(struct openflow *openflow, const char *name)
{
	struct speaker *speaker = calloc(1, sizeof(*speaker));

	if (!speaker)
		return NULL;
	speaker->openflow = openflow;
	snprintf(speaker->name, sizeof(speaker->name), "%s", name);
	CDS_INIT_LIST_HEAD(&speaker->sessions);
	cds_list_add_tail(&speaker->node, &openflow->speakers);
	return speaker;
}

static int see_bridge(struct bridge *bridge, void *ctx)
{
	struct openflow *openflow = ctx;
	const char *name = bridge_name(bridge);
	struct speaker *speaker = speaker_lookup(openflow, name);

	if (!speaker)
		speaker = speaker_add(openflow, name);
	if (!speaker)
		return -ENOMEM;
	speaker->bridge = bridge;
	if (!speaker->listener)
		speaker_listen(speaker);
	return 0;
}

/* A bridge that goes takes its sessions along before it is freed: see openflow_session.h. */
void openflow_bridges_changed(struct openflow *openflow)
{
	struct speaker *speaker, *next;

	if (!openflow)
		return;
	cds_list_for_each_entry (speaker, &openflow->speakers, node)
		speaker->bridge = NULL;
	if (vswitch_for_each_bridge(openflow->options.sw, see_bridge, openflow))
		log_error("openflow", "out of memory: a bridge has no socket");
	cds_list_for_each_entry_safe (speaker, next, &openflow->speakers, node)
		if (!speaker->bridge)
			speaker_free(speaker);
}

int openflow_new(struct openflow **out, const struct openflow_options *options)
{
	struct openflow *openflow = calloc(1, sizeof(*openflow));

	if (!openflow)
		return -ENOMEM;
	openflow->options = *options;
	CDS_INIT_LIST_HEAD(&openflow->speakers);
	*out = openflow;
	return 0;
}

void openflow_free(struct openflow **openflow)
{
	struct openflow *o = *openflow;
	struct speaker *speaker, *next;

	if (!o)
		return;
	cds_list_for_each_entry_safe (speaker, next, &o->speakers, node)
		speaker_free(speaker);
	mem_free(openflow);
}
