#pragma once
/* Bundles: OpenFlow 1.4.1 section 7.3.9, and ONF's extension 230 for 1.3, which looks the same. */
#include "openflow/message.h"

enum of_bundle_type {
	OF_BUNDLE_OPEN_REQUEST,
	OF_BUNDLE_OPEN_REPLY,
	OF_BUNDLE_CLOSE_REQUEST,
	OF_BUNDLE_CLOSE_REPLY,
	OF_BUNDLE_COMMIT_REQUEST,
	OF_BUNDLE_COMMIT_REPLY,
	OF_BUNDLE_DISCARD_REQUEST,
	OF_BUNDLE_DISCARD_REPLY,
};

enum of_bundle_flag { OF_BUNDLE_ATOMIC = 1 << 0, OF_BUNDLE_ORDERED = 1 << 1 };

struct of_bundle_control {
	uint32_t id;
	uint16_t type, flags;
};

enum of_error of_bundle_control_read(const struct of_message *message,
				     struct of_bundle_control *out);
/* `request`: what is answered. */
void of_bundle_control_write(struct wire_writer *w, const struct of_message *request,
			     const struct of_bundle_control *reply);

struct of_bundle_add {
	uint32_t id;
	uint16_t flags;
	struct of_message inside;
};

/* What is inside has been read as far as its headers; it has the version and transaction id of the message. */
enum of_error of_bundle_add_read(const struct of_message *message, struct of_bundle_add *out);
