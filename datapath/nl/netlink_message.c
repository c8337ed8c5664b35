/* Messages out: headers, ACKs and errors with a text and a place (NLMSGERR_ATTR_). */
#include <errno.h>
#include <string.h>

#include "nl/netlink_peer.h"
#include "nl/netlink_server.h"

struct attr_writer message_writer(struct netlink *netlink)
{
	return (struct attr_writer){.at = netlink->out, .size = FLOW_SIZE};
}

/* Room for `size` bytes behind a header. */
static size_t begin(struct attr_writer *w, uint16_t type, uint16_t flags, size_t size)
{
	struct nlmsghdr *head = (void *)(w->at + w->len);
	size_t at = w->len;

	if (w->is_full || w->size - w->len < NLMSG_HDRLEN + size) {
		w->is_full = true;
		return at;
	}
	memset(head, 0, NLMSG_HDRLEN + size);
	head->nlmsg_type = type;
	head->nlmsg_flags = flags;
	w->len += NLMSG_HDRLEN + size;
	return at;
}

static void end(struct attr_writer *w, size_t at, uint32_t port, uint32_t seq)
{
	struct nlmsghdr *head = (void *)(w->at + at);

	if (w->is_full)
		return;
	head->nlmsg_len = (uint32_t)(w->len - at);
	head->nlmsg_pid = port;
	head->nlmsg_seq = seq;
}

size_t message_begin(struct attr_writer *w, uint16_t type, uint8_t cmd, uint16_t flags)
{
	size_t at = begin(w, type, flags, GENL_HDRLEN);
	struct genlmsghdr *genl = (void *)(w->at + at + NLMSG_HDRLEN);

	if (!w->is_full)
		*genl = (struct genlmsghdr){.cmd = cmd, .version = SHUNT_NL_VERSION};
	return at;
}

void message_end(struct attr_writer *w, size_t at, const struct netlink *netlink,
		 const struct netlink_request *request)
{
	end(w, at, request ? request->port : netlink->port, request ? request->head->nlmsg_seq : 0);
}

void message_done(struct attr_writer *w, uint32_t port, uint32_t seq, int rc, uint16_t flags)
{
	size_t at = begin(w, NLMSG_DONE, NLM_F_MULTI | flags, sizeof(rc));

	if (!w->is_full)
		memcpy(w->at + at + NLMSG_HDRLEN, &rc, sizeof(rc));
	end(w, at, port, seq);
}

void answer_ack(struct netlink_request *request, int code)
{
	struct attr_writer w = message_writer(request->netlink);
	uint16_t flags = NLM_F_CAPPED | (code ? NLM_F_ACK_TLVS : 0);
	size_t at = begin(&w, NLMSG_ERROR, flags, sizeof(struct nlmsgerr));
	struct nlmsgerr *error = (void *)(w.at + at + NLMSG_HDRLEN);

	error->error = code;
	error->msg = *request->head;
	if (code) {
		if (request->err.text[0])
			attr_put_string(&w, NLMSGERR_ATTR_MSG, request->err.text);
		if (request->fault.at)
			attr_put_u32(&w, NLMSGERR_ATTR_OFFS,
				     (uint32_t)((const uint8_t *)request->fault.at -
						(const uint8_t *)request->head));
		if (request->has_blame)
			attr_put_u32(&w, NLMSGERR_ATTR_COOKIE, request->blame);
	}
	end(&w, at, request->port, request->head->nlmsg_seq);
	if (!request->may_speak)
		peer_send_now(request->netlink, request->port, w.at, w.len);
	else
		peer_send(request->netlink, request->port, w.at, w.len);
}
