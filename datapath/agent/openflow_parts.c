#include "agent/openflow_parts.h"

#include <assert.h>
#include <string.h>

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
	if (w->len > OPENFLOW_FLUSH_SIZE)
		openflow_session_flush(parts->session);
	parts->start = of_message_begin(w, parts->id, parts->request->version, parts->request->xid);
	wire_put_bytes(w, copy, size);
}

void openflow_parts_end(struct openflow_parts *parts)
{
	of_message_end(&parts->session->reply, parts->start);
}
