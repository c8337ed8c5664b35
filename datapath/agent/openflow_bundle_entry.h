#pragma once
/* What bundles are made of, and how it becomes one change.
 *
 * Flows and groups change at once, in order; meters that they use are there before, and go after them; ports are set
 * before; packets are sent when all of it holds. Who knows that something is wrong says so before anything is seen.
 *
 * Control thread only.
 */
#include "openflow/error.h"

struct group_mod;
struct meter_mod;
struct of_message;
struct of_packet_out;
struct of_port_mod;
struct openflow_session;

/* Owns what it has but for its bytes. A flow is kept as these alone: read, it is ten times as much. */
struct bundle_entry {
	struct wire_bytes message;
	uint8_t id; /* enum of_message_id: FLOW_MOD, GROUP_MOD, METER_MOD, PORT_MOD, PACKET_OUT */
	/* of all but FLOW_MOD: */
	union {
		struct group_mod *group;
		struct meter_mod *meter;
		struct of_port_mod *port;
		struct of_packet_out *packet;
	};
};

/* BFC_MSG_UNSUP: it cannot be in a bundle. *out borrows the message, and is written on success only. */
enum of_error bundle_entry_read(struct openflow_session *session, const struct of_message *inside,
				struct bundle_entry *out);
/* The message is there now. */
void bundle_entry_move(struct bundle_entry *entry, const uint8_t *message);
/* Bytes that it takes, with its message. */
size_t bundle_entry_size(const struct bundle_entry *entry);
void bundle_entry_fini(struct bundle_entry *entry);

/* All or none; *which is to blame if none. */
enum of_error bundle_entries_apply(struct openflow_session *session,
				   const struct bundle_entry *entries, uint32_t n, size_t *which);
