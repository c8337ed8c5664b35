#pragma once
/* Packets to and from controllers: PACKET_IN in its forms, PACKET_OUT. */
#include "flow/key.h"
#include "flow/ofaction.h"
#include "openflow/message.h"

enum of_packet_in_format { OF_PACKET_IN_PLAIN, OF_PACKET_IN_NXM, OF_PACKET_IN2 };

struct of_packet_in {
	const struct flow_key *key; /* in_port (OpenFlow's number), metadata and registers */
	uint64_t cookie;
	uint8_t table, reason;
	uint32_t total_len;
	struct wire_bytes data, userdata;
};

/* The number that a version has for an enum ofaction_reason. */
uint8_t of_packet_in_reason(uint8_t version, uint8_t reason);

/* The packet is cut to what fits into a message. */
void of_packet_in_write(struct wire_writer *w, uint8_t version, enum of_packet_in_format format,
			const struct of_packet_in *packet);

struct of_packet_out {
	/* in_port (OpenFlow's number), and what else the packet has beside it */
	struct flow_key from;
	struct ofactions actions;
	struct wire_bytes data;
};

/* *out is written on success only, and its actions are the caller's. */
enum of_error of_packet_out_read(const struct of_message *message, struct of_packet_out *out);
