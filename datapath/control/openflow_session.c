#include "control/openflow_session.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "control/openflow_stream.h"
#include "openflow/hello.h"

/* What is spoken. 1.1 and 1.2 have forms of their own for most of it. */
#define VERSIONS   (1u << OF10 | 1u << OF13 | 1u << OF14 | 1u << OF15)
#define FLUSH_SIZE ((size_t)256 << 10)

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
};

/* What only a switch says is no message for a switch. */
static enum of_error answer(struct openflow_session *session, const struct of_message *message)
{
	handler_fn *handler = handlers[message->form->id];

	if (!handler)
		return message->form->kind == OF_PLAIN ? OF_BRC_BAD_TYPE : OF_BRC_BAD_MULTIPART;
	if (message->flags & OF_MULTIPART_MORE)
		return OF_BRC_MULTIPART_OVERFLOW;
	return handler(session, message);
}

/* ---- the conversation ---- */

void openflow_session_flush(struct openflow_session *session)
{
	struct wire_writer *w = &session->reply;

	if (w->is_lost)
		of_stream_close(session->stream, "out of memory");
	else if (w->len)
		of_stream_reply(session->stream, w->at, w->len);
	if (w->size > FLUSH_SIZE * 2)
		wire_fini(w);
	w->len = 0;
	w->is_lost = false;
}

static void say_error(struct openflow_session *session, enum of_error error,
		      const struct of_message *message, struct wire_bytes about)
{
	uint8_t version = session->version ? session->version : OF10;

	log_debug("openflow", "%s: type %u refused: %s", session->name, message->type,
		  of_error_name(error));
	of_error_write(&session->reply, error, version, message->xid, about);
}

/* Nothing can be said before both know which version to say it in. */
static void negotiate(struct openflow_session *session, const struct of_message *message,
		      enum of_error error)
{
	static const char refusal[] = "this switch speaks OpenFlow 1.0, 1.3, 1.4 and 1.5";
	uint32_t theirs = 0;

	if (message->type == OF_TYPE_HELLO && (!error || error == OF_BRC_BAD_VERSION))
		error = of_hello_read(message, &theirs);
	session->version = of_version_best(VERSIONS, theirs);
	if (session->version)
		return;
	say_error(session, OF_HFC_INCOMPATIBLE, message,
		  (struct wire_bytes){(const uint8_t *)refusal, strlen(refusal)});
	of_stream_reply(session->stream, session->reply.at, session->reply.len);
	session->reply.len = 0;
	of_stream_close(session->stream,
			theirs ? "it speaks no version that we speak" : "it began without a HELLO");
}

static void message_cb(void *ctx, struct wire_bytes bytes)
{
	struct openflow_session *session = ctx;
	struct of_message message;
	enum of_error error = of_message_read(bytes, &message);
	size_t before = session->reply.len;

	if (!session->version) {
		negotiate(session, &message, error);
		return;
	}
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

/* ---- life ---- */

static void session_free(struct openflow_session *session)
{
	cds_list_del(&session->node);
	session->options.gone(session->options.ctx);
	wire_fini(&session->reply);
	free(session);
}

static void closed_cb(void *ctx, const char *why)
{
	struct openflow_session *session = ctx;

	if (why[0])
		log_info("openflow", "%s: closed: %s", session->name, why);
	session_free(session);
}

int openflow_session_new(int fd, const struct openflow_session_options *options)
{
	static const struct of_stream_ops ops = {.message = message_cb, .closed = closed_cb};
	own(mem_free) struct openflow_session *session = calloc(1, sizeof(*session));
	int rc;

	if (!session) {
		close(fd);
		return -ENOMEM;
	}
	session->options = *options;
	session->bridge = options->bridge;
	snprintf(session->name, sizeof(session->name), "%s", options->name);
	session->options.name = session->name;
	rc = of_stream_new(&session->stream, options->base, fd, &ops, session);
	if (rc)
		return rc;
	cds_list_add_tail(&session->node, options->sessions);
	of_hello_write(&session->reply, VERSIONS, 0);
	openflow_session_flush(session);
	take_ptr(session);
	return 0;
}

void openflow_sessions_end(struct cds_list_head *sessions, bool is_bridge_gone)
{
	struct openflow_session *session, *next;

	cds_list_for_each_entry_safe (session, next, sessions, node) {
		of_stream_free(&session->stream);
		session_free(session);
	}
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
