#include "openflow/packet.h"

#include "flow/port_text.h"
#include "openflow/action.h"
#include "openflow/flow.h"
#include "openflow/match.h"
#include "openflow/port.h"

/* ---- PACKET_IN: OpenFlow 1.0.1 section 5.4.1, 1.3.5 section 7.4.1 ---- */

/* What is not in the packet itself: where it came in, and working fields that are not zero. */
static struct match working_fields(const struct flow_key *key)
{
	struct match match = {0};

	match.key.packet.in_port = key->packet.in_port;
	match.mask.packet.in_port = UINT16_MAX;
	match.key.metadata = key->metadata;
	match.mask.metadata = key->metadata ? UINT64_MAX : 0;
	for (unsigned i = 0; i < 16; i++) {
		match.key.reg[i] = key->reg[i];
		match.mask.reg[i] = key->reg[i] ? UINT32_MAX : 0;
	}
	return match;
}

/* Before OpenFlow 1.3 there was no flow for misses, and before 1.4 whatever sent a packet was an action. */
uint8_t of_packet_in_reason(uint8_t version, uint8_t reason)
{
	switch (reason) {
	case REASON_TABLE_MISS:
		return version < OF13 ? REASON_ACTION : REASON_NO_MATCH;
	case REASON_ACTION_SET:
	case REASON_GROUP:
	case REASON_PACKET_OUT:
		return version < OF14 ? REASON_ACTION : reason;
	}
	return reason;
}

static void put_data(struct wire_writer *w, size_t start, struct wire_bytes data)
{
	size_t room = OF_MESSAGE_MAX - (w->len - start);

	wire_put_bytes(w, data.at, data.len < room ? data.len : room);
}

static uint16_t total_len(const struct of_packet_in *packet)
{
	return packet->total_len < UINT16_MAX ? (uint16_t)packet->total_len : UINT16_MAX;
}

static void write10(struct wire_writer *w, size_t start, const struct of_packet_in *packet)
{
	wire_put32(w, OF_NO_BUFFER);
	wire_put16(w, total_len(packet));
	wire_put16(w, packet->key->packet.in_port);
	wire_put8(w, packet->reason);
	wire_put8(w, 0);
	put_data(w, start, packet->data);
}

static void write11(struct wire_writer *w, size_t start, const struct of_packet_in *packet)
{
	wire_put32(w, OF_NO_BUFFER);
	wire_put32(w, of_port_number(packet->key->packet.in_port));
	wire_put32(w, of_port_number(packet->key->packet.in_port)); /* in_phy_port */
	wire_put16(w, total_len(packet));
	wire_put8(w, packet->reason);
	wire_put8(w, packet->table);
	put_data(w, start, packet->data);
}

static void put_head(struct wire_writer *w, uint8_t version, const struct of_packet_in *packet)
{
	wire_put32(w, OF_NO_BUFFER);
	wire_put16(w, total_len(packet));
	wire_put8(w, packet->reason);
	wire_put8(w, packet->table);
	if (version >= OF13)
		wire_put64(w, packet->cookie);
}

static void write_nxm(struct wire_writer *w, size_t start, const struct of_packet_in *packet)
{
	const struct match match = working_fields(packet->key);
	size_t len_at, fields;

	put_head(w, OF13, packet);
	len_at = w->len;
	wire_put(w, 8);
	fields = w->len;
	of_fields_write(w, &match, OF_NXM);
	wire_patch16(w, len_at, (uint16_t)(w->len - fields));
	wire_pad(w, fields);
	wire_put16(w, 0);
	put_data(w, start, packet->data);
}

static void write12(struct wire_writer *w, uint8_t version, size_t start,
		    const struct of_packet_in *packet)
{
	const struct match match = working_fields(packet->key);

	put_head(w, version, packet);
	of_match_write(w, version, &match);
	wire_put16(w, 0);
	put_data(w, start, packet->data);
}

/* ---- Open vSwitch's PACKET_IN2: properties ---- */

enum packet_in2 {
	IN2_PACKET = 0,
	IN2_FULL_LEN = 1,
	IN2_TABLE = 3,
	IN2_COOKIE = 4,
	IN2_REASON = 5,
	IN2_METADATA = 6,
	IN2_USERDATA = 7,
};

static void put_property(struct wire_writer *w, uint16_t type, struct wire_bytes bytes)
{
	size_t start = wire_property_begin(w, type);

	wire_put_bytes(w, bytes.at, bytes.len);
	wire_property_end(w, start);
}

