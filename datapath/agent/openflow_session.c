#include "agent/openflow_session.h"

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
#include "agent/openflow_handler.h"
#include "agent/openflow_snoop.h"
#include "openflow/hello.h"

#define HELLO_PATIENCE_MS  10000
#define CROWD_BUFFERED_MAX ((size_t)256 << 20)
#define MESSAGES_PER_TURN  64

static uint64_t now(void)
{
	static const struct clock clock = {.is_manual = false};

	return clock_now(&clock);
}

/* ---- the conversation ---- */

void openflow_session_written(struct wire_writer *w)
{
	if (w->size > OPENFLOW_FLUSH_SIZE * 2)
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
	uint32_t allowed = session->options.peers->versions & OF_VERSIONS_ALL;

	return allowed ? allowed : OF_VERSIONS_ALL;
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
		error = openflow_answer(session, &message);
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
