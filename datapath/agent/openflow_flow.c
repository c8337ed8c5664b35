/* Flows: changed, listed, summed up. */
#include <errno.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "agent/openflow_handler.h"
#include "agent/openflow_parts.h"
#include "openflow/flow.h"
#include "switch/flows.h"
#include "switch/vswitch.h"

/* ---- changes ---- */

/* What is refused of actions is what this switch has not got. */
enum of_error openflow_actions_error(int rc)
{
	if (!rc)
		return OF_OK;
	if (rc == -ENXIO)
		return OF_BAC_BAD_OUT_GROUP;
	if (rc == -ENODEV)
		return OF_BAC_BAD_METER;
	return OF_BAC_BAD_ARGUMENT;
}

enum of_error openflow_flow_error(int rc)
{
	switch (rc) {
	case 0:
		return OF_OK;
	case -EEXIST:
		return OF_FMFC_OVERLAP;
	case -EINVAL:
	case -ENXIO:
	case -ENODEV:
		return openflow_actions_error(rc);
	}
	return OF_FMFC_TABLE_FULL; /* ENOSPC, ENOMEM */
}

enum of_error handle_flow_mod(struct openflow_session *session, const struct of_message *message)
{
	own(flow_mod_fini) struct flow_mod mod = {0};
	enum of_error error = of_flow_mod_read(message, session->has_table_id, &mod);
	struct err err = ERR_INIT;
	int rc;

	if (error)
		return error;
	rc = bridge_flow_mods(session->bridge, &mod, 1, NULL, &err);
	if (rc)
		log_debug("openflow", "%s: %s", session->name, err.text);
	return openflow_flow_error(rc);
}

enum of_error handle_table_id(struct openflow_session *session, const struct of_message *message)
{
	session->has_table_id = message->body.at[0] != 0;
	return OF_OK;
}

enum of_error handle_flow_format(struct openflow_session *session, const struct of_message *message)
{
	enum { FORMAT_10 = 0, FORMAT_NXM = 2 };
	uint32_t format = wire_get32(message->body.at);

	if (format != FORMAT_10 && format != FORMAT_NXM)
		return OF_BRC_EPERM;
	session->is_nxm = format == FORMAT_NXM;
	return OF_OK;
}

/* ---- lists ---- */

/* A flow may have more actions than a message has room for: it is listed without them. */
static int add_flow(const struct flow_row *row, void *ctx)
{
	struct openflow_parts *parts = ctx;
	const struct of_message *request = parts->request;
	struct wire_writer *w = &parts->session->reply;
	struct flow_mod bare = *row->flow;
	size_t entry = w->len;

	of_flow_stats_write(w, request->form, request->version, row->flow, &row->stats);
	if (!w->is_lost && w->len - entry > OPENFLOW_ENTRY_MAX) {
		w->len = entry;
		bare.actions = (struct ofactions){0};
		of_flow_stats_write(w, request->form, request->version, &bare, &row->stats);
	}
	openflow_parts_added(parts, entry);
	return 0;
}

enum of_error handle_flow_stats(struct openflow_session *session, const struct of_message *message)
{
	struct openflow_parts parts;
	struct flow_mod filter;
	enum of_error error = of_flow_filter_read(message, &filter);

	if (error)
		return error;
	/* the reply stands behind its request in every form */
	openflow_parts_begin(&parts, session, message, message->form->id + 1);
	if (bridge_flows_for_each(session->bridge, &filter, add_flow, &parts))
		session->reply.is_lost = true;
	openflow_parts_end(&parts);
	return OF_OK;
}

enum of_error handle_aggregate(struct openflow_session *session, const struct of_message *message)
{
	struct wire_writer *w = &session->reply;
	struct flow_aggregate sum;
	struct flow_mod filter;
	enum of_error error = of_flow_filter_read(message, &filter);
	size_t start;

	if (error)
		return error;
	if (bridge_flows_aggregate(session->bridge, &filter, &sum)) {
		w->is_lost = true;
		return OF_OK;
	}
	start = of_message_begin(w, message->form->id + 1, message->version, message->xid);
	of_aggregate_write(w, message->version,
			   &(struct of_aggregate){sum.n_packets, sum.n_bytes, sum.n_flows});
	of_message_end(w, start);
	return OF_OK;
}
