/* Groups: changed, listed, counted. */
#include <errno.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "agent/openflow_handler.h"
#include "agent/openflow_parts.h"
#include "openflow/group.h"
#include "switch/group.h"

enum of_error openflow_group_error(int rc)
{
	switch (rc) {
	case 0:
		return OF_OK;
	case -EEXIST:
		return OF_GMFC_GROUP_EXISTS;
	case -ENOENT:
		return OF_GMFC_UNKNOWN_GROUP;
	case -ENODATA:
		return OF_GMFC_UNKNOWN_BUCKET;
	case -ENOTUNIQ:
		return OF_GMFC_BUCKET_EXISTS;
	case -ENXIO:
		return OF_BAC_BAD_OUT_GROUP;
	case -ENOLINK:
		return OF_GMFC_BAD_WATCH;
	case -ELOOP:
		return OF_GMFC_LOOP;
	case -EBUSY:
		return OF_GMFC_CHAINED_GROUP;
	case -ENOBUFS:
		return OF_GMFC_OUT_OF_BUCKETS;
	case -EINVAL:
		return OF_GMFC_INVALID_GROUP;
	}
	return OF_GMFC_OUT_OF_GROUPS; /* ENOSPC, ENOMEM */
}

enum of_error handle_group_mod(struct openflow_session *session, const struct of_message *message)
{
	own(group_mod_fini) struct group_mod mod = {0};
	const struct bridge_mod one = {.group = &mod};
	enum of_error error = of_group_mod_read(message, &mod);
	struct err err = ERR_INIT;
	int rc;

	if (error)
		return error;
	rc = bridge_mods(session->bridge, &one, 1, NULL, &err);
	if (rc)
		log_debug("openflow", "%s: %s", session->name, err.text);
	else
		openflow_forward_group(session, &mod);
	return openflow_group_error(rc);
}

/* ---- lists ---- */

static int add_stats(const struct group_row *row, void *ctx)
{
	struct openflow_parts *parts = ctx;
	struct wire_writer *w = &parts->session->reply;
	const struct of_group_stats stats = {
		.id = row->desc->id,
		.n_refs = row->n_refs,
		.duration = row->duration,
		.count = {row->count.n_packets, row->count.n_bytes},
	};
	const size_t entry = of_group_stats_begin(w, parts->request, &stats);

	for (uint32_t i = 0; i < row->desc->n_buckets; i++)
		of_group_stats_add(w, &(struct of_group_count){row->bucket[i].n_packets,
							       row->bucket[i].n_bytes});
	of_group_stats_end(w, entry);
	openflow_parts_added(parts, entry);
	return 0;
}

static int add_desc(const struct group_row *row, void *ctx)
{
	struct openflow_parts *parts = ctx;
	struct wire_writer *w = &parts->session->reply;
	const size_t entry = w->len;

	of_group_desc_write(w, parts->request, row->desc);
	openflow_parts_added(parts, entry);
	return 0;
}

static enum of_error list(struct openflow_session *session, const struct of_message *message,
			  int (*add)(const struct group_row *row, void *ctx))
{
	struct openflow_parts parts;

	openflow_parts_begin(&parts, session, message, message->form->id + 1);
	if (bridge_groups_for_each(session->bridge, of_group_request_read(message), add, &parts))
		session->reply.is_lost = true;
	openflow_parts_end(&parts);
	return OF_OK;
}

enum of_error handle_group_stats(struct openflow_session *session, const struct of_message *message)
{
	return list(session, message, add_stats);
}

enum of_error handle_group_desc(struct openflow_session *session, const struct of_message *message)
{
	return list(session, message, add_desc);
}

enum of_error handle_group_features(struct openflow_session *session,
				    const struct of_message *message)
{
	struct wire_writer *w = &session->reply;
	const size_t start =
		of_message_begin(w, message->form->id + 1, message->version, message->xid);

	of_group_features_write(w, message->version, GROUPS_MAX);
	of_message_end(w, start);
	return OF_OK;
}
