#include "agent/openflow_session.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "stream/stream.h"
#include "agent/openflow_snoop.h"
#include "openflow/hello.h"

#define VERSIONS           OF_VERSIONS_ALL
#define FLUSH_SIZE         ((size_t)256 << 10)
#define HELLO_PATIENCE_MS  10000
#define CROWD_BUFFERED_MAX ((size_t)256 << 20)
#define MESSAGES_PER_TURN  64

static uint64_t now(void)
{
	static const struct clock clock = {.is_manual = false};

	return clock_now(&clock);
}

/* ---- who answers what ---- */

static enum of_error ignore(struct openflow_session *session, const struct of_message *message)
{
	return OF_OK;
}

static handler_fn *const handlers[N_OF_MESSAGES] = {
	[OFM_HELLO] = ignore, /* once more */
	[OFM_ERROR] = ignore,
	[OFM_ECHO_REQUEST] = handle_echo,
	[OFM_ECHO_REPLY] = ignore,
	[OFM_FEATURES_REQUEST] = handle_features,
	[OFM_GET_CONFIG_REQUEST] = handle_get_config,
	[OFM_SET_CONFIG] = handle_set_config,
	[OFM_BARRIER_REQUEST] = handle_barrier,
	[OFM_DESC_REQUEST] = handle_desc,
	[OFM_PORT_DESC_REQUEST] = handle_port_desc,
	[OFM_FLOW_MOD] = handle_flow_mod,
	[OFM_NX_FLOW_MOD] = handle_flow_mod,
	[OFM_NX_FLOW_MOD_TABLE_ID] = handle_table_id,
	[OFM_NX_SET_FLOW_FORMAT] = handle_flow_format,
	[OFM_FLOW_STATS_REQUEST] = handle_flow_stats,
	[OFM_NX_FLOW_STATS_REQUEST] = handle_flow_stats,
	[OFM_FLOW_STATS15_REQUEST] = handle_flow_stats,
	[OFM_AGGREGATE_REQUEST] = handle_aggregate,
	[OFM_NX_AGGREGATE_REQUEST] = handle_aggregate,
	[OFM_TABLE_STATS_REQUEST] = handle_tables,
	[OFM_TABLE_FEATURES_REQUEST] = handle_tables,
	[OFM_TABLE_DESC_REQUEST] = handle_tables,
	[OFM_TABLE_MOD] = handle_table_mod,
	[OFM_PORT_STATS_REQUEST] = handle_port_stats,
	[OFM_PORT_MOD] = handle_port_mod,
	[OFM_QUEUE_STATS_REQUEST] = handle_queue_stats,
	[OFM_QUEUE_DESC_REQUEST] = handle_queue_desc,
	[OFM_QUEUE_GET_CONFIG_REQUEST] = handle_queue_config,
	[OFM_PACKET_OUT] = handle_packet_out,
	[OFM_NX_SET_PACKET_IN_FORMAT] = handle_packet_in_format,
	[OFM_NX_SET_CONTROLLER_ID] = handle_controller_id,
	[OFM_ROLE_REQUEST] = handle_role,
	[OFM_NX_ROLE_REQUEST] = handle_role,
	[OFM_GET_ASYNC_REQUEST] = handle_get_async,
	[OFM_SET_ASYNC] = handle_set_async,
	[OFM_NX_SET_ASYNC] = handle_set_async,
	[OFM_GROUP_MOD] = handle_group_mod,
	[OFM_NX_GROUP_MOD] = handle_group_mod,
	[OFM_GROUP_STATS_REQUEST] = handle_group_stats,
	[OFM_NX_GROUP_STATS_REQUEST] = handle_group_stats,
	[OFM_GROUP_DESC_REQUEST] = handle_group_desc,
	[OFM_NX_GROUP_DESC_REQUEST] = handle_group_desc,
	[OFM_GROUP_FEATURES_REQUEST] = handle_group_features,
	[OFM_NX_GROUP_FEATURES_REQUEST] = handle_group_features,
	[OFM_METER_MOD] = handle_meter_mod,
	[OFM_METER_STATS_REQUEST] = handle_meter_stats,
	[OFM_METER_CONFIG_REQUEST] = handle_meter_config,
	[OFM_METER_FEATURES_REQUEST] = handle_meter_features,
	[OFM_FLOW_MONITOR_REQUEST] = handle_monitor,
	[OFM_NX_FLOW_MONITOR_REQUEST] = handle_monitor,
	[OFM_ONF_FLOW_MONITOR_REQUEST] = handle_monitor,
	[OFM_NX_FLOW_MONITOR_CANCEL] = handle_monitor_cancel,
	[OFM_BUNDLE_CONTROL] = handle_bundle_control,
	[OFM_BUNDLE_ADD] = handle_bundle_add,
};

