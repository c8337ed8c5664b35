/* What a switch says of itself: features, configuration, description; and echoes and barriers. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "agent/openflow_handler.h"
#include "openflow/action.h"
#include "openflow/table.h"
#include "switch/flows.h"
#include "switch/vswitch.h"

enum capability {
	CAN_FLOW_STATS = 1 << 0,
	CAN_TABLE_STATS = 1 << 1,
	CAN_PORT_STATS = 1 << 2,
	CAN_GROUP_STATS_11 = 1 << 3,
	CAN_QUEUE_STATS = 1 << 6,
	CAN_MATCH_ARP_10 = 1 << 7,
	CAN_BUNDLES_14 = 1 << 9,
	CAN_FLOW_MONITOR_14 = 1 << 10,
};

static uint32_t capabilities(uint8_t version)
{
	uint32_t can = CAN_FLOW_STATS | CAN_TABLE_STATS | CAN_PORT_STATS | CAN_QUEUE_STATS;

	if (version > OF10)
		can |= CAN_GROUP_STATS_11;
	if (version < OF12)
		can |= CAN_MATCH_ARP_10;
	if (version >= OF14)
		can |= CAN_BUNDLES_14 | CAN_FLOW_MONITOR_14;
	return can;
}

enum config_flag {
	FRAG_NORMAL = 0,
	FRAG_DROP = 1,
	FRAG_NX_MATCH = 3,
	/* packets whose TTL is too low: OpenFlow 1.1 and 1.2 have a flag for what is asked for otherwise later, and so
	 * has Open vSwitch in 1.0 */
	INVALID_TTL = 1 << 2,
};

/* The bits of masters and slaves for it. */
enum { REASON_TTL = 1 << 2 };

enum of_error handle_echo(struct openflow_session *session, const struct of_message *message)
{
	struct wire_writer *w = &session->reply;
	size_t start = of_message_begin(w, OFM_ECHO_REPLY, message->version, message->xid);

	wire_put_bytes(w, message->body.at, message->body.len);
	of_message_end(w, start);
	return OF_OK;
}

/* Everything before it is done: openflow_session.h. */
enum of_error handle_barrier(struct openflow_session *session, const struct of_message *message)
{
	struct wire_writer *w = &session->reply;

	of_message_end(w, of_message_begin(w, OFM_BARRIER_REPLY, message->version, message->xid));
	return OF_OK;
}

static uint64_t datapath_id(const struct openflow_session *session)
{
	struct bridge *bridge = session->bridge;
	struct bridge_port *local = bridge_port_lookup(bridge, bridge_name(bridge));
	struct bridge_port_status status;

	if (session->options.peers->datapath_id || !local)
		return session->options.peers->datapath_id;
	bridge_port_status(local, &status);
	return eth_addr_u64(status.port.mac);
}

enum of_error handle_features(struct openflow_session *session, const struct of_message *message)
{
	struct wire_writer *w = &session->reply;
	size_t start = of_message_begin(w, OFM_FEATURES_REPLY, message->version, message->xid);

	wire_put64(w, datapath_id(session));
	wire_put32(w, 0); /* buffers: packets come whole */
	wire_put8(w, OF_TABLES);
	wire_put(w, 3); /* the main connection; padding */
	wire_put32(w, capabilities(message->version));
	wire_put32(w, message->version == OF10 ? of_actions_known(OF10) : 0);
	if (message->version < OF13)
		openflow_ports_write(session, start);
	of_message_end(w, start);
	return OF_OK;
}

static bool has_ttl_flag(uint8_t version)
{
	return version <= OF12;
}

static bool wants_ttl(const struct openflow_session *session)
{
	return session->async.reasons[OF_ASYNC_PACKET_IN][0] & REASON_TTL;
}

enum of_error handle_get_config(struct openflow_session *session, const struct of_message *message)
{
	static const uint16_t flags[] = {
		[FLOW_FRAGS_NORMAL] = FRAG_NORMAL,
		[FLOW_FRAGS_DROP] = FRAG_DROP,
		[FLOW_FRAGS_NX_MATCH] = FRAG_NX_MATCH,
	};
	struct wire_writer *w = &session->reply;
	size_t start = of_message_begin(w, OFM_GET_CONFIG_REPLY, message->version, message->xid);

	wire_put16(w, flags[bridge_frags(session->bridge)] |
			      (has_ttl_flag(message->version) && wants_ttl(session) ? INVALID_TTL
										    : 0));
	wire_put16(w, session->miss_send_len);
	of_message_end(w, start);
	return OF_OK;
}

/* Fragments are not put together: who asks for that, or for what the version does not have, is told so. */
enum of_error handle_set_config(struct openflow_session *session, const struct of_message *message)
{
	uint16_t flags = wire_get16(message->body.at);
	uint32_t *reasons = &session->async.reasons[OF_ASYNC_PACKET_IN][0];
	bool wants = has_ttl_flag(message->version) && flags & INVALID_TTL;
	enum flow_frags frags;

	switch (wants ? flags & ~INVALID_TTL : flags) {
	case FRAG_NORMAL:
		frags = FLOW_FRAGS_NORMAL;
		break;
	case FRAG_DROP:
		frags = FLOW_FRAGS_DROP;
		break;
	case FRAG_NX_MATCH:
		frags = FLOW_FRAGS_NX_MATCH;
		break;
	default:
		return OF_SCFC_BAD_FLAGS;
	}
	if (frags != bridge_frags(session->bridge)) {
		if (session->role == OF_ROLE_SLAVE)
			return OF_BRC_IS_SLAVE;
		if (bridge_frags_set(session->bridge, frags))
			return OF_BRC_EPERM;
	}
	if (has_ttl_flag(message->version))
		*reasons = wants ? *reasons | REASON_TTL : *reasons & ~(uint32_t)REASON_TTL;
	session->miss_send_len = wire_get16(message->body.at + 2);
	openflow_session_changed(session);
	return OF_OK;
}

enum of_error handle_desc(struct openflow_session *session, const struct of_message *message)
{
	struct wire_writer *w = &session->reply;
	size_t start = of_message_begin(w, OFM_DESC_REPLY, message->version, message->xid);

	wire_put_text(w, "Shunt", 256);
	wire_put_text(w, "BPF and AF_XDP", 256);
	wire_put_text(w, PACKAGE_VERSION, 256);
	wire_put_text(w, "None", 32);
	wire_put_text(w, bridge_name(session->bridge), 256);
	of_message_end(w, start);
	return OF_OK;
}
