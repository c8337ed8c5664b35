#pragma once
/* Roles of controllers, and which messages each wants to be told of: OpenFlow 1.3.5 sections 6.3.5, 7.3.9 and 7.3.10,
 * 1.4.1 sections 7.3.10 and 7.4.4, and Nicira's for 1.0. */
#include "openflow/message.h"

enum of_role { OF_ROLE_NOCHANGE, OF_ROLE_EQUAL, OF_ROLE_MASTER, OF_ROLE_SLAVE };

struct of_role_request {
	uint32_t role; /* enum of_role, or what it says instead */
	bool has_generation;
	uint64_t generation;
};

void of_role_read(const struct of_message *message, struct of_role_request *out);
void of_role_reply_write(struct wire_writer *w, const struct of_message *request, enum of_role role,
			 uint64_t generation);
/* Another one became the master (OpenFlow 1.4 and later). */
void of_role_status_write(struct wire_writer *w, uint8_t version, enum of_role role,
			  uint64_t generation);

/* ---- what is told ---- */

enum of_async_type {
	OF_ASYNC_PACKET_IN,
	OF_ASYNC_PORT_STATUS,
	OF_ASYNC_FLOW_REMOVED,
	OF_ASYNC_ROLE_STATUS,
	OF_ASYNC_TABLE_STATUS,
	OF_ASYNC_REQUESTFORWARD,
	N_OF_ASYNC
};

/* A bit for each reason: [0] of masters and equals, [1] of slaves. */
struct of_async {
	uint32_t reasons[N_OF_ASYNC][2];
};

extern const struct of_async of_async_default;

/* Changes what the message says. Nothing is changed if it is wrong. */
enum of_error of_async_read(const struct of_message *message, struct of_async *async);
void of_async_write(struct wire_writer *w, const struct of_message *request,
		    const struct of_async *async);
