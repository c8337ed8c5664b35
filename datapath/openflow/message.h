#pragma once
/* Messages: what they are by name, in whatever version, and how long they may be; one table for all.
 *
 * A message is a header (version, type, length, transaction id), for some kinds a second one (multipart;
 * experimenter; both), and a body. of_message_read() takes the headers off and has asked for the length of the
 * body, so that readers of bodies find what the table promises.
 *
 * Constant; any thread.
 */
#include <stddef.h>
#include <stdint.h>

#include "openflow/error.h"

enum of_version { OF10 = 1, OF11, OF12, OF13, OF14, OF15 };

#define OF_HEADER_SIZE 8
#define OF_MESSAGE_MAX UINT16_MAX

enum { VENDOR_NICIRA = 0x2320, VENDOR_ONF = 0x4f4e4600 };

/* Types that are the same in every version that there is or will be. */
enum { OF_TYPE_HELLO, OF_TYPE_ERROR, OF_TYPE_ECHO_REQUEST, OF_TYPE_ECHO_REPLY };

/* A multipart reply stands behind its request. */
enum of_message_id {
	OFM_HELLO,
	OFM_ERROR,
	OFM_ECHO_REQUEST,
	OFM_ECHO_REPLY,
	OFM_FEATURES_REQUEST,
	OFM_FEATURES_REPLY,
	OFM_GET_CONFIG_REQUEST,
	OFM_GET_CONFIG_REPLY,
	OFM_SET_CONFIG,
	OFM_BARRIER_REQUEST,
	OFM_BARRIER_REPLY,
	OFM_DESC_REQUEST,
	OFM_DESC_REPLY,
	OFM_PORT_DESC_REQUEST,
	OFM_PORT_DESC_REPLY,
	OFM_FLOW_MOD,
	OFM_NX_FLOW_MOD,
	OFM_NX_FLOW_MOD_TABLE_ID,
	OFM_NX_SET_FLOW_FORMAT,
	OFM_FLOW_REMOVED,
	OFM_NX_FLOW_REMOVED,
	OFM_FLOW_STATS_REQUEST,
	OFM_FLOW_STATS_REPLY,
	OFM_NX_FLOW_STATS_REQUEST,
	OFM_NX_FLOW_STATS_REPLY,
	OFM_FLOW_STATS15_REQUEST,
	OFM_FLOW_STATS15_REPLY,
	OFM_AGGREGATE_REQUEST,
	OFM_AGGREGATE_REPLY,
	OFM_NX_AGGREGATE_REQUEST,
	OFM_NX_AGGREGATE_REPLY,
	OFM_TABLE_STATS_REQUEST,
	OFM_TABLE_STATS_REPLY,
	OFM_TABLE_FEATURES_REQUEST,
	OFM_TABLE_FEATURES_REPLY,
	OFM_TABLE_DESC_REQUEST,
	OFM_TABLE_DESC_REPLY,
	OFM_TABLE_MOD,
	OFM_TABLE_STATUS,
	OFM_PORT_STATUS,
	OFM_PORT_STATS_REQUEST,
	OFM_PORT_STATS_REPLY,
	OFM_PORT_MOD,
	OFM_QUEUE_STATS_REQUEST,
	OFM_QUEUE_STATS_REPLY,
	OFM_QUEUE_DESC_REQUEST,
	OFM_QUEUE_DESC_REPLY,
	OFM_QUEUE_GET_CONFIG_REQUEST,
	OFM_QUEUE_GET_CONFIG_REPLY,
	OFM_PACKET_IN,
	OFM_NX_PACKET_IN,
	OFM_NX_PACKET_IN2,
	OFM_NX_SET_PACKET_IN_FORMAT,
	OFM_NX_SET_CONTROLLER_ID,
	OFM_PACKET_OUT,
	OFM_ROLE_REQUEST,
	OFM_ROLE_REPLY,
	OFM_NX_ROLE_REQUEST,
	OFM_NX_ROLE_REPLY,
	OFM_ROLE_STATUS,
	OFM_REQUESTFORWARD,
	OFM_GET_ASYNC_REQUEST,
	OFM_GET_ASYNC_REPLY,
	OFM_SET_ASYNC,
	OFM_NX_SET_ASYNC,
	OFM_GROUP_MOD,
	OFM_NX_GROUP_MOD,
	OFM_GROUP_STATS_REQUEST,
	OFM_GROUP_STATS_REPLY,
	OFM_NX_GROUP_STATS_REQUEST,
	OFM_NX_GROUP_STATS_REPLY,
	OFM_GROUP_DESC_REQUEST,
	OFM_GROUP_DESC_REPLY,
	OFM_NX_GROUP_DESC_REQUEST,
	OFM_NX_GROUP_DESC_REPLY,
	OFM_GROUP_FEATURES_REQUEST,
	OFM_GROUP_FEATURES_REPLY,
	OFM_NX_GROUP_FEATURES_REQUEST,
	OFM_NX_GROUP_FEATURES_REPLY,
	OFM_METER_MOD,
	OFM_METER_STATS_REQUEST,
	OFM_METER_STATS_REPLY,
	OFM_METER_CONFIG_REQUEST,
	OFM_METER_CONFIG_REPLY,
	OFM_METER_FEATURES_REQUEST,
	OFM_METER_FEATURES_REPLY,
	OFM_FLOW_MONITOR_REQUEST,
	OFM_FLOW_MONITOR_REPLY,
	OFM_NX_FLOW_MONITOR_REQUEST,
	OFM_NX_FLOW_MONITOR_REPLY,
	OFM_ONF_FLOW_MONITOR_REQUEST,
	OFM_ONF_FLOW_MONITOR_REPLY,
	OFM_NX_FLOW_MONITOR_CANCEL,
	OFM_NX_FLOW_MONITOR_PAUSED,
	OFM_NX_FLOW_MONITOR_RESUMED,
	OFM_BUNDLE_CONTROL,
	OFM_BUNDLE_ADD,
	N_OF_MESSAGES
};

