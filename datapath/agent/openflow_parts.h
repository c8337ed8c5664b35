#pragma once
/* Answers in several messages: entries of one multipart reply, as many messages as they need. Control thread only. */
#include "agent/openflow_session.h"

struct openflow_parts {
	struct openflow_session *session;
	const struct of_message *request;
	enum of_message_id id;
	size_t start; /* of the message that is written */
};

/* The longest entry that is sure to have room in a message. */
#define OPENFLOW_ENTRY_MAX (OF_MESSAGE_MAX - 64)

void openflow_parts_begin(struct openflow_parts *parts, struct openflow_session *session,
			  const struct of_message *request, enum of_message_id id);
/* An entry has been appended to `reply` since `entry`: if it is too much for this message, it begins another. */
void openflow_parts_added(struct openflow_parts *parts, size_t entry);
void openflow_parts_end(struct openflow_parts *parts);
