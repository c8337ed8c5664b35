/* Meters: changed, listed, counted. */
#include <errno.h>

#include "base/err.h"
#include "base/log.h"
#include "agent/openflow_handler.h"
#include "agent/openflow_parts.h"
#include "openflow/meter.h"
#include "path/meter.h"
#include "switch/meters.h"

enum of_error openflow_meter_error(int rc)
{
	switch (rc) {
	case 0:
		return OF_OK;
	case -EEXIST:
		return OF_MMFC_METER_EXISTS;
	case -ENOENT:
		return OF_MMFC_UNKNOWN_METER;
	case -EINVAL:
		return OF_MMFC_INVALID_METER;
	}
	return OF_MMFC_OUT_OF_METERS; /* ENOSPC, ENOMEM */
}

enum of_error handle_meter_mod(struct openflow_session *session, const struct of_message *message)
{
	struct meter_mod mod;
	enum of_error error = of_meter_mod_read(message, &mod);
	struct err err = ERR_INIT;
	int rc;

	if (error)
		return error;
	rc = bridge_meter_mod(session->bridge, &mod, &err);
	if (rc)
		log_debug("openflow", "%s: %s", session->name, err.text);
	else
		openflow_forward_meter(session, &mod);
	return openflow_meter_error(rc);
}

static int add_stats(const struct meter_row *row, void *ctx)
{
	struct openflow_parts *parts = ctx;
	struct wire_writer *w = &parts->session->reply;
	const size_t entry = w->len;
	struct of_meter_stats stats = {
		.id = row->desc->id,
		.n_flows = row->n_flows,
		.duration = row->duration,
		.count = {row->count.n_packets, row->count.n_bytes},
		.n_bands = row->desc->n_bands,
	};

	for (unsigned i = 0; i < stats.n_bands; i++)
		stats.band[i] =
			(struct of_meter_count){row->band[i].n_packets, row->band[i].n_bytes};
	of_meter_stats_write(w, &stats);
	openflow_parts_added(parts, entry);
	return 0;
}

static int add_config(const struct meter_row *row, void *ctx)
{
	struct openflow_parts *parts = ctx;
	struct wire_writer *w = &parts->session->reply;
	const size_t entry = w->len;

	of_meter_config_write(w, row->desc);
	openflow_parts_added(parts, entry);
	return 0;
}

static enum of_error list(struct openflow_session *session, const struct of_message *message,
			  int (*add)(const struct meter_row *row, void *ctx))
{
	const uint32_t id = of_meter_request_read(message);
	struct openflow_parts parts;
	size_t empty;

	openflow_parts_begin(&parts, session, message, message->form->id + 1);
	empty = session->reply.len;
	bridge_meters_for_each(session->bridge, id, add, &parts);
	openflow_parts_end(&parts);
	return id != METER_EVERY && session->reply.len == empty ? OF_MMFC_UNKNOWN_METER : OF_OK;
}

enum of_error handle_meter_stats(struct openflow_session *session, const struct of_message *message)
{
	return list(session, message, add_stats);
}

enum of_error handle_meter_config(struct openflow_session *session,
				  const struct of_message *message)
{
	return list(session, message, add_config);
}

enum of_error handle_meter_features(struct openflow_session *session,
				    const struct of_message *message)
{
	struct wire_writer *w = &session->reply;
	const size_t start =
		of_message_begin(w, message->form->id + 1, message->version, message->xid);

	of_meter_features_write(w, message->version, METERS_MAX);
	of_message_end(w, start);
	return OF_OK;
}
