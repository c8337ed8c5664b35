#include "openflow/queue.h"

#include "flow/port_text.h"
#include "openflow/port.h"

#define NS_PER_S 1000000000ull

/* The same in QUEUE_GET_CONFIG and QUEUE_DESC. */
enum { PROP_MIN_RATE = 1, PROP_MAX_RATE = 2 };

enum of_error of_queue_request_read(const struct of_message *message, struct of_queue_request *out)
{
	const uint8_t *at = message->body.at;
	const bool is_config = message->form->id == OFM_QUEUE_GET_CONFIG_REQUEST;

	*out = (struct of_queue_request){.queue = OF_QUEUE_ALL};
	out->number = message->version == OF10 ? wire_get16(at) : wire_get32(at);
	if (!is_config)
		out->queue = wire_get32(at + 4);
	if (!of_port_ofport(message->version == OF10 ? of_port_number((uint16_t)out->number)
						     : out->number,
			    &out->port))
		return OF_QOFC_BAD_PORT;
	if (out->port == OFPORT_ALL && !is_config)
		out->port = OFPORT_NONE;
	return message->version == OF10 && is_config && out->port >= OFPORT_MAX ? OF_QOFC_BAD_PORT
										: OF_OK;
}

void of_queue_config_write(struct wire_writer *w, uint8_t version,
			   const struct of_queue_request *request)
{
	if (version == OF10)
		wire_put16(w, (uint16_t)request->number), wire_put(w, 6);
	else
		wire_put32(w, request->number), wire_put(w, 4);
}

/* Up to OpenFlow 1.3 a property is padded twice; before 1.2 there is no greatest rate. */
static void put_rate(struct wire_writer *w, uint8_t version, uint16_t type, uint16_t rate)
{
	const bool is_old = version < OF14;

	if (rate == OF_QUEUE_NO_RATE || (type == PROP_MAX_RATE && version < OF12))
		return;
	wire_put16(w, type);
	wire_put16(w, is_old ? 16 : 8);
	if (is_old)
		wire_put(w, 4);
	wire_put16(w, rate);
	wire_put(w, is_old ? 6 : 2);
}

void of_queue_write(struct wire_writer *w, uint8_t version, const struct of_queue *queue)
{
	const size_t start = w->len;
	size_t len;

	if (version >= OF14)
		wire_put32(w, queue->port);
	wire_put32(w, queue->queue);
	if (version == OF12 || version == OF13)
		wire_put32(w, queue->port);
	len = w->len;
	wire_put16(w, 0);
	wire_put(w, version < OF12 ? 2 : 6);
	put_rate(w, version, PROP_MIN_RATE, queue->min_rate);
	put_rate(w, version, PROP_MAX_RATE, queue->max_rate);
	wire_patch16(w, len, (uint16_t)(w->len - start));
}

void of_queue_stats_write(struct wire_writer *w, uint8_t version, const struct of_queue *queue)
{
	const size_t start = w->len;

	if (version >= OF14)
		wire_put(w, 8);
	if (version == OF10)
		wire_put16(w, (uint16_t)queue->port), wire_put(w, 2);
	else
		wire_put32(w, queue->port);
	wire_put32(w, queue->queue);
	wire_put64(w, queue->tx_bytes);
	wire_put64(w, queue->tx_packets);
	wire_put64(w, queue->tx_errors);
	if (version >= OF13) {
		wire_put32(w, (uint32_t)(queue->age / NS_PER_S));
		wire_put32(w, (uint32_t)(queue->age % NS_PER_S));
	}
	if (version >= OF14)
		wire_patch16(w, start, (uint16_t)(w->len - start));
}
