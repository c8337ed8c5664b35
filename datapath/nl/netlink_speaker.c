/* The token of those who may speak: see netlink.h. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "nl/netlink_server.h"

/* However many ask, it is told once in this time. */
#define TOKEN_PAUSE_USEC 10000

static void tell_token_cb(evutil_socket_t fd, short what, void *ctx)
{
	const struct sockaddr_nl to = {.nl_family = AF_NETLINK,
				       .nl_groups = 1 << (SHUNT_NL_GROUP_SPEAKER - 1)};
	struct netlink *netlink = ctx;
	struct attr_writer w = message_writer(netlink);
	size_t begin = message_begin(&w, SHUNT_NL_SPEAKER, SHUNT_NL_SPEAKER_TOKEN, 0);

	attr_put(&w, SHUNT_NL_TOKEN, netlink->token, sizeof(netlink->token));
	message_end(&w, begin, netlink, NULL);
	/* always -ECONNREFUSED: the kernel sends it to port 0 as well, where nobody is */
	sendto(netlink->fd, w.at, w.len, MSG_DONTWAIT, (const struct sockaddr *)&to, sizeof(to));
}

int netlink_speaker_init(struct netlink *netlink)
{
	if (getrandom(netlink->token, sizeof(netlink->token), 0) != sizeof(netlink->token))
		return -EIO;
	netlink->tell_token = evtimer_new(netlink->base, tell_token_cb, netlink);
	return netlink->tell_token ? 0 : -ENOMEM;
}

void netlink_speaker_fini(struct netlink *netlink)
{
	if (netlink->tell_token)
		event_free(netlink->tell_token);
}

int netlink_speaker_ask(struct netlink_request *request)
{
	const struct timeval pause = {.tv_usec = TOKEN_PAUSE_USEC};

	if (!event_pending(request->netlink->tell_token, EV_TIMEOUT, NULL))
		event_add(request->netlink->tell_token, &pause);
	return 0;
}

/* Compared in a time that does not tell how much of it is right. */
static bool is_token(const struct netlink *netlink, const struct nlattr *attr)
{
	const uint8_t *bytes = attr_data(attr);
	uint8_t differ = 0;

	if (attr_size(attr) != sizeof(netlink->token))
		return false;
	for (size_t i = 0; i < sizeof(netlink->token); i++)
		differ |= bytes[i] ^ netlink->token[i];
	return !differ;
}

bool netlink_may_speak(const struct netlink *netlink, uint32_t uid, struct attr_bytes attrs)
{
	if (!uid)
		return true;
	/* (by hand: who may not speak is not told what else is wrong) */
	while (attrs.len >= NLA_HDRLEN) {
		const struct nlattr *attr = (const void *)attrs.at;
		size_t step = NLA_ALIGN(attr->nla_len);

		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > attrs.len)
			return false;
		if (attr_type(attr) == SHUNT_NL_TOKEN)
			return is_token(netlink, attr);
		step = step < attrs.len ? step : attrs.len;
		attrs = (struct attr_bytes){attrs.at + step, attrs.len - step};
	}
	return false;
}