/* One form of a message. */
struct of_form {
	uint8_t id;           /* enum of_message_id */
	uint8_t kind;         /* enum of_kind */
	uint8_t since, until; /* enum of_version */
	uint16_t number;      /* type, multipart type or experimenter's type */
	uint16_t least;       /* bytes of body */
	uint8_t step;         /* more of them come in so many; 0: there are no more */
};

enum of_kind {
	OF_PLAIN,
	OF_MULTIPART_REQUEST,
	OF_MULTIPART_REPLY,
	OF_NICIRA,
	OF_ONF,
	OF_NICIRA_MULTIPART_REQUEST,
	OF_NICIRA_MULTIPART_REPLY,
	OF_ONF_MULTIPART_REQUEST,
	OF_ONF_MULTIPART_REPLY,
};

struct of_message {
	const struct of_form *form;
	uint8_t version, type;
	uint16_t flags; /* of multipart messages */
	uint32_t xid;
	struct wire_bytes all, body;
};

enum { OF_MULTIPART_MORE = 1 };

/* The length that a header claims; below OF_HEADER_SIZE it is none. `at` has OF_HEADER_SIZE bytes. */
size_t of_message_length(const uint8_t *at);
/* Takes the headers off a whole message. *out borrows it, and is filled (but for form, flags and body) whatever is
 * wrong, so that an error can be sent. */
enum of_error of_message_read(struct wire_bytes bytes, struct of_message *out);

/* ---- writing ---- */

/* Begins a message, with all of its headers. Where it began. */
size_t of_message_begin(struct wire_writer *w, enum of_message_id id, uint8_t version,
			uint32_t xid);
/* Its length is known now. */
void of_message_end(struct wire_writer *w, size_t start);
