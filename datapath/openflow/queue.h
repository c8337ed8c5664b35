#pragma once
/* Queues of ports: OpenFlow 1.0.1 sections 5.3.4 and 5.3.5, 1.3.5 sections 7.3.6 and 7.3.5.8, 1.4.1 section 7.3.5.17. */
#include "openflow/message.h"

#define OF_QUEUE_ALL UINT32_MAX

struct of_queue_request {
	uint32_t number; /* the port's, as it was said */
	uint16_t port;   /* OFPORT_NONE: all */
	uint32_t queue;  /* OF_QUEUE_ALL: all */
};

struct of_queue {
	uint32_t port; /* as of_port_number() has it */
	uint32_t queue;
	uint16_t min_rate,
		max_rate; /* tenths of a percent of the port's; OF_QUEUE_NO_RATE: not said */
	uint64_t tx_packets, tx_bytes, tx_errors;
	uint64_t age; /* ns */
};

#define OF_QUEUE_NO_RATE UINT16_MAX

/* Of any of the three requests. QOFC_BAD_PORT: there cannot be such a port. */
enum of_error of_queue_request_read(const struct of_message *message, struct of_queue_request *out);
/* What QUEUE_GET_CONFIG's reply begins with. */
void of_queue_config_write(struct wire_writer *w, uint8_t version,
			   const struct of_queue_request *request);
/* One of the queues behind that, or an entry of QUEUE_DESC. */
void of_queue_write(struct wire_writer *w, uint8_t version, const struct of_queue *queue);
/* An entry of the reply to QUEUE statistics. */
void of_queue_stats_write(struct wire_writer *w, uint8_t version, const struct of_queue *queue);
