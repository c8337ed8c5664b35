#include "switch/packet_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/own.h"
#include "base/rcu.h"
#include "flow/credit.h"
#include "flow/key.h"
#include "flow/port_text.h"
#include "flow/version.h"
#include "packet/frame.h"
#include "packet/parse.h"
#include "path/learn.h"
#include "path/packet_out.h"
#include "switch/bridge.h"
#include "switch/group_store.h"
#include "switch/snapshot.h"
#include "switch/translate.h"

_Static_assert(PACKET_OUT_DATA_MAX == FRAME_JUMBO_LEN_MAX, "a packet fits");

/* Scratch of one packet at a time. */
struct packet_outs {
	struct frame_pool *pool;
	struct translation translation;
	struct learn_memory learned;
	struct packet_out message;
};

int packet_outs_new(struct packet_outs **out)
{
	own(packet_outs_free) struct packet_outs *packet_outs = calloc(1, sizeof(*packet_outs));
	int rc;

	if (!packet_outs)
		return -ENOMEM;
	rc = frame_pool_new(&packet_outs->pool, 1, FRAME_JUMBO_SIZE);
	if (rc)
		return rc;
	*out = take_ptr(packet_outs);
	return 0;
}

void packet_outs_free(struct packet_outs **packet_outs)
{
	if (!*packet_outs)
		return;
	frame_pool_free(&(*packet_outs)->pool);
	mem_free(packet_outs);
}

static int check(const struct bridge *bridge, uint16_t in_port, size_t len, struct err *err)
{
	if (len < sizeof(struct eth_header) || len > PACKET_OUT_DATA_MAX)
		return err_set(err, EINVAL,
			       "bridge %s: cannot send a packet of %zu bytes: use %zu to %d",
			       bridge->name, len, sizeof(struct eth_header), PACKET_OUT_DATA_MAX);
	if (!in_port || (in_port >= OFPORT_MAX && in_port != OFPORT_LOCAL &&
			 in_port != OFPORT_CONTROLLER && in_port != OFPORT_NONE))
		return err_set(err, EINVAL,
			       "bridge %s: no packet comes by port %u: use a port's number, local, "
			       "controller or none",
			       bridge->name, in_port);
	return 0;
}

/* The switch-wide number of an OpenFlow port; PORT_ID_NONE: there is none. */
static uint16_t id_of(const struct bridge *bridge, uint16_t ofport)
{
	for (unsigned i = 0; i < bridge->n_ports; i++)
		if (bridge->ports[i]->ofport == ofport)
			return bridge->ports[i]->id;
	return PORT_ID_NONE;
}

/* Decides about the frame, by what holds now. The thread is online. */
static void decide(struct bridge *bridge, const struct flow_key *from,
		   const struct ofactions *actions, const struct frame *frame,
		   struct translation *out)
{
	struct vswitch *sw = bridge->sw;
	struct packet_layout layout;
	struct flow_key key = *from;
	const struct translate_job job = {
		.path = &sw->snapshot->path,
		.bridge = bridge->view,
		.key = &key,
		.in_port = from->packet.in_port,
		.actions = actions,
		.now = clock_now(sw->options.clock),
	};

	packet_parse(frame, &key.packet, &key.extra, &layout);
	version_deps_begin(&out->deps, sw->versions);
	out->frame = frame;
	translation_begin(out);
	translate_run(&job, out);
	learn(&sw->path_host, &sw->packet_outs->learned, job.now, out);
}

static int frame_make(struct packet_outs *outs, uint16_t id, const void *data, size_t len,
		      struct frame *out)
{
	int rc = frame_alloc(outs->pool, out);

	if (rc)
		return rc;
	memcpy(out->data, data, len);
	out->len = (uint32_t)len;
	out->in_port = id;
	return 0;
}

static bool hand_down(struct bridge *bridge, const struct frame *frame,
		      const struct flow_op_list *ops)
{
	struct packet_out *message = &bridge->sw->packet_outs->message;

	message->port = frame->in_port;
	message->len = frame->len;
	message->n_ops = ops->n_ops;
	memcpy(message->op, ops->op, ops->n_ops * sizeof(ops->op[0]));
	memcpy(packet_out_data(message), frame->data, frame->len);
	/* Always the same worker, so that they stay in order. */
	return packet_out_send(bridge->sw->workers[0], message);
}

/* The flows that it went by count it. */
static void count(const struct vswitch *sw, const struct credit_list *credits, size_t len)
{
	struct credit *credit = credits->n ? credit_new(sw->credits, credits) : NULL;

	if (!credit)
		return;
	credit_count(credit, 1, len, clock_now(sw->options.clock));
	credit_put(&credit);
}

int bridge_packet_out(struct bridge *bridge, const struct flow_key *from,
		      const struct ofactions *actions, const void *data, size_t len,
		      struct err *err)
{
	const uint16_t in_port = from->packet.in_port;
	struct packet_outs *outs = bridge->sw->packet_outs;
	struct translation *translation = &outs->translation;
	struct frame frame;
	bool is_sent;
	int rc = check(bridge, in_port, len, err);

	if (!rc)
		rc = translate_check(actions, err);
	if (!rc)
		rc = groups_are_there(bridge->tables, actions, err);
	if (!rc)
		rc = meters_are_there(bridge, actions, err);
	if (rc)
		return rc;
	if (!bridge->view || frame_make(outs, id_of(bridge, in_port), data, len, &frame))
		return err_set(err, EINVAL, "bridge %s: has no ports to send by", bridge->name);
	rcu_sleep_end();
	decide(bridge, from, actions, &frame, translation);
	is_sent = hand_down(bridge, &frame, &translation->ops);
	if (is_sent)
		count(bridge->sw, &translation->credits, len);
	else
		port_drop_count(bridge->sw, frame.in_port, DROP_PACKET_OUT_FULL);
	rcu_sleep_begin();
	frame_free(&frame);
	return is_sent ? 0
		       : err_set(err, EAGAIN,
				 "bridge %s: %d packets wait to be sent: try again later",
				 bridge->name, PACKET_OUT_SLOTS);
}