static void put_byte(struct wire_writer *w, uint16_t type, uint8_t byte)
{
	put_property(w, type, (struct wire_bytes){&byte, 1});
}

static void write_in2(struct wire_writer *w, uint8_t version, const struct of_packet_in *packet)
{
	enum { ROOM = 2048 }; /* for what is not the packet */
	const struct match match = working_fields(packet->key);
	struct wire_bytes data = packet->data;
	size_t start;

	if (data.len > OF_MESSAGE_MAX - ROOM)
		data.len = OF_MESSAGE_MAX - ROOM;
	put_property(w, IN2_PACKET, data);
	if (packet->total_len != data.len) {
		start = wire_property_begin(w, IN2_FULL_LEN);
		wire_put32(w, packet->total_len);
		wire_property_end(w, start);
	}
	put_byte(w, IN2_TABLE, packet->table);
	start = wire_property_begin(w, IN2_COOKIE);
	wire_put32(w, 0);
	wire_put64(w, packet->cookie);
	wire_property_end(w, start);
	put_byte(w, IN2_REASON, packet->reason);
	start = wire_property_begin(w, IN2_METADATA);
	of_fields_write(w, &match, of_oxm_form(version));
	wire_property_end(w, start);
	if (packet->userdata.len)
		put_property(w, IN2_USERDATA, packet->userdata);
}

void of_packet_in_write(struct wire_writer *w, uint8_t version, enum of_packet_in_format format,
			const struct of_packet_in *packet)
{
	static const uint8_t ids[] = {
		[OF_PACKET_IN_PLAIN] = OFM_PACKET_IN,
		[OF_PACKET_IN_NXM] = OFM_NX_PACKET_IN,
		[OF_PACKET_IN2] = OFM_NX_PACKET_IN2,
	};
	size_t start = of_message_begin(w, ids[format], version, 0);

	if (format == OF_PACKET_IN2)
		write_in2(w, version, packet);
	else if (format == OF_PACKET_IN_NXM)
		write_nxm(w, start, packet);
	else if (version == OF10)
		write10(w, start, packet);
	else if (version == OF11)
		write11(w, start, packet);
	else
		write12(w, version, start, packet);
	of_message_end(w, start);
}

/* ---- PACKET_OUT: OpenFlow 1.0.1 section 5.3.6, 1.3.5 section 7.3.7, 1.5.1 section 7.3.6 ---- */

/* Headers are what the packet itself says: the match is about what is beside it. */
static enum of_error read_from15(struct wire_bytes *rest, struct flow_key *out)
{
	struct match match;
	enum of_error error = of_match_read(OF15, rest, &match);

	if (error)
		return error;
	if (match.mask.packet.in_port != UINT16_MAX)
		return OF_BRC_BAD_PORT;
	match.mask.packet.in_port = 0;
	if (!wire_is_zero((const uint8_t *)&match.mask, offsetof(struct flow_key, tunnel)))
		return OF_BRC_PIPELINE_FIELDS_ONLY;
	*out = match.key;
	return OF_OK;
}

enum of_error of_packet_out_read(const struct of_message *message, struct of_packet_out *out)
{
	const uint8_t *at = message->body.at;
	struct wire_bytes rest = message->body;
	struct of_packet_out packet = {0};
	enum of_error error = OF_OK;
	size_t len;

	if (wire_get32(at) != OF_NO_BUFFER)
		return OF_BRC_BUFFER_UNKNOWN;
	if (message->version == OF10) {
		packet.from.packet.in_port = wire_get16(at + 4);
		len = wire_get16(at + 6);
		rest = wire_skip(rest, 8);
	} else if (message->version < OF15) {
		if (!of_port_ofport(wire_get32(at + 4), &packet.from.packet.in_port))
			return OF_BRC_BAD_PORT;
		len = wire_get16(at + 8);
		rest = wire_skip(rest, 16);
	} else {
		len = wire_get16(at + 4);
		rest = wire_skip(rest, 8);
		error = read_from15(&rest, &packet.from);
	}
	if (!error && len > rest.len)
		error = OF_BRC_BAD_LEN;
	if (!error)
		error = of_actions_read(message->version, wire_first(rest, len), &packet.actions);
	if (error) {
		ofactions_fini(&packet.actions);
		return error;
	}
	packet.data = wire_skip(rest, len);
	*out = packet;
	return OF_OK;
}
