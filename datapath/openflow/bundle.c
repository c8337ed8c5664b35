#include "openflow/bundle.h"

enum { HEAD_SIZE = 8, FLAGS_ALL = OF_BUNDLE_ATOMIC | OF_BUNDLE_ORDERED };

/* Properties are for experimenters, and none of them is known. */
static enum of_error read_properties(struct wire_bytes rest)
{
	enum { EXPERIMENTER = 0xffff };

	if (!rest.len)
		return OF_OK;
	if (rest.len < 4 || wire_get16(rest.at + 2) < 4 || wire_get16(rest.at + 2) > rest.len)
		return OF_BPC_BAD_LEN;
	return wire_get16(rest.at) == EXPERIMENTER ? OF_BPC_BAD_EXPERIMENTER : OF_BPC_BAD_TYPE;
}

enum of_error of_bundle_control_read(const struct of_message *message,
				     struct of_bundle_control *out)
{
	const uint8_t *at = message->body.at;

	*out = (struct of_bundle_control){
		.id = wire_get32(at),
		.type = wire_get16(at + 4),
		.flags = wire_get16(at + 6),
	};
	if (out->flags & ~FLAGS_ALL)
		return OF_BFC_BAD_FLAGS;
	return read_properties(wire_skip(message->body, HEAD_SIZE));
}

void of_bundle_control_write(struct wire_writer *w, const struct of_message *request,
			     const struct of_bundle_control *reply)
{
	size_t start = of_message_begin(w, request->form->id, request->version, request->xid);

	wire_put32(w, reply->id);
	wire_put16(w, reply->type);
	wire_put16(w, reply->flags);
	of_message_end(w, start);
}

enum of_error of_bundle_add_read(const struct of_message *message, struct of_bundle_add *out)
{
	struct wire_bytes rest = wire_skip(message->body, HEAD_SIZE);
	enum of_error error;
	size_t len;

	out->id = wire_get32(message->body.at);
	out->flags = wire_get16(message->body.at + 6);
	if (out->flags & ~FLAGS_ALL)
		return OF_BFC_BAD_FLAGS;
	if (rest.len < OF_HEADER_SIZE)
		return OF_BFC_MSG_BAD_LEN;
	len = of_message_length(rest.at);
	if (len < OF_HEADER_SIZE || len > rest.len)
		return OF_BFC_MSG_BAD_LEN;
	if (rest.at[0] != message->version)
		return OF_BRC_BAD_VERSION;
	error = of_message_read(wire_first(rest, len), &out->inside);
	if (!error && out->inside.xid != message->xid)
		return OF_BFC_MSG_BAD_XID;
	/* a message without properties behind it may be padded */
	if (!error && rest.len >= wire_padded(len))
		error = read_properties(wire_skip(rest, wire_padded(len)));
	return error;
}
