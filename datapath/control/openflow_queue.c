/* Queues: ports have none that controllers could use, and say so. */
#include "control/openflow_session.h"
#include "flow/port_text.h"
#include "openflow/queue.h"
#include "switch/vswitch.h"

static enum of_error read(struct openflow_session *session, const struct of_message *message,
			  struct of_queue_request *out)
{
	enum of_error error = of_queue_request_read(message, out);

	if (error)
		return error;
	if (out->port != OFPORT_NONE && !openflow_port_lookup(session, out->port, NULL))
		return OF_QOFC_BAD_PORT;
	return out->queue != OF_QUEUE_ALL ? OF_QOFC_BAD_QUEUE : OF_OK;
}

/* Statistics, and descriptions. */
enum of_error handle_queues(struct openflow_session *session, const struct of_message *message)
{
	struct openflow_parts parts;
	struct of_queue_request request;
	enum of_error error = read(session, message, &request);

	if (error)
		return error;
	openflow_parts_begin(&parts, session, message, message->form->id + 1);
	openflow_parts_end(&parts);
	return OF_OK;
}

enum of_error handle_queue_config(struct openflow_session *session,
				  const struct of_message *message)
{
	struct wire_writer *w = &session->reply;
	struct of_queue_request request;
	enum of_error error = read(session, message, &request);
	size_t start;

	if (error)
		return error;
	start = of_message_begin(w, OFM_QUEUE_GET_CONFIG_REPLY, message->version, message->xid);
	of_queue_config_write(w, message->version, &request);
	of_message_end(w, start);
	return OF_OK;
}
