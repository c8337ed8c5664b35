#include "agent/openflow.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <urcu/list.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "stream/listener.h"
#include "agent/openflow_controller.h"
#include "agent/openflow_fail.h"
#include "agent/openflow_handler.h"
#include "agent/openflow_snoop.h"
#include "agent/openflow_sockets.h"
#include "switch/flows.h"
#include "switch/vswitch.h"

/* A bridge, and who speaks to it. */
struct speaker {
	struct cds_list_head node; /* openflow's */
	struct openflow *openflow;
	struct bridge *bridge; /* NULL while bridges are looked through: it has not been seen yet */
	char name[32];
	struct listener *listener;               /* NULL: it could not be made */
	struct openflow_session_options session; /* of all who speak to it */
	struct controllers controllers;
	struct openflow_peers peers;
	struct openflow_fail fail;
	uint32_t packet_in_rate; /* that its controllers may have; 0: none says so */
	struct of_port *ports;   /* as controllers know them */
	unsigned n_ports;
};

struct openflow {
	struct openflow_options options;
	bool is_admitting;
	struct cds_list_head speakers;
	struct openflow_crowd crowd;
};

/* ---- sessions ---- */

static int accepted(void *ctx, int fd, const char *name, struct err *err)
{
	struct speaker *speaker = ctx;
	struct openflow_session_options options = speaker->session;
	struct openflow_session *session;

	options.name = name;
	options.is_service = true;
	if (speaker->peers.n < OPENFLOW_SESSIONS_MAX)
		return openflow_session_new(&session, fd, &options, err);
	close(fd);
	return err_set(err, EMFILE, "there are %d sessions already", OPENFLOW_SESSIONS_MAX);
}

/* ---- ports ---- */

struct collection {
	struct of_port *ports;
	unsigned n, size;
};

static int collect(struct bridge_port *port, void *ctx)
{
	struct collection *all = ctx;
	struct bridge_port_status status;
	unsigned size = all->size ? all->size * 2 : 16;
	struct of_port *ports;

	bridge_port_status(port, &status);
	if (!status.ofport)
		return 0;
	if (all->n == all->size) {
		ports = realloc(all->ports, size * sizeof(*ports));
		if (!ports)
			return -ENOMEM;
		all->ports = ports;
		all->size = size;
	}
	openflow_port_describe(port, &status, &all->ports[all->n++]);
	return 0;
}

static void tell(struct speaker *speaker, const struct of_port *port, enum of_port_reason reason)
{
	struct openflow_session *session;

	cds_list_for_each_entry (session, &speaker->peers.sessions, node)
		openflow_port_status(session, port, reason);
}

/* Tells of what is other than it was. Both lists ascend by number. */
static void ports_compare(struct speaker *speaker, const struct collection *now)
{
	unsigned i = 0, k = 0;

	while (i < speaker->n_ports || k < now->n) {
		const struct of_port *old = i < speaker->n_ports ? &speaker->ports[i] : NULL;
		const struct of_port *new = k < now->n ? &now->ports[k] : NULL;

		if (!new || (old && old->number < new->number)) {
			tell(speaker, old, OF_PORT_DELETED);
			i++;
		} else if (!old || new->number < old->number) {
			tell(speaker, new, OF_PORT_ADDED);
			k++;
		} else {
			if (memcmp(old, new, sizeof(*old)))
				tell(speaker, new, OF_PORT_MODIFIED);
			i++, k++;
		}
	}
}

static void ports_look(struct speaker *speaker)
{
	struct collection now = {.n = 0};

	if (bridge_for_each_port(speaker->bridge, collect, &now)) {
		free(now.ports); /* out of memory: the next time */
		return;
	}
	ports_compare(speaker, &now);
	free(speaker->ports);
	speaker->ports = now.ports;
	speaker->n_ports = now.n;
}

static void ports_changed(struct openflow_peers *peers)
{
	ports_look((struct speaker *)((char *)peers - offsetof(struct speaker, peers)));
}

static void sessions_changed(struct openflow_peers *peers)
{
	openflow_fail_look(
		&((struct speaker *)((char *)peers - offsetof(struct speaker, peers)))->fail);
}

/* ---- speakers ---- */

static void speaker_free(struct speaker *speaker)
{
	speaker->peers.changed = NULL; /* the bridge, if it is there still, stays as it is */
	openflow_fail_fini(&speaker->fail);
	if (!speaker->bridge) /* it is gone: there is nothing of it to let go of */
		openflow_peers_end(&speaker->peers, true);
	controllers_free(&speaker->controllers);
	openflow_peers_end(&speaker->peers, false);
	openflow_snoop_free(&speaker->peers.snoop);
	listener_free(&speaker->listener);
	cds_list_del(&speaker->node);
	free(speaker->ports);
	free(speaker);
}

static void path_of(const struct speaker *speaker, const char *suffix, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s%s", speaker->openflow->options.run_dir, speaker->name,
		 suffix);
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

	path_of(speaker, OPENFLOW_SOCKET_MGMT, path);
	if (listener_new(&speaker->listener, &options, &err))
		log_warn("openflow", "bridge %s: nobody can speak OpenFlow to it: %s",
			 speaker->name, err.text);
	else
		listener_admit(speaker->listener);
}

static void speaker_be_snooped(struct speaker *speaker)
{
	char path[PATH_MAX];
	struct err err = ERR_INIT;
	const struct openflow_snoop_options options = {
		.base = speaker->openflow->options.base,
		.path = path,
		.mode = speaker->openflow->options.mode,
		.n_all = &speaker->openflow->crowd.n_snoopers,
		.whom = controllers_snooped,
		.ctx = &speaker->controllers,
	};

	path_of(speaker, OPENFLOW_SOCKET_SNOOP, path);
	if (openflow_snoop_new(&speaker->peers.snoop, &options, &err))
		log_warn("openflow", "bridge %s: nobody can snoop on it: %s", speaker->name,
			 err.text);
}