/* What changes something is not for a slave to say. (SET_CONFIG is in part about itself.) */
static bool is_change(const struct openflow_session *session, const struct of_message *message)
{
	switch (message->form->id) {
	case OFM_TABLE_FEATURES_REQUEST:
		return message->body.len || message->flags & OF_MULTIPART_MORE ||
		       openflow_table_features_are_begun(session, message);
	case OFM_FLOW_MOD:
	case OFM_NX_FLOW_MOD:
	case OFM_GROUP_MOD:
	case OFM_NX_GROUP_MOD:
	case OFM_METER_MOD:
	case OFM_TABLE_MOD:
	case OFM_PORT_MOD:
	case OFM_PACKET_OUT:
	case OFM_BUNDLE_CONTROL:
	case OFM_BUNDLE_ADD:
		return true;
	}
	return false;
}

/* What only a switch says. */
static enum of_error not_for_us(const struct of_message *message)
{
	switch (message->form->kind) {
	case OF_PLAIN:
	case OF_MULTIPART_REPLY:
		return OF_BRC_BAD_TYPE;
	}
	return OF_BRC_BAD_EXP_TYPE;
}

/* What comes in several messages. */
static enum of_error gather(struct openflow_session *session, const struct of_message *message)
{
	return message->form->id == OFM_TABLE_FEATURES_REQUEST
		       ? openflow_table_features_gather(session, message)
		       : OF_BRC_MULTIPART_OVERFLOW;
}

/* The rest of what is refused is, too. */
static enum of_error refuse_slave(struct openflow_session *session,
				  const struct of_message *message)
{
	if (message->form->id != OFM_TABLE_FEATURES_REQUEST)
		return OF_BRC_IS_SLAVE;
	if (message->flags & OF_MULTIPART_MORE) {
		gather(session, message);
		openflow_table_features_refuse(session, OF_BRC_IS_SLAVE);
	} else if (openflow_table_features_are_begun(session, message)) {
		openflow_table_features_forget(session);
	}
	return OF_BRC_IS_SLAVE;
}

static enum of_error answer(struct openflow_session *session, const struct of_message *message)
{
	handler_fn *handler = handlers[message->form->id];
	enum of_error error;

	if (!handler)
		return not_for_us(message);
	if (session->role == OF_ROLE_SLAVE && is_change(session, message))
		return refuse_slave(session, message);
	if (message->flags & OF_MULTIPART_MORE)
		return gather(session, message);
	session->handling = message;
	session->is_abbreviated = false;
	error = handler(session, message);
	session->handling = NULL;
	return error;
}

/* ---- the conversation ---- */

void openflow_session_written(struct wire_writer *w)
{
	if (w->size > FLUSH_SIZE * 2)
		wire_fini(w);
	w->len = 0;
	w->is_lost = false;
}

/* HELLO is not for those who snoop. */
static void snoop(const struct openflow_session *session, const void *bytes, size_t n)
{
	if (session->version)
		openflow_snoop_copy(session->options.peers->snoop, session->options.ctx, bytes, n);
}

void openflow_session_send(struct openflow_session *session, const void *bytes, size_t n)
{
	if (!stream_is_open(session->stream))
		return;
	snoop(session, bytes, n);
	session->n_said += (uint32_t)n;
	stream_send(session->stream, bytes, n);
}

