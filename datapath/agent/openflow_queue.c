/* Queues of ports: listed, described, counted. What they are, the database says (reconcile_qos.c). */
#include "agent/openflow_handler.h"
#include "agent/openflow_parts.h"
#include "flow/port_text.h"
#include "openflow/port.h"
#include "openflow/queue.h"
#include "port/qos.h"
#include "switch/vswitch.h"

typedef void write_fn(struct wire_writer *w, uint8_t version, const struct of_queue *queue);

struct listing {
	struct openflow_session *session;
	uint8_t version;
	write_fn *write;
	struct openflow_parts *parts; /* NULL: there is only one message */
	size_t start;                 /* of that */
	struct of_queue_request request;
	bool has_port, has_queue; /* something was found */
	/* of this port */
	uint32_t port;
	uint64_t link_speed;
};

/* 0: the port does not know how fast it is, or nothing was said of the queue. */
static uint16_t share(uint64_t rate, uint64_t all)
{
	if (!rate || !all)
		return OF_QUEUE_NO_RATE;
	return rate < all ? (uint16_t)(rate * 1000 / all) : 1000;
}

static void add_queue(void *ctx, const struct port_queue *queue)
{
	struct listing *l = ctx;
	struct wire_writer *w = &l->session->reply;
	const size_t entry = w->len;

	if (l->request.queue != OF_QUEUE_ALL && l->request.queue != queue->config->id)
		return;
	l->has_queue = true;
	l->write(w, l->version,
		 &(struct of_queue){
			 .port = l->port,
			 .queue = queue->config->id,
			 .min_rate = share(queue->config->min_rate, l->link_speed),
			 .max_rate = share(queue->config->max_rate, l->link_speed),
			 .tx_packets = queue->n_packets,
			 .tx_bytes = queue->n_bytes,
			 .tx_errors = queue->n_dropped,
			 .age = queue->age,
		 });
	if (l->parts)
		openflow_parts_added(l->parts, entry);
	else if (w->len - l->start > OF_MESSAGE_MAX)
		w->len = entry;
}

static int add_port(struct bridge_port *port, void *ctx)
{
	struct listing *l = ctx;
	struct bridge_port_status status;

	bridge_port_status(port, &status);
	if (!status.ofport || (l->request.port != OFPORT_NONE && l->request.port != status.ofport))
		return 0;
	l->has_port = true;
	l->port = of_port_number(status.ofport);
	l->link_speed = status.port.link_speed;
	bridge_port_queues(port, add_queue, l);
	return 0;
}

static enum of_error list(struct listing *l)
{
	bridge_for_each_port(l->session->bridge, add_port, l);
	if (l->request.port != OFPORT_NONE && !l->has_port)
		return OF_QOFC_BAD_PORT;
	return l->request.queue != OF_QUEUE_ALL && !l->has_queue ? OF_QOFC_BAD_QUEUE : OF_OK;
}

static enum of_error list_parts(struct openflow_session *session, const struct of_message *message,
				write_fn *write)
{
	struct openflow_parts parts;
	struct listing l = {
		.session = session,
		.version = message->version,
		.write = write,
		.parts = &parts,
	};
	enum of_error error = of_queue_request_read(message, &l.request);

	if (error)
		return error;
	openflow_parts_begin(&parts, session, message, message->form->id + 1);
	error = list(&l);
	openflow_parts_end(&parts);
	return error;
}

enum of_error handle_queue_stats(struct openflow_session *session, const struct of_message *message)
{
	return list_parts(session, message, of_queue_stats_write);
}

enum of_error handle_queue_desc(struct openflow_session *session, const struct of_message *message)
{
	return list_parts(session, message, of_queue_write);
}

enum of_error handle_queue_config(struct openflow_session *session,
				  const struct of_message *message)
{
	struct wire_writer *w = &session->reply;
	struct listing l = {
		.session = session,
		.version = message->version,
		.write = of_queue_write,
	};
	enum of_error error = of_queue_request_read(message, &l.request);

	if (error)
		return error;
	l.start = of_message_begin(w, OFM_QUEUE_GET_CONFIG_REPLY, message->version, message->xid);
	of_queue_config_write(w, message->version, &l.request);
	error = list(&l);
	of_message_end(w, l.start);
	return error;
}