static struct speaker *speaker_lookup(const struct openflow *openflow, const char *name)
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
	speaker->peers.crowd = &openflow->crowd;
	speaker->peers.ports_changed = ports_changed;
	speaker->peers.changed = sessions_changed;
	speaker->fail.base = openflow->options.base;
	speaker->fail.peers = &speaker->peers;
	CDS_INIT_LIST_HEAD(&speaker->peers.sessions);
	CDS_INIT_LIST_HEAD(&speaker->controllers.list);
	speaker->session = (struct openflow_session_options){
		.base = openflow->options.base,
		.sw = openflow->options.sw,
		.peers = &speaker->peers,
	};
	speaker->controllers.session = &speaker->session;
	speaker->controllers.tls = openflow->options.tls;
	speaker->controllers.dirs = openflow->options.dirs;
	speaker->controllers.changed = openflow->options.changed;
	speaker->controllers.ctx = openflow->options.ctx;
	cds_list_add_tail(&speaker->node, &openflow->speakers);
	return speaker;
}

/* NULL: out of memory. */
static struct speaker *speaker_of(struct openflow *openflow, struct bridge *bridge)
{
	struct speaker *speaker = speaker_lookup(openflow, bridge_name(bridge));

	if (!speaker)
		speaker = speaker_add(openflow, bridge_name(bridge));
	if (speaker)
		speaker->bridge = speaker->session.bridge = speaker->fail.bridge = bridge;
	return speaker;
}

static int see_bridge(struct bridge *bridge, void *ctx)
{
	struct openflow *openflow = ctx;
	struct speaker *speaker = speaker_of(openflow, bridge);

	if (!speaker)
		return -ENOMEM;
	if (openflow->is_admitting && !speaker->listener)
		speaker_listen(speaker);
	if (openflow->is_admitting && !speaker->peers.snoop)
		speaker_be_snooped(speaker);
	ports_look(speaker);
	return 0;
}

/* Ports know of no controller: none is held up for the sake of another bridge. */
static void packet_in_rate_follow(struct openflow *openflow)
{
	const struct speaker *speaker;
	uint32_t rate = 0;

	cds_list_for_each_entry (speaker, &openflow->speakers, node)
		if (speaker->packet_in_rate > rate)
			rate = speaker->packet_in_rate;
	vswitch_packet_in_rate(openflow->options.sw, rate);
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
	packet_in_rate_follow(openflow);
}

void openflow_admit(struct openflow *openflow)
{
	openflow->is_admitting = true;
	openflow_bridges_changed(openflow);
	/* what the database says of controllers has not been heeded yet */
	openflow->options.changed(openflow->options.ctx);
}

/* ---- what the database says ---- */

/* Three times as long as a controller may be silent. */
static void fail_mode_set(struct openflow_fail *fail, const struct openflow_settings *settings)
{
	enum { DEFAULT_INACTIVITY_MS = 5000 };
	struct err err = ERR_INIT;
	uint32_t longest = 0;

	fail->is_standalone = settings->is_standalone;
	fail->is_controlled = false;
	for (unsigned i = 0; i < settings->n_controllers; i++) {
		const struct openflow_controller *controller = &settings->controllers[i];

		if (controller->is_service)
			continue;
		fail->is_controlled = true;
		if (longest < controller->inactivity_ms)
			longest = controller->inactivity_ms;
		if (longest > UINT32_MAX / 3)
			longest = UINT32_MAX / 3;
	}
	fail->patience_ms = (longest ? longest : DEFAULT_INACTIVITY_MS) * 3;
	if (bridge_control(fail->bridge, fail->is_controlled, &err))
		log_error("openflow", "bridge %s: %s", bridge_name(fail->bridge), err.text);
	openflow_fail_look(fail);
}

void openflow_bridge_set(struct openflow *openflow, const char *name,
			 const struct openflow_settings *settings)
{
	struct bridge *bridge = bridge_lookup(openflow->options.sw, name);
	struct speaker *speaker = bridge ? speaker_of(openflow, bridge) : NULL;

	if (!speaker)
		return;
	speaker->peers.versions = settings->versions;
	speaker->peers.datapath_id = settings->datapath_id;
	fail_mode_set(&speaker->fail, settings);
	speaker->packet_in_rate = 0;
	for (unsigned i = 0; i < settings->n_controllers; i++)
		if (settings->controllers[i].rate > speaker->packet_in_rate)
			speaker->packet_in_rate = settings->controllers[i].rate;
	packet_in_rate_follow(openflow);
	if (openflow->is_admitting)
		controllers_set(&speaker->controllers, settings->controllers,
				settings->n_controllers);
}

bool openflow_controller_status(const struct openflow *openflow, const char *bridge,
				const char *uuid, struct openflow_controller_status *out)
{
	const struct speaker *speaker = speaker_lookup(openflow, bridge);

	return speaker && controllers_status(&speaker->controllers, uuid, out);
}

/* ---- life ---- */

int openflow_new(struct openflow **out, const struct openflow_options *options)
{
	struct openflow *openflow = calloc(1, sizeof(*openflow));

	if (!openflow)
		return -ENOMEM;
	openflow->options = *options;
	CDS_INIT_LIST_HEAD(&openflow->speakers);
	CDS_INIT_LIST_HEAD(&openflow->crowd.sessions);
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