void openflow_session_flush(struct openflow_session *session)
{
	struct wire_writer *w = &session->reply;

	if (w->is_lost)
		stream_close(session->stream, "out of memory");
	else if (w->len)
		openflow_session_send(session, w->at, w->len);
	openflow_session_written(w);
}

static void say_error(struct openflow_session *session, enum of_error error,
		      const struct of_message *message, struct wire_bytes about)
{
	uint8_t version = session->version ? session->version : OF10;

	log_debug("openflow", "%s: type %u refused: %s", session->name, message->type,
		  of_error_name(error));
	of_error_write(&session->reply, error, version, message->xid, about);
}

void openflow_session_changed(struct openflow_session *session)
{
	struct openflow_peers *peers = session->options.peers;

	if (peers->changed)
		peers->changed(peers);
}

static uint32_t versions(const struct openflow_session *session)
{
	uint32_t allowed = session->options.peers->versions & VERSIONS;

	return allowed ? allowed : VERSIONS;
}

static void say_versions(struct openflow_session *session, const struct of_message *message)
{
	char text[OF_ERROR_DATA_MAX];
	size_t len = (size_t)snprintf(text, sizeof(text), "this bridge speaks OpenFlow");

	for (unsigned version = OF10; version <= OF15; version++)
		if (versions(session) >> version & 1)
			len += (size_t)snprintf(text + len, sizeof(text) - len, " 1.%u",
						version - OF10);
	say_error(session, OF_HFC_INCOMPATIBLE, message,
		  (struct wire_bytes){(const uint8_t *)text, len});
}

/* Nothing can be said before both know which version to say it in. */
static void negotiate(struct openflow_session *session, const struct of_message *message,
		      enum of_error error)
{
	uint32_t theirs = 0;

	if (message->type == OF_TYPE_HELLO && (!error || error == OF_BRC_BAD_VERSION))
		theirs = of_hello_read(message);
	session->version = of_version_best(versions(session), theirs);
	if (session->version) {
		if (session->options.agreed)
			session->options.agreed(session->options.ctx);
		openflow_session_changed(session);
		return;
	}
	say_versions(session, message);
	stream_send(session->stream, session->reply.at, session->reply.len);
	session->reply.len = 0;
	stream_close(session->stream,
		     theirs ? "it speaks no version that we speak" : "it began without a HELLO");
}

static void handle(struct openflow_session *session, struct wire_bytes bytes)
{
	struct of_message message;
	enum of_error error = of_message_read(bytes, &message);
	size_t before = session->reply.len;

	session->heard_at = now();
	session->is_probed = false;
	if (!session->version) {
		negotiate(session, &message, error);
		return;
	}
	snoop(session, bytes.at, bytes.len);
	if (message.version != session->version && message.type != OF_TYPE_HELLO)
		error = OF_BRC_BAD_VERSION;
	if (!error)
		error = answer(session, &message);
	if (error) {
		session->reply.len = before;
		say_error(session, error, &message, bytes);
	}
	openflow_session_flush(session);
}

/* Where the next message would begin nobody knows. */
static int refuse_short(struct openflow_session *session, const uint8_t *header)
{
	const struct of_message message = {.type = header[1], .xid = wire_get32(header + 4)};

	if (session->version) {
		say_error(session, OF_BRC_BAD_LEN, &message,
			  (struct wire_bytes){header, OF_HEADER_SIZE});
		openflow_session_flush(session);
	}
	stream_close(session->stream, "a message that is shorter than its header");
	return -EPROTO;
}

/* A whole message, by the length in its header. */
static int take(void *ctx, struct evbuffer *input)
{
	struct openflow_session *session = ctx;
	uint8_t header[OF_HEADER_SIZE];
	struct wire_bytes message;

	if (evbuffer_copyout(input, header, sizeof(header)) < (ev_ssize_t)sizeof(header))
		return 0;
	message.len = of_message_length(header);
	if (message.len < OF_HEADER_SIZE)
		return refuse_short(session, header);
	if (evbuffer_get_length(input) < message.len)
		return 0;
	message.at = evbuffer_pullup(input, (ev_ssize_t)message.len);
	if (!message.at) {
		stream_close(session->stream, "out of memory");
		return -ENOMEM;
	}
	handle(session, message);
	evbuffer_drain(input, message.len);
	return 1;
}

