#include "switch/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/rcu.h"
#include "flow/action.h"
#include "flow/mask.h"
#include "flow/port_text.h"
#include "packet/frame.h"
#include "packet/parse.h"
#include "switch/bridge.h"
#include "switch/offload.h"
#include "switch/snapshot.h"
#include "switch/translate.h"

/* The bridge's port with that OpenFlow number. NULL: none. */
static const struct bridge_port *find_port(const struct bridge *bridge, uint16_t ofport)
{
	for (unsigned i = 0; i < bridge->n_ports; i++)
		if (bridge->ports[i]->ofport == ofport)
			return bridge->ports[i];
	return NULL;
}

/* *id and *ofport: of the port that the packet comes by. */
static int read_port(const struct bridge *bridge, const struct trace *trace, uint16_t *id,
		     uint16_t *ofport, struct err *err)
{
	const struct bridge_port *port;

	*id = PORT_ID_NONE;
	*ofport = OFPORT_NONE;
	if (!trace->fields.mask.packet.in_port)
		return 0;
	*ofport = trace->fields.key.packet.in_port;
	port = find_port(bridge, *ofport);
	if (port)
		*id = port->id;
	else if (*ofport != OFPORT_CONTROLLER && *ofport != OFPORT_NONE)
		return err_set(err, EINVAL, "in_port=%u: bridge %s has no such port", *ofport,
			       bridge->name);
	return 0;
}

static int read_bytes(const struct trace *trace, struct frame_pool *pool, struct frame *frame,
		      struct flow_key *key, struct err *err)
{
	struct packet_layout layout;
	int rc = frame_alloc(pool, frame);

	if (rc)
		return rc;
	memcpy(frame->data, trace->bytes, trace->n_bytes);
	frame->len = (uint32_t)trace->n_bytes;
	if (packet_parse(frame, &key->packet, &key->extra, &layout) == PARSE_TOO_SHORT)
		return err_set(err, EINVAL,
			       "%zu bytes are no packet: an Ethernet header has 14 already",
			       trace->n_bytes);
	return 0;
}

static int read_packet(struct trace *trace, struct frame_pool *pool, struct frame *frame,
		       struct err *err)
{
	struct flow_key *key = &trace->key;

	if (trace->bytes)
		return read_bytes(trace, pool, frame, key, err);
	*key = trace->fields.key;
	key->packet.packet_class =
		packet_class_of(from_be16(key->packet.eth_type), key->packet.ip_proto);
	return 0;
}

static void run(const struct bridge *bridge, struct trace *trace, const struct frame *frame,
		uint16_t ofport)
{
	const struct vswitch *sw = bridge->sw;
	const struct translate_job job = {
		.path = &sw->snapshot->path,
		.bridge = bridge->view,
		.key = &trace->key,
		.in_port = ofport,
		.trace = trace->watch,
		.now = clock_now(sw->options.clock),
	};

	rcu_sleep_end();
	version_deps_begin(&trace->translation->deps, sw->versions);
	trace->translation->frame = frame;
	translation_begin(trace->translation);
	translate_run(&job, trace->translation);
	rcu_sleep_begin();
}

static void find_floor(const struct bridge *bridge, struct trace *trace)
{
	const struct flow_mask *mask = bridge->view->masks.by_class[trace->key.packet.packet_class];
	const struct flow_op_list *ops = &trace->translation->ops;

	for (unsigned i = 0; i < mask->n_words; i++)
		trace->mask.word[mask->word[i]] = mask->bits[i];
	if (!bridge->sw->offload)
		trace->why = "this switch runs without the kernel's flow cache";
	else if (trace->key.packet.in_port == PORT_ID_NONE)
		trace->why = "it comes by no port";
	else
		trace->why = offload_refusal(mask, &trace->key.packet, ops->op, ops->n_ops);
}

int bridge_trace(struct bridge *bridge, struct trace *trace, struct err *err)
{
	own(frame_pool_free) struct frame_pool *pool = NULL;
	struct frame frame;
	uint16_t id, ofport;
	int rc = read_port(bridge, trace, &id, &ofport, err);

	if (!rc && !bridge->view)
		rc = err_set(err, EINVAL, "bridge %s has no ports: no packet comes to it",
			     bridge->name);
	memset(&trace->key, 0, sizeof(trace->key));
	memset(&trace->mask, 0, sizeof(trace->mask));
	if (!rc)
		rc = frame_pool_new(&pool, 4, 2 * TRACE_PACKET_MAX);
	if (!rc)
		rc = read_packet(trace, pool, &frame, err);
	if (rc)
		return rc;
	trace->translation = calloc(1, sizeof(*trace->translation));
	if (!trace->translation)
		return err_set(err, ENOMEM, "out of memory");
	trace->key.packet.in_port = id;
	frame.in_port = id;
	run(bridge, trace, trace->bytes ? &frame : NULL, ofport);
	find_floor(bridge, trace);
	trace->key.packet.in_port = ofport;
	return 0;
}
