#include "openflow/role.h"

/* ---- roles ---- */

void of_role_read(const struct of_message *message, struct of_role_request *out)
{
	bool is_nicira = message->form->kind == OF_NICIRA;

	*out = (struct of_role_request){
		/* Nicira's begin with "other", which is "equal" */
		.role = wire_get32(message->body.at) + is_nicira,
		.has_generation = !is_nicira,
	};
	if (out->has_generation)
		out->generation = wire_get64(message->body.at + 8);
}

void of_role_reply_write(struct wire_writer *w, const struct of_message *request, enum of_role role,
			 uint64_t generation)
{
	bool is_nicira = request->form->kind == OF_NICIRA;
	size_t start = of_message_begin(w, is_nicira ? OFM_NX_ROLE_REPLY : OFM_ROLE_REPLY,
					request->version, request->xid);

	wire_put32(w, role - is_nicira);
	if (!is_nicira) {
		wire_put32(w, 0);
		wire_put64(w, generation);
	}
	of_message_end(w, start);
}

void of_role_status_write(struct wire_writer *w, uint8_t version, enum of_role role,
			  uint64_t generation)
{
	enum { MASTER_REQUEST = 0 };
	size_t start = of_message_begin(w, OFM_ROLE_STATUS, version, 0);

	wire_put32(w, role);
	wire_put8(w, MASTER_REQUEST);
	wire_put(w, 3);
	wire_put64(w, generation);
	of_message_end(w, start);
}

/* ---- what is told ---- */

/* Not of packets whose TTL is too low: whoever wants them says so. */
const struct of_async of_async_default = {
	.reasons =
		{
			[OF_ASYNC_PACKET_IN] = {0x3b, 0},
			[OF_ASYNC_PORT_STATUS] = {0x7, 0x7},
			[OF_ASYNC_FLOW_REMOVED] = {0x3f, 0},
			[OF_ASYNC_ROLE_STATUS] = {0x7, 0x7},
		},
};

/* In OpenFlow 1.3: three pairs. */
#define N_PAIRS 3

/* The highest reason of each. */
static const uint8_t n_reasons[N_OF_ASYNC] = {
	[OF_ASYNC_PACKET_IN] = 6,   [OF_ASYNC_PORT_STATUS] = 3,  [OF_ASYNC_FLOW_REMOVED] = 6,
	[OF_ASYNC_ROLE_STATUS] = 3, [OF_ASYNC_TABLE_STATUS] = 5, [OF_ASYNC_REQUESTFORWARD] = 2,
};

static enum of_error read_property(uint8_t version, struct wire_bytes property,
				   struct of_async *async)
{
	enum { LAST_KIND_15 = 7 }; /* statistics of flows, state of controllers */
	uint16_t type = wire_get16(property.at);
	unsigned kind = type / 2;
	uint32_t reasons;

	if (type >= 0xfffe)
		return OF_BPC_BAD_EXPERIMENTER;
	if (kind >= N_OF_ASYNC && (version < OF15 || kind > LAST_KIND_15))
		return OF_BPC_BAD_TYPE;
	if (property.len != 8)
		return OF_BPC_BAD_LEN;
	if (kind >= N_OF_ASYNC)
		return wire_get32(property.at + 4) ? OF_ACFC_UNSUPPORTED : OF_OK;
	reasons = wire_get32(property.at + 4);
	/* (tables tell of vacancy from reason 3 on) */
	if (reasons >> n_reasons[kind])
		return OF_ACFC_INVALID;
	/* the slave's are even */
	async->reasons[kind][!(type % 2)] = reasons;
	return OF_OK;
}

static enum of_error read_properties(uint8_t version, struct wire_bytes rest,
				     struct of_async *async)
{
	while (rest.len) {
		struct wire_bytes property;
		enum of_error error;

		if (!wire_property_cut(&rest, &property))
			return OF_BPC_BAD_LEN;
		error = read_property(version, property, async);
		if (error)
			return error;
	}
	return OF_OK;
}

enum of_error of_async_read(const struct of_message *message, struct of_async *async)
{
	struct of_async changed = *async;
	const uint8_t *at = message->body.at;

	if (message->version >= OF14 && message->form->kind == OF_PLAIN) {
		enum of_error error = read_properties(message->version, message->body, &changed);

		if (error)
			return error;
	} else {
		for (unsigned i = 0; i < N_PAIRS; i++)
			for (unsigned slave = 0; slave < 2; slave++)
				changed.reasons[i][slave] = wire_get32(at + 8 * i + 4 * slave);
	}
	*async = changed;
	return OF_OK;
}

/* Reasons that came later are nothing to tell an older version of. */
static uint32_t known_reasons(uint8_t version, unsigned kind, uint32_t reasons)
{
	static const uint8_t until_13[] = {
		[OF_ASYNC_PACKET_IN] = 7, [OF_ASYNC_PORT_STATUS] = 7, [OF_ASYNC_FLOW_REMOVED] = 15};

	return version < OF14 ? reasons & until_13[kind] : reasons;
}

void of_async_write(struct wire_writer *w, const struct of_message *request,
		    const struct of_async *async)
{
	size_t start = of_message_begin(w, OFM_GET_ASYNC_REPLY, request->version, request->xid);
	bool has_properties = request->version >= OF14;

	for (unsigned i = 0; i < (has_properties ? N_OF_ASYNC : N_PAIRS); i++)
		for (unsigned k = 0; k < 2; k++) {
			unsigned slave = has_properties ? !k : k;

			if (has_properties) {
				wire_put16(w, (uint16_t)(2 * i + k));
				wire_put16(w, 8);
			}
			wire_put32(w, known_reasons(request->version, i, async->reasons[i][slave]));
		}
	of_message_end(w, start);
}
