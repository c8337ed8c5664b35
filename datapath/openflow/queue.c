#include "openflow/queue.h"

#include "flow/port_text.h"
#include "openflow/port.h"

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
