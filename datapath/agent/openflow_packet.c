/* Packets: those that flows send to controllers, and those that controllers send. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "agent/openflow_handler.h"
#include "flow/match.h"
#include "flow/port_text.h"
#include "openflow/action.h"
#include "openflow/flow.h"
#include "openflow/packet.h"
#include "packet/frame.h"
#include "packet/parse.h"
#include "path/packet_out.h"
#include "stream/stream.h"
#include "switch/packet_in.h"
#include "switch/packet_out.h"

/* ---- to this controller ---- */

/* No flow sent it, but bridge_miss_set(): from OpenFlow 1.3 on a packet that no flow matches is dropped. */
static bool is_flowless_miss(const struct packet_in_context *context)
{
	return context->reason == REASON_NO_MATCH && context->cookie == UINT64_MAX;
}

/* controller_rate_limit: what is too much is counted, and told in Controller.status. */
static bool is_within_rate(struct openflow_session *session)
{
	static const struct clock clock = {.is_manual = false};
	const struct openflow_session_options *options = &session->options;

	if (!options->rate ||
	    bucket_take(&session->bucket, clock_now(&clock), options->rate, options->burst))
		return true;
	++*options->n_limited;
	return false;
}

/* It has been written to `told`, behind `before`. */
static enum drop_reason take(struct openflow_session *session, uint16_t port, size_t before)
{
	struct wire_writer *w = &session->told;

	if (!w->is_lost &&
	    !openflow_unread_add(&session->unread, session->n_said + (uint32_t)w->len, port))
		return DROP_NONE;
	w->is_lost = false;
	w->len = before;
	return DROP_PACKET_IN_FULL;
}

static struct openflow_session *session_of(struct packet_in_watcher *watcher)
{
	return (struct openflow_session *)((char *)watcher -
					   offsetof(struct openflow_session, packets));
}

enum drop_reason openflow_packet_seen(struct packet_in_watcher *watcher, struct bridge *bridge,
				      const struct packet_in *packet)
{
	struct openflow_session *session = session_of(watcher);
	const struct packet_in_context *context = &packet->context;
	const size_t before = session->told.len;
	struct flow_key key = {.metadata = context->metadata};
	const struct of_packet_in in = {
		.key = &key,
		.cookie = context->cookie,
		.table = context->table,
		.reason = of_packet_in_reason(session->version, context->reason),
		.total_len = packet->total_len,
		.data = {packet_in_data(packet), packet->len},
		.userdata = {packet_in_userdata(packet), context->n_userdata},
	};

	if (context->controller != session->controller_id ||
	    (is_flowless_miss(context) && session->version >= OF13) ||
	    !openflow_session_wants(session, OF_ASYNC_PACKET_IN, in.reason))
		return DROP_NO_CONTROLLER;
	if (!is_within_rate(session))
		return DROP_PACKET_IN_LIMIT;
	key.packet.in_port = context->in_port;
	memcpy(key.reg, context->reg, sizeof(key.reg));
	of_packet_in_write(&session->told, session->version, session->packet_in_format, &in);
	return take(session, packet->port, before);
}

static void sent_forget(struct openflow_session *session)
{
	openflow_unread_sent(&session->unread,
			     session->n_said - (uint32_t)stream_unsent(session->stream));
}

/* Those that came together are sent together. */
void openflow_packets_rest(struct packet_in_watcher *watcher)
{
	struct openflow_session *session = session_of(watcher);

	if (!session->told.len)
		return;
	openflow_session_tell(session, &session->told);
	openflow_session_written(&session->told);
	sent_forget(session);
}

void openflow_packets_drop(struct openflow_session *session)
{
	if (session->stream)
		sent_forget(session);
	openflow_unread_drop(&session->unread, session->options.sw);
}

enum of_error handle_packet_in_format(struct openflow_session *session,
				      const struct of_message *message)
{
	uint32_t format = wire_get32(message->body.at);

	if (format > OF_PACKET_IN2)
		return OF_BRC_EPERM;
	session->packet_in_format = (uint8_t)format;
	return OF_OK;
}

enum of_error handle_controller_id(struct openflow_session *session,
				   const struct of_message *message)
{
	if (!wire_is_zero(message->body.at, 6))
		return OF_BRC_MUST_BE_ZERO;
	session->controller_id = wire_get16(message->body.at + 6);
	openflow_session_changed(session);
	return OF_OK;
}

/* ---- from it ---- */

/* What the packet is: all of it is known. */
static void match_of(struct wire_bytes data, uint8_t *copy, struct match *out)
{
	struct frame frame = {.data = copy, .len = (uint32_t)data.len};
	struct packet_layout layout;

	memset(out, 0, sizeof(*out));
	memcpy(copy, data.at, data.len);
	packet_parse(&frame, &out->key.packet, &out->key.extra, &layout);
	memset(&out->mask, 0xff, sizeof(out->mask));
}

enum of_error openflow_packet_check(const struct of_packet_out *out)
{
	const uint16_t port = out->from.packet.in_port;
	uint8_t copy[PACKET_OUT_DATA_MAX];
	struct match match;

	if (port >= OFPORT_MAX && port != OFPORT_LOCAL && port != OFPORT_CONTROLLER &&
	    port != OFPORT_NONE)
		return OF_BRC_BAD_PORT;
	/* without actions a packet is dropped, whatever it is */
	if (!out->actions.n)
		return OF_OK;
	if (out->data.len < sizeof(struct eth_header) || out->data.len > sizeof(copy))
		return OF_BRC_BAD_PACKET;
	if (!port)
		return OF_BRC_BAD_PORT;
	match_of(out->data, copy, &match);
	return of_actions_check(&out->actions, &match, 0);
}

enum of_error handle_packet_out(struct openflow_session *session, const struct of_message *message)
{
	struct err err = ERR_INIT;
	struct of_packet_out out;
	enum of_error error = of_packet_out_read(message, &out);
	int rc;

	if (error)
		return error;
	error = openflow_packet_check(&out);
	if (!error && out.actions.n) {
		rc = bridge_packet_out(session->bridge, &out.from, &out.actions, out.data.at,
				       out.data.len, &err);
		if (rc)
			log_debug("openflow", "%s: %s", session->name, err.text);
		/* too many wait to be sent: said, as it is lost */
		error = rc == -EAGAIN ? OF_BRC_EPERM : openflow_actions_error(rc);
	}
	ofactions_fini(&out.actions);
	return error;
}