/* ---- memory ---- */

static void worst_cut(const struct openflow_crowd *crowd)
{
	struct openflow_session *session, *worst = NULL;

	cds_list_for_each_entry (session, &crowd->sessions, crowd_node)
		if (!worst || stream_n_buffered(session->stream) > stream_n_buffered(worst->stream))
			worst = session;
	if (worst)
		stream_cut(worst->stream, "all sessions together keep too much waiting, and it "
					  "the most");
}

static void buffered(void *ctx, ssize_t delta)
{
	const struct openflow_session *session = ctx;
	struct openflow_crowd *crowd = session->options.peers->crowd;

	if (!crowd)
		return;
	crowd->n_buffered += (size_t)delta;
	if (delta > 0 && crowd->n_buffered > CROWD_BUFFERED_MAX)
		worst_cut(crowd);
}

static void drained(void *ctx)
{
	openflow_monitors_resume(ctx);
}

/* ---- silence ---- */

/* Whoever it is, it is to say HELLO. */
static uint64_t patience(const struct openflow_session *session)
{
	const uint32_t ms =
		session->options.inactivity_ms ? session->options.inactivity_ms : HELLO_PATIENCE_MS;

	return ms * CLOCK_NS_PER_MS;
}

static int probe_after(struct openflow_session *session, uint64_t ns)
{
	const uint64_t us = (ns + 999) / 1000;
	const struct timeval delay = {.tv_sec = (time_t)(us / 1000000),
				      .tv_usec = (suseconds_t)(us % 1000000)};

	return event_add(session->probe, &delay) ? -ENOMEM : 0;
}

static void probe_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct openflow_session *session = ctx;
	const uint64_t silent = now() - session->heard_at, most = patience(session);
	struct wire_writer *w = &session->reply;

	if (session->version && !session->options.inactivity_ms)
		return;
	if (silent < most) {
		session->is_probed = false;
		probe_after(session, most - silent);
	} else if (session->is_probed || !session->version) {
		stream_close(session->stream,
			     session->version ? "it does not answer" : "it does not say HELLO");
	} else {
		session->is_probed = true;
		probe_after(session, most);
		of_message_end(w, of_message_begin(w, OFM_ECHO_REQUEST, session->version, 0));
		openflow_session_flush(session);
	}
}

static int probe_start(struct openflow_session *session)
{
	session->heard_at = now();
	session->probe = event_new(session->options.base, -1, 0, probe_cb, session);
	return session->probe ? probe_after(session, patience(session)) : -ENOMEM;
}

/* ---- life ---- */

static void session_free(struct openflow_session *session, bool is_bridge_gone)
{
	openflow_packets_drop(session);
	stream_free(&session->stream);
	if (!is_bridge_gone) {
		bridge_packet_in_unwatch(session->bridge, &session->packets);
		bridge_flow_unwatch(session->bridge, &session->flows);
	}
	cds_list_del(&session->node);
	cds_list_del(&session->crowd_node);
	session->options.peers->n--;
	if (!is_bridge_gone)
		openflow_session_changed(session);
	openflow_bundles_free(session);
	openflow_monitors_free(session);
	if (session->probe)
		event_free(session->probe);
	wire_fini(&session->reply);
	wire_fini(&session->told);
	openflow_table_features_forget(session);
	free(session);
}

static void closed_cb(void *ctx, const char *why)
{
	struct openflow_session *session = ctx;

	if (why[0])
		log_info("openflow", "%s: closed: %s", session->name, why);
	if (session->options.ended)
		session->options.ended(session->options.ctx, why, session->version != 0);
	openflow_packets_drop(session);
	session->stream = NULL; /* it frees itself */
	session_free(session, false);
}

/* Nothing is left to fail. */
static void session_begin(struct openflow_session *session)
{
	struct openflow_peers *peers = session->options.peers;

	cds_list_add_tail(&session->node, &peers->sessions);
	if (peers->crowd)
		cds_list_add_tail(&session->crowd_node, &peers->crowd->sessions);
	peers->n++;
	bridge_packet_in_watch(session->bridge, &session->packets);
	bridge_flow_watch(session->bridge, &session->flows);
	of_hello_write(&session->reply, versions(session), 0);
	openflow_session_flush(session);
}

int openflow_session_new(struct openflow_session **out, int fd,
			 const struct openflow_session_options *options, struct err *err)
{
	static const struct stream_ops ops = {
		.take = take, .closed = closed_cb, .buffered = buffered, .drained = drained};
	enum { DEFAULT_MISS_SEND_LEN = 128 };
	own(mem_free) struct openflow_session *session = calloc(1, sizeof(*session));
	const struct stream_options stream = {
		.base = options->base,
		.messages_per_turn = MESSAGES_PER_TURN,
		.tls = options->tls,
		.is_server = options->is_server,
		.ops = &ops,
		.ctx = session,
	};
	int rc;

	if (!session) {
		close(fd);
		return err_set(err, ENOMEM, "out of memory");
	}
	session->options = *options;
	session->bridge = options->bridge;
	snprintf(session->name, sizeof(session->name), "%s", options->name);
	session->options.name = session->name;
	session->role = OF_ROLE_EQUAL;
	session->async = of_async_default;
	session->miss_send_len = options->is_service ? 0 : DEFAULT_MISS_SEND_LEN;
	session->packets.seen = openflow_packet_seen;
	session->packets.rest = openflow_packets_rest;
	session->flows.seen = openflow_flow_seen;
	session->flows.wants = openflow_flow_wants;
	CDS_INIT_LIST_HEAD(&session->crowd_node);
	CDS_INIT_LIST_HEAD(&session->bundles);
	CDS_INIT_LIST_HEAD(&session->monitors);
	rc = stream_new(&session->stream, fd, &stream, err);
	if (!rc && probe_start(session))
		rc = err_set(err, ENOMEM, "out of memory");
	if (rc) {
		if (session->probe)
			event_free(session->probe);
		stream_free(&session->stream);
		return rc;
	}
	session_begin(session);
	*out = take_ptr(session);
	return 0;
}

void openflow_sessions_end(struct openflow_peers *peers, const void *ctx)
{
	struct openflow_session *session, *next;

	cds_list_for_each_entry_safe (session, next, &peers->sessions, node) {
		if (session->options.ctx != ctx)
			continue;
		session_free(session, false);
	}
}

void openflow_peers_end(struct openflow_peers *peers, bool is_bridge_gone)
{
	struct openflow_session *session, *next;

	cds_list_for_each_entry_safe (session, next, &peers->sessions, node)
		session_free(session, is_bridge_gone);
}

/* ---- answers in several messages ---- */

void openflow_parts_begin(struct openflow_parts *parts, struct openflow_session *session,
			  const struct of_message *request, enum of_message_id id)
{
	*parts = (struct openflow_parts){.session = session, .request = request, .id = id};
	parts->start = of_message_begin(&session->reply, id, request->version, request->xid);
}

/* Where the flags of a multipart message are. */
#define FLAGS_OFFSET (OF_HEADER_SIZE + 2)

void openflow_parts_added(struct openflow_parts *parts, size_t entry)
{
	struct wire_writer *w = &parts->session->reply;
	uint8_t copy[OF_MESSAGE_MAX];
	size_t size = w->len - entry;

	if (w->is_lost || w->len - parts->start <= OF_MESSAGE_MAX)
		return;
	assert(size <= sizeof(copy));
	memcpy(copy, w->at + entry, size);
	w->len = entry;
	wire_patch16(w, parts->start + FLAGS_OFFSET, OF_MULTIPART_MORE);
	of_message_end(w, parts->start);
	if (w->len > FLUSH_SIZE)
		openflow_session_flush(parts->session);
	parts->start = of_message_begin(w, parts->id, parts->request->version, parts->request->xid);
	wire_put_bytes(w, copy, size);
}

void openflow_parts_end(struct openflow_parts *parts)
{
	of_message_end(&parts->session->reply, parts->start);
}
